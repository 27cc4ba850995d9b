/* SPDX-License-Identifier: MIT */
/*
 * ring: a bounded queue of frames between two threads, one that writes and one that reads.
 *
 * Frames are copied in, so that the writer's buffer is free again at once; the reader gets them in
 * place. Lock-free (two positions that only grow); nobody waits in here. All memory is reserved
 * at the start. Any number of frames fits, as long as their bytes do.
 */
#ifndef MIRRORTOP_RING_H
#define MIRRORTOP_RING_H

#include "err.h"
#include "input/input.h"

struct ring;

/* `bytes`: a power of two, at least 1 MiB. */
struct ring *ring_new(size_t bytes, struct err *err);
void ring_free(struct ring *ring);

/* ---- the writer's ---- */

/* Copies up to `count` frames in and makes them visible; returns how many had room. */
size_t ring_put(struct ring *ring, const struct frame *frames, size_t count);

/* ---- the reader's ---- */

/* Up to `max` frames, oldest first, valid until ring_release(). */
size_t ring_peek(struct ring *ring, struct frame *frames, size_t max);

/* Gives the space of all frames peeked at back to the writer. */
void ring_release(struct ring *ring);

/* ---- anyone's ---- */

/* Bytes in use, of ring_size(). */
size_t ring_used(const struct ring *ring);
size_t ring_size(const struct ring *ring);

#endif
