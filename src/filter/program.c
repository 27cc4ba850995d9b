/* SPDX-License-Identifier: MIT */
/*
 * Rules of one address family make a list: those of ingress, then those of egress, session after
 * session, each beginning at a word of its own, so that a session's rules are some words of a row.
 * A list has an index for each of five fields; the bits that their five rows have in common are the
 * rules that match, the lowest one of a direction is its first. So a packet whose direction is
 * unknown takes one look at each field, too.
 */
#include "program.h"

#include "exempt.h"
#include "few.h"
#include "field_index.h"

#include <stdlib.h>
#include <string.h>

enum { FIELD_SRC, FIELD_DST, FIELD_PROTOCOL, FIELD_SRC_PORT, FIELD_DST_PORT, FIELD_COUNT };
enum { FAMILIES = 2, DIRECTIONS = 2 };

/* The rules of one direction in a list. */
struct half {
    uint64_t words;                    /* all of them, as in a row's summary; 0: it has no rules */
    uint64_t session[FILTER_SESSIONS]; /* those of each */
    uint32_t first;                    /* bit */
    size_t count;
};

struct list {
    struct field_index field[FIELD_COUNT];
    size_t words; /* 0: a list without rules */
    struct half half[DIRECTIONS];
    uint64_t *any_ports;  /* a row that fits all ports */
    uint64_t *with_ports; /* bits of the rules that ask for ports */
    uint16_t *outcome;    /* of each bit */
    struct few *few;      /* its rules once more, if they are few; else NULL */
};

struct filter_program {
    struct list list[FAMILIES];
    bool empty[DIRECTIONS]; /* no rule of either family */
    enum filter_reading reading;
    struct filter filter;
    struct filter_findings findings;
    size_t count;
    struct filter_outcome *outcome; /* the fixed ones, then a rule each */
};

static size_t direction_index(enum direction direction)
{
    return direction == DIRECTION_EGRESS;
}

static uint16_t implicit_outcome(enum direction direction)
{
    return direction == DIRECTION_INGRESS ? FILTER_IMPLICIT_INGRESS : FILTER_IMPLICIT_EGRESS;
}

/* ---- making one ---- */

static void add_outcomes(struct filter_program *program)
{
    struct filter_outcome *outcome = program->outcome;
    const struct filter *filter = &program->filter;

    outcome[FILTER_ALL] = (struct filter_outcome){ OUTCOME_ALL, .verdict = FILTER_ACCEPTED };
    outcome[FILTER_NEVER] = (struct filter_outcome){ OUTCOME_NEVER, .verdict = FILTER_REJECTED };
    outcome[FILTER_AMAZON_DNS] =
        (struct filter_outcome){ OUTCOME_AMAZON_DNS, .verdict = FILTER_REJECTED };
    outcome[FILTER_EITHER_ACCEPTED] =
        (struct filter_outcome){ OUTCOME_EITHER_ACCEPTED, .verdict = FILTER_ACCEPTED };
    outcome[FILTER_EITHER_REJECTED] =
        (struct filter_outcome){ OUTCOME_EITHER_REJECTED, .verdict = FILTER_REJECTED };
    outcome[FILTER_NO_DIRECTION] =
        (struct filter_outcome){ OUTCOME_NO_DIRECTION, .verdict = FILTER_UNCERTAIN };
    outcome[FILTER_UNDOCUMENTED] =
        (struct filter_outcome){ OUTCOME_UNDOCUMENTED, .verdict = FILTER_UNCERTAIN };
    outcome[FILTER_IMPLICIT_INGRESS] =
        (struct filter_outcome){ OUTCOME_IMPLICIT, .verdict = FILTER_REJECTED,
                                 .direction = DIRECTION_INGRESS };
    outcome[FILTER_IMPLICIT_EGRESS] =
        (struct filter_outcome){ OUTCOME_IMPLICIT, .verdict = FILTER_REJECTED,
                                 .direction = DIRECTION_EGRESS };
    program->count = FILTER_OUTCOME_RULES;
    for (size_t s = 0; s < filter->count; s++) {
        const struct filter_session *session = &filter->sessions[s];

        if (session->amazon_dns && outcome[FILTER_AMAZON_DNS].verdict == FILTER_REJECTED) {
            outcome[FILTER_AMAZON_DNS].verdict = FILTER_ACCEPTED;
            outcome[FILTER_AMAZON_DNS].session = session->number;
        }
        for (size_t i = 0; i < session->count; i++)
            outcome[program->count++] = (struct filter_outcome){
                .kind = OUTCOME_RULE,
                .verdict = session->rules[i].accept ? FILTER_ACCEPTED : FILTER_REJECTED,
                .direction = session->rules[i].direction,
                .session = session->number,
                .rule = &session->rules[i],
            };
    }
}

