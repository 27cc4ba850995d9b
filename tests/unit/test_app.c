/* SPDX-License-Identifier: MIT */
/* app: what first payloads say, whole, cut anywhere, split anywhere, broken, and random. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/rounds.h"
#include "app_cases.h"

Suite *make_app_suite(void);

static size_t make_payload(const struct app_case *c, uint8_t *out)
{
    if (c->make)
        return c->make(out);
    memcpy(out, c->text, c->length);
    return c->length;
}

/* Asks about the first `captured` of `bytes`, which lie in memory of exactly that size. */
static enum app_verdict ask(const struct app_case *c, const uint8_t *payload, size_t captured,
                            size_t bytes, struct app_result *result)
{
    uint8_t *exact = malloc(captured ? captured : 1);
    enum app_verdict verdict;

    memcpy(exact, payload, captured);
    memset(result, 0xee, sizeof(*result));
    verdict = app_identify(c->protocol, c->src_port, c->dst_port, captured ? exact : NULL, captured,
                           bytes, result);
    free(exact);
    ck_assert_ptr_nonnull(memchr(result->server_name, '\0', sizeof(result->server_name)));
    if (verdict == APP_NOTHING)
        ck_assert_uint_eq(result->app, APP_UNKNOWN);
    if (verdict == APP_FOUND)
        ck_assert_uint_ne(result->app, APP_UNKNOWN);
    if (verdict != APP_FOUND)
        ck_assert_str_eq(result->server_name, "");
    return verdict;
}

START_TEST(good_payload)
{
    const struct app_case *c = &good[_i];
    uint8_t payload[PAYLOAD_MAX];
    size_t length = make_payload(c, payload);
    struct app_result result;

    ck_assert_msg(ask(c, payload, length, length, &result) == APP_FOUND, "%s", c->what);
    ck_assert_msg(result.app == c->app, "%s: %u", c->what, result.app);
    ck_assert_msg(strcmp(result.server_name, c->name) == 0, "%s: %s", c->what, result.server_name);
}
END_TEST

/* Cut by the mirror: final, and what is said is true: this application and this name or none. */
START_TEST(cut_payload)
{
    const struct app_case *c = &good[_i];
    uint8_t payload[PAYLOAD_MAX];
    size_t length = make_payload(c, payload);
    struct app_result result;

    for (size_t captured = 0; captured < length; captured++) {
        enum app_verdict verdict = ask(c, payload, captured, length, &result);

        ck_assert_msg(verdict != APP_MORE, "%s, cut to %zu", c->what, captured);
        if (verdict == APP_FOUND)
            ck_assert_msg(result.app == c->app, "%s, cut to %zu", c->what, captured);
        ck_assert_msg(result.server_name[0] == '\0' || strcmp(result.server_name, c->name) == 0,
                      "%s, cut to %zu: %s", c->what, captured, result.server_name);
    }
}
END_TEST

/* Split anywhere over two segments: either the first says all there is to say, or it asks for
 * more. A name is not lost for a cut. */
START_TEST(split_payload)
{
    const struct app_case *c = &good[_i];
    uint8_t payload[PAYLOAD_MAX];
    size_t length = make_payload(c, payload);
    struct app_result result;

    for (size_t first = 1; first < length; first++) {
        enum app_verdict verdict = ask(c, payload, first, first, &result);

        if (c->protocol == PROTO_UDP) {
            ck_assert_msg(verdict != APP_MORE, "%s, %zu bytes", c->what, first);
        } else if (c->app != APP_STUN) {
            ck_assert_msg(verdict != APP_NOTHING, "%s, %zu bytes", c->what, first);
            ck_assert_msg(result.app == APP_UNKNOWN || result.app == c->app, "%s, %zu bytes",
                          c->what, first);
        }
        if (verdict == APP_FOUND && c->protocol == PROTO_TCP)
            ck_assert_msg(strcmp(result.server_name, c->name) == 0, "%s, %zu bytes: %s", c->what,
                          first, result.server_name);
    }
}
END_TEST

START_TEST(stranger)
{
    const struct app_case *c = &strangers[_i];
    uint8_t payload[PAYLOAD_MAX];
    size_t length = make_payload(c, payload);
    struct app_result result;

    ck_assert_msg(ask(c, payload, length, length, &result) == APP_NOTHING, "%s: %u", c->what,
                  result.app);
}
END_TEST

static const struct app_case tls = { "TLS", PROTO_TCP, 40000, 443, .make = make_tls };

/* A whole ClientHello is final however broken it is inside. Every byte of it takes a few values. */
START_TEST(broken_hello_is_final)
{
    static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0xff };
    uint8_t payload[PAYLOAD_MAX];
    size_t length = make_tls(payload);
    struct app_result result;

    for (size_t at = 9; at < length; at++) { /* behind the lengths of record and message */
        for (size_t i = 0; i < sizeof(values); i++) {
            uint8_t kept = payload[at];

            payload[at] = values[i];
            ck_assert_msg(ask(&tls, payload, length, length, &result) == APP_FOUND, "byte %zu", at);
            ck_assert_uint_eq(result.app, APP_TLS);
            payload[at] = kept;
        }
    }
}
END_TEST

