/* SPDX-License-Identifier: MIT */
/*
 * gen_sample: the capture that `mirrortop --demo` replays, and the truth about it.
 *
 * usage: gen_sample CAPTURE.pcap TRUTH.txt
 *
 * Deterministic. 68 seconds of three mirror sessions: a web server's, a data server's, and a second
 * session of the data server that keeps 128 bytes a packet. Something for every pane happens within
 * the first seconds, also of what only a mirror does to traffic: copies that come twice, late or
 * not at all. Addresses and names are from the ranges kept for documentation and private use; the
 * outer headers look as AWS sends them. Large inner packets go through the short session, where
 * they cost 128 bytes each: that keeps the file small and its rates worth watching.
 */
#include "../support/payload.h"
#include "../support/talk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_MS = 68000, JUMBO = 8400, PIECE = 60, SCAN_HOSTS = 124, SCAN_PORTS = 208 };

static const uint64_t START_NS = UINT64_C(1748942100) * 1000000000;

static const char web[] = "10.0.1.10", web6[] = "2001:db8:0:1::10";
static const char data[] = "10.0.2.20", data6[] = "2001:db8:0:2::20";

struct sample {
    struct capture capture;
    struct mirror web;   /* session of 10.0.1.10 */
    struct mirror data;  /* session of 10.0.2.20 */
    struct mirror bulk;  /* second session of 10.0.2.20, PacketLength 128 */
    struct mirror plain; /* frames that no mirror sent */
    uint32_t random;
    /* truth */
    uint64_t flows, retransmits, retransmit_bytes, zero_windows;
    uint64_t duplicates, lost, late, mirror_loss_bytes;
};

static uint64_t at(uint64_t ms)
{
    return START_NS + ms * TALK_MS;
}

static uint32_t random_below(struct sample *s, uint32_t limit)
{
    s->random = s->random * UINT32_C(1664525) + UINT32_C(1013904223);
    return (uint32_t)((uint64_t)(s->random >> 8) * limit >> 24);
}

static struct talk talk_new(struct sample *s, struct mirror *mirror, uint64_t ms,
                            const char *client, uint16_t client_port, const char *server,
                            uint16_t server_port, int local)
{
    s->flows++;
    return talk_make(mirror, at(ms), client, client_port, server, server_port, local);
}

/* Sends again `n` bytes that end `back` bytes before what is due. */
static void resend(struct sample *s, struct talk *t, int side, uint32_t back, size_t n)
{
    talk_tcp_at(t, side, t->next[side] - back - (uint32_t)n, TALK_ACK | TALK_PSH, NULL, n);
    s->retransmits++;
    s->retransmit_bytes += n;
}

static void zero_window(struct sample *s, struct talk *t, int side)
{
    uint16_t usual = t->window[side];

    t->window[side] = 0;
    talk_tcp(t, side, TALK_ACK, NULL, 0);
    s->zero_windows++;
    t->window[side] = usual;
}

/* A TLS connection; `split`: the ClientHello takes two segments. */
static void tls(struct sample *s, struct mirror *mirror, uint64_t ms, const char *client,
                uint16_t port, const char *server, int local, const char *name, bool split)
{
    struct talk t = talk_new(s, mirror, ms, client, port, server, 443, local);
    uint64_t rtt = (8 + random_below(s, 60)) * TALK_MS;
    uint8_t bytes[2048];
    size_t n = payload_client_hello(bytes, sizeof bytes, name, split ? 700 : 0);
    size_t first = split ? 560 : n;

    talk_open(&t, rtt, TALK_MS / 3);
    talk_wait(&t, TALK_MS / 2);
    talk_tcp(&t, 0, TALK_ACK | (split ? 0 : TALK_PSH), bytes, first);
    if (split)
        talk_tcp(&t, 0, TALK_ACK | TALK_PSH, bytes + first, n - first);
    talk_wait(&t, rtt);
    n = payload_tls_record(bytes, sizeof bytes, 22, 300 + random_below(s, 200));
    talk_tcp(&t, 1, TALK_ACK | TALK_PSH, bytes, n);
    talk_wait(&t, TALK_MS);
    n = payload_tls_record(bytes, sizeof bytes, 23, 60 + random_below(s, 80));
    talk_tcp(&t, 0, TALK_ACK | TALK_PSH, bytes, n);
    for (uint32_t i = 0, records = 1 + random_below(s, 3); i < records; i++) {
        talk_wait(&t, rtt + random_below(s, 900) * TALK_MS);
        n = payload_tls_record(bytes, sizeof bytes, 23, 100 + random_below(s, 300));
        talk_tcp(&t, 1, TALK_ACK | TALK_PSH, bytes, n);
    }
    talk_wait(&t, rtt);
    talk_close(&t, 0, rtt / 2);
}

