/* SPDX-License-Identifier: MIT */
/*
 * app_cases: first payloads and what they are, for test_app.c.
 */
#ifndef MIRRORTOP_TESTS_UNIT_APP_CASES_H
#define MIRRORTOP_TESTS_UNIT_APP_CASES_H

#include <string.h>

#include "../../src/flow/app.h"
#include "../support/payload.h"

enum { PAYLOAD_MAX = 4096 };

static size_t make_tls(uint8_t *out)
{
    return payload_client_hello(out, PAYLOAD_MAX, "Shop.Example.COM", 0);
}

static size_t make_tls_padded(uint8_t *out)
{
    return payload_client_hello(out, PAYLOAD_MAX, "late.example.org", 1800);
}

static size_t make_server_hello(uint8_t *out)
{
    size_t length = payload_tls_record(out, PAYLOAD_MAX, 22, 90);

    out[5] = 2;
    return length;
}

static size_t make_tls_data(uint8_t *out)
{
    return payload_tls_record(out, PAYLOAD_MAX, 23, 300);
}

/* The ClientHello once more, in records of at most 100 bytes each. */
static size_t make_tls_records(uint8_t *out)
{
    uint8_t whole[PAYLOAD_MAX];
    size_t length = payload_client_hello(whole, sizeof(whole), "records.example.com", 0);
    size_t used = 0;

    for (size_t at = 5; at < length;) {
        size_t part = length - at < 100 ? length - at : 100;

        memcpy(out + used, "\x16\x03\x01\x00", 4);
        out[used + 4] = (uint8_t)part;
        memcpy(out + used + 5, whole + at, part);
        used += 5 + part;
        at += part;
    }
    return used;
}

/* The same hello in a DTLS record: other headers, and an empty cookie behind the session id. */
static size_t make_dtls(uint8_t *out)
{
    enum { BEFORE_COOKIE = 2 + 32 + 1 + 32 };
    uint8_t tls[PAYLOAD_MAX];
    size_t body = payload_client_hello(tls, sizeof(tls), "turn.example.net", 0) - 9;
    const uint8_t *hello = tls + 9;
    size_t length = body + 1;

    memcpy(out, "\x16\xfe\xfd\0\0\0\0\0\0\0\0", 11);
    out[11] = (uint8_t)((length + 12) >> 8);
    out[12] = (uint8_t)(length + 12);
    memcpy(out + 13, "\x01\0\0\0\0\0\0\0\0\0\0\0", 12);
    out[15] = out[23] = (uint8_t)(length >> 8);
    out[16] = out[24] = (uint8_t)length;
    memcpy(out + 25, hello, BEFORE_COOKIE);
    out[25 + BEFORE_COOKIE] = 0;
    memcpy(out + 25 + BEFORE_COOKIE + 1, hello + BEFORE_COOKIE, body - BEFORE_COOKIE);
    return 25 + length;
}

static size_t make_dns(uint8_t *out)
{
    return payload_dns(out, PAYLOAD_MAX, 7, "WWW.example.com", NULL, 0);
}

static size_t make_dns_reply(uint8_t *out)
{
    return payload_dns(out, PAYLOAD_MAX, 7, "www.example.com", "2001:db8::1", 0);
}

static size_t make_dns_tcp(uint8_t *out)
{
    size_t length = payload_dns(out + 2, PAYLOAD_MAX - 2, 7, "zone.example.com", NULL, 0);

    out[0] = 0;
    out[1] = (uint8_t)length;
    return length + 2;
}

static size_t make_quic(uint8_t *out)
{
    return payload_quic_initial(out, PAYLOAD_MAX, 1200, 9);
}

static size_t make_ntp(uint8_t *out)
{
    return payload_ntp(out, PAYLOAD_MAX, 3);
}

static size_t make_dhcp(uint8_t *out)
{
    memset(out, 0, 300);
    memcpy(out, "\x01\x01\x06", 3);
    memcpy(out + 236, "\x63\x82\x53\x63\x35\x01\x01\xff", 8);
    return 300;
}

#define TEXT(s) .text = (s), .length = sizeof(s) - 1

#define GET "GET /index.html HTTP/1.1\r\nUser-Agent: x\r\n"

