/* SPDX-License-Identifier: MIT */
/*
 * What the receiver has acknowledged has arrived, whether the mirror delivered it or not. So a hole
 * that is acknowledged is the mirror's, and one that is acknowledged again and again is not.
 */
#include "engine_tcp.h"

/* Bytes are acknowledged that nobody has seen, and none behind them. */
static void acknowledges_unseen(struct tcp_look *look)
{
    struct flow_side *s = flow_side(look->entry, !look->side);
    uint32_t ack = look->packet->tcp.ack;
    struct tcp_hole opens;

    if (look->peer->flags & FLOW_TCP_PROBED && ack == s->seq_high + 1) {
        s->seq_high++; /* the byte of a probe: the receiver has taken it */
        look->peer->flags &= (uint8_t)~FLOW_TCP_PROBED;
        return;
    }
    engine_tcp_take_fragments(look, !look->side, ack);
    if (ack != s->seq_high) {
        if (look->peer->flags & FLOW_TCP_NUMBERED)
            engine_tcp_id_lost(look, ack - s->seq_high);
        opens = engine_tcp_opens(look, true);
        tcp_reach(&look->engine->tcp, look->entry, !look->side, ack, &opens);
    }
    engine_tcp_settle(look, !look->side, (struct tcp_loss){ 0, 0 });
}

/* A direction whose acknowledgments are seen. */
static void count_answered(const struct tcp_look *look, unsigned side)
{
    engine_tcp_count_sums(look->engine, look->entry, side, TCP_COUNT_ANSWERED, 1);
    if (engine_tcp_is_verifiable(look->entry.flow))
        engine_tcp_count_sums(look->engine, look->entry, side, TCP_COUNT_VERIFIABLE, 1);
    if (!tcp_is_cut(look->entry))
        engine_tcp_count_sums(look->engine, look->entry, side, TCP_COUNT_WHOLE, 1);
}

void engine_tcp_meet(const struct tcp_look *look)
{
    if (!(look->peer->flags & FLOW_TCP_ACK))
        return;
    count_answered(look, look->side);
    engine_tcp_settle(look, look->side, (struct tcp_loss){ 0, 0 });
}

/* The first acknowledgment of this direction. */
static void begin(const struct tcp_look *look)
{
    look->self->flags |= FLOW_TCP_ACK;
    look->self->ack = look->packet->tcp.ack;
    look->self->duplicate_acks = 0;
    if (look->entry.flow->has_reply)
        count_answered(look, !look->side);
    engine_tcp_settle(look, !look->side, (struct tcp_loss){ 0, 0 });
}

/* More than before. */
static void advance(struct tcp_look *look)
{
    const struct flow_side *s = flow_side(look->entry, !look->side);
    uint32_t ack = look->packet->tcp.ack, before = look->self->ack;
    bool has_holes = look->entry.flow->flags & FLOW_HOLES_A << !look->side;

    look->self->ack = ack;
    look->self->duplicate_acks = 0;
    if (!look->elsewhere)
        tcp_stop_timing(look->engine, look->entry, look->side, ack, look->now_us);
    if (tcp_is_left(s->seq_high, ack))
        acknowledges_unseen(look);
    else if (has_holes && tcp_is_left(before, s->seq_low))
        engine_tcp_settle(look, !look->side, (struct tcp_loss){ 0, 0 });
}

/* RFC 5681 section 2, and RFC 6675 for those with selective acknowledgments, whose windows may
 * differ. Keep-alives and probes lie left of what this side would send next. */
static bool is_duplicate(const struct tcp_look *look)
{
    const struct tcp_info *tcp = &look->packet->tcp;

    return look->length == 0 && !(tcp->flags & (TCP_SYN | TCP_FIN | TCP_RST)) && tcp->window != 0 &&
           (tcp->window == look->self->window || tcp->sack_count > 0) &&
           tcp_is_left(tcp->ack, flow_side(look->entry, !look->side)->seq_high) &&
           tcp->seq == flow_side(look->entry, look->side)->seq_high;
}

/* What the receiver waits for. */
static struct tcp_range next_byte(const struct tcp_look *look)
{
    return (struct tcp_range){ look->packet->tcp.ack, look->packet->tcp.ack + 1 };
}

static void duplicate(const struct tcp_look *look)
{
    if (!tcp_is_cut(look->entry))
        engine_tcp_count(look->engine, look->entry, look->side, TCP_COUNT_DUPLICATE_ACKS, 1);
    look->self->duplicate_acks += look->self->duplicate_acks < UINT8_MAX;
    if (look->entry.flow->flags & FLOW_HOLES_A << !look->side)
        tcp_show(&look->engine->tcp, look->entry, !look->side, next_byte(look), TCP_HOLE_SHOWN,
                 look->now_us, 0);
}

/* It acknowledges just what lies left of a hole, and must have got what lies right of it. */
static void show_stalled(const struct tcp_look *look)
{
    uint32_t to_receiver = tcp_least_rtt(look, look->side);

    tcp_show(&look->engine->tcp, look->entry, !look->side, next_byte(look), TCP_HOLE_STALLED,
             look->now_us, to_receiver ? to_receiver : 1);
}

void engine_tcp_ack(struct tcp_look *look)
{
    const struct tcp_info *tcp = &look->packet->tcp;
    uint32_t more = tcp->ack - look->self->ack;
    bool is_known = tcp_knows_sequence(look, !look->side);

    /* Nothing of what this acknowledges has been seen: it begins here. */
    if (!is_known)
        tcp_reach(&look->engine->tcp, look->entry, !look->side, tcp->ack, NULL);
    else if (tcp->ack - flow_side(look->entry, !look->side)->seq_high - 1 < UINT32_MAX / 2 &&
             tcp->ack - flow_side(look->entry, !look->side)->seq_high >= tcp_too_far)
        return; /* nonsense */
    if (is_known &&
        (!(look->self->flags & FLOW_TCP_ACK) ||
         tcp_is_left(flow_side(look->entry, !look->side)->seq_high, tcp->ack)) &&
        !engine_tcp_believes_ack(look))
        return;
    if (!(look->self->flags & FLOW_TCP_ACK)) {
        if (is_known && tcp_is_left(flow_side(look->entry, !look->side)->seq_high, tcp->ack))
            acknowledges_unseen(look);
        begin(look);
    } else if (more == 0) {
        if (is_duplicate(look))
            duplicate(look);
    } else if (more < tcp_too_far) {
        advance(look);
    }
    if (look->entry.flow->flags & FLOW_HOLES_A << !look->side &&
        tcp_is_left(tcp->ack, flow_side(look->entry, !look->side)->seq_low))
        show_stalled(look);
    if (tcp->sack_count > 0)
        engine_tcp_sack(look);
}
