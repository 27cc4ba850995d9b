/* SPDX-License-Identifier: MIT */
#include "engine_rules.h"

#include <stdlib.h>
#include <string.h>

#include "engine_rules_maker.h"

/* ---- the flow table -------------------------------------------------------------------------- */

static enum filter_verdict verdict_of(const struct engine *engine, uint16_t outcome)
{
    return filter_outcome(engine->filter.program, outcome)->verdict;
}

/* To how many bytes the mirror cuts inner frames that this outcome lets through. */
static uint64_t cut_length(const struct rules_maker *maker, uint16_t outcome)
{
    const struct filter_outcome *what = filter_outcome(maker->engine->filter.program, outcome);
    const struct filter *filter = maker->filter;

    if (maker->engine->config.packet_length != 0)
        return maker->engine->config.packet_length;
    for (size_t i = 0; i < filter->count; i++) {
        if (filter->sessions[i].number == what->session || filter->count == 1)
            return filter->sessions[i].packet_length;
    }
    return VALUE_UNKNOWN;
}

/* Frames of so many inner bytes, as the mirror sends them. Sizes of single packets are not kept:
 * with a cut it is the most that it can be. */
static uint64_t mirrored_bytes(uint64_t packets, uint64_t bytes, uint64_t cut)
{
    uint64_t frames = bytes + packets * SNAPSHOT_ETHERNET;

    if (cut != VALUE_UNKNOWN && packets > 0 && frames / packets > cut)
        frames = packets * cut;
    return frames + packets * SNAPSHOT_OVERHEAD;
}

static inline void scan_class(struct engine *engine, const struct flow *flow, unsigned side,
                              unsigned class, uint64_t last_ns)
{
    struct engine_filter *filter = &engine->filter;
    struct engine_outcome_scan *scan = &filter->outcome_scans[filter->classes[class].outcome];

    if (last_ns > scan->last_ns)
        scan->last_ns = last_ns;
    if (!scan->example) {
        scan->example = (uint32_t)flow_index(&engine->flows, flow) + 1;
        scan->example_side = (uint8_t)side;
    }
}

/* When a side's later fragments came is not kept: its last packet stands for them. */
static void scan_side(struct engine *engine, struct flow_entry entry, unsigned side)
{
    uint64_t last_ns = flow_side(entry, side)->last_ns;

    scan_class(engine, entry.flow, side, flow_class(entry, side), last_ns);
    if (engine_flow_fragments(entry, side).packets > 0)
        scan_class(engine, entry.flow, side, entry_events(entry)->fragment_class[side], last_ns);
}

/* What other sessions say of what they bring of it. */
static void scan_arrivals(struct engine *engine, struct flow_entry entry)
{
    const struct flow_table *flows = &engine->flows;
    const struct flow_arrivals *arrivals = &flows->arrivals[flow_index(flows, entry.flow)];

    for (unsigned i = 0; i < 2 * (1 + FLOW_ALSO); i++) {
        const struct flow_arrival *of = &arrivals->of[i / 2][i % 2];
        uint64_t last_ns = flow_side(entry, i % 2)->last_ns;

        if (of->packets > of->fragment_packets)
            scan_class(engine, entry.flow, i % 2, of->class, last_ns);
        if (of->fragment_packets > 0)
            scan_class(engine, entry.flow, i % 2, of->fragment_class, last_ns);
    }
}

/* One direction is accepted, and the other one is not. */
static void scan_one_way(struct engine *engine, struct flow_entry entry)
{
    bool accepted[2];

    for (unsigned side = 0; side < 2; side++)
        accepted[side] =
            verdict_of(engine, engine_side_outcome(engine, entry, side)) == FILTER_ACCEPTED;
    for (unsigned side = 0; side < 2; side++) {
        struct engine_outcome_scan *scan =
            &engine->filter.outcome_scans[engine_side_outcome(engine, entry, side)];

        if (!accepted[side] || accepted[!side])
            continue;
        if (scan->one_way_flows++ == 0) {
            scan->mend = (uint32_t)flow_index(&engine->flows, entry.flow) + 1;
            scan->mend_side = (uint8_t)side;
        }
    }
}