struct app_case {
    const char *what;
    uint8_t protocol;
    uint16_t src_port, dst_port;
    size_t (*make)(uint8_t *out); /* NULL: the text is the payload */
    const char *text;
    size_t length;
    enum app_id app;
    const char *name;
};

static const struct app_case good[] = {
    { "TLS", PROTO_TCP, 40000, 443, .make = make_tls, .app = APP_TLS, .name = "shop.example.com" },
    { "TLS, name last", PROTO_TCP, 40000, 8443, .make = make_tls_padded, .app = APP_TLS,
      .name = "late.example.org" },
    { "TLS, small records", PROTO_TCP, 40000, 443, .make = make_tls_records, .app = APP_TLS,
      .name = "records.example.com" },
    { "TLS server", PROTO_TCP, 443, 40000, .make = make_server_hello, .app = APP_TLS, .name = "" },
    { "TLS data", PROTO_TCP, 443, 40000, .make = make_tls_data, .app = APP_TLS, .name = "" },
    { "TLS alert", PROTO_TCP, 443, 4000, TEXT("\x15\x03\x03\0\x02\x02\x28"), APP_TLS, "" },
    { "DTLS", PROTO_UDP, 40000, 3478, .make = make_dtls, .app = APP_DTLS,
      .name = "turn.example.net" },
    { "HTTP", PROTO_TCP, 40000, 80, TEXT(GET "Host: A.Example.com\r\n\r\n"), APP_HTTP,
      "a.example.com" },
    { "HTTP, any port", PROTO_TCP, 40000, 81, TEXT("POST / HTTP/1.0\nhost:b\n\n"), APP_HTTP, "b" },
    { "HTTP, host and port", PROTO_TCP, 1, 2, TEXT(GET "HOST: \tc:8080 \r\n\r\n"), APP_HTTP, "c" },
    { "HTTP, IPv4", PROTO_TCP, 1, 2, TEXT(GET "Host: 10.0.0.1:80\r\n"), APP_HTTP, "10.0.0.1" },
    { "HTTP, IPv6", PROTO_TCP, 1, 2, TEXT(GET "Host: [2001:DB8::1]\r\n"), APP_HTTP,
      "[2001:db8::1]" },
    { "HTTP, IPv6 and port", PROTO_TCP, 1, 2, TEXT(GET "Host: [::1]:8080\r\n"), APP_HTTP, "[::1]" },
    { "HTTP, bare IPv6", PROTO_TCP, 1, 2, TEXT(GET "Host: ::1:8080\r\n"), APP_HTTP, "::1:8080" },
    { "HTTP, empty Host", PROTO_TCP, 1, 2, TEXT(GET "Host:\r\n\r\n"), APP_HTTP, "" },
    { "HTTP, only a port", PROTO_TCP, 1, 2, TEXT(GET "Host: :80\r\n"), APP_HTTP, ":80" },
    { "HTTP without Host", PROTO_TCP, 1, 2, TEXT(GET "\r\nHost: no\r\n"), APP_HTTP, "" },
    { "HTTP, NUL in Host", PROTO_TCP, 1, 2, TEXT(GET "Host: a\0b\r\n\r\n"), APP_HTTP, "" },
    { "HTTP CONNECT", PROTO_TCP, 1, 2, TEXT("CONNECT d:443 HTTP/1.1\r\nHost: d:443\r\n"), APP_HTTP,
      "d" },
    { "HTTP reply", PROTO_TCP, 80, 40000, TEXT("HTTP/1.1 200 OK\r\nHost: x\r\n\r\n"), APP_HTTP,
      "" },
    { "HTTP/2", PROTO_TCP, 1, 2, TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), APP_HTTP, "" },
    { "DNS", PROTO_UDP, 40000, 53, .make = make_dns, .app = APP_DNS, .name = "www.example.com" },
    { "DNS, any port", PROTO_UDP, 40000, 8053, .make = make_dns, .app = APP_DNS,
      .name = "www.example.com" },
    { "DNS reply", PROTO_UDP, 53, 40000, .make = make_dns_reply, .app = APP_DNS,
      .name = "www.example.com" },
    { "DNS over TCP", PROTO_TCP, 40000, 53, .make = make_dns_tcp, .app = APP_DNS,
      .name = "zone.example.com" },
    { "DNS, the root", PROTO_UDP, 40000, 53, TEXT("ab\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1"), APP_DNS,
      "" },
    { "DNS, odd bytes", PROTO_UDP, 9, 53, TEXT("ab\1\0\0\1\0\0\0\0\0\0\3\xff.A\0\0\2\0\1"), APP_DNS,
      "\xff.a" },
    { "DNS, NUL in a label", PROTO_UDP, 9, 53, TEXT("ab\1\0\0\1\0\0\0\0\0\0\3a\0b\0\0\2\0\1"),
      APP_DNS, "" },
    { "DNS over TCP, pointer", PROTO_TCP, 9, 53,
      TEXT("\0\x12"
           "ab\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1"),
      APP_DNS, "" },
    { "mDNS", PROTO_UDP, 5353, 5353, TEXT("\0\0\0\0\0\1\0\0\0\0\0\0\4_ipp\5local\0\0\x0c\x80\1"),
      APP_MDNS, "_ipp.local" },
    { "mDNS reply", PROTO_UDP, 5353, 5353, TEXT("\0\0\x84\0\0\0\0\1\0\0\0\0\1a\5local\0"), APP_MDNS,
      "" },
    { "LLMNR", PROTO_UDP, 50000, 5355, TEXT("ab\0\0\0\1\0\0\0\0\0\0\4WPAD\0\0\1\0\1"), APP_LLMNR,
      "wpad" },
    { "SSH", PROTO_TCP, 22, 40000, TEXT("SSH-2.0-OpenSSH_9.2\r\n"), APP_SSH, "" },
    { "SSH, any port", PROTO_TCP, 40000, 2222, TEXT("SSH-1.99-x\n"), APP_SSH, "" },
    { "SMTP", PROTO_TCP, 25, 40000, TEXT("220 mail.example.com ESMTP\r\n"), APP_SMTP, "" },
    { "SMTP submission", PROTO_TCP, 587, 40000, TEXT("220-mail ESMTP\r\n"), APP_SMTP, "" },
    { "FTP", PROTO_TCP, 21, 40000, TEXT("220 ready\r\n"), APP_FTP, "" },
    { "QUIC", PROTO_UDP, 40000, 443, .make = make_quic, .app = APP_QUIC, .name = "" },
    { "QUIC, any port", PROTO_UDP, 40000, 4433, .make = make_quic, .app = APP_QUIC, .name = "" },
    { "QUIC, greased version", PROTO_UDP, 1, 443, TEXT("\xc0\x1a\x2a\x3a\x4a\1x\0more"), APP_QUIC,
      "" },
    { "QUIC, versions offered", PROTO_UDP, 443, 1, TEXT("\x80\0\0\0\0\0\1y\0\0\0\1"), APP_QUIC,
      "" },
    { "QUIC, Google's", PROTO_UDP, 1, 443,
      TEXT("\xc3Q046\x50"
           "01234567"),
      APP_QUIC, "" },
    { "NTP", PROTO_UDP, 123, 123, .make = make_ntp, .app = APP_NTP, .name = "" },
    { "NTP control", PROTO_UDP, 40000, 123, TEXT("\x16\2\0\1\0\0\0\0\0\0\0\0"), APP_NTP, "" },
    { "DHCP", PROTO_UDP, 68, 67, .make = make_dhcp, .app = APP_DHCP, .name = "" },
    { "STUN", PROTO_UDP, 1, 3478,
      TEXT("\0\1\0\0\x21\x12\xa4\x42"
           "0123456789ab"),
      APP_STUN, "" },
    { "STUN, TCP", PROTO_TCP, 1, 2,
      TEXT("\0\1\0\0\x21\x12\xa4\x42"
           "0123456789ab"),
      APP_STUN, "" },
};

