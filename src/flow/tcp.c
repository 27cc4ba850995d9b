/* SPDX-License-Identifier: MIT */
#include "tcp.h"

#include <string.h>

#include "../memory.h"

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
    pool->forgotten = 0;
}

static bool has_holes(const struct flow *flow, unsigned side)
{
    return flow->flags & FLOW_HOLES_A << side;
}

/* Mirror loss that was counted for a hole. */
static void add_gone(struct tcp_carried *carried, const struct tcp_hole *hole)
{
    carried->gone.bytes += hole->lost_bytes;
    carried->gone.segments += hole->lost_segments;
}

static void drop_holes(struct tcp_pool *pool, struct flow_entry entry, unsigned side)
{
    struct tcp_holes *holes = tcp_holes(pool, entry, side);

    if (!holes)
        return;
    holes->next_free = pool->free_head;
    pool->free_head = entry_trouble(entry)->holes[side] + 1;
    entry.flow->flags &= (uint8_t) ~(FLOW_HOLES_A << side);
}

/* The direction's older ranges, from the pool if it has none yet; NULL: the pool is empty. */
static struct tcp_holes *want_holes(struct tcp_pool *pool, struct flow_entry entry, unsigned side)
{
    uint32_t index;

    if (has_holes(entry.flow, side))
        return tcp_holes(pool, entry, side);
    if (pool->free_head) {
        index = pool->free_head - 1;
        pool->free_head = pool->holes[index].next_free;
    } else if (pool->high_water < pool->limit) {
        index = (uint32_t)pool->high_water++;
    } else {
        return NULL;
    }
    pool->holes[index].count = 0;
    flow_trouble(entry)->holes[side] = index;
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

/* Forgets the leftmost ranges. What was counted for their holes stays counted. */
static void drop_left(struct flow *flow, unsigned side, struct tcp_holes *holes, uint32_t count)
{
    if (count == 0)
        return;
    holes->count -= count;
    memmove(&holes->range[0], &holes->range[count], holes->count * sizeof(holes->range[0]));
    memmove(&holes->hole[0], &holes->hole[count], holes->count * sizeof(holes->hole[0]));
    give_up(flow, side);
}

/* Opens a hole from the right end to `seq`: the hot range becomes an older one. Without room the
 * oldest is given up. An empty one needs no room: its hole grows. */
static void open_hole(struct tcp_pool *pool, struct flow_entry entry, unsigned side, uint32_t seq,
                      const struct tcp_hole *opens)
{
    struct flow_side *s = flow_side(entry, side);
    struct tcp_holes *holes = want_holes(pool, entry, side);

    if (!holes) {
        give_up(entry.flow, side);
        pool->forgotten++;
    } else if (s->seq_low == s->seq_high && holes->count > 0) {
        struct tcp_hole *last = &holes->hole[holes->count - 1];
        struct tcp_hole grown =
            seq == s->seq_high && !(last->flags & TCP_HOLE_BY_ACK) ? *last : *opens;

        grown.opened_us = last->opened_us;
        grown.shown_us = last->shown_us;
        grown.shown = last->shown;
        grown.id_left = last->id_left;
        grown.lost_bytes = last->lost_bytes;
        grown.lost_segments = last->lost_segments;
        grown.flags |= last->flags & (TCP_HOLE_SHOWN | TCP_HOLE_STALLED | TCP_HOLE_VAGUE);
        *last = grown;
    } else {
        if (holes->count == TCP_OLDER_RANGES) {
            drop_left(entry.flow, side, holes, 1);
            pool->forgotten++;
        }
        holes->range[holes->count] = (struct tcp_range){ s->seq_low, s->seq_high };
        holes->hole[holes->count++] = *opens;
    }
    s->seq_low = s->seq_high = seq;
}

/* Ranges from left to right, and the holes right of them; the last one is the hot range. */
struct range_list {
    struct tcp_range range[TCP_OLDER_RANGES + 2];
    struct tcp_hole hole[TCP_OLDER_RANGES + 2];
    size_t count;
};

static void append(struct range_list *list, struct tcp_range range, const struct tcp_hole *hole)
{
    list->range[list->count] = range;
    list->hole[list->count++] = *hole;
}

/* All ranges with the new one. What it leaves of the hole that it falls into are two holes, of
 * which the left one keeps what was counted. */
static void list_ranges(const struct tcp_holes *holes, struct tcp_range hot, struct tcp_range add,
                        uint32_t right, struct range_list *list)
{
    struct tcp_hole hole = { .flags = TCP_HOLE_VAGUE }; /* left of all */
    size_t older = holes ? holes->count : 0;
    bool placed = false;

    list->count = 0;
    for (size_t i = 0; i <= older; i++) {
        struct tcp_range range = i < older ? holes->range[i] : hot;

        if (!placed && behind(right, add.low) > behind(right, range.low)) {
            hole.lost_bytes = hole.lost_segments = 0;
            append(list, add, &hole);
            placed = true;
        }
        if (i < older)
            hole = holes->hole[i];
        else
            hole.lost_bytes = hole.lost_segments = 0;
        append(list, range, &hole);
    }
    if (!placed)
        append(list, add, &hole);
}

/* Joins what touches. */
static void join_ranges(struct range_list *list, uint32_t right, struct tcp_carried *carried)
{
    size_t kept = 0;

    for (size_t i = 1; i < list->count; i++) {
        struct tcp_range *last = &list->range[kept];

        if (behind(right, list->range[i].low) < behind(right, last->high)) {
            kept++;
            list->range[kept] = list->range[i];
            list->hole[kept] = list->hole[i];
        } else if (behind(right, list->range[i].high) <= behind(right, last->high)) {
            last->high = list->range[i].high;
            add_gone(carried, &list->hole[kept]);
            list->hole[kept] = list->hole[i];
        } else {
            add_gone(carried, &list->hole[i]);
            list->hole[kept] = list->hole[i];
            list->hole[kept].lost_bytes = list->hole[kept].lost_segments = 0;
        }
    }
    list->count = kept + 1;
}

/* Adds a range left of the right end to the set. Of more ranges than fit the leftmost are given
 * up. */
static void insert(struct tcp_pool *pool, struct flow_entry entry, unsigned side,
                   struct tcp_range add, uint32_t right, struct tcp_carried *carried)
{
    struct flow_side *s = flow_side(entry, side);
    struct tcp_holes *holes = tcp_holes(pool, entry, side);
    struct range_list list;
    size_t older, first;

