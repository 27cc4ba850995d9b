/* SPDX-License-Identifier: MIT */
/*
 * A segment that is lost before the mirror leaves a hole in its direction's bytes, and what fills
 * that is a retransmit that was seen. But where the sender stops, or sends again in vain, there is
 * no hole: what comes is the next bytes, or fills the hole of another. Only the identifications
 * between the two are missing. Each of these was a segment of bytes that had been sent before, or
 * of the very bytes that come now: either way one transmission more than the bytes needed.
 *
 * That holds where identifications count a connection's own segments, and nothing else. RFC 6864
 * leaves them to the sender; Linux does so, and tells: its SYN-ACKs have none, and the options of
 * its SYNs stand in an order of their own. No other sign will do: one counter for all that a host
 * sends looks the same as long as its other connections are silent. The second gap in a short while
 * that nothing explains ends it for good.
 */
#include "engine_tcp.h"

/* Gaps that nothing explains are suspicious when fewer steps lie between them. */
enum { AGAIN_SOON = TCP_ID_MOST };

/* Longer than any segment waits in a healthy connection of unknown round trip. */
static const uint32_t long_us = 10000;

bool engine_tcp_ids_are_told(const struct tcp_look *look)
{
    return look->self->counts_own;
}

/* Frames that are larger than a segment are several of them, and count as many. */
static bool is_merged(const struct tcp_look *look)
{
    return look->self->largest > flow_tcp_mss(look->entry.tcp);
}

void engine_tcp_number(const struct tcp_look *look)
{
    struct flow_tcp_side *self = look->self;

    if (self->flags & (FLOW_TCP_NUMBERED | FLOW_TCP_FOREIGN) || is_merged(look) ||
        !engine_tcp_ids_are_told(look) || !engine_tcp_is_verifiable(look->entry.flow))
        return;
    self->flags |= FLOW_TCP_NUMBERED;
    engine_tcp_count_sums(look->engine, look->entry, look->side, TCP_COUNT_NUMBERED, 1);
}

void engine_tcp_note_odd_id(struct flow_tcp_side *t, uint16_t id)
{
    if (!(t->flags & FLOW_TCP_ID)) {
        t->flags |= id ? FLOW_TCP_ID : 0;
        t->ip_id = id;
        return;
    }
    if ((uint16_t)(t->ip_id - id - 1) < TCP_ID_NEAR && id != 0)
        return; /* a copy that comes late */
    /* A counter does not jump. After some that did not fit it begins anew elsewhere. */
    t->id_steps = (t->id_steps < TCP_ID_STEPS ? t->id_steps : TCP_ID_STEPS) / 2;
    if (t->id_steps == 0 || (uint16_t)(id - t->ip_id) < TCP_ID_NEAR)
        t->ip_id = id;
}

/* As many as there are, at most. */
static void take_back(const struct tcp_look *look, unsigned side, uint32_t n)
{
    uint64_t most;

    if (!flow_has(look->entry, FLOW_HAS_TROUBLE))
        return;
    most = tcp_side_value(&entry_trouble(look->entry)->counts[side], TCP_COUNT_INFERRED);
    if (n > 0 && most > 0)
        engine_tcp_count(look->engine, look->entry, side, TCP_COUNT_INFERRED,
                         -(n < most ? n : most));
}

/* The identifications count something else, too: all that they told may be wrong. */
static void distrust(const struct tcp_look *look)
{
    take_back(look, look->side, UINT32_MAX);
    look->self->flags &= (uint8_t)~FLOW_TCP_NUMBERED;
    look->self->flags |= FLOW_TCP_FOREIGN;
    engine_tcp_count_sums(look->engine, look->entry, look->side, TCP_COUNT_NUMBERED, (uint64_t)-1);
}

/* Nobody sends more in vain than that it gets through. */
static bool is_plausible(const struct tcp_look *look, uint32_t n)
{
    const struct flow_trouble *trouble = entry_trouble(look->entry);

    return tcp_side_value(&trouble->counts[look->side], TCP_COUNT_INFERRED) + n <=
           flow_packets(look->entry, look->side);
}

/* Where the right edge will be behind this segment: what is missing may lie there. */
static void infer(const struct tcp_look *look, uint32_t n)
{
    struct flow_trouble *trouble = flow_trouble(look->entry);
    uint32_t high = flow_side(look->entry, look->side)->seq_high;
    uint32_t end = look->packet->tcp.seq + look->length;
    uint32_t edge = tcp_is_left(high, end) ? end : high;

    if (n == 0)
        return;
    if (!is_plausible(look, n)) {
        distrust(look);
        return;
    }
    engine_tcp_count(look->engine, look->entry, look->side, TCP_COUNT_INFERRED, n);
    if (trouble->inferred_edge[look->side] != edge)
        trouble->inferred_there[look->side] = 0;
    trouble->inferred_edge[look->side] = edge;
    trouble->inferred_there[look->side] += n;
}

/* What the sender has sent since its last segment can only have been data: an acknowledgment would
 * have had something new to say, which this segment repeats. */
