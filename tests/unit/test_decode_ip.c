/* SPDX-License-Identifier: MIT */
/* IPv4 and IPv6: headers, lengths, options, extension headers, fragments. */
#include "decode_case.h"

Suite *make_decode_ip_suite(void);

enum { ETH = 14 };

static void start_udp(size_t payload)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, payload);
    fb_udp(&fb, 1000, 53);
}

static void build_v4(uint16_t frag_field)
{
    start_udp(10);
    fb_ipv4(&fb, V4_A, V4_B, PROTO_UDP, 0x1234, frag_field);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
}

static void build_v6(void)
{
    start_udp(10);
    fb_ipv6(&fb, V6_A, V6_B, PROTO_UDP);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV6);
}

static void assert_ports(void)
{
    ck_assert(packet.has_ports);
    ck_assert(packet.has_transport);
    ck_assert_uint_eq(packet.protocol, PROTO_UDP);
    ck_assert_uint_eq(packet.src_port, 1000);
    ck_assert_uint_eq(packet.dst_port, 53);
}

START_TEST(ipv4)
{
    build_v4(0x4000);
    decode();
    assert_reason(REASON_NONE);
    assert_addresses(V4_A, V4_B);
    assert_ports();
    ck_assert_uint_eq(packet.ether_type, ETHER_IPV4);
    ck_assert_uint_eq(packet.ttl, 64);
    ck_assert_uint_eq(packet.ip_id, 0x1234);
    ck_assert_uint_eq(packet.bytes, 38);
    ck_assert_uint_eq(packet.anomalies, 0);
    ck_assert(!packet.is_fragment && !packet.is_first_fragment && !packet.cut);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

/* 24 bytes of header: four no-operations. */
START_TEST(ipv4_options)
{
    static const uint8_t options[4] = { 1, 1, 1, 1 };
    uint8_t header[20];

    build_v4(0);
    memcpy(header, fb_data(&fb) + ETH, 20);
    start_udp(10);
    fb_raw(&fb, options, sizeof(options));
    fb_raw(&fb, header, sizeof(header));
    fb_data(&fb)[0] = 0x46;
    fb_data(&fb)[3] = 42;
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    decode();
    assert_reason(REASON_NONE);
    assert_ports();
    ck_assert_uint_eq(packet.bytes, 42);
    ck_assert_uint_eq(packet.payload_bytes, 10);
    assert_cuts(LINK_ETHERNET, fb.len);
    /* cut in the options: the addresses are known already */
    decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), ETH + 22, 0, fb.len, &packet);
    assert_reason(REASON_CUT_IP);
    assert_addresses(V4_A, V4_B);
    ck_assert(!packet.has_ports && !packet.is_fragment);
    ck_assert_uint_eq(packet.bytes, 42);
    /* so is whether it is a fragment */
    for (int first = 0; first < 2; first++) {
        fb_data(&fb)[ETH + 6] = first ? 0x20 : 0x00;
        fb_data(&fb)[ETH + 7] = first ? 0 : 1;
        decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), ETH + 22, 0, fb.len,
                     &packet);
        assert_reason(REASON_CUT_IP);
        ck_assert(packet.is_fragment);
        ck_assert(packet.is_first_fragment == (first == 1));
    }
}
END_TEST

static const struct {
    size_t at; /* byte of the IPv4 header */
    uint8_t value;
    enum decode_reason reason;
} ipv4_fields[] = {
    { 0, 0x55, REASON_IP_VERSION },         { 0, 0x65, REASON_IP_VERSION },
    { 0, 0x44, REASON_IPV4_HEADER_LENGTH }, { 0, 0x40, REASON_IPV4_HEADER_LENGTH },
    { 3, 19, REASON_IPV4_TOTAL_LENGTH },    { 3, 1, REASON_IPV4_TOTAL_LENGTH },
    { 0, 0x4f, REASON_IPV4_TOTAL_LENGTH },
};

START_TEST(ipv4_malformed)
{
    build_v4(0);
    fb_data(&fb)[ETH + ipv4_fields[_i].at] = ipv4_fields[_i].value;
    decode();
    assert_reason(ipv4_fields[_i].reason);
    ck_assert_uint_eq(packet.src.family, 0);
    ck_assert_uint_eq(packet.ether_type, 0);
    ck_assert_uint_eq(packet.bytes, fb.len);
}
END_TEST

START_TEST(ipv4_total_length_shorter_than_frame)
{
    build_v4(0);
    fb_data(&fb)[ETH + 3] = 30; /* 2 bytes of payload, the rest is padding */
    fb_data(&fb)[ETH + 20 + 5] = 10;
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.bytes, 30);
    ck_assert_uint_eq(packet.payload_bytes, 2);
    ck_assert_uint_eq(packet.payload_captured, 2);
}
END_TEST

