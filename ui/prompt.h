/* SPDX-License-Identifier: MIT */
/*
 * prompt: a line that is being typed, in the place of the footer.
 */
#ifndef MIRRORTOP_UI_PROMPT_H
#define MIRRORTOP_UI_PROMPT_H

#include "draw.h"

enum { PROMPT_SIZE = 128 };

struct prompt {
    bool open;
    const char *label;
    char text[PROMPT_SIZE]; /* UTF-8 */
    size_t length;          /* bytes */
};

void prompt_open(struct prompt *prompt, const char *label);

/* Appends a character; control characters and what finds no room are ignored. */
void prompt_type(struct prompt *prompt, wchar_t character);

/* Deletes the last character. */
void prompt_erase(struct prompt *prompt);
void prompt_erase_all(struct prompt *prompt);

void prompt_draw(const struct canvas *canvas, const struct prompt *prompt, const struct rect *rect);

#endif