    list_ranges(holes, (struct tcp_range){ s->seq_low, s->seq_high }, add, right, &list);
    join_ranges(&list, right, carried);
    older = list.count - 1;
    s->seq_low = list.range[older].low;
    s->seq_high = list.range[older].high;
    if (older == 0) {
        drop_holes(pool, entry, side);
        return;
    }
    holes = want_holes(pool, entry, side);
    if (!holes) {
        give_up(entry.flow, side);
        pool->forgotten += older;
        return;
    }
    first = older > TCP_OLDER_RANGES ? older - TCP_OLDER_RANGES : 0;
    holes->count = (uint32_t)(older - first);
    memcpy(holes->range, &list.range[first], holes->count * sizeof(holes->range[0]));
    memcpy(holes->hole, &list.hole[first], holes->count * sizeof(holes->hole[0]));
    pool->forgotten += first;
    if (first > 0)
        give_up(entry.flow, side);
}

/* Forgets what is too far behind to be told from the future after a wrap. */
static void trim(struct tcp_pool *pool, struct flow_entry entry, unsigned side)
{
    struct flow_side *s = flow_side(entry, side);
    struct tcp_holes *holes = tcp_holes(pool, entry, side);
    uint32_t stale = 0;

    if (s->seq_high - s->seq_low >= tcp_too_far) {
        s->seq_low = s->seq_high - tcp_too_far / 2;
        give_up(entry.flow, side);
    }
    if (!holes)
        return;
    while (stale < holes->count && behind(s->seq_high, holes->range[stale].low) >= tcp_too_far)
        stale++;
    drop_left(entry.flow, side, holes, stale);
    if (holes->count == 0)
        drop_holes(pool, entry, side);
}

/* The hole that [add.low, ...) falls into. false: it lies left of all that was carried. */
static bool find_hole(const struct tcp_holes *holes, struct tcp_range add, uint32_t right,
                      struct tcp_hole *hole, bool *is_last)
{
    size_t i = holes ? holes->count : 0;

    while (i > 0 && behind(right, holes->range[i - 1].low) < behind(right, add.low))
        i--;
    if (i == 0)
        return false;
    *hole = holes->hole[i - 1];
    *is_last = i == holes->count;
    return true;
}

/* Judges a segment with bytes left of the right end, and adds it. */
static void carry_left(struct tcp_pool *pool, struct flow_entry entry, unsigned side,
                       struct tcp_range add, struct tcp_carried *carried)
{
    const struct flow_side *s = flow_side(entry, side);
    const struct tcp_holes *holes = tcp_holes(pool, entry, side);
    uint32_t right = tcp_is_left(s->seq_high, add.high) ? add.high : s->seq_high;
    bool in_hole, is_last = false;

