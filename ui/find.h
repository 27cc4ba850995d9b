/* SPDX-License-Identifier: MIT */
/*
 * find: the next row of the focused pane that has a text in one of its fields.
 */
#ifndef MIRRORTOP_UI_FIND_H
#define MIRRORTOP_UI_FIND_H

#include "state.h"

/* Selects the next (1) or previous (-1) row that has ui->needle, round the end; says so when there
 * is none. Letters match in either case. */
void find_step(struct ui *ui, int direction);

#endif
