/* SPDX-License-Identifier: MIT */
#include "examine.h"

#include "../record.h"
#include "cover.h"
#include "exempt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RULE_STEPS = 2000000, /* meetings of a piece with a rule, for one question */
    ALL_STEPS = 60000000, /* and for all of one kind: some 0.2 s */
    QUESTION_BOXES = 3,
    FINDINGS_A_RULE = 4,
    FINDINGS_A_SESSION = 4,
    PACKET_LENGTH_MAX = 8500,
    PACKET_LENGTH_MIN_V4 = 35,
    PACKET_LENGTH_MIN_V6 = 55,
    VNI_MAX = 0xffffff,
};

/* Rules stand in the order in which sessions and rules are looked at, ingress and egress apart. */
struct examined {
    const struct filter_rule *rule;
    uint32_t session;
    struct box box;
    bool left_out;                 /* matches nothing, or does nothing as was found */
    enum filter_finding_kind kind; /* if `found` */
    bool found;
    struct filter_rule_name names[FINDING_RULES];
    size_t name_count;
};

struct examination {
    const struct filter *filter;
    struct examined *rules;
    size_t count;
    struct cover cover;
    struct filter_findings *findings;
};

/* ---- rules that do nothing ---- */

static bool asks_for_ports(const struct filter_rule *rule)
{
    return rule->src_ports.given || rule->dst_ports.given;
}

static bool has_two_families(const struct filter_rule *rule)
{
    return rule->src.addr.family != rule->dst.addr.family;
}

/*
 * What the rule takes for certain: packets without ports, if it asks for none, and TCP and UDP with
 * both ports. Nothing else is in the boxes, since other rules may treat what there is not
 * differently.
 */
static size_t boxes_in_question(const struct examined *rule, struct box boxes[QUESTION_BOXES])
{
    static const filter_value with_ports[] = { PROTO_TCP, PROTO_UDP };
    size_t count = 0;

    if (!asks_for_ports(rule->rule)) {
        boxes[count] = rule->box;
        boxes[count].to[BOX_SRC_PORT] = boxes[count].to[BOX_DST_PORT] = 0;
        count++;
    }
    for (size_t i = 0; i < 2; i++) {
        struct box *box = &boxes[count];

        if (with_ports[i] < rule->box.from[BOX_PROTOCOL] ||
            with_ports[i] > rule->box.to[BOX_PROTOCOL])
            continue;
        *box = rule->box;
        box->from[BOX_PROTOCOL] = box->to[BOX_PROTOCOL] = with_ports[i];
        for (size_t d = BOX_SRC_PORT; d <= BOX_DST_PORT; d++)
            if (box->from[d] == 0)
                box->from[d] = 1;
        count++;
    }
    return count;
}

/* Whether packets that meet rule `i` can meet rule `k` too. */
static bool is_part(const struct examination *ex, size_t i, size_t k)
{
    const struct examined *own = &ex->rules[i], *other = &ex->rules[k];

    return k != i && (!other->left_out || other->found) &&
           other->rule->direction == own->rule->direction &&
           other->rule->src.addr.family == own->rule->src.addr.family;
}

static void add_part(struct examination *ex, size_t k, enum cover_effect effect)
{
    if (ex->rules[k].left_out) {
        /* named already, so it may be taken away or not: it spoils, but it helps nobody */
        if (effect == PART_COVERS)
            return;
        effect = effect == PART_JUMPS ? PART_MAY_JUMP : effect;
    }
    ex->cover.parts[ex->cover.count++] = (struct cover_part){
        .box = &ex->rules[k].box,
        .effect = effect,
        .rule = (uint32_t)k,
    };
}

/* What becomes at rule k of a packet that rule i would take. */
static enum cover_effect effect_of(const struct examination *ex, size_t i, size_t k)
{
    const struct examined *own = &ex->rules[i], *other = &ex->rules[k];

    if (ex->filter->reading == FILTER_REJECT_GOES_ON && other->session != own->session)
        return other->rule->accept ? PART_COVERS : PART_JUMPS;
    if (k < i || other->rule->accept == own->rule->accept)
        return PART_COVERS;
    return PART_FAILS;
}

