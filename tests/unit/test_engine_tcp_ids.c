/* SPDX-License-Identifier: MIT */
/* What IP identifications tell of retransmits that were not seen, and what they do not. The mirror
 * source 10.0.1.10 is the client, sequence numbers begin at 101 (client) and 901 (server). */
#include <check.h>

#include "../support/tcptalk.h"

Suite *make_engine_tcp_ids_suite(void);

enum { MSS = 1000 };

static uint32_t server_seq;
static uint16_t server_id;

static void segment(bool by_server, struct segment s)
{
    s.ip_id_zero = s.ip_id == 0;
    s.window = UINT16_MAX;
    tcptalk_segment(by_server, s);
}

/* told: the SYN-ACK has no identification, as Linux sends it. */
static void shake(bool told)
{
    segment(false, (struct segment){ .seq = 100, .flags = TCP_SYN, .mss = MSS });
    segment(true, (struct segment){ .seq = 900,
                                    .ack = 101,
                                    .flags = TCP_SYN | TCP_ACK,
                                    .mss = MSS,
                                    .ip_id = told ? 0 : 7 });
    segment(false, (struct segment){ .seq = 101, .ack = 901 });
    server_seq = 901;
    server_id = 100;
}

static void server_at(uint32_t seq, uint16_t id, size_t payload)
{
    segment(true, (struct segment){ .seq = seq, .ack = 101, .payload = payload, .ip_id = id });
}

static void ack(uint32_t ack)
{
    segment(false, (struct segment){ .seq = 101, .ack = ack });
}

/* `n` segments of the server, each with the next bytes and identification. */
static void stream(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        server_at(server_seq, server_id++, MSS);
        server_seq += MSS;
    }
}

/* All is acknowledged, and nothing comes for longer than a timeout. */
static void wait_after_ack(void)
{
    ack(server_seq);
    tcptalk_wait_ms(250);
}

/* The end of what was sent was lost before the mirror: what comes are the next bytes. */
START_TEST(test_lost_at_the_right_edge)
{
    shake(true);
    stream(20);
    wait_after_ack();
    server_id += 2;
    stream(3);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), 2);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_NUMBERED), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 0);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.inferred, 2);
    ck_assert_uint_eq(tcptalk_row()->src_tcp.inferred, VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->inferred, 2);
    ck_assert_uint_eq(tcptalk_snapshot()->tables[TABLE_RETRANSMITS].count, 1);
}
END_TEST

/* What fills a hole is seen; that it had been sent again in vain is not. */
START_TEST(test_lost_again)
{
    uint32_t lost;

    shake(true);
    stream(20);
    lost = server_seq;
    server_seq += MSS;
    server_id++;
    stream(3);
    for (unsigned i = 0; i < 4; i++)
        ack(lost);
    server_id++; /* lost again */
    stream(3);
    tcptalk_wait_ms(250);
    server_at(lost, server_id++, MSS);
    ack(server_seq);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LOST_BEFORE_MIRROR), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), 1);
}
END_TEST

/* The run is over, but not what the receiver lacks: it has said so before, and need not again. */
START_TEST(test_lost_again_behind_a_run)
{
    uint32_t lost, next;

    shake(true);
    stream(20);
    lost = server_seq;
    server_seq += MSS;
    server_id++;
    stream(3);
    ack(lost);
    server_at(lost, server_id++, MSS);
    next = server_seq;
    server_seq += MSS;
    server_id++;
    stream(3);
    segment(false,
            (struct segment){ .seq = 101, .ack = next, .sack = { { next + MSS, server_seq } } });
    server_id++; /* what it lacks, lost again */
    stream(1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), 1);
}
END_TEST

/* More is missing than the hole can have been: its end was sent again, and arrived first. */
START_TEST(test_hole_and_more)
{
    shake(true);
    stream(20);
    server_seq += 2 * MSS;
    server_id += 3;
    stream(1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), 1);
}
END_TEST

