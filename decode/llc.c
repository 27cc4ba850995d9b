/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * LLC (IEEE 802.2 clause 3.2), and SNAP behind it (RFC 1042)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |   DSAP 0xaa   |   SSAP 0xaa   |  control 0x03 |     OUI       |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |             OUI               |             type              |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
enum { LLC_BYTES = 3, SNAP_BYTES = 5, LLC_SNAP = 0xaaaa03 };

/* RFC 1042, and the OUI by which IEEE 802.1H bridges mark what has to become Ethernet II again */
enum { OUI_RFC1042 = 0x000000, OUI_8021H = 0x0000f8 };

static uint32_t be24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

enum layer decode_llc(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, LLC_BYTES);
    uint32_t oui;

    (void)packet;
    if (!p)
        return layers_stop_short(l, LLC_BYTES, REASON_CUT_LINK);
    if (be24(p) == LLC_SNAP) {
        p = layers_take(l, SNAP_BYTES);
        if (!p)
            return layers_stop_short(l, SNAP_BYTES, REASON_CUT_LINK);
        oui = be24(p);
        if ((oui == OUI_RFC1042 || oui == OUI_8021H) && be16(p + 3) >= ETHER_TYPE_MIN)
            return layers_by_ether_type(l, be16(p + 3));
    }
    l->ether_type = ETHER_LLC;
    return layers_stop(l, REASON_LLC);
}
