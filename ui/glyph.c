/* SPDX-License-Identifier: MIT */
#include "glyph.h"

static const struct {
    const char *utf8, *ascii;
} glyphs[GLYPH_COUNT] = {
    [GLYPH_HORIZONTAL] = { "\u2500", "-" },
    [GLYPH_VERTICAL] = { "\u2502", "|" },
    [GLYPH_TOP_LEFT] = { "\u256d", "+" },
    [GLYPH_TOP_RIGHT] = { "\u256e", "+" },
    [GLYPH_BOTTOM_LEFT] = { "\u2570", "+" },
    [GLYPH_BOTTOM_RIGHT] = { "\u256f", "+" },
    [GLYPH_THUMB] = { "\u2503", "%" }, /* the bars beside it are '#' */
    [GLYPH_MARKER] = { "\u25b6", ">" },
    [GLYPH_MARKER_IDLE] = { "\u203a", "-" },
    [GLYPH_ASCENDING] = { "\u25b2", "^" },
    [GLYPH_DESCENDING] = { "\u25bc", "v" },
    [GLYPH_ELLIPSIS] = { "\u2026", "~" },
    [GLYPH_TREE_BRANCH] = { "\u251c\u2500", "|-" },
    [GLYPH_TREE_LAST] = { "\u2514\u2500", "`-" },
    [GLYPH_TREE_LINE] = { "\u2502 ", "| " },
    [GLYPH_PLAY] = { "\u25b6", ">" },
    [GLYPH_END] = { "\u25a0", "#" },
    [GLYPH_CURSOR] = { "\u2588", "_" },
};

const char *glyph_text(enum glyph glyph, bool ascii)
{
    return ascii ? glyphs[glyph].ascii : glyphs[glyph].utf8;
}
