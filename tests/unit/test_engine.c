/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../support/enginerun.h"

Suite *make_engine_suite(void);

/* packets = ok + truncated + malformed + unsupported = mirrored + not mirrored; sums of tables. */
static void check_sums(const struct snapshot *snapshot)
{
    uint64_t outcomes = 0, sessions = 0, session_bytes = 0, protocols = 0;

    for (size_t i = 0; i < DECODE_OUTCOME_COUNT; i++)
        outcomes += snapshot->decode.outcomes[i];
    ck_assert_uint_eq(outcomes, snapshot->input.packets);
    ck_assert_uint_eq(snapshot->input.mirrored + snapshot->input.not_mirrored,
                      snapshot->input.packets);
    for (size_t i = 0; i < snapshot->tables[TABLE_SESSIONS].count; i++) {
        const struct session_record *row = snapshot_row(snapshot, TABLE_SESSIONS, i);

        sessions += row->packets;
        session_bytes += row->bytes;
        ck_assert_uint_eq(row->ingress + row->egress + row->unknown_direction, row->packets);
    }
    ck_assert_uint_eq(sessions, snapshot->packets);
    ck_assert_uint_eq(session_bytes, snapshot->bytes);
    for (size_t i = 0; i < snapshot->tables[TABLE_PROTOCOLS].count; i++) {
        const struct protocol_record *row = snapshot_row(snapshot, TABLE_PROTOCOLS, i);

        protocols += row->level == 0 ? row->packets : 0;
    }
    ck_assert_uint_eq(protocols, snapshot->packets);
}

START_TEST(test_one_connection)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;
    const struct flow_record *flow;
    struct engine *engine;

    trace_start();
    trace_handshake();
    trace_client(101, 901, TCP_ACK | TCP_PSH, 50);
    trace_server(901, 151, TCP_ACK, 0);
    trace_server(901, 151, TCP_ACK | TCP_PSH, 500);
    trace_server(901, 151, TCP_ACK | TCP_PSH, 500); /* again */
    trace_client(151, 1401, TCP_ACK | TCP_FIN, 0);
    trace_server(1401, 152, TCP_ACK | TCP_FIN, 0);
    trace_client(152, 1402, TCP_ACK, 0);
    engine = enginerun_feed(&config, 64);
    snapshot = enginerun_finish(engine);
    check_sums(snapshot);
    ck_assert_uint_eq(snapshot->tables[TABLE_FLOWS].count, 1);
    flow = enginerun_flow(snapshot, 0);
    ck_assert_uint_eq(flow->src_packets, 5);
    ck_assert_uint_eq(flow->dst_packets, 5);
    ck_assert_uint_eq(flow->src_bytes, 5 * 40 + 50);
    ck_assert_uint_eq(flow->dst_bytes, 5 * 40 + 1000);
    ck_assert_uint_eq(flow->src_port, 40000);
    ck_assert_uint_eq(flow->dst_retransmits, 1);
    ck_assert_uint_eq(flow->dst_retransmit_bytes, 500);
    ck_assert_uint_eq(flow->src_retransmits, 0);
    ck_assert_uint_eq(flow->rtt_us, 2000);
    ck_assert_str_eq(flow->src_direction, "egress");
    ck_assert_str_eq(flow->state, "closed");
    ck_assert_uint_eq(flow->vni, 7);
    ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_RETRANSMITS], 1);
    ck_assert_uint_eq(snapshot->tcp.rtt.median_us, 2000);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

START_TEST(test_sessions_never_mix)
{
    struct engine_config config = enginerun_config();
    struct segment s = { .src = "10.0.1.10",
                         .dst = "192.0.2.1",
                         .sport = 1,
                         .dport = 2,
                         .seq = 10,
                         .flags = TCP_ACK,
                         .payload = 100,
                         .egress = true };
    struct snapshot *snapshot;
    struct engine *engine;

    trace_start();
    s.vni = 1;
    trace_segment(&s);
    s.vni = 2;
    trace_segment(&s); /* the same bytes, in another session: no retransmit */
    engine = enginerun_feed(&config, 64);
    snapshot = enginerun_finish(engine);
    check_sums(snapshot);
    ck_assert_uint_eq(snapshot->tables[TABLE_SESSIONS].count, 2);
    ck_assert_uint_eq(snapshot->tables[TABLE_FLOWS].count, 2);
    ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_RETRANSMITS], 0);
    ck_assert_uint_eq(enginerun_flow(snapshot, 0)->dst_retransmits, VALUE_UNKNOWN);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

struct collected {
    uint64_t rows, packets, bytes, last_serial;
    bool in_order;
};

static bool collect(const struct flow_record *flow, void *context)
{
    struct collected *sum = context;

    sum->rows++;
    sum->packets += flow->src_packets + flow->dst_packets;
    sum->bytes += flow->src_bytes + flow->dst_bytes;
    sum->in_order = sum->in_order && flow->serial > sum->last_serial;
    sum->last_serial = flow->serial;
    return true;
}

