/* SPDX-License-Identifier: MIT */
#include "draw.h"

#include <string.h>
#include <wchar.h>

#include "../src/utf8.h"

enum { DRAW_MAX = 512 }; /* characters of one text; no terminal line is longer */

/* A text as characters and their widths. */
struct run {
    size_t count;
    int columns;
    wchar_t characters[DRAW_MAX + 1];
    uint8_t widths[DRAW_MAX];
};

/* Characters that only steer others (joiners, variation selectors, directions): terminals differ
 * about their width, so they are left out. */
static bool draw_is_invisible(wchar_t c)
{
    return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff ||
           c >= 0xe0000;
}

static void draw_measure(const struct canvas *canvas, const char *text, struct run *run)
{
    run->count = 0;
    run->columns = 0;
    while (*text && run->count < DRAW_MAX) {
        wchar_t c = (wchar_t)utf8_next(&text);
        int width;

        if (draw_is_invisible(c))
            continue;
        width = canvas->ascii && c > 0x7e ? -1 : wcwidth(c);
        if (width < 0) {
            c = L'?';
            width = 1;
        }
        if (width == 0 && run->count == 0)
            continue; /* would join what stands to the left of the text */
        run->characters[run->count] = c;
        run->widths[run->count] = (uint8_t)width;
        run->count++;
        run->columns += width;
    }
    run->characters[run->count] = L'\0';
}

int draw_width(const struct canvas *canvas, const char *text)
{
    struct run run;

    draw_measure(canvas, text, &run);
    return run.columns;
}

/* Cuts the run to `width` columns, with an ellipsis in the place of what is missing. */
static void run_cut(const struct canvas *canvas, struct run *run, int width, bool middle)
{
    const char *mark = glyph_text(GLYPH_ELLIPSIS, canvas->ascii);
    int head_limit = middle ? (width - 1) / 2 : width - 1;
    int head_columns = 0, tail_columns = 0;
    size_t head = 0, tail = run->count;

    if (run->columns <= width)
        return;
    while (head < run->count && head_columns + run->widths[head] <= head_limit)
        head_columns += run->widths[head++];
    while (middle && tail > head + 1 &&
           head_columns + 1 + tail_columns + run->widths[tail - 1] <= width)
        tail_columns += run->widths[--tail];
    while (tail < run->count && run->widths[tail] == 0)
        tail++; /* marks of a character that is gone */
    run->characters[head] = (wchar_t)utf8_next(&mark);
    run->widths[head] = 1;
    wmemmove(run->characters + head + 1, run->characters + tail, run->count - tail);
    memmove(run->widths + head + 1, run->widths + tail, run->count - tail);
    run->count = head + 1 + run->count - tail;
    run->columns = head_columns + 1 + tail_columns;
}

static void draw_style(const struct canvas *canvas, enum theme_role role, enum overlay overlay)
{
    const struct style *style = &canvas->styles.at[role][overlay];
    int pair = style->pair;

    wattr_set(canvas->window, style->attributes, 0, &pair);
}

static void draw_blanks(const struct canvas *canvas, int count)
{
    for (int i = 0; i < count; i++)
        waddch(canvas->window, ' ');
}

void draw_cell(const struct canvas *canvas, struct draw_span span, const char *text)
{
    struct run run;
    int rest;

    if (span.width <= 0)
        return;
    draw_measure(canvas, text, &run);
    run_cut(canvas, &run, span.width, span.align == DRAW_MIDDLE_CUT);
    rest = span.width - run.columns;
    draw_style(canvas, span.role, span.overlay);
    wmove(canvas->window, span.y, span.x);
    if (span.align == DRAW_RIGHT)
        draw_blanks(canvas, rest);
    waddnwstr(canvas->window, run.characters, (int)run.count);
    if (span.align != DRAW_RIGHT)
        draw_blanks(canvas, rest);
}

int draw_text(const struct canvas *canvas, int y, int x, int end, enum theme_role role,
              const char *text)
{
    struct run run;

    if (x >= end)
        return x;
    draw_measure(canvas, text, &run);
    run_cut(canvas, &run, end - x, false);
    draw_style(canvas, role, OVERLAY_NONE);
    wmove(canvas->window, y, x);
    waddnwstr(canvas->window, run.characters, (int)run.count);
    return x + run.columns;
}

void draw_glyph(const struct canvas *canvas, int y, int x, enum theme_role role,
                enum overlay overlay, enum glyph glyph)
{
    const char *text = glyph_text(glyph, canvas->ascii);
    wchar_t character[2] = { (wchar_t)utf8_next(&text), L'\0' };

    draw_style(canvas, role, overlay);
    mvwaddnwstr(canvas->window, y, x, character, 1);
}

void draw_restyle(const struct canvas *canvas, int y, int x, int columns, enum theme_role role,
                  bool underline)
{
    const struct style *style = &canvas->styles.at[role][OVERLAY_NONE];
    int pair = style->pair;

    wmove(canvas->window, y, x);
    wchgat(canvas->window, columns, style->attributes | (underline ? A_UNDERLINE : 0), 0, &pair);
}

void draw_invert(const struct canvas *canvas, int y, int x, int columns)
{
    const struct style *style = &canvas->styles.at[ROLE_TEXT][OVERLAY_NONE];
    int pair = style->pair;

    wmove(canvas->window, y, x);
    wchgat(canvas->window, columns, style->attributes | A_REVERSE, 0, &pair);
}

void draw_line(const struct canvas *canvas, int y, int x, int count, enum theme_role role,
               enum glyph glyph)
{
    for (int i = 0; i < count; i++)
        draw_glyph(canvas, y, x + i, role, OVERLAY_NONE, glyph);
}

void draw_clear(const struct canvas *canvas, const struct rect *rect)
{
    draw_style(canvas, ROLE_TEXT, OVERLAY_NONE);
    for (int i = 0; i < rect->height; i++) {
        wmove(canvas->window, rect->y + i, rect->x);
        draw_blanks(canvas, rect->width);
    }
}

void draw_box(const struct canvas *canvas, const struct rect *rect, enum theme_role role)
{
    int bottom = rect->y + rect->height - 1;
    int right = rect->x + rect->width - 1;

    draw_line(canvas, rect->y, rect->x + 1, rect->width - 2, role, GLYPH_HORIZONTAL);
    draw_line(canvas, bottom, rect->x + 1, rect->width - 2, role, GLYPH_HORIZONTAL);
    for (int y = rect->y + 1; y < bottom; y++) {
        draw_glyph(canvas, y, rect->x, role, OVERLAY_NONE, GLYPH_VERTICAL);
        draw_glyph(canvas, y, right, role, OVERLAY_NONE, GLYPH_VERTICAL);
    }
    draw_glyph(canvas, rect->y, rect->x, role, OVERLAY_NONE, GLYPH_TOP_LEFT);
    draw_glyph(canvas, rect->y, right, role, OVERLAY_NONE, GLYPH_TOP_RIGHT);
    draw_glyph(canvas, bottom, rect->x, role, OVERLAY_NONE, GLYPH_BOTTOM_LEFT);
    draw_glyph(canvas, bottom, right, role, OVERLAY_NONE, GLYPH_BOTTOM_RIGHT);
}
