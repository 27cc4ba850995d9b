/* SPDX-License-Identifier: MIT */
/*
 * complete: which words of the language fit where somebody is typing a filter. Pure.
 */
#ifndef MIRRORTOP_FILTER_COMPLETE_H
#define MIRRORTOP_FILTER_COMPLETE_H

#include <stddef.h>

enum { COMPLETE_WORDS = 32, COMPLETE_WORD = 48, COMPLETE_HINT = 64 };

struct filter_completion {
    size_t at; /* where the word that is being typed begins */
    size_t count;
    char words[COMPLETE_WORDS][COMPLETE_WORD]; /* all begin with what is typed of the word */
    char hints[COMPLETE_WORDS][COMPLETE_HINT]; /* a few words about each, or "" */
};

/* Words for the place `cursor` bytes into the text (a NUL ends it), in the order of how likely they
 * are. None within quotes and comments, and where only a value of the user's own fits. */
void filter_complete(const char *text, size_t cursor, struct filter_completion *completion);

#endif
