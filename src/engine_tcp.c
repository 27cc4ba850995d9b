/* SPDX-License-Identifier: MIT */
#include "engine_state.h"

/* Something in it has been answered, seen or not. */
static bool shows_answers(const struct session *session)
{
    return (session->two_way_flows | session->half_tcp_flows) != 0;
}

/* The state of a TCP flow by its first packet, and who opened it. */
void engine_tcp_open(struct flow *flow, const struct packet *packet)
{
    uint8_t flags = packet->has_transport ? packet->tcp.flags : 0;

    flow->flags |= FLOW_NO_RTT;
    flow->state = FLOW_OPEN;
    if (!packet->has_transport)
        return;
    if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        flow->state = FLOW_OPENING;
        flow->flags &= (uint8_t)~FLOW_NO_RTT;
    } else if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
        flow->state = FLOW_ANSWERED;
        flow->flags ^= FLOW_OPENED_BY_B; /* the receiver of a SYN-ACK has opened */
    }
}

/* Whether a sequence number can be no late copy of what the side has sent. Modulo 2^32. */
static bool is_far(const struct flow_side *s, uint32_t seq)
{
    const uint32_t far = 1u << 24;

    return (seq - s->seq_high > far && s->seq_high - seq > far) &&
           (seq - s->seq_low > far && s->seq_low - seq > far);
}

/* A SYN for a flow that is there already, and not the next connection's. */
static void syn_again(struct engine *engine, struct flow *flow, unsigned side, uint32_t seq)
{
    struct flow_entry entry = flow_entry(&engine->flows, flow);

    flow->flags |= FLOW_NO_RTT;
    if (side != flow_src_side(flow)) {
        if (flow->state == FLOW_OPENING) /* both open at once, RFC 9293 section 3.5 */
            flow->state = FLOW_ANSWERED;
        return;
    }
    if (flow->state == FLOW_REFUSED) /* so that was not the last word */
        flow->state = FLOW_OPENING;
    if (flow->state == FLOW_OPENING && is_far(flow_side(entry, side), seq)) {
        tcp_forget(&engine->tcp, entry, side); /* another attempt from the same port */
        tcp_forget(&engine->tcp, entry, !side);
    }
    engine_flow_watch(engine, flow, ENGINE_UNANSWERED_DS);
}

/* Whether a segment of the opener can be the one that ends the handshake. */
static bool answers_syn_ack(struct flow_entry entry, unsigned side, const struct packet *packet)
{
    return packet->tcp.flags & TCP_ACK &&
           (int32_t)(packet->tcp.ack - flow_side(entry, !side)->seq_low) > 0;
}

/* Segments that change the connection's state, and all before it is open. */
static void tcp_state(struct engine *engine, struct flow *flow, unsigned side,
                      const struct packet *packet, uint64_t ts_ns)
{
    uint8_t flags = packet->tcp.flags;
    bool from_opener = side == flow_src_side(flow);
    struct flow_entry entry = flow_entry(&engine->flows, flow);
    uint64_t rtt_us;

    if (flags & TCP_RST) {
        bool refused = flow->state == FLOW_OPENING && !from_opener;

        flow->state = refused ? FLOW_REFUSED : FLOW_CLOSED;
        if (refused)
            engine_flow_failed(engine, flow, ts_ns, true);
    } else if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        if (flow->first.packets > 0)
            syn_again(engine, flow, side, packet->tcp.seq);
    } else if (flags & TCP_SYN) {
        if ((flow->state == FLOW_OPENING || flow->state == FLOW_REFUSED) && !from_opener)
            flow->state = FLOW_ANSWERED;
        else if (flow_side(entry, side)->packets > 0)
            flow->flags |= FLOW_NO_RTT;
    } else if (flags & TCP_FIN) {
        bool both = flow->tcp_flags[!side] & TCP_FIN;

        if (flow->state != FLOW_CLOSED)
            flow->state = both ? FLOW_CLOSED : FLOW_CLOSING;
    } else if (flow->state == FLOW_ANSWERED) {
        if (from_opener && !answers_syn_ack(entry, side, packet))
            return;
        flow->state = FLOW_OPEN;
        if (from_opener && !(flow->flags & FLOW_NO_RTT) && ts_ns >= entry.reply->first_ns[side]) {
            rtt_us = (ts_ns - entry.reply->first_ns[side]) / 1000; /* its second packet: is set */
            entry.reply->rtt_us = rtt_us < UINT32_MAX ? (uint32_t)rtt_us + 1 : UINT32_MAX;
            histogram_add(&engine->rtt, rtt_us);
            if (engine->filter.program && engine->filter.in_view[entry.flow->class] &&
                engine->filter.in_view[entry.reply->class])
                histogram_add(&engine->filter.rtt, rtt_us);
        }
    } else if (flow->state == FLOW_OPENING || (flow->state == FLOW_REFUSED && !from_opener)) {
        /* Goes on although no SYN-ACK was seen: it was lost, or is not mirrored. */
        flow->state = FLOW_OPEN;
        flow->flags |= FLOW_NO_RTT;
        if (from_opener && flow_side(entry, !side)->packets == 0)
            engine_flow_session(engine, flow)->half_tcp_flows++;
    }
}

