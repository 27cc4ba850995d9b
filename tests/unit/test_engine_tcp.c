/* SPDX-License-Identifier: MIT */
/* Each counter of TCP by its definition: small conversations, one a counter. The mirror source
 * 10.0.1.10 is the client, sequence numbers begin at 101 (client) and 901 (server). */
#include <check.h>

#include "../support/tcptalk.h"

Suite *make_engine_tcp_suite(void);

START_TEST(test_fast)
{
    trace_handshake();
    for (unsigned i = 0; i < 6; i++)
        tcptalk_data(i);
    for (unsigned i = 0; i < 4; i++)
        tcptalk_ack(1); /* one, and three more of the same */
    tcptalk_server((struct segment){ .seq = 1001, .payload = 100, .ip_id = 16 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_DUPLICATE_ACKS), 3);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMIT_BYTES), 100);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_FAST), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMIT_RUNS), 1);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.fast, 1);
    ck_assert_uint_eq(tcptalk_row()->src_tcp.duplicate_acks, 3);
    ck_assert_uint_eq(tcptalk_row()->other_kinds, 0);
    ck_assert_uint_eq(tcptalk_row()->retransmit_share, 125); /* of the server's eight */
}
END_TEST

/* A row tells of a direction what the sums do, whether the filter shows the other one or not. */
START_TEST(test_one_direction_shown)
{
    struct engine_config config = enginerun_config();
    struct engine *engine;
    struct snapshot *one;

    trace_handshake();
    for (unsigned i = 0; i < 6; i++)
        tcptalk_data(i);
    for (unsigned i = 0; i < 4; i++)
        tcptalk_ack(1);
    engine = enginerun_feed(&config, 1);
    engine_set_filter(engine, enginerun_program("accept egress"));
    one = enginerun_finish(engine);
    ck_assert_uint_eq(one->tcp.count[TCP_COUNT_DUPLICATE_ACKS], 3);
    ck_assert_uint_eq(enginerun_flow(one, 0)->src_tcp.duplicate_acks, 3);
    ck_assert_uint_eq(enginerun_flow(one, 0)->dst_tcp.duplicate_acks, VALUE_UNKNOWN);
    ck_assert_uint_eq(enginerun_flow(one, 0)->dst_retransmits, VALUE_UNKNOWN);
    snapshot_free(one);
    engine_free(engine);
}
END_TEST

/* A slow mirror brings what was sent first only after a quick one has brought the retransmit. */
START_TEST(test_sent_first_comes_last)
{
    const struct segment again = { .seq = 1001, .payload = 100, .ip_id = 40 };

    trace_handshake();
    tcptalk_data(0);
    for (unsigned i = 2; i < 6; i++)
        tcptalk_data(i);
    for (unsigned i = 0; i < 4; i++)
        tcptalk_ack(1);
    tcptalk_server(again);
    tcptalk_data(1); /* sent before all that */
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LOST_BEFORE_MIRROR), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LATE), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_OUT_OF_ORDER), 1);
    tcptalk_again();
    tcptalk_server((struct segment){ .seq = 1001, .payload = 100, .ip_id = 41 });
    tcptalk_server(
        (struct segment){ .seq = 1001, .payload = 100, .ip_id = 39 }); /* it was lost only once */
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 3);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LATE), 1);
}
END_TEST

/* By chance the second one's identification is a little older than what lies behind its hole. */
START_TEST(test_any_identification)
{
    trace_handshake();
    for (unsigned i = 0; i < 40; i++)
        if (i != 30 && i != 32)
            tcptalk_data(i);
    for (unsigned i = 0; i < 4; i++)
        tcptalk_ack(30);
    tcptalk_wait_ms(20);
    tcptalk_server((struct segment){ .seq = 901 + 3000, .payload = 100, .ip_id = 60000 });
    tcptalk_server((struct segment){ .seq = 901 + 3200, .payload = 100, .ip_id = 20 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 2);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LATE), 0);
}
END_TEST

START_TEST(test_fast_by_sack)
{
    trace_handshake();
    for (unsigned i = 0; i < 4; i++)
        tcptalk_data(i);
    tcptalk_client((struct segment){ .ack = 1001, .sack = { { 1101, 1301 } } });
    tcptalk_server((struct segment){ .seq = 1001, .payload = 100, .ip_id = 16 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_FAST), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_SPURIOUS), 0);
}
END_TEST