static void http(struct sample *s, struct mirror *mirror, uint64_t ms, const char *client,
                 uint16_t port, const char *server, int local, const char *host)
{
    struct talk t = talk_new(s, mirror, ms, client, port, server, 80, local);
    uint64_t rtt = (4 + random_below(s, 90)) * TALK_MS;
    char text[256];

    talk_open(&t, rtt, TALK_MS / 4);
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "GET /%s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n\r\n",
                 i == 0 ? "" : "assets/site.css", host);
        talk_tcp(&t, 0, TALK_ACK | TALK_PSH, text, strlen(text));
        talk_wait(&t, rtt);
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n");
        talk_tcp(&t, 1, TALK_ACK | TALK_PSH, text, strlen(text));
        talk_tcp(&t, 1, TALK_ACK | TALK_PSH, NULL, 200);
        talk_wait(&t, (40 + random_below(s, 400)) * TALK_MS);
    }
    talk_close(&t, 1, rtt);
}

static void dns(struct sample *s, struct mirror *mirror, uint64_t ms, const char *client,
                uint16_t port, const char *name, const char *answer, uint8_t rcode)
{
    struct talk t = talk_new(s, mirror, ms, client, port,
                             strchr(client, ':') ? "fd00:ec2::253" : "10.0.0.2", 53, 0);
    uint8_t bytes[512];
    uint16_t id = (uint16_t)(port * 7u);
    size_t n = payload_dns(bytes, sizeof bytes, id, name, NULL, 0);

    talk_udp(&t, 0, bytes, n);
    talk_wait(&t, (1 + random_below(s, 12)) * TALK_MS);
    n = payload_dns(bytes, sizeof bytes, id, name, answer, rcode);
    talk_udp(&t, 1, bytes, n);
}

static void ssh(struct sample *s, uint64_t ms, const char *client, uint16_t port)
{
    static const char hello[2][32] = { "SSH-2.0-OpenSSH_9.6\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n" };
    struct talk t = talk_new(s, &s->data, ms, client, port, data, 22, 1);

    talk_open(&t, 21 * TALK_MS, TALK_MS);
    for (int side = 0; side < 2; side++) {
        talk_tcp(&t, side, TALK_ACK | TALK_PSH, hello[side], strlen(hello[side]));
        talk_wait(&t, 22 * TALK_MS);
    }
    /* somebody types: a key and its echo, then the ACK */
    while (t.now_ns < at(LENGTH_MS - 2000)) {
        talk_tcp(&t, 0, TALK_ACK | TALK_PSH, NULL, 36);
        talk_wait(&t, 2 * TALK_MS);
        talk_tcp(&t, 1, TALK_ACK | TALK_PSH, NULL, 36 + random_below(s, 80));
        talk_wait(&t, 21 * TALK_MS);
        talk_tcp(&t, 0, TALK_ACK, NULL, 0);
        talk_wait(&t, (1200 + random_below(s, 1500)) * TALK_MS);
    }
}

