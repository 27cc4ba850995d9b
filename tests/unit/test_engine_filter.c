/* SPDX-License-Identifier: MIT */
/* A filter in force: what is shown must be what a capture of the accepted packets alone gives, as
 * plainly judged packet by packet; and it must not matter when the filter came. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/filter/read.h"
#include "../../src/output/output.h"
#include "../support/enginerun.h"
#include "../support/everything.h"
#include "../support/filterref.h"
#include "../support/talk.h"

Suite *make_engine_filter_suite(void);

static const char *const texts[] = {
    "accept all",
    "reject all",
    "accept ingress tcp dport 443",
    "accept egress tcp sport 443; accept ingress tcp dport 443",
    "accept udp",
    "not port 53",
    "not net 192.0.2.0/25",
    "accept egress udp dport 53; accept ingress udp sport 53",
    "accept ingress src 2001:db8::/32 dst ::/0",
    "100 reject egress tcp src 10.0.1.0/24 dst 0.0.0.0/0; 200 accept egress src 0.0.0.0/0",
    "accept egress udp dport 7000",
    "session 1 reject tcp dport 443; session 2 accept tcp; reject-goes-on",
};

enum { TEXTS = sizeof(texts) / sizeof(texts[0]), HALF_SECOND = 500 };

static struct capture capture;

static void read_into(struct filter *filter, const char *text)
{
    struct filter_error error;

    filter_init(filter);
    ck_assert_msg(filter_read(filter, text, strlen(text), &error), "%s: %s", text, error.text);
}

/* ---- the capture ----------------------------------------------------------------------------- */

/* Datagrams in two fragments, one of them with the ports. */
static void add_fragments(void)
{
    struct mirror mirror = { .capture = &capture,
                             .source = "10.0.1.11",
                             .vni = 7,
                             .mac = "02:00:00:00:00:0a",
                             .router_mac = "02:00:00:00:00:ff" };

    for (unsigned i = 0; i < 20; i++) {
        uint64_t at = EVERYTHING_START + (100 + i * 150) * TALK_MS;

        for (unsigned part = 0; part < 2; part++) {
            fb_init(&fb);
            fb_payload(&fb, NULL, part ? 40 : 64);
            if (part == 0)
                fb_udp(&fb, 5000, (uint16_t)(7000 + i / 10));
            fb_ipv4(&fb, "10.0.1.11", "198.51.100.9", PROTO_UDP, (uint16_t)(900 + i),
                    part ? 9 : 0x2000);
            fb_eth(&fb, mirror.router_mac, mirror.mac, ETHER_IPV4);
            mirror_send(&mirror, at + part * TALK_MS, &fb, i, true);
        }
    }
}

static void setup(void)
{
    everything_add(&capture);
    add_fragments();
    capture_sort(&capture);
}

static void teardown(void)
{
    capture_release(&capture);
}

static struct engine *make_engine(bool rates, size_t max_flows)
{
    struct engine_config config = {
        .decode = decode_config_default,
        .max_flows = max_flows,
        .direct = true,
        .rates = rates,
        .seed = 5,
    };
    struct err err;
    struct engine *engine = engine_new(&config, &err);

    ck_assert_ptr_nonnull(engine);
    return engine;
}

static void feed(struct engine *engine, const struct capture *from, size_t first, size_t last)
{
    for (size_t i = first; i < last; i++) {
        const struct capture_frame *frame = &from->frames[i];

        engine_feed(engine,
                    &(struct frame){ .data = frame->data,
                                     .ts_ns = frame->ts_ns,
                                     .captured = frame->captured,
                                     .wire = frame->wire,
                                     .link = LINK_ETHERNET },
                    1);
    }
}

/* ---- plain evaluation ------------------------------------------------------------------------ */

/* Which way a packet went is known where some packet of its session had the mirror source's own
 * address. Sessions are told apart by VNI, and by their sources. */
static bool has_vote(const struct packet *packet)
{
    return packet->mirror != MIRROR_NONE && packet->src.family == packet->outer_src.family &&
           (memcmp(packet->src.bytes, packet->outer_src.bytes, 16) == 0 ||
            memcmp(packet->dst.bytes, packet->outer_src.bytes, 16) == 0);
}

