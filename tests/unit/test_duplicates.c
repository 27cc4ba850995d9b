/* SPDX-License-Identifier: MIT */
/* duplicates: second copies across sessions, and what the engine makes of them. */
#include <check.h>
#include <string.h>

#include "../../src/filter/program.h"
#include "../../src/filter/read.h"
#include "../../src/mirror/duplicates.h"
#include "../support/enginerun.h"

Suite *make_duplicates_suite(void);

enum { A = 1, B, C, SAME_SOURCE, PATH_OUT = PATH_EGRESS, PATH_IN = PATH_INGRESS };

static const uint64_t ms = 1000000, key = (uint64_t)1 << 63 | 12345;

static struct duplicate_table table;
static struct session_table sessions;
static uint64_t now;

static void setup(void)
{
    struct err err;

    ck_assert(duplicate_table_init(&table, 7, &err));
    ck_assert(session_table_init(&sessions, 7, &err));
    for (uint32_t i = A; i <= SAME_SOURCE; i++)
        sessions.sessions[i].source =
            (struct ip_addr){ .word32 = { i == SAME_SOURCE ? A : i }, .family = 4 };
    sessions.count = SAME_SOURCE + 1;
    sessions.several_sources = true;
    now = 1700000000 * UINT64_C(1000000000);
}

static void teardown(void)
{
    duplicate_table_release(&table);
    session_table_release(&sessions);
}

/* A packet with this key now; whether it is a copy. */
static bool look_at(uint64_t which, uint16_t session, uint8_t path)
{
    return duplicate_look(&table, &sessions, which, session, path, now) != SESSION_OTHERS;
}

static bool look(uint16_t session)
{
    return look_at(key, session, PATH_UNKNOWN);
}

START_TEST(test_second_copy)
{
    ck_assert(!look(A));
    ck_assert_uint_eq(duplicate_look(&table, &sessions, key, B, PATH_UNKNOWN, now), A);
    ck_assert(look(C));
    ck_assert(!look_at(key + ((uint64_t)1 << 40), B, PATH_UNKNOWN));
}
END_TEST

/* The n-th instance is a copy when another session has had n, whoever comes first. */
START_TEST(test_instances)
{
    ck_assert(!look(A));
    ck_assert(!look(A));
    ck_assert(look(B));
    ck_assert(look(B));
    ck_assert(!look(B));
    ck_assert(look(A));
    ck_assert(look(C));
}
END_TEST

/* For ever: counts are bounded, their differences are not lost. */
START_TEST(test_many_instances)
{
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert(!look(A));
        ck_assert(look(B));
    }
    ck_assert(!look(B));
    ck_assert(look(A));
}
END_TEST

/* All of one session's first, as resets that answer what was under way: none is forgotten, though
 * other packets come between. */
START_TEST(test_burst)
{
    enum { BURST = 1000 };

    for (uint64_t i = 0; i < BURST; i++) {
        ck_assert(!look(A));
        if (i == BURST / 2)
            ck_assert(!look_at(key + ((uint64_t)1 << 40), A, PATH_UNKNOWN));
    }
    for (unsigned i = 0; i < BURST; i++) {
        ck_assert(look(B));
        ck_assert(look(C));
    }
    ck_assert(!look(B));
    ck_assert(look(C));
    ck_assert(!look(C));
    ck_assert(look_at(key + ((uint64_t)1 << 40), B, PATH_UNKNOWN));
    ck_assert(look(A));
}
END_TEST

/* With more packets in one place than it holds a count is forgotten as a whole. */
START_TEST(test_burst_overflow)
{
    for (unsigned i = 0; i < 20; i++)
        ck_assert(!look(A));
    for (uint64_t i = 1; i < DUPLICATE_WAYS; i++)
        ck_assert(!look_at(key + (i << 40), A, PATH_UNKNOWN));
    ck_assert(!look(B));
}
END_TEST

START_TEST(test_never_within_a_source)
{
    ck_assert(!look(A));
    ck_assert(!look(SAME_SOURCE));
    ck_assert(!look(A));
}
END_TEST

