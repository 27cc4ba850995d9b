/* SPDX-License-Identifier: MIT */
/*
 * prompt: a line that is being typed, in the place of the footer.
 *
 * Looks only: what the line means is said by its owner in `problem` and `status`. Owns its
 * histories.
 */
#ifndef MIRRORTOP_UI_PROMPT_H
#define MIRRORTOP_UI_PROMPT_H

#include "completion.h"
#include "draw.h"
#include "history.h"

enum prompt_kind { PROMPT_FIND, PROMPT_FILTER, PROMPT_COMMAND, PROMPT_KINDS };

/* What is wrong with the line; `text` "" is nothing. */
struct prompt_problem {
    size_t at, length; /* bytes of the line; length 0: at its end */
    char text[400];    /* escaped */
};

struct prompt {
    bool open;
    enum prompt_kind kind;
    struct edit edit;
    struct history history[PROMPT_KINDS];
    struct completion completion;
    struct prompt_problem problem;
    char status[256]; /* said below the line when there is no problem; escaped */
    bool warns;       /* ... and it is a warning */
    bool cut;         /* the line was full: the rest of what was to be in it is missing */

    /* how it was arranged for the last drawing; also for the mouse */
    size_t left;          /* byte of the first character in sight */
    size_t end;           /* byte behind the last one */
    int height;           /* lines */
    int label;            /* columns before the text */
    int mark, mark_width; /* columns from the text's first one; of what is wrong */
};

/* Opens with `text` and the cursor behind it. */
void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text);

/* Another line is in the place of the old one, or none any more. */
void prompt_step_history(struct prompt *prompt, int step);

/* Whether the line was full before it was whole; then it is a problem that says so. */
bool prompt_is_cut(struct prompt *prompt);

/* Closes; `keep`: the line goes into the history. */
void prompt_close(struct prompt *prompt, bool keep);

/* Which part of the line is in sight on a screen `width` columns wide, and how many lines the
 * prompt wants (prompt->height). To be called before it is drawn. */
void prompt_arrange(struct prompt *prompt, const struct canvas *canvas, int width);

/* Draws into `rect`, prompt->height lines high, and a list of words above it. */
void prompt_draw(const struct canvas *canvas, const struct prompt *prompt, const struct rect *rect);

/* Takes the word of the list that is under the mouse, or puts the cursor under it; false: that is
 * elsewhere. `rect` as it was drawn. */
bool prompt_click(struct prompt *prompt, const struct canvas *canvas, const struct rect *rect,
                  int y, int x);

void prompt_free(struct prompt *prompt);

#endif
