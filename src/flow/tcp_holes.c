/* SPDX-License-Identifier: MIT */
#include "tcp.h"

/* Where the hole right of range `i` ends. */
static uint32_t hole_end(const struct tcp_holes *holes, size_t i, const struct flow_side *s)
{
    return i + 1 < holes->count ? holes->range[i + 1].low : s->seq_low;
}

const struct tcp_hole *tcp_hole_at(const struct tcp_pool *pool, struct flow_entry entry,
                                   unsigned side, uint32_t seq)
{
    const struct tcp_holes *holes = tcp_holes(pool, entry, side);
    const struct flow_side *s = flow_side(entry, side);

    for (size_t i = 0; holes && i < holes->count; i++) {
        if (!tcp_is_left(seq, holes->range[i].high) && tcp_is_left(seq, hole_end(holes, i, s)))
            return &holes->hole[i];
    }
    return NULL;
}

/* The part of [low, high) that lies left of `ack`. */
static uint32_t acknowledged(uint32_t low, uint32_t high, uint32_t ack)
{
    if (!tcp_is_left(low, ack))
        return 0;
    return tcp_is_left(ack, high) ? ack - low : high - low;
}

static uint32_t segments(uint32_t bytes, uint32_t largest)
{
    return largest ? (bytes + largest - 1) / largest : bytes > 0;
}

struct tcp_loss tcp_settle(const struct tcp_pool *pool, struct flow_entry entry, unsigned side,
                           uint32_t ack, uint32_t largest, bool fin_seen)
{
    struct tcp_holes *holes = tcp_holes(pool, entry, side);
    const struct flow_side *s = flow_side(entry, side);
    struct tcp_loss grown = { 0, 0 };

    for (size_t i = 0; holes && i < holes->count; i++) {
        struct tcp_hole *hole = &holes->hole[i];
        bool last = i + 1 == holes->count;
        uint32_t low = holes->range[i].high;
        uint32_t high = hole_end(holes, i, s);
        uint32_t bytes = hole->flags & TCP_HOLE_VAGUE ? 0 : acknowledged(low, high, ack);
        uint32_t count = segments(bytes, largest);

        /* One byte at the very end, which no data ever followed, is most likely the FIN. */
        if (bytes == 1 && last && s->seq_low == s->seq_high && !fin_seen)
            bytes = 0;
        grown.bytes += bytes - hole->lost_bytes;
        grown.segments += count - hole->lost_segments;
        hole->lost_bytes = bytes;
        hole->lost_segments = count;
    }
    return grown;
}

struct tcp_loss tcp_unsettle(const struct tcp_pool *pool, struct flow_entry entry, unsigned side)
{
    struct tcp_holes *holes = tcp_holes(pool, entry, side);
    struct tcp_loss lost = { 0, 0 };

    for (size_t i = 0; holes && i < holes->count; i++) {
        lost.bytes += holes->hole[i].lost_bytes;
        lost.segments += holes->hole[i].lost_segments;
        holes->hole[i].lost_bytes = 0;
        holes->hole[i].lost_segments = 0;
    }
    return lost;
}

static void show(struct tcp_hole *hole, struct tcp_range lacks, enum tcp_hole_flag flag,
                 uint32_t now_us)
{
    bool again = hole->flags & (TCP_HOLE_SHOWN | TCP_HOLE_STALLED);

    if (!(hole->flags & flag) || tcp_is_left(hole->shown.high, lacks.high))
        hole->shown_us = now_us;
    hole->flags |= (uint8_t)flag;
    if (!again || tcp_is_left(lacks.low, hole->shown.low))
        hole->shown.low = lacks.low;
    if (!again || tcp_is_left(hole->shown.high, lacks.high))
        hole->shown.high = lacks.high;
}

void tcp_show(const struct tcp_pool *pool, struct flow_entry entry, unsigned side,
              struct tcp_range lacks, enum tcp_hole_flag flag, uint32_t now_us, uint32_t age_us)
{
    struct tcp_holes *holes = tcp_holes(pool, entry, side);
    const struct flow_side *s = flow_side(entry, side);
    uint32_t seq = lacks.high - 1;

    for (size_t i = 0; holes && i < holes->count; i++) {
        uint32_t high = hole_end(holes, i, s);

        if (!tcp_is_left(seq, holes->range[i].high) && tcp_is_left(seq, high) &&
            !tcp_is_left(now_us, holes->hole[i].opened_us + age_us))
            show(&holes->hole[i], lacks, flag, now_us);
    }
}
