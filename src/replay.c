/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include <limits.h>
#include <stdlib.h>

enum {
    /* So many frames in a row far behind the newest one mean that the capture's clock was set
     * back; fewer are strays, or a second interface with another clock. */
    REPLAY_BACK_FRAMES = 64,
    REPLAY_TICK_NS = 100000000,    /* of the capture's time */
    REPLAY_PAUSE_MIN_NS = 1000000, /* between two steps that are not behind */
    REPLAY_TICK_MIN_NS = 20000000, /* between two ticks, however fast the capture's clock runs */
};

struct replay {
    struct input *input;
    struct engine *engine;
    uint64_t limit_frames, limit_ns; /* 0: none */
    struct replay_status status;     /* state, speed, skipped_ns, skips, frames */
    struct err failure;

    struct frame frames[INPUT_BATCH]; /* the input's last batch; [next, count) is not fed yet */
    size_t count, next;

    /* The capture's clock stood at anchor_clock at the caller's anchor_now and goes `rate` times
     * as fast as the caller's. */
    uint64_t anchor_now, anchor_clock;
    double rate;

    bool started;       /* a frame was read */
    bool starved;       /* the input had nothing when last asked */
    bool waited;        /* so it was at some time since the last frame */
    bool behind;        /* stopped before everything that may be due was fed */
    uint64_t first_ns;  /* stamp of the first frame */
    uint64_t newest_ns; /* of the newest frame fed */
    unsigned back;      /* frames in a row far behind it */
    uint64_t ticked_clock;
    uint64_t now_ns, due_ns; /* of the last step */
};

/* The capture's clock by the speed alone. */
static uint64_t replay_clock_at(const struct replay *replay, uint64_t now_ns)
{
    double advance =
        now_ns > replay->anchor_now ? (double)(now_ns - replay->anchor_now) * replay->rate : 0;
    double room = (double)(INT64_MAX / 2);

    if (advance > room)
        advance = room;
    return replay->anchor_clock + (uint64_t)advance;
}

/* What is told: not ahead of frames that are overdue, and not far ahead of the last frame where a
 * pipe has nothing. Frames of a pipe come late, and must not find a clock that has passed them. */
static uint64_t replay_clock(const struct replay *replay)
{
    uint64_t clock = replay_clock_at(replay, replay->now_ns);

    if (!replay->started)
        return 0;
    if (replay->behind && clock > replay->newest_ns)
        return replay->newest_ns;
    if (clock > replay->newest_ns + REPLAY_GAP_NS)
        return replay->newest_ns + REPLAY_GAP_NS;
    return clock;
}

static void replay_anchor(struct replay *replay, uint64_t clock_ns, uint64_t now_ns)
{
    replay->anchor_clock = clock_ns;
    replay->anchor_now = now_ns;
}

/* While a pipe has nothing, the capture's clock goes on, so that rates fall; but never faster than
 * time itself, at which the missing frames are being made. */
static void replay_set_rate(struct replay *replay)
{
    double speed = replay->status.speed;

    if (!replay->starved)
        replay->rate = speed; /* REPLAY_MAX: the frames alone move the clock */
    else
        replay->rate = speed == REPLAY_MAX || speed > 1 ? 1 : speed;
}

static void replay_set_starved(struct replay *replay, bool starved, uint64_t now_ns)
{
    if (starved)
        replay->waited = true;
    if (starved == replay->starved)
        return;
    replay_anchor(replay, replay_clock_at(replay, now_ns), now_ns);
    replay->starved = starved;
    replay_set_rate(replay);
}

static void replay_forget(struct replay *replay)
{
    replay->status =
        (struct replay_status){ .state = REPLAY_RUNNING, .speed = replay->status.speed };
    replay->count = 0;
    replay->next = 0;
    replay->started = false;
    replay->starved = false;
    replay->waited = false;
    replay->behind = true;
    replay->first_ns = 0;
    replay->newest_ns = 0;
    replay->back = 0;
    replay->ticked_clock = 0;
    replay->due_ns = 0;
    replay_anchor(replay, 0, 0);
    replay_set_rate(replay);
}

struct replay *replay_new(struct input *input, struct engine *engine, double speed,
                          uint64_t limit_frames, uint64_t limit_ns)
{
    struct replay *replay = calloc(1, sizeof(*replay));

    if (!replay)
        return NULL;
    replay->input = input;
    replay->engine = engine;
    replay->limit_frames = limit_frames;
    replay->limit_ns = limit_ns;
    replay->status.speed = speed;
    replay_forget(replay);
    return replay;
}