START_TEST(ipv4_total_length_beyond_frame)
{
    build_v4(0);
    fb_data(&fb)[ETH + 3] = 138;
    fb_data(&fb)[ETH + 20 + 5] = 118;
    decode();
    assert_reason(REASON_CUT_PAYLOAD);
    assert_ports();
    ck_assert(packet.cut);
    ck_assert_uint_eq(packet.bytes, 138);
    ck_assert_uint_eq(packet.payload_bytes, 110);
    ck_assert_uint_eq(packet.payload_captured, 10);
}
END_TEST

START_TEST(ipv4_zero_total_length)
{
    build_v4(0);
    memset(fb_data(&fb) + ETH + 2, 0, 2);
    decode();
    assert_reason(REASON_NONE);
    assert_ports();
    ck_assert_uint_eq(packet.anomalies, 1u << ANOMALY_IPV4_ZERO_LENGTH);
    ck_assert_uint_eq(packet.bytes, 38);
    /* and UDP, of more than 65,535 bytes, has length 0 then */
    start_udp(40000);
    fb_ipv4(&fb, V4_A, V4_B, PROTO_UDP, 0, 0);
    memset(fb_data(&fb) + 2, 0, 2);
    memset(fb_data(&fb) + 20 + 4, 0, 2);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), fb.len, 0, 80014, &packet);
    assert_reason(REASON_CUT_PAYLOAD);
    ck_assert_uint_eq(packet.bytes, 80000);
    ck_assert_uint_eq(packet.payload_bytes, 80000 - 28);
    ck_assert_uint_eq(packet.payload_captured, 40000);
}
END_TEST

static const struct {
    uint16_t field;
    bool is_fragment, is_first;
    enum decode_reason reason;
} ipv4_fragments[] = {
    { 0x4000, false, false, REASON_NONE },         { 0x8000, false, false, REASON_NONE },
    { 0x2000, true, true, REASON_NONE },           { 0x2001, true, false, REASON_NONE },
    { 0x0001, true, false, REASON_NONE },          { 0x1ffd, true, false, REASON_NONE },
    { 0x1ffe, true, false, REASON_IPV4_FRAGMENT }, { 0x1fff, true, false, REASON_IPV4_FRAGMENT },
};

START_TEST(ipv4_fragment)
{
    build_v4(ipv4_fragments[_i].field);
    decode();
    assert_reason(ipv4_fragments[_i].reason);
    assert_addresses(V4_A, V4_B);
    ck_assert(packet.is_fragment == ipv4_fragments[_i].is_fragment);
    ck_assert(packet.is_first_fragment == ipv4_fragments[_i].is_first);
    ck_assert_uint_eq(packet.protocol, PROTO_UDP);
    ck_assert_uint_eq(packet.ip_id, 0x1234);
    if (ipv4_fragments[_i].is_fragment && !ipv4_fragments[_i].is_first) {
        ck_assert(!packet.has_ports);
        ck_assert_uint_eq(packet.payload_bytes, 18);
    } else {
        assert_ports();
    }
    if (ipv4_fragments[_i].reason == REASON_NONE)
        assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

/* The UDP length of a first fragment is that of the whole datagram. */
START_TEST(first_fragment_of_longer_datagram)
{
    build_v4(0x2000);
    fb_data(&fb)[ETH + 20 + 4] = 0x10;
    decode();
    assert_reason(REASON_NONE);
    assert_ports();
    ck_assert_uint_eq(packet.payload_bytes, 10);
}
END_TEST

START_TEST(tiny_first_fragment)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 8);
    fb_ipv4(&fb, V4_A, V4_B, PROTO_TCP, 1, 0x2000);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    decode();
    assert_reason(REASON_CUT_TRANSPORT); /* it goes on in the next fragment */
    ck_assert(packet.has_ports);
    ck_assert(!packet.has_transport);
}
END_TEST

START_TEST(same_addresses)
{
    build_v4(0);
    memcpy(fb_data(&fb) + ETH + 16, fb_data(&fb) + ETH + 12, 4);
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.anomalies, 1u << ANOMALY_LAND);
    fb_data(&fb)[ETH + 12] = fb_data(&fb)[ETH + 16] = 127;
    decode();
    ck_assert_uint_eq(packet.anomalies, 0);
    build_v6();
    memcpy(fb_data(&fb) + ETH + 24, fb_data(&fb) + ETH + 8, 16);
    decode();
    ck_assert_uint_eq(packet.anomalies, 1u << ANOMALY_LAND);
    memset(fb_data(&fb) + ETH + 8, 0, 32);
    fb_data(&fb)[ETH + 23] = fb_data(&fb)[ETH + 39] = 1;
    decode();
    ck_assert_uint_eq(packet.anomalies, 0);
}
END_TEST