START_TEST(test_small_segments_in_a_hole)
{
    shake(true);
    stream(20);
    server_seq += 300; /* three of 100 */
    server_id += 3;
    stream(1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), 0);
}
END_TEST

/* The mirror has lost what the receiver acknowledges, before or after the next segment. */
START_TEST(test_mirror_loss)
{
    shake(true);
    stream(20);
    server_seq += 2 * MSS;
    server_id += 2;
    stream(3);
    ack(server_seq);
    server_seq += MSS;
    ack(server_seq);
    server_id++;
    stream(1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 3 * MSS);
}
END_TEST

/* A retransmit comes, and only then shows an acknowledgment what was missing before it. */
START_TEST(test_mirror_loss_shown_late)
{
    shake(true);
    stream(20);
    ack(server_seq - MSS);
    tcptalk_wait_ms(250);
    server_at(server_seq - MSS, (uint16_t)(server_id + 1), MSS);
    ack(server_seq + MSS);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), MSS);
}
END_TEST

/* What is missing had a hole all the same, which a later segment opens without a gap of its own. */
START_TEST(test_hole_shown_late)
{
    shake(true);
    stream(20);
    ack(server_seq - MSS);
    tcptalk_wait_ms(250);
    server_at(server_seq - MSS, (uint16_t)(server_id + 1), MSS);
    server_at(server_seq + MSS, (uint16_t)(server_id + 2), MSS);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), 0);
}
END_TEST

/* The server's acknowledgments are lost, too: they leave no bytes missing either. */
START_TEST(test_lost_acknowledgments)
{
    shake(true);
    stream(20);
    wait_after_ack();
    segment(false, (struct segment){ .seq = 101, .ack = server_seq, .payload = 100 });
    segment(true, (struct segment){ .seq = server_seq,
                                    .ack = 201,
                                    .payload = MSS,
                                    .ip_id = (uint16_t)(server_id + 1) });
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_NUMBERED), 1);
}
END_TEST

/* The copy comes after all. */
START_TEST(test_late_copy)
{
    shake(true);
    stream(20);
    ack(server_seq - MSS);
    tcptalk_wait_ms(250);
    server_at(server_seq, (uint16_t)(server_id + 1), MSS);
    server_at(server_seq - MSS, server_id, MSS);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
}
END_TEST

START_TEST(test_wrap)
{
    shake(true);
    server_id = 65520;
    stream(14); /* to 65533 */
    wait_after_ack();
    server_at(server_seq, 65535, MSS);
    server_at(server_seq + MSS, 0, MSS);
    server_at(server_seq + 2 * MSS, 1, MSS);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), 1);
}
END_TEST

/* Resets and answers of a closed connection have no identification. */
START_TEST(test_no_identification)
{
    shake(true);
    stream(20);
    wait_after_ack();
    server_at(server_seq, 0, MSS);
    server_seq += MSS;
    stream(3);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_NUMBERED), 1);
}
END_TEST

/* The same gap where nothing says what the identifications count. */
START_TEST(test_not_told)
{
    shake(false);
    stream(20);
    wait_after_ack();
    server_id += 2;
    stream(3);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_NUMBERED), 0);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.inferred, VALUE_UNKNOWN);
}
END_TEST

/* ... however long they count one by one: it may be all that the host sends, while its other
 * connections are silent. */
START_TEST(test_not_told_for_long)
{
    shake(false);
    stream(260);
    server_at(server_seq - MSS, (uint16_t)(server_id + 1), MSS);
    server_id += 2;
    stream(260);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_NUMBERED), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.inferred, VALUE_UNKNOWN);
}
END_TEST

