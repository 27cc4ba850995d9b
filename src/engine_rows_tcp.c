/* SPDX-License-Identifier: MIT */
#include "engine_state.h"

/* What was counted of a direction, and what of that can be known. */
struct told {
    struct tcp_counts counts;
    bool carried;    /* it was seen, and a header of it was */
    bool answered;   /* and its acknowledgments were */
    bool verifiable; /* and its handshake was */
    bool options;    /* answered, and no options were cut off */
    bool windows;    /* verifiable, with the scale of both sides' windows */
    bool numbered;   /* and its identifications count its own segments */
};

static void look_at(struct flow_entry entry, unsigned side, const struct row_shown *shown,
                    struct told *told)
{
    const uint64_t *n;

    engine_tcp_counts(entry, side, &told->counts);
    n = told->counts.n;
    told->carried = entry.flow->key.protocol == PROTO_TCP && shown->side[side] &&
                    flow_tcp_flags(entry.flow, side) != 0;
    told->answered = told->carried && n[TCP_COUNT_ANSWERED];
    told->verifiable = told->carried && n[TCP_COUNT_VERIFIABLE];
    told->options = told->carried && n[TCP_COUNT_WHOLE];
    told->windows = told->verifiable && told->options &&
                    entry.tcp->side[0].flags & entry.tcp->side[1].flags & FLOW_TCP_SCALE;
    told->numbered = told->verifiable && n[TCP_COUNT_NUMBERED];
}

static uint64_t rtt_value(const struct flow_table *flows, struct flow_entry entry, unsigned side,
                          unsigned percent)
{
    const struct flow_tcp_side *t = &entry.tcp->side[side];

    if (entry.flow->key.protocol != PROTO_TCP || t->rtt_samples == TCP_RTT_NONE)
        return VALUE_UNKNOWN;
    return percent ? tcp_rtt_quantile(flows, entry, side, percent) : t->rtt_least_us;
}

#define VALUE(told, known, id) ((told)->known ? (told)->counts.n[TCP_COUNT_##id] : VALUE_UNKNOWN)

static void row_direction(const struct flow_table *flows, struct flow_entry entry, unsigned side,
                          bool timed, const struct told *d, const struct told *other,
                          struct tcp_record *row)
{
    *row = (struct tcp_record){
        .retransmit_runs = VALUE(d, carried, RETRANSMIT_RUNS),
        .fast = VALUE(d, options, FAST),
        .timeout = VALUE(d, options, TIMEOUT),
        .tail_probes = VALUE(d, options, TAIL_PROBES),
        .spurious = VALUE(d, options, SPURIOUS),
        .syn_again = VALUE(d, carried, SYN_AGAIN),
        .fin_again = VALUE(d, carried, FIN_AGAIN),
        .lost_before_mirror = VALUE(d, answered, LOST_BEFORE_MIRROR),
        .inferred = VALUE(d, numbered, INFERRED),
        .late = VALUE(d, carried, LATE),
        .uncertain = VALUE(d, carried, UNCERTAIN),
        .mirror_loss_segments = VALUE(d, verifiable, MIRROR_LOSS_SEGMENTS),
        .window_full = VALUE(d, windows, WINDOW_FULL),
        /* sent by this side, of what the other one sent, which need not be shown */
        .duplicate_acks =
            other->counts.n[TCP_COUNT_WHOLE] ? VALUE(d, carried, DUPLICATE_ACKS) : VALUE_UNKNOWN,
        .keep_alives = VALUE(d, carried, KEEP_ALIVES),
        .zero_window_probes = VALUE(d, answered, ZERO_WINDOW_PROBES),
        .window_probes = VALUE(d, answered, WINDOW_PROBES),
        .rtt_min_us = timed ? rtt_value(flows, entry, side, 0) : VALUE_UNKNOWN,
        .rtt_median_us = timed ? rtt_value(flows, entry, side, 50) : VALUE_UNKNOWN,
        .rtt_p95_us = timed ? rtt_value(flows, entry, side, 95) : VALUE_UNKNOWN,
    };
}

/* The sum of those that are known; unknown when neither is. */
static uint64_t both(uint64_t a, uint64_t b)
{
    if (a == VALUE_UNKNOWN)
        return b;
    return b == VALUE_UNKNOWN ? a : a + b;
}

/* Retransmits of a side that are neither fast nor timeouts nor spurious. */
static uint64_t other_kinds(uint64_t retransmits, const struct tcp_record *side)
{
    if (retransmits == VALUE_UNKNOWN || side->fast == VALUE_UNKNOWN)
        return VALUE_UNKNOWN;
    return retransmits - side->fast - side->timeout - side->spurious;
}

