/* SPDX-License-Identifier: MIT */
#include "prompt.h"

#include <stdio.h>
#include <string.h>

#include "../src/utf8.h"

enum {
    PROMPT_COLUMNS = 512,   /* no terminal line is longer */
    PROMPT_LIST_ROWS = 10,  /* of the words, at most */
    PROMPT_LIST_WIDTH = 70, /* columns of the list, at most */
};

static const struct {
    const char *label;
    bool explains; /* has a line below that says what is wrong */
} prompt_kinds[PROMPT_KINDS] = {
    [PROMPT_FIND] = { "find:", false },
    [PROMPT_FILTER] = { "filter:", true },
    [PROMPT_COMMAND] = { ":", true },
};

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text)
{
    prompt->open = true;
    prompt->kind = kind;
    prompt->problem = (struct prompt_problem){ .length = 0 };
    prompt->status[0] = '\0';
    prompt->warns = false;
    prompt->cut = false;
    prompt->left = 0;
    prompt->completion.open = false;
    edit_set(&prompt->edit, text);
    history_start(&prompt->history[kind]);
}

void prompt_step_history(struct prompt *prompt, int step)
{
    completion_close(&prompt->completion, &prompt->edit, false);
    history_step(&prompt->history[prompt->kind], step, &prompt->edit);
}

bool prompt_is_cut(struct prompt *prompt)
{
    if (prompt->cut)
        prompt->problem = (struct prompt_problem){
            .at = prompt->edit.length,
            .text = "the line is full, and the rest is missing: -F takes a filter from a file"
        };
    return prompt->cut;
}

void prompt_close(struct prompt *prompt, bool keep)
{
    completion_close(&prompt->completion, &prompt->edit, false);
    if (keep)
        history_add(&prompt->history[prompt->kind], prompt->edit.text);
    prompt->open = false;
}

void prompt_free(struct prompt *prompt)
{
    for (size_t i = 0; i < PROMPT_KINDS; i++)
        history_free(&prompt->history[i]);
}

/* Columns of the bytes from..to of the line. */
static int prompt_columns(const struct prompt *prompt, const struct canvas *canvas, size_t from,
                          size_t to)
{
    char part[PROMPT_COLUMNS * UTF8_MAX];

    snprintf(part, sizeof(part), "%.*s", (int)(to - from), prompt->edit.text + from);
    return draw_width(canvas, part);
}

/* The byte up to which `room` columns reach from `at` on, to the right or to the left. */
static size_t prompt_reach(const struct prompt *prompt, const struct canvas *canvas, size_t at,
                           int room, size_t (*step)(const char *text, size_t at))
{
    for (;;) {
        size_t next = step(prompt->edit.text, at);

        room -= next > at ? prompt_columns(prompt, canvas, at, next)
                          : prompt_columns(prompt, canvas, next, at);
        if (next == at || room < 0)
            return at;
        at = next;
    }
}

/* The byte from which at most `room` columns lead up to the cursor. */
static size_t prompt_back(const struct prompt *prompt, const struct canvas *canvas, int room)
{
    return prompt_reach(prompt, canvas, prompt->edit.cursor, room, edit_previous);
}

/* Scrolls so that the cursor is in sight, with something before it. Two of the columns are those of
 * the marks for what is out of sight, one is the cursor's when it stands behind the text. */
static void prompt_scroll(struct prompt *prompt, const struct canvas *canvas, int room)
{
    size_t last = prompt_back(prompt, canvas, room - 1);

    if (prompt->edit.cursor < prompt->left || prompt->left > prompt->edit.length)
        prompt->left = prompt_back(prompt, canvas, room / 4);
    if (prompt->left < last)
        prompt->left = prompt->edit.cursor == prompt->edit.length
                           ? last
                           : prompt_back(prompt, canvas, room * 3 / 4);
    if (prompt_columns(prompt, canvas, 0, prompt->edit.length) < room)
        prompt->left = 0;
    prompt->end = prompt_reach(prompt, canvas, prompt->left, room, edit_next);
}

