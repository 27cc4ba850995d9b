/* SPDX-License-Identifier: MIT */
#include "tcp.h"

#include <string.h>

#include "../memory.h"

/* How far behind the newest byte anything is remembered; half of it is kept when trimming. */
static const uint32_t memory_bytes = 1u << 30;

bool tcp_pool_init(struct tcp_pool *pool, size_t limit, struct err *err)
{
    *pool = (struct tcp_pool){
        .holes = memory_reserve(limit, sizeof(struct tcp_holes)),
        .limit = limit,
    };
    return pool->holes ? true : err_set(err, EXIT_RUNTIME, "no memory for TCP state");
}

void tcp_pool_release(struct tcp_pool *pool)
{
    memory_release(pool->holes, pool->limit, sizeof(struct tcp_holes));
    pool->holes = NULL;
}

void tcp_pool_clear(struct tcp_pool *pool)
{
    memory_clear(pool->holes, pool->limit, sizeof(struct tcp_holes));
    pool->high_water = 0;
    pool->free_head = 0;
}

static bool has_holes(const struct flow *flow, unsigned side)
{
    return flow->flags & FLOW_HOLES_A << side;
}

static void drop_holes(struct tcp_pool *pool, struct flow_entry entry, unsigned side)
{
    if (!has_holes(entry.flow, side))
        return;
    pool->holes[entry.events->holes[side]].next_free = pool->free_head;
    pool->free_head = entry.events->holes[side] + 1;
    entry.flow->flags &= (uint8_t) ~(FLOW_HOLES_A << side);
}

/* The direction's older ranges, from the pool if it has none yet; NULL: the pool is empty. */
static struct tcp_holes *want_holes(struct tcp_pool *pool, struct flow_entry entry, unsigned side)
{
    uint32_t index;

    if (has_holes(entry.flow, side))
        return &pool->holes[entry.events->holes[side]];
    if (pool->free_head) {
        index = pool->free_head - 1;
        pool->free_head = pool->holes[index].next_free;
    } else if (pool->high_water < pool->limit) {
        index = (uint32_t)pool->high_water++;
    } else {
        return NULL;
    }
    pool->holes[index].count = 0;
    entry.events->holes[side] = index;
    entry.flow->flags |= (uint8_t)(FLOW_HOLES_A << side);
    return &pool->holes[index];
}

void tcp_forget(struct tcp_pool *pool, struct flow_entry entry, unsigned side)
{
    drop_holes(pool, entry, side);
    entry.flow->flags &= (uint8_t) ~(FLOW_SEQ_A << side);
    entry.flow->gave_up &= 3 & ~(1u << side);
}

/* Serial comparison relative to a common reference: how far `seq` lies left of `right`. */
static uint32_t behind(uint32_t right, uint32_t seq)
{
    return right - seq;
}

static uint32_t overlap(struct tcp_range a, struct tcp_range b, uint32_t right)
{
    /* Distances from the right end: larger is further left. */
    uint32_t left_a = behind(right, a.low), left_b = behind(right, b.low);
    uint32_t end_a = behind(right, a.high), end_b = behind(right, b.high);
    uint32_t left = left_a < left_b ? left_a : left_b;
    uint32_t end = end_a > end_b ? end_a : end_b;

    return left > end ? left - end : 0;
}

/* Something was carried left of all that is remembered, and nobody will know what. */
static void give_up(struct flow *flow, unsigned side)
{
    flow->gave_up |= 3 & 1u << side;
}

/* Opens a hole: the hot range becomes an older one. Without room the oldest is given up. */
static void push_older(struct tcp_pool *pool, struct flow_entry entry, unsigned side)
{
    struct tcp_holes *holes = want_holes(pool, entry, side);
    struct flow_side *s = flow_side(entry, side);

    if (!holes) {
        give_up(entry.flow, side);
        return;
    }
    if (holes->count == TCP_OLDER_RANGES) {
        memmove(&holes->range[0], &holes->range[1], sizeof(holes->range) - sizeof(holes->range[0]));
        holes->count--;
        give_up(entry.flow, side);
    }
    holes->range[holes->count++] = (struct tcp_range){ s->seq_low, s->seq_high };
}

/* Adds a range left of the right end to the set. `all` is scratch for the older ranges, the new
 * one and the hot one. Of more ranges than fit the leftmost are given up. */
static void insert(struct tcp_pool *pool, struct flow_entry entry, unsigned side,
                   struct tcp_range add, uint32_t right)
{
    struct flow_side *s = flow_side(entry, side);
    struct tcp_range all[TCP_OLDER_RANGES + 2];
    struct tcp_holes *holes;
    size_t count = 0, kept = 0, first;
    bool placed = false;