/* After a timeout all is sent again, one acknowledgment after the other: one run. */
START_TEST(test_timeout)
{
    trace_handshake();
    for (unsigned i = 0; i < 3; i++)
        tcptalk_data(i);
    tcptalk_wait_ms(210);
    tcptalk_server((struct segment){ .seq = 901, .payload = 100, .ip_id = 13 });
    tcptalk_ack(1);
    tcptalk_server((struct segment){ .seq = 1001, .payload = 100, .ip_id = 14 });
    tcptalk_server((struct segment){ .seq = 1101, .payload = 100, .ip_id = 15 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_TIMEOUT), 3);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMIT_RUNS), 1);
    ck_assert_uint_eq(tcptalk_row()->retransmit_share, 429);       /* three of seven */
    ck_assert_uint_eq(tcptalk_row()->retransmit_bytes_share, 341); /* 300 of 880 */
}
END_TEST

/* An idle connection: the receiver's silence from before says nothing. Neither does the second
 * probe's, after which nothing is timed any more. */
START_TEST(test_no_timeout_so_soon)
{
    trace_handshake();
    tcptalk_wait_ms(1000);
    tcptalk_data(0);
    tcptalk_wait_ms(8);
    tcptalk_server((struct segment){ .seq = 901, .payload = 100, .ip_id = 11 });
    tcptalk_server((struct segment){ .seq = 901, .payload = 100, .ip_id = 12 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_TIMEOUT), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_TAIL_PROBES), 2);
    tcptalk_again();
    tcptalk_wait_ms(200);
    tcptalk_server((struct segment){ .seq = 901, .payload = 100, .ip_id = 13 });
    tcptalk_ack(1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_TIMEOUT), 1);
}
END_TEST

/* The same of several segments; and of those that were on their way when the receiver spoke last,
 * before the segment was sent that is timed now. */
START_TEST(test_timeout_of_a_flight)
{
    trace_handshake();
    tcptalk_wait_ms(1000);
    tcptalk_data(0);
    tcptalk_data(1);
    tcptalk_server((struct segment){ .seq = 901, .payload = 100, .ip_id = 12 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_TIMEOUT), 0);
    tcptalk_again();
    tcptalk_ack(1);
    tcptalk_wait_ms(100);
    tcptalk_server((struct segment){ .seq = 1101, .payload = 100, .ip_id = 13 });
    tcptalk_wait_ms(100);
    tcptalk_server((struct segment){ .seq = 1001, .payload = 100, .ip_id = 14 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_TIMEOUT), 1);
}
END_TEST

/* The next connection between the same ports, whose numbers are not far: Linux adds 64 ns each. */
START_TEST(test_next_connection)
{
    trace_handshake();
    tcptalk_data(0);
    tcptalk_ack(1);
    tcptalk_wait_ms(500);
    tcptalk_client((struct segment){ .seq = 5000000, .flags = TCP_SYN });
    tcptalk_server((struct segment){ .seq = 6000000, .ack = 5000001, .flags = TCP_SYN | TCP_ACK });
    tcptalk_client((struct segment){ .seq = 5000001, .ack = 6000001 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 0);
    ck_assert_uint_eq(tcptalk_snapshot()->flows.total, 2);
}
END_TEST

/* The capture begins inside a connection, and with segments that are out of order. */
START_TEST(test_begins_out_of_order)
{
    static const unsigned order[] = { 5, 1, 2, 4, 3 };

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        tcptalk_data(order[i]);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_OUT_OF_ORDER), 4);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 4);
}
END_TEST

START_TEST(test_spurious)
{
    trace_handshake();
    tcptalk_data(0);
    tcptalk_data(1);
    tcptalk_ack(2);
    tcptalk_server((struct segment){ .seq = 901, .payload = 100, .ip_id = 13 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_SPURIOUS), 1);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.spurious, 1);
}
END_TEST

/* RFC 2883: the receiver says later that it had it twice. Each duplicate is reported once, and
 * what was known to be spurious before is not counted again. */
START_TEST(test_spurious_by_duplicate_sack)
{
    trace_handshake();
    for (unsigned i = 0; i < 3; i++)
        tcptalk_data(i);
    tcptalk_wait_ms(210);
    tcptalk_server((struct segment){ .seq = 901, .payload = 100, .ip_id = 13 });
    tcptalk_ack(3);
    tcptalk_client((struct segment){ .ack = 1201, .sack = { { 901, 1001 } } });
    tcptalk_server((struct segment){ .seq = 1001, .payload = 100, .ip_id = 14 });
    tcptalk_client((struct segment){ .ack = 1201, .sack = { { 1001, 1101 } } });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 2);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_SPURIOUS), 2);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_TIMEOUT), 0);
}
END_TEST

