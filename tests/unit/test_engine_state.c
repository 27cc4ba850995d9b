/* SPDX-License-Identifier: MIT */
/* What becomes of flows: opened, answered, refused, opened again. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/format.h"
#include "../support/enginerun.h"

Suite *make_engine_state_suite(void);

static const uint64_t second_ns = 1000000000u;

static struct snapshot *run(void)
{
    struct engine_config config = enginerun_config();

    config.max_flows = 1024;
    return enginerun_all(&config);
}

/* How many flows there are, and the state of the one that is not ICMP's. */
static void check_state(size_t flows, const char *state)
{
    struct snapshot *snapshot = run();
    const struct flow_record *flow = enginerun_flow(snapshot, 0);

    ck_assert_uint_eq(snapshot->flows.total, flows);
    if (strcmp(flow->protocol, "icmp") == 0)
        flow = enginerun_flow(snapshot, 1);
    ck_assert_str_eq(flow->state, state);
    snapshot_free(snapshot);
}

/* ---- ICMP errors ----------------------------------------------------------------------------- */

/* An IPv4 packet of 10.0.1.10 to 192.0.2.1, mirrored. Returns its first 28 bytes in `quote`. */
static void client_packet(uint8_t protocol, uint8_t quote[28])
{
    fb_init(&fb);
    fb_payload(&fb, NULL, protocol == PROTO_UDP ? 100 : 0);
    if (protocol == PROTO_UDP)
        fb_udp(&fb, 40000, 443);
    else
        fb_tcp(&fb, 40000, 443, 100, 0, TCP_SYN, 1000, NULL, 0);
    fb_ipv4(&fb, "10.0.1.10", "192.0.2.1", protocol, 1, 0);
    memcpy(quote, fb_data(&fb), 28);
    fb_eth(&fb, router, eni_a, ETHER_IPV4);
    fb_mirror(&fb, "10.0.1.10", 7);
    trace_add(0);
}

static void icmp_error(uint8_t type, uint8_t code, const uint8_t quote[28])
{
    fb_init(&fb);
    fb_payload(&fb, quote, 28);
    fb_icmp(&fb, type, code, 0);
    fb_ipv4(&fb, "10.9.9.9", "10.0.1.10", PROTO_ICMP, 1, 0);
    fb_eth(&fb, eni_a, router, ETHER_IPV4);
    fb_mirror(&fb, "10.0.1.10", 7);
    trace_add(0);
}

static void udp_answer(void)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 100);
    fb_udp(&fb, 443, 40000);
    fb_ipv4(&fb, "192.0.2.1", "10.0.1.10", PROTO_UDP, 1, 0);
    fb_eth(&fb, eni_a, router, ETHER_IPV4);
    fb_mirror(&fb, "10.0.1.10", 7);
    trace_add(0);
}

START_TEST(test_too_large_is_no_refusal)
{
    uint8_t quote[28];

    trace_start();
    client_packet(PROTO_UDP, quote);
    icmp_error(3, 4, quote);
    check_state(2, "one-way");
    icmp_error(3, 3, quote); /* in the flow of the first error */
    check_state(2, "refused");
}
END_TEST

START_TEST(test_an_answer_overrules_a_refusal)
{
    uint8_t quote[28];

    trace_start();
    client_packet(PROTO_UDP, quote);
    icmp_error(3, 1, quote);
    udp_answer();
    check_state(2, "two-way");

    trace_start();
    client_packet(PROTO_TCP, quote);
    icmp_error(3, 1, quote);
    check_state(2, "refused");
    trace_client(100, 0, TCP_SYN, 0);
    check_state(2, "opening");
    trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
    check_state(2, "answered");
    trace_client(101, 901, TCP_ACK, 0);
    trace.now_ns += 90 * second_ns; /* open connections may be silent for so long */
    trace_client(101, 901, TCP_ACK, 10);
    check_state(2, "open");
}
END_TEST

START_TEST(test_reset_then_the_same_syn_is_accepted)
{
    trace_start();
    trace_client(100, 0, TCP_SYN, 0);
    trace_server(0, 101, TCP_RST | TCP_ACK, 0);
    trace_client(100, 0, TCP_SYN, 0);
    trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
    trace_client(101, 901, TCP_ACK, 0);
    check_state(1, "open");
}
END_TEST

/* ---- SYNs ------------------------------------------------------------------------------------ */

