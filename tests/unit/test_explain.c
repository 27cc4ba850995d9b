/* SPDX-License-Identifier: MIT */
/* The packets behind counts: they add up to the counters, and say why. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/engine_state.h"
#include "../../src/explain.h"
#include "../support/enginerun.h"
#include "../support/random.h"
#include "../support/tcpmodel.h"

Suite *make_explain_suite(void);

/* ---- what is wanted -------------------------------------------------------------------------- */

static bool parses(struct explain_want *want, const char *text)
{
    struct err err;

    if (explain_parse(want, text, "--explain", &err))
        return true;
    ck_assert_int_eq(err.status, EXIT_USAGE);
    ck_assert_ptr_eq(strchr(err.text, '\n'), NULL);
    ck_assert(strncmp(err.text, "--explain: expected a flow such as ", 35) == 0);
    ck_assert_ptr_ne(strstr(err.text, "mirror_loss_bytes"), NULL);
    ck_assert_int_eq(err.text[strlen(err.text) - 1], '\''); /* all of it */
    return false;
}

static const char *const flows[] = {
    "10.0.1.10:40000-192.0.2.1:443",   "tcp 10.0.1.10:40000-192.0.2.1:443",
    "192.0.2.1:443-10.0.1.10:40000",   "10.0.1.10:40000 > 192.0.2.1:443",
    "192.0.2.1:443 - 10.0.1.10:40000", "tcp 192.0.2.1:443>10.0.1.10:40000",
};

START_TEST(test_flow_either_way)
{
    struct explain_want want;
    const struct tcp_event event = { .added = 0 };
    struct flow_record flow = {
        .src_addr = { .bytes = { 10, 0, 1, 10 }, .family = 4 },
        .dst_addr = { .bytes = { 192, 0, 2, 1 }, .family = 4 },
        .src_port = 40000,
        .dst_port = 443,
    };
    char text[EXPLAIN_FLOW];

    ck_assert(parses(&want, flows[_i]));
    ck_assert(explain_wants(&want, &event, &flow));
    flow.dst_port = 444;
    ck_assert(!explain_wants(&want, &event, &flow));
    flow.dst_port = 443;
    flow.src_addr.bytes[3] = 11;
    ck_assert(!explain_wants(&want, &event, &flow));
    flow.src_addr.bytes[3] = 10;
    explain_flow(text, sizeof(text), &flow);
    ck_assert_str_eq(text, flows[0]);
}
END_TEST

START_TEST(test_flow_ipv6)
{
    struct explain_want want;
    const struct tcp_event event = { .added = 0 };
    struct flow_record flow = {
        .src_addr = { .bytes = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, .family = 6 },
        .dst_addr = { .bytes = { 0x20, 1, 0xd, 0xb8, [15] = 2 }, .family = 6 },
        .src_port = 50001,
        .dst_port = 443,
    };
    char text[EXPLAIN_FLOW];

    ck_assert(parses(&want, "[2001:db8::2]:443-[2001:db8::1]:50001"));
    ck_assert(explain_wants(&want, &event, &flow));
    explain_flow(text, sizeof(text), &flow);
    ck_assert_str_eq(text, "[2001:db8::1]:50001-[2001:db8::2]:443");
}
END_TEST

/* As the heading says it of what is printed. */
START_TEST(test_flow_of_a_session)
{
    struct explain_want want;
    const struct tcp_event event = { .added = 0 };
    const struct flow_record first = {
        .src_addr = { .bytes = { 10, 0, 1, 10 }, .family = 4 },
        .dst_addr = { .bytes = { 192, 0, 2, 1 }, .family = 4 },
        .src_port = 40000,
        .dst_port = 443,
        .vni = 7,
        .mirror_source = { .bytes = { 10, 0, 1, 10 }, .family = 4 },
    };
    struct flow_record other = first;

    ck_assert(parses(&want, "tcp 10.0.1.10:40000-192.0.2.1:443, VNI 7 from 10.0.1.10"));
    ck_assert(explain_wants(&want, &event, &first));
    other.vni = 8;
    ck_assert(!explain_wants(&want, &event, &other));
    other.vni = 7;
    other.mirror_source.bytes[3] = 11;
    ck_assert(!explain_wants(&want, &event, &other));
    other.mirror_source =
        (struct ip_addr){ .bytes = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, .family = 6 };
    ck_assert(!explain_wants(&want, &event, &other));
    ck_assert(parses(&want, "192.0.2.1:443-10.0.1.10:40000, VNI 7 from 2001:db8::1"));
    ck_assert(explain_wants(&want, &event, &other));
    ck_assert(!explain_wants(&want, &event, &first));
    other.vni = VALUE_UNKNOWN; /* not mirrored */
    ck_assert(!explain_wants(&want, &event, &other));
    ck_assert(parses(&want, "10.0.1.10:40000-192.0.2.1:443"));
    ck_assert(explain_wants(&want, &event, &first));
    ck_assert(explain_wants(&want, &event, &other));
}
END_TEST