/* A segment of a flow of which only this direction has been seen, in a session that has shown no
 * answers yet. One that acknowledges more and more is answered where we do not see it; a single one
 * may be anybody's invention, and so may a reset. */
static void look_for_answers(struct engine *engine, struct flow_entry entry, unsigned side,
                             const struct packet *packet)
{
    uint8_t flags = packet->tcp.flags;
    uint32_t *first_ack = &entry.reply->first_ack;

    if (entry.flow->has_reply || !(flags & TCP_ACK) || flags & TCP_RST)
        return;
    if (side == flow_src_side(entry.flow) && entry.flow->tcp_flags[side] & TCP_SYN)
        return; /* see tcp_state() */
    if (!(entry.flow->tcp_flags[side] & TCP_ACK))
        *first_ack = packet->tcp.ack;
    else if ((int32_t)(packet->tcp.ack - *first_ack) > 0)
        engine_flow_session(engine, entry.flow)->half_tcp_flows++;
}

/* The sequence numbers were not simply the next ones. */
static void tcp_sequence(struct engine *engine, struct flow_entry entry, unsigned side,
                         const struct packet *packet, uint32_t length)
{
    struct flow_events *events = entry.events;
    struct engine_bucket *bucket = engine_bucket(engine, entry, side);
    uint8_t flags = packet->tcp.flags;
    uint32_t again;

    switch (tcp_carry(&engine->tcp, entry, side, packet->tcp.seq, length,
                      !(flags & (TCP_SYN | TCP_FIN)), &again)) {
    case TCP_RETRANSMIT:
        events->retransmits[side]++;
        events->retransmit_bytes[side] += again;
        bucket->retransmits++;
        bucket->retransmit_bytes += again;
        entry.reply->has_events = 1;
        break;
    case TCP_OUT_OF_ORDER:
        events->out_of_order[side]++;
        bucket->out_of_order++;
        entry.reply->has_events = 1;
        break;
    case TCP_UNCERTAIN:
        events->uncertain[side]++;
        bucket->uncertain++;
        entry.reply->has_events = 1;
        break;
    case TCP_NEW:
    case TCP_KEEP_ALIVE:
        break;
    }
}

void engine_tcp_packet(struct engine *engine, struct flow_entry entry, unsigned side,
                       const struct packet *packet, uint64_t ts_ns)
{
    struct flow *flow = entry.flow;
    uint8_t flags = packet->tcp.flags;
    uint32_t length = packet->payload_bytes + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);

    if (flags & (TCP_SYN | TCP_FIN | TCP_RST) || flow->state != FLOW_OPEN)
        tcp_state(engine, flow, side, packet, ts_ns);
    if (!shows_answers(engine_flow_session(engine, flow)))
        look_for_answers(engine, entry, side, packet);
    flow->tcp_flags[side] |= flags;
    if (packet->tcp.window == 0 && !(flags & (TCP_SYN | TCP_FIN | TCP_RST))) {
        entry.events->zero_windows[side]++;
        engine_bucket(engine, entry, side)->zero_windows++;
        entry.reply->has_events = 1;
    }
    /* A reset's text is a diagnostic, not data (RFC 9293 section 3.10.7): it takes no sequence
     * numbers. */
    if (length && !(flags & TCP_RST) && !tcp_carry_next(entry, side, packet->tcp.seq, length))
        tcp_sequence(engine, entry, side, packet, length);
}

/* A SYN that belongs to the next connection between the same ports. */
bool engine_tcp_is_next(struct flow_entry entry, unsigned side, const struct packet *packet)
{
    const struct flow *flow = entry.flow;
    bool is_known = flow->flags & FLOW_SEQ_A << side;

    if (packet->protocol != PROTO_TCP || !packet->has_transport ||
        (packet->tcp.flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
        return false;
    switch (flow->state) {
    case FLOW_CLOSED:
    case FLOW_REFUSED:
        return !is_known || flow_side(entry, side)->seq_low != packet->tcp.seq;
    case FLOW_OPEN:
    case FLOW_CLOSING:
        /* The ends were not seen. A SYN that comes late is near to what followed it, or to nothing
         * when only its answer was seen. */
        return is_known ? is_far(flow_side(entry, side), packet->tcp.seq)
                        : !(flow->tcp_flags[!side] & TCP_SYN);
    default:
        return false;
    }
}
