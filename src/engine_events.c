/* SPDX-License-Identifier: MIT */
#include "engine_build.h"

/* The event's flow as a row; false: it is gone, or the filter shows nothing of it. */
static bool row_of(const struct engine *engine, const struct tcp_event *event,
                   struct flow_record *record, struct row_texts *texts)
{
    const struct flow *flow = &engine->flows.flows[event->flow];
    uint8_t directions[SESSION_PATHS];

    if (flow->serial != event->serial)
        return false;
    session_directions(&engine->sessions.sessions[flow->key.session], directions);
    return engine_row_flow(engine, flow, directions, record, texts);
}

/* Whether the filter shows the direction of which the event has changed counters. */
static bool is_shown(const struct tcp_event *event, const struct flow_record *row)
{
    return (event->by_src ? row->src_packets : row->dst_packets) > 0;
}

static bool hand(struct engine *engine, const struct tcp_event *event)
{
    struct flow_record row;
    struct row_texts texts;

    return !row_of(engine, event, &row, &texts) || !is_shown(event, &row) ||
           engine->config.event_sink(event, &row, engine->config.event_context);
}

void engine_events_hand(struct engine *engine)
{
    struct tcp_event_ring *ring = &engine->events;

    if (ring->handed < tcp_event_ring_first(ring))
        ring->handed = tcp_event_ring_first(ring); /* what has been overwritten cannot be told */
    while (ring->handed < ring->count) {
        if (!hand(engine, tcp_event_ring_at(ring, ring->handed++)))
            engine->config.event_sink = NULL;
        if (!engine->config.event_sink)
            return;
    }
}

void build_events(struct builder *builder)
{
    const struct tcp_event_ring *ring = &builder->engine->events;
    struct snapshot_events *out = &builder->snapshot->events;
    uint32_t serial = (uint32_t)builder->request->explain_flow;
    struct tcp_event *events;
    size_t at = SNAPSHOT_EVENTS;
    struct flow_record row;
    struct row_texts texts;
    bool has_row = false;

    if (!builder->request->explain || !ring->events)
        return;
    events = build_take(builder, SNAPSHOT_EVENTS * sizeof(*events));
    out->flow = builder->request->explain_flow;
    for (uint64_t i = ring->count; i > tcp_event_ring_first(ring); i--) {
        const struct tcp_event *event = tcp_event_ring_at(ring, i - 1);

        if (event->serial != serial)
            continue;
        if (!has_row && !row_of(builder->engine, event, &row, &texts))
            break;
        has_row = true;
        if (!is_shown(event, &row))
            continue;
        out->kept++;
        if (at > 0)
            events[--at] = *event;
    }
    out->events = &events[at];
    out->count = SNAPSHOT_EVENTS - at;
}
