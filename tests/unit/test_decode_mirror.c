/* SPDX-License-Identifier: MIT */
/* Mirror encapsulations: VXLAN, GENEVE, and AWS's nest of both. */
#include "../../decode/layer.h"
#include "decode_case.h"

Suite *make_decode_mirror_suite(void);

#define SOURCE "10.0.1.10"

enum { OUTER = 14 + 20 + 8 + 8, ANY_PORT = 50000 };

/* A mirror was found, and nothing readable in it. */
static void assert_nothing_inside(enum decode_reason reason, size_t bytes)
{
    assert_reason(reason);
    assert_session(MIRROR_VXLAN, SOURCE, 77);
    ck_assert_uint_eq(packet.src.family, 0);
    ck_assert_uint_eq(packet.dst.family, 0);
    ck_assert_uint_eq(packet.ether_type, 0);
    ck_assert_uint_eq(packet.protocol, 0);
    ck_assert(!packet.has_ports && !packet.has_transport);
    ck_assert_uint_eq(packet.bytes, bytes);
    ck_assert_uint_eq(packet.frame_bytes, bytes);
}

static const char *const sources[] = { SOURCE, "fd00::10" };

START_TEST(vxlan_mirror)
{
    build_tcp_frame();
    fb_mirror(&fb, sources[_i], 5569041);
    decode();
    assert_inner_tcp();
    assert_session(MIRROR_VXLAN, sources[_i], 5569041);
    ck_assert_uint_eq(packet.gwlbe_id, 0);
    ck_assert_uint_eq(packet.frame_bytes, 154);
    ck_assert(packet.mac == fb_data(&fb) + fb.len - 154);
    ck_assert_uint_eq(packet.anomalies, 0);
    ck_assert_uint_eq(packet.layers, 7);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

/* A usual frame of a mirror is read in one go, for the first of the ports: the second one goes the
 * long way. */
static void assert_same_both_ways(size_t captured, size_t unkept)
{
    const struct decode_config usual = { .vxlan_ports = { 4789 }, .geneve_port = 6081 };
    const struct decode_config other = { .vxlan_ports = { 0, 4789 }, .geneve_port = 6081 };
    struct packet second;

    memset(&packet, 0, sizeof(packet));
    memset(&second, 0, sizeof(second));
    decode_frame(&usual, LINK_ETHERNET, fb_data(&fb), captured, unkept, fb.len, &packet);
    decode_frame(&other, LINK_ETHERNET, fb_data(&fb), captured, unkept, fb.len, &second);
    ck_assert_int_eq(packet.mirror, second.mirror);
    ck_assert_int_eq(packet.reason, second.reason);
    ck_assert_int_eq(packet.layers, second.layers);
    ck_assert_uint_eq(packet.anomalies, second.anomalies);
    ck_assert_uint_eq(packet.frame_bytes, second.frame_bytes);
    ck_assert_mem_eq(&packet, &second, sizeof(packet));
}

static void build_transport(uint8_t protocol)
{
    static const uint8_t times[] = { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 };
    static const uint8_t syn[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7 };

    fb_init(&fb);
    fb_payload(&fb, "payload of the inner packet", 27);
    if (protocol == PROTO_UDP)
        fb_udp(&fb, 5353, 53);
    else if (protocol == PROTO_ICMP)
        fb_icmp(&fb, 8, 0, 0x00010002);
    else if (protocol == PROTO_TCP)
        fb_tcp(&fb, 443, 40000, 1000, 2000, TCP_ACK | TCP_PSH, 512, times, sizeof(times));
    else
        fb_tcp(&fb, 40000, 443, 1000, 0, TCP_SYN, 512, syn, sizeof(syn));
}

/* What stands in the mirror; of IPv6 there is no fragment here. */
enum inner { INNER_SYN, INNER_TCP, INNER_UDP, INNER_ICMP, INNER_FRAGMENT, INNER_OTHER, INNERS };

static void build_inner(enum inner inner, bool is_v6)
{
    static const uint8_t protocols[INNERS] = {
        [INNER_TCP] = PROTO_TCP, [INNER_UDP] = PROTO_UDP, [INNER_ICMP] = PROTO_ICMP
    };
    uint8_t protocol = inner == INNER_SYN || inner == INNER_FRAGMENT ? PROTO_TCP : protocols[inner];

    if (inner == INNER_OTHER) {
        fb_init(&fb);
        fb_eth(&fb, MAC_A, MAC_B, 0x88cc);
        return;
    }
    build_transport(protocols[inner]);
    if (is_v6)
        fb_ipv6(&fb, "fd00::1", "fd00::2", protocol);
    else
        fb_ipv4(&fb, "10.0.1.10", "192.0.2.7", protocol, 77, inner == INNER_FRAGMENT ? 0x2000 : 0);
    fb_eth(&fb, MAC_A, MAC_B, is_v6 ? ETHER_IPV6 : ETHER_IPV4);
}

START_TEST(both_ways)
{
    static const uint8_t changes[] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff };

    enum inner inner = (enum inner)(_i / 2 % INNERS);
    bool is_outer_v6 = _i % 2, is_v6 = _i / 2 / INNERS;
    bool is_usual = !is_outer_v6 && (inner <= INNER_UDP || (inner == INNER_FRAGMENT && is_v6));

    build_inner(inner, is_v6);
    fb_mirror(&fb, sources[is_outer_v6], 77);
    ck_assert_int_eq(decode_usual(&decode_config_default, fb_data(&fb), fb.len, 0, &packet),
                     is_usual);
    for (size_t captured = 0; captured <= fb.len; captured++) {
        for (size_t unkept = 0; unkept <= fb.len - captured; unkept += 9)
            assert_same_both_ways(captured, unkept);
    }
    for (size_t at = 0; at < fb.len; at++) {
        for (size_t i = 0; i < sizeof(changes); i++) {
            fb_data(&fb)[at] ^= changes[i];
            assert_same_both_ways(fb.len, 0);
            assert_same_both_ways(fb.len - 20, 0);
            assert_same_both_ways(fb.len - 20, 20);
            assert_same_both_ways(OUTER + 10, 0);
            fb_data(&fb)[at] ^= changes[i];
        }
    }
}
END_TEST