static bool same_session(const struct packet *a, const struct packet *b)
{
    return a->mirror != MIRROR_NONE && b->mirror != MIRROR_NONE && a->vni == b->vni &&
           memcmp(a->outer_src.bytes, b->outer_src.bytes, 16) == 0;
}

static void decode(const struct capture_frame *frame, struct packet *packet)
{
    decode_frame(&decode_config_default, LINK_ETHERNET, frame->data, frame->captured, 0,
                 frame->wire, packet);
}

static bool knows_directions(const struct packet *packet)
{
    for (size_t i = 0; i < capture.count; i++) {
        struct packet other;

        decode(&capture.frames[i], &other);
        if (same_session(packet, &other) && has_vote(&other))
            return true;
    }
    return false;
}

static enum filter_verdict judge(const struct filter *filter, const struct packet *packet,
                                 bool directions)
{
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0x0a };
    static uint16_t dport;
    struct filter_subject subject = {
        .src = packet->src,
        .dst = packet->dst,
        .src_port = packet->src_port,
        .dst_port = packet->dst_port,
        .protocol = packet->protocol,
        .is_ip = packet->ether_type == ETHER_IPV4 || packet->ether_type == ETHER_IPV6,
        .is_arp = packet->ether_type == ETHER_ARP,
        .has_ports = packet->has_ports,
    };

    if (packet->is_fragment && packet->is_first_fragment)
        dport = packet->dst_port;
    if (packet->is_fragment && !packet->is_first_fragment) { /* comes right behind the first */
        subject.later_fragment = true;
        subject.has_ports = true;
        subject.src_port = 5000;
        subject.dst_port = dport;
    }
    if (directions && packet->mac)
        subject.direction =
            memcmp(packet->mac + 6, mac, 6) == 0 ? DIRECTION_EGRESS : DIRECTION_INGRESS;
    return filterref_judge(filter, &subject).verdict;
}

/* The frames of one verdict; sums of all three. */
static struct capture select_frames(const char *text, enum filter_verdict wanted,
                                    struct snapshot_sum sums[3])
{
    struct capture selected = { .count = 0 };
    struct filter filter;
    int8_t known[32] = { 0 }; /* by VNI and last byte of the source */

    read_into(&filter, text);
    memset(sums, 0, 3 * sizeof(sums[0]));
    for (size_t i = 0; i < capture.count; i++) {
        const struct capture_frame *frame = &capture.frames[i];
        struct packet packet;
        enum filter_verdict verdict;
        int8_t *knows;

        decode(frame, &packet);
        knows = &known[packet.mirror == MIRROR_NONE ? 0 : packet.vni + packet.outer_src.bytes[3]];
        if (*knows == 0)
            *knows = knows_directions(&packet) ? 1 : -1;
        verdict = judge(&filter, &packet, *knows > 0);
        sums[verdict].packets++;
        sums[verdict].bytes += packet.bytes;
        if (verdict == wanted)
            capture_add(&selected, frame->ts_ns, frame->data, frame->captured, frame->wire, 0);
    }
    filter_free(&filter);
    return selected;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void check_sum(const char *what, struct snapshot_sum is, struct snapshot_sum must)
{
    ck_assert_msg(is.packets == must.packets && is.bytes == must.bytes,
                  "%s: %llu packets, %llu bytes instead of %llu, %llu", what,
                  (unsigned long long)is.packets, (unsigned long long)is.bytes,
                  (unsigned long long)must.packets, (unsigned long long)must.bytes);
}

static struct snapshot_sum sum_of_rules(const struct snapshot *snapshot, const char *action)
{
    struct snapshot_sum sum = { 0, 0 };

