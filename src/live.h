/* SPDX-License-Identifier: MIT */
/*
 * live: a capture that goes on by itself: one thread reads the input into a ring, one feeds the
 * engine from it and makes the snapshots. The caller's thread only asks for them.
 *
 * Once live_start() was called the input belongs to the first thread and the engine to the second,
 * until live_free(). A ring that is full costs frames, which are counted (`queue_drops`); nobody
 * ever waits for a reader that is slower. To save wake-ups the engine's thread looks at the ring
 * every few milliseconds instead of being woken for every batch.
 */
#ifndef MIRRORTOP_LIVE_H
#define MIRRORTOP_LIVE_H

#include <signal.h>

#include "doctor_system.h"
#include "feed.h"

enum { LIVE_RING_BYTES = 32 << 20 };

struct live_config {
    struct input *input;
    struct engine *engine;
    uint64_t limit_frames; /* stop after so many; 0: no limit */
    uint64_t limit_ns;     /* stop after so long; 0: no limit */
    size_t ring_bytes;     /* a power of two */
    /* For the doctor: what is captured, and the host's counters (NULL: not known). */
    const char *interface; /* "": a socket */
    uint16_t port;
    struct host_files *host;
};

/* Counters for others than the caller's thread; one moment of each, not of all together. */
struct live_counts {
    uint64_t packets, mirrored; /* as in the report */
    uint64_t kernel_drops, queue_drops;
    uint64_t last_ns; /* CLOCK_REALTIME of the last frame; 0: none yet */
    bool failed;
    char trouble[INPUT_TEXT]; /* why nothing can come now, or why it failed; "": all is well */
};

/* Reserves memory and descriptors; starts nothing. NULL and *err: no memory. */
struct feed *live_new(const struct live_config *config, struct err *err);

/* Takes the signals of crashes out of a set that a thread is to block. */
void live_keep_faults(sigset_t *set);

/* Starts the threads. false and *err: the system refuses them. */
bool live_start(struct feed *feed, struct err *err);

/* Safe on any thread, from live_start() to live_free(). */
void live_get_counts(const struct feed *feed, struct live_counts *counts);

/* Ends the threads, if they run. NULL is fine. */
void live_free(struct feed *feed);

#endif
