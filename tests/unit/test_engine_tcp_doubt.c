/* SPDX-License-Identifier: MIT */
/* Numbers that are too far off to be believed. The mirror source 10.0.1.10 is the client, sequence
 * numbers begin at 101 (client) and 901 (server). */
#include <check.h>

#include "../support/tcptalk.h"

Suite *make_engine_tcp_doubt_suite(void);

enum { FAR = 400000000 };

/* 100 bytes of the server. */
static void data(uint32_t seq)
{
    trace_server(seq, 101, TCP_ACK, 100);
}

static void ack(uint32_t ack)
{
    trace_client(101, ack, TCP_ACK, 0);
}

/* The client's window is of 1000 bytes, not scaled. */
static void begin(void)
{
    trace_handshake();
    data(901);
    ack(1001);
}

/* One damaged number: what comes after it is not left of it, and so not sent again. */
START_TEST(test_damaged_sequence_number)
{
    begin();
    data(FAR);
    for (uint32_t i = 0; i < 5; i++)
        data(1001 + 100 * i);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_OUT_OF_ORDER), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 1);
}
END_TEST

/* ... without data, too. */
START_TEST(test_damaged_acknowledging_segment)
{
    begin();
    trace_server(FAR, 101, TCP_ACK, 0);
    for (uint32_t i = 0; i < 5; i++)
        data(1001 + 100 * i);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 1);
}
END_TEST

/* Joined in the middle, where a window may be scaled. */
START_TEST(test_unknown_scale)
{
    data(901);
    ack(1001);
    data(1001 + 2000000);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 0);
    tcptalk_again();
    trace_start();
    data(901);
    ack(1001);
    data(FAR);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 1);
}
END_TEST

/* ... and where nobody acknowledges: a damaged number does not make all that follows left of it. */
START_TEST(test_damaged_where_no_window_is_known)
{
    for (unsigned with_acks = 0; with_acks < 2; with_acks++) {
        trace_start();
        tcptalk_again();
        data(901);
        if (with_acks)
            tcptalk_segment(false, (struct segment){ .seq = 101, .ack = 1001, .window = 65535 });
        data(1001 + 20000000);
        for (uint32_t i = 0; i < 5; i++)
            data(1001 + 100 * i);
        data(1501 + 5000000); /* the mirror was interrupted, for a moment and for long */
        data(1601 + 50000000);
        data(1701 + 50000000);
        data(1601 + 50000000);
        ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
        ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_OUT_OF_ORDER), 0);
        ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 1);
    }
}
END_TEST

/* Two that bear each other out, and two more behind: the sender goes on where it was, and the
 * receiver acknowledges there. */
START_TEST(test_damaged_twice)
{
    begin();
    data(FAR);
    data(FAR + 100);
    data(FAR + 400);
    data(FAR + 500);
    for (uint32_t i = 0; i < 5; i++) {
        data(1001 + 100 * i);
        ack(1101 + 100 * i);
    }
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_OUT_OF_ORDER), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 2);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 0);
}
END_TEST

/* ... and one of those that come then is missing. */
START_TEST(test_damaged_twice_before_a_loss)
{
    begin();
    data(FAR);
    data(FAR + 100);
    data(1101);
    ack(1001);
    data(1201);
    ack(1301);
    data(1301);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 2);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 100);
}
END_TEST

/* The mirror was interrupted, and a copy from before that comes late: the receiver has
 * acknowledged what came since. */
START_TEST(test_an_outage_and_a_late_copy)
{
    begin();
    data(50001);
    data(50101);
    ack(50201);
    data(1001);
    data(50201);
    ack(50301);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 1); /* without identifications */
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 48900);
}
END_TEST

/* The mirror was interrupted: the second segment bears out the first one. */
START_TEST(test_an_outage)
{
    begin();
    data(50001);
    data(50101);
    ack(50201);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 49000);
}
END_TEST

