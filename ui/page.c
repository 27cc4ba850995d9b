/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <stdio.h>
#include <string.h>

#include "../src/utf8.h"

enum { PAGE_MARGIN = 2, PAGE_WIDTH_MAX = 110 }; /* longer lines are hard to read */

void page_open(struct page *page, enum page_kind kind, enum table_id table, uint64_t key)
{
    page->kind = kind;
    page->table = table;
    page->key = key;
    page->top = 0;
    page->count = 0;
}

void page_start(struct page *page, const struct rect *rect, const char *title, int label_width)
{
    int width = rect->width < PAGE_WIDTH_MAX ? rect->width : PAGE_WIDTH_MAX;

    snprintf(page->title, sizeof(page->title), "%s", title);
    page->width = width - 2 * PAGE_MARGIN;
    page->label_width = label_width < page->width / 2 ? label_width : page->width / 2;
    page->count = 0;
}

static struct page_line *page_new_line(struct page *page, enum theme_role role)
{
    struct page_line *line;

    if (page->count == PAGE_LINES)
        return NULL;
    line = &page->lines[page->count++];
    line->role = role;
    line->label[0] = '\0';
    line->text[0] = '\0';
    return line;
}

void page_add_heading(struct page *page, const char *text)
{
    struct page_line *line;

    if (page->count > 0)
        page_new_line(page, ROLE_TEXT);
    line = page_new_line(page, ROLE_TITLE_FOCUS);
    if (line)
        snprintf(line->text, sizeof(line->text), "%s", text);
}

/* Bytes of the text that fit: up to the last blank if there is one, never inside a character.
 * A byte counts as a column, which is right for ASCII and too careful for the rest. */
static size_t page_wrap(const char *text, size_t room)
{
    size_t n = strlen(text);
    size_t at = room;

    if (n <= room)
        return n;
    while (at > 0 && text[at] != ' ')
        at--;
    if (at > room / 3)
        return at;
    at = utf8_begin(text, room);
    return at > 0 ? at : room;
}

void page_add(struct page *page, const char *label, const char *text, enum theme_role role)
{
    size_t room = (size_t)(page->width - page->label_width);
    struct page_line *line = page_new_line(page, role);

    if (room >= PAGE_TEXT)
        room = PAGE_TEXT - 1;
    if (room < 4)
        room = 4;
    if (line)
        snprintf(line->label, sizeof(line->label), "%s", label);
    if (strlen(label) >= (size_t)page->label_width && label[0] != '\0')
        line = page_new_line(page, role); /* the label has a line of its own */
    while (line) {
        size_t n = page_wrap(text, room);

        memcpy(line->text, text, n);
        line->text[n] = '\0';
        text += n;
        while (*text == ' ')
            text++;
        if (*text == '\0')
            return;
        line = page_new_line(page, role);
    }
}

static void page_draw_line(const struct page *page, const struct canvas *canvas, int y, int x,
                           const struct page_line *line)
{
    bool heading = line->role == ROLE_TITLE_FOCUS;

    if (!heading)
        draw_text(canvas, y, x, x + page->width, ROLE_KEY, line->label);
    draw_text(canvas, y, heading ? x : x + page->label_width, x + page->width, line->role,
              line->text);
}

static void page_draw_title(const struct page *page, const struct canvas *canvas,
                            const struct rect *box)
{
    char place[48];
    int end = box->x + box->width - 2;
    int x = draw_text(canvas, box->y, box->x + 1, end, ROLE_TITLE_FOCUS, " ");

    x = draw_text(canvas, box->y, x, end, ROLE_TITLE_FOCUS, page->title);
    draw_text(canvas, box->y, x, end, ROLE_TITLE_FOCUS, " ");
    if (page->count > page->visible) {
        snprintf(place, sizeof(place), " %zu-%zu/%zu ", page->top + 1, page->top + page->visible,
                 page->count);
        x = end - draw_width(canvas, place);
        draw_text(canvas, box->y + box->height - 1, x, end, ROLE_DIM, place);
    }
}

void page_draw(struct page *page, const struct canvas *canvas, const struct rect *rect)
{
    const struct rect box = *rect; /* all of it: bits of panes beside a page only distract */

    page->visible = (size_t)(box.height - 2);
    if (page->top + page->visible > page->count)
        page->top = page->count > page->visible ? page->count - page->visible : 0;
    draw_clear(canvas, &box);
    draw_box(canvas, &box, ROLE_BORDER_FOCUS);
    page_draw_title(page, canvas, &box);
    for (size_t i = 0; i < page->visible && page->top + i < page->count; i++)
        page_draw_line(page, canvas, box.y + 1 + (int)i, box.x + PAGE_MARGIN,
                       &page->lines[page->top + i]);
}

void page_wheel(struct page *page, long lines)
{
    size_t last = page->count > page->visible ? page->count - page->visible : 0;

    if (lines < 0)
        page->top = page->top > (size_t)-lines ? page->top - (size_t)-lines : 0;
    else
        page->top = page->top + (size_t)lines < last ? page->top + (size_t)lines : last;
}

void page_move(struct page *page, enum action action)
{
    long screen = page->visible > 1 ? (long)page->visible - 1 : 1;

    switch (action) {
    case ACTION_DOWN:
        page_wheel(page, 1);
        break;
    case ACTION_UP:
        page_wheel(page, -1);
        break;
    case ACTION_PAGE_DOWN:
        page_wheel(page, screen);
        break;
    case ACTION_PAGE_UP:
        page_wheel(page, -screen);
        break;
    case ACTION_HOME:
        page_wheel(page, -PAGE_LINES);
        break;
    case ACTION_END:
        page_wheel(page, PAGE_LINES);
        break;
    default:
        break;
    }
}