/* A SYN tells, too. */
START_TEST(test_told_by_syn)
{
    uint16_t id = 100;
    uint32_t seq = 101;

    segment(false, (struct segment){ .seq = 100,
                                     .flags = TCP_SYN,
                                     .mss = MSS,
                                     .by_linux = _i,
                                     .ts_value = _i ? 1 : 0,
                                     .ip_id = id++ });
    segment(true, (struct segment){
                      .seq = 900, .ack = 101, .flags = TCP_SYN | TCP_ACK, .mss = MSS, .ip_id = 7 });
    segment(false, (struct segment){ .seq = 101, .ack = 901, .ip_id = id++ });
    for (unsigned i = 0; i < 20; i++, seq += MSS) {
        if (i == 10) {
            segment(true, (struct segment){ .seq = 901, .ack = seq, .ip_id = 8 });
            tcptalk_wait_ms(250);
            id++;
        }
        segment(false, (struct segment){ .seq = seq, .ack = 901, .payload = MSS, .ip_id = id++ });
    }
    ck_assert_uint_eq(tcptalk_row()->src_tcp.inferred, _i ? 1 : VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.inferred, VALUE_UNKNOWN);
}
END_TEST

/* Gaps that nothing explains, one soon after the other, show that others are counted, too: all is
 * taken back. */
START_TEST(test_foreign)
{
    shake(true);
    stream(100);
    server_at(server_seq - MSS, (uint16_t)(server_id + 1), MSS);
    server_id += 2;
    ack(server_seq);
    stream(20);
    ack(server_seq);
    if (_i) {
        server_id++;
        stream(20);
        ack(server_seq);
        server_id++;
    }
    stream(100);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_NUMBERED), _i ? 0 : 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), _i ? VALUE_UNKNOWN : 1);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.inferred, _i ? VALUE_UNKNOWN : 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
}
END_TEST

/* Nobody sends more in vain than what gets through: such identifications count something else. */
START_TEST(test_implausible)
{
    shake(true);
    stream(20);
    for (unsigned i = 0; i < 50; i++) {
        ack(server_seq);
        tcptalk_wait_ms(250);
        server_id += 60;
        stream(1);
    }
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_NUMBERED), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), VALUE_UNKNOWN);
}
END_TEST

/* Frames of several segments, as a network card has merged them, count as many. */
START_TEST(test_merged)
{
    shake(true);
    stream(20);
    wait_after_ack();
    server_at(server_seq, server_id, (size_t)3 * MSS);
    tcptalk_wait_ms(250);
    server_at(server_seq + 3 * MSS, (uint16_t)(server_id + 3), MSS);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_INFERRED), VALUE_UNKNOWN);
}
END_TEST

Suite *make_engine_tcp_ids_suite(void)
{
    Suite *suite = suite_create("engine_tcp_ids");
    TCase *tcase = tcase_create("identifications");

    tcase_add_checked_fixture(tcase, tcptalk_start, tcptalk_stop);
    tcase_add_test(tcase, test_lost_at_the_right_edge);
    tcase_add_test(tcase, test_lost_again);
    tcase_add_test(tcase, test_lost_again_behind_a_run);
    tcase_add_test(tcase, test_hole_and_more);
    tcase_add_test(tcase, test_small_segments_in_a_hole);
    tcase_add_test(tcase, test_mirror_loss);
    tcase_add_test(tcase, test_mirror_loss_shown_late);
    tcase_add_test(tcase, test_hole_shown_late);
    tcase_add_test(tcase, test_lost_acknowledgments);
    tcase_add_test(tcase, test_late_copy);
    tcase_add_test(tcase, test_wrap);
    tcase_add_test(tcase, test_no_identification);
    tcase_add_test(tcase, test_not_told);
    tcase_add_test(tcase, test_not_told_for_long);
    tcase_add_loop_test(tcase, test_told_by_syn, 0, 2);
    tcase_add_loop_test(tcase, test_foreign, 0, 2);
    tcase_add_test(tcase, test_implausible);
    tcase_add_test(tcase, test_merged);
    suite_add_tcase(suite, tcase);
    return suite;
}
