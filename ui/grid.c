/* SPDX-License-Identifier: MIT */
#include "grid.h"

#include <stdlib.h>
#include <string.h>

/* What the order of rows depends on. */
struct arrange {
    const struct table *table;
    const char *rows;
    struct snapshot_order sort;
    const struct field *second; /* decides between equal rows; NULL: none */
    bool hold, tree;
    uint16_t place[GRID_ROWS];  /* row -> place that it had; GRID_ROWS: none */
    uint16_t parent[GRID_ROWS]; /* row -> row; GRID_NO_PARENT: none */
};

struct grid_place {
    uint64_t key;
    uint16_t place;
};

void grid_init(struct grid *grid, enum table_id table)
{
    *grid = (struct grid){
        .table = table,
        .tree = table == TABLE_PROTOCOLS,
        .sort = { .field = field_tables[table].default_sort,
                  .descending = field_tables[table].descending },
    };
}

static const void *arrange_row(const struct arrange *arrange, size_t row)
{
    return arrange->rows + row * arrange->table->record_size;
}

static int arrange_compare_rows(const struct arrange *arrange, size_t a, size_t b)
{
    const void *row_a = arrange_row(arrange, a), *row_b = arrange_row(arrange, b);
    const struct field *field = &arrange->table->fields[arrange->sort.field];
    uint64_t key_a = table_row_key(arrange->table, row_a);
    uint64_t key_b = table_row_key(arrange->table, row_b);
    int order;

    if (arrange->hold && arrange->place[a] != arrange->place[b])
        return arrange->place[a] < arrange->place[b] ? -1 : 1;
    order = field_compare(field, row_a, row_b);
    if (order != 0)
        return arrange->sort.descending ? -order : order;
    order = arrange->second ? field_compare(arrange->second, row_b, row_a) : 0;
    if (order != 0)
        return order;
    return key_a < key_b ? -1 : key_a > key_b;
}

static int arrange_depth(const struct arrange *arrange, size_t row)
{
    int depth = 0;

    while (arrange->parent[row] != GRID_NO_PARENT) {
        row = arrange->parent[row];
        depth++;
    }
    return depth;
}

/* Depth first: rows of different branches compare as the ancestors where the branches part. */
static int arrange_compare(const void *left, const void *right, void *context)
{
    const struct arrange *arrange = context;
    size_t a = *(const uint16_t *)left, b = *(const uint16_t *)right;

    if (arrange->tree) {
        int depth_a = arrange_depth(arrange, a), depth_b = arrange_depth(arrange, b);
        int deeper = depth_a - depth_b;

        for (; depth_a > depth_b; depth_a--)
            a = arrange->parent[a];
        for (; depth_b > depth_a; depth_b--)
            b = arrange->parent[b];
        if (a == b)
            return deeper;
        while (arrange->parent[a] != arrange->parent[b]) {
            a = arrange->parent[a];
            b = arrange->parent[b];
        }
    }
    return arrange_compare_rows(arrange, a, b);
}

static int grid_place_compare(const void *left, const void *right)
{
    const struct grid_place *a = left, *b = right;

    return a->key < b->key ? -1 : a->key > b->key;
}

/* The places that the rows have had until now. */
static void arrange_hold(struct arrange *arrange, const struct grid *grid, size_t count)
{
    struct grid_place places[GRID_ROWS];

    for (size_t i = 0; i < grid->count; i++)
        places[i] = (struct grid_place){ .key = grid->keys[i], .place = (uint16_t)i };
    qsort(places, grid->count, sizeof(places[0]), grid_place_compare);
    for (size_t i = 0; i < count; i++) {
        struct grid_place wanted = { .key =
                                         table_row_key(arrange->table, arrange_row(arrange, i)) };
        const struct grid_place *found =
            bsearch(&wanted, places, grid->count, sizeof(places[0]), grid_place_compare);

        arrange->place[i] = found ? found->place : GRID_ROWS;
    }
}

/* Snapshots list a tree depth first, so a row's parent is the last one of the level above. */
static void arrange_tree(struct arrange *arrange, size_t count)
{
    uint16_t last[3] = { GRID_NO_PARENT, GRID_NO_PARENT, GRID_NO_PARENT };

    for (size_t i = 0; i < count; i++) {
        const struct protocol_record *row = arrange_row(arrange, i);
        size_t level = row->level < 3 ? (size_t)row->level : 2;

        arrange->parent[i] = level > 0 ? last[level - 1] : GRID_NO_PARENT;
        last[level] = (uint16_t)i;
    }
}

