/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine_rules_maker.h"
#include "filter/write.h"

/* Room for a text of the given size at most; keep() keeps as much as was written. */
static char *room(struct rules_maker *maker)
{
    return maker->texts + maker->used;
}

static const char *keep(struct rules_maker *maker)
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

static const char *example(struct rules_maker *maker, const struct engine_outcome_scan *scan)
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

/* Descriptions are texts of their own: they would be escaped twice. */
static void rule_text(const struct filter_rule *rule, char out[RULE_TEXT])
{
    struct filter_rule bare = *rule;

    bare.description = NULL;
    filter_rule_text(&bare, out, RULE_TEXT);
}

/* What a rule matches: its short spelling without number, action, direction and description, which
 * are fields of their own. */
static const char *matches(struct rules_maker *maker, const struct filter_rule *rule)
{
    char text[RULE_TEXT];
    const char *from = text;

    rule_text(rule, text);
    for (int word = 0; word < 3; word++) {
        from += strcspn(from, " ");
        from += *from == ' ';
    }
    snprintf(room(maker), RULE_TEXT, "%s", from);
    return keep(maker);
}

/* The number nearest to `wanted`, but below `before` (0: no matter), that is not taken in the
 * direction; 0: there is none. */
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

/* The mirror image of the rule, before whatever rejects the answers of what it accepts: in the
 * session of that rule, as a later one may not be asked any more. */
static const char *mend(struct rules_maker *maker, const struct filter_outcome *outcome,
                        const struct engine_outcome_scan *scan)
{
    const struct engine *engine = maker->engine;
    const struct filter_outcome *other;
    struct filter_rule rule;
    struct flow_entry entry;
    uint32_t session;
    size_t used = 0;

    if (!scan->mend || !outcome->rule)
        return "";
    entry = flow_entry(&engine->flows, &engine->flows.flows[scan->mend - 1]);
    other = filter_outcome(engine->filter.program,
                           engine_side_outcome(engine, entry, !scan->mend_side));
    if (other->kind != OUTCOME_RULE && other->kind != OUTCOME_IMPLICIT)
        return ""; /* no rule would change it */
    filter_rule_mirrored(outcome->rule, &rule);
    session = other->rule ? other->session : outcome->session;
    rule.number = free_number(maker->filter, session, rule.direction, rule.number,
                              other->rule ? other->rule->number : 0);
    if (rule.number == 0)
        return "";
    if (session != outcome->session)
        used = (size_t)snprintf(room(maker), RULE_TEXT, "session %" PRIu32 "; ", session);
    filter_rule_text(&rule, room(maker) + used, RULE_TEXT - used);
    return keep(maker);
}

static const char *description(struct rules_maker *maker, const struct filter_outcome *outcome)
{
    if (!outcome->rule || !outcome->rule->description)
        return "";
    snprintf(room(maker), FILTER_DESCRIPTION, "%s", outcome->rule->description);
    return keep(maker);
}

static const char *note(struct rules_maker *maker, const struct filter_outcome *outcome,
                        const struct engine_bucket *sum)
{
    const struct filter_finding *finding;

    if (!outcome->rule)
        return "";
    finding = filter_findings_of(filter_program_findings(maker->engine->filter.program),
                                 outcome->session, outcome->direction, outcome->rule->number);
    if (!finding && sum->packets > 0)
        return "";
    snprintf(room(maker), NOTE_TEXT, "%s%s%s", finding ? finding->text : "",
             finding && sum->packets == 0 ? "; " : "", sum->packets == 0 ? "never matched" : "");
    return keep(maker);
}

static void put_difference(char *out, size_t size, uint64_t here, uint64_t there)
{
    char number[FORMAT_NUMBER];

    format_si(number, sizeof(number), here >= there ? here - there : there - here);
    snprintf(out, size, "%c%s", here >= there ? '+' : '-', number);
}

static const char *difference(struct rules_maker *maker, const struct rule_record *row)
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

static const char *kind_text(const struct rules_maker *maker, uint16_t number)
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
static void set_baseline(const struct rules_maker *maker, uint16_t number, struct rule_record *row)
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

static uint64_t share_of(const struct rules_maker *maker, uint64_t bytes)
{
    uint64_t all = maker->brought.bytes;

    return all ? (uint64_t)((double)bytes * 1000 / (double)all + 0.5) : 0;
}

static void add_row(struct rules_maker *maker, uint16_t number)
{
    const struct filter_outcome *outcome = filter_outcome(maker->engine->filter.program, number);
    const struct engine_bucket *sum = &maker->sums[number];
    const struct engine_outcome_scan *scan = &maker->scans[number];
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
    row->note = note(maker, outcome, sum);
    row->description = description(maker, outcome);
    set_baseline(maker, number, row);
    row->difference = difference(maker, row);
}

