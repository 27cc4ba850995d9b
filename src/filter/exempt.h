/* SPDX-License-Identifier: MIT */
/*
 * exempt: traffic about which a mirror filter's rules are not asked.
 *
 * What it is and by what it is recognised stands in program.h. Pure.
 */
#ifndef MIRRORTOP_FILTER_EXEMPT_H
#define MIRRORTOP_FILTER_EXEMPT_H

#include "program.h"

#include <endian.h>

enum filter_exempt {
    EXEMPT_NOT,        /* the rules decide */
    EXEMPT_NEVER,      /* no mirror carries it */
    EXEMPT_AMAZON_DNS, /* the network service amazon-dns decides */
};

enum filter_exempt filter_exempt(const struct filter_subject *subject);

/* TCP or UDP, with ports that were read. */
static inline bool filter_subject_has_ports(const struct filter_subject *subject)
{
    return (subject->protocol == PROTO_TCP || subject->protocol == PROTO_UDP) &&
           subject->has_ports && !subject->later_fragment;
}

static inline uint32_t filter_addr_v4(const struct ip_addr *addr)
{
    return be32toh(addr->word32[0]);
}

/* Half of an IPv6 address: 0 is the network's, 1 the interface's. */
static inline uint64_t filter_addr_half(const struct ip_addr *addr, unsigned half)
{
    return be64toh(addr->word64[half]);
}

#endif