static void quic(struct sample *s, uint64_t ms, const char *client, uint16_t port,
                 const char *server)
{
    struct talk t = talk_new(s, &s->web, ms, client, port, server, 443, 1);
    uint8_t bytes[1500];
    size_t n = payload_quic_initial(bytes, sizeof bytes, 1200, (uint8_t)port);

    talk_udp(&t, 0, bytes, n);
    talk_wait(&t, 30 * TALK_MS);
    n = payload_quic_initial(bytes, sizeof bytes, 1200, (uint8_t)(port + 1));
    talk_udp(&t, 1, bytes, n);
    for (int i = 0; i < 14; i++) {
        size_t length = 50 + random_below(s, 200);

        talk_wait(&t, (50 + random_below(s, 800)) * TALK_MS);
        memset(bytes, (int)(0x40 + i), length); /* short header: the fixed bit alone */
        talk_udp(&t, i % 3 != 0, bytes, length);
    }
}

static void ntp(struct sample *s, struct mirror *mirror, uint64_t ms, const char *client)
{
    struct talk t = talk_new(s, mirror, ms, client, 123, "169.254.169.123", 123, 0);
    uint8_t bytes[64];

    for (int i = 0; i < 4; i++) {
        talk_udp(&t, 0, bytes, payload_ntp(bytes, sizeof bytes, 3));
        talk_wait(&t, TALK_MS / 2);
        talk_udp(&t, 1, bytes, payload_ntp(bytes, sizeof bytes, 4));
        talk_wait(&t, 16000 * TALK_MS);
    }
}

static void ping(struct sample *s, struct mirror *mirror, uint64_t ms, const char *from,
                 const char *to)
{
    bool ipv6 = strchr(from, ':') != NULL;
    struct talk t = talk_new(s, mirror, ms, from, 1, to, 1, 0);
    uint64_t rtt = (1 + random_below(s, 20)) * TALK_MS;
    struct fb fb;

    for (uint32_t i = 0; i < 14; i++) {
        for (int side = 0; side < 2; side++) {
            uint8_t type = ipv6 ? (side ? 129 : 128) : (side ? 0 : 8);

            fb_init(&fb);
            fb_payload(&fb, NULL, 32);
            fb_icmp(&fb, type, 0, 0x04d20000 | i);
            talk_send_ip(&t, side, &fb, ipv6 ? 58 : 1);
            talk_wait(&t, side ? 2000 * TALK_MS - rtt : rtt);
        }
    }
}

/* Syslog to a host that does not listen: port unreachable, which quotes the datagram. */
static void unreachable(struct sample *s, uint64_t ms)
{
    static const char line[] = "<30>Jun  3 09:15:04 data backup: volume 2 of 5 done";
    struct talk t = talk_new(s, &s->data, ms, data, 40514, "10.0.3.9", 514, 0);

    s->flows++; /* the errors are a flow of their own */
    for (int i = 0; i < 5; i++) {
        struct fb fb;

        talk_udp(&t, 0, line, sizeof line - 1);
        talk_wait(&t, TALK_MS);
        fb_init(&fb);
        fb_payload(&fb, line, sizeof line - 1);
        fb_udp(&fb, 40514, 514);
        fb_ipv4(&fb, data, "10.0.3.9", 17, (uint16_t)(t.ip_id[0] - 1), 0x4000);
        fb_icmp(&fb, 3, 3, 0);
        talk_send_ip(&t, 1, &fb, 1);
        talk_wait(&t, 9000 * TALK_MS);
    }
}

