/* SPDX-License-Identifier: MIT */
#include "engine_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_state.h"
#include "filter/write.h"
#include "format.h"

enum {
    RULE_TEXT = 512,
    EXAMPLE_TEXT = 2 * FORMAT_ADDR + 32,
    DIFFERENCE_TEXT = 64,
    SUMMARY_TEXT = 400, /* of the whole filter */
    ROW_TEXT = 2 * RULE_TEXT + EXAMPLE_TEXT + DIFFERENCE_TEXT,
};

/* What the flow table says of an outcome. */
struct outcome_scan {
    uint64_t last_ns;
    uint32_t example, mend; /* index of a flow, plus 1 */
    uint8_t example_side, mend_side;
    uint64_t one_way_flows;
};

/* What makes the rows. */
struct maker {
    const struct engine *engine;
    const struct filter *filter;
    struct engine_rules *rules;
    struct outcome_scan *scans;    /* by outcome */
    struct engine_bucket *sums;    /* by outcome */
    struct snapshot_sum *baseline; /* by outcome of the baseline; NULL: there is none */
    char *texts;
    size_t used;
    struct snapshot_sum mirrored; /* accepted, by length on the wire */
};

/* ---- the flow table -------------------------------------------------------------------------- */

static uint16_t side_outcome(const struct engine *engine, struct flow_entry entry, unsigned side)
{
    return engine->filter.classes[flow_class(entry, side)].outcome;
}

static enum filter_verdict verdict_of(const struct engine *engine, uint16_t outcome)
{
    return filter_outcome(engine->filter.program, outcome)->verdict;
}

/* To how many bytes the mirror cuts inner frames that this outcome lets through. */
static uint64_t cut_length(const struct maker *maker, uint16_t outcome)
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

/* Frames of so many inner bytes, as the mirror sends them. Sizes of single packets are not kept: with
 * a cut it is the most that it can be. */
static uint64_t mirrored_bytes(uint64_t packets, uint64_t bytes, uint64_t cut)
{
    uint64_t frames = bytes + packets * SNAPSHOT_ETHERNET;

    if (cut != VALUE_UNKNOWN && packets > 0 && frames / packets > cut)
        frames = packets * cut;
    return frames + packets * SNAPSHOT_OVERHEAD;
}

static void scan_side(struct maker *maker, struct flow_entry entry, unsigned side)
{
    const struct engine *engine = maker->engine;
    uint16_t outcome = side_outcome(engine, entry, side);
    struct outcome_scan *scan = &maker->scans[outcome];
    const struct flow_side *s = flow_side(entry, side);

    if (s->last_ns > scan->last_ns)
        scan->last_ns = s->last_ns;
    if (!scan->example) {
        scan->example = (uint32_t)flow_index(&engine->flows, entry.flow) + 1;
        scan->example_side = (uint8_t)side;
    }
}

/* One direction is accepted, and the other one is not. */
static void scan_one_way(struct maker *maker, struct flow_entry entry)
{
    const struct engine *engine = maker->engine;
    bool accepted[2];

    for (unsigned side = 0; side < 2; side++)
        accepted[side] = verdict_of(engine, side_outcome(engine, entry, side)) == FILTER_ACCEPTED;
    for (unsigned side = 0; side < 2; side++) {
        struct outcome_scan *scan = &maker->scans[side_outcome(engine, entry, side)];

        if (!accepted[side] || accepted[!side])
            continue;
        maker->rules->sums.one_way_flows++;
        if (scan->one_way_flows++ == 0) {
            scan->mend = (uint32_t)flow_index(&engine->flows, entry.flow) + 1;
            scan->mend_side = (uint8_t)side;
        }
    }
}

static void scan_flows(struct maker *maker)
{
    enum { AHEAD = 12 };
    const struct flow_table *flows = &maker->engine->flows;

    for (size_t i = 0; i < flows->high_water; i++) {
        struct flow_entry entry = flow_entry(flows, &flows->flows[i]);

        if (i + AHEAD < flows->high_water)
            flow_table_prefetch_rest(flows, &flows->flows[i + AHEAD]);
        if (entry.flow->first.packets == 0)
            continue;
        scan_side(maker, entry, entry.flow->first_side);
        if (!entry.flow->has_reply)
            continue;
        scan_side(maker, entry, !entry.flow->first_side);
        scan_one_way(maker, entry);
    }
}

