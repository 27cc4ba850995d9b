/* SPDX-License-Identifier: MIT */
/*
 * edit: a line of text that is being typed, and the cursor in it.
 *
 * A plain value; knows no curses. The text is UTF-8 without control characters; the cursor always
 * stands between characters.
 */
#ifndef MIRRORTOP_UI_EDIT_H
#define MIRRORTOP_UI_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* Bytes, with the NUL: what describe-traffic-mirror-filters prints of a filter with all the rules
 * that AWS takes, and more, must find room when it is pasted. */
enum { EDIT_SIZE = 16385 };

struct edit {
    char text[EDIT_SIZE];
    size_t length; /* bytes */
    size_t cursor; /* byte in front of which it stands */
};

enum edit_goal { EDIT_LEFT, EDIT_RIGHT, EDIT_WORD_LEFT, EDIT_WORD_RIGHT, EDIT_HOME, EDIT_END };

/* Another text, with the cursor at its end. What finds no room is cut off; control characters
 * become blanks. */
void edit_set(struct edit *edit, const char *text);

/* Types a character at the cursor. false: a control character, or no room; nothing has changed. */
bool edit_type(struct edit *edit, wchar_t character);

/* The same for a character of a pasted text: a line break becomes what it means in a line. Between
 * rules that is "; ", behind a backslash, before a "--flag" and inside JSON a blank. A comment,
 * which ends where its line does, is left out. */
bool edit_paste(struct edit *edit, wchar_t character);

/* Puts `text` in the place of the bytes from..to, and the cursor behind it. false: no room. */
bool edit_replace(struct edit *edit, size_t from, size_t to, const char *text);

/* Where the character that begins at `at` ends, and where the one that ends there begins; with the
 * marks that are drawn over it. */
size_t edit_next(const char *text, size_t at);
size_t edit_previous(const char *text, size_t at);

/* Puts the cursor in front of the byte, or in front of the character that it is part of. */
void edit_place(struct edit *edit, size_t at);

void edit_move(struct edit *edit, enum edit_goal goal);

/* Deletes what lies between the cursor and there. */
void edit_erase(struct edit *edit, enum edit_goal goal);

#endif
