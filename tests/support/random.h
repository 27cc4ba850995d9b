/* SPDX-License-Identifier: MIT */
/*
 * random: numbers without order for tests, the same ones in every run.
 *
 * The state is a plain number that the caller starts with any value. splitmix64, by Sebastiano
 * Vigna, https://prng.di.unimi.it/splitmix64.c.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_RANDOM_H
#define MIRRORTOP_TESTS_SUPPORT_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Below `bound`, which is not 0. */
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
    return random_next(state) % bound;
}

#endif
