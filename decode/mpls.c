/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * MPLS label stack entry (RFC 3032 section 2.1); one at a time
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                Label                  |  TC |S|      TTL      |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * What is inside is not said. IP shows by its version; otherwise it is taken for Ethernet, before
 * which a control word of four bytes with a first nibble of 0 may stand (RFC 4385 section 3).
 */
enum { MPLS_BYTES = 4, MPLS_BOTTOM = 0x01, CONTROL_WORD_BYTES = 4, ETHERNET_TYPE_AT = 12 };

/* Addresses may begin with a nibble of 0 as well. Without a control word the EtherType stands
 * four bytes earlier; a type that is known there tells. */
static bool has_control_word(const struct cursor *c)
{
    struct cursor look = *c;
    uint16_t type;

    return !(cur_skip(&look, ETHERNET_TYPE_AT) && cur_be16(&look, &type) &&
             (type == ETHER_IPV4 || type == ETHER_IPV6 || type == ETHER_ARP || type == ETHER_VLAN));
}

static enum layer decode_inside(struct layers *l)
{
    if (!cur_has(&l->cur, 1))
        return layers_stop_short_of(l, 1, REASON_CUT_TUNNEL, REASON_MPLS_STACK);
    switch (l->cur.p[0] >> 4) {
    case 4:
        return LAYER_IPV4;
    case 6:
        return LAYER_IPV6;
    case 0:
        if (has_control_word(&l->cur) && !layers_take(l, CONTROL_WORD_BYTES))
            return layers_stop_short_of(l, CONTROL_WORD_BYTES, REASON_CUT_TUNNEL,
                                        REASON_MPLS_STACK);
        return LAYER_ETHERNET;
    default:
        return LAYER_ETHERNET;
    }
}

enum layer decode_mpls(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, MPLS_BYTES);

    (void)packet;
    if (!p)
        return layers_stop_short_of(l, MPLS_BYTES, REASON_CUT_TUNNEL, REASON_MPLS_STACK);
    return p[2] & MPLS_BOTTOM ? decode_inside(l) : LAYER_MPLS;
}