/* A list while it is made. */
struct list_build {
    struct list *list;
    uint8_t family;
    struct field_range *ranges[FIELD_COUNT];
    uint16_t *outcome;
    size_t count;
};

static struct field_range cidr_range(const struct filter_cidr *cidr, uint32_t bit)
{
    struct field_range range = { .bit = bit };

    filter_cidr_bounds(cidr, &range.from, &range.to);
    return range;
}

static struct field_range port_range(const struct filter_ports *ports, uint32_t bit)
{
    return (struct field_range){ .from = ports->from,
                                 .to = ports->given ? ports->to : UINT16_MAX,
                                 .bit = bit };
}

static void add_rule(struct list_build *build, const struct filter_rule *rule, uint16_t outcome,
                     uint32_t bit)
{
    struct field_range *at[FIELD_COUNT];
    bool any = rule->protocol == FILTER_PROTOCOL_ANY;

    for (size_t f = 0; f < FIELD_COUNT; f++)
        at[f] = &build->ranges[f][build->count];
    *at[FIELD_SRC] = cidr_range(&rule->src, bit);
    *at[FIELD_DST] = cidr_range(&rule->dst, bit);
    *at[FIELD_SRC_PORT] = port_range(&rule->src_ports, bit);
    *at[FIELD_DST_PORT] = port_range(&rule->dst_ports, bit);
    *at[FIELD_PROTOCOL] = (struct field_range){
        .from = any ? 0 : (filter_value)rule->protocol,
        .to = any ? UINT8_MAX : (filter_value)rule->protocol,
        .bit = bit,
    };
    build->outcome[build->count++] = outcome;
}

/* Gives the rules of one direction their bits from `bit` on, session after session. Returns the
 * first bit of the word behind them. */
static uint32_t collect_half(struct list_build *build, const struct filter_program *program,
                             enum direction direction, uint32_t bit)
{
    const struct filter *filter = &program->filter;
    struct half *half = &build->list->half[direction_index(direction)];
    uint16_t outcome = FILTER_OUTCOME_RULES;
    size_t before = build->count;

    half->first = bit;
    for (size_t s = 0; s < filter->count; s++) {
        const struct filter_session *session = &filter->sessions[s];
        size_t first_word = bit / 64;

        for (size_t i = 0; i < session->count; i++, outcome++) {
            const struct filter_rule *rule = &session->rules[i];

            if (rule->direction == direction && rule->src.addr.family == build->family &&
                rule->dst.addr.family == build->family)
                add_rule(build, rule, outcome, bit++);
        }
        /* only a session that is asked by itself needs words of its own */
        if (filter->reading == FILTER_REJECT_GOES_ON || s + 1 == filter->count)
            bit = (bit + 63) / 64 * 64;
        for (size_t w = first_word; w < bit / 64; w++)
            half->session[s] |= UINT64_C(1) << w;
        half->words |= half->session[s];
    }
    half->count = build->count - before;
    return bit;
}

static bool index_fields(struct list_build *build)
{
    struct list *list = build->list;
    bool wide = build->family == 6;
    filter_value addr_max = wide ? ~(filter_value)0 : UINT32_MAX;
    const filter_value max[FIELD_COUNT] = { addr_max, addr_max, UINT8_MAX, UINT16_MAX, UINT16_MAX };

    for (size_t f = 0; f < FIELD_COUNT; f++)
        if (!field_index_build(&list->field[f], wide && f <= FIELD_DST, max[f], build->ranges[f],
                               build->count, list->words))
            return false;
    return true;
}

/* Rules of which the first one decides: those of one session, or of several whose rejects end. */
static bool first_decides(const struct half *half)
{
    return (half->words & (half->words - 1)) == 0;
}

static bool make_few(struct list_build *build)
{
    struct list *list = build->list;
    const struct half *half = list->half;

    if (half[0].count + half[1].count > FEW_RULES || !first_decides(&half[0]) ||
        !first_decides(&half[1]))
        return true;
    list->few = calloc(1, sizeof(*list->few));
    if (list->few)
        few_begin(list->few, build->family);
    return list->few != NULL;
}

