/* SPDX-License-Identifier: MIT */
#include "tcp_events.h"

#include "../memory.h"

#include <string.h>

bool tcp_event_ring_init(struct tcp_event_ring *ring, struct err *err)
{
    *ring = (struct tcp_event_ring){
        .events = memory_reserve_sparse(TCP_EVENTS, sizeof(struct tcp_event)),
    };
    return ring->events ? true : err_set(err, EXIT_RUNTIME, "no memory for what explains counts");
}

void tcp_event_ring_release(struct tcp_event_ring *ring)
{
    memory_release(ring->events, TCP_EVENTS, sizeof(struct tcp_event));
    ring->events = NULL;
}

void tcp_event_ring_clear(struct tcp_event_ring *ring)
{
    if (ring->events)
        memory_clear(ring->events, TCP_EVENTS, sizeof(struct tcp_event));
    ring->count = 0;
    ring->handed = 0;
}

struct tcp_event *tcp_event_ring_add(struct tcp_event_ring *ring)
{
    struct tcp_event *event = tcp_event_ring_at(ring, ring->count++);

    memset(event, 0, sizeof(*event));
    return event;
}

bool tcp_event_count(struct tcp_event *event, enum tcp_count what, uint64_t n)
{
    uint32_t bit = 1u << what;

    switch (what) {
    case TCP_COUNT_RETRANSMIT_BYTES:
        event->resent_bytes += (uint32_t)n;
        return true;
    case TCP_COUNT_MIRROR_LOSS_BYTES:
        event->lost_bytes = (int32_t)((uint32_t)event->lost_bytes + (uint32_t)n);
        return true;
    case TCP_COUNT_MIRROR_LOSS_SEGMENTS:
        event->lost_segments = (int32_t)((uint32_t)event->lost_segments + (uint32_t)n);
        return true;
    case TCP_COUNT_INFERRED:
        event->inferred = (int32_t)((uint32_t)event->inferred + (uint32_t)n);
        return true;
    default:
        break;
    }
    if ((event->added | event->taken) & bit)
        return false;
    if (n == 1)
        event->added |= bit;
    else
        event->taken |= bit;
    return true;
}

int64_t tcp_event_value(const struct tcp_event *event, enum tcp_count what)
{
    switch (what) {
    case TCP_COUNT_RETRANSMIT_BYTES:
        return event->resent_bytes;
    case TCP_COUNT_MIRROR_LOSS_BYTES:
        return event->lost_bytes;
    case TCP_COUNT_MIRROR_LOSS_SEGMENTS:
        return event->lost_segments;
    case TCP_COUNT_INFERRED:
        return event->inferred;
    default:
        return (int64_t)(event->added >> what & 1) - (int64_t)(event->taken >> what & 1);
    }
}

size_t tcp_event_ring_join(struct tcp_event_ring *ring, uint32_t into, uint32_t into_index,
                           unsigned src, uint32_t from)
{
    size_t found = 0;

    for (uint64_t i = tcp_event_ring_first(ring); i < ring->count; i++) {
        struct tcp_event *event = tcp_event_ring_at(ring, i);

        if (event->serial != into && event->serial != from)
            continue;
        found += event->serial == from;
        event->serial = into;
        event->flow = into_index;
        event->by_src = event->side == src;
    }
    return found;
}