START_TEST(test_directions)
{
    ck_assert(!look_at(key, A, PATH_OUT));
    ck_assert(!look_at(key, B, PATH_OUT)); /* both sent it: two packets */
    ck_assert(look_at(key, C, PATH_IN));
    ck_assert(look_at(key, SAME_SOURCE, PATH_UNKNOWN));
}
END_TEST

START_TEST(test_window)
{
    ck_assert(!look(A));
    now += (DUPLICATE_WINDOW_MS - 10) * ms;
    ck_assert(look(B));
    now += (DUPLICATE_WINDOW_MS + 10) * ms;
    ck_assert(!look(C));
    now -= 20 * ms; /* the clock jumps back a little */
    ck_assert(look(A));
}
END_TEST

/* A packet that is repeated each time the first copy has just left the window. */
START_TEST(test_repeated_slowly)
{
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert(!look(A));
        now += 20 * ms;
        ck_assert(look(B));
        now += (DUPLICATE_WINDOW_MS - 10) * ms;
    }
    now += 2 * DUPLICATE_WINDOW_MS * ms;
    ck_assert(!look(B));
    now += 20 * ms;
    ck_assert(look(A));
}
END_TEST

/* More packets than a place can hold: the oldest are forgotten. */
START_TEST(test_overflow)
{
    for (uint64_t i = 0; i < DUPLICATE_WAYS + 2; i++)
        ck_assert(!look_at(key + (i << 40), A, PATH_UNKNOWN));
    ck_assert(!look_at(key, B, PATH_UNKNOWN));
    ck_assert(look_at(key + ((uint64_t)9 << 40), B, PATH_UNKNOWN));
    ck_assert_uint_eq(table.forgotten, 0);
}
END_TEST

/* More packets than there is room for within the window are counted. */
START_TEST(test_room)
{
    for (uint64_t i = 0; i < DUPLICATE_ROOM; i++)
        look_at(key + i * 0x9e3779b97f4a7c15, A, PATH_UNKNOWN);
    ck_assert_uint_eq(table.forgotten, 0);
    for (uint64_t i = 0; i < 10; i++)
        look_at(key + (i << 33), B, PATH_UNKNOWN);
    ck_assert_uint_eq(table.forgotten, 10);
    now += (DUPLICATE_WINDOW_MS + 30) * ms;
    look(C);
    ck_assert_uint_eq(table.forgotten, 10);
}
END_TEST

/* With one mirror source there are no copies that could be missed. */
START_TEST(test_room_alone)
{
    sessions.several_sources = false;
    for (uint64_t i = 0; i < DUPLICATE_ROOM + 10; i++)
        look_at(key + i * 0x9e3779b97f4a7c15, i % 2 ? A : SAME_SOURCE, PATH_UNKNOWN);
    ck_assert_uint_eq(table.forgotten, 0);
    sessions.several_sources = true;
    look(B);
    ck_assert_uint_eq(table.forgotten, 1);
}
END_TEST

START_TEST(test_keys)
{
    static const uint8_t payload[64] = "the payload";
    struct packet packet = { .protocol = PROTO_TCP,
                             .has_transport = true,
                             .ip_id = 5,
                             .bytes = 100,
                             .payload = payload,
                             .payload_bytes = 60,
                             .payload_captured = 60,
                             .tcp = { .seq = 1, .ack = 2, .flags = TCP_ACK, .window = 9 } };
    struct packet other = packet;

    other.ttl = 9;
    other.payload_captured = 0; /* cut */
    ck_assert_uint_eq(duplicate_key(77, 0, &packet), duplicate_key(77, 0, &other));
    ck_assert_uint_ne(duplicate_key(77, 0, &packet), duplicate_key(78, 0, &packet));
    ck_assert_uint_ne(duplicate_key(77, 0, &packet), duplicate_key(77, 1, &packet));
    other.ip_id = 6;
    ck_assert_uint_ne(duplicate_key(77, 0, &packet), duplicate_key(77, 0, &other));
    other = packet;
    other.tcp.seq = 3;
    ck_assert_uint_ne(duplicate_key(77, 0, &packet), duplicate_key(77, 0, &other));
    packet.ip_id = 0;
    other = packet;
    other.tcp.has_timestamps = true;
    ck_assert_uint_ne(duplicate_key(77, 0, &packet), duplicate_key(77, 0, &other));
    packet.protocol = PROTO_UDP;
    other = packet;
    other.payload_captured = DUPLICATE_PAYLOAD;
    ck_assert_uint_eq(duplicate_key(77, 0, &packet), duplicate_key(77, 0, &other));
    other.payload = payload + 1;
    ck_assert_uint_ne(duplicate_key(77, 0, &packet), duplicate_key(77, 0, &other));
}
END_TEST

