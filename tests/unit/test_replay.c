/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <limits.h>

#include "../../src/replay.h"
#include "../support/fakeinput.h"
#include "../support/framebuild.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define T0 (UINT64_C(1700000000) * SECOND)

static struct fakeinput fake;
static struct fb frame_bytes;
static struct engine *engine;
static struct replay *replay;
static struct err err;
static uint64_t now;

static void add(uint64_t stamp)
{
    fakeinput_add(&fake, stamp, 0, 1);
}

static void add_many(uint64_t from, uint64_t step, size_t count)
{
    fakeinput_add(&fake, from, step, count);
}

static void setup(void)
{
    struct engine_config config = {
        .decode = decode_config_default,
        .max_flows = 64,
        .rates = true,
        .seed = 1,
    };

    fb_init(&frame_bytes);
    fb_payload(&frame_bytes, NULL, 100);
    fb_udp(&frame_bytes, 5000, 6000);
    fb_ipv4(&frame_bytes, "10.0.0.1", "10.0.0.2", PROTO_UDP, 1, 0);
    fb_eth(&frame_bytes, "02:00:00:00:00:01", "02:00:00:00:00:02", ETHER_IPV4);
    fb_mirror(&frame_bytes, "10.0.1.10", 7);
    engine = engine_new(&config, &err);
    ck_assert_ptr_nonnull(engine);
    fakeinput_init(&fake, fb_data(&frame_bytes), frame_bytes.len);
    now = 5 * SECOND;
}

static void teardown(void)
{
    replay_free(replay);
    engine_free(engine);
}

static void begin(double speed, uint64_t limit_frames, uint64_t limit_ns)
{
    replay = replay_new(&fake.base, engine, speed, limit_frames, limit_ns);
    ck_assert_ptr_nonnull(replay);
}

static uint64_t clock_calls;

/* Every look at the clock costs a nanosecond. */
static uint64_t fake_clock(void)
{
    return clock_calls++;
}

static enum replay_state step(uint64_t at)
{
    now = at;
    return replay_step(replay, now, fake_clock, 1000, &err);
}

static struct replay_status status(void)
{
    struct replay_status s;

    replay_get_status(replay, &s);
    return s;
}

static uint64_t fed(void)
{
    return status().frames;
}

static struct snapshot *snapshot(void)
{
    struct snapshot_request request = snapshot_request_default(10);
    struct snapshot *made = engine_snapshot(engine, &request);

    ck_assert_ptr_nonnull(made);
    return made;
}

/* The engine has got what the replay says. */
static void check_engine(uint64_t packets)
{
    struct snapshot *s = snapshot();

    ck_assert_uint_eq(s->input.packets, packets);
    snapshot_free(s);
}

/* ---- pacing ---------------------------------------------------------------------------------- */

static const double factors[] = { 0.1, 1, 2.5, 100 };

START_TEST(test_paced)
{
    double factor = factors[_i];
    uint64_t start = now;

    add_many(T0, SECOND, 3);
    add(T0 + 2 * SECOND + 1);
    begin(factor, 0, 0);
    ck_assert_uint_le(replay_due_ns(replay), now);
    ck_assert_int_eq(step(start), REPLAY_RUNNING);
    ck_assert_uint_eq(fed(), 1);
    ck_assert_uint_eq(status().clock_ns, T0);
    for (uint64_t n = 1; n < 3; n++) {
        uint64_t due = start + (uint64_t)((double)(n * SECOND) / factor);

        step(due - MS / 10);
        ck_assert_uint_eq(fed(), n);
        step(due + 10);
        ck_assert_uint_eq(fed(), n + 1 + (n == 2));
    }
    ck_assert_int_eq(step(start + 40 * SECOND), REPLAY_ENDED);
    ck_assert_uint_eq(fed(), 4);
    ck_assert_uint_eq(status().skips, 0);
    ck_assert_uint_eq(status().progress, 1000);
    ck_assert_uint_eq(replay_due_ns(replay), UINT64_MAX);
    check_engine(4);
}
END_TEST

