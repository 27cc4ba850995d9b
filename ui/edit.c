/* SPDX-License-Identifier: MIT */
#include "edit.h"

#include <string.h>

#include "../src/utf8.h"

static bool edit_is_control(wchar_t c)
{
    return c < L' ' || (c >= 0x7f && c < 0xa0);
}

void edit_set(struct edit *edit, const char *text)
{
    *edit = (struct edit){ .length = 0 };
    while (*text) {
        wchar_t c = (wchar_t)utf8_next(&text);

        if (!edit_type(edit, edit_is_control(c) ? L' ' : c))
            return;
    }
}

bool edit_replace(struct edit *edit, size_t from, size_t to, const char *text)
{
    size_t size = strlen(text);

    if (edit->length - (to - from) + size >= EDIT_SIZE)
        return false;
    memmove(edit->text + from + size, edit->text + to, edit->length - to + 1);
    memcpy(edit->text + from, text, size);
    edit->length += size - (to - from);
    edit->cursor = from + size;
    return true;
}

bool edit_type(struct edit *edit, wchar_t character)
{
    char bytes[UTF8_MAX + 1] = "";

    if (edit_is_control(character) || utf8_write(bytes, (uint32_t)character) == 0)
        return false;
    return edit_replace(edit, edit->cursor, edit->cursor, bytes);
}

static bool edit_ends_with(const struct edit *edit, const char *text)
{
    size_t size = strlen(text);

    return edit->cursor >= size && memcmp(edit->text + edit->cursor - size, text, size) == 0;
}

/* Of a comment that goes on to the cursor: its first byte; none: the cursor. Those that say
 * something of the filter end where a rule does, and stay. */
static size_t edit_find_comment(const struct edit *edit)
{
    static const char directive[] = "# mirrortop: ";
    char quote = '\0';

    for (size_t i = 0; i < edit->cursor; i++) {
        char c = edit->text[i];

        if (c == '\\' && quote != '\'')
            i++;
        else if (c == quote)
            quote = '\0';
        else if (quote == '\0' && (c == '"' || c == '\''))
            quote = c;
        else if (quote == '\0' && c == '#' && (i == 0 || strchr(" ;", edit->text[i - 1])) &&
                 strncmp(edit->text + i, directive, strlen(directive)) != 0)
            return i;
    }
    return edit->cursor;
}

static bool edit_break(struct edit *edit)
{
    char first = edit->text[strspn(edit->text, " ")];

    /* in one line it would hide all that follows */
    edit_replace(edit, edit_find_comment(edit), edit->cursor, "");
    while (edit_ends_with(edit, " "))
        edit_erase(edit, EDIT_LEFT);
    if (edit_ends_with(edit, "\\")) {
        edit_erase(edit, EDIT_LEFT);
        return edit_type(edit, L' ');
    }
    if (edit->cursor == 0)
        return true;
    if (first == '{' || first == '[' || edit_ends_with(edit, ";"))
        return edit_type(edit, L' ');
    return edit_replace(edit, edit->cursor, edit->cursor, "; ");
}

bool edit_paste(struct edit *edit, wchar_t character)
{
    if (character == L'\n' || character == L'\r')
        return edit_break(edit);
    if (character == L'\t')
        return edit_type(edit, L' ');
    if (character == L' ' && edit_ends_with(edit, "; "))
        return true; /* the next line is indented */
    if (character == L'-' && edit_ends_with(edit, "; "))
        return edit_replace(edit, edit->cursor - 2, edit->cursor, " -");
    return edit_type(edit, character);
}

void edit_place(struct edit *edit, size_t at)
{
    if (at > edit->length)
        at = edit->length;
    edit->cursor = utf8_begin(edit->text, at);
}

static bool edit_is_blank(const struct edit *edit, size_t at)
{
    return edit->text[at] == ' ';
}

/* Whether the character at *text is drawn over the one before it; *text moves behind it. */
static bool edit_take_mark(const char **text)
{
    return wcwidth((wchar_t)utf8_next(text)) == 0;
}

size_t edit_next(const char *text, size_t at)
{
    const char *end = text + at, *behind = end;

    if (*end == '\0')
        return at;
    edit_take_mark(&behind);
    do
        end = behind;
    while (*end != '\0' && edit_take_mark(&behind));
    return (size_t)(end - text);
}

size_t edit_previous(const char *text, size_t at)
{
    const char *character;

    do {
        at = at > 0 ? utf8_begin(text, at - 1) : 0;
        character = text + at;
    } while (at > 0 && edit_take_mark(&character));
    return at;
}

static size_t edit_find(const struct edit *edit, enum edit_goal goal)
{
    size_t at = edit->cursor;

    switch (goal) {
    case EDIT_LEFT:
        return edit_previous(edit->text, at);
    case EDIT_RIGHT:
        return edit_next(edit->text, at);
    case EDIT_WORD_LEFT:
        while (at > 0 && edit_is_blank(edit, at - 1))
            at--;
        while (at > 0 && !edit_is_blank(edit, at - 1))
            at--;
        return at;
    case EDIT_WORD_RIGHT:
        while (at < edit->length && edit_is_blank(edit, at))
            at++;
        while (at < edit->length && !edit_is_blank(edit, at))
            at++;
        return at;
    case EDIT_HOME:
        return 0;
    case EDIT_END:
        break;
    }
    return edit->length;
}

void edit_move(struct edit *edit, enum edit_goal goal)
{
    edit->cursor = edit_find(edit, goal);
}

void edit_erase(struct edit *edit, enum edit_goal goal)
{
    size_t there = edit_find(edit, goal);

    if (there < edit->cursor)
        edit_replace(edit, there, edit->cursor, "");
    else
        edit_replace(edit, edit->cursor, there, "");
}
