/* SPDX-License-Identifier: MIT */
#include "feed_replay.h"

#include <stdlib.h>

#include "clock.h"
#include "doctor.h"

struct feed_replay {
    struct feed base; /* first */
    struct replay *replay;
    struct input *input;
    struct engine *engine;
    struct err failure;
    bool asked;
    struct snapshot_request request;
};

static struct feed_replay *of(struct feed *feed)
{
    return (struct feed_replay *)feed;
}

static const struct feed_replay *of_const(const struct feed *feed)
{
    return (const struct feed_replay *)feed;
}

static enum feed_state state_of(enum replay_state state)
{
    static const enum feed_state states[] = {
        [REPLAY_RUNNING] = FEED_RUNNING,
        [REPLAY_WAITING] = FEED_WAITING,
        [REPLAY_ENDED] = FEED_ENDED,
        [REPLAY_FAILED] = FEED_FAILED,
    };

    return states[state];
}

static enum feed_state step(struct feed *feed, uint64_t now_ns, uint64_t budget_ns)
{
    struct feed_replay *own = of(feed);

    return state_of(replay_step(own->replay, now_ns, clock_monotonic_ns, budget_ns, &own->failure));
}

static uint64_t due_ns(const struct feed *feed)
{
    return replay_due_ns(of_const(feed)->replay);
}

static int waiting_fd(const struct feed *feed)
{
    const struct feed_replay *own = of_const(feed);
    struct replay_status status;

    replay_get_status(own->replay, &status);
    return status.state == REPLAY_WAITING ? input_fd(own->input) : -1;
}

static void get_status(const struct feed *feed, struct feed_status *status)
{
    const struct feed_replay *own = of_const(feed);
    struct replay_status replay;

    replay_get_status(own->replay, &replay);
    *status = (struct feed_status){
        .state = state_of(replay.state),
        .can_restart = own->input->can_rewind,
        .speed = replay.speed,
        .clock_ns = replay.clock_ns,
        .skipped_ns = replay.skipped_ns,
        .skips = replay.skips,
        .frames = replay.frames,
        .progress = replay.progress,
    };
    if (status->state == FEED_FAILED)
        status->failure = own->failure;
}

static void ask(struct feed *feed, const struct snapshot_request *request)
{
    of(feed)->request = *request;
    of(feed)->asked = true;
}

/* What the input knows, and the engine does not. */
static void complete(const struct feed_replay *own, struct snapshot *snapshot)
{
    uint64_t first = snapshot->input.first_ns, last = snapshot->input.last_ns;
    struct doctor_facts facts = {
        .interface = "",
        .elapsed_ns = first != VALUE_UNKNOWN ? last - first : 0,
        .now_ns = last != VALUE_UNKNOWN ? last : 0,
        .trouble = "",
    };

    snapshot->input.cut = own->input->cut;
    doctor_examine(snapshot, &facts, &own->request.order[TABLE_FINDINGS]);
}

static bool take(struct feed *feed, struct snapshot **snapshot)
{
    struct feed_replay *own = of(feed);

    if (!own->asked)
        return false;
    own->asked = false;
    *snapshot = engine_snapshot(own->engine, &own->request);
    if (*snapshot)
        complete(own, *snapshot);
    return true;
}

static bool call(struct feed *feed, bool (*work)(struct engine *engine, void *context),
                 void *context)
{
    return work(of(feed)->engine, context);
}

static void finish(struct feed *feed)
{
    replay_finish(of(feed)->replay);
}

static void reset(struct feed *feed)
{
    engine_reset(of(feed)->engine);
}

static void set_speed(struct feed *feed, double speed, uint64_t now_ns)
{
    replay_set_speed(of(feed)->replay, speed, now_ns);
}

static bool restart(struct feed *feed, uint64_t now_ns, struct err *err)
{
    return replay_restart(of(feed)->replay, now_ns, err);
}

struct feed *feed_replay_new(struct replay *replay, struct input *input, struct engine *engine)
{
    static const struct feed_ops ops = {
        .step = step,
        .due_ns = due_ns,
        .fd = waiting_fd,
        .status = get_status,
        .ask = ask,
        .take = take,
        .call = call,
        .finish = finish,
        .reset = reset,
        .set_speed = set_speed,
        .restart = restart,
    };
    struct feed_replay *own = calloc(1, sizeof(*own));

    if (!own)
        return NULL;
    own->base = (struct feed){ .ops = &ops, .source = input->source };
    own->replay = replay;
    own->input = input;
    own->engine = engine;
    return &own->base;
}

void feed_replay_free(struct feed *feed)
{
    free(feed);
}
