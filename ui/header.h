/* SPDX-License-Identifier: MIT */
/*
 * header, footer: the lines above and below the panes. Both only read the state.
 */
#ifndef MIRRORTOP_UI_HEADER_H
#define MIRRORTOP_UI_HEADER_H

#include "state.h"

/* Source, clock, replay, rates, totals, losses. */
void header_draw(const struct ui *ui);

/* The message if there is one, else the keys of what has the keyboard. */
void footer_draw(const struct ui *ui);

#endif
