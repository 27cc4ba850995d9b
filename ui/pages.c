/* SPDX-License-Identifier: MIT */
#include "pages.h"

void pages_draw(struct ui *ui)
{
    switch (ui->page.kind) {
    case PAGE_NONE:
        return;
    case PAGE_HELP:
        help_fill(ui);
        break;
    case PAGE_DETAIL:
        detail_fill(ui);
        break;
    case PAGE_COUNTERS:
        counters_fill(ui);
        break;
    }
    page_draw(&ui->page, &ui->canvas, &ui->layout.body);
}
