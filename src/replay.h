/* SPDX-License-Identifier: MIT */
/*
 * replay: feeds a capture to an engine at the speed that was asked for.
 *
 * Knows no clock of its own: the caller tells the time (monotonic ns), so tests can tell any.
 * Single-threaded. Owns neither the input nor the engine.
 *
 * The capture's clock is that of its newest frame and goes on between frames. A frame that is
 * behind it goes at once; only a long row of frames far behind it sets it back. Frames that a pipe
 * delivers late are caught up with, so that nothing is added to the delay of the pipe.
 */
#ifndef MIRRORTOP_REPLAY_H
#define MIRRORTOP_REPLAY_H

#include "engine.h"
#include "input/input.h"

#define REPLAY_MAX 0.0 /* as fast as it goes */

/* A gap in the capture longer than this is not waited for (at any finite speed), but counted as
 * skipped. What a pipe made us wait for is no such gap. */
#define REPLAY_GAP_NS 3000000000u

enum replay_state {
    REPLAY_RUNNING, /* ask again at replay_due_ns() */
    REPLAY_WAITING, /* the pipe has nothing: poll input_fd() until replay_due_ns() */
    REPLAY_ENDED,   /* everything was fed; engine_finish() was called */
    REPLAY_FAILED,  /* err says why; what came before counts; engine_finish() was called */
};

struct replay_status {
    enum replay_state state;
    double speed;        /* REPLAY_MAX or a factor */
    uint64_t clock_ns;   /* the capture's clock now; 0 before the first frame */
    uint64_t skipped_ns; /* sum of the gaps that were not waited for */
    uint64_t skips;
    uint64_t frames;
    unsigned progress; /* 0..1000 of the source, by what was read; UINT_MAX: unknown */
};

struct replay;

/* `limit_frames`, `limit_ns`: stop after that many frames / that much of the capture's time (0:
 * no limit). NULL: no memory. */
struct replay *replay_new(struct input *input, struct engine *engine, double speed,
                          uint64_t limit_frames, uint64_t limit_ns);
void replay_free(struct replay *replay);

/* Feeds what is due at `now_ns`, for at most about `budget_ns` of work measured by `clock` (NULL:
 * one batch at a time without measuring), and ticks the engine to the capture's clock. */
enum replay_state replay_step(struct replay *replay, uint64_t now_ns, uint64_t (*clock)(void),
                              uint64_t budget_ns, struct err *err);

/* When the next step has something to do (monotonic ns): a frame, or the engine's clock, which is
 * moved every 100 ms of the capture. The last step's time when it left something undone (always
 * with REPLAY_MAX); UINT64_MAX when all is over. */
uint64_t replay_due_ns(const struct replay *replay);

/* The capture's clock goes on from where it is. */
void replay_set_speed(struct replay *replay, double speed, uint64_t now_ns);

/* From the first frame again: rewinds the input and resets the engine. false: it cannot (pipe). */
bool replay_restart(struct replay *replay, uint64_t now_ns, struct err *err);

/* Reads no more, as if the capture ended here. */
void replay_finish(struct replay *replay);

void replay_get_status(const struct replay *replay, struct replay_status *status);

#endif
