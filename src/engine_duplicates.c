/* SPDX-License-Identifier: MIT */
/*
 * Second copies of packets, and the flows that they belong to.
 *
 * A flow belongs to the session in which it was seen first. The first copy that is found in another
 * session proves that the flow is seen there, too, and it gets an alias: from then on packets that
 * come first by the other session are counted in the same flow. Without that proof flows of two
 * sessions are two flows, however equal their addresses are.
 *
 * Most packets are of flows that have no second copies, and need not be looked up one by one. All
 * are of a flow that is young: when its second copies come, they come within the window. Later on
 * all are of a flow with an alias, of others those of some milliseconds now and then: mirroring at
 * the other end may begin at any time. Copies that come until that is noticed are counted twice, in
 * two flows, which then become one.
 */
#include "engine_state.h"

void engine_duplicate_note(struct engine *engine, struct flow *flow, uint16_t session,
                           unsigned side)
{
    if (flow_table_note_side(&engine->flows, flow, session, side))
        engine_flow_two_way(engine, flow, session);
}

uint8_t engine_duplicate_path(struct engine *engine, struct flow_entry entry, unsigned side)
{
    const struct flow *flow = entry.flow;
    struct session *session = engine_flow_session(engine, flow);
    enum direction back = DIRECTION_UNKNOWN;
    struct ip_addr from, to;
    uint8_t path;

    flow_addr(&engine->flows, flow, side, &from);
    flow_addr(&engine->flows, flow, !side, &to);
    path = session_path_by_address(session, &from, &to);
    if (path != PATH_UNKNOWN)
        return path;
    if (side != flow->first_side)
        back = session_path_direction(session, (uint8_t)flow_path(flow, flow->first_side));
    if (back == DIRECTION_UNKNOWN)
        return PATH_UNKNOWN;
    return back == DIRECTION_EGRESS ? PATH_INGRESS : PATH_EGRESS;
}

/* The first quarter of a slice is only for remembering, see can_conclude(). */
enum { QUARTER_SHIFT = ENGINE_SLICE_SHIFT - 2 };

/* While it opens it stays young: there is no copy of a first SYN that was lost on the way. */
static bool is_young(const struct engine *engine, const struct flow *flow, uint64_t ts_ns)
{
    const uint64_t window = DUPLICATE_WINDOW_MS * UINT64_C(1000000);
    const struct flow_side *s = &flow->first;
    uint64_t start =
        s->packets > 1 ? flow_reply(&engine->flows, flow)->first_ns[flow->first_side] : s->last_ns;

    return flow->state == FLOW_OPENING || flow->state == FLOW_ANSWERED ||
           ts_ns - start + window <= 2 * window;
}

static bool is_examined(const struct engine *engine, struct flow *flow, uint64_t ts_ns)
{
    if (!flow)
        return true;
    if (flow->examined && !flow_is_aliased(&engine->flows, flow) && !is_young(engine, flow, ts_ns))
        flow->examined = 0;
    return engine_duplicate_is_wanted(engine, flow, ts_ns);
}

/* Before a flow gets an alias, all its packets must have been remembered of which a copy may still
 * come: that would be counted in the same flow then, as a retransmit. */
static bool can_conclude(const struct engine *engine, const struct flow *flow, uint64_t ts_ns)
{
    return !flow || is_young(engine, flow, ts_ns) || flow_is_aliased(&engine->flows, flow) ||
           (ts_ns >> QUARTER_SHIFT) % (1 << (ENGINE_SLICE_SHIFT - QUARTER_SHIFT)) != 0;
}

/* The packet is a copy of one in session `original`. Returns the flow that both belong to; NULL:
 * no flow there confirms it. */
static struct flow *bring_together(struct engine *engine, struct flow *flow, size_t at,
                                   uint16_t original, uint64_t ts_ns)
{
    struct flow_table *flows = &engine->flows;
    struct flow_wanted wanted = engine->batch_flow[at];
    uint16_t number = engine->batch_session[at];
    struct flow *other;
    bool is_older;

    if (flow && flow_table_is_in(flows, flow, original))
        return flow;
    flow_wanted_in(flows, &wanted, original);
    other = flow_table_find(flows, &wanted);
    if (!other || !can_conclude(engine, flow, ts_ns) || !can_conclude(engine, other, ts_ns))
        return NULL;
    if (!flow) {
        engine_flow_also(engine, other, number);
        return other;
    }
    is_older = (int32_t)(flow->serial - other->serial) < 0;
    if (flow->key.session == number && other->key.session == original)
        engine_flow_join(engine, is_older ? flow : other, is_older ? other : flow);
    return is_older ? flow : other;
}

/* Whether a packet can have been mirrored at two places, of which each can be told. */
static bool may_be_copied(const struct packet *packet, uint16_t session)
{
    return packet->src.family != 0 && packet->ether_type != ETHER_ARP &&
           session != SESSION_DIRECT && session != SESSION_OTHERS;
}

/* The packet's key. A fragment's ports, and so its flow, were not known before. */
static uint64_t packet_key(const struct engine *engine, size_t at)
{
    const struct packet *packet = &engine->batch[at];

    if (packet->is_fragment)
        return duplicate_fragment_key(&engine->duplicates, packet);
    return duplicate_key(engine->batch_flow[at].base, engine->batch_side[at], packet);
}

void engine_duplicate_prefetch(struct engine *engine, size_t at)
{
    if (!may_be_copied(&engine->batch[at], engine->batch_session[at]))
        return;
    engine->batch_key[at] = packet_key(engine, at);
    duplicate_prefetch(&engine->duplicates, engine->batch_key[at]);
}

bool engine_duplicate(struct engine *engine, struct flow *flow, size_t at, uint8_t path,
                      uint64_t ts_ns)
{
    const struct packet *packet = &engine->batch[at];
    uint16_t number = engine->batch_session[at], original;
    struct session *session = &engine->sessions.sessions[number];
    struct flow *own = flow;
    uint64_t key = engine->batch_key[at];

    if (!may_be_copied(packet, number) || !is_examined(engine, flow, ts_ns))
        return false;
    original = duplicate_look(&engine->duplicates, &engine->sessions,
                              key ? key : packet_key(engine, at), number, path, ts_ns);
    if (original == SESSION_OTHERS)
        return false;
    flow = bring_together(engine, flow, at, original, ts_ns);
    if (!flow)
        return false;
    engine->decode.duplicates++;
    session->duplicates++;
    if (flow_is_aliased(&engine->flows, flow)) {
        const struct flow_also *also = flow_also(&engine->flows, flow);
        uint8_t sides = also->sides;

        engine_duplicate_note(engine, flow, number, engine->batch_side[at]);
        if (also->sides != sides) /* the first of its direction there: one vote for each */
            session_vote(session, packet, path);
    }
    engine_flow_copied(engine, flow, own, at, path);
    if (number == flow->key.session && packet->protocol == PROTO_TCP && packet->has_transport)
        engine_tcp_copied(engine, flow_entry(&engine->flows, flow), engine->batch_side[at], packet,
                          ts_ns);
    return true;
}
