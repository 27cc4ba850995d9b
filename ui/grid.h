/* SPDX-License-Identifier: MIT */
/*
 * grid: the rows of a table in a pane: their order, the selection, the scrolling, the columns.
 *
 * Driven by the field table (../src/field.h). The selection is the key of a row, not a line, so it
 * stays with the row when the order changes. A grid holds no rows: every call is handed those of
 * the snapshot that is shown. Knows no curses.
 */
#ifndef MIRRORTOP_UI_GRID_H
#define MIRRORTOP_UI_GRID_H

#include "../src/snapshot.h"
#include "layout.h"

/* GRID_ROWS: rows that a snapshot is asked for, at most. */
enum { GRID_ROWS = 1000, GRID_COLUMNS = 48, GRID_NO_PARENT = GRID_ROWS };

struct grid_column {
    size_t field;
    int x, width; /* x from the left edge of the rows */
};

struct grid {
    enum table_id table;
    bool tree; /* rows come depth first, with the levels of protocol_record */

    struct snapshot_order sort;
    bool tcp;    /* columns about TCP's troubles come first */
    bool hold;   /* rows keep their places, new ones come last */
    bool follow; /* the selected row is kept in sight */
    uint64_t selected;
    bool has_selected;
    bool touched;   /* the user has chosen a row; before, the first one is selected, whichever */
    size_t cursor;  /* place of the selected row */
    size_t top;     /* place of the first row on the screen */
    size_t shift;   /* columns scrolled out to the left; 0: the most important ones are shown */
    size_t visible; /* rows on the screen when it was drawn last */
    bool reveal;    /* the order was changed: the selected row is brought into sight */

    size_t count;
    uint16_t order[GRID_ROWS]; /* place -> row of the snapshot */
    uint64_t keys[GRID_ROWS];  /* place -> key */

    /* how it was drawn last: for the mouse, and for paging */
    struct rect rows;
    struct grid_column columns[GRID_COLUMNS];
    size_t column_count;
    int spare;                     /* columns left over behind the last one */
    uint8_t needs[GRID_COLUMNS];   /* widths that the contents have asked for, by field */
    int needs_height, needs_width; /* what `needs` holds for: the size, */
    uint32_t needs_filter;         /* and the serial of the filter */
};

void grid_init(struct grid *grid, enum table_id table);

/* New rows: puts them in order and finds the selected one again. */
void grid_update(struct grid *grid, const struct snapshot_rows *rows);

/* Forgets what the contents have asked for when the rows have another size than they had, or are
 * others: by the serial of the filter. */
void grid_fit(struct grid *grid, int height, int width, uint32_t filter);

/* A cell of the field would like `width` columns. Wishes only grow, so that columns do not jump.
 * A field of which no cell wants any is not shown, unless the rows are sorted by it. */
void grid_need(struct grid *grid, size_t field, int width);

/* Chooses columns for this many screen columns; `reserve` of them are wanted for something behind
 * the last one, once the most important ones (priority 1 to 3) have found room. Limits `shift`. */
void grid_choose_columns(struct grid *grid, int width, int reserve);

/* Before drawing, when the number of rows on the screen is known. The selected row is kept in
 * sight by `follow`, after a change of the order, and when there are fewer rows than before. */
void grid_scroll(struct grid *grid, size_t visible);

/* By `rows` places; the ends are GRID_ROWS away. A selection out of sight is picked up again at
 * the edge of the screen. */
void grid_move(struct grid *grid, long rows);

/* Scrolls by `rows` without moving the selection. */
void grid_wheel(struct grid *grid, long rows);

void grid_select(struct grid *grid, size_t place);

/* Sorts by the `steps`-th next column of those shown. */
void grid_sort_step(struct grid *grid, int steps);

/* Sorts by a field; if it is the one already, the other way round. */
void grid_sort_by(struct grid *grid, size_t field);

/* The row at a place; place < grid->count. */
const void *grid_row(const struct grid *grid, const struct snapshot_rows *rows, size_t place);

/* For a tree: whether the row at the place is the last among its siblings. */
bool grid_is_last_sibling(const struct grid *grid, const struct snapshot_rows *rows, size_t place);

#endif