/*
 * The rules that a packet meets, session after session: up to rule i (is it ever asked?), or all
 * but i (does it take anybody else to decide the same?). When rejected packets go on, what another
 * session accepts is accepted whatever rule i says, and its rejects lead to the next session's
 * rules; the own session comes last, since its end decides.
 */
static void collect_parts(struct examination *ex, size_t i, bool all)
{
    struct cover *cover = &ex->cover;
    uint32_t own = ex->rules[i].session;
    bool own_last = ex->filter->reading == FILTER_REJECT_GOES_ON;

    cover->count = 0;
    for (size_t s = 0; s <= ex->filter->count; s++) {
        bool last = s == ex->filter->count;
        size_t first = cover->count;

        if (last && !own_last)
            break;
        for (size_t k = 0; k < (all ? ex->count : i); k++) {
            uint32_t session = ex->rules[k].session;
            bool here =
                last ? session == own
                     : session == ex->filter->sessions[s].number && (session != own || !own_last);

            if (here && is_part(ex, i, k))
                add_part(ex, k, effect_of(ex, i, k));
        }
        for (size_t p = first; p < cover->count; p++)
            cover->parts[p].next = (uint32_t)cover->count;
    }
}

static enum cover_result check_boxes(struct examination *ex, const struct box *boxes, size_t count)
{
    enum cover_result result = COVER_ALL;

    ex->cover.steps = RULE_STEPS;
    for (size_t b = 0; b < count && result != COVER_NOT_ALL; b++) {
        enum cover_result one = cover_check(&ex->cover, &boxes[b]);

        if (one != COVER_ALL)
            result = one;
    }
    return result;
}

static void name_rule(struct examination *ex, struct examined *rule, uint32_t k)
{
    if (rule->name_count < FINDING_RULES)
        rule->names[rule->name_count] = (struct filter_rule_name){
            .session = ex->rules[k].session,
            .number = ex->rules[k].rule->number,
        };
    rule->name_count++;
}

/* A rule that takes it all by itself: looked for first, since it spares the cutting. */
static bool find_single_shadow(struct examination *ex, struct examined *rule)
{
    const struct cover *cover = &ex->cover;

    for (size_t p = 0; p < cover->count; p++) {
        if (cover->parts[p].effect != PART_COVERS)
            return false;
        if (box_contains(cover->parts[p].box, &rule->box)) {
            name_rule(ex, rule, cover->parts[p].rule);
            return true;
        }
    }
    return false;
}

/* As few rules as leaving out one after the other brings; where rejects lead to other rules, all
 * that had a part in it. */
static void name_shadows(struct examination *ex, struct examined *rule, const struct box *boxes,
                         size_t count)
{
    struct cover *cover = &ex->cover;
    bool jumps = false;

    for (size_t p = 0; p < cover->count; p++)
        jumps |= cover->parts[p].effect == PART_JUMPS;
    for (size_t p = 0; p < cover->count; p++)
        cover->parts[p].off = !jumps && !cover->parts[p].used;
    for (size_t p = 0; p < cover->count; p++) {
        struct cover_part *part = &cover->parts[p];

        if (!part->used)
            continue;
        part->off = !jumps;
        if (!jumps && check_boxes(ex, boxes, count) == COVER_ALL)
            continue;
        part->off = false;
        name_rule(ex, rule, part->rule);
    }
}

/* Behind the last rule that decides otherwise all decide the same, as the end does. */
static void trim_parts(struct cover *cover)
{
    while (cover->end_covers && cover->count > 0 &&
           cover->parts[cover->count - 1].effect == PART_COVERS)
        cover->count--;
}

/* The rules behind it that decide the same. */
static void name_redundancy(struct examination *ex, struct examined *rule, size_t i)
{
    for (size_t p = 0; p < ex->cover.count; p++)
        if (ex->cover.parts[p].used && ex->cover.parts[p].rule > i)
            name_rule(ex, rule, ex->cover.parts[p].rule);
}

/* Whether rule `i` is shadowed, or redundant. One that is missed is not shadowed either, even if
 * that was left open. */
