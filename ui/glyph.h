/* SPDX-License-Identifier: MIT */
/*
 * glyph: the signs of the screen, each as Unicode and as its ASCII twin of the same width.
 */
#ifndef MIRRORTOP_UI_GLYPH_H
#define MIRRORTOP_UI_GLYPH_H

#include <stdbool.h>

enum glyph {
    GLYPH_HORIZONTAL,
    GLYPH_VERTICAL,
    GLYPH_TOP_LEFT,
    GLYPH_TOP_RIGHT,
    GLYPH_BOTTOM_LEFT,
    GLYPH_BOTTOM_RIGHT,
    GLYPH_THUMB,       /* of the scroll bar */
    GLYPH_MARKER,      /* in front of the selected row */
    GLYPH_MARKER_IDLE, /* the same in a pane without the focus */
    GLYPH_ASCENDING,
    GLYPH_DESCENDING,
    GLYPH_ELLIPSIS,
    GLYPH_TREE_BRANCH, /* two columns wide */
    GLYPH_TREE_LAST,   /* two columns wide */
    GLYPH_TREE_LINE,   /* two columns wide */
    GLYPH_PLAY,
    GLYPH_END,
    GLYPH_CURSOR,
    GLYPH_COUNT
};

/* UTF-8, or plain ASCII. */
const char *glyph_text(enum glyph glyph, bool ascii);

#endif
