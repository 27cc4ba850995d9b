/* SPDX-License-Identifier: MIT */
#include "few.h"

#include <stdlib.h>
#include <string.h>

struct few *few_new(void)
{
    size_t size = (sizeof(struct few) + 63) / 64 * 64;
    struct few *few = aligned_alloc(64, size);

    if (few)
        memset(few, 0, size);
    return few;
}

static void add_cidr(few_lanes net[4], few_lanes mask[4], size_t lane,
                     const struct filter_cidr *cidr)
{
    struct filter_cidr ones = { .prefix = cidr->prefix };

    memset(ones.addr.bytes, 0xff, sizeof(ones.addr.bytes));
    filter_cidr_mask(&ones);
    for (unsigned w = 0; w < 4; w++) {
        net[w][lane] = (int32_t)cidr->addr.word32[w];
        mask[w][lane] = (int32_t)ones.addr.word32[w];
    }
}

void few_add(struct few *few, size_t at, const struct filter_rule *rule)
{
    struct few_group *group = &few->group[at / FEW_LANES];
    size_t lane = at % FEW_LANES;
    bool any = rule->protocol == FILTER_PROTOCOL_ANY;

    few->wide = rule->src.addr.family == 6;
    few->groups = at / FEW_LANES + 1;
    add_cidr(group->src, group->src_mask, lane, &rule->src);
    add_cidr(group->dst, group->dst_mask, lane, &rule->dst);
    group->src_from[lane] = rule->src_ports.from;
    group->src_to[lane] = rule->src_ports.given ? rule->src_ports.to : UINT16_MAX;
    group->dst_from[lane] = rule->dst_ports.from;
    group->dst_to[lane] = rule->dst_ports.given ? rule->dst_ports.to : UINT16_MAX;
    group->protocol[lane] = any ? 0 : rule->protocol;
    group->protocol_mask[lane] = any ? 0 : UINT8_MAX;
    group->bit[lane] = (int32_t)(UINT32_C(1) << at);
}
