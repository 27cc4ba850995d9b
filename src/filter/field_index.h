/* SPDX-License-Identifier: MIT */
/*
 * field_index: which rules a value of one field fits, as a row of bits.
 *
 * The bounds of all rules cut a field's values into intervals in which all values fit the same
 * rules. Which interval a value lies in is found by a tree whose nodes hold 16 bounds: that many
 * comparisons side by side cost less than four branches. With n rules there are at most 2n + 1
 * intervals, so three levels do for 2,000 rules. Where few bounds lie between values of the same
 * highest byte, a table says at which of them to begin, and one look at 16 of them does. Equal rows
 * are kept once.
 *
 * A row is 1 + words 64-bit words: first a summary, whose bit w says that word w has a bit,
 * then a bit a rule. Owned by whoever built it; constant afterwards.
 */
#ifndef MIRRORTOP_FILTER_FIELD_INDEX_H
#define MIRRORTOP_FILTER_FIELD_INDEX_H

#include "value.h"

enum { FIELD_FAN = 16, FIELD_WORDS = 64, FIELD_BYTES = 256 };

/* The values that rule number `bit` takes: from ... to. */
struct field_range {
    filter_value from, to;
    uint32_t bit;
};

/* Values of the same highest byte: the interval of the first one, and how many more begin. */
struct field_near {
    uint16_t interval, more;
};

struct field_index {
    bool wide; /* values of 128 bits, else of 32 */
    unsigned levels;
    size_t stride;   /* words of a row with its summary */
    void *bounds;    /* of all levels, the root first: filter_value, or int32_t (see below) */
    size_t last;     /* where those of the last level begin */
    uint32_t *start; /* of each interval: where its row begins, in words */
    uint64_t *rows;  /* all different rows */
    size_t row_count;
    unsigned shift; /* by which the highest byte of a value becomes the lowest */
    struct field_near near[FIELD_BYTES]; /* when not wide */
};

/* `max` is the field's largest value, less than 2^32 when not wide. At most 2,047 ranges, with bits
 * below 64 * words, words at most FIELD_WORDS. False: out of memory, and nothing to free. */
bool field_index_build(struct field_index *index, bool wide, filter_value max,
                       const struct field_range *ranges, size_t count, size_t words);
void field_index_free(struct field_index *index);

/* Processors compare signed lanes, so bounds of 32 bits stand here with the highest bit turned
 * over. */
typedef int32_t field_lanes __attribute__((vector_size(16), may_alias));
typedef int32_t field_any_lanes __attribute__((vector_size(16), may_alias, aligned(4)));

static inline int32_t field_index_key(uint32_t value)
{
    return (int32_t)(value ^ UINT32_C(0x80000000));
}

/* -1 in a lane for each bound that is above, added up. */
static inline int32_t field_index_above(const field_any_lanes *node, uint32_t value)
{
    int32_t key = field_index_key(value);
    const field_lanes keys = { key, key, key, key };
    field_lanes above =
        ((node[0] > keys) + (node[1] > keys)) + ((node[2] > keys) + (node[3] > keys));

    return above[0] + above[1] + (above[2] + above[3]);
}

/* The row of a value. At least one bound of each node is not above it: the first of all is 0. */
static inline const uint64_t *field_index_find(const struct field_index *index, uint32_t value)
{
    const struct field_near *near = &index->near[value >> index->shift];
    const int32_t *level = index->bounds;
    size_t at = near->interval;

    if (near->more == 0)
        return index->rows + index->start[at];
    if (near->more <= FIELD_FAN) {
        const int32_t *node = level + index->last + at + 1;

        at += (size_t)(FIELD_FAN + field_index_above((const field_any_lanes *)node, value));
        return index->rows + index->start[at];
    }
    at = 0;
    for (unsigned i = 0; i < index->levels; i++) {
        const int32_t *node = level + at * FIELD_FAN;

        level += (size_t)FIELD_FAN << 4 * i;
        at = at * FIELD_FAN +
             (size_t)(FIELD_FAN - 1 + field_index_above((const field_any_lanes *)node, value));
    }
    return index->rows + index->start[at];
}

static inline const uint64_t *field_index_find_wide(const struct field_index *index,
                                                    filter_value value)
{
    const filter_value *level = index->bounds;
    size_t at = 0;

    for (unsigned i = 0; i < index->levels; i++) {
        const filter_value *node = level + at * FIELD_FAN;
        uint32_t below = 0;

        for (unsigned k = 0; k < FIELD_FAN; k++)
            below += node[k] <= value;
        level += (size_t)FIELD_FAN << 4 * i;
        at = at * FIELD_FAN + below - 1;
    }
    return index->rows + index->start[at];
}

#endif