static const struct {
    uint8_t header[8];
    enum mirror_kind mirror;
    uint32_t anomalies;
} vxlan_headers[] = {
    { { 0x08, 0, 0, 0, 0, 0, 77, 0 }, MIRROR_VXLAN, 0 },
    { { 0x0c, 0, 0, 0, 0, 0, 77, 0 }, MIRROR_VXLAN, 1u << ANOMALY_VXLAN_RESERVED },
    { { 0x88, 0, 0, 5, 0, 0, 77, 0 }, MIRROR_VXLAN, 1u << ANOMALY_VXLAN_RESERVED },
    { { 0x08, 0, 0, 0, 0, 0, 77, 1 }, MIRROR_VXLAN, 1u << ANOMALY_VXLAN_RESERVED },
    { { 0x00, 0, 0, 0, 0, 0, 77, 0 }, MIRROR_NONE, 1u << ANOMALY_VXLAN_NO_VNI },
    { { 0xf7, 0, 0, 0, 0, 0, 77, 0 }, MIRROR_NONE, 1u << ANOMALY_VXLAN_NO_VNI },
};

START_TEST(vxlan_flags)
{
    build_tcp_frame();
    fb_raw(&fb, vxlan_headers[_i].header, 8);
    fb_udp(&fb, ANY_PORT, 4789);
    fb_ipv4(&fb, SOURCE, "10.0.9.9", PROTO_UDP, 0, 0);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    decode();
    ck_assert_uint_eq(packet.anomalies, vxlan_headers[_i].anomalies);
    if (vxlan_headers[_i].mirror == MIRROR_VXLAN) {
        assert_inner_tcp();
        assert_session(MIRROR_VXLAN, SOURCE, 77);
        return;
    }
    /* an ordinary datagram */
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.mirror, MIRROR_NONE);
    ck_assert(addr_is(&packet.src, SOURCE));
    ck_assert_uint_eq(packet.dst_port, 4789);
    ck_assert_uint_eq(packet.payload_bytes, 162);
    ck_assert(packet.payload == fb_data(&fb) + 42);
}
END_TEST

START_TEST(vxlan_datagram_too_short)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 7);
    fb_udp(&fb, ANY_PORT, 4789);
    fb_ipv4(&fb, SOURCE, "10.0.9.9", PROTO_UDP, 0, 0);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.mirror, MIRROR_NONE);
    ck_assert_uint_eq(packet.anomalies, 1u << ANOMALY_VXLAN_NO_VNI);
}
END_TEST

START_TEST(vxlan_header_cut)
{
    build_tcp_frame();
    fb_mirror(&fb, SOURCE, 77);
    decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), OUTER - 1, 0, fb.len,
                 &packet);
    assert_reason(REASON_CUT_TUNNEL);
    ck_assert_uint_eq(packet.mirror, MIRROR_NONE);
    ck_assert(addr_is(&packet.src, SOURCE));
}
END_TEST