START_TEST(test_syn_and_fin_again)
{
    trace_client(100, 0, TCP_SYN, 0);
    trace_client(100, 0, TCP_SYN, 0);
    trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
    trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
    trace_client(101, 901, TCP_ACK, 0);
    trace_client(101, 901, TCP_FIN | TCP_ACK, 0);
    trace_client(101, 901, TCP_FIN | TCP_ACK, 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 3);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_SYN_AGAIN), 2);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_FIN_AGAIN), 1);
}
END_TEST

/* A hole that the receiver acknowledges is the mirror's; a copy that comes late takes it back. */
START_TEST(test_mirror_loss)
{
    trace_handshake();
    tcptalk_data(0);
    tcptalk_data(3);
    tcptalk_ack(4);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 200);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_SEGMENTS), 2);
    ck_assert_uint_eq(tcptalk_row()->dst_mirror_loss_bytes, 200);
    ck_assert_uint_eq(tcptalk_row()->src_mirror_loss_bytes, 0);
}
END_TEST

START_TEST(test_late_copy)
{
    trace_handshake();
    tcptalk_data(0);
    tcptalk_data(3);
    tcptalk_ack(4);
    tcptalk_data(2); /* with its own, older identification */
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LATE), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_OUT_OF_ORDER), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 100);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_SEGMENTS), 1);
}
END_TEST

/* The end of what was sent is missing, with the FIN, or without data at all. */
START_TEST(test_mirror_loss_at_the_end)
{
    trace_handshake();
    tcptalk_data(0);
    tcptalk_ack(2);
    trace_client(101, 1001, TCP_FIN | TCP_ACK, 0);
    tcptalk_server((struct segment){ .seq = 1101, .ack = 102 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 100);
}
END_TEST

START_TEST(test_a_lost_fin_is_no_data)
{
    trace_handshake();
    tcptalk_data(0);
    tcptalk_client((struct segment){ .ack = 1002 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_SEGMENTS), 1);
}
END_TEST

/* The receiver asks for it, and it was sent after what follows it. */
START_TEST(test_lost_before_the_mirror)
{
    trace_handshake();
    for (unsigned i = 0; i < 5; i++) {
        if (i != 1)
            tcptalk_data(i);
    }
    for (unsigned i = 0; i < 4; i++)
        tcptalk_ack(1);
    tcptalk_server((struct segment){ .seq = 1001, .payload = 100, .ip_id = 15 });
    tcptalk_ack(5);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LOST_BEFORE_MIRROR), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_FAST), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_OUT_OF_ORDER), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 0);
}
END_TEST

/* The same by timestamps: sent in a later tick than what follows it. */
START_TEST(test_timestamps_tell)
{
    trace_handshake();
    for (unsigned i = 0; i < 4; i++) {
        if (i != 1 && i != 2)
            tcptalk_server((struct segment){
                .seq = 901 + 100 * i, .payload = 100, .ip_id_zero = true, .ts_value = 50 + i });
    }
    tcptalk_server(
        (struct segment){ .seq = 1001, .payload = 100, .ip_id_zero = true, .ts_value = 51 });
    tcptalk_server(
        (struct segment){ .seq = 1101, .payload = 100, .ip_id_zero = true, .ts_value = 80 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LATE), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
}
END_TEST

/* The network has reordered: the receiver lacked it for a moment. */
START_TEST(test_reordered_by_the_network)
{
    trace_handshake();
    tcptalk_data(0);
    tcptalk_ack(1);
    tcptalk_data(2);
    tcptalk_ack(1);
    tcptalk_data(1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_OUT_OF_ORDER), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LATE), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
}
END_TEST

START_TEST(test_nothing_tells)
{
    trace_handshake();
    for (unsigned i = 0; i < 3; i++) {
        if (i != 1)
            tcptalk_server(
                (struct segment){ .seq = 901 + 100 * i, .payload = 100, .ip_id_zero = true });
    }
    tcptalk_server((struct segment){ .seq = 1001, .payload = 100, .ip_id_zero = true });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_OUT_OF_ORDER), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
}
END_TEST