    for (size_t i = 0; i < snapshot->tables[TABLE_RULES].count; i++) {
        const struct rule_record *row = snapshot_row(snapshot, TABLE_RULES, i);

        if (strcmp(row->action, action) != 0)
            continue;
        sum.packets += row->packets;
        sum.bytes += row->bytes;
    }
    return sum;
}

static bool same_addr(const struct ip_addr *a, const struct ip_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static const struct talker_record *talker(const struct snapshot *snapshot,
                                          const struct ip_addr *addr)
{
    for (size_t i = 0; i < snapshot->tables[TABLE_TALKERS].count; i++) {
        const struct talker_record *row = snapshot_row(snapshot, TABLE_TALKERS, i);

        if (same_addr(&row->addr, addr))
            return row;
    }
    ck_abort_msg("a talker is missing");
}

static void check_talkers(const struct snapshot *view, const struct snapshot *alone)
{
    ck_assert_uint_eq(view->tables[TABLE_TALKERS].count, alone->tables[TABLE_TALKERS].count);
    for (size_t i = 0; i < alone->tables[TABLE_TALKERS].count; i++) {
        const struct talker_record *must = snapshot_row(alone, TABLE_TALKERS, i);
        const struct talker_record *is = talker(view, &must->addr);

        ck_assert_uint_eq(is->packets_sent, must->packets_sent);
        ck_assert_uint_eq(is->bytes_sent, must->bytes_sent);
        ck_assert_uint_eq(is->packets_received, must->packets_received);
        ck_assert_uint_eq(is->bytes_received, must->bytes_received);
        ck_assert_uint_eq(is->flows, must->flows);
        ck_assert_uint_eq(is->vni, must->vni);
        /* whether it has sent TCP is known of all that it sent */
        ck_assert_uint_eq(is->retransmits == VALUE_UNKNOWN ? 0 : is->retransmits,
                          must->retransmits == VALUE_UNKNOWN ? 0 : must->retransmits);
    }
}

/* Applications may have been recognised by the other side's payload: networks and transports. */
static void check_protocols(const struct snapshot *view, const struct snapshot *alone)
{
    const struct snapshot_rows *rows = &alone->tables[TABLE_PROTOCOLS];

    for (size_t i = 0; i < rows->count; i++) {
        const struct protocol_record *must = snapshot_row(alone, TABLE_PROTOCOLS, i);
        bool found = must->level == 2;

        for (size_t j = 0; j < view->tables[TABLE_PROTOCOLS].count && !found; j++) {
            const struct protocol_record *is = snapshot_row(view, TABLE_PROTOCOLS, j);

            found = strcmp(is->name, must->name) == 0 && strcmp(is->parent, must->parent) == 0 &&
                    is->packets == must->packets && is->bytes == must->bytes;
        }
        ck_assert_msg(found, "protocol %s", must->name);
    }
}

static void check_sessions(const struct snapshot *view, const struct snapshot *alone)
{
    for (size_t i = 0; i < view->tables[TABLE_SESSIONS].count; i++) {
        const struct session_record *is = snapshot_row(view, TABLE_SESSIONS, i);
        const struct session_record *must = NULL;

        for (size_t j = 0; j < alone->tables[TABLE_SESSIONS].count; j++) {
            const struct session_record *row = snapshot_row(alone, TABLE_SESSIONS, j);

            if (row->vni == is->vni && same_addr(&row->mirror_source, &is->mirror_source))
                must = row;
        }
        ck_assert_uint_eq(is->packets, must ? must->packets : 0);
        ck_assert_uint_eq(is->bytes, must ? must->bytes : 0);
        ck_assert_uint_eq(is->flows, must ? must->flows : 0);
        ck_assert_uint_eq(is->retransmits, must ? must->retransmits : 0);
        ck_assert_uint_eq(is->ingress + is->egress + is->unknown_direction, is->packets);
    }
}

static void check_view(const struct snapshot *view, const struct snapshot *alone)
{
    ck_assert_uint_eq(view->packets, alone->packets);
    ck_assert_uint_eq(view->bytes, alone->bytes);
    ck_assert_uint_eq(view->tcp.segments, alone->tcp.segments);
    ck_assert_uint_eq(view->tcp.count[TCP_COUNT_RETRANSMITS],
                      alone->tcp.count[TCP_COUNT_RETRANSMITS]);
    ck_assert_uint_eq(view->tcp.count[TCP_COUNT_RETRANSMIT_BYTES],
                      alone->tcp.count[TCP_COUNT_RETRANSMIT_BYTES]);
    ck_assert_uint_eq(view->tcp.count[TCP_COUNT_OUT_OF_ORDER],
                      alone->tcp.count[TCP_COUNT_OUT_OF_ORDER]);
    ck_assert_uint_eq(view->tcp.count[TCP_COUNT_ZERO_WINDOWS],
                      alone->tcp.count[TCP_COUNT_ZERO_WINDOWS]);
    ck_assert_uint_eq(view->tcp.rtt.count, alone->tcp.rtt.count);
    ck_assert_uint_eq(view->tcp.rtt.max_us, alone->tcp.rtt.max_us);
    ck_assert_uint_eq(view->tcp.rtt_dst.count, alone->tcp.rtt_dst.count);
    ck_assert_uint_eq(view->tcp.rtt_src.count, alone->tcp.rtt_src.count);
    ck_assert_uint_eq(view->tcp.rtt_dst.max_us, alone->tcp.rtt_dst.max_us);
    ck_assert_uint_eq(view->flows.shown, alone->flows.total);
    ck_assert_uint_eq(view->tables[TABLE_FLOWS].total, alone->tables[TABLE_FLOWS].total);
    check_talkers(view, alone);
    check_protocols(view, alone);
    check_sessions(view, alone);
}

static bool add_row(const struct flow_record *flow, void *context)
{
    struct snapshot_sum *sum = context;

    sum->packets += flow->src_packets + flow->dst_packets;
    sum->bytes += flow->src_bytes + flow->dst_bytes;
    ck_assert_uint_gt(flow->packets, 0);
    if (flow->src_packets == 0)
        ck_assert_uint_eq(flow->src_tcp_flags & flow->src_retransmits, VALUE_UNKNOWN);
    if (flow->src_packets == 0 || flow->dst_packets == 0)
        ck_assert_uint_eq(flow->rtt_us, VALUE_UNKNOWN);
    return true;
}

/* ---- what is accepted, or rejected, is all there is ------------------------------------------ */

static void check_filter(const char *text, bool rates, enum engine_view view)
{
    enum filter_verdict wanted = view == VIEW_ACCEPTED ? FILTER_ACCEPTED : FILTER_REJECTED;
    struct snapshot_sum sums[3], rows = { 0, 0 };
    struct capture selected = select_frames(text, wanted, sums);
    struct engine *engine = make_engine(rates, 1024), *other = make_engine(rates, 1024);
    struct snapshot *shown, *alone;

    engine_set_filter(engine, enginerun_program(text));
    engine_set_view(engine, view);
    feed(engine, &capture, 0, capture.count);
    feed(other, &selected, 0, selected.count);
    shown = enginerun_finish(engine);
    alone = enginerun_finish(other);
    ck_assert(shown->filter.on && !alone->filter.on);
    check_sum("accepted", shown->filter.accepted, sums[FILTER_ACCEPTED]);
    check_sum("rejected", shown->filter.rejected, sums[FILTER_REJECTED]);
    check_sum("uncertain", shown->filter.uncertain, sums[FILTER_UNCERTAIN]);
    check_sum("rules that accept", sum_of_rules(shown, "accept"), sums[FILTER_ACCEPTED]);
    check_sum("what rejects", sum_of_rules(shown, "reject"), sums[FILTER_REJECTED]);
    check_sum("what is uncertain", sum_of_rules(shown, "uncertain"), sums[FILTER_UNCERTAIN]);
    ck_assert_uint_eq(shown->filter.all.packets, capture.count);
    check_view(shown, alone);
    engine_visit_flows(engine, add_row, &rows);
    check_sum("rows of flows", rows, sums[wanted]);
    snapshot_free(shown);
    snapshot_free(alone);
    engine_free(engine);
    engine_free(other);
    capture_release(&selected);
}

START_TEST(test_equals_the_accepted_alone)
{
    check_filter(texts[_i], false, VIEW_ACCEPTED);
    check_filter(texts[_i], true, VIEW_ACCEPTED);
}
END_TEST

START_TEST(test_equals_the_rejected_alone)
{
    check_filter(texts[_i], false, VIEW_REJECTED);
    check_filter(texts[_i], true, VIEW_REJECTED);
}
END_TEST

/* ---- when the filter came does not matter ---------------------------------------------------- */

static void check_same(char *is, char *must)
{
    ck_assert_str_eq(is, must);
    free(is);
    free(must);
}

/* One filter from the start. */
static char *report_of(const char *text, bool rates, enum engine_view view)
{
    struct engine *engine = make_engine(rates, 1024);

    engine_set_view(engine, view);
    engine_set_filter(engine, text ? enginerun_program(text) : NULL);
    feed(engine, &capture, 0, capture.count);
    return enginerun_report(engine);
}

/* Others before it, some removed in between. */
static char *report_of_many(const char *text, bool rates, enum engine_view view)
{
    struct engine *engine = make_engine(rates, 1024);
    size_t part = capture.count / 5;

    feed(engine, &capture, 0, part);
    engine_set_filter(engine, enginerun_program("accept ingress udp"));
    feed(engine, &capture, part, 2 * part);
    engine_set_view(engine, VIEW_REJECTED);
    engine_set_filter(engine, NULL);
    feed(engine, &capture, 2 * part, 3 * part);
    engine_set_filter(engine, enginerun_program("not port 443"));
    engine_set_view(engine, view);
    feed(engine, &capture, 3 * part, 4 * part);
    engine_set_filter(engine, text ? enginerun_program(text) : NULL);
    feed(engine, &capture, 4 * part, capture.count);
    return enginerun_report(engine);
}

START_TEST(test_when_does_not_matter)
{
    for (int rates = 0; rates < 2; rates++) {
        check_same(report_of_many(texts[_i], rates, VIEW_ACCEPTED),
                   report_of(texts[_i], rates, VIEW_ACCEPTED));
        check_same(report_of_many(texts[_i], rates, VIEW_REJECTED),
                   report_of(texts[_i], rates, VIEW_REJECTED));
    }
}
END_TEST

START_TEST(test_taken_away_it_is_gone)
{
    for (int rates = 0; rates < 2; rates++)
        check_same(report_of_many(NULL, rates, VIEW_ACCEPTED),
                   report_of(NULL, rates, VIEW_ACCEPTED));
}
END_TEST

/* ---- the table forgets ----------------------------------------------------------------------- */

/* A small table: most flows have left it, and their entries are used again. */
START_TEST(test_what_cannot_be_judged)
{
    struct engine *engine = make_engine(_i, 32), *early = make_engine(_i, 32);
    struct snapshot *snapshot, *known;

    engine_set_filter(early, enginerun_program("accept tcp"));
    feed(early, &capture, 0, capture.count);
    feed(engine, &capture, 0, capture.count);
    engine_set_filter(engine, enginerun_program("accept tcp"));
    known = enginerun_finish(early);
    snapshot = enginerun_finish(engine);
    ck_assert_uint_eq(known->filter.forgotten.packets, 0);
    ck_assert_uint_gt(known->filter.accepted.packets, 0);
    ck_assert_uint_gt(snapshot->filter.forgotten.packets, capture.count / 2);
    ck_assert_uint_le(snapshot->filter.forgotten.packets, snapshot->filter.uncertain.packets);
    ck_assert_uint_eq(snapshot->filter.all.packets, capture.count);
    ck_assert_uint_eq(snapshot->filter.all.bytes, known->filter.all.bytes);
    ck_assert_uint_eq(snapshot->filter.accepted.packets + snapshot->filter.rejected.packets +
                          snapshot->filter.uncertain.packets,
                      capture.count);
    ck_assert_uint_lt(snapshot->filter.accepted.packets, known->filter.accepted.packets);
    check_sum("what is uncertain", sum_of_rules(snapshot, "uncertain"), snapshot->filter.uncertain);
    snapshot_free(known);
    snapshot_free(snapshot);
    engine_free(early);
    engine_free(engine);
}
END_TEST

/* ... but what was known of them stays known when a baseline comes, or the view changes. */
START_TEST(test_only_the_filter_forgets)
{
    struct engine *engine = make_engine(_i, 32);
    struct snapshot *snapshot;

    engine_set_filter(engine, enginerun_program("accept tcp"));
    feed(engine, &capture, 0, capture.count / 2);
    engine_set_baseline(engine, enginerun_program("accept udp"));
    engine_set_view(engine, VIEW_REJECTED);
    feed(engine, &capture, capture.count / 2, capture.count);
    engine_set_baseline(engine, NULL);
    snapshot = enginerun_finish(engine);
    ck_assert_uint_eq(snapshot->filter.forgotten.packets, 0);
    ck_assert_uint_eq(snapshot->packets, snapshot->filter.rejected.packets);
    ck_assert_uint_eq(snapshot->filter.accepted.packets + snapshot->filter.rejected.packets +
                          snapshot->filter.uncertain.packets,
                      capture.count);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* ---- baseline -------------------------------------------------------------------------------- */

/* All that was counted, as the baseline decides: by rules that the filter has, too, by one that it
 * has not, and by what is no rule. */
static void check_baseline_rows(const struct snapshot *snapshot)
{
    const struct rule_record *gone = NULL;
    uint64_t here = 0, there = 0;

    for (size_t i = 0; i < snapshot->tables[TABLE_RULES].count; i++) {
        const struct rule_record *row = snapshot_row(snapshot, TABLE_RULES, i);

        here += row->packets;
        there += row->baseline_packets;
        if (strcmp(row->note, "only in the baseline") == 0)
            gone = row;
    }
    ck_assert_uint_eq(here, snapshot->filter.all.packets);
    ck_assert_uint_eq(there, snapshot->filter.all.packets);
    ck_assert_ptr_nonnull(gone);
    ck_assert_str_eq(gone->direction, "egress");
    ck_assert_uint_eq(gone->packets, 0);
    ck_assert_uint_gt(gone->baseline_packets, 0);
    ck_assert_int_eq(gone->difference[0], '-');
}

START_TEST(test_baseline)
{
    struct engine *engine = make_engine(false, 1024);
    struct snapshot_sum tcp[3], https[3], both;
    struct capture selected;
    struct snapshot *snapshot;
    const struct rule_record *row;

    selected = select_frames("accept tcp", FILTER_ACCEPTED, tcp);
    capture_release(&selected);
    selected = select_frames("100 accept ingress tcp src 0.0.0.0/0 dst 0.0.0.0/0 dport 443; "
                             "200 accept ingress udp",
                             FILTER_ACCEPTED, https);
    capture_release(&selected);
    engine_set_baseline(engine, enginerun_program("accept tcp"));
    feed(engine, &capture, 0, capture.count / 3);
    engine_set_filter(engine,
                      enginerun_program("100 accept ingress tcp src 0.0.0.0/0 dst 0.0.0.0/0 "
                                        "dport 443; 200 accept ingress udp"));
    feed(engine, &capture, capture.count / 3, capture.count);
    snapshot = enginerun_finish(engine);
    ck_assert(snapshot->filter.baseline_on);
    check_sum("baseline", snapshot->filter.baseline, tcp[FILTER_ACCEPTED]);
    check_sum("filter", snapshot->filter.accepted, https[FILTER_ACCEPTED]);
    ck_assert_uint_eq(snapshot->filter.uncompared.packets, 0);
    both.packets = snapshot->filter.accepted.packets - snapshot->filter.gained.packets;
    ck_assert_uint_eq(both.packets,
                      snapshot->filter.baseline.packets - snapshot->filter.lost.packets);
    ck_assert_uint_gt(snapshot->filter.lost.packets, 0);
    row = snapshot_row(snapshot, TABLE_RULES, 0);
    ck_assert_uint_eq(row->number, 100);
    ck_assert_str_eq(row->direction, "ingress");
    ck_assert_uint_gt(row->baseline_packets, row->packets); /* there it is all of TCP */
    ck_assert_str_ne(row->difference, "");
    check_baseline_rows(snapshot);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

Suite *make_engine_filter_suite(void)
{
    Suite *suite = suite_create("engine_filter");
    TCase *tcase = tcase_create("view");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_equals_the_accepted_alone, 0, TEXTS);
    tcase_add_loop_test(tcase, test_equals_the_rejected_alone, 0, TEXTS);
    tcase_add_loop_test(tcase, test_when_does_not_matter, 0, TEXTS);
    tcase_add_test(tcase, test_taken_away_it_is_gone);
    tcase_add_loop_test(tcase, test_what_cannot_be_judged, 0, 2);
    tcase_add_loop_test(tcase, test_only_the_filter_forgets, 0, 2);
    tcase_add_test(tcase, test_baseline);
    suite_add_tcase(suite, tcase);
    return suite;
}
