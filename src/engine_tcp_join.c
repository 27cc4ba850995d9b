/* SPDX-License-Identifier: MIT */
/*
 * What TCP knows of two flows that turn out to be one. Each session saw the same segments in its
 * own time, so what is the newest is taken from one of them, and round trips, too.
 */
#include "engine_tcp.h"

/* What the next segments are compared with: the side's newest state, and what only one knows. */
static void join_state(struct flow_tcp_side *to, const struct flow_tcp_side *from, bool newer)
{
    const struct flow_tcp_side old = *to;
    const struct flow_tcp_side *other = newer ? &old : from;

    if (newer)
        *to = *from;
    to->rtt_least_us = old.rtt_least_us;
    to->rtt_samples = old.rtt_samples;
    to->counts_own |= other->counts_own;
    if (other->flags & FLOW_TCP_SCALE) {
        to->scale = other->scale;
        to->flags |= FLOW_TCP_SCALE;
    }
    if (other->flags & FLOW_TCP_ACK &&
        (!(to->flags & FLOW_TCP_ACK) || tcp_is_left(to->ack, other->ack))) {
        to->ack = other->ack;
        to->window = other->window;
        to->duplicate_acks = other->duplicate_acks;
        to->flags |= FLOW_TCP_ACK;
    }
    if (other->largest > to->largest)
        to->largest = other->largest;
}

static void join_trouble(struct flow_trouble *to, const struct flow_trouble *from, unsigned side)
{
    for (unsigned i = 0; i < TCP_COUNT_COUNT; i++)
        tcp_side_count(&to->counts[side], (enum tcp_count)i,
                       tcp_side_value(&from->counts[side], (enum tcp_count)i));
    to->rolled_loss_bytes[side] += from->rolled_loss_bytes[side];
    to->rolled_retransmits[side] += from->rolled_retransmits[side];
    if (from->has_sack[side] &&
        (!to->has_sack[side] || tcp_is_left(to->sack_high[side], from->sack_high[side]))) {
        to->sack_high[side] = from->sack_high[side];
        to->has_sack[side] = 1;
    }
    if (from->in_run[side] && !to->in_run[side]) {
        to->in_run[side] = 1;
        to->run_kind[side] = from->run_kind[side];
        to->run_end[side] = from->run_end[side];
    }
}

static void count_loss(struct flow_entry into, unsigned side, struct tcp_loss loss)
{
    struct tcp_side_counts *counts;

    if (loss.bytes == 0 && loss.segments == 0)
        return;
    counts = &flow_trouble(into)->counts[side];
    tcp_side_count(counts, TCP_COUNT_MIRROR_LOSS_BYTES, (uint64_t)(int32_t)loss.bytes);
    tcp_side_count(counts, TCP_COUNT_MIRROR_LOSS_SEGMENTS, (uint64_t)(int32_t)loss.segments);
}

/* The mirror has lost what neither session has brought: what was counted as lost of either is
 * counted anew. */
static void join_ranges(struct engine *engine, struct flow_entry into, struct flow_entry from,
                        unsigned side)
{
    struct tcp_loss lost = tcp_unsettle(&engine->tcp, into, side);
    struct tcp_loss other = tcp_unsettle(&engine->tcp, from, side);

    count_loss(
        into, side,
        (struct tcp_loss){ 0 - lost.bytes - other.bytes, 0 - lost.segments - other.segments });
    tcp_join(&engine->tcp, into, from, side);
}

static void add_counts(struct tcp_counts counts[2], struct flow_entry entry)
{
    for (unsigned side = 0; side < 2; side++) {
        struct tcp_counts more;

        engine_tcp_counts(entry, side, &more);
        tcp_counts_add(&counts[side], &more);
    }
}

/* What `from` counted is its session's no more: the flow is another one's. */
static void move_session(struct engine *engine, struct flow_entry into, struct flow_entry from)
{
    struct tcp_counts *old = &engine->session_tcp[from.flow->key.session];
    struct tcp_counts counts[2] = { { { 0 } } };

    add_counts(counts, from);
    for (unsigned side = 0; side < 2; side++) {
        tcp_counts_add(&engine->session_tcp[into.flow->key.session], &counts[side]);
        for (unsigned i = 0; i < TCP_COUNT_COUNT; i++)
            old->n[i] -= counts[side].n[i];
    }
}

