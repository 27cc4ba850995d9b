/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "../../src/hash.h"
#include "../support/random.h"

Suite *make_hash_suite(void);

START_TEST(test_seed_and_both_words_count)
{
    uint64_t hash = hash_words(1, 2, 3);

    ck_assert_uint_eq(hash, hash_words(1, 2, 3));
    ck_assert_uint_ne(hash, hash_words(4, 2, 3));
    ck_assert_uint_ne(hash, hash_words(1, 4, 3));
    ck_assert_uint_ne(hash, hash_words(1, 2, 4));
    ck_assert_uint_ne(hash, hash_words(1, 3, 2));
}
END_TEST

/* One bit of the key more or less changes about half of the bits, low ones like high ones. */
START_TEST(test_every_bit_spreads)
{
    enum { ROUNDS = 64 };
    unsigned changed[64] = { 0 };
    uint64_t state = 7;

    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t seed = random_next(&state), a = random_next(&state), b = random_next(&state);
        uint64_t hash = hash_words(seed, a, b);

        for (unsigned bit = 0; bit < 64; bit++) {
            uint64_t flip = UINT64_C(1) << bit;

            uint64_t by_a = hash ^ hash_words(seed, a ^ flip, b);
            uint64_t by_b = hash ^ hash_words(seed, a, b ^ flip);

            for (unsigned out = 0; out < 64; out++)
                changed[out] += (by_a >> out & 1) + (by_b >> out & 1);
        }
    }
    for (unsigned out = 0; out < 64; out++) {
        unsigned flips = ROUNDS * 64 * 2;

        ck_assert_uint_gt(changed[out], flips * 45 / 100);
        ck_assert_uint_lt(changed[out], flips * 55 / 100);
    }
}
END_TEST

/* Keys as they occur. The tables have twice as many slots as keys, or more. */
static const struct {
    const char *name;
    uint64_t step_a, step_b;
} patterns[] = {
    { "numbers one after another", 1, 0 },
    { "the same in the second word", 0, 1 },
    { "addresses of one network, most significant byte last", UINT64_C(1) << 24, 0 },
    { "IPv6 interface ids", 0, UINT64_C(1) << 56 },
    { "both words together", 1, 1 },
    { "ports in the upper half", UINT64_C(1) << 32, 0 },
};

enum { PATTERNS = sizeof(patterns) / sizeof(patterns[0]) };

START_TEST(test_regular_keys_are_spread)
{
    enum { KEYS = 4096, SLOTS = 2 * KEYS };
    static uint8_t load[SLOTS];
    uint64_t state = 11;

    for (unsigned round = 0; round < 20; round++) {
        uint64_t seed = random_next(&state) | 1;
        size_t used = 0, fullest = 0;

        memset(load, 0, sizeof(load));
        for (uint64_t i = 0; i < KEYS; i++) {
            uint64_t a = patterns[_i].step_a * i, b = patterns[_i].step_b * i;

            if (patterns[_i].step_a > UINT64_C(1) << 48 || patterns[_i].step_b > UINT64_C(1) << 48)
                a ^= i >> 8 << 8; /* what the shift has pushed out */
            load[hash_words(seed, a, b) % SLOTS]++;
        }
        for (size_t i = 0; i < SLOTS; i++) {
            used += load[i] > 0;
            fullest = load[i] > fullest ? load[i] : fullest;
        }
        ck_assert_msg(fullest <= 12, "%s: %zu keys in a slot", patterns[_i].name, fullest);
        /* without any order 1 - exp(-1/2) of the slots would be: 3,223 */
        ck_assert_msg(used > 3000, "%s: only %zu slots are used", patterns[_i].name, used);
    }
}
END_TEST

/* A product with zero would lose the other factor, and keys come from hostile traffic: no word may
 * bring that about without knowing the seed, so not the constants of the source either. */
START_TEST(test_no_word_hides_the_other)
{
    static const uint64_t words[] = { 0, UINT64_MAX, 0x9e3779b97f4a7c15u, 0xc2b2ae3d27d4eb4fu };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        uint64_t state = 13;

        for (unsigned round = 0; round < 100; round++) {
            uint64_t seed = random_next(&state), word = words[i];
            uint64_t x = random_next(&state), y = random_next(&state);

            ck_assert_uint_ne(hash_words(seed, word, x), hash_words(seed, word, y));
            ck_assert_uint_ne(hash_words(seed, x, word), hash_words(seed, y, word));
        }
    }
}
END_TEST

Suite *make_hash_suite(void)
{
    Suite *suite = suite_create("hash");
    TCase *tcase = tcase_create("hash");

    tcase_add_test(tcase, test_seed_and_both_words_count);
    tcase_add_test(tcase, test_every_bit_spreads);
    tcase_add_test(tcase, test_no_word_hides_the_other);
    tcase_add_loop_test(tcase, test_regular_keys_are_spread, 0, PATTERNS);
    suite_add_tcase(suite, tcase);
    return suite;
}
