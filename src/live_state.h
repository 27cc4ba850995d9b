/* SPDX-License-Identifier: MIT */
/*
 * live_state: what the files of a live capture share; nobody else includes it.
 *
 *   live.c           the feed, and the thread that counts
 *   live_capture.c   the thread that reads the input into the ring
 */
#ifndef MIRRORTOP_LIVE_STATE_H
#define MIRRORTOP_LIVE_STATE_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "live.h"
#include "ring.h"

enum { LIVE_HEALTH_MS = 100 }; /* between two questions for the input's own counters */

struct live {
    struct feed base; /* first */
    struct live_config config;
    struct ring *ring;
    pthread_t capture, analysis;
    bool started;
    int stop_fd; /* ends the capture thread's wait */
    int work_fd; /* ends the analysis thread's wait */
    int news_fd; /* for the caller's poll: a snapshot, or the end */

    /* Wishes and states; each is written by one thread. */
    atomic_bool stop;                 /* caller or analysis: read no more than has come */
    atomic_bool drained;              /* capture: so it is; what is in the ring is all */
    atomic_bool quit;                 /* caller: end the analysis thread */
    atomic_bool over;                 /* analysis: all was counted */
    atomic_bool waiting;              /* analysis: nothing has come for a while */
    atomic_uint_fast64_t queue_drops; /* capture */
    atomic_uint_fast64_t fed, mirrored, last_ns; /* analysis */

    /* Questions of the caller to the analysis thread. */
    atomic_bool asked;
    struct snapshot_request request;
    _Atomic(struct snapshot *) answer;
    struct snapshot no_memory; /* stands for a snapshot that could not be made */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t done;
    struct input_health health;
    struct input_health forgotten; /* as it was when everything was forgotten */
    struct err failure;
    bool (*work)(struct engine *engine, void *context); /* NULL: none */
    void *work_context;
    bool work_result;

    /* The analysis thread's own. */
    uint64_t began_ns, ticked_ns;
    uint64_t counted_from_ns; /* began, or was told to forget */
    uint64_t forgotten_queue_drops, mirrored_before;
    unsigned empty_looks;
};

static inline void live_ring_bell(int fd)
{
    const uint64_t one = 1;

    while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

/* As many frames as were asked for: what else comes is not wanted. */
static inline bool live_has_enough(const struct live *live)
{
    return live->config.limit_frames > 0 &&
           atomic_load_explicit(&live->fed, memory_order_relaxed) >= live->config.limit_frames;
}

/* The first thread; `context` is the struct live. */
void *live_capture_thread(void *context);

#endif
