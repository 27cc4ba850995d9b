/* SPDX-License-Identifier: MIT */
/*
 * framebuild: frames for tests, built from the inside out.
 *
 * Every call puts a header in front of what is already there, so a frame is written in the order
 * payload, TCP, IPv4, Ethernet, mirror. Length fields follow from what lies behind the header;
 * checksums of IPv4, TCP, UDP and ICMP are filled in. Impossible arguments abort the test.
 * A struct fb is a plain value (large: keep it off small thread stacks) and owns nothing.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_FRAMEBUILD_H
#define MIRRORTOP_TESTS_SUPPORT_FRAMEBUILD_H

#include <stddef.h>
#include <stdint.h>

enum { FB_SIZE = 72 * 1024 };

struct fb {
    uint8_t space[FB_SIZE];
    size_t start; /* the frame is space + start ... */
    size_t len;   /* ... of this many bytes */
};

static inline uint8_t *fb_data(struct fb *fb)
{
    return fb->space + fb->start;
}

void fb_init(struct fb *fb);

/* `n` bytes from `data`; NULL: a pattern of n bytes. */
void fb_payload(struct fb *fb, const void *data, size_t n);
/* Any `n` bytes as a header. */
void fb_raw(struct fb *fb, const void *bytes, size_t n);

/* options_len is a multiple of 4, at most 40. The checksum is set by the IP header. */
void fb_tcp(struct fb *fb, uint16_t sport, uint16_t dport, uint32_t seq, uint32_t ack,
            uint8_t flags, uint16_t window, const void *options, size_t options_len);
void fb_udp(struct fb *fb, uint16_t sport, uint16_t dport);
/* 8 bytes; `rest32` is the second word. For ICMPv6 the IP header sets the checksum. */
void fb_icmp(struct fb *fb, uint8_t type, uint8_t code, uint32_t rest32);

/* TTL 64. frag_field: flags and offset as on the wire, 0x4000 is DF. */
void fb_ipv4(struct fb *fb, const char *src, const char *dst, uint8_t proto, uint16_t id,
             uint16_t frag_field);
/* Hop limit 64. Extension headers: fb_raw() before this, with their number in next_header. */
void fb_ipv6(struct fb *fb, const char *src, const char *dst, uint8_t next_header);

void fb_eth(struct fb *fb, const char *dst, const char *src, uint16_t ethertype);
/* The four bytes behind a tag's type: VLAN number, and the type of what follows. */
void fb_vlan(struct fb *fb, uint16_t tpid_of_next, uint16_t vid);

/* Headers only: UDP and IP follow by fb_udp(), fb_ipv4() ... */
void fb_vxlan(struct fb *fb, uint32_t vni);
/* options_len is a multiple of 4, at most 252. */
void fb_geneve(struct fb *fb, uint16_t proto, uint32_t vni, const void *options,
               size_t options_len);

/* Wraps the frame as VPC Traffic Mirroring does: VXLAN, UDP (65408 + vni % 128 to 4789, checksum
 * 0), IP from outer_src to 10.0.9.9 (or to fd00:9::9 when outer_src is IPv6), Ethernet. */
void fb_mirror(struct fb *fb, const char *outer_src, uint32_t vni);

#endif
