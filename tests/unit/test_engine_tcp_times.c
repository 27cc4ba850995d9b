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

Suite *make_engine_tcp_times_suite(void)
{
    Suite *suite = suite_create("engine_tcp_times");
    TCase *tcase = tcase_create("times");

    tcase_add_checked_fixture(tcase, tcptalk_start, tcptalk_stop);
    tcase_add_test(tcase, test_round_trips);
    tcase_add_test(tcase, test_karn);
    suite_add_tcase(suite, tcase);
    return suite;
}