/* Of what the sides have sent that sent any again: the other one's acknowledgments say nothing. */
static void row_shares(struct flow_record *record)
{
    bool src = record_has(record->src_retransmits), dst = record_has(record->dst_retransmits);
    bool all = !src && !dst;
    uint64_t packets = 0, bytes = 0;

    if (src || all) {
        packets += record->src_packets;
        bytes += record->src_bytes;
    }
    if (dst || all) {
        packets += record->dst_packets;
        bytes += record->dst_bytes;
    }
    record->retransmit_share = VALUE_UNKNOWN;
    record->retransmit_bytes_share = VALUE_UNKNOWN;
    if (record->retransmits == VALUE_UNKNOWN)
        return;
    record->retransmit_share = record_share(record->retransmits, packets);
    record->retransmit_bytes_share = record_share(record->retransmit_bytes, bytes);
}

static void row_both(struct flow_record *record)
{
    const struct tcp_record *s = &record->src_tcp, *d = &record->dst_tcp;

    record->retransmits = both(record->src_retransmits, record->dst_retransmits);
    record->retransmit_bytes = both(record->src_retransmit_bytes, record->dst_retransmit_bytes);
    record->retransmit_runs = both(s->retransmit_runs, d->retransmit_runs);
    record->fast = both(s->fast, d->fast);
    record->timeout = both(s->timeout, d->timeout);
    record->spurious = both(s->spurious, d->spurious);
    record->other_kinds =
        both(other_kinds(record->src_retransmits, s), other_kinds(record->dst_retransmits, d));
    record->lost_before_mirror = both(s->lost_before_mirror, d->lost_before_mirror);
    record->inferred = both(s->inferred, d->inferred);
    record->late = both(s->late, d->late);
    record->mirror_loss_bytes = both(record->src_mirror_loss_bytes, record->dst_mirror_loss_bytes);
    row_shares(record);
}

void engine_row_tcp(const struct flow_table *flows, struct flow_entry entry, unsigned src,
                    const struct row_shown *shown, struct flow_record *record)
{
    const struct flow *flow = entry.flow;
    unsigned dst = !src;
    bool timed = shown->side[0] && shown->side[1];
    uint64_t answer_us = timed ? entry.reply->answer_us : 0;
    struct told s, d;

    look_at(entry, src, shown, &s);
    look_at(entry, dst, shown, &d);
    record->src_tcp_flags = s.carried ? flow_tcp_flags(flow, src) : VALUE_UNKNOWN;
    record->dst_tcp_flags = d.carried ? flow_tcp_flags(flow, dst) : VALUE_UNKNOWN;
    record->src_retransmits = VALUE(&s, carried, RETRANSMITS);
    record->dst_retransmits = VALUE(&d, carried, RETRANSMITS);
    record->src_retransmit_bytes = VALUE(&s, carried, RETRANSMIT_BYTES);
    record->dst_retransmit_bytes = VALUE(&d, carried, RETRANSMIT_BYTES);
    record->src_out_of_order = VALUE(&s, carried, OUT_OF_ORDER);
    record->dst_out_of_order = VALUE(&d, carried, OUT_OF_ORDER);
    record->src_zero_windows = VALUE(&s, carried, ZERO_WINDOWS);
    record->dst_zero_windows = VALUE(&d, carried, ZERO_WINDOWS);
    record->src_mirror_loss_bytes = VALUE(&s, verifiable, MIRROR_LOSS_BYTES);
    record->dst_mirror_loss_bytes = VALUE(&d, verifiable, MIRROR_LOSS_BYTES);
    record->rtt_us = timed && entry.reply->rtt_us ? entry.reply->rtt_us - 1 : VALUE_UNKNOWN;
    record->answer_us = answer_us ? answer_us - 1 : VALUE_UNKNOWN;
    record->confirm_us =
        answer_us && record->rtt_us != VALUE_UNKNOWN && record->rtt_us >= record->answer_us
            ? record->rtt_us - record->answer_us
            : VALUE_UNKNOWN;
    row_direction(flows, entry, src, timed, &s, &d, &record->src_tcp);
    row_direction(flows, entry, dst, timed, &d, &s, &record->dst_tcp);
    row_both(record);
    record->events = 0;
    for (unsigned side = 0; side < 2 && flow_has(entry, FLOW_HAS_TROUBLE); side++)
        record->events += shown->side[side] ? entry_trouble(entry)->events[side] : 0;
}
