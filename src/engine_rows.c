/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "engine_state.h"
#include "format.h"

static const char *const state_text[FLOW_STATE_COUNT] = {
    [FLOW_ONE_WAY] = "one-way",   [FLOW_TWO_WAY] = "two-way", [FLOW_OPENING] = "opening",
    [FLOW_ANSWERED] = "answered", [FLOW_OPEN] = "open",       [FLOW_CLOSING] = "closing",
    [FLOW_CLOSED] = "closed",     [FLOW_REFUSED] = "refused",
};

static const char *const direction_text[] = {
    [DIRECTION_UNKNOWN] = "",
    [DIRECTION_INGRESS] = "ingress",
    [DIRECTION_EGRESS] = "egress",
};

void engine_row_mirror(const struct engine *engine, uint16_t number, uint64_t *vni,
                       struct ip_addr *source)
{
    bool known = number != SESSION_DIRECT && number != SESSION_OTHERS;

    *vni = known ? engine->sessions.sessions[number].vni : VALUE_UNKNOWN;
    *source = known ? engine->sessions.sessions[number].source : (struct ip_addr){ .family = 0 };
}

static struct ip_addr row_addr(const struct engine *engine, const struct flow *flow, unsigned side)
{
    struct ip_addr addr = { .family = 0 };

    if (engine_flow_has_addresses(flow))
        flow_addr(&engine->flows, flow, side, &addr);
    return addr;
}

const char *engine_row_protocol(const struct flow *flow, char text[8])
{
    switch (flow->key.kind) {
    case FLOW_IPV4:
    case FLOW_IPV6:
        return names_protocol(flow->key.protocol, text);
    case FLOW_ARP:
        return names_ether_type(ETHER_ARP, text);
    case FLOW_OTHER:
        return names_ether_type(flow->key.port[0], text);
    default:
        return "";
    }
}

static struct row_shown show(const struct engine *engine, struct flow_entry entry, bool all)
{
    struct row_shown shown;

    for (unsigned side = 0; side < 2; side++) {
        shown.share[side] =
            engine->filter.program && !all
                ? engine_view_all(engine, entry, side)
                : (struct talker_share){ flow_packets(entry, side), flow_side(entry, side)->bytes };
        shown.side[side] = shown.share[side].packets > 0;
    }
    return shown;
}

/* The first and the last packet of what is shown. */
static void row_times(struct flow_entry entry, const struct row_shown *shown,
                      struct flow_record *record)
{
    record->start_ns = UINT64_MAX;
    record->end_ns = 0;
    for (unsigned side = 0; side < 2; side++) {
        uint64_t first = flow_first_ns(entry, side), last = flow_side(entry, side)->last_ns;

        if (!shown->side[side])
            continue;
        record->start_ns = first < record->start_ns ? first : record->start_ns;
        record->end_ns = last > record->end_ns ? last : record->end_ns;
    }
}

/* The way of src's packets: by their own path, else by that of the answers. */
static enum direction row_direction(const struct flow *flow, unsigned src, bool has_src,
                                    const uint8_t directions[SESSION_PATHS])
{
    uint8_t other = directions[flow_path(flow, !src)];

    if (has_src)
        return (enum direction)directions[flow_path(flow, src)];
    if (other == DIRECTION_UNKNOWN)
        return DIRECTION_UNKNOWN;
    return other == DIRECTION_INGRESS ? DIRECTION_EGRESS : DIRECTION_INGRESS;
}

/* Number of the rule that decides of what src sends. */
static uint64_t row_rule(const struct engine *engine, struct flow_entry entry, unsigned src)
{
    const struct engine_filter *filter = &engine->filter;
    const struct filter_outcome *outcome;

    if (!filter->program || flow_side(entry, src)->packets == 0)
        return VALUE_UNKNOWN;
    outcome = filter_outcome(filter->program, filter->classes[flow_class(entry, src)].outcome);
    return outcome->rule ? outcome->rule->number : VALUE_UNKNOWN;
}

static uint64_t row_bit_rate(const struct engine *engine, const struct flow_events *events,
                             const struct row_shown *shown)
{
    uint64_t bytes = 0;

    if (!engine->config.rates || events->interval + 1 != engine->interval)
        return 0;
    for (unsigned side = 0; side < 2; side++)
        bytes += shown->side[side] ? events->interval_bytes[side] : 0;
    return engine_interval_rate(bytes * 8);
}

/* The other sessions in which the flow was seen, in words. */
static const char *row_also(const struct engine *engine, const struct flow *flow,
                            struct row_texts *texts)
{
    const struct flow_also *also = flow_also(&engine->flows, flow);
    size_t used = 0;

    texts->also[0] = '\0';
    for (size_t i = 0; i < also->count; i++) {
        const struct session *session = &engine->sessions.sessions[also->session[i]];
        char source[FORMAT_ADDR];

        format_addr(source, sizeof(source), &session->source);
        used += (size_t)snprintf(texts->also + used, sizeof(texts->also) - used, "%s%u@%s",
                                 i > 0 ? " " : "", (unsigned)session->vni, source);
    }
    return texts->also;
}