/* Sums hold what two flows counted, `before`; now it is what one does. */
static void book_difference(struct engine *engine, struct flow_entry into,
                            const struct tcp_counts before[2])
{
    struct tcp_counts now[2] = { { { 0 } } };

    add_counts(now, into);
    for (unsigned side = 0; side < 2; side++) {
        for (unsigned i = 0; i < TCP_COUNT_COUNT; i++) {
            uint64_t more = now[side].n[i] - before[side].n[i];

            if (more == 0)
                continue;
            engine_tcp_count_sums(engine, into, side, (enum tcp_count)i, more);
            engine_tcp_event_joined(engine, into, side, (enum tcp_count)i, more);
        }
    }
}

/* The handshake as one session saw it. When both have seen its opener, the time of its first packet
 * may be either's. */
static void join_handshake(struct flow_entry into, struct flow_entry from)
{
    if (!into.reply->rtt_us && !into.reply->answer_us) {
        into.reply->rtt_us = from.reply->rtt_us;
        into.reply->answer_us = from.reply->answer_us;
    }
    if (flow_side(from, flow_src_side(into.flow))->packets > 0)
        into.flow->flags |= FLOW_NO_RTT;
}

static void join_rtt(struct engine *engine, struct flow_entry into, struct flow_entry from)
{
    tcp_rtt_queue_flush(&engine->rtt_queue); /* what `from` has is given back, or away */
    if (into.tcp->side[0].rtt_samples | into.tcp->side[1].rtt_samples)
        return;
    if (flow_has_rtt(from.tcp))
        into.reply->rtt = from.reply->rtt;
    for (unsigned side = 0; side < 2; side++) {
        struct flow_tcp_side *t = &from.tcp->side[side];

        into.tcp->side[side].rtt_least_us = t->rtt_least_us;
        into.tcp->side[side].rtt_samples = t->rtt_samples;
        t->rtt_samples = TCP_RTT_NONE; /* it has given away what it had */
    }
}

void engine_tcp_join(struct engine *engine, struct flow_entry into, struct flow_entry from,
                     struct tcp_counts before[2])
{
    unsigned mss = flow_tcp_mss(into.tcp) ? flow_tcp_mss(into.tcp) : flow_tcp_mss(from.tcp);

    before[0] = before[1] = (struct tcp_counts){ { 0 } };
    add_counts(before, into);
    add_counts(before, from);
    engine_tcp_event_join(engine, into, from);
    move_session(engine, into, from);
    for (unsigned side = 0; side < 2; side++) {
        if (flow_has(from, FLOW_HAS_TROUBLE))
            join_trouble(flow_trouble(into), entry_trouble(from), side);
        join_ranges(engine, into, from, side);
        join_state(&into.tcp->side[side], &from.tcp->side[side],
                   flow_side(from, side)->last_ns > flow_side(into, side)->last_ns);
        engine_tcp_time_none(engine, into, side);
    }
    if (tcp_is_cut(into) || tcp_is_cut(from))
        engine_tcp_take_back(into);
    join_rtt(engine, into, from);
    join_handshake(into, from);
    flow_tcp_set_mss(into.tcp, mss);
}

void engine_tcp_joined(struct engine *engine, struct flow_entry into,
                       const struct tcp_counts before[2])
{
    for (unsigned side = 0; side < 2; side++) {
        const struct flow_tcp_side *receiver = &into.tcp->side[!side];

        if (receiver->flags & FLOW_TCP_ACK && engine_tcp_is_verifiable(into.flow))
            count_loss(into, side,
                       tcp_settle(&engine->tcp, into, side, receiver->ack,
                                  into.tcp->side[side].largest,
                                  flow_tcp_flags(into.flow, side) & TCP_FIN));
    }
    book_difference(engine, into, before);
}