/* A rule that only the baseline has. */
static void add_gone(struct rules_maker *maker, uint16_t there)
{
    const struct filter_outcome *outcome = filter_outcome(maker->engine->filter.baseline, there);
    struct rule_record *row = &maker->rules->rows[maker->rules->count++];

    *row = (struct rule_record){
        .key = maker->rules->count,
        .session = outcome->session,
        .direction = filter_direction_name(outcome->direction),
        .number = outcome->rule->number,
        .action = action_text(outcome->verdict),
        .rule = matches(maker, outcome->rule),
        .last_ns = VALUE_UNKNOWN,
        .example = "",
        .mend = "",
        .note = "only in the baseline",
        .baseline_packets = maker->baseline[there].packets,
        .baseline_bytes = maker->baseline[there].bytes,
    };
    row->description = description(maker, outcome);
    row->difference = difference(maker, row);
}

/* Those of them that decide anything: without them the baseline's column would lack something. */
static void add_all_gone(struct rules_maker *maker)
{
    const struct filter_program *baseline = maker->engine->filter.baseline;
    size_t count = baseline ? filter_outcome_count(baseline) : 0;

    for (size_t i = FILTER_OUTCOME_RULES; i < count; i++) {
        const struct filter_outcome *outcome = filter_outcome(baseline, (uint16_t)i);

        if (maker->baseline[i].packets > 0 &&
            !filter_find_rule(maker->filter, outcome->session, outcome->direction,
                              outcome->rule->number))
            add_gone(maker, (uint16_t)i);
    }
}

static void add_forgotten(struct rules_maker *maker)
{
    const struct engine_bucket *forgotten = &maker->engine->filter.forgotten;
    struct rule_record *row;

    if (forgotten->packets == 0)
        return;
    row = &maker->rules->rows[maker->rules->count++];
    *row = (struct rule_record){
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
        .description = "",
    };
}

/* Rules as they stand, each direction's end behind the last session's; then what is no rule and has
 * decided anything, and what only the baseline has. */
static void add_rows(struct rules_maker *maker)
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
    for (size_t i = FILTER_NEVER; i < FILTER_IMPLICIT_INGRESS; i++) {
        if (maker->sums[i].packets > 0 || (maker->baseline && maker->baseline[i].packets > 0))
            add_row(maker, (uint16_t)i);
    }
    add_all_gone(maker);
    add_forgotten(maker);
}

/* Adds a piece to the line; false: there is room for no more. */
static bool add_piece(char *out, size_t *used, const char *piece)
{
    if (*used >= SUMMARY_TEXT) {
        snprintf(out + *used, 8, "; ...");
        return false;
    }
    *used += (size_t)snprintf(out + *used, RULE_TEXT + 2, "%s%s", *used > 0 ? "; " : "", piece);
    return true;
}

static bool add_session(const struct filter_session *session, bool alone, char *out, size_t *used)
{
    char text[RULE_TEXT];
    bool good = true;

    if (!alone) {
        snprintf(text, sizeof(text), "session %" PRIu32, session->number);
        good = add_piece(out, used, text);
    }
    if (good && session->amazon_dns)
        good = add_piece(out, used, "amazon-dns");
    for (size_t i = 0; i < session->count && good; i++) {
        rule_text(&session->rules[i], text);
        good = add_piece(out, used, text);
    }
    return good;
}

/* The filter in one line, cut when it is long. */
static const char *summary(struct rules_maker *maker)
{
    const struct filter *filter = maker->filter;
    bool alone = filter->count == 1 && filter->sessions[0].number == 1;
    char *out = room(maker);
    size_t used = 0;

    out[0] = '\0';
    for (size_t s = 0; s < filter->count; s++) {
        if (!add_session(&filter->sessions[s], alone, out, &used))
            break;
    }
    return keep(maker);
}

static const char *warnings(struct rules_maker *maker)
{
    const struct filter_findings *findings = filter_program_findings(maker->engine->filter.program);
    char *out = room(maker);
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < findings->count && used < SUMMARY_TEXT; i++) {
        char line[FINDING_LINE];

        filter_finding_line(&findings->list[i], line);
        used += (size_t)snprintf(out + used, FINDING_LINE + 1, "%s%s", used > 0 ? "\n" : "", line);
    }
    return keep(maker);
}

void engine_rules_rows(struct rules_maker *maker)
{
    maker->rules->sums.text = summary(maker);
    maker->rules->sums.warnings = warnings(maker);
    add_rows(maker);
}
