/* SPDX-License-Identifier: MIT */
/* Segments that come in several IP fragments, of which only the first has TCP's header. The mirror
 * source 10.0.1.10 is the client, sequence numbers begin at 101 (client) and 901 (server). */
#include <check.h>
#include <string.h>

#include "../support/tcptalk.h"

Suite *make_engine_tcp_fragments_suite(void);

/* A segment has so many bytes, and its first fragment so many of them; 20 are TCP's header. */
enum { WHOLE = 1000, FIRST = 540, REST = WHOLE - FIRST };

static void fragment(const uint8_t *bytes, size_t n, uint16_t id, uint16_t field)
{
    fb_init(&fb);
    fb_payload(&fb, bytes, n);
    fb_ipv4(&fb, "192.0.2.1", "10.0.1.10", PROTO_TCP, id, field);
    fb_eth(&fb, eni_a, router, ETHER_IPV4);
    fb_mirror(&fb, "10.0.1.10", 7);
    trace_add(0);
}

/* Segment `i` of the server; which of its fragments come. */
static void data(unsigned i, bool first, bool second)
{
    enum { HEADER = 20, MORE = 0x2000, PER_UNIT = 8 };
    uint8_t bytes[HEADER + WHOLE];
    uint16_t id = (uint16_t)(10 + i);

    fb_init(&fb);
    fb_payload(&fb, NULL, WHOLE);
    fb_tcp(&fb, 443, 40000, 901 + WHOLE * i, 101, TCP_ACK, 1000, NULL, 0);
    memcpy(bytes, fb_data(&fb), sizeof(bytes));
    if (first)
        fragment(bytes, HEADER + FIRST, id, MORE);
    if (second)
        fragment(bytes + HEADER + FIRST, REST, id, (HEADER + FIRST) / PER_UNIT);
}

static void ack(unsigned i)
{
    tcptalk_segment(false, (struct segment){ .seq = 101, .ack = 901 + WHOLE * i, .window = 60000 });
}

static void shake(void)
{
    trace_handshake();
    ack(0);
}

static void check(uint64_t retransmits, uint64_t mirror_loss, uint64_t uncertain)
{
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMITS), retransmits);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_BYTES), mirror_loss);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_MIRROR_LOSS_SEGMENTS), mirror_loss > 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_UNCERTAIN), uncertain);
    ck_assert_uint_eq(tcptalk_snapshot()->flows.holes_forgotten, 0);
}

/* Nothing is lost, however it is acknowledged. */
START_TEST(test_clean)
{
    shake();
    for (unsigned i = 0; i < 60; i++) {
        data(i, true, true);
        if (i % 3 == (unsigned)_i)
            ack(i + 1);
    }
    ack(60);
    check(0, 0, 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_OUT_OF_ORDER), 0);
}
END_TEST

START_TEST(test_retransmit)
{
    shake();
    for (unsigned i = 0; i < 5; i++)
        data(i, true, true);
    for (unsigned i = 0; i < 4; i++)
        ack(1);
    data(1, true, true);
    ack(5);
    check(1, 0, 0);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_FAST), 1);
    ck_assert_uint_eq(tcptalk_counted(TCP_COUNT_RETRANSMIT_BYTES), FIRST);
}
END_TEST

/* A segment behind a whole one is lost by the mirror, and nothing else is. */
START_TEST(test_mirror_loss)
{
    shake();
    data(0, true, true);
    data(2, true, true);
    ack(3);
    check(0, WHOLE, 0);
}
END_TEST

/* The rest of a segment did not come: how much it was nobody knows. */
START_TEST(test_only_the_first_came)
{
    shake();
    data(0, true, false);
    data(1, true, true);
    ack(2);
    data(2, true, false);
    ack(3);
    data(3, true, true);
    ack(4);
    check(0, 0, 0);
}
END_TEST

/* Another fragment than the segment's does not belong to it. */
START_TEST(test_others)
{
    shake();
    data(0, true, true);
    data(1, true, true);
    data(0, false, true);
    data(3, true, true);
    ack(4);
    check(0, WHOLE, 0);
}
END_TEST

Suite *make_engine_tcp_fragments_suite(void)
{
    Suite *suite = suite_create("engine_tcp_fragments");
    TCase *tcase = tcase_create("fragments");

    tcase_add_checked_fixture(tcase, tcptalk_start, tcptalk_stop);
    tcase_add_loop_test(tcase, test_clean, 0, 3);
    tcase_add_test(tcase, test_retransmit);
    tcase_add_test(tcase, test_mirror_loss);
    tcase_add_test(tcase, test_only_the_first_came);
    tcase_add_test(tcase, test_others);
    suite_add_tcase(suite, tcase);
    return suite;
}
