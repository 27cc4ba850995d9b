/* SPDX-License-Identifier: MIT */
/*
 * gen_mirror: captures about what a mirror does to frames, and about what can stand in them.
 *
 * usage: gen_mirror DIRECTORY
 *
 * The comment over each function says what the report must show.
 */
#include "../support/cases.h"

#include <string.h>

static const char here[] = "10.0.1.10", peer[] = "192.0.2.80";

enum {
    CLIENT = 50001,
    SERVER = 60080,
    STEP = 10,
    DATA = TALK_ACK | TALK_PSH,
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
    P_ICMP = 1,
    P_IPIP = 4,
    P_TCP = 6,
    P_UDP = 17,
    P_FRAGMENT = 44,
    P_GRE = 47,
};

static void send_data(struct talk *t, int side, size_t n)
{
    talk_wait(t, STEP * TALK_MS);
    talk_tcp(t, side, DATA, NULL, n);
}

/* A short connection: 5 packets, 300 bytes there, 500 back. */
static void talk_shortly(struct talk *t)
{
    talk_open(t, STEP * TALK_MS, TALK_MS);
    send_data(t, 0, 300);
    send_data(t, 1, 500);
}

static struct talk short_talk(struct mirror *mirror, uint64_t ms, const char *client,
                              const char *server, int local)
{
    struct talk t = talk_make(mirror, cases_at(ms), client, CLIENT, server, SERVER, local);

    talk_shortly(&t);
    return t;
}

/* The same inner addresses, ports and sequence numbers in three sessions (two VNIs of one source,
 * one VNI of two sources), at the same time: three flows, no retransmit. Those of the other source
 * are no copies: its packets have identifications of their own. */
static void make_sessions(struct capture *capture)
{
    struct mirror a = cases_mirror(capture, here, 1001);
    struct mirror b = cases_mirror(capture, here, 1002);
    struct mirror c = cases_mirror(capture, "10.0.1.11", 1001);
    struct talk t = talk_make(&c, cases_at(2), here, CLIENT, peer, SERVER, 0);

    short_talk(&a, 0, here, peer, 0);
    short_talk(&b, 1, here, peer, 0);
    t.ip_id[0] += 1000;
    t.ip_id[1] += 1000;
    talk_shortly(&t);
}

/* Beside documents of AWS: VNI 1001 goes on, 1002 falls silent, 1004 is not in them, 1005 is there
 * twice, 1006 comes by way of an endpoint; 1003 never comes. */
static void make_aws_json(struct capture *capture)
{
    struct mirror web = cases_mirror(capture, here, 1001);
    struct mirror silent = cases_mirror(capture, "10.0.1.11", 1002);
    struct mirror unknown = cases_mirror(capture, "10.0.1.11", 1004);
    struct mirror twice = cases_mirror(capture, "10.0.1.12", 1005);
    struct mirror endpoint = cases_mirror(capture, "10.0.1.13", 1006);

    endpoint.gwlbe_id = UINT64_C(0x2b8ee1d4db0c51c4);
    short_talk(&web, 0, here, peer, 0);
    short_talk(&silent, 0, "10.0.1.11", peer, 0);
    short_talk(&unknown, 40000, "10.0.1.11", peer, 0);
    short_talk(&twice, 40000, "10.0.1.12", peer, 0);
    short_talk(&endpoint, 40000, "10.0.1.13", peer, 0);
    short_talk(&web, 41000, here, "192.0.2.81", 0);
}

/* Two flows of a secondary address first; only then one of the address that the outer header
 * carries. The MAC learnt from it decides for all: 11 egress, 6 ingress, none unknown. */
static void make_direction_late(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t;

    short_talk(&mirror, 0, "10.0.1.77", peer, 0);
    short_talk(&mirror, 100, "10.0.1.78", "192.0.2.81", 0);
    t = short_talk(&mirror, 5000, here, "192.0.2.82", 0);
    send_data(&t, 0, 10);
    send_data(&t, 0, 10);
}

/* Nobody in the inner frames is the mirror source: direction stays unknown. */
static void make_direction_unknown(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);

    short_talk(&mirror, 0, "10.0.1.77", peer, 0);
}

/* PacketLength 128 cuts the two data segments; 60 cuts inside the TCP options of the SYNs, 45
 * inside every TCP header. Bytes are those of the inner IP headers; no retransmit. */