/* An upload over a bad line: one segment in nine is sent again, and the receiver stalls. */
static void upload(struct sample *s, struct mirror *mirror, uint64_t ms, const char *from,
                   const char *to, const char *name, uint32_t segments)
{
    struct talk t = talk_new(s, mirror, ms, from, 49731, to, 443, 0);
    uint8_t hello[512];

    talk_open(&t, 38 * TALK_MS, TALK_MS / 5);
    talk_tcp(&t, 0, TALK_ACK | TALK_PSH, hello, payload_client_hello(hello, sizeof hello, name, 0));
    for (uint32_t i = 0; i < segments; i++) {
        size_t n = 150 + random_below(s, 100);

        talk_wait(&t, (150 + random_below(s, 700)) * TALK_MS);
        talk_tcp(&t, 0, TALK_ACK | TALK_PSH, NULL, n);
        if (i % 9 == 1) {
            talk_wait(&t, 210 * TALK_MS);
            resend(s, &t, 0, 0, n);
        } else if (i % 20 == 6) {
            talk_wait(&t, 38 * TALK_MS);
            zero_window(s, &t, 1);
            talk_wait(&t, 400 * TALK_MS);
        }
        talk_wait(&t, 38 * TALK_MS);
        talk_tcp(&t, 1, TALK_ACK, NULL, 0);
    }
}

/* Both ends are mirror sources: each packet arrives twice, its sender's copy first. */
static void send_both(struct sample *s, struct talk *t, int side, uint8_t flags, size_t n)
{
    const uint64_t way_ns = TALK_MS / 3, start_ns = t->now_ns;
    struct talk other = *t;

    other.mirror = &s->data;
    other.local = !t->local;
    talk_wait(side == t->local ? &other : t, way_ns);
    talk_tcp(&other, side, flags, NULL, n);
    talk_tcp(t, side, flags, NULL, n);
    t->now_ns = start_ns + way_ns;
    s->duplicates++;
}

/* The web server asks the data server's database. */
static void database(struct sample *s, uint64_t ms)
{
    struct talk t = talk_new(s, &s->web, ms, web, 40960, data, 3306, 0);

    send_both(s, &t, 0, TALK_SYN, 0);
    send_both(s, &t, 1, TALK_SYN | TALK_ACK, 0);
    send_both(s, &t, 0, TALK_ACK, 0);
    while (t.now_ns < at(LENGTH_MS - 2500)) {
        send_both(s, &t, 0, TALK_ACK | TALK_PSH, 40 + random_below(s, 60));
        talk_wait(&t, 2 * TALK_MS);
        send_both(s, &t, 1, TALK_ACK | TALK_PSH, 60 + random_below(s, 240));
        send_both(s, &t, 0, TALK_ACK, 0);
        talk_wait(&t, (1500 + random_below(s, 1500)) * TALK_MS);
    }
}

/* A client sends to the web server in flights of four. In one of four all is well, in the others
 * one segment is lost on its way, its copy overtaken, or its copy lost. */
static void flights(struct sample *s, uint64_t ms)
{
    struct talk t = talk_new(s, &s->web, ms, "203.0.113.77", 50900, web, 48883, 1);

    talk_open(&t, TALK_MS / 5, 45 * TALK_MS);
    for (int i = 1; t.now_ns < at(LENGTH_MS - 3000); i++) {
        uint32_t seq = i % 4 ? talk_skip(&t, 0, PIECE) : t.next[0];

        for (int k = i % 4 ? 1 : 0; k < 4; k++) {
            talk_wait(&t, TALK_MS / 4);
            talk_tcp(&t, 0, TALK_ACK | TALK_PSH, NULL, PIECE);
            if (i % 4 == 1)
                talk_acknowledge(&t, 1, seq);
            if (i % 4 == 2 && k == 2) {
                t.ip_id[0] -= 3;
                talk_tcp_at(&t, 0, seq, TALK_ACK | TALK_PSH, NULL, PIECE);
                t.ip_id[0] += 2;
                s->late++;
            }
        }
        talk_wait(&t, 45 * TALK_MS);
        if (i % 4 == 1) {
            resend(s, &t, 0, t.next[0] - seq - PIECE, PIECE);
            s->lost++;
        }
        s->mirror_loss_bytes += i % 4 == 3 ? PIECE : 0;
        talk_tcp(&t, 1, TALK_ACK, NULL, 0);
        talk_wait(&t, (1200 + random_below(s, 900)) * TALK_MS);
    }
}

/* A backup in jumbo frames through the short session; its pace goes up and down. Two segments at a
 * time, and an acknowledgment; what is lost is the newest one, and is probed for, or waited for. */
