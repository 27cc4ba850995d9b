/* SPDX-License-Identifier: MIT */
/* Tunnels inside a mirrored frame or a direct one. */
#include "decode_case.h"

Suite *make_decode_tunnel_suite(void);

#define TUNNEL_A "172.16.0.1"
#define TUNNEL_B "172.16.0.2"
#define SOURCE "10.0.1.10"

enum { OUTER = 14 + 20 + 8 + 8, ANY_PORT = 50000 };

/* Headers between the packet of build_tcp() (or its frame) and the tunnel's IP header. */
static const struct {
    bool ethernet; /* the frame, not the packet */
    uint8_t header[32];
    size_t size;
    uint8_t protocol;
} tunnels[] = {
    { false, { 0 }, 0, PROTO_IPIP },
    { false, { 0, 0, 0x08, 0 }, 4, PROTO_GRE },
    { false, { 0x80, 0, 0x08, 0, 1, 2 }, 8, PROTO_GRE },
    { false, { 0xb0, 0, 0x08, 0 }, 16, PROTO_GRE },
    { true, { 0, 0, 0x65, 0x58 }, 4, PROTO_GRE },
    { true, { 0, 0, 0x88, 0xbe }, 4, PROTO_GRE },                       /* ERSPAN I */
    { true, { 0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10 }, 16, PROTO_GRE }, /* II */
    { true, { 0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20 }, 20, PROTO_GRE }, /* III */
    { true, { 0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, [19] = 1 }, 28, PROTO_GRE },
    { false, { 0, 0, 0x88, 0x47, 0, 0x01, 0, 64, 0, 0x02, 1, 64 }, 12, PROTO_GRE },
    { false, { 0, 0x01, 0x01, 64 }, 4, PROTO_MPLS },
    { true, { 0, 0x01, 0x01, 64 }, 4, PROTO_MPLS },
    { true, { 0, 0x01, 0x01, 64, 0, 0, 0, 1 }, 8, PROTO_MPLS }, /* with a control word */
};

enum { TUNNELS = sizeof(tunnels) / sizeof(tunnels[0]) };

static void build_tunnel(int row)
{
    build_tcp();
    if (tunnels[row].ethernet)
        fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    fb_raw(&fb, tunnels[row].header, tunnels[row].size);
}

START_TEST(tunnel_in_mirror)
{
    build_tunnel(_i);
    fb_ipv4(&fb, TUNNEL_A, TUNNEL_B, tunnels[_i].protocol, 0, 0);
    fb_eth(&fb, MAC_B, MAC_A, ETHER_IPV4);
    fb_mirror(&fb, SOURCE, 77);
    decode();
    assert_inner_tcp();
    assert_session(MIRROR_VXLAN, SOURCE, 77);
    ck_assert(packet.mac == fb_data(&fb) + OUTER); /* not that of the tunnel */
    ck_assert_uint_eq(packet.frame_bytes, fb.len - OUTER);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

START_TEST(tunnel_over_ipv6)
{
    build_tunnel(_i);
    fb_ipv6(&fb, "fd00::1", "fd00::2", tunnels[_i].protocol);
    fb_eth(&fb, MAC_B, MAC_A, ETHER_IPV6);
    decode();
    assert_inner_tcp();
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

/* Cut inside the tunnel: the IP header around it stays. */
START_TEST(tunnel_cut)
{
    const uint8_t *ip;

    build_tunnel(_i);
    fb_ipv4(&fb, TUNNEL_A, TUNNEL_B, tunnels[_i].protocol, 0, 0);
    fb_eth(&fb, MAC_B, MAC_A, ETHER_IPV4);
    fb_mirror(&fb, SOURCE, 77);
    ip = fb_data(&fb) + fb.len - 140;
    for (size_t n = OUTER + 34; n < fb.len; n++) {
        bool inner = fb_data(&fb) + n >= ip + 20;

        decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), n, 0, fb.len, &packet);
        ck_assert_uint_eq(packet.outcome, DECODE_TRUNCATED);
        ck_assert(addr_is(&packet.src, inner ? V4_A : TUNNEL_A));
        ck_assert_uint_eq(packet.protocol, inner ? PROTO_TCP : tunnels[_i].protocol);
        ck_assert(!packet.has_transport || inner);
    }
}
END_TEST

START_TEST(ipv6_in_ipv4)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 10);
    fb_udp(&fb, 1, 2);
    fb_ipv6(&fb, "fd00::1", "fd00::2", PROTO_UDP);
    fb_ipv4(&fb, TUNNEL_A, TUNNEL_B, PROTO_IPV6, 0, 0);
    fb_eth(&fb, MAC_B, MAC_A, ETHER_IPV4);
    decode();
    assert_reason(REASON_NONE);
    ck_assert(addr_is(&packet.src, "fd00::1"));
    ck_assert_uint_eq(packet.ether_type, ETHER_IPV6);
    ck_assert_uint_eq(packet.bytes, 58);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

