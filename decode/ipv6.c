/* SPDX-License-Identifier: MIT */
#include "layer.h"

enum { EXTENSION_UNIT = 8, AH_UNIT = 4, OPTION_PAD1 = 0, OPTION_JUMBO = 0xc2 };
enum { FRAGMENT_BYTES = 8, FRAGMENT_MORE = 0x0001, FRAGMENT_OFFSET = 0xfff8 };
enum { IPV6_DATAGRAM_MAX = 65535 };

/*
 * IPv6 (RFC 8200 section 3)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |Version| Traffic Class |           Flow Label                  |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |         Payload Length        |  Next Header  |   Hop Limit   |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                   Source Address (16 bytes)                   |
 *    |                 Destination Address (16 bytes)                |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
enum layer decode_ipv6(struct layers *l, struct packet *packet)
{
    const uint8_t *ip = layers_take(l, IPV6_BYTES);
    size_t length;

    if (!ip)
        return layers_stop_short(l, IPV6_BYTES, REASON_CUT_IP);
    if (ip_family(ip) != 6)
        return layers_stop(l, REASON_IP_VERSION);
    length = be16(ip + 4);
    l->zero_length = length == 0 && ip[6] != PROTO_NONE;
    if (l->zero_length) {
        /* segmentation offload, or a jumbogram: then the hop-by-hop header says so */
        packet_note(packet, ANOMALY_IPV6_ZERO_LENGTH);
        length = l->wire;
    }
    layers_limit(l, length);
    l->ip_id = 0;
    layers_set_ip(l, packet, ip, IPV6_BYTES + length, ip[6]);
    return layers_by_protocol(ip[6]);
}

/* An extension header is behind the cursor: the next one follows. */
static enum layer next_header(struct layers *l, struct packet *packet, uint8_t number)
{
    l->protocol = number;
    layers_set_payload(l, packet);
    return layers_by_protocol(number);
}

/* The authentication header also stands behind IPv4, where it is nothing but a short payload. */
static enum decode_reason bad_extension(const struct layers *l)
{
    return ip_family(l->ip) == 6 ? REASON_IPV6_EXTENSION : REASON_SHORT_TRANSPORT;
}

/* The whole extension header of `size` bytes; NULL: *stop says why there is none. */
static const uint8_t *take_extension(struct layers *l, size_t size, enum layer *stop)
{
    const uint8_t *p = layers_take(l, size);

    if (!p)
        *stop = layers_stop_short_of(l, size, REASON_CUT_IP, bad_extension(l));
    return p;
}

/* Is a jumbo payload option among the hop-by-hop options? (RFC 2675 section 2) */
static bool has_jumbo_option(const uint8_t *p, size_t size)
{
    struct cursor c = cur_make(p, size);
    uint8_t type, len;

    cur_skip(&c, 2);
    while (cur_u8(&c, &type)) {
        if (type == OPTION_JUMBO)
            return true;
        if (type != OPTION_PAD1 && (!cur_u8(&c, &len) || !cur_skip(&c, len)))
            return false;
    }
    return false;
}

/*
 * Hop-by-hop and destination options, routing (RFC 8200 sections 4.3, 4.4, 4.6), mobility
 * (RFC 6275 section 6.1), HIP (RFC 7401 section 5.1), shim6 (RFC 5533 section 5.1)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |  Next Header  | Length/8 - 1  |                               |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 *    |                    at least 8 bytes in all                    |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
enum layer decode_ipv6_extension(struct layers *l, struct packet *packet)
{
    enum layer stop = LAYER_DONE;
    size_t size = EXTENSION_UNIT;
    const uint8_t *p;

    if (ip_family(l->ip) != 6)
        return LAYER_DONE;
    if (cur_has(&l->cur, 2))
        size = ((size_t)l->cur.p[1] + 1) * EXTENSION_UNIT;
    p = take_extension(l, size, &stop);
    if (!p)
        return stop;
    if (l->protocol == PROTO_HOPOPTS && l->zero_length && has_jumbo_option(p, size))
        return layers_stop(l, REASON_IPV6_JUMBOGRAM);
    /* these are messages of their own when nothing follows, and better known by their number */
    if (p[0] == PROTO_NONE &&
        (l->protocol == PROTO_MOBILITY || l->protocol == PROTO_HIP || l->protocol == PROTO_SHIM6))
        return LAYER_DONE;
    return next_header(l, packet, p[0]);
}

/*
 * Fragment (RFC 8200 section 4.5)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                         Identification                        |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
enum layer decode_ipv6_fragment(struct layers *l, struct packet *packet)
{
    enum layer stop = LAYER_DONE;
    const uint8_t *p;
    size_t offset;

    if (ip_family(l->ip) != 6)
        return LAYER_DONE;
    p = take_extension(l, FRAGMENT_BYTES, &stop);
    if (!p)
        return stop;
    offset = be16(p + 2) & FRAGMENT_OFFSET;
    l->ip_id = be32(p + 4);
    if (offset == 0 && !(be16(p + 2) & FRAGMENT_MORE))
        return next_header(l, packet, p[0]); /* atomic: nothing else belongs to it (RFC 6946) */
    l->is_fragment = true;
    l->is_first_fragment = offset == 0;
    if (offset > 0) {
        l->protocol = p[0];
        layers_set_payload(l, packet);
        return offset + l->wire > IPV6_DATAGRAM_MAX ? layers_stop(l, REASON_IPV6_FRAGMENT)
                                                    : LAYER_DONE;
    }
    /* what is missing at its end is in the other fragments */
    l->open = true;
    return next_header(l, packet, p[0]);
}

/*
 * Authentication header (RFC 4302 section 2), behind IPv4 as well
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |  Next Header  | Length/4 - 2  |           Reserved            |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                              SPI                              |
 *    |                        Sequence Number                        |
 *    |                      Integrity Check Value                    |
 */
enum { AH_MIN_BYTES = 12 };

enum layer decode_ah(struct layers *l, struct packet *packet)
{
    enum layer stop = LAYER_DONE;
    size_t size = AH_MIN_BYTES;
    const uint8_t *p;

    if (cur_has(&l->cur, 2))
        size = ((size_t)l->cur.p[1] + 2) * AH_UNIT;
    if (size < AH_MIN_BYTES)
        return layers_stop(l, bad_extension(l));
    p = take_extension(l, size, &stop);
    if (!p)
        return stop;
    return next_header(l, packet, p[0]);
}