static void find(struct examination *ex, size_t i, enum filter_finding_kind kind)
{
    struct examined *rule = &ex->rules[i];
    struct box boxes[QUESTION_BOXES];
    size_t count = boxes_in_question(rule, boxes);
    bool shadow = kind == FINDING_SHADOWED, single;
    enum cover_result result;

    if (rule->left_out || count == 0)
        return;
    collect_parts(ex, i, !shadow);
    ex->cover.end_covers = !shadow && !rule->rule->accept;
    trim_parts(&ex->cover);
    single = shadow && find_single_shadow(ex, rule);
    result = single ? COVER_ALL : check_boxes(ex, boxes, count);
    rule->found = result != COVER_NOT_ALL;
    rule->left_out = result == COVER_ALL;
    rule->kind = rule->left_out ? kind : FINDING_NOT_DETERMINED;
    if (rule->left_out && shadow && !single)
        name_shadows(ex, rule, boxes, count);
    else if (rule->left_out && !shadow)
        name_redundancy(ex, rule, i);
}

/* ---- findings ---- */

static struct filter_finding *add_finding(struct examination *ex, enum filter_finding_kind kind,
                                          uint32_t session, const struct filter_rule *rule)
{
    struct filter_finding *finding = &ex->findings->list[ex->findings->count++];

    *finding = (struct filter_finding){
        .kind = kind,
        .session = session,
        .direction = rule ? rule->direction : DIRECTION_UNKNOWN,
        .number = rule ? rule->number : 0,
    };
    return finding;
}

