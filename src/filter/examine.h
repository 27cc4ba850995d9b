/* SPDX-License-Identifier: MIT */
/*
 * examine: what is odd about a filter, said without any traffic.
 *
 * Rules that do nothing are found exactly: what a rule takes is a box in the five dimensions
 * protocol, source, destination, source port, destination port; other rules' boxes are cut away
 * from it, and nothing or something is left. A packet without ports is a point of its own in the
 * last two: rules that ask for ports do not take it here. The work is bounded (half a second for
 * 2,000 rules that overlap badly); where the bound is hit, the finding is FINDING_NOT_DETERMINED.
 *
 * What is FINDING_SHADOWED or FINDING_REDUNDANT can be taken away, each alone, some or all of them,
 * without changing a verdict. So of two rules that make each other superfluous only one is named;
 * and a rule that keeps a later one from deciding otherwise is not redundant, though the later one
 * is shadowed.
 *
 * Limits are AWS's (quotas, API reference); what AWS refuses is still judged, see program.h. A
 * fourth session and numbers that there are not cannot be in a filter (filter_add_rule()).
 */
#ifndef MIRRORTOP_FILTER_EXAMINE_H
#define MIRRORTOP_FILTER_EXAMINE_H

#include "filter.h"

enum filter_finding_kind {
    FINDING_SHADOWED,       /* can never match: rules before it take all */
    FINDING_REDUNDANT,      /* without it every verdict is the same */
    FINDING_NOT_DETERMINED, /* whether it is one of both: too much work */
    FINDING_NEVER_MIRRORED, /* about an address of which no mirror carries anything (program.h) */
    FINDING_RULE_COUNT,     /* more than 10 rules: named is the 11th */
    FINDING_FAMILIES,       /* source and destination of different families */
    FINDING_PORTS,          /* ports without protocol TCP or UDP */
    FINDING_PACKET_LENGTH,  /* of a session: not 1 to 8500, or below 35 (IPv4), 55 (IPv6) */
    FINDING_VNI,            /* of a session: more than 24 bits */
    FINDING_EMPTY,          /* of a session: it mirrors nothing */
};

enum { FILTER_AWS_RULES = 10, FINDING_RULES = 8, FINDING_TEXT = 192 };

struct filter_rule_name {
    uint32_t session, number; /* the direction is the finding's */
};

struct filter_finding {
    enum filter_finding_kind kind;
    uint32_t session;
    enum direction direction; /* DIRECTION_UNKNOWN: it is about the session */
    uint32_t number;          /* of the rule; 0: it is about the session */
    /* Why: the rules that take it all, or that decide the same behind it; none: the list's end
     * does. The first FINDING_RULES of `rule_count`. */
    struct filter_rule_name rules[FINDING_RULES];
    size_t rule_count;
    char text[FINDING_TEXT]; /* one line of ASCII, such as "shadowed by 100, 200" */
};

struct filter_findings {
    struct filter_finding *list; /* by session, then its own ones, then by direction and number */
    size_t count;
};

/* At most four findings a rule and four a session. False and *err: out of memory, and nothing to
 * free. */
bool filter_examine(const struct filter *filter, struct filter_findings *findings, struct err *err);
void filter_findings_free(struct filter_findings *findings);

/* What it is about, and its text: "session 1 ingress rule 100: shadowed by 50". */
enum { FINDING_LINE = FINDING_TEXT + 64 };
void filter_finding_line(const struct filter_finding *finding, char out[FINDING_LINE]);

/* The first finding about a rule, or NULL. */
const struct filter_finding *filter_findings_of(const struct filter_findings *findings,
                                                uint32_t session, enum direction direction,
                                                uint32_t number);

/* The rule of the other direction with source and destination swapped, addresses and ports: what
 * mirrors the answers of what `rule` mirrors. Same number and action; no description. */
void filter_rule_mirrored(const struct filter_rule *rule, struct filter_rule *out);

#endif
