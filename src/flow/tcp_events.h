/* SPDX-License-Identifier: MIT */
/*
 * tcp_events: the packets behind what was counted of TCP.
 *
 * An event is a packet that changed counters of one direction: by how much, and why, as a name and
 * numbers; words are made when it is shown (explain.h). Events stand in a ring of fixed size, the
 * newest overwrite the oldest. What is in it adds up: of a flow whose events are all there they say
 * as much as its counters do. Plain values; owned and used by the engine's thread only.
 */
#ifndef MIRRORTOP_FLOW_TCP_EVENTS_H
#define MIRRORTOP_FLOW_TCP_EVENTS_H

#include "../err.h"
#include "tcp_counts.h"

#include <stdbool.h>
#include <stddef.h>

/* Why a segment was taken for what it is counted as; what number[0] and number[1] are. */
enum tcp_why {
    TCP_WHY_PLAIN,      /* what it is counted as says it all */
    TCP_WHY_CARRIED,    /* carried before: us since then, the frame modulo 2^32 */
    TCP_WHY_TIME_NEWER, /* its timestamp, and that of what lies behind the hole that it fills */
    TCP_WHY_ID_NEWER,   /* its identification, and that of what lies behind the hole */
    TCP_WHY_TIME_OLDER, /* as TCP_WHY_TIME_NEWER */
    TCP_WHY_ID_OLDER,   /* as TCP_WHY_ID_NEWER */
    TCP_WHY_SAME_TICK,  /* the timestamp of both, us since the hole was opened */
    TCP_WHY_NO_SIGN, /* neither tells: us since the hole was opened, since it was shown or NEVER */
    TCP_WHY_NUMBERS, /* how many duplicates there are now; the acknowledgment */
    TCP_WHY_HAD_BEFORE, /* the bytes that a duplicate SACK names: first, end */
    TCP_WHY_JOINED,     /* two flows turned out to be one */
    TCP_WHY_NO_ANSWER,  /* us since the last SYN */
    TCP_WHY_CUT,        /* options were cut off: counters of which all is taken back, bits */
    TCP_WHY_RETURNED,   /* what came far ahead was none of the connection: what is acknowledged */
};

/* Why a retransmit is of its kind; what kind_number is. */
enum tcp_kind_why {
    TCP_KIND_PLAIN,
    TCP_KIND_DUPLICATE_ACKS, /* how many */
    TCP_KIND_SACK,           /* the highest byte that was acknowledged selectively */
    TCP_KIND_LACKS,          /* as TCP_KIND_SACK, of earlier bytes */
    TCP_KIND_SHOWN,          /* us since the receiver showed that it lacks it */
    TCP_KIND_SILENCE,        /* us that its sender had waited */
    TCP_KIND_RUN,            /* goes on with a run of that kind */
    TCP_KIND_ACKED,          /* the acknowledgment */
    TCP_KIND_NEWEST,         /* the acknowledgment */
    TCP_KIND_TAIL,           /* us that its sender had waited */
};

enum { TCP_NEVER = UINT32_MAX };

struct tcp_event {
    uint64_t ts_ns;
    uint64_t frame;  /* its number in the input, from 1 */
    uint32_t serial; /* of the flow */
    uint32_t flow;   /* its index in the table */
    uint32_t seq, length;
    uint32_t acked;        /* what the other side had acknowledged by then */
    uint32_t added, taken; /* counters of which there is one more, one less; bits */
    uint32_t resent_bytes;
    int32_t lost_bytes, lost_segments, inferred;
    uint32_t number[2], kind_number;
    uint16_t ip_id;
    uint8_t why, kind_why;
    uint8_t tcp_flags;
    uint8_t side : 1;    /* whose counters */
    uint8_t sender : 1;  /* who sent the packet */
    uint8_t by_src : 1;  /* the side is src */
    uint8_t has_id : 1;  /* ip_id means something */
    uint8_t has_ack : 1; /* acked does */
};

_Static_assert(sizeof(struct tcp_event) <= 80, "a ring of them is kept");
_Static_assert(TCP_COUNT_COUNT <= 32, "a bit each");

enum { TCP_EVENTS = 1 << 14 };

struct tcp_event_ring {
    struct tcp_event *events; /* NULL: none are kept */
    uint64_t count;           /* ever begun; the newest stands at (count - 1) % TCP_EVENTS */
    uint64_t handed;          /* to who wants each, see engine_events.c */
};

bool tcp_event_ring_init(struct tcp_event_ring *ring, struct err *err);
void tcp_event_ring_release(struct tcp_event_ring *ring);
void tcp_event_ring_clear(struct tcp_event_ring *ring);

/* The oldest that is still there. */
static inline uint64_t tcp_event_ring_first(const struct tcp_event_ring *ring)
{
    return ring->count > TCP_EVENTS ? ring->count - TCP_EVENTS : 0;
}

static inline struct tcp_event *tcp_event_ring_at(const struct tcp_event_ring *ring, uint64_t i)
{
    return &ring->events[i % TCP_EVENTS];
}

/* A new event, all zeros. */
struct tcp_event *tcp_event_ring_add(struct tcp_event_ring *ring);

/* Counts in an event; false: this counter has been changed in it already. `n` may be negative,
 * modulo 2^64; it is 1 or -1 but for what has a member of its own. */
bool tcp_event_count(struct tcp_event *event, enum tcp_count what, uint64_t n);

/* By how much the event changed a counter. */
int64_t tcp_event_value(const struct tcp_event *event, enum tcp_count what);

/* The flow `from` turned out to be `into`, of which src is side `src`. Returns how many events of
 * it there were. */
size_t tcp_event_ring_join(struct tcp_event_ring *ring, uint32_t into, uint32_t into_index,
                           unsigned src, uint32_t from);

#endif
