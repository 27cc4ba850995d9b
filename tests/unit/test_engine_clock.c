/* SPDX-License-Identifier: MIT */
/* The engine's clock: stamps that lie, gaps that are real, and time without frames. */
#include <check.h>
#include <stdio.h>

#include "../support/enginerun.h"

Suite *make_engine_clock_suite(void);

static const uint64_t second_ns = 1000000000u;

static struct engine_config wide(void)
{
    struct engine_config config = enginerun_config();

    config.max_flows = 1024;
    return config;
}

/* One segment of connection `number`, a step of a handshake and what follows it. */
static void step_of(unsigned number, int step, uint64_t at_ns)
{
    char host[20];
    struct segment s = { .vni = 7 };

    snprintf(host, sizeof(host), "192.0.2.%u", number + 1);
    s.src = step == 1 ? host : "10.0.1.10";
    s.dst = step == 1 ? "10.0.1.10" : host;
    s.sport = step == 1 ? 443 : 40000;
    s.dport = step == 1 ? 40000 : 443;
    s.seq = step == 1 ? 900 : step == 0 ? 100 : 101;
    s.ack = step == 1 ? 101 : step == 0 ? 0 : 901;
    s.flags = step == 0 ? TCP_SYN : step == 1 ? TCP_SYN | TCP_ACK : TCP_ACK;
    s.payload = step > 2 ? 100 : 0;
    s.egress = step != 1;
    trace.now_ns = at_ns;
    trace_segment(&s);
}

enum { CONNECTIONS = 40 };

/* Handshakes, data, and the data again; 20 ms between the steps of a connection. */
static void talk(uint64_t at_ns, unsigned from, unsigned to, unsigned offset)
{
    for (int step = (int)from; step < (int)to; step++) {
        for (unsigned i = 0; i < CONNECTIONS; i++)
            step_of(offset + i, step, at_ns + (uint64_t)step * 20000000u + i * 100000u);
    }
}

static void check_whole(size_t flows, size_t connections, uint64_t backwards)
{
    struct engine_config config = wide();
    struct snapshot *snapshot = enginerun_all(&config);

    ck_assert_uint_eq(snapshot->flows.total, flows);
    ck_assert_uint_eq(snapshot->tcp.rtt.count, connections);
    ck_assert_uint_eq(snapshot->tcp.count[TCP_COUNT_RETRANSMITS], connections);
    ck_assert_uint_eq(snapshot->tables[TABLE_SUSPICIONS].count, 0);
    ck_assert_uint_eq(snapshot->input.time_backwards, backwards);
    snapshot_free(snapshot);
}

/* A frame that is stamped wrong ends no flow, fails no attempt, hides no retransmit. */
START_TEST(test_stray_stamps)
{
    static const uint64_t strays_s[] = { 40, 7200, 90000, 1000000000u };
    uint64_t start;

    for (unsigned at = 1; at < 5; at++) {
        for (size_t i = 0; i < sizeof(strays_s) / sizeof(strays_s[0]); i++) {
            trace_start();
            start = trace.now_ns;
            talk(start, 0, at, 0);
            step_of(200, 3, start + strays_s[i] * second_ns);
            talk(start, at, 5, 0);
            check_whole(CONNECTIONS + 1, CONNECTIONS, 1);
        }
    }
}
END_TEST

/* Two sources whose clocks differ, frame by frame in turns. */
START_TEST(test_two_clocks)
{
    uint64_t start;

    trace_start();
    start = trace.now_ns;
    for (int step = 0; step < 5; step++) {
        for (unsigned i = 0; i < CONNECTIONS; i++) {
            uint64_t at = start + (uint64_t)step * 20000000u + i * 100000u;

            step_of(i, step, at);
            step_of(CONNECTIONS + i, step, at + 60 * second_ns);
        }
    }
    check_whole(2 * (size_t)CONNECTIONS, 2 * (size_t)CONNECTIONS, 5 * CONNECTIONS - 1);
}
END_TEST

