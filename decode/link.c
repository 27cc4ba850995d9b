/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * What stands for a link-layer header where a capture was not made on Ethernet. The formats are
 * libpcap's: LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2, LINKTYPE_NULL and LINKTYPE_LOOP.
 */

enum { SLL_BYTES = 16, SLL2_BYTES = 20, LOOPBACK_BYTES = 4 };
enum { SLL_TYPE_8022 = 4 };       /* 802.2 LLC without a length */
enum { ARPHRD_OF_NETLINK = 824 }; /* linux/if_arp.h */

/* Address families as the capturing systems number them; IPv4 is the same everywhere. */
enum {
    AF_OF_INET = 2,
    AF_OF_INET6_LINUX = 10,
    AF_OF_INET6_NETBSD = 24,
    AF_OF_INET6_FREEBSD = 28,
    AF_OF_INET6_DARWIN = 30,
};

static enum layer decode_cooked(struct layers *l, uint16_t device_type, uint16_t type)
{
    /* there the type is a netlink family and would be mistaken */
    if (device_type == ARPHRD_OF_NETLINK)
        return layers_stop(l, REASON_LINK_TYPE);
    if (type == SLL_TYPE_8022)
        return LAYER_LLC;
    if (type < ETHER_TYPE_MIN) {
        l->ether_type = ETHER_LLC;
        return layers_stop(l, REASON_LLC);
    }
    return layers_by_ether_type(l, type);
}

/*
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |          packet type          |          device type          |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |        address length         |                               |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 *    |                      sender's address                         |
 *    +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                               |             type              |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
enum layer decode_sll(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, SLL_BYTES);

    (void)packet;
    if (!p)
        return layers_stop_short(l, SLL_BYTES, REASON_CUT_LINK);
    return decode_cooked(l, be16(p + 2), be16(p + 14));
}

/*
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |             type              |           reserved            |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                        interface index                        |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |          device type          |  packet type  | address length|
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                  sender's address (8 bytes)                   |
 *    |                                                               |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
enum layer decode_sll2(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, SLL2_BYTES);

    (void)packet;
    if (!p)
        return layers_stop_short(l, SLL2_BYTES, REASON_CUT_LINK);
    return decode_cooked(l, be16(p + 8), be16(p));
}

/*
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |     address family, in the byte order of the capturing host   |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
enum layer decode_loopback(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, LOOPBACK_BYTES);
    uint32_t family;

    (void)packet;
    if (!p)
        return layers_stop_short(l, LOOPBACK_BYTES, REASON_CUT_LINK);
    family = be32(p);
    if (family > 0xff)
        family = __builtin_bswap32(family);
    switch (family) {
    case AF_OF_INET:
        return LAYER_IPV4;
    case AF_OF_INET6_LINUX:
    case AF_OF_INET6_NETBSD:
    case AF_OF_INET6_FREEBSD:
    case AF_OF_INET6_DARWIN:
        return LAYER_IPV6;
    default:
        return layers_stop(l, REASON_LINK_TYPE);
    }
}