START_TEST(ports_are_those_of_the_destination)
{
    const struct decode_config config = { .vxlan_ports = { 4789, 8472 }, .geneve_port = 0 };
    const uint16_t ports[][2] = { { 4789, 50000 }, { 50000, 8472 }, { 50000, 0 }, { 50000, 6081 } };

    for (int i = 0; i < 4; i++) {
        build_tcp_frame();
        fb_vxlan(&fb, 77);
        fb_udp(&fb, ports[i][0], ports[i][1]);
        fb_ipv4(&fb, SOURCE, "10.0.9.9", PROTO_UDP, 0, 0);
        decode_frame(&config, LINK_RAW, fb_data(&fb), fb.len, 0, fb.len, &packet);
        assert_reason(REASON_NONE);
        ck_assert_uint_eq(packet.mirror, i == 1 ? MIRROR_VXLAN : MIRROR_NONE);
        ck_assert_uint_eq(packet.anomalies, 0);
    }
}
END_TEST

/* Later fragments of a mirrored copy have no VXLAN header; a first one is a cut frame. */
START_TEST(fragmented_outer_packet)
{
    build_tcp_frame();
    fb_mirror(&fb, SOURCE, 77);
    fb_data(&fb)[14 + 6] = 0x20;
    fb.len -= 40;
    fb_data(&fb)[14 + 3] = (uint8_t)(fb.len - 14);
    decode();
    assert_reason(REASON_CUT_PAYLOAD);
    assert_session(MIRROR_VXLAN, SOURCE, 77);
    ck_assert_uint_eq(packet.bytes, 140);
    ck_assert_uint_eq(packet.payload_captured, 60);
    ck_assert(!packet.is_fragment);
    fb_data(&fb)[14 + 7] = 0x20;
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.mirror, MIRROR_NONE);
    ck_assert(packet.is_fragment);
}
END_TEST

/* PacketLength: the mirror cuts the frame, outer lengths follow, the inner IP length stays. */
START_TEST(cut_by_the_mirror)
{
    uint8_t frame[154];

    build_tcp_frame();
    memcpy(frame, fb_data(&fb), sizeof(frame));
    for (size_t n = 0; n < sizeof(frame); n++) {
        fb_init(&fb);
        fb_raw(&fb, frame, n);
        fb_mirror(&fb, SOURCE, 77);
        decode();
        if (n < 34) {
            assert_nothing_inside(n < 14 ? REASON_CUT_LINK : REASON_CUT_IP, n);
            ck_assert(packet.cut);
            continue;
        }
        assert_reason(n < 54 ? REASON_CUT_TRANSPORT : REASON_CUT_PAYLOAD);
        assert_session(MIRROR_VXLAN, SOURCE, 77);
        ck_assert(packet.cut);
        ck_assert_uint_eq(packet.bytes, 140);
        ck_assert_uint_eq(packet.frame_bytes, n);
        ck_assert(addr_is(&packet.src, V4_A));
        ck_assert(packet.has_ports == (n >= 38));
        ck_assert(packet.has_transport == (n >= 54));
        if (n >= 54) {
            ck_assert_uint_eq(packet.payload_bytes, 100);
            ck_assert_uint_eq(packet.payload_captured, n - 54);
        }
    }
}
END_TEST

START_TEST(cut_udp_in_mirror)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 100);
    fb_udp(&fb, 53, 1000);
    fb_ipv4(&fb, V4_A, V4_B, PROTO_UDP, 0, 0);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    fb.len -= 80; /* from the end */
    memmove(fb_data(&fb) + 80, fb_data(&fb), fb.len);
    fb.start += 80;
    fb_mirror(&fb, SOURCE, 77);
    decode();
    assert_reason(REASON_CUT_PAYLOAD);
    ck_assert(packet.has_transport);
    ck_assert_uint_eq(packet.payload_bytes, 100);
    ck_assert_uint_eq(packet.payload_captured, 20);
}
END_TEST

START_TEST(mirrored_frame_malformed)
{
    build_tcp_frame();
    fb_data(&fb)[14] = 0x95;
    fb_mirror(&fb, SOURCE, 77);
    decode();
    assert_nothing_inside(REASON_IP_VERSION, 154);
    ck_assert_ptr_nonnull(packet.mac);
}
END_TEST

