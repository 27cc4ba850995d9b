/* SPDX-License-Identifier: MIT */
/*
 * layout: which rectangle of the screen belongs to what, at any size.
 *
 * Pure: the same size, focus and zoom give the same rectangles. The panes tile the body without
 * gap or overlap.
 */
#ifndef MIRRORTOP_UI_LAYOUT_H
#define MIRRORTOP_UI_LAYOUT_H

#include "../src/field.h"

enum { LAYOUT_MIN_HEIGHT = 10, LAYOUT_MIN_WIDTH = 40 };

struct rect {
    int y, x, height, width;
};

struct layout {
    bool too_small; /* below the minimum: nothing else is set */
    bool boxed;     /* panes have borders all around; else a title line only */
    struct rect header, body, footer;
    struct rect panes[TABLE_COUNT]; /* height 0: not shown */
};

/* What the screen is wanted for. */
struct layout_wish {
    int height, width;   /* of the screen */
    enum table_id focus; /* always shown */
    bool zoomed;         /* ... and has the whole body */
    bool filter;         /* the header has a line more, for the filter */
    int footer;          /* lines of the footer; 0: one */
};

void layout_compute(struct layout *layout, const struct layout_wish *wish);

/* Whether the rectangle holds the cell. */
bool rect_contains(const struct rect *rect, int y, int x);

#endif
