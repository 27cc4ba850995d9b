/* SPDX-License-Identifier: MIT */
/*
 * feed: what keeps an engine supplied with frames, as the screen and the batch run see it.
 *
 * Two kinds: a replay, on the caller's thread (feed_replay.c), and a live capture, on threads of
 * its own (live.c). A feed hands out snapshots, never the engine: the caller asks for one and takes
 * it when it is there. All functions belong to one thread, the caller's.
 */
#ifndef MIRRORTOP_FEED_H
#define MIRRORTOP_FEED_H

#include "engine.h"
#include "input/input.h"

#define FEED_MAX 0.0 /* speed: as fast as it goes */

enum feed_state {
    FEED_RUNNING,
    FEED_WAITING, /* the source has nothing now */
    FEED_ENDED,   /* everything was counted, and the flows' rows were handed out */
    FEED_FAILED,  /* so it was, up to a failure: status.failure */
};

struct feed_status {
    enum feed_state state;
    bool live;
    bool can_restart;
    double speed;        /* FEED_MAX or a factor; 1 when live */
    uint64_t clock_ns;   /* the capture's clock now; 0 before the first frame */
    uint64_t skipped_ns; /* sum of the gaps that were not waited for */
    uint64_t skips;
    uint64_t frames;
    unsigned progress;        /* 0..1000 of the source, by what was read; UINT_MAX: unknown */
    char trouble[INPUT_TEXT]; /* why nothing can come for now, or "" */
    struct err failure;       /* FEED_FAILED */
};

struct feed;

struct feed_ops {
    /* Does what is due at now_ns (monotonic), for at most about `budget_ns`. */
    enum feed_state (*step)(struct feed *feed, uint64_t now_ns, uint64_t budget_ns);
    /* When step() is due without fd() being readable; UINT64_MAX: never. */
    uint64_t (*due_ns)(const struct feed *feed);
    int (*fd)(const struct feed *feed); /* to poll for the next step or take; -1: nothing */
    void (*status)(const struct feed *feed, struct feed_status *status);
    void (*ask)(struct feed *feed, const struct snapshot_request *request);
    bool (*take)(struct feed *feed, struct snapshot **snapshot);
    bool (*call)(struct feed *feed, bool (*work)(struct engine *engine, void *context),
                 void *context);
    void (*finish)(struct feed *feed);
    void (*reset)(struct feed *feed);
    void (*set_speed)(struct feed *feed, double speed, uint64_t now_ns); /* NULL: it has none */
    bool (*restart)(struct feed *feed, uint64_t now_ns, struct err *err);
};

struct feed {
    const struct feed_ops *ops;
    const char *source; /* for the header and the report */
};

static inline enum feed_state feed_step(struct feed *feed, uint64_t now_ns, uint64_t budget_ns)
{
    return feed->ops->step(feed, now_ns, budget_ns);
}

static inline uint64_t feed_due_ns(const struct feed *feed)
{
    return feed->ops->due_ns(feed);
}

static inline int feed_fd(const struct feed *feed)
{
    return feed->ops->fd(feed);
}

static inline void feed_status(const struct feed *feed, struct feed_status *status)
{
    feed->ops->status(feed, status);
}

/* Wants a snapshot; one that was asked for before and not taken yet is not made any more. */
static inline void feed_ask(struct feed *feed, const struct snapshot_request *request)
{
    feed->ops->ask(feed, request);
}

/* true: the snapshot asked for is there, and now the caller's; NULL when memory was short. */
static inline bool feed_take(struct feed *feed, struct snapshot **snapshot)
{
    return feed->ops->take(feed, snapshot);
}

/* Has the engine's owner call work(engine, context), and waits for its result. */
static inline bool feed_call(struct feed *feed, bool (*work)(struct engine *engine, void *context),
                             void *context)
{
    return feed->ops->call(feed, work, context);
}

/* Takes no more frames than have come, counts them, and ends: FEED_ENDED (or FEED_FAILED). */
static inline void feed_finish(struct feed *feed)
{
    feed->ops->finish(feed);
}

/* Forgets everything that was counted; what comes is counted from here on. */
static inline void feed_reset(struct feed *feed)
{
    feed->ops->reset(feed);
}

static inline bool feed_has_speed(const struct feed *feed)
{
    return feed->ops->set_speed != NULL;
}

/* The capture's clock goes on from where it is. */
static inline void feed_set_speed(struct feed *feed, double speed, uint64_t now_ns)
{
    feed->ops->set_speed(feed, speed, now_ns);
}

/* From the first frame again; false: it cannot (a pipe, a live capture). */
static inline bool feed_restart(struct feed *feed, uint64_t now_ns, struct err *err)
{
    return feed->ops->restart(feed, now_ns, err);
}

static inline bool feed_is_over(enum feed_state state)
{
    return state == FEED_ENDED || state == FEED_FAILED;
}

#endif
