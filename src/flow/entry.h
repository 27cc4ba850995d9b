/* SPDX-License-Identifier: MIT */
/*
 * entry: a flow of the table with what it has besides, and what its two sides have counted.
 *
 * A small value, made anew whenever the flow has got a rest of its own.
 */
#ifndef MIRRORTOP_FLOW_ENTRY_H
#define MIRRORTOP_FLOW_ENTRY_H

#include "table.h"

/* What is not here is found when it is needed. */
struct flow_entry {
    struct flow *flow;
    struct flow_reply *reply;
    struct flow_tcp *tcp;
    const struct flow_table *table;
};

static inline struct flow_entry flow_entry(const struct flow_table *table, struct flow *flow)
{
    struct flow_rest *rest = &table->rest[flow->rest];

    return (struct flow_entry){
        .flow = flow, .reply = &rest->reply, .tcp = &rest->tcp, .table = table
    };
}

static inline struct flow_detail *entry_detail(struct flow_entry entry)
{
    return flow_detail(entry.table, entry.flow);
}

static inline struct flow_events *entry_events(struct flow_entry entry)
{
    return flow_events(entry.table, entry.flow);
}

/* Only with FLOW_HAS_TROUBLE: see flow_trouble(). */
static inline struct flow_trouble *entry_trouble(struct flow_entry entry)
{
    return &entry.table->troubles[entry.flow->rest];
}

static inline bool flow_has(struct flow_entry entry, enum flow_mark mark)
{
    return entry.reply->marks & mark;
}

/* The flow's trouble, to be written. The flow must have a rest. */
static inline struct flow_trouble *flow_trouble(struct flow_entry entry)
{
    struct flow_trouble *trouble = entry_trouble(entry);

    if (!flow_has(entry, FLOW_HAS_TROUBLE))
        memset(trouble, 0, sizeof(*trouble));
    entry.reply->marks |= FLOW_HAS_TROUBLE;
    return trouble;
}

/* What side A (0) or B (1) counted. */
static inline struct flow_side *flow_side(struct flow_entry entry, unsigned side)
{
    return side == entry.flow->first_side ? &entry.flow->first : &entry.reply->other;
}

/* s: flow_side() of the side. */
static inline void flow_side_count(struct flow_entry entry, struct flow_side *s, unsigned side,
                                   uint32_t bytes)
{
    if (s->packets == UINT32_MAX) {
        s->packets -= FLOW_PACKETS_CARRY;
        entry.reply->carries[side]++;
    }
    s->packets++;
    s->bytes += bytes;
}

static inline uint64_t flow_packets(struct flow_entry entry, unsigned side)
{
    return flow_side(entry, side)->packets +
           (uint64_t)entry.reply->carries[side] * FLOW_PACKETS_CARRY;
}

/* When the side sent its first packet; 0: it sent none. */
static inline uint64_t flow_first_ns(struct flow_entry entry, unsigned side)
{
    const struct flow_side *s = flow_side(entry, side);

    if (side != entry.flow->first_side && !entry.flow->has_reply)
        return 0;
    return s->packets > 1 ? entry.reply->first_ns[side] : s->last_ns;
}

/* When the flow's first packet was sent, by whichever side. */
static inline uint64_t flow_start_ns(struct flow_entry entry)
{
    uint64_t first = flow_first_ns(entry, entry.flow->first_side), other;

    if (!entry.flow->has_reply)
        return first;
    other = flow_first_ns(entry, !entry.flow->first_side);
    return other < first ? other : first;
}

/* By which verdict of the filter what the side sent is counted. */
static inline unsigned flow_class(struct flow_entry entry, unsigned side)
{
    return side == entry.flow->first_side ? entry.flow->class : entry.reply->class;
}

static inline void flow_set_class(struct flow_entry entry, unsigned side, unsigned class)
{
    if (side == entry.flow->first_side)
        entry.flow->class = (uint16_t) class;
    else
        entry.reply->class = (uint16_t) class;
}

#endif
