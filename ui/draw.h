/* SPDX-License-Identifier: MIT */
/*
 * draw: text and boxes on the screen, by columns, not bytes.
 *
 * Everything that reaches the terminal goes through here: widths are wcwidth()'s, what has no
 * width or is no character becomes "?", and on an ASCII screen so does everything beyond ASCII.
 * Texts are UTF-8, already escaped (format_escape()). Nothing is drawn outside the rectangle or
 * width that is given.
 */
#ifndef MIRRORTOP_UI_DRAW_H
#define MIRRORTOP_UI_DRAW_H

#include "glyph.h"
#include "layout.h"
#include "style.h"

struct canvas {
    WINDOW *window;
    struct style_table styles;
    bool ascii;
};

enum draw_align {
    DRAW_LEFT,
    DRAW_RIGHT,
    DRAW_MIDDLE_CUT, /* to the left; a text that is too long loses its middle, not its end */
};

struct draw_span {
    int y, x, width; /* columns */
    enum theme_role role;
    enum overlay overlay;
    enum draw_align align;
};

/* Columns that the text takes. */
int draw_width(const struct canvas *canvas, const char *text);

/* Fills the whole span: the text, cut with an ellipsis where it is too long, and blanks. */
void draw_cell(const struct canvas *canvas, struct draw_span span, const char *text);

/* Only the text, at most to column `end` (exclusive); returns the column behind it. */
int draw_text(const struct canvas *canvas, int y, int x, int end, enum theme_role role,
              const char *text);

void draw_glyph(const struct canvas *canvas, int y, int x, enum theme_role role,
                enum overlay overlay, enum glyph glyph);

/* What stands in these columns already, in another style: of a role and underlined, or with
 * foreground and background exchanged. */
void draw_restyle(const struct canvas *canvas, int y, int x, int columns, enum theme_role role,
                  bool underline);
void draw_invert(const struct canvas *canvas, int y, int x, int columns);

/* `count` times the glyph, which is one column wide. */
void draw_line(const struct canvas *canvas, int y, int x, int count, enum theme_role role,
               enum glyph glyph);

/* Blanks in the style of "text". */
void draw_clear(const struct canvas *canvas, const struct rect *rect);

/* A border inside the rectangle's edge; at least 2 x 2. */
void draw_box(const struct canvas *canvas, const struct rect *rect, enum theme_role role);

#endif
