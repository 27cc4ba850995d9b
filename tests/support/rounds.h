/* SPDX-License-Identifier: MIT */
/*
 * rounds: how often a test with random numbers goes round.
 *
 * A tenth of it where TEST_QUICK is set: under valgrind a round takes thirty times as long, and
 * looks for other things than the numbers do.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_ROUNDS_H
#define MIRRORTOP_TESTS_SUPPORT_ROUNDS_H

#include <stddef.h>
#include <stdlib.h>

static inline size_t test_rounds(size_t rounds)
{
    return getenv("TEST_QUICK") ? rounds / 10 + 1 : rounds;
}

#endif
