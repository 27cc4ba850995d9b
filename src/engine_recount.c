/* SPDX-License-Identifier: MIT */
/*
 * The filter changes, or a direction becomes known: everything in the flow table is judged again.
 *
 * What a side counted moves from one bucket to another, so nothing is lost and nothing counted
 * twice, whatever the table has forgotten.
 */
#include "engine_state.h"

#include <string.h>

enum recount_why {
    RECOUNT_FILTER,     /* from one filter to another */
    RECOUNT_BASELINE,   /* classes are pairs with another filter, or no pairs any more */
    RECOUNT_DIRECTIONS, /* sessions have learnt theirs */
};

struct recount {
    struct engine *engine;
    enum recount_why why;
    bool rtt_stale; /* the view's round trips have to be collected anew */
};

/* ---- buckets --------------------------------------------------------------------------------- */

/* What a side counted, to be taken from one bucket and put into another. A million of them move at
 * a time, so what most sides have nothing of is left out. */
struct side_counts {
    uint64_t packets, bytes, segments;
    uint64_t old_packets, old_bytes;
    uint64_t packet_rate, bit_rate;
    struct engine_copies copies;
    bool is_tcp, has_trouble; /* otherwise the counts of TCP are all 0, or all but `of_most` */
    struct tcp_counts tcp;
};

static const uint8_t of_most[] = { TCP_COUNT_ANSWERED, TCP_COUNT_VERIFIABLE, TCP_COUNT_NUMBERED,
                                   TCP_COUNT_WHOLE, TCP_COUNT_SYN_UNANSWERED };

/* What counts once is no copy: what the sessions brought is counted by itself. */
static void set_no_copies(struct side_counts *counts)
{
    counts->copies = (struct engine_copies){
        .packets = 0 - counts->packets,
        .bytes = 0 - counts->bytes,
        .old_packets = 0 - counts->old_packets,
        .old_bytes = 0 - counts->old_bytes,
    };
}

/* What a side counted, but for later fragments. */
static void side_counts(const struct engine *engine, struct flow_entry entry, unsigned side,
                        struct side_counts *counts)
{
    const struct flow_events *events = entry_events(entry);

    counts->is_tcp = entry.flow->key.protocol == PROTO_TCP;
    counts->has_trouble = flow_has(entry, FLOW_HAS_TROUBLE);
    counts->packets = flow_packets(entry, side);
    counts->bytes = flow_side(entry, side)->bytes;
    counts->segments = counts->is_tcp ? counts->packets : 0;
    counts->old_packets = counts->packets;
    counts->old_bytes = counts->bytes;
    counts->packet_rate = counts->bit_rate = 0;
    if (entry.flow->flags & FLOW_ACTIVE) {
        counts->old_packets = events->rolled_packets[side];
        counts->old_bytes = events->rolled_bytes[side];
    }
    if (counts->is_tcp)
        engine_tcp_counts(entry, side, &counts->tcp);
    if (entry.reply->has_events) {
        counts->packets -= events->fragment_packets[side];
        counts->bytes -= events->fragment_bytes[side];
        counts->old_packets -= events->fragment_packets[side];
        counts->old_bytes -= events->fragment_bytes[side];
        if (counts->is_tcp)
            counts->segments -= events->no_header[side];
    }
    counts->copies = (struct engine_copies){ .packets = 0 };
    if (flow_has_arrivals(&engine->flows, entry.flow))
        set_no_copies(counts);
}

/* How fast the side was in the last interval. */
static void side_rates(const struct engine *engine, const struct flow_events *events, unsigned side,
                       struct side_counts *counts)
{
    if (events->interval + 1 != engine->interval)
        return;
    counts->packet_rate = engine_interval_rate(events->interval_packets[side]);
    counts->bit_rate = engine_interval_rate((uint64_t)events->interval_bytes[side] * 8);
}

static void fragment_counts(const struct engine *engine, struct flow_entry entry, unsigned side,
                            struct side_counts *counts)
{
    struct talker_share fragments = engine_flow_fragments(entry, side);

    *counts = (struct side_counts){
        .packets = fragments.packets,
        .bytes = fragments.bytes,
        .old_packets = fragments.packets,
        .old_bytes = fragments.bytes,
    };
    if (flow_has_arrivals(&engine->flows, entry.flow))
        set_no_copies(counts);
}

/* Modulo 2^64: times 1 puts into the bucket, times -1 takes from it. */
static void book_tcp(struct engine_bucket *bucket, const struct side_counts *counts, uint64_t times)
{
    uint64_t lost;

    if (!counts->has_trouble) {
        for (size_t i = 0; i < sizeof(of_most); i++)
            bucket->tcp.n[of_most[i]] += times * counts->tcp.n[of_most[i]];
        return;
    }
    for (size_t i = 0; i < TCP_COUNT_COUNT; i++)
        bucket->tcp.n[i] += times * counts->tcp.n[i];
    lost = times * counts->tcp.n[TCP_COUNT_MIRROR_LOSS_BYTES];
    bucket->old_retransmits += times * counts->tcp.n[TCP_COUNT_RETRANSMITS];
    bucket->old_mirror_loss_bytes += lost;
    bucket->shown_mirror_loss_bytes += lost;
}

