/* SPDX-License-Identifier: MIT */
/* A live feed on an input that this test holds in its hands. */
#include <check.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "../../src/live.h"
#include "../support/framebuild.h"

Suite *make_live_suite(void);

enum { RING = 1 << 20 };

static const uint64_t second_ns = 1000000000;

/* Hands out `available` frames in all, as fast as it is asked. */
static struct source {
    struct input base;
    atomic_size_t available;
    atomic_bool broken;
    size_t given;
    int fd;
} source;

static struct fb fb;
static struct err err;
static struct engine *engine;
static struct feed *feed;

static enum input_status source_read(struct input *input, struct frame *frames, size_t max,
                                     size_t *count, struct err *failure)
{
    struct source *own = (struct source *)input;
    size_t available = atomic_load(&own->available);
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    for (*count = 0; *count < max && own->given < available; own->given++) {
        frames[(*count)++] = (struct frame){
            .data = fb_data(&fb),
            .captured = (uint32_t)fb.len,
            .wire = (uint32_t)fb.len,
            .ts_ns = (uint64_t)now.tv_sec * second_ns + (uint64_t)now.tv_nsec,
            .link = LINK_ETHERNET,
        };
    }
    if (*count > 0)
        return INPUT_OK;
    if (!atomic_load(&own->broken))
        return INPUT_AGAIN;
    err_set(failure, EXIT_RUNTIME, "it broke");
    return INPUT_ERROR;
}

static int source_fd(const struct input *input)
{
    return ((const struct source *)input)->fd;
}

static void source_health(struct input *input, struct input_health *health)
{
    (void)input;
    *health = (struct input_health){
        .kernel_drops = 7, .interface_drops = VALUE_UNKNOWN, .oversize = 2, .trouble = "odd"
    };
}

static void source_close(struct input *input)
{
    (void)input;
}

static const struct input_ops source_ops = {
    .read = source_read,
    .fd = source_fd,
    .health = source_health,
    .close = source_close,
};

