/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * PPPoE session (RFC 2516 section 4) and the PPP protocol number behind it (RFC 1661 section 2)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |  Ver  | Type  |     Code      |          Session              |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |            Length             |         PPP protocol          |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
enum { PPPOE_BYTES = 8, PPPOE_VERSION_TYPE = 0x11, PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057 };

enum layer decode_pppoe(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, PPPOE_BYTES);

    (void)packet;
    if (!p)
        return layers_stop_short(l, PPPOE_BYTES, REASON_CUT_LINK);
    /* the length adds nothing: the IP header has its own, and what it promises counts */
    if (p[0] == PPPOE_VERSION_TYPE && p[1] == 0) {
        if (be16(p + 6) == PPP_IPV4)
            return LAYER_IPV4;
        if (be16(p + 6) == PPP_IPV6)
            return LAYER_IPV6;
    }
    l->ether_type = ETHER_PPPOE;
    return layers_stop(l, REASON_ETHERTYPE);
}
