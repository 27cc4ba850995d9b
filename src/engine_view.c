/* SPDX-License-Identifier: MIT */
/* What talkers, protocols and sessions counted of the traffic that the filter shows. */
#include "engine_state.h"

#include "memory.h"

struct talker_share engine_view_share(const struct engine *engine, struct flow_entry entry,
                                      unsigned side, struct talker_share whole,
                                      struct talker_share fragments)
{
    const bool *in_view = engine->filter.in_view;
    struct talker_share share = { 0, 0 };

    if (in_view[flow_class(entry, side)])
        share = (struct talker_share){ whole.packets - fragments.packets,
                                       whole.bytes - fragments.bytes };
    if (fragments.packets && in_view[entry_events(entry)->fragment_class[side]]) {
        share.packets += fragments.packets;
        share.bytes += fragments.bytes;
    }
    return share;
}

struct talker_share engine_flow_fragments(struct flow_entry entry, unsigned side)
{
    const struct flow_events *events = entry_events(entry);

    if (!entry.reply->has_events)
        return (struct talker_share){ 0, 0 };
    return (struct talker_share){ events->fragment_packets[side], events->fragment_bytes[side] };
}

struct talker_share engine_view_all(const struct engine *engine, struct flow_entry entry,
                                    unsigned side)
{
    struct talker_share whole = { flow_packets(entry, side), flow_side(entry, side)->bytes };

    return engine_view_share(engine, entry, side, whole, engine_flow_fragments(entry, side));
}

/* Of what a side carried until it was rolled up last. */
static struct talker_share view_rolled(const struct engine *engine, struct flow_entry entry,
                                       unsigned side)
{
    const struct flow_events *events = entry_events(entry);
    struct talker_share whole = { events->rolled_packets[side], events->rolled_bytes[side] };
    struct talker_share fragments = { events->rolled_fragment_packets[side],
                                      events->rolled_fragment_bytes[side] };

    return engine_view_share(engine, entry, side, whole, fragments);
}

/* What both sides have in the view's tables, or should have by their classes; the rest of an active
 * flow comes with the next roll-up. */
static bool view_booked(const struct engine *engine, struct flow_entry entry,
                        struct talker_share share[2])
{
    for (unsigned side = 0; side < 2; side++)
        share[side] = entry.flow->flags & FLOW_ACTIVE ? view_rolled(engine, entry, side)
                                                      : engine_view_all(engine, entry, side);
    return (share[0].packets | share[1].packets) != 0;
}

/* Numbers of the flow's talkers; of one that has ended, if they are still theirs. */
static void find_talkers(const struct engine *engine, struct flow_entry entry, uint32_t talker[2])
{
    for (unsigned side = 0; side < 2; side++) {
        talker[side] = entry_detail(entry)->talker[side];
        if (!flow_is_used(entry.flow)) {
            struct ip_addr addr;

            flow_addr(&engine->flows, entry.flow, side, &addr);
            talker[side] = talker_find(&engine->talkers, talker[side], &addr);
        }
    }
}

static inline void set_in_view(struct engine *engine, struct flow_entry entry,
                               const uint32_t talker[2], bool in_view)
{
    struct flow *flow = entry.flow;
    uint64_t one = in_view ? 1 : (uint64_t)-1;

    flow->packed = (uint16_t)(in_view ? flow->packed | FLOW_IN_VIEW : flow->packed & ~FLOW_IN_VIEW);
    engine->filter.flows += one;
    if (!flow_has_arrivals(&engine->flows, flow))
        engine->filter.sessions[flow->key.session].flows += one;
    if (!engine_flow_has_addresses(flow))
        return;
    talker_view_flow(talker_view(&engine->talkers, talker[0]), flow->key.session, in_view);
    if (talker[1] != talker[0])
        talker_view_flow(talker_view(&engine->talkers, talker[1]), flow->key.session, in_view);
}

/* Adds to the flow's talkers, node and session, where less than nothing takes away. share[0] is
 * of this side. Inline, so that all of it stays in registers: most flows come here once. */
static inline __attribute__((always_inline)) void add(struct engine *engine,
                                                      struct flow_entry entry,
                                                      const uint32_t talker[2],
                                                      const struct talker_share share[2],
                                                      unsigned side, uint16_t node)
{
    const struct flow *flow = entry.flow;
    struct talker_share *path = engine->filter.sessions[flow->key.session].path;

    if (engine_flow_has_addresses(flow)) {
        talker_view_add(talker_view(&engine->talkers, talker[side]), &share[0], &share[1]);
        talker_view_add(talker_view(&engine->talkers, talker[!side]), &share[1], &share[0]);
    }
    protocol_view_add(engine->protocols, node, share[0].packets + share[1].packets,
                      share[0].bytes + share[1].bytes);
    if (flow_has_arrivals(&engine->flows, flow))
        return; /* see engine_copies.c */
    for (unsigned i = 0; i < 2; i++, side = !side) {
        path[flow_path(flow, side)].packets += share[i].packets;
        path[flow_path(flow, side)].bytes += share[i].bytes;
    }
}