/* What was cut off of its frames, and what cannot be known so; a constant. */
static const char *row_cut(struct flow_entry entry)
{
    const struct flow *flow = entry.flow;
    bool is_tcp = flow->key.protocol == PROTO_TCP;

    if (is_tcp && flow_has(entry, FLOW_CUT_HEADER)) {
        if (!(flow_tcp_flags(flow, 0) | flow_tcp_flags(flow, 1)))
            return "TCP header: nothing of TCP can be known";
        return flow_has(entry, FLOW_CUT_OPTIONS)
                   ? "TCP header of some packets, options of others: what the former carried, "
                     "mirror loss behind them, kinds of retransmits, full windows and "
                     "duplicate ACKs cannot be known"
                   : "TCP header of some packets: what they carried, and mirror loss behind them, "
                     "cannot be known";
    }
    if (flow_has(entry, FLOW_CUT_OPTIONS))
        return "TCP options: kinds of retransmits, full windows, duplicate ACKs, application and "
               "server name cannot be known";
    if (flow_has(entry, FLOW_CUT_PAYLOAD))
        return is_tcp
                   ? "payload: application and server name may be missing, TCP is counted exactly"
                   : "payload: application and server name may be missing";
    return "";
}

static void make_row(const struct engine *engine, struct flow_entry entry, struct row_shown shown,
                     const uint8_t directions[SESSION_PATHS], struct flow_record *record,
                     struct row_texts *texts)
{
    const struct flow *flow = entry.flow;
    const struct flow_detail *detail = entry_detail(entry);
    unsigned src = flow_src_side(flow), dst = !src;
    enum direction direction =
        row_direction(flow, src, flow_side(entry, src)->packets > 0, directions);

    *record = (struct flow_record){
        .serial = flow->serial,
        .protocol = engine_row_protocol(flow, texts->protocol),
        .src_addr = row_addr(engine, flow, src),
        .dst_addr = row_addr(engine, flow, dst),
        .src_port = flow->key.has_ports ? flow->key.port[src] : VALUE_UNKNOWN,
        .dst_port = flow->key.has_ports ? flow->key.port[dst] : VALUE_UNKNOWN,
        .src_packets = shown.share[src].packets,
        .src_bytes = shown.share[src].bytes,
        .dst_packets = shown.share[dst].packets,
        .dst_bytes = shown.share[dst].bytes,
        .src_direction = direction_text[direction],
        .rule = row_rule(engine, entry, src),
        .state = state_text[flow->state],
        .packets = shown.share[src].packets + shown.share[dst].packets,
        .bytes = shown.share[src].bytes + shown.share[dst].bytes,
        .bit_rate = row_bit_rate(engine, entry_events(entry), &shown),
        .icmp_errors = entry_events(entry)->icmp_errors,
        .also_session = row_also(engine, flow, texts),
        .cut = row_cut(entry),
    };
    row_times(entry, &shown, record);
    engine_row_mirror(engine, flow->key.session, &record->vni, &record->mirror_source);
    record->app = names_app(engine->config.names, engine_flow_app(engine, flow, detail));
    record->server_name = name_store_text(&engine->names, detail->name);
    engine_row_tcp(&engine->flows, entry, src, &shown, record);
    record->src_country = "";
    record->dst_country = "";
    record->src_asn = VALUE_UNKNOWN;
    record->dst_asn = VALUE_UNKNOWN;
}

static struct flow_entry row_entry(const struct engine *engine, const struct flow *flow)
{
    size_t index = flow_index(&engine->flows, flow);

    return flow_entry(&engine->flows, &engine->flows.flows[index]);
}

bool engine_row_sums(const struct engine *engine, const struct flow *flow,
                     struct flow_record *record)
{
    struct flow_entry entry = row_entry(engine, flow);
    struct row_shown shown = show(engine, entry, false);

    record->serial = flow->serial;
    record->packets = shown.share[0].packets + shown.share[1].packets;
    record->bytes = shown.share[0].bytes + shown.share[1].bytes;
    record->bit_rate = row_bit_rate(engine, entry_events(entry), &shown);
    return record->packets > 0;
}

bool engine_row_flow(const struct engine *engine, const struct flow *flow,
                     const uint8_t directions[SESSION_PATHS], struct flow_record *record,
                     struct row_texts *texts)
{
    struct flow_entry entry = row_entry(engine, flow);

    make_row(engine, entry, show(engine, entry, false), directions, record, texts);
    return record->packets > 0;
}

void engine_row_flow_whole(const struct engine *engine, const struct flow *flow,
                           const uint8_t directions[SESSION_PATHS], struct flow_record *record,
                           struct row_texts *texts)
{
    struct flow_entry entry = row_entry(engine, flow);

    make_row(engine, entry, show(engine, entry, true), directions, record, texts);
}

