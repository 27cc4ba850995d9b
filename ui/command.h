/* SPDX-License-Identifier: MIT */
/*
 * command: what can be typed behind ':'. One row a command in the table in command.c.
 */
#ifndef MIRRORTOP_UI_COMMAND_H
#define MIRRORTOP_UI_COMMAND_H

#include "state.h"

struct command {
    const char *name;     /* any beginning of it that no earlier row has will do */
    const char *argument; /* what follows it, for people; "": nothing */
    const char *help;
    /* false: *problem says what is wrong, and where in `argument`. */
    bool (*run)(struct ui *ui, const char *argument, struct prompt_problem *problem);
    /* Offers words for the place of the cursor; the argument begins at byte `at` of the line.
     * `completion` has been started with the word there. May be NULL. */
    void (*complete)(const struct ui *ui, const struct edit *edit, size_t at,
                     struct completion *completion);
};

/* Ends with a NULL name. */
extern const struct command commands[];

/* Runs the line. false: *problem says what is wrong with it, and where. */
bool command_run(struct ui *ui, const char *line, struct prompt_problem *problem);

/* Offers words for the place of the cursor: names of commands, or what the command takes. */
void command_complete(const struct ui *ui, const struct edit *edit, struct completion *completion);

/* What the line is about, in a few words; "" when it begins with no command. */
void command_explain(const char *line, char *out, size_t size);

#endif
