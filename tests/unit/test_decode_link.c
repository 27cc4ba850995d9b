/* SPDX-License-Identifier: MIT */
/* Link layers: Ethernet, VLAN, LLC, ARP, PPPoE, Linux cooked, loopback, raw IP; and the names. */
#include "decode_case.h"

Suite *make_decode_link_suite(void);

/* 10.0.0.1:1000 > 10.0.0.2:53 with 10 bytes of payload: 38 bytes of IP. */
static void build_ip(void)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 10);
    fb_udp(&fb, 1000, 53);
    fb_ipv4(&fb, "10.0.0.1", "10.0.0.2", PROTO_UDP, 7, 0);
}

static void assert_ip(void)
{
    ck_assert_uint_eq(packet.outcome, DECODE_OK);
    ck_assert_uint_eq(packet.reason, REASON_NONE);
    ck_assert_uint_eq(packet.ether_type, ETHER_IPV4);
    ck_assert(addr_is(&packet.src, "10.0.0.1"));
    ck_assert(addr_is(&packet.dst, "10.0.0.2"));
    ck_assert_uint_eq(packet.src_port, 1000);
    ck_assert_uint_eq(packet.dst_port, 53);
    ck_assert_uint_eq(packet.bytes, 38);
    ck_assert_uint_eq(packet.payload_bytes, 10);
    ck_assert_uint_eq(packet.mirror, MIRROR_NONE);
    ck_assert_uint_eq(packet.frame_bytes, fb.len);
}

static void assert_no_ip(enum decode_reason reason, unsigned int ether_type)
{
    ck_assert_str_eq(decode_reason_name(packet.reason), decode_reason_name(reason));
    ck_assert_uint_eq(packet.outcome, decode_reason_outcome(reason));
    ck_assert_uint_eq(packet.ether_type, ether_type);
    ck_assert_uint_eq(packet.src.family, 0);
    ck_assert_uint_eq(packet.protocol, 0);
    ck_assert_uint_eq(packet.bytes, fb.len);
    ck_assert_ptr_null(packet_flaw(&packet, fb_data(&fb), fb.len));
}

static void decode_link(enum link_type link)
{
    memset(&packet, 0xa5, sizeof(packet));
    decode_frame(&decode_config_default, link, fb_data(&fb), fb.len, 0, fb.len, &packet);
}

START_TEST(ethernet)
{
    build_ip();
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    decode_fb(&fb, &packet);
    assert_ip();
    ck_assert(packet.mac == fb_data(&fb));
    ck_assert_uint_eq(packet.layers, 3);
    ck_assert_uint_eq(packet.anomalies, 0);
    ck_assert(packet.payload == fb_data(&fb) + fb.len - 10);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

START_TEST(ethernet_padding_is_not_payload)
{
    uint8_t frame[60] = { 0 };

    build_ip();
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    memcpy(frame, fb_data(&fb), fb.len);
    fb_init(&fb);
    fb_raw(&fb, frame, sizeof(frame));
    decode_fb(&fb, &packet);
    assert_ip();
    ck_assert_uint_eq(packet.payload_captured, 10);
    assert_cuts(LINK_ETHERNET, 52);
}
END_TEST

START_TEST(unknown_ether_type)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 46);
    fb_eth(&fb, MAC_A, MAC_B, 0x88cc);
    decode_fb(&fb, &packet);
    assert_no_ip(REASON_ETHERTYPE, 0x88cc);
    ck_assert(packet.mac == fb_data(&fb));
}
END_TEST

static const unsigned int vlan_depths[] = { 1, 2, 3, 13 };

START_TEST(vlan_stacks)
{
    unsigned int depth = vlan_depths[_i];

    build_ip();
    fb_vlan(&fb, ETHER_IPV4, 100);
    for (unsigned int i = 1; i < depth; i++)
        fb_vlan(&fb, ETHER_VLAN, (uint16_t)(100 + i));
    fb_eth(&fb, MAC_A, MAC_B, depth > 1 ? ETHER_QINQ : ETHER_VLAN);
    decode_fb(&fb, &packet);
    assert_ip();
    ck_assert_uint_eq(packet.anomalies, depth > 2 ? 1u << ANOMALY_VLAN_STACK : 0);
    ck_assert_uint_eq(packet.layers, 3 + depth);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

START_TEST(vlan_stack_too_deep)
{
    build_ip();
    fb_vlan(&fb, ETHER_IPV4, 100);
    for (int i = 1; i < 16; i++)
        fb_vlan(&fb, ETHER_VLAN, 100);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_VLAN);
    decode_fb(&fb, &packet);
    assert_no_ip(REASON_TOO_DEEP, 0);
    ck_assert_uint_eq(packet.layers, DECODE_MAX_LAYERS);
}
END_TEST

