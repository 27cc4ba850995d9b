/* SPDX-License-Identifier: MIT */
/*
 * Two flows turn out to be one.
 *
 * Both ends of a connection are mirrored, and before any copy could show it each session had
 * brought a packet of its own: two flows had been opened. Every packet was counted once all the
 * same, so what they counted is added up.
 */
#include "engine_state.h"

#include <string.h>

/* All that was carried is in the tables, nothing waits for the interval's end. */
static void settle(struct engine *engine, struct flow *flow)
{
    if (engine->config.rates)
        engine_flow_roll(engine, flow);
    flow->flags &= (uint8_t)~FLOW_ACTIVE;
    if (engine->filter.program)
        engine_view_take(engine, flow_entry(&engine->flows, flow));
}

/* `into` has not seen this side. */
static void open_side(struct engine *engine, struct flow_entry into, unsigned side)
{
    flow_set_path(into.flow, side, engine_duplicate_path(engine, into, side));
    into.flow->has_reply = 1;
    if (engine->filter.program)
        engine_filter_judge(engine, into, side);
}

static void add_side(struct flow_entry into, struct flow_entry from, unsigned side)
{
    struct flow_side *to = flow_side(into, side);
    const struct flow_side *s = flow_side(from, side);
    uint64_t first = flow_first_ns(from, side);
    uint64_t packets = (uint64_t)to->packets + s->packets;

    if (to->packets > 0 && flow_first_ns(into, side) < first)
        first = flow_first_ns(into, side);
    into.reply->first_ns[side] = first;
    into.reply->carries[side] += from.reply->carries[side];
    for (; packets > UINT32_MAX; packets -= FLOW_PACKETS_CARRY)
        into.reply->carries[side]++;
    to->packets = (uint32_t)packets;
    to->bytes += s->bytes;
    if (s->last_ns > to->last_ns)
        to->last_ns = s->last_ns;
    into.flow->tcp_flags[side] |= from.flow->tcp_flags[side];
}

static void add_events(struct flow_entry into, const struct flow_entry from, unsigned side)
{
    struct flow_events *to = entry_events(into);
    const struct flow_events *events = entry_events(from);

    to->rolled_packets[side] += events->rolled_packets[side];
    to->rolled_bytes[side] += events->rolled_bytes[side];
    if (to->interval == events->interval) {
        to->interval_packets[side] += events->interval_packets[side];
        to->interval_bytes[side] += events->interval_bytes[side];
    }
    to->no_header[side] += events->no_header[side];
    if (to->fragment_packets[side] == 0)
        to->fragment_class[side] = events->fragment_class[side];
    to->fragment_packets[side] += events->fragment_packets[side];
    to->fragment_bytes[side] += events->fragment_bytes[side];
    to->rolled_fragment_packets[side] += events->rolled_fragment_packets[side];
    to->rolled_fragment_bytes[side] += events->rolled_fragment_bytes[side];
}

static void join_sides(struct engine *engine, struct flow_entry into, struct flow_entry from)
{
    for (unsigned side = 0; side < 2; side++) {
        if (flow_side(from, side)->packets == 0)
            continue;
        if (flow_side(into, side)->packets == 0)
            open_side(engine, into, side);
        if (engine->filter.program)
            engine_filter_adopt(engine, into, from, side);
        add_side(into, from, side);
        add_events(into, from, side);
    }
    entry_events(into)->icmp_errors += entry_events(from)->icmp_errors;
    into.reply->has_events |= from.reply->has_events;
    entry_detail(into)->has_events |= entry_detail(from)->has_events;
    into.reply->marks |=
        from.reply->marks & (FLOW_CUT_PAYLOAD | FLOW_CUT_OPTIONS | FLOW_CUT_HEADER);
}

static bool knows_opener(const struct flow *flow)
{
    return (flow->tcp_flags[0] | flow->tcp_flags[1]) & TCP_SYN;
}

static void join_state(struct flow_entry into, const struct flow_entry from)
{
    struct flow *flow = into.flow;
    bool is_tcp = flow->key.protocol == PROTO_TCP;

    if (is_tcp && !knows_opener(flow) && knows_opener(from.flow))
        flow->flags =
            (uint8_t)((flow->flags & ~FLOW_OPENED_BY_B) | (from.flow->flags & FLOW_OPENED_BY_B));
    flow->flags |= from.flow->flags & FLOW_JUDGED;
    if (from.flow->state > flow->state) /* they follow each other */
        flow->state = from.flow->state;
    if (flow->state == FLOW_ONE_WAY && flow->has_reply)
        flow->state = FLOW_TWO_WAY;
    if ((int32_t)(from.flow->last_ds - flow->last_ds) > 0)
        flow->last_ds = from.flow->last_ds;
}

static void join_names(struct engine *engine, struct flow_entry into, struct flow_entry from)
{
    peek_drop(&engine->peek, from);
    if (entry_detail(into)->app == APP_UNKNOWN && entry_detail(from)->app != APP_UNKNOWN) {
        peek_drop(&engine->peek, into);
        for (unsigned side = 0; side < 2; side++)
            flow_set_peek(into.flow, side, PEEK_DONE);
        entry_detail(into)->app = entry_detail(from)->app;
        entry_detail(into)->name = entry_detail(from)->name;
    } else {
        name_store_give(&engine->names, entry_detail(from)->name);
    }
    entry_detail(from)->name = 0;
}