/* Where the marks stand for what is wrong, as far as it is in sight. */
static void prompt_place_mark(struct prompt *prompt, const struct canvas *canvas, int room)
{
    size_t from = prompt->problem.at, to = from + prompt->problem.length;

    if (from < prompt->left)
        from = prompt->left;
    if (from > prompt->end)
        from = prompt->end;
    if (to > prompt->end)
        to = prompt->end;
    prompt->mark = prompt_columns(prompt, canvas, prompt->left, from);
    prompt->mark_width = to > from ? prompt_columns(prompt, canvas, from, to) : 1;
    if (prompt->mark >= room)
        prompt->mark = room - 1;
}

/* Where to go on with what does not fit into one line; NULL: it fits. */
static const char *prompt_wrap(const struct canvas *canvas, const char *text, int width)
{
    size_t at = 0, blank = 0;

    if (draw_width(canvas, text) <= width)
        return NULL;
    for (; text[at] != '\0' && width >= 0; at = edit_next(text, at)) {
        char part[UTF8_MAX * 8];

        if (text[at] == ' ')
            blank = at;
        snprintf(part, sizeof(part), "%.*s", (int)(edit_next(text, at) - at), text + at);
        width -= draw_width(canvas, part);
    }
    return text + (blank > 0 ? blank + 1 : at);
}

void prompt_arrange(struct prompt *prompt, const struct canvas *canvas, int width)
{
    int room, why;

    /* a blank, the label, a blank or the mark for more, the text, the mark for more, a blank */
    prompt->label = 1 + draw_width(canvas, prompt_kinds[prompt->kind].label) + 1;
    room = width - prompt->label - 2;
    prompt_scroll(prompt, canvas, room);
    prompt->height = prompt_kinds[prompt->kind].explains ? 2 : 1;
    if (prompt->height == 1 || prompt->problem.text[0] == '\0')
        return;
    prompt_place_mark(prompt, canvas, room);
    why = draw_width(canvas, prompt->problem.text);
    if (prompt->label + prompt->mark + prompt->mark_width + 1 + why <= width - 1 ||
        1 + why + 1 <= prompt->label + prompt->mark)
        return;
    /* there is no room beside the marks */
    prompt->height = prompt_wrap(canvas, prompt->problem.text, width - 2) ? 4 : 3;
}

static void prompt_draw_text(const struct canvas *canvas, const struct prompt *prompt,
                             const struct rect *rect)
{
    const struct edit *edit = &prompt->edit;
    int x = rect->x + prompt->label, end = rect->x + rect->width - 1;
    size_t next = edit_next(edit->text, edit->cursor);
    char part[PROMPT_COLUMNS * UTF8_MAX];
    int cursor = prompt_columns(prompt, canvas, prompt->left, edit->cursor);

    draw_text(canvas, rect->y, rect->x + 1, end, ROLE_KEY, prompt_kinds[prompt->kind].label);
    if (prompt->left > 0)
        draw_glyph(canvas, rect->y, x - 1, ROLE_DIM, OVERLAY_NONE, GLYPH_ELLIPSIS);
    snprintf(part, sizeof(part), "%.*s", (int)(prompt->end - prompt->left),
             edit->text + prompt->left);
    draw_text(canvas, rect->y, x, end, ROLE_TEXT, part);
    if (prompt->end < edit->length)
        draw_glyph(canvas, rect->y, end - 1, ROLE_DIM, OVERLAY_NONE, GLYPH_ELLIPSIS);
    if (prompt->problem.text[0] != '\0' && prompt->height > 1)
        draw_restyle(canvas, rect->y, x + prompt->mark, prompt->mark_width, ROLE_ALERT, true);
    if (edit->cursor == edit->length)
        draw_glyph(canvas, rect->y, x + cursor, ROLE_KEY, OVERLAY_NONE, GLYPH_CURSOR);
    else
        draw_invert(canvas, rect->y, x + cursor,
                    prompt_columns(prompt, canvas, edit->cursor, next));
}

