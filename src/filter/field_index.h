/* SPDX-License-Identifier: MIT */
/*
 * field_index: which rules a value of one field fits, as a row of bits.
 *
 * The bounds of all rules cut a field's values into intervals in which all values fit the same
 * rules. Which interval a value lies in is found by a tree whose nodes hold 16 bounds: that many
 * comparisons side by side cost less than four branches. With n rules there are at most 2n + 1
 * intervals, so three levels do for 2,000 rules. Equal rows are kept once.
 *
 * A row is 1 + words 64-bit words: first a summary, whose bit w says that word w has a bit,
 * then a bit a rule. Owned by whoever built it; constant afterwards.
 */
#ifndef MIRRORTOP_FILTER_FIELD_INDEX_H
#define MIRRORTOP_FILTER_FIELD_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIELD_FAN = 16, FIELD_LEVELS = 3, FIELD_WORDS = 64 };

typedef unsigned __int128 field_value; /* wide enough for an IPv6 address */

/* The values that rule number `bit` takes: from ... to. */
struct field_range {
    field_value from, to;
    uint32_t bit;
};

struct field_index {
    bool wide; /* values of 128 bits, else of 32 */
    unsigned levels;
    size_t stride;  /* words of a row with its summary */
    void *bounds;   /* of all levels, uint32_t or field_value, the root first */
    uint16_t *row;  /* of each interval */
    uint64_t *rows; /* all different rows */
    size_t row_count;
};

/* `max` is the field's largest value, less than 2^32 when not wide. At most 2,047 ranges, with bits
 * below 64 * words, words at most FIELD_WORDS. False: out of memory, and nothing to free. */
bool field_index_build(struct field_index *index, bool wide, field_value max,
                       const struct field_range *ranges, size_t count, size_t words);
void field_index_free(struct field_index *index);

static inline const uint64_t *field_index_row(const struct field_index *index, size_t interval)
{
    return index->rows + index->row[interval] * index->stride;
}

/* The row of a value. At least one bound of each node is not above it: the first of all is 0. */
static inline const uint64_t *field_index_find(const struct field_index *index, uint32_t value)
{
    const uint32_t *level = index->bounds;
    size_t at = 0;

    for (unsigned i = 0; i < index->levels; i++) {
        const uint32_t *node = level + at * FIELD_FAN;
        uint32_t below = 0;

        for (unsigned k = 0; k < FIELD_FAN; k++)
            below += node[k] <= value;
        level += (size_t)FIELD_FAN << 4 * i;
        at = at * FIELD_FAN + below - 1;
    }
    return field_index_row(index, at);
}

static inline const uint64_t *field_index_find_wide(const struct field_index *index,
                                                    field_value value)
{
    const field_value *level = index->bounds;
    size_t at = 0;

    for (unsigned i = 0; i < index->levels; i++) {
        const field_value *node = level + at * FIELD_FAN;
        uint32_t below = 0;

        for (unsigned k = 0; k < FIELD_FAN; k++)
            below += node[k] <= value;
        level += (size_t)FIELD_FAN << 4 * i;
        at = at * FIELD_FAN + below - 1;
    }
    return field_index_row(index, at);
}

#endif
