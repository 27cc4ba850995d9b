/* SPDX-License-Identifier: MIT */
/*
 * What each session has brought of flows that several bring.
 *
 * A packet is counted once, but mirrored in each session whose filter accepts it, seen from there.
 * So each arrival, whether it was the first copy or another one, is judged by the direction that it
 * has in its own session, and counted there: that is what is mirrored, billed, and decided by a
 * rule. All of it is kept beside what counts once, as the difference to that; so flows that one
 * session brings need nothing of it.
 */
#include "engine_state.h"

static struct flow_arrivals *arrivals_of(const struct engine *engine, const struct flow *flow)
{
    return &engine->flows.arrivals[flow_index(&engine->flows, flow)];
}

static void set_counting(struct engine *engine, const struct flow *flow, bool counting)
{
    flow_also(&engine->flows, flow)->arrivals = counting;
    engine->flows.has_arrivals |= counting;
}

/* All that a flow has counted was brought by its own session. */
static void fill(struct engine *engine, struct flow_entry entry)
{
    struct flow_arrivals *arrivals = arrivals_of(engine, entry.flow);

    *arrivals = (struct flow_arrivals){ .shown = 0 };
    for (unsigned side = 0; side < 2; side++) {
        struct talker_share fragments = engine_flow_fragments(entry, side);

        arrivals->path[0][side] = (uint8_t)flow_path(entry.flow, side);
        if (side != entry.flow->first_side && !entry.flow->has_reply)
            continue;
        arrivals->of[0][side] = (struct flow_arrival){
            .packets = flow_packets(entry, side),
            .bytes = flow_side(entry, side)->bytes,
            .fragment_packets = (uint32_t)fragments.packets,
            .fragment_bytes = fragments.bytes,
            .class = (uint16_t)flow_class(entry, side),
            .fragment_class = fragments.packets ? entry_events(entry)->fragment_class[side] : 0,
        };
    }
}

void engine_copies_begin(struct engine *engine, struct flow_entry entry)
{
    struct flow_also *also = flow_also(&engine->flows, entry.flow);

    if (also->count == 0)
        also->sides |= (uint8_t)(entry.flow->has_reply ? 3 : 1u << entry.flow->first_side);
    fill(engine, entry);
    set_counting(engine, entry.flow, true);
}

void engine_copies_see(struct engine *engine, struct flow_entry entry, unsigned side,
                       uint16_t session, uint8_t path)
{
    unsigned at = flow_also_place(&engine->flows, entry.flow, session);
    struct flow_arrivals *arrivals = arrivals_of(engine, entry.flow);

    if (at > FLOW_ALSO || arrivals->of[at][side].packets > 0)
        return;
    arrivals->path[at][side] = path;
    flow_also(&engine->flows, entry.flow)->sides |= (uint8_t)(1u << (2 * at + side));
    if (engine->filter.program)
        engine_filter_rejudge(engine, entry.flow);
}

/* ---- counting -------------------------------------------------------------------------------- */

/* Adds to what a session has in view, if this class is; where less than nothing takes away. */
static bool show(struct engine *engine, const struct flow *flow, unsigned at, unsigned side,
                 unsigned class, struct talker_share share)
{
    uint16_t number = flow_also_session(&engine->flows, flow, at);
    struct engine_session_view *session = &engine->filter.sessions[number];
    unsigned path = arrivals_of(engine, flow)->path[at][side];

    if (share.packets == 0 || !engine->filter.in_view[class])
        return false;
    session->path[path].packets += share.packets;
    session->path[path].bytes += share.bytes;
    return true;
}

/* Of the flows that the session has in view this is one. */
static void show_flow(struct engine *engine, const struct flow *flow, unsigned at)
{
    struct flow_arrivals *arrivals = arrivals_of(engine, flow);

    if (!(arrivals->shown & 1u << at))
        engine->filter.sessions[flow_also_session(&engine->flows, flow, at)].flows++;
    arrivals->shown |= (uint8_t)(1u << at);
}

/* A packet of the flow has come. */
static void show_packet(struct engine *engine, const struct flow *flow, unsigned at, unsigned side,
                        unsigned class, uint32_t bytes)
{
    struct engine_session_view *session =
        &engine->filter.sessions[flow_also_session(&engine->flows, flow, at)];

    if (!show(engine, flow, at, side, class, (struct talker_share){ 1, bytes }))
        return;
    show_flow(engine, flow, at);
    if (engine->config.rates) {
        session->interval_packets++;
        session->interval_bytes += bytes;
    }
}

void engine_copies_count(struct engine *engine, struct flow_entry entry, unsigned side,
                         uint16_t session, const struct packet *packet,
                         struct engine_bucket *counted)
{
    bool later_fragment =
        packet->is_fragment && !packet->is_first_fragment && entry.flow->key.has_ports;
    unsigned at = flow_also_place(&engine->flows, entry.flow, session), class;
    struct flow_arrival *arrival;
    struct engine_bucket *bucket;

    if (at > FLOW_ALSO)
        return;
    arrival = &arrivals_of(engine, entry.flow)->of[at][side];
    class = later_fragment ? arrival->fragment_class : arrival->class;
    bucket = &engine->filter.buckets[class];
    arrival->packets++;
    arrival->bytes += packet->bytes;
    if (later_fragment) {
        arrival->fragment_packets++;
        arrival->fragment_bytes += packet->bytes;
    }
    bucket->copies.packets++;
    bucket->copies.bytes += packet->bytes;
    if (counted) {
        counted->copies.packets--;
        counted->copies.bytes -= packet->bytes;
    }
    if (engine->filter.program)
        show_packet(engine, entry.flow, at, side, class, packet->bytes);
}

