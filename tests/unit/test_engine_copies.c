/* SPDX-License-Identifier: MIT */
/* A filter over connections that are mirrored at both ends: what each session lets through must be
 * what it is when the sessions are taken for unrelated, packets must count once all the same, and
 * it must not matter when the filter came. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/output/output.h"
#include "../support/enginerun.h"
#include "../support/random.h"
#include "../support/talk.h"

Suite *make_engine_copies_suite(void);

static const char *const texts[] = {
    "accept egress",
    "accept ingress",
    "accept",
    "reject",
    "accept egress tcp dport 443",
    "accept ingress tcp",
    "accept egress udp dport 7000; accept ingress tcp sport 443",
    "not dst 10.0.2.20/32",
    "100 accept egress udp src 0.0.0.0/0 dst 10.0.2.0/24; 200 accept ingress src 0.0.0.0/0",
};

enum { TEXTS = sizeof(texts) / sizeof(texts[0]), ENDS = 2, SEEN_AT = 3, TALKS = 60, STEPS = 14 };

/* Both ends, and a machine between them that has no packets of its own. */
static const char *const hosts[SEEN_AT] = { "10.0.1.10", "10.0.2.20", "10.0.3.30" };
static struct capture capture;
static struct mirror mirrors[SEEN_AT];
static uint64_t chance;

/* ---- the capture ----------------------------------------------------------------------------- */

/* A packet of this side, at both ends and between them; now and then the mirror of one loses it.
 * `late`: the other one's mirroring has not begun yet. */
static void put(struct talk at[SEEN_AT], int side, uint8_t flags, size_t n, bool late)
{
    unsigned lost = (unsigned)random_below(&chance, 12);

    for (int i = 0; i < SEEN_AT; i++) {
        struct talk before = at[i];
        uint64_t way_us = (i == side ? 0 : 90) + random_below(&chance, 200);

        at[i].now_ns += way_us * 1000;
        if (lost != (unsigned)i && !(late && i == 1) && at[i].mirror) {
            if (flags)
                talk_tcp_at(&at[i], side, at[i].next[side], flags, NULL, n);
            else
                talk_udp(&at[i], side, "0123456789", n);
        }
        at[i].now_ns = before.now_ns + 3 * TALK_MS;
        at[i].ip_id[side] = (uint16_t)(before.ip_id[side] + 1);
        if (flags)
            at[i].next[side] += (uint32_t)n + ((flags & (TALK_SYN | TALK_FIN)) != 0);
    }
}

/* The client is the first host, or the second one. */
static void add_talk(unsigned number, uint64_t start_ns)
{
    struct talk at[SEEN_AT];
    int client = number % 3 == 2;
    bool udp = number % 4 == 1, late = number % 5 == 0;
    uint16_t dport = udp ? 7000 : number % 2 ? 443 : 80;

    for (int i = 0; i < ENDS; i++)
        at[i] = talk_make(&mirrors[i != client], start_ns, hosts[client],
                          (uint16_t)(20000 + number), hosts[!client], dport, i);
    at[2] = talk_make(number % 4 ? &mirrors[2] : NULL, start_ns, hosts[client],
                      (uint16_t)(20000 + number), hosts[!client], dport, 2);
    if (!udp) {
        put(at, 0, TALK_SYN, 0, late);
        put(at, 1, TALK_SYN | TALK_ACK, 0, late);
        put(at, 0, TALK_ACK, 0, late);
    }
    for (unsigned i = 0; i < STEPS; i++)
        put(at, i % 3 == 0, udp ? 0 : TALK_ACK | TALK_PSH, 1 + random_below(&chance, 9),
            late && i < STEPS / 2);
}

/* A datagram in two fragments, at both ends. */
static void add_fragments(unsigned number, uint64_t start_ns)
{
    for (unsigned part = 0; part < 2; part++) {
        for (int i = 0; i < ENDS; i++) {
            struct fb frame;

            fb_init(&frame);
            fb_payload(&frame, NULL, part ? 40 : 64);
            if (part == 0)
                fb_udp(&frame, 5000, (uint16_t)(7000 + number % 2));
            fb_ipv4(&frame, hosts[0], hosts[1], PROTO_UDP, (uint16_t)(900 + number),
                    part ? 9 : 0x2000);
            fb_eth(&frame, i ? mirrors[i].mac : mirrors[i].router_mac,
                   i ? mirrors[i].router_mac : mirrors[i].mac, ETHER_IPV4);
            mirror_send(&mirrors[i], start_ns + (part + 2 * (unsigned)i) * TALK_MS, &frame, number,
                        i == 0);
        }
    }
}

