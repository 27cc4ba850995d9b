/* SPDX-License-Identifier: MIT */
/* peek: the application from first payloads that come in one piece, in several, or not whole. */
#include <check.h>
#include <string.h>

#include "../../src/flow/peek.h"
#include "../support/payload.h"

Suite *make_peek_suite(void);

enum { NAMES = 8, HELLO = 700, START_SEQ = 1000 };

static const char name[] = "a.example";

static struct peek_pool pool;
static struct name_store names;
static struct flow flow;
static struct flow_detail detail;
static struct flow_events events;
static uint8_t hello[HELLO + 100];
static size_t hello_length;

static void setup(void)
{
    struct err err;

    ck_assert(peek_pool_init(&pool, &err));
    ck_assert(name_store_init(&names, NAMES, 1, &err));
    memset(&flow, 0, sizeof(flow));
    memset(&detail, 0, sizeof(detail));
    memset(&events, 0, sizeof(events));
    hello_length =
        payload_client_hello(hello, sizeof(hello), name, HELLO); /* the name comes last */
}

static void teardown(void)
{
    peek_pool_release(&pool);
    name_store_release(&names);
}

static struct flow_entry entry(void)
{
    static const struct flow_table one = { .flows = &flow, .details = &detail, .events = &events };

    return (struct flow_entry){ .flow = &flow, .table = &one };
}

/* As the engine does it: a direction that is done is not looked at. */
static void look(struct flow_entry of, unsigned side, const struct packet *packet)
{
    if (flow_peek(of.flow, side) != PEEK_DONE)
        peek_look(&pool, &names, of, side, packet);
}

static struct packet segment(unsigned side, uint32_t seq, const void *bytes, size_t length)
{
    return (struct packet){
        .protocol = PROTO_TCP,
        .has_transport = true,
        .has_ports = true,
        .src_port = side ? 443 : 40000,
        .dst_port = side ? 40000 : 443,
        .payload = bytes,
        .payload_bytes = (uint32_t)length,
        .payload_captured = (uint32_t)length,
        .tcp = { .seq = seq, .flags = TCP_ACK },
    };
}

static void say(unsigned side, uint32_t seq, const void *bytes, size_t length)
{
    struct packet packet = segment(side, seq, bytes, length);

    look(entry(), side, &packet);
}

/* Bytes [from, to) of the ClientHello, from side 0. */
static void say_hello(size_t from, size_t to)
{
    say(0, START_SEQ + (uint32_t)from, hello + from, to - from);
}

static void check_done(uint16_t app, const char *server_name)
{
    ck_assert_uint_eq(detail.app, app);
    ck_assert_str_eq(name_store_text(&names, detail.name), server_name);
    ck_assert_uint_eq(flow_peek(&flow, 0), PEEK_DONE);
    ck_assert_uint_eq(flow_peek(&flow, 1), PEEK_DONE);
    ck_assert_uint_eq(events.peek_buffer, 0);
    ck_assert_uint_eq(pool.dropped, 0);
}

/* ---- one ClientHello, cut up in many ways ---------------------------------------------------- */

START_TEST(test_whole)
{
    say_hello(0, hello_length);
    check_done(APP_TLS, name);
    ck_assert_uint_eq(pool.high_water, 0); /* needed no buffer */
}
END_TEST

START_TEST(test_split_anywhere)
{
    for (size_t at = 1; at < hello_length; at++) {
        teardown();
        setup();
        say_hello(0, at);
        ck_assert_uint_eq(flow_peek(&flow, 0), PEEK_MORE);
        ck_assert_uint_eq(flow_peek(&flow, 1), PEEK_FIRST);
        ck_assert_uint_ne(events.peek_buffer, 0);
        say_hello(at, hello_length);
        check_done(APP_TLS, name);
    }
}
END_TEST

START_TEST(test_byte_by_byte)
{
    for (size_t at = 0; at < hello_length; at++) {
        ck_assert_str_eq(name_store_text(&names, detail.name), "");
        say_hello(at, at + 1);
    }
    check_done(APP_TLS, name);
}
END_TEST