/* ---- the engine ------------------------------------------------------------------------------ */

static uint32_t acknowledged = 1; /* by each segment */

/* A segment as one of two mirror sources sees it: 10.0.1.10 (VNI 1), 10.0.2.20 (VNI 2). */
static void seen(unsigned end, bool to_server, uint16_t port, uint32_t seq, uint8_t flags,
                 size_t payload, uint16_t id)
{
    static const char *const mac[2] = { "02:00:00:00:01:10", "02:00:00:00:02:20" };
    static const char *const source[2] = { "10.0.1.10", "10.0.2.20" };
    bool egress = (end == 0) == to_server;

    fb_init(&fb);
    fb_payload(&fb, NULL, payload);
    fb_tcp(&fb, to_server ? port : 443, to_server ? 443 : port, seq, acknowledged, flags, 1000,
           NULL, 0);
    fb_ipv4(&fb, to_server ? source[0] : source[1], to_server ? source[1] : source[0], PROTO_TCP,
            id, 0x4000);
    fb_eth(&fb, egress ? router : mac[end], egress ? mac[end] : router, ETHER_IPV4);
    fb_mirror(&fb, source[end], end + 1);
    trace_add(0);
}

static void seen_twice(bool to_server, uint16_t port, uint32_t seq, uint8_t flags, size_t payload,
                       uint16_t id)
{
    seen(to_server ? 0 : 1, to_server, port, seq, flags, payload, id);
    seen(to_server ? 1 : 0, to_server, port, seq, flags, payload, id);
}

/* Some connections, and for each two flows before there is a proof that they are one. */
enum { CONNECTIONS = 5, EACH = 12 };

static void make_traffic(void)
{
    trace_start();
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        uint16_t port = (uint16_t)(1000 + i);

        seen(0, true, port, 100, TCP_SYN, 0, 1); /* the other end's copy is lost */
        seen(1, false, port, 900, TCP_SYN | TCP_ACK, 0, 1);
        seen(0, false, port, 900, TCP_SYN | TCP_ACK, 0, 1);
        seen_twice(true, port, 101, TCP_ACK, 50, 2);
        for (unsigned k = 0; k < EACH; k++)
            seen_twice(false, port, 901 + 100 * k, TCP_ACK, 100, (uint16_t)(2 + k));
        seen_twice(false, port, 1001, TCP_ACK, 100, 99); /* sent again */
    }
}

