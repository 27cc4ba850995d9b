/* SPDX-License-Identifier: MIT */
/*
 * fragments: the ports of first fragments, remembered for the others (RFC 791 section 3.2,
 * RFC 8200 section 4.5).
 *
 * A small cache of fixed size; an old entry makes room. A fragment whose first one was not seen, or
 * came later, stays without ports.
 */
#ifndef MIRRORTOP_FLOW_FRAGMENTS_H
#define MIRRORTOP_FLOW_FRAGMENTS_H

#include "../../decode/packet.h"

enum { FRAGMENT_SETS = 512, FRAGMENT_WAYS = 4, FRAGMENT_SECONDS = 30 };

struct fragment {
    struct ip_addr src, dst;
    uint32_t id;
    uint32_t seen_ds; /* engine clock, 1/10 s */
    uint16_t session;
    uint8_t protocol;
    bool used;
    uint16_t src_port, dst_port;
};

struct fragment_cache {
    struct fragment entry[FRAGMENT_SETS][FRAGMENT_WAYS];
    uint64_t seed;
};

/* A first fragment is remembered; another one gets its ports, if they are known. */
void fragment_ports(struct fragment_cache *cache, struct packet *packet, uint16_t session,
                    uint32_t now_ds);

#endif
