/* SPDX-License-Identifier: MIT */
/*
 * layer: what the decoders share. Internal to decode/.
 *
 * Every decoder looks at one header: it takes the header from `struct layers`, notes what it
 * says, and answers which layer comes next. decode.c holds the loop. Nothing here outlives the
 * call of decode_frame().
 */
#ifndef MIRRORTOP_DECODE_LAYER_H
#define MIRRORTOP_DECODE_LAYER_H

#include "cursor.h"
#include "decode.h"
#include "packet.h"

enum {
    ETHER_TYPE_MIN = 0x0600, /* smaller: a length (IEEE 802.3 clause 3.2.6) */
    NO_ETHER_TYPE = 0x10000, /* one more than any ... */
    NO_PROTOCOL = 0x100,     /* ... that a header can hold */
};

/* Whole headers without options, and the ports that TCP and UDP begin with. */
enum {
    ETHERNET_BYTES = 14,
    IPV4_MIN_BYTES = 20,
    IPV6_BYTES = 40,
    TCP_MIN_BYTES = 20,
    UDP_BYTES = 8,
    TRANSPORT_PORTS_BYTES = 4,
};

/* Where the IPv4 addresses stand behind the fixed part of an Ethernet/IPv4 ARP (arp.c). */
enum { ARP_SENDER = 6, ARP_TARGET = 16 };

/*
 * X(layer, decoder, EtherType that leads to it, IP protocol that leads to it). A decoder that two
 * numbers lead to has two rows. The row makes the prototype, the enumerator, the call in the loop
 * and the way to it; frequent ones first.
 */
#define DECODE_LAYERS(X)                                                                           \
    X(IPV4, decode_ipv4, ETHER_IPV4, PROTO_IPIP)                                                   \
    X(TCP, decode_tcp, NO_ETHER_TYPE, PROTO_TCP)                                                   \
    X(UDP, decode_udp, NO_ETHER_TYPE, PROTO_UDP)                                                   \
    X(IPV6, decode_ipv6, ETHER_IPV6, PROTO_IPV6)                                                   \
    X(ETHERNET, decode_ethernet, ETHER_TEB, NO_PROTOCOL)                                           \
    X(VXLAN, decode_vxlan, NO_ETHER_TYPE, NO_PROTOCOL)                                             \
    X(ICMP, decode_icmp, NO_ETHER_TYPE, PROTO_ICMP)                                                \
    X(ICMPV6, decode_icmp, NO_ETHER_TYPE, PROTO_ICMPV6)                                            \
    X(GENEVE, decode_geneve, NO_ETHER_TYPE, NO_PROTOCOL)                                           \
    X(VLAN, decode_vlan, ETHER_VLAN, NO_PROTOCOL)                                                  \
    X(VLAN_QINQ, decode_vlan, ETHER_QINQ, NO_PROTOCOL)                                             \
    X(VLAN_QINQ_OLD, decode_vlan, ETHER_QINQ_OLD, NO_PROTOCOL)                                     \
    X(ARP, decode_arp, ETHER_ARP, NO_PROTOCOL)                                                     \
    X(LLC, decode_llc, NO_ETHER_TYPE, NO_PROTOCOL)                                                 \
    X(IPV6_HOPOPTS, decode_ipv6_extension, NO_ETHER_TYPE, PROTO_HOPOPTS)                           \
    X(IPV6_ROUTING, decode_ipv6_extension, NO_ETHER_TYPE, PROTO_ROUTING)                           \
    X(IPV6_DSTOPTS, decode_ipv6_extension, NO_ETHER_TYPE, PROTO_DSTOPTS)                           \
    X(IPV6_MOBILITY, decode_ipv6_extension, NO_ETHER_TYPE, PROTO_MOBILITY)                         \
    X(IPV6_HIP, decode_ipv6_extension, NO_ETHER_TYPE, PROTO_HIP)                                   \
    X(IPV6_SHIM6, decode_ipv6_extension, NO_ETHER_TYPE, PROTO_SHIM6)                               \
    X(IPV6_FRAGMENT, decode_ipv6_fragment, NO_ETHER_TYPE, PROTO_FRAGMENT)                          \
    X(AH, decode_ah, NO_ETHER_TYPE, PROTO_AH)                                                      \
    X(SCTP, decode_sctp, NO_ETHER_TYPE, PROTO_SCTP)                                                \
    X(GRE, decode_gre, NO_ETHER_TYPE, PROTO_GRE)                                                   \
    X(MPLS, decode_mpls, ETHER_MPLS, PROTO_MPLS)                                                   \
    X(MPLS_MULTICAST, decode_mpls, ETHER_MPLS_MULTICAST, NO_PROTOCOL)                              \
    X(PPPOE, decode_pppoe, ETHER_PPPOE, NO_PROTOCOL)                                               \
    X(SLL, decode_sll, NO_ETHER_TYPE, NO_PROTOCOL)                                                 \
    X(SLL2, decode_sll2, NO_ETHER_TYPE, NO_PROTOCOL)                                               \
    X(LOOPBACK, decode_loopback, NO_ETHER_TYPE, NO_PROTOCOL)

