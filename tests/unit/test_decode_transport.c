/* SPDX-License-Identifier: MIT */
/* TCP with its options, UDP, SCTP, ICMP and ICMPv6 with what errors quote. */
#include "decode_case.h"

Suite *make_decode_transport_suite(void);

enum { ETH = 14, L4 = 34 };

static void wrap_v4(uint8_t protocol)
{
    fb_ipv4(&fb, V4_A, V4_B, protocol, 1, 0);
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
}

static void build_segment(uint8_t flags, const void *options, size_t options_len, size_t payload)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, payload);
    fb_tcp(&fb, 40000, 443, 0x11223344, 0x55667788, flags, 64240, options, options_len);
    wrap_v4(PROTO_TCP);
}

static void assert_ports(uint16_t src, uint16_t dst)
{
    ck_assert(packet.has_ports);
    ck_assert_uint_eq(packet.src_port, src);
    ck_assert_uint_eq(packet.dst_port, dst);
}

START_TEST(tcp)
{
    build_segment(TCP_ACK | TCP_PSH, NULL, 0, 100);
    decode();
    assert_reason(REASON_NONE);
    assert_ports(40000, 443);
    ck_assert(packet.has_transport);
    ck_assert_uint_eq(packet.tcp.seq, 0x11223344);
    ck_assert_uint_eq(packet.tcp.ack, 0x55667788);
    ck_assert_uint_eq(packet.tcp.flags, TCP_ACK | TCP_PSH);
    ck_assert_uint_eq(packet.tcp.window, 64240);
    ck_assert(!packet.tcp.has_mss && !packet.tcp.has_window_scale && !packet.tcp.has_timestamps);
    ck_assert_uint_eq(packet.tcp.sack_count, 0);
    ck_assert_uint_eq(packet.payload_bytes, 100);
    ck_assert_uint_eq(packet.payload_captured, 100);
    ck_assert(packet.payload == fb_data(&fb) + L4 + 20);
    ck_assert_uint_eq(packet.anomalies, 0);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

START_TEST(tcp_without_payload)
{
    build_segment(TCP_ACK, NULL, 0, 0);
    decode();
    assert_reason(REASON_NONE);
    ck_assert_ptr_null(packet.payload);
    ck_assert_uint_eq(packet.payload_bytes, 0);
}
END_TEST

START_TEST(tcp_usual_timestamps)
{
    static const uint8_t options[12] = { 1, 1, 8, 10, 0, 0, 1, 2, 0, 0, 3, 4 };

    build_segment(TCP_ACK, options, sizeof(options), 10);
    decode();
    assert_reason(REASON_NONE);
    ck_assert(packet.tcp.has_timestamps);
    ck_assert_uint_eq(packet.tcp.ts_value, 0x0102);
    ck_assert_uint_eq(packet.tcp.ts_echo, 0x0304);
    ck_assert_uint_eq(packet.payload_bytes, 10);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

static void assert_usual_syn(const uint8_t options[20])
{
    build_segment(TCP_SYN, options, 20, 0);
    decode();
    assert_reason(REASON_NONE);
    ck_assert(packet.tcp.has_mss && packet.tcp.has_window_scale && packet.tcp.has_timestamps);
    ck_assert_uint_eq(packet.tcp.mss, 1460);
    ck_assert_uint_eq(packet.tcp.window_scale, 7);
    ck_assert_uint_eq(packet.tcp.ts_value, 9);
    ck_assert_uint_eq(packet.anomalies, 0);
}

START_TEST(tcp_syn_options)
{
    static const uint8_t options[20] = { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0,
                                         0, 9, 0,    0,    0, 0, 1, 3,  3, 7 };

    assert_usual_syn(options);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

START_TEST(tcp_syn_options_in_another_order)
{
    static const uint8_t options[20] = { 4, 2, 2, 4, 0x05, 0xb4, 8, 10, 0, 0,
                                         0, 9, 0, 0, 0,    0,    1, 3,  3, 7 };
    static const uint8_t wrong[20] = { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0,
                                       0, 9, 0,    0,    0, 0, 1, 3,  9, 7 };

    assert_usual_syn(options);
    /* the usual order, but the last length is impossible */
    build_segment(TCP_SYN, wrong, sizeof(wrong), 0);
    decode();
    ck_assert(packet.tcp.has_mss && packet.tcp.has_timestamps && !packet.tcp.has_window_scale);
    ck_assert_uint_eq(packet.anomalies, 1u << ANOMALY_TCP_OPTIONS);
}
END_TEST

START_TEST(tcp_sack)
{
    uint8_t options[40] = { 1, 1, 5, 34 };

    for (int i = 0; i < 8; i++)
        options[4 + i * 4 + 3] = (uint8_t)(i + 1);
    build_segment(TCP_ACK, options, 36, 0);
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.tcp.sack_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(packet.tcp.sack[i][0], 2 * i + 1);
        ck_assert_uint_eq(packet.tcp.sack[i][1], 2 * i + 2);
    }
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

static const struct {
    uint8_t options[12];
    size_t size;
    bool odd;
} tcp_options[] = {
    { { 0, 9, 9, 9 }, 4, false },   /* end of options, then anything */
    { { 1, 1, 1, 1 }, 4, false },   /* no-operations */
    { { 254, 4, 9, 9 }, 4, false }, /* unknown kind */
    { { 253, 0, 9, 9 }, 4, true },  /* length 0 would never end */
    { { 253, 1, 9, 9 }, 4, true },
    { { 253, 5, 9, 9 }, 4, true },                          /* beyond the header */
    { { 1, 1, 1, 253 }, 4, true },                          /* without length */
    { { 2, 3, 5, 1 }, 4, true },                            /* MSS of 3 bytes */
    { { 3, 4, 5, 1 }, 4, true },                            /* window scale of 4 */
    { { 8, 9, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1 }, 12, true },   /* timestamps of 9 */
    { { 5, 9, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1 }, 12, true },   /* half a SACK block */
    { { 5, 2, 1, 1 }, 4, false },                           /* no SACK block at all */
    { { 8, 10, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1 }, 12, false }, /* timestamps in another place */
    { { 1, 1, 8, 11, 0, 0, 0, 1, 0, 0, 0, 1 }, 12, true },
};

START_TEST(tcp_odd_options)
{
    build_segment(TCP_ACK, tcp_options[_i].options, tcp_options[_i].size, 10);
    decode();
    assert_reason(REASON_NONE);
    ck_assert(packet.has_transport);
    ck_assert_uint_eq(packet.anomalies, tcp_options[_i].odd ? 1u << ANOMALY_TCP_OPTIONS : 0);
    ck_assert_uint_eq(packet.payload_bytes, 10);
}
END_TEST

static const struct {
    uint8_t offset;
    size_t payload;
} tcp_offsets[] = { { 0x00, 10 }, { 0x40, 10 }, { 0xf0, 10 }, { 0x60, 3 } };

START_TEST(tcp_header_length)
{
    build_segment(TCP_ACK, NULL, 0, tcp_offsets[_i].payload);
    fb_data(&fb)[L4 + 12] = tcp_offsets[_i].offset;
    decode();
    assert_reason(REASON_TCP_HEADER_LENGTH);
    assert_ports(40000, 443);
    ck_assert(!packet.has_transport);
    ck_assert_ptr_null(packet.payload);
    ck_assert(addr_is(&packet.src, V4_A));
}
END_TEST

START_TEST(tcp_cut_in_header)
{
    build_segment(TCP_ACK, NULL, 0, 100);
    for (size_t n = 0; n < 20; n++) {
        decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), L4 + n, 0, fb.len,
                     &packet);
        assert_reason(REASON_CUT_TRANSPORT);
        ck_assert(packet.has_ports == (n >= 4));
        ck_assert(!packet.has_transport);
        ck_assert(packet.cut);
        ck_assert_uint_eq(packet.bytes, 140);
        if (n >= 4) {
            assert_ports(40000, 443);
            ck_assert_uint_eq(packet.tcp.seq, 0);
            ck_assert_uint_eq(packet.tcp.flags, 0);
        }
    }
}
END_TEST

START_TEST(tcp_cut_in_options)
{
    static const uint8_t options[16] = { 2, 4, 0x05, 0xb4, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 };

    build_segment(TCP_ACK, options, sizeof(options), 50);
    for (size_t n = 20; n < 36; n++) {
        decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), L4 + n, 0, fb.len,
                     &packet);
        assert_reason(REASON_CUT_TRANSPORT);
        ck_assert(packet.has_transport);
        ck_assert_uint_eq(packet.tcp.seq, 0x11223344);
        ck_assert(packet.tcp.has_mss == (n >= 24));
        ck_assert(!packet.tcp.has_timestamps);
        ck_assert_ptr_null(packet.payload);
        ck_assert_uint_eq(packet.payload_bytes, 50);
        ck_assert_uint_eq(packet.anomalies, 0);
    }
}
END_TEST