START_TEST(mpls_over_ethernet)
{
    static const uint8_t labels[8] = { 0, 0x01, 0, 64, 0, 0x02, 1, 64 };
    static const uint16_t types[] = { ETHER_MPLS, ETHER_MPLS_MULTICAST };

    for (int i = 0; i < 2; i++) {
        build_tcp();
        fb_raw(&fb, labels, sizeof(labels));
        fb_eth(&fb, MAC_B, MAC_A, types[i]);
        decode();
        assert_inner_tcp();
        assert_cuts(LINK_ETHERNET, fb.len);
    }
    /* a pseudo-wire: the outer addresses are those of the frame */
    build_tcp_frame();
    fb_raw(&fb, labels, sizeof(labels));
    fb_eth(&fb, MAC_B, MAC_A, ETHER_MPLS);
    decode();
    assert_inner_tcp();
    ck_assert(packet.mac == fb_data(&fb));
}
END_TEST

START_TEST(vxlan_and_geneve_in_mirror)
{
    static const uint8_t endpoint[12] = { 0x01, 0x08, 1, 2, 0, 0, 0, 0, 0, 0, 0, 5 };

    build_tcp_frame();
    fb_vxlan(&fb, 1);
    fb_udp(&fb, ANY_PORT, 4789);
    fb_ipv4(&fb, TUNNEL_A, TUNNEL_B, PROTO_UDP, 0, 0);
    fb_eth(&fb, MAC_B, MAC_A, ETHER_IPV4);
    fb_mirror(&fb, SOURCE, 77);
    decode();
    assert_inner_tcp();
    assert_session(MIRROR_VXLAN, SOURCE, 77);
    ck_assert(packet.mac == fb_data(&fb) + OUTER);
    ck_assert_uint_eq(packet.frame_bytes, fb.len - OUTER);
    assert_cuts(LINK_ETHERNET, fb.len);
    build_tcp();
    fb_geneve(&fb, ETHER_IPV4, 99, endpoint, sizeof(endpoint));
    fb_udp(&fb, ANY_PORT, 6081);
    fb_ipv4(&fb, TUNNEL_A, TUNNEL_B, PROTO_UDP, 0, 0);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    fb_mirror(&fb, SOURCE, 77);
    decode();
    assert_inner_tcp();
    assert_session(MIRROR_VXLAN, SOURCE, 77);
    ck_assert_uint_eq(packet.gwlbe_id, 0);
}
END_TEST

/* A tunnel that leads nowhere: the packet around it is what counts. */
static const struct {
    uint8_t header[16];
    size_t size;
    uint8_t protocol;
    enum decode_reason reason;
} dead_ends[] = {
    { { 0, 1, 0x88, 0x0b }, 16, PROTO_GRE, REASON_GRE_VERSION },
    { { 0, 7, 0x08, 0 }, 16, PROTO_GRE, REASON_GRE_VERSION },
    { { 0x40, 0, 0x08, 0 }, 16, PROTO_GRE, REASON_GRE_HEADER },
    { { 0xb0, 0, 0x08, 0 }, 15, PROTO_GRE, REASON_GRE_HEADER },
    { { 0x10, 0, 0x88, 0xbe }, 15, PROTO_GRE, REASON_GRE_HEADER },
    { { 0x10, 0, 0x22, 0xeb }, 16, PROTO_GRE, REASON_GRE_HEADER },
    { { 0, 0, 0x12, 0x34 }, 16, PROTO_GRE, REASON_ETHERTYPE },
    { { 0, 0, 0, 0 }, 16, PROTO_GRE, REASON_ETHERTYPE },
    { { 0, 0, 0x08, 0 }, 16, PROTO_GRE, REASON_SHORT_TRANSPORT },
    { { 0, 0, 0x65, 0x58 }, 16, PROTO_GRE, REASON_SHORT_TRANSPORT },
    { { 0x55 }, 16, PROTO_IPIP, REASON_SHORT_TRANSPORT },
    { { 0x60 }, 16, PROTO_IPV6, REASON_SHORT_TRANSPORT },
    { { 0, 0, 0, 1, 0, 0, 0, 1 }, 8, PROTO_MPLS, REASON_MPLS_STACK },
    { { 0, 0, 1, 1 }, 4, PROTO_MPLS, REASON_MPLS_STACK },
    { { 0, 0, 1, 1, 0, 0 }, 6, PROTO_MPLS, REASON_MPLS_STACK },
    { { 0, 0, 0 }, 3, PROTO_MPLS, REASON_MPLS_STACK },
};

