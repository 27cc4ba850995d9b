/* SPDX-License-Identifier: MIT */
/*
 * What nearly every frame of a mirror is: Ethernet, IPv4 without options, UDP and VXLAN, and in it
 * Ethernet, IP and TCP or UDP, of which at most the payload is cut. It is read in one go. All else,
 * and what is odd in any way, is left to the decoders, which say the same of these (the tests
 * compare them).
 */
#include "layer.h"

/* Where the outer headers begin, and what they say. */
enum {
    AT_TYPE = 12, /* of Ethernet: with it come version, class, length and identification of IP */
    AT_IP = ETHERNET_BYTES,
    AT_FRAGMENT = AT_IP + 6, /* with it: time to live, protocol */
    AT_UDP = AT_IP + IPV4_MIN_BYTES,
    AT_VXLAN = AT_UDP + UDP_BYTES,
    AT_FRAME = AT_VXLAN + 8,
    USUAL_LAYERS = 7,
};

/* The first byte of a header without options; what is 0 in all but fragments. */
enum { IPV4_USUAL = 0x45, IPV4_FRAGMENT = 0x3fff };

static const uint64_t type_mask = 0xffffff0000000000, type_ipv4 = 0x0800450000000000,
                      fragment_mask = 0x3fff00ff00000000, fragment_udp = (uint64_t)PROTO_UDP << 32,
                      vxlan_mask = 0xffffffff000000ff, vxlan_usual = 0x0800000000000000;

static inline bool take_mirror(struct layers *l, struct packet *packet)
{
    const uint8_t *p = l->cur.p;
    uint64_t type, fragment, vxlan;
    uint32_t total, port;

    if (!cur_has(&l->cur, AT_FRAME))
        return false;
    type = be64(p + AT_TYPE);
    fragment = be64(p + AT_FRAGMENT);
    vxlan = be64(p + AT_VXLAN);
    total = type >> 16 & 0xffff;
    port = be16(p + AT_UDP + 2);
    if ((((type & type_mask) ^ type_ipv4) | ((fragment & fragment_mask) ^ fragment_udp) |
         ((vxlan & vxlan_mask) ^ vxlan_usual) | (port ^ l->config->vxlan_ports[0]) |
         (be16(p + AT_UDP + 4) ^ (total - IPV4_MIN_BYTES))) != 0 ||
        total < AT_FRAME - AT_IP || port == 0)
        return false;
    layers_take(l, AT_IP);
    layers_limit(l, total);
    layers_take(l, AT_FRAME - AT_IP);
    packet->mirror = MIRROR_VXLAN;
    packet->vni = (uint32_t)(vxlan >> 8 & 0xffffff);
    packet->gwlbe_id = 0;
    ip_addr_set_src(&packet->outer_src, p + AT_IP);
    packet->frame_bytes = (uint32_t)l->wire;
    return true;
}

static inline bool take_ipv4(struct layers *l, const uint8_t *ip, struct packet *packet)
{
    layers_limit(l, packet->bytes);
    if (!layers_take(l, IPV4_MIN_BYTES) || (ip[0] ^ IPV4_USUAL) | (be16(ip + 6) & IPV4_FRAGMENT))
        return false;
    packet->protocol = ip[9];
    packet->ttl = ip[8];
    packet->ip_id = be16(ip + 4);
    packet->ether_type = ETHER_IPV4;
    ip_addr_set_v4(&packet->src, ip + 12);
    ip_addr_set_v4(&packet->dst, ip + 16);
    return true;
}

static inline bool take_ipv6(struct layers *l, const uint8_t *ip, struct packet *packet)
{
    layers_limit(l, packet->bytes);
    if (!layers_take(l, IPV6_BYTES) || ip_family(ip) != 6)
        return false;
    packet->protocol = ip[6];
    packet->ttl = ip[7];
    packet->ip_id = 0;
    packet->ether_type = ETHER_IPV6;
    ip_addr_set_v6(&packet->src, ip + 8);
    ip_addr_set_v6(&packet->dst, ip + 24);
    return true;
}

static inline bool take_ip(struct layers *l, struct packet *packet)
{
    const uint8_t *mac = layers_take(l, ETHERNET_BYTES), *ip = l->cur.p;
    uint32_t type;

    if (!mac || !cur_has(&l->cur, IPV4_MIN_BYTES))
        return false;
    packet->mac = mac;
    type = be16(mac + AT_TYPE);
    if (type == ETHER_IPV4) {
        packet->bytes = be16(ip + 2);
        return take_ipv4(l, ip, packet);
    }
    packet->bytes = IPV6_BYTES + be16(ip + 4);
    return type == ETHER_IPV6 && take_ipv6(l, ip, packet);
}

static inline bool take_tcp(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, TCP_MIN_BYTES), *options;
    size_t header;

    if (!p)
        return false;
    header = tcp_header_bytes(p);
    options = header < TCP_MIN_BYTES ? NULL : layers_take(l, header - TCP_MIN_BYTES);
    if (!options)
        return false;
    packet_set_ports(packet, p);
    tcp_read_fixed(packet, p);
    if (header > TCP_MIN_BYTES)
        tcp_read_options(packet, cur_make(options, header - TCP_MIN_BYTES), true);
    return true;
}

static inline bool take_udp(struct layers *l, struct packet *packet)
{
    const uint8_t *p = layers_take(l, UDP_BYTES);

    if (!p || be16(p + 4) != UDP_BYTES + l->wire ||
        layers_by_port(l->config, be16(p + 2)) != LAYER_DONE)
        return false;
    packet_set_ports(packet, p);
    packet->has_transport = true;
    return true;
}

bool decode_usual(const struct decode_config *config, const uint8_t *data, size_t captured,
                  size_t unkept, struct packet *packet)
{
    struct layers l = { .cur = cur_make(data, captured), .unkept = unkept, .config = config };

    packet->anomalies = 0;
    if (!take_mirror(&l, packet) || !take_ip(&l, packet))
        return false;
    if (packet->protocol == PROTO_TCP ? !take_tcp(&l, packet)
                                      : packet->protocol != PROTO_UDP || !take_udp(&l, packet))
        return false;
    layers_set_payload(&l, packet);
    packet->cut = l.cut;
    packet->reason = l.cut ? REASON_CUT_PAYLOAD : REASON_NONE;
    packet->outcome = l.cut ? DECODE_TRUNCATED : DECODE_OK;
    packet->layers = USUAL_LAYERS;
    packet->is_fragment = false;
    packet->is_first_fragment = false;
    packet_note_same_addresses(packet);
    return true;
}