START_TEST(llc_snap)
{
    static const uint8_t snap[] = { 0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00 };

    build_ip();
    fb_raw(&fb, snap, sizeof(snap));
    fb_eth(&fb, MAC_A, MAC_B, 46);
    decode_fb(&fb, &packet);
    assert_ip();
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

static const struct {
    uint8_t llc[8];
    uint16_t length;
    size_t have;
    enum decode_reason reason;
    unsigned int ether_type;
} llc_frames[] = {
    { { 0x42, 0x42, 0x03 }, 38, 46, REASON_LLC, ETHER_LLC },                         /* STP */
    { { 0xff, 0xff, 0x00 }, 46, 46, REASON_LLC, ETHER_LLC },                         /* IPX */
    { { 0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x20, 0x00 }, 46, 46, REASON_LLC, ETHER_LLC }, /* CDP */
    { { 0xaa, 0xaa, 0x03, 0, 0, 0, 0x88, 0xcc }, 46, 46, REASON_ETHERTYPE, 0x88cc },
    { { 0x42, 0x42, 0x03 }, 1500, 46, REASON_LLC, ETHER_LLC }, /* longer than the frame */
    { { 0x42, 0x42, 0x03 }, 2, 46, REASON_SHORT_FRAME, 0 },
    { { 0xaa, 0xaa, 0x03 }, 7, 46, REASON_SHORT_FRAME, 0 },
    { { 0x42, 0x42 }, 46, 2, REASON_SHORT_FRAME, 0 },
};

START_TEST(llc)
{
    fb_init(&fb);
    if (llc_frames[_i].have > 8)
        fb_payload(&fb, NULL, llc_frames[_i].have - 8);
    fb_raw(&fb, llc_frames[_i].llc, llc_frames[_i].have < 8 ? llc_frames[_i].have : 8);
    fb_eth(&fb, MAC_A, MAC_B, llc_frames[_i].length);
    decode_fb(&fb, &packet);
    assert_no_ip(llc_frames[_i].reason, llc_frames[_i].ether_type);
}
END_TEST

/* Ethernet/IPv4: who has 10.0.0.2, tell 10.0.0.1 */
static const uint8_t arp_request[28] = { 0,  1, 0x08, 0, 6, 4, 0, 1, 2, 0, 0,  0, 0, 0x0b,
                                         10, 0, 0,    1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2 };

START_TEST(arp)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 18); /* padding */
    fb_raw(&fb, arp_request, sizeof(arp_request));
    fb_eth(&fb, MAC_A, MAC_B, ETHER_ARP);
    decode_fb(&fb, &packet);
    ck_assert_uint_eq(packet.outcome, DECODE_OK);
    ck_assert_uint_eq(packet.ether_type, ETHER_ARP);
    ck_assert(addr_is(&packet.src, "10.0.0.1"));
    ck_assert(addr_is(&packet.dst, "10.0.0.2"));
    ck_assert_uint_eq(packet.protocol, 0);
    ck_assert(!packet.has_ports);
    ck_assert_uint_eq(packet.bytes, 60);
    assert_cuts(LINK_ETHERNET, 42);
}
END_TEST

static const struct {
    size_t at; /* byte of the ARP header */
    uint8_t value;
    enum decode_reason reason;
} arp_fields[] = {
    { 4, 5, REASON_ARP_FIELDS },   { 5, 0, REASON_ARP_FIELDS },
    { 5, 255, REASON_ARP_FIELDS }, { 1, 32, REASON_NONE }, /* InfiniBand */
    { 2, 0x80, REASON_NONE },
};