/* ... at 10 Gbit/s. */
START_TEST(test_a_great_outage)
{
    const struct segment syn = { .seq = 100, .flags = TCP_SYN, .scale = 15, .window = 65535 };
    const struct segment answer = {
        .seq = 900, .ack = 101, .flags = TCP_SYN | TCP_ACK, .scale = 1, .window = 65535
    };

    tcptalk_segment(false, syn);
    tcptalk_segment(true, answer);
    tcptalk_segment(false, (struct segment){ .seq = 101, .ack = 901, .window = 65535 });
    data(901);
    data(901 + 90000000);
    ack(1001 + 90000000);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 89999900);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_SEGMENTS), 899999);
}
END_TEST

START_TEST(test_an_outage_seen_by_acknowledgments)
{
    begin();
    ack(50201);
    ack(50301);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 49300);
}
END_TEST

/* A window's worth, and as much again for acknowledgments that the mirror has lost. */
START_TEST(test_within_the_window)
{
    begin();
    data(2001);
    ack(2101);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 1000);
}
END_TEST

START_TEST(test_impossible_acknowledgment)
{
    begin();
    ack(FAR);
    ack(FAR); /* saying so twice bears out nothing */
    data(1001);
    ack(1101);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_SPURIOUS), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
}
END_TEST

/* RFC 5961: a SYN for what is another connection to the server is answered by what that expects. */
START_TEST(test_challenge)
{
    const uint32_t others[] = { FAR, 100 - FAR };

    for (unsigned i = 0; i < 2; i++) {
        trace_start();
        trace_client(100, 0, TCP_SYN, 0);
        trace_server(7000, others[i], TCP_ACK, 0);
        trace_client(others[i], 0, TCP_RST, 0);
        trace_client(100, 0, TCP_SYN, 0);
        trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
        trace_client(101, 901, TCP_ACK, 100);
        trace_server(901, 201, TCP_ACK, 0);
        trace_client(101, 901, TCP_ACK, 100);
        ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 0);
        ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_SEGMENTS), 0);
        ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_SPURIOUS), 1);
        tcptalk_again();
    }
}
END_TEST

/* The mirror has lost the SYN-ACK and the request. */
START_TEST(test_first_acknowledgment)
{
    trace_client(100, 0, TCP_SYN, 0);
    trace_server(901, 301, TCP_ACK, 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 200);
}
END_TEST

/* What it covers is lost, too: here the beginning of the answer. */
START_TEST(test_first_acknowledgment_of_a_hole)
{
    trace_client(100, 0, TCP_SYN, 0);
    trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
    trace_server(2301, 201, TCP_ACK, 1400);
    trace_client(201, 3701, TCP_ACK, 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 1500);
    ck_assert_uint_eq(tcptalk_row()->dst_mirror_loss_bytes, 1400);
}
END_TEST

/* A SYN far left of an open connection, that goes on: who sends it is challenged, and nothing is
 * lost. So nothing says by how much the connection lies right of the SYN. */
static void send_strange_syn(void)
{
    begin();
    trace_client(101 - FAR, 0, TCP_SYN, 0);
}

START_TEST(test_strange_syn)
{
    send_strange_syn();
    data(1001);
    trace_client(101, 1101, TCP_ACK, 100);
    data(1101);
    trace_client(201, 1201, TCP_ACK, 100);
    trace_client(101, 1201, TCP_ACK, 100); /* sent again */
    trace_server(1201, 301, TCP_ACK, 0);
    trace_client(401, 1201, TCP_ACK, 100);
    trace_server(1201, 501, TCP_ACK, 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 100);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 1);
}
END_TEST

/* ... seen by acknowledgments of what had been on its way. */
START_TEST(test_strange_syn_acknowledged)
{
    send_strange_syn();
    trace_server(1001, 201, TCP_ACK, 0);
    trace_server(1001, 301, TCP_ACK, 0);
    trace_client(301, 1001, TCP_ACK, 100);
    trace_client(501, 1001, TCP_ACK, 100);
    trace_server(1001, 601, TCP_ACK, 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 100);
}
END_TEST

/* ---- cut off ---------------------------------------------------------------------------- */

/* Of the last segment's header only the ports and the sequence number were captured. */
static void cut_header(void)
{
    enum { VXLAN = 14 + 20 + 8 + 8, INNER = 14 + 20 + 8 };

    trace.frames[trace.count - 1].captured = VXLAN + INNER;
}