static bool is_between_data(const struct tcp_look *look)
{
    const struct tcp_info *tcp = &look->packet->tcp;

    return look->length > 0 && tcp->flags & TCP_ACK && look->self->flags & FLOW_TCP_ACK &&
           tcp->ack == look->self->ack && tcp->window == look->self->window &&
           look->self->duplicate_acks == 0;
}

/* The mirror's copies are missing that only an acknowledgment has shown so far. */
static bool is_mirror_loss(const struct tcp_look *look)
{
    const struct flow_side *s = flow_side(look->entry, look->side);
    const struct tcp_hole *hole =
        tcp_hole_at(&look->engine->tcp, look->entry, look->side, look->packet->tcp.seq);

    return s->seq_low == s->seq_high || (hole && hole->flags & TCP_HOLE_BY_ACK);
}

/* Something is being sent again: this segment, what the receiver asks for, or a run. */
static bool is_trouble(const struct tcp_look *look)
{
    uint32_t high = flow_side(look->entry, look->side)->seq_high;

    return look->peer->duplicate_acks > 0 || tcp_is_left(look->packet->tcp.seq, high) ||
           engine_tcp_in_run(look) || engine_tcp_lacks_some(look);
}

/* The sender may have sent in vain, without trouble, if nothing came back for a round trip. */
static bool has_waited(const struct tcp_look *look)
{
    uint32_t rtt = tcp_least_rtt(look, 0) + tcp_least_rtt(look, 1);

    return engine_tcp_silence_us(look) >= (rtt ? rtt : long_us);
}

/* Nothing explains the gap. That may be once in a while: an ill-timed probe. */
static bool is_suspicious(const struct tcp_look *look)
{
    bool again = look->self->id_steps < AGAIN_SOON;

    if (is_trouble(look) || has_waited(look))
        return false;
    if (look->self->id_steps > TCP_ID_STEPS)
        look->self->id_steps = TCP_ID_STEPS;
    return again;
}

/* A copy that comes late was counted when it was missing, unless it is of the segments that opened
 * a hole by that. */
static void comes_late(const struct tcp_look *look)
{
    uint16_t id = (uint16_t)look->packet->ip_id;
    const struct tcp_hole *hole =
        tcp_hole_at(&look->engine->tcp, look->entry, look->side, look->packet->tcp.seq);
    bool opened_it = hole && (hole->flags & TCP_HOLE_BY_ACK ||
                              (uint16_t)(id - hole->id_right - 1) >= TCP_ID_NEAR);

    if (look->length > 0 && !opened_it)
        take_back(look, look->side, 1);
}

void engine_tcp_id_gap(const struct tcp_look *look)
{
    uint16_t id = (uint16_t)look->packet->ip_id;
    uint16_t missing = (uint16_t)(id - look->self->ip_id - 1);
    uint32_t seq = look->packet->tcp.seq;

    if (id == 0 || id == look->self->ip_id)
        return; /* it has none, or is the same packet once more */
    if ((uint16_t)(look->self->ip_id - id) < TCP_ID_NEAR) {
        comes_late(look);
        return;
    }
    if (is_merged(look)) {
        distrust(look);
        return;
    }
    if (!is_between_data(look) || is_mirror_loss(look) ||
        tcp_is_left(flow_side(look->entry, look->side)->seq_high, seq))
        return; /* see engine_tcp_id_hole() */
    if (missing >= TCP_ID_SMALL_STEP || is_suspicious(look))
        distrust(look);
    else
        infer(look, missing);
}

/* How many segments these bytes are, at least. */
static uint32_t segments_of(const struct flow_tcp_side *t, uint32_t bytes)
{
    return t->largest ? (bytes + t->largest - 1) / t->largest : bytes;
}

void engine_tcp_id_hole(const struct tcp_look *look)
{
    const struct flow_side *s = flow_side(look->entry, look->side);
    uint32_t bytes = look->packet->tcp.seq - s->seq_high;
    uint16_t missing = (uint16_t)(look->packet->ip_id - look->self->ip_id - 1);
    uint32_t explained = segments_of(look->self, bytes);

    if (s->seq_low == s->seq_high || missing >= TCP_ID_SMALL_STEP || look->packet->ip_id == 0)
        return;
    if (missing < explained) /* they are of segments that were missed before */
        take_back(look, look->side, explained - missing);
    else if (bytes == explained * look->self->largest && is_between_data(look))
        infer(look, missing - explained); /* others may be of small segments */
}

void engine_tcp_id_lost(const struct tcp_look *look, uint32_t bytes)
{
    struct flow_trouble *trouble = entry_trouble(look->entry);
    unsigned sender = !look->side;
    uint32_t n;

    if (!flow_has(look->entry, FLOW_HAS_TROUBLE) ||
        trouble->inferred_edge[sender] != flow_side(look->entry, sender)->seq_high)
        return;
    n = segments_of(look->peer, bytes);
    n = n < trouble->inferred_there[sender] ? n : trouble->inferred_there[sender];
    trouble->inferred_there[sender] -= n;
    take_back(look, sender, n);
}