static void setup(void)
{
    static const char *const macs[SEEN_AT] = { "02:00:00:00:01:10", "02:00:00:00:02:20",
                                               "02:00:00:00:03:30" };
    const uint64_t start = UINT64_C(1735689600) * 1000000000;

    chance = 5;
    for (int i = 0; i < SEEN_AT; i++)
        mirrors[i] = (struct mirror){ .capture = &capture,
                                      .source = hosts[i],
                                      .mac = macs[i],
                                      .router_mac = "02:00:00:00:00:ff",
                                      .vni = 1001 + (uint32_t)i };
    for (unsigned i = 0; i < TALKS; i++)
        add_talk(i, start + i * 50 * TALK_MS);
    for (unsigned i = 0; i < 20; i++)
        add_fragments(i, start + (70 + i * 110) * TALK_MS);
    capture_sort(&capture);
}

static void teardown(void)
{
    capture_release(&capture);
}

/* ---- running it ------------------------------------------------------------------------------ */

static struct engine *make_engine(bool rates, bool no_dedup, size_t max_flows)
{
    struct engine_config config = {
        .decode = decode_config_default,
        .max_flows = max_flows,
        .rates = rates,
        .no_dedup = no_dedup,
        .price_gb = 1,
        .seed = 5,
    };
    struct err err;
    struct engine *engine = engine_new(&config, &err);

    ck_assert_ptr_nonnull(engine);
    return engine;
}

static void feed(struct engine *engine, size_t first, size_t last)
{
    for (size_t i = first; i < last; i++) {
        const struct capture_frame *frame = &capture.frames[i];

        engine_feed(engine,
                    &(struct frame){ .data = frame->data,
                                     .ts_ns = frame->ts_ns,
                                     .captured = frame->captured,
                                     .wire = frame->wire,
                                     .link = LINK_ETHERNET },
                    1);
    }
}

static struct snapshot *run(const char *text, bool rates, bool no_dedup, enum engine_view view,
                            size_t max_flows)
{
    struct engine *engine = make_engine(rates, no_dedup, max_flows);
    struct snapshot *snapshot;

    engine_set_view(engine, view);
    engine_set_filter(engine, enginerun_program(text));
    feed(engine, 0, capture.count);
    snapshot = enginerun_finish(engine);
    engine_free(engine);
    return snapshot;
}

/* ---- what each session lets through ---------------------------------------------------------- */

static void check_sum(const char *what, struct snapshot_sum is, struct snapshot_sum must)
{
    ck_assert_msg(is.packets == must.packets && is.bytes == must.bytes,
                  "%s: %llu packets, %llu bytes instead of %llu, %llu", what,
                  (unsigned long long)is.packets, (unsigned long long)is.bytes,
                  (unsigned long long)must.packets, (unsigned long long)must.bytes);
}

static void check_rules(const struct snapshot *is, const struct snapshot *must)
{
    ck_assert_uint_eq(is->tables[TABLE_RULES].count, must->tables[TABLE_RULES].count);
    for (size_t i = 0; i < must->tables[TABLE_RULES].count; i++) {
        const struct rule_record *a = snapshot_row(is, TABLE_RULES, i);
        const struct rule_record *b = snapshot_row(must, TABLE_RULES, i);

        ck_assert_str_eq(a->rule, b->rule);
        ck_assert_str_eq(a->direction, b->direction);
        check_sum(a->rule, (struct snapshot_sum){ a->packets, a->bytes },
                  (struct snapshot_sum){ b->packets, b->bytes });
        ck_assert_uint_eq(a->share, b->share);
        ck_assert_uint_eq(a->example[0] != '\0', a->packets > 0);
    }
}

static void check_sessions(const struct snapshot *is, const struct snapshot *must)
{
    ck_assert_uint_eq(is->tables[TABLE_SESSIONS].count, SEEN_AT);
    for (size_t i = 0; i < SEEN_AT; i++) {
        const struct session_record *a = snapshot_row(is, TABLE_SESSIONS, i), *b = NULL;

        for (size_t j = 0; j < SEEN_AT; j++) {
            b = snapshot_row(must, TABLE_SESSIONS, j);
            if (a->vni == b->vni)
                break;
        }
        ck_assert_uint_eq(a->packets, b->packets);
        ck_assert_uint_eq(a->bytes, b->bytes);
        ck_assert_uint_eq(a->ingress, b->ingress);
        ck_assert_uint_eq(a->egress, b->egress);
        ck_assert_uint_eq(a->flows, b->flows);
    }
}

/* Beside a run in which every packet counts, wherever it came from. */
START_TEST(test_sessions_as_if_unrelated)
{
    for (unsigned i = 0; i < 4; i++) {
        enum engine_view view = i / 2 ? VIEW_REJECTED : VIEW_ACCEPTED;
        struct snapshot *is = run(texts[_i], i % 2, false, view, 1024);
        struct snapshot *must = run(texts[_i], i % 2, true, view, 1024);
        const struct snapshot_filter *filter = &is->filter;

        check_sum("mirrored", filter->mirrored, must->filter.accepted);
        check_sum("mirrored when all count", must->filter.mirrored, must->filter.accepted);
        ck_assert_uint_eq(filter->projection.packet_rate, must->filter.projection.packet_rate);
        ck_assert_uint_eq(filter->projection.month_bytes, must->filter.projection.month_bytes);
        ck_assert_uint_eq(filter->projection.month_cents, must->filter.projection.month_cents);
        check_rules(is, must);
        check_sessions(is, must);
        ck_assert_uint_gt(is->decode.duplicates, capture.count / 3);
        ck_assert_uint_eq(filter->all.packets, capture.count - is->decode.duplicates);
        ck_assert_uint_eq(filter->all.packets, filter->accepted.packets + filter->rejected.packets +
                                                   filter->uncertain.packets);
        snapshot_free(is);
        snapshot_free(must);
    }
}
END_TEST

