/* SPDX-License-Identifier: MIT */
/*
 * style: the roles of a theme as what curses draws with.
 */
#ifndef MIRRORTOP_UI_STYLE_H
#define MIRRORTOP_UI_STYLE_H

#include <curses.h>

#include "theme.h"

/* Whether a cell lies in the selected row; that colours it whatever its role. */
enum overlay { OVERLAY_NONE, OVERLAY_SELECTED, OVERLAY_IDLE, OVERLAY_COUNT };

struct style {
    attr_t attributes;
    int pair;
};

struct style_table {
    struct style at[ROLE_COUNT][OVERLAY_COUNT];
};

/* What the running screen can do; `allowed` is false for NO_COLOR and --color=never. */
enum color_depth style_depth(bool allowed);

/* Sets curses' colour pairs for the theme. Without colours a role that has a background colour
 * becomes reverse, so that a selection is never invisible. */
void style_build(struct style_table *table, const struct theme *theme, enum color_depth depth);

#endif