START_TEST(test_window_full_and_zero)
{
    tcptalk_client((struct segment){ .seq = 100, .flags = TCP_SYN, .scale = 3 }); /* times 4 */
    tcptalk_server((struct segment){ .seq = 900, .flags = TCP_SYN | TCP_ACK, .scale = 1 });
    tcptalk_client((struct segment){ .ack = 901, .window = 50 });
    tcptalk_data(0);
    tcptalk_data(1); /* 901 + 50 * 4 */
    tcptalk_client((struct segment){ .ack = 1101, .closed = true });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_WINDOW_FULL), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_ZERO_WINDOWS), 1);
}
END_TEST

/* One byte, again and again; then the window opens and the next segment begins with it. */
START_TEST(test_zero_window_probes)
{
    trace_handshake();
    tcptalk_data(0);
    tcptalk_client((struct segment){ .ack = 1001, .closed = true });
    for (unsigned i = 0; i < 3; i++) {
        tcptalk_wait_ms(300);
        tcptalk_server((struct segment){ .seq = 1001, .payload = 1, .ip_id = (uint16_t)(11 + i) });
        tcptalk_client((struct segment){ .ack = 1001, .closed = true });
    }
    tcptalk_server((struct segment){ .seq = 1000, .ip_id = 14 }); /* as Linux probes */
    tcptalk_client((struct segment){ .ack = 1001 });
    tcptalk_server((struct segment){ .seq = 1001, .payload = 100, .ip_id = 15 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_ZERO_WINDOW_PROBES), 3);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_WINDOW_PROBES), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_DUPLICATE_ACKS), 0);
}
END_TEST

/* The receiver takes the probe's byte: it is no loss that the next segment begins behind it. */
START_TEST(test_a_probe_is_taken)
{
    trace_handshake();
    tcptalk_data(0);
    tcptalk_client((struct segment){ .ack = 1001, .closed = true });
    tcptalk_server((struct segment){ .seq = 1001, .payload = 1, .ip_id = 11 });
    tcptalk_client((struct segment){ .ack = 1002 });
    tcptalk_server((struct segment){ .seq = 1002, .payload = 100, .ip_id = 12 });
    tcptalk_client((struct segment){ .ack = 1102 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_ZERO_WINDOW_PROBES), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_SEGMENTS), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
}
END_TEST

/* A single byte that is not acknowledged yet is sent again: no keep-alive. */
START_TEST(test_keep_alives)
{
    trace_handshake();
    tcptalk_server((struct segment){ .seq = 901, .payload = 1, .ip_id = 10 });
    tcptalk_wait_ms(210);
    tcptalk_server((struct segment){ .seq = 901, .payload = 1, .ip_id = 11 });
    tcptalk_client((struct segment){ .ack = 902 });
    tcptalk_wait_ms(5000);
    tcptalk_server((struct segment){ .seq = 901, .payload = 1, .ip_id = 12 });
    tcptalk_server((struct segment){ .seq = 901, .ip_id = 13 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_KEEP_ALIVES), 2);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
}
END_TEST

START_TEST(test_reset_after_data)
{
    trace_handshake();
    tcptalk_data(0);
    tcptalk_client((struct segment){ .ack = 1001, .flags = TCP_RST | TCP_ACK });
    tcptalk_client((struct segment){ .ack = 1001, .flags = TCP_RST | TCP_ACK });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RESETS_AFTER_DATA), 1);
}
END_TEST

START_TEST(test_syn_unanswered)
{
    trace_client(100, 0, TCP_SYN, 0);
    tcptalk_wait_ms(3500);
    trace_segment(&(struct segment){ .src = "10.0.1.10",
                                     .dst = "192.0.2.9",
                                     .sport = 40001,
                                     .dport = 80,
                                     .seq = 1,
                                     .flags = TCP_SYN,
                                     .egress = true });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_SYN_UNANSWERED), 1);
}
END_TEST

/* The SYN-ACK was overtaken by all else: what the mirror has lost until then can be told, too. */
START_TEST(test_late_handshake)
{
    tcptalk_data(0);
    tcptalk_client((struct segment){ .ack = 1001 });
    tcptalk_data(2);
    tcptalk_ack(3);
    tcptalk_server((struct segment){ .seq = 900, .flags = TCP_SYN | TCP_ACK, .ip_id = 9 });
    ck_assert_uint_eq(tcptalk_row()->mirror_loss_bytes, 100);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 100);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_VERIFIABLE), 2);
}
END_TEST