/* Padding inside the mirrored frame and behind the outer packet is not payload. */
START_TEST(mirrored_padding)
{
    uint8_t frame[154];

    build_tcp_frame();
    memcpy(frame, fb_data(&fb), sizeof(frame));
    fb_init(&fb);
    fb_payload(&fb, NULL, 6);
    fb_raw(&fb, frame, sizeof(frame));
    fb_mirror(&fb, SOURCE, 77);
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.payload_bytes, 100);
    ck_assert_uint_eq(packet.payload_captured, 100);
    ck_assert_uint_eq(packet.frame_bytes, 160);
}
END_TEST

/* We kept the headers only; the mirror delivered all of the frame, or cut it as well. */
START_TEST(what_mirrortop_itself_left_out_is_not_cut)
{
    enum { TCP_PAYLOAD = 100 };
    size_t whole, kept;

    build_tcp_frame();
    fb_mirror(&fb, SOURCE, 77);
    whole = fb.len;
    kept = whole - TCP_PAYLOAD;
    decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), kept, TCP_PAYLOAD, whole,
                 &packet);
    assert_reason(REASON_NONE);
    ck_assert(!packet.cut);
    ck_assert_uint_eq(packet.payload_captured, 0);
    ck_assert_uint_eq(packet.payload_bytes, TCP_PAYLOAD);
    decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), kept, TCP_PAYLOAD - 1, whole,
                 &packet);
    assert_reason(REASON_CUT_PAYLOAD);
    ck_assert(packet.cut);
    /* the mirror cut one byte off the inner frame, and all that it sent has arrived */
    fb_init(&fb);
    build_tcp_frame();
    fb.len--;
    fb_mirror(&fb, SOURCE, 77);
    decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), kept, TCP_PAYLOAD - 1,
                 whole - 1, &packet);
    assert_reason(REASON_CUT_PAYLOAD);
}
END_TEST

/* AWS's three options: endpoint, attachment, flow cookie. */
static const uint8_t aws_options[32] = { 0x01, 0x08, 1,    2,    0x2b, 0x8e, 0xe1, 0xd4,
                                         0xdb, 0x0c, 0x51, 0xc4, 0x01, 0x08, 2,    2,
                                         0,    0,    0,    0,    0,    0,    0,    7,
                                         0x01, 0x08, 3,    1,    0,    0,    0,    9 };

static void wrap_geneve(uint16_t type, const void *options, size_t options_len)
{
    fb_geneve(&fb, type, 99, options, options_len);
    fb_udp(&fb, ANY_PORT, 6081);
    fb_ipv4(&fb, "10.0.2.20", "10.0.9.9", PROTO_UDP, 0, 0);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
}

START_TEST(geneve_with_ip)
{
    build_tcp();
    wrap_geneve(ETHER_IPV4, aws_options, sizeof(aws_options));
    decode();
    assert_inner_tcp();
    assert_session(MIRROR_GENEVE, "10.0.2.20", 99);
    ck_assert(packet.gwlbe_id == 0x2b8ee1d4db0c51c4);
    ck_assert_ptr_null(packet.mac);
    ck_assert_uint_eq(packet.frame_bytes, 140);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

START_TEST(geneve_with_ethernet)
{
    build_tcp_frame();
    wrap_geneve(ETHER_TEB, NULL, 0);
    decode();
    assert_inner_tcp();
    assert_session(MIRROR_GENEVE, "10.0.2.20", 99);
    ck_assert_uint_eq(packet.gwlbe_id, 0);
    ck_assert(packet.mac == fb_data(&fb) + fb.len - 154);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

/* GENEVE > IPv4 > UDP > VXLAN, as a gateway load balancer endpoint delivers it. */
static void build_aws_stack(void)
{
    build_tcp_frame();
    fb_vxlan(&fb, 77);
    fb_udp(&fb, 65408, 4789);
    fb_ipv4(&fb, SOURCE, "10.0.9.9", PROTO_UDP, 0, 0);
    wrap_geneve(ETHER_IPV4, aws_options, sizeof(aws_options));
}

START_TEST(aws_stack)
{
    build_aws_stack();
    decode();
    assert_inner_tcp();
    assert_session(MIRROR_GENEVE_VXLAN, SOURCE, 77);
    ck_assert(packet.gwlbe_id == 0x2b8ee1d4db0c51c4);
    ck_assert_uint_eq(packet.frame_bytes, 154);
    ck_assert(packet.mac == fb_data(&fb) + fb.len - 154);
    ck_assert_uint_eq(packet.layers, 10);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

/* VXLAN that only passes by in a GENEVE with Ethernet is a tunnel, not AWS's nest. */
START_TEST(vxlan_in_ethernet_in_geneve)
{
    build_tcp_frame();
    fb_vxlan(&fb, 77);
    fb_udp(&fb, 65408, 4789);
    fb_ipv4(&fb, SOURCE, "10.0.9.9", PROTO_UDP, 0, 0);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    wrap_geneve(ETHER_TEB, NULL, 0);
    decode();
    assert_inner_tcp();
    assert_session(MIRROR_GENEVE, "10.0.2.20", 99);
}
END_TEST

static const struct {
    size_t at; /* byte of the GENEVE header with AWS's options */
    uint8_t value;
    enum decode_reason reason;
    uint32_t anomalies;
} geneve_fields[] = {
    { 0, 0x48, REASON_GENEVE_VERSION, 0 },
    { 0, 0xc8, REASON_GENEVE_VERSION, 0 },
    { 0, 0x3f, REASON_GENEVE_OPTIONS, 0 },              /* beyond the datagram */
    { 0, 0x07, REASON_GENEVE_OPTIONS, 0 },              /* ends inside an option */
    { 11, 31, REASON_GENEVE_OPTIONS, 0 },               /* option beyond the options */
    { 2, 0x12, REASON_NONE, 1u << ANOMALY_GENEVE_BAD }, /* nobody's protocol */
};

START_TEST(geneve_malformed)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 20);
    wrap_geneve(ETHER_IPV4, aws_options, sizeof(aws_options));
    fb_data(&fb)[42 + geneve_fields[_i].at] = geneve_fields[_i].value;
    decode();
    assert_reason(geneve_fields[_i].reason);
    ck_assert_uint_eq(packet.anomalies, geneve_fields[_i].anomalies);
    ck_assert_uint_eq(packet.mirror, MIRROR_NONE);
    ck_assert(addr_is(&packet.src, "10.0.2.20"));
    ck_assert_uint_eq(packet.dst_port, 6081);
}
END_TEST

START_TEST(geneve_datagram_too_short)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 7);
    fb_udp(&fb, ANY_PORT, 6081);
    fb_ipv4(&fb, SOURCE, "10.0.9.9", PROTO_UDP, 0, 0);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.anomalies, 1u << ANOMALY_GENEVE_BAD);
}
END_TEST

