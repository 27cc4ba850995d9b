/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "doctor.h"
#include "live_state.h"

enum {
    BUSY_MS = 10,        /* between two looks at an empty ring */
    IDLE_MS = 50,        /* ... when nothing has come for a while */
    IDLE_LOOKS = 100,    /* a while */
    BUSY_BATCHES = 64,   /* fed in one go before anything else is looked at */
    TICK_NS = 100000000, /* the engine's clock, when no frame moves it */
};

static struct live *of(struct feed *feed)
{
    return (struct live *)feed;
}

static const struct live *of_const(const struct feed *feed)
{
    return (const struct live *)feed;
}

static void hush(int fd)
{
    uint64_t count;

    while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
        ;
}

/* ---- the analysis thread --------------------------------------------------------------------- */

static void stop_capture(struct live *live)
{
    atomic_store_explicit(&live->stop, true, memory_order_release);
    live_ring_bell(live->stop_fd);
}

/* Takes what the ring has, up to the limit of frames; false: it had nothing. */
static bool feed_engine(struct live *live)
{
    struct frame frames[INPUT_BATCH];
    uint64_t fed = atomic_load_explicit(&live->fed, memory_order_relaxed);
    size_t max = INPUT_BATCH, count;

    if (atomic_load_explicit(&live->over, memory_order_relaxed))
        return false;
    if (live->config.limit_frames > 0 && live->config.limit_frames - fed < max)
        max = (size_t)(live->config.limit_frames - fed);
    count = ring_peek(live->ring, frames, max);
    if (count == 0)
        return false;
    engine_feed(live->config.engine, frames, count);
    atomic_store_explicit(&live->last_ns, frames[count - 1].ts_ns, memory_order_relaxed);
    ring_release(live->ring);
    atomic_store_explicit(&live->fed, fed + count, memory_order_release);
    return true;
}

static bool at_limit(const struct live *live, uint64_t now_ns)
{
    return live_has_enough(live) ||
           (live->config.limit_ns > 0 && now_ns - live->began_ns >= live->config.limit_ns);
}

/* What the input and the ring know, and the engine does not. */
static void add_health(struct live *live, struct snapshot *snapshot, char trouble[INPUT_TEXT])
{
    pthread_mutex_lock(&live->lock);
    snapshot->input.kernel_drops = live->health.kernel_drops - live->forgotten.kernel_drops;
    snapshot->input.kernel_drops_estimated = live->health.estimated;
    snapshot->input.interface_drops = live->health.interface_drops;
    if (live->forgotten.interface_drops != VALUE_UNKNOWN &&
        live->health.interface_drops != VALUE_UNKNOWN)
        snapshot->input.interface_drops -= live->forgotten.interface_drops;
    snapshot->input.oversize = live->health.oversize - live->forgotten.oversize;
    memcpy(trouble, live->health.trouble, INPUT_TEXT);
    pthread_mutex_unlock(&live->lock);
    snapshot->input.queue_drops = atomic_load_explicit(&live->queue_drops, memory_order_relaxed) -
                                  live->forgotten_queue_drops;
}

static void complete(struct live *live, struct snapshot *snapshot)
{
    char trouble[INPUT_TEXT];
    struct doctor_facts facts = {
        .live = true,
        .interface = live->config.interface,
        .port = live->config.port,
        .over = atomic_load_explicit(&live->over, memory_order_relaxed),
        .elapsed_ns = clock_monotonic_ns() - live->counted_from_ns,
        .now_ns = clock_read_ns(CLOCK_REALTIME),
        .trouble = trouble,
    };

    add_health(live, snapshot, trouble);
    if (live->config.host && snapshot->input.mirrored == 0)
        facts.has_host = host_read(live->config.host, &facts.host);
    doctor_examine(snapshot, &facts, &live->request.order[TABLE_FINDINGS]);
}

/* An answer that nobody took. */
static void discard_answer(struct live *live, struct snapshot *answer)
{
    if (answer != &live->no_memory)
        snapshot_free(answer);
}

static void answer_snapshot(struct live *live)
{
    struct snapshot *snapshot = engine_snapshot(live->config.engine, &live->request);

    if (snapshot)
        complete(live, snapshot);
    discard_answer(live, atomic_exchange(&live->answer, snapshot ? snapshot : &live->no_memory));
    atomic_store_explicit(&live->asked, false, memory_order_release);
    live_ring_bell(live->news_fd);
}

static void answer_call(struct live *live)
{
    bool (*work)(struct engine * engine, void *context);

    pthread_mutex_lock(&live->lock);
    work = live->work;
    pthread_mutex_unlock(&live->lock);
    if (!work)
        return;
    live->work_result = work(live->config.engine, live->work_context);
    pthread_mutex_lock(&live->lock);
    live->work = NULL;
    pthread_cond_signal(&live->done);
    pthread_mutex_unlock(&live->lock);
}