START_TEST(test_both_open_at_once)
{
    struct snapshot *snapshot;
    const struct flow_record *flow;

    trace_start();
    trace_client(100, 0, TCP_SYN, 0);
    trace_server(900, 0, TCP_SYN, 0);
    trace_client(100, 901, TCP_SYN | TCP_ACK, 0);
    trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
    trace_client(101, 901, TCP_ACK, 10);
    snapshot = run();
    flow = enginerun_flow(snapshot, 0);
    ck_assert_uint_eq(flow->src_port, 40000);
    ck_assert_str_eq(flow->state, "open");
    ck_assert_uint_eq(flow->src_retransmits, 1); /* the SYN's number once more, both times */
    ck_assert_uint_eq(flow->dst_retransmits, 1);
    snapshot_free(snapshot);
}
END_TEST

START_TEST(test_late_syn_forgets_nothing)
{
    struct snapshot *snapshot;

    trace_start();
    trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
    trace_client(101, 901, TCP_ACK, 0);
    trace_server(901, 101, TCP_ACK, 1000);
    trace_client(100, 0, TCP_SYN, 0);
    trace_server(901, 101, TCP_ACK, 1000);
    snapshot = run();
    ck_assert_uint_eq(snapshot->flows.total, 1);
    ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_RETRANSMITS], 1);
    ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_RETRANSMIT_BYTES], 1000);
    ck_assert_str_eq(enginerun_flow(snapshot, 0)->state, "open");
    snapshot_free(snapshot);
}
END_TEST

/* The end of a connection may not have been mirrored: a SYN from elsewhere in the sequence space
 * is the next one. */
START_TEST(test_ports_used_again)
{
    for (int fin = 0; fin < 2; fin++) {
        struct snapshot *snapshot;
        const struct flow_record *flow;

        trace_start();
        trace_handshake();
        trace_client(101, 901, (uint8_t)(TCP_ACK | (fin ? TCP_FIN : 0)), 30);
        trace.now_ns += second_ns;
        trace_client(3000000000u, 0, TCP_SYN, 0);
        trace_server(2000000000u, 3000000001u, TCP_SYN | TCP_ACK, 0);
        trace_client(3000000001u, 2000000001u, TCP_ACK, 0);
        trace_client(3000000001u, 0, TCP_SYN, 0); /* near: some late or odd copy */
        snapshot = run();
        ck_assert_uint_eq(snapshot->flows.total, 2);
        flow = enginerun_flow(snapshot, 0);
        if (flow->serial != 2)
            flow = enginerun_flow(snapshot, 1);
        ck_assert_uint_eq(flow->src_packets, 3);
        ck_assert_uint_eq(flow->rtt_us, 2000);
        snapshot_free(snapshot);
    }
}
END_TEST

/* Only the segment that acknowledges the SYN-ACK ends the round trip. */
START_TEST(test_round_trip_needs_the_right_ack)
{
    struct snapshot *snapshot;

    trace_start();
    trace_client(100, 0, TCP_SYN, 0);
    trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
    trace_client(50, 777, TCP_ACK, 0); /* of an older connection */
    trace_client(50, 900, TCP_ACK, 0);
    trace_client(101, 901, TCP_ACK, 0);
    snapshot = run();
    ck_assert_uint_eq(snapshot->tcp.rtt.count, 1);
    ck_assert_uint_eq(snapshot->tcp.rtt.max_us, 4000);
    snapshot_free(snapshot);
}
END_TEST

/* ---- failed attempts ------------------------------------------------------------------------- */

enum { HOSTS = 40 };

static void probe(int host, bool answer)
{
    char name[32];
    struct segment s = {
        .src = "203.0.113.5", .dst = name, .sport = 5555, .dport = 22, .seq = 1, .flags = TCP_SYN
    };
    struct segment a = { .src = name,
                         .dst = "203.0.113.5",
                         .sport = 22,
                         .dport = 5555,
                         .seq = 1000,
                         .ack = 2,
                         .flags = TCP_SYN | TCP_ACK,
                         .egress = true };

    snprintf(name, sizeof(name), "10.0.2.%d", host);
    trace_segment(answer ? &a : &s);
}

static void probes(bool answer)
{
    for (int host = 1; host <= HOSTS; host++)
        probe(host, answer);
}

/* Scans that are found, and how many attempts failed in the first of them. */
static size_t count_scans(size_t max_flows, uint64_t *failed)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;
    size_t count;

    config.max_flows = max_flows;
    snapshot = enginerun_all(&config);
    count = snapshot->tables[TABLE_SUSPICIONS].count;
    *failed = 0;
    if (count > 0) {
        const struct suspicion_record *row = snapshot_row(snapshot, TABLE_SUSPICIONS, 0);

        *failed = row->unanswered + row->refused;
    }
    snapshot_free(snapshot);
    return count;
}

