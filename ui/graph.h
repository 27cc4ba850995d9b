/* SPDX-License-Identifier: MIT */
/*
 * graph: numbers as pictures made of characters.
 *
 * Pure; the results are NUL-terminated UTF-8 or ASCII texts of exactly `cells` columns.
 */
#ifndef MIRRORTOP_UI_GRAPH_H
#define MIRRORTOP_UI_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes for a text of that many cells. */
#define GRAPH_SIZE(cells) ((size_t)(cells)*3 + 1)

/* `part` of `whole` (parts beyond it are cut) as a bar from the left; the rest are blanks. */
void graph_bar(char *out, size_t cells, uint64_t part, uint64_t whole, bool ascii);

struct graph {
    const uint64_t *values; /* oldest first */
    size_t count;
    size_t cells; /* columns */
    size_t rows;
    uint64_t top; /* the value that fills the height; 0: the greatest of those shown */
    bool ascii;
};

/* How many values the graph shows: the newest ones, two a column (one in ASCII). */
size_t graph_shown(const struct graph *graph);

/* The greatest value among those shown. */
uint64_t graph_greatest(const struct graph *graph);

/* Row `row` (0 is the highest); the newest value stands at the right edge. A value that is not 0
 * always shows at least a dot. */
void graph_row(char *out, const struct graph *graph, size_t row);

#endif
