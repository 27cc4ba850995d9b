/* SPDX-License-Identifier: MIT */
/*
 * few: up to 30 rules of one address family, for what most packets are: TCP or UDP, with ports.
 *
 * A rule a bit. For each field there is a table of the rules that may take a packet: of addresses
 * by their first byte, of ports by the port itself where those of services are, else by its first
 * byte. What the tables have in common are few rules, mostly one. Where a rule asks for no more
 * than a table knows, it takes the packet then; else it is looked at by itself. One more bit says
 * of each value that the rules decide, as far as it goes. For filters as AWS takes them that is
 * quicker than looking anything up (field_index.h). Owned by whoever built it; constant afterwards.
 */
#ifndef MIRRORTOP_FILTER_FEW_H
#define MIRRORTOP_FILTER_FEW_H

#include "exempt.h"

enum {
    FEW_RULES = 30,
    FEW_BYTES = 256,
    FEW_LOW_PORTS = 1024,
    FEW_PORTS = FEW_LOW_PORTS + FEW_BYTES - FEW_LOW_PORTS / FEW_BYTES, /* see few_port() */
};

/* Besides the rules: nothing about it is of what may be exempt (exempt.h); it is TCP or UDP. */
#define FEW_PLAIN (UINT32_C(1) << FEW_RULES)
#define FEW_HAS_PORTS (UINT32_C(1) << (FEW_RULES + 1))

/* The first words of addresses, both together, and ports: the first one, and how many more. */
struct few_rule {
    uint64_t net, mask;
    uint16_t src_from, src_most, dst_from, dst_most;
};

struct few {
    uint32_t by_src[FEW_BYTES], by_dst[FEW_BYTES], by_protocol[FEW_BYTES];
    uint32_t by_src_port[FEW_PORTS], by_dst_port[FEW_PORTS];
    uint32_t ingress, egress, accept; /* rules of which this is so */
    uint32_t sure;                    /* they take whatever the tables say they may */
    uint32_t vague;                   /* they ask for more than the first words */
    struct few_rule rule[FEW_RULES];
    uint16_t outcome[FEW_RULES];
};

/* A packet over IP, with ports. Addresses are told by their first words, as on the wire. */
struct few_packet {
    uint32_t src, dst;
    uint16_t src_port, dst_port;
    uint8_t protocol;
    enum direction direction;
};

/* Of an IP packet with ports. */
static inline struct few_packet few_packet_of(const struct filter_subject *subject)
{
    return (struct few_packet){
        .src = subject->src.word32[0],
        .dst = subject->dst.word32[0],
        .src_port = subject->src_port,
        .dst_port = subject->dst_port,
        .protocol = subject->protocol,
        .direction = subject->direction,
    };
}

/* *few was zeros before. family: 4 or 6. */
void few_begin(struct few *few, uint8_t family);
/* Adds the rule as number `at`; the outcome is what is said when it decides. */
void few_add(struct few *few, size_t at, const struct filter_rule *added, uint16_t outcome);

/* Where a port stands in the tables. Without a branch: most would be foreseen wrongly. */
static inline unsigned few_port(uint16_t port)
{
    unsigned high = FEW_LOW_PORTS - FEW_LOW_PORTS / FEW_BYTES + port / FEW_BYTES;

    return port < high ? port : high; /* up to 1023, `high` is more */
}

static inline uint64_t few_pair(uint32_t src, uint32_t dst)
{
    return (uint64_t)dst << 32 | src;
}

/* The first byte of an address. */
static inline uint8_t few_byte(uint32_t word)
{
    return (uint8_t)(be32toh(word) >> 24);
}

static inline bool few_takes(const struct few_rule *rule, const struct few_packet *packet)
{
    return (((few_pair(packet->src, packet->dst) ^ rule->net) & rule->mask) == 0) &
           ((uint16_t)(packet->src_port - rule->src_from) <= rule->src_most) &
           ((uint16_t)(packet->dst_port - rule->dst_from) <= rule->dst_most);
}

/* The bit of the first of these rules, of which the tables say that they may, that takes the
 * packet; 0: none does. */
static inline uint32_t few_first(const struct few *few, uint32_t rules,
                                 const struct few_packet *packet)
{
    uint32_t first = rules & (0 - rules);

    while (first & ~few->sure && !few_takes(&few->rule[__builtin_ctz(first)], packet)) {
        rules ^= first;
        first = rules & (0 - rules);
    }
    return first;
}

/* Rules that may take the packet; others do not. And the bits besides. */
static inline uint32_t few_may(const struct few *few, const struct few_packet *packet)
{
    return few->by_src[few_byte(packet->src)] & few->by_dst[few_byte(packet->dst)] &
           few->by_src_port[few_port(packet->src_port)] &
           few->by_dst_port[few_port(packet->dst_port)] & few->by_protocol[packet->protocol];
}

/* The number of the outcome by these rules, see filter_judge(), of a packet that is not exempt;
 * FILTER_ALL: they cannot tell. */
static inline uint16_t few_judge(const struct few *few, uint32_t may,
                                 const struct few_packet *packet)
{
    uint32_t first, other;

    if (packet->direction != DIRECTION_UNKNOWN) {
        bool in = packet->direction == DIRECTION_INGRESS;

        first = few_first(few, may & (in ? few->ingress : few->egress), packet);
        if (first & few->vague)
            return FILTER_ALL;
        if (first == 0)
            return in ? FILTER_IMPLICIT_INGRESS : FILTER_IMPLICIT_EGRESS;
        return few->outcome[__builtin_ctz(first)];
    }
    first = few_first(few, may & few->ingress, packet);
    other = few_first(few, may & few->egress, packet);
    if ((first | other) & few->vague)
        return FILTER_ALL;
    if (!(first & few->accept) != !(other & few->accept))
        return FILTER_NO_DIRECTION;
    return first & few->accept ? FILTER_EITHER_ACCEPTED : FILTER_EITHER_REJECTED;
}

/* The same of any packet. */
static inline uint16_t few_judge_any(const struct few *few, const struct few_packet *packet)
{
    uint32_t may = few_may(few, packet);

    if (!(may & FEW_HAS_PORTS) ||
        (!(may & FEW_PLAIN) &&
         filter_exempt_may_be(packet->src, packet->dst, packet->src_port, packet->dst_port)))
        return FILTER_ALL;
    return few_judge(few, may, packet);
}

#endif
