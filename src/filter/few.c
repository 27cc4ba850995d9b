/* SPDX-License-Identifier: MIT */
#include "few.h"

#include <string.h>

static void add_range(uint32_t *table, unsigned from, unsigned to, uint32_t bit)
{
    for (unsigned i = from; i <= to; i++)
        table[i] |= bit;
}

/* The first word of the network's mask. */
static uint32_t cidr_mask(const struct filter_cidr *cidr)
{
    struct filter_cidr ones = { .prefix = cidr->prefix };

    memset(ones.addr.bytes, 0xff, sizeof(ones.addr.bytes));
    filter_cidr_mask(&ones);
    return ones.addr.word32[0];
}

static void add_cidrs(struct few *few, size_t at, const struct filter_cidr *src,
                      const struct filter_cidr *dst)
{
    uint32_t src_mask = cidr_mask(src), dst_mask = cidr_mask(dst), bit = UINT32_C(1) << at;
    uint8_t src_from = src->addr.bytes[0], dst_from = dst->addr.bytes[0];

    few->rule[at].net = few_pair(src->addr.word32[0], dst->addr.word32[0]);
    few->rule[at].mask = few_pair(src_mask, dst_mask);
    add_range(few->by_src, src_from, src_from | (uint8_t)~few_byte(src_mask), bit);
    add_range(few->by_dst, dst_from, dst_from | (uint8_t)~few_byte(dst_mask), bit);
    if (src->prefix > 32 || dst->prefix > 32)
        few->vague |= bit;
}

static void add_ports(uint16_t *first, uint16_t *most, uint32_t table[FEW_PORTS],
                      const struct filter_ports *ports, uint32_t bit)
{
    uint16_t to = ports->given ? ports->to : UINT16_MAX;

    *first = ports->from;
    *most = (uint16_t)(to - ports->from);
    add_range(table, few_port(ports->from), few_port(to), bit);
}

/* Whether the tables know exactly which ports these are. */
static bool are_known(const struct filter_ports *ports)
{
    unsigned to = ports->given ? ports->to : UINT16_MAX;

    return (ports->from < FEW_LOW_PORTS || ports->from % FEW_BYTES == 0) &&
           (to < FEW_LOW_PORTS || to % FEW_BYTES == FEW_BYTES - 1);
}

void few_begin(struct few *few, uint8_t family)
{
    static const uint16_t dhcp[] = { PORT_DHCP_SERVER, PORT_DHCP_CLIENT, PORT_DHCP6_CLIENT,
                                     PORT_DHCP6_SERVER };
    uint8_t service = family == 4 ? 169 : 0xfd; /* first byte of their addresses */

    add_range(few->by_src, 0, FEW_BYTES - 1, FEW_PLAIN | FEW_HAS_PORTS);
    add_range(few->by_dst, 0, FEW_BYTES - 1, FEW_PLAIN | FEW_HAS_PORTS);
    add_range(few->by_src_port, 0, FEW_PORTS - 1, FEW_PLAIN | FEW_HAS_PORTS);
    add_range(few->by_dst_port, 0, FEW_PORTS - 1, FEW_PLAIN | FEW_HAS_PORTS);
    few->by_protocol[PROTO_TCP] = few->by_protocol[PROTO_UDP] = FEW_PLAIN | FEW_HAS_PORTS;
    few->by_src[service] = few->by_dst[service] = FEW_HAS_PORTS;
    few->by_src_port[PORT_DNS] = few->by_dst_port[PORT_DNS] = FEW_HAS_PORTS;
    for (size_t i = 0; i < sizeof(dhcp) / sizeof(dhcp[0]); i++)
        few->by_src_port[dhcp[i]] = FEW_HAS_PORTS; /* both ports are of DHCP, or it is none */
}

void few_add(struct few *few, size_t at, const struct filter_rule *added, uint16_t outcome)
{
    struct few_rule *rule = &few->rule[at];
    uint32_t bit = UINT32_C(1) << at;
    bool any = added->protocol == FILTER_PROTOCOL_ANY;

    add_cidrs(few, at, &added->src, &added->dst);
    add_ports(&rule->src_from, &rule->src_most, few->by_src_port, &added->src_ports, bit);
    add_ports(&rule->dst_from, &rule->dst_most, few->by_dst_port, &added->dst_ports, bit);
    add_range(few->by_protocol, any ? 0 : (unsigned)added->protocol,
              any ? UINT8_MAX : (unsigned)added->protocol, bit);
    if (added->src.prefix <= 8 && added->dst.prefix <= 8 && are_known(&added->src_ports) &&
        are_known(&added->dst_ports))
        few->sure |= bit;
    if (added->direction == DIRECTION_EGRESS)
        few->egress |= bit;
    else
        few->ingress |= bit;
    few->accept |= (uint32_t)added->accept << at;
    few->outcome[at] = outcome;
}
