/* SPDX-License-Identifier: MIT */
#include "field_index.h"

#include "../hash.h"

#include <stdlib.h>
#include <string.h>

enum { NO_ROW = UINT16_MAX };

/* What is needed while an index is built. */
struct build {
    struct field_index *index;
    filter_value *start; /* first values of the intervals, ascending */
    size_t intervals;
    uint32_t *turn; /* interval << 16 | bit: where a rule begins, and where it no longer fits */
    size_t turns;
    uint16_t *slots; /* rows by their hash, NO_ROW: free */
    size_t slot_count;
    uint64_t row[1 + FIELD_WORDS];
};

static int compare_values(const void *a, const void *b)
{
    filter_value x = *(const filter_value *)a, y = *(const filter_value *)b;

    return (x > y) - (x < y);
}

static int compare_turns(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void cut_intervals(struct build *build, filter_value max, const struct field_range *ranges,
                          size_t count)
{
    size_t kept = 1;

    build->start[build->intervals++] = 0;
    for (size_t i = 0; i < count; i++) {
        build->start[build->intervals++] = ranges[i].from;
        if (ranges[i].to < max)
            build->start[build->intervals++] = ranges[i].to + 1;
    }
    qsort(build->start, build->intervals, sizeof(build->start[0]), compare_values);
    for (size_t i = 1; i < build->intervals; i++)
        if (build->start[i] != build->start[kept - 1])
            build->start[kept++] = build->start[i];
    build->intervals = kept;
}

/* The interval that begins at this bound. */
static uint32_t interval_of(const struct build *build, filter_value bound)
{
    const filter_value *found =
        bsearch(&bound, build->start, build->intervals, sizeof(build->start[0]), compare_values);

    return (uint32_t)(found - build->start);
}

static void collect_turns(struct build *build, filter_value max, const struct field_range *ranges,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        build->turn[build->turns++] = interval_of(build, ranges[i].from) << 16 | ranges[i].bit;
        if (ranges[i].to < max)
            build->turn[build->turns++] =
                interval_of(build, ranges[i].to + 1) << 16 | ranges[i].bit;
    }
    qsort(build->turn, build->turns, sizeof(build->turn[0]), compare_turns);
}

/* The number of the row that equals build->row, which is kept if it is new. */
static uint16_t intern_row(struct build *build)
{
    struct field_index *index = build->index;
    uint64_t hash = 0;
    size_t at;

    for (size_t i = 1; i < index->stride; i++)
        hash = hash_words(hash, build->row[i], i);
    for (at = hash % build->slot_count; build->slots[at] != NO_ROW;
         at = (at + 1) % build->slot_count)
        if (memcmp(index->rows + build->slots[at] * index->stride, build->row,
                   index->stride * sizeof(uint64_t)) == 0)
            return build->slots[at];
    memcpy(index->rows + index->row_count * index->stride, build->row,
           index->stride * sizeof(uint64_t));
    build->slots[at] = (uint16_t)index->row_count;
    return (uint16_t)index->row_count++;
}

static void fill_rows(struct build *build)
{
    struct field_index *index = build->index;
    size_t turn = 0;

    memset(build->slots, 0xff, build->slot_count * sizeof(build->slots[0]));
    for (size_t i = 0; i < build->intervals; i++) {
        for (; turn < build->turns && build->turn[turn] >> 16 == i; turn++) {
            uint32_t bit = build->turn[turn] & 0xffff;

            build->row[1 + bit / 64] ^= UINT64_C(1) << bit % 64;
        }
        build->row[0] = 0;
        for (size_t w = 0; w + 1 < index->stride; w++)
            build->row[0] |= (uint64_t)(build->row[1 + w] != 0) << w;
        index->start[i] = (uint32_t)(intern_row(build) * index->stride);
    }
}

/* Leaves beyond the last interval hold the largest bound there is, and so does what is behind all
 * leaves. Only that value itself can reach them, and it belongs to the last interval. */
