/* SPDX-License-Identifier: MIT */
/*
 * hash: the mixing step behind every hash table.
 *
 * A 64x64 -> 128 bit multiplication folded by exclusive or, the step that wyhash is built of. The
 * seed is random per process: the keys come from hostile traffic. It goes into both factors, since
 * one that can be made zero makes all keys equal, whatever the other one is. A second step with a
 * constant spreads what an unlucky factor has left close together, such as ports that count up.
 */
#ifndef MIRRORTOP_HASH_H
#define MIRRORTOP_HASH_H

#include <stdint.h>

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The two steps apart: a hash of words, then that of it with something more, put in by exclusive
 * or. */
static inline uint64_t hash_words_once(uint64_t seed, uint64_t a, uint64_t b)
{
    uint64_t turned = seed << 32 | seed >> 32;

    return hash_mix(a ^ seed ^ 0x9e3779b97f4a7c15u, b ^ turned ^ 0xc2b2ae3d27d4eb4fu);
}

static inline uint64_t hash_again(uint64_t seed, uint64_t hash)
{
    return hash_mix(hash ^ seed, 0x9e3779b97f4a7c15u);
}

static inline uint64_t hash_words(uint64_t seed, uint64_t a, uint64_t b)
{
    return hash_again(seed, hash_words_once(seed, a, b));
}

#endif