static void backup(struct sample *s, uint64_t ms, uint16_t port, const char *to, uint16_t service,
                   uint32_t pace_ms)
{
    struct talk t = talk_new(s, &s->bulk, ms, data, port, to, service, 0);

    talk_open(&t, TALK_MS / 2, TALK_MS / 10);
    for (uint32_t i = 0; t.now_ns < at(LENGTH_MS - 3000); i++) {
        uint32_t wave = i % 40 < 20 ? i % 20 : 20 - i % 20;

        talk_tcp(&t, 0, TALK_ACK | TALK_PSH, NULL, JUMBO);
        if (i % 13 == 3 || (i < 30 && i % 4 == 1) || (i % 40 > 30 && i % 3 == 0)) {
            talk_wait(&t, (i % 3 == 0 ? 210 : 20) * TALK_MS);
            resend(s, &t, 0, 0, JUMBO);
        }
        if (i % 2 == 0)
            continue;
        talk_wait(&t, TALK_MS / 2 + i * 37 % 200 * TALK_MS / 1000);
        if (i % 32 == 9) {
            zero_window(s, &t, 1);
            talk_wait(&t, 300 * TALK_MS);
        }
        talk_tcp(&t, 1, TALK_ACK, NULL, 0);
        talk_wait(&t, 2 * (pace_ms + wave * pace_ms / 6) * TALK_MS);
    }
    talk_close(&t, 0, TALK_MS);
}

/* One source asks many hosts for SSH; nobody answers but one. */
static void scan_hosts(struct sample *s, uint64_t ms)
{
    for (uint32_t i = 0; i < SCAN_HOSTS; i++) {
        char host[16];
        struct talk t;

        snprintf(host, sizeof host, "10.0.3.%u", i + 2);
        t = talk_new(s, &s->web, ms, web, (uint16_t)(51000 + i), host, 22, 0);
        talk_tcp(&t, 0, TALK_SYN, NULL, 0);
        if (i == 10) {
            talk_wait(&t, 2 * TALK_MS);
            talk_tcp(&t, 1, TALK_SYN | TALK_ACK, NULL, 0);
            talk_wait(&t, TALK_MS / 5);
            talk_tcp(&t, 0, TALK_RST, NULL, 0);
        }
        ms += i < 80 ? 35 : 350;
    }
}

/* One source asks many ports of one host; all refuse. As a kernel does, the RST has window 0. No
 * services file names these ports, so that the report is the same everywhere. */
static void scan_ports(struct sample *s, uint64_t ms)
{
    for (uint32_t i = 0; i < SCAN_PORTS; i++) {
        struct talk t =
            talk_new(s, &s->data, ms, "198.51.100.23", 61234, data, (uint16_t)(49500 + i * 7), 1);

        t.next[0] = 0x5eed0000;
        t.next[1] = 0;
        talk_tcp(&t, 0, TALK_SYN, NULL, 0);
        talk_wait(&t, TALK_MS / 10);
        t.window[1] = 0;
        talk_tcp(&t, 1, TALK_RST | TALK_ACK, NULL, 0);
        ms += i < 120 ? 25 : 250;
    }
}

static void put_arp(struct fb *fb, uint8_t operation, const uint8_t sender[4],
                    const uint8_t wanted[4])
{
    uint8_t arp[28] = { 0, 1, 8, 0, 6, 4, 0, operation, 2, 0x2b, 0x14, 0x2d, 0x6e, 0x20 };

    memcpy(arp + 14, sender, 4);
    memcpy(arp + 24, wanted, 4);
    fb_init(fb);
    fb_raw(fb, arp, sizeof arp);
}

