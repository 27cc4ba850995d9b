/* SPDX-License-Identifier: MIT */
/*
 * tcp: which sequence space a direction has carried (RFC 9293 section 3.4: modulo 2^32).
 *
 * What has been carried is a set of ranges. The rightmost one lives in the flow's hot entry, so the
 * usual segment (the next bytes) only moves its right end. Older ranges, left behind by holes,
 * are kept in a bounded pool. What does not fit is given up from the left, so all that is unknown
 * lies left of all that is remembered; as does what is more than 1 GiB behind the newest byte (or
 * half of that, when the rightmost range alone is longer).
 */
#ifndef MIRRORTOP_FLOW_TCP_H
#define MIRRORTOP_FLOW_TCP_H

#include "table.h"

enum { TCP_OLDER_RANGES = 7 };

struct tcp_range {
    uint32_t low, high; /* [low, high) */
};

/* Older ranges of one direction, from left to right, all left of the hot one. */
struct tcp_holes {
    struct tcp_range range[TCP_OLDER_RANGES];
    uint32_t count;
    uint32_t next_free; /* index + 1 */
};

struct tcp_pool {
    struct tcp_holes *holes;
    size_t limit;
    size_t high_water;
    uint32_t free_head; /* index + 1 */
};

bool tcp_pool_init(struct tcp_pool *pool, size_t limit, struct err *err);
void tcp_pool_release(struct tcp_pool *pool);
void tcp_pool_clear(struct tcp_pool *pool);

enum tcp_verdict {
    TCP_NEW,          /* only bytes never carried, to the right of all others */
    TCP_RETRANSMIT,   /* at least one byte that this direction has carried before */
    TCP_OUT_OF_ORDER, /* only new bytes, into a hole left of the newest */
    TCP_KEEP_ALIVE,   /* the last byte once more (RFC 9293 section 3.8.4): no retransmit */
    TCP_UNCERTAIN,    /* left of what is remembered when something was given up there, or more than
                         1 GiB away: cannot be judged */
};

/*
 * Judges `length` (>= 1) sequence numbers from `seq` sent in direction `side` (SYN and FIN count
 * as one each), and adds them to what was carried. *again: how many of them had been carried.
 */
enum tcp_verdict tcp_carry(struct tcp_pool *pool, struct flow_entry entry, unsigned side,
                           uint32_t seq, uint32_t length, bool may_be_keep_alive, uint32_t *again);

/* The direction starts anew (a SYN with another sequence number). */
void tcp_forget(struct tcp_pool *pool, struct flow_entry entry, unsigned side);

/* Inline part of tcp_carry(): true when it was simply the next bytes. */
static inline bool tcp_carry_next(struct flow_entry entry, unsigned side, uint32_t seq,
                                  uint32_t length)
{
    struct flow_side *s = flow_side(entry, side);

    if (!(entry.flow->flags & FLOW_SEQ_A << side) || s->seq_high != seq ||
        seq + length - s->seq_low >= 1u << 30)
        return false;
    s->seq_high = seq + length;
    return true;
}

#endif
