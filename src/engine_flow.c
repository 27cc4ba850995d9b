/* SPDX-License-Identifier: MIT */
#include "engine_rules.h"
#include "engine_state.h"

#include <string.h>

/* Idle time that ends a flow, in 1/10 s. Long enough for what the state promises, short enough to
 * keep the table for the living; the manual lists them. */
static const uint32_t idle_limit_ds[FLOW_STATE_COUNT] = {
    [FLOW_ONE_WAY] = 1200,
    [FLOW_TWO_WAY] = 1200,
    [FLOW_OPENING] = ENGINE_SHORTEST_IDLE_DS,
    [FLOW_ANSWERED] = ENGINE_SHORTEST_IDLE_DS,
    [FLOW_OPEN] = 18000,
    [FLOW_CLOSING] = 1200,
    [FLOW_CLOSED] = 600,
    [FLOW_REFUSED] = 600,
};

enum { FIRST_EPHEMERAL_PORT = 32768 }; /* Linux: net.ipv4.ip_local_port_range */

uint32_t engine_flow_idle_limit(const struct flow *flow)
{
    return idle_limit_ds[flow->state];
}

static struct flow_entry entry_of(const struct engine *engine, struct flow *flow)
{
    return flow_entry(&engine->flows, flow);
}

void engine_flow_failed(struct engine *engine, struct flow *flow, uint64_t ts_ns, bool refused)
{
    unsigned src = flow_src_side(flow);
    struct scan_attempt *attempt;

    if (flow->flags & FLOW_JUDGED)
        return;
    flow->flags |= FLOW_JUDGED;
    if (!refused)
        engine_tcp_unanswered(engine, flow);
    attempt = scan_attempt_next(engine->scans);
    flow_addr(&engine->flows, flow, src, &attempt->src);
    flow_addr(&engine->flows, flow, !src, &attempt->dst);
    attempt->ts_ns = ts_ns;
    attempt->session = flow->key.session;
    attempt->port = flow->key.port[!src];
    attempt->src_port = flow->key.port[src];
    attempt->protocol = flow->key.protocol;
    attempt->path = flow_path(flow, src) & 127; /* the two of one byte together, not to read it */
    attempt->refused = refused;
    scan_failed(engine->scans);
}

void engine_flow_judge(struct engine *engine, struct flow *flow)
{
    /* By what is known for certain to have passed: neither the end of the input nor a full table
     * makes an attempt fail. */
    if (engine_flow_idle(flow, engine->now_ds) < ENGINE_UNANSWERED_DS)
        return;
    /* Where only one direction is mirrored, whether attempts are answered cannot be known. */
    if (!session_is_one_way(engine_flow_session(engine, flow)))
        engine_flow_failed(engine, flow,
                           flow_side(entry_of(engine, flow), flow_src_side(flow))->last_ns, false);
}

/* What the application is called: by its payload, else by the port of the side that was called. Who
 * was called is not always known, so the other port may say it, too, unless it looks like one that
 * a system gives out for a while. */
uint16_t engine_flow_app(const struct engine *engine, const struct flow *flow,
                         const struct flow_detail *detail)
{
    unsigned src = flow_src_side(flow);
    uint16_t app = detail->app;

    if (app == APP_UNKNOWN && engine->config.names && flow->key.has_ports) {
        app = names_service(engine->config.names, flow->key.protocol, flow->key.port[!src]);
        if ((app == APP_UNKNOWN) & (flow->key.port[src] < FIRST_EPHEMERAL_PORT) &
            (flow->key.port[src] < flow->key.port[!src]))
            app = names_service(engine->config.names, flow->key.protocol, flow->key.port[src]);
    }
    return app;
}

/* The addresses of a flow, made ready for the table of talkers. */
static void want_ends(const struct engine *engine, const struct flow *flow,
                      struct talker_wanted ends[2])
{
    for (unsigned side = 0; side < 2; side++) {
        flow_addr(&engine->flows, flow, side, &ends[side].addr);
        talker_want(&engine->talkers, &ends[side]);
    }
}