static void make_truncated(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);

    mirror.packet_length = 128;
    short_talk(&mirror, 0, here, peer, 0);
    mirror.packet_length = 60;
    mirror.vni = 1002;
    short_talk(&mirror, 200, here, peer, 0);
    mirror.packet_length = 45;
    mirror.vni = 1003;
    short_talk(&mirror, 400, here, peer, 0);
}

/* By way of a gateway load balancer: GENEVE > IPv4 > UDP > VXLAN. Two endpoints, same source and
 * VNI: two sessions. */
static void make_geneve(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);

    mirror.gwlbe_id = UINT64_C(0x2b8ee1d4db0c51c4);
    short_talk(&mirror, 0, here, peer, 0);
    mirror.gwlbe_id = UINT64_C(0x2b8ee1d4db0c51c5);
    short_talk(&mirror, 0, here, peer, 0);
}

/* A mirror whose outer header is IPv6, with IPv6 inside. */
static void make_ipv6(struct capture *capture)
{
    struct mirror inner = cases_mirror(capture, here, 1001);
    struct fb fb;

    short_talk(&inner, 0, "2001:db8::10", "2001:db8:1::80", 0);
    for (uint32_t i = 0; i < 2; i++) {
        fb_init(&fb);
        fb_payload(&fb, NULL, 100);
        fb_udp(&fb, 50002, 60081);
        fb_ipv6(&fb, "fd00::10", "2001:db8:1::81", P_UDP);
        fb_eth(&fb, inner.router_mac, inner.mac, TYPE_IPV6);
        fb_mirror(&fb, "fd00::10", 1002);
        capture_add(capture, cases_at(i), fb_data(&fb), fb.len, fb.len, 0);
    }
}

/* Three frames of a mirror, and five that are none: TCP to the target, VXLAN's port as the source
 * port only, VXLAN without its I flag, a datagram too short for VXLAN, ARP. */
static void make_not_mirrored(struct capture *capture)
{
    static const uint8_t no_flag[16] = { 0 };
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct mirror plain = cases_mirror(capture, NULL, 0);
    struct talk t = talk_make(&mirror, cases_at(0), here, CLIENT, peer, SERVER, 0);
    struct fb fb;

    talk_open(&t, STEP * TALK_MS, TALK_MS);
    t = talk_make(&plain, cases_at(100), "10.0.0.50", CLIENT, "10.0.9.9", SERVER, 1);
    send_data(&t, 0, 36);
    t = talk_make(&plain, cases_at(200), "10.0.0.50", 4789, "10.0.9.9", SERVER, 1);
    talk_udp(&t, 0, NULL, 60);
    t = talk_make(&plain, cases_at(300), "10.0.0.50", CLIENT, "10.0.9.9", 4789, 1);
    talk_udp(&t, 0, no_flag, sizeof no_flag);
    talk_wait(&t, TALK_MS);
    talk_udp(&t, 0, no_flag, 4);
    fb_init(&fb);
    fb_raw(&fb, "\0\1\x08\0\6\4\0\1\2\0\0\0\0\1\x0a\0\0\x32\0\0\0\0\0\0\x0a\0\x09\x09", 28);
    fb_eth(&fb, "ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01", 0x0806);
    capture_add(capture, cases_at(400), fb_data(&fb), fb.len, fb.len, 0);
}

/* One tag, and two, inside the mirrored frame. */
static void make_vlan(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = talk_make(&mirror, cases_at(0), here, CLIENT, peer, SERVER, 0);
    struct fb fb;

    t.vlan = 42;
    talk_open(&t, STEP * TALK_MS, TALK_MS);
    send_data(&t, 0, 300);
    fb_init(&fb);
    fb_payload(&fb, NULL, 50);
    fb_udp(&fb, 50002, 60081);
    fb_ipv4(&fb, here, peer, P_UDP, 1, 0);
    fb_vlan(&fb, TYPE_IPV4, 7);
    fb_vlan(&fb, 0x8100, 42);
    fb_eth(&fb, mirror.router_mac, mirror.mac, 0x88a8);
    fb_mirror(&fb, here, 1001);
    capture_add(capture, cases_at(900), fb_data(&fb), fb.len, fb.len, 0);
}

