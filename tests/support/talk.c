/* SPDX-License-Identifier: MIT */
#include "talk.h"

#include <string.h>

#include "bytes.h"

enum { ETHERTYPE_4 = 0x0800, ETHERTYPE_6 = 0x86dd, P_TCP = 6, P_UDP = 17, OUTER_IP = 20 };

/* MSS 1460, window scale 7, SACK permitted. */
static const uint8_t syn_options[12] = { 2, 4, 5, 0xb4, 1, 3, 3, 7, 1, 1, 4, 2 };

static const char target[] = "10.0.9.9";
static const char target_mac[] = "02:c8:09:09:09:09";
static const char target_router_mac[] = "02:c8:09:00:00:01";

/* framebuild always writes TTL 64: sets another one and the header's checksum (RFC 1624 eqn. 3). */
static void set_ttl(struct fb *fb, uint8_t ttl)
{
    uint8_t *p = fb_data(fb);
    uint32_t sum = (uint32_t)(~(p[10] << 8 | p[11]) & 0xffff);

    sum += (uint32_t)(~(p[8] << 8 | p[9]) & 0xffff) + (uint32_t)(ttl << 8 | p[9]);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    p[8] = ttl;
    put16(p + 10, ~sum);
}

/* UDP and IPv4 of an outer packet; a mirror sends no UDP checksum. */
static void wrap_udp(struct fb *fb, const char *source, uint16_t sport, uint16_t dport, uint8_t ttl)
{
    fb_udp(fb, sport, dport);
    fb_ipv4(fb, source, target, P_UDP, 0, 0);
    put16(fb_data(fb) + OUTER_IP + 6, 0);
    set_ttl(fb, ttl);
}

/* The three options that a gateway load balancer puts into its GENEVE header. */
static void wrap_geneve(struct fb *fb, uint64_t endpoint)
{
    uint8_t options[32] = { 0x01, 0x08, 1, 2, [12] = 0x01, 0x08, 2, 2, [24] = 0x01, 0x08, 3, 1 };

    put64(options + 4, endpoint);
    put64(options + 16, UINT64_C(0x0a11ac4ed0000001));
    put16(options + 30, 0xc00c);
    fb_geneve(fb, ETHERTYPE_4, 0, options, sizeof options);
    wrap_udp(fb, "10.0.8.8", 60001, 6081, 254);
}

/* The bytes that count: of the IP packet, or of the whole frame when there is none in it. */
static size_t counted_bytes(struct fb *frame)
{
    const uint8_t *type = fb_data(frame) + 12;
    size_t header = 14;

    if (type[0] == 0x81 && type[1] == 0x00) {
        type += 4;
        header += 4;
    }
    if ((type[0] == 0x08 && type[1] == 0x00) || (type[0] == 0x86 && type[1] == 0xdd))
        return frame->len - header;
    return frame->len;
}

void mirror_send(struct mirror *mirror, uint64_t ts_ns, struct fb *frame, uint32_t hash,
                 bool egress)
{
    size_t inner = frame->len;
    uint8_t ttl = mirror->ttl ? mirror->ttl : 255;

    mirror->packets++;
    mirror->egress += egress;
    mirror->ingress += !egress;
    mirror->bytes += counted_bytes(frame);
    if (mirror->packet_length && inner > mirror->packet_length) {
        frame->len = mirror->packet_length;
        mirror->truncated++;
    }
    if (mirror->source) {
        fb_vxlan(frame, mirror->vni);
        wrap_udp(frame, mirror->source, (uint16_t)(0xff80 + hash % 128), 4789, ttl);
        if (mirror->gwlbe_id)
            wrap_geneve(frame, mirror->gwlbe_id);
        fb_eth(frame, target_mac, target_router_mac, ETHERTYPE_4);
    }
    capture_add(mirror->capture, ts_ns, fb_data(frame), frame->len, frame->len, mirror->interface);
}