static const struct {
    uint8_t flags;
    bool odd;
} tcp_flags[] = {
    { 0, true },
    { TCP_SYN | TCP_FIN, true },
    { TCP_SYN | TCP_RST, true },
    { TCP_SYN | TCP_ACK, false },
    { TCP_FIN | TCP_ACK, false },
    { TCP_RST, false },
    { TCP_SYN | TCP_ECE | TCP_CWR, false },
};

START_TEST(tcp_odd_flags)
{
    build_segment(tcp_flags[_i].flags, NULL, 0, 0);
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.anomalies, tcp_flags[_i].odd ? 1u << ANOMALY_TCP_FLAGS : 0);
}
END_TEST

/* The IP total length leaves `size` bytes for the transport header. */
static const struct {
    uint8_t protocol;
    size_t size;
    bool has_ports;
} shorts[] = {
    { PROTO_TCP, 19, true },  { PROTO_TCP, 4, true },     { PROTO_TCP, 3, false },
    { PROTO_TCP, 0, false },  { PROTO_UDP, 7, true },     { PROTO_UDP, 0, false },
    { PROTO_SCTP, 11, true }, { PROTO_SCTP, 2, false },   { PROTO_ICMP, 7, false },
    { PROTO_ICMP, 0, false }, { PROTO_ICMPV6, 5, false }, { PROTO_GRE, 3, false },
};