    carried->again = overlap(add, (struct tcp_range){ s->seq_low, s->seq_high }, right);
    for (size_t i = 0; holes && i < holes->count; i++)
        carried->again += overlap(add, holes->range[i], right);
    in_hole = find_hole(holes, add, right, &carried->hole, &is_last);
    /* Not added: between it and what is remembered there may be more that is forgotten. */
    if (!carried->again && !in_hole && entry.flow->gave_up & 1u << side) {
        carried->verdict = TCP_FORGOTTEN;
        return;
    }
    carried->at_end = is_last && s->seq_low == s->seq_high;
    carried->verdict = carried->again ? TCP_AGAIN : in_hole ? TCP_FILLS : TCP_BEFORE;
    if (carried->again != add.high - add.low)
        insert(pool, entry, side, add, right, carried);
}

static void begin(struct flow_entry entry, unsigned side, struct tcp_range range)
{
    struct flow_side *s = flow_side(entry, side);

    entry.flow->flags |= (uint8_t)(FLOW_SEQ_A << side);
    s->seq_low = range.low;
    s->seq_high = range.high;
}

void tcp_carry(struct tcp_pool *pool, struct flow_entry entry, unsigned side, uint32_t seq,
               uint32_t length, const struct tcp_hole *opens, struct tcp_carried *carried)
{
    struct flow_side *s = flow_side(entry, side);
    struct tcp_range add = { seq, seq + length };

    *carried = (struct tcp_carried){ .verdict = TCP_NEW };
    if (!(entry.flow->flags & FLOW_SEQ_A << side)) {
        begin(entry, side, add);
        return;
    }
    if (seq - s->seq_high >= tcp_too_far && behind(s->seq_high, seq) >= tcp_too_far) {
        /* Nothing that the sender can mean by its window: start again from here. */
        drop_holes(pool, entry, side);
        give_up(entry.flow, side);
        begin(entry, side, add);
        carried->verdict = TCP_FORGOTTEN;
        return;
    }
    if (tcp_is_left(seq, s->seq_high)) {
        carry_left(pool, entry, side, add, carried);
    } else {
        if (seq != s->seq_high)
            open_hole(pool, entry, side, seq, opens);
        s->seq_high = add.high;
    }
    trim(pool, entry, side);
}

/* No data right of the last hole. */
static bool ends_in_hole(struct flow_entry entry, unsigned side)
{
    const struct flow_side *s = flow_side(entry, side);

    return has_holes(entry.flow, side) && s->seq_low == s->seq_high;
}

void tcp_reach(struct tcp_pool *pool, struct flow_entry entry, unsigned side, uint32_t seq,
               const struct tcp_hole *opens)
{
    const struct flow_side *s = flow_side(entry, side);

    if (!(entry.flow->flags & FLOW_SEQ_A << side)) {
        begin(entry, side, (struct tcp_range){ seq, seq });
        return;
    }
    /* Further than any window: not meant for what we know. Where it is known already, what opened
     * the hole may become known better. */
    if (seq - s->seq_high >= tcp_too_far ||
        (seq == s->seq_high && (opens->flags & TCP_HOLE_BY_ACK || !ends_in_hole(entry, side))))
        return;
    open_hole(pool, entry, side, seq, opens);
    trim(pool, entry, side);
}

bool tcp_return(struct tcp_pool *pool, struct flow_entry entry, unsigned side, uint32_t seq,
                uint32_t ack, uint32_t most, struct tcp_loss *gone)
{
    struct flow_side *s = flow_side(entry, side);
    struct tcp_holes *holes = tcp_holes(pool, entry, side);
    size_t kept = holes ? holes->count : 0;
    uint32_t right = s->seq_low; /* where the hole behind what is kept ends */

    *gone = (struct tcp_loss){ 0, 0 };
    while (kept > 0 && tcp_is_left(seq, holes->range[kept - 1].high))
        right = holes->range[--kept].low;
    if (kept == 0 || !tcp_is_left(seq, right) || !tcp_is_left(ack, right) || right - ack <= most ||
        right - holes->range[kept - 1].high <= most)
        return false;
    for (size_t i = kept - 1; i < holes->count; i++) {
        gone->bytes += holes->hole[i].lost_bytes;
        gone->segments += holes->hole[i].lost_segments;
    }
    s->seq_low = holes->range[kept - 1].low;
    s->seq_high = holes->range[kept - 1].high;
    holes->count = (uint32_t)kept - 1;
    if (holes->count == 0)
        drop_holes(pool, entry, side);
    return true;
}

void tcp_join(struct tcp_pool *pool, struct flow_entry into, struct flow_entry from, unsigned side)
{
    const struct flow_side *s = flow_side(from, side);
    struct tcp_holes holes = { .count = 0 };
    struct tcp_carried carried;

    if (!(from.flow->flags & FLOW_SEQ_A << side))
        return;
    if (has_holes(from.flow, side)) /* a copy: the pool may give its entry away */
        holes = *tcp_holes(pool, from, side);
    /* Only the rightmost range may be empty, and only behind a hole or when nothing is known. */
    for (size_t i = 0; i <= holes.count; i++) {
        /* Between the two flows: when it was opened nobody has seen. */
        const struct tcp_hole between = { .flags = TCP_HOLE_VAGUE };
        const struct tcp_hole opens = i > 0 ? holes.hole[i - 1] : between;
        struct tcp_range range = { s->seq_low, s->seq_high };

        if (i < holes.count)
            range = holes.range[i];
        if (range.low == range.high)
            tcp_reach(pool, into, side, range.high, &opens);
        else
            tcp_carry(pool, into, side, range.low, range.high - range.low, &opens, &carried);
    }
    if (from.flow->gave_up & 1u << side)
        give_up(into.flow, side);
}
