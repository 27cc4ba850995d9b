/* SPDX-License-Identifier: MIT */
#include "find.h"

#include <string.h>

#include "pane.h"

/* Exact texts, so that an address is found however the column has cut it. */
static bool find_matches(const struct table *table, const void *row, const char *needle)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        char text[FORMAT_FIELD];

        if ((field->uses & USE_PANE) == 0)
            continue;
        format_field_exact(text, sizeof(text), field, row);
        if (strcasestr(text, needle))
            return true;
    }
    return false;
}

void find_step(struct ui *ui, int direction)
{
    struct grid *grid = &ui->grids[ui->focus];
    const struct snapshot_rows *rows = pane_rows(ui, ui->focus);
    size_t at = grid->cursor;

    if (ui->needle[0] == '\0') {
        ui_say(ui, ROLE_MESSAGE, "nothing to find: type f and a text first");
        return;
    }
    for (size_t i = 0; i < grid->count; i++) {
        at = (at + grid->count + (size_t)(direction + (int)grid->count)) % grid->count;
        if (find_matches(&field_tables[ui->focus], grid_row(grid, rows, at), ui->needle)) {
            grid_select(grid, at);
            return;
        }
    }
    ui_say(ui, ROLE_MESSAGE, "no row here has '%s'", ui->needle);
}