/* What was seen stays known; what the segment carried was not lost. */
START_TEST(test_one_header_is_cut)
{
    begin();
    data(901);
    data(1101);
    ack(1201);
    ck_assert_uint_eq(tcptalk_row()->dst_mirror_loss_bytes, 100);
    tcptalk_again();
    data(1201);
    cut_header();
    data(1301);
    ack(1401);
    data(1401);
    cut_header();
    ack(1501);
    data(1501);
    ck_assert_uint_eq(tcptalk_row()->dst_retransmits, 1);
    ck_assert_uint_eq(tcptalk_row()->dst_mirror_loss_bytes, 100);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 100);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp_flags, TCP_SYN | TCP_ACK);
    ck_assert_str_eq(tcptalk_row()->cut,
                     "TCP header of some packets: what they carried, and mirror loss behind them, "
                     "cannot be known");
}
END_TEST

/* The other side's headers still tell what it acknowledged. */
START_TEST(test_all_of_one_side_are_cut)
{
    trace_client(100, 0, TCP_SYN, 0);
    cut_header();
    data(901);
    data(901);
    trace_client(101, 1001, TCP_ACK, 0);
    cut_header();
    ck_assert_uint_eq(tcptalk_row()->src_retransmits + tcptalk_row()->dst_retransmits,
                      VALUE_UNKNOWN + 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
}
END_TEST

/* ---- over time -------------------------------------------------------------------------- */

static uint64_t shown_in_history(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < tcptalk_snapshot()->history.count; i++)
        sum += tcptalk_snapshot()->history.mirror_loss_bytes[i];
    return sum;
}

/* Copies that the mirror delivers up to a second late are lost for so long, but not shown so. */
START_TEST(test_history_of_late_copies)
{
    begin();
    for (uint32_t i = 0; i < 5; i++) {
        data(1101 + 200 * i);
        ack(1201 + 200 * i);
        tcptalk_wait_ms(700 + 60 * i);
        data(1001 + 200 * i);
        tcptalk_wait_ms(1000);
    }
    tcptalk_wait_ms(3000);
    ack(2001);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 0);
    ck_assert_uint_ge(tcptalk_snapshot()->history.count, 10);
    ck_assert_uint_eq(shown_in_history(), 0);
}
END_TEST

START_TEST(test_history_of_mirror_loss)
{
    begin();
    data(1101);
    ack(1201);
    tcptalk_wait_ms(3000);
    ack(1201);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 100);
    ck_assert_uint_eq(shown_in_history(), 100);
}
END_TEST

Suite *make_engine_tcp_doubt_suite(void)
{
    Suite *suite = suite_create("engine_tcp_doubt");
    TCase *tcase = tcase_create("doubt");

    tcase_add_checked_fixture(tcase, tcptalk_start, tcptalk_stop);
    tcase_add_test(tcase, test_damaged_sequence_number);
    tcase_add_test(tcase, test_damaged_acknowledging_segment);
    tcase_add_test(tcase, test_unknown_scale);
    tcase_add_test(tcase, test_damaged_where_no_window_is_known);
    tcase_add_test(tcase, test_damaged_twice);
    tcase_add_test(tcase, test_damaged_twice_before_a_loss);
    tcase_add_test(tcase, test_an_outage_and_a_late_copy);
    tcase_add_test(tcase, test_an_outage);
    tcase_add_test(tcase, test_a_great_outage);
    tcase_add_test(tcase, test_an_outage_seen_by_acknowledgments);
    tcase_add_test(tcase, test_within_the_window);
    tcase_add_test(tcase, test_impossible_acknowledgment);
    tcase_add_test(tcase, test_challenge);
    tcase_add_test(tcase, test_first_acknowledgment);
    tcase_add_test(tcase, test_first_acknowledgment_of_a_hole);
    tcase_add_test(tcase, test_strange_syn);
    tcase_add_test(tcase, test_strange_syn_acknowledged);
    tcase_add_test(tcase, test_one_header_is_cut);
    tcase_add_test(tcase, test_all_of_one_side_are_cut);
    tcase_add_test(tcase, test_history_of_late_copies);
    tcase_add_test(tcase, test_history_of_mirror_loss);
    suite_add_tcase(suite, tcase);
    return suite;
}