static void append(struct filter_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(struct filter_finding *finding, const char *format, ...)
{
    size_t length = strlen(finding->text);
    va_list args;

    va_start(args, format);
    vsnprintf(finding->text + length, sizeof(finding->text) - length, format, args);
    va_end(args);
}

static void append_names(struct filter_finding *finding)
{
    for (size_t i = 0; i < finding->rule_count && i < FINDING_RULES; i++) {
        append(finding, "%s%u", i > 0 ? ", " : "", finding->rules[i].number);
        if (finding->rules[i].session != finding->session)
            append(finding, " of session %u", finding->rules[i].session);
    }
    if (finding->rule_count > FINDING_RULES)
        append(finding, " and %zu more", finding->rule_count - FINDING_RULES);
}

static void add_found(struct examination *ex, const struct examined *rule)
{
    struct filter_finding *finding = add_finding(ex, rule->kind, rule->session, rule->rule);

    memcpy(finding->rules, rule->names, sizeof(finding->rules));
    finding->rule_count = rule->name_count;
    if (rule->kind == FINDING_NOT_DETERMINED) {
        append(finding, "too many overlaps to say whether it is shadowed or redundant");
    } else if (rule->kind == FINDING_SHADOWED) {
        append(finding, "shadowed by ");
        append_names(finding);
    } else if (rule->name_count == 0) {
        append(finding, "redundant: the end of the list rejects the same");
    } else {
        append(finding, "redundant: ");
        append_names(finding);
        append(finding, rule->name_count == 1 ? " does the same" : " do the same");
    }
}

static void examine_session(struct examination *ex, const struct filter_session *session)
{
    uint64_t length = session->packet_length;

    if (session->count > FILTER_AWS_RULES)
        append(
            add_finding(ex, FINDING_RULE_COUNT, session->number, &session->rules[FILTER_AWS_RULES]),
            "the %dth of %zu rules: AWS takes %d in a filter", FILTER_AWS_RULES + 1, session->count,
            FILTER_AWS_RULES);
    if (length != VALUE_UNKNOWN && (length < 1 || length > PACKET_LENGTH_MAX))
        append(add_finding(ex, FINDING_PACKET_LENGTH, session->number, NULL),
               "packet length %llu: AWS takes 1 to %d", (unsigned long long)length,
               PACKET_LENGTH_MAX);
    else if (length < PACKET_LENGTH_MIN_V6)
        append(add_finding(ex, FINDING_PACKET_LENGTH, session->number, NULL),
               "packet length %llu: the least is %d for IPv4, %d for IPv6",
               (unsigned long long)length, PACKET_LENGTH_MIN_V4, PACKET_LENGTH_MIN_V6);
    if (session->count == 0 && !session->amazon_dns)
        append(add_finding(ex, FINDING_EMPTY, session->number, NULL), "%s: nothing is mirrored",
               session->awaited ? "nothing is known of its filter but the id" : "no rules");
    if (session->vni != VALUE_UNKNOWN && session->vni > VNI_MAX)
        append(add_finding(ex, FINDING_VNI, session->number, NULL), "VNI %llu: AWS takes 0 to %d",
               (unsigned long long)session->vni, VNI_MAX);
}

static void examine_rule(struct examination *ex, const struct examined *examined)
{
    const struct filter_rule *rule = examined->rule;

    if (has_two_families(rule))
        append(add_finding(ex, FINDING_FAMILIES, examined->session, rule),
               "source and destination must both be IPv4 or both IPv6: it matches nothing");
    if (asks_for_ports(rule) && rule->protocol != PROTO_TCP && rule->protocol != PROTO_UDP)
        append(add_finding(ex, FINDING_PORTS, examined->session, rule),
               "AWS takes ports only with protocol 6 (tcp) or 17 (udp)");
    if (filter_cidr_is_never_mirrored(&rule->src) || filter_cidr_is_never_mirrored(&rule->dst))
        append(add_finding(ex, FINDING_NEVER_MIRRORED, examined->session, rule),
               "no mirror carries traffic of that address, whatever the rules say");
    if (examined->found)
        add_found(ex, examined);
}

static void list_findings(struct examination *ex)
{
    size_t next = 0;

    for (size_t s = 0; s < ex->filter->count; s++) {
        examine_session(ex, &ex->filter->sessions[s]);
        for (size_t i = 0; i < ex->filter->sessions[s].count; i++)
            examine_rule(ex, &ex->rules[next++]);
    }
}

static void collect_rules(struct examination *ex)
{
    for (size_t s = 0; s < ex->filter->count; s++) {
        const struct filter_session *session = &ex->filter->sessions[s];

        for (size_t i = 0; i < session->count; i++)
            ex->rules[ex->count++] = (struct examined){
                .rule = &session->rules[i],
                .session = session->number,
                .box = box_of_rule(&session->rules[i]),
                .left_out = has_two_families(&session->rules[i]),
            };
    }
}

bool filter_examine(const struct filter *filter, struct filter_findings *findings, struct err *err)
{
    size_t rules = filter_rule_count(filter);
    size_t most = FINDINGS_A_RULE * rules + FINDINGS_A_SESSION * FILTER_SESSIONS;
    struct examination ex = { .filter = filter, .findings = findings };
    bool ok;

    findings->count = 0;
    findings->list = calloc(most, sizeof(*findings->list));
    ex.rules = calloc(rules + 1, sizeof(*ex.rules));
    ok = cover_init(&ex.cover, rules) && ex.rules && findings->list;
    if (ok) {
        collect_rules(&ex);
        ex.cover.all_steps = ALL_STEPS;
        for (size_t i = 0; i < ex.count; i++)
            find(&ex, i, FINDING_SHADOWED);
        ex.cover.all_steps = ALL_STEPS;
        for (size_t i = 0; i < ex.count; i++)
            find(&ex, i, FINDING_REDUNDANT);
        list_findings(&ex);
    } else {
        filter_findings_free(findings);
        err_set(err, EXIT_RUNTIME, "the filter: out of memory");
    }
    cover_free(&ex.cover);
    free(ex.rules);
    return ok;
}

void filter_finding_line(const struct filter_finding *finding, char out[FINDING_LINE])
{
    char rule[40] = "";

    if (finding->number)
        snprintf(rule, sizeof(rule), " %s rule %u", filter_direction_name(finding->direction),
                 finding->number);
    snprintf(out, FINDING_LINE, "session %u%s: %s", finding->session, rule, finding->text);
}

void filter_findings_free(struct filter_findings *findings)
{
    free(findings->list);
    *findings = (struct filter_findings){ .count = 0 };
}

const struct filter_finding *filter_findings_of(const struct filter_findings *findings,
                                                uint32_t session, enum direction direction,
                                                uint32_t number)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct filter_finding *finding = &findings->list[i];

        if (finding->session == session && finding->direction == direction &&
            finding->number == number)
            return finding;
    }
    return NULL;
}

void filter_rule_mirrored(const struct filter_rule *rule, struct filter_rule *out)
{
    *out = (struct filter_rule){
        .number = rule->number,
        .direction = rule->direction == DIRECTION_INGRESS ? DIRECTION_EGRESS : DIRECTION_INGRESS,
        .accept = rule->accept,
        .protocol = rule->protocol,
        .src = rule->dst,
        .dst = rule->src,
        .src_ports = rule->dst_ports,
        .dst_ports = rule->src_ports,
    };
}