/* Random bytes behind the first eleven of a ClientHello, as generators of load send them. */
START_TEST(filled_hello_is_final)
{
    static const uint8_t start[] = { 0x16, 3, 1, 1, 0xfc, 1, 0, 1, 0xf8, 3, 3 };
    uint8_t payload[517];
    struct app_result result;

    srandom((unsigned)_i);
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)random();
    memcpy(payload, start, sizeof(start));
    ck_assert_int_eq(ask(&tls, payload, 517, 517, &result), APP_FOUND);
    ck_assert_uint_eq(result.app, APP_TLS);
    ck_assert_str_eq(result.server_name, "");
    ck_assert_int_eq(ask(&tls, payload, 128, 517, &result), APP_FOUND);
    ck_assert_uint_eq(result.app, APP_TLS);
}
END_TEST

/* A ClientHello that never ends is asked for only as long as there is room. */
START_TEST(endless_hello_is_bounded)
{
    uint8_t payload[APP_BUFFER + 100] = { 0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3 };
    struct app_result result;

    memset(payload + 43 + 1, 0xff, sizeof(payload) - 44);
    ck_assert_int_eq(ask(&tls, payload, APP_BUFFER - 1, APP_BUFFER - 1, &result), APP_MORE);
    ck_assert_int_eq(ask(&tls, payload, APP_BUFFER, APP_BUFFER, &result), APP_FOUND);
    ck_assert_int_eq(ask(&tls, payload, sizeof(payload), sizeof(payload), &result), APP_FOUND);
    ck_assert_str_eq(result.server_name, "");
}
END_TEST

START_TEST(endless_request_is_bounded)
{
    static const struct app_case http = { "HTTP", PROTO_TCP, 40000, .dst_port = 80 };
    uint8_t payload[APP_BUFFER];
    struct app_result result;

    memset(payload, 'a', sizeof(payload));
    memcpy(payload, "GET /", 5);
    ck_assert_int_eq(ask(&http, payload, APP_BUFFER - 1, APP_BUFFER - 1, &result), APP_MORE);
    ck_assert_uint_eq(result.app, APP_HTTP);
    ck_assert_int_eq(ask(&http, payload, APP_BUFFER, APP_BUFFER, &result), APP_FOUND);
    ck_assert_uint_eq(result.app, APP_HTTP);
}
END_TEST

/* 255 bytes are a name, 256 are none. */
START_TEST(long_name)
{
    char name[APP_NAME_MAX + 2];
    uint8_t payload[PAYLOAD_MAX];
    struct app_result result;
    size_t length;

    memset(name, 'n', sizeof(name));
    name[APP_NAME_MAX + 1] = '\0';
    length = payload_client_hello(payload, sizeof(payload), name, 0);
    ck_assert_int_eq(ask(&tls, payload, length, length, &result), APP_FOUND);
    ck_assert_str_eq(result.server_name, "");
    name[APP_NAME_MAX] = '\0';
    length = payload_client_hello(payload, sizeof(payload), name, 0);
    ck_assert_int_eq(ask(&tls, payload, length, length, &result), APP_FOUND);
    ck_assert_str_eq(result.server_name, name);
}
END_TEST

static const uint8_t dns_start[12] = { 'a', 'b', 1, 0, 0, 1 }; /* a query with one question */

/* A question of four labels; with the dots between them 253 bytes are a name, 254 are none. */
START_TEST(long_question)
{
    static const struct app_case dns = { "DNS", PROTO_UDP, 40000, .dst_port = 53 };
    uint8_t payload[PAYLOAD_MAX];
    struct app_result result;
    size_t length = sizeof(dns_start);
    size_t last = _i ? 62 : 61;

    memcpy(payload, dns_start, length);
    for (size_t label = 0; label < 4; label++) {
        size_t count = label < 3 ? 63 : last;

        payload[length++] = (uint8_t)count;
        memset(payload + length, 'q', count);
        length += count;
    }
    memcpy(payload + length, "\0\0\1\0\1", 5);
    ck_assert_int_eq(ask(&dns, payload, length + 5, length + 5, &result), APP_FOUND);
    ck_assert_uint_eq(strlen(result.server_name), _i ? 0 : 253);
}
END_TEST

/* Labels without end: only what there is room for is kept. */
START_TEST(endless_question)
{
    struct app_case dns = { "DNS", PROTO_UDP, 40000, .dst_port = _i ? 53 : 8053 };
    uint8_t payload[PAYLOAD_MAX];
    struct app_result result;

    memset(payload, 63, sizeof(payload));
    memcpy(payload, dns_start, sizeof(dns_start));
    ck_assert_int_eq(ask(&dns, payload, sizeof(payload), sizeof(payload), &result),
                     _i ? APP_FOUND : APP_NOTHING);
    ck_assert_str_eq(result.server_name, "");
}
END_TEST

static size_t find(const uint8_t *payload, size_t length, const char *text)
{
    const uint8_t *found = memmem(payload, length, text, strlen(text));

    ck_assert_ptr_nonnull(found);
    return (size_t)(found - payload);
}