/* Segments of the hello in the order in which they are seen; {0, 0} ends them. */
static const struct {
    const char *what;
    struct {
        size_t from, to;
    } segments[5];
    bool found;
} orders[] = {
    { "three", { { 0, 200 }, { 200, 400 }, { 400, HELLO } }, true },
    { "first repeated", { { 0, 300 }, { 0, 300 }, { 300, HELLO } }, true },
    { "both repeated",
      { { 0, 300 }, { 0, 300 }, { 300, 500 }, { 300, 500 }, { 500, HELLO } },
      true },
    { "end of the first repeated", { { 0, 300 }, { 200, 300 }, { 300, HELLO } }, true },
    { "repeated in one piece with the rest", { { 0, 300 }, { 0, HELLO } }, true },
    { "overlapping", { { 0, 300 }, { 250, 500 }, { 499, HELLO } }, true },
    { "a gap", { { 0, 300 }, { 301, HELLO } }, false },
    { "a gap that is filled too late", { { 0, 300 }, { 400, HELLO }, { 300, 400 } }, false },
    { "the rest is far away", { { 0, 300 }, { 300 + 100000, 400 + 100000 } }, false },
};

enum { ORDERS = sizeof(orders) / sizeof(orders[0]) };

START_TEST(test_orders)
{
    ck_assert_uint_eq(hello_length, HELLO);
    for (size_t i = 0; i < 5 && orders[_i].segments[i].to; i++) {
        size_t from = orders[_i].segments[i].from, to = orders[_i].segments[i].to;

        if (to > HELLO)
            say(0, START_SEQ + (uint32_t)from, hello, to - from);
        else
            say_hello(from, to);
    }
    check_done(APP_TLS, orders[_i].found ? name : "");
}
END_TEST

START_TEST(test_sequence_numbers_wrap)
{
    uint32_t seq = UINT32_MAX - 250;

    say(0, seq, hello, 300);
    say(0, seq, hello, 300);
    say(0, seq + 300, hello + 300, hello_length - 300);
    check_done(APP_TLS, name);
}
END_TEST

/* TCP Fast Open, RFC 7413: the SYN counts as one byte. */
START_TEST(test_data_in_the_syn)
{
    struct packet packet = segment(0, START_SEQ - 1, hello, 300);

    packet.tcp.flags = TCP_SYN;
    look(entry(), 0, &packet);
    say_hello(300, hello_length);
    check_done(APP_TLS, name);
}
END_TEST

START_TEST(test_second_segment_cut_by_the_mirror)
{
    struct packet packet = segment(0, START_SEQ + 300, hello + 300, hello_length - 300);

    say_hello(0, 300);
    packet.payload_captured = 100;
    look(entry(), 0, &packet);
    check_done(APP_TLS, "");
}
END_TEST

START_TEST(test_first_segment_cut_by_the_mirror)
{
    struct packet packet = segment(0, START_SEQ, hello, hello_length);

    packet.payload_captured = 200;
    look(entry(), 0, &packet);
    check_done(APP_TLS, "");
}
END_TEST

START_TEST(test_hello_that_no_buffer_holds)
{
    static uint8_t large[APP_BUFFER + 1000];
    size_t length = payload_client_hello(large, sizeof(large), name, APP_BUFFER + 900);

    for (size_t at = 0; at < length; at += 1448)
        say(0, START_SEQ + (uint32_t)at, large + at, length - at < 1448 ? length - at : 1448);
    check_done(APP_TLS, "");
}
END_TEST

/* ---- both directions ------------------------------------------------------------------------- */

static const char opaque[] = "\x01\x02\x03\x04 nothing that is known";

START_TEST(test_other_direction_first)
{
    say(1, 5, opaque, sizeof(opaque));
    ck_assert_uint_eq(flow_peek(&flow, 1), PEEK_DONE);
    ck_assert_uint_eq(flow_peek(&flow, 0), PEEK_FIRST);
    ck_assert_uint_eq(detail.app, APP_UNKNOWN);
    say_hello(0, 300);
    say_hello(300, hello_length);
    check_done(APP_TLS, name);
}
END_TEST