static void add_fragment4(struct mirror *mirror, uint64_t ms, uint16_t id, uint16_t field,
                          const uint8_t *part, size_t n)
{
    struct fb fb;

    fb_init(&fb);
    fb_raw(&fb, part, n);
    fb_ipv4(&fb, here, peer, P_UDP, id, field);
    fb_eth(&fb, mirror->router_mac, mirror->mac, TYPE_IPV4);
    mirror_send(mirror, cases_at(ms), &fb, 0, true);
}

static void add_fragment6(struct mirror *mirror, uint64_t ms, uint16_t field, const uint8_t *part,
                          size_t n)
{
    uint8_t header[8] = { P_UDP, 0, (uint8_t)(field >> 8), (uint8_t)field, 0, 0, 0, 7 };
    struct fb fb;

    fb_init(&fb);
    fb_raw(&fb, part, n);
    fb_raw(&fb, header, sizeof header);
    fb_ipv6(&fb, "2001:db8::10", "2001:db8:1::80", P_FRAGMENT);
    fb_eth(&fb, mirror->router_mac, mirror->mac, TYPE_IPV6);
    mirror_send(mirror, cases_at(ms), &fb, 0, true);
}

/* A datagram in three IPv4 fragments, one in three IPv6 fragments: one flow each, with the ports
 * of the first fragment. Then one whose last fragment comes before the first: that one has no
 * ports. 8 fragments. */
static void make_fragments(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct fb fb;
    uint8_t datagram[1208];

    fb_init(&fb);
    fb_payload(&fb, NULL, sizeof datagram - 8);
    fb_udp(&fb, 50002, 60081);
    memcpy(datagram, fb_data(&fb), sizeof datagram);

    add_fragment4(&mirror, 0, 1, 0x2000, datagram, 480);
    add_fragment4(&mirror, 1, 1, 0x2000 | 60, datagram + 480, 480);
    add_fragment4(&mirror, 2, 1, 120, datagram + 960, 248);
    add_fragment6(&mirror, 10, 0 << 3 | 1, datagram, 480);
    add_fragment6(&mirror, 11, 60 << 3 | 1, datagram + 480, 480);
    add_fragment6(&mirror, 12, 120 << 3, datagram + 960, 248);
    add_fragment4(&mirror, 20, 2, 120, datagram + 960, 248);
    add_fragment4(&mirror, 21, 2, 0x2000, datagram, 960);
}

/* Two datagrams are answered by "port unreachable" that quotes them, a third error quotes a flow
 * that nobody has seen. The errors are packets of their own flow: UDP 2 packets, ICMP 3. */
static void make_icmp_error(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = talk_make(&mirror, cases_at(0), here, CLIENT, peer, SERVER, 0);

    for (uint16_t i = 0; i < 3; i++) {
        struct fb fb;

        if (i < 2)
            talk_udp(&t, 0, NULL, 40);
        talk_wait(&t, STEP * TALK_MS);
        fb_init(&fb);
        fb_payload(&fb, NULL, 40);
        fb_udp(&fb, CLIENT, (uint16_t)(i < 2 ? SERVER : SERVER + 1));
        fb_ipv4(&fb, here, peer, P_UDP, i, 0x4000);
        fb_icmp(&fb, 3, 3, 0);
        talk_send_ip(&t, 1, &fb, P_ICMP);
        talk_wait(&t, STEP * TALK_MS);
    }
}

static void add_frame(struct mirror *mirror, uint64_t ms, struct fb *fb, uint16_t type)
{
    fb_eth(fb, mirror->router_mac, mirror->mac, type);
    mirror_send(mirror, cases_at(ms), fb, 0, true);
}

/* ARP asked and answered (2 ok), LLDP, spanning tree (802.3 with LLC), an IPv4 header of 16 bytes,
 * IP version 5, a UDP length of 3; a frame of 8 bytes, which a very small PacketLength leaves. */