static void add_trouble(struct engine *engine, const struct flow *flow, uint32_t talker,
                        uint32_t retransmits, uint64_t mirror_loss_bytes)
{
    struct engine_session_view *session = &engine->filter.sessions[flow->key.session];

    talker_view_trouble(&engine->talkers, talker, retransmits, mirror_loss_bytes);
    session->retransmits += (uint64_t)(int32_t)retransmits;
    session->mirror_loss_bytes += mirror_loss_bytes;
}

void engine_view_trouble(struct engine *engine, struct flow_entry entry, unsigned side,
                         uint32_t retransmits, uint64_t mirror_loss_bytes)
{
    if (engine->filter.in_view[flow_class(entry, side)])
        add_trouble(engine, entry.flow, entry_detail(entry)->talker[side], retransmits,
                    mirror_loss_bytes);
}

/* What was rolled up of a flow's trouble, or less of it. */
static void put_trouble(struct engine *engine, struct flow_entry entry, const uint32_t talker[2],
                        bool less)
{
    if (!flow_has(entry, FLOW_HAS_TROUBLE))
        return;
    for (unsigned side = 0; side < 2; side++) {
        uint32_t retransmits = entry_trouble(entry)->rolled_retransmits[side];
        uint64_t lost = entry_trouble(entry)->rolled_loss_bytes[side];

        if (engine->filter.in_view[flow_class(entry, side)])
            add_trouble(engine, entry.flow, talker[side], less ? 0 - retransmits : retransmits,
                        less ? 0 - lost : lost);
    }
}

/* For rates: adds to what was carried in the interval. */
static void carry(struct engine *engine, struct flow_entry entry, const uint32_t talker[2],
                  const struct talker_share share[2])
{
    const struct flow *flow = entry.flow;
    struct engine_session_view *session = &engine->filter.sessions[flow->key.session];
    uint64_t bytes = share[0].bytes + share[1].bytes;

    if (engine_flow_has_addresses(flow)) {
        talker_view_carry(&engine->talkers, talker[0], share[0].bytes, share[1].bytes);
        talker_view_carry(&engine->talkers, talker[1], share[1].bytes, share[0].bytes);
    }
    engine->protocols->view[entry_detail(entry)->node - 1].interval_bytes += bytes;
    if (flow_has_arrivals(&engine->flows, flow))
        return; /* counted when it comes */
    session->interval_packets += share[0].packets + share[1].packets;
    session->interval_bytes += bytes;
}

/* The rates of the last interval, of what was carried in it. */
static void set_rates(struct engine *engine, struct flow_entry entry, const uint32_t talker[2],
                      const struct talker_share share[2])
{
    const struct flow *flow = entry.flow;
    struct engine_session_view *session = &engine->filter.sessions[flow->key.session];
    uint64_t rate[2] = { engine_interval_rate(share[0].bytes * 8),
                         engine_interval_rate(share[1].bytes * 8) };

    if (engine_flow_has_addresses(flow)) {
        talker_view_rate(&engine->talkers, talker[0], rate[0], rate[1]);
        talker_view_rate(&engine->talkers, talker[1], rate[1], rate[0]);
    }
    engine->protocols->view[entry_detail(entry)->node - 1].bit_rate += rate[0] + rate[1];
    session->packet_rate += engine_interval_rate(share[0].packets + share[1].packets);
    session->bit_rate += rate[0] + rate[1];
}

void engine_view_put(struct engine *engine, struct flow_entry entry)
{
    struct talker_share share[2];
    uint32_t talker[2];

    if (flow_has_arrivals(&engine->flows, entry.flow))
        engine_copies_show(engine, entry.flow, false);
    if (!entry_detail(entry)->node || !view_booked(engine, entry, share))
        return;
    find_talkers(engine, entry, talker);
    add(engine, entry, talker, share, 0, entry_detail(entry)->node);
    put_trouble(engine, entry, talker, false);
    set_in_view(engine, entry, talker, true);
}

void engine_view_take(struct engine *engine, struct flow_entry entry)
{
    struct talker_share share[2];
    uint32_t talker[2];

    if (flow_has_arrivals(&engine->flows, entry.flow))
        engine_copies_show(engine, entry.flow, true);
    if (!(entry.flow->packed & FLOW_IN_VIEW) || !view_booked(engine, entry, share))
        return;
    for (unsigned side = 0; side < 2; side++)
        share[side] = (struct talker_share){ 0 - share[side].packets, 0 - share[side].bytes };
    find_talkers(engine, entry, talker);
    add(engine, entry, talker, share, 0, entry_detail(entry)->node);
    put_trouble(engine, entry, talker, true);
    set_in_view(engine, entry, talker, false);
}