/* Who steps when it is due sees every frame in its time, and is asked no more often than needed. */
START_TEST(test_due)
{
    unsigned steps = 0;

    add_many(T0, 40 * MS, 50);
    add_many(T0 + 4 * SECOND, 1000, 50);
    begin(1, 0, 0);
    while (step(now) == REPLAY_RUNNING) {
        uint64_t due = replay_due_ns(replay);

        ck_assert_uint_lt(++steps, 300);
        ck_assert_uint_ge(due, now);
        ck_assert_uint_le(due, now + 110 * MS);
        now = due;
    }
    ck_assert_uint_eq(fed(), 100);
    ck_assert_uint_eq(status().skips, 0);
    ck_assert_uint_ge(now, 9 * SECOND);
    ck_assert_uint_le(now, 9 * SECOND + 2 * MS);
}
END_TEST

START_TEST(test_max)
{
    add_many(T0, 3600 * SECOND, 200);
    begin(REPLAY_MAX, 0, 0);
    for (int n = 0; n < 3; n++) {
        /* without a clock one batch at a time */
        ck_assert_int_eq(replay_step(replay, now, NULL, 0, &err), REPLAY_RUNNING);
        ck_assert_uint_eq(fed(), (uint64_t)(n + 1) * INPUT_BATCH);
        ck_assert_uint_eq(status().clock_ns, T0 + (fed() - 1) * 3600 * SECOND);
        ck_assert_uint_le(replay_due_ns(replay), now);
    }
    ck_assert_int_eq(step(now), REPLAY_ENDED);
    ck_assert_uint_eq(fed(), 200);
    ck_assert_uint_eq(status().skips, 0);
    ck_assert_uint_eq(status().clock_ns, T0 + 199 * 3600 * SECOND);
    check_engine(200);
}
END_TEST

START_TEST(test_budget)
{
    add_many(T0, 1, 500);
    begin(1, 0, 0);
    step(now);
    now += SECOND;
    clock_calls = 0;
    ck_assert_int_eq(replay_step(replay, now, fake_clock, 2, &err), REPLAY_RUNNING);
    ck_assert_uint_le(fed(), 1 + 3 * INPUT_BATCH);
    ck_assert_uint_le(replay_due_ns(replay), now);  /* there is more */
    ck_assert_uint_lt(status().clock_ns, T0 + 500); /* not ahead of what was fed */
    ck_assert_int_eq(step(now), REPLAY_ENDED);
    ck_assert_uint_eq(fed(), 500);
}
END_TEST

START_TEST(test_finish)
{
    add_many(T0, SECOND, 300);
    begin(1, 0, 0);
    step(now);
    ck_assert_uint_eq(fed(), 1);
    replay_finish(replay);
    ck_assert_int_eq(status().state, REPLAY_ENDED);
    ck_assert_uint_eq(replay_due_ns(replay), UINT64_MAX);
    ck_assert_int_eq(step(now + 10 * SECOND), REPLAY_ENDED);
    check_engine(1);
    replay_finish(replay);
}
END_TEST

/* ---- odd clocks ------------------------------------------------------------------------------ */

START_TEST(test_gaps)
{
    static const double speeds[] = { 1, 0.01, 50 };

    add(T0);
    add(T0 + 3 * SECOND); /* this is waited for */
    add(T0 + 6 * SECOND + 1);
    add(T0 + 86400 * SECOND);
    add(T0 + 86401 * SECOND);
    begin(speeds[_i], 0, 0);
    step(now);
    ck_assert_uint_eq(fed(), 1);
    step(now + (uint64_t)(3.0001e9 / speeds[_i]));
    ck_assert_uint_eq(fed(), 4);
    ck_assert_uint_eq(status().skips, 2);
    ck_assert_uint_eq(status().skipped_ns, 86397 * SECOND);
    ck_assert_uint_eq(status().clock_ns, T0 + 86400 * SECOND);
    ck_assert_int_eq(step(now + (uint64_t)(0.999e9 / speeds[_i])), REPLAY_RUNNING);
    ck_assert_uint_eq(fed(), 4);
    ck_assert_int_eq(step(now + (uint64_t)(0.002e9 / speeds[_i])), REPLAY_ENDED);
    ck_assert_uint_eq(status().skips, 2);
}
END_TEST