/* Below the marks, in as many lines as there are. */
static void prompt_draw_reason(const struct canvas *canvas, const struct rect *rect,
                               const char *why)
{
    int end = rect->x + rect->width - 1, y = rect->y + 2;
    const char *rest = prompt_wrap(canvas, why, rect->width - 2);
    char first[sizeof(((struct prompt_problem *)0)->text)];
    int length = rest ? (int)(rest - why) : (int)strlen(why);

    if (rest && why[length - 1] == ' ')
        length--; /* the blank in the place of which the line ends may find no room */
    snprintf(first, sizeof(first), "%.*s", length, why);
    draw_text(canvas, y, rect->x + 1, end, ROLE_ALERT, first);
    if (rest)
        draw_text(canvas, y + 1, rect->x + 1, end, ROLE_ALERT, rest);
}

/* The marks under what is wrong and the reason beside them, or below. */
static void prompt_draw_problem(const struct canvas *canvas, const struct prompt *prompt,
                                const struct rect *rect)
{
    const char *why = prompt->problem.text;
    int mark = rect->x + prompt->label + prompt->mark, end = rect->x + rect->width - 1;
    int after = mark + prompt->mark_width, y = rect->y + 1;

    draw_text(canvas, y, mark, end, ROLE_ALERT, "^");
    for (int x = mark + 1; x < after; x++)
        draw_text(canvas, y, x, end, ROLE_ALERT, "~");
    if (prompt->height > 2)
        prompt_draw_reason(canvas, rect, why);
    else if (after + 1 + draw_width(canvas, why) <= end)
        draw_text(canvas, y, after + 1, end, ROLE_ALERT, why);
    else
        draw_text(canvas, y, mark - 1 - draw_width(canvas, why), mark, ROLE_ALERT, why);
}

/* The widest word and hint of the list. */
static void prompt_measure_list(const struct canvas *canvas, const struct completion *completion,
                                int *word, int *hint)
{
    *word = 0;
    *hint = 0;
    for (size_t i = 0; i < completion->count; i++) {
        int word_width = draw_width(canvas, completion->items[i].word);
        int hint_width = draw_width(canvas, completion->items[i].hint);

        *word = word_width > *word ? word_width : *word;
        *hint = hint_width > *hint ? hint_width : *hint;
    }
}

static void prompt_draw_item(const struct canvas *canvas, const struct completion *completion,
                             size_t i, struct draw_span span, int word)
{
    bool chosen = i == completion->chosen;
    int end = span.x + span.width;

    span.overlay = chosen ? OVERLAY_SELECTED : OVERLAY_NONE;
    span.role = ROLE_TEXT;
    draw_cell(canvas, span, "");
    if (chosen)
        draw_glyph(canvas, span.y, span.x, ROLE_TITLE_FOCUS, span.overlay, GLYPH_MARKER);
    span.x += 1;
    span.width = word < end - span.x ? word : end - span.x;
    draw_cell(canvas, span, completion->items[i].word);
    span.x += word + 2;
    span.width = end - span.x;
    span.role = ROLE_DIM;
    draw_cell(canvas, span, completion->items[i].hint);
}

/* Where the list of words stands: above the word that it completes, inside the screen. */
struct prompt_list {
    struct rect box; /* with its border */
    int rows;
    int word;   /* columns of the words */
    size_t top; /* the first word in sight */
};

