/* SPDX-License-Identifier: MIT */
/*
 * gen_report: captures about names, suspicions, and the files themselves.
 *
 * usage: gen_report DIRECTORY
 *
 * The comment over each function says what the report must show.
 */
#include "../support/cases.h"
#include "../support/payload.h"

#include <stdio.h>
#include <string.h>

static const char here[] = "10.0.1.10", peer[] = "192.0.2.80";

enum { CLIENT = 50001, SERVER = 60080, STEP = 10, DATA = TALK_ACK | TALK_PSH };

/* A connection whose opener sends `n` bytes, in two segments when `split` is not 0. */
static void first_payload(struct mirror *mirror, uint64_t ms, uint16_t client_port,
                          uint16_t server_port, const void *bytes, size_t n, size_t split)
{
    struct talk t = talk_make(mirror, cases_at(ms), here, client_port, peer, server_port, 0);

    talk_open(&t, STEP * TALK_MS, TALK_MS);
    if (split) {
        talk_tcp(&t, 0, TALK_ACK, bytes, split);
        talk_tcp(&t, 0, DATA, (const char *)bytes + split, n - split);
    } else {
        talk_tcp(&t, 0, DATA, bytes, n);
    }
}

static void http(struct mirror *mirror, uint64_t ms, uint16_t port, const char *host)
{
    char text[512];

    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host);
    first_payload(mirror, ms, port, SERVER, text, strlen(text), 0);
}

/* On ports that say nothing: TLS, TLS with its name in the second segment, HTTP, SSH; DNS asked
 * and answered on its port; QUIC. Each with its name where there is one. */
static void make_names(struct capture *capture)
{
    static const char ssh[] = "SSH-2.0-OpenSSH_9.6\r\n";
    struct mirror mirror = cases_mirror(capture, here, 1001);
    uint8_t bytes[2048];
    struct talk t;
    size_t n;

    n = payload_client_hello(bytes, sizeof bytes, "one.example.com", 0);
    first_payload(&mirror, 0, CLIENT, SERVER, bytes, n, 0);
    n = payload_client_hello(bytes, sizeof bytes, "two.example.com", 1600);
    first_payload(&mirror, 100, CLIENT + 1, SERVER, bytes, n, 1400);
    http(&mirror, 200, CLIENT + 2, "three.example.com");
    first_payload(&mirror, 300, CLIENT + 3, SERVER, ssh, sizeof ssh - 1, 0);

    t = talk_make(&mirror, cases_at(400), here, CLIENT + 4, "10.0.0.2", 53, 0);
    talk_udp(&t, 0, bytes, payload_dns(bytes, sizeof bytes, 7, "four.example.com", NULL, 0));
    talk_wait(&t, TALK_MS);
    talk_udp(&t, 1, bytes, payload_dns(bytes, sizeof bytes, 7, "four.example.com", "192.0.2.4", 0));
    t = talk_make(&mirror, cases_at(500), here, CLIENT + 5, peer, 443, 0);
    talk_udp(&t, 0, bytes, payload_quic_initial(bytes, sizeof bytes, 1200, 1));
}

/* Names that would do harm: a formula for a spreadsheet, terminal escapes, a quote and a line
 * break, bytes that are no UTF-8, right-to-left marks. None arrives raw anywhere. */
static void make_hostile_names(struct capture *capture)
{
    static const char *const names[] = {
        "=cmd|'/C calc'!A0",   "+1+1.example.com",         "@sum(a1).example.com",
        "-2-3.example.com",    "a\x1b[2J\x1b]0;owned\x07", "say \"hi\", twice",
        "caf\xc3\xa9.example", "bad\xff\xfe.example",      "\xe2\x80\xaezip.example",
    };
    struct mirror mirror = cases_mirror(capture, here, 1001);
    uint8_t bytes[1024];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = payload_client_hello(bytes, sizeof bytes, names[i], 0);

        first_payload(&mirror, i * 100, (uint16_t)(CLIENT + i), SERVER, bytes, n, 0);
        http(&mirror, i * 100 + 50, (uint16_t)(CLIENT + 100 + i), names[i]);
    }
}

/* One host asks sixty others on one port; three answer, five refuse, the rest is silent. Another
 * one, a good client, talks to thirty hosts that all answer: no suspicion. */