static size_t count_active(const struct engine_config *config, uint64_t tick_ns)
{
    struct snapshot_request request = snapshot_request_default(100);
    struct engine *engine = enginerun_feed(config, 1);
    struct snapshot *snapshot;
    size_t active;

    if (tick_ns)
        engine_tick(engine, tick_ns);
    snapshot = engine_snapshot(engine, &request);
    ck_assert_ptr_nonnull(snapshot);
    active = snapshot->flows.active;
    snapshot_free(snapshot);
    engine_free(engine);
    return active;
}

/* After a real gap the frames go on from there: what was idle ends. */
START_TEST(test_real_gap)
{
    struct engine_config config = wide();

    trace_start();
    talk(trace.now_ns, 0, 5, 50);
    trace.now_ns += 7200 * second_ns;
    for (int i = 0; i < 8; i++)
        trace_client(101, 901, TCP_ACK, 10);
    ck_assert_uint_eq(count_active(&config, 0), CONNECTIONS + 1);
    for (int i = 0; i < 8; i++)
        trace_client(101, 901, TCP_ACK, 10);
    ck_assert_uint_eq(count_active(&config, 0), 1);
}
END_TEST

/* Frames so rare that there is a gap before each: time goes on. */
START_TEST(test_gap_after_gap)
{
    struct engine_config config = wide();

    trace_start();
    talk(trace.now_ns, 0, 1, 50);
    for (int i = 0; i < 20; i++) {
        trace.now_ns += 20 * second_ns;
        trace_client(101, 901, TCP_ACK, 10);
    }
    ck_assert_uint_eq(count_active(&config, 0), 1);
}
END_TEST

/* Attempts before a gap have failed when the capture ends behind it; but one stray frame makes no
 * gap in a capture that has had others. */
START_TEST(test_gap_at_the_end)
{
    struct engine_config config = wide();
    struct snapshot *snapshot;
    uint64_t start;

    for (unsigned stray = 0; stray < 2; stray++) {
        for (unsigned frames = 1; frames <= 2; frames++) {
            trace_start();
            start = trace.now_ns;
            if (stray)
                step_of(200, 0, start - 7200 * second_ns);
            talk(start, 0, 3, 50); /* both directions are mirrored */
            if (stray)
                step_of(200, 3, start + 7200 * second_ns);
            for (unsigned i = 0; i < CONNECTIONS; i++)
                step_of(i, 0, start + second_ns);
            trace.now_ns = start + 20 * second_ns;
            for (unsigned i = 0; i < frames; i++)
                trace_client(101, 901, TCP_ACK, 10);
            snapshot = enginerun_all(&config);
            ck_assert_uint_eq(snapshot->tables[TABLE_SUSPICIONS].count, !stray || frames > 1);
            snapshot_free(snapshot);
        }
    }
}
END_TEST

/* A flow that was idle for too long by its own frames ends, whatever the clock believes yet. */
START_TEST(test_first_frame_after_a_gap)
{
    struct engine_config config = wide();
    struct snapshot *snapshot;

    trace_start();
    trace_handshake();
    trace.now_ns += 31 * 60 * second_ns;
    trace_client(101, 901, TCP_ACK, 10);
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(snapshot->flows.total, 2);
    snapshot_free(snapshot);
}
END_TEST

/* Nothing comes, and somebody who knows says how late it is. */
START_TEST(test_ticks)
{
    struct engine_config config = wide();

    trace_start();
    talk(trace.now_ns, 0, 1, 0);
    ck_assert_uint_eq(count_active(&config, trace.now_ns + 8 * second_ns), CONNECTIONS);
    ck_assert_uint_eq(count_active(&config, trace.now_ns + 100 * second_ns), 0);
}
END_TEST

/* ... but a replay's clock only repeats what the frames have said. */
START_TEST(test_ticks_after_a_stray_stamp)
{
    struct engine_config config = wide();
    uint64_t stray;

    trace_start();
    talk(trace.now_ns, 0, 1, 0);
    stray = trace.now_ns + 7200 * second_ns;
    step_of(200, 3, stray);
    ck_assert_uint_eq(count_active(&config, stray + second_ns), CONNECTIONS + 1);
    step_of(0, 1, trace.frames[0].ts_ns + second_ns);
    ck_assert_uint_eq(count_active(&config, stray + second_ns), CONNECTIONS + 1);
}
END_TEST