static bool fill_list(struct list_build *build, const struct filter_program *program)
{
    struct list *list = build->list;

    list->words = collect_half(build, program, DIRECTION_INGRESS, 0) / 64;
    list->words = collect_half(build, program, DIRECTION_EGRESS, (uint32_t)(64 * list->words)) / 64;
    if (!make_few(build))
        return false;
    if (list->words == 0)
        return true;
    list->any_ports = malloc((1 + list->words) * sizeof(uint64_t));
    list->with_ports = calloc(list->words, sizeof(uint64_t));
    list->outcome = calloc(64 * list->words, sizeof(*list->outcome));
    if (!list->any_ports || !list->with_ports || !list->outcome || !index_fields(build))
        return false;
    memset(list->any_ports, 0xff, (1 + list->words) * sizeof(uint64_t));
    for (size_t i = 0; i < build->count; i++) {
        uint32_t bit = build->ranges[FIELD_SRC][i].bit;
        const struct filter_rule *rule = program->outcome[build->outcome[i]].rule;

        list->outcome[bit] = build->outcome[i];
        if (rule->src_ports.given || rule->dst_ports.given)
            list->with_ports[bit / 64] |= UINT64_C(1) << bit % 64;
        if (list->few)
            few_add(list->few, i, rule, build->outcome[i]);
    }
    return true;
}

static bool make_list(struct filter_program *program, uint8_t family)
{
    size_t most = filter_rule_count(&program->filter) + 1;
    struct field_range *ranges = calloc(FIELD_COUNT * most, sizeof(*ranges));
    struct list_build build = {
        .list = &program->list[family == 6],
        .family = family,
        .outcome = calloc(most, sizeof(*build.outcome)),
    };
    bool ok = ranges && build.outcome;

    for (size_t f = 0; f < FIELD_COUNT; f++)
        build.ranges[f] = ok ? ranges + f * most : NULL;
    ok = ok && fill_list(&build, program);
    free(ranges);
    free(build.outcome);
    return ok;
}

/* Rules of two families are in no list, but they are rules. */
static void note_empty(struct filter_program *program)
{
    program->empty[0] = program->empty[1] = true;
    for (size_t i = FILTER_OUTCOME_RULES; i < program->count; i++)
        program->empty[direction_index(program->outcome[i].direction)] = false;
}

struct filter_program *filter_program_new(const struct filter *filter, struct err *err)
{
    struct filter_program *program = calloc(1, sizeof(*program));

    if (!program) {
        err_set(err, EXIT_RUNTIME, "the filter: out of memory");
        return NULL;
    }
    program->reading = filter->reading;
    program->outcome =
        calloc(FILTER_OUTCOME_RULES + filter_rule_count(filter), sizeof(*program->outcome));
    if (!program->outcome || !filter_copy(&program->filter, filter, err))
        goto failed;
    add_outcomes(program);
    note_empty(program);
    if (!make_list(program, 4) || !make_list(program, 6))
        goto failed;
    return program;
failed:
    err_set(err, EXIT_RUNTIME, "the filter: out of memory");
    filter_program_free(program);
    return NULL;
}

static void list_free(struct list *list)
{
    for (size_t f = 0; f < FIELD_COUNT; f++)
        field_index_free(&list->field[f]);
    free(list->any_ports);
    free(list->with_ports);
    free(list->few);
    free(list->outcome);
}

void filter_program_free(struct filter_program *program)
{
    if (!program)
        return;
    for (size_t f = 0; f < FAMILIES; f++)
        list_free(&program->list[f]);
    filter_free(&program->filter);
    filter_findings_free(&program->findings);
    free(program->outcome);
    free(program);
}

void filter_program_examine(struct filter_program *program)
{
    struct filter_findings findings;
    struct err ignored;

    if (!filter_examine(&program->filter, &findings, &ignored))
        return;
    filter_findings_free(&program->findings);
    program->findings = findings;
}

const struct filter_findings *filter_program_findings(const struct filter_program *program)
{
    return &program->findings;
}

const struct filter *filter_program_filter(const struct filter_program *program)
{
    return &program->filter;
}

size_t filter_outcome_count(const struct filter_program *program)
{
    return program->count;
}

const struct filter_outcome *filter_outcome(const struct filter_program *program, uint16_t number)
{
    return &program->outcome[number];
}

/* ---- judging ---- */

struct match {
    const struct list *list;
    const uint64_t *row[FIELD_COUNT];
    bool ports; /* known */
};

