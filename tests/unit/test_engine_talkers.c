/* SPDX-License-Identifier: MIT */
/* Talkers as the engine fills them: who is listed, what the others carried, whose flow it is. */
#include <check.h>
#include <string.h>

#include "../support/enginerun.h"

Suite *make_engine_talkers_suite(void);

/* UDP from one address to another, `bytes` of payload. */
static void send(const char *src, const char *dst, uint16_t sport, size_t bytes)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, bytes);
    fb_udp(&fb, sport, 5000);
    fb_ipv4(&fb, src, dst, PROTO_UDP, 1, 0);
    fb_eth(&fb, eni_a, router, ETHER_IPV4);
    fb_mirror(&fb, "10.0.1.10", 7);
    trace_add(0);
}

/* The table of talkers is never smaller. */
enum { LEAST = 1024, MANY = 3 * LEAST };

/* Many that say little, and two in the midst of them and at the end that say a lot. */
static void crowd(void)
{
    trace_start();
    for (unsigned i = 0; i < MANY; i++) {
        char src[20];

        snprintf(src, sizeof(src), "100.64.%u.%u", i / 250, 1 + i % 250);
        send(src, "10.0.1.10", 7, 10);
        for (int again = 0; i == MANY / 2 && again < 10; again++)
            send("192.0.2.1", "10.0.1.10", 7, 1000);
    }
    for (int again = 0; again < 10; again++)
        send("192.0.2.2", "10.0.1.10", 7, 1000);
}

static void check_sums(const struct snapshot *snapshot)
{
    struct snapshot_rest sum = snapshot->talkers_rest;

    for (size_t i = 0; i < snapshot->tables[TABLE_TALKERS].count; i++) {
        const struct talker_record *row = snapshot_row(snapshot, TABLE_TALKERS, i);

        sum.packets_sent += row->packets_sent;
        sum.bytes_sent += row->bytes_sent;
        sum.packets_received += row->packets_received;
        sum.bytes_received += row->bytes_received;
    }
    ck_assert_uint_eq(sum.packets_sent, snapshot->packets);
    ck_assert_uint_eq(sum.packets_received, snapshot->packets);
    ck_assert_uint_eq(sum.bytes_sent, snapshot->bytes);
    ck_assert_uint_eq(sum.bytes_received, snapshot->bytes);
}

/* At the end of a batch run no flow needs its talkers any more: the largest are listed, whenever
 * they came. */
START_TEST(test_largest_are_listed)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;

    config.max_flows = 4096;
    crowd();
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(snapshot->tables[TABLE_TALKERS].total, LEAST);
    ck_assert_ptr_nonnull(enginerun_talker(snapshot, "192.0.2.1"));
    ck_assert_ptr_nonnull(enginerun_talker(snapshot, "192.0.2.2"));
    ck_assert_uint_eq(enginerun_talker(snapshot, "192.0.2.2")->packets_sent, 10);
    ck_assert_uint_eq(enginerun_talker(snapshot, "10.0.1.10")->flows, MANY + 2);
    ck_assert_uint_eq(snapshot->flows.talkers_evicted, MANY + 3 - LEAST);
    ck_assert_uint_eq(snapshot->flows.talkers_refused, 0);
    check_sums(snapshot);
    snapshot_free(snapshot);
}
END_TEST

/* On the screen flows hold on to their talkers: who finds no room is counted, once. */
START_TEST(test_who_finds_no_room_is_counted)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;

    config.max_flows = 4096;
    config.rates = true;
    crowd();
    for (int second = 0; second < 3; second++) { /* the same flow, rolled up again */
        trace.now_ns += 1000000000u;
        send("192.0.2.2", "10.0.1.10", 7, 1000);
    }
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(snapshot->tables[TABLE_TALKERS].total, LEAST);
    ck_assert_uint_eq(snapshot->flows.talkers_evicted, 0);
    ck_assert_uint_eq(snapshot->flows.talkers_refused, MANY + 3 - LEAST);
    ck_assert_uint_gt(snapshot->talkers_rest.bytes_sent, 13000);
    check_sums(snapshot);
    snapshot_free(snapshot);
}
END_TEST

/* First seen is when the first packet went either way. */
START_TEST(test_average_since_first_seen)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;

    trace_start();
    trace.now_ns = 0; /* a stamp like any other */
    for (uint32_t i = 0; i < 100; i++) {
        trace_client(100 + 1000 * i, 1, TCP_ACK, 1000);
        trace.now_ns += 999000000u;
    }
    trace_server(1, 100100, TCP_ACK, 0);
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(enginerun_flow(snapshot, 0)->start_ns, 0);
    ck_assert_uint_eq(enginerun_talker(snapshot, "192.0.2.1")->average_rate,
                      (100 * 1040 + 40) * 8 / 100);
    snapshot_free(snapshot);
}
END_TEST

START_TEST(test_a_flow_with_itself_is_one_flow)
{
    struct engine_config config = enginerun_config();
    const struct talker_record *talker;
    struct snapshot *snapshot;

    for (int rates = 0; rates < 2; rates++) {
        config.rates = rates;
        trace_start();
        send("127.0.0.1", "127.0.0.1", 7, 10);
        send("127.0.0.1", "127.0.0.1", 7, 10);
        snapshot = enginerun_all(&config);
        talker = enginerun_talker(snapshot, "127.0.0.1");
        ck_assert_uint_eq(talker->flows, 1);
        ck_assert_uint_eq(talker->packets_sent, 2);
        ck_assert_uint_eq(talker->packets_received, 2);
        check_sums(snapshot);
        snapshot_free(snapshot);
    }
}
END_TEST

START_TEST(test_nobody_to_nobody)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;

    trace_start();
    send("0.0.0.0", "0.0.0.0", 7, 10);
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(enginerun_flow(snapshot, 0)->src_addr.family, 4);
    ck_assert_ptr_nonnull(enginerun_talker(snapshot, "0.0.0.0"));
    check_sums(snapshot);
    snapshot_free(snapshot);
}
END_TEST

Suite *make_engine_talkers_suite(void)
{
    Suite *suite = suite_create("engine_talkers");
    TCase *tcase = tcase_create("engine_talkers");

    tcase_add_test(tcase, test_largest_are_listed);
    tcase_add_test(tcase, test_who_finds_no_room_is_counted);
    tcase_add_test(tcase, test_average_since_first_seen);
    tcase_add_test(tcase, test_a_flow_with_itself_is_one_flow);
    tcase_add_test(tcase, test_nobody_to_nobody);
    suite_add_tcase(suite, tcase);
    return suite;
}
