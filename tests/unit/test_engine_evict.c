/* SPDX-License-Identifier: MIT */
/* A full table: who makes room, and that nothing of it is left to who comes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../support/enginerun.h"

Suite *make_engine_evict_suite(void);

static const uint64_t step_ns = 150000000; /* idle times are told apart in 1/10 s */

/* A segment of the connection of this number, from the client or the server. */
static void segment(uint16_t number, uint8_t flags, bool from_client)
{
    struct segment s = { .src = from_client ? "10.0.1.10" : "192.0.2.1",
                         .dst = from_client ? "192.0.2.1" : "10.0.1.10",
                         .sport = from_client ? 1000 + number : 80,
                         .dport = from_client ? 80 : 1000 + number,
                         .seq = from_client ? 100 : 900,
                         .ack = from_client ? 0 : 101,
                         .flags = flags,
                         .vni = 7,
                         .egress = from_client };

    trace_segment(&s);
    trace.now_ns += step_ns;
}

struct gone {
    uint64_t number[8];
    size_t count;
};

static bool note(const struct flow_record *flow, void *context)
{
    struct gone *gone = context;

    if (gone->count < 8)
        gone->number[gone->count++] = flow->src_port - 1000;
    return true;
}

/* The refused one, then the oldest attempts, and only then one that was answered, the one that has
 * been idle for longest. */
START_TEST(test_who_makes_room)
{
    static const uint64_t expected[] = { 6, 2, 5, 8, 0, 1 };
    struct engine_config config = enginerun_config();
    struct gone gone = { .count = 0 };

    config.max_flows = 8;
    config.rates = _i;
    config.sink = note;
    config.sink_context = &gone;
    trace_start();
    for (uint16_t i = 0; i < 8; i++) {
        segment(i, TCP_SYN, true);
        if (i != 2 && i != 5)
            segment(i, i == 6 ? TCP_RST | TCP_ACK : TCP_SYN | TCP_ACK, false);
    }
    for (uint16_t i = 8; i < 12; i++)
        segment(i, TCP_SYN, true);
    for (uint16_t i = 9; i < 12; i++)
        segment(i, TCP_SYN | TCP_ACK, false);
    segment(12, TCP_SYN, true);
    segment(12, TCP_SYN | TCP_ACK, false);
    segment(13, TCP_SYN, true);
    snapshot_free(enginerun_all(&config));
    ck_assert_uint_eq(gone.count, 8);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        ck_assert_uint_eq(gone.number[i], expected[i]);
}
END_TEST

/* A datagram, and that it was refused. */
static void refused(uint16_t port)
{
    uint8_t head[TRACE_QUOTE];

    trace_datagram(port, head);
    trace_refused(head);
    trace.now_ns += step_ns;
}

START_TEST(test_nothing_is_inherited)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;

    config.max_flows = 8;
    config.rates = _i;
    trace_start();
    for (uint16_t i = 0; i < 8; i++)
        refused(5000 + i); /* one flow of ICMP takes all the errors */
    for (uint16_t i = 0; i < 8; i++)
        segment(i, TCP_SYN, true);
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(snapshot->tables[TABLE_FLOWS].count, 8);
    ck_assert_uint_eq(snapshot->flows.evicted, 9);
    for (size_t i = 0; i < 8; i++) {
        const struct flow_record *flow = enginerun_flow(snapshot, i);

        ck_assert_str_eq(flow->protocol, "tcp");
        ck_assert_uint_eq(flow->icmp_errors, 0);
        ck_assert_uint_eq(flow->packets, 1);
    }
    snapshot_free(snapshot);
}
END_TEST

Suite *make_engine_evict_suite(void)
{
    Suite *suite = suite_create("engine_evict");
    TCase *tcase = tcase_create("evict");

    tcase_add_loop_test(tcase, test_who_makes_room, 0, 2);
    tcase_add_loop_test(tcase, test_nothing_is_inherited, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