static const struct {
    uint8_t options[12];
    size_t size;
    uint64_t id;
} geneve_options[] = {
    { { 0x01, 0x08, 0x81, 2, 0, 0, 0, 0, 0, 0, 0, 5 }, 12, 5 }, /* critical bit */
    { { 0x01, 0x08, 1, 1, 0, 0, 0, 5 }, 8, 0 },                 /* not 8 bytes long */
    { { 0x01, 0x09, 1, 2, 0, 0, 0, 0, 0, 0, 0, 5 }, 12, 0 },    /* another class */
    { { 0x01, 0x08, 1, 0 }, 4, 0 },
};

START_TEST(geneve_other_options)
{
    build_tcp();
    wrap_geneve(ETHER_IPV4, geneve_options[_i].options, geneve_options[_i].size);
    decode();
    assert_inner_tcp();
    ck_assert(packet.gwlbe_id == geneve_options[_i].id);
}
END_TEST

Suite *make_decode_mirror_suite(void)
{
    Suite *suite = suite_create("decode_mirror");
    TCase *tc = tcase_create("mirror");

    tcase_add_loop_test(tc, vxlan_mirror, 0, ROWS(sources));
    tcase_add_loop_test(tc, both_ways, 0, 2 * 2 * INNERS);
    tcase_add_loop_test(tc, vxlan_flags, 0, ROWS(vxlan_headers));
    tcase_add_test(tc, vxlan_datagram_too_short);
    tcase_add_test(tc, vxlan_header_cut);
    tcase_add_test(tc, ports_are_those_of_the_destination);
    tcase_add_test(tc, fragmented_outer_packet);
    tcase_add_test(tc, cut_by_the_mirror);
    tcase_add_test(tc, cut_udp_in_mirror);
    tcase_add_test(tc, mirrored_frame_malformed);
    tcase_add_test(tc, mirrored_padding);
    tcase_add_test(tc, what_mirrortop_itself_left_out_is_not_cut);
    tcase_add_test(tc, geneve_with_ip);
    tcase_add_test(tc, geneve_with_ethernet);
    tcase_add_test(tc, aws_stack);
    tcase_add_test(tc, vxlan_in_ethernet_in_geneve);
    tcase_add_loop_test(tc, geneve_malformed, 0, ROWS(geneve_fields));
    tcase_add_test(tc, geneve_datagram_too_short);
    tcase_add_loop_test(tc, geneve_other_options, 0, ROWS(geneve_options));
    suite_add_tcase(suite, tc);
    return suite;
}