void replay_free(struct replay *replay)
{
    free(replay);
}

static void replay_end(struct replay *replay, enum replay_state state)
{
    replay->status.state = state;
    replay->next = replay->count;
    engine_finish(replay->engine);
}

/* Asks the input for the next batch. */
static void replay_refill(struct replay *replay, uint64_t now_ns)
{
    size_t max = INPUT_BATCH;

    if (replay->limit_frames > 0) {
        uint64_t left = replay->limit_frames - replay->status.frames;

        if (left == 0) {
            replay_end(replay, REPLAY_ENDED);
            return;
        }
        if (left < max)
            max = (size_t)left;
    }
    replay->next = 0;
    switch (input_read(replay->input, replay->frames, max, &replay->count, &replay->failure)) {
    case INPUT_OK:
        replay_set_starved(replay, false, now_ns);
        replay->status.state = REPLAY_RUNNING;
        break;
    case INPUT_AGAIN:
        replay_set_starved(replay, true, now_ns);
        replay->status.state = REPLAY_WAITING;
        break;
    case INPUT_END:
        replay_end(replay, REPLAY_ENDED);
        break;
    case INPUT_ERROR:
        replay_end(replay, REPLAY_FAILED);
        break;
    }
    if (replay->started || replay->count == 0)
        return;
    replay->started = true;
    replay->first_ns = replay->frames[0].ts_ns;
    replay->newest_ns = replay->first_ns;
    replay->ticked_clock = replay->first_ns;
    replay_anchor(replay, replay->first_ns, now_ns);
}

/* Takes note of a gap ahead of a frame that is not to be waited for, and sets the clock behind it.
 * By the stamps alone, so that a capture always has the same gaps; what a pipe made us wait for
 * has been waited for. */
static void replay_skip_gap(struct replay *replay, uint64_t ts_ns, uint64_t now_ns)
{
    uint64_t clock = replay_clock_at(replay, now_ns);
    uint64_t from = replay->waited ? clock : replay->newest_ns;

    if (ts_ns <= from || ts_ns - from <= REPLAY_GAP_NS)
        return;
    replay->status.skips++;
    replay->status.skipped_ns += ts_ns - from;
    if (ts_ns > clock)
        replay_anchor(replay, ts_ns, now_ns);
}

/* The capture's clock after a frame: the newest stamp, unless the clock was set back for good. */
static void replay_note(struct replay *replay, uint64_t ts_ns, uint64_t now_ns)
{
    replay->waited = false;
    if (ts_ns >= replay->newest_ns) {
        replay->newest_ns = ts_ns;
        replay->back = 0;
    } else if (replay->newest_ns - ts_ns <= REPLAY_GAP_NS) {
        replay->back = 0;
    } else if (++replay->back == REPLAY_BACK_FRAMES) {
        replay->newest_ns = ts_ns;
        replay->back = 0;
        replay_anchor(replay, ts_ns, now_ns);
    }
}

static bool replay_is_beyond_limit(const struct replay *replay, uint64_t ts_ns)
{
    return replay->limit_ns > 0 && ts_ns > replay->first_ns &&
           ts_ns - replay->first_ns >= replay->limit_ns;
}

/* How many frames of the batch are due, or may go when nothing is waited for. */
static size_t replay_take_due(struct replay *replay, uint64_t now_ns, bool *beyond)
{
    const struct frame *frames = replay->frames;
    bool max = replay->status.speed == REPLAY_MAX;
    size_t at = replay->next;

    *beyond = false;
    if (max && replay->limit_ns == 0) {
        at = replay->count;
    } else {
        for (; at < replay->count; at++) {
            uint64_t ts_ns = frames[at].ts_ns;

            *beyond = replay_is_beyond_limit(replay, ts_ns);
            if (*beyond)
                break;
            if (max)
                continue;
            replay_skip_gap(replay, ts_ns, now_ns);
            if (ts_ns > replay_clock_at(replay, now_ns))
                break;
            replay_note(replay, ts_ns, now_ns);
        }
    }
    if (max && at > replay->next) {
        replay->newest_ns = frames[at - 1].ts_ns;
        replay->waited = false;
        replay_anchor(replay, replay->newest_ns, now_ns);
    }
    return at - replay->next;
}

/* Feeds what is due of the batch; false when something is left of it. */
static bool replay_feed(struct replay *replay, uint64_t now_ns)
{
    bool beyond;
    size_t due = replay_take_due(replay, now_ns, &beyond);

    if (due > 0)
        engine_feed(replay->engine, replay->frames + replay->next, due);
    replay->status.frames += due;
    replay->next += due;
    if (beyond)
        replay_end(replay, REPLAY_ENDED);
    return replay->next == replay->count;
}

