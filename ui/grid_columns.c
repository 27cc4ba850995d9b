/* SPDX-License-Identifier: MIT */
/* Which columns of a table a pane shows, and how wide they are. */
#include "grid.h"

#include <string.h>

enum {
    WIDE = 100,         /* from here on there are two blanks between columns */
    NARROW = 60,        /* below it texts and addresses begin with less */
    NARROW_TEXT = 12,   /* ... namely this */
    PRIORITY_CORE = 2,  /* columns up to this one come before those that are cut get more room */
    PRIORITY_BAR = 3,   /* ... before the bar */
    PRIORITY_FIRST = 6, /* ... before long texts get more room */
    PRIORITY_LAST = 9,
    TEXT_FIRST = 40, /* what they get then, and at last */
    TEXT_MAX = 60,
    SQUEEZED_MIN = 4,
};

struct choice {
    const struct table *table;
    size_t count;
    const uint8_t *needs;
    int widths[GRID_COLUMNS]; /* by field; 0: not shown */
    int width, gap;
    int left; /* screen columns not given away yet */
};

/* Fields whose values differ so much in length that their columns are fitted to them. */
static bool choice_is_flexible(const struct field *field)
{
    return field->type == FIELD_TEXT || field->type == FIELD_ADDR || field->type == FIELD_NUMBER;
}

/* A column in which no row has anything is not worth its room. */
static bool choice_is_offered(const struct choice *choice, size_t i)
{
    const struct field *field = &choice->table->fields[i];

    return (field->uses & USE_PANE) != 0 && field->width > 0 && choice->needs[i] > 0;
}

/* What a column begins with. Behind its heading is always room for the mark of the sort, so that
 * nothing moves when the mark does. */
static int choice_width(const struct choice *choice, size_t i)
{
    const struct field *field = &choice->table->fields[i];
    int heading = (int)strlen(field->heading) + 1;
    int width = field->width;

    if (choice_is_flexible(field)) {
        if (choice->width < NARROW && width > NARROW_TEXT)
            width = NARROW_TEXT;
        if (width > choice->needs[i])
            width = choice->needs[i];
    }
    return width > heading ? width : heading;
}

static bool choice_add_width(struct choice *choice, size_t i, int width)
{
    if (choice->left < width + choice->gap)
        return false;
    choice->widths[i] = width;
    choice->left -= width + choice->gap;
    return true;
}

static bool choice_add(struct choice *choice, size_t i)
{
    return choice->widths[i] > 0 || choice_add_width(choice, i, choice_width(choice, i));
}

static void choice_add_by_priority(struct choice *choice, int first, int last)
{
    for (int priority = first; priority <= last; priority++) {
        for (size_t i = 0; i < choice->count; i++) {
            if (choice_is_offered(choice, i) && choice->table->fields[i].priority == priority)
                choice_add(choice, i);
        }
    }
}

/* Gives columns up to a priority what their contents ask for, up to a limit (0: the width that the
 * table names). */
static void choice_grow(struct choice *choice, int priority, int limit)
{
    for (size_t i = 0; i < choice->count && choice->left > 0; i++) {
        const struct field *field = &choice->table->fields[i];
        int most = limit > 0 ? limit : field->width;
        int more = (choice->needs[i] < most ? choice->needs[i] : most) - choice->widths[i];

        if (choice->widths[i] == 0 || more <= 0 || !choice_is_flexible(field) ||
            field->priority > priority)
            continue;
        if (more > choice->left)
            more = choice->left;
        choice->widths[i] += more;
        choice->left -= more;
    }
}

/* The columns that say which row it is (those of priority 1 that are no quantities), while they
 * leave something for the others, and the one that the rows are sorted by: these never scroll. */
static void choice_pin(struct choice *choice, size_t sort)
{
    bool any = false;

    for (size_t i = 0; i < choice->count; i++) {
        const struct field *field = &choice->table->fields[i];
        int taken = choice->width - choice->left + choice_width(choice, i) + choice->gap;

        if (!choice_is_offered(choice, i) || field->priority > 1 || !choice_is_flexible(field))
            continue;
        if (any && taken > choice->width * 3 / 5)
            break;
        any = choice_add(choice, i) || any;
    }
    if (sort < choice->count && choice->table->fields[sort].width > 0)
        choice_add(choice, sort);
}