START_TEST(test_counters)
{
    struct explain_want want;
    struct tcp_event event = { .added = 1u << TCP_COUNT_LATE };
    const struct flow_record flow = { .serial = 1 };

    for (unsigned i = 0; i < TCP_COUNT_ANSWERED; i++) {
        ck_assert(parses(&want, tcp_count_name((enum tcp_count)i)));
        ck_assert_int_eq(want.counter, i);
        ck_assert_int_eq(explain_wants(&want, &event, &flow), i == TCP_COUNT_LATE);
    }
    ck_assert(parses(&want, "all"));
    ck_assert(explain_wants(&want, &event, &flow));
}
END_TEST

static const char *const wrong[] = {
    "",
    "retransmit",
    "answered_directions",
    "10.0.1.10",
    "10.0.1.10:1",
    "10.0.1.10:1-",
    "10.0.1.10:1-192.0.2.1",
    "10.0.1.10:1-192.0.2.1:",
    "10.0.1.10:-192.0.2.1:2",
    "10.0.1.10:65536-192.0.2.1:443",
    "10.0.1.10:18446744073709551617-192.0.2.1:443",
    "10.0.1.10:1-192.0.2.1:443x",
    "10.0.1.10:1-[2001:db8::1]:443",
    "[10.0.1.10]:1-[10.0.1.11]:443",
    "2001:db8::1:1-2001:db8::2:443",
    "[2001:db8::1:1-2001:db8::2:443",
    "udp 10.0.1.10:1-192.0.2.1:443",
    "10.0.1.10:1-192.0.2.1:443,",
    "10.0.1.10:1-192.0.2.1:443, VNI ",
    "10.0.1.10:1-192.0.2.1:443, VNI 7",
    "10.0.1.10:1-192.0.2.1:443, VNI 7 from ",
    "10.0.1.10:1-192.0.2.1:443, VNI 7 from 10.0.1",
    "10.0.1.10:1-192.0.2.1:443, VNI 7 from 10.0.1.10x",
    "10.0.1.10:1-192.0.2.1:443, VNI from 10.0.1.10",
    "10.0.1.10:1-192.0.2.1:443, VNI 4294967296 from 10.0.1.10",
    "10.0.1.10:1-192.0.2.1:443, VNI 7 from [2001:db8::1]",
    "[2001:db8:1111:2222:3333:4444:5555:6666]:50001-[2001:db8:1111:2222:3333:4444:5555:7777]:443?",
};

START_TEST(test_wrong)
{
    struct explain_want want;

    ck_assert(!parses(&want, wrong[_i]));
}
END_TEST

/* ---- adding up ------------------------------------------------------------------------------- */

struct sums {
    uint64_t n[2][TCP_COUNT_COUNT]; /* of src, of dst */
    uint64_t events, frame;
};

static bool add_up(const struct tcp_event *event, const struct flow_record *flow, void *context)
{
    struct sums *sums = context;

    (void)flow;
    for (unsigned i = 0; i < TCP_COUNT_COUNT; i++)
        sums->n[!event->by_src][i] += (uint64_t)tcp_event_value(event, (enum tcp_count)i);
    sums->events++;
    ck_assert_uint_ge(event->frame, sums->frame); /* in the order of time */
    sums->frame = event->frame;
    return true;
}