START_TEST(ipv6)
{
    build_v6();
    decode();
    assert_reason(REASON_NONE);
    assert_addresses(V6_A, V6_B);
    assert_ports();
    ck_assert_uint_eq(packet.ether_type, ETHER_IPV6);
    ck_assert_uint_eq(packet.ttl, 64);
    ck_assert_uint_eq(packet.ip_id, 0);
    ck_assert_uint_eq(packet.bytes, 58);
    ck_assert_uint_eq(packet.anomalies, 0);
    assert_cuts(LINK_ETHERNET, fb.len);
    fb_data(&fb)[ETH] = 0x45;
    decode();
    assert_reason(REASON_IP_VERSION);
    ck_assert_uint_eq(packet.src.family, 0);
}
END_TEST

START_TEST(ipv6_length_beyond_frame)
{
    build_v6();
    fb_data(&fb)[ETH + 5] = 118;
    fb_data(&fb)[ETH + 40 + 5] = 118;
    decode();
    assert_reason(REASON_CUT_PAYLOAD);
    assert_ports();
    ck_assert_uint_eq(packet.bytes, 158);
    ck_assert_uint_eq(packet.payload_bytes, 110);
}
END_TEST

START_TEST(ipv6_zero_length)
{
    build_v6();
    memset(fb_data(&fb) + ETH + 4, 0, 2);
    decode();
    assert_reason(REASON_NONE);
    assert_ports();
    ck_assert_uint_eq(packet.anomalies, 1u << ANOMALY_IPV6_ZERO_LENGTH);
    ck_assert_uint_eq(packet.bytes, 58);
    /* really empty */
    fb_data(&fb)[ETH + 6] = PROTO_NONE;
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.anomalies, 0);
    ck_assert_uint_eq(packet.bytes, 40);
    ck_assert_uint_eq(packet.protocol, PROTO_NONE);
}
END_TEST

/* A record can claim 4 GB. Where no length field of the frame says otherwise, that has a bound. */
START_TEST(claimed_length)
{
    static const struct {
        uint16_t ether_type;
        enum decode_reason reason;
        size_t before; /* bytes that are not booked */
    } frames[] = {
        { ETHER_IPV4, REASON_CUT_PAYLOAD, ETH },
        { ETHER_IPV6, REASON_CUT_PAYLOAD, ETH },
        { 0xffff, REASON_ETHERTYPE, 0 },
    };
    static const size_t claims[] = { DECODE_MAX_WIRE, DECODE_MAX_WIRE + 1, UINT32_MAX };
    uint16_t type = frames[_i / 3].ether_type;

    fb_init(&fb);
    fb_payload(&fb, NULL, 100);
    fb_tcp(&fb, 40000, 443, 1, 2, TCP_ACK, 1000, NULL, 0);
    if (type == ETHER_IPV6)
        fb_ipv6(&fb, V6_A, V6_B, PROTO_TCP);
    else
        fb_ipv4(&fb, V4_A, V4_B, PROTO_TCP, 5, 0);
    memset(fb_data(&fb) + (type == ETHER_IPV6 ? 4 : 2), 0, 2); /* the length */
    fb_eth(&fb, MAC_A, MAC_B, type);
    decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), fb.len, 0, claims[_i % 3],
                 &packet);
    assert_reason(frames[_i / 3].reason);
    ck_assert_uint_eq(packet.frame_bytes, DECODE_MAX_WIRE);
    ck_assert_uint_eq(packet.bytes, DECODE_MAX_WIRE - frames[_i / 3].before);
    ck_assert(packet.cut);
}
END_TEST

START_TEST(ipv6_jumbogram)
{
    static const uint8_t jumbo[8] = { PROTO_UDP, 0, 0xc2, 4, 0, 1, 0, 0 };
    static const uint8_t padded[8] = { PROTO_UDP, 0, 0, 1, 0, 0xc2, 0, 0 };
    static const uint8_t padding[8] = { PROTO_UDP, 0, 1, 4, 0xc2, 0xc2, 0xc2, 0xc2 };
    const uint8_t *options[] = { jumbo, padded, padding };

    for (int i = 0; i < 3; i++) {
        start_udp(10);
        fb_raw(&fb, options[i], 8);
        fb_ipv6(&fb, V6_A, V6_B, PROTO_HOPOPTS);
        memset(fb_data(&fb) + 4, 0, 2);
        fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV6);
        decode();
        assert_reason(i < 2 ? REASON_IPV6_JUMBOGRAM : REASON_NONE);
        assert_addresses(V6_A, V6_B);
    }
}
END_TEST

