/* SPDX-License-Identifier: MIT */
/*
 * A packet that is counted leaves an event: one for each side of which it changes counters. What
 * the verdict was is told by those who made it; what it rests on is in the packet, the hole and
 * what the flow knows, and is written down here, as numbers.
 */
#include "engine_tcp.h"

/* Of the packet at hand. */
static struct tcp_event *new_event(struct engine *engine, struct flow_entry entry, unsigned side)
{
    const struct packet *packet = &engine->batch[engine->at];
    const struct flow_tcp_side *receiver = &entry.tcp->side[!side];
    struct tcp_event *event = tcp_event_ring_add(&engine->events);

    *event = (struct tcp_event){
        .ts_ns = engine->stamp_ns,
        .frame = engine->input.packets,
        .serial = entry.flow->serial,
        .flow = (uint32_t)flow_index(&engine->flows, entry.flow),
        .seq = packet->tcp.seq,
        .length = packet->payload_bytes + !!(packet->tcp.flags & TCP_SYN) +
                  !!(packet->tcp.flags & TCP_FIN),
        .acked = receiver->ack,
        .ip_id = (uint16_t)packet->ip_id,
        .tcp_flags = packet->tcp.flags,
        .side = side & 1,
        .sender = engine->batch_side[engine->at] & 1,
        .by_src = side == flow_src_side(entry.flow),
        .has_id = packet->ether_type == ETHER_IPV4,
        .has_ack = !!(receiver->flags & FLOW_TCP_ACK),
    };
    flow_trouble(entry)->events[side]++;
    return event;
}

/* The event of the packet at hand; a packet has two at most, but for odd ones. */
static struct tcp_event *event_of(struct engine *engine, struct flow_entry entry, unsigned side)
{
    const struct tcp_event_ring *ring = &engine->events;

    for (uint64_t i = ring->count; i > 0 && i + 2 > ring->count; i--) {
        struct tcp_event *event = tcp_event_ring_at(ring, i - 1);

        if (event->frame == engine->input.packets && event->side == side &&
            event->serial == entry.flow->serial && event->why != TCP_WHY_NO_ANSWER)
            return event;
    }
    return new_event(engine, entry, side);
}

void engine_tcp_event(struct engine *engine, struct flow_entry entry, unsigned side,
                      enum tcp_count what, uint64_t n)
{
    struct tcp_event *event = event_of(engine, entry, side);

    if (!tcp_event_count(event, what, n)) {
        event = new_event(engine, entry, side);
        tcp_event_count(event, what, n);
    }
    if (what == TCP_COUNT_DUPLICATE_ACKS) {
        event->why = TCP_WHY_NUMBERS;
        event->number[0] = entry.tcp->side[side].duplicate_acks + 1u;
        event->number[1] = engine->batch[engine->at].tcp.ack;
    }
}

static uint32_t since_shown_us(const struct tcp_look *look, const struct tcp_hole *hole)
{
    return hole->flags & TCP_HOLE_SHOWN ? look->now_us - hole->shown_us : TCP_NEVER;
}

/* Timestamps decide when they differ, then identifications, then time. */
void engine_tcp_event_hole(const struct tcp_look *look, const struct tcp_hole *hole, bool newer,
                           bool older)
{
    const struct tcp_info *tcp = &look->packet->tcp;
    bool by_ack = hole->flags & TCP_HOLE_BY_ACK;
    uint32_t right_time = by_ack ? look->self->ts_value : hole->ts_right;
    uint16_t right_id = by_ack ? look->self->ip_id : hole->id_right;
    bool has_time = tcp->has_timestamps && hole->flags & TCP_HOLE_TIME;
    struct tcp_event *event;

    if (!look->engine->events.events)
        return;
    event = event_of(look->engine, look->entry, look->side);
    event->kind_number = since_shown_us(look, hole);
    if (!newer && !older) {
        event->why = TCP_WHY_NO_SIGN;
        event->number[0] = look->now_us - hole->opened_us;
        event->number[1] = event->kind_number;
    } else if (has_time && tcp->ts_value != right_time) {
        event->why = newer ? TCP_WHY_TIME_NEWER : TCP_WHY_TIME_OLDER;
        event->number[0] = tcp->ts_value;
        event->number[1] = right_time;
    } else if (has_time && older) {
        event->why = TCP_WHY_SAME_TICK;
        event->number[0] = tcp->ts_value;
        event->number[1] = look->now_us - hole->opened_us;
    } else {
        event->why = newer ? TCP_WHY_ID_NEWER : TCP_WHY_ID_OLDER;
        event->number[0] = (uint16_t)look->packet->ip_id;
        event->number[1] = right_id;
    }
}