static void check_sums(struct engine *engine, const struct sums *sums)
{
    struct flow_entry entry = flow_entry(&engine->flows, &engine->flows.flows[0]);
    unsigned src = flow_src_side(entry.flow);
    struct tcp_counts counts;

    for (unsigned dst = 0; dst < 2; dst++) {
        engine_tcp_counts(entry, src ^ dst, &counts);
        for (unsigned i = 0; i < TCP_COUNT_SYN_UNANSWERED; i++)
            ck_assert_msg(sums->n[dst][i] == counts.n[i], "%s: %llu, not %llu",
                          tcp_count_name((enum tcp_count)i), (unsigned long long)sums->n[dst][i],
                          (unsigned long long)counts.n[i]);
    }
    ck_assert_uint_eq(sums->events,
                      flow_has(entry, FLOW_HAS_TROUBLE)
                          ? entry_trouble(entry)->events[0] + entry_trouble(entry)->events[1]
                          : 0);
}

/* Every event is handed on, and those in the ring are the same. */
START_TEST(test_adds_up)
{
    uint64_t random = (uint64_t)_i;
    struct tcpmodel_config config = {
        .seed = (uint64_t)_i + 1,
        .ids = _i & 1,
        .timestamps = _i & 2,
        .segments = TCPMODEL_SEGMENTS,
        .to_mirror_us = 100,
        .to_receiver_us = 20000,
        .late_us = 2500,
        .loss_before = (unsigned)random_below(&random, 4) * 15,
        .loss_behind = (unsigned)random_below(&random, 4) * 15,
        .mirror_loss = (unsigned)random_below(&random, 4) * 15,
        .mirror_late = (unsigned)random_below(&random, 4) * 15,
    };
    struct sums handed = { .events = 0 }, kept = { .events = 0 };
    struct engine_config engine_config = enginerun_config();
    struct engine *engine;

    engine_config.events = true;
    engine_config.event_sink = add_up;
    engine_config.event_context = &handed;
    trace_start();
    tcpmodel_run(&config);
    engine = enginerun_feed(&engine_config, 7);
    for (uint64_t i = 0; i < engine->events.count; i++)
        add_up(tcp_event_ring_at(&engine->events, i), NULL, &kept);
    check_sums(engine, &handed);
    check_sums(engine, &kept);
    engine_free(engine);
}
END_TEST

START_TEST(test_overwritten)
{
    struct tcp_event_ring ring;
    struct err err;

    ck_assert(tcp_event_ring_init(&ring, &err));
    ck_assert_uint_eq(tcp_event_ring_first(&ring), 0);
    for (uint32_t i = 0; i < TCP_EVENTS + 5; i++)
        tcp_event_ring_add(&ring)->serial = i;
    ck_assert_uint_eq(tcp_event_ring_first(&ring), 5);
    ck_assert_uint_eq(tcp_event_ring_at(&ring, 5)->serial, 5);
    ck_assert_uint_eq(tcp_event_ring_at(&ring, ring.count - 1)->serial, TCP_EVENTS + 4);
    tcp_event_ring_clear(&ring);
    ck_assert_uint_eq(ring.count, 0);
    tcp_event_ring_release(&ring);
}
END_TEST

/* ---- a flow's events in a snapshot ----------------------------------------------------------- */

static struct snapshot *explained(struct engine *engine, uint64_t serial)
{
    struct snapshot_request request = snapshot_request_default(10);

    request.flows = true;
    request.explain = true;
    request.explain_flow = serial;
    return engine_snapshot(engine, &request);
}

static void check_words(const struct tcp_event *event, const char *verdict, const char *why)
{
    char text[EXPLAIN_WHY];

    explain_verdict(text, sizeof(text), event);
    ck_assert_str_eq(text, verdict);
    explain_why(text, sizeof(text), event, event->ts_ns - 12345678000);
    ck_assert_str_eq(text, why);
}