    if (has_holes(entry.flow, side)) {
        holes = &pool->holes[entry.events->holes[side]];
        for (size_t i = 0; i < holes->count; i++) {
            if (!placed && behind(right, add.low) > behind(right, holes->range[i].low)) {
                all[count++] = add;
                placed = true;
            }
            all[count++] = holes->range[i];
        }
    }
    if (!placed && behind(right, add.low) > behind(right, s->seq_low)) {
        all[count++] = add;
        placed = true;
    }
    all[count++] = (struct tcp_range){ s->seq_low, s->seq_high };
    if (!placed)
        all[count++] = add;
    for (size_t i = 1; i < count; i++) { /* join what touches */
        struct tcp_range *last = &all[kept];

        if (behind(right, all[i].low) >= behind(right, last->high)) {
            if (behind(right, all[i].high) < behind(right, last->high))
                last->high = all[i].high;
        } else {
            all[++kept] = all[i];
        }
    }
    s->seq_low = all[kept].low;
    s->seq_high = all[kept].high;
    if (kept == 0) {
        drop_holes(pool, entry, side);
        return;
    }
    holes = want_holes(pool, entry, side);
    if (!holes) {
        give_up(entry.flow, side);
        return;
    }
    first = kept > TCP_OLDER_RANGES ? kept - TCP_OLDER_RANGES : 0;
    holes->count = (uint32_t)(kept - first);
    memcpy(holes->range, &all[first], holes->count * sizeof(all[0]));
    if (first > 0)
        give_up(entry.flow, side);
}

/* Forgets what is too far behind to be told from the future after a wrap. */
static void trim(struct tcp_pool *pool, struct flow_entry entry, unsigned side)
{
    struct flow_side *s = flow_side(entry, side);
    struct tcp_holes *holes;
    size_t stale = 0;

    if (s->seq_high - s->seq_low >= memory_bytes) {
        s->seq_low = s->seq_high - memory_bytes / 2;
        give_up(entry.flow, side);
    }
    if (!has_holes(entry.flow, side))
        return;
    holes = &pool->holes[entry.events->holes[side]];
    while (stale < holes->count && behind(s->seq_high, holes->range[stale].low) >= memory_bytes)
        stale++;
    if (stale > 0)
        give_up(entry.flow, side);
    holes->count -= (uint32_t)stale;
    memmove(&holes->range[0], &holes->range[stale], holes->count * sizeof(holes->range[0]));
    if (holes->count == 0)
        drop_holes(pool, entry, side);
}

/* Judges a segment with bytes left of the right end, and adds it. */
static enum tcp_verdict carry_left(struct tcp_pool *pool, struct flow_entry entry, unsigned side,
                                   struct tcp_range add, uint32_t *again)
{
    const struct flow_side *s = flow_side(entry, side);
    uint32_t right = (int32_t)(add.high - s->seq_high) > 0 ? add.high : s->seq_high;
    uint32_t leftmost = s->seq_low;
    *again = overlap(add, (struct tcp_range){ s->seq_low, s->seq_high }, right);
    if (has_holes(entry.flow, side)) {
        const struct tcp_holes *holes = &pool->holes[entry.events->holes[side]];

        leftmost = holes->range[0].low;
        for (size_t i = 0; i < holes->count; i++)
            *again += overlap(add, holes->range[i], right);
    }
    /* Not added: between it and what is remembered there may be more that is forgotten. */
    if (!*again && entry.flow->gave_up & 1u << side &&
        behind(right, add.low) > behind(right, leftmost))
        return TCP_UNCERTAIN;
    if (*again != add.high - add.low)
        insert(pool, entry, side, add, right);
    return *again ? TCP_RETRANSMIT : TCP_OUT_OF_ORDER;
}

enum tcp_verdict tcp_carry(struct tcp_pool *pool, struct flow_entry entry, unsigned side,
                           uint32_t seq, uint32_t length, bool may_be_keep_alive, uint32_t *again)
{
    struct flow_side *s = flow_side(entry, side);
    struct tcp_range add = { seq, seq + length };
    enum tcp_verdict verdict = TCP_NEW;

    *again = 0;
    if (!(entry.flow->flags & FLOW_SEQ_A << side)) {
        entry.flow->flags |= (uint8_t)(FLOW_SEQ_A << side);
        s->seq_low = add.low;
        s->seq_high = add.high;
        return TCP_NEW;
    }
    if (seq - s->seq_high >= memory_bytes && behind(s->seq_high, seq) >= memory_bytes) {
        /* Nothing that the sender can mean by its window: start again from here. */
        drop_holes(pool, entry, side);
        give_up(entry.flow, side);
        s->seq_low = add.low;
        s->seq_high = add.high;
        return TCP_UNCERTAIN;
    }
    if ((int32_t)(seq - s->seq_high) >= 0) {
        if (seq != s->seq_high) {
            push_older(pool, entry, side);
            s->seq_low = seq;
        }
        s->seq_high = add.high;
    } else if (may_be_keep_alive && length == 1 && seq + 1 == s->seq_high) {
        return TCP_KEEP_ALIVE;
    } else {
        verdict = carry_left(pool, entry, side, add, again);
    }
    trim(pool, entry, side);
    return verdict;
}