/* The gaps found are the same, however often somebody looks. */
START_TEST(test_gaps_do_not_depend_on_steps)
{
    add(T0);
    for (uint64_t n = 1; n < 20; n++)
        add(fake.stamps[n - 1] + (n % 2 ? 2900 : 3100) * MS);
    begin(1000, 0, 0);
    while (step(now) == REPLAY_RUNNING)
        now += (uint64_t)(_i + 1) * 3 * MS;
    ck_assert_uint_eq(status().skips, 9);
    ck_assert_uint_eq(status().skipped_ns, 9 * 3100 * MS);
}
END_TEST

/* A few frames with an old stamp go with their neighbours; the clock does not move. */
START_TEST(test_backwards)
{
    add(T0);
    add(T0 - 5 * SECOND);
    add(T0 - 1);
    add(0);
    add(T0 + SECOND);
    begin(1, 0, 0);
    step(now);
    ck_assert_uint_eq(fed(), 4);
    ck_assert_uint_eq(status().clock_ns, T0);
    ck_assert_int_eq(step(now + SECOND + MS), REPLAY_ENDED);
    ck_assert_uint_eq(status().skips, 0);
}
END_TEST

/* A clock that was set back for good (or one stamp far in the future): pacing goes on. */
START_TEST(test_set_back)
{
    add(T0 + 1000000 * SECOND);
    add_many(T0, 100 * MS, 164);
    begin(1, 0, 0);
    step(now);
    ck_assert_uint_ge(fed(), 64);
    ck_assert_uint_le(fed(), 66);
    for (int n = 0; n < 98; n++) {
        uint64_t before = fed();

        ck_assert_int_eq(step(now + 100 * MS), REPLAY_RUNNING);
        ck_assert_uint_ge(fed(), before);
        ck_assert_uint_le(fed(), before + 2);
    }
    ck_assert_uint_eq(status().skips, 0);
    ck_assert_int_eq(step(now + SECOND), REPLAY_ENDED);
    ck_assert_uint_eq(fed(), 165);
}
END_TEST

/* Two interfaces whose clocks are ten seconds apart, in turns. */
START_TEST(test_two_clocks)
{
    for (uint64_t n = 0; n < 100; n++) {
        add(T0 + n * 100 * MS);
        add(T0 + n * 100 * MS - 10 * SECOND);
    }
    begin(1, 0, 0);
    step(now);
    for (uint64_t n = 1; n < 99; n++) {
        step(now + 100 * MS);
        ck_assert_uint_ge(fed(), 2 * n);
        ck_assert_uint_le(fed(), 2 * n + 2);
    }
    ck_assert_uint_eq(status().skips, 0);
}
END_TEST

START_TEST(test_extreme_stamps)
{
    add(0);
    add(INT64_MAX);
    add(1);
    add(INT64_MAX - 1);
    begin(factors[_i], 0, 0);
    for (int n = 0; n < 10 && step(now) == REPLAY_RUNNING; n++)
        now += SECOND;
    ck_assert_uint_eq(fed(), 4);
    ck_assert_uint_ge(status().skips, 1);
    ck_assert_uint_ge(status().skipped_ns, INT64_MAX);
}
END_TEST

/* ---- pipes ----------------------------------------------------------------------------------- */

/* Frames come when they were made: none is delayed, however long the pauses are. */
START_TEST(test_live_pipe)
{
    uint64_t start = now;

    add_many(T0, 100 * MS, 10);
    add_many(T0 + 30 * SECOND, 100 * MS, 10);
    fake.base.size_bytes = 0;
    fake.base.can_rewind = false;
    begin(1, 0, 0);
    for (uint64_t ms = 0; ms < 32000; ms += 5) {
        uint64_t made = 0;

        now = start + ms * MS;
        while (made < fake.count && fake.stamps[made] <= T0 + ms * MS)
            made++;
        fake.available = made;
        step(now);
        ck_assert_uint_eq(fed(), made);
        ck_assert_uint_eq(status().progress, UINT_MAX);
        if (made < 20)
            ck_assert_int_eq(status().state, REPLAY_WAITING);
    }
    ck_assert_uint_eq(status().skips, 0); /* the pause was waited for */
    ck_assert_int_eq(status().state, REPLAY_ENDED);
    ck_assert(!replay_restart(replay, now, &err));
    ck_assert_str_eq(err.text, "a pipe");
    ck_assert_int_eq(status().state, REPLAY_ENDED);
}
END_TEST

