/* SPDX-License-Identifier: MIT */
/*
 * page: a text that lies over the panes and can be scrolled: help, details, counters.
 *
 * The lines are made anew for every frame (so numbers stay live) by what page->kind says; the page
 * itself only wraps, scrolls and draws them.
 */
#ifndef MIRRORTOP_UI_PAGE_H
#define MIRRORTOP_UI_PAGE_H

#include "draw.h"
#include "keys.h"

enum page_kind { PAGE_NONE, PAGE_HELP, PAGE_DETAIL, PAGE_COUNTERS };

enum { PAGE_LINES = 2000, PAGE_LABEL = 40, PAGE_TEXT = 240 };

struct page_line {
    enum theme_role role; /* of the text; the label has that of "key" */
    char label[PAGE_LABEL];
    char text[PAGE_TEXT];
};

struct page {
    enum page_kind kind;
    enum table_id table; /* whose details, whose help */
    uint64_t key;        /* PAGE_DETAIL: the row */
    size_t top;
    size_t visible; /* lines in the last drawing */
    char title[64];
    int width;       /* columns for a line */
    int label_width; /* columns of it for the label */
    size_t count;
    struct page_line lines[PAGE_LINES];
};

void page_open(struct page *page, enum page_kind kind, enum table_id table, uint64_t key);

/* Begins a new set of lines for a page inside `rect`. */
void page_start(struct page *page, const struct rect *rect, const char *title, int label_width);

/* A heading, with an empty line before it unless it is the first. */
void page_add_heading(struct page *page, const char *text);

/* A line; a text too wide for it goes on in further ones. Both are escaped UTF-8. */
void page_add(struct page *page, const char *label, const char *text, enum theme_role role);

void page_draw(struct page *page, const struct canvas *canvas, const struct rect *rect);

void page_move(struct page *page, enum action action);
void page_wheel(struct page *page, long lines);

#endif