/* Takes talkers for both ends, where there is room. first: the flow has not asked before. Both ends
 * may be one address, whose flow this is only once. */
static void want_talkers(struct engine *engine, struct flow_entry entry,
                         const struct talker_wanted ends[2], bool first)
{
    uint32_t *talker = entry_detail(entry)->talker;
    struct talker_table *talkers = &engine->talkers;
    uint64_t start_ns;

    if (talker[0] && talker[1])
        return;
    start_ns = flow_start_ns(entry);
    for (unsigned side = 0; side < 2; side++) {
        if (talker[side])
            continue;
        if (side == 1 && ends[0].hash == ends[1].hash &&
            ip_addr_equal(&ends[0].addr, &ends[1].addr)) {
            talker[1] = talker[0];
            return;
        }
        talker[side] = talker_take(talkers, entry.flow->key.session, &ends[side], start_ns);
        if (!talker[side])
            talkers->refused += first;
    }
}

static void give_talkers(struct engine *engine, const struct flow_detail *detail)
{
    talker_give(&engine->talkers, detail->talker[0]);
    if (detail->talker[1] != detail->talker[0])
        talker_give(&engine->talkers, detail->talker[1]);
}

/* What the flow carried since it was last rolled up: what the side sent that spoke first, and what
 * the other one did. By constant places, or the processor waits for what it has just stored. */
static void take_share(struct engine *engine, struct flow_entry entry, bool first,
                       struct talker_share share[2])
{
    struct flow_events *events = entry_events(entry);
    unsigned side = entry.flow->first_side;

    share[0] = (struct talker_share){ flow_packets(entry, side), entry.flow->first.bytes };
    share[1] = (struct talker_share){ flow_packets(entry, !side), entry.reply->other.bytes };
    if (!engine->config.rates)
        return; /* rolled up once, when nothing more will come: nothing to remember */
    entry_detail(entry)->has_events = 1;
    for (unsigned i = 0; i < 2; i++, side = !side) {
        struct talker_share all = share[i];

        if (!first) {
            share[i].packets -= events->rolled_packets[side];
            share[i].bytes -= events->rolled_bytes[side];
        }
        events->rolled_packets[side] = all.packets;
        events->rolled_bytes[side] = all.bytes;
    }
}