void grid_update(struct grid *grid, const struct snapshot_rows *rows)
{
    struct arrange arrange = {
        .table = &field_tables[grid->table],
        .rows = rows->rows,
        .sort = grid->sort,
        .hold = grid->hold,
        .tree = grid->tree,
    };
    size_t count = rows->count < GRID_ROWS ? rows->count : GRID_ROWS;
    size_t bytes = table_find(arrange.table, "bytes");

    /* many rows have no rate at the moment: of those, the largest are more telling */
    arrange.second = bytes < arrange.table->count ? &arrange.table->fields[bytes] : NULL;
    if (grid->hold)
        arrange_hold(&arrange, grid, count);
    if (grid->tree)
        arrange_tree(&arrange, count);
    for (size_t i = 0; i < count; i++)
        grid->order[i] = (uint16_t)i;
    if (count > 1)
        qsort_r(grid->order, count, sizeof(grid->order[0]), arrange_compare, &arrange);
    grid->count = count;
    for (size_t i = 0; i < count; i++)
        grid->keys[i] = table_row_key(arrange.table, arrange_row(&arrange, grid->order[i]));
    for (size_t i = 0; i < count && grid->touched; i++) {
        if (grid->has_selected && grid->keys[i] == grid->selected) {
            grid->cursor = i;
            return;
        }
    }
    /* the row has gone: the one in its place is selected instead */
    grid->has_selected = count > 0;
    grid->touched = grid->touched && count > 0;
    if (!grid->touched)
        grid->cursor = 0;
    else if (grid->cursor >= count)
        grid->cursor = count - 1;
    if (count > 0)
        grid->selected = grid->keys[grid->cursor];
}

void grid_scroll(struct grid *grid, size_t visible)
{
    size_t last = grid->count > visible ? grid->count - visible : 0;
    bool was_in_sight = grid->cursor >= grid->top && grid->cursor < grid->top + grid->visible;
    bool keep = grid->follow || grid->reveal || (was_in_sight && visible < grid->visible);

    grid->reveal = false;
    grid->visible = visible;
    if (keep && visible > 0) {
        if (grid->cursor < grid->top)
            grid->top = grid->cursor;
        else if (grid->cursor >= grid->top + visible)
            grid->top = grid->cursor - visible + 1;
    }
    if (grid->top > last)
        grid->top = last;
}

static size_t grid_visible(const struct grid *grid)
{
    return grid->rows.height > 0 ? (size_t)grid->rows.height : 1;
}

static size_t grid_add(size_t place, long rows, size_t limit)
{
    if (rows < 0)
        return place > (size_t)-rows ? place - (size_t)-rows : 0;
    return place + (size_t)rows < limit ? place + (size_t)rows : limit;
}

void grid_select(struct grid *grid, size_t place)
{
    size_t visible = grid_visible(grid);

    if (place >= grid->count)
        return;
    grid->cursor = place;
    grid->selected = grid->keys[place];
    grid->has_selected = true;
    grid->touched = true;
    if (place < grid->top)
        grid->top = place;
    else if (place >= grid->top + visible)
        grid->top = place - visible + 1;
}

void grid_move(struct grid *grid, long rows)
{
    size_t visible = grid_visible(grid);
    size_t from = grid->cursor;

    if (grid->count == 0)
        return;
    if (from < grid->top || from >= grid->top + visible) {
        /* one step brings it onto the screen, not past its edge */
        from = rows > 0 ? grid->top : grid->top + visible - 1;
        if (rows == 1 || rows == -1)
            rows = 0;
    }
    grid_select(grid, grid_add(from < grid->count ? from : grid->count - 1, rows, grid->count - 1));
}

void grid_wheel(struct grid *grid, long rows)
{
    size_t visible = grid_visible(grid);

    grid->follow = false;
    grid->top = grid_add(grid->top, rows, grid->count > visible ? grid->count - visible : 0);
}

/* Numbers are most interesting from the top, names from A. */
static bool grid_descends(const struct field *field)
{
    return field->type != FIELD_TEXT && field->type != FIELD_ADDR && field->type != FIELD_NUMBER;
}

void grid_sort_by(struct grid *grid, size_t field)
{
    const struct table *table = &field_tables[grid->table];

    if (grid->sort.field == field)
        grid->sort.descending = !grid->sort.descending;
    else
        grid->sort = (struct snapshot_order){ .field = field,
                                              .descending = grid_descends(&table->fields[field]) };
    grid->hold = false;
    grid->reveal = true;
}

void grid_sort_step(struct grid *grid, int steps)
{
    size_t at = 0;

    if (grid->column_count < 2)
        return;
    while (at < grid->column_count && grid->columns[at].field != grid->sort.field)
        at++;
    at = (at + grid->column_count + (size_t)(steps + (int)grid->column_count)) % grid->column_count;
    if (grid->columns[at].field != grid->sort.field)
        grid_sort_by(grid, grid->columns[at].field);
}

const void *grid_row(const struct grid *grid, const struct snapshot_rows *rows, size_t place)
{
    return (const char *)rows->rows + grid->order[place] * field_tables[grid->table].record_size;
}

bool grid_is_last_sibling(const struct grid *grid, const struct snapshot_rows *rows, size_t place)
{
    uint64_t level = ((const struct protocol_record *)grid_row(grid, rows, place))->level;

    for (size_t next = place + 1; next < grid->count; next++) {
        const struct protocol_record *row = grid_row(grid, rows, next);

        if (row->level <= level)
            return row->level < level;
    }
    return true;
}