/* Only the server's side is mirrored: what acknowledgments tell is unknown, not 0. */
START_TEST(test_one_direction)
{
    trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
    tcptalk_data(0);
    tcptalk_data(2);
    tcptalk_server((struct segment){ .seq = 901, .payload = 100, .ip_id = 14, .ack = 301 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_SPURIOUS), VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->dst_mirror_loss_bytes, VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->src_mirror_loss_bytes, VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.spurious, VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.window_probes, VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_WINDOW_PROBES), VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_ZERO_WINDOW_PROBES), VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->dst_retransmits, 1);
}
END_TEST

START_TEST(test_joined_in_the_middle)
{
    tcptalk_data(0);
    tcptalk_ack(1);
    tcptalk_data(2);
    tcptalk_ack(3);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->dst_mirror_loss_bytes + tcptalk_row()->src_mirror_loss_bytes,
                      2 * VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_DUPLICATE_ACKS), 0);
}
END_TEST

/* What was lost before the mirror is known without the handshake, for the flow as in all; but not
 * where nobody acknowledges, nor left of the first segment. */
START_TEST(test_lost_before_the_mirror_in_the_middle)
{
    tcptalk_data(0);
    tcptalk_ack(1);
    for (unsigned i = 2; i < 6; i++) {
        tcptalk_data(i);
        tcptalk_ack(1);
    }
    tcptalk_server((struct segment){ .seq = 1001, .payload = 100, .ip_id = 16 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LOST_BEFORE_MIRROR), 1);
    ck_assert_uint_eq(
        tcptalk_row()->dst_tcp.lost_before_mirror + tcptalk_row()->src_tcp.lost_before_mirror, 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
}
END_TEST

START_TEST(test_lost_before_the_mirror_one_way)
{
    trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
    for (unsigned i = 0; i < 6; i++) {
        if (i != 1)
            tcptalk_data(i);
    }
    tcptalk_server((struct segment){ .seq = 1001, .payload = 100, .ip_id = 16 });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LOST_BEFORE_MIRROR), VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.lost_before_mirror, VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->src_tcp.lost_before_mirror, VALUE_UNKNOWN);
}
END_TEST

Suite *make_engine_tcp_suite(void)
{
    Suite *suite = suite_create("engine_tcp");
    TCase *tcase = tcase_create("counters");

    tcase_add_checked_fixture(tcase, tcptalk_start, tcptalk_stop);
    tcase_add_test(tcase, test_fast);
    tcase_add_test(tcase, test_one_direction_shown);
    tcase_add_test(tcase, test_sent_first_comes_last);
    tcase_add_test(tcase, test_any_identification);
    tcase_add_test(tcase, test_fast_by_sack);
    tcase_add_test(tcase, test_timeout);
    tcase_add_test(tcase, test_no_timeout_so_soon);
    tcase_add_test(tcase, test_timeout_of_a_flight);
    tcase_add_test(tcase, test_next_connection);
    tcase_add_test(tcase, test_begins_out_of_order);
    tcase_add_test(tcase, test_spurious);
    tcase_add_test(tcase, test_spurious_by_duplicate_sack);
    tcase_add_test(tcase, test_syn_and_fin_again);
    tcase_add_test(tcase, test_mirror_loss);
    tcase_add_test(tcase, test_late_copy);
    tcase_add_test(tcase, test_mirror_loss_at_the_end);
    tcase_add_test(tcase, test_a_lost_fin_is_no_data);
    tcase_add_test(tcase, test_lost_before_the_mirror);
    tcase_add_test(tcase, test_timestamps_tell);
    tcase_add_test(tcase, test_reordered_by_the_network);
    tcase_add_test(tcase, test_nothing_tells);
    tcase_add_test(tcase, test_window_full_and_zero);
    tcase_add_test(tcase, test_zero_window_probes);
    tcase_add_test(tcase, test_a_probe_is_taken);
    tcase_add_test(tcase, test_keep_alives);
    tcase_add_test(tcase, test_reset_after_data);
    tcase_add_test(tcase, test_syn_unanswered);
    tcase_add_test(tcase, test_late_handshake);
    tcase_add_test(tcase, test_one_direction);
    tcase_add_test(tcase, test_joined_in_the_middle);
    tcase_add_test(tcase, test_lost_before_the_mirror_in_the_middle);
    tcase_add_test(tcase, test_lost_before_the_mirror_one_way);
    suite_add_tcase(suite, tcase);
    return suite;
}
