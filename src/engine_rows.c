/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "engine_state.h"

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

static const char *row_protocol(const struct flow *flow, struct row_texts *texts)
{
    switch (flow->key.kind) {
    case FLOW_IPV4:
    case FLOW_IPV6:
        return names_protocol(flow->key.protocol, texts->protocol);
    case FLOW_ARP:
        return names_ether_type(ETHER_ARP, texts->protocol);
    case FLOW_OTHER:
        return names_ether_type(flow->key.port[0], texts->protocol);
    default:
        return "";
    }
}

/* TCP figures of one direction; unknown when it was not seen or is not TCP. */
static uint64_t tcp_value(const struct flow *flow, unsigned side, uint64_t value)
{
    bool known = flow->key.protocol == PROTO_TCP && flow->tcp_flags[side] != 0;

    return known ? value : VALUE_UNKNOWN;
}

static void row_tcp(struct flow_entry entry, unsigned src, struct flow_record *record)
{
    const struct flow *flow = entry.flow;
    const struct flow_events *events = entry.events;
    unsigned dst = !src;

    record->src_tcp_flags = tcp_value(flow, src, flow->tcp_flags[src]);
    record->dst_tcp_flags = tcp_value(flow, dst, flow->tcp_flags[dst]);
    record->src_retransmits = tcp_value(flow, src, events->retransmits[src]);
    record->dst_retransmits = tcp_value(flow, dst, events->retransmits[dst]);
    record->src_retransmit_bytes = tcp_value(flow, src, events->retransmit_bytes[src]);
    record->dst_retransmit_bytes = tcp_value(flow, dst, events->retransmit_bytes[dst]);
    record->src_out_of_order = tcp_value(flow, src, events->out_of_order[src]);
    record->dst_out_of_order = tcp_value(flow, dst, events->out_of_order[dst]);
    record->src_zero_windows = tcp_value(flow, src, events->zero_windows[src]);
    record->dst_zero_windows = tcp_value(flow, dst, events->zero_windows[dst]);
    record->src_mirror_loss_bytes = VALUE_UNKNOWN;
    record->dst_mirror_loss_bytes = VALUE_UNKNOWN;
    record->rtt_us = entry.reply->rtt_us ? entry.reply->rtt_us - 1 : VALUE_UNKNOWN;
    record->retransmits = VALUE_UNKNOWN;
    record->retransmit_share = VALUE_UNKNOWN;
    if (record->src_retransmits != VALUE_UNKNOWN || record->dst_retransmits != VALUE_UNKNOWN) {
        record->retransmits = (uint64_t)events->retransmits[0] + events->retransmits[1];
        record->retransmit_share =
            record->packets ? record->retransmits * 1000 / record->packets : VALUE_UNKNOWN;
    }
}

void engine_row_flow(const struct engine *engine, const struct flow *flow,
                     const uint8_t directions[SESSION_PATHS], struct flow_record *record,
                     struct row_texts *texts)
{
    size_t index = flow_index(&engine->flows, flow);
    struct flow_entry entry = flow_entry(&engine->flows, &engine->flows.flows[index]);
    const struct flow_detail *detail = entry.detail;
    const struct flow_events *events = entry.events;
    unsigned src = flow_src_side(flow), dst = !src;
    const struct flow_side *s = flow_side(entry, src), *d = flow_side(entry, dst);
    uint8_t direction = DIRECTION_UNKNOWN;
    bool fresh = engine->config.rates && events->interval + 1 == engine->interval;
    uint64_t interval_bytes = (uint64_t)events->interval_bytes[0] + events->interval_bytes[1];

