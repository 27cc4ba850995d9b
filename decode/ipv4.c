/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * IPv4 (RFC 791 section 3.1)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |Version|  IHL  |      TOS      |          Total Length         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |         Identification        |Flags|     Fragment Offset     |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |      TTL      |    Protocol   |        Header Checksum        |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                        Source Address                         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                      Destination Address                      |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                    Options, up to 40 bytes                    |
 */
enum { IPV4_MORE_FRAGMENTS = 0x2000, IPV4_OFFSET = 0x1fff };
enum { IPV4_DATAGRAM_MAX = 65535 };

static size_t fragment_offset(uint16_t field)
{
    return (size_t)(field & IPV4_OFFSET) * 8;
}

static void note_fragment(struct layers *l, uint16_t field)
{
    l->is_fragment = (field & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET)) != 0;
    l->is_first_fragment = l->is_fragment && fragment_offset(field) == 0;
}

/* The header of a fragment is good; the cursor stands behind it. */
static enum layer follow_fragment(struct layers *l, uint16_t field)
{
    if (fragment_offset(field) + l->wire > IPV4_DATAGRAM_MAX)
        return layers_stop(l, REASON_IPV4_FRAGMENT);
    if (!l->is_first_fragment)
        return LAYER_DONE;
    /* what is missing at its end is in the other fragments */
    l->open = true;
    return layers_by_protocol(l->protocol);
}

enum layer decode_ipv4(struct layers *l, struct packet *packet)
{
    const uint8_t *ip = l->cur.p;
    size_t header, total;
    uint16_t fragment;
    bool whole;

    if (!cur_has(&l->cur, IPV4_MIN_BYTES))
        return layers_stop_short(l, IPV4_MIN_BYTES, REASON_CUT_IP);
    if (ip_family(ip) != 4)
        return layers_stop(l, REASON_IP_VERSION);
    header = (size_t)(ip[0] & 0x0f) * 4;
    if (header < IPV4_MIN_BYTES)
        return layers_stop(l, REASON_IPV4_HEADER_LENGTH);
    total = be16(ip + 2);
    l->zero_length = total == 0;
    if (l->zero_length) {
        /* segmentation offload left it to the network card: the frame's own length tells */
        packet_note(packet, ANOMALY_IPV4_ZERO_LENGTH);
        total = l->wire;
    }
    if (total < header)
        return layers_stop(l, REASON_IPV4_TOTAL_LENGTH);
    layers_limit(l, total);
    whole = layers_take(l, header) != NULL;
    layers_set_ip(l, packet, ip, total, ip[9]);
    fragment = be16(ip + 6);
    note_fragment(l, fragment);
    if (!whole) {
        layers_clear_payload(packet);
        return layers_stop(l, REASON_CUT_IP);
    }
    return l->is_fragment ? follow_fragment(l, fragment) : layers_by_protocol(ip[9]);
}
