/* SPDX-License-Identifier: MIT */
/*
 * value: addresses, networks and the like as plain numbers, to compare and to cut.
 */
#ifndef MIRRORTOP_FILTER_VALUE_H
#define MIRRORTOP_FILTER_VALUE_H

#include "filter.h"

#include <endian.h>

typedef unsigned __int128 filter_value; /* wide enough for an IPv6 address */

static inline uint32_t filter_addr_v4(const struct ip_addr *addr)
{
    return be32toh(addr->word32[0]);
}

/* Half of an IPv6 address: 0 is the network's, 1 the interface's. */
static inline uint64_t filter_addr_half(const struct ip_addr *addr, unsigned half)
{
    return be64toh(addr->word64[half]);
}

static inline filter_value filter_addr_v6(const struct ip_addr *addr)
{
    return (filter_value)filter_addr_half(addr, 0) << 64 | filter_addr_half(addr, 1);
}

/* The first and the last address of a network. */
static inline void filter_cidr_bounds(const struct filter_cidr *cidr, filter_value *from,
                                      filter_value *to)
{
    bool wide = cidr->addr.family == 6;
    unsigned host_bits = (wide ? 128 : 32) - cidr->prefix;
    /* a shift by 128 would not be defined */
    filter_value hosts = host_bits == 0 ? 0 : ~(filter_value)0 >> (128 - host_bits);

    *from = wide ? filter_addr_v6(&cidr->addr) : filter_addr_v4(&cidr->addr);
    *to = *from | hosts;
}

#endif