START_TEST(test_other_direction_in_between)
{
    say_hello(0, 300);
    say(1, 5, opaque, sizeof(opaque));
    ck_assert_uint_eq(detail.app, APP_TLS);
    say_hello(300, hello_length);
    check_done(APP_TLS, name);
}
END_TEST

START_TEST(test_answer_ends_the_look)
{
    uint8_t answer[200];
    size_t length = payload_tls_record(answer, sizeof(answer), 22, 100);

    say_hello(0, 300);
    say(1, 5, answer, length); /* the rest of the hello was not mirrored */
    check_done(APP_TLS, "");
}
END_TEST

/* A buffer for one direction only; what the other one leaves open takes nothing back. */
START_TEST(test_both_directions_need_more)
{
    say_hello(0, 300);
    say(1, 5, "SSH", 3);
    ck_assert_uint_eq(flow_peek(&flow, 1), PEEK_DONE);
    ck_assert_uint_eq(detail.app, APP_TLS);
    ck_assert_uint_eq(pool.high_water, 1);
    say(0, START_SEQ + 400, hello + 400, 100); /* a gap */
    check_done(APP_TLS, "");
}
END_TEST

/* The first bytes say nothing yet, and their continuation is never seen. */
START_TEST(test_gap_before_anything_is_known)
{
    say_hello(0, 1);
    say_hello(200, 300);
    ck_assert_uint_eq(flow_peek(&flow, 0), PEEK_DONE);
    ck_assert_uint_eq(flow_peek(&flow, 1), PEEK_FIRST); /* may still say it */
    ck_assert_uint_eq(events.peek_buffer, 0);
    say(1, 5, "SSH-2.0-x\r\n", 11);
    check_done(APP_SSH, "");
}
END_TEST

/* What looked like HTTP turns out to be another protocol with the same words. */
START_TEST(test_more_says_no)
{
    static const char request[] = "OPTIONS /a SIP/2.0\r\n";

    say(0, START_SEQ, request, 11);
    ck_assert_uint_eq(flow_peek(&flow, 0), PEEK_MORE);
    say(0, START_SEQ + 11, request + 11, sizeof(request) - 1 - 11);
    ck_assert_uint_eq(flow_peek(&flow, 0), PEEK_DONE);
    ck_assert_uint_eq(flow_peek(&flow, 1), PEEK_FIRST);
    ck_assert_uint_eq(events.peek_buffer, 0);
    ck_assert_uint_eq(detail.app, APP_UNKNOWN);
}
END_TEST

START_TEST(test_datagrams)
{
    uint8_t question[100];
    size_t length = payload_dns(question, sizeof(question), 1, "b.example", NULL, 0);
    struct packet packet = segment(0, 0, question, length);

    packet.protocol = PROTO_UDP;
    packet.dst_port = 53;
    look(entry(), 0, &packet);
    check_done(APP_DNS, "b.example");
}
END_TEST

/* ---- bounds ---------------------------------------------------------------------------------- */

START_TEST(test_name_store_full)
{
    for (char text[] = "0"; text[0] < '0' + NAMES; text[0]++)
        ck_assert_uint_ne(name_store_take(&names, text), 0);
    say_hello(0, 300);
    say_hello(300, hello_length);
    check_done(APP_TLS, "");
    ck_assert_uint_eq(names.dropped, 1);
}
END_TEST

/* Most flows need no buffer, and then their events are not even read: that would cost a page. */
START_TEST(test_without_a_buffer_events_stay_untouched)
{
    struct packet whole = segment(0, START_SEQ, hello, hello_length);
    struct flow_table no_events = { .flows = &flow, .details = &detail };
    struct flow_entry of = { .flow = &flow, .table = &no_events };

    look(of, 0, &whole);
    check_done(APP_TLS, name);
    peek_drop(&pool, of);
}
END_TEST

enum { FLOWS = PEEK_BUFFERS + 3 };

static struct {
    struct flow flow[FLOWS];
    struct flow_detail detail[FLOWS];
    struct flow_events events[FLOWS];
} many;