/* By the flow's talker, which knows its address's, if it has one and that is still the same. */
static void address_geo(struct engine *engine, uint32_t number, const struct ip_addr *addr,
                        char country[3], uint64_t *asn)
{
    struct talker_table *talkers = &engine->talkers;
    const struct talker *talker = number ? &talkers->talkers[number - 1] : NULL;
    struct names_geo geo;

    if (talker && talker_is(talker, addr)) {
        talker_look_up(talkers, number - 1);
        memcpy(country, talker->country, sizeof(talker->country));
        *asn = talker->asn ? talker->asn : VALUE_UNKNOWN;
    } else {
        names_geo(engine->config.names, addr, &geo);
        memcpy(country, geo.country, sizeof(geo.country));
        *asn = geo.asn;
    }
}

void engine_row_geo(struct engine *engine, const struct flow *flow, struct flow_record *record,
                    struct row_countries *texts)
{
    const uint32_t *talker = flow ? flow_detail(&engine->flows, flow)->talker : (uint32_t[2]){ 0 };
    unsigned src = flow ? flow_src_side(flow) : 0;

    if (record->src_addr.family == 0)
        return;
    address_geo(engine, talker[src], &record->src_addr, texts->src, &record->src_asn);
    address_geo(engine, talker[!src], &record->dst_addr, texts->dst, &record->dst_asn);
    record->src_country = texts->src;
    record->dst_country = texts->dst;
}

bool engine_row_talker(const struct engine *engine, size_t index, struct talker_record *record)
{
    const struct talker *talker = &engine->talkers.talkers[index];
    struct talker_view all = {
        .packets_sent = talker->packets_sent,
        .bytes_sent = talker->bytes_sent,
        .packets_received = talker->packets_received,
        .bytes_received = talker->bytes_received,
        .flows = talker_flows(talker),
        .send_rate = talker->send_rate,
        .receive_rate = talker->receive_rate,
        .session = talker->session,
        .several = talker->several,
        .retransmits = talker->retransmits,
        .mirror_loss_bytes = talker->mirror_loss_bytes,
    };
    const struct talker_view *view =
        engine->filter.program ? &engine->talkers.views[index + 1] : &all;
    uint64_t bytes = view->bytes_sent + view->bytes_received;
    uint64_t now = engine->clock_ns;
    double seconds = now > talker->first_ns ? (double)(now - talker->first_ns) / 1e9 : 0;

    *record = (struct talker_record){
        .key = index,
        .addr = talker_addr(talker),
        .packets_sent = view->packets_sent,
        .bytes_sent = view->bytes_sent,
        .packets_received = view->packets_received,
        .bytes_received = view->bytes_received,
        .flows = view->flows,
        .send_rate = view->send_rate,
        .receive_rate = view->receive_rate,
        .rate = view->send_rate + view->receive_rate,
        /* less than a second gives no average */
        .average_rate = seconds >= 1 ? (uint64_t)((double)bytes * 8 / seconds) : bytes * 8,
        .bytes = bytes,
        .country = talker->country,
        .asn = talker->asn ? talker->asn : VALUE_UNKNOWN,
        .as_name = "",
        .retransmits = talker->tcp ? view->retransmits : VALUE_UNKNOWN,
        .mirror_loss_bytes =
            talker->tcp && talker->verifiable ? view->mirror_loss_bytes : VALUE_UNKNOWN,
        .retransmit_share =
            talker->tcp ? record_share(view->retransmits, view->packets_sent) : VALUE_UNKNOWN,
    };
    engine_row_mirror(engine, view->several ? SESSION_DIRECT : view->session, &record->vni,
                      &record->mirror_source);
    return !engine->filter.program || view->packets_sent + view->packets_received > 0;
}

bool engine_row_suspicion(const struct engine *engine, const struct scan *scan,
                          struct suspicion_record *record, char *detail, size_t size)
{
    unsigned long long seconds = (scan->last_ns - scan->started_ns) / 1000000000u;
    const char *least = scan->targets >= SCAN_TARGETS ? "at least " : "";
    uint32_t targets;
    bool whole;

    if (!engine_suspicion_shown(engine, scan, &targets))
        return false;
    whole = targets == scan->targets;
    if (scan->kind == SCAN_ADDRESSES)
        snprintf(detail, size, "%s%u hosts on port %u in %llu s", least, targets, scan->port,
                 seconds);
    else
        snprintf(detail, size, "%s%u ports in %llu s", least, targets, seconds);
    *record = (struct suspicion_record){
        .key = scan->serial,
        .kind = scan->kind == SCAN_ADDRESSES ? "address_scan" : "port_scan",
        .src_addr = scan->src,
        .dst_addr = scan->dst,
        .port = scan->kind == SCAN_ADDRESSES ? scan->port : VALUE_UNKNOWN,
        .detail = detail,
        .started_ns = scan->started_ns,
        .last_ns = scan->last_ns,
        .targets = targets,
        .unanswered = whole ? scan->unanswered : VALUE_UNKNOWN,
        .refused = whole ? scan->refused : VALUE_UNKNOWN,
        .window_s = SCAN_WINDOW_S,
    };
    engine_row_mirror(engine, scan->session, &record->vni, &record->mirror_source);
    return true;
}