/* Both are rolled up, or neither: talkers are the same, but this is one flow of theirs. */
static void join_rolled(struct engine *engine, struct flow_entry into, struct flow_entry from)
{
    uint64_t packets = flow_packets(from, 0) + flow_packets(from, 1);
    uint64_t bytes = from.flow->first.bytes + from.reply->other.bytes;

    if (!entry_detail(from)->node || !entry_detail(into)->node)
        return;
    if (entry_detail(from)->node != entry_detail(into)->node)
        protocol_move(engine->protocols, entry_detail(from)->node, entry_detail(into)->node,
                      packets, bytes);
    talker_take_back(&engine->talkers, entry_detail(from)->talker[0]);
    if (entry_detail(from)->talker[1] != entry_detail(from)->talker[0])
        talker_take_back(&engine->talkers, entry_detail(from)->talker[1]);
}

/* The sessions of `from` bring `into` from now on; what they have shown of it was counted. */
static void join_sessions(struct engine *engine, struct flow *into, const struct flow *from)
{
    const struct flow_also *also = flow_also(&engine->flows, from);
    struct session *session = engine_flow_session(engine, from);

    session->dns_flows -= engine_flow_is_dns(from);
    for (unsigned side = 0; side < 2; side++) {
        if (side == from->first_side || from->has_reply)
            flow_table_note_side(&engine->flows, into, from->key.session, side);
    }
    for (size_t i = 0; i < also->count; i++) {
        if (!flow_table_is_in(&engine->flows, into, also->session[i]))
            flow_table_alias(&engine->flows, into, also->session[i]);
        else
            engine->sessions.sessions[also->session[i]].flows--; /* it had counted both */
    }
}

/* Its entry counts nothing any more, should it be judged again. */
static void forget(struct engine *engine, struct flow_entry from)
{
    for (unsigned side = 0; side < 2; side++)
        tcp_forget(&engine->tcp, from, side);
    flow_table_remove(&engine->flows, from.flow);
    engine->flows.joined++;
    from.flow->first = (struct flow_side){ .bytes = 0 };
    from.flow->has_reply = 0;
    from.reply->other = (struct flow_side){ .bytes = 0 };
    from.reply->answer_us = from.reply->rtt_us = 0;
    from.reply->has_events = 0;
    from.reply->marks = 0;
    flow_table_give_rtt(&engine->flows, from.flow);
    memset(from.tcp, 0, sizeof(*from.tcp));
    *entry_detail(from) = (struct flow_detail){ .node = 0 };
    memset(entry_events(from), 0, sizeof(*entry_events(from)));
}

/* Room for all that may happen to a flow. */
static void take_rest(struct engine *engine, struct flow *flow)
{
    if (flow->rest)
        return;
    flow_table_take_rest(&engine->flows, flow);
    if (flow->key.protocol == PROTO_TCP)
        engine_tcp_settle_in(engine, flow);
}

void engine_flow_join(struct engine *engine, struct flow *into, struct flow *from)
{
    struct tcp_counts before[2];
    bool is_tcp = into->key.protocol == PROTO_TCP;
    struct flow_entry old, entry;

    if (!flow_table_alias(&engine->flows, into, from->key.session))
        return;
    take_rest(engine, into);
    take_rest(engine, from);
    entry = flow_entry(&engine->flows, into);
    old = flow_entry(&engine->flows, from);
    settle(engine, into);
    settle(engine, from);
    join_sessions(engine, into, from);
    join_rolled(engine, entry, old);
    engine_copies_join(engine, entry, old);
    if (is_tcp)
        engine_tcp_join(engine, entry, old, before);
    join_sides(engine, entry, old);
    join_state(entry, old);
    if (is_tcp)
        engine_tcp_joined(engine, entry, before);
    join_names(engine, entry, old);
    forget(engine, old);
    engine_copies_joined(engine, entry);
    if (engine->filter.program) {
        engine_view_put(engine, entry);
        engine_filter_rejudge(engine, into);
    }
    if (engine->config.rates)
        engine_flow_activate(engine, into);
    engine_flow_watch(engine, into, 0);
}

/* From now on what each session brings of the flow is counted. */
static void count_arrivals(struct engine *engine, struct flow *flow)
{
    struct flow_entry entry = flow_entry(&engine->flows, flow);

    if (flow_has_arrivals(&engine->flows, flow))
        return;
    if (engine->filter.program)
        settle(engine, flow);
    engine_copies_begin(engine, entry);
    if (!engine->filter.program)
        return;
    engine_view_put(engine, entry);
    if (engine->config.rates)
        engine_flow_activate(engine, flow);
}

void engine_flow_also(struct engine *engine, struct flow *flow, uint16_t session)
{
    if (!flow_table_alias(&engine->flows, flow, session))
        return;
    engine->sessions.sessions[session].flows++;
    count_arrivals(engine, flow);
}

void engine_flow_copied(struct engine *engine, struct flow *flow, struct flow *own, size_t at,
                        uint8_t path)
{
    uint16_t number = engine->batch_session[at];
    unsigned side = engine->batch_side[at];
    struct flow_entry entry;

    if (!flow_table_is_in(&engine->flows, flow, number))
        flow = own;
    if (!flow)
        return;
    count_arrivals(engine, flow);
    entry = flow_entry(&engine->flows, flow);
    engine_copies_see(engine, entry, side, number, path);
    engine_copies_count(engine, entry, side, number, &engine->batch[at], NULL);
}