void engine_tcp_note_time(struct engine *engine, struct flow_entry entry, unsigned side,
                          const struct packet *packet)
{
    uint8_t flags = packet->tcp.flags;
    uint32_t length = packet->payload_bytes + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
    const struct tcp_time segment = {
        .ts_ns = engine->stamp_ns,
        .frame = engine->input.packets,
        .serial = entry.flow->serial,
        .low = packet->tcp.seq,
        .high = packet->tcp.seq + length,
        .side = side & 1,
    };

    if (packet->has_transport && length > 0 && !(flags & TCP_RST))
        tcp_times_note(&engine->times, &segment);
}

/* When the bytes of a retransmit had been carried, if that is known. */
static void explain_again(const struct tcp_look *look, struct tcp_event *event)
{
    const struct tcp_time *before = tcp_times_find(&look->engine->times, look->entry.flow->serial,
                                                   look->side, look->packet->tcp.seq);
    uint64_t now_ns = look->engine->stamp_ns;

    if (!before || before->ts_ns > now_ns || (now_ns - before->ts_ns) / 1000 >= TCP_NEVER)
        return;
    event->why = TCP_WHY_CARRIED;
    event->number[0] = (uint32_t)((now_ns - before->ts_ns) / 1000);
    event->number[1] = (uint32_t)before->frame;
}

void engine_tcp_event_older(const struct tcp_look *look, bool by_time, uint32_t than)
{
    struct tcp_event *event;

    if (!look->engine->events.events)
        return;
    event = event_of(look->engine, look->entry, look->side);
    event->why = by_time ? TCP_WHY_TIME_OLDER : TCP_WHY_ID_OLDER;
    event->number[0] = by_time ? look->packet->tcp.ts_value : (uint16_t)look->packet->ip_id;
    event->number[1] = than;
}

void engine_tcp_event_returned(const struct tcp_look *look)
{
    struct tcp_event *event;

    if (!look->engine->events.events)
        return;
    event = event_of(look->engine, look->entry, look->side);
    event->why = TCP_WHY_RETURNED;
    event->number[0] = look->peer->ack;
}

void engine_tcp_event_cut(struct engine *engine, struct flow_entry entry, unsigned side,
                          uint32_t counters)
{
    struct tcp_event *event;

    if (!engine->events.events || !counters)
        return;
    event = new_event(engine, entry, side);
    event->why = TCP_WHY_CUT;
    event->number[0] = counters;
}

static void explain_fast(const struct tcp_look *look, struct tcp_event *event, bool asked)
{
    const struct flow_trouble *trouble = entry_trouble(look->entry);
    bool goes_on = engine_tcp_in_run(look) && trouble->run_kind[look->side] == TCP_COUNT_FAST;

    if (trouble->has_sack[!look->side] &&
        tcp_is_left(look->packet->tcp.seq, trouble->sack_high[!look->side])) {
        event->kind_why = TCP_KIND_SACK;
        event->kind_number = trouble->sack_high[!look->side];
    } else if (look->peer->duplicate_acks > 0) {
        event->kind_why = TCP_KIND_DUPLICATE_ACKS;
        event->kind_number = look->peer->duplicate_acks;
    } else if (!goes_on && engine_tcp_lacks_some(look)) {
        event->kind_why = TCP_KIND_LACKS;
        event->kind_number = trouble->sack_high[!look->side];
    } else {
        event->kind_why = asked && event->kind_number != TCP_NEVER ? TCP_KIND_SHOWN : TCP_KIND_RUN;
    }
}

