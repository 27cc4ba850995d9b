/* SPDX-License-Identifier: MIT */
/*
 * tcp: which sequence space a direction has carried (RFC 9293 section 3.4: modulo 2^32).
 *
 * What has been carried is a set of ranges. The rightmost one lives in the flow's hot entry, so the
 * usual segment (the next bytes) only moves its right end. Older ranges, left behind by holes,
 * are kept in a bounded pool, with what is known of each hole. The rightmost range is empty when
 * only an acknowledgment or a segment without data has shown that there is more. What does not fit
 * is given up from the left, so all that is unknown lies left of all that is remembered; as does
 * what is more than 1 GiB behind the newest byte (or half of that, when the rightmost range alone
 * is longer).
 */
#ifndef MIRRORTOP_FLOW_TCP_H
#define MIRRORTOP_FLOW_TCP_H

#include "entry.h"

enum { TCP_OLDER_RANGES = 24 };

/* How far behind the newest byte anything is remembered; and further than any window reaches (RFC
 * 7323 section 2.3). */
static const uint32_t tcp_too_far = 1u << 30;

struct tcp_range {
    uint32_t low, high; /* [low, high) */
};

enum tcp_hole_flag {
    TCP_HOLE_TIME = 0x01,    /* ts_right is known */
    TCP_HOLE_IDS = 0x02,     /* both identifications are */
    TCP_HOLE_BY_ACK = 0x04,  /* an acknowledgment has opened it, no segment of the direction */
    TCP_HOLE_SHOWN = 0x08,   /* the receiver has said that it lacks it */
    TCP_HOLE_STALLED = 0x10, /* it acknowledged what lies left of it, having got what lies right */
    TCP_HOLE_VAGUE = 0x20,   /* what lies there may have been carried before, or be none of this
                                connection: left of the first segment seen, far right of the SYN,
                                or behind a header that was cut off */
};

/* A hole, that is between two ranges, and what came next to it: what fills it is judged by that. */
struct tcp_hole {
    uint32_t opened_us;
    uint32_t shown_us; /* when the receiver last showed more of it: */
    struct tcp_range shown;
    uint32_t ts_right;                  /* timestamp of the segment that opened it */
    uint16_t id_left;                   /* newest identification before it was opened ... */
    uint16_t id_right;                  /* ... and that of the segment that opened it */
    uint32_t lost_bytes, lost_segments; /* counted as mirror loss, see tcp_settle() */
    uint8_t flags;                      /* enum tcp_hole_flag */
};

/* Older ranges of one direction, from left to right, all left of the hot one. */
struct tcp_holes {
    struct tcp_range range[TCP_OLDER_RANGES];
    struct tcp_hole hole[TCP_OLDER_RANGES]; /* right of range[i] */
    uint32_t count;
    uint32_t next_free; /* index + 1 */
};

struct tcp_pool {
    struct tcp_holes *holes;
    size_t limit;
    size_t high_water;
    uint32_t free_head; /* index + 1 */
    uint64_t forgotten; /* holes for which there was no room: nobody will know what they lack */
};

bool tcp_pool_init(struct tcp_pool *pool, size_t limit, struct err *err);
void tcp_pool_release(struct tcp_pool *pool);
void tcp_pool_clear(struct tcp_pool *pool);

enum tcp_verdict {
    TCP_NEW,       /* only bytes never carried, to the right of all others */
    TCP_AGAIN,     /* at least one byte that this direction has carried before */
    TCP_FILLS,     /* only new bytes, into a hole */
    TCP_BEFORE,    /* only new bytes, left of the first one seen */
    TCP_FORGOTTEN, /* left of what is remembered when something was given up there, or more than
                      1 GiB away: cannot be judged */
};

/* Mirror loss, as it was counted for holes: see tcp_settle(). */
struct tcp_loss {
    uint32_t bytes, segments;
};

struct tcp_carried {
    enum tcp_verdict verdict;
    uint32_t again;       /* bytes that had been carried before */
    struct tcp_hole hole; /* TCP_FILLS: as it was before */
    bool at_end;          /* ... and no data right of it had been carried */
    struct tcp_loss gone; /* of holes that are no more */
};

/*
 * Adds `length` (>= 1) sequence numbers from `seq` sent in direction `side` (SYN and FIN count as
 * one each) to what was carried. opens: what is known of the hole that this may open on its left.
 */
void tcp_carry(struct tcp_pool *pool, struct flow_entry entry, unsigned side, uint32_t seq,
               uint32_t length, const struct tcp_hole *opens, struct tcp_carried *carried);

/* The direction has sent everything left of `seq`, whether it was seen or not; or, when nothing of
 * it has been seen, begins there. */
void tcp_reach(struct tcp_pool *pool, struct flow_entry entry, unsigned side, uint32_t seq,
               const struct tcp_hole *opens);

/* The direction's older ranges; NULL: it has none. */
static inline struct tcp_holes *tcp_holes(const struct tcp_pool *pool, struct flow_entry entry,
                                          unsigned side)
{
    bool has = entry.flow->flags & FLOW_HOLES_A << side;

    return has ? &pool->holes[entry_trouble(entry)->holes[side]] : NULL;
}

/* The hole in which a byte lies; NULL: in none. */
const struct tcp_hole *tcp_hole_at(const struct tcp_pool *pool, struct flow_entry entry,
                                   unsigned side, uint32_t seq);

/*
 * Mirror loss: what the receiver has acknowledged (all left of `ack`) and nobody has seen. Says by
 * how much it has grown for all holes that there are since the last time, modulo 2^32. A segment is
 * taken to be of `largest` bytes. fin_seen: the last byte is no FIN.
 */
struct tcp_loss tcp_settle(const struct tcp_pool *pool, struct flow_entry entry, unsigned side,
                           uint32_t ack, uint32_t largest, bool fin_seen);

/* As if nothing had been counted for its holes; returns what was. */
struct tcp_loss tcp_unsettle(const struct tcp_pool *pool, struct flow_entry entry, unsigned side);

/* The receiver lacks a range: sets a flag of the hole in which it ends, unless that was opened less
 * than `age_us` ago. */
void tcp_show(const struct tcp_pool *pool, struct flow_entry entry, unsigned side,
              struct tcp_range lacks, enum tcp_hole_flag flag, uint32_t now_us, uint32_t age_us);

/* What the direction has carried from a hole of more than `most` bytes on was none of it, if it
 * lies as far right of `ack`: gives that up when `seq` lies in the hole. false: it does not. */
bool tcp_return(struct tcp_pool *pool, struct flow_entry entry, unsigned side, uint32_t seq,
                uint32_t ack, uint32_t most, struct tcp_loss *gone);

/* The direction starts anew (a SYN with another sequence number). */
void tcp_forget(struct tcp_pool *pool, struct flow_entry entry, unsigned side);

/* Adds what the same side of another flow has carried, which turned out to be this one. Nothing is
 * counted as lost in the holes of either. */
void tcp_join(struct tcp_pool *pool, struct flow_entry into, struct flow_entry from, unsigned side);

/* Inline part of tcp_carry(): true when it was simply the next bytes. */
static inline bool tcp_carry_next(struct flow_entry entry, unsigned side, uint32_t seq,
                                  uint32_t length)
{
    struct flow_side *s = flow_side(entry, side);

    if (!(entry.flow->flags & FLOW_SEQ_A << side) || s->seq_high != seq ||
        seq + length - s->seq_low >= tcp_too_far)
        return false;
    s->seq_high = seq + length;
    return true;
}

/* Whether `a` is left of `b`, modulo 2^32. */
static inline bool tcp_is_left(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

#endif