START_TEST(short_transport)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, shorts[_i].size);
    wrap_v4(shorts[_i].protocol);
    decode();
    assert_reason(REASON_SHORT_TRANSPORT);
    ck_assert(packet.has_ports == shorts[_i].has_ports);
    ck_assert(!packet.has_transport);
    ck_assert(addr_is(&packet.src, V4_A));
    ck_assert_uint_eq(packet.bytes, 20 + shorts[_i].size);
}
END_TEST

START_TEST(udp)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 30);
    fb_udp(&fb, 5353, 53);
    wrap_v4(PROTO_UDP);
    decode();
    assert_reason(REASON_NONE);
    assert_ports(5353, 53);
    ck_assert_uint_eq(packet.payload_bytes, 30);
    ck_assert(packet.payload == fb_data(&fb) + L4 + 8);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

static const struct {
    uint16_t length;
    enum decode_reason reason;
    uint32_t payload;
} udp_lengths[] = {
    { 0, REASON_UDP_LENGTH, 0 },     { 7, REASON_UDP_LENGTH, 0 }, { 8, REASON_NONE, 0 },
    { 20, REASON_NONE, 12 },         { 38, REASON_NONE, 30 },     { 39, REASON_UDP_LENGTH, 0 },
    { 65535, REASON_UDP_LENGTH, 0 },
};

START_TEST(udp_length)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 30);
    fb_udp(&fb, 5353, 53);
    wrap_v4(PROTO_UDP);
    fb_data(&fb)[L4 + 4] = (uint8_t)(udp_lengths[_i].length >> 8);
    fb_data(&fb)[L4 + 5] = (uint8_t)udp_lengths[_i].length;
    decode();
    assert_reason(udp_lengths[_i].reason);
    assert_ports(5353, 53);
    ck_assert_uint_eq(packet.payload_bytes, udp_lengths[_i].payload);
    ck_assert_uint_eq(packet.payload_captured, udp_lengths[_i].payload);
    ck_assert_uint_eq(packet.bytes, 58);
}
END_TEST

START_TEST(sctp)
{
    static const uint8_t header[12] = { 0x0b, 0x59, 0x0b, 0x5a, 1, 2, 3, 4 };

    fb_init(&fb);
    fb_payload(&fb, NULL, 20);
    fb_raw(&fb, header, sizeof(header));
    wrap_v4(PROTO_SCTP);
    decode();
    assert_reason(REASON_NONE);
    assert_ports(2905, 2906);
    ck_assert(packet.has_transport);
    ck_assert_uint_eq(packet.payload_bytes, 20);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

START_TEST(icmp_echo)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 56);
    fb_icmp(&fb, 8, 0, 0x00010002);
    wrap_v4(PROTO_ICMP);
    decode();
    assert_reason(REASON_NONE);
    ck_assert(packet.has_transport);
    ck_assert(!packet.has_ports);
    ck_assert_uint_eq(packet.icmp.type, 8);
    ck_assert(!packet.icmp.is_error && !packet.icmp.has_quote);
    ck_assert_uint_eq(packet.payload_bytes, 56);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

static const struct {
    uint8_t protocol, type;
    bool is_error;
} icmp_types[] = {
    { PROTO_ICMP, 0, false },   { PROTO_ICMP, 3, true },      { PROTO_ICMP, 4, true },
    { PROTO_ICMP, 5, true },    { PROTO_ICMP, 11, true },     { PROTO_ICMP, 12, true },
    { PROTO_ICMP, 13, false },  { PROTO_ICMPV6, 0, false },   { PROTO_ICMPV6, 1, true },
    { PROTO_ICMPV6, 2, true },  { PROTO_ICMPV6, 3, true },    { PROTO_ICMPV6, 4, true },
    { PROTO_ICMPV6, 5, false }, { PROTO_ICMPV6, 128, false }, { PROTO_ICMPV6, 136, false },
};