static void book(struct engine_bucket *bucket, const struct side_counts *counts, uint64_t times)
{
    bucket->packets += times * counts->packets;
    bucket->bytes += times * counts->bytes;
    bucket->segments += times * counts->segments;
    bucket->old_packets += times * counts->old_packets;
    bucket->old_bytes += times * counts->old_bytes;
    bucket->copies.packets += times * counts->copies.packets;
    bucket->copies.bytes += times * counts->copies.bytes;
    bucket->copies.old_packets += times * counts->copies.old_packets;
    bucket->copies.old_bytes += times * counts->copies.old_bytes;
    if (counts->is_tcp)
        book_tcp(bucket, counts, times);
}

static void take(struct engine_bucket *from, const struct side_counts *counts)
{
    book(from, counts, (uint64_t)-1);
}

static void put(struct engine_bucket *to, const struct side_counts *counts)
{
    book(to, counts, 1);
    to->packet_rate += counts->packet_rate;
    to->bit_rate += counts->bit_rate;
}

static void move(const struct recount *recount, unsigned old, unsigned class,
                 const struct side_counts *counts)
{
    struct engine_filter *filter = &recount->engine->filter;
    struct engine_bucket *from = &filter->forgotten;

    if (recount->why == RECOUNT_BASELINE)
        from = &filter->buckets[filter->classes[class].outcome];
    else if (recount->why == RECOUNT_DIRECTIONS)
        from = &filter->buckets[old];
    take(from, counts);
    put(&filter->buckets[class], counts);
}

void engine_filter_adopt(struct engine *engine, struct flow_entry into, struct flow_entry from,
                         unsigned side)
{
    struct engine_bucket *buckets = engine->filter.buckets;
    struct side_counts counts;

    side_counts(engine, from, side, &counts);
    take(&buckets[flow_class(from, side)], &counts);
    put(&buckets[flow_class(into, side)], &counts);
    if (!engine_flow_fragments(from, side).packets || !engine_flow_fragments(into, side).packets)
        return;
    fragment_counts(engine, from, side, &counts);
    take(&buckets[entry_events(from)->fragment_class[side]], &counts);
    put(&buckets[entry_events(into)->fragment_class[side]], &counts);
}

/* ---- flows ----------------------------------------------------------------------------------- */

static bool is_recent(const struct engine *engine, const struct flow *flow)
{
    return engine->config.rates && flow_is_used(flow) &&
           engine_flow_idle(flow, engine->now_ds) <= 2 * ENGINE_INTERVAL_DS;
}

static void recount_side(const struct recount *recount, struct flow_entry entry, unsigned side)
{
    struct engine *engine = recount->engine;
    unsigned old = flow_class(entry, side);
    unsigned class = engine_filter_class(engine, entry.flow, side, false);
    struct side_counts counts;

    side_counts(engine, entry, side, &counts);
    if (recount->why == RECOUNT_FILTER && is_recent(engine, entry.flow))
        side_rates(engine, entry_events(entry), side, &counts);
    move(recount, old, class, &counts);
    flow_set_class(entry, side, class);
    if (!engine_flow_fragments(entry, side).packets)
        return;
    old = entry_events(entry)->fragment_class[side];
    class = engine_filter_class(engine, entry.flow, side, true);
    fragment_counts(engine, entry, side, &counts);
    move(recount, old, class, &counts);
    entry_events(entry)->fragment_class[side] = (uint16_t) class;
}

static struct side_counts brought(uint64_t packets, uint64_t bytes)
{
    return (struct side_counts){
        .copies = { .packets = packets, .bytes = bytes, .old_packets = packets, .old_bytes = bytes }
    };
}

/* What a session has brought of a side. */
static void recount_arrival(const struct recount *recount, const struct flow *flow, unsigned side,
                            unsigned at)
{
    struct engine *engine = recount->engine;
    struct flow_arrivals *arrivals = &engine->flows.arrivals[flow_index(&engine->flows, flow)];
    struct flow_arrival *arrival = &arrivals->of[at][side];
    uint16_t session = flow_also_session(&engine->flows, flow, at);
    unsigned path = arrivals->path[at][side], class;
    struct side_counts counts = brought(arrival->packets - arrival->fragment_packets,
                                        arrival->bytes - arrival->fragment_bytes);

    class = engine_filter_class_in(engine, flow, side, session, path, false);
    move(recount, arrival->class, class, &counts);
    arrival->class = (uint16_t) class;
    class = engine_filter_class_in(engine, flow, side, session, path, true);
    counts = brought(arrival->fragment_packets, arrival->fragment_bytes);
    move(recount, arrival->fragment_class, class, &counts);
    arrival->fragment_class = (uint16_t) class;
}

