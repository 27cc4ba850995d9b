/* SPDX-License-Identifier: MIT */
/* Round trips: which segments are timed, and towards whom. */
#include <check.h>

#include "../support/tcptalk.h"

Suite *make_engine_tcp_times_suite(void);

/* The halves of the handshake, then data: 1 ms from one frame to the next. */
START_TEST(test_round_trips)
{
    trace_client(100, 0, TCP_SYN, 0);
    tcptalk_wait_ms(19);
    trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
    tcptalk_wait_ms(4);
    trace_client(101, 901, TCP_ACK, 0);
    trace_server(901, 101, TCP_ACK, 100);
    tcptalk_wait_ms(9);
    trace_client(101, 1001, TCP_ACK, 0);
    ck_assert_uint_eq(tcptalk_row()->rtt_us, 25000);
    ck_assert_uint_eq(tcptalk_row()->answer_us, 20000);
    ck_assert_uint_eq(tcptalk_row()->confirm_us, 5000);
    ck_assert_uint_eq(tcptalk_row()->src_tcp.rtt_min_us, 5000);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.rtt_min_us, 20000);
    ck_assert_uint_eq(tcptalk_snapshot()->tcp.rtt_src.count, 2);
    ck_assert_uint_eq(tcptalk_snapshot()->tcp.rtt_src.max_us, 10000);
    ck_assert_uint_eq(tcptalk_snapshot()->tcp.rtt_dst.count, 1);
}
END_TEST

/* What was sent again is not timed: nobody knows which copy was acknowledged. */
START_TEST(test_karn)
{
    trace_handshake();
    trace_server(901, 101, TCP_ACK, 100);
    tcptalk_wait_ms(250);
    tcptalk_segment(true, (struct segment){ .seq = 901, .ack = 101, .payload = 100, .ip_id = 11 });
    trace_client(101, 1001, TCP_ACK, 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_TIMEOUT), 1);
    ck_assert_uint_eq(tcptalk_snapshot()->tcp.rtt_src.count, 1);
}
END_TEST

/* So many microseconds after the one before. */
static void soon(uint32_t seq, uint32_t payload, uint16_t ip_id, uint64_t us)
{
    trace.now_ns -= 1000000 - us * 1000;
    tcptalk_segment(true,
                    (struct segment){ .seq = seq, .ack = 101, .payload = payload, .ip_id = ip_id });
}

/* A packet that the session brings twice is a retransmit, and is said to be one packet. */
START_TEST(test_seen_twice)
{
    trace_handshake();
    for (uint16_t i = 0; i < 30; i++) {
        tcptalk_segment(true, (struct segment){ .seq = 901 + 100u * i,
                                                .ack = 101,
                                                .payload = 100,
                                                .ip_id = (uint16_t)(10 + i) });
        soon(901 + 100u * i, 100, (uint16_t)(10 + i), 40);
        trace_client(101, 1001 + 100u * i, TCP_ACK, 0);
    }
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 30);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_SEEN_TWICE), 30);
    ck_assert_uint_eq(
        ((const struct session_record *)snapshot_row(tcptalk_snapshot(), TABLE_SESSIONS, 0))
            ->seen_twice,
        30);
}
END_TEST

static const struct {
    uint32_t seq, payload;
    uint16_t ip_id;
    uint64_t us;
    bool is_twice;
} copies[] = {
    { 1001, 100, 11, 40, true },      { 1001, 100, 11, 999, true },
    { 1001, 100, 11, 1000, false }, /* late enough to be a retransmit */
    { 1001, 100, 12, 40, false },   /* sent once more */
    { 901, 100, 11, 40, false },    /* another segment */
    { 1001, 100, 0, 40, false },    /* no identification */
    { 1001, 100, 11, 250000, false },
};

/* What follows two segments on their way: the second is as old as the first at most. */
START_TEST(test_seen_twice_or_not)
{
    trace_handshake();
    tcptalk_segment(true, (struct segment){ .seq = 901, .ack = 101, .payload = 100, .ip_id = 10 });
    soon(1001, 100, copies[_i].ip_id ? 11 : 0, 0);
    soon(copies[_i].seq, copies[_i].payload, copies[_i].ip_id, copies[_i].us);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_SEEN_TWICE), copies[_i].is_twice);
}
END_TEST

Suite *make_engine_tcp_times_suite(void)
{
    Suite *suite = suite_create("engine_tcp_times");
    TCase *tcase = tcase_create("times");

    tcase_add_checked_fixture(tcase, tcptalk_start, tcptalk_stop);
    tcase_add_test(tcase, test_round_trips);
    tcase_add_test(tcase, test_karn);
    tcase_add_test(tcase, test_seen_twice);
    tcase_add_loop_test(tcase, test_seen_twice_or_not, 0, sizeof(copies) / sizeof(copies[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
