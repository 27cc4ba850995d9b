/* SPDX-License-Identifier: MIT */
/*
 * gen_wide: a capture of server names that could break a screen: wide, combining and invisible
 * characters, directions, escape sequences, broken UTF-8, and names as long as they may be.
 *
 * usage: gen_wide FILE
 */
#include "../support/payload.h"
#include "../support/talk.h"

#include <stdio.h>
#include <string.h>

/* 2025-01-01T00:00:00Z */
#define START (UINT64_C(1735689600) * 1000000000)

static const char *const hosts[] = {
    "plain.example.com",
    "\u65e5\u672c\u8a9e\u306e\u3068\u3066\u3082\u9577\u3044\u540d\u524d.example.jp",
    "\U0001f600\U0001f680.example.com",          /* two columns each */
    "e\u0301a\u0300o\u0308\u0308\u0308.example", /* marks over letters */
    "\u0301\u0302first.example",                 /* marks over nothing */
    "\u202egnp.exe.example",                     /* right to left */
    "\u05d0\u05d1\u05d2.example",                /* letters of that direction */
    "zero\u200bwidth\ufeff.example",
    "\033[2J\033[31mred\033]0;title\007.example",
    "tab\there\x7f.example",
    "bad\xff\xfe\xc3(utf8.example",
    ("c1\xc2\x9b"
     "31m.example"), /* U+009B begins a sequence, too */
    "soft\u00adhyphen.example",
    "\u1100\u1161\u11a8.example", /* a syllable of three letters */
    "back\\slash=cmd|.example",
};

/* A connection whose opener asks for `host` by HTTP. */
static void ask(struct mirror *mirror, size_t i, const char *host)
{
    struct talk t = talk_make(mirror, START + i * 50 * TALK_MS, "10.0.1.10", (uint16_t)(50001 + i),
                              "192.0.2.80", 80, 0);
    char text[600];

    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host);
    talk_open(&t, TALK_MS, TALK_MS);
    talk_tcp(&t, 0, TALK_ACK | TALK_PSH, text, strlen(text));
    talk_wait(&t, TALK_MS);
    /* each a little more than the one before it, so that their order is certain */
    talk_tcp(&t, 1, TALK_ACK | TALK_PSH, NULL, 1000 - 20 * i);
    talk_wait(&t, TALK_MS);
    talk_tcp(&t, 0, TALK_ACK, NULL, 0);
}

/* The same name in a TLS ClientHello, where any byte may stand. */
static void greet(struct mirror *mirror, size_t i, const char *name)
{
    struct talk t = talk_make(mirror, START + (1000 + i * 50) * TALK_MS, "10.0.1.10",
                              (uint16_t)(51001 + i), "192.0.2.81", 443, 0);
    uint8_t bytes[1400];

    talk_open(&t, TALK_MS, TALK_MS);
    talk_tcp(&t, 0, TALK_ACK | TALK_PSH, bytes, payload_client_hello(bytes, sizeof bytes, name, 0));
    talk_wait(&t, TALK_MS);
    talk_tcp(&t, 1, TALK_ACK | TALK_PSH, NULL, 600 - 20 * i);
}

int main(int argc, char **argv)
{
    struct capture capture = { .count = 0 };
    struct capture_pcap format = { .link_type = 1 };
    struct mirror mirror = {
        .capture = &capture,
        .source = "10.0.1.10",
        .mac = "02:00:00:00:01:10",
        .router_mac = "02:00:00:00:00:01",
        .vni = 1001,
    };
    char longest[256];

    if (argc != 2) {
        fprintf(stderr, "usage: gen_wide FILE\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        ask(&mirror, i, hosts[i]);
        greet(&mirror, i, hosts[i]);
    }
    for (size_t i = 0; i + 3 < sizeof longest; i += 3)
        memcpy(longest + i, "\u9577", 4);
    ask(&mirror, 20, longest);
    memset(longest, 'w', sizeof longest - 4);
    ask(&mirror, 21, longest);
    capture_sort(&capture);
    capture_write_pcap(&capture, argv[1], &format);
    capture_release(&capture);
    return 0;
}
