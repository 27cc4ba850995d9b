/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * Ethernet (IEEE 802.3 clause 3.1.1; Ethernet II where the type is 0x0600 or more)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                     destination address                       |
 *    +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                               |        source address         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 *    |                                                               |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |        type or length         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
enum layer decode_ethernet(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, ETHERNET_BYTES);

    if (!p)
        return layers_stop_short(l, ETHERNET_BYTES, REASON_CUT_LINK);
    /* an Ethernet header in a tunnel does not say who sent the frame */
    if (!packet->mac && !l->ip)
        packet->mac = p;
    return layers_by_ether_type(l, be16(p + 12));
}
