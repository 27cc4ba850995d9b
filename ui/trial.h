/* SPDX-License-Identifier: MIT */
/*
 * trial: the mirror filter that is in force on the screen, and how it is changed.
 *
 * The engine has a compiled copy of it; this is what the keys and the prompt work on. Every change
 * goes to the engine at once, and into a bounded list of what was in force before.
 */
#ifndef MIRRORTOP_UI_TRIAL_H
#define MIRRORTOP_UI_TRIAL_H

#include <stdint.h>

#include "../src/filter/examine.h"
#include "../src/filter/filter.h"

struct ui;
struct prompt_problem;

/* A filter, and the text that it came from; NULL: from no text that a prompt could show. */
struct trial_filter {
    struct filter filter; /* no rules: nothing is filtered */
    char *text;
};

enum { TRIAL_UNDO = 30 };

struct trial {
    struct trial_filter now;
    struct trial_filter before;           /* what was in force when the prompt was opened */
    struct trial_filter undo[TRIAL_UNDO]; /* oldest first */
    size_t undo_count;
    char warning[FINDING_LINE]; /* the first about the filter in force, or "" */
    size_t warnings;
    bool rejected;    /* what the filter rejects is shown */
    bool baseline;    /* there is one to compare with */
    uint64_t read_ns; /* monotonic: when the prompt's text is to be read; 0: it has been */
};

/* Takes over the filter that the engine has been started with. */
void trial_start(struct ui *ui);
void trial_free(struct trial *trial);

/* Whether any filter is in force: it has rules, or a switch that rules have nothing to do with. */
bool trial_is_on(const struct trial *trial);

/* Puts `filter` into force, which is taken over, and remembers the one before. `text` is what it
 * was read from, or NULL. false: no memory, and it was said; all is as before. */
bool trial_set(struct ui *ui, struct filter *filter, const char *text);

/* Reads the text and puts it into force, an empty one for no filter. false: *problem says what is
 * wrong, and all is as before. */
bool trial_set_text(struct ui *ui, const char *text, struct prompt_problem *problem);

/* The prompt: opened with the filter in force (false: it cannot be, and that was said); its text
 * was changed; time goes by; Enter (false: it is wrong, and the prompt says why); Esc. */
bool trial_open(struct ui *ui);
void trial_typed(struct ui *ui, uint64_t now_ns);
void trial_tick(struct ui *ui, uint64_t now_ns);
bool trial_accept(struct ui *ui);
/* What is said below a line that is no mistake. */
void trial_explain(struct ui *ui);
void trial_cancel(struct ui *ui);

/* What the keys do. */
void trial_invert(struct ui *ui);
void trial_undo(struct ui *ui);
void trial_baseline(struct ui *ui);

#endif
