/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * SCTP common header (RFC 9260 section 3.1)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |          Source Port          |       Destination Port        |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                        Verification Tag                       |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                            Checksum                           |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
enum { SCTP_BYTES = 12, SCTP_PORTS_BYTES = 4 };

enum layer decode_sctp(struct layers *l, struct packet *packet)
{
    const uint8_t *p = l->cur.p;

    if (cur_has(&l->cur, SCTP_PORTS_BYTES)) {
        packet->has_ports = true;
        packet->src_port = be16(p);
        packet->dst_port = be16(p + 2);
    }
    if (!layers_take(l, SCTP_BYTES)) {
        layers_clear_payload(packet);
        return layers_stop_short(l, SCTP_BYTES, REASON_CUT_TRANSPORT);
    }
    packet->has_transport = true;
    layers_set_payload(l, packet);
    return LAYER_DONE;
}
