/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * VXLAN (RFC 7348 section 5), also as VPC Traffic Mirroring sends it
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |R|R|R|R|I|R|R|R|                   Reserved                    |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |           VXLAN Network Identifier (VNI)      |   Reserved    |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Without the I flag there is no VNI and so no mirror session: the datagram stays what it is. The
 * reserved bits are to be ignored on receipt.
 */
enum { VXLAN_BYTES = 8, VXLAN_FLAG_I = 0x08 };

static const uint32_t vxlan_usual = (uint32_t)VXLAN_FLAG_I << 24;

/* AWS puts VXLAN in an IP packet in GENEVE on the way through a gateway load balancer: then only
 * the VXLAN is the mirror's, and the GENEVE adds the endpoint. */
static bool is_in_mirror_geneve(const struct layers *l, const struct packet *packet)
{
    return packet->mirror == MIRROR_GENEVE && l->ip && l->ip == l->geneve_ip;
}

enum layer decode_vxlan(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, VXLAN_BYTES);
    uint32_t vni;

    if (!p && VXLAN_BYTES <= l->wire)
        return layers_stop(l, REASON_CUT_TUNNEL);
    if (!p || !(p[0] & VXLAN_FLAG_I)) {
        packet_note(packet, ANOMALY_VXLAN_NO_VNI);
        return LAYER_DONE;
    }
    if (be32(p) != vxlan_usual || p[7] != 0)
        packet_note(packet, ANOMALY_VXLAN_RESERVED);
    vni = be32(p + 4) >> 8;
    if (packet->mirror == MIRROR_NONE) {
        packet->gwlbe_id = 0;
        layers_enter_mirror(l, packet, MIRROR_VXLAN, vni);
    } else if (is_in_mirror_geneve(l, packet)) {
        layers_enter_mirror(l, packet, MIRROR_GENEVE_VXLAN, vni);
    }
    return LAYER_ETHERNET;
}
