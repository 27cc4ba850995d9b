/* SPDX-License-Identifier: MIT */
/* Everything about one row: all its fields, exact. */
#include "pages.h"

#include <stdio.h>
#include <string.h>

#include "pane.h"

static const void *detail_row(const struct ui *ui)
{
    const struct grid *grid = &ui->grids[ui->page.table];

    for (size_t i = 0; i < grid->count; i++) {
        if (grid->keys[i] == ui->page.key)
            return grid_row(grid, pane_rows(ui, ui->page.table), i);
    }
    return NULL;
}

static bool detail_has_unit(const struct field *field)
{
    return field->unit[0] != '\0' && field->type != FIELD_TEXT && field->type != FIELD_ADDR &&
           field->type != FIELD_TIME && field->type != FIELD_TCP_FLAGS &&
           field->type != FIELD_NUMBER;
}

void detail_fill(struct ui *ui)
{
    struct page *page = &ui->page;
    const struct table *table = &field_tables[page->table];
    const void *row = detail_row(ui);

    page_start(page, &ui->layout.body, panes[page->table]->title, 24);
    if (!row) {
        page_add(page, "", "This row is no longer in the table.", ROLE_MESSAGE);
        return;
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        char value[FORMAT_FIELD], text[FORMAT_FIELD + 32];

        format_field_exact(value, sizeof(value), field, row);
        if (value[0] == '\0')
            snprintf(text, sizeof(text), "-");
        else
            snprintf(text, sizeof(text), "%s%s%s", value, detail_has_unit(field) ? " " : "",
                     detail_has_unit(field) ? field->unit : "");
        page_add(page, field->name, text, value[0] == '\0' ? ROLE_DIM : ROLE_TEXT);
    }
}