START_TEST(arp_flavours)
{
    fb_init(&fb);
    fb_raw(&fb, arp_request, sizeof(arp_request));
    fb_data(&fb)[arp_fields[_i].at] = arp_fields[_i].value;
    fb_eth(&fb, MAC_A, MAC_B, ETHER_ARP);
    decode_fb(&fb, &packet);
    assert_no_ip(arp_fields[_i].reason, ETHER_ARP);
}
END_TEST

START_TEST(arp_too_short)
{
    fb_init(&fb);
    fb_raw(&fb, arp_request, 27);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_ARP);
    decode_fb(&fb, &packet);
    assert_no_ip(REASON_SHORT_FRAME, ETHER_ARP);
}
END_TEST

/* Session 1; `version` 0x11 is the only one. */
static void build_pppoe(uint8_t version, uint16_t protocol)
{
    uint8_t header[8] = { version, 0, 0, 1, 0, 40, (uint8_t)(protocol >> 8), (uint8_t)protocol };

    build_ip();
    fb_raw(&fb, header, sizeof(header));
    fb_eth(&fb, MAC_A, MAC_B, ETHER_PPPOE);
}

START_TEST(pppoe)
{
    build_pppoe(0x11, 0x0021);
    decode_fb(&fb, &packet);
    assert_ip();
    assert_cuts(LINK_ETHERNET, fb.len);
    build_pppoe(0x11, 0xc021);
    decode_fb(&fb, &packet);
    assert_no_ip(REASON_ETHERTYPE, ETHER_PPPOE);
    build_pppoe(0x21, 0x0021);
    decode_fb(&fb, &packet);
    assert_no_ip(REASON_ETHERTYPE, ETHER_PPPOE);
    build_pppoe(0x11, 0x0057);
    decode_fb(&fb, &packet);
    assert_no_ip(REASON_SHORT_FRAME, 0); /* 38 bytes are no IPv6 header */
}
END_TEST

START_TEST(raw_ip)
{
    build_ip();
    decode_link(LINK_RAW);
    assert_ip();
    ck_assert_ptr_null(packet.mac);
    assert_cuts(LINK_RAW, fb.len);
    fb_data(&fb)[0] = 0x55;
    decode_link(LINK_RAW);
    assert_no_ip(REASON_IP_VERSION, 0);
}
END_TEST

static const struct {
    uint16_t device, type;
    enum decode_reason reason;
    unsigned int ether_type;
} cooked[] = {
    { 1, ETHER_IPV4, REASON_NONE, ETHER_IPV4 },
    { 772, ETHER_IPV4, REASON_NONE, ETHER_IPV4 }, /* loopback */
    { 1, 4, REASON_LLC, ETHER_LLC },
    { 1, 1, REASON_LLC, ETHER_LLC },
    { 1, 0x88cc, REASON_ETHERTYPE, 0x88cc },
    { 824, 0, REASON_LINK_TYPE, 0 }, /* netlink */
};

static void check_cooked(enum link_type link, const uint8_t *header, size_t n, int row)
{
    build_ip();
    fb_raw(&fb, header, n);
    decode_link(link);
    if (cooked[row].reason != REASON_NONE) {
        assert_no_ip(cooked[row].reason, cooked[row].ether_type);
        return;
    }
    assert_ip();
    ck_assert_ptr_null(packet.mac);
    assert_cuts(link, fb.len);
}

START_TEST(linux_cooked)
{
    uint16_t device = cooked[_i].device, type = cooked[_i].type;
    uint8_t v1[16] = { 0, 0, (uint8_t)(device >> 8), (uint8_t)device, 0, 6, 2, 0, 0, 0, 0, 1,
                       0, 0, (uint8_t)(type >> 8),   (uint8_t)type };
    uint8_t v2[20] = { (uint8_t)(type >> 8),
                       (uint8_t)type,
                       0,
                       0,
                       0,
                       0,
                       0,
                       2,
                       (uint8_t)(device >> 8),
                       (uint8_t)device,
                       0,
                       6,
                       2,
                       0,
                       0,
                       0,
                       0,
                       1,
                       0,
                       0 };

    check_cooked(LINK_LINUX_SLL, v1, sizeof(v1), _i);
    check_cooked(LINK_LINUX_SLL2, v2, sizeof(v2), _i);
}
END_TEST