/* A quoted IPv4 packet with `n` bytes behind its header. */
static void quote_v4(uint8_t protocol, uint16_t frag_field, size_t n)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 60);
    fb_udp(&fb, 1111, 2222);
    fb_ipv4(&fb, V4_B, "192.0.2.9", protocol, 1, frag_field);
    fb.len = 20 + n;
    memmove(fb.space + FB_SIZE - fb.len, fb_data(&fb), fb.len);
    fb.start = FB_SIZE - fb.len;
}

static void wrap_icmp(uint8_t protocol, uint8_t type)
{
    fb_icmp(&fb, type, 1, 0);
    if (protocol == PROTO_ICMP) {
        wrap_v4(PROTO_ICMP);
    } else {
        fb_ipv6(&fb, V6_A, V6_B, PROTO_ICMPV6);
        fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV6);
    }
}

START_TEST(icmp_errors)
{
    quote_v4(PROTO_UDP, 0, 8);
    wrap_icmp(icmp_types[_i].protocol, icmp_types[_i].type);
    decode();
    assert_reason(REASON_NONE);
    ck_assert_uint_eq(packet.icmp.code, 1);
    ck_assert(packet.icmp.is_error == icmp_types[_i].is_error);
    ck_assert(packet.icmp.has_quote == icmp_types[_i].is_error);
    if (!icmp_types[_i].is_error)
        return;
    ck_assert(addr_is(&packet.icmp.quote_src, V4_B));
    ck_assert(addr_is(&packet.icmp.quote_dst, "192.0.2.9"));
    ck_assert_uint_eq(packet.icmp.quote_protocol, PROTO_UDP);
    ck_assert(packet.icmp.quote_has_ports);
    ck_assert_uint_eq(packet.icmp.quote_src_port, 1111);
    ck_assert_uint_eq(packet.icmp.quote_dst_port, 2222);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

static const struct {
    uint8_t version_ihl, protocol;
    uint16_t frag_field;
    size_t behind; /* bytes of the quote behind 20 bytes of header */
    bool has_quote, has_ports;
} quotes[] = {
    { 0x45, PROTO_UDP, 0, 4, true, true },      { 0x45, PROTO_TCP, 0, 8, true, true },
    { 0x45, PROTO_SCTP, 0, 8, true, true },     { 0x45, PROTO_ICMP, 0, 8, true, false },
    { 0x45, PROTO_UDP, 0, 3, true, false },     { 0x45, PROTO_UDP, 0x0001, 8, true, false },
    { 0x45, PROTO_UDP, 0x2000, 8, true, true }, { 0x46, PROTO_UDP, 0, 7, true, false },
    { 0x46, PROTO_UDP, 0, 8, true, true },      { 0x44, PROTO_UDP, 0, 8, false, false },
    { 0x55, PROTO_UDP, 0, 8, false, false },    { 0x65, PROTO_UDP, 0, 8, false, false },
};

START_TEST(icmp_quote)
{
    quote_v4(quotes[_i].protocol, quotes[_i].frag_field, quotes[_i].behind);
    fb_data(&fb)[0] = quotes[_i].version_ihl;
    wrap_icmp(PROTO_ICMP, 3);
    decode();
    assert_reason(REASON_NONE);
    ck_assert(packet.icmp.is_error);
    ck_assert(packet.icmp.has_quote == quotes[_i].has_quote);
    ck_assert(packet.icmp.quote_has_ports == quotes[_i].has_ports);
}
END_TEST

START_TEST(icmp_quote_cut)
{
    quote_v4(PROTO_UDP, 0, 8);
    wrap_icmp(PROTO_ICMP, 3);
    for (size_t n = L4 + 8; n < fb.len; n++) {
        decode_frame(&decode_config_default, LINK_ETHERNET, fb_data(&fb), n, 0, fb.len, &packet);
        assert_reason(REASON_CUT_PAYLOAD);
        ck_assert(packet.icmp.has_quote == (n >= L4 + 28));
        ck_assert(packet.icmp.quote_has_ports == (n >= L4 + 32));
    }
}
END_TEST

static const struct {
    uint8_t first; /* of the quoted IPv6 header */
    uint8_t extension[24];
    size_t size;
    uint8_t protocol;
    bool has_ports;
} v6_quotes[] = {
    { PROTO_UDP, { 0 }, 0, PROTO_UDP, true },
    { PROTO_HOPOPTS, { PROTO_UDP, 0 }, 8, PROTO_UDP, true },
    { PROTO_ROUTING, { PROTO_UDP, 2 }, 24, PROTO_UDP, true },
    { PROTO_FRAGMENT, { PROTO_UDP, 0, 0, 1 }, 8, PROTO_UDP, true },
    { PROTO_FRAGMENT, { PROTO_UDP, 0, 0, 9 }, 8, PROTO_UDP, false },
    { PROTO_HOPOPTS, { PROTO_FRAGMENT, 0, 0, 0, 0, 0, 0, 0, PROTO_UDP }, 16, PROTO_UDP, true },
    { PROTO_DSTOPTS, { PROTO_UDP, 200 }, 8, PROTO_UDP, false }, /* ends beyond the quote */
    { PROTO_ESP, { 0 }, 8, PROTO_ESP, false },
};

START_TEST(icmpv6_quote)
{
    fb_init(&fb);
    fb_udp(&fb, 1111, 2222);
    fb_raw(&fb, v6_quotes[_i].extension, v6_quotes[_i].size);
    fb_ipv6(&fb, V6_B, "2001:db8::9", v6_quotes[_i].first);
    wrap_icmp(PROTO_ICMPV6, 1);
    decode();
    assert_reason(REASON_NONE);
    ck_assert(packet.icmp.has_quote);
    ck_assert(addr_is(&packet.icmp.quote_src, V6_B));
    ck_assert(addr_is(&packet.icmp.quote_dst, "2001:db8::9"));
    ck_assert_uint_eq(packet.icmp.quote_protocol, v6_quotes[_i].protocol);
    ck_assert(packet.icmp.quote_has_ports == v6_quotes[_i].has_ports);
    if (packet.icmp.quote_has_ports)
        ck_assert_uint_eq(packet.icmp.quote_dst_port, 2222);
    assert_cuts(LINK_ETHERNET, fb.len);
}
END_TEST

START_TEST(icmpv6_quote_of_too_many_extensions)
{
    static const uint8_t extension[8] = { PROTO_DSTOPTS };

    fb_init(&fb);
    for (int i = 0; i < 50; i++)
        fb_raw(&fb, extension, sizeof(extension));
    fb_ipv6(&fb, V6_B, V6_A, PROTO_DSTOPTS);
    wrap_icmp(PROTO_ICMPV6, 1);
    decode();
    assert_reason(REASON_NONE);
    ck_assert(packet.icmp.has_quote);
    ck_assert(!packet.icmp.quote_has_ports);
}
END_TEST

static TCase *make_tcp_case(void)
{
    TCase *tc = tcase_create("tcp");

    tcase_add_test(tc, tcp);
    tcase_add_test(tc, tcp_without_payload);
    tcase_add_test(tc, tcp_usual_timestamps);
    tcase_add_test(tc, tcp_syn_options);
    tcase_add_test(tc, tcp_syn_options_in_another_order);
    tcase_add_test(tc, tcp_sack);
    tcase_add_loop_test(tc, tcp_odd_options, 0, ROWS(tcp_options));
    tcase_add_loop_test(tc, tcp_header_length, 0, ROWS(tcp_offsets));
    tcase_add_test(tc, tcp_cut_in_header);
    tcase_add_test(tc, tcp_cut_in_options);
    tcase_add_loop_test(tc, tcp_odd_flags, 0, ROWS(tcp_flags));
    return tc;
}

static TCase *make_other_case(void)
{
    TCase *tc = tcase_create("other");

    tcase_add_loop_test(tc, short_transport, 0, ROWS(shorts));
    tcase_add_test(tc, udp);
    tcase_add_loop_test(tc, udp_length, 0, ROWS(udp_lengths));
    tcase_add_test(tc, sctp);
    tcase_add_test(tc, icmp_echo);
    tcase_add_loop_test(tc, icmp_errors, 0, ROWS(icmp_types));
    tcase_add_loop_test(tc, icmp_quote, 0, ROWS(quotes));
    tcase_add_test(tc, icmp_quote_cut);
    tcase_add_loop_test(tc, icmpv6_quote, 0, ROWS(v6_quotes));
    tcase_add_test(tc, icmpv6_quote_of_too_many_extensions);
    return tc;
}

Suite *make_decode_transport_suite(void)
{
    Suite *suite = suite_create("decode_transport");

    suite_add_tcase(suite, make_tcp_case());
    suite_add_tcase(suite, make_other_case());
    return suite;
}
