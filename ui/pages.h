/* SPDX-License-Identifier: MIT */
/*
 * pages: what stands on the pages that lie over the panes (page.h).
 */
#ifndef MIRRORTOP_UI_PAGES_H
#define MIRRORTOP_UI_PAGES_H

#include "state.h"

/* Makes the lines of the page that is open, and draws it. */
void pages_draw(struct ui *ui);

/* One each: the lines of a kind of page, inside the body of the layout. */
void help_fill(struct ui *ui);
void detail_fill(struct ui *ui);
void counters_fill(struct ui *ui);

#endif
