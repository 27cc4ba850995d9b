/* SPDX-License-Identifier: MIT */
/*
 * feed_replay: a replay as a feed, on the caller's thread.
 */
#ifndef MIRRORTOP_FEED_REPLAY_H
#define MIRRORTOP_FEED_REPLAY_H

#include "feed.h"
#include "replay.h"

/* Borrows all three, which belong together. NULL: no memory. */
struct feed *feed_replay_new(struct replay *replay, struct input *input, struct engine *engine);
void feed_replay_free(struct feed *feed);

#endif