static void check_traffic(const struct snapshot *snapshot)
{
    const uint64_t packets = CONNECTIONS * (2 + 1 + EACH + 1);
    uint64_t sent = 0, protocols = 0;

    ck_assert_uint_eq(snapshot->packets, packets);
    ck_assert_uint_eq(snapshot->decode.duplicates, packets - CONNECTIONS);
    ck_assert_uint_eq(snapshot->flows.total, CONNECTIONS);
    ck_assert_uint_eq(snapshot->flows.active, CONNECTIONS);
    ck_assert_uint_eq(snapshot->tables[TABLE_FLOWS].count, CONNECTIONS);
    ck_assert_uint_eq(snapshot->tcp.segments, packets);
    ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_RETRANSMITS], CONNECTIONS);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        const struct flow_record *flow = enginerun_flow(snapshot, i);

        ck_assert_uint_eq(flow->packets, packets / CONNECTIONS);
        ck_assert_uint_eq(flow->retransmits, 1);
        ck_assert_str_eq(flow->also_session, "2@10.0.2.20");
        ck_assert_str_eq(flow->src_direction, "egress");
        ck_assert_uint_eq(flow->dst_port, 443);
    }
    ck_assert_uint_eq(enginerun_talker(snapshot, "10.0.1.10")->flows, CONNECTIONS);
    for (size_t i = 0; i < snapshot->tables[TABLE_TALKERS].count; i++)
        sent +=
            ((const struct talker_record *)snapshot_row(snapshot, TABLE_TALKERS, i))->packets_sent;
    for (size_t i = 0; i < snapshot->tables[TABLE_PROTOCOLS].count; i++) {
        const struct protocol_record *row = snapshot_row(snapshot, TABLE_PROTOCOLS, i);

        protocols += row->level == 0 ? row->packets : 0;
    }
    ck_assert_uint_eq(sent, packets);
    ck_assert_uint_eq(protocols, packets);
}

/* However the frames are batched, with rates or without. */
START_TEST(test_engine)
{
    static const size_t batches[] = { 1, 7, 64 };
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;
    struct engine *engine;

    make_traffic();
    config.rates = _i % 2;
    engine = enginerun_feed(&config, batches[_i / 2]);
    snapshot = enginerun_finish(engine);
    check_traffic(snapshot);
    ck_assert_uint_eq(enginerun_talker(snapshot, "10.0.2.20")->flows, CONNECTIONS);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

static uint64_t accepted(const struct snapshot *snapshot)
{
    return snapshot->packets;
}

/* Flows become one under a filter, too: the sums of what it accepts and rejects are those of all,
 * also when it is judged again. */
START_TEST(test_engine_filter)
{
    struct engine_config config = enginerun_config();
    struct filter_error at;
    struct filter filter;
    struct snapshot *snapshot;
    struct engine *engine;
    uint64_t both = 0;
    struct err err;

    filter_init(&filter);
    ck_assert(filter_read(&filter, "ingress accept tcp", 18, &at));
    make_traffic();
    config.rates = _i;
    engine = engine_new(&config, &err);
    ck_assert_ptr_nonnull(engine);
    engine_set_filter(engine, filter_program_new(&filter, &err));
    for (size_t i = 0; i < trace.count; i++)
        engine_feed(engine, &trace.frames[i], 1);
    snapshot = enginerun_finish(engine);
    ck_assert_uint_gt(accepted(snapshot), 0);
    both += accepted(snapshot);
    snapshot_free(snapshot);
    engine_set_view(engine, VIEW_REJECTED);
    snapshot = enginerun_finish(engine);
    both += accepted(snapshot);
    snapshot_free(snapshot);
    ck_assert_uint_eq(both, CONNECTIONS * (2 + 1 + EACH + 1));
    engine_set_filter(engine, NULL);
    snapshot = enginerun_finish(engine);
    check_traffic(snapshot);
    snapshot_free(snapshot);
    engine_free(engine);
    filter_free(&filter);
}
END_TEST

START_TEST(test_engine_switched_off)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;

    make_traffic();
    config.no_dedup = true;
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(snapshot->packets, trace.count);
    ck_assert_uint_eq(snapshot->decode.duplicates, VALUE_UNKNOWN);
    ck_assert_uint_eq(snapshot->flows.total, 2 * CONNECTIONS);
    snapshot_free(snapshot);
}
END_TEST

/* The other end's mirror begins when the flow is old: found out soon, no retransmit is made of it,
 * and from then on each packet counts once. */
