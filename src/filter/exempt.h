/* SPDX-License-Identifier: MIT */
/*
 * exempt: traffic about which a mirror filter's rules are not asked.
 *
 * What it is and by what it is recognised stands in program.h. Pure.
 */
#ifndef MIRRORTOP_FILTER_EXEMPT_H
#define MIRRORTOP_FILTER_EXEMPT_H

#include "program.h"
#include "value.h"

enum filter_exempt {
    EXEMPT_NOT,        /* the rules decide */
    EXEMPT_NEVER,      /* no mirror carries it */
    EXEMPT_AMAZON_DNS, /* the network service amazon-dns decides */
};

enum {
    PORT_DNS = 53,
    PORT_DHCP_SERVER = 67,
    PORT_DHCP_CLIENT = 68,
    PORT_DHCP6_CLIENT = 546,
    PORT_DHCP6_SERVER = 547,
};

enum filter_exempt filter_exempt(const struct filter_subject *subject);

/* A single address of which no mirror carries anything: instance metadata, the time service. */
bool filter_cidr_is_never_mirrored(const struct filter_cidr *cidr);

/* TCP or UDP, with ports that were read. Without branches: which of the two it is, cannot be
 * foreseen. */
static inline bool filter_subject_has_ports(const struct filter_subject *subject)
{
    return ((subject->protocol == PROTO_TCP) | (subject->protocol == PROTO_UDP)) &
           subject->has_ports & !subject->later_fragment;
}

/* False: certainly EXEMPT_NOT. Most packets are done with here. */
static inline bool filter_exempt_is_possible(const struct filter_subject *subject)
{
    uint32_t src = filter_addr_v4(&subject->src), dst = filter_addr_v4(&subject->dst);
    uint16_t sport = subject->src_port, dport = subject->dst_port;

    /* the beginnings of 169.254.169.N and fd00:ec2::N */
    return !subject->is_ip | (src >> 8 == 0xa9fea9) | (dst >> 8 == 0xa9fea9) | (src == 0xfd000ec2) |
           (dst == 0xfd000ec2) | (sport == PORT_DNS) | (dport == PORT_DNS) |
           (sport == PORT_DHCP_SERVER) | (sport == PORT_DHCP_CLIENT) |
           (sport == PORT_DHCP6_CLIENT) | (sport == PORT_DHCP6_SERVER);
}

#endif
