/* SPDX-License-Identifier: MIT */
/* Which kind of retransmit a segment is, where that is not plain to see. The server sends. */
#include <check.h>

#include "../support/tcptalk.h"

Suite *make_engine_tcp_kinds_suite(void);

/* What was sent before a segment that the receiver has got is lost, too, wherever it lies: here the
 * newest one, after the first run. */
START_TEST(test_fast_by_time)
{
    trace_handshake();
    tcptalk_data(0);
    tcptalk_data(1);
    tcptalk_client((struct segment){ .ack = 901, .sack = { { 1001, 1101 } } });
    tcptalk_server((struct segment){ .seq = 901, .payload = 100, .ip_id = 12 });
    for (unsigned i = 2; i < 5; i++)
        tcptalk_server((struct segment){ .seq = 901 + 100 * i, .payload = 100, .ip_id = 11 + i });
    tcptalk_client((struct segment){ .ack = 1101, .sack = { { 1201, 1301 } } });
    tcptalk_server((struct segment){ .seq = 1301, .payload = 100, .ip_id = 16 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 2);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_FAST), 2);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_TAIL_PROBES), 0);
}
END_TEST

START_TEST(test_tail_probe)
{
    trace_handshake();
    for (unsigned i = 0; i < 3; i++)
        tcptalk_data(i);
    tcptalk_ack(1);
    tcptalk_wait_ms(20);
    tcptalk_server((struct segment){ .seq = 1101, .payload = 100, .ip_id = 13 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_TAIL_PROBES), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_row()->other_kinds, 1);
}
END_TEST

/* Where two round trips are longer than the shortest timeout: that would begin with the oldest
 * segment. What the receiver asks for then is fast. */
START_TEST(test_tail_probe_of_a_long_way)
{
    trace_handshake();
    for (unsigned i = 0; i < 3; i++)
        tcptalk_data(i);
    tcptalk_ack(1);
    tcptalk_wait_ms(300);
    tcptalk_server((struct segment){ .seq = 1101, .payload = 100, .ip_id = 13 });
    tcptalk_wait_ms(150);
    tcptalk_client((struct segment){ .ack = 1001, .sack = { { 1101, 1201 } } });
    tcptalk_server((struct segment){ .seq = 1001, .payload = 100, .ip_id = 14 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 2);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_TAIL_PROBES), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_FAST), 1);
}
END_TEST

/* A message of one byte whose acknowledgment crosses it when it is sent again is no keep-alive. */
START_TEST(test_byte_again)
{
    trace_handshake();
    tcptalk_server(
        (struct segment){ .seq = 901, .payload = 1, .ip_id = 10, .flags = TCP_ACK | TCP_PSH });
    tcptalk_client((struct segment){ .ack = 902 });
    tcptalk_server(
        (struct segment){ .seq = 901, .payload = 1, .ip_id = 11, .flags = TCP_ACK | TCP_PSH });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_KEEP_ALIVES), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_SPURIOUS), 1);
}
END_TEST

Suite *make_engine_tcp_kinds_suite(void)
{
    Suite *suite = suite_create("engine_tcp_kinds");
    TCase *tcase = tcase_create("kinds");

    tcase_add_checked_fixture(tcase, tcptalk_start, tcptalk_stop);
    tcase_add_test(tcase, test_fast_by_time);
    tcase_add_test(tcase, test_tail_probe);
    tcase_add_test(tcase, test_tail_probe_of_a_long_way);
    tcase_add_test(tcase, test_byte_again);
    suite_add_tcase(suite, tcase);
    return suite;
}
