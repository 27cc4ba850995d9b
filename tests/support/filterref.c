/* SPDX-License-Identifier: MIT */
#include "filterref.h"

#include "random.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ip_addr filterref_addr(const char *text)
{
    struct ip_addr addr = { .family = 4 };

    if (inet_pton(AF_INET, text, addr.bytes) == 1)
        return addr;
    addr.family = 6;
    if (inet_pton(AF_INET6, text, addr.bytes) == 1)
        return addr;
    fprintf(stderr, "filterref: %s is no address\n", text);
    exit(EXIT_FAILURE);
}

/* ---- one rule ---- */

static bool bit_of(const struct ip_addr *addr, unsigned bit)
{
    return (addr->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

static bool lies_in(const struct filter_cidr *cidr, const struct ip_addr *addr)
{
    if (cidr->addr.family != addr->family)
        return false;
    for (unsigned bit = 0; bit < cidr->prefix; bit++)
        if (bit_of(&cidr->addr, bit) != bit_of(addr, bit))
            return false;
    return true;
}

static bool has_ports(const struct filter_subject *subject)
{
    if (subject->later_fragment || !subject->has_ports)
        return false;
    return subject->protocol == 6 || subject->protocol == 17;
}

static bool port_fits(const struct filter_ports *ports, uint16_t port)
{
    return !ports->given || (ports->from <= port && port <= ports->to);
}

bool filterref_rule_takes(const struct filter_rule *rule, const struct filter_subject *subject,
                          bool *maybe)
{
    *maybe = false;
    if (rule->protocol != FILTER_PROTOCOL_ANY && rule->protocol != subject->protocol)
        return false;
    if (!lies_in(&rule->src, &subject->src) || !lies_in(&rule->dst, &subject->dst))
        return false;
    if (!rule->src_ports.given && !rule->dst_ports.given)
        return true;
    if (!has_ports(subject)) {
        *maybe = true;
        return false;
    }
    return port_fits(&rule->src_ports, subject->src_port) &&
           port_fits(&rule->dst_ports, subject->dst_port);
}

/* ---- what no rule is asked about ---- */

static bool is_addr(const struct ip_addr *addr, const char *text)
{
    struct ip_addr other = filterref_addr(text);

    return ip_addr_equal(addr, &other);
}

static bool either_is(const struct filter_subject *subject, const char *text)
{
    return is_addr(&subject->src, text) || is_addr(&subject->dst, text);
}

/* Talks to `text` at this port of its. */
static bool talks_to(const struct filter_subject *subject, const char *text, uint16_t port)
{
    return (is_addr(&subject->src, text) && subject->src_port == port) ||
           (is_addr(&subject->dst, text) && subject->dst_port == port);
}

static bool is_never_mirrored(const struct filter_subject *s)
{
    bool udp = has_ports(s) && s->protocol == 17, tcp = has_ports(s) && s->protocol == 6;

    if (!s->is_ip)
        return s->is_arp;
    if (either_is(s, "169.254.169.254") || either_is(s, "fd00:ec2::254") ||
        either_is(s, "169.254.169.123") || either_is(s, "fd00:ec2::123"))
        return true;
    if (tcp && (talks_to(s, "169.254.169.250", 1688) || talks_to(s, "169.254.169.251", 1688) ||
                talks_to(s, "fd00:ec2::250", 1688)))
        return true;
    if (udp && s->src.family == 4 && (s->src_port == 67 || s->src_port == 68))
        return s->dst_port == 67 || s->dst_port == 68;
    if (udp && s->src.family == 6 && (s->src_port == 546 || s->src_port == 547))
        return s->dst_port == 546 || s->dst_port == 547;
    return false;
}

static uint32_t number_of(const struct ip_addr *addr)
{
    uint32_t number;

    memcpy(&number, addr->bytes, 4);
    return ntohl(number);
}

/* Of every block that a VPC can be and that holds the client, the base plus two. */
static bool is_resolver_of(const struct ip_addr *addr, const struct ip_addr *client)
{
    for (unsigned prefix = 16; prefix <= 28; prefix++) {
        uint32_t mask = ~(uint32_t)0 << (32 - prefix), base = number_of(client) & mask;

        if (base != 0 && base != number_of(client) && number_of(addr) == base + 2)
            return true;
    }
    return false;
}

static bool is_amazon_dns(const struct filter_subject *s)
{
    if (!s->is_ip || (s->protocol != 6 && s->protocol != 17))
        return false;
    if (!has_ports(s))
        return either_is(s, "169.254.169.253") || either_is(s, "fd00:ec2::253");
    if (talks_to(s, "169.254.169.253", 53) || talks_to(s, "fd00:ec2::253", 53))
        return true;
    if (s->src.family != 4)
        return false;
    if (s->direction != DIRECTION_INGRESS && s->dst_port == 53 && is_resolver_of(&s->dst, &s->src))
        return true;
    return s->direction != DIRECTION_EGRESS && s->src_port == 53 &&
           is_resolver_of(&s->src, &s->dst);
}

/* ---- a direction ---- */

/* Worlds: in each, every rule that may match does or does not. The bits of `world` are used up in
 * the order in which such rules are met; `met` counts them. */
struct walk {
    unsigned world, met;
};

static const struct filter_rule *first_match(const struct filter_session *session,
                                             const struct filter_subject *subject,
                                             enum direction direction, struct walk *walk)
{
    for (size_t i = 0; i < session->count; i++) {
        const struct filter_rule *rule = &session->rules[i];
        bool maybe, takes;

        if (rule->direction != direction)
            continue;
        takes = filterref_rule_takes(rule, subject, &maybe);
        if (maybe)
            takes = (walk->world >> walk->met++ & 1) != 0;
        if (takes)
            return rule;
    }
    return NULL;
}

static struct filter_outcome walk_sessions(const struct filter *filter,
                                           const struct filter_subject *subject,
                                           enum direction direction, struct walk *walk)
{
    struct filter_outcome outcome = { .kind = OUTCOME_IMPLICIT,
                                      .verdict = FILTER_REJECTED,
                                      .direction = direction };

    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_session *session = &filter->sessions[i];
        const struct filter_rule *rule = first_match(session, subject, direction, walk);

        if (rule && (rule->accept || outcome.kind == OUTCOME_IMPLICIT)) {
            outcome = (struct filter_outcome){
                .kind = OUTCOME_RULE,
                .verdict = rule->accept ? FILTER_ACCEPTED : FILTER_REJECTED,
                .direction = direction,
                .session = session->number,
                .rule = rule,
            };
            if (rule->accept || filter->reading == FILTER_REJECT_ENDS)
                return outcome;
        }
    }
    return outcome;
}

/* How many rules of a direction there are, and how many of them a packet may meet without it
 * being said whether they match. */
static void count_rules(const struct filter *filter, const struct filter_subject *subject,
                        enum direction direction, unsigned *rules, unsigned *open)
{
    *rules = *open = 0;
    for (size_t i = 0; i < filter->count; i++)
        for (size_t k = 0; k < filter->sessions[i].count; k++) {
            const struct filter_rule *rule = &filter->sessions[i].rules[k];
            bool maybe;

            if (rule->direction != direction)
                continue;
            filterref_rule_takes(rule, subject, &maybe);
            *rules += 1;
            *open += maybe;
        }
}

static struct filter_outcome judge_direction(const struct filter *filter,
                                             const struct filter_subject *subject,
                                             enum direction direction)
{
    static const enum filter_outcome_kind kinds[] = { OUTCOME_EITHER_ACCEPTED,
                                                      OUTCOME_EITHER_REJECTED,
                                                      OUTCOME_UNDOCUMENTED };
    bool can[2] = { false, false };
    unsigned rules, open;
    struct filter_outcome outcome;
    enum filter_verdict verdict;

    count_rules(filter, subject, direction, &rules, &open);
    if (!subject->is_ip && rules > 0)
        return (struct filter_outcome){ .kind = OUTCOME_UNDOCUMENTED, .verdict = FILTER_UNCERTAIN };
    for (unsigned world = 0; world < 1u << open; world++) {
        struct walk walk = { .world = world };

        outcome = walk_sessions(filter, subject, direction, &walk);
        if (walk.met == 0)
            return outcome;
        can[outcome.verdict] = true;
    }
    verdict = can[FILTER_ACCEPTED] && can[FILTER_REJECTED] ? FILTER_UNCERTAIN
              : can[FILTER_ACCEPTED]                       ? FILTER_ACCEPTED
                                                           : FILTER_REJECTED;
    return (struct filter_outcome){ .kind = kinds[verdict], .verdict = verdict };
}

struct filter_outcome filterref_judge(const struct filter *filter,
                                      const struct filter_subject *subject)
{
    struct filter_outcome in, out;

    if (is_never_mirrored(subject))
        return (struct filter_outcome){ .kind = OUTCOME_NEVER, .verdict = FILTER_REJECTED };
    if (is_amazon_dns(subject)) {
        for (size_t i = 0; i < filter->count; i++)
            if (filter->sessions[i].amazon_dns)
                return (struct filter_outcome){ .kind = OUTCOME_AMAZON_DNS,
                                                .verdict = FILTER_ACCEPTED,
                                                .session = filter->sessions[i].number };
        return (struct filter_outcome){ .kind = OUTCOME_AMAZON_DNS, .verdict = FILTER_REJECTED };
    }
    if (subject->direction != DIRECTION_UNKNOWN)
        return judge_direction(filter, subject, subject->direction);
    in = judge_direction(filter, subject, DIRECTION_INGRESS);
    out = judge_direction(filter, subject, DIRECTION_EGRESS);
    if (in.verdict != out.verdict)
        return (struct filter_outcome){ .kind = OUTCOME_NO_DIRECTION, .verdict = FILTER_UNCERTAIN };
    return (struct filter_outcome){
        .kind = in.verdict == FILTER_ACCEPTED   ? OUTCOME_EITHER_ACCEPTED
                : in.verdict == FILTER_REJECTED ? OUTCOME_EITHER_REJECTED
                                                : OUTCOME_UNDOCUMENTED,
        .verdict = in.verdict,
    };
}

/* ---- at random ---- */

static const uint16_t PORTS[] = { 0, 22, 52, 53, 54, 67, 68, 123, 443, 546, 547, 1688, 65535 };
static const uint8_t PROTOCOLS[] = { 6, 6, 6, 17, 17, 17, 1, 58, 0, 255 };

enum { PORT_KINDS = sizeof(PORTS) / sizeof(PORTS[0]) };

static uint16_t random_port(uint64_t *state)
{
    return PORTS[random_below(state, PORT_KINDS)];
}

/* Mostly in a block of 16 addresses; the rest on its edges, next to the services', or far away. */
static struct ip_addr random_addr(uint64_t *state, uint8_t family)
{
    static const char *const fours[] = {
        "169.254.169.253", "169.254.169.254", "169.254.169.250", "169.254.169.123", "10.0.16.2",
        "10.1.0.2",        "0.0.0.0",         "255.255.255.255", "10.0.0.18",
    };
    static const char *const sixes[] = {
        "fd00:ec2::253", "fd00:ec2::254", "fd00:ec2::250", "fd00:ec2::123", "::", "ffff::ffff"
    };
    struct ip_addr addr;

    if (random_below(state, 8) == 0)
        return filterref_addr(family == 4 ? fours[random_below(state, 9)]
                                          : sixes[random_below(state, 6)]);
    addr = filterref_addr(family == 4 ? "10.0.0.0" : "2001:db8::");
    addr.bytes[family == 4 ? 3 : 15] = (uint8_t)random_below(state, 16);
    if (random_below(state, 4) == 0)
        addr.bytes[family == 4 ? 2 : 7] = (uint8_t)random_below(state, 3);
    return addr;
}

static struct filter_cidr random_cidr(uint64_t *state, uint8_t family)
{
    static const uint8_t fours[] = { 0, 0, 8, 16, 22, 24, 28, 30, 31, 32 };
    static const uint8_t sixes[] = { 0, 0, 16, 32, 56, 64, 120, 124, 127, 128 };
    size_t at = random_below(state, 10);

    return (struct filter_cidr){ .addr = random_addr(state, family),
                                 .prefix = family == 4 ? fours[at] : sixes[at] };
}

static struct filter_ports random_ports(uint64_t *state)
{
    uint16_t a = random_port(state), b = random_port(state);

    if (random_below(state, 2) == 0)
        return (struct filter_ports){ .given = false };
    if (random_below(state, 2) == 0)
        b = a;
    return (struct filter_ports){ .given = true, .from = a < b ? a : b, .to = a < b ? b : a };
}

void filterref_random_filter(struct filter *filter, uint64_t *state, size_t rules)
{
    size_t sessions = 1 + random_below(state, FILTER_SESSIONS);
    struct err err;

    filter->reading = random_below(state, 2) ? FILTER_REJECT_GOES_ON : FILTER_REJECT_ENDS;
    for (uint32_t i = 1; i <= sessions; i++)
        filter_session(filter, i, &err)->amazon_dns = random_below(state, 4) == 0;
    for (size_t i = random_below(state, rules + 1); i > 0; i--) {
        uint8_t family = random_below(state, 3) ? 4 : 6;
        struct filter_rule rule = {
            .number = 1 + (uint32_t)random_below(state, 4 * rules),
            .direction = random_below(state, 2) ? DIRECTION_INGRESS : DIRECTION_EGRESS,
            .accept = random_below(state, 2) == 0,
            .protocol = FILTER_PROTOCOL_ANY,
            .src = random_cidr(state, family),
            .dst = random_cidr(state, random_below(state, 50) ? family : 10 - family),
            .src_ports = random_ports(state),
            .dst_ports = random_ports(state),
        };

        if (random_below(state, 3) != 0)
            rule.protocol = PROTOCOLS[random_below(state, sizeof(PROTOCOLS))];
        /* a number that is taken is refused, which makes the filter one rule shorter */
        filter_add_rule(filter, 1 + (uint32_t)random_below(state, sessions), &rule, &err);
    }
}

void filterref_random_subject(struct filter_subject *subject, uint64_t *state)
{
    uint8_t family = random_below(state, 3) ? 4 : 6;

    *subject = (struct filter_subject){
        .src = random_addr(state, family),
        .dst = random_addr(state, family),
        .src_port = random_port(state),
        .dst_port = random_port(state),
        .protocol = PROTOCOLS[random_below(state, sizeof(PROTOCOLS))],
        .is_ip = random_below(state, 50) != 0,
        .has_ports = random_below(state, 8) != 0,
        .later_fragment = random_below(state, 8) == 0,
        .direction = (enum direction)random_below(state, 3),
    };
    subject->is_arp = !subject->is_ip && random_below(state, 2);
}
