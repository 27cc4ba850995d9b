/* SPDX-License-Identifier: MIT */
/* Options of TCP that were cut off: what cannot be known then. The mirror source 10.0.1.10 is the
 * client, sequence numbers begin at 101 (client) and 901 (server). */
#include <check.h>

#include "../support/tcptalk.h"

Suite *make_engine_tcp_cut_suite(void);

enum { NO_OPTIONS = 20 };

static const enum tcp_count by_options[] = { TCP_COUNT_FAST,        TCP_COUNT_TIMEOUT,
                                             TCP_COUNT_TAIL_PROBES, TCP_COUNT_SPURIOUS,
                                             TCP_COUNT_WINDOW_FULL, TCP_COUNT_DUPLICATE_ACKS };

enum { BY_OPTIONS = sizeof(by_options) / sizeof(by_options[0]) };

static void shake(uint16_t port, uint8_t syn_cut, uint8_t answer_cut)
{
    tcptalk_segment(false,
                    (struct segment){
                        .sport = port, .seq = 100, .flags = TCP_SYN, .scale = 1, .cut = syn_cut });
    tcptalk_segment(true, (struct segment){ .dport = port,
                                            .seq = 900,
                                            .ack = 101,
                                            .flags = TCP_SYN | TCP_ACK,
                                            .scale = 1,
                                            .cut = answer_cut });
    tcptalk_segment(false, (struct segment){ .sport = port, .seq = 101, .ack = 901 });
}

static void data(uint16_t port, uint32_t seq, uint16_t id)
{
    tcptalk_segment(true, (struct segment){
                              .dport = port, .seq = seq, .ack = 101, .payload = 100, .ip_id = id });
}

static void ack(uint16_t port, uint32_t ack, uint8_t cut)
{
    tcptalk_segment(
        false, (struct segment){
                   .sport = port, .seq = 101, .ack = ack, .sack = { { 1101, 1301 } }, .cut = cut });
}

/* Bytes 1001 to 1101 are lost and sent again, after three duplicate ACKs. */
static void lose_one(uint16_t port, uint8_t cut)
{
    data(port, 901, 10);
    for (uint16_t i = 0; i < 4; i++)
        data(port, 1001 + 100u * i, (uint16_t)(11 + i));
    for (unsigned i = 0; i < 4; i++)
        ack(port, 1001, cut);
    data(port, 1001, 16);
}

static void check_known(bool known)
{
    for (size_t i = 0; i < BY_OPTIONS; i++) {
        if (known)
            ck_assert_uint_ne(tcptalk_counted(by_options[i]), VALUE_UNKNOWN);
        else
            ck_assert_uint_eq(tcptalk_counted(by_options[i]), VALUE_UNKNOWN);
    }
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_ANSWERED), 2);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_WHOLE), known ? 2 : 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LOST_BEFORE_MIRROR), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 0);
}

START_TEST(test_whole)
{
    shake(40000, 0, 0);
    lose_one(40000, 0);
    check_known(true);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_FAST), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_DUPLICATE_ACKS), 3);
}
END_TEST

START_TEST(test_all_are_cut)
{
    shake(40000, NO_OPTIONS, NO_OPTIONS);
    lose_one(40000, NO_OPTIONS);
    check_known(false);
    ck_assert_uint_eq(tcptalk_row()->dst_retransmits, 1);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.fast, VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->src_tcp.duplicate_acks, VALUE_UNKNOWN);
}
END_TEST

/* What had been told is taken back, by whatever cut: also what a later ACK would have told. */
START_TEST(test_cut_later)
{
    shake(40000, 0, 0);
    lose_one(40000, 0);
    ack(40000, 1401, NO_OPTIONS);
    data(40000, 1401, 17);
    check_known(false);
    tcptalk_segment(false, (struct segment){ .seq = 101, .ack = 1501, .sack = { { 1001, 1101 } } });
    tcptalk_again();
    check_known(false);
}
END_TEST

/* Sums are those of the connections that can be told. */
START_TEST(test_one_of_two)
{
    for (unsigned with_filter = 0; with_filter < 2; with_filter++) {
        struct engine_config config = enginerun_config();
        struct engine *engine;
        struct snapshot *snapshot;

        trace_start();
        shake(40000, 0, 0);
        lose_one(40000, 0);
        shake(40001, 0, 0);
        lose_one(40001, 0);
        ack(40001, 1401, NO_OPTIONS);
        engine = enginerun_feed(&config, 1);
        if (with_filter) /* counted anew */
            engine_set_filter(engine, enginerun_program("accept tcp"));
        snapshot = enginerun_finish(engine);
        ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_RETRANSMITS], 2);
        ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_FAST], 1);
        ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_DUPLICATE_ACKS], 3);
        ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_ANSWERED], 4);
        ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_WHOLE], 2);
        snapshot_free(snapshot);
        engine_free(engine);
    }
}
END_TEST

/* The window scale is not known, and not taken to be none. */
START_TEST(test_only_the_syn_is_cut)
{
    shake(40000, NO_OPTIONS, 0);
    for (uint16_t i = 0; i < 10; i++) /* all of the client's window, were it not scaled */
        data(40000, 901 + 100u * i, (uint16_t)(10 + i));
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_WINDOW_FULL), 0);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.window_full, VALUE_UNKNOWN);
    ck_assert_uint_eq(tcptalk_row()->dst_tcp.fast, 0);
}
END_TEST

/* ... so it allows more than it says. */
START_TEST(test_window_of_a_cut_syn)
{
    shake(40000, NO_OPTIONS, 0);
    data(40000, 901, 10);
    ack(40000, 1001, 0);
    data(40000, 1001 + 10000, 111);
    ack(40000, 1101 + 10000, 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), 10000);
}
END_TEST

/* Whether the receiver has missed it, too, selective acknowledgments would tell. */
START_TEST(test_overtaken)
{
    for (unsigned cut = 0; cut <= NO_OPTIONS; cut += NO_OPTIONS) {
        trace_start();
        tcptalk_again();
        shake(40000, 0, (uint8_t)cut);
        data(40000, 901, 10);
        data(40000, 1101, 12);
        data(40000, 1001, 11);
        data(40000, 1301, 14);
        ack(40000, 1401, 0);
        data(40000, 1201, 13); /* that it has is acknowledged */
        ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_OUT_OF_ORDER), 2);
        ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_LATE), cut ? 1 : 2);
        ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), cut ? 1 : 0);
    }
}
END_TEST

Suite *make_engine_tcp_cut_suite(void)
{
    Suite *suite = suite_create("engine_tcp_cut");
    TCase *tcase = tcase_create("cut");

    tcase_add_checked_fixture(tcase, tcptalk_start, tcptalk_stop);
    tcase_add_test(tcase, test_whole);
    tcase_add_test(tcase, test_all_are_cut);
    tcase_add_test(tcase, test_cut_later);
    tcase_add_test(tcase, test_one_of_two);
    tcase_add_test(tcase, test_only_the_syn_is_cut);
    tcase_add_test(tcase, test_window_of_a_cut_syn);
    tcase_add_test(tcase, test_overtaken);
    suite_add_tcase(suite, tcase);
    return suite;
}
