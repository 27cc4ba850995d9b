/* SPDX-License-Identifier: MIT */
/*
 * screen_words: completion of a filter, by the language and by what is on the screen.
 */
#ifndef MIRRORTOP_UI_SCREEN_WORDS_H
#define MIRRORTOP_UI_SCREEN_WORDS_H

#include "state.h"

/* Offers what fits the cursor's place: words of the language, and where addresses or ports are
 * expected those of the rows that are shown. `offset`: bytes of the line before the filter. */
void screen_words_complete(const struct ui *ui, const struct edit *edit, size_t offset,
                           struct completion *completion);

#endif
