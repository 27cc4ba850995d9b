/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * GRE (RFC 2784 section 2, RFC 2890 section 2; routing: RFC 1701)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |C|R|K|S| Reserved0       | Ver |         Protocol Type         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |      Checksum (C)             |       Reserved1 (C)           |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                            Key (K)                            |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                    Sequence Number (S)                        |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
enum { GRE_BYTES = 4, GRE_FIELD_BYTES = 4, GRE_VERSION = 0x0007 };
enum { GRE_CHECKSUM = 0x8000, GRE_ROUTING = 0x4000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000 };

/*
 * ERSPAN carries a mirrored frame (draft-foschiano-erspan): type I has no header of its own and
 * no GRE sequence number; type II has 8 bytes; type III has 12, and 8 more when the last bit says
 * so.
 */
enum { GRE_ERSPAN = 0x88be, GRE_ERSPAN3 = 0x22eb };
enum { ERSPAN2_BYTES = 8, ERSPAN3_BYTES = 12, ERSPAN3_OPTIONAL = 0x01, ERSPAN3_OPTIONAL_BYTES = 8 };

static enum layer stop_in_erspan(struct layers *l, size_t need)
{
    return layers_stop_short_of(l, need, REASON_CUT_TUNNEL, REASON_GRE_HEADER);
}

static enum layer skip_erspan3(struct layers *l)
{
    const uint8_t *p = layers_take(l, ERSPAN3_BYTES);

    if (!p)
        return stop_in_erspan(l, ERSPAN3_BYTES);
    if ((p[ERSPAN3_BYTES - 1] & ERSPAN3_OPTIONAL) && !layers_take(l, ERSPAN3_OPTIONAL_BYTES))
        return stop_in_erspan(l, ERSPAN3_OPTIONAL_BYTES);
    return LAYER_ETHERNET;
}

static enum layer skip_erspan(struct layers *l, bool has_sequence)
{
    if (has_sequence && !layers_take(l, ERSPAN2_BYTES))
        return stop_in_erspan(l, ERSPAN2_BYTES);
    return LAYER_ETHERNET;
}

enum layer decode_gre(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, GRE_BYTES);
    uint16_t flags, type;
    size_t optional = 0;

    (void)packet;
    if (!p)
        return layers_stop_short(l, GRE_BYTES, REASON_CUT_TUNNEL);
    flags = be16(p);
    type = be16(p + 2);
    if ((flags & GRE_VERSION) != 0)
        return layers_stop(l, REASON_GRE_VERSION);
    if (flags & GRE_ROUTING)
        return layers_stop(l, REASON_GRE_HEADER);
    if (flags & GRE_CHECKSUM)
        optional += GRE_FIELD_BYTES;
    if (flags & GRE_KEY)
        optional += GRE_FIELD_BYTES;
    if (flags & GRE_SEQUENCE)
        optional += GRE_FIELD_BYTES;
    if (!layers_take(l, optional))
        return layers_stop_short_of(l, optional, REASON_CUT_TUNNEL, REASON_GRE_HEADER);
    if (type == GRE_ERSPAN)
        return skip_erspan(l, (flags & GRE_SEQUENCE) != 0);
    if (type == GRE_ERSPAN3)
        return skip_erspan3(l);
    if (type < ETHER_TYPE_MIN)
        return layers_stop(l, REASON_ETHERTYPE);
    return layers_by_ether_type(l, type);
}
