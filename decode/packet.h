/* SPDX-License-Identifier: MIT */
/*
 * packet: what decode knows about one frame.
 *
 * A plain value, filled by decode_frame() (decode.h) from the bytes of one frame. Nothing in it
 * is owned; `payload`, `mac` point into the frame and live as long as it does.
 * Numbers are in host byte order, addresses in network byte order.
 */
#ifndef MIRRORTOP_DECODE_PACKET_H
#define MIRRORTOP_DECODE_PACKET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* An IP address. IPv4 uses the first four bytes and leaves the others zero, so that the whole
 * value can be hashed and compared; `family` is 4, 6, or 0 for "none". */
struct ip_addr {
    union {
        uint8_t bytes[16];
        uint32_t word32[4];
        uint64_t word64[2];
    };
    uint8_t family;
};

static inline bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
    return a->family == b->family && a->word64[0] == b->word64[0] && a->word64[1] == b->word64[1];
}

/* Below 0, 0, above 0: by family, then by number. */
static inline int ip_addr_compare(const struct ip_addr *a, const struct ip_addr *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/*
 * Every frame has exactly one outcome, so packets = ok + truncated + malformed + unsupported.
 *   ok           decoded, and every byte that the headers promise is there
 *   truncated    the mirror or the capture cut the frame; what was left is still used
 *   malformed    the bytes contradict themselves
 *   unsupported  a layer that mirrortop does not look into stands where IP should be
 * The first condition that stops decoding decides; a frame decoded to its end but cut is truncated.
 */
enum decode_outcome {
    DECODE_OK,
    DECODE_TRUNCATED,
    DECODE_MALFORMED,
    DECODE_UNSUPPORTED,
    DECODE_OUTCOME_COUNT
};

/* X(id, outcome, name, text): why a frame is not ok. The name is in the report and the manual. */
#define DECODE_REASONS(X)                                                                          \
    X(NONE, OK, "none", "nothing to report")                                                       \
    X(CUT_PAYLOAD, TRUNCATED, "cut_payload", "headers whole, payload cut")                         \
    X(CUT_LINK, TRUNCATED, "cut_link_header", "cut inside a link-layer header")                    \
    X(CUT_IP, TRUNCATED, "cut_ip_header", "cut inside an IP header or its options")                \
    X(CUT_TRANSPORT, TRUNCATED, "cut_transport_header", "cut inside the transport header")         \
    X(CUT_TUNNEL, TRUNCATED, "cut_tunnel_header", "cut inside a tunnel header")                    \
    X(IP_VERSION, MALFORMED, "ip_version", "IP version field does not fit")                        \
    X(IPV4_HEADER_LENGTH, MALFORMED, "ipv4_header_length", "IPv4 header length impossible")        \
    X(IPV4_TOTAL_LENGTH, MALFORMED, "ipv4_total_length", "IPv4 total length below the header's")   \
    X(IPV4_FRAGMENT, MALFORMED, "ipv4_fragment", "IPv4 fragment reaches beyond 65,535 bytes")      \
    X(IPV6_EXTENSION, MALFORMED, "ipv6_extension", "IPv6 extension header impossible")             \
    X(IPV6_FRAGMENT, MALFORMED, "ipv6_fragment", "IPv6 fragment reaches beyond 65,535 bytes")      \
    X(TCP_HEADER_LENGTH, MALFORMED, "tcp_header_length", "TCP data offset impossible")             \
    X(UDP_LENGTH, MALFORMED, "udp_length", "UDP length impossible")                                \
    X(SHORT_TRANSPORT, MALFORMED, "short_transport", "IP payload too short for its protocol")      \
    X(SHORT_FRAME, MALFORMED, "short_frame", "whole frame too short for its headers")              \
    X(ARP_FIELDS, MALFORMED, "arp_fields", "ARP address lengths impossible")                       \
    X(GRE_HEADER, MALFORMED, "gre_header", "GRE header impossible")                                \
    X(GENEVE_OPTIONS, MALFORMED, "geneve_options", "GENEVE option lengths impossible")             \
    X(MPLS_STACK, MALFORMED, "mpls_stack", "MPLS label stack without a bottom")                    \
    X(TOO_DEEP, MALFORMED, "too_deep", "more than 16 layers")                                      \
    X(ETHERTYPE, UNSUPPORTED, "ethertype", "EtherType that is not looked into")                    \
    X(LLC, UNSUPPORTED, "llc", "802.3 frame with an LLC header that is not looked into")           \
    X(IPV6_JUMBOGRAM, UNSUPPORTED, "ipv6_jumbogram", "IPv6 jumbogram (RFC 2675)")                  \
    X(GRE_VERSION, UNSUPPORTED, "gre_version", "GRE version other than 0")                         \
    X(GENEVE_VERSION, UNSUPPORTED, "geneve_version", "GENEVE version other than 0")                \
    X(LINK_TYPE, UNSUPPORTED, "link_type", "link type that is not looked into")

enum decode_reason {
#define X(id, outcome, name, text) REASON_##id,
    DECODE_REASONS(X)
#undef X
        REASON_COUNT
};

/* X(id, name, text): things that are odd, do not stop decoding, and are counted. */
#define DECODE_ANOMALIES(X)                                                                        \
    X(VXLAN_RESERVED, "vxlan_reserved_bits", "VXLAN reserved bits set")                            \
    X(VXLAN_NO_VNI, "vxlan_no_vni_flag", "UDP to the VXLAN port without the I flag")               \
    X(GENEVE_BAD, "geneve_not_geneve", "UDP to the GENEVE port that is not GENEVE")                \
    X(IPV4_ZERO_LENGTH, "ipv4_zero_length", "IPv4 total length 0: segmentation offload")           \
    X(IPV6_ZERO_LENGTH, "ipv6_zero_length", "IPv6 payload length 0: segmentation offload")         \
    X(TCP_OPTIONS, "tcp_options", "TCP option lengths impossible")                                 \
    X(VLAN_STACK, "vlan_stack", "more than two VLAN tags")                                         \
    X(TCP_FLAGS, "tcp_flags",                                                                      \
      "TCP flag combination that no stack sends (none, or SYN with FIN or RST)")                   \
    X(LAND, "same_addresses", "source and destination address are the same")

enum decode_anomaly {
#define X(id, name, text) ANOMALY_##id,
    DECODE_ANOMALIES(X)
#undef X
        ANOMALY_COUNT
};

/* What carried the mirrored frame. */
enum mirror_kind {
    MIRROR_NONE,         /* not encapsulated */
    MIRROR_VXLAN,        /* VXLAN, RFC 7348 */
    MIRROR_GENEVE,       /* GENEVE, RFC 8926, with a frame or IP packet in it */
    MIRROR_GENEVE_VXLAN, /* AWS gateway load balancer endpoint: GENEVE > IP > UDP > VXLAN */
};

enum tcp_flag {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_URG = 0x20,
    TCP_ECE = 0x40,
    TCP_CWR = 0x80,
};

enum ip_protocol {
    PROTO_HOPOPTS = 0,
    PROTO_ICMP = 1,
    PROTO_IPIP = 4,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_IPV6 = 41,
    PROTO_ROUTING = 43,
    PROTO_FRAGMENT = 44,
    PROTO_GRE = 47,
    PROTO_ESP = 50,
    PROTO_AH = 51,
    PROTO_ICMPV6 = 58,
    PROTO_NONE = 59,
    PROTO_DSTOPTS = 60,
    PROTO_SCTP = 132,
    PROTO_MOBILITY = 135,
    PROTO_MPLS = 137,
    PROTO_HIP = 139,
    PROTO_SHIM6 = 140,
};

enum ether_type {
    ETHER_LLC = 0x0001, /* ours: an 802.3 length field instead of a type */
    ETHER_IPV4 = 0x0800,
    ETHER_ARP = 0x0806,
    ETHER_TEB = 0x6558,
    ETHER_VLAN = 0x8100,
    ETHER_IPV6 = 0x86dd,
    ETHER_MPLS = 0x8847,
    ETHER_MPLS_MULTICAST = 0x8848,
    ETHER_PPPOE = 0x8864, /* session stage */
    ETHER_QINQ = 0x88a8,
    ETHER_QINQ_OLD = 0x9100,
};

enum { PACKET_SACK_BLOCKS = 4, DECODE_MAX_LAYERS = 16 };

struct tcp_info {
    uint32_t seq;
    uint32_t ack;
    uint16_t window; /* as sent, not scaled */
    uint8_t flags;   /* enum tcp_flag */
    /* options, RFC 9293 section 3.1, 7323, 2018; set only when a has_ flag says so */
    bool has_mss, has_window_scale, has_timestamps;
    bool is_syn_of_linux; /* its options stand in the order that Linux gives them */
    uint16_t mss;
    uint8_t window_scale;
    uint8_t sack_count;
    uint32_t ts_value, ts_echo;
    uint32_t sack[PACKET_SACK_BLOCKS][2];
};

struct icmp_info {
    uint8_t type, code;
    bool is_error;  /* carries the head of another packet */
    bool has_quote; /* and its addresses, protocol (and ports) could be read */
    bool quote_has_ports;
    uint8_t quote_protocol;
    uint16_t quote_src_port, quote_dst_port;
    struct ip_addr quote_src, quote_dst;
};

struct packet {
    /* verdict */
    uint8_t outcome;    /* enum decode_outcome */
    uint8_t reason;     /* enum decode_reason */
    uint8_t layers;     /* headers that were looked into */
    uint8_t mirror;     /* enum mirror_kind */
    uint32_t anomalies; /* bit set, 1u << enum decode_anomaly */

    /* the mirror session; valid when mirror != MIRROR_NONE */
    uint32_t vni;
    uint64_t gwlbe_id; /* AWS GENEVE option type 1; 0 when absent */
    struct ip_addr outer_src;

    /* the mirrored frame (or, not encapsulated, the frame itself) */
    const uint8_t *mac;   /* destination then source, 12 bytes; NULL: no Ethernet header */
    uint32_t frame_bytes; /* its length on the wire */
    uint16_t ether_type;  /* of what the flow is made of: ETHER_IPV4, ETHER_ARP; 0: unknown */

    /* the innermost IP header that could be read; family 0 when there is none */
    bool has_ports;   /* false: another protocol, a non-first fragment, or cut */
    bool is_fragment; /* any fragment but an atomic one */
    bool is_first_fragment;
    bool cut;         /* bytes that the headers promise are not there; padding is not missed */
    uint8_t protocol; /* IANA number, enum ip_protocol; 0 with ether_type not IP */
    uint8_t ttl;
    uint16_t src_port, dst_port;
    uint32_t ip_id;          /* IPv4 identification, or that of the IPv6 fragment header */
    uint32_t bytes;          /* IP total length, or frame_bytes for what is not IP */
    struct ip_addr src, dst; /* ARP: sender and target protocol address */

    /* transport payload; without has_ports and has_transport: what follows the IP headers */
    const uint8_t *payload; /* NULL when none was captured */
    uint32_t payload_captured;
    uint32_t payload_bytes; /* by the headers' length fields */
    union {
        struct tcp_info tcp;   /* valid when protocol == PROTO_TCP and has_transport; zeroes when
                                  only the ports could be read */
        struct icmp_info icmp; /* valid when protocol is ICMP or ICMPv6 and has_transport */
    };
    bool has_transport; /* the transport header (TCP: 20 bytes) was read and makes sense */
};

#endif
