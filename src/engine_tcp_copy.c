/* SPDX-License-Identifier: MIT */
/*
 * Round trips of a flow that is seen in several sessions. Copies of one packet come by ways of
 * their own, so that times of two sessions say nothing of each other. Both ends of a round trip
 * are what the flow's own session brings, be they first or second copies. What comes first by
 * another one only tells that a segment is worth timing, since its bytes are new.
 */
#include "engine_tcp.h"

void engine_tcp_time_none(struct engine *engine, struct flow_entry entry, unsigned side)
{
    entry.tcp->side[side].flags &= (uint8_t)~FLOW_TCP_TIMED;
    if (flow_is_aliased(&engine->flows, entry.flow))
        flow_also(&engine->flows, entry.flow)->awaited &= side == 0 ? 2 : 1;
}

void engine_tcp_await(const struct tcp_look *look)
{
    const uint32_t window_us = DUPLICATE_WINDOW_MS * 1000; /* later on its copy is none */
    struct flow_also *also = flow_also(&look->engine->flows, look->entry.flow);
    struct flow_tcp_side *self = look->self;

    if (self->flags & FLOW_TCP_TIMED ||
        (also->awaited & 1u << look->side && look->now_us - self->timed_us < window_us))
        return;
    self->timed_end = look->packet->tcp.seq + look->length;
    self->timed_us = look->now_us;
    also->awaited |= look->side == 0 ? 1 : 2;
}

/* The handshake, seen elsewhere before. Its ACK must be the opener's second packet: none that came
 * later can be meant. */
static void handshake(struct engine *engine, struct flow_entry entry, unsigned side,
                      const struct packet *packet, uint64_t ts_ns)
{
    const struct flow *flow = entry.flow;
    bool from_opener = side == flow_src_side(flow);

    if (packet->tcp.flags & TCP_SYN) {
        if (!from_opener && packet->tcp.flags & TCP_ACK && !entry.reply->answer_us)
            engine_tcp_syn_answered(engine, entry, side, ts_ns);
    } else if (from_opener && flow_side(entry, side)->packets == 2 && !entry.reply->rtt_us &&
               (flow->state == FLOW_OPEN || flow->state == FLOW_CLOSING)) {
        engine_tcp_shaken(engine, entry, side, ts_ns);
    }
}

/* The awaited segment, before anybody has acknowledged it. */
static void start_timing(struct engine *engine, struct flow_entry entry, unsigned side,
                         uint32_t end, uint32_t now_us)
{
    struct flow_tcp_side *self = &entry.tcp->side[side], *peer = &entry.tcp->side[!side];
    const struct flow_also *also = flow_also(&engine->flows, entry.flow);

    if (self->flags & FLOW_TCP_TIMED || !(also->awaited & 1u << side) || end != self->timed_end ||
        (peer->flags & FLOW_TCP_ACK && !tcp_is_left(peer->ack, end)))
        return;
    engine_tcp_time_none(engine, entry, side);
    self->timed_us = now_us;
    self->flags |= FLOW_TCP_TIMED;
}

static void stop_timing(struct engine *engine, struct flow_entry entry, unsigned side, uint32_t ack,
                        uint32_t now_us)
{
    struct flow_tcp_side *self = &entry.tcp->side[side], *peer = &entry.tcp->side[!side];

    if (!(peer->flags & FLOW_TCP_TIMED) || tcp_is_left(ack, peer->timed_end) ||
        !(self->flags & FLOW_TCP_ACK) || tcp_is_left(self->ack, ack))
        return;
    engine_tcp_time_none(engine, entry, !side);
    engine_tcp_rtt(engine, entry, side, now_us - peer->timed_us);
}

void engine_tcp_copied(struct engine *engine, struct flow_entry entry, unsigned side,
                       const struct packet *packet, uint64_t ts_ns)
{
    const struct tcp_info *tcp = &packet->tcp;
    uint32_t length = packet->payload_bytes + !!(tcp->flags & TCP_SYN) + !!(tcp->flags & TCP_FIN);
    uint32_t now_us = (uint32_t)(ts_ns / 1000);

    if (!entry.flow->rest || tcp->flags & TCP_RST)
        return;
    handshake(engine, entry, side, packet, ts_ns);
    if (length > 0)
        start_timing(engine, entry, side, tcp->seq + length, now_us);
    if (tcp->flags & TCP_ACK)
        stop_timing(engine, entry, side, tcp->ack, now_us);
}
