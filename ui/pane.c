/* SPDX-License-Identifier: MIT */
#include "pane.h"

#include <stdio.h>
#include <string.h>

#include "graph.h"

enum { BAR_MIN = 6, BAR_MAX = 60, HEADING_MAX = 40, CELL_SIZE = FORMAT_FIELD };

const struct pane *const panes[TABLE_COUNT] = {
    [TABLE_SESSIONS] = &pane_sessions,     [TABLE_TALKERS] = &pane_talkers,
    [TABLE_PROTOCOLS] = &pane_protocols,   [TABLE_RETRANSMITS] = &pane_retransmits,
    [TABLE_SUSPICIONS] = &pane_suspicions, [TABLE_FLOWS] = &pane_flows,
    [TABLE_FINDINGS] = &pane_findings,     [TABLE_RULES] = &pane_rules,
};

const struct snapshot_rows *pane_rows(const struct ui *ui, enum table_id table)
{
    static const struct snapshot_rows none;

    return ui->shown ? &ui->shown->tables[table] : &none;
}

static bool pane_is_numeric(const struct field *field)
{
    return field->type != FIELD_TEXT && field->type != FIELD_ADDR;
}

/* Those have columns of one width, however great they are. */
static bool pane_is_quantity(const struct field *field)
{
    return pane_is_numeric(field) && field->type != FIELD_NUMBER;
}

/* The role of a value by its type; what is zero or unknown stays in the background. */
static enum theme_role pane_role(const struct pane_cell *cell, const char *text)
{
    switch (cell->field->type) {
    case FIELD_ADDR:
        return ROLE_ADDRESS;
    case FIELD_TEXT:
        return ROLE_NAME;
    case FIELD_BIT_RATE:
    case FIELD_PACKET_RATE:
        return strcmp(text, "0") == 0 || text[0] == '-' ? ROLE_DIM : ROLE_RATE;
    default:
        return strcmp(text, "0") == 0 || text[0] == '-' ? ROLE_DIM : ROLE_NUMBER;
    }
}

static void pane_cell_text(const struct pane_cell *cell, const struct pane *pane, char *out,
                           size_t size)
{
    if (!pane->cell || !pane->cell(cell, out, size))
        format_field_human(out, size, cell->field, cell->row, cell->ui->units,
                           cell->ui->config->options->utc);
}

static void pane_draw_cell(const struct pane_cell *cell, const struct pane *pane,
                           struct draw_span span)
{
    char text[CELL_SIZE];

    pane_cell_text(cell, pane, text, sizeof(text));
    span.role = pane_role(cell, text);
    if (pane->role)
        span.role = pane->role(cell, span.role);
    span.align = pane_is_numeric(cell->field)      ? DRAW_RIGHT
                 : cell->field->type == FIELD_ADDR ? DRAW_MIDDLE_CUT
                                                   : DRAW_LEFT;
    draw_cell(&cell->ui->canvas, span, text);
}

/* Whether any row, also of those out of sight, has a value of the field. */
static bool pane_has_value(const struct grid *grid, const struct snapshot_rows *rows,
                           const struct field *field)
{
    for (size_t place = 0; place < grid->count; place++) {
        if (!field_is_unknown(field, grid_row(grid, rows, place)))
            return true;
    }
    return false;
}

/* Before columns are chosen: which have something in them, and how wide the texts, addresses and
 * names of the rows in sight are. */
static void pane_measure(const struct ui *ui, struct grid *grid)
{
    const struct table *table = &field_tables[grid->table];
    const struct snapshot_rows *rows = pane_rows(ui, grid->table);
    size_t end = grid->top + (size_t)grid->rows.height;
    struct pane_cell cell = { .ui = ui, .rows = rows };

    for (size_t i = 0; i < table->count; i++) {
        cell.field = &table->fields[i];
        if ((cell.field->uses & USE_PANE) == 0)
            continue;
        if (grid->needs[i] == 0 && pane_has_value(grid, rows, cell.field))
            grid_need(grid, i, 1);
        for (cell.place = grid->top; cell.place < end && cell.place < grid->count; cell.place++) {
            char text[CELL_SIZE];

            if (pane_is_quantity(cell.field))
                break;
            cell.row = grid_row(grid, rows, cell.place);
            pane_cell_text(&cell, panes[grid->table], text, sizeof(text));
            if (strcmp(text, "-") != 0)
                grid_need(grid, i, draw_width(&ui->canvas, text));
        }
    }
}

static void pane_draw_bar(const struct ui *ui, const struct grid *grid,
                          const struct pane_cell *cell, struct draw_span span, uint64_t whole)
{
    const struct table *table = &field_tables[grid->table];
    size_t field = table_find(table, panes[grid->table]->bar);
    char bar[GRAPH_SIZE(BAR_MAX)];
    uint64_t part;

    if (field == table->count)
        return;
    part = field_number(&table->fields[field], cell->row);
    span.role = ROLE_BAR;
    graph_bar(bar, (size_t)span.width, part == VALUE_UNKNOWN ? 0 : part, whole, ui->canvas.ascii);
    draw_cell(&ui->canvas, span, bar);
}