/* Those that the pane is about, for a while. */
static void choice_add_tcp(struct choice *choice)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (choice_is_offered(choice, i) && choice->table->fields[i].uses & USE_TCP)
            choice_add(choice, i);
    }
}

/* The most important columns that fit. */
static void choice_best(struct choice *choice, int reserve)
{
    choice_add_by_priority(choice, 1, PRIORITY_CORE);
    choice_grow(choice, 1, 0);
    choice_add_by_priority(choice, PRIORITY_CORE + 1, PRIORITY_BAR);
    choice->left -= reserve;
    choice_add_by_priority(choice, PRIORITY_BAR + 1, PRIORITY_FIRST);
    choice_grow(choice, PRIORITY_FIRST, TEXT_FIRST);
    choice_add_by_priority(choice, PRIORITY_FIRST + 1, PRIORITY_LAST);
    choice_grow(choice, PRIORITY_LAST, TEXT_MAX);
}

static bool choice_shows_all(const struct choice *choice)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (choice_is_offered(choice, i) && choice->widths[i] == 0)
            return false;
    }
    return true;
}

/* Columns side by side as in the table, from the `shift`-th on that is not pinned. Scrolling ends
 * when the last one has come into sight: returns how far it has gone, at least a step. */
static size_t choice_scroll(struct choice *choice, size_t shift)
{
    size_t rest[GRID_COLUMNS], count = 0, last;
    int left = choice->left;

    for (size_t i = 0; i < choice->count; i++) {
        if (choice_is_offered(choice, i) && choice->widths[i] == 0)
            rest[count++] = i;
    }
    if (count == 0)
        return 0; /* all of them are pinned */
    for (last = count; last > 0; last--) {
        left -= choice_width(choice, rest[last - 1]) + choice->gap;
        if (left < 0)
            break;
    }
    if (last == count)
        last = count - 1; /* too wide a column alone: it will be squeezed */
    if (shift > last)
        shift = last;
    for (size_t i = shift; i < count && choice_add(choice, rest[i]); i++)
        ;
    if (choice->widths[rest[shift]] == 0 && choice->left - choice->gap >= SQUEEZED_MIN)
        choice_add_width(choice, rest[shift], choice->left - choice->gap);
    choice_grow(choice, PRIORITY_LAST, TEXT_MAX);
    return shift > 0 ? shift : 1;
}

void grid_choose_columns(struct grid *grid, int width, int reserve)
{
    const struct table *table = &field_tables[grid->table];
    struct choice choice = { .table = table,
                             .count = table->count < GRID_COLUMNS ? table->count : GRID_COLUMNS,
                             .needs = grid->needs,
                             .width = width,
                             .gap = width >= WIDE ? 2 : 1 };
    struct choice pinned;
    int x = 0;

    choice.left = width + choice.gap;
    choice_pin(&choice, grid->sort.field);
    pinned = choice;
    if (grid->tcp)
        choice_add_tcp(&choice);
    choice_best(&choice, reserve);
    if (choice_shows_all(&choice)) {
        grid->shift = 0;
    } else if (grid->shift > 0) {
        choice = pinned;
        grid->shift = choice_scroll(&choice, grid->shift);
    }
    grid->column_count = 0;
    for (size_t i = 0; i < choice.count; i++) {
        if (choice.widths[i] == 0)
            continue;
        grid->columns[grid->column_count++] =
            (struct grid_column){ .field = i, .x = x, .width = choice.widths[i] };
        x += choice.widths[i] + choice.gap;
    }
    grid->spare = width - x;
}

void grid_fit(struct grid *grid, int height, int width, uint32_t filter)
{
    if (grid->needs_height != height || grid->needs_width != width ||
        grid->needs_filter != filter) {
        memset(grid->needs, 0, sizeof(grid->needs));
        grid->needs_filter = filter;
        grid->needs_height = height;
        grid->needs_width = width;
    }
}

void grid_need(struct grid *grid, size_t field, int width)
{
    if (width > TEXT_MAX)
        width = TEXT_MAX;
    if (field < GRID_COLUMNS && width > grid->needs[field])
        grid->needs[field] = (uint8_t)width;
}
