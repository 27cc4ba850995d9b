/* SPDX-License-Identifier: MIT */
/*
 * Bytes that a direction carries for the first time come in order, but for three reasons: the
 * network lost the first copy before the mirror, and they were sent again; the network has
 * reordered; or the mirror has. What tells them apart is, in this order: the timestamp (RFC 7323)
 * and the IP identification, which say when a segment was sent; and what the receiver has said of
 * the hole by then. What neither tells is uncertain.
 */
#include "engine_tcp.h"

/* What a path reorders comes sooner, most likely (3 ms is Wireshark's limit, too) and surely. */
static const uint32_t short_us = 3000, long_us = 10000;

/* Sent before or after what lies right of a hole. */
enum age { AGE_UNKNOWN, AGE_OLDER, AGE_NEWER };

static bool is_near(uint16_t from, uint16_t to)
{
    return (uint16_t)(to - from - 1) < TCP_ID_NEAR;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Whether what fills the hole comes so long after it was opened, or the receiver has shown it, that
 * the sender must have known. When the receiver lacks something else further left it cannot show
 * this one. */
static bool is_clearly_later(const struct tcp_look *look, const struct tcp_hole *hole)
{
    uint32_t age = look->now_us - hole->opened_us;
    uint32_t to_sender = tcp_least_rtt(look, look->side);
    uint32_t to_receiver = tcp_least_rtt(look, !look->side);

    if (hole->flags & TCP_HOLE_SHOWN &&
        look->now_us - hole->shown_us >= larger(to_sender, short_us))
        return true;
    if (hole->flags & TCP_HOLE_VAGUE)
        return false; /* nobody has seen it being opened */
    if (age >= TCP_TIMEOUT_US)
        return true;
    return age >= larger(to_sender + to_receiver, long_us) &&
           (look->peer->duplicate_acks > 0 || engine_tcp_in_run(look) ||
            hole->flags & TCP_HOLE_STALLED);
}

/* By identifications: those of one sender to one peer count up, or say nothing (RFC 6864). */
static enum age age_by_id(const struct tcp_look *look, const struct tcp_hole *hole)
{
    uint16_t id = (uint16_t)look->packet->ip_id;
    uint16_t newest = look->self->ip_id;
    uint16_t right = hole->flags & TCP_HOLE_BY_ACK ? newest : hole->id_right;

    if (!(hole->flags & TCP_HOLE_IDS) || look->packet->ether_type != ETHER_IPV4)
        return AGE_UNKNOWN;
    if (is_near(hole->id_left, right) && is_near(hole->id_left, id) && is_near(id, right))
        return AGE_OLDER;
    /* Where identifications have counted up for a while. */
    if ((look->self->id_steps >= TCP_ID_STEPS / 4 || engine_tcp_ids_are_told(look)) &&
        (right == newest || is_near(right, newest))) {
        if (is_near(right, id))
            return AGE_NEWER;
        /* Some give their retransmits any identification; those had been asked for, or follow one
         * that was, and late. */
        if (is_near(id, right) && !(hole->flags & (TCP_HOLE_SHOWN | TCP_HOLE_STALLED)) &&
            !(engine_tcp_in_run(look) && is_clearly_later(look, hole)))
            return AGE_OLDER;
    }
    return AGE_UNKNOWN;
}

static enum age age_of(const struct tcp_look *look, const struct tcp_hole *hole)
{
    const struct tcp_info *tcp = &look->packet->tcp;
    uint32_t newest = look->self->ts_value;
    uint32_t right = hole->flags & TCP_HOLE_BY_ACK ? newest : hole->ts_right;

    if (!tcp->has_timestamps || !(hole->flags & TCP_HOLE_TIME))
        return age_by_id(look, hole);
    if (tcp->ts_value != right)
        return tcp_is_left(tcp->ts_value, right) ? AGE_OLDER : AGE_NEWER;
    /* In the same tick. What is sent again comes last of all; and unless the receiver has asked for
     * it, not so soon. */
    if (tcp_is_left(tcp->ts_value, newest) ||
        (!(hole->flags & TCP_HOLE_SHOWN) && look->now_us - hole->opened_us < long_us))
        return AGE_OLDER;
    return age_by_id(look, hole);
}

struct tcp_hole engine_tcp_opens(const struct tcp_look *look, bool by_ack)
{
    unsigned side = by_ack ? !look->side : look->side;
    uint32_t seq = by_ack ? look->packet->tcp.ack : look->packet->tcp.seq;
    const struct flow_tcp_side *t = &look->entry.tcp->side[side];
    struct tcp_hole hole = {
        .opened_us = look->now_us,
        .id_left = t->ip_id,
        .flags = by_ack ? TCP_HOLE_BY_ACK : 0,
    };

    if (engine_tcp_is_strange(look, side, seq) || engine_tcp_may_be_fragments(look, side, seq) ||
        (flow_has(look->entry, FLOW_CUT_HEADER) && entry_events(look->entry)->no_header[side] > 0))
        hole.flags |= TCP_HOLE_VAGUE;
    if (by_ack) {
        hole.flags |= t->flags & FLOW_TCP_TIME ? TCP_HOLE_TIME : 0;
        hole.flags |= TCP_HOLE_IDS;
        return hole;
    }
    if (look->packet->tcp.has_timestamps) {
        hole.flags |= TCP_HOLE_TIME;
        hole.ts_right = look->packet->tcp.ts_value;
    }
    if (look->packet->ether_type == ETHER_IPV4 && (t->flags & FLOW_TCP_ID || look->packet->ip_id)) {
        hole.flags |= TCP_HOLE_IDS;
        hole.id_right = (uint16_t)look->packet->ip_id;
        if (!(t->flags & FLOW_TCP_ID))
            hole.id_left = hole.id_right; /* unknown */
    }
    return hole;
}

static void count_loss(const struct tcp_look *look, unsigned side, struct tcp_loss loss)
{
    if (loss.bytes)
        engine_tcp_count(look->engine, look->entry, side, TCP_COUNT_MIRROR_LOSS_BYTES,
                         (uint64_t)(int32_t)loss.bytes);
    if (loss.segments)
        engine_tcp_count(look->engine, look->entry, side, TCP_COUNT_MIRROR_LOSS_SEGMENTS,
                         (uint64_t)(int32_t)loss.segments);
}

void engine_tcp_settle(const struct tcp_look *look, unsigned side, struct tcp_loss gone)
{
    const struct flow_tcp_side *t = &look->entry.tcp->side[side];
    const struct flow_tcp_side *receiver = &look->entry.tcp->side[!side];
    struct tcp_loss loss = { 0, 0 };

    if (!engine_tcp_is_verifiable(look->entry.flow))
        return;
    if (receiver->flags & FLOW_TCP_ACK)
        loss = tcp_settle(&look->engine->tcp, look->entry, side, receiver->ack, t->largest,
                          flow_tcp_flags(look->entry.flow, side) & TCP_FIN);
    loss.bytes -= gone.bytes;
    loss.segments -= gone.segments;
    count_loss(look, side, loss);
}

/* Bytes that the receiver had already, and the mirror not: sending them again does not bring back
 * the copy that it has lost. */
static void keep_loss(const struct tcp_look *look, uint32_t bytes)
{
    if (bytes > 0 && engine_tcp_is_verifiable(look->entry.flow) &&
        tcp_is_acknowledged(look, look->packet->tcp.seq + look->length))
        count_loss(look, look->side, (struct tcp_loss){ bytes, 1 });
}

static void count(const struct tcp_look *look, enum tcp_count what)
{
    engine_tcp_count(look->engine, look->entry, look->side, what, 1);
}

/* What fills the hole was sent again. When the receiver has asked for it the network had lost it;
 * else it has acknowledged it, and it is only the first copy that is missing. */
static void first_copy_lost(const struct tcp_look *look, const struct tcp_hole *hole)
{
    bool asked = hole->flags & (TCP_HOLE_SHOWN | TCP_HOLE_STALLED);
    bool is_lost = !(hole->flags & TCP_HOLE_VAGUE) && look->peer->flags & FLOW_TCP_ACK;

    if (!asked)
        keep_loss(look, look->length);
    if (is_lost)
        count(look, TCP_COUNT_LOST_BEFORE_MIRROR);
    engine_tcp_resent(look, look->length, asked, is_lost);
}

/* The receiver may have shown another part of the hole than what fills it. */
static void keep_shown(const struct tcp_look *look, struct tcp_hole *hole)
{
    uint32_t low = look->packet->tcp.seq, high = low + look->length;

    if (!tcp_is_left(low, hole->shown.high) || !tcp_is_left(hole->shown.low, high))
        hole->flags &= (uint8_t) ~(TCP_HOLE_SHOWN | TCP_HOLE_STALLED);
}

/* New bytes into a hole. */
static void judge_filling(const struct tcp_look *look, struct tcp_carried *carried)
{
    struct tcp_hole *hole = &carried->hole;
    enum age age;
    bool acknowledged = tcp_is_acknowledged(look, look->packet->tcp.seq + look->length);

    keep_shown(look, hole);
    age = age_of(look, hole);
    /* Only its acknowledgment came before it: in its own direction it is in order. */
    if (carried->at_end && hole->flags & TCP_HOLE_BY_ACK)
        return;
    engine_tcp_event_hole(look, hole, age == AGE_NEWER, age == AGE_OLDER);
    if (age == AGE_NEWER || (age == AGE_UNKNOWN && !acknowledged && is_clearly_later(look, hole))) {
        first_copy_lost(look, hole);
        return;
    }
    count(look, TCP_COUNT_OUT_OF_ORDER);
    if (age == AGE_UNKNOWN)
        count(look, TCP_COUNT_UNCERTAIN);
    else if (acknowledged)
        count(look, TCP_COUNT_LATE);
    else if (!(hole->flags & TCP_HOLE_SHOWN)) /* by what is left of its options */
        count(look, tcp_is_cut(look->entry) ? TCP_COUNT_UNCERTAIN : TCP_COUNT_LATE);
}

/* New bytes left of the first ones seen. Only a SYN is known to be the first of all. */
static void judge_before(const struct tcp_look *look)
{
    count(look, TCP_COUNT_OUT_OF_ORDER);
    count(look, look->packet->tcp.flags & TCP_SYN ? TCP_COUNT_LATE : TCP_COUNT_UNCERTAIN);
}

static void judge(const struct tcp_look *look, struct tcp_carried *carried)
{
    switch (carried->verdict) {
    case TCP_NEW:
        break;
    case TCP_AGAIN:
        keep_loss(look, look->length - carried->again);
        if (engine_tcp_sent_first(look)) {
            count(look, TCP_COUNT_OUT_OF_ORDER);
            count(look, TCP_COUNT_LATE);
            break;
        }
        engine_tcp_resent(look, carried->again, false, false);
        break;
    case TCP_FILLS:
        judge_filling(look, carried);
        break;
    case TCP_BEFORE:
        judge_before(look);
        break;
    case TCP_FORGOTTEN:
        count(look, TCP_COUNT_UNCERTAIN);
        break;
    }
}

static bool window_is_closed(const struct tcp_look *look)
{
    return look->peer->flags & FLOW_TCP_ACK && look->peer->window == 0;
}

/* The segment lies right of all that was carried, and opens a hole. false: that cannot be. */
static bool opens_hole(const struct tcp_look *look)
{
    struct tcp_hole opens = engine_tcp_opens(look, false);
    struct tcp_carried carried;
    struct tcp_range before;

    if (!engine_tcp_believes(look, &before))
        return false;
    if (before.low != before.high)
        tcp_carry(&look->engine->tcp, look->entry, look->side, before.low, before.high - before.low,
                  &opens, &carried);
    if (look->self->flags & FLOW_TCP_NUMBERED)
        engine_tcp_id_hole(look);
    return true;
}

static bool is_ahead(const struct tcp_look *look)
{
    return tcp_knows_sequence(look, look->side) &&
           tcp_is_left(flow_side(look->entry, look->side)->seq_high, look->packet->tcp.seq);
}

/* A segment without data, and not where the next byte is due, or with data missing left of it. */
static void out_of_place(struct tcp_look *look)
{
    uint32_t seq = look->packet->tcp.seq, high;
    struct tcp_hole opens;

    engine_tcp_take_fragments(look, look->side, seq);
    high = flow_side(look->entry, look->side)->seq_high;
    if (is_ahead(look) && !opens_hole(look))
        return;
    if (!tcp_knows_sequence(look, look->side) || !tcp_is_left(seq, high)) {
        opens = engine_tcp_opens(look, false);
        tcp_reach(&look->engine->tcp, look->entry, look->side, seq, &opens);
        engine_tcp_settle(look, look->side, (struct tcp_loss){ 0, 0 });
    } else if (seq + 1 == high && window_is_closed(look)) {
        count(look, TCP_COUNT_WINDOW_PROBES);
    } else if (seq + 1 == high &&
               (!(look->peer->flags & FLOW_TCP_ACK) || tcp_is_acknowledged(look, high))) {
        count(look, TCP_COUNT_KEEP_ALIVES);
    }
}

/* One byte that asks whether the window has opened, or whether the peer is still there (RFC 9293
 * sections 3.8.6.1 and 3.8.4). It does not belong to what was carried: the receiver need not take
 * it, and the next segment begins with it. */
static bool is_probe(struct tcp_look *look)
{
    uint32_t seq = look->packet->tcp.seq;
    uint32_t high = flow_side(look->entry, look->side)->seq_high;

    if (look->packet->payload_bytes != 1 || look->length != 1 ||
        !tcp_knows_sequence(look, look->side))
        return false;
    if (seq == high && window_is_closed(look) && tcp_is_acknowledged(look, high)) {
        look->self->flags |= FLOW_TCP_PROBED;
        count(look, TCP_COUNT_ZERO_WINDOW_PROBES);
        return true;
    }
    /* Pushed it is a message of one byte, sent again. */
    if (seq + 1 == high && !(look->packet->tcp.flags & TCP_PSH) &&
        (!(look->peer->flags & FLOW_TCP_ACK) || tcp_is_acknowledged(look, high))) {
        count(look, TCP_COUNT_KEEP_ALIVES);
        return true;
    }
    return false;
}

/* The probe's byte was taken after all: the next segment begins behind it. */
static void take_probe(const struct tcp_look *look)
{
    struct flow_side *s = flow_side(look->entry, look->side);

    if (look->self->flags & FLOW_TCP_PROBED && look->packet->tcp.seq == s->seq_high + 1)
        s->seq_high++;
    look->self->flags &= (uint8_t)~FLOW_TCP_PROBED;
}

/* What it opens is made where it stays: a copy would wait for its parts to be stored. */
static void carry(const struct tcp_look *look, struct tcp_carried *carried)
{
    const struct tcp_hole opens = engine_tcp_opens(look, false);

    tcp_carry(&look->engine->tcp, look->entry, look->side, look->packet->tcp.seq, look->length,
              &opens, carried);
}

/* Data that is not simply the next. */
static void out_of_line(struct tcp_look *look)
{
    struct tcp_carried carried;

    take_probe(look);
    engine_tcp_take_fragments(look, look->side, look->packet->tcp.seq);
    if (look->entry.flow->flags & FLOW_HOLES_A << look->side)
        engine_tcp_return(look);
    if (is_ahead(look) && !opens_hole(look))
        return;
    carry(look, &carried);
    judge(look, &carried);
    if (look->entry.flow->flags & FLOW_HOLES_A << look->side || carried.gone.bytes ||
        carried.gone.segments)
        engine_tcp_settle(look, look->side, carried.gone);
}

void engine_tcp_sequence(struct tcp_look *look)
{
    const struct packet *packet = look->packet;
    const struct flow_side *s = flow_side(look->entry, look->side);
    struct flow_tcp_side *self = look->self;

    if (look->length == 0) {
        if (packet->tcp.seq != s->seq_high || s->seq_low == s->seq_high ||
            !tcp_knows_sequence(look, look->side))
            out_of_place(look);
        return;
    }
    if (look->length == 1 && is_probe(look))
        return;
    tcp_note_largest(self, packet->payload_bytes);
    if (!tcp_carry_next(look->entry, look->side, packet->tcp.seq, look->length))
        out_of_line(look);
    else if (look->elsewhere)
        engine_tcp_await(look);
    else
        tcp_start_timing(self, packet->tcp.seq + look->length, look->now_us);
    if (tcp_fills_window(self, look->peer, packet->tcp.seq + look->length) &&
        !(packet->tcp.flags & (TCP_SYN | TCP_FIN)) && !tcp_is_cut(look->entry))
        count(look, TCP_COUNT_WINDOW_FULL);
}
