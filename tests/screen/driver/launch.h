/* SPDX-License-Identifier: MIT */
/*
 * launch: how the program under test is called: size, arguments, and an environment of which every
 * variable is known.
 */
#ifndef MIRRORTOP_TESTS_SCREEN_LAUNCH_H
#define MIRRORTOP_TESTS_SCREEN_LAUNCH_H

#include "vt.h"

enum { LAUNCH_WORDS = 32, LAUNCH_VARIABLES = 24, LAUNCH_TEXT = 4096 };

/* Holds its own texts; a plain value, but pointers lead into it: not to be copied. */
struct launch {
    int rows, cols;
    const char *directory;
    const char *argv[LAUNCH_WORDS + 1];
    const char *env[LAUNCH_VARIABLES + 1];
    size_t argc, variables;
    char text[LAUNCH_TEXT];
    size_t used;
};

/* 80 x 24, xterm-256color, C.UTF-8, UTC; home and configuration are `directory`. */
void launch_init(struct launch *launch, const char *program, const char *directory);

/* false: there is no more room. */
bool launch_set(struct launch *launch, const char *name, const char *value);
/* Words apart by blanks; {} becomes the folder of tests. */
bool launch_add_words(struct launch *launch, char *words);

struct vt *launch_start(const struct launch *launch);

/* The time of day in the name of an exported file, "mirrortop-20260101-120000-1.csv", becomes
 * "mirrortop-TIME.csv"; UTC, "mirrortop-20260101-120000Z-1.csv", "mirrortop-TIMEZ.csv". */
void launch_mask(char *text);

/* Names of the files that the program left in its directory, and how many lines they have. */
bool launch_list_files(const struct launch *launch, FILE *out);

/* How long a wait may take: $SCREEN_TIMEOUT in seconds, default 20. */
int launch_timeout_ms(void);

#endif
