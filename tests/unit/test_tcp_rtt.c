/* SPDX-License-Identifier: MIT */
/* Quantiles of round trips in a cache line. */
#include <check.h>
#include <stdlib.h>

#include "../../src/flow/tcp_rtt.h"
#include "../support/random.h"

Suite *make_tcp_rtt_suite(void);

START_TEST(test_none)
{
    const struct flow_rtt rtt = { .to = { { .count = 0 } } };

    ck_assert_uint_eq(tcp_rtt_quantile(&rtt, 1, 50), UINT64_MAX);
}
END_TEST

static const uint32_t single[] = { 0, 1, 63, 64, 400000, 1048575, 1048576, 90000000 };

START_TEST(test_single_sample_is_exact)
{
    struct flow_rtt rtt = { .to = { { .count = 0 } } };

    tcp_rtt_add(&rtt, 0, single[_i]);
    ck_assert_uint_eq(tcp_rtt_quantile(&rtt, 0, 50), single[_i]);
    ck_assert_uint_eq(tcp_rtt_quantile(&rtt, 0, 95), single[_i]);
    ck_assert_uint_eq(tcp_rtt_quantile(&rtt, 1, 95), UINT64_MAX);
}
END_TEST

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

enum { SAMPLES = 200 };

/* So few that no bucket is ever full. */
START_TEST(test_near_the_truth)
{
    uint64_t random = (uint64_t)_i + 1;
    struct flow_rtt rtt = { .to = { { .count = 0 } } };
    uint32_t values[SAMPLES];

    for (unsigned i = 0; i < SAMPLES; i++) {
        values[i] = 64u << random_below(&random, 14);
        values[i] += (uint32_t)random_below(&random, values[i]);
        tcp_rtt_add(&rtt, 1, values[i]);
    }
    qsort(values, SAMPLES, sizeof(values[0]), by_value);
    for (unsigned percent = 1; percent <= 100; percent++) {
        double exact = values[(SAMPLES * percent + 99) / 100 - 1];
        double quantile = (double)tcp_rtt_quantile(&rtt, 1, percent);

        ck_assert_double_ge(quantile, exact * 0.87);
        ck_assert_double_le(quantile, exact * 1.13);
        ck_assert_double_ge(quantile, values[0]);
    }
}
END_TEST

Suite *make_tcp_rtt_suite(void)
{
    Suite *suite = suite_create("tcp_rtt");
    TCase *tcase = tcase_create("tcp_rtt");

    tcase_add_test(tcase, test_none);
    tcase_add_loop_test(tcase, test_single_sample_is_exact, 0, sizeof(single) / sizeof(single[0]));
    tcase_add_loop_test(tcase, test_near_the_truth, 0, 50);
    suite_add_tcase(suite, tcase);
    return suite;
}
