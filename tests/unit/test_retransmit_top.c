/* SPDX-License-Identifier: MIT */
/* The list of flows with retransmits or losses; those that have left the table are still listed and
 * counted. */
#include <check.h>
#include <stdio.h>

#include "../../src/engine.h"
#include "../../src/flow/retransmit_top.h"
#include "../../ui/grid.h"
#include "../support/trace.h"

Suite *make_retransmit_top_suite(void);

_Static_assert((size_t)RETRANSMIT_TOP >= (size_t)GRID_ROWS,
               "a pane may show flows that have all ended");

/* ---- the rows by themselves ------------------------------------------------------------------ */

static void add_with_loss(struct retransmit_top *top, uint64_t serial, uint64_t retransmits,
                          uint64_t mirror_loss_bytes)
{
    char protocol[8] = "tcp", name[32];
    struct flow_record record = { .serial = serial,
                                  .retransmits = retransmits,
                                  .mirror_loss_bytes = mirror_loss_bytes,
                                  .bit_rate = 1000,
                                  .protocol = protocol,
                                  .app = "tls",
                                  .server_name = name,
                                  .also_session = "",
                                  .cut = "",
                                  .src_country = "",
                                  .dst_country = "",
                                  .src_direction = "egress",
                                  .state = "closed" };

    snprintf(name, sizeof(name), "%llu.example.com", (unsigned long long)serial);
    retransmit_top_add(top, &record, 0);
}

static void add(struct retransmit_top *top, uint64_t serial, uint64_t retransmits)
{
    add_with_loss(top, serial, retransmits, VALUE_UNKNOWN);
}

static struct retransmit_top *make_top(void)
{
    struct err err;
    struct retransmit_top *top = retransmit_top_new(&err);

    ck_assert_ptr_nonnull(top);
    return top;
}

static bool holds(const struct retransmit_top *top, uint64_t serial)
{
    size_t found = 0;

    for (size_t i = 0; i < top->ranking.count; i++)
        found += top->rows[i].record.serial == serial;
    ck_assert_uint_le(found, 1);
    return found == 1;
}

START_TEST(test_keeps_the_most)
{
    struct retransmit_top *top = make_top();
    const uint64_t all = 3 * RETRANSMIT_TOP;

    for (uint64_t i = 0; i < all; i++) /* few, then many, then few again */
        add(top, i + 1, i < all / 2 ? i + 1 : all - i);
    ck_assert_uint_eq(top->total, all);
    ck_assert_uint_eq(top->ranking.count, RETRANSMIT_TOP);
    for (uint64_t i = 0; i < all; i++)
        ck_assert(holds(top, i + 1) == (i >= RETRANSMIT_TOP && i < 2 * RETRANSMIT_TOP));
    retransmit_top_free(top);
}
END_TEST

/* Of equals those that began first, in whatever order they ended. */
START_TEST(test_ties)
{
    struct retransmit_top *top = make_top();
    const uint64_t all = 2 * RETRANSMIT_TOP;

    for (uint64_t i = 0; i < all; i++)
        add(top, 1 + i * 7 % all, 5); /* 7 and `all` have no common factor: each once */
    for (uint64_t i = 1; i <= all; i++)
        ck_assert(holds(top, i) == (i <= RETRANSMIT_TOP));
    retransmit_top_free(top);
}
END_TEST

/* Of equals those with most mirror loss, however much that is, before those that began first. */
START_TEST(test_ties_in_mirror_loss)
{
    struct retransmit_top *top = make_top();

    for (uint64_t i = 1; i <= 2 * RETRANSMIT_TOP; i++)
        add_with_loss(top, i, 1, i <= RETRANSMIT_TOP ? 0 : UINT32_MAX + i);
    add(top, 1, 2);
    for (uint64_t i = 1; i <= 2 * RETRANSMIT_TOP; i++)
        ck_assert(holds(top, i) == (i == 1 || (i > RETRANSMIT_TOP && i < 2 * RETRANSMIT_TOP)));
    retransmit_top_free(top);
}
END_TEST

