/* SPDX-License-Identifier: MIT */
/*
 * app_tls: TLS (RFC 8446, RFC 5246) and DTLS (RFC 6347) records, and the name in a ClientHello.
 *
 *    TLS record              DTLS record             handshake message
 *    type      1             type      1             type        1   (1 = ClientHello)
 *    version   2             version   2             length      3
 *    length    2             epoch     2             [DTLS: message_seq 2, fragment_offset 3,
 *    fragment                sequence  6              fragment_length 3]
 *                            length    2             body
 *                            fragment
 */
#include "app_look.h"

#include <string.h>

enum {
    RECORD_FIRST_TYPE = 20, /* change_cipher_spec */
    RECORD_HANDSHAKE = 22,
    RECORD_LAST_TYPE = 23,         /* application_data */
    RECORD_MAX = (1 << 14) + 2048, /* RFC 5246 section 6.2.3 */
    HANDSHAKE_CLIENT_HELLO = 1,
    HANDSHAKE_HEADER = 4,
    SESSION_ID_MAX = 32,
    EXTENSION_SERVER_NAME = 0,
    NAME_TYPE_HOST = 0,
};

/* Skips a session id or the like, whose length stands in its first byte. */
static bool skip_vector8(struct cursor *c)
{
    uint8_t length;

    return cur_u8(c, &length) && cur_skip(c, length);
}

static bool skip_vector16(struct cursor *c)
{
    uint16_t length;

    return cur_be16(c, &length) && cur_skip(c, length);
}

/* server_name, RFC 6066 section 3; `c` holds the whole extension. */
static bool read_server_name(struct cursor c, struct app_result *result)
{
    uint16_t list_length, name_length;
    uint8_t type;
    const uint8_t *name;

    if (!cur_be16(&c, &list_length) || !cur_u8(&c, &type) || type != NAME_TYPE_HOST ||
        !cur_be16(&c, &name_length))
        return false;
    name = cur_take(&c, name_length);
    if (name)
        app_set_name(result, name, name_length);
    return name != NULL;
}

/* The body of a ClientHello, RFC 8446 section 4.1.2. MATCH_YES: has a name; MATCH_NO: has none;
 * MATCH_PART: the bytes end before that is known. */
static enum app_match read_hello(struct cursor c, bool dtls, struct app_result *result)
{
    uint8_t session_length;
    uint16_t all, type, length;
    bool cut;

    if (!cur_skip(&c, 2 + 32) || !cur_u8(&c, &session_length)) /* version, random */
        return MATCH_PART;
    if (session_length > SESSION_ID_MAX)
        return MATCH_NO;
    if (!cur_skip(&c, session_length) || (dtls && !skip_vector8(&c)) || /* cookie */
        !skip_vector16(&c) || !skip_vector8(&c) || /* cipher suites, compression methods */
        !cur_be16(&c, &all))
        return MATCH_PART;
    cut = !cur_has(&c, all);
    cur_limit(&c, all);
    while (cur_be16(&c, &type) && cur_be16(&c, &length) && cur_has(&c, length)) {
        if (type == EXTENSION_SERVER_NAME)
            return read_server_name(cur_sub(&c, length), result) ? MATCH_YES : MATCH_NO;
        cur_skip(&c, length);
    }
    return cut ? MATCH_PART : MATCH_NO;
}

/* The header of a TLS record; MATCH_YES moves the cursor behind it. */
static enum app_match read_record(struct cursor *c, uint8_t *type, uint16_t *length)
{
    struct cursor header = *c;
    uint8_t major, minor;

    if (!cur_u8(&header, type))
        return MATCH_PART;
    if (*type < RECORD_FIRST_TYPE || *type > RECORD_LAST_TYPE)
        return MATCH_NO;
    if (!cur_u8(&header, &major))
        return MATCH_PART;
    if (major != 3)
        return MATCH_NO;
    if (!cur_u8(&header, &minor))
        return MATCH_PART;
    if (minor > 4)
        return MATCH_NO;
    if (!cur_be16(&header, length))
        return MATCH_PART;
    if (*length == 0 || *length > RECORD_MAX)
        return MATCH_NO;
    *c = header;
    return MATCH_YES;
}

