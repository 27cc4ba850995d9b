/* SPDX-License-Identifier: MIT */
#include "app.h"

#include <string.h>

#include "app_look.h"

/* In this order; the first that recognises the payload decides. */
static const struct {
    uint8_t protocol;
    app_recogniser *look;
} recognisers[] = {
    { .protocol = PROTO_TCP, .look = app_look_tls },
    { .protocol = PROTO_TCP, .look = app_look_http },
    { .protocol = PROTO_TCP, .look = app_look_banner },
    { .protocol = PROTO_TCP, .look = app_look_dns_tcp },
    { .protocol = PROTO_TCP, .look = app_look_stun },
    { .protocol = PROTO_UDP, .look = app_look_dns },
    { .protocol = PROTO_UDP, .look = app_look_quic },
    { .protocol = PROTO_UDP, .look = app_look_ntp },
    { .protocol = PROTO_UDP, .look = app_look_dhcp },
    { .protocol = PROTO_UDP, .look = app_look_dtls },
    { .protocol = PROTO_UDP, .look = app_look_stun },
};

enum app_match app_match_text(struct cursor *c, const char *text)
{
    struct cursor look = *c;
    uint8_t byte;

    for (; *text; text++) {
        if (!cur_u8(&look, &byte))
            return MATCH_PART;
        if (byte != (uint8_t)*text)
            return MATCH_NO;
    }
    *c = look;
    return MATCH_YES;
}

bool app_has_port(const struct app_look *look, uint16_t port)
{
    return look->src_port == port || look->dst_port == port;
}

void app_set_name(struct app_result *result, const uint8_t *name, size_t length)
{
    if (length > APP_NAME_MAX || memchr(name, '\0', length))
        return;
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = name[i];

        if (byte >= 'A' && byte <= 'Z')
            byte = (uint8_t)(byte - 'A' + 'a');
        result->server_name[i] = (char)byte;
    }
    result->server_name[length] = '\0';
}

static void result_clear(struct app_result *result)
{
    result->app = APP_UNKNOWN;
    result->server_name[0] = '\0';
}

enum app_verdict app_identify(uint8_t protocol, uint16_t src_port, uint16_t dst_port,
                              const uint8_t *payload, size_t captured, size_t bytes,
                              struct app_result *result)
{
    bool can_grow = protocol == PROTO_TCP && captured >= bytes && captured < APP_BUFFER;
    struct app_look look = { .bytes = bytes, .src_port = src_port, .dst_port = dst_port };

    result_clear(result);
    if (captured == 0)
        return APP_NOTHING;
    look.payload = cur_make(payload, captured);
    for (size_t i = 0; i < sizeof(recognisers) / sizeof(recognisers[0]); i++) {
        enum app_verdict verdict = APP_NOTHING;

        if (recognisers[i].protocol == protocol)
            verdict = recognisers[i].look(&look, result);
        if (verdict == APP_MORE && !can_grow)
            verdict = result->app == APP_UNKNOWN ? APP_NOTHING : APP_FOUND;
        if (verdict != APP_NOTHING)
            return verdict;
        result_clear(result);
    }
    return APP_NOTHING;
}
