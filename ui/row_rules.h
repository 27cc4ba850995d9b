/* SPDX-License-Identifier: MIT */
/*
 * row_rules: mirror rules made from the selected row: '=' and '-'.
 */
#ifndef MIRRORTOP_UI_ROW_RULES_H
#define MIRRORTOP_UI_ROW_RULES_H

#include "state.h"

/* Rules for the traffic of a row, in the short spelling. false: no mirror rule can say it, and
 * `out` says why not. */
bool row_rules_text(enum table_id table, const void *row, bool accept, char *out, size_t size);

/* Adds such rules for the selected row of the focused pane to the filter in force, and says so. */
void row_rules_add(struct ui *ui, bool accept);

#endif
