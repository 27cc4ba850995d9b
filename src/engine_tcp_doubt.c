/* SPDX-License-Identifier: MIT */
/*
 * One damaged number must not spoil all that follows. The right edge of what was carried moves
 * ahead of the next byte only as far as the receiver allows: its highest acknowledgment and its
 * window (RFC 9293 section 3.4), once more for acknowledgments that the mirror has lost; where
 * those are not known, by no more than most windows are. What lies beyond is believed when a second
 * one bears it out, as after an outage of the mirror; but no more when the sender goes on where it
 * was, and the receiver has not acknowledged anything there. Before the receiver has acknowledged
 * anything, a connection may be an older one that goes on behind a SYN which has nothing to do with
 * it (RFC 5961 section 4): what follows is taken, but what is missing before it is not.
 */
#include "engine_tcp.h"

static const uint32_t unknown_most = 1u << 23; /* at once, where the window is not known */

/* The largest window that `window`, sent by `side`, can stand for. */
static uint32_t scaled(const struct tcp_look *look, unsigned side, uint16_t window)
{
    enum { LARGEST = 14 }; /* RFC 7323 section 2.3 */
    const struct flow_tcp_side *t = &look->entry.tcp->side[side];
    const struct flow_tcp_side *other = &look->entry.tcp->side[!side];
    unsigned scale = t->flags & FLOW_TCP_SCALE ? t->scale : LARGEST;

    if (scale == FLOW_SCALE_NONE ||
        (other->flags & FLOW_TCP_SCALE && other->scale == FLOW_SCALE_NONE))
        scale = 0;
    return (uint32_t)window << scale;
}

/* Bytes that can have been sent behind what the receiver, `side`, has acknowledged. The byte of a
 * probe, and FIN, need no window. */
static uint32_t reach(const struct tcp_look *look, unsigned side, uint16_t window)
{
    uint32_t once = scaled(look, side, window);

    return once < tcp_too_far / 2 ? 2 * once + 2 : tcp_too_far;
}

bool engine_tcp_is_strange(const struct tcp_look *look, unsigned side, uint32_t seq)
{
    const struct flow_side *s = flow_side(look->entry, side);

    return tcp_knows_sequence(look, side) && flow_tcp_flags(look->entry.flow, side) & TCP_SYN &&
           !(look->entry.tcp->side[!side].flags & FLOW_TCP_ACK) && tcp_is_left(s->seq_high, seq) &&
           seq - s->seq_high > UINT16_MAX;
}

static bool knows_window(const struct tcp_look *look)
{
    const uint8_t known = FLOW_TCP_ACK | FLOW_TCP_SCALE;

    return (look->peer->flags & known) == known;
}

/* By what the receiver has said. */
static bool is_possible(const struct tcp_look *look)
{
    uint32_t seq = look->packet->tcp.seq, end = seq + look->length;

    if (!knows_window(look) && seq - flow_side(look->entry, look->side)->seq_high > unknown_most)
        return false;
    return !(look->peer->flags & FLOW_TCP_ACK) ||
           end - look->peer->ack <= reach(look, !look->side, look->peer->window);
}

bool engine_tcp_believes(const struct tcp_look *look, struct tcp_range *before)
{
    struct flow_trouble *trouble;
    uint32_t seq = look->packet->tcp.seq, end = seq + look->length;
    uint32_t most =
        knows_window(look) ? reach(look, !look->side, look->peer->window) : unknown_most;
    unsigned side = look->side;

    *before = (struct tcp_range){ seq, seq };
    if (is_possible(look)) {
        if (engine_tcp_is_strange(look, side, seq))
            engine_tcp_count(look->engine, look->entry, side, TCP_COUNT_UNCERTAIN, 1);
        return true;
    }
    trouble = flow_trouble(look->entry);
    if (trouble->has_doubt[side] && seq - trouble->doubt_high[side] <= most) {
        trouble->has_doubt[side] = 0;
        if (!engine_tcp_is_strange(look, side, seq))
            engine_tcp_count(look->engine, look->entry, side, TCP_COUNT_UNCERTAIN, (uint64_t)-1);
        *before = (struct tcp_range){ trouble->doubt_low[side], trouble->doubt_high[side] };
        return true;
    }
    trouble->has_doubt[side] = 1;
    trouble->doubt_low[side] = seq;
    trouble->doubt_high[side] = end;
    engine_tcp_count(look->engine, look->entry, side, TCP_COUNT_UNCERTAIN, 1);
    return false;
}

void engine_tcp_return(const struct tcp_look *look)
{
    uint32_t seq = look->packet->tcp.seq, ack = look->peer->ack;
    uint32_t most =
        knows_window(look) ? reach(look, !look->side, look->peer->window) : unknown_most;
    struct tcp_loss gone;

    if (!(look->peer->flags & FLOW_TCP_ACK) || seq + look->length - ack > most ||
        !tcp_return(&look->engine->tcp, look->entry, look->side, seq, ack, most, &gone))
        return;
    engine_tcp_time_none(look->engine, look->entry, look->side);
    for (unsigned i = 0; i < 2; i++) { /* one, and what bore it out */
        engine_tcp_count(look->engine, look->entry, look->side, TCP_COUNT_UNCERTAIN, 1);
        engine_tcp_event_returned(look);
    }
    engine_tcp_settle(look, look->side, gone);
}

/* The first acknowledgment of a side, which may well be of an older connection when it answers a
 * SYN (RFC 9293 section 3.5.2, RFC 5961 section 4): there is no window yet to compare it with. */
static bool is_first_possible(const struct tcp_look *look)
{
    const uint32_t far_behind = 1u << 24;
    uint32_t high = flow_side(look->entry, !look->side)->seq_high, ack = look->packet->tcp.ack;

    return ack - high <= UINT16_MAX || high - ack <= far_behind;
}

static bool is_ack_possible(const struct tcp_look *look, uint32_t most)
{
    uint32_t high = flow_side(look->entry, !look->side)->seq_high, ack = look->packet->tcp.ack;
    bool began = flow_tcp_flags(look->entry.flow, !look->side) & TCP_SYN;

    if (!began) /* mirror loss cannot be told; what comes next tells whether it was true */
        return !tcp_is_left(high, ack);
    return look->self->flags & FLOW_TCP_ACK ? ack - look->self->ack <= most
                                            : is_first_possible(look);
}

bool engine_tcp_believes_ack(const struct tcp_look *look)
{
    struct flow_trouble *trouble;
    uint32_t ack = look->packet->tcp.ack;
    uint32_t most = reach(look, look->side, look->packet->tcp.window);
    unsigned side = look->side;

    if (is_ack_possible(look, reach(look, look->side, look->self->window)))
        return true;
    trouble = flow_trouble(look->entry);
    if (trouble->has_doubt_ack[side] && ack - trouble->doubt_ack[side] - 1 < most) {
        trouble->has_doubt_ack[side] = 0;
        return true;
    }
    trouble->has_doubt_ack[side] = 1;
    trouble->doubt_ack[side] = ack;
    return false;
}
