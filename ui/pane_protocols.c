/* SPDX-License-Identifier: MIT */
/* Protocols: the tree network > transport > application, with shares as bars. */
#include "pane.h"

#include <stdio.h>
#include <string.h>

/* The branches to the left of a name. */
static void protocols_branches(const struct pane_cell *cell, char *out, size_t size)
{
    const struct protocol_record *row = cell->row;
    const struct grid *grid = &cell->ui->grids[TABLE_PROTOCOLS];
    bool ascii = cell->ui->canvas.ascii;
    const char *line = "  ";
    const char *branch = glyph_text(
        grid_is_last_sibling(grid, cell->rows, cell->place) ? GLYPH_TREE_LAST : GLYPH_TREE_BRANCH,
        ascii);
    size_t parent = cell->place;

    out[0] = '\0';
    if (row->level == 0)
        return;
    if (row->level == 1) {
        snprintf(out, size, "%s", branch);
        return;
    }
    while (parent > 0 &&
           ((const struct protocol_record *)grid_row(grid, cell->rows, parent))->level > 1)
        parent--;
    if (!grid_is_last_sibling(grid, cell->rows, parent))
        line = glyph_text(GLYPH_TREE_LINE, ascii);
    snprintf(out, size, "%s%s", line, branch);
}

static bool protocols_cell(const struct pane_cell *cell, char *out, size_t size)
{
    char branches[32];
    size_t used;

    if (strcmp(cell->field->name, "name") != 0)
        return false;
    protocols_branches(cell, branches, sizeof(branches));
    used = (size_t)snprintf(out, size, "%s", branches);
    format_escape(out + used, size - used, field_text(cell->field, cell->row));
    return true;
}

const struct pane pane_protocols = {
    .title = "Protocols",
    .empty = "no protocols yet",
    .bar = "share",
    .bar_whole = 1000,
    .bar_reserve = 8,
    .cell = protocols_cell,
};