void engine_copies_unjudge(struct engine *engine, const struct flow *flow)
{
    struct flow_arrivals *arrivals = arrivals_of(engine, flow);

    for (unsigned at = 0; at <= FLOW_ALSO; at++) {
        for (unsigned side = 0; side < 2; side++)
            arrivals->of[at][side].class = arrivals->of[at][side].fragment_class = 0;
    }
}

void engine_copies_show(struct engine *engine, const struct flow *flow, bool less)
{
    const struct flow_also *also = flow_also(&engine->flows, flow);
    struct flow_arrivals *arrivals = arrivals_of(engine, flow);
    uint64_t sign = less ? (uint64_t)-1 : 1;
    uint8_t shown = arrivals->shown;

    arrivals->shown = 0;
    for (unsigned at = 0; at <= also->count; at++) {
        bool any = false;

        for (unsigned side = 0; side < 2; side++) {
            const struct flow_arrival *of = &arrivals->of[at][side];

            any |= show(engine, flow, at, side, of->class,
                        (struct talker_share){ sign * (of->packets - of->fragment_packets),
                                               sign * (of->bytes - of->fragment_bytes) });
            any |= show(
                engine, flow, at, side, of->fragment_class,
                (struct talker_share){ sign * of->fragment_packets, sign * of->fragment_bytes });
        }
        if (less)
            engine->filter.sessions[flow_also_session(&engine->flows, flow, at)].flows -=
                shown >> at & 1;
        else if (any)
            show_flow(engine, flow, at);
    }
}

/* ---- two flows become one -------------------------------------------------------------------- */

/* None of it has come in this interval, as far as rates are concerned. */
static void book_share(struct engine *engine, unsigned class, struct talker_share share,
                       uint64_t sign)
{
    struct engine_copies *copies = &engine->filter.buckets[class].copies;

    copies->packets += sign * share.packets;
    copies->bytes += sign * share.bytes;
    copies->old_packets += sign * share.packets;
    copies->old_bytes += sign * share.bytes;
}

/* All that sessions have brought, less what counts once; or takes it out again. */
static void book(struct engine *engine, struct flow_entry entry, uint64_t sign)
{
    const struct flow_arrivals *arrivals = arrivals_of(engine, entry.flow);

    for (unsigned side = 0; side < 2; side++) {
        struct talker_share fragments = engine_flow_fragments(entry, side);

        for (unsigned at = 0; at <= FLOW_ALSO; at++) {
            const struct flow_arrival *of = &arrivals->of[at][side];
            struct talker_share some = { of->fragment_packets, of->fragment_bytes };
            struct talker_share rest = { of->packets - some.packets, of->bytes - some.bytes };

            book_share(engine, of->class, rest, sign);
            book_share(engine, of->fragment_class, some, sign);
        }
        if (side != entry.flow->first_side && !entry.flow->has_reply)
            continue;
        book_share(engine, flow_class(entry, side),
                   (struct talker_share){ flow_packets(entry, side) - fragments.packets,
                                          flow_side(entry, side)->bytes - fragments.bytes },
                   0 - sign);
        if (fragments.packets > 0)
            book_share(engine, entry_events(entry)->fragment_class[side], fragments, 0 - sign);
    }
}

static void take_out(struct engine *engine, struct flow_entry entry)
{
    if (flow_has_arrivals(&engine->flows, entry.flow))
        book(engine, entry, (uint64_t)-1);
    else
        fill(engine, entry);
    set_counting(engine, entry.flow, false);
}

static void add_arrival(struct flow_arrival *to, const struct flow_arrival *from)
{
    if (to->packets == 0)
        *to = (struct flow_arrival){ .class = from->class, .fragment_class = from->fragment_class };
    to->packets += from->packets;
    to->bytes += from->bytes;
    to->fragment_packets += from->fragment_packets;
    to->fragment_bytes += from->fragment_bytes;
}

void engine_copies_join(struct engine *engine, struct flow_entry into, struct flow_entry from)
{
    struct flow_arrivals *to = arrivals_of(engine, into.flow);
    const struct flow_arrivals *arrivals = arrivals_of(engine, from.flow);
    unsigned count = flow_also(&engine->flows, from.flow)->count;

    take_out(engine, into);
    take_out(engine, from);
    for (unsigned i = 0; i < 2 * (count + 1); i++) {
        unsigned side = i % 2;
        uint16_t session = flow_also_session(&engine->flows, from.flow, i / 2);
        unsigned at = flow_also_place(&engine->flows, into.flow, session);

        if (at > FLOW_ALSO || arrivals->of[i / 2][side].packets == 0)
            continue; /* no room for another session */
        if (to->of[at][side].packets == 0)
            to->path[at][side] = arrivals->path[i / 2][side];
        add_arrival(&to->of[at][side], &arrivals->of[i / 2][side]);
        flow_table_note_side(&engine->flows, into.flow, session, side);
    }
}

void engine_copies_joined(struct engine *engine, struct flow_entry into)
{
    set_counting(engine, into.flow, true);
    book(engine, into, 1);
}