static void fill_tree(struct build *build, size_t leaves)
{
    struct field_index *index = build->index;
    size_t done = 0;

    for (size_t size = FIELD_FAN; size <= leaves; size *= FIELD_FAN) {
        for (size_t i = 0; i < size; i++) {
            size_t leaf = i * (leaves / size);
            bool there = leaf < build->intervals;

            if (index->wide)
                ((filter_value *)index->bounds)[done + i] =
                    there ? build->start[leaf] : ~(filter_value)0;
            else
                ((int32_t *)index->bounds)[done + i] =
                    field_index_key(there ? (uint32_t)build->start[leaf] : UINT32_MAX);
        }
        index->last = done;
        done += size;
    }
    for (size_t i = 0; i < FIELD_FAN && !index->wide; i++)
        ((int32_t *)index->bounds)[done + i] = field_index_key(UINT32_MAX);
    for (size_t i = build->intervals; i < leaves + FIELD_FAN; i++)
        index->start[i] = index->start[build->intervals - 1];
}

static void fill_near(struct build *build, filter_value max)
{
    struct field_index *index = build->index;
    size_t at = 0;

    while (max >> index->shift >= FIELD_BYTES)
        index->shift += 8;
    for (size_t i = 0; i < FIELD_BYTES; i++) {
        filter_value first = (filter_value)i << index->shift;
        filter_value last = first + (((filter_value)1 << index->shift) - 1);

        while (at + 1 < build->intervals && build->start[at + 1] <= first)
            at++;
        index->near[i].interval = (uint16_t)at;
        while (at + 1 < build->intervals && build->start[at + 1] <= last)
            at++;
        index->near[i].more = (uint16_t)(at - index->near[i].interval);
    }
}

static bool allocate_index(const struct build *build, size_t leaves)
{
    struct field_index *index = build->index;
    size_t bounds = 0;

    for (size_t size = FIELD_FAN; size <= leaves; size *= FIELD_FAN)
        bounds += size;
    bounds += FIELD_FAN;
    bounds *= index->wide ? sizeof(filter_value) : sizeof(uint32_t);
    /* a node of 32-bit bounds is a cache line */
    index->bounds = aligned_alloc(64, bounds);
    index->start = calloc(leaves + FIELD_FAN, sizeof(*index->start));
    index->rows = calloc(build->intervals * index->stride, sizeof(uint64_t));
    return index->bounds && index->start && index->rows;
}

static bool build_index(struct build *build, filter_value max, const struct field_range *ranges,
                        size_t count)
{
    struct field_index *index = build->index;
    size_t leaves = FIELD_FAN;
    uint64_t *rows;

    cut_intervals(build, max, ranges, count);
    collect_turns(build, max, ranges, count);
    for (; leaves < build->intervals; leaves *= FIELD_FAN)
        index->levels++;
    if (!allocate_index(build, leaves))
        return false;
    fill_rows(build);
    fill_tree(build, leaves);
    if (!index->wide)
        fill_near(build, max);
    rows = realloc(index->rows, index->row_count * index->stride * sizeof(uint64_t));
    if (rows)
        index->rows = rows;
    return true;
}

bool field_index_build(struct field_index *index, bool wide, filter_value max,
                       const struct field_range *ranges, size_t count, size_t words)
{
    size_t most = 2 * count + 1;
    struct build build = { .index = index, .slot_count = 2 * most };
    bool ok;

    *index = (struct field_index){ .wide = wide, .levels = 1, .stride = 1 + words };
    build.start = calloc(most, sizeof(*build.start));
    build.turn = calloc(most, sizeof(*build.turn));
    build.slots = calloc(build.slot_count, sizeof(*build.slots));
    ok = build.start && build.turn && build.slots && build_index(&build, max, ranges, count);
    free(build.start);
    free(build.turn);
    free(build.slots);
    if (!ok)
        field_index_free(index);
    return ok;
}

void field_index_free(struct field_index *index)
{
    free(index->bounds);
    free(index->start);
    free(index->rows);
    *index = (struct field_index){ .levels = 0 };
}
