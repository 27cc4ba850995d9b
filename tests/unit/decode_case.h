/* SPDX-License-Identifier: MIT */
/*
 * decode_case: what the suites of the decoders share: one frame, the packet it decodes to, and
 * assertions on them. Each suite that includes it has its own.
 */
#ifndef MIRRORTOP_TESTS_UNIT_DECODE_CASE_H
#define MIRRORTOP_TESTS_UNIT_DECODE_CASE_H

#include <check.h>
#include <string.h>

#include "../support/decodecheck.h"

#define MAC_A "02:00:00:00:00:0a"
#define MAC_B "02:00:00:00:00:0b"
#define V4_A "10.0.0.1"
#define V4_B "10.0.0.2"
#define V6_A "fd00::1"
#define V6_B "fd00::2"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static struct fb fb;
static struct packet packet;

/* Decodes the frame and looks whether the packet is consistent. */
static inline void decode(void)
{
    const char *flaw;

    decode_fb(&fb, &packet);
    flaw = packet_flaw(&packet, fb_data(&fb), fb.len);
    ck_assert_msg(flaw == NULL, "%s", flaw);
}

static inline void assert_reason(enum decode_reason reason)
{
    ck_assert_str_eq(decode_reason_name(packet.reason), decode_reason_name(reason));
    ck_assert_uint_eq(packet.outcome, decode_reason_outcome(reason));
}

/* Every shorter length of the frame; `needed` as for cuts_flaw(). */
static inline void assert_cuts(enum link_type link, size_t needed)
{
    const char *flaw = cuts_flaw(&fb, link, needed);

    ck_assert_msg(flaw == NULL, "%s", flaw);
}

static inline void assert_addresses(const char *src, const char *dst)
{
    ck_assert(addr_is(&packet.src, src));
    ck_assert(addr_is(&packet.dst, dst));
}

/* The packet of build_tcp(). */
static inline void assert_inner_tcp(void)
{
    assert_reason(REASON_NONE);
    assert_addresses(V4_A, V4_B);
    ck_assert_uint_eq(packet.protocol, PROTO_TCP);
    ck_assert(packet.has_ports && packet.has_transport);
    ck_assert_uint_eq(packet.src_port, 40000);
    ck_assert_uint_eq(packet.dst_port, 443);
    ck_assert_uint_eq(packet.bytes, 140);
    ck_assert_uint_eq(packet.payload_bytes, 100);
    ck_assert(packet.payload == fb_data(&fb) + fb.len - 100);
}

/* 10.0.0.1:40000 > 10.0.0.2:443 with 100 bytes of payload: 140 bytes of IP. */
static inline void build_tcp(void)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 100);
    fb_tcp(&fb, 40000, 443, 1, 2, TCP_ACK, 1000, NULL, 0);
    fb_ipv4(&fb, V4_A, V4_B, PROTO_TCP, 5, 0);
}

/* The same on Ethernet: 154 bytes. */
static inline void build_tcp_frame(void)
{
    build_tcp();
    fb_eth(&fb, MAC_A, MAC_B, ETHER_IPV4);
}

static inline void assert_session(enum mirror_kind kind, const char *source, uint32_t vni)
{
    ck_assert_uint_eq(packet.mirror, kind);
    ck_assert(addr_is(&packet.outer_src, source));
    ck_assert_uint_eq(packet.vni, vni);
}

#endif
