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

/* Addresses by their first words, as they are on the wire. False: with these ports it is certainly
 * EXEMPT_NOT. Most packets are done with here. */
static inline bool filter_exempt_may_be(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport)
{
    /* the beginnings of 169.254.169.N and fd00:ec2::N */
    uint32_t v4 = htobe32(0xa9fea900), v4_mask = htobe32(0xffffff00), v6 = htobe32(0xfd000ec2);
    /* a VPC's resolver is 2 above some block of 16 */
    uint32_t last = htobe32(0xf), two = htobe32(2);

    return ((src & v4_mask) == v4) | ((dst & v4_mask) == v4) | (src == v6) | (dst == v6) |
           (((sport == PORT_DNS) | (dport == PORT_DNS)) &
            (((src & last) == two) | ((dst & last) == two))) |
           ((uint16_t)(sport - PORT_DHCP_SERVER) <= PORT_DHCP_CLIENT - PORT_DHCP_SERVER) |
           ((uint16_t)(sport - PORT_DHCP6_CLIENT) <= PORT_DHCP6_SERVER - PORT_DHCP6_CLIENT);
}

/* The same of any packet. */
static inline bool filter_exempt_is_possible(const struct filter_subject *subject)
{
    return !subject->is_ip | filter_exempt_may_be(subject->src.word32[0], subject->dst.word32[0],
                                                  subject->src_port, subject->dst_port);
}

#endif