static void make_scan_hosts(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    char host[16];

    for (uint16_t i = 0; i < 60; i++) {
        struct talk t;

        snprintf(host, sizeof host, "10.0.3.%u", 1u + i);
        t = talk_make(&mirror, cases_at(i * 50u), here, (uint16_t)(51000 + i), host, SERVER, 0);
        talk_tcp(&t, 0, TALK_SYN, NULL, 0);
        talk_wait(&t, TALK_MS);
        if (i % 20 == 7) {
            talk_tcp(&t, 1, TALK_SYN | TALK_ACK, NULL, 0);
            talk_wait(&t, TALK_MS);
            talk_tcp(&t, 0, TALK_RST, NULL, 0);
        } else if (i % 12 == 5) {
            talk_tcp(&t, 1, TALK_RST | TALK_ACK, NULL, 0);
        }
    }
    for (uint16_t i = 0; i < 30; i++) {
        struct talk t;

        snprintf(host, sizeof host, "10.0.4.%u", 1u + i);
        t = talk_make(&mirror, cases_at(i * 50u), "10.0.1.55", (uint16_t)(51000 + i), host, SERVER,
                      0);
        talk_open(&t, TALK_MS, TALK_MS);
        talk_tcp(&t, 0, DATA, NULL, 50);
    }
    /* the clock goes on, so that silence can be told from patience */
    first_payload(&mirror, 90000, CLIENT, SERVER, "tick", 4, 0);
}

/* One host asks for eighty ports of another one: two are open, forty refuse, the rest is silent. */
static void make_scan_ports(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);

    for (uint16_t i = 0; i < 80; i++) {
        struct talk t = talk_make(&mirror, cases_at(i * 50u), "198.51.100.23", 61234, here,
                                  (uint16_t)(60000 + i), 1);

        talk_tcp(&t, 0, TALK_SYN, NULL, 0);
        talk_wait(&t, TALK_MS);
        if (i % 40 == 5) {
            talk_tcp(&t, 1, TALK_SYN | TALK_ACK, NULL, 0);
            talk_wait(&t, TALK_MS);
            talk_tcp(&t, 0, TALK_RST, NULL, 0);
        } else if (i % 2 == 0) {
            talk_tcp(&t, 1, TALK_RST | TALK_ACK, NULL, 0);
        }
    }
    first_payload(&mirror, 90000, CLIENT, SERVER, "tick", 4, 0);
}

/* Four packets, some 0.4 s apart; what the file's form is, the case says. */
static void make_plain(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = talk_make(&mirror, cases_at(0) + 123456789, here, CLIENT, peer, SERVER, 0);

    talk_open(&t, 400 * TALK_MS, 400 * TALK_MS);
    talk_wait(&t, 400 * TALK_MS);
    talk_tcp(&t, 0, DATA, NULL, 100);
}

/* The same with a capture length of 120: what was cut off counts all the same. */
static void make_snaplen(struct capture *capture)
{
    capture->snaplen = 120;
    make_plain(capture);
}

static void make_nothing(struct capture *capture)
{
    (void)capture;
}

static void add_raw_ip(struct capture *capture, uint64_t ms, uint32_t interface)
{
    struct fb fb;

    fb_init(&fb);
    fb_payload(&fb, NULL, 40);
    fb_udp(&fb, CLIENT, SERVER);
    fb_ipv4(&fb, here, peer, 17, 1, 0);
    capture_add(capture, cases_at(ms), fb_data(&fb), fb.len, fb.len, interface);
}

/* Packets without a link-layer header, taken with --direct. */
static void make_raw_ip(struct capture *capture)
{
    for (uint64_t i = 0; i < 3; i++)
        add_raw_ip(capture, i * 100, 0);
}

/* Two interfaces: Ethernet with microseconds, raw IP with 2^-20 seconds. */
static void make_pcapng(struct capture *capture)
{
    make_plain(capture);
    for (uint64_t i = 0; i < 3; i++)
        add_raw_ip(capture, 100 + i * 250, 1);
}

static const struct capture_interface two_interfaces[] = {
    { .link_type = 1, .resolution = 6 },
    { .link_type = 101, .resolution = 0x80 + 20 },
    { 0 },
};

static const struct golden_case cases[] = {
    { .name = "names", .make = make_names },
    { .name = "hostile-names", .make = make_hostile_names },
    { .name = "scan-hosts", .make = make_scan_hosts },
    { .name = "scan-ports", .make = make_scan_ports },
    { .name = "text", .make = make_names },
    { .name = "file-big-endian", .make = make_plain, .format = { .big_endian = true } },
    { .name = "file-nanoseconds", .make = make_plain, .format = { .nanoseconds = true } },
    { .name = "file-nanoseconds-big-endian",
      .make = make_plain,
      .format = { .nanoseconds = true, .big_endian = true } },
    { .name = "file-cut", .make = make_plain, .format = { .cut_bytes = 30 } },
    { .name = "file-cut-in-header", .make = make_plain, .format = { .cut_bytes = 212 } },
    { .name = "file-snaplen", .make = make_snaplen },
    { .name = "file-no-packets", .make = make_nothing },
    { .name = "file-empty", .make = make_nothing, .format = { .cut_bytes = 24 } },
    { .name = "file-unknown-link", .make = make_plain, .format = { .link_type = 147 } },
    { .name = "file-raw-ip", .make = make_raw_ip, .format = { .link_type = 101 } },
    { .name = "file-pcapng", .make = make_pcapng, .interfaces = two_interfaces },
};

int main(int argc, char **argv)
{
    return cases_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
