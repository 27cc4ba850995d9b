/* SPDX-License-Identifier: MIT */
/* Which columns of a table a pane shows, and how wide they are. */
#include "grid.h"

#include <string.h>

enum {
    WIDE = 100,         /* from here on there are two blanks between columns */
    PRIORITY_FIRST = 5, /* columns up to this one come before long texts get more room */
    PRIORITY_LAST = 9,
    TEXT_MAX = 60,
};

struct choice {
    const struct table *table;
    int widths[GRID_COLUMNS]; /* by field; 0: not shown */
    size_t sort;              /* the field that the rows are sorted by */
    int gap;
    int left; /* screen columns not given away yet */
};

static bool choice_is_flexible(const struct field *field)
{
    return field->type == FIELD_TEXT || field->type == FIELD_ADDR;
}

static bool choice_is_offered(const struct field *field)
{
    return (field->uses & USE_PANE) != 0 && field->width > 0;
}

/* The heading of the column that sorts needs room for its mark. */
static int choice_width(const struct choice *choice, size_t field)
{
    const struct field *row = &choice->table->fields[field];

    return row->width + (field == choice->sort && strlen(row->heading) >= row->width ? 1 : 0);
}

static void choice_add(struct choice *choice, size_t field)
{
    int width = choice_width(choice, field);

    if (choice->widths[field] == 0 && choice->left >= width + choice->gap) {
        choice->widths[field] = width;
        choice->left -= width + choice->gap;
    }
}

static void choice_add_by_priority(struct choice *choice, size_t count, size_t hidden, int first,
                                   int last)
{
    for (int priority = first; priority <= last; priority++) {
        for (size_t i = hidden; i < count; i++) {
            const struct field *field = &choice->table->fields[i];

            if (choice_is_offered(field) && field->priority == priority)
                choice_add(choice, i);
        }
    }
}

static void choice_grow(struct choice *choice, const struct grid *grid, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int more = grid->needs[i] - choice->widths[i];

        if (choice->widths[i] == 0 || more <= 0 || !choice_is_flexible(&choice->table->fields[i]))
            continue;
        if (more > choice->left)
            more = choice->left;
        choice->widths[i] += more;
        choice->left -= more;
    }
}

/* The index behind the columns that are scrolled out; the first column always stays. */
static size_t choice_hidden(const struct table *table, size_t count, size_t *shift, size_t *first)
{
    size_t offered = 0, index = 0;

    *first = count;
    for (size_t i = 0; i < count; i++) {
        if (!choice_is_offered(&table->fields[i]))
            continue;
        if (*first == count)
            *first = i;
        offered++;
    }
    if (*shift + 2 > offered)
        *shift = offered > 2 ? offered - 2 : 0;
    if (*shift == 0)
        return 0;
    for (size_t skip = *shift + 1; index < count && skip > 0; index++) {
        if (choice_is_offered(&table->fields[index]))
            skip--;
    }
    return index;
}

void grid_choose_columns(struct grid *grid, int width, int reserve)
{
    const struct table *table = &field_tables[grid->table];
    struct choice choice = { .table = table,
                             .sort = grid->sort.field,
                             .gap = width >= WIDE ? 2 : 1 };
    size_t count = table->count < GRID_COLUMNS ? table->count : GRID_COLUMNS;
    size_t first, hidden;
    int x = 0;

    hidden = choice_hidden(table, count, &grid->shift, &first);
    choice.left = width + choice.gap - reserve;
    if (first < count)
        choice_add(&choice, first);
    if (choice.sort < count && choice_is_offered(&table->fields[choice.sort]))
        choice_add(&choice, choice.sort);
    choice_add_by_priority(&choice, count, hidden, 1, PRIORITY_FIRST);
    choice_grow(&choice, grid, count);
    choice_add_by_priority(&choice, count, hidden, PRIORITY_FIRST + 1, PRIORITY_LAST);
    choice_grow(&choice, grid, count);
    grid->column_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (choice.widths[i] == 0)
            continue;
        grid->columns[grid->column_count++] =
            (struct grid_column){ .field = i, .x = x, .width = choice.widths[i] };
        x += choice.widths[i] + choice.gap;
    }
    grid->spare = width - x;
}

void grid_fit(struct grid *grid, int width)
{
    if (grid->needs_width != width) {
        memset(grid->needs, 0, sizeof(grid->needs));
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