static void arp(struct sample *s)
{
    static const uint8_t us[4] = { 10, 0, 2, 20 }, router[4] = { 10, 0, 2, 1 };
    struct fb fb;

    s->flows++;
    for (uint64_t ms = 1500; ms < LENGTH_MS; ms += 30000) {
        put_arp(&fb, 1, us, router);
        fb_eth(&fb, "ff:ff:ff:ff:ff:ff", s->data.mac, 0x0806);
        mirror_send(&s->data, at(ms), &fb, 0, true);
        put_arp(&fb, 2, router, us);
        fb_eth(&fb, s->data.mac, s->data.router_mac, 0x0806);
        mirror_send(&s->data, at(ms) + TALK_MS / 10, &fb, 0, false);
    }
}

/* What the target itself sends and gets is in the capture too: its administrator's SSH. */
static void not_mirrored(struct sample *s)
{
    struct talk t = talk_make(&s->plain, at(900), "10.0.0.50", 53020, "10.0.9.9", 22, 1);

    for (int i = 0; i < 6; i++) {
        talk_tcp(&t, 0, TALK_ACK | TALK_PSH, NULL, 36);
        talk_wait(&t, 9 * TALK_MS);
        talk_tcp(&t, 1, TALK_ACK | TALK_PSH, NULL, 52);
        talk_wait(&t, 11000 * TALK_MS);
    }
}

static void visitors(struct sample *s)
{
    static const char *const names[] = { "www.example.com", "shop.example.com", "api.example.net",
                                         "login.example.com", "img.example.org" };
    static const char *const clients[] = { "192.0.2.14",     "198.51.100.7",  "203.0.113.99",
                                           "192.0.2.201",    "2001:db8:a::5", "198.51.100.181",
                                           "2001:db8:b::77", "203.0.113.8" };
    uint16_t port = 50100;

    for (uint64_t ms = 300; ms < LENGTH_MS - 9000; ms += 2100 + random_below(s, 1200)) {
        const char *client = clients[random_below(s, 8)];
        const char *server = strchr(client, ':') ? web6 : web;
        const char *name = names[random_below(s, 5)];

        if (random_below(s, 4) == 0)
            http(s, &s->web, ms, client, ++port, server, 1, name);
        else
            tls(s, &s->web, ms, client, ++port, server, 1, name, random_below(s, 3) == 0);
    }
    quic(s, 700, "203.0.113.40", 55555, web);
    quic(s, 26000, "2001:db8:b::77", 55600, web6);
}

static void servers(struct sample *s)
{
    static const struct {
        const char *name, *answer;
        uint8_t rcode;
    } lookups[] = {
        { "db.internal.example", "10.0.2.20", 0 },
        { "updates.example.org", "198.51.100.80", 0 },
        { "missing.example.net", NULL, 3 },
        { "metrics.example.com", "2001:db8:0:9::9", 0 },
        { "queue.internal.example", "10.0.5.7", 0 },
    };
    uint16_t port = 33001;

    for (uint64_t ms = 200; ms < LENGTH_MS; ms += 2000 + random_below(s, 1100)) {
        bool from_web = random_below(s, 3) != 0;
        uint32_t i = random_below(s, 5);
        const char *client = from_web ? web : random_below(s, 2) ? data : data6;

        dns(s, from_web ? &s->web : &s->data, ms, client, port++, lookups[i].name,
            lookups[i].answer, lookups[i].rcode);
    }
    tls(s, &s->data, 1200, data6, 42001, "2001:db8:c::1", 0, "updates.example.org", true);
    tls(s, &s->data, 23500, data, 42002, "198.51.100.80", 0, "updates.example.org", false);
    http(s, &s->data, 41000, data6, 42003, "2001:db8:c::2", 0, "mirror.example.net");
    ssh(s, 500, "10.0.0.50", 52744);
    ntp(s, &s->web, 1000, web);
    ntp(s, &s->data, 1700, data);
    ping(s, &s->data, 600, data, "10.0.0.1");
    ping(s, &s->web, 30100, web6, "2001:db8:0:9::9");
    unreachable(s, 2400);
    upload(s, &s->data, 250, data, "198.51.100.200", "uploads.example.com", 60);
    backup(s, 100, 45000, "10.0.4.40", 873, 190);
    backup(s, 31000, 45002, "10.0.4.41", 2049, 320);
}

