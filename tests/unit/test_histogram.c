/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>

#include "../../src/histogram.h"
#include "../support/random.h"

Suite *make_histogram_suite(void);

enum { VALUES = 5000 };

static struct histogram histogram;

static void setup(void)
{
    histogram = (struct histogram){ 0 };
}

START_TEST(test_empty)
{
    static const unsigned percents[] = { 0, 1, 50, 100 };

    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
        ck_assert_uint_eq(histogram_quantile(&histogram, percents[i]), 0);
}
END_TEST

START_TEST(test_one_value_is_every_quantile)
{
    static const uint64_t values[] = {
        0, 1, 15, 16, 17, 31, 32, 1000, 999999, UINT64_MAX / 2, UINT64_MAX - 1, UINT64_MAX
    };

    histogram_add(&histogram, values[_i]);
    histogram_add(&histogram, values[_i]);
    ck_assert_uint_eq(histogram.count, 2);
    ck_assert_uint_eq(histogram.min, values[_i]);
    ck_assert_uint_eq(histogram.max, values[_i]);
    for (unsigned percent = 0; percent <= 100; percent++)
        ck_assert_uint_eq(histogram_quantile(&histogram, percent), values[_i]);
}
END_TEST

/* Not more than the true value and a sixteenth of it. */
static void check_bound(uint64_t quantile, uint64_t exact)
{
    ck_assert_uint_ge(quantile, exact);
    ck_assert_uint_le(quantile - exact, exact / 16);
}

/* Around every power of two, between two values so far away that they do not limit it. */
START_TEST(test_bound_of_every_octave)
{
    static const int64_t offsets[] = { -1, 0, 1 };

    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        uint64_t value = (UINT64_C(1) << _i) + (uint64_t)offsets[i];

        setup();
        histogram_add(&histogram, 0);
        histogram_add(&histogram, value);
        histogram_add(&histogram, UINT64_MAX);
        check_bound(histogram_quantile(&histogram, 50), value);
    }
}
END_TEST

START_TEST(test_small_values_are_exact)
{
    for (uint64_t value = 1; value <= 16; value++)
        histogram_add(&histogram, value);
    for (unsigned rank = 1; rank <= 16; rank++)
        ck_assert_uint_eq(histogram_quantile(&histogram, rank * 100 / 16), rank);
}
END_TEST

static uint64_t draw_uniform(uint64_t *state)
{
    return random_below(state, 1000000);
}

static uint64_t draw_any_size(uint64_t *state)
{
    return random_next(state) >> random_below(state, 64);
}

static uint64_t draw_few(uint64_t *state)
{
    return 1000 * random_below(state, 3);
}

/* Mostly a few hundred, now and then millions: round trips with a lost packet. */
static uint64_t draw_tail(uint64_t *state)
{
    return random_below(state, 50) ? 200 + random_below(state, 300)
                                   : 1000000 * (1 + random_below(state, 60));
}

static uint64_t (*const draws[])(uint64_t *) = { draw_uniform, draw_any_size, draw_few, draw_tail };

enum { DRAWS = sizeof(draws) / sizeof(draws[0]) };

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

START_TEST(test_quantiles_of_random_values)
{
    static uint64_t values[VALUES];
    uint64_t state = (uint64_t)_i + 1;
    size_t count = 1 + random_below(&state, VALUES);

    for (size_t i = 0; i < count; i++) {
        values[i] = draws[_i % DRAWS](&state);
        histogram_add(&histogram, values[i]);
    }
    qsort(values, count, sizeof(values[0]), by_value);
    ck_assert_uint_eq(histogram.count, count);
    ck_assert_uint_eq(histogram.min, values[0]);
    ck_assert_uint_eq(histogram.max, values[count - 1]);
    for (unsigned percent = 0; percent <= 100; percent++) {
        size_t rank = (count * percent + 99) / 100;
        uint64_t quantile = histogram_quantile(&histogram, percent);

        check_bound(quantile, values[rank ? rank - 1 : 0]);
        ck_assert_uint_le(quantile, histogram.max);
    }
    ck_assert_uint_eq(histogram_quantile(&histogram, 100), histogram.max);
}
END_TEST

Suite *make_histogram_suite(void)
{
    Suite *suite = suite_create("histogram");
    TCase *tcase = tcase_create("histogram");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_empty);
    tcase_add_loop_test(tcase, test_one_value_is_every_quantile, 0, 12);
    tcase_add_loop_test(tcase, test_bound_of_every_octave, 1, 64);
    tcase_add_test(tcase, test_small_values_are_exact);
    tcase_add_loop_test(tcase, test_quantiles_of_random_values, 0, 5 * DRAWS);
    suite_add_tcase(suite, tcase);
    return suite;
}
