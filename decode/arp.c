/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * ARP (RFC 826), here for IPv4 on Ethernet
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |        hardware type          |         protocol type         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    | hw addr len 6 | pr addr len 4 |           operation           |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |            sender hardware address            |               |
 *    |                                               |               |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+               +
 *    |    sender protocol address (4), target hardware address (6)   |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                    target protocol address                    |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Other flavours (InfiniBand, IEEE 1394, ATM) order their fields otherwise and are counted without
 * addresses.
 */
enum { ARP_BYTES = 8, ARP_ADDRESSES_BYTES = 20 };
enum { ARP_HARDWARE_ETHERNET = 1, ARP_ETHERNET_LEN = 6, ARP_IPV4_LEN = 4 };

enum layer decode_arp(struct layers *l, struct packet *packet)
{
    const uint8_t *fixed = layers_take(l, ARP_BYTES);
    const uint8_t *addresses;

    (void)packet;
    if (!fixed)
        return layers_stop_short(l, ARP_BYTES, REASON_CUT_LINK);
    l->ether_type = ETHER_ARP;
    if (be16(fixed) != ARP_HARDWARE_ETHERNET || be16(fixed + 2) != ETHER_IPV4)
        return LAYER_DONE;
    if (fixed[4] != ARP_ETHERNET_LEN || fixed[5] != ARP_IPV4_LEN)
        return layers_stop(l, REASON_ARP_FIELDS);
    addresses = layers_take(l, ARP_ADDRESSES_BYTES);
    if (!addresses)
        return layers_stop_short(l, ARP_ADDRESSES_BYTES, REASON_CUT_LINK);
    l->arp = addresses;
    l->cut = false; /* the rest is padding */
    return LAYER_DONE;
}
