/* SPDX-License-Identifier: MIT */
/*
 * history: lines that were typed before, of one kind of prompt.
 *
 * In memory only: nothing is written to disk. The struct owns its lines; all zero is empty.
 */
#ifndef MIRRORTOP_UI_HISTORY_H
#define MIRRORTOP_UI_HISTORY_H

#include "edit.h"

enum { HISTORY_LINES = 50 };

struct history {
    char *lines[HISTORY_LINES]; /* oldest first, each once */
    size_t count;
    size_t at;             /* the line that is shown; `count`: the one being typed */
    char draft[EDIT_SIZE]; /* that one, while others are shown */
};

/* A line that was accepted; the oldest makes room. Empty ones are not kept. */
void history_add(struct history *history, const char *text);

/* A prompt opens: the line being typed is the newest. */
void history_start(struct history *history);

/* Shows the next older (-1) or newer (1) line in `edit`. false: there is none. */
bool history_step(struct history *history, int step, struct edit *edit);

void history_free(struct history *history);

#endif