START_TEST(test_engine_begins_late)
{
    enum { ALONE = 500, BOTH = 1500 };
    struct engine_config config = enginerun_config();
    const struct flow_record *flow;
    struct snapshot *snapshot;

    trace_start();
    seen(0, true, 1000, 100, TCP_SYN, 0, 1);
    for (unsigned i = 0; i < ALONE + BOTH; i++) {
        seen(0, true, 1000, 101 + 10u * i, TCP_ACK, 10, (uint16_t)(2 + i));
        if (i >= ALONE)
            seen(1, true, 1000, 101 + 10u * i, TCP_ACK, 10, (uint16_t)(2 + i));
    }
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(snapshot->flows.total, 1);
    flow = enginerun_flow(snapshot, 0);
    ck_assert_uint_eq(flow->retransmits, 0);
    ck_assert_uint_eq(flow->packets + snapshot->decode.duplicates, trace.count);
    ck_assert_uint_ge(snapshot->decode.duplicates,
                      BOTH - 300); /* half a second, a packet in 2 ms */
    ck_assert_uint_eq(flow->vni, 1);
    snapshot_free(snapshot);
}
END_TEST

/* The first SYN is lost between the ends, and another one sent a second later: the flow is one from
 * that on, and what it sends again counts. */
START_TEST(test_engine_syn_again)
{
    enum { SEGMENTS = 100, WAIT_MS = 1000 };
    struct engine_config config = enginerun_config();
    const struct flow_record *flow;
    struct snapshot *snapshot;

    trace_start();
    seen(0, true, 1000, 100, TCP_SYN, 0, 1);
    trace.now_ns += WAIT_MS * ms;
    seen_twice(true, 1000, 100, TCP_SYN, 0, 2);
    seen_twice(false, 1000, 900, TCP_SYN | TCP_ACK, 0, 1);
    seen_twice(true, 1000, 101, TCP_ACK, 0, 3);
    for (unsigned i = 0; i < SEGMENTS; i++)
        seen_twice(true, 1000, 101 + 10u * i, TCP_ACK, 10, (uint16_t)(4 + i));
    seen(0, true, 1000, 101, TCP_ACK, 10, 900); /* lost as well, and sent again: */
    seen_twice(true, 1000, 101, TCP_ACK, 10, 901);
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(snapshot->flows.total, 1);
    ck_assert_uint_eq(snapshot->decode.duplicates, SEGMENTS + 4);
    flow = enginerun_flow(snapshot, 0);
    ck_assert_uint_eq(flow->packets, SEGMENTS + 6);
    ck_assert_uint_eq(flow->retransmits, 3); /* with the SYN */
    snapshot_free(snapshot);
}
END_TEST

/* What one session's mirror has lost came in the other one, and both flows turn out to be one: what
 * they counted belongs to the session of that. */
START_TEST(test_engine_joined_session)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;
    uint64_t lost = 0;

    trace_start();
    seen(0, true, 1000, 100, TCP_SYN, 0, 1);
    seen(1, true, 1000, 100, TCP_SYN, 0, 2);
    acknowledged = 101;
    seen(1, false, 1000, 900, TCP_SYN | TCP_ACK, 0, 1);
    acknowledged = 901;
    seen(0, true, 1000, 101, TCP_ACK, 100, 3);
    seen(1, true, 1000, 201, TCP_ACK, 100, 4);
    acknowledged = 301;
    seen(1, false, 1000, 901, TCP_ACK, 0, 2);
    acknowledged = 901;
    seen_twice(true, 1000, 301, TCP_ACK, 100, 5);
    acknowledged = 1;
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(snapshot->flows.total, 1);
    ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_MIRROR_LOSS_BYTES], 0);
    for (size_t i = 0; i < snapshot->tables[TABLE_SESSIONS].count; i++) {
        const struct session_record *row = snapshot_row(snapshot, TABLE_SESSIONS, i);

        lost += row->mirror_loss_bytes != VALUE_UNKNOWN;
        ck_assert(row->mirror_loss_bytes == VALUE_UNKNOWN || row->mirror_loss_bytes == 0);
        ck_assert_uint_eq(row->flows, 1); /* seen in both */
    }
    ck_assert_uint_eq(lost, 1);
    snapshot_free(snapshot);
}
END_TEST

