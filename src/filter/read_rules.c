/* SPDX-License-Identifier: MIT */
/*
 * The rules that a statement stands for. Where it leaves something open that a rule must say, there
 * is a rule for each possibility: they get numbers one after the other, so that nothing comes
 * between them.
 */
#include <string.h>

#include "read_state.h"

enum { NUMBER_STEP = 100, MOST_VARIANTS = 16 };

bool read_add_rule(struct reader *reader, uint32_t session, const struct filter_rule *rule,
                   const struct token *token)
{
    struct err err;

    return filter_add_rule(reader->filter, session, rule, &err) ||
           read_fail_err(reader, token, &err);
}

/* The next free hundred behind all rules of the session and direction, else the next number. */
static uint32_t next_number(const struct filter *filter, uint32_t session, enum direction direction)
{
    uint32_t last = 0;

    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_session *s = &filter->sessions[i];

        for (size_t k = 0; s->number == session && k < s->count; k++) {
            if (s->rules[k].direction == direction)
                last = s->rules[k].number; /* they are in order */
        }
    }
    return last / NUMBER_STEP * NUMBER_STEP + NUMBER_STEP <= FILTER_NUMBER_MAX
               ? last / NUMBER_STEP * NUMBER_STEP + NUMBER_STEP
               : last + 1;
}

/* ---- possibilities --------------------------------------------------------------------------- */

/* Rules of one direction, without their numbers. */
struct variants {
    struct filter_rule rules[MOST_VARIANTS];
    size_t count;
};

/* Puts `second` behind each rule as it is changed by it. */
static void split(struct variants *variants, void (*first)(struct filter_rule *, const void *),
                  void (*second)(struct filter_rule *, const void *), const void *value)
{
    for (size_t i = variants->count; i-- > 0;) {
        variants->rules[2 * i + 1] = variants->rules[2 * i] = variants->rules[i];
        first(&variants->rules[2 * i], value);
        second(&variants->rules[2 * i + 1], value);
    }
    variants->count *= 2;
}

static void set_src(struct filter_rule *rule, const void *value)
{
    rule->src = *(const struct filter_cidr *)value;
}

static void set_dst(struct filter_rule *rule, const void *value)
{
    rule->dst = *(const struct filter_cidr *)value;
}

static void set_src_ports(struct filter_rule *rule, const void *value)
{
    rule->src_ports = *(const struct filter_ports *)value;
}

static void set_dst_ports(struct filter_rule *rule, const void *value)
{
    rule->dst_ports = *(const struct filter_ports *)value;
}

static void set_tcp(struct filter_rule *rule, const void *value)
{
    (void)value;
    rule->protocol = PROTO_TCP;
}

static void set_udp(struct filter_rule *rule, const void *value)
{
    (void)value;
    rule->protocol = PROTO_UDP;
}

/* Whatever side has no family yet takes all addresses of the other side's, or of this one. */
static void set_family(struct filter_rule *rule, uint8_t family)
{
    if (rule->src.addr.family != 0)
        family = rule->src.addr.family;
    else if (rule->dst.addr.family != 0)
        family = rule->dst.addr.family;
    if (rule->src.addr.family == 0)
        rule->src.addr.family = family;
    if (rule->dst.addr.family == 0)
        rule->dst.addr.family = family;
}

static void set_ipv4(struct filter_rule *rule, const void *value)
{
    (void)value;
    set_family(rule, 4);
}

static void set_ipv6(struct filter_rule *rule, const void *value)
{
    (void)value;
    set_family(rule, 6);
}

static void make_variants(const struct statement *statement, struct variants *variants)
{
    bool any_ports = statement_has(statement, CLAUSE_SRC_PORTS) ||
                     statement_has(statement, CLAUSE_DST_PORTS) ||
                     statement_has(statement, CLAUSE_EITHER_PORTS);

    variants->rules[0] = statement->rule;
    variants->count = 1;
    if (statement_has(statement, CLAUSE_EITHER) && statement->either.addr.family != 0)
        split(variants, set_src, set_dst, &statement->either);
    if (variants->rules[0].src.addr.family == 0 && variants->rules[0].dst.addr.family == 0)
        split(variants, set_ipv4, set_ipv6, NULL);
    for (size_t i = 0; i < variants->count; i++)
        set_family(&variants->rules[i], 4);
    if (any_ports && !statement_has(statement, CLAUSE_PROTOCOL))
        split(variants, set_tcp, set_udp, NULL);
    if (statement_has(statement, CLAUSE_EITHER_PORTS))
        split(variants, set_src_ports, set_dst_ports, &statement->either_ports);
}

/* ---- a statement's rules --------------------------------------------------------------------- */

static bool add_direction(struct reader *reader, const struct statement *statement,
                          enum direction direction)
{
    bool numbered = statement_has(statement, CLAUSE_NUMBER);
    const struct token *token = numbered ? &statement->where[CLAUSE_NUMBER] : &statement->first;
    struct variants variants;
    uint32_t number =
        numbered ? statement->rule.number : next_number(reader->filter, reader->session, direction);

    make_variants(statement, &variants);
    if (number + variants.count - 1 > FILTER_NUMBER_MAX)
        return read_fail(reader, token,
                         "no %s number is left for this: rules have numbers up to %d",
                         filter_direction_name(direction), FILTER_NUMBER_MAX);
    for (size_t i = 0; i < variants.count; i++) {
        struct filter_rule *rule = &variants.rules[i];
        char description[READ_WORD];

        rule->number = number + (uint32_t)i;
        rule->direction = direction;
        if (statement_has(statement, CLAUSE_DESCRIPTION)) {
            memcpy(description, statement->description, sizeof(description));
            rule->description = description;
        }
        if (!read_add_rule(reader, reader->session, rule, token))
            return false;
    }
    return true;
}

bool read_add_rules(struct reader *reader, const struct statement *statement)
{
    bool both = !statement_has(statement, CLAUSE_DIRECTION);
    size_t i = 0;

    if ((both || statement->rule.direction == DIRECTION_INGRESS) &&
        !add_direction(reader, statement, DIRECTION_INGRESS))
        return false;
    if ((both || statement->rule.direction == DIRECTION_EGRESS) &&
        !add_direction(reader, statement, DIRECTION_EGRESS))
        return false;
    if (!statement->negated)
        return true;
    while (i < reader->rest_count && reader->rest[i] != reader->session)
        i++;
    if (i == reader->rest_count) /* there are no more sessions than that */
        reader->rest[reader->rest_count++] = reader->session;
    return true;
}

bool read_add_rest(struct reader *reader)
{
    struct statement all = {
        .first = { .kind = TOKEN_END, .at = reader->size },
        .rule = { .accept = true, .protocol = FILTER_PROTOCOL_ANY },
    };

    for (size_t i = 0; i < reader->rest_count; i++) {
        reader->session = reader->rest[i];
        if (!read_add_rules(reader, &all))
            return false;
    }
    return true;
}