/* Three seconds are three seconds, also when the input ends or the table is full before. */
START_TEST(test_unanswered_takes_three_seconds)
{
    uint64_t failed;

    trace_start();
    trace_handshake();
    probes(false);
    ck_assert_uint_eq(count_scans(1024, &failed), 0);
    ck_assert_uint_eq(count_scans(16, &failed), 0);
    trace.now_ns += 2500000000u;
    trace_client(101, 901, TCP_ACK, 1);
    ck_assert_uint_eq(count_scans(1024, &failed), 0);
    trace.now_ns += 600000000u;
    trace_client(101, 901, TCP_ACK, 1);
    ck_assert_uint_eq(count_scans(1024, &failed), 1);
    ck_assert_uint_eq(failed, HOSTS);
    ck_assert_uint_eq(count_scans(16, &failed), 0);
}
END_TEST

/* A scan is shown under a filter if it would be one of what is shown alone: by the packets that
 * tried its targets, each judged by itself. */
static const struct {
    const char *rules;
    enum engine_view view;
    const char *src;  /* of the attempts: three scans are told apart by it */
    uint64_t targets; /* 0: not shown */
    bool is_whole;    /* attempts are counted */
} shown_scans[] = {
    { "accept tcp", VIEW_ACCEPTED, "203.0.113.5", HOSTS, true },
    { "accept tcp", VIEW_REJECTED, "203.0.113.5", 0, false },
    { "accept ingress tcp sport 5555", VIEW_ACCEPTED, "203.0.113.5", HOSTS, true },
    { "accept egress", VIEW_ACCEPTED, "203.0.113.5", 0, false },
    { "accept egress", VIEW_REJECTED, "203.0.113.5", HOSTS, true },
    { "accept ingress tcp dport 23", VIEW_ACCEPTED, "203.0.113.5", 0, false },
    /* 15 of 40 rejected: those alone are no scan */
    { "reject ingress dst 10.0.2.0/28; accept", VIEW_ACCEPTED, "203.0.113.5", 25, false },
    { "reject ingress dst 10.0.2.0/28; accept", VIEW_REJECTED, "203.0.113.5", 0, false },
    { "reject ingress dst 10.0.2.0/27; accept", VIEW_ACCEPTED, "203.0.113.5", 0, false },
    { "reject ingress dst 10.0.2.0/27; accept", VIEW_REJECTED, "203.0.113.5", 31, false },
    { "accept dport 1-20", VIEW_ACCEPTED, "203.0.113.6", 20, false },
    { "accept dport 1-14", VIEW_ACCEPTED, "203.0.113.6", 0, false },
    { "accept dst 10.0.2.200", VIEW_ACCEPTED, "203.0.113.6", HOSTS, true },
    { "accept host 203.0.113.5", VIEW_ACCEPTED, "203.0.113.6", 0, false },
    /* of IPv6 addresses one stands for all */
    { "accept src 2001:db8::/32", VIEW_ACCEPTED, "2001:db8::5", HOSTS, true },
    { "accept ingress tcp src ::/0 dport 23", VIEW_ACCEPTED, "2001:db8::5", 0, false },
};

/* Besides that of probes(): the ports of one host, and hosts of IPv6. */
static void more_probes(void)
{
    for (int i = 1; i <= HOSTS; i++) {
        char name[32];

        trace_segment(&(struct segment){ .src = "203.0.113.6",
                                         .dst = "10.0.2.200",
                                         .sport = 6666,
                                         .dport = (uint16_t)i,
                                         .seq = 1,
                                         .flags = TCP_SYN });
        snprintf(name, sizeof(name), "2001:db8::1:%d", i);
        fb_init(&fb);
        fb_tcp(&fb, 7777, 22, 1, 0, TCP_SYN, 1000, NULL, 0);
        fb_ipv6(&fb, "2001:db8::5", name, PROTO_TCP);
        fb_eth(&fb, eni_a, router, ETHER_IPV6);
        fb_mirror(&fb, "10.0.1.10", 7);
        trace_add(0);
    }
}

static const struct suspicion_record *find_scan(const struct snapshot *snapshot, const char *src)
{
    for (size_t i = 0; i < snapshot->tables[TABLE_SUSPICIONS].count; i++) {
        const struct suspicion_record *row = snapshot_row(snapshot, TABLE_SUSPICIONS, i);
        char text[FORMAT_ADDR];

        format_addr(text, sizeof(text), &row->src_addr);
        if (strcmp(text, src) == 0)
            return row;
    }
    return NULL;
}

