/* SPDX-License-Identifier: MIT */
#include "framebuild.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

enum { ETH_IPV4 = 0x0800, ETH_IPV6 = 0x86dd, L4_ICMP6 = 58, L4_TCP = 6, L4_UDP = 17 };

static void require(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "framebuild: %s\n", what);
    abort();
}

/* Makes room for `n` zeroed bytes in front. */
static uint8_t *prepend(struct fb *fb, size_t n)
{
    require(n <= fb->start, "frame too large");
    fb->start -= n;
    fb->len += n;
    memset(fb_data(fb), 0, n);
    return fb_data(fb);
}

/* Sum of 16-bit words (RFC 1071), not yet folded. */
static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
    size_t i;

    for (i = 0; i + 1 < n; i += 2)
        sum += (uint32_t)(p[i] << 8 | p[i + 1]);
    if (i < n)
        sum += (uint32_t)p[i] << 8;
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* Fills in the checksum of the transport header that starts at `l4`. */
static void set_transport_checksum(uint8_t *l4, size_t len, uint8_t proto, uint32_t pseudo)
{
    size_t at;
    uint16_t sum;

    if (proto == L4_TCP && len >= 20)
        at = 16;
    else if (proto == L4_UDP && len >= 8)
        at = 6;
    else if (proto == L4_ICMP6 && len >= 8)
        at = 2;
    else
        return;
    put16(l4 + at, 0);
    sum = fold(sum16(l4, len, pseudo + proto + (uint32_t)len));
    put16(l4 + at, sum == 0 && proto == L4_UDP ? 0xffff : sum);
}

void fb_init(struct fb *fb)
{
    fb->start = FB_SIZE;
    fb->len = 0;
}

void fb_payload(struct fb *fb, const void *data, size_t n)
{
    uint8_t *p = prepend(fb, n);

    if (data && n > 0)
        memcpy(p, data, n);
    for (size_t i = 0; !data && i < n; i++)
        p[i] = (uint8_t)('a' + i % 26);
}

void fb_raw(struct fb *fb, const void *bytes, size_t n)
{
    uint8_t *p = prepend(fb, n);

    if (n > 0)
        memcpy(p, bytes, n);
}

void fb_tcp(struct fb *fb, uint16_t sport, uint16_t dport, uint32_t seq, uint32_t ack,
            uint8_t flags, uint16_t window, const void *options, size_t options_len)
{
    uint8_t *p;

    require(options_len % 4 == 0 && options_len <= 40, "TCP options length");
    p = prepend(fb, 20 + options_len);
    put16(p, sport);
    put16(p + 2, dport);
    put32(p + 4, seq);
    put32(p + 8, ack);
    p[12] = (uint8_t)((20 + options_len) / 4 << 4);
    p[13] = flags;
    put16(p + 14, window);
    if (options_len > 0)
        memcpy(p + 20, options, options_len);
}

void fb_udp(struct fb *fb, uint16_t sport, uint16_t dport)
{
    uint8_t *p = prepend(fb, 8);

    require(fb->len <= 0xffff, "UDP length");
    put16(p, sport);
    put16(p + 2, dport);
    put16(p + 4, (uint32_t)fb->len);
}

void fb_icmp(struct fb *fb, uint8_t type, uint8_t code, uint32_t rest32)
{
    uint8_t *p = prepend(fb, 8);

    p[0] = type;
    p[1] = code;
    put32(p + 4, rest32);
    put16(p + 2, fold(sum16(p, fb->len, 0)));
}

void fb_ipv4(struct fb *fb, const char *src, const char *dst, uint8_t proto, uint16_t id,
             uint16_t frag_field)
{
    uint8_t *p = prepend(fb, 20);

    require(fb->len <= 0xffff, "IPv4 total length");
    p[0] = 0x45;
    put16(p + 2, (uint32_t)fb->len);
    put16(p + 4, id);
    put16(p + 6, frag_field);
    p[8] = 64;
    p[9] = proto;
    require(inet_pton(AF_INET, src, p + 12) == 1, "IPv4 source");
    require(inet_pton(AF_INET, dst, p + 16) == 1, "IPv4 destination");
    put16(p + 10, fold(sum16(p, 20, 0)));
    if ((frag_field & 0x3fff) == 0 && proto != L4_ICMP6)
        set_transport_checksum(p + 20, fb->len - 20, proto, sum16(p + 12, 8, 0));
}

void fb_ipv6(struct fb *fb, const char *src, const char *dst, uint8_t next_header)
{
    uint8_t *p = prepend(fb, 40);

    require(fb->len - 40 <= 0xffff, "IPv6 payload length");
    p[0] = 0x60;
    put16(p + 4, (uint32_t)(fb->len - 40));
    p[6] = next_header;
    p[7] = 64;
    require(inet_pton(AF_INET6, src, p + 8) == 1, "IPv6 source");
    require(inet_pton(AF_INET6, dst, p + 24) == 1, "IPv6 destination");
    set_transport_checksum(p + 40, fb->len - 40, next_header, sum16(p + 8, 32, 0));
}

static void parse_mac(uint8_t *p, const char *text)
{
    unsigned int b[6];

    require(sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) == 6,
            "MAC address");
    for (int i = 0; i < 6; i++)
        p[i] = (uint8_t)b[i];
}

void fb_eth(struct fb *fb, const char *dst, const char *src, uint16_t ethertype)
{
    uint8_t *p = prepend(fb, 14);

    parse_mac(p, dst);
    parse_mac(p + 6, src);
    put16(p + 12, ethertype);
}

void fb_vlan(struct fb *fb, uint16_t tpid_of_next, uint16_t vid)
{
    uint8_t *p = prepend(fb, 4);

    put16(p, vid);
    put16(p + 2, tpid_of_next);
}

void fb_vxlan(struct fb *fb, uint32_t vni)
{
    uint8_t *p = prepend(fb, 8);

    require(vni <= 0xffffff, "VNI");
    p[0] = 0x08;
    put32(p + 4, vni << 8);
}

void fb_geneve(struct fb *fb, uint16_t proto, uint32_t vni, const void *options, size_t options_len)
{
    uint8_t *p;

    require(vni <= 0xffffff, "VNI");
    require(options_len % 4 == 0 && options_len <= 252, "GENEVE options length");
    p = prepend(fb, 8 + options_len);
    p[0] = (uint8_t)(options_len / 4);
    put16(p + 2, proto);
    put32(p + 4, vni << 8);
    if (options_len > 0)
        memcpy(p + 8, options, options_len);
}

void fb_mirror(struct fb *fb, const char *outer_src, uint32_t vni)
{
    int is_ipv6 = strchr(outer_src, ':') != NULL;

    fb_vxlan(fb, vni);
    fb_udp(fb, (uint16_t)(65408 + vni % 128), 4789);
    if (is_ipv6)
        fb_ipv6(fb, outer_src, "fd00:9::9", L4_UDP);
    else
        fb_ipv4(fb, outer_src, "10.0.9.9", L4_UDP, 0, 0);
    /* a mirror sends no UDP checksum */
    put16(fb_data(fb) + (is_ipv6 ? 46 : 26), 0);
    fb_eth(fb, "02:00:00:00:00:c8", "02:00:00:00:00:0a", is_ipv6 ? ETH_IPV6 : ETH_IPV4);
}