/* A pipe that delivers in bursts: frames that come late go at once, and are not taken for ones
 * whose clock was set back. */
START_TEST(test_bursts)
{
    struct snapshot *s;

    add_many(T0, 100 * MS, 200);
    fake.available = 1;
    begin(1, 0, 0);
    step(now);
    for (uint64_t n = 0; n < 9; n++) {
        ck_assert_int_eq(step(now + SECOND), REPLAY_WAITING);
        ck_assert_uint_le(status().clock_ns, T0 + 3 * SECOND);
    }
    fake.available = 200;
    step(now + 11 * SECOND);
    ck_assert_int_eq(status().state, REPLAY_ENDED);
    s = snapshot();
    ck_assert_uint_eq(s->input.packets, 200);
    ck_assert_uint_eq(s->input.time_backwards, 0);
    snapshot_free(s);
}
END_TEST

START_TEST(test_pipe_at_max)
{
    add_many(T0, SECOND, 3);
    fake.available = 0;
    begin(REPLAY_MAX, 0, 0);
    ck_assert_int_eq(step(now), REPLAY_WAITING);
    ck_assert_uint_eq(status().clock_ns, 0);
    fake.available = 2;
    ck_assert_int_eq(step(now + SECOND), REPLAY_WAITING);
    ck_assert_uint_eq(fed(), 2);
    step(now + SECOND);
    ck_assert_uint_eq(status().clock_ns, T0 + 2 * SECOND); /* a second after the last frame */
    fake.available = 3;
    ck_assert_int_eq(step(now + SECOND), REPLAY_ENDED);
    ck_assert_uint_eq(fed(), 3);
}
END_TEST

/* ---- what the engine is told ----------------------------------------------------------------- */

/* In a pause the engine's clock goes on, so that the rate falls to nothing. */
START_TEST(test_rate_falls)
{
    struct snapshot *s;

    add_many(T0, 10 * MS, 151);
    add(T0 + 1500 * MS + 2900 * MS);
    begin(1, 0, 0);
    while (fed() < 151)
        step(now + 10 * MS);
    s = snapshot();
    ck_assert_uint_gt(s->packet_rate, 90);
    snapshot_free(s);
    for (int n = 0; n < 28; n++)
        ck_assert_int_eq(step(now + 100 * MS), REPLAY_RUNNING);
    ck_assert_uint_eq(fed(), 151);
    s = snapshot();
    ck_assert_uint_eq(s->packet_rate, 0);
    ck_assert_uint_ge(s->history.count, 4);
    snapshot_free(s);
}
END_TEST

/* ---- limits, failure, restart, speed --------------------------------------------------------- */

START_TEST(test_limits)
{
    double speed = _i % 2 ? 1 : REPLAY_MAX;

    add_many(T0, 10 * MS, 300);
    if (_i < 2)
        begin(speed, 129, 0);
    else
        begin(speed, 0, SECOND); /* frames 0 to 99 */
    for (int n = 0; n < 400 && step(now) == REPLAY_RUNNING; n++)
        now += 10 * MS;
    ck_assert_int_eq(status().state, REPLAY_ENDED);
    ck_assert_uint_eq(fed(), _i < 2 ? 129 : 100);
    check_engine(fed());
    ck_assert_int_eq(step(now + SECOND), REPLAY_ENDED);
    check_engine(fed());
}
END_TEST

START_TEST(test_limit_in_silence)
{
    add_many(T0, 10 * MS, 10);
    fake.available = 5;
    begin(1, 0, 2 * SECOND);
    ck_assert_int_eq(step(now), REPLAY_RUNNING);
    ck_assert_int_eq(step(now + SECOND), REPLAY_WAITING);
    ck_assert_int_eq(step(now + SECOND), REPLAY_ENDED);
    ck_assert_uint_eq(fed(), 5);
}
END_TEST

START_TEST(test_failure)
{
    add_many(T0, 10 * MS, 70);
    fake.fails = true;
    begin(REPLAY_MAX, 0, 0);
    for (int n = 0; n < 2; n++) {
        err_set(&err, EXIT_OK, "nothing");
        ck_assert_int_eq(step(now), REPLAY_FAILED);
        ck_assert_str_eq(err.text, "it broke");
        ck_assert_int_eq(err.status, EXIT_INPUT);
    }
    ck_assert_uint_eq(fed(), 70);
    check_engine(70);
}
END_TEST