/* A handshake message put together from the records that carry it. */
struct message {
    size_t length;
    uint8_t bytes[APP_BUFFER];
};

static bool message_is_whole(const struct message *message)
{
    uint32_t body;

    if (message->length < HANDSHAKE_HEADER)
        return false;
    body = be32(message->bytes) & 0xffffff;
    return message->length - HANDSHAKE_HEADER >= body;
}

/* Collects the first handshake message. MATCH_YES: whole; MATCH_PART: what there is of it;
 * MATCH_NO: something else follows before it is whole. */
static enum app_match gather_message(struct cursor c, struct message *message)
{
    uint8_t type;
    uint16_t length;

    message->length = 0;
    while (!message_is_whole(message)) {
        enum app_match match = read_record(&c, &type, &length);
        struct cursor fragment;

        if (match != MATCH_YES)
            return match;
        if (type != RECORD_HANDSHAKE)
            return MATCH_NO;
        fragment = cur_sub(&c, length);
        cur_limit(&fragment, sizeof(message->bytes) - message->length);
        memcpy(message->bytes + message->length, fragment.p, cur_left(&fragment));
        message->length += cur_left(&fragment);
        if (!cur_skip(&c, length))
            return message_is_whole(message) ? MATCH_YES : MATCH_PART;
    }
    return MATCH_YES;
}

/* A TLS payload is final whatever is broken inside a whole ClientHello: it is TLS without a name.
 * A name in the part of a ClientHello that is already there is taken at once. */
enum app_verdict app_look_tls(const struct app_look *look, struct app_result *result)
{
    struct cursor c = look->payload;
    struct message message;
    enum app_match match, gathered;
    uint8_t type;
    uint16_t length;

    match = read_record(&c, &type, &length);
    if (match != MATCH_YES)
        return match == MATCH_PART ? APP_MORE : APP_NOTHING;
    result->app = APP_TLS;
    if (type != RECORD_HANDSHAKE)
        return APP_FOUND;
    if (cur_left(&c) == 0)
        return APP_MORE;
    if (*c.p != HANDSHAKE_CLIENT_HELLO)
        return APP_FOUND;
    gathered = gather_message(look->payload, &message);
    if (gathered == MATCH_PART && message.length <= HANDSHAKE_HEADER)
        return APP_MORE;
    c = cur_make(message.bytes, message.length);
    if (!cur_skip(&c, HANDSHAKE_HEADER))
        return APP_FOUND;
    cur_limit(&c, be32(message.bytes) & 0xffffff);
    match = read_hello(c, false, result);
    return match == MATCH_PART && gathered == MATCH_PART ? APP_MORE : APP_FOUND;
}

enum app_verdict app_look_dtls(const struct app_look *look, struct app_result *result)
{
    struct cursor c = look->payload;
    uint8_t type, message_type;
    uint16_t version, length, offset_high;
    const uint8_t *header;

    if (!cur_u8(&c, &type) || type < RECORD_FIRST_TYPE || type > RECORD_LAST_TYPE ||
        !cur_be16(&c, &version) || (version != 0xfeff && version != 0xfefd) ||
        !cur_skip(&c, 2 + 6) || !cur_be16(&c, &length)) /* epoch, sequence number */
        return APP_NOTHING;
    if (length == 0 || length > RECORD_MAX || length > look->bytes - (1 + 2 + 2 + 6 + 2))
        return APP_NOTHING;
    result->app = APP_DTLS;
    cur_limit(&c, length);
    if (type != RECORD_HANDSHAKE || !cur_u8(&c, &message_type) ||
        message_type != HANDSHAKE_CLIENT_HELLO)
        return APP_FOUND;
    header = cur_take(&c, 3 + 2 + 3 + 3); /* length, sequence, fragment offset, fragment length */
    if (!header)
        return APP_FOUND;
    offset_high = be16(header + 5);
    if (offset_high == 0 && header[7] == 0) { /* the first fragment of the message */
        cur_limit(&c, (size_t)be16(header + 8) << 8 | header[10]);
        read_hello(c, true, result);
    }
    return APP_FOUND;
}