struct talk talk_make(struct mirror *mirror, uint64_t start_ns, const char *client,
                      uint16_t client_port, const char *server, uint16_t server_port, int local)
{
    uint32_t start = client_port * UINT32_C(2654435761) + server_port;

    return (struct talk){
        .mirror = mirror,
        .addr = { client, server },
        .port = { client_port, server_port },
        .local = local,
        .now_ns = start_ns,
        .next = { start, ~start * UINT32_C(40503) },
        .window = { 502, 501 },
        .ip_id = { client_port, server_port },
    };
}

void talk_send_ip(struct talk *talk, int side, struct fb *fb, uint8_t protocol)
{
    const struct mirror *mirror = talk->mirror;
    bool egress = side == talk->local;
    bool ipv6 = strchr(talk->addr[0], ':') != NULL;
    uint16_t type = ipv6 ? ETHERTYPE_6 : ETHERTYPE_4;

    if (ipv6)
        fb_ipv6(fb, talk->addr[side], talk->addr[!side], protocol);
    else
        fb_ipv4(fb, talk->addr[side], talk->addr[!side], protocol, talk->ip_id[side]++, 0x4000);
    if (talk->vlan) {
        fb_vlan(fb, type, talk->vlan);
        type = 0x8100;
    }
    fb_eth(fb, egress ? mirror->router_mac : mirror->mac, egress ? mirror->mac : mirror->router_mac,
           type);
    mirror_send(talk->mirror, talk->now_ns, fb, (uint32_t)talk->port[0] * 31 + talk->port[1],
                egress);
}

void talk_tcp_at(struct talk *talk, int side, uint32_t seq, uint8_t flags, const void *data,
                 size_t n)
{
    struct fb fb;
    uint32_t ack = flags & TALK_ACK ? talk->next[!side] : 0;
    /* the window of a SYN is not scaled */
    uint16_t window = flags & TALK_SYN ? 64240 : talk->window[side];

    fb_init(&fb);
    fb_payload(&fb, data, n);
    fb_tcp(&fb, talk->port[side], talk->port[!side], seq, ack, flags, window,
           flags & TALK_SYN ? syn_options : NULL, flags & TALK_SYN ? sizeof syn_options : 0);
    talk_send_ip(talk, side, &fb, P_TCP);
}

void talk_tcp(struct talk *talk, int side, uint8_t flags, const void *data, size_t n)
{
    talk_tcp_at(talk, side, talk->next[side], flags, data, n);
    talk->next[side] += (uint32_t)n + ((flags & (TALK_SYN | TALK_FIN)) != 0);
}

uint32_t talk_skip(struct talk *talk, int side, size_t n)
{
    uint32_t seq = talk->next[side];

    talk->next[side] += (uint32_t)n;
    talk->ip_id[side]++;
    return seq;
}

void talk_acknowledge(struct talk *talk, int side, uint32_t seq)
{
    uint32_t next = talk->next[!side];

    talk->next[!side] = seq;
    talk_tcp(talk, side, TALK_ACK, NULL, 0);
    talk->next[!side] = next;
}

void talk_open(struct talk *talk, uint64_t there_ns, uint64_t back_ns)
{
    talk_tcp(talk, 0, TALK_SYN, NULL, 0);
    talk_wait(talk, there_ns);
    talk_tcp(talk, 1, TALK_SYN | TALK_ACK, NULL, 0);
    talk_wait(talk, back_ns);
    talk_tcp(talk, 0, TALK_ACK, NULL, 0);
}

void talk_close(struct talk *talk, int side, uint64_t step_ns)
{
    talk_tcp(talk, side, TALK_FIN | TALK_ACK, NULL, 0);
    talk_wait(talk, step_ns);
    talk_tcp(talk, !side, TALK_FIN | TALK_ACK, NULL, 0);
    talk_wait(talk, step_ns);
    talk_tcp(talk, side, TALK_ACK, NULL, 0);
}

void talk_udp(struct talk *talk, int side, const void *data, size_t n)
{
    struct fb fb;

    fb_init(&fb);
    fb_payload(&fb, data, n);
    fb_udp(&fb, talk->port[side], talk->port[!side]);
    talk_send_ip(talk, side, &fb, P_UDP);
}