static inline void find_rows(struct match *match, const struct list *list,
                             const struct filter_subject *subject)
{
    match->list = list;
    match->ports = filter_subject_has_ports(subject);
    if (list->field[FIELD_SRC].wide) {
        match->row[FIELD_SRC] =
            field_index_find_wide(&list->field[FIELD_SRC], filter_addr_v6(&subject->src));
        match->row[FIELD_DST] =
            field_index_find_wide(&list->field[FIELD_DST], filter_addr_v6(&subject->dst));
    } else {
        match->row[FIELD_SRC] =
            field_index_find(&list->field[FIELD_SRC], filter_addr_v4(&subject->src));
        match->row[FIELD_DST] =
            field_index_find(&list->field[FIELD_DST], filter_addr_v4(&subject->dst));
    }
    match->row[FIELD_PROTOCOL] = field_index_find(&list->field[FIELD_PROTOCOL], subject->protocol);
    if (match->ports) {
        match->row[FIELD_SRC_PORT] =
            field_index_find(&list->field[FIELD_SRC_PORT], subject->src_port);
        match->row[FIELD_DST_PORT] =
            field_index_find(&list->field[FIELD_DST_PORT], subject->dst_port);
    } else {
        match->row[FIELD_SRC_PORT] = match->row[FIELD_DST_PORT] = list->any_ports;
    }
}

/* What all fields have: of the summary (0), or of word w (1 + w). */
static inline uint64_t common(const struct match *match, size_t at)
{
    return match->row[FIELD_SRC][at] & match->row[FIELD_DST][at] & match->row[FIELD_PROTOCOL][at] &
           match->row[FIELD_SRC_PORT][at] & match->row[FIELD_DST_PORT][at];
}

/* The first rule that matches among these words, from bit `from` on; none: the bit behind all. */
static inline uint32_t next_match(const struct match *match, uint64_t words, uint32_t from)
{
    uint64_t left = common(match, 0) & words & ~UINT64_C(0) << from / 64;

    for (; left != 0; left &= left - 1) {
        unsigned w = (unsigned)__builtin_ctzll(left);
        uint64_t word = common(match, 1 + w);

        if (w == from / 64)
            word &= ~UINT64_C(0) << from % 64;
        if (word != 0)
            return 64 * w + (uint32_t)__builtin_ctzll(word);
    }
    return 64 * (uint32_t)match->list->words;
}

static bool may_not_match(const struct match *match, uint32_t bit)
{
    return !match->ports && (match->list->with_ports[bit / 64] >> bit % 64 & 1) != 0;
}

/* What a session, or all of them, can make of a packet. */
enum { CAN_ACCEPT = 1, CAN_REJECT = 2, CAN_MISS = 4 };

static unsigned session_can(const struct filter_program *program, const struct match *match,
                            uint64_t words)
{
    uint32_t end = 64 * (uint32_t)match->list->words;
    unsigned can = CAN_MISS;
    uint32_t bit = next_match(match, words, 0);

    while (bit < end) {
        const struct filter_outcome *outcome = &program->outcome[match->list->outcome[bit]];

        can |= outcome->verdict == FILTER_ACCEPTED ? CAN_ACCEPT : CAN_REJECT;
        if (!may_not_match(match, bit))
            return can & ~(unsigned)CAN_MISS;
        bit = bit + 1 < end ? next_match(match, words, bit + 1) : end;
    }
    return can;
}

/* A rule that asks for ports stands in the way of a packet without: it may match or not. */
static uint16_t judge_without_ports(const struct filter_program *program, const struct match *match,
                                    const struct half *half)
{
    bool accept = false, reject = true;

    if (program->reading == FILTER_REJECT_ENDS) {
        unsigned can = session_can(program, match, half->words);

        accept = (can & CAN_ACCEPT) != 0;
        reject = (can & (CAN_REJECT | CAN_MISS)) != 0;
    } else {
        for (size_t s = 0; s < program->filter.count; s++) {
            unsigned can = session_can(program, match, half->session[s]);

            accept |= (can & CAN_ACCEPT) != 0;
            reject &= (can & (CAN_REJECT | CAN_MISS)) != 0;
        }
    }
    if (accept && reject)
        return FILTER_UNDOCUMENTED;
    return accept ? FILTER_EITHER_ACCEPTED : FILTER_EITHER_REJECTED;
}

/* FILTER_REJECT_GOES_ON: the first session whose first match accepts, else the first that
 * rejects. */