/* The end, once the ring is empty behind a capture that has ended; or the wish for it. */
static void check_end(struct live *live, uint64_t now_ns, bool fed)
{
    if (atomic_load_explicit(&live->over, memory_order_relaxed))
        return;
    if (at_limit(live, now_ns))
        stop_capture(live);
    if (fed && !at_limit(live, now_ns))
        return;
    if (!atomic_load_explicit(&live->drained, memory_order_acquire))
        return;
    if (!live_has_enough(live) && ring_used(live->ring) > 0)
        return;
    engine_finish(live->config.engine);
    atomic_store_explicit(&live->over, true, memory_order_release);
    live_ring_bell(live->news_fd);
}

/* No frame moves the clock: the time of day does. */
static void tick(struct live *live, uint64_t now_ns)
{
    if (atomic_load_explicit(&live->over, memory_order_relaxed) ||
        now_ns - live->ticked_ns < TICK_NS)
        return;
    live->ticked_ns = now_ns;
    engine_tick(live->config.engine, clock_read_ns(CLOCK_REALTIME));
}

static void wait_for_work(struct live *live)
{
    struct pollfd fd = { .fd = live->work_fd, .events = POLLIN };
    bool idle = live->empty_looks >= IDLE_LOOKS;

    live->empty_looks += !idle;
    atomic_store_explicit(&live->waiting, idle, memory_order_relaxed);
    if (poll(&fd, 1, idle ? IDLE_MS : BUSY_MS) > 0)
        hush(live->work_fd);
}

static void *analysis_thread(void *context)
{
    struct live *live = context;

    pthread_setname_np(pthread_self(), "mt-analysis");
    while (!atomic_load_explicit(&live->quit, memory_order_acquire)) {
        bool fed = false;
        uint64_t now;

        for (int i = 0; i < BUSY_BATCHES && feed_engine(live); i++)
            fed = true;
        if (fed)
            atomic_store_explicit(&live->mirrored,
                                  live->mirrored_before +
                                      engine_input(live->config.engine)->mirrored,
                                  memory_order_release);
        now = clock_monotonic_ns();
        if (atomic_load_explicit(&live->asked, memory_order_acquire))
            answer_snapshot(live);
        answer_call(live);
        check_end(live, now, fed);
        if (fed) {
            live->empty_looks = 0;
            live->ticked_ns = now;
            continue;
        }
        tick(live, now);
        wait_for_work(live);
    }
    return NULL;
}

/* ---- the caller's thread --------------------------------------------------------------------- */

static enum feed_state live_state(const struct live *live)
{
    if (atomic_load_explicit(&live->over, memory_order_acquire))
        return live->failure.status == EXIT_OK ? FEED_ENDED : FEED_FAILED;
    return atomic_load_explicit(&live->waiting, memory_order_relaxed) ? FEED_WAITING : FEED_RUNNING;
}

/* Nothing is due on this thread: only the bell is answered. */
static enum feed_state step(struct feed *feed, uint64_t now_ns, uint64_t budget_ns)
{
    (void)now_ns;
    (void)budget_ns;
    hush(of(feed)->news_fd);
    return live_state(of(feed));
}

static uint64_t due_ns(const struct feed *feed)
{
    (void)feed;
    return UINT64_MAX;
}

static int news_fd(const struct feed *feed)
{
    return of_const(feed)->news_fd;
}

static void get_status(const struct feed *feed, struct feed_status *status)
{
    struct live *live = of((struct feed *)(uintptr_t)feed);

    *status = (struct feed_status){
        .state = live_state(live),
        .live = true,
        .speed = 1,
        .clock_ns = clock_read_ns(CLOCK_REALTIME),
        .frames = atomic_load_explicit(&live->fed, memory_order_relaxed),
        .progress = UINT_MAX,
    };
    pthread_mutex_lock(&live->lock);
    memcpy(status->trouble, live->health.trouble, sizeof(status->trouble));
    status->failure = live->failure;
    pthread_mutex_unlock(&live->lock);
}

static void ask(struct feed *feed, const struct snapshot_request *request)
{
    struct live *live = of(feed);

    if (atomic_load_explicit(&live->asked, memory_order_acquire))
        return; /* the one asked for before is still being made */
    live->request = *request;
    atomic_store_explicit(&live->asked, true, memory_order_release);
    live_ring_bell(live->work_fd);
}

static bool take(struct feed *feed, struct snapshot **snapshot)
{
    struct live *live = of(feed);

    struct snapshot *answer = atomic_exchange(&live->answer, NULL);

    *snapshot = answer == &live->no_memory ? NULL : answer;
    return answer != NULL;
}

static bool call(struct feed *feed, bool (*work)(struct engine *engine, void *context),
                 void *context)
{
    struct live *live = of(feed);

    pthread_mutex_lock(&live->lock);
    live->work_context = context;
    live->work = work;
    live_ring_bell(live->work_fd);
    while (live->work)
        pthread_cond_wait(&live->done, &live->lock);
    pthread_mutex_unlock(&live->lock);
    return live->work_result;
}

