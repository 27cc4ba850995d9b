/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * GENEVE (RFC 8926 section 3.4) and its options (section 3.5)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |Ver|  Opt Len  |O|C|    Rsvd.  |          Protocol Type        |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |        Virtual Network Identifier (VNI)       |    Reserved   |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |          Option Class         |      Type     |R|R|R| Length  |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                      Variable-Length Option Data              |
 *
 * Lengths count words of four bytes. AWS's gateway load balancer adds options of class 0x0108:
 * type 1 (8 bytes) the endpoint, 2 (8 bytes) the attachment, 3 (4 bytes) a cookie of the flow;
 * only the endpoint says something about the session.
 */
enum { GENEVE_BYTES = 8, OPTION_BYTES = 4, WORD = 4 };
enum { CLASS_AWS = 0x0108, AWS_ENDPOINT = 1, AWS_ENDPOINT_BYTES = 8, OPTION_TYPE = 0x7f };

/* Looks through the options. false: their lengths do not fit together. */
static bool read_options(struct cursor c, uint64_t *gwlbe_id)
{
    const uint8_t *option, *data;
    size_t len;

    *gwlbe_id = 0;
    while (cur_left(&c) > 0) {
        option = cur_take(&c, OPTION_BYTES);
        if (!option)
            return false;
        len = (size_t)(option[3] & 0x1f) * WORD;
        data = cur_take(&c, len);
        if (!data)
            return false;
        if (be16(option) == CLASS_AWS && (option[2] & OPTION_TYPE) == AWS_ENDPOINT &&
            len == AWS_ENDPOINT_BYTES)
            *gwlbe_id = be64(data);
    }
    return true;
}

static bool is_frame_or_ip(uint16_t type)
{
    return type == ETHER_TEB || type == ETHER_IPV4 || type == ETHER_IPV6;
}

/* Something else that was sent to the port. */
static enum layer stay_udp(struct packet *packet)
{
    packet_note(packet, ANOMALY_GENEVE_BAD);
    return LAYER_DONE;
}

enum layer decode_geneve(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, GENEVE_BYTES);
    const uint8_t *options;
    size_t options_bytes;
    uint64_t gwlbe_id;
    uint16_t type;

    if (!p)
        return GENEVE_BYTES <= l->wire ? layers_stop(l, REASON_CUT_TUNNEL) : stay_udp(packet);
    type = be16(p + 2);
    if (!is_frame_or_ip(type))
        return stay_udp(packet);
    if (p[0] >> 6 != 0)
        return layers_stop(l, REASON_GENEVE_VERSION);
    options_bytes = (size_t)(p[0] & 0x3f) * WORD;
    options = layers_take(l, options_bytes);
    if (!options)
        return layers_stop_short_of(l, options_bytes, REASON_CUT_TUNNEL, REASON_GENEVE_OPTIONS);
    if (!read_options(cur_make(options, options_bytes), &gwlbe_id))
        return layers_stop(l, REASON_GENEVE_OPTIONS);
    if (packet->mirror == MIRROR_NONE) {
        layers_enter_mirror(l, packet, MIRROR_GENEVE, be32(p + 4) >> 8);
        packet->gwlbe_id = gwlbe_id;
        l->geneve_ip = type == ETHER_TEB ? NULL : l->cur.p;
    }
    return layers_by_ether_type(l, type);
}