void engine_tcp_event_kind(const struct tcp_look *look, enum tcp_count kind, bool asked)
{
    struct tcp_event *event;

    if (!look->engine->events.events)
        return;
    event = event_of(look->engine, look->entry, look->side);
    if (event->why == TCP_WHY_PLAIN)
        explain_again(look, event);
    switch (kind) {
    case TCP_COUNT_FAST:
        explain_fast(look, event, asked);
        break;
    case TCP_COUNT_TIMEOUT:
        event->kind_number = engine_tcp_waited_us(look);
        event->kind_why = event->kind_number >= TCP_TIMEOUT_US ? TCP_KIND_SILENCE : TCP_KIND_RUN;
        break;
    case TCP_COUNT_TAIL_PROBES:
        event->kind_number = engine_tcp_waited_us(look);
        event->kind_why = TCP_KIND_TAIL;
        if (event->kind_number >= TCP_TIMEOUT_US) {
            event->kind_number = look->peer->ack;
            event->kind_why = TCP_KIND_NEWEST;
        }
        break;
    case TCP_COUNT_SPURIOUS:
        event->kind_number = look->peer->ack;
        event->kind_why = TCP_KIND_ACKED;
        break;
    default:
        event->kind_why = TCP_KIND_PLAIN;
        break;
    }
}

void engine_tcp_event_had(const struct tcp_look *look, uint32_t low, uint32_t high)
{
    struct tcp_event *event;

    if (!look->engine->events.events)
        return;
    event = event_of(look->engine, look->entry, !look->side);
    event->why = TCP_WHY_HAD_BEFORE;
    event->number[0] = low;
    event->number[1] = high;
}

/* They come in floods, so they are only for those who want each event. */
void engine_tcp_event_unanswered(struct engine *engine, struct flow_entry entry)
{
    unsigned side = flow_src_side(entry.flow);
    const struct flow_side *s = flow_side(entry, side);
    uint64_t now_ns = engine->clock_ns, us;
    struct tcp_event *event;

    if (!engine->config.event_sink)
        return;
    us = now_ns > s->last_ns ? (now_ns - s->last_ns) / 1000 : 0;
    event = tcp_event_ring_add(&engine->events);
    *event = (struct tcp_event){
        .ts_ns = now_ns,
        .frame = 0,
        .serial = entry.flow->serial,
        .flow = (uint32_t)flow_index(&engine->flows, entry.flow),
        .seq = s->seq_low,
        .length = s->seq_high - s->seq_low,
        .tcp_flags = TCP_SYN,
        .why = TCP_WHY_NO_ANSWER,
        .number = { us < TCP_NEVER ? (uint32_t)us : TCP_NEVER },
        .side = side & 1,
        .sender = side & 1,
        .by_src = 1,
    };
    tcp_event_count(event, TCP_COUNT_SYN_UNANSWERED, 1);
}

void engine_tcp_event_join(struct engine *engine, struct flow_entry into, struct flow_entry from)
{
    if (!engine->events.events || !flow_has(from, FLOW_HAS_TROUBLE))
        return;
    for (unsigned side = 0; side < 2; side++)
        flow_trouble(into)->events[side] += entry_trouble(from)->events[side];
    tcp_event_ring_join(&engine->events, into.flow->serial,
                        (uint32_t)flow_index(&engine->flows, into.flow), flow_src_side(into.flow),
                        from.flow->serial);
}

void engine_tcp_event_joined(struct engine *engine, struct flow_entry into, unsigned side,
                             enum tcp_count what, uint64_t n)
{
    if (!engine->events.events || what >= TCP_COUNT_SYN_UNANSWERED)
        return;
    engine_tcp_event(engine, into, side, what, n);
    event_of(engine, into, side)->why = TCP_WHY_JOINED;
}
