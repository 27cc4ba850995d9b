/* SPDX-License-Identifier: MIT */
/*
 * color: colours as a theme names them, and what a terminal with fewer colours shows instead.
 *
 * Pure: knows no curses, so that the mapping can be tested. Plain values.
 */
#ifndef MIRRORTOP_UI_COLOR_H
#define MIRRORTOP_UI_COLOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many colours a terminal has; the enumerators are in order of ability. */
enum color_depth { DEPTH_NONE, DEPTH_8, DEPTH_16, DEPTH_256, DEPTH_RGB };

enum color_kind {
    COLOR_IS_DEFAULT, /* what the terminal has without being told */
    COLOR_IS_INDEX,   /* one of the 256 of xterm's palette; the first 16 have names */
    COLOR_IS_RGB,
};

enum { COLOR_NO_LOW = -1, COLOR_LOW_DEFAULT = -2 };

struct color {
    uint8_t kind;  /* enum color_kind */
    uint8_t index; /* COLOR_IS_INDEX */
    int16_t low;  /* 0..15 or COLOR_LOW_DEFAULT: what to show where there are 16 colours or fewer */
    uint32_t rgb; /* COLOR_IS_RGB: 0xRRGGBB */
};

/*
 * Reads "default", a name ("red", "bright-black" and so on), an index "0".."255" or "#rrggbb". An
 * index or an RGB value may be followed by "/NAME", the colour for terminals with 16 colours or
 * fewer; "default" is such a name too. false: none of these.
 */
bool color_parse(const char *text, size_t size, struct color *color);

/* The colour as 0xRRGGBB, by xterm's palette; COLOR_IS_DEFAULT gives `fallback`. */
uint32_t color_to_rgb(const struct color *color, uint32_t fallback);

/*
 * The number that curses wants at this depth: -1 for the default colour, an index below 8, 16 or
 * 256, or 0xRRGGBB. With 8 colours a foreground that would be "bright black" becomes the default
 * colour, because black or bold black cannot be read on a dark screen.
 */
int color_at_depth(const struct color *color, enum color_depth depth, bool background);

#endif