static void write_session(FILE *out, const struct mirror *m)
{
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        { "packets", m->packets }, { "bytes", m->bytes },         { "ingress", m->ingress },
        { "egress", m->egress },   { "truncated", m->truncated },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        fprintf(out, "sessions[vni=%" PRIu32 "].%s %" PRIu64 "\n", m->vni, rows[i].name,
                rows[i].value);
}

/* In the form that tests/golden/truth.py reads. */
static void write_truth(const struct sample *s, const char *path)
{
    const struct mirror *sessions[] = { &s->web, &s->data, &s->bulk };
    FILE *out = fopen(path, "w");
    uint64_t mirrored = s->web.packets + s->data.packets + s->bulk.packets;

    if (!out) {
        perror(path);
        exit(1);
    }
    fprintf(out, "input.packets %" PRIu64 "\n", mirrored + s->plain.packets);
    fprintf(out, "input.mirrored %" PRIu64 "\n", mirrored);
    fprintf(out, "input.not_mirrored %" PRIu64 "\n", s->plain.packets);
    fprintf(out, "flows.total %" PRIu64 "\n", s->flows);
    fprintf(out, "tcp.retransmits %" PRIu64 "\n", s->retransmits);
    fprintf(out, "tcp.retransmit_bytes %" PRIu64 "\n", s->retransmit_bytes);
    fprintf(out, "tcp.lost_before_mirror %" PRIu64 "\n", s->lost);
    fprintf(out, "tcp.late %" PRIu64 "\n", s->late);
    fprintf(out, "tcp.mirror_loss_bytes %" PRIu64 "\n", s->mirror_loss_bytes);
    fprintf(out, "decode.duplicates %" PRIu64 "\n", s->duplicates);
    fprintf(out, "tcp.zero_windows %" PRIu64 "\n", s->zero_windows);
    fprintf(out, "suspicions[kind=address_scan].src_addr %s\n", web);
    fprintf(out, "suspicions[kind=address_scan].evidence.targets %d\n", SCAN_HOSTS - 1);
    fprintf(out, "suspicions[kind=port_scan].dst_addr %s\n", data);
    fprintf(out, "suspicions[kind=port_scan].evidence.targets %d\n", SCAN_PORTS);
    for (size_t i = 0; i < sizeof sessions / sizeof sessions[0]; i++)
        write_session(out, sessions[i]);
    if (fclose(out) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static struct sample s = { .random = 20250603 };

    if (argc != 3) {
        fprintf(stderr, "usage: gen_sample CAPTURE.pcap TRUTH.txt\n");
        return 2;
    }
    s.web = (struct mirror){ .capture = &s.capture,
                             .source = web,
                             .vni = 5569041,
                             .ttl = 255,
                             .mac = "02:1a:0b:3c:5d:10",
                             .router_mac = "02:1a:0b:00:00:01" };
    s.data = (struct mirror){ .capture = &s.capture,
                              .source = data,
                              .vni = 7159709,
                              .ttl = 254,
                              .mac = "02:2b:14:2d:6e:20",
                              .router_mac = "02:2b:14:00:00:01" };
    s.bulk = s.data;
    s.bulk.vni = 13314501;
    s.bulk.packet_length = 128;
    s.plain = (struct mirror){ .capture = &s.capture,
                               .mac = "02:c8:09:09:09:09",
                               .router_mac = "02:c8:09:00:00:01" };
    visitors(&s);
    servers(&s);
    database(&s, 450);
    flights(&s, 150);
    scan_hosts(&s, 400);
    scan_ports(&s, 1000);
    arp(&s);
    not_mirrored(&s);
    capture_sort(&s.capture);
    capture_write_pcap(&s.capture, argv[1], &(struct capture_pcap){ .link_type = 1 });
    write_truth(&s, argv[2]);
    capture_release(&s.capture);
    return 0;
}