/* ---- sums ------------------------------------------------------------------------------------ */

static void add(struct snapshot_sum *sum, const struct engine_bucket *bucket)
{
    sum->packets += bucket->packets;
    sum->bytes += bucket->bytes;
}

/* What the class is in the comparison with the baseline. */
static void compare(struct maker *maker, const struct engine_class *class,
                    const struct engine_bucket *bucket)
{
    struct snapshot_filter *sums = &maker->rules->sums;
    bool here = verdict_of(maker->engine, class->outcome) == FILTER_ACCEPTED;
    bool there;

    if (class->baseline == FILTER_ALL) {
        add(&sums->uncompared, bucket);
        return;
    }
    there =
        filter_outcome(maker->engine->filter.baseline, class->baseline)->verdict == FILTER_ACCEPTED;
    add(&maker->baseline[class->baseline], bucket);
    if (there)
        add(&sums->baseline, bucket);
    if (here && !there)
        add(&sums->gained, bucket);
    if (there && !here)
        add(&sums->lost, bucket);
}

static void sum_classes(struct maker *maker)
{
    const struct engine_filter *filter = &maker->engine->filter;
    struct snapshot_filter *sums = &maker->rules->sums;

    for (size_t i = 0; i < filter->class_count; i++) {
        const struct engine_bucket *bucket = &filter->buckets[i];
        const struct engine_class *class = &filter->classes[i];

        engine_bucket_add(&maker->sums[class->outcome], bucket);
        switch (verdict_of(maker->engine, class->outcome)) {
        case FILTER_ACCEPTED:
            add(&sums->accepted, bucket);
            maker->mirrored.packets += bucket->packets;
            maker->mirrored.bytes +=
                mirrored_bytes(bucket->packets, bucket->bytes, cut_length(maker, class->outcome));
            sums->projection.at_most |= cut_length(maker, class->outcome) != VALUE_UNKNOWN;
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
    add(&sums->uncertain, &filter->forgotten);
    add(&sums->forgotten, &filter->forgotten);
    if (filter->baseline)
        add(&sums->uncompared, &filter->forgotten);
}

static void project(struct maker *maker)
{
    const struct engine *engine = maker->engine;
    const struct snapshot_input *input = &engine->input;
    const double month_s = 30 * 24 * 3600.0, gigabyte = 1e9;
    struct snapshot_projection *projection = &maker->rules->sums.projection;
    double bytes_s, cents = 0;

    projection->month_cents = VALUE_UNKNOWN;
    if (input->first_ns == VALUE_UNKNOWN || input->last_ns <= input->first_ns)
        return;
    projection->seconds = (double)(input->last_ns - input->first_ns) / 1e9;
    if (projection->seconds < 1)
        return;
    bytes_s = (double)maker->mirrored.bytes / projection->seconds;
    projection->packet_rate =
        (uint64_t)((double)maker->mirrored.packets / projection->seconds + 0.5);
    projection->bit_rate = (uint64_t)(bytes_s * 8 + 0.5);
    projection->month_bytes = (uint64_t)(bytes_s * month_s + 0.5);
    cents += bytes_s * month_s / gigabyte * engine->config.price_gb * 100;
    cents +=
        month_s / 3600 * (double)maker->filter->count * engine->config.price_session_hour * 100;
    if (cents > 0 && cents < 1e18)
        projection->month_cents = (uint64_t)(cents + 0.5);
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Room for a text of the given size at most; keep() keeps as much as was written. */
static char *room(struct maker *maker)
{
    return maker->texts + maker->used;
}

static const char *keep(struct maker *maker)
{
    char *text = room(maker);

    maker->used += strlen(text) + 1;
    return text;
}

static void put_end(char *out, size_t size, const struct engine *engine, const struct flow *flow,
                    unsigned side)
{
    char text[FORMAT_ADDR];
    struct ip_addr addr;

    flow_addr(&engine->flows, flow, side, &addr);
    format_addr(text, sizeof(text), &addr);
    if (!flow->key.has_ports)
        snprintf(out, size, "%s", text);
    else
        snprintf(out, size, addr.family == 6 ? "[%s]:%u" : "%s:%u", text, flow->key.port[side]);
}

static const char *example(struct maker *maker, const struct outcome_scan *scan)
{
    const struct engine *engine = maker->engine;
    const struct flow *flow = &engine->flows.flows[scan->example - 1];
    char protocol[8], src[FORMAT_ADDR + 12], dst[FORMAT_ADDR + 12];
    const char *name;

    if (!scan->example)
        return "";
    name = engine_row_protocol(flow, protocol);
    if (!engine_flow_has_addresses(flow)) {
        snprintf(room(maker), EXAMPLE_TEXT, "%s", name);
        return keep(maker);
    }
    put_end(src, sizeof(src), engine, flow, scan->example_side);
    put_end(dst, sizeof(dst), engine, flow, !scan->example_side);
    snprintf(room(maker), EXAMPLE_TEXT, "%s %s > %s", name, src, dst);
    return keep(maker);
}

/* What a rule matches: its short spelling without number, action and direction, which are fields of
 * their own. */
static const char *matches(struct maker *maker, const struct filter_rule *rule)
{
    char text[RULE_TEXT];
    const char *from = text;

    filter_rule_text(rule, text, sizeof(text));
    for (int word = 0; word < 3; word++) {
        from += strcspn(from, " ");
        from += *from == ' ';
    }
    snprintf(room(maker), RULE_TEXT, "%s", from);
    return keep(maker);
}

/* The number nearest to `wanted`, but below `before` (0: no matter), that the direction has not taken
 * yet; 0: there is none. */
static uint32_t free_number(const struct filter *filter, uint32_t session, enum direction direction,
                            uint32_t wanted, uint32_t before)
{
    uint32_t top = before ? before - 1 : FILTER_NUMBER_MAX;
    uint32_t number = wanted < top ? wanted : top;

    for (uint32_t down = number; down > 0; down--) {
        if (!filter_find_rule(filter, session, direction, down))
            return down;
    }
    for (uint32_t up = number + 1; up <= top; up++) {
        if (!filter_find_rule(filter, session, direction, up))
            return up;
    }
    return 0;
}

/* The mirror image of the rule, before whatever rejects the answers of what it accepts. */
static const char *mend(struct maker *maker, const struct filter_outcome *outcome,
                        const struct outcome_scan *scan)
{
    const struct engine *engine = maker->engine;
    const struct filter_outcome *other;
    struct filter_rule rule;
    struct flow_entry entry;

    if (!scan->mend || !outcome->rule)
        return "";
    entry = flow_entry(&engine->flows, &engine->flows.flows[scan->mend - 1]);
    other = filter_outcome(engine->filter.program, side_outcome(engine, entry, !scan->mend_side));
    if (other->kind != OUTCOME_RULE && other->kind != OUTCOME_IMPLICIT)
        return ""; /* no rule would change it */
    rule = (struct filter_rule){
        .number = outcome->rule->number,
        .direction = outcome->direction == DIRECTION_INGRESS ? DIRECTION_EGRESS : DIRECTION_INGRESS,
        .accept = true,
        .protocol = outcome->rule->protocol,
        .src = outcome->rule->dst,
        .dst = outcome->rule->src,
        .src_ports = outcome->rule->dst_ports,
        .dst_ports = outcome->rule->src_ports,
    };
    rule.number =
        free_number(maker->filter, outcome->session, rule.direction, rule.number,
                    other->rule && other->session == outcome->session ? other->rule->number : 0);
    if (rule.number == 0)
        return "";
    filter_rule_text(&rule, room(maker), RULE_TEXT);
    return keep(maker);
}

static void put_difference(char *out, size_t size, uint64_t here, uint64_t there)
{
    char number[FORMAT_NUMBER];

    format_si(number, sizeof(number), here >= there ? here - there : there - here);
    snprintf(out, size, "%c%s", here >= there ? '+' : '-', number);
}

static const char *difference(struct maker *maker, const struct rule_record *row)
{
    char packets[FORMAT_NUMBER + 1], bytes[FORMAT_NUMBER + 1];

    if (row->baseline_packets == VALUE_UNKNOWN)
        return "";
    put_difference(packets, sizeof(packets), row->packets, row->baseline_packets);
    put_difference(bytes, sizeof(bytes), row->bytes, row->baseline_bytes);
    snprintf(room(maker), DIFFERENCE_TEXT, "%s packets %s bytes", packets, bytes);
    return keep(maker);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static const char *kind_text(const struct maker *maker, uint16_t number)
{
    switch (filter_outcome(maker->engine->filter.program, number)->kind) {
    case OUTCOME_IMPLICIT:
        return "implicit reject";
    case OUTCOME_NEVER:
        return "never mirrored";
    case OUTCOME_AMAZON_DNS:
        return "Amazon DNS";
    case OUTCOME_EITHER_ACCEPTED:
    case OUTCOME_EITHER_REJECTED:
        return "not known which rule, but all agree";
    case OUTCOME_NO_DIRECTION:
        return "direction unknown";
    case OUTCOME_UNDOCUMENTED:
        return "not documented";
    default:
        return "";
    }
}

static const char *action_text(enum filter_verdict verdict)
{
    return verdict == FILTER_ACCEPTED   ? "accept"
           : verdict == FILTER_REJECTED ? "reject"
                                        : "uncertain";
}

/* The baseline's outcome of the same name: its number, or 0. */
static uint16_t baseline_outcome(const struct filter_program *baseline,
                                 const struct filter_outcome *here, uint16_t number)
{
    const struct filter *filter = filter_program_filter(baseline);
    size_t rules = FILTER_OUTCOME_RULES;
    const struct filter_rule *rule;

    if (!here->rule)
        return number;
    rule = filter_find_rule(filter, here->session, here->direction, here->rule->number);
    for (size_t i = 0; rule && i < filter->count; i++) {
        if (filter->sessions[i].number == here->session)
            return (uint16_t)(rules + (size_t)(rule - filter->sessions[i].rules));
        rules += filter->sessions[i].count;
    }
    return FILTER_ALL;
}

/* What that decided. */
static void set_baseline(const struct maker *maker, uint16_t number, struct rule_record *row)
{
    const struct filter_program *baseline = maker->engine->filter.baseline;
    uint16_t there;

    if (!baseline)
        return;
    there =
        baseline_outcome(baseline, filter_outcome(maker->engine->filter.program, number), number);
    row->baseline_packets = there ? maker->baseline[there].packets : 0;
    row->baseline_bytes = there ? maker->baseline[there].bytes : 0;
}

static uint64_t share_of(const struct maker *maker, uint64_t bytes)
{
    uint64_t all = maker->rules->sums.all.bytes;

    return all ? (uint64_t)((double)bytes * 1000 / (double)all + 0.5) : 0;
}

static void add_row(struct maker *maker, uint16_t number)
{
    const struct filter_outcome *outcome = filter_outcome(maker->engine->filter.program, number);
    const struct engine_bucket *sum = &maker->sums[number];
    const struct outcome_scan *scan = &maker->scans[number];
    struct rule_record *row = &maker->rules->rows[maker->rules->count++];

    *row = (struct rule_record){
        .key = maker->rules->count,
        .session = outcome->rule ? outcome->session : VALUE_UNKNOWN,
        .direction = outcome->direction == DIRECTION_UNKNOWN
                         ? ""
                         : filter_direction_name(outcome->direction),
        .number = outcome->rule ? outcome->rule->number : VALUE_UNKNOWN,
        .action = action_text(outcome->verdict),
        .packets = sum->packets,
        .bytes = sum->bytes,
        .share = share_of(maker, sum->bytes),
        .packet_rate = sum->packet_rate,
        .bit_rate = sum->bit_rate,
        .last_ns = scan->example ? scan->last_ns : VALUE_UNKNOWN,
        .one_way_flows = scan->one_way_flows,
        .baseline_packets = VALUE_UNKNOWN,
        .baseline_bytes = VALUE_UNKNOWN,
    };
    row->rule = outcome->rule ? matches(maker, outcome->rule) : kind_text(maker, number);
    row->example = example(maker, scan);
    row->mend = mend(maker, outcome, scan);
    row->note = outcome->rule && sum->packets == 0 ? "never matched" : "";
    set_baseline(maker, number, row);
    row->difference = difference(maker, row);
}

static void add_forgotten(struct maker *maker)
{
    const struct engine_bucket *forgotten = &maker->engine->filter.forgotten;

    if (forgotten->packets == 0)
        return;
    maker->rules->rows[maker->rules->count++] = (struct rule_record){
        .key = maker->rules->count,
        .session = VALUE_UNKNOWN,
        .direction = "",
        .number = VALUE_UNKNOWN,
        .action = "uncertain",
        .rule = "too old to judge",
        .packets = forgotten->packets,
        .bytes = forgotten->bytes,
        .share = share_of(maker, forgotten->bytes),
        .last_ns = VALUE_UNKNOWN,
        .example = "",
        .mend = "",
        .note = "",
        .baseline_packets = VALUE_UNKNOWN,
        .baseline_bytes = VALUE_UNKNOWN,
        .difference = "",
    };
}

/* Rules as they stand, each direction's end behind the last session's; then what is no rule and has
 * decided anything. */
static void add_rows(struct maker *maker)
{
    const struct filter_program *program = maker->engine->filter.program;
    size_t count = filter_outcome_count(program), last = 0;
    bool ingress_ended = false;

    for (size_t i = FILTER_OUTCOME_RULES; i < count; i++)
        last = filter_outcome(program, (uint16_t)i)->session;
    for (size_t i = FILTER_OUTCOME_RULES; i < count; i++) {
        const struct filter_outcome *outcome = filter_outcome(program, (uint16_t)i);

        if (!ingress_ended && outcome->session == last && outcome->direction == DIRECTION_EGRESS) {
            add_row(maker, FILTER_IMPLICIT_INGRESS);
            ingress_ended = true;
        }
        add_row(maker, (uint16_t)i);
    }
    if (!ingress_ended)
        add_row(maker, FILTER_IMPLICIT_INGRESS);
    add_row(maker, FILTER_IMPLICIT_EGRESS);
    for (uint16_t i = FILTER_NEVER; i < FILTER_IMPLICIT_INGRESS; i++) {
        if (maker->sums[i].packets > 0)
            add_row(maker, i);
    }
    add_forgotten(maker);
}

/* The filter in one line. */
static const char *summary(struct maker *maker)
{
    char *out = room(maker);
    size_t used = 0;

    out[0] = '\0';
    for (size_t s = 0; s < maker->filter->count; s++) {
        const struct filter_session *session = &maker->filter->sessions[s];

        for (size_t i = 0; i < session->count; i++) {
            char text[RULE_TEXT];

            if (used >= SUMMARY_TEXT) {
                snprintf(out + used, 8, "; ...");
                return keep(maker);
            }
            filter_rule_text(&session->rules[i], text, sizeof(text));
            used += (size_t)snprintf(out + used, RULE_TEXT + 2, "%s%s", used > 0 ? "; " : "", text);
        }
    }
    return keep(maker);
}

bool engine_rules_make(const struct engine *engine, struct engine_rules *rules)
{
    const struct engine_filter *filter = &engine->filter;
    struct maker maker = { .engine = engine, .rules = rules };
    size_t count = filter->program ? filter_outcome_count(filter->program) : 0;
    bool good;

    *rules = (struct engine_rules){ .sums = { .text = "", .warnings = "" } };
    if (!filter->program)
        return true;
    maker.filter = filter_program_filter(filter->program);
    maker.scans = calloc(count, sizeof(*maker.scans));
    maker.sums = aligned_alloc(_Alignof(struct engine_bucket), count * sizeof(*maker.sums));
    if (filter->baseline)
        maker.baseline = calloc(filter_outcome_count(filter->baseline), sizeof(*maker.baseline));
    rules->rows = calloc(count + 1, sizeof(*rules->rows));
    rules->texts = maker.texts = malloc((count + 2) * ROW_TEXT + 4 * RULE_TEXT);
    good = maker.scans && maker.sums && (!filter->baseline || maker.baseline) && rules->rows &&
           rules->texts;
    if (good) {
        memset(maker.sums, 0, count * sizeof(*maker.sums));
        rules->sums.on = true;
        rules->sums.rejected_view = filter->view == VIEW_REJECTED;
        rules->sums.baseline_on = filter->baseline != NULL;
        scan_flows(&maker);
        sum_classes(&maker);
        project(&maker);
        rules->sums.text = summary(&maker);
        add_rows(&maker);
        rules->text_bytes = maker.used + (5 * rules->count + 2) * 16; /* see take() */
    } else {
        engine_rules_free(rules);
    }
    free(maker.scans);
    free(maker.sums);
    free(maker.baseline);
    return good;
}

void engine_rules_free(struct engine_rules *rules)
{
    free(rules->rows);
    free(rules->texts);
}
