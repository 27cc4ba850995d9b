/* SPDX-License-Identifier: MIT */
/*
 * app_shape: applications that one fixed pattern gives away: banners, magic numbers, and shapes
 * that are believed on their own port only.
 */
#include "app_look.h"

enum {
    PORT_FTP = 21,
    PORT_SMTP = 25,
    PORT_DHCP_SERVER = 67,
    PORT_DHCP_CLIENT = 68,
    PORT_NTP = 123,
    PORT_HTTPS = 443,
    PORT_SUBMISSION = 587,
};

/* SSH's identification (RFC 4253 section 4.2), and the greeting 220 that a mail (RFC 5321
 * section 4.2) or file server (RFC 959 section 5.4) sends first. */
enum app_verdict app_look_banner(const struct app_look *look, struct app_result *result)
{
    struct cursor c = look->payload;
    enum app_match match = app_match_text(&c, "SSH-");
    uint8_t byte;

    if (match == MATCH_YES && cur_u8(&c, &byte)) {
        if (byte < '0' || byte > '9')
            return APP_NOTHING;
        result->app = APP_SSH;
        return APP_FOUND;
    }
    if (match != MATCH_NO)
        return APP_MORE;
    if (look->src_port != PORT_FTP && look->src_port != PORT_SMTP &&
        look->src_port != PORT_SUBMISSION)
        return APP_NOTHING;
    match = app_match_text(&c, "220");
    if (match == MATCH_NO)
        return APP_NOTHING;
    if (match == MATCH_PART || !cur_u8(&c, &byte))
        return APP_MORE;
    if (byte != ' ' && byte != '-')
        return APP_NOTHING;
    result->app = look->src_port == PORT_FTP ? APP_FTP : APP_SMTP;
    return APP_FOUND;
}

/* Versions 1 (RFC 9000) and 2 (RFC 9369), the drafts, and mvfst's. */
static bool is_known_quic(uint32_t version)
{
    uint32_t family = version & 0xffffff00;

    return version == 1 || version == 0x6b3343cf || family == 0xff000000 || family == 0xfaceb000;
}

/* Q043 and the like, whose connection ids are laid out in another way. */
static bool is_google_quic(uint32_t version)
{
    return (version & 0xfff0f0f0) == 0x51303030;
}

/* Version negotiation (RFC 9000 section 17.2.1), or a reserved version that asks for it
 * (section 15). */
static bool is_negotiated_quic(uint32_t version)
{
    return version == 0 || (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

/*
 * Long header, RFC 9000 section 17.2:
 *    1 1 type(2) bits(4) | version 4 | dcid length 1 | dcid | scid length 1 | scid ...
 */
enum app_verdict app_look_quic(const struct app_look *look, struct app_result *result)
{
    enum { LONG_HEADER = 0x80, FIXED_BIT = 0x40, ID_MAX = 20 };
    struct cursor c = look->payload;
    uint8_t first, dcid, scid;
    uint32_t version;

    if (!cur_u8(&c, &first) || !(first & LONG_HEADER) || !cur_be32(&c, &version))
        return APP_NOTHING;
    if (!(first & FIXED_BIT) && version != 0)
        return APP_NOTHING;
    if (!is_google_quic(version)) {
        if (!is_known_quic(version) &&
            !(is_negotiated_quic(version) && app_has_port(look, PORT_HTTPS)))
            return APP_NOTHING;
        if (!cur_u8(&c, &dcid) || dcid > ID_MAX || !cur_skip(&c, dcid) || !cur_u8(&c, &scid) ||
            scid > ID_MAX)
            return APP_NOTHING;
    }
    result->app = APP_QUIC;
    return APP_FOUND;
}

/* BOOTP header with the magic cookie of its options, RFC 2131 section 3. */
enum app_verdict app_look_dhcp(const struct app_look *look, struct app_result *result)
{
    enum { OPTIONS_AT = 236 };
    struct cursor c = look->payload;
    uint8_t op;
    uint32_t cookie;

    if (!app_has_port(look, PORT_DHCP_SERVER) && !app_has_port(look, PORT_DHCP_CLIENT))
        return APP_NOTHING;
    if (!cur_u8(&c, &op) || (op != 1 && op != 2) || !cur_skip(&c, OPTIONS_AT - 1) ||
        !cur_be32(&c, &cookie) || cookie != 0x63825363)
        return APP_NOTHING;
    result->app = APP_DHCP;
    return APP_FOUND;
}

/* leap(2) version(3) mode(3) | stratum ..., RFC 5905 section 7.3; modes 6 and 7 are control. */
enum app_verdict app_look_ntp(const struct app_look *look, struct app_result *result)
{
    enum { DATA_BYTES = 48, CONTROL_BYTES = 8, STRATUM_MAX = 16, MODE_CONTROL = 6 };
    struct cursor c = look->payload;
    uint8_t first, stratum;
    unsigned version, mode;

    if (!app_has_port(look, PORT_NTP) || !cur_u8(&c, &first) || !cur_u8(&c, &stratum))
        return APP_NOTHING;
    version = first >> 3 & 7;
    mode = first & 7;
    if (version < 1 || version > 4 || mode == 0)
        return APP_NOTHING;
    if (mode < MODE_CONTROL ? look->bytes < DATA_BYTES || stratum > STRATUM_MAX
                            : look->bytes < CONTROL_BYTES)
        return APP_NOTHING;
    result->app = APP_NTP;
    return APP_FOUND;
}

/* Type, length, magic cookie, transaction id: RFC 8489 section 5. */
enum app_verdict app_look_stun(const struct app_look *look, struct app_result *result)
{
    enum { STUN_HEADER = 20 };
    struct cursor c = look->payload;
    uint16_t type, length;
    uint32_t cookie;

    if (!cur_be16(&c, &type) || type > 0x3fff || !cur_be16(&c, &length) || length % 4 != 0 ||
        !cur_be32(&c, &cookie) || cookie != 0x2112a442 || look->bytes < STUN_HEADER)
        return APP_NOTHING;
    result->app = APP_STUN;
    return APP_FOUND;
}