enum layer {
    LAYER_DONE, /* no further header; layers.reason says why */
#define X(id, decoder, ether_type, protocol) LAYER_##id,
    DECODE_LAYERS(X)
#undef X
};

/* The state that travels from header to header. */
struct layers {
    struct cursor cur; /* captured bytes from the next header on */
    size_t wire;       /* bytes that the frame has from there on; never fewer than captured */
    size_t unkept;     /* bytes behind the captured ones that arrived and were not kept */
    const struct decode_config *config;
    /* The innermost good IP header of the (mirrored) frame, or NULL, and what goes with it: total
     * length, identification (IPv6: of the fragment header), protocol behind extension headers. */
    const uint8_t *ip;
    uint32_t ip_bytes;
    uint32_t ip_id;
    uint8_t protocol;
    bool is_fragment;
    bool is_first_fragment;
    bool zero_length; /* its length field is 0: segmentation offload */
    /* A frame that is not IP: its EtherType, and the addresses of an Ethernet/IPv4 ARP or NULL. */
    uint16_t ether_type;
    const uint8_t *arp;
    const uint8_t *geneve_ip; /* the IP header that stands directly in a mirror's GENEVE */
    uint32_t frame_bytes;
    uint8_t reason;    /* enum decode_reason */
    uint8_t vlan_tags; /* of the stack that is being read */
    /* What arrived falls short of what the innermost length field promises. */
    bool cut;
    /* `wire` is what this frame carries, but there was more of it: a mirrored frame before its
     * first length field (the mirror may have cut it), a first fragment. */
    bool open;
};

#define X(id, decoder, ether_type, protocol)                                                       \
    enum layer decoder(struct layers *l, struct packet *packet);
DECODE_LAYERS(X)
#undef X

/* The next `n` bytes, which leave the cursor and the wire length together; NULL: not captured. */
static inline const uint8_t *layers_take(struct layers *l, size_t n)
{
    const uint8_t *p = cur_take(&l->cur, n);

    if (p)
        l->wire -= n;
    return p;
}

/* What follows is `len` bytes long, whatever stands behind it (padding, trailers). More than the
 * frame has left means that the frame was cut. */
static inline void layers_limit(struct layers *l, size_t len)
{
    size_t missing;

    cur_limit(&l->cur, len);
    missing = len - cur_left(&l->cur);
    l->cut = l->unkept < missing;
    l->unkept = l->cut ? l->unkept : missing;
    l->wire = len;
}

static inline enum layer layers_stop(struct layers *l, enum decode_reason reason)
{
    l->reason = (uint8_t)reason;
    return LAYER_DONE;
}

/* A header of `need` bytes is not there: cut off if the frame had it, else `short_reason`. */
static inline enum layer layers_stop_short_of(struct layers *l, size_t need,
                                              enum decode_reason cut_reason,
                                              enum decode_reason short_reason)
{
    if (!l->open && need > l->wire)
        return layers_stop(l, short_reason);
    l->cut = true;
    return layers_stop(l, cut_reason);
}

static inline enum layer layers_stop_short(struct layers *l, size_t need,
                                           enum decode_reason cut_reason)
{
    return layers_stop_short_of(l, need, cut_reason,
                                l->ip ? REASON_SHORT_TRANSPORT : REASON_SHORT_FRAME);
}

static inline enum layer layers_by_ether_type(struct layers *l, uint32_t type)
{
#define X(id, decoder, row_type, protocol)                                                         \
    if (type == (row_type))                                                                        \
        return LAYER_##id;
    DECODE_LAYERS(X)
#undef X
    if (type < ETHER_TYPE_MIN) {
        if (type < l->wire)
            layers_limit(l, type);
        return LAYER_LLC;
    }
    l->ether_type = (uint16_t)type;
    return layers_stop(l, REASON_ETHERTYPE);
}

/* A protocol without a decoder ends the packet well. */
static inline enum layer layers_by_protocol(uint32_t number)
{
#define X(id, decoder, ether_type, row_number)                                                     \
    if (number == (row_number))                                                                    \
        return LAYER_##id;
    DECODE_LAYERS(X)
#undef X
    return LAYER_DONE;
}

/* A tunnel over UDP is known by the port that it is sent to; the other one is a hash of the inner
 * packet. */
static inline enum layer layers_by_port(const struct decode_config *config, uint16_t port)
{
    if (port == 0)
        return LAYER_DONE; /* unused places of the configuration */
    for (size_t i = 0; i < DECODE_MAX_PORTS; i++) {
        if (config->vxlan_ports[i] == port)
            return LAYER_VXLAN;
    }
    return config->geneve_port == port ? LAYER_GENEVE : LAYER_DONE;
}

/* IPv4 or IPv6 by the version nibble. */
static inline enum layer layers_by_ip_version(struct layers *l)
{
    if (!cur_has(&l->cur, 1))
        return layers_stop_short(l, 1, REASON_CUT_IP);
    switch (l->cur.p[0] >> 4) {
    case 4:
        return LAYER_IPV4;
    case 6:
        return LAYER_IPV6;
    default:
        return layers_stop(l, REASON_IP_VERSION);
    }
}