static void finish(struct feed *feed)
{
    struct live *live = of(feed);
    struct pollfd fd = { .fd = live->news_fd, .events = POLLIN };

    stop_capture(live);
    while (!atomic_load_explicit(&live->over, memory_order_acquire)) {
        poll(&fd, 1, LIVE_HEALTH_MS);
        hush(live->news_fd);
    }
    /* A snapshot that was asked for before may still be of the time before. */
    while (atomic_load_explicit(&live->asked, memory_order_acquire))
        poll(&fd, 1, 1);
    discard_answer(live, atomic_exchange(&live->answer, NULL));
}

/* On the analysis thread. Those that only grow are remembered as they are now. */
static bool forget(struct engine *engine, void *context)
{
    struct live *live = context;

    live->mirrored_before += engine_input(engine)->mirrored;
    engine_reset(engine);
    live->counted_from_ns = clock_monotonic_ns();
    if (live->config.host)
        host_restart(live->config.host);
    pthread_mutex_lock(&live->lock);
    live->forgotten = live->health;
    pthread_mutex_unlock(&live->lock);
    live->forgotten_queue_drops = atomic_load_explicit(&live->queue_drops, memory_order_relaxed);
    return true;
}

static void reset(struct feed *feed)
{
    call(feed, forget, of(feed));
}

void live_get_counts(const struct feed *feed, struct live_counts *counts)
{
    struct live *live = of((struct feed *)(uintptr_t)feed);

    *counts = (struct live_counts){ .failed = live_state(live) == FEED_FAILED };
    /* in this order: what was fed is never less than what of it was mirrored */
    counts->mirrored = atomic_load_explicit(&live->mirrored, memory_order_acquire);
    counts->packets = atomic_load_explicit(&live->fed, memory_order_acquire);
    counts->queue_drops = atomic_load_explicit(&live->queue_drops, memory_order_relaxed);
    counts->last_ns = atomic_load_explicit(&live->last_ns, memory_order_relaxed);
    pthread_mutex_lock(&live->lock);
    counts->kernel_drops = live->health.kernel_drops;
    snprintf(counts->trouble, sizeof(counts->trouble), "%.255s",
             counts->failed ? live->failure.text : live->health.trouble);
    pthread_mutex_unlock(&live->lock);
}

static const struct feed_ops live_ops = {
    .step = step,
    .due_ns = due_ns,
    .fd = news_fd,
    .status = get_status,
    .ask = ask,
    .take = take,
    .call = call,
    .finish = finish,
    .reset = reset,
};

struct feed *live_new(const struct live_config *config, struct err *err)
{
    struct live *live = aligned_alloc(64, (sizeof(*live) + 63) / 64 * 64);

    if (!live) {
        err_set(err, EXIT_RUNTIME, "no memory");
        return NULL;
    }
    memset(live, 0, sizeof(*live));
    live->base = (struct feed){ .ops = &live_ops, .source = config->input->source };
    live->config = *config;
    live->ring = ring_new(config->ring_bytes, err);
    live->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    live->work_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    live->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&live->lock, NULL);
    pthread_cond_init(&live->done, NULL);
    live->health.interface_drops = VALUE_UNKNOWN;
    if (live->ring && live->stop_fd >= 0 && live->work_fd >= 0 && live->news_fd >= 0)
        return &live->base;
    if (live->ring)
        err_set(err, EXIT_RUNTIME, "no more files can be opened: %s", strerror(errno));
    live_free(&live->base);
    return NULL;
}

/* Signals are for the caller's thread; but a fault that is blocked kills at once, and nobody would
 * put the terminal back. */
void live_keep_faults(sigset_t *set)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        sigdelset(set, faults[i]);
}

static int start_threads(struct live *live)
{
    sigset_t all, before;
    int failure;

    sigfillset(&all);
    live_keep_faults(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failure = pthread_create(&live->analysis, NULL, analysis_thread, live);
    if (failure == 0) {
        failure = pthread_create(&live->capture, NULL, live_capture_thread, live);
        if (failure != 0) {
            atomic_store(&live->quit, true);
            live_ring_bell(live->work_fd);
            pthread_join(live->analysis, NULL);
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

bool live_start(struct feed *feed, struct err *err)
{
    struct live *live = of(feed);
    int failure;

    live->began_ns = clock_monotonic_ns();
    live->counted_from_ns = live->began_ns;
    failure = start_threads(live);
    if (failure != 0)
        return err_set(err, EXIT_RUNTIME, "no thread could be started: %s", strerror(failure));
    live->started = true;
    return true;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void live_free(struct feed *feed)
{
    struct live *live = of(feed);

    if (!live)
        return;
    if (live->started) {
        stop_capture(live);
        pthread_join(live->capture, NULL);
        atomic_store_explicit(&live->quit, true, memory_order_release);
        live_ring_bell(live->work_fd);
        pthread_join(live->analysis, NULL);
    }
    discard_answer(live, atomic_exchange(&live->answer, NULL));
    ring_free(live->ring);
    close_if_open(live->stop_fd);
    close_if_open(live->work_fd);
    close_if_open(live->news_fd);
    pthread_cond_destroy(&live->done);
    pthread_mutex_destroy(&live->lock);
    free(live);
}