START_TEST(test_restart)
{
    add_many(T0, 100 * MS, 100);
    begin(1, 0, 0);
    for (int turn = 0; turn < 3; turn++) {
        /* from the middle, then from the end */
        for (int n = 0; n < (turn ? 120 : 50); n++)
            step(now + 100 * MS);
        ck_assert_int_eq(status().state, turn ? REPLAY_ENDED : REPLAY_RUNNING);
        ck_assert_uint_eq(fed(), turn ? 100 : 50);
        check_engine(fed());
        now += 100 * SECOND;
        ck_assert(replay_restart(replay, now, &err));
        ck_assert_int_eq(status().state, REPLAY_RUNNING);
        ck_assert_uint_eq(fed(), 0);
        ck_assert_uint_eq(status().clock_ns, 0);
        ck_assert_uint_eq(status().progress, 0);
        ck_assert_uint_eq(replay_due_ns(replay), now);
        check_engine(0);
    }
}
END_TEST

START_TEST(test_speed_change)
{
    uint64_t clock;

    add_many(T0, 10 * MS, 1000);
    begin(1, 0, 0);
    for (int n = 0; n < 101; n++)
        step(now + (n ? 10 * MS : 0));
    ck_assert_uint_eq(fed(), 101);
    clock = status().clock_ns;
    replay_set_speed(replay, 4, now);
    ck_assert_uint_eq(status().clock_ns, clock); /* no jump */
    ck_assert(status().speed == 4);
    step(now + 100 * MS);
    ck_assert_uint_eq(fed(), 141);
    replay_set_speed(replay, 0.5, now);
    step(now + 100 * MS);
    ck_assert_uint_eq(fed(), 146);
    replay_set_speed(replay, REPLAY_MAX, now);
    ck_assert_uint_eq(replay_due_ns(replay), now);
    replay_step(replay, now, NULL, 0, &err);
    ck_assert_uint_le(fed(), 146 + INPUT_BATCH);
    clock = status().clock_ns;
    replay_set_speed(replay, 1, now); /* slow again: nothing is caught up */
    ck_assert_uint_eq(status().clock_ns, clock);
    step(now);
    ck_assert_uint_le(fed(), 147 + INPUT_BATCH);
    step(now + 100 * MS);
    ck_assert_uint_le(fed(), 157 + INPUT_BATCH);
}
END_TEST

START_TEST(test_no_frames)
{
    begin(1, 0, 0);
    ck_assert_int_eq(step(now), REPLAY_ENDED);
    ck_assert_uint_eq(fed(), 0);
    ck_assert_uint_eq(status().clock_ns, 0);
    check_engine(0);
}
END_TEST

Suite *make_replay_suite(void);
Suite *make_replay_suite(void)
{
    Suite *suite = suite_create("replay");
    TCase *tcase = tcase_create("replay");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_paced, 0, 4);
    tcase_add_test(tcase, test_due);
    tcase_add_test(tcase, test_max);
    tcase_add_test(tcase, test_budget);
    tcase_add_test(tcase, test_finish);
    tcase_add_loop_test(tcase, test_gaps, 0, 3);
    tcase_add_loop_test(tcase, test_gaps_do_not_depend_on_steps, 0, 5);
    tcase_add_test(tcase, test_backwards);
    tcase_add_test(tcase, test_set_back);
    tcase_add_test(tcase, test_two_clocks);
    tcase_add_loop_test(tcase, test_extreme_stamps, 0, 4);
    tcase_add_test(tcase, test_live_pipe);
    tcase_add_test(tcase, test_bursts);
    tcase_add_test(tcase, test_pipe_at_max);
    tcase_add_test(tcase, test_rate_falls);
    tcase_add_loop_test(tcase, test_limits, 0, 4);
    tcase_add_test(tcase, test_limit_in_silence);
    tcase_add_test(tcase, test_failure);
    tcase_add_test(tcase, test_restart);
    tcase_add_test(tcase, test_speed_change);
    tcase_add_test(tcase, test_no_frames);
    suite_add_tcase(suite, tcase);
    return suite;
}