    if (s->packets)
        direction = directions[flow_path(flow, src)];
    else if (directions[flow_path(flow, dst)] != DIRECTION_UNKNOWN)
        direction = directions[flow_path(flow, dst)] == DIRECTION_INGRESS ? DIRECTION_EGRESS
                                                                          : DIRECTION_INGRESS;
    *record = (struct flow_record){
        .serial = flow->serial,
        .start_ns = flow_start_ns(entry),
        .end_ns = s->last_ns > d->last_ns ? s->last_ns : d->last_ns,
        .protocol = row_protocol(flow, texts),
        .src_addr = row_addr(engine, flow, src),
        .dst_addr = row_addr(engine, flow, dst),
        .src_port = flow->key.has_ports ? flow->key.port[src] : VALUE_UNKNOWN,
        .dst_port = flow->key.has_ports ? flow->key.port[dst] : VALUE_UNKNOWN,
        .src_packets = flow_packets(entry, src),
        .src_bytes = s->bytes,
        .dst_packets = flow_packets(entry, dst),
        .dst_bytes = d->bytes,
        .src_direction = direction_text[direction],
        .rule = VALUE_UNKNOWN,
        .state = state_text[flow->state],
        .packets = flow_packets(entry, src) + flow_packets(entry, dst),
        .bytes = s->bytes + d->bytes,
        .bit_rate = fresh ? interval_bytes * 80 / ENGINE_INTERVAL_DS : 0,
        .icmp_errors = events->icmp_errors,
    };
    engine_row_mirror(engine, flow->key.session, &record->vni, &record->mirror_source);
    record->app = names_app(engine->config.names, engine_flow_app(engine, flow, detail));
    record->server_name = name_store_text(&engine->names, detail->name);
    row_tcp(entry, src, record);
    record->src_country = "";
    record->dst_country = "";
    record->src_asn = VALUE_UNKNOWN;
    record->dst_asn = VALUE_UNKNOWN;
}

/* By the flow's talker, which knows its address's, if it has one and that is still the same. */
static void address_geo(struct engine *engine, uint32_t number, const struct ip_addr *addr,
                        char country[3], uint64_t *asn)
{
    struct talker_table *talkers = &engine->talkers;
    const struct talker *talker = number ? &talkers->talkers[number - 1] : NULL;
    struct names_geo geo;

    if (talker && talker->addr[0] == addr->word64[0] && talker->addr[1] == addr->word64[1] &&
        talker->family == addr->family) {
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

void engine_row_talker(const struct engine *engine, size_t index, struct talker_record *record)
{
    const struct talker *talker = &engine->talkers.talkers[index];
    uint64_t bytes = talker->bytes_sent + talker->bytes_received;
    uint64_t now = engine->clock_ns;
    double seconds = now > talker->first_ns ? (double)(now - talker->first_ns) / 1e9 : 0;

    *record = (struct talker_record){
        .key = index,
        .addr = talker_addr(talker),
        .packets_sent = talker->packets_sent,
        .bytes_sent = talker->bytes_sent,
        .packets_received = talker->packets_received,
        .bytes_received = talker->bytes_received,
        .flows = talker_flows(talker),
        .send_rate = talker->send_rate,
        .receive_rate = talker->receive_rate,
        .rate = talker->send_rate + talker->receive_rate,
        /* less than a second gives no average */
        .average_rate = seconds >= 1 ? (uint64_t)((double)bytes * 8 / seconds) : bytes * 8,
        .bytes = bytes,
        .country = talker->country,
        .asn = talker->asn ? talker->asn : VALUE_UNKNOWN,
        .as_name = "",
    };
    engine_row_mirror(engine, talker->several ? SESSION_DIRECT : talker->session, &record->vni,
                      &record->mirror_source);
}

void engine_row_suspicion(const struct engine *engine, const struct scan *scan,
                          struct suspicion_record *record, char *detail, size_t size)
{
    unsigned long long seconds = (scan->last_ns - scan->started_ns) / 1000000000u;
    const char *least = scan->targets >= SCAN_TARGETS ? "at least " : "";

    if (scan->kind == SCAN_ADDRESSES)
        snprintf(detail, size, "%s%u hosts on port %u in %llu s", least, scan->targets, scan->port,
                 seconds);
    else
        snprintf(detail, size, "%s%u ports in %llu s", least, scan->targets, seconds);
    *record = (struct suspicion_record){
        .key = scan->serial,
        .kind = scan->kind == SCAN_ADDRESSES ? "address_scan" : "port_scan",
        .src_addr = scan->src,
        .dst_addr = scan->dst,
        .port = scan->kind == SCAN_ADDRESSES ? scan->port : VALUE_UNKNOWN,
        .detail = detail,
        .started_ns = scan->started_ns,
        .last_ns = scan->last_ns,
        .targets = scan->targets,
        .unanswered = scan->unanswered,
        .refused = scan->refused,
        .window_s = SCAN_WINDOW_S,
    };
    engine_row_mirror(engine, scan->session, &record->vni, &record->mirror_source);
}
