/* SPDX-License-Identifier: MIT */
/*
 * few: up to 32 rules of one address family, for packets whose ports are known.
 *
 * A rule a bit. For each field there is a table of the rules that may take a packet, by the value's
 * highest byte; what they have in common are few rules, mostly one, which are looked at one by one.
 * For filters as AWS takes them that is quicker than looking anything up (field_index.h). Owned by
 * whoever built it; constant afterwards.
 */
#ifndef MIRRORTOP_FILTER_FEW_H
#define MIRRORTOP_FILTER_FEW_H

#include "program.h"

enum { FEW_RULES = 32, FEW_BYTES = 256 };

/* Addresses as in struct ip_addr: of IPv4 both in the first word, of IPv6 two words each. */
struct few_rule {
    uint64_t net[4], mask[4];
    uint16_t src_from, src_most, dst_from, dst_most; /* ports: the first one, and how many more */
};

struct few {
    bool wide; /* IPv6 */
    uint32_t by_src[FEW_BYTES], by_dst[FEW_BYTES];
    uint32_t by_src_port[FEW_BYTES], by_dst_port[FEW_BYTES];
    uint32_t by_protocol[FEW_BYTES];
    struct few_rule rule[FEW_RULES];
};

/* Adds the rule as number `at`. *few was zeros before the first one. */
void few_add(struct few *few, size_t at, const struct filter_rule *added);

static inline uint64_t few_pair(uint32_t src, uint32_t dst)
{
    return (uint64_t)dst << 32 | src;
}

/* Rules that may take the packet; others do not. */
static inline uint32_t few_may(const struct few *few, const struct filter_subject *subject)
{
    return few->by_src[subject->src.bytes[0]] & few->by_dst[subject->dst.bytes[0]] &
           few->by_src_port[subject->src_port >> 8] & few->by_dst_port[subject->dst_port >> 8] &
           few->by_protocol[subject->protocol];
}

static inline bool few_takes(const struct few *few, const struct few_rule *rule,
                             const struct filter_subject *subject)
{
    const struct ip_addr *src = &subject->src, *dst = &subject->dst;
    uint64_t first = few->wide ? src->word64[0] : few_pair(src->word32[0], dst->word32[0]);
    uint64_t miss = (first ^ rule->net[0]) & rule->mask[0];

    if (few->wide)
        miss |= ((src->word64[1] ^ rule->net[1]) & rule->mask[1]) |
                ((dst->word64[0] ^ rule->net[2]) & rule->mask[2]) |
                ((dst->word64[1] ^ rule->net[3]) & rule->mask[3]);
    return (miss == 0) & ((uint16_t)(subject->src_port - rule->src_from) <= rule->src_most) &
           ((uint16_t)(subject->dst_port - rule->dst_from) <= rule->dst_most);
}

/* The bit of the first of these rules, of few_may(), that takes the packet; 0: none does. */
static inline uint32_t few_first(const struct few *few, uint32_t rules,
                                 const struct filter_subject *subject)
{
    while (rules != 0 && !few_takes(few, &few->rule[__builtin_ctz(rules)], subject))
        rules &= rules - 1;
    return rules & (0 - rules);
}

#endif
