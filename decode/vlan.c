/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * VLAN tag behind its type (IEEE 802.1Q clause 9.6); one of a stack at a time
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    | PCP |D|        VLAN           |        type or length         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
enum { VLAN_BYTES = 4, VLAN_USUAL = 2 };

static bool is_vlan_type(uint16_t type)
{
    return type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD;
}

enum layer decode_vlan(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, VLAN_BYTES);
    uint16_t type;

    if (!p)
        return layers_stop_short(l, VLAN_BYTES, REASON_CUT_LINK);
    type = be16(p + 2);
    l->vlan_tags++;
    if (!is_vlan_type(type)) {
        if (l->vlan_tags > VLAN_USUAL)
            packet_note(packet, ANOMALY_VLAN_STACK);
        l->vlan_tags = 0;
    }
    return layers_by_ether_type(l, type);
}