/* false: there is no room for it. */
static bool prompt_place_list(const struct canvas *canvas, const struct prompt *prompt,
                              const struct rect *rect, struct prompt_list *list)
{
    const struct completion *completion = &prompt->completion;
    int rows = completion->count < PROMPT_LIST_ROWS ? (int)completion->count : PROMPT_LIST_ROWS;
    int word, hint, x = rect->x + prompt->label;
    struct rect box;

    if (rows > rect->y - 3)
        rows = rect->y - 3;
    if (rows < 1)
        return false;
    prompt_measure_list(canvas, completion, &word, &hint);
    box.width = 2 + 1 + word + (hint > 0 ? 2 + hint : 0) + 1;
    if (box.width > PROMPT_LIST_WIDTH)
        box.width = PROMPT_LIST_WIDTH;
    if (box.width > rect->width)
        box.width = rect->width;
    if (completion->at > prompt->left)
        x += prompt_columns(prompt, canvas, prompt->left, completion->at);
    box.x = x - 2;
    if (box.x + box.width > rect->x + rect->width)
        box.x = rect->x + rect->width - box.width;
    box.height = rows + 2;
    box.y = rect->y - box.height;
    *list = (struct prompt_list){ .box = box, .rows = rows, .word = word };
    if (completion->chosen < completion->count && completion->chosen >= (size_t)rows)
        list->top = completion->chosen - (size_t)rows + 1;
    return true;
}

static void prompt_draw_list(const struct canvas *canvas, const struct prompt *prompt,
                             const struct rect *rect)
{
    const struct completion *completion = &prompt->completion;
    struct prompt_list list;
    const struct rect *box = &list.box;

    if (!prompt_place_list(canvas, prompt, rect, &list))
        return;
    draw_box(canvas, box, ROLE_BORDER_FOCUS);
    for (int i = 0; i < list.rows; i++)
        prompt_draw_item(
            canvas, completion, list.top + (size_t)i,
            (struct draw_span){ .y = box->y + 1 + i, .x = box->x + 1, .width = box->width - 2 },
            list.word);
    if ((size_t)list.rows < completion->count) {
        char place[32];

        snprintf(place, sizeof(place), " %zu-%zu/%zu ", list.top + 1, list.top + (size_t)list.rows,
                 completion->count);
        draw_text(canvas, box->y + box->height - 1, box->x + 1, box->x + box->width - 1, ROLE_DIM,
                  place);
    }
}

/* Takes the word that was clicked; false: there is none. */
static bool prompt_click_list(struct prompt *prompt, const struct canvas *canvas,
                              const struct rect *rect, int y, int x)
{
    struct prompt_list list;
    int row;

    if (!prompt->completion.open || !prompt_place_list(canvas, prompt, rect, &list))
        return false;
    row = y - list.box.y - 1;
    if (row < 0 || row >= list.rows || x <= list.box.x || x >= list.box.x + list.box.width - 1)
        return false;
    completion_choose(&prompt->completion, list.top + (size_t)row, &prompt->edit);
    return true;
}

void prompt_draw(const struct canvas *canvas, const struct prompt *prompt, const struct rect *rect)
{
    prompt_draw_text(canvas, prompt, rect);
    if (prompt->completion.open)
        prompt_draw_list(canvas, prompt, rect);
    if (prompt->height < 2)
        return;
    if (prompt->problem.text[0] != '\0')
        prompt_draw_problem(canvas, prompt, rect);
    else
        draw_text(canvas, rect->y + 1, rect->x + 1, rect->x + rect->width - 1,
                  prompt->warns ? ROLE_WARNING : ROLE_DIM, prompt->status);
}

bool prompt_click(struct prompt *prompt, const struct canvas *canvas, const struct rect *rect,
                  int y, int x)
{
    if (prompt_click_list(prompt, canvas, rect, y, x))
        return true;
    if (y != rect->y)
        return false;
    completion_close(&prompt->completion, &prompt->edit, false);
    x -= rect->x + prompt->label;
    edit_place(&prompt->edit, prompt_reach(prompt, canvas, prompt->left, x > 0 ? x : 0, edit_next));
    return true;
}
