/* SPDX-License-Identifier: MIT */
#include "outer.h"

#include <string.h>

#include "../../decode/packet.h"

enum { TTL = 255, UDP_BYTES = 8 };

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void outer_v4(struct outer *outer, const void *from, const void *local)
{
    uint8_t *h = outer->bytes;

    h[0] = 0x45;
    h[8] = TTL;
    h[9] = PROTO_UDP;
    memcpy(h + 12, from, 4);
    memcpy(h + 16, local, 4);
    for (size_t i = 0; i < OUTER_V4_BYTES - UDP_BYTES; i += 2)
        outer->sum += (uint32_t)(h[i] << 8 | h[i + 1]);
    outer->size = OUTER_V4_BYTES;
}

static void outer_v6(struct outer *outer, const void *from, const void *local)
{
    uint8_t *h = outer->bytes;

    h[0] = 0x60;
    h[6] = PROTO_UDP;
    h[7] = TTL;
    memcpy(h + 8, from, 16);
    memcpy(h + 24, local, 16);
    outer->size = OUTER_V6_BYTES;
}

void outer_make(struct outer *outer, const struct sockaddr_in6 *from, const struct in6_addr *local,
                uint16_t port)
{
    struct sockaddr_in in;
    uint8_t *udp;

    memset(outer, 0, sizeof(*outer));
    memcpy(&in, from, sizeof(in));
    /* "::" has zeros where an IPv4 address would be: 0.0.0.0 */
    if (from->sin6_family == AF_INET)
        outer_v4(outer, &in.sin_addr, local->s6_addr + 12);
    else if (IN6_IS_ADDR_V4MAPPED(&from->sin6_addr))
        outer_v4(outer, from->sin6_addr.s6_addr + 12, local->s6_addr + 12);
    else
        outer_v6(outer, &from->sin6_addr, local);
    udp = outer->bytes + outer->size - UDP_BYTES;
    memcpy(udp, &in.sin_port, 2); /* where sockaddr_in6 has it, too */
    put16(udp + 2, port);
}

void outer_write(const struct outer *outer, uint32_t payload, uint8_t *out)
{
    uint32_t sum = outer->sum + OUTER_V4_BYTES + payload;

    memcpy(out, outer->bytes, outer->size);
    put16(out + outer->size - 4, UDP_BYTES + payload);
    if (outer->size == OUTER_V6_BYTES) {
        put16(out + 4, UDP_BYTES + payload);
        return;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    put16(out + 2, OUTER_V4_BYTES + payload);
    put16(out + 10, ~sum);
}