/* What is left now is the payload. */
static inline void layers_set_payload(const struct layers *l, struct packet *packet)
{
    packet->payload_captured = (uint32_t)cur_left(&l->cur);
    packet->payload = packet->payload_captured > 0 ? l->cur.p : NULL;
    packet->payload_bytes = (uint32_t)l->wire;
}

/* Where the payload begins cannot be told. */
static inline void layers_clear_payload(struct packet *packet)
{
    packet->payload = NULL;
    packet->payload_captured = 0;
    packet->payload_bytes = 0;
}

static inline void layers_clear_transport(struct packet *packet)
{
    packet->has_ports = false;
    packet->has_transport = false;
    packet->src_port = 0;
    packet->dst_port = 0;
}

static inline void packet_set_ports(struct packet *packet, const uint8_t *p)
{
    packet->has_ports = true;
    packet->src_port = be16(p);
    packet->dst_port = be16(p + 2);
}

/* By the data offset of a header of TCP. */
static inline size_t tcp_header_bytes(const uint8_t *p)
{
    return (size_t)(p[12] >> 4) * 4;
}

/* tcp.c: what the first TCP_MIN_BYTES of a good header say, but for its ports. */
void tcp_read_fixed(struct packet *packet, const uint8_t *p);
/* ... and its options, as far as they were captured; whole: all of them were. */
void tcp_read_options(struct packet *packet, struct cursor options, bool whole);

/* A good IP header at `ip`, `bytes` long with all it carries, takes the place of the one before;
 * the cursor stands behind the header. */
static inline void layers_set_ip(struct layers *l, struct packet *packet, const uint8_t *ip,
                                 size_t bytes, uint8_t protocol)
{
    l->ip = ip;
    l->ip_bytes = (uint32_t)bytes;
    l->protocol = protocol;
    l->is_fragment = false;
    l->is_first_fragment = false;
    l->open = false;
    layers_clear_transport(packet);
    layers_set_payload(l, packet);
}

/* The version nibble of a header that its decoder has checked. */
static inline uint8_t ip_family(const uint8_t *ip)
{
    return ip[0] >> 4;
}

/* Addresses are written field by field, in whole words, where they belong: a struct made of
 * narrow stores and then copied or hashed as words makes the processor wait for the stores. */
static inline void ip_addr_set_v4(struct ip_addr *addr, const uint8_t *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    addr->word64[0] = word;
#else
    addr->word64[0] = (uint64_t)word << 32;
#endif
    addr->word64[1] = 0;
    addr->family = 4;
}

static inline void ip_addr_set_v6(struct ip_addr *addr, const uint8_t *p)
{
    memcpy(addr->word64, p, sizeof(addr->word64));
    addr->family = 6;
}

static inline void ip_addr_set_none(struct ip_addr *addr)
{
    addr->word64[0] = 0;
    addr->word64[1] = 0;
    addr->family = 0;
}

static inline void ip_addr_set_src(struct ip_addr *addr, const uint8_t *ip)
{
    if (ip_family(ip) == 4)
        ip_addr_set_v4(addr, ip + 12);
    else
        ip_addr_set_v6(addr, ip + 8);
}

static inline void ip_addr_set_dst(struct ip_addr *addr, const uint8_t *ip)
{
    if (ip_family(ip) == 4)
        ip_addr_set_v4(addr, ip + 16);
    else
        ip_addr_set_v6(addr, ip + 24);
}

static inline void packet_note(struct packet *packet, enum decode_anomaly anomaly)
{
    packet->anomalies |= 1u << anomaly;
}

/* IPv4 127.0.0.0/8 and IPv6 ::1 talk to themselves rightly (RFC 1122 section 3.2.1.3, RFC 4291
 * section 2.5.3). */
static inline bool ip_addr_is_loopback(const struct ip_addr *addr)
{
    static const uint8_t loopback6[16] = { [15] = 1 };

    return addr->family == 4 ? addr->bytes[0] == 127
                             : memcmp(addr->bytes, loopback6, sizeof(loopback6)) == 0;
}

static inline void packet_note_same_addresses(struct packet *packet)
{
    if (((packet->src.word64[0] ^ packet->dst.word64[0]) |
         (packet->src.word64[1] ^ packet->dst.word64[1])) == 0 &&
        !ip_addr_is_loopback(&packet->src))
        packet_note(packet, ANOMALY_LAND);
}

/* usual.c: a frame on Ethernet that is as most are on a mirror, all at once. false: it is another
 * one, for the decoders; nothing of what stands in the packet counts. Arguments as those of
 * decode_frame(). */
bool decode_usual(const struct decode_config *config, const uint8_t *data, size_t captured,
                  size_t unkept, struct packet *packet);

/* The frame behind the cursor is the mirrored one: what the outer headers said is forgotten but
 * for the sender. For every mirror encapsulation; defined in decode.c. */
void layers_enter_mirror(struct layers *l, struct packet *packet, enum mirror_kind kind,
                         uint32_t vni);

#endif