static uint16_t judge_sessions(const struct filter_program *program, const struct match *match,
                               enum direction direction)
{
    const struct half *half = &match->list->half[direction_index(direction)];
    uint32_t end = 64 * (uint32_t)match->list->words, rejected = end;

    for (size_t s = 0; s < program->filter.count; s++) {
        uint32_t bit = next_match(match, half->session[s], 0);

        if (bit == end)
            continue;
        if (may_not_match(match, bit))
            return judge_without_ports(program, match, half);
        if (program->outcome[match->list->outcome[bit]].verdict == FILTER_ACCEPTED)
            return match->list->outcome[bit];
        if (rejected == end)
            rejected = bit;
    }
    return rejected == end ? implicit_outcome(direction) : match->list->outcome[rejected];
}

static inline uint16_t judge_rows(const struct filter_program *program, const struct match *match,
                                  enum direction direction)
{
    const struct half *half = &match->list->half[direction_index(direction)];
    uint32_t bit;

    if (program->reading == FILTER_REJECT_GOES_ON)
        return judge_sessions(program, match, direction);
    bit = next_match(match, half->words, 0);
    if (bit == 64 * match->list->words)
        return implicit_outcome(direction);
    return may_not_match(match, bit) ? judge_without_ports(program, match, half)
                                     : match->list->outcome[bit];
}

static uint16_t judge_no_ip(const struct filter_program *program, enum direction direction)
{
    return program->empty[direction_index(direction)] ? implicit_outcome(direction)
                                                      : FILTER_UNDOCUMENTED;
}

static uint16_t judge_direction(const struct filter_program *program,
                                const struct filter_subject *subject, enum direction direction)
{
    const struct list *list = &program->list[subject->src.family == 6];
    const struct half *half = &list->half[direction_index(direction)];
    struct match match;

    if (!subject->is_ip)
        return judge_no_ip(program, direction);
    if (half->count == 0)
        return implicit_outcome(direction);
    find_rows(&match, list, subject);
    return judge_rows(program, &match, direction);
}

static uint16_t judge_exempt(enum filter_exempt exempt)
{
    return exempt == EXEMPT_NEVER ? FILTER_NEVER : FILTER_AMAZON_DNS;
}

/* Both directions are asked; what both say, is so. */
static uint16_t judge_both(const struct filter_program *program,
                           const struct filter_subject *subject)
{
    static const uint16_t agreed[] = { [FILTER_ACCEPTED] = FILTER_EITHER_ACCEPTED,
                                       [FILTER_REJECTED] = FILTER_EITHER_REJECTED,
                                       [FILTER_UNCERTAIN] = FILTER_UNDOCUMENTED };
    const struct list *list = &program->list[subject->src.family == 6];
    uint16_t ingress, egress;
    enum filter_verdict verdict;
    struct match match;

    if (subject->is_ip && list->words > 0) {
        find_rows(&match, list, subject);
        ingress = judge_rows(program, &match, DIRECTION_INGRESS);
        egress = judge_rows(program, &match, DIRECTION_EGRESS);
    } else {
        ingress = judge_direction(program, subject, DIRECTION_INGRESS);
        egress = judge_direction(program, subject, DIRECTION_EGRESS);
    }
    verdict = program->outcome[ingress].verdict;
    return verdict == program->outcome[egress].verdict ? agreed[verdict] : FILTER_NO_DIRECTION;
}

const struct few *filter_program_few(const struct filter_program *program, uint8_t family)
{
    return program->list[family == 6].few;
}

/* By few rules, if there are; FILTER_ALL: they cannot tell. */
static uint16_t judge_few(const struct few *few, const struct filter_subject *subject)
{
    const struct few_packet packet = few_packet_of(subject);

    if (!few || !subject->is_ip || !filter_subject_has_ports(subject))
        return FILTER_ALL;
    return few_judge(few, few_may(few, &packet), &packet);
}

uint16_t filter_judge(const struct filter_program *program, const struct filter_subject *subject)
{
    uint16_t outcome;

    if (filter_exempt_is_possible(subject)) {
        enum filter_exempt exempt = filter_exempt(subject);

        if (exempt != EXEMPT_NOT)
            return judge_exempt(exempt);
    }
    outcome = judge_few(program->list[subject->src.family == 6].few, subject);
    if (outcome != FILTER_ALL)
        return outcome;
    if (subject->direction == DIRECTION_UNKNOWN)
        return judge_both(program, subject);
    return judge_direction(program, subject, subject->direction);
}
