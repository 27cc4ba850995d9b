/* SPDX-License-Identifier: MIT */
#include "decodecheck.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool addr_is(const struct ip_addr *addr, const char *text)
{
    struct ip_addr want = { .family = 0 };

    if (inet_pton(AF_INET, text, want.bytes) == 1)
        want.family = 4;
    else if (inet_pton(AF_INET6, text, want.bytes) == 1)
        want.family = 6;
    return ip_addr_equal(addr, &want);
}

void decode_fb(struct fb *fb, struct packet *packet)
{
    /* what the decoder does not set must not be right by chance */
    memset(packet, 0xa5, sizeof(*packet));
    decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(fb), fb->len, 0, fb->len, packet);
}

static bool inside(const uint8_t *p, size_t n, const uint8_t *data, size_t captured)
{
    return p >= data && p <= data + captured && n <= (size_t)(data + captured - p);
}

static const char *verdict_flaw(const struct packet *packet)
{
    if (packet->reason >= REASON_COUNT)
        return "reason out of range";
    if (packet->outcome != decode_reason_outcome(packet->reason))
        return "outcome does not fit the reason";
    if (packet->layers > DECODE_MAX_LAYERS)
        return "too many layers";
    if (packet->anomalies >> ANOMALY_COUNT != 0)
        return "unknown anomaly";
    if (packet->mirror > MIRROR_GENEVE_VXLAN)
        return "mirror out of range";
    if (packet->mirror != MIRROR_NONE && packet->vni > 0xffffff)
        return "VNI out of range";
    if (packet->outcome == DECODE_OK && packet->cut)
        return "ok, but cut";
    return NULL;
}

static const char *address_flaw(const struct packet *packet)
{
    uint8_t family = packet->src.family;

    if (family != packet->dst.family || (family != 0 && family != 4 && family != 6))
        return "address families";
    if (family != 6 && (packet->src.word32[1] | packet->src.word32[2] | packet->src.word32[3] |
                        packet->dst.word32[1] | packet->dst.word32[2] | packet->dst.word32[3]))
        return "dirt behind an IPv4 address";
    if (family == 0 && (packet->src.word32[0] | packet->dst.word32[0]))
        return "dirt in no address";
    if (family == 6 && packet->ether_type != ETHER_IPV6)
        return "EtherType does not fit IPv6";
    if (family == 4 && packet->ether_type != ETHER_IPV4 && packet->ether_type != ETHER_ARP)
        return "EtherType does not fit IPv4";
    if (family == 0 && (packet->ether_type == ETHER_IPV4 || packet->ether_type == ETHER_IPV6))
        return "IP without addresses";
    return NULL;
}

static const char *transport_flaw(const struct packet *packet)
{
    bool is_ip = packet->ether_type == ETHER_IPV4 || packet->ether_type == ETHER_IPV6;
    bool with_ports = packet->protocol == PROTO_TCP || packet->protocol == PROTO_UDP ||
                      packet->protocol == PROTO_SCTP;
    bool is_icmp = packet->protocol == PROTO_ICMP || packet->protocol == PROTO_ICMPV6;

    if (!is_ip && (packet->protocol || packet->has_ports || packet->has_transport ||
                   packet->payload || packet->payload_bytes || packet->is_fragment))
        return "transport without IP";
    if (!is_ip && packet->bytes != packet->frame_bytes)
        return "bytes of a frame that is not IP";
    if (packet->has_ports && !with_ports)
        return "ports of a protocol without";
    if (!packet->has_ports && (packet->src_port || packet->dst_port))
        return "ports that are none";
    if (packet->has_transport && !is_icmp && !(with_ports && packet->has_ports))
        return "transport header of an unknown protocol";
    if (packet->is_first_fragment && !packet->is_fragment)
        return "first fragment, but no fragment";
    if (packet->is_fragment && !packet->is_first_fragment && packet->has_transport)
        return "transport header in a later fragment";
    if (is_ip && packet->payload_bytes > packet->bytes)
        return "payload larger than the packet";
    if (packet->has_transport && packet->protocol == PROTO_TCP &&
        packet->tcp.sack_count > PACKET_SACK_BLOCKS)
        return "too many SACK blocks";
    return NULL;
}

const char *packet_flaw(const struct packet *packet, const uint8_t *data, size_t captured)
{
    const char *flaw = verdict_flaw(packet);

    if (!flaw)
        flaw = address_flaw(packet);
    if (!flaw)
        flaw = transport_flaw(packet);
    if (flaw)
        return flaw;
    if (packet->mac && !inside(packet->mac, 12, data, captured))
        return "mac outside of the frame";
    if ((packet->payload == NULL) != (packet->payload_captured == 0))
        return "payload pointer does not fit its length";
    if (packet->payload && !inside(packet->payload, packet->payload_captured, data, captured))
        return "payload outside of the frame";
    if (packet->payload_captured > packet->payload_bytes)
        return "more payload captured than there was";
    return NULL;
}

/* Decodes the first `n` bytes from memory of that size, which tells of reads beyond. */
static const char *decode_exactly(struct fb *fb, enum link_type link, size_t n, size_t wire,
                                  struct packet *packet)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);
    const char *flaw;

    if (!copy)
        abort();
    memcpy(copy, fb_data(fb), n);
    memset(packet, 0xa5, sizeof(*packet));
    decode_frame(&decode_config_default, link, copy, n, 0, wire, packet);
    flaw = packet_flaw(packet, copy, n);
    free(copy);
    return flaw;
}

const char *cuts_flaw(struct fb *fb, enum link_type link, size_t needed)
{
    static char text[160];
    struct packet packet;
    const char *flaw;

    for (size_t n = 0; n <= fb->len; n++) {
        flaw = decode_exactly(fb, link, n, fb->len, &packet);
        if (!flaw && packet.outcome != (n < needed ? DECODE_TRUNCATED : DECODE_OK))
            flaw = decode_reason_name(packet.reason);
        if (!flaw && n < needed && !packet.cut)
            flaw = "not marked as cut";
        if (flaw) {
            snprintf(text, sizeof(text), "cut to %zu of %zu bytes: %s", n, fb->len, flaw);
            return text;
        }
        flaw = decode_exactly(fb, link, n, n, &packet);
        if (!flaw && (packet.outcome == DECODE_OK) != (n >= needed))
            flaw = decode_reason_name(packet.reason);
        if (flaw) {
            snprintf(text, sizeof(text), "%zu of %zu bytes long: %s", n, fb->len, flaw);
            return text;
        }
    }
    return NULL;
}
