/* SPDX-License-Identifier: MIT */
/* Quantiles of round trips in a cache line. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/flow/tcp_rtt.h"
#include "../support/random.h"

Suite *make_tcp_rtt_suite(void);

/* A flow whose buckets hold what another one has left there. */
static struct flow flow;
static struct flow_reply reply;
static struct flow_tcp tcp;
static struct flow_rtt rtts[2];
static struct flow_table table;
static struct tcp_rtt_queue queue;
static const struct flow_entry entry = { .flow = &flow, .reply = &reply, .tcp = &tcp };

static void begin(void)
{
    memset(&tcp, 0, sizeof(tcp));
    memset(rtts, 0x55, sizeof(rtts));
    table = (struct flow_table){ .rtts = rtts, .rtts_used = 1 };
    memset(&queue, 0, sizeof(queue));
}

static void sample(unsigned side, uint32_t us)
{
    tcp_rtt_sample(&queue, &table, entry, side, us);
}

static uint64_t quantile(unsigned side, unsigned percent)
{
    tcp_rtt_queue_flush(&queue);
    return tcp_rtt_quantile(&table, entry, side, percent);
}

START_TEST(test_none)
{
    begin();
    ck_assert_uint_eq(quantile(0, 50), UINT64_MAX);
    ck_assert_uint_eq(tcp.side[0].rtt_samples, TCP_RTT_NONE);
}
END_TEST

static const uint32_t single[] = { 0, 1, 63, 64, 400000, 1048575, 1048576, 90000000 };

/* And needs no buckets. */
START_TEST(test_single_sample_is_exact)
{
    begin();
    sample(0, single[_i]);
    ck_assert_uint_eq(table.rtts_used, 1);
    ck_assert_uint_eq(quantile(0, 50), single[_i]);
    ck_assert_uint_eq(quantile(0, 95), single[_i]);
    ck_assert_uint_eq(quantile(1, 95), UINT64_MAX);
}
END_TEST

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

enum { SAMPLES = 200 };

/* So few that no bucket is ever full; those of which only one in some counts come so often. */
START_TEST(test_near_the_truth)
{
    uint64_t random = (uint64_t)_i + 1;
    uint32_t values[SAMPLES];

    begin();
    for (unsigned i = 0; i < SAMPLES; i++) {
        values[i] = 64u << random_below(&random, 14);
        values[i] += (uint32_t)random_below(&random, values[i]);
        for (unsigned times = i < TCP_RTT_ALL ? 1 : TCP_RTT_EVERY; times > 0; times--)
            sample(1, values[i]);
    }
    qsort(values, SAMPLES, sizeof(values[0]), by_value);
    for (unsigned percent = 1; percent <= 100; percent++) {
        size_t rank = (SAMPLES * percent + 99) / 100;
        double exact = values[rank - 1];
        double value = (double)quantile(1, percent);

        ck_assert_double_ge(value, exact * 0.87);
        ck_assert_double_le(value, exact * 1.13);
        ck_assert_double_ge(value, values[0]);
    }
}
END_TEST

/* What the manual says: at both ends of every bucket from 64 us to 1 s. And no better. */
START_TEST(test_every_bucket)
{
    double worst = 0;

    for (uint32_t width = 16; width <= 131072; width *= 2) {
        for (uint32_t at = 8; at < 16; at++) { /* two ends in each of four buckets */
            uint32_t us = width * (at / 2) + at % 2 * (width - 1);
            double error;

            begin();
            sample(0, 1); /* else none is shorter than `us`, which is exact */
            for (unsigned i = 0; i < 5; i++)
                sample(0, us);
            error = ((double)quantile(0, 50) - us) / us;
            worst = fabs(error) > worst ? fabs(error) : worst;
        }
    }
    ck_assert_double_le(worst, 0.13);
    ck_assert_double_gt(worst, 0.12);
}
END_TEST

/* The first one is among them, and the sides have nothing to do with each other. */
START_TEST(test_few)
{
    begin();
    sample(0, 70000);
    sample(1, 100);
    sample(0, 1000);
    sample(1, 100);
    sample(0, 1000);
    ck_assert_uint_eq(table.rtts_used, 2); /* one for both */
    ck_assert_uint_eq(tcp.side[0].rtt_least_us, 1000);
    ck_assert_uint_le(quantile(0, 50), 1130);
    ck_assert_uint_ge(quantile(0, 95), 60900);
    ck_assert_uint_le(quantile(0, 95), 79100);
    ck_assert_uint_le(quantile(1, 95), 113);
}
END_TEST

/* Of many some are left out, but the shortest of all counts; what comes in pairs keeps its shares,
 * and more than a bucket holds, too. */
START_TEST(test_many)
{
    begin();
    for (unsigned i = 0; i < 20000; i++) {
        sample(0, i % 2 ? 40000 : 1000);
        if (i == 10)
            sample(0, 900);
    }
    ck_assert_uint_eq(tcp.side[0].rtt_least_us, 900);
    ck_assert_uint_le(quantile(0, 40), 1130);
    ck_assert_uint_ge(quantile(0, 60), 34800);
    ck_assert_uint_le(quantile(0, 95), 45200);
}
END_TEST

/* What a flow gives back is the next one's, and nothing of it is left there. */
START_TEST(test_given_back)
{
    static struct flow_rest rests[2];
    struct flow_entry first = { .reply = &rests[0].reply, .tcp = &rests[0].tcp };

    begin();
    table.rest = rests;
    table.rtts_used = 0;
    for (unsigned i = 0; i < 3; i++)
        tcp_rtt_sample(&queue, &table, first, 0, 1000);
    ck_assert_uint_eq(quantile(0, 50), UINT64_MAX); /* the other flow's */
    ck_assert_uint_eq(first.reply->rtt, 0);
    flow_table_give_rtt(&table, &flow);
    for (unsigned i = 0; i < 3; i++)
        sample(0, 50);
    ck_assert_uint_eq(table.rtts_used, 1);
    ck_assert_uint_eq(reply.rtt, 0);
    ck_assert_uint_le(quantile(0, 95), 63);
}
END_TEST

Suite *make_tcp_rtt_suite(void)
{
    Suite *suite = suite_create("tcp_rtt");
    TCase *tcase = tcase_create("tcp_rtt");

    tcase_add_test(tcase, test_none);
    tcase_add_loop_test(tcase, test_single_sample_is_exact, 0, sizeof(single) / sizeof(single[0]));
    tcase_add_loop_test(tcase, test_near_the_truth, 0, 50);
    tcase_add_test(tcase, test_every_bucket);
    tcase_add_test(tcase, test_few);
    tcase_add_test(tcase, test_many);
    tcase_add_test(tcase, test_given_back);
    suite_add_tcase(suite, tcase);
    return suite;
}