/* Sent again after a timeout; the flow has ended, and is explained all the same. */
START_TEST(test_snapshot_of_ended)
{
    struct engine_config config = enginerun_config();
    struct engine *engine;
    struct snapshot *snapshot;
    const struct flow_record *row;

    config.events = true;
    trace_start();
    trace_handshake();
    trace_client(101, 901, TCP_ACK, 100);
    trace.now_ns += 250000000;
    trace_client(101, 901, TCP_ACK, 100);
    trace_server(901, 201, TCP_ACK | TCP_RST, 0);
    engine = enginerun_feed(&config, 4);
    engine_flow_end(engine, &engine->flows.flows[0]);
    snapshot = explained(engine, 1);
    row = snapshot_row(snapshot, TABLE_RETRANSMITS, 0);
    ck_assert_uint_eq(row->serial, 1);
    ck_assert_uint_eq(row->events, 2);
    ck_assert_uint_eq(snapshot->events.kept, 2);
    ck_assert_uint_eq(snapshot->events.count, 2);
    ck_assert_uint_eq(snapshot->events.events[0].frame, 5);
    check_words(&snapshot->events.events[0], "retransmit (timeout), a new run",
                "bytes 101-201 had been carried before; the receiver had been silent for 251.0 ms");
    check_words(&snapshot->events.events[1], "reset after data",
                "the first reset of a connection that had carried data");
    snapshot_free(snapshot);
    snapshot = explained(engine, 2);
    ck_assert_uint_eq(snapshot->events.kept, 0);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* What was listed and is counted no more is said to be that, once. */
START_TEST(test_taken_back)
{
    struct engine_config config = enginerun_config();
    const struct segment cut = {
        .src = "10.0.1.10",
        .dst = "192.0.2.1",
        .sport = 40000,
        .dport = 443,
        .seq = 101,
        .ack = 1101,
        .flags = TCP_ACK,
        .sack = { { 1201, 1301 } },
        .cut = 20,
        .egress = true,
    };
    struct explain_want want;
    struct engine *engine;
    struct snapshot *snapshot;

    config.events = true;
    trace_start();
    trace_handshake();
    for (uint32_t i = 0; i < 3; i++)
        trace_server(901 + 100 * i, 101, TCP_ACK, 100);
    for (unsigned i = 0; i < 4; i++)
        trace_client(101, 1001, TCP_ACK, 0);
    trace_segment(&cut);
    trace_segment(&cut);
    engine = enginerun_feed(&config, 4);
    snapshot = explained(engine, 1);
    ck_assert_uint_eq(enginerun_flow(snapshot, 0)->src_tcp.duplicate_acks, VALUE_UNKNOWN);
    ck_assert_uint_eq(snapshot->events.count, 4);
    ck_assert_int_eq(snapshot->events.events[2].why, TCP_WHY_NUMBERS);
    check_words(&snapshot->events.events[3], "taken back",
                "options of TCP are cut off here, so the kinds of retransmits, full windows and "
                "duplicate ACKs that are listed before this count no more");
    ck_assert(parses(&want, "duplicate_acks"));
    ck_assert(explain_wants(&want, &snapshot->events.events[3], enginerun_flow(snapshot, 0)));
    ck_assert(parses(&want, "fast"));
    ck_assert(!explain_wants(&want, &snapshot->events.events[3], enginerun_flow(snapshot, 0)));
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* What a filter does not show is not among what a row says that there is. */
START_TEST(test_snapshot_of_one_direction)
{
    struct engine_config config = enginerun_config();
    struct engine *engine;
    struct snapshot *snapshot;

    config.events = true;
    trace_start();
    trace_handshake();
    trace_client(101, 901, TCP_ACK, 100);
    trace_client(101, 901, TCP_ACK, 100);
    for (unsigned i = 0; i < 3; i++)
        trace_server(901, 201, TCP_ACK, 100);
    engine = enginerun_feed(&config, 4);
    snapshot = explained(engine, 1);
    ck_assert_uint_eq(snapshot->events.kept, 3);
    ck_assert_uint_eq(enginerun_flow(snapshot, 0)->events, 3);
    snapshot_free(snapshot);
    engine_set_filter(engine, enginerun_program("accept tcp sport 443"));
    snapshot = explained(engine, 1);
    ck_assert_uint_eq(snapshot->events.kept, 2);
    ck_assert_uint_eq(snapshot->events.count, 2);
    ck_assert_uint_eq(enginerun_flow(snapshot, 0)->events, 2);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* ---- when bytes were carried ----------------------------------------------------------------- */

START_TEST(test_times)
{
    struct tcp_time segment = { .frame = 1, .serial = 5, .low = 0xfffffe00, .high = 2000 };
    struct tcp_times times;
    struct err err;

    ck_assert(tcp_times_init(&times, &err));
    ck_assert_ptr_eq(tcp_times_find(&times, 5, 0, 0), NULL);
    tcp_times_note(&times, &segment); /* across the end of sequence space */
    ck_assert_uint_eq(tcp_times_find(&times, 5, 0, 0xfffffe00)->frame, 1);
    ck_assert_uint_eq(tcp_times_find(&times, 5, 0, 1023)->frame, 1);
    ck_assert_uint_eq(tcp_times_find(&times, 5, 0, 1999)->frame, 1);
    ck_assert_ptr_eq(tcp_times_find(&times, 5, 0, 2000), NULL);
    ck_assert_ptr_eq(tcp_times_find(&times, 5, 0, 0xfffffdff), NULL);
    ck_assert_ptr_eq(tcp_times_find(&times, 5, 1, 0), NULL);
    ck_assert_ptr_eq(tcp_times_find(&times, 6, 0, 0), NULL);
    segment.frame = 2;
    tcp_times_note(&times, &segment);
    ck_assert_uint_eq(tcp_times_find(&times, 5, 0, 0)->frame, 2);
    segment = (struct tcp_time){ .frame = 3, .serial = 5, .side = 1, .low = 1, .high = 0 };
    tcp_times_note(&times, &segment); /* longer than any: not all of it */
    tcp_times_clear(&times);
    ck_assert_ptr_eq(tcp_times_find(&times, 5, 0, 0), NULL);
    tcp_times_release(&times);
    ck_assert_ptr_eq(tcp_times_find(&times, 5, 0, 0), NULL);
}
END_TEST

/* Neighbours share a cell: when one is sent again, the next one's time is not forgotten. */
START_TEST(test_times_of_a_run)
{
    struct tcp_times times;
    struct err err;

    ck_assert(tcp_times_init(&times, &err));
    for (uint32_t i = 0; i < 8; i++) {
        struct tcp_time segment = {
            .frame = 1 + i, .serial = 5, .low = i % 4 * 1448, .high = i % 4 * 1448 + 1448
        };

        if (i >= 4) { /* again */
            ck_assert_ptr_nonnull(tcp_times_find(&times, 5, 0, segment.low));
            ck_assert_uint_eq(tcp_times_find(&times, 5, 0, segment.low)->frame, 1 + i - 4);
        }
        tcp_times_note(&times, &segment);
    }
    tcp_times_release(&times);
}
END_TEST

/* ---- words ----------------------------------------------------------------------------------- */

#define BIT(id) (1u << TCP_COUNT_##id)

static const struct {
    struct tcp_event event;
    const char *verdict, *why;
} words[] = {
    { { .added = BIT(RETRANSMITS) | BIT(FAST) | BIT(LOST_BEFORE_MIRROR),
        .why = TCP_WHY_ID_NEWER,
        .number = { 9, 7 },
        .kind_why = TCP_KIND_DUPLICATE_ACKS,
        .kind_number = 3 },
      "retransmit (fast), lost before the mirror",
      "it fills a hole, and its IP ID 9 is newer than 7 of what lies behind the hole; 3 duplicate "
      "ACKs asked for it" },
    { { .added = BIT(UNCERTAIN), .why = TCP_WHY_RETURNED, .number = { 1001 } },
      "uncertain",
      "segments that had come far ahead are none of this connection: it goes on here, where the "
      "receiver has acknowledged all up to 1001" },
    { { .added = BIT(RETRANSMITS) | BIT(SEEN_TWICE),
        .seq = 1001,
        .length = 100,
        .resent_bytes = 100,
        .why = TCP_WHY_CARRIED,
        .number = { 40, 61 },
        .kind_why = TCP_KIND_PLAIN },
      "retransmit, the same packet seen twice",
      "bytes 1001-1101 had been carried at 12.345638 s, frame 61; it has the IP ID of the packet "
      "just before, within a millisecond: it was captured twice on its way" },
    { { .added = BIT(RETRANSMITS) | BIT(SPURIOUS),
        .seq = 1001,
        .length = 1460,
        .resent_bytes = 1460,
        .why = TCP_WHY_CARRIED,
        .number = { 678, 61 },
        .kind_why = TCP_KIND_ACKED,
        .kind_number = 2461 },
      "retransmit (spurious)",
      "bytes 1001-2461 had been carried at 12.345000 s, frame 61; the receiver had acknowledged "
      "all up to 2461" },
    { { .added = BIT(OUT_OF_ORDER) | BIT(LATE), .why = TCP_WHY_ID_OLDER, .number = { 7, 9 } },
      "late copy",
      "its IP ID 7 is older than 9 of what overtook it" },
    { { .added = BIT(OUT_OF_ORDER) | BIT(UNCERTAIN),
        .why = TCP_WHY_NO_SIGN,
        .number = { 345678, TCP_NEVER } },
      "uncertain, out of order",
      "it fills a hole that was opened at 12.000000 s, and neither timestamps nor IP IDs tell when "
      "it was sent" },
    { { .added = BIT(OUT_OF_ORDER) | BIT(LATE),
        .lost_bytes = -1400,
        .lost_segments = -1,
        .why = TCP_WHY_TIME_OLDER,
        .number = { 5, 6 } },
      "late copy, 1400 bytes less of mirror loss",
      "its timestamp 5 is older than 6 of what overtook it; bytes that were counted as lost have "
      "come after all" },
    { { .lost_bytes = 2800, .lost_segments = 2, .acked = 4201 },
      "mirror loss of 2800 bytes",
      "the receiver has acknowledged all up to 4201, and of that 2800 bytes, about 2 segments, "
      "never came from the mirror" },
    { { .added = BIT(SPURIOUS), .taken = BIT(FAST), .why = TCP_WHY_HAD_BEFORE, .number = { 1, 2 } },
      "an earlier retransmit was spurious, not fast",
      "a duplicate SACK says that bytes 1-2 had arrived before" },
};

START_TEST(test_words)
{
    struct tcp_event event = words[_i].event;

    event.ts_ns = UINT64_C(1600000012345678000);
    check_words(&event, words[_i].verdict, words[_i].why);
}
END_TEST

/* Whatever is in an event, the texts fit. */
START_TEST(test_words_fit)
{
    uint64_t random = 5;

    for (unsigned round = 0; round < 20000; round++) {
        struct tcp_event event;
        char verdict[EXPLAIN_VERDICT], why[EXPLAIN_WHY];
        uint8_t *bytes = (uint8_t *)&event;

        for (size_t i = 0; i < sizeof(event); i++)
            bytes[i] = (uint8_t)random_below(&random, 256);
        event.why = (uint8_t)random_below(&random, TCP_WHY_RETURNED + 1);
        event.kind_why = (uint8_t)random_below(&random, TCP_KIND_TAIL + 1);
        ck_assert_uint_lt(explain_verdict(verdict, sizeof(verdict), &event), sizeof(verdict) - 1);
        ck_assert_uint_lt(explain_why(why, sizeof(why), &event, 1000), sizeof(why) - 1);
    }
}
END_TEST

Suite *make_explain_suite(void)
{
    Suite *suite = suite_create("explain");
    TCase *tcase = tcase_create("explain");

    tcase_add_loop_test(tcase, test_flow_either_way, 0, sizeof(flows) / sizeof(flows[0]));
    tcase_add_test(tcase, test_flow_ipv6);
    tcase_add_test(tcase, test_flow_of_a_session);
    tcase_add_test(tcase, test_counters);
    tcase_add_loop_test(tcase, test_wrong, 0, sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_loop_test(tcase, test_adds_up, 0, 40);
    tcase_add_test(tcase, test_overwritten);
    tcase_add_test(tcase, test_snapshot_of_ended);
    tcase_add_test(tcase, test_snapshot_of_one_direction);
    tcase_add_test(tcase, test_taken_back);
    tcase_add_test(tcase, test_times);
    tcase_add_test(tcase, test_times_of_a_run);
    tcase_add_loop_test(tcase, test_words, 0, sizeof(words) / sizeof(words[0]));
    tcase_add_test(tcase, test_words_fit);
    suite_add_tcase(suite, tcase);
    return suite;
}