static int pane_bar_width(const struct grid *grid)
{
    if (!panes[grid->table]->bar || grid->spare < BAR_MIN)
        return 0;
    return grid->spare < BAR_MAX ? grid->spare : BAR_MAX;
}

/* The value of a full bar. */
static uint64_t pane_bar_whole(const struct grid *grid, const struct snapshot_rows *rows)
{
    const struct pane *pane = panes[grid->table];
    const struct table *table = &field_tables[grid->table];
    size_t field = pane->bar ? table_find(table, pane->bar) : table->count;
    uint64_t greatest = 1;

    if (pane->bar_whole > 0 || field == table->count)
        return pane->bar_whole;
    for (size_t i = 0; i < grid->count; i++) {
        uint64_t value = field_number(&table->fields[field], grid_row(grid, rows, i));

        if (value != VALUE_UNKNOWN && value > greatest)
            greatest = value;
    }
    return greatest;
}

static void pane_draw_row(struct ui *ui, struct grid *grid, size_t place, uint64_t whole)
{
    const struct table *table = &field_tables[grid->table];
    const struct snapshot_rows *rows = pane_rows(ui, grid->table);
    const struct rect *area = &grid->rows;
    bool selected = place == grid->cursor;
    bool focused = ui->focus == grid->table;
    struct pane_cell cell = {
        .ui = ui, .rows = rows, .row = grid_row(grid, rows, place), .place = place
    };
    struct draw_span span = {
        .y = area->y + (int)(place - grid->top),
        .x = area->x,
        .width = area->width,
        .overlay = !selected ? OVERLAY_NONE
                   : focused ? OVERLAY_SELECTED
                             : OVERLAY_IDLE,
    };
    int bar = pane_bar_width(grid);

    draw_cell(&ui->canvas, span, ""); /* the overlay also behind the gaps */
    if (selected)
        draw_glyph(&ui->canvas, span.y, area->x - 1, focused ? ROLE_TITLE_FOCUS : ROLE_DIM,
                   span.overlay, focused ? GLYPH_MARKER : GLYPH_MARKER_IDLE);
    for (size_t i = 0; i < grid->column_count; i++) {
        span.x = area->x + grid->columns[i].x;
        span.width = grid->columns[i].width;
        cell.field = &table->fields[grid->columns[i].field];
        pane_draw_cell(&cell, panes[grid->table], span);
    }
    if (bar > 0) {
        span.x = area->x + area->width - grid->spare;
        span.width = bar;
        pane_draw_bar(ui, grid, &cell, span, whole);
    }
}

static void pane_draw_headings(struct ui *ui, const struct grid *grid)
{
    const struct table *table = &field_tables[grid->table];
    enum glyph mark = grid->sort.descending ? GLYPH_DESCENDING : GLYPH_ASCENDING;

    for (size_t i = 0; i < grid->column_count; i++) {
        const struct field *field = &table->fields[grid->columns[i].field];
        bool sorted = grid->columns[i].field == grid->sort.field;
        struct draw_span span = {
            .y = grid->rows.y - 1,
            .x = grid->rows.x + grid->columns[i].x,
            .width = grid->columns[i].width,
            .role = sorted ? ROLE_HEADING_SORT : ROLE_HEADING,
            .align = pane_is_numeric(field) ? DRAW_RIGHT : DRAW_LEFT,
        };
        const char *sign = sorted ? glyph_text(mark, ui->canvas.ascii) : "";
        bool left = span.align == DRAW_RIGHT;
        char text[HEADING_MAX];

        /* on the side where the column has room for it, so that the heading stays where it is */
        snprintf(text, sizeof(text), "%s%s%s", left ? sign : "", field->heading, left ? "" : sign);
        draw_cell(&ui->canvas, span, text);
    }
}

/* What the bar behind the last column shows, unless that is plain from the column beside it. */
static void pane_draw_bar_heading(const struct ui *ui, const struct grid *grid)
{
    const struct pane *pane = panes[grid->table];
    const struct table *table = &field_tables[grid->table];
    int end = grid->rows.x + grid->rows.width;
    size_t field;

    if (pane_bar_width(grid) == 0 || pane->bar_whole > 0)
        return;
    field = table_find(table, pane->bar);
    if (field < table->count)
        draw_text(&ui->canvas, grid->rows.y - 1, end - grid->spare, end, ROLE_DIM,
                  table->fields[field].heading);
}

/* Said in the place of rows. */
static const char *pane_why_empty(const struct ui *ui, enum table_id table)
{
    if (ui->paused && ui->live != ui->shown && ui->live->tables[table].count > 0)
        return "paused: Space shows what has come";
    if (!ui->shown || (ui->shown->input.packets == 0 && ui->feed.state != FEED_ENDED))
        return "waiting for the first packets";
    if (ui->shown->filter.on && !panes[table]->whole && table != TABLE_RULES)
        return ui->shown->filter.rejected_view ? "nothing here that the filter rejects"
                                               : "nothing here that the filter accepts";
    return panes[table]->empty;
}