static void setup(void)
{
    struct engine_config config = {
        .decode = decode_config_default, .max_flows = 64, .rates = true, .seed = 1
    };

    fb_init(&fb);
    fb_payload(&fb, NULL, 10);
    fb_udp(&fb, 1000, 2000);
    fb_ipv4(&fb, "10.0.0.1", "10.0.0.2", PROTO_UDP, 1, 0);
    fb_eth(&fb, "02:00:00:00:00:01", "02:00:00:00:00:02", ETHER_IPV4);
    fb_mirror(&fb, "10.0.1.10", 5);
    source = (struct source){ .base = { .ops = &source_ops, .source = "test" } };
    source.fd = eventfd(0, EFD_NONBLOCK);
    engine = engine_new(&config, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
}

static void teardown(void)
{
    live_free(feed);
    feed = NULL;
    engine_free(engine);
    close(source.fd);
}

static void begin(uint64_t limit_frames, uint64_t limit_ns)
{
    struct live_config config = {
        .input = &source.base,
        .engine = engine,
        .limit_frames = limit_frames,
        .limit_ns = limit_ns,
        .ring_bytes = RING,
        .interface = "",
    };

    feed = live_new(&config, &err);
    ck_assert_msg(feed != NULL, "%s", err.text);
    ck_assert_msg(live_start(feed, &err), "%s", err.text);
}

static void send_frames(size_t count)
{
    const uint64_t one = 1;

    atomic_fetch_add(&source.available, count);
    ck_assert_int_eq(write(source.fd, &one, sizeof(one)), sizeof(one));
}

static void wait_a_little(void)
{
    struct pollfd fd = { .fd = feed_fd(feed), .events = POLLIN };

    poll(&fd, 1, 10);
    feed_step(feed, 0, 0);
}

static struct feed_status status(void)
{
    struct feed_status now;

    feed_status(feed, &now);
    return now;
}

static struct snapshot *snapshot(void)
{
    struct snapshot_request request = snapshot_request_default(10);
    struct snapshot *taken;

    feed_ask(feed, &request);
    while (!feed_take(feed, &taken))
        wait_a_little();
    ck_assert_ptr_nonnull(taken);
    return taken;
}

/* Every frame that the input gave is counted, or counted as dropped by the ring. */
static void check_sum(size_t sent)
{
    struct snapshot *at_end = snapshot();
    struct live_counts counts;

    live_get_counts(feed, &counts);
    ck_assert_uint_eq(at_end->input.packets + at_end->input.queue_drops, sent);
    ck_assert_uint_eq(at_end->input.packets, counts.packets);
    ck_assert_uint_eq(at_end->input.queue_drops, counts.queue_drops);
    snapshot_free(at_end);
}

START_TEST(test_everything_is_counted)
{
    struct snapshot *at_end;

    begin(0, 0);
    for (int i = 0; i < 20; i++) {
        send_frames(1000);
        wait_a_little();
    }
    feed_finish(feed);
    ck_assert_int_eq(status().state, FEED_ENDED);
    check_sum(20000);
    at_end = snapshot();
    ck_assert_uint_eq(at_end->input.mirrored, at_end->input.packets);
    ck_assert_uint_eq(at_end->input.kernel_drops, 7);
    ck_assert_uint_eq(at_end->input.interface_drops, VALUE_UNKNOWN);
    ck_assert_uint_eq(at_end->input.oversize, 2);
    ck_assert_uint_eq(at_end->tables[TABLE_SESSIONS].count, 1);
    snapshot_free(at_end);
    feed_finish(feed); /* twice does no harm */
}
END_TEST

/* Frames that came before the end was wished are counted, also without a moment in between. */
START_TEST(test_finish_takes_what_has_come)
{
    send_frames(5000);
    begin(0, 0);
    feed_finish(feed);
    check_sum(5000);
}
END_TEST

static bool be_slow(struct engine *of, void *context)
{
    const struct timespec pause = { .tv_nsec = 300000000 };

    ck_assert_ptr_eq(of, engine);
    nanosleep(&pause, NULL);
    *(bool *)context = true;
    return true;
}

/* A consumer that stands still costs nothing before the ring is full; then each frame is
 * counted. */
START_TEST(test_full_ring_is_counted)
{
    enum { MANY = 100000 };
    bool was_called = false;
    struct live_counts counts;

    begin(0, 0);
    send_frames(MANY);
    ck_assert(feed_call(feed, be_slow, &was_called));
    ck_assert(was_called);
    feed_finish(feed);
    check_sum(MANY);
    live_get_counts(feed, &counts);
    ck_assert_uint_gt(counts.queue_drops, 0);
    ck_assert_uint_ge(counts.packets, RING / (2 * (fb.len + 32)));
}
END_TEST

START_TEST(test_limit_of_frames)
{
    begin(1234, 0);
    send_frames(10000);
    while (!feed_is_over(status().state))
        wait_a_little();
    ck_assert_uint_eq(status().frames, 1234);
    ck_assert_int_eq(status().state, FEED_ENDED);
}
END_TEST

START_TEST(test_limit_of_time)
{
    begin(0, second_ns / 5);
    send_frames(10);
    ck_assert_int_ne(status().state, FEED_ENDED);
    for (int i = 0; i < 200 && !feed_is_over(status().state); i++)
        wait_a_little();
    ck_assert_int_eq(status().state, FEED_ENDED);
    check_sum(10);
}
END_TEST

static uint64_t rows_packets;

static bool add_row(const struct flow_record *flow, void *context)
{
    (void)context;
    rows_packets += flow->packets;
    return true;
}

/* Time is over before the frames are: what is reported is what the rows say. */
START_TEST(test_both_limits)
{
    struct engine_config config = {
        .decode = decode_config_default, .max_flows = 64, .sink = add_row, .seed = 1
    };

    engine_free(engine);
    engine = engine_new(&config, &err);
    rows_packets = 0;
    begin(UINT64_MAX / 2, second_ns / 5);
    while (!feed_is_over(status().state)) {
        send_frames(20000);
        wait_a_little();
    }
    for (int i = 0; i < 5; i++)
        wait_a_little();
    ck_assert_uint_gt(rows_packets, 0);
    ck_assert_uint_eq(status().frames, rows_packets);
}
END_TEST

/* A snapshot asked for before the end and never taken is not that of the end. */
START_TEST(test_last_snapshot_is_of_the_end)
{
    struct snapshot_request request = snapshot_request_default(10);

    begin(0, 0);
    for (int i = 0; i < 20; i++) {
        send_frames(100);
        feed_ask(feed, &request);
    }
    feed_finish(feed);
    check_sum(2000);
}
END_TEST

START_TEST(test_failure)
{
    begin(0, 0);
    send_frames(100);
    atomic_store(&source.broken, true);
    while (!feed_is_over(status().state))
        wait_a_little();
    ck_assert_int_eq(status().state, FEED_FAILED);
    ck_assert_str_eq(status().failure.text, "it broke");
    check_sum(100);
}
END_TEST

START_TEST(test_status)
{
    struct live_counts counts;
    struct feed_status first;

    begin(0, 0);
    for (int i = 0; i < 50; i++)
        wait_a_little();
    first = status();
    ck_assert(first.live && !first.can_restart);
    ck_assert_str_eq(first.trouble, "odd");
    ck_assert(!feed_has_speed(feed));
    live_get_counts(feed, &counts);
    ck_assert_uint_eq(counts.kernel_drops, 7);
    ck_assert_uint_eq(counts.last_ns, 0);
    ck_assert(!counts.failed);
    send_frames(3);
    while (status().frames < 3)
        wait_a_little();
    live_get_counts(feed, &counts);
    ck_assert_uint_gt(counts.last_ns, 0);
    ck_assert_uint_ge(status().clock_ns, counts.last_ns);
}
END_TEST

/* Asked for again before it is there, one snapshot comes; never taken, none is lost. */
START_TEST(test_snapshots)
{
    struct snapshot_request request = snapshot_request_default(10);
    struct snapshot *taken;

    begin(0, 0);
    ck_assert(!feed_take(feed, &taken));
    for (int i = 0; i < 5; i++) {
        feed_ask(feed, &request);
        wait_a_little();
    }
    while (!feed_take(feed, &taken))
        wait_a_little();
    snapshot_free(taken);
    feed_ask(feed, &request);
    wait_a_little();
}
END_TEST

START_TEST(test_never_started)
{
    struct live_config config = { .input = &source.base, .engine = engine, .ring_bytes = RING };

    feed = live_new(&config, &err);
    ck_assert_ptr_nonnull(feed);
}
END_TEST

Suite *make_live_suite(void)
{
    Suite *suite = suite_create("live");
    TCase *tcase = tcase_create("live");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_everything_is_counted);
    tcase_add_test(tcase, test_finish_takes_what_has_come);
    tcase_add_test(tcase, test_full_ring_is_counted);
    tcase_add_test(tcase, test_limit_of_frames);
    tcase_add_test(tcase, test_limit_of_time);
    tcase_add_test(tcase, test_both_limits);
    tcase_add_test(tcase, test_last_snapshot_is_of_the_end);
    tcase_add_test(tcase, test_failure);
    tcase_add_test(tcase, test_status);
    tcase_add_test(tcase, test_snapshots);
    tcase_add_test(tcase, test_never_started);
    suite_add_tcase(suite, tcase);
    return suite;
}