static void make_odd_frames(struct capture *capture)
{
    static const uint8_t arp[28] = { 0, 1, 8,    0,  6, 4, 0,  1,         2, 0, 0,
                                     0, 1, 0x10, 10, 0, 1, 10, [24] = 10, 0, 1, 1 };
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct fb fb;

    for (uint32_t i = 0; i < 2; i++) {
        fb_init(&fb);
        fb_raw(&fb, arp, sizeof arp);
        add_frame(&mirror, i, &fb, 0x0806);
    }
    fb_init(&fb);
    fb_payload(&fb, NULL, 46);
    add_frame(&mirror, 2, &fb, 0x88cc);
    fb_init(&fb);
    fb_payload(&fb, NULL, 35);
    fb_raw(&fb, "\x42\x42\x03", 3);
    add_frame(&mirror, 3, &fb, 38);
    for (uint32_t i = 0; i < 3; i++) {
        fb_init(&fb);
        fb_payload(&fb, NULL, 40);
        fb_udp(&fb, CLIENT, SERVER);
        if (i == 2)
            fb_data(&fb)[5] = 3;
        fb_ipv4(&fb, here, peer, P_UDP, 1, 0);
        if (i < 2)
            fb_data(&fb)[0] = i == 0 ? 0x44 : 0x55;
        add_frame(&mirror, 4 + i, &fb, TYPE_IPV4);
    }
    fb_init(&fb);
    fb_payload(&fb, NULL, 8);
    fb_mirror(&fb, here, 1001);
    capture_add(capture, cases_at(9), fb_data(&fb), fb.len, fb.len, 0);
}

/* Tunnels inside the mirrored frame: GRE, IP-in-IP, MPLS, VXLAN. The flow is the innermost one:
 * each time UDP 172.16.0.1 > 172.16.0.2. */
static void make_tunnels(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);

    for (uint16_t i = 0; i < 4; i++) {
        struct fb fb;

        fb_init(&fb);
        fb_payload(&fb, NULL, 40);
        fb_udp(&fb, (uint16_t)(CLIENT + i), SERVER);
        fb_ipv4(&fb, "172.16.0.1", "172.16.0.2", P_UDP, 1, 0);
        if (i == 0) {
            fb_raw(&fb, "\0\0\x08\0", 4);
            fb_ipv4(&fb, here, peer, P_GRE, 1, 0);
        } else if (i == 1) {
            fb_ipv4(&fb, here, peer, P_IPIP, 1, 0);
        } else if (i == 2) {
            fb_raw(&fb, "\x00\x01\x41\x40", 4); /* label 20, bottom of the stack */
            add_frame(&mirror, i, &fb, 0x8847);
            continue;
        } else {
            fb_eth(&fb, "02:00:00:00:00:02", "02:00:00:00:00:01", TYPE_IPV4);
            fb_vxlan(&fb, 77);
            fb_udp(&fb, 55555, 4789);
            fb_ipv4(&fb, here, peer, P_UDP, 1, 0);
        }
        add_frame(&mirror, i, &fb, TYPE_IPV4);
    }
}

/* Mirrors on other ports than VXLAN's own: only the ports that are asked for count. */
static void make_ports(struct capture *capture)
{
    static const uint16_t ports[] = { 4789, 4790, 8472 };
    struct mirror mirror = cases_mirror(capture, here, 1001);

    for (uint16_t i = 0; i < 3; i++) {
        struct fb fb;

        fb_init(&fb);
        fb_payload(&fb, NULL, 40);
        fb_udp(&fb, (uint16_t)(CLIENT + i), SERVER);
        fb_ipv4(&fb, here, peer, P_UDP, 1, 0);
        fb_eth(&fb, mirror.router_mac, mirror.mac, TYPE_IPV4);
        fb_vxlan(&fb, 2000u + i);
        fb_udp(&fb, 65500, ports[i]);
        fb_ipv4(&fb, here, "10.0.9.9", P_UDP, 0, 0);
        fb_eth(&fb, "02:00:00:00:00:c8", "02:00:00:00:00:0a", TYPE_IPV4);
        capture_add(capture, cases_at(i), fb_data(&fb), fb.len, fb.len, 0);
    }
}

static const struct golden_case cases[] = {
    { .name = "sessions", .make = make_sessions },
    { .name = "aws-json", .make = make_aws_json },
    { .name = "direction-late", .make = make_direction_late },
    { .name = "direction-unknown", .make = make_direction_unknown },
    { .name = "truncated", .make = make_truncated },
    { .name = "geneve", .make = make_geneve },
    { .name = "ipv6", .make = make_ipv6 },
    { .name = "not-mirrored", .make = make_not_mirrored },
    { .name = "direct", .make = make_not_mirrored },
    { .name = "vlan", .make = make_vlan },
    { .name = "fragments", .make = make_fragments },
    { .name = "icmp-error", .make = make_icmp_error },
    { .name = "odd-frames", .make = make_odd_frames },
    { .name = "tunnels", .make = make_tunnels },
    { .name = "vxlan-ports", .make = make_ports },
};

int main(int argc, char **argv)
{
    return cases_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