START_TEST(test_texts_are_its_own)
{
    struct retransmit_top *top = make_top();
    char name[32];

    for (uint64_t i = 1; i <= 2 * RETRANSMIT_TOP; i++)
        add(top, i, i);
    for (size_t i = 0; i < RETRANSMIT_TOP; i++) {
        const struct flow_record *row = &top->rows[i].record;

        snprintf(name, sizeof(name), "%llu.example.com", (unsigned long long)row->serial);
        ck_assert_str_eq(row->server_name, name);
        ck_assert_str_eq(row->protocol, "tcp");
        ck_assert_uint_eq(row->bit_rate, 0);
    }
    retransmit_top_free(top);
}
END_TEST

START_TEST(test_clear)
{
    struct retransmit_top *top = make_top();

    for (uint64_t i = 1; i <= 2 * RETRANSMIT_TOP; i++)
        add(top, i, 100);
    retransmit_top_clear(top);
    ck_assert_uint_eq(top->total, 0);
    ck_assert_uint_eq(top->ranking.count, 0);
    add(top, 3000, 1);
    ck_assert_uint_eq(top->total, 1);
    ck_assert(holds(top, 3000));
    retransmit_top_free(top);
}
END_TEST

/* ---- in the engine --------------------------------------------------------------------------- */

static struct engine *make_engine(size_t max_flows)
{
    struct engine_config config = {
        .decode = decode_config_default, .max_flows = max_flows, .rates = true, .seed = 3
    };
    struct err err;
    struct engine *engine = engine_new(&config, &err);

    ck_assert_ptr_nonnull(engine);
    return engine;
}

/* A connection from the port given, of which `again` segments were sent again. */
static void add_connection(unsigned port, unsigned again)
{
    struct segment s = { .src = "10.0.1.10",
                         .dst = "192.0.2.1",
                         .sport = (uint16_t)port,
                         .dport = 443,
                         .seq = 1000,
                         .flags = TCP_ACK,
                         .payload = 100,
                         .egress = true };

    for (unsigned i = 0; i <= again; i++)
        trace_segment(&s);
}

static void feed(struct engine *engine)
{
    for (size_t i = 0; i < trace.count; i++)
        engine_feed(engine, &trace.frames[i], 1);
    trace_start();
}

static struct snapshot *take(struct engine *engine, size_t top)
{
    struct snapshot_request request = snapshot_request_default(top);
    struct snapshot *snapshot = engine_snapshot(engine, &request);

    ck_assert_ptr_nonnull(snapshot);
    return snapshot;
}

static const struct flow_record *row_at(const struct snapshot *snapshot, size_t at)
{
    ck_assert_uint_lt(at, snapshot->tables[TABLE_RETRANSMITS].count);
    return snapshot_row(snapshot, TABLE_RETRANSMITS, at);
}

/* Rows of the table and of those that left it, in one order and with one total. */
START_TEST(test_evicted_flows_are_listed)
{
    enum { FLOWS = 100, LIMIT = 16 };
    struct engine *engine = make_engine(LIMIT);
    struct snapshot *snapshot;
    uint64_t sum = 0;

    trace_start();
    for (unsigned i = 0; i < FLOWS; i++)
        add_connection(1000 + i, i % 4);
    feed(engine);
    snapshot = take(engine, 1000);
    ck_assert_uint_eq(snapshot->flows.evicted, FLOWS - LIMIT);
    ck_assert_uint_eq(snapshot->tables[TABLE_FLOWS].count, LIMIT);
    ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].count, FLOWS * 3 / 4);
    ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].total, FLOWS * 3 / 4);
    for (size_t i = 0; i < FLOWS * 3 / 4; i++) {
        const struct flow_record *row = row_at(snapshot, i);

        ck_assert_uint_eq(row->retransmits, 3 - i / (FLOWS / 4));
        ck_assert_uint_eq(row->src_retransmits, row->retransmits);
        ck_assert_uint_eq(row->src_port, 1000 + 4 * (i % (FLOWS / 4)) + row->retransmits);
        ck_assert_uint_eq(row->serial, row->src_port - 999);
        ck_assert_uint_eq(row->vni, 7);
        sum += row->retransmits;
    }
    ck_assert_uint_eq(sum, snapshot->tcp.count[TCP_COUNT_RETRANSMITS]);
    snapshot_free(snapshot);
    snapshot = take(engine, 5);
    ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].count, 5);
    ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].total, FLOWS * 3 / 4);
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(row_at(snapshot, i)->src_port, 1003 + 4 * i);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* A flow is one row when it has ended, no matter why, and never two. */
START_TEST(test_idle_flow_is_listed_once)
{
    struct engine *engine = make_engine(64);
    struct snapshot *snapshot;

    trace_start();
    add_connection(1000, 2);
    feed(engine);
    snapshot = take(engine, 10);
    ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].total, 1);
    snapshot_free(snapshot);
    engine_tick(engine, trace.now_ns + 7200u * UINT64_C(1000000000));
    snapshot = take(engine, 10);
    ck_assert_uint_eq(snapshot->flows.active, 0);
    ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].count, 1);
    ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].total, 1);
    ck_assert_uint_eq(row_at(snapshot, 0)->retransmits, 2);
    ck_assert_uint_eq(row_at(snapshot, 0)->src_port, 1000);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