static void recount_arrivals(const struct recount *recount, const struct flow *flow)
{
    const struct flow_also *also = flow_also(&recount->engine->flows, flow);

    for (unsigned at = 0; at <= also->count; at++) {
        for (unsigned side = 0; side < 2; side++) {
            if (flow_also_has_side(also, at, side))
                recount_arrival(recount, flow, side, at);
        }
    }
}

/* Whether the flow's round trip counts in view. */
static bool shows_rtt(const struct engine *engine, struct flow_entry entry)
{
    const bool *in_view = engine->filter.in_view;

    return entry.reply->rtt_us && in_view[flow_class(entry, 0)] && in_view[flow_class(entry, 1)];
}

static void recount_flow(struct recount *recount, struct flow *flow)
{
    struct engine *engine = recount->engine;
    struct flow_entry entry = flow_entry(&engine->flows, flow);
    bool showed = false;

    if (recount->why == RECOUNT_DIRECTIONS) {
        showed = shows_rtt(engine, entry);
        engine_view_take(engine, entry);
    } else if (recount->why == RECOUNT_FILTER) {
        flow->packed &= (uint16_t)~FLOW_IN_VIEW;
    }
    if (flow->first.packets > 0)
        recount_side(recount, entry, flow->first_side);
    if (flow->has_reply)
        recount_side(recount, entry, !flow->first_side);
    if (flow_has_arrivals(&engine->flows, flow))
        recount_arrivals(recount, flow);
    if (recount->why != RECOUNT_BASELINE)
        engine_view_put(engine, entry);
    if (recount->why == RECOUNT_FILTER) {
        if (flow->has_reply && shows_rtt(engine, entry))
            histogram_add(&engine->filter.rtt, entry.reply->rtt_us - 1);
        if (is_recent(engine, flow))
            engine_view_recent(engine, entry);
    }
    if (recount->why == RECOUNT_DIRECTIONS)
        recount->rtt_stale |= showed != shows_rtt(engine, entry);
}

static void collect_rtt(struct engine *engine)
{
    memset(&engine->filter.rtt, 0, sizeof(engine->filter.rtt));
    engine->filter.rtt_stale = false;
    for (size_t i = 0; i < engine->flows.high_water; i++) {
        struct flow *flow = &engine->flows.flows[i];
        struct flow_entry entry = flow_entry(&engine->flows, flow);

        if (flow->has_reply && shows_rtt(engine, entry))
            histogram_add(&engine->filter.rtt, entry.reply->rtt_us - 1);
    }
}

/* Asks for what the flows will want that come next: memory is slow, but answers many questions at a
 * time. Always inline: see flow_table_prefetch_flow(). */
static inline __attribute__((always_inline)) void look_ahead(const struct engine *engine, size_t i)
{
    enum { FAR = 24, NEAR = 12 };
    const struct flow_table *flows = &engine->flows;

    if (i + FAR >= flows->high_water)
        return;
    __builtin_prefetch(&flows->flows[i + FAR]);
    __builtin_prefetch(&flows->details[i + FAR]);
    flow_table_prefetch_rest(flows, &flows->flows[i + NEAR]);
    talker_view_prefetch(&engine->talkers, flows->details[i + NEAR].talker);
    if (is_recent(engine, &flows->flows[i + NEAR]))
        __builtin_prefetch(&flows->events[i + NEAR]);
}

/* Whether a session that brings the flow has learnt its directions. */
static bool is_to_rejudge(const struct engine *engine, const struct flow *flow)
{
    const bool *rejudge = engine->filter.rejudge;
    const struct flow_also *also;

    if (rejudge[flow->key.session] || !flow_has_arrivals(&engine->flows, flow))
        return rejudge[flow->key.session];
    also = flow_also(&engine->flows, flow);
    for (size_t i = 0; i < also->count; i++) {
        if (rejudge[also->session[i]])
            return true;
    }
    return false;
}

static void recount_flows(struct recount *recount)
{
    struct engine *engine = recount->engine;

    for (size_t i = 0; i < engine->flows.high_water; i++) {
        struct flow *flow = &engine->flows.flows[i];

        look_ahead(engine, i);
        if (recount->why != RECOUNT_DIRECTIONS || is_to_rejudge(engine, flow))
            recount_flow(recount, flow);
    }
    engine->filter.rtt_stale |= recount->rtt_stale;
}

void engine_filter_rejudge(struct engine *engine, struct flow *flow)
{
    struct recount recount = { .engine = engine, .why = RECOUNT_DIRECTIONS };

    recount_flow(&recount, flow);
    engine->filter.rtt_stale |= recount.rtt_stale;
}