static struct flow_entry of_many(size_t i)
{
    static const struct flow_table table = { .flows = many.flow,
                                             .details = many.detail,
                                             .events = many.events };

    return (struct flow_entry){ .flow = &many.flow[i], .table = &table };
}

START_TEST(test_pool_exhausted)
{
    struct packet first = segment(0, START_SEQ, hello, 300);
    struct packet second = segment(0, START_SEQ + 300, hello + 300, hello_length - 300);

    memset(&many, 0, sizeof(many));
    for (size_t i = 0; i < FLOWS; i++) {
        struct flow_entry of = of_many(i);

        look(of, 0, &first);
        ck_assert_uint_eq(many.detail[i].app, APP_TLS); /* with a buffer or without */
        ck_assert_uint_eq(many.events[i].peek_buffer != 0, i < PEEK_BUFFERS);
        ck_assert_uint_eq(flow_peek(&many.flow[i], 0), i < PEEK_BUFFERS ? PEEK_MORE : PEEK_DONE);
    }
    ck_assert_uint_eq(pool.dropped, 3);
    /* One gets its name, one ends: their two buffers are free for others, and no more than they. */
    look(of_many(7), 0, &second);
    ck_assert_str_eq(name_store_text(&names, many.detail[7].name), name);
    struct flow_entry ends = of_many(8);
    peek_drop(&pool, ends);
    ck_assert_uint_eq(flow_peek(&many.flow[8], 0), PEEK_DONE);
    peek_drop(&pool, ends); /* it has none any more */
    memset(&many.flow[PEEK_BUFFERS], 0, 3 * sizeof(many.flow[0]));
    memset(&many.detail[PEEK_BUFFERS], 0, 3 * sizeof(many.detail[0]));
    memset(&many.events[PEEK_BUFFERS], 0, 3 * sizeof(many.events[0]));
    for (size_t i = PEEK_BUFFERS; i < FLOWS; i++)
        look(of_many(i), 0, &first);
    ck_assert_uint_eq(pool.dropped, 4);
    /* No buffer has two owners: every flow that has one still gets its name. */
    for (size_t i = 0; i < FLOWS; i++) {
        bool has_buffer = many.events[i].peek_buffer != 0;

        look(of_many(i), 0, &second);
        ck_assert_uint_eq(many.detail[i].name != 0, has_buffer || i == 7);
        ck_assert_uint_eq(many.events[i].peek_buffer, 0);
    }
    peek_pool_clear(&pool);
    ck_assert_uint_eq(pool.dropped, 0);
    say_hello(0, 300);
    say_hello(300, hello_length);
    check_done(APP_TLS, name);
}
END_TEST

Suite *make_peek_suite(void)
{
    Suite *suite = suite_create("peek");
    TCase *tcase = tcase_create("peek");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_whole);
    tcase_add_test(tcase, test_split_anywhere);
    tcase_add_test(tcase, test_byte_by_byte);
    tcase_add_loop_test(tcase, test_orders, 0, ORDERS);
    tcase_add_test(tcase, test_sequence_numbers_wrap);
    tcase_add_test(tcase, test_data_in_the_syn);
    tcase_add_test(tcase, test_second_segment_cut_by_the_mirror);
    tcase_add_test(tcase, test_first_segment_cut_by_the_mirror);
    tcase_add_test(tcase, test_hello_that_no_buffer_holds);
    tcase_add_test(tcase, test_other_direction_first);
    tcase_add_test(tcase, test_other_direction_in_between);
    tcase_add_test(tcase, test_answer_ends_the_look);
    tcase_add_test(tcase, test_both_directions_need_more);
    tcase_add_test(tcase, test_gap_before_anything_is_known);
    tcase_add_test(tcase, test_more_says_no);
    tcase_add_test(tcase, test_datagrams);
    tcase_add_test(tcase, test_name_store_full);
    tcase_add_test(tcase, test_without_a_buffer_events_stay_untouched);
    tcase_add_test(tcase, test_pool_exhausted);
    suite_add_tcase(suite, tcase);
    return suite;
}