/* What leaves one mirror source is all that there is, and so is what enters one. */
START_TEST(test_one_direction_is_all)
{
    struct snapshot *snapshot = run(texts[_i], false, false, VIEW_ACCEPTED, 1024);

    ck_assert_uint_eq(snapshot->filter.rejected.packets, 0);
    ck_assert_uint_eq(snapshot->packets, snapshot->filter.all.packets);
    ck_assert_uint_eq(snapshot->filter.one_way_flows, 0);
    ck_assert_uint_eq(snapshot->flows.shown, snapshot->flows.total);
    snapshot_free(snapshot);
}
END_TEST

/* ---- when the filter came does not matter ---------------------------------------------------- */

/* One filter from the start, or others before it, some removed in between. */
static char *report_of(const char *text, bool rates, enum engine_view view, bool many)
{
    struct engine *engine = make_engine(rates, false, 1024);
    size_t part = many ? capture.count / 5 : 0;

    feed(engine, 0, part);
    if (many)
        engine_set_filter(engine, enginerun_program("accept ingress udp"));
    feed(engine, part, 2 * part);
    if (many) {
        engine_set_view(engine, VIEW_REJECTED);
        engine_set_filter(engine, NULL);
    }
    feed(engine, 2 * part, 3 * part);
    if (many) {
        engine_set_filter(engine, enginerun_program("not port 443"));
        engine_set_baseline(engine, enginerun_program("accept egress udp"));
    }
    engine_set_view(engine, view);
    feed(engine, 3 * part, 4 * part);
    engine_set_filter(engine, text ? enginerun_program(text) : NULL);
    engine_set_baseline(engine, enginerun_program("accept egress"));
    feed(engine, 4 * part, capture.count);
    return enginerun_report(engine);
}

static void check_same(char *is, char *must)
{
    ck_assert_str_eq(is, must);
    free(is);
    free(must);
}

START_TEST(test_when_does_not_matter)
{
    for (unsigned i = 0; i < 4; i++)
        check_same(report_of(texts[_i], i % 2, (enum engine_view)(i / 2), true),
                   report_of(texts[_i], i % 2, (enum engine_view)(i / 2), false));
}
END_TEST

START_TEST(test_taken_away_it_is_gone)
{
    for (unsigned i = 0; i < 2; i++)
        check_same(report_of(NULL, i, VIEW_ACCEPTED, true),
                   report_of(NULL, i, VIEW_ACCEPTED, false));
}
END_TEST

/* Most flows have left the table when the filter comes, and their entries are used again: of what
 * is left nothing is counted twice. */
START_TEST(test_the_table_forgets)
{
    struct engine *engine = make_engine(_i, false, 16);
    struct snapshot *known = run("accept", _i, false, VIEW_ACCEPTED, 16), *snapshot;

    ck_assert_uint_eq(known->filter.forgotten.packets, 0);
    ck_assert_uint_gt(known->flows.sessions_left_out, 0); /* of these copies are only counted */
    ck_assert_uint_gt(known->filter.mirrored.packets, known->filter.all.packets);
    ck_assert_uint_lt(known->filter.mirrored.packets, capture.count);
    feed(engine, 0, capture.count);
    engine_set_filter(engine, enginerun_program("accept"));
    snapshot = enginerun_finish(engine);
    ck_assert_uint_gt(snapshot->filter.forgotten.packets, 0);
    ck_assert_uint_gt(snapshot->filter.accepted.packets, 0);
    ck_assert_uint_ge(snapshot->filter.mirrored.packets, snapshot->filter.accepted.packets);
    ck_assert_uint_le(snapshot->filter.mirrored.packets,
                      capture.count - snapshot->filter.forgotten.packets);
    snapshot_free(known);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

Suite *make_engine_copies_suite(void)
{
    Suite *suite = suite_create("engine_copies");
    TCase *tcase = tcase_create("copies");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_sessions_as_if_unrelated, 0, TEXTS);
    tcase_add_loop_test(tcase, test_one_direction_is_all, 0, 3);
    tcase_add_loop_test(tcase, test_when_does_not_matter, 0, TEXTS);
    tcase_add_test(tcase, test_taken_away_it_is_gone);
    tcase_add_loop_test(tcase, test_the_table_forgets, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
