/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * UDP (RFC 768)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |          Source Port          |       Destination Port        |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |            Length             |           Checksum            |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * The checksum is not looked at: a mirror sends none (RFC 7348 section 5, RFC 6935), and that of
 * a mirrored frame that was cut is not right.
 */
enum layer decode_udp(struct layers *l, struct packet *packet)
{
    const uint8_t *p = l->cur.p;
    size_t length;

    if (cur_has(&l->cur, TRANSPORT_PORTS_BYTES))
        packet_set_ports(packet, p);
    if (!layers_take(l, UDP_BYTES)) {
        layers_clear_payload(packet);
        return layers_stop_short(l, UDP_BYTES, REASON_CUT_TRANSPORT);
    }
    length = be16(p + 4);
    if (length == 0 && l->zero_length)
        length = UDP_BYTES + l->wire;
    /* the rest of a datagram is in other fragments, or was cut with the IP length kept */
    if (length < UDP_BYTES || (length - UDP_BYTES > l->wire && !l->open && !l->cut)) {
        layers_clear_payload(packet);
        return layers_stop(l, REASON_UDP_LENGTH);
    }
    packet->has_transport = true;
    if (length - UDP_BYTES < l->wire)
        layers_limit(l, length - UDP_BYTES);
    layers_set_payload(l, packet);
    return layers_by_port(l->config, packet->dst_port);
}