/* Both sides of a flow that has a rest. */
static void scan_sides(struct engine *engine, struct flow *flow)
{
    struct flow_entry entry = flow_entry(&engine->flows, flow);

    scan_side(engine, entry, flow->first_side);
    if (flow_has_arrivals(&engine->flows, flow))
        scan_arrivals(engine, entry);
    if (!flow->has_reply)
        return;
    scan_side(engine, entry, !flow->first_side);
    if (flow->class != entry.reply->class)
        scan_one_way(engine, entry);
}

void engine_rules_scan_begin(struct engine *engine)
{
    size_t count = filter_outcome_count(engine->filter.program);

    memset(engine->filter.outcome_scans, 0, count * sizeof(struct engine_outcome_scan));
}

void engine_rules_scan_flows(struct engine *engine, struct flow *flow, size_t count)
{
    for (; count > 0; flow++, count--) {
        if (flow->first.packets == 0)
            continue;
        if (flow->rest)
            scan_sides(engine, flow);
        else /* the first side has sent one packet, and it was no fragment */
            scan_class(engine, flow, flow->first_side, flow->class, flow->first.last_ns);
    }
}

void engine_rules_scan_keep(struct engine *engine)
{
    engine->filter.scanned = engine->filter.generation;
}

static void scan_flows(struct engine *engine)
{
    enum { BLOCK = 32 };
    const struct flow_table *flows = &engine->flows;

    if (engine->finished && engine->filter.scanned == engine->filter.generation)
        return;
    engine_rules_scan_begin(engine);
    for (size_t at = 0; at < flows->high_water; at += BLOCK) {
        size_t left = flows->high_water - at, count = left < BLOCK ? left : BLOCK;

        for (size_t i = 0; i < count; i++) {
            __builtin_prefetch(&flows->flows[at + BLOCK + i]);
            flow_table_prefetch_rest(flows, &flows->flows[at + i]);
        }
        engine_rules_scan_flows(engine, &flows->flows[at], count);
    }
    if (engine->finished)
        engine_rules_scan_keep(engine);
}

/* ---- sums ------------------------------------------------------------------------------------ */

static void add(struct snapshot_sum *sum, const struct engine_bucket *bucket)
{
    sum->packets += bucket->packets;
    sum->bytes += bucket->bytes;
}

/* With second copies: all that was judged so where it came from. */
static struct engine_bucket brought(const struct engine_bucket *bucket)
{
    return (struct engine_bucket){
        .packets = bucket->packets + bucket->copies.packets,
        .bytes = bucket->bytes + bucket->copies.bytes,
        .packet_rate = bucket->packet_rate + bucket->copies.packet_rate,
        .bit_rate = bucket->bit_rate + bucket->copies.bit_rate,
    };
}

/* What the class is in the comparison with the baseline. */
static void compare(struct rules_maker *maker, const struct engine_class *class,
                    const struct engine_bucket *bucket)
{
    struct snapshot_filter *sums = &maker->rules->sums;
    struct engine_bucket all = brought(bucket);
    bool here = verdict_of(maker->engine, class->outcome) == FILTER_ACCEPTED;
    bool there;

    if (!maker->baseline || class->baseline == FILTER_ALL) {
        add(&sums->uncompared, bucket);
        return;
    }
    there =
        filter_outcome(maker->engine->filter.baseline, class->baseline)->verdict == FILTER_ACCEPTED;
    add(&maker->baseline[class->baseline], &all);
    if (there)
        add(&sums->baseline, bucket);
    if (here && !there)
        add(&sums->gained, bucket);
    if (there && !here)
        add(&sums->lost, bucket);
}