START_TEST(last_good_header_stays)
{
    fb_init(&fb);
    fb_raw(&fb, dead_ends[_i].header, dead_ends[_i].size);
    fb_ipv4(&fb, TUNNEL_A, TUNNEL_B, dead_ends[_i].protocol, 9, 0);
    fb_eth(&fb, MAC_B, MAC_A, ETHER_IPV4);
    fb_mirror(&fb, SOURCE, 77);
    decode();
    assert_reason(dead_ends[_i].reason);
    assert_session(MIRROR_VXLAN, SOURCE, 77);
    ck_assert(addr_is(&packet.src, TUNNEL_A));
    ck_assert(addr_is(&packet.dst, TUNNEL_B));
    ck_assert_uint_eq(packet.ether_type, ETHER_IPV4);
    ck_assert_uint_eq(packet.protocol, dead_ends[_i].protocol);
    ck_assert_uint_eq(packet.ip_id, 9);
    ck_assert_uint_eq(packet.bytes, 20 + dead_ends[_i].size);
    ck_assert(!packet.has_ports && !packet.has_transport);
    ck_assert_uint_eq(packet.payload_bytes, dead_ends[_i].size);
}
END_TEST

START_TEST(last_good_header_of_vxlan_tunnel)
{
    build_tcp_frame();
    fb_data(&fb)[14] = 0x15;
    fb_vxlan(&fb, 1);
    fb_udp(&fb, ANY_PORT, 4789);
    fb_ipv4(&fb, TUNNEL_A, TUNNEL_B, PROTO_UDP, 0, 0);
    fb_eth(&fb, MAC_B, MAC_A, ETHER_IPV4);
    fb_mirror(&fb, SOURCE, 77);
    decode();
    assert_reason(REASON_IP_VERSION);
    ck_assert(addr_is(&packet.src, TUNNEL_A));
    ck_assert(packet.has_ports && packet.has_transport);
    ck_assert_uint_eq(packet.dst_port, 4789);
    ck_assert_uint_eq(packet.payload_bytes, 162);
}
END_TEST

START_TEST(max_depth)
{
    build_tcp();
    for (int i = 0; i < 13; i++)
        fb_ipv4(&fb, TUNNEL_A, TUNNEL_B, PROTO_IPIP, 0, 0);
    fb_eth(&fb, MAC_B, MAC_A, ETHER_IPV4);
    decode();
    assert_inner_tcp();
    ck_assert_uint_eq(packet.layers, DECODE_MAX_LAYERS);
    build_tcp();
    for (int i = 0; i < 14; i++)
        fb_ipv4(&fb, TUNNEL_A, TUNNEL_B, PROTO_IPIP, 0, 0);
    fb_eth(&fb, MAC_B, MAC_A, ETHER_IPV4);
    decode();
    assert_reason(REASON_TOO_DEEP);
    ck_assert(addr_is(&packet.src, V4_A));
    ck_assert(!packet.has_ports);
    ck_assert_uint_eq(packet.layers, DECODE_MAX_LAYERS);
}
END_TEST

START_TEST(endless_labels)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 0);
    for (int i = 0; i < 40; i++)
        fb_raw(&fb, "\0\0\0\x40", 4);
    fb_eth(&fb, MAC_B, MAC_A, ETHER_MPLS);
    decode();
    assert_reason(REASON_TOO_DEEP);
    ck_assert_uint_eq(packet.src.family, 0);
}
END_TEST

Suite *make_decode_tunnel_suite(void)
{
    Suite *suite = suite_create("decode_tunnel");
    TCase *tc = tcase_create("tunnel");

    tcase_add_loop_test(tc, tunnel_in_mirror, 0, TUNNELS);
    tcase_add_loop_test(tc, tunnel_over_ipv6, 0, TUNNELS);
    tcase_add_loop_test(tc, tunnel_cut, 0, TUNNELS);
    tcase_add_test(tc, ipv6_in_ipv4);
    tcase_add_test(tc, mpls_over_ethernet);
    tcase_add_test(tc, vxlan_and_geneve_in_mirror);
    tcase_add_loop_test(tc, last_good_header_stays, 0, ROWS(dead_ends));
    tcase_add_test(tc, last_good_header_of_vxlan_tunnel);
    tcase_add_test(tc, max_depth);
    tcase_add_test(tc, endless_labels);
    suite_add_tcase(suite, tc);
    return suite;
}