/* "2 Talkers" at the left of the top line, the place among the rows at the right. */
static void pane_draw_title(const struct ui *ui, const struct rect *rect, const struct grid *grid)
{
    const struct canvas *canvas = &ui->canvas;
    bool focused = ui->focus == grid->table;
    enum theme_role role = focused ? ROLE_TITLE_FOCUS : ROLE_TITLE;
    int end = rect->x + rect->width - 1;
    int x = rect->x + 1;
    uint64_t total = pane_rows(ui, grid->table)->total;
    char text[64];

    snprintf(text, sizeof(text), " %d ", (int)grid->table + 1);
    x = draw_text(canvas, rect->y, x, end, ROLE_KEY, text);
    snprintf(text, sizeof(text), "%s ", panes[grid->table]->title);
    x = draw_text(canvas, rect->y, x, end, role, text);
    if (ui->shown && ui->shown->filter.on && panes[grid->table]->whole)
        x = draw_text(canvas, rect->y, x, end, ROLE_DIM, "(of all) ");
    if (grid->count > 0) {
        snprintf(text, sizeof(text), "%zu/%llu ", grid->cursor + 1, (unsigned long long)total);
        x = draw_text(canvas, rect->y, x, end, ROLE_DIM, text);
    }
    if (grid->hold)
        x = draw_text(canvas, rect->y, x, end, ROLE_WARNING, "held ");
    if (grid->follow)
        draw_text(canvas, rect->y, x, end, ROLE_WARNING, "follow ");
}

static void pane_draw_scrollbar(const struct ui *ui, const struct rect *rect,
                                const struct grid *grid)
{
    size_t height = (size_t)grid->rows.height;
    size_t thumb, at;

    if (!ui->layout.boxed || grid->count <= height)
        return;
    thumb = height * height / grid->count;
    if (thumb == 0)
        thumb = 1;
    at = grid->top * (height - thumb) / (grid->count - height);
    for (size_t i = 0; i < thumb; i++)
        draw_glyph(&ui->canvas, grid->rows.y + (int)(at + i), rect->x + rect->width - 1,
                   ROLE_BORDER_FOCUS, OVERLAY_NONE, GLYPH_THUMB);
}

/* The inside of the pane; one column at the left is the marker's. */
static struct rect pane_inside(const struct layout *layout, const struct rect *rect)
{
    int side = layout->boxed ? 1 : 0;

    return (struct rect){
        .y = rect->y + 1,
        .x = rect->x + side + 1,
        .height = rect->height - 1 - side,
        .width = rect->width - 2 * side - 1,
    };
}

void pane_draw(struct ui *ui, enum table_id table)
{
    const struct pane *pane = panes[table];
    const struct rect *rect = &ui->layout.panes[table];
    struct grid *grid = &ui->grids[table];
    enum theme_role border = ui->focus == table ? ROLE_BORDER_FOCUS : ROLE_BORDER;
    struct rect inside = pane_inside(&ui->layout, rect);
    uint64_t whole;
    int above = 0;

    if (ui->layout.boxed)
        draw_box(&ui->canvas, rect, border);
    else
        draw_line(&ui->canvas, rect->y, rect->x, rect->width, border, GLYPH_HORIZONTAL);
    if (pane->above && ui->shown)
        above = pane->above(ui, &inside);
    grid->rows = (struct rect){ .y = inside.y + above + 1,
                                .x = inside.x,
                                .height = inside.height - above - 1,
                                .width = inside.width };
    if (grid->rows.height < 0)
        grid->rows.height = 0;
    grid_scroll(grid, (size_t)grid->rows.height);
    grid_fit(grid, grid->rows.height, inside.width, ui->shown ? ui->shown->filter.serial : 0);
    pane_measure(ui, grid);
    grid_choose_columns(grid, inside.width, pane->bar_reserve);
    if (grid->spare < BAR_MIN && pane->bar_reserve > 0)
        grid_choose_columns(grid, inside.width, 0); /* too little for a bar: so none is kept */
    pane_draw_title(ui, rect, grid);
    if (grid->count == 0) {
        draw_text(&ui->canvas, inside.y + above, inside.x, inside.x + inside.width, ROLE_DIM,
                  pane_why_empty(ui, table));
        return;
    }
    pane_draw_headings(ui, grid);
    pane_draw_bar_heading(ui, grid);
    whole = pane_bar_whole(grid, pane_rows(ui, table));
    for (size_t i = 0; i < (size_t)grid->rows.height && grid->top + i < grid->count; i++)
        pane_draw_row(ui, grid, grid->top + i, whole);
    pane_draw_scrollbar(ui, rect, grid);
}
