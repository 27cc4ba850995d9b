/* SPDX-License-Identifier: MIT */
/*
 * bucket: a place of the flow table's index.
 *
 * Places are cache lines with room for some entries each, so that one look nearly always says which
 * entry a hash means, or that there is none, and that entry can be asked for ahead. What finds no
 * room goes to the next place, and each that it has passed counts it: a search goes no further than
 * it must, and what ends leaves nothing behind and moves nothing. Owned by the table.
 */
#ifndef MIRRORTOP_FLOW_BUCKET_H
#define MIRRORTOP_FLOW_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLOW_BUCKET = 12 };

/* A place of the index: the entries whose hashes lead here, and what found no room in the places
 * before it. */
struct flow_bucket {
    /* A byte for each entry, from the lowest: of its hash; 0: none. The upper half of the second
     * word: how many entries that would be here stand in places behind. */
    _Alignas(64) uint64_t tags[2];
    uint32_t index[FLOW_BUCKET];
};

_Static_assert(sizeof(struct flow_bucket) == 64, "a cache line");

/* Where the search begins in an index of `count` places. */
static inline size_t flow_bucket_home(size_t count, uint32_t hash)
{
    return (size_t)((uint64_t)hash * count >> 32);
}

static inline uint64_t flow_bucket_tag(uint32_t hash)
{
    uint64_t tag = hash & 0xff;

    return tag + (tag == 0);
}

/* Which entries have the tag: bit 8 n says so of entry n, bit 8 n + 1 of entry 8 + n. The lowest
 * one does; those above may be said to by mistake. */
static inline uint64_t flow_bucket_find(const struct flow_bucket *bucket, uint64_t tag)
{
    const uint64_t ones = 0x0101010101010101;
    uint64_t first = bucket->tags[0] ^ tag * ones, second = bucket->tags[1] ^ tag * ones;

    return (((first - ones) & ~first) >> 7 & ones) |
           (((second - ones) & ~second) >> 6 & 0x02020202);
}

/* The first of those found, which must be some. */
static inline size_t flow_bucket_place(uint64_t found)
{
    size_t bit = (size_t)__builtin_ctzll(found);

    return bit / 8 + bit % 8 * 8;
}

/* The entry that the hash most likely means; when there is none, `otherwise`. By masks, without
 * branches: half of them would be foreseen wrongly, and that comes out only when the place is
 * here. */
static inline size_t flow_bucket_guess(const struct flow_bucket *bucket, uint32_t hash,
                                       size_t otherwise)
{
    uint64_t found = flow_bucket_find(bucket, flow_bucket_tag(hash));
    size_t none = -(size_t)(found == 0);
    size_t at = flow_bucket_place(found | (none & 1));

    return (none & otherwise) | (~none & bucket->index[at]);
}

#endif
