/* SPDX-License-Identifier: MIT */
/*
 * few: up to 32 rules of one address family, all compared with a packet whose ports are known.
 *
 * Four rules side by side, without a branch: for filters as AWS takes them that is quicker than
 * looking anything up (field_index.h). Owned by whoever built it; constant afterwards.
 */
#ifndef MIRRORTOP_FILTER_FEW_H
#define MIRRORTOP_FILTER_FEW_H

#include "program.h"

enum { FEW_RULES = 32, FEW_LANES = 4, FEW_GROUPS = FEW_RULES / FEW_LANES };

typedef int32_t few_lanes __attribute__((vector_size(16)));

/* A lane a rule. Addresses and masks are in network byte order, as in struct ip_addr. */
struct few_group {
    few_lanes src[4], src_mask[4], dst[4], dst_mask[4];
    few_lanes src_from, src_to, dst_from, dst_to;
    few_lanes protocol, protocol_mask;
    few_lanes bit; /* of the rule in the result; 0: no rule */
};

struct few {
    bool wide; /* addresses have four words, else one */
    size_t groups;
    struct few_group group[FEW_GROUPS];
};

/* Without rules, to be given to free(); NULL: out of memory. */
struct few *few_new(void);

/* Adds the rule as number `at`, counted from 0; rules are added in order. */
void few_add(struct few *few, size_t at, const struct filter_rule *rule);

static inline few_lanes few_all(uint32_t value)
{
    int32_t lane = (int32_t)value;

    return (few_lanes){ lane, lane, lane, lane };
}

/* Bit i is set when rule i takes the packet. */
static inline uint32_t few_match(const struct few *few, const struct filter_subject *subject)
{
    const few_lanes src = few_all(subject->src.word32[0]), dst = few_all(subject->dst.word32[0]);
    const few_lanes src_port = few_all(subject->src_port), dst_port = few_all(subject->dst_port);
    const few_lanes protocol = few_all(subject->protocol);
    few_lanes hits = few_all(0);

    for (size_t i = 0; i < few->groups; i++) {
        const struct few_group *group = &few->group[i];
        few_lanes miss = ((src ^ group->src[0]) & group->src_mask[0]) |
                         ((dst ^ group->dst[0]) & group->dst_mask[0]) |
                         ((protocol ^ group->protocol) & group->protocol_mask) |
                         (group->src_from > src_port) | (src_port > group->src_to) |
                         (group->dst_from > dst_port) | (dst_port > group->dst_to);

        if (few->wide)
            for (unsigned w = 1; w < 4; w++)
                miss |= ((few_all(subject->src.word32[w]) ^ group->src[w]) & group->src_mask[w]) |
                        ((few_all(subject->dst.word32[w]) ^ group->dst[w]) & group->dst_mask[w]);
        hits |= (miss == 0) & group->bit;
    }
    return (uint32_t)((hits[0] | hits[1]) | (hits[2] | hits[3]));
}

#endif