/* Headers of 8 bytes whose first byte (the next header) is filled in. */
static const struct {
    uint8_t number;
    uint8_t header[24];
    size_t size;
} extensions[] = {
    { PROTO_HOPOPTS, { 0, 0, 5, 2, 0, 0, 1, 0 }, 8 },
    { PROTO_ROUTING, { 0, 2, 4, 1 }, 24 },
    { PROTO_DSTOPTS, { 0, 1, 1, 4 }, 16 },
    { PROTO_FRAGMENT, { 0, 0, 0, 0, 0, 0, 0, 9 }, 8 },
    { PROTO_AH, { 0, 4 }, 24 },
    { PROTO_MOBILITY, { 0, 0 }, 8 },
    { PROTO_HIP, { 0, 1 }, 16 },
    { PROTO_SHIM6, { 0, 0 }, 8 },
};

enum { EXTENSIONS = sizeof(extensions) / sizeof(extensions[0]) };

static void prepend_extension(int row, uint8_t next)
{
    fb_raw(&fb, extensions[row].header, extensions[row].size);
    fb_data(&fb)[0] = next;
}

START_TEST(ipv6_extension)
{
    size_t size = extensions[_i].size;

    start_udp(10);
    prepend_extension(_i, PROTO_UDP);
    fb_ipv6(&fb, V6_A, V6_B, extensions[_i].number);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV6);
    decode();
    assert_reason(REASON_NONE);
    assert_ports();
    ck_assert(!packet.is_fragment);
    ck_assert_uint_eq(packet.bytes, 58 + size);
    ck_assert_uint_eq(packet.payload_bytes, 10);
    assert_cuts(LINK_ETHERNET, fb.len);
    /* the payload length ends inside */
    fb_data(&fb)[ETH + 5] = (uint8_t)(size - 1);
    decode();
    assert_reason(REASON_IPV6_EXTENSION);
    assert_addresses(V6_A, V6_B);
    fb_data(&fb)[ETH + 5] = 1;
    decode();
    assert_reason(REASON_IPV6_EXTENSION);
}
END_TEST

START_TEST(ipv6_extension_too_long)
{
    start_udp(10);
    prepend_extension(2, PROTO_UDP);
    fb_data(&fb)[1] = 255;
    fb_ipv6(&fb, V6_A, V6_B, PROTO_DSTOPTS);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV6);
    decode();
    assert_reason(REASON_IPV6_EXTENSION);
}
END_TEST

START_TEST(ipv6_all_extensions)
{
    start_udp(10);
    for (int i = 0; i < EXTENSIONS; i++)
        prepend_extension(i, i == 0 ? PROTO_UDP : extensions[i - 1].number);
    fb_ipv6(&fb, V6_A, V6_B, extensions[EXTENSIONS - 1].number);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV6);
    decode();
    assert_reason(REASON_NONE);
    assert_ports();
    ck_assert_uint_eq(packet.layers, 3 + EXTENSIONS);
    ck_assert_uint_eq(packet.ip_id, 9);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

START_TEST(ipv6_endless_extensions)
{
    start_udp(10);
    for (int i = 0; i < 100; i++)
        prepend_extension(2, i == 0 ? PROTO_UDP : PROTO_DSTOPTS);
    fb_ipv6(&fb, V6_A, V6_B, PROTO_DSTOPTS);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV6);
    decode();
    assert_reason(REASON_TOO_DEEP);
    assert_addresses(V6_A, V6_B);
    ck_assert_uint_eq(packet.layers, DECODE_MAX_LAYERS);
}
END_TEST

static const struct {
    uint16_t field;
    bool is_fragment, is_first;
    enum decode_reason reason;
} ipv6_fragments[] = {
    { 0x0000, false, false, REASON_NONE },         { 0x0006, false, false, REASON_NONE },
    { 0x0001, true, true, REASON_NONE },           { 0x0009, true, false, REASON_NONE },
    { 0x0008, true, false, REASON_NONE },          { 0xffe8, true, false, REASON_NONE },
    { 0xfff8, true, false, REASON_IPV6_FRAGMENT },
};

