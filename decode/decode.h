/* SPDX-License-Identifier: MIT */
/*
 * decode: bytes in, a struct packet out.
 *
 * Pure: no allocation, input or output, clock or global state; any number of threads may decode.
 * A loop over layers with a limit of DECODE_MAX_LAYERS, no recursion.
 */
#ifndef MIRRORTOP_DECODE_DECODE_H
#define MIRRORTOP_DECODE_DECODE_H

#include "packet.h"

#include <stddef.h>

enum {
    DECODE_MAX_PORTS = 4,
    /* A frame that claims to be longer is taken for one of this length that was cut: a capture
     * could claim 4 GB, and where no length field of the frame says otherwise that would be booked.
     * Segments that Linux leaves to the network card have at most 524,280 bytes (GSO_MAX_SIZE). */
    DECODE_MAX_WIRE = 1 << 20,
};

/* What the outermost bytes of a frame are. */
enum link_type {
    LINK_ETHERNET,   /* DLT_EN10MB */
    LINK_RAW,        /* DLT_RAW, DLT_IPV4, DLT_IPV6: an IP packet */
    LINK_LINUX_SLL,  /* DLT_LINUX_SLL: Linux cooked v1, 16 bytes */
    LINK_LINUX_SLL2, /* DLT_LINUX_SLL2: Linux cooked v2, 20 bytes */
    LINK_NULL,       /* DLT_NULL, DLT_LOOP: 4 bytes of address family, either byte order */
    LINK_UNSUPPORTED,
};

struct decode_config {
    uint16_t vxlan_ports[DECODE_MAX_PORTS]; /* UDP destination ports; unused ones are 0 */
    uint16_t geneve_port;                   /* 0: GENEVE is not looked into */
};

/* VXLAN on 4789 (RFC 7348 section 5), GENEVE on 6081 (RFC 8926 section 3.3). */
extern const struct decode_config decode_config_default;

/*
 * Decodes one frame: `captured` bytes at `data`, of a frame that had `wire` bytes (wire <
 * captured is taken for captured, more than DECODE_MAX_WIRE for that). `unkept`: how many more
 * bytes reached this machine and were not kept by mirrortop itself; a payload that ends among them
 * is whole (0 for a saved capture: nobody knows who cut its frames). Always sets
 * packet->outcome and every field that `packet.h` does not make conditional. The first mirror
 * encapsulation found (VXLAN to a configured port, GENEVE, or AWS's GENEVE > VXLAN) sets `mirror`,
 * `vni`, `outer_src`, `gwlbe_id`; tunnels inside the mirrored frame (GRE, IP-in-IP, MPLS, VXLAN
 * again) are followed to the innermost IP header.
 * When a layer fails, the fields of the last good IP header inside the mirror stay, so that the
 * frame can still be booked to a flow; family 0 and ether_type 0 say that nothing was readable.
 * A header that the frame's length on the wire does not hold is malformed, one that only was not
 * captured is truncated. Before its first own length field a mirrored frame is given the benefit:
 * the mirror may have cut it, so it is truncated there in either case.
 */
void decode_frame(const struct decode_config *config, enum link_type link, const uint8_t *data,
                  size_t captured, size_t unkept, size_t wire, struct packet *packet);

const char *decode_reason_name(enum decode_reason reason);
const char *decode_reason_text(enum decode_reason reason);
enum decode_outcome decode_reason_outcome(enum decode_reason reason);
const char *decode_anomaly_name(enum decode_anomaly anomaly);
const char *decode_anomaly_text(enum decode_anomaly anomaly);

#endif
