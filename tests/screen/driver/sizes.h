/* SPDX-License-Identifier: MIT */
/*
 * sizes: properties that hold on terminals of every size.
 */
#ifndef MIRRORTOP_TESTS_SCREEN_SIZES_H
#define MIRRORTOP_TESTS_SCREEN_SIZES_H

#include <stdbool.h>

struct sizes_view {
    const char *name;
    const char *keys; /* typed first, blanks between them */
    const char *page; /* title of the page that they open, or NULL */
    bool graph;       /* shows more time in the same room in UTF-8 than in ASCII */
};

/* A grid of sizes up to 300 x 100, in UTF-8 and ASCII side by side: the frame is well-formed and
 * the two are twins. */
bool sizes_check_grid(const char *program, const char *directory, const struct sizes_view *view);

/* Many sizes one after the other without waiting, some too small to show anything; the last screen
 * is the one of a fresh start at that size. */
bool sizes_check_storm(const char *program, const char *directory, int rows, int cols);

#endif