/* ---- occasions ------------------------------------------------------------------------------- */

static void begin_view(struct engine *engine)
{
    engine_view_clear(engine);
    memset(&engine->filter.rtt, 0, sizeof(engine->filter.rtt));
    memset(&engine->filter.rtt_to, 0, sizeof(engine->filter.rtt_to));
    engine->filter.rtt_stale = false;
    engine->filter.history.count = 0;
    engine->filter.history_next = 0;
}

/* All buckets into one. */
static void gather(struct engine *engine, struct engine_bucket *into)
{
    struct engine_filter *filter = &engine->filter;
    struct engine_bucket sum = engine_filter_sum(engine, true);

    memset(filter->buckets, 0, filter->class_count * sizeof(*filter->buckets));
    filter->forgotten = (struct engine_bucket){ 0 };
    *into = sum;
}

/* Without a filter there is one class, and nothing is judged. */
static void remove_classes(struct engine *engine)
{
    for (size_t i = 0; i < engine->flows.high_water; i++) {
        struct flow_entry entry = flow_entry(&engine->flows, &engine->flows.flows[i]);

        entry.flow->class = 0;
        entry.flow->packed &= (uint16_t)~FLOW_IN_VIEW;
        if (entry.flow->rest)
            entry.reply->class = 0;
        if (entry.reply->has_events)
            memset(entry_events(entry)->fragment_class, 0,
                   sizeof(entry_events(entry)->fragment_class));
        if (flow_has_arrivals(&engine->flows, entry.flow))
            engine_copies_unjudge(engine, entry.flow);
    }
}

void engine_set_filter(struct engine *engine, struct filter_program *program)
{
    struct engine_filter *filter = &engine->filter;
    struct recount recount = { .engine = engine, .why = RECOUNT_FILTER };
    struct engine_bucket sum;

    if (!program && !filter->program)
        return;
    gather(engine, &sum);
    filter_program_free(filter->program);
    filter->program = program;
    engine_filter_make_classes(engine);
    begin_view(engine);
    engine->talkers.is_viewed = program != NULL;
    if (!program) {
        filter->buckets[0] = sum;
        remove_classes(engine);
        return;
    }
    filter->forgotten = sum;
    filter->forgotten.packet_rate = 0;
    filter->forgotten.bit_rate = 0;
    filter->forgotten.copies.packet_rate = 0;
    filter->forgotten.copies.bit_rate = 0;
    engine_filter_learn(engine);
    recount_flows(&recount);
    memset(filter->rejudge, 0, SESSION_LIMIT * sizeof(*filter->rejudge));
    filter->rejudge_any = false;
}

void engine_set_baseline(struct engine *engine, struct filter_program *program)
{
    struct engine_filter *filter = &engine->filter;
    struct recount recount = { .engine = engine, .why = RECOUNT_BASELINE };

    engine_filter_refresh(engine); /* sides then are of the class that they would be of now */
    filter_program_free(filter->baseline);
    filter->baseline = program;
    if (!filter->program)
        return;
    for (size_t i = filter_outcome_count(filter->program); i < filter->class_count; i++) {
        engine_bucket_add(&filter->buckets[filter->classes[i].outcome], &filter->buckets[i]);
        filter->buckets[i] = (struct engine_bucket){ 0 };
    }
    engine_filter_make_classes(engine);
    recount_flows(&recount);
}

void engine_set_view(struct engine *engine, enum engine_view view)
{
    struct engine_filter *filter = &engine->filter;

    if (filter->view == view)
        return;
    filter->view = view;
    if (!filter->program)
        return;
    engine_filter_show(engine);
    begin_view(engine);
    for (size_t i = 0; i < engine->flows.high_water; i++) {
        struct flow_entry entry = flow_entry(&engine->flows, &engine->flows.flows[i]);

        look_ahead(engine, i);
        entry.flow->packed &= (uint16_t)~FLOW_IN_VIEW;
        engine_view_put(engine, entry);
        if (entry.flow->has_reply && shows_rtt(engine, entry))
            histogram_add(&filter->rtt, entry.reply->rtt_us - 1);
        if (is_recent(engine, entry.flow))
            engine_view_recent(engine, entry);
    }
}

void engine_filter_refresh(struct engine *engine)
{
    struct engine_filter *filter = &engine->filter;
    struct recount recount = { .engine = engine, .why = RECOUNT_DIRECTIONS };

    if (!filter->program)
        return;
    engine_filter_learn(engine);
    if (filter->rejudge_any) {
        recount_flows(&recount);
        memset(filter->rejudge, 0, SESSION_LIMIT * sizeof(*filter->rejudge));
        filter->rejudge_any = false;
    }
    if (filter->rtt_stale)
        collect_rtt(engine);
}
