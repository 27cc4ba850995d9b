/* SPDX-License-Identifier: MIT */
/*
 * completion: the words that could stand where the cursor is, as a list that can be walked.
 *
 * A plain value; knows no curses. The words come from whoever knows the prompt's language. What is
 * chosen stands in the line at once; the word as it was typed is one of the choices.
 */
#ifndef MIRRORTOP_UI_COMPLETION_H
#define MIRRORTOP_UI_COMPLETION_H

#include "edit.h"

enum { COMPLETION_WORDS = 96, COMPLETION_WORD = 64, COMPLETION_HINT = 64 };

struct completion_item {
    char word[COMPLETION_WORD];
    char hint[COMPLETION_HINT]; /* what it means; escaped; may be "" */
};

struct completion {
    bool open;                  /* the list is shown */
    size_t at;                  /* byte of the line where the word begins */
    char stem[COMPLETION_WORD]; /* what was typed of it */
    size_t count;
    size_t chosen; /* `count`: what was typed */
    struct completion_item items[COMPLETION_WORDS];
};

/* Forgets all words. The word to be completed begins at byte `at` and ends at the cursor. */
void completion_start(struct completion *completion, const struct edit *edit, size_t at);

/* Offers a word if it begins with what was typed, in either case, and is not there yet. */
void completion_add(struct completion *completion, const char *word, const char *hint);

/* All words have been added. One: it is taken, with a blank behind it. Several: what all of them
 * begin with is taken, and the list is opened. None: false. */
bool completion_finish(struct completion *completion, struct edit *edit);

/* The same while the word goes on being typed: the list stays while it has words, and nothing is
 * taken. */
void completion_narrow(struct completion *completion);

/* Puts the next (1) or previous (-1) word into the line. */
void completion_walk(struct completion *completion, int step, struct edit *edit);

/* Puts word number `index` into the line and closes the list. */
void completion_choose(struct completion *completion, size_t index, struct edit *edit);

/* Closes the list; `undo`: what was typed comes back. */
void completion_close(struct completion *completion, struct edit *edit, bool undo);

#endif