/* The clock was set back: it is followed, and goes on from there. */
START_TEST(test_set_back)
{
    struct engine_config config = wide();

    trace_start();
    talk(trace.now_ns, 0, 5, 50);
    trace.now_ns -= 3600 * second_ns;
    for (uint32_t i = 0; i < 400; i++) {
        trace_client(101 + 10 * i, 901, TCP_ACK, 10);
        trace.now_ns += 5 * second_ns;
    }
    ck_assert_uint_eq(count_active(&config, 0), 1); /* the others were idle for over half an hour */
}
END_TEST

static uint64_t sum_bytes(const struct snapshot *snapshot, enum table_id table)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < snapshot->tables[table].count; i++) {
        const void *row = snapshot_row(snapshot, table, i);

        if (table == TABLE_SESSIONS)
            bytes += ((const struct session_record *)row)->bytes;
        else if (table == TABLE_TALKERS)
            bytes += ((const struct talker_record *)row)->bytes_sent;
        else if (((const struct protocol_record *)row)->level == 0)
            bytes += ((const struct protocol_record *)row)->bytes;
    }
    return bytes;
}

/* Bytes of all sessions before the interval ends; `settled`: those of the other tables are the
 * same. Afterwards `rates` has those of the flow, of the talker and of the protocol. */
static uint64_t count_within(bool settled, uint64_t rates[3])
{
    struct engine_config config = wide();
    struct snapshot_request request = snapshot_request_default(100);
    struct engine *engine;
    struct snapshot *snapshot;
    uint64_t bytes = 0;

    config.rates = true;
    request.settled = settled;
    engine = engine_new(&config, NULL);
    for (size_t i = 0; i < trace.count; i++) {
        engine_feed(engine, &trace.frames[i], 1);
        snapshot = engine_snapshot(engine, &request);
        bytes = sum_bytes(snapshot, TABLE_SESSIONS);
        ck_assert_uint_eq(sum_bytes(snapshot, TABLE_TALKERS), settled ? bytes : 0);
        ck_assert_uint_eq(sum_bytes(snapshot, TABLE_PROTOCOLS), settled ? bytes : 0);
        snapshot_free(snapshot);
    }
    engine_tick(engine, trace.now_ns + second_ns);
    snapshot = engine_snapshot(engine, &request);
    rates[0] = enginerun_flow(snapshot, 0)->bit_rate;
    rates[1] = enginerun_talker(snapshot, "192.0.2.1")->send_rate;
    rates[2] =
        ((const struct protocol_record *)snapshot_row(snapshot, TABLE_PROTOCOLS, 0))->bit_rate;
    snapshot_free(snapshot);
    engine_free(engine);
    return bytes;
}

/* A report in the middle of an interval has everything everywhere, and takes nothing from what is
 * said of the interval when it is over. */
START_TEST(test_settled_within_an_interval)
{
    uint64_t late[3], settled[3];

    trace_start();
    trace_handshake();
    for (uint32_t i = 0; i < 20; i++)
        trace_server(901 + i * 100, 101, TCP_ACK, 100);
    ck_assert_uint_eq(count_within(false, late), count_within(true, settled));
    ck_assert_uint_gt(late[0], 0);
    ck_assert_mem_eq(settled, late, sizeof(late));
}
END_TEST

Suite *make_engine_clock_suite(void)
{
    Suite *suite = suite_create("engine_clock");
    TCase *tcase = tcase_create("engine_clock");

    tcase_add_test(tcase, test_stray_stamps);
    tcase_add_test(tcase, test_two_clocks);
    tcase_add_test(tcase, test_real_gap);
    tcase_add_test(tcase, test_gap_after_gap);
    tcase_add_test(tcase, test_gap_at_the_end);
    tcase_add_test(tcase, test_first_frame_after_a_gap);
    tcase_add_test(tcase, test_ticks);
    tcase_add_test(tcase, test_ticks_after_a_stray_stamp);
    tcase_add_test(tcase, test_set_back);
    tcase_add_test(tcase, test_settled_within_an_interval);
    suite_add_tcase(suite, tcase);
    return suite;
}