static const struct {
    uint8_t family[4];
    enum decode_reason reason;
} loopback[] = {
    { { 2, 0, 0, 0 }, REASON_NONE },        { { 0, 0, 0, 2 }, REASON_NONE },
    { { 30, 0, 0, 0 }, REASON_IP_VERSION }, { { 0, 0, 0, 24 }, REASON_IP_VERSION },
    { { 28, 0, 0, 0 }, REASON_IP_VERSION }, { { 10, 0, 0, 0 }, REASON_IP_VERSION },
    { { 0, 0, 0, 7 }, REASON_LINK_TYPE },   { { 1, 2, 3, 4 }, REASON_LINK_TYPE },
};

START_TEST(null_loopback)
{
    build_ip();
    if (loopback[_i].reason == REASON_IP_VERSION) {
        /* taken for IPv6, which is recognised by its answer */
        fb_init(&fb);
        fb_payload(&fb, NULL, 40);
        fb_data(&fb)[0] = 0x45;
    }
    fb_raw(&fb, loopback[_i].family, 4);
    decode_link(LINK_NULL);
    if (loopback[_i].reason == REASON_NONE) {
        assert_ip();
        assert_cuts(LINK_NULL, fb.len);
    } else {
        assert_no_ip(loopback[_i].reason, 0);
    }
}
END_TEST

START_TEST(unsupported_link_type)
{
    build_ip();
    decode_link(LINK_UNSUPPORTED);
    assert_no_ip(REASON_LINK_TYPE, 0);
    ck_assert_uint_eq(packet.layers, 0);
}
END_TEST

START_TEST(wire_shorter_than_captured)
{
    build_ip();
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), fb.len, 0, 3, &packet);
    assert_ip();
}
END_TEST

START_TEST(names)
{
    for (int i = 0; i < REASON_COUNT; i++) {
        ck_assert_uint_gt(strlen(decode_reason_name((enum decode_reason)i)), 0);
        ck_assert_uint_gt(strlen(decode_reason_text((enum decode_reason)i)), 0);
        ck_assert_uint_lt(decode_reason_outcome((enum decode_reason)i), DECODE_OUTCOME_COUNT);
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(decode_reason_name((enum decode_reason)i),
                             decode_reason_name((enum decode_reason)j));
    }
    for (int i = 0; i < ANOMALY_COUNT; i++) {
        ck_assert_uint_gt(strlen(decode_anomaly_name((enum decode_anomaly)i)), 0);
        ck_assert_uint_gt(strlen(decode_anomaly_text((enum decode_anomaly)i)), 0);
    }
    ck_assert_str_eq(decode_reason_name(REASON_COUNT), "");
    ck_assert_str_eq(decode_reason_text(REASON_COUNT), "");
    ck_assert_str_eq(decode_anomaly_name(ANOMALY_COUNT), "");
    ck_assert_str_eq(decode_anomaly_text(ANOMALY_COUNT), "");
    ck_assert_uint_eq(decode_reason_outcome(REASON_CUT_IP), DECODE_TRUNCATED);
}
END_TEST

Suite *make_decode_link_suite(void)
{
    Suite *suite = suite_create("decode_link");
    TCase *tc = tcase_create("decode_link");

    tcase_add_test(tc, ethernet);
    tcase_add_test(tc, ethernet_padding_is_not_payload);
    tcase_add_test(tc, unknown_ether_type);
    tcase_add_loop_test(tc, vlan_stacks, 0, ROWS(vlan_depths));
    tcase_add_test(tc, vlan_stack_too_deep);
    tcase_add_test(tc, llc_snap);
    tcase_add_loop_test(tc, llc, 0, ROWS(llc_frames));
    tcase_add_test(tc, arp);
    tcase_add_loop_test(tc, arp_flavours, 0, ROWS(arp_fields));
    tcase_add_test(tc, arp_too_short);
    tcase_add_test(tc, pppoe);
    tcase_add_test(tc, raw_ip);
    tcase_add_loop_test(tc, linux_cooked, 0, ROWS(cooked));
    tcase_add_loop_test(tc, null_loopback, 0, ROWS(loopback));
    tcase_add_test(tc, unsupported_link_type);
    tcase_add_test(tc, wire_shorter_than_captured);
    tcase_add_test(tc, names);
    suite_add_tcase(suite, tc);
    return suite;
}