void engine_view_recent(struct engine *engine, struct flow_entry entry)
{
    const struct flow_events *events = entry_events(entry);
    const struct talker_share none = { 0, 0 };
    struct talker_share share[2];

    if (!entry_detail(entry)->node || events->interval + 1 < engine->interval)
        return;
    for (unsigned side = 0; side < 2; side++) {
        struct talker_share carried = { events->interval_packets[side],
                                        events->interval_bytes[side] };

        share[side] = engine_view_share(engine, entry, side, carried, none);
    }
    if (events->interval == engine->interval)
        carry(engine, entry, entry_detail(entry)->talker, share);
    else
        set_rates(engine, entry, entry_detail(entry)->talker, share);
}

/* How much of what was rolled up is in view. `before`: the same of what was there already. */
static void roll_share(const struct engine *engine, struct flow_entry entry,
                       const struct talker_share whole[2], struct talker_share share[2],
                       struct talker_share *before)
{
    const struct flow_events *events = entry_events(entry);
    unsigned side = entry.flow->first_side;

    for (unsigned i = 0; i < 2; i++, side = !side) {
        struct talker_share fragments = engine_flow_fragments(entry, side);
        struct talker_share all = engine_view_all(engine, entry, side);

        if (engine->config.rates && fragments.packets) {
            fragments.packets -= events->rolled_fragment_packets[side];
            fragments.bytes -= events->rolled_fragment_bytes[side];
        }
        share[i] = engine_view_share(engine, entry, side, whole[i], fragments);
        before->packets += all.packets - share[i].packets;
        before->bytes += all.bytes - share[i].bytes;
    }
}

static inline struct talker_share share_if(bool in_view, const struct talker_share *whole)
{
    uint64_t mask = 0 - (uint64_t)in_view;

    return (struct talker_share){ whole->packets & mask, whole->bytes & mask };
}

/* The flow was rolled up, and this is in view of it, what the first side sent before the rest. */
static inline __attribute__((always_inline)) void put_roll(struct engine *engine,
                                                           struct flow_entry entry,
                                                           const struct talker_share share[2])
{
    const uint32_t *talker = entry_detail(entry)->talker;
    unsigned side = entry.flow->first_side;

    if (!(share[0].packets | share[1].packets))
        return;
    add(engine, entry, talker, share, side, entry_detail(entry)->node);
    if (!(entry.flow->packed & FLOW_IN_VIEW))
        set_in_view(engine, entry, talker, true);
    if (engine->config.rates) {
        const struct talker_share of[2] = { share[side], share[!side] };

        carry(engine, entry, talker, of);
    }
}

/* A flow that was rolled up before, or has later fragments. */
static void roll_again(struct engine *engine, struct flow_entry entry,
                       const struct talker_share whole[2], uint16_t old)
{
    struct talker_share share[2], before = { 0, 0 };
    uint16_t node = entry_detail(entry)->node;

    roll_share(engine, entry, whole, share, &before);
    if (old && old != node) {
        protocol_view_add(engine->protocols, old, 0 - before.packets, 0 - before.bytes);
        protocol_view_add(engine->protocols, node, before.packets, before.bytes);
    }
    put_roll(engine, entry, share);
}

void engine_view_roll(struct engine *engine, struct flow_entry entry,
                      const struct talker_share whole[2], uint16_t old)
{
    const bool *in_view = engine->filter.in_view;

    if (old == 0 && !entry.reply->has_events) {
        const struct talker_share share[2] = {
            share_if(in_view[entry.flow->class], &whole[0]),
            share_if(in_view[entry.reply->class], &whole[1]),
        };

        put_roll(engine, entry, share);
    } else {
        roll_again(engine, entry, whole, old);
    }
}

void engine_view_interval(struct engine *engine, double seconds)
{
    talker_view_interval(&engine->talkers, seconds);
    protocol_view_interval(engine->protocols, seconds);
    for (size_t i = 0; i < SESSION_LIMIT; i++) {
        struct engine_session_view *view = &engine->filter.sessions[i];

        if (i >= engine->sessions.count && i != SESSION_OTHERS)
            continue;
        view->packet_rate = (uint64_t)((double)view->interval_packets / seconds);
        view->bit_rate = (uint64_t)((double)view->interval_bytes * 8 / seconds);
        view->interval_packets = 0;
        view->interval_bytes = 0;
    }
}

void engine_view_clear(struct engine *engine)
{
    talker_view_clear(&engine->talkers);
    protocol_view_clear(engine->protocols);
    memory_clear(engine->filter.sessions, SESSION_LIMIT, sizeof(struct engine_session_view));
    engine->filter.flows = 0;
}