START_TEST(ipv6_fragment)
{
    uint16_t field = ipv6_fragments[_i].field;
    uint8_t header[8] = { PROTO_UDP, 0, (uint8_t)(field >> 8), (uint8_t)field, 1, 2, 3, 4 };

    start_udp(10);
    fb_raw(&fb, header, sizeof(header));
    fb_ipv6(&fb, V6_A, V6_B, PROTO_FRAGMENT);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV6);
    decode();
    assert_reason(ipv6_fragments[_i].reason);
    assert_addresses(V6_A, V6_B);
    ck_assert(packet.is_fragment == ipv6_fragments[_i].is_fragment);
    ck_assert(packet.is_first_fragment == ipv6_fragments[_i].is_first);
    ck_assert_uint_eq(packet.protocol, PROTO_UDP);
    ck_assert_uint_eq(packet.ip_id, 0x01020304);
    ck_assert(packet.has_ports == (field < 8));
    if (ipv6_fragments[_i].reason == REASON_NONE)
        assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

/* A message of its own is known by its number, though "no next header" follows. */
START_TEST(ipv6_mobility_alone)
{
    fb_init(&fb);
    prepend_extension(5, PROTO_NONE);
    fb_ipv6(&fb, V6_A, V6_B, PROTO_MOBILITY);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV6);
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.protocol, PROTO_MOBILITY);
    fb_init(&fb);
    prepend_extension(2, PROTO_NONE);
    fb_ipv6(&fb, V6_A, V6_B, PROTO_DSTOPTS);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV6);
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.protocol, PROTO_NONE);
}
END_TEST

START_TEST(ah_behind_ipv4)
{
    start_udp(10);
    prepend_extension(4, PROTO_UDP);
    fb_ipv4(&fb, V4_A, V4_B, PROTO_AH, 1, 0);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    decode();
    assert_reason(REASON_NONE);
    assert_ports();
    assert_cuts(LINK_ETHERNET, fb.len);
    fb_data(&fb)[ETH + 20 + 1] = 0; /* 8 bytes hold no authentication header */
    decode();
    assert_reason(REASON_SHORT_TRANSPORT);
    fb_data(&fb)[ETH + 20 + 1] = 60;
    decode();
    assert_reason(REASON_SHORT_TRANSPORT);
}
END_TEST

/* What is not looked into ends well, with its number and without ports. */
static const uint8_t opaque[] = { PROTO_ESP, 2, 89, 103, 112, 253, PROTO_HOPOPTS, PROTO_FRAGMENT };

START_TEST(other_protocols)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 40);
    fb_ipv4(&fb, V4_A, V4_B, opaque[_i], 1, 0);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.protocol, opaque[_i]);
    ck_assert(!packet.has_ports && !packet.has_transport);
    ck_assert_uint_eq(packet.payload_bytes, 40);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

static TCase *make_ipv4_case(void)
{
    TCase *tc = tcase_create("ipv4");

    tcase_add_test(tc, ipv4);
    tcase_add_test(tc, ipv4_options);
    tcase_add_loop_test(tc, ipv4_malformed, 0, ROWS(ipv4_fields));
    tcase_add_test(tc, ipv4_total_length_shorter_than_frame);
    tcase_add_test(tc, ipv4_total_length_beyond_frame);
    tcase_add_test(tc, ipv4_zero_total_length);
    tcase_add_loop_test(tc, ipv4_fragment, 0, ROWS(ipv4_fragments));
    tcase_add_test(tc, first_fragment_of_longer_datagram);
    tcase_add_test(tc, tiny_first_fragment);
    tcase_add_test(tc, same_addresses);
    tcase_add_test(tc, ah_behind_ipv4);
    tcase_add_loop_test(tc, other_protocols, 0, ROWS(opaque));
    return tc;
}

static TCase *make_ipv6_case(void)
{
    TCase *tc = tcase_create("ipv6");

    tcase_add_test(tc, ipv6);
    tcase_add_test(tc, ipv6_length_beyond_frame);
    tcase_add_test(tc, ipv6_zero_length);
    tcase_add_loop_test(tc, claimed_length, 0, 9);
    tcase_add_test(tc, ipv6_jumbogram);
    tcase_add_loop_test(tc, ipv6_extension, 0, EXTENSIONS);
    tcase_add_test(tc, ipv6_extension_too_long);
    tcase_add_test(tc, ipv6_all_extensions);
    tcase_add_test(tc, ipv6_endless_extensions);
    tcase_add_loop_test(tc, ipv6_fragment, 0, ROWS(ipv6_fragments));
    tcase_add_test(tc, ipv6_mobility_alone);
    return tc;
}

Suite *make_decode_ip_suite(void)
{
    Suite *suite = suite_create("decode_ip");

    suite_add_tcase(suite, make_ipv4_case());
    suite_add_tcase(suite, make_ipv6_case());
    return suite;
}
