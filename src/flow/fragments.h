/* SPDX-License-Identifier: MIT */
/*
 * fragments: the ports of first fragments, remembered for the others (RFC 791 section 3.2,
 * RFC 8200 section 4.5).
 *
 * A ring of fixed size: a new packet takes the place of the one that has been there longest,
 * wherever its hash may lie, so what is forgotten does not depend on the seed. A fragment whose
 * first one was not seen, came later or is forgotten stays without ports, and is counted.
 */
#ifndef MIRRORTOP_FLOW_FRAGMENTS_H
#define MIRRORTOP_FLOW_FRAGMENTS_H

#include "../../decode/packet.h"

#include <stddef.h>

enum { FRAGMENT_ENTRIES = 2048, FRAGMENT_SLOTS = 4 * FRAGMENT_ENTRIES, FRAGMENT_SECONDS = 30 };

struct fragment {
    struct ip_addr src, dst;
    uint32_t id;
    uint32_t seen_ds; /* engine clock, 1/10 s */
    uint32_t home;    /* where the search in slots begins */
    uint16_t session;
    uint8_t protocol;
    bool used;
    uint16_t src_port, dst_port;
};

struct fragment_cache {
    struct fragment entry[FRAGMENT_ENTRIES];
    uint16_t slots[FRAGMENT_SLOTS]; /* index + 1; 0: empty */
    size_t next;                    /* the entry that is written next */
    uint64_t seed;
    uint64_t alone; /* fragments of protocols with ports that found none */
};

/* Forgets everything but the seed. */
void fragment_cache_clear(struct fragment_cache *cache);

/* A first fragment is remembered; another one gets its ports, if they are known. */
void fragment_ports(struct fragment_cache *cache, struct packet *packet, uint16_t session,
                    uint32_t now_ds);

#endif