START_TEST(test_scans_of_what_is_shown)
{
    struct engine_config config = enginerun_config();
    const struct suspicion_record *row;
    struct snapshot *snapshot;
    struct engine *engine;

    trace_start();
    trace_handshake();
    probes(false);
    more_probes();
    trace.now_ns += 3500000000u;
    trace_client(101, 901, TCP_ACK, 1);
    config.max_flows = 1024;
    engine = enginerun_feed(&config, 1);
    engine_set_filter(engine, enginerun_program("accept udp; reject all"));
    engine_set_filter(engine, enginerun_program(shown_scans[_i].rules));
    engine_set_view(engine, shown_scans[_i].view);
    snapshot = enginerun_finish(engine);
    row = find_scan(snapshot, shown_scans[_i].src);
    ck_assert_uint_eq(row != NULL, shown_scans[_i].targets > 0);
    if (row) {
        ck_assert_uint_eq(row->targets, shown_scans[_i].targets);
        ck_assert_uint_eq(row->unanswered, shown_scans[_i].is_whole ? HOSTS : VALUE_UNKNOWN);
        ck_assert_uint_eq(row->refused, shown_scans[_i].is_whole ? 0 : VALUE_UNKNOWN);
        ck_assert_uint_eq(strtoul(row->detail, NULL, 10), row->targets);
    }
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* An answer that comes too late is none, whichever part of the table has just been looked at. */
START_TEST(test_late_answers_are_all_too_late)
{
    uint64_t failed;

    trace_start();
    trace_handshake();
    probes(false);
    for (int i = 0; i < 34; i++) {
        trace.now_ns += 100000000u;
        trace_client(101, 901, TCP_ACK, 1);
    }
    probes(true);
    ck_assert_uint_eq(count_scans(1024, &failed), 1);
    ck_assert_uint_eq(failed, HOSTS);
}
END_TEST

/* Who sees only one direction cannot know what is answered. It takes more to believe that than a
 * segment or a reset that anybody can send. */
START_TEST(test_one_direction)
{
    static const struct {
        uint32_t ack[2];
        uint8_t flags;
        size_t scans;
    } cases[] = {
        { { 0, 0 }, 0, 1 },
        { { 1, 1 }, TCP_ACK, 1 },
        { { 1, 1 }, TCP_RST | TCP_ACK, 1 },
        { { 1, 1000 }, TCP_RST | TCP_ACK, 1 },
        { { 1000, 1 }, TCP_ACK, 1 },
        { { 1, 1 }, TCP_SYN | TCP_ACK, 1 },
        { { 1, 1000 }, TCP_ACK, 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t failed;

        trace_start();
        for (uint32_t n = 0; n < 2 && cases[i].flags; n++)
            trace_server(5000 + 100 * n, cases[i].ack[n], cases[i].flags, 0);
        probes(false);
        trace.now_ns += 4 * second_ns;
        probe(HOSTS + 1, false);
        ck_assert_msg(count_scans(1024, &failed) == cases[i].scans, "case %zu", i);
    }
}
END_TEST

START_TEST(test_one_direction_by_its_connections)
{
    uint64_t failed;

    trace_start(); /* a SYN that goes on: it must have been answered */
    trace_server(5000, 0, TCP_SYN, 0);
    trace_server(5001, 1, TCP_ACK, 100);
    probes(false);
    trace.now_ns += 4 * second_ns;
    probe(HOSTS + 1, false);
    ck_assert_uint_eq(count_scans(1024, &failed), 0);
}
END_TEST

Suite *make_engine_state_suite(void)
{
    Suite *suite = suite_create("engine_state");
    TCase *tcase = tcase_create("engine_state");

    tcase_add_test(tcase, test_too_large_is_no_refusal);
    tcase_add_test(tcase, test_an_answer_overrules_a_refusal);
    tcase_add_test(tcase, test_reset_then_the_same_syn_is_accepted);
    tcase_add_test(tcase, test_both_open_at_once);
    tcase_add_test(tcase, test_late_syn_forgets_nothing);
    tcase_add_test(tcase, test_ports_used_again);
    tcase_add_test(tcase, test_round_trip_needs_the_right_ack);
    tcase_add_test(tcase, test_unanswered_takes_three_seconds);
    tcase_add_loop_test(tcase, test_scans_of_what_is_shown, 0,
                        sizeof(shown_scans) / sizeof(shown_scans[0]));
    tcase_add_test(tcase, test_late_answers_are_all_too_late);
    tcase_add_test(tcase, test_one_direction);
    tcase_add_test(tcase, test_one_direction_by_its_connections);
    suite_add_tcase(suite, tcase);
    return suite;
}
