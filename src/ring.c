/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* Stands in front of each frame's bytes; records begin at multiples of its alignment. */
struct record {
    uint64_t ts_ns;
    uint32_t captured, unkept, wire;
    uint8_t link; /* enum link_type, or: */
};

enum { LINK_SKIP = 0xff, ALIGN = 32 }; /* the rest of the ring is empty: go on at its beginning */

/* An empty ring starts anew at its beginning once it has got so far: as long as the reader keeps
 * up, the same memory is used again and again, and stays in the caches. */
enum { RESTART = 256 * 1024 };

struct ring {
    uint8_t *bytes;
    size_t size;
    _Alignas(64) atomic_size_t head; /* the writer's position; only grows */
    size_t base;      /* the position that is bytes[0]; set by the writer while the ring is empty */
    size_t seen_tail; /* what the writer last knew of the reader's */
    _Alignas(64) atomic_size_t tail; /* the reader's */
    size_t peeked;                   /* up to here the reader has looked */
};

static size_t record_size(size_t captured)
{
    return (sizeof(struct record) + captured + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

struct ring *ring_new(size_t bytes, struct err *err)
{
    struct ring *ring = aligned_alloc(64, sizeof(*ring));

    if (ring) {
        memset(ring, 0, sizeof(*ring));
        ring->size = bytes;
        ring->bytes = memory_reserve(bytes, 1);
    }
    if (!ring || !ring->bytes) {
        free(ring);
        err_set(err, EXIT_RUNTIME, "no memory for a queue of %zu bytes", bytes);
        return NULL;
    }
    return ring;
}

void ring_free(struct ring *ring)
{
    if (!ring)
        return;
    memory_release(ring->bytes, ring->size, 1);
    free(ring);
}

/* Is there room for `need` bytes behind `head`? Asks the reader only when it seems not. */
static bool has_room(struct ring *ring, size_t head, size_t need)
{
    if (ring->size - (head - ring->seen_tail) >= need)
        return true;
    ring->seen_tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    return ring->size - (head - ring->seen_tail) >= need;
}

static size_t offset_of(const struct ring *ring, size_t position)
{
    return (position - ring->base) & (ring->size - 1);
}

static struct record *record_at(const struct ring *ring, size_t position)
{
    return (struct record *)(void *)(ring->bytes + offset_of(ring, position));
}

/* The reader looks at `base` only for records that it has seen behind `head`: there is none while
 * the ring is empty, and those that come are published after the change. */
static void restart_if_empty(struct ring *ring, size_t head)
{
    if (offset_of(ring, head) < RESTART)
        return;
    ring->seen_tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    if (ring->seen_tail == head)
        ring->base = head;
}

/* A record lies in one piece: one that would reach beyond the end goes to the beginning. */
static bool put_frame(struct ring *ring, size_t *head, const struct frame *frame)
{
    size_t need = record_size(frame->captured);
    size_t to_end = ring->size - offset_of(ring, *head);
    size_t skip = need > to_end ? to_end : 0;
    struct record *record;

    if (!has_room(ring, *head, need + skip))
        return false;
    if (skip) {
        record_at(ring, *head)->link = LINK_SKIP;
        *head += skip;
    }
    record = record_at(ring, *head);
    record->ts_ns = frame->ts_ns;
    record->captured = frame->captured;
    record->unkept = frame->unkept;
    record->wire = frame->wire;
    record->link = frame->link;
    memcpy(record + 1, frame->data, frame->captured);
    *head += need;
    return true;
}

size_t ring_put(struct ring *ring, const struct frame *frames, size_t count)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    size_t done = 0;

    if (count > 0)
        restart_if_empty(ring, head);
    while (done < count && put_frame(ring, &head, &frames[done]))
        done++;
    atomic_store_explicit(&ring->head, head, memory_order_release);
    return done;
}

size_t ring_peek(struct ring *ring, struct frame *frames, size_t max)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    size_t count = 0;

    while (count < max && ring->peeked != head) {
        const struct record *record = record_at(ring, ring->peeked);

        if (record->link == LINK_SKIP) {
            ring->peeked += ring->size - offset_of(ring, ring->peeked);
            continue;
        }
        frames[count++] = (struct frame){
            .data = (const uint8_t *)(record + 1),
            .ts_ns = record->ts_ns,
            .captured = record->captured,
            .unkept = record->unkept,
            .wire = record->wire,
            .link = record->link,
        };
        ring->peeked += record_size(record->captured);
    }
    return count;
}

void ring_release(struct ring *ring)
{
    atomic_store_explicit(&ring->tail, ring->peeked, memory_order_release);
}

size_t ring_used(const struct ring *ring)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

    return atomic_load_explicit(&ring->head, memory_order_acquire) - tail;
}

size_t ring_size(const struct ring *ring)
{
    return ring->size;
}
