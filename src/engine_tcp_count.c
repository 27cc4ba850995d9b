/* SPDX-License-Identifier: MIT */
#include "engine_tcp.h"

void engine_tcp_count_sums(struct engine *engine, struct flow_entry entry, unsigned side,
                           enum tcp_count what, uint64_t n)
{
    engine_bucket(engine, entry, side)->tcp.n[what] += n;
    engine->session_tcp[entry.flow->key.session].n[what] += n;
}

void engine_tcp_count(struct engine *engine, struct flow_entry entry, unsigned side,
                      enum tcp_count what, uint64_t n)
{
    tcp_side_count(&flow_trouble(entry)->counts[side], what, n);
    engine_tcp_count_sums(engine, entry, side, what, n);
    if (engine->events.events)
        engine_tcp_event(engine, entry, side, what, n);
}

/* Flows that wait for an answer and are judged have failed without one. */
static bool is_unanswered(const struct flow *flow, unsigned side)
{
    return flow->state == FLOW_OPENING && flow->flags & FLOW_JUDGED && side == flow_src_side(flow);
}

void engine_tcp_counts(struct flow_entry entry, unsigned side, struct tcp_counts *counts)
{
    const struct flow *flow = entry.flow;
    bool answered;

    *counts = (struct tcp_counts){ { 0 } };
    if (flow->key.protocol != PROTO_TCP)
        return;
    for (unsigned i = 0; i < TCP_COUNT_COUNT && flow_has(entry, FLOW_HAS_TROUBLE); i++)
        counts->n[i] = tcp_side_value(&entry_trouble(entry)->counts[side], (enum tcp_count)i);
    answered = flow->has_reply && entry.tcp->side[!side].flags & FLOW_TCP_ACK;
    counts->n[TCP_COUNT_ANSWERED] = answered;
    counts->n[TCP_COUNT_VERIFIABLE] = answered && engine_tcp_is_verifiable(flow);
    counts->n[TCP_COUNT_NUMBERED] = flow->rest && entry.tcp->side[side].flags & FLOW_TCP_NUMBERED;
    counts->n[TCP_COUNT_WHOLE] = answered && !tcp_is_cut(entry);
    counts->n[TCP_COUNT_SYN_UNANSWERED] = is_unanswered(flow, side);
}

void engine_tcp_unanswered(struct engine *engine, struct flow *flow)
{
    struct flow_entry entry = flow_entry(&engine->flows, flow);

    if (flow->key.protocol != PROTO_TCP)
        return;
    engine_tcp_count_sums(engine, entry, flow_src_side(flow), TCP_COUNT_SYN_UNANSWERED, 1);
    engine_tcp_event_unanswered(engine, entry);
}