START_TEST(test_more_have_ended_than_are_kept)
{
    enum { FLOWS = RETRANSMIT_TOP + 300, LIMIT = 16 };
    struct engine *engine = make_engine(LIMIT);
    struct snapshot *snapshot;

    trace_start();
    for (unsigned i = 0; i < FLOWS; i++)
        add_connection(1000 + i, 1);
    feed(engine);
    snapshot = take(engine, 2 * FLOWS);
    ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].total, FLOWS);
    ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].count, RETRANSMIT_TOP + LIMIT);
    for (size_t i = 0; i < RETRANSMIT_TOP; i++) /* ties: those that began first, in order */
        ck_assert_uint_eq(row_at(snapshot, i)->src_port, 1000 + i);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* A flow of which the mirror has lost 100 bytes, and nothing was sent again; one with nothing. */
START_TEST(test_mirror_loss_alone)
{
    struct engine *engine = make_engine(64);
    struct snapshot *snapshot;

    trace_start();
    trace_handshake();
    trace_server(901, 101, TCP_ACK, 100);
    trace_server(1101, 101, TCP_ACK, 100);
    trace_client(101, 1201, TCP_ACK, 0);
    add_connection(1000, 0);
    feed(engine);
    for (unsigned ended = 0; ended < 2; ended++) {
        snapshot = take(engine, 10);
        ck_assert_uint_eq(snapshot->flows.active, ended ? 0 : 2);
        ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].count, 1);
        ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].total, 1);
        ck_assert_uint_eq(row_at(snapshot, 0)->retransmits, 0);
        ck_assert_uint_eq(row_at(snapshot, 0)->mirror_loss_bytes, 100);
        snapshot_free(snapshot);
        engine_tick(engine, trace.now_ns + 7200u * UINT64_C(1000000000));
    }
    engine_free(engine);
}
END_TEST

START_TEST(test_reset_forgets)
{
    struct engine *engine = make_engine(16);
    struct snapshot *snapshot;

    trace_start();
    for (unsigned i = 0; i < 100; i++)
        add_connection(1000 + i, 1);
    feed(engine);
    engine_reset(engine);
    snapshot = take(engine, 1000);
    ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].count, 0);
    ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].total, 0);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

Suite *make_retransmit_top_suite(void)
{
    Suite *suite = suite_create("retransmit_top");
    TCase *rows = tcase_create("rows"), *engine = tcase_create("engine");

    tcase_add_test(rows, test_keeps_the_most);
    tcase_add_test(rows, test_ties);
    tcase_add_test(rows, test_ties_in_mirror_loss);
    tcase_add_test(rows, test_texts_are_its_own);
    tcase_add_test(rows, test_clear);
    suite_add_tcase(suite, rows);
    tcase_add_test(engine, test_evicted_flows_are_listed);
    tcase_add_test(engine, test_idle_flow_is_listed_once);
    tcase_add_test(engine, test_more_have_ended_than_are_kept);
    tcase_add_test(engine, test_mirror_loss_alone);
    tcase_add_test(engine, test_reset_forgets);
    suite_add_tcase(suite, engine);
    return suite;
}
