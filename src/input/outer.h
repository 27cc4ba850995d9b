/* SPDX-License-Identifier: MIT */
/*
 * outer: the IP and UDP header in front of a datagram that came by a socket.
 *
 * The kernel keeps addresses and ports of it and no more; the rest is written as a mirror sends it
 * (no options, no fragments, TTL 255, no UDP checksum). Internal to src/input.
 */
#ifndef MIRRORTOP_INPUT_OUTER_H
#define MIRRORTOP_INPUT_OUTER_H

#include <netinet/in.h>
#include <stdint.h>

enum { OUTER_V4_BYTES = 20 + 8, OUTER_V6_BYTES = 40 + 8 };

struct outer {
    uint8_t bytes[OUTER_V6_BYTES];
    uint32_t size; /* OUTER_V4_BYTES or OUTER_V6_BYTES */
    uint32_t sum;  /* of the IPv4 header, without its length */
};

/* `from` is a struct sockaddr_in or sockaddr_in6; an IPv4 address in IPv6 clothes becomes one of
 * IPv4, and `local` is then looked at for the same. `port` is ours. */
void outer_make(struct outer *outer, const struct sockaddr_in6 *from, const struct in6_addr *local,
                uint16_t port);

/* Writes the header of a datagram with `payload` bytes, at most what UDP can carry, to `out`. */
void outer_write(const struct outer *outer, uint32_t payload, uint8_t *out);

#endif