/* The capture begins inside a connection; what one end sent is on its way to the other one's mirror
 * when another packet shows that both flows are one. What comes then was sent only once. */
START_TEST(test_engine_begins_inside)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;

    trace_start();
    seen(0, true, 1000, 101 + 10 * 50, TCP_ACK, 10, 50);
    seen(1, true, 1000, 101, TCP_ACK, 10, 1);
    seen_twice(false, 1000, 901, TCP_ACK, 10, 1);
    for (uint16_t i = 1; i < 50; i++)
        seen(1, true, 1000, 101 + 10u * i, TCP_ACK, 10, 1 + i);
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(snapshot->flows.total, 1);
    ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_RETRANSMITS], 0);
    ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_UNCERTAIN], 49);
    snapshot_free(snapshot);
}
END_TEST

/* No room for another session of a flow: its copies are none, and that is counted. */
START_TEST(test_engine_no_room)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;

    config.max_flows = 16;
    trace_start();
    for (uint16_t port = 1000; port < 1010; port++)
        seen_twice(true, port, 100, TCP_SYN, 0, 1);
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(snapshot->flows.total, 10);
    ck_assert_uint_eq(snapshot->decode.duplicates, 10);
    ck_assert_uint_eq(snapshot->flows.sessions_left_out, 2);
    snapshot_free(snapshot);
}
END_TEST

/* Five sessions see a flow; it has room for four. Each is counted once, not each of its packets. */
START_TEST(test_engine_more_sessions)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;

    trace_start();
    for (uint16_t i = 0; i < 20; i++) {
        for (unsigned at = 0; at < 5; at++) {
            char source[] = "10.0.3.1";

            source[7] = (char)('1' + at);
            fb_init(&fb);
            fb_payload(&fb, NULL, 100);
            fb_tcp(&fb, 40000, 443, 101 + 100u * i, 1, TCP_ACK, 1000, NULL, 0);
            fb_ipv4(&fb, "192.0.2.7", "192.0.2.8", PROTO_TCP, (uint16_t)(1 + i), 0x4000);
            fb_eth(&fb, router, eni_a, ETHER_IPV4);
            fb_mirror(&fb, source, 1 + at);
            trace_add(0);
        }
    }
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(snapshot->flows.total, 1);
    ck_assert_uint_eq(snapshot->tcp.segments, 20);
    ck_assert_uint_eq(snapshot->decode.duplicates, 80);
    ck_assert_uint_eq(snapshot->flows.sessions_left_out, 1);
    snapshot_free(snapshot);
}
END_TEST

Suite *make_duplicates_suite(void)
{
    Suite *suite = suite_create("duplicates");
    TCase *tcase = tcase_create("table"), *engine = tcase_create("engine");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_second_copy);
    tcase_add_test(tcase, test_instances);
    tcase_add_test(tcase, test_many_instances);
    tcase_add_test(tcase, test_burst);
    tcase_add_test(tcase, test_burst_overflow);
    tcase_add_test(tcase, test_never_within_a_source);
    tcase_add_test(tcase, test_directions);
    tcase_add_test(tcase, test_window);
    tcase_add_test(tcase, test_repeated_slowly);
    tcase_add_test(tcase, test_overflow);
    tcase_add_test(tcase, test_room);
    tcase_add_test(tcase, test_room_alone);
    tcase_add_test(tcase, test_keys);
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(engine, test_engine, 0, 6);
    tcase_add_loop_test(engine, test_engine_filter, 0, 2);
    tcase_add_test(engine, test_engine_switched_off);
    tcase_add_test(engine, test_engine_begins_late);
    tcase_add_test(engine, test_engine_syn_again);
    tcase_add_test(engine, test_engine_joined_session);
    tcase_add_test(engine, test_engine_begins_inside);
    tcase_add_test(engine, test_engine_no_room);
    tcase_add_test(engine, test_engine_more_sessions);
    suite_add_tcase(suite, engine);
    return suite;
}