/* Between frames the engine learns the time from here. */
static void replay_tick(struct replay *replay)
{
    uint64_t clock = replay_clock(replay);

    if (replay->behind ||
        (clock >= replay->ticked_clock && clock - replay->ticked_clock < REPLAY_TICK_NS))
        return;
    engine_tick(replay->engine, clock);
    replay->ticked_clock = clock;
}

static void replay_plan(struct replay *replay)
{
    uint64_t now_ns = replay->now_ns, frame_ns;
    double tick_ns;

    if (replay->behind) {
        replay->due_ns = now_ns;
        return;
    }
    tick_ns = REPLAY_TICK_NS / replay->rate;
    if (tick_ns < REPLAY_TICK_MIN_NS)
        tick_ns = REPLAY_TICK_MIN_NS;
    replay->due_ns = tick_ns < (double)(INT64_MAX / 2) ? now_ns + (uint64_t)tick_ns : UINT64_MAX;
    if (replay->next < replay->count) {
        double left = (double)(replay->frames[replay->next].ts_ns - replay->anchor_clock);

        /* One more: rounded down, the clock would stand just before the frame. */
        frame_ns = replay->anchor_now + (uint64_t)(left / replay->rate) + 1;
        if (frame_ns < replay->due_ns)
            replay->due_ns = frame_ns;
    }
    if (replay->due_ns < now_ns + REPLAY_PAUSE_MIN_NS)
        replay->due_ns = now_ns + REPLAY_PAUSE_MIN_NS;
}

static bool replay_is_over(const struct replay *replay)
{
    return replay->status.state == REPLAY_ENDED || replay->status.state == REPLAY_FAILED;
}

/* A pipe that has nothing ends the time limit as well as a frame does. */
static void replay_check_limit(struct replay *replay, uint64_t now_ns)
{
    if (replay->status.state == REPLAY_WAITING && replay->started &&
        replay_is_beyond_limit(replay, replay_clock_at(replay, now_ns)))
        replay_end(replay, REPLAY_ENDED);
}

enum replay_state replay_step(struct replay *replay, uint64_t now_ns, uint64_t (*clock)(void),
                              uint64_t budget_ns, struct err *err)
{
    uint64_t began = clock ? clock() : 0;

    replay->now_ns = now_ns;
    replay->behind = false;
    while (!replay_is_over(replay)) {
        if (replay->next == replay->count)
            replay_refill(replay, now_ns);
        if (replay->status.state != REPLAY_RUNNING || !replay_feed(replay, now_ns))
            break;
        if (!clock || clock() - began >= budget_ns) {
            replay->behind = true;
            break;
        }
    }
    replay_check_limit(replay, now_ns);
    if (replay->status.state == REPLAY_FAILED)
        *err = replay->failure;
    if (replay_is_over(replay)) {
        replay->due_ns = UINT64_MAX;
    } else {
        replay_tick(replay);
        replay_plan(replay);
    }
    return replay->status.state;
}

uint64_t replay_due_ns(const struct replay *replay)
{
    return replay->due_ns;
}

void replay_set_speed(struct replay *replay, double speed, uint64_t now_ns)
{
    replay->now_ns = now_ns;
    replay_anchor(replay, replay->behind ? replay->newest_ns : replay_clock_at(replay, now_ns),
                  now_ns);
    replay->status.speed = speed;
    replay_set_rate(replay);
    if (!replay_is_over(replay))
        replay->due_ns = now_ns;
}

bool replay_restart(struct replay *replay, uint64_t now_ns, struct err *err)
{
    if (!input_rewind(replay->input, err))
        return false;
    engine_reset(replay->engine);
    replay_forget(replay);
    replay->now_ns = now_ns;
    replay->due_ns = now_ns;
    return true;
}

void replay_finish(struct replay *replay)
{
    if (!replay_is_over(replay))
        replay_end(replay, REPLAY_ENDED);
    replay->due_ns = UINT64_MAX;
}

void replay_get_status(const struct replay *replay, struct replay_status *status)
{
    const struct input *input = replay->input;

    *status = replay->status;
    status->clock_ns = replay_is_over(replay) ? replay->newest_ns : replay_clock(replay);
    status->progress = UINT_MAX;
    if (input->size_bytes > 0) {
        uint64_t position =
            input->position_bytes < input->size_bytes ? input->position_bytes : input->size_bytes;

        status->progress = (unsigned)((double)position * 1000 / (double)input->size_bytes);
    }
}