START_TEST(test_full_table_keeps_the_sums)
{
    struct collected sum = { .in_order = true };
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;
    struct engine *engine;

    config.max_flows = 16;
    config.rates = true; /* the list of active flows is bounded, too */
    config.sink = collect;
    config.sink_context = &sum;
    trace_start();
    for (uint16_t i = 0; i < 3000; i++) {
        fb_init(&fb);
        fb_tcp(&fb, i, 80, 1, 0, TCP_SYN, 1000, NULL, 0);
        fb_ipv4(&fb, "198.51.100.1", "10.0.1.10", PROTO_TCP, 1, 0);
        fb_eth(&fb, eni_a, router, ETHER_IPV4);
        fb_mirror(&fb, "10.0.1.10", 7);
        trace_add(0);
    }
    engine = enginerun_feed(&config, 64);
    snapshot = enginerun_finish(engine);
    check_sums(snapshot);
    ck_assert_uint_eq(sum.rows, 3000);
    ck_assert_uint_eq(sum.packets, 3000);
    ck_assert_uint_eq(sum.bytes, snapshot->bytes);
    ck_assert_uint_eq(snapshot->flows.evicted, 3000 - 16);
    ck_assert_uint_eq(snapshot->flows.active, 16);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

#if defined(__SANITIZE_ADDRESS__)
enum { CAN_STARVE = 0 }; /* its allocator ends the program instead of answering NULL */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { CAN_STARVE = 0 };
#else
enum { CAN_STARVE = 1 };
#endif
#else
enum { CAN_STARVE = 1 };
#endif

/* Nothing is allocated any more when all has been counted: the rows come out in any case. */
START_TEST(test_rows_need_no_memory)
{
    enum { ROUNDS = 20, EACH = 3000 };
    struct collected sum = { .in_order = true };
    struct engine_config config = enginerun_config();
    struct rlimit before, none;
    struct engine *engine = NULL;
    const char *fork = getenv("CK_FORK"); /* "no": under valgrind, which needs memory, too */
    struct err err;

    if (!CAN_STARVE || (fork && strcmp(fork, "no") == 0))
        return;
    config.max_flows = ROUNDS * EACH;
    config.sink = collect;
    config.sink_context = &sum;
    engine = engine_new(&config, &err);
    ck_assert_ptr_nonnull(engine);
    for (unsigned round = 0; round < ROUNDS; round++) {
        trace_start();
        for (unsigned i = 0; i < EACH; i++)
            trace_segment(&(struct segment){ .src = "198.51.100.1",
                                             .dst = "10.0.1.10",
                                             .sport = (uint16_t)i,
                                             .dport = (uint16_t)round,
                                             .flags = TCP_SYN });
        for (size_t i = 0; i < EACH; i++)
            engine_feed(engine, &trace.frames[i], 1);
    }
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
    none = before;
    none.rlim_cur = 1;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
    engine_finish(engine);
    setrlimit(RLIMIT_AS, &before);
    ck_assert_uint_eq(sum.rows, ROUNDS * EACH);
    ck_assert(sum.in_order);
    engine_free(engine);
}
END_TEST

/* All numbers of a run, as one text. */
static void describe(struct engine *engine, char *out, size_t size)
{
    struct snapshot *snapshot = enginerun_finish(engine);
    size_t used = 0;

    check_sums(snapshot);
    for (size_t i = 0; i < snapshot->tables[TABLE_FLOWS].count; i++) {
        const struct flow_record *f = enginerun_flow(snapshot, i);

        used += (size_t)snprintf(
            out + used, size - used, "%llu %s %llu %llu %llu %llu %s %llu %llu %s\n",
            (unsigned long long)f->serial, f->protocol, (unsigned long long)f->src_port,
            (unsigned long long)f->dst_port, (unsigned long long)f->src_packets,
            (unsigned long long)f->dst_packets, f->src_direction,
            (unsigned long long)f->src_retransmits, (unsigned long long)f->rtt_us, f->state);
        ck_assert_uint_lt(used, size);
    }
    snapshot_free(snapshot);
}

static void mixed_trace(void)
{
    trace_start();
    for (uint16_t i = 0; i < 40; i++) {
        struct segment s = { .src = "10.0.1.10",
                             .dst = "192.0.2.1",
                             .sport = (uint16_t)(1000 + i),
                             .dport = 80,
                             .seq = 5,
                             .flags = TCP_SYN,
                             .egress = true,
                             .vni = 1 + i % 3 };

        trace_segment(&s);
        s.flags = TCP_ACK;
        s.seq = 6;
        s.payload = 100;
        trace_segment(&s);
        trace_segment(&s);
        fb_init(&fb); /* two fragments: the second finds its ports by the first */
        fb_payload(&fb, NULL, 64);
        fb_udp(&fb, 5000, (uint16_t)(6000 + i));
        fb_ipv4(&fb, "10.0.1.10", "192.0.2.9", PROTO_UDP, (uint16_t)(77 + i), 0x2000);
        fb_eth(&fb, router, eni_a, ETHER_IPV4);
        fb_mirror(&fb, "10.0.1.10", 7);
        trace_add(0);
        fb_init(&fb);
        fb_payload(&fb, NULL, 32);
        fb_ipv4(&fb, "10.0.1.10", "192.0.2.9", PROTO_UDP, (uint16_t)(77 + i), 9);
        fb_eth(&fb, router, eni_a, ETHER_IPV4);
        fb_mirror(&fb, "10.0.1.10", 7);
        trace_add(0);
        trace.now_ns += i % 7 == 0 ? 700000000u : 0;
    }
}

START_TEST(test_batches_make_no_difference)
{
    static char whole[100000], single[100000], odd[100000];
    struct engine_config config = enginerun_config();
    struct engine *engine;

    config.max_flows = 256;
    mixed_trace();
    engine = enginerun_feed(&config, 64);
    describe(engine, whole, sizeof(whole));
    engine_free(engine);
    engine = enginerun_feed(&config, 1);
    describe(engine, single, sizeof(single));
    engine_free(engine);
    config.seed = 12345;
    engine = enginerun_feed(&config, 7);
    describe(engine, odd, sizeof(odd));
    engine_reset(engine); /* and again from the start, in the same engine */
    for (size_t i = 0; i < trace.count; i++)
        engine_feed(engine, &trace.frames[i], 1);
    ck_assert_str_eq(whole, single);
    ck_assert_str_eq(whole, odd);
    describe(engine, odd, sizeof(odd));
    ck_assert_str_eq(whole, odd);
    engine_free(engine);
}
END_TEST

START_TEST(test_fragments_join_their_flow)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;
    struct engine *engine;

    config.max_flows = 256;
    mixed_trace();
    engine = enginerun_feed(&config, 64);
    snapshot = enginerun_finish(engine);
    ck_assert_uint_eq(snapshot->decode.fragments, 80);
    for (size_t i = 0; i < snapshot->tables[TABLE_FLOWS].count; i++) {
        const struct flow_record *flow = enginerun_flow(snapshot, i);

        if (strcmp(flow->protocol, "udp") == 0) {
            ck_assert_uint_eq(flow->src_port, 5000);
            ck_assert_uint_eq(flow->src_packets, 2);
        }
    }
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

START_TEST(test_idle_flow_comes_back_as_new)
{
    struct collected sum = { .in_order = true };
    struct engine_config config = enginerun_config();
    struct engine *engine;

    config.sink = collect;
    config.sink_context = &sum;
    trace_start();
    trace_handshake();
    trace.now_ns += 31ull * 60 * 1000000000u;
    trace_client(101, 901, TCP_ACK, 10);
    engine = enginerun_feed(&config, 64);
    engine_finish(engine);
    ck_assert_uint_eq(sum.rows, 2);
    ck_assert_uint_eq(sum.packets, 4);
    ck_assert(sum.in_order);
    engine_free(engine);
}
END_TEST

START_TEST(test_time_running_backwards)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;
    struct engine *engine;

    trace_start();
    trace_handshake();
    trace.now_ns -= 3600ull * 1000000000u;
    trace_client(101, 901, TCP_ACK, 10);
    trace.now_ns = UINT64_MAX - 5;
    trace_client(111, 901, TCP_ACK, 10);
    trace.now_ns = 0;
    trace_client(121, 901, TCP_ACK, 10);
    engine = enginerun_feed(&config, 64);
    snapshot = enginerun_finish(engine);
    check_sums(snapshot);
    ck_assert_uint_eq(snapshot->input.packets, 6);
    ck_assert_uint_ge(snapshot->input.time_backwards, 2);
    ck_assert_uint_eq(snapshot->input.first_ns, 0);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

START_TEST(test_stamps_jumping_to_and_fro)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;
    struct engine *engine;

    trace_start();
    for (uint64_t i = 0; i < 40; i++) { /* would overflow any clock that adds the jumps up */
        trace.now_ns = i % 2 ? INT64_MAX - i : i;
        trace_client(101, 901, TCP_ACK, 10);
    }
    engine = enginerun_feed(&config, 64);
    snapshot = enginerun_finish(engine);
    check_sums(snapshot);
    ck_assert_uint_eq(snapshot->input.packets, 40);
    ck_assert_uint_eq(snapshot->input.time_backwards, 19);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* Datagrams from as many ports, and `gap_ns` later the answer that the last port is closed. */
static void trace_refused_datagrams(uint16_t count, uint64_t gap_ns)
{
    uint8_t head[TRACE_QUOTE];

    trace_start();
    for (uint16_t i = 0; i < count; i++)
        trace_datagram(5000 + i, head);
    trace.now_ns += gap_ns;
    trace_refused(head);
}

START_TEST(test_icmp_error_is_booked_to_the_quoted_flow)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;
    struct engine *engine;
    bool seen = false;

    trace_refused_datagrams(1, 0);
    engine = enginerun_feed(&config, 64);
    snapshot = enginerun_finish(engine);
    check_sums(snapshot);
    for (size_t i = 0; i < snapshot->tables[TABLE_FLOWS].count; i++) {
        const struct flow_record *flow = enginerun_flow(snapshot, i);

        if (strcmp(flow->protocol, "udp") == 0) {
            seen = true;
            ck_assert_uint_eq(flow->icmp_errors, 1);
            ck_assert_uint_eq(flow->packets, 1);
            ck_assert_str_eq(flow->state, "refused");
        }
    }
    ck_assert(seen);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* A refused flow ends after a minute, also when the refusal came late. */
START_TEST(test_late_icmp_error_ends_the_flow_in_time)
{
    const uint64_t second = 1000000000u;
    struct collected sum = { .in_order = true };
    struct engine_config config = enginerun_config();
    struct engine *engine;

    config.max_flows = 1024;
    config.sink = collect;
    config.sink_context = &sum;
    /* As many as are swept together, so that the error's own flow does not bring the sweep. */
    trace_refused_datagrams(64, 50 * second);
    engine = enginerun_feed(&config, 64);
    ck_assert_uint_eq(sum.rows, 0);
    engine_tick(engine, trace.now_ns + 18 * second);
    ck_assert_uint_eq(sum.rows, 1);
    engine_free(engine);
}
END_TEST

START_TEST(test_not_mirrored)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;
    struct engine *engine;

    trace_start();
    fb_init(&fb);
    fb_tcp(&fb, 1, 2, 3, 4, TCP_ACK, 5, NULL, 0);
    fb_ipv4(&fb, "10.0.0.1", "10.0.0.2", PROTO_TCP, 1, 0);
    fb_eth(&fb, eni_a, router, ETHER_IPV4);
    trace_add(0);
    engine = enginerun_feed(&config, 64);
    snapshot = enginerun_finish(engine);
    check_sums(snapshot);
    ck_assert_uint_eq(snapshot->input.not_mirrored, 1);
    ck_assert_uint_eq(snapshot->flows.total, 0);
    snapshot_free(snapshot);
    engine_free(engine);
    config.direct = true;
    engine = enginerun_feed(&config, 64);
    snapshot = enginerun_finish(engine);
    check_sums(snapshot);
    ck_assert_uint_eq(snapshot->input.not_mirrored, 1);
    ck_assert_uint_eq(snapshot->flows.total, 1);
    ck_assert_uint_eq(enginerun_flow(snapshot, 0)->vni, VALUE_UNKNOWN);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

START_TEST(test_every_cut_keeps_the_sums)
{
    struct engine_config config = enginerun_config();

    for (size_t cut = 1; cut < 200; cut++) {
        struct snapshot *snapshot;
        struct engine *engine;

        trace_start();
        trace_handshake();
        trace_client(101, 901, TCP_ACK, 60);
        trace.frames[3].captured =
            (uint32_t)(cut < trace.frames[3].captured ? cut : trace.frames[3].captured);
        engine = enginerun_feed(&config, 64);
        snapshot = enginerun_finish(engine);
        check_sums(snapshot);
        snapshot_free(snapshot);
        engine_free(engine);
    }
}
END_TEST

Suite *make_engine_suite(void)
{
    Suite *suite = suite_create("engine");
    TCase *tcase = tcase_create("engine");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_one_connection);
    tcase_add_test(tcase, test_sessions_never_mix);
    tcase_add_test(tcase, test_full_table_keeps_the_sums);
    tcase_add_test(tcase, test_rows_need_no_memory);
    tcase_add_test(tcase, test_batches_make_no_difference);
    tcase_add_test(tcase, test_fragments_join_their_flow);
    tcase_add_test(tcase, test_idle_flow_comes_back_as_new);
    tcase_add_test(tcase, test_time_running_backwards);
    tcase_add_test(tcase, test_stamps_jumping_to_and_fro);
    tcase_add_test(tcase, test_icmp_error_is_booked_to_the_quoted_flow);
    tcase_add_test(tcase, test_late_icmp_error_ends_the_flow_in_time);
    tcase_add_test(tcase, test_not_mirrored);
    tcase_add_test(tcase, test_every_cut_keeps_the_sums);
    suite_add_tcase(suite, tcase);
    return suite;
}