/* Another type of name than a host's is none. */
START_TEST(other_name_type)
{
    uint8_t payload[PAYLOAD_MAX];
    size_t length = make_tls(payload);
    struct app_result result;

    payload[find(payload, length, "Shop") - 3] = 1;
    ck_assert_int_eq(ask(&tls, payload, length, length, &result), APP_FOUND);
    ck_assert_str_eq(result.server_name, "");
}
END_TEST

/* What shows early that a ClientHello is none ends the wait for the rest of it. */
START_TEST(broken_hello_is_not_waited_for)
{
    uint8_t payload[PAYLOAD_MAX];
    struct app_result result;
    size_t length;

    make_tls(payload);
    ck_assert_int_eq(ask(&tls, payload, 60, 60, &result), APP_MORE);
    payload[43] = 33; /* length of the session id */
    ck_assert_int_eq(ask(&tls, payload, 60, 60, &result), APP_FOUND);
    length = make_tls_records(payload);
    ck_assert_int_eq(ask(&tls, payload, 120, 120, &result), APP_MORE);
    payload[105] = 23; /* type of the second record */
    ck_assert_int_eq(ask(&tls, payload, 120, 120, &result), APP_FOUND);
    ck_assert_int_eq(ask(&tls, payload, length, length, &result), APP_FOUND);
    ck_assert_str_eq(result.server_name, "");
}
END_TEST

/* A later fragment of a ClientHello is DTLS, but not read as if it were the first. */
START_TEST(later_dtls_fragment)
{
    static const struct app_case dtls = { "DTLS", PROTO_UDP, 40000, .dst_port = 3478 };
    uint8_t payload[PAYLOAD_MAX];
    size_t length = make_dtls(payload);
    struct app_result result;

    payload[13 + 6 + _i] = 1; /* fragment offset */
    ck_assert_int_eq(ask(&dtls, payload, length, length, &result), APP_FOUND);
    ck_assert_uint_eq(result.app, APP_DTLS);
    ck_assert_str_eq(result.server_name, "");
}
END_TEST

/* A request that is not whole yet is HTTP only when its target could not be SIP's or RTSP's. */
START_TEST(unfinished_request)
{
    static const struct app_case http = { "HTTP", PROTO_TCP, 40000, .dst_port = 80 };
    const uint8_t *text = (const uint8_t *)(_i ? "OPTIONS /a" : "OPTIONS si");
    struct app_result result;

    ck_assert_int_eq(ask(&http, text, 10, 10, &result), APP_MORE);
    ck_assert_uint_eq(result.app, _i ? APP_HTTP : APP_UNKNOWN);
    ck_assert_int_eq(ask(&http, text, 10, 20, &result), _i ? APP_FOUND : APP_NOTHING);
}
END_TEST

/* Noise is hardly ever taken for anything: below one in a thousand. */
START_TEST(random_payloads)
{
    enum { ROUNDS = 100000, SEED = 6081 };
    unsigned recognised = 0;

    srandom(SEED);
    for (size_t round = 0; round < test_rounds(ROUNDS); round++) {
        struct app_case c = {
            .protocol = random() % 2 ? PROTO_TCP : PROTO_UDP,
            .src_port = (uint16_t)random(),
            .dst_port = (uint16_t)random(),
        };
        uint8_t payload[256];
        size_t length = 1 + (size_t)random() % sizeof(payload);
        struct app_result result;

        for (size_t i = 0; i < length; i++)
            payload[i] = (uint8_t)(random() >> 8);
        ask(&c, payload, length, length, &result);
        recognised += result.app != APP_UNKNOWN;
    }
    ck_assert_uint_lt(recognised, ROUNDS / 1000);
}
END_TEST

Suite *make_app_suite(void)
{
    Suite *suite = suite_create("app");
    TCase *payloads = tcase_create("payloads");
    int good_count = (int)(sizeof(good) / sizeof(good[0]));

    tcase_set_timeout(payloads, 120);
    tcase_add_loop_test(payloads, good_payload, 0, good_count);
    tcase_add_loop_test(payloads, cut_payload, 0, good_count);
    tcase_add_loop_test(payloads, split_payload, 0, good_count);
    tcase_add_loop_test(payloads, stranger, 0, (int)(sizeof(strangers) / sizeof(strangers[0])));
    tcase_add_test(payloads, broken_hello_is_final);
    tcase_add_loop_test(payloads, filled_hello_is_final, 0, 50);
    tcase_add_test(payloads, endless_hello_is_bounded);
    tcase_add_test(payloads, endless_request_is_bounded);
    tcase_add_test(payloads, long_name);
    tcase_add_loop_test(payloads, long_question, 0, 2);
    tcase_add_loop_test(payloads, endless_question, 0, 2);
    tcase_add_test(payloads, other_name_type);
    tcase_add_test(payloads, broken_hello_is_not_waited_for);
    tcase_add_loop_test(payloads, later_dtls_fragment, 0, 3);
    tcase_add_loop_test(payloads, unfinished_request, 0, 2);
    tcase_add_test(payloads, random_payloads);
    suite_add_tcase(suite, payloads);
    return suite;
}