static uint32_t saturated(uint64_t value)
{
    return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

/* What was carried in the interval, for rates; and that it is rolled up. */
static void interval_add(const struct engine *engine, struct flow_entry entry,
                         const struct talker_share share[2])
{
    struct flow_events *events = entry_events(entry);
    bool again = events->interval == engine->interval;
    unsigned side = entry.flow->first_side;

    for (unsigned i = 0; i < 2; i++, side = !side) {
        uint64_t bytes = again ? events->interval_bytes[side] : 0;
        uint64_t packets = again ? events->interval_packets[side] : 0;

        events->interval_bytes[side] = saturated(bytes + share[i].bytes);
        events->interval_packets[side] = saturated(packets + share[i].packets);
    }
    events->interval = engine->interval;
    if (!entry.reply->has_events)
        return;
    memcpy(events->rolled_fragment_packets, events->fragment_packets,
           sizeof(events->fragment_packets));
    memcpy(events->rolled_fragment_bytes, events->fragment_bytes, sizeof(events->fragment_bytes));
}

/* What went wrong since the flow was last rolled up. */
static void roll_trouble(struct engine *engine, struct flow_entry entry)
{
    struct flow_trouble *trouble = entry_trouble(entry);

    for (unsigned side = 0; side < 2; side++) {
        const struct tcp_side_counts *counts = &trouble->counts[side];
        uint64_t lost = tcp_side_value(counts, TCP_COUNT_MIRROR_LOSS_BYTES);
        uint32_t resent = (uint32_t)tcp_side_value(counts, TCP_COUNT_RETRANSMITS);
        uint32_t more_resent = resent - trouble->rolled_retransmits[side];
        uint64_t more_lost = lost - trouble->rolled_loss_bytes[side];

        talker_add_trouble(&engine->talkers, entry_detail(entry)->talker[side], more_resent,
                           more_lost);
        if (engine->filter.program)
            engine_view_trouble(engine, entry, side, more_resent, more_lost);
        trouble->rolled_retransmits[side] = resent;
        trouble->rolled_loss_bytes[side] = lost;
    }
}

/* What can be known of a TCP flow's ends, see engine_rows_tcp.c; others have no flags. Like much
 * that is counted of each packet or flow without a branch: most would be foreseen wrongly. */
static void note_tcp(const struct flow *flow, struct talker *const talker[2])
{
    uint8_t flags[2] = { flow_tcp_flags(flow, 0), flow_tcp_flags(flow, 1) };
    bool whole = engine_tcp_is_verifiable(flow);

    for (unsigned side = 0; side < 2; side++)
        talker_note_tcp(talker[side], flags[side] != 0, whole & !!(flags[!side] & TCP_ACK));
}

/* To both of its ends. */
static void add_to_talkers(struct engine *engine, struct flow_entry entry,
                           const struct talker_share share[2])
{
    struct talker *talker[2] = { talker_of(&engine->talkers, entry_detail(entry)->talker[0]),
                                 talker_of(&engine->talkers, entry_detail(entry)->talker[1]) };
    unsigned side = entry.flow->first_side;

    talker_add(talker[side], &share[0], &share[1]);
    talker_add(talker[!side], &share[1], &share[0]);
    note_tcp(entry.flow, talker);
    if (flow_has(entry, FLOW_HAS_TROUBLE))
        roll_trouble(engine, entry);
}

static void roll(struct engine *engine, struct flow *flow, const struct talker_wanted ends[2])
{
    struct flow_entry entry = entry_of(engine, flow);
    struct flow_detail *detail = entry_detail(entry);
    struct talker_share share[2];
    uint16_t old = detail->node;
    uint64_t packets, bytes;

    if (old && !engine->config.rates)
        return; /* the input has ended, and it is all there already */
    take_share(engine, entry, old == 0, share);
    packets = share[0].packets + share[1].packets;
    bytes = share[0].bytes + share[1].bytes;
    if (engine_flow_has_addresses(flow)) {
        want_talkers(engine, entry, ends, old == 0);
        add_to_talkers(engine, entry, share);
    }
    detail->node = protocol_book(engine->protocols, &flow->key,
                                 engine_flow_app(engine, flow, detail), packets, bytes);
    if (old && old != detail->node)
        protocol_move(engine->protocols, old, detail->node,
                      flow_packets(entry, 0) + flow_packets(entry, 1) - packets,
                      flow->first.bytes + entry.reply->other.bytes - bytes);
    if (engine->filter.program)
        engine_view_roll(engine, entry, share, old);
    if (engine->config.rates)
        interval_add(engine, entry, share);
}

void engine_flow_roll(struct engine *engine, struct flow *flow)
{
    struct talker_wanted ends[2];

    want_ends(engine, flow, ends);
    talker_guess(&engine->talkers, &ends[0]);
    talker_guess(&engine->talkers, &ends[1]);
    roll(engine, flow, ends);
}

void engine_flow_end_soon(const struct engine *engine, struct flow *const *soon, size_t count)
{
    const struct flow_table *flows = &engine->flows;
    struct talker_wanted ends[ENGINE_END_SOON][2];

    for (size_t i = 0; i < count; i++) {
        flow_table_prefetch_slot(flows, flow_table_hash(flows, soon[i]));
        flow_table_prefetch_rest(flows, soon[i]);
        __builtin_prefetch(flow_detail(flows, soon[i]));
        if (engine->config.rates)
            __builtin_prefetch(flow_events(flows, soon[i]));
    }
    for (size_t i = 0; i < count; i++)
        want_ends(engine, soon[i], ends[i]);
    for (size_t i = 0; i < count; i++) {
        for (unsigned side = 0; side < 2; side++) {
            talker_guess(&engine->talkers, &ends[i][side]);
            __builtin_prefetch(&engine->talkers.talkers[ends[i][side].guess].flows_ended);
        }
    }
}

/* In blocks, and these in stages, for the reason that engine_feed() has. */
void engine_flow_finish_all(struct engine *engine)
{
    enum { BLOCK = 32 };
    struct flow_table *flows = &engine->flows;
    struct talker_wanted ends[BLOCK][2];

    engine->talkers.is_final = !engine->config.rates; /* each is rolled up once: now or before */
    if (engine->filter.program)
        engine_rules_scan_begin(engine);
    for (size_t at = 0; at < flows->high_water; at += BLOCK) {
        struct flow *flow = &flows->flows[at];
        size_t count = flows->high_water - at < BLOCK ? flows->high_water - at : BLOCK;

        for (size_t i = 0; i < count; i++) {
            __builtin_prefetch(&flow[i + BLOCK]);
            flow_table_prefetch_rest(flows, &flow[i]);
        }
        for (size_t i = 0; i < count; i++) {
            want_ends(engine, &flow[i], ends[i]);
        }
        for (size_t i = 0; i < count; i++) {
            talker_guess(&engine->talkers, &ends[i][0]);
            talker_guess(&engine->talkers, &ends[i][1]);
        }
        if (engine->filter.program)
            engine_rules_scan_flows(engine, flow, count);
        for (size_t i = 0; i < count; i++) {
            if (!flow_is_used(&flow[i]))
                continue;
            if (engine_flow_is_pending(&flow[i]))
                engine_flow_judge(engine, &flow[i]);
            roll(engine, &flow[i], ends[i]);
        }
    }
    engine_rules_scan_keep(engine);
}

void engine_flow_end(struct engine *engine, struct flow *flow)
{
    struct flow_detail *detail = flow_detail(&engine->flows, flow);

    if (engine_flow_is_pending(flow))
        engine_flow_judge(engine, flow);
    engine_events_hand_new(engine);
    tcp_rtt_queue_flush(&engine->rtt_queue);
    engine_flow_roll(engine, flow);
    if (engine->config.sink && !engine->sink_failed) {
        uint8_t directions[SESSION_PATHS];
        struct flow_record record;
        struct row_texts texts;
        struct row_countries countries;

        session_directions(engine_flow_session(engine, flow), directions);
        if (engine_row_flow(engine, flow, directions, &record, &texts)) {
            engine_row_geo(engine, flow, &record, &countries);
            engine->sink_failed = !engine->config.sink(&record, engine->config.sink_context);
        }
    }
    engine_flow_remember(engine, flow);
    for (unsigned side = 0; side < 2; side++)
        tcp_forget(&engine->tcp, entry_of(engine, flow), side);
    give_talkers(engine, detail);
    name_store_give(&engine->names, detail->name);
    detail->name = 0;
    peek_drop(&engine->peek, entry_of(engine, flow));
    flow->flags &= (uint8_t)~FLOW_ACTIVE; /* all is rolled up */
    flow_table_remove(&engine->flows, flow);
}

static struct flow *open_flow(struct engine *engine, const struct packet *packet, size_t at)
{
    const struct flow_wanted *wanted = &engine->batch_flow[at];
    struct flow *flow = flow_table_insert(&engine->flows, wanted);

    if (!flow) {
        engine_evict(engine);
        flow = flow_table_insert(&engine->flows, wanted);
    }
    flow->first_side = engine->batch_side[at] & 1;
    engine_flow_session(engine, flow)->flows++;
    flow->flags |= (uint8_t)(FLOW_OPENED_BY_B * (engine->batch_side[at] & 1));
    if (wanted->key.protocol == PROTO_TCP)
        engine_tcp_open(flow, packet);
    if (flow->state != FLOW_OPENING && flow->state != FLOW_ONE_WAY)
        flow_table_take_rest(&engine->flows, flow); /* see engine_tcp.c: first_ack */
    engine_flow_watch(engine, flow, ENGINE_UNANSWERED_DS);
    return flow;
}

/* The first packet of one direction, in one of the flow's sessions. */
static void open_side(struct engine *engine, struct flow_entry entry, unsigned side,
                      const struct packet *packet, uint16_t number, uint8_t path)
{
    struct flow *flow = entry.flow;

    session_vote(&engine->sessions.sessions[number], packet, path);
    if (number != flow->key.session)
        path = engine_duplicate_path(engine, entry, side);
    flow_set_path(flow, side, path);
    if (side == flow->first_side) {
        engine_flow_session(engine, flow)->dns_flows += engine_flow_is_dns(flow);
    } else {
        flow->has_reply = 1;
        if (!flow_is_aliased(&engine->flows, flow))
            engine_flow_two_way(engine, flow, number);
        if (flow->state == FLOW_ONE_WAY ||
            (flow->state == FLOW_REFUSED && flow->key.protocol != PROTO_TCP))
            flow->state = FLOW_TWO_WAY;
    }
    if (engine->filter.program)
        engine_filter_judge(engine, entry, side);
}

/* Whether an ICMP error says that a packet will not get there: one that was only too large will be
 * sent again in pieces (RFC 1191; with IPv6 that is a type of its own). */
static bool is_refusal(const struct packet *packet)
{
    const struct icmp_info *icmp = &packet->icmp;

    if (packet->protocol == PROTO_ICMP)
        return icmp->type == 3 && icmp->code != 4;
    return icmp->type == 1;
}

/* An ICMP error is a packet of a flow of its own; it is only noted at the one that it quotes. */
static void icmp_error(struct engine *engine, const struct packet *packet, uint16_t session,
                       uint64_t ts_ns)
{
    struct flow_wanted wanted;
    unsigned side = flow_wanted_make_quote(&engine->flows, &wanted, packet, session);
    struct flow *flow = flow_table_find(&engine->flows, &wanted);

    if (!flow)
        return;
    flow_detail(&engine->flows, flow)->has_events = 1;
    flow_events(&engine->flows, flow)->icmp_errors++;
    if (is_refusal(packet) && side == flow_src_side(flow) &&
        (flow->state == FLOW_OPENING || flow->state == FLOW_ONE_WAY)) {
        flow->state = FLOW_REFUSED;
        engine_flow_watch(engine, flow, 0);
        if (flow->key.has_ports)
            engine_flow_failed(engine, flow, ts_ns, true);
    }
}

/* The flow of a packet; `flow`: what the table says. */
static struct flow *want_flow(struct engine *engine, struct flow *flow, const struct packet *packet,
                              size_t at)
{
    if (!flow)
        return open_flow(engine, packet, at);
    if (engine_flow_is_pending(flow))
        engine_flow_judge(engine, flow); /* whether a sweep came by meanwhile or not */
    if (engine_flow_idle(flow, engine->frame_ds) > engine_flow_idle_limit(flow) ||
        engine_tcp_is_next(entry_of(engine, flow), engine->batch_side[at], packet)) {
        engine_flow_end(engine, flow);
        return open_flow(engine, packet, at);
    }
    return flow;
}

/* Before the packet is counted. The first packet of a side needs no time of its own: it is the
 * last, too. */
static void set_times(struct engine *engine, struct flow_entry entry, struct flow_side *s,
                      unsigned side, uint64_t ts_ns)
{
    if (s->packets == 1)
        entry.reply->first_ns[side] = s->last_ns;
    if (ts_ns >= s->last_ns)
        s->last_ns = ts_ns;
    else if (ts_ns < entry.reply->first_ns[side])
        entry.reply->first_ns[side] = ts_ns;
    entry.flow->last_ds = engine->frame_ds;
}

/* A packet of TCP that is no segment for us: a later fragment, or cut. */
static void no_header(struct flow_entry entry, unsigned side, const struct packet *packet)
{
    if (packet->is_fragment)
        engine_tcp_later_fragment(entry, side, packet);
    entry_events(entry)->no_header[side]++;
    entry.reply->has_events = 1;
}

/* What cannot be known any more because the frame was cut; see engine_rows_tcp.c. */
static void note_cut(struct engine *engine, struct flow_entry entry, const struct packet *packet)
{
    enum flow_mark mark = FLOW_CUT_PAYLOAD;

    if (!entry.flow->rest)
        return; /* its only packet so far */
    if (packet->reason == REASON_CUT_TRANSPORT)
        mark = packet->has_transport ? FLOW_CUT_OPTIONS : FLOW_CUT_HEADER;
    if (mark == FLOW_CUT_OPTIONS && packet->protocol == PROTO_TCP && !flow_has(entry, mark))
        engine_tcp_cut(engine, entry);
    entry.reply->marks |= (uint8_t)mark;
}

/* Where the packet is counted, by what the filter says of its side. */
static struct engine_bucket *count_class(struct engine *engine, struct flow_entry entry,
                                         unsigned side, const struct packet *packet)
{
    if (packet->is_fragment && !packet->is_first_fragment && entry.flow->key.has_ports)
        return engine_filter_fragment(engine, entry, side, packet->bytes);
    return engine_bucket(engine, entry, side);
}

void engine_flow_packet(struct engine *engine, const struct packet *packet, size_t at,
                        uint64_t ts_ns)
{
    uint16_t number = engine->batch_session[at];
    uint8_t path = session_count(&engine->sessions.sessions[number], packet, ts_ns);
    struct flow *flow =
        flow_table_find_guessed(&engine->flows, &engine->batch_flow[at], engine->batch_guess[at]);
    unsigned side = engine->batch_side[at];
    struct flow_entry entry;
    struct flow_side *s;
    struct engine_bucket *bucket;
    bool is_tcp = packet->protocol == PROTO_TCP, has_arrivals;

    if (engine_duplicate_is_still_wanted(engine, flow, at) &&
        engine_duplicate(engine, flow, at, path, ts_ns))
        return;
    flow = want_flow(engine, flow, packet, at);
    /* What happens to a fragment is kept with the reply. */
    if (!flow->rest && (flow->first.packets > 0 || packet->is_fragment)) {
        flow_table_take_rest(&engine->flows, flow);
        if (is_tcp)
            engine_tcp_settle_in(engine, flow);
    }
    entry = entry_of(engine, flow);
    s = flow_side(entry, side);
    if (s->packets == 0)
        open_side(engine, entry, side, packet, number, path);
    if (flow_is_aliased(&engine->flows, flow))
        engine_duplicate_note(engine, flow, number, side);
    has_arrivals = flow_has_arrivals(&engine->flows, flow);
    if (has_arrivals)
        engine_copies_see(engine, entry, side, number, path);
    set_times(engine, entry, s, side, ts_ns);
    bucket = count_class(engine, entry, side, packet);
    if (has_arrivals)
        engine_copies_count(engine, entry, side, number, packet, bucket);
    bucket->packets++;
    bucket->bytes += packet->bytes;
    if (is_tcp) {
        bucket->segments += packet->has_transport;
        if (packet->has_transport)
            engine_tcp_packet(engine, entry, side, packet, number != flow->key.session, ts_ns);
        else
            no_header(entry, side, packet);
        if (engine->times.slots)
            engine_tcp_note_time(engine, entry, side, packet);
    }
    if (packet->cut)
        note_cut(engine, entry, packet);
    flow_side_count(entry, s, side, packet->bytes);
    if (engine->config.rates && !(flow->flags & FLOW_ACTIVE))
        engine_flow_activate(engine, flow);
    if ((flow_peek(flow, side) != PEEK_DONE) & (packet->payload_captured > 0) &
        packet->has_transport & (is_tcp | (packet->protocol == PROTO_UDP)))
        peek_look(&engine->peek, &engine->names, entry, side, packet);
    if (packet->has_transport && !is_tcp &&
        (packet->protocol == PROTO_ICMP || packet->protocol == PROTO_ICMPV6) &&
        packet->icmp.is_error && packet->icmp.has_quote)
        icmp_error(engine, packet, number, ts_ns);
}