static void sum_classes(struct rules_maker *maker)
{
    const struct engine_filter *filter = &maker->engine->filter;
    struct snapshot_filter *sums = &maker->rules->sums;

    for (size_t i = 0; i < filter->class_count; i++) {
        const struct engine_bucket *bucket = &filter->buckets[i];
        const struct engine_class *class = &filter->classes[i];
        struct engine_bucket all = brought(bucket);
        uint64_t cut = cut_length(maker, class->outcome);

        engine_bucket_add(&maker->sums[class->outcome], &all);
        add(&maker->brought, &all);
        switch (verdict_of(maker->engine, class->outcome)) {
        case FILTER_ACCEPTED:
            add(&sums->accepted, bucket);
            add(&sums->mirrored, &all);
            maker->wire_bytes += mirrored_bytes(all.packets, all.bytes, cut);
            sums->projection.at_most |= cut != VALUE_UNKNOWN;
            break;
        case FILTER_REJECTED:
            add(&sums->rejected, bucket);
            break;
        case FILTER_UNCERTAIN:
            add(&sums->uncertain, bucket);
            break;
        }
        if (filter->baseline)
            compare(maker, class, bucket);
        add(&sums->all, bucket);
    }
    add(&sums->all, &filter->forgotten);
    add(&maker->brought, &filter->forgotten);
    add(&sums->uncertain, &filter->forgotten);
    add(&sums->forgotten, &filter->forgotten);
    if (filter->baseline)
        add(&sums->uncompared, &filter->forgotten);
}

static void project(struct rules_maker *maker)
{
    const struct engine *engine = maker->engine;
    const struct snapshot_input *input = &engine->input;
    const double month_s = 30 * 24 * 3600.0, gigabyte = 1e9;
    struct snapshot_projection *projection = &maker->rules->sums.projection;
    size_t sources = engine->sessions.sources ? engine->sessions.sources : 1; /* none: --direct */
    double session_hours = month_s / 3600 * (double)(sources * maker->filter->count);
    double bytes_s, cents = 0;

    projection->month_cents = VALUE_UNKNOWN;
    if (input->first_ns == VALUE_UNKNOWN || input->last_ns <= input->first_ns)
        return;
    projection->seconds = (double)(input->last_ns - input->first_ns) / 1e9;
    if (projection->seconds < 1)
        return;
    bytes_s = (double)maker->wire_bytes / projection->seconds;
    projection->packet_rate =
        (uint64_t)((double)maker->rules->sums.mirrored.packets / projection->seconds + 0.5);
    projection->bit_rate = (uint64_t)(bytes_s * 8 + 0.5);
    projection->month_bytes = (uint64_t)(bytes_s * month_s + 0.5);
    cents += bytes_s * month_s / gigabyte * engine->config.price_gb * 100;
    cents += session_hours * engine->config.price_session_hour * 100;
    if ((engine->config.price_gb > 0 || engine->config.price_session_hour > 0) && cents < 1e18)
        projection->month_cents = (uint64_t)(cents + 0.5);
}

bool engine_rules_make(struct engine *engine, struct engine_rules *rules)
{
    const struct engine_filter *filter = &engine->filter;
    struct rules_maker maker = {
        .engine = engine,
        .rules = rules,
        .scans = filter->outcome_scans,
    };
    size_t count = filter->program ? filter_outcome_count(filter->program) : 0;
    size_t there = filter->baseline ? filter_outcome_count(filter->baseline) : 0;
    bool good;

    *rules = (struct engine_rules){
        .sums = { .serial = filter->generation, .text = "", .warnings = "" },
    };
    if (!filter->program)
        return true;
    maker.filter = filter_program_filter(filter->program);
    maker.sums = aligned_alloc(_Alignof(struct engine_bucket), count * sizeof(*maker.sums));
    if (filter->baseline)
        maker.baseline = calloc(there, sizeof(*maker.baseline));
    rules->rows = calloc(count + there + 1, sizeof(*rules->rows));
    rules->texts = maker.texts = malloc((count + there + 2) * ROW_TEXT + 4 * RULE_TEXT);
    good = maker.sums && (!filter->baseline || maker.baseline) && rules->rows && rules->texts;
    if (good) {
        memset(maker.sums, 0, count * sizeof(*maker.sums));
        rules->sums.on = true;
        rules->sums.rejected_view = filter->view == VIEW_REJECTED;
        rules->sums.baseline_on = filter->baseline != NULL;
        scan_flows(engine);
        for (size_t i = 0; i < count; i++)
            rules->sums.one_way_flows += maker.scans[i].one_way_flows;
        sum_classes(&maker);
        project(&maker);
        engine_rules_rows(&maker);
        rules->text_bytes = maker.used + (6 * rules->count + 2) * 16; /* see take() */
    } else {
        engine_rules_free(rules);
    }
    free(maker.sums);
    free(maker.baseline);
    return good;
}

void engine_rules_free(struct engine_rules *rules)
{
    free(rules->rows);
    free(rules->texts);
}
