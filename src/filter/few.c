/* SPDX-License-Identifier: MIT */
#include "few.h"

#include <string.h>

static void add_range(uint32_t table[FEW_BYTES], unsigned from, unsigned to, uint32_t bit)
{
    for (unsigned i = from; i <= to; i++)
        table[i] |= bit;
}

static struct ip_addr cidr_mask(const struct filter_cidr *cidr)
{
    struct filter_cidr ones = { .prefix = cidr->prefix };

    memset(ones.addr.bytes, 0xff, sizeof(ones.addr.bytes));
    filter_cidr_mask(&ones);
    return ones.addr;
}

static void set_words(const struct few *few, uint64_t words[4], const struct ip_addr *src,
                      const struct ip_addr *dst)
{
    if (few->wide) {
        memcpy(words, src->word64, sizeof(src->word64));
        memcpy(words + 2, dst->word64, sizeof(dst->word64));
    } else {
        words[0] = few_pair(src->word32[0], dst->word32[0]);
    }
}

static void add_cidrs(struct few *few, size_t at, const struct filter_cidr *src,
                      const struct filter_cidr *dst)
{
    struct few_rule *rule = &few->rule[at];
    struct ip_addr src_mask = cidr_mask(src), dst_mask = cidr_mask(dst);
    uint8_t src_from = src->addr.bytes[0], dst_from = dst->addr.bytes[0];
    uint32_t bit = UINT32_C(1) << at;

    set_words(few, rule->net, &src->addr, &dst->addr);
    set_words(few, rule->mask, &src_mask, &dst_mask);
    add_range(few->by_src, src_from, src_from | (uint8_t)~src_mask.bytes[0], bit);
    add_range(few->by_dst, dst_from, dst_from | (uint8_t)~dst_mask.bytes[0], bit);
}

static void add_ports(uint16_t *first, uint16_t *most, uint32_t table[FEW_BYTES],
                      const struct filter_ports *ports, uint32_t bit)
{
    uint16_t to = ports->given ? ports->to : UINT16_MAX;

    *first = ports->from;
    *most = (uint16_t)(to - ports->from);
    add_range(table, ports->from >> 8, to >> 8, bit);
}

void few_add(struct few *few, size_t at, const struct filter_rule *added)
{
    struct few_rule *rule = &few->rule[at];
    uint32_t bit = UINT32_C(1) << at;
    bool any = added->protocol == FILTER_PROTOCOL_ANY;

    few->wide = added->src.addr.family == 6;
    add_cidrs(few, at, &added->src, &added->dst);
    add_ports(&rule->src_from, &rule->src_most, few->by_src_port, &added->src_ports, bit);
    add_ports(&rule->dst_from, &rule->dst_most, few->by_dst_port, &added->dst_ports, bit);
    add_range(few->by_protocol, any ? 0 : (unsigned)added->protocol,
              any ? UINT8_MAX : (unsigned)added->protocol, bit);
}