/* What must not be taken for something; .app is APP_UNKNOWN. */
static const struct app_case strangers[] = {
    { "SIP", PROTO_TCP, 1, 5060, TEXT("OPTIONS sip:a@b SIP/2.0\r\nHost: x\r\n\r\n") },
    { "RTSP", PROTO_TCP, 1, 554, TEXT("OPTIONS rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\n\r\n") },
    { "a word", PROTO_TCP, 1, 80, TEXT("GETTY\r\n") },
    { "220 from another port", PROTO_TCP, 40000, 25, TEXT("220 x\r\n") },
    { "2200", PROTO_TCP, 25, 40000, TEXT("2200 x\r\n") },
    { "SSH without a version", PROTO_TCP, 1, 22, TEXT("SSH-x\r\n") },
    { "HTTP over UDP", PROTO_UDP, 1, 80, TEXT("GET / HTTP/1.1\r\nHost: x\r\n\r\n") },
    { "TLS version 4", PROTO_TCP, 1, 443, TEXT("\x16\x04\x01\x00\x10\x01\x00\x00\x0c") },
    { "TLS, minor version", PROTO_TCP, 1, 443, TEXT("\x16\x03\x05\x00\x10\x01\x00\x00\x0c") },
    { "TLS, empty record", PROTO_TCP, 1, 443, TEXT("\x16\x03\x01\x00\x00\x01\x00\x00\x0c") },
    { "TLS, long record", PROTO_TCP, 1, 443, TEXT("\x16\x03\x01\xff\xff\x01\x00\x00\x0c") },
    { "QUIC, long id", PROTO_UDP, 1, 443,
      TEXT("\xc0\0\0\0\1\x15"
           "012345678901234567890\0") },
    { "QUIC, long second id", PROTO_UDP, 1, 443,
      TEXT("\xc0\0\0\0\1\0\x15"
           "0123456789012345") },
    { "QUIC, greased, other port", PROTO_UDP, 1, 444, TEXT("\xc0\x1a\x2a\x3a\x4a\1x\0more") },
    { "QUIC, unknown version", PROTO_UDP, 1, 443, TEXT("\xc0\x12\x34\x56\x78\1x\0more") },
    { "QUIC without the fixed bit", PROTO_UDP, 1, 443, TEXT("\x80\0\0\0\1\1x\0more") },
    { "NTP version 0", PROTO_UDP, 1, 123,
      TEXT("\3\0aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeee") },
    { "NTP, short", PROTO_UDP, 1, 123, TEXT("\x23\0aaaaaaaaaa") },
    { "NTP, stratum 17", PROTO_UDP, 1, 123,
      TEXT("\x23\x11"
           "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeee") },
    { "STUN, odd length", PROTO_UDP, 1, 2,
      TEXT("\0\1\0\1\x21\x12\xa4\x42"
           "0123456789ab") },
    { "STUN, short", PROTO_UDP, 1, 2,
      TEXT("\0\1\0\0\x21\x12\xa4\x42"
           "0123") },
    { "NetBIOS name", PROTO_UDP, 137, 137, TEXT("ab\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1") },
    { "DNS, reserved bit", PROTO_UDP, 1, 53, TEXT("ab\1\x40\0\1\0\0\0\0\0\0\1a\0\0\1\0\1") },
    { "DNS, two questions", PROTO_UDP, 1, 53, TEXT("ab\1\0\0\2\0\0\0\0\0\0\1a\0\0\1\0\1") },
    { "DNS, answers in a query", PROTO_UDP, 1, 53, TEXT("ab\1\0\0\1\0\1\0\0\0\0\1a\0\0\1\0\1") },
    { "DNS, two questions in a reply", PROTO_UDP, 53, 1,
      TEXT("ab\x81\0\0\2\0\1\0\0\0\0\1a\0\0\1\0\1") },
    { "DNS, too many answers", PROTO_UDP, 53, 1, TEXT("ab\x81\0\0\1\2\1\0\0\0\0\1a\0\0\1\0\1") },
    { "DNS, opcode 7", PROTO_UDP, 1, 53, TEXT("ab\x38\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1") },
    { "DNS elsewhere, class", PROTO_UDP, 1, 2, TEXT("ab\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\5") },
    { "DNS elsewhere, odd name", PROTO_UDP, 1, 2, TEXT("ab\1\0\0\1\0\0\0\0\0\0\1\3\0\0\1\0\1") },
    { "DNS elsewhere, pointer", PROTO_UDP, 1, 2, TEXT("ab\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1") },
    { "DNS over TCP, length", PROTO_TCP, 1, 53, TEXT("\0\5ab\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1") },
    { "DTLS, record beyond the datagram", PROTO_UDP, 1, 2,
      TEXT("\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x21\1\0\0") },
    { "DHCP cookie elsewhere", PROTO_UDP, 1, 2, .make = make_dhcp },
    { "SCTP", PROTO_SCTP, 1, 80, TEXT("GET / HTTP/1.1\r\nHost: x\r\n\r\n") },
};

#endif
