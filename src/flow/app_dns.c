/* SPDX-License-Identifier: MIT */
/*
 * app_dns: DNS (RFC 1035 section 4.1) over UDP and TCP, mDNS (RFC 6762), LLMNR (RFC 4795).
 *
 *    0       2       4       6       8       10      12
 *    +-------+-------+-------+-------+-------+-------+------------------------+------+-------+
 *    | id    | flags | ques- | ans-  | autho-| addi- | name: length, label .. | type | class |
 *    |       |       | tions | wers  | rities| tional|       ... 0            |      |       |
 *    +-------+-------+-------+-------+-------+-------+------------------------+------+-------+
 */
#include "app_look.h"

#include <string.h>

enum {
    PORT_DNS = 53,
    PORT_NETBIOS_NAME = 137, /* the same shape, but other names: RFC 1002 section 4.2 */
    PORT_MDNS = 5353,
    PORT_LLMNR = 5355,
    FLAG_RESPONSE = 0x8000,
    FLAG_RESERVED = 0x0040,
    DNS_HEADER = 12,
    DNS_LABEL_MAX = 63,
    DNS_NAME_MAX = 253,    /* as text, RFC 1035 section 2.3.4 */
    DNS_RECORDS_MAX = 512, /* in one section; more is not believed */
    CLASS_INTERNET = 1,
};

struct dns_header {
    uint16_t flags;
    uint16_t questions, answers, authorities, additional;
};

static bool read_header(struct cursor *c, struct dns_header *header)
{
    return cur_skip(c, 2) && cur_be16(c, &header->flags) && cur_be16(c, &header->questions) &&
           cur_be16(c, &header->answers) && cur_be16(c, &header->authorities) &&
           cur_be16(c, &header->additional);
}

static unsigned opcode(const struct dns_header *header)
{
    return header->flags >> 11 & 15;
}

static bool counts_are_small(const struct dns_header *header)
{
    return header->questions <= DNS_RECORDS_MAX && header->answers <= DNS_RECORDS_MAX &&
           header->authorities <= DNS_RECORDS_MAX && header->additional <= DNS_RECORDS_MAX;
}

/* What every server of unicast DNS would take for a message: at most one question, and a query
 * (opcode 0) brings no answers. */
static bool is_unicast_dns(const struct dns_header *header)
{
    if (!counts_are_small(header) || header->flags & FLAG_RESERVED || opcode(header) > 6 ||
        opcode(header) == 3 || header->questions > 1)
        return false;
    return header->flags & FLAG_RESPONSE || opcode(header) != 0 ||
           (header->answers == 0 && header->questions == 1);
}

/* The name of the first question as text: labels joined by dots. The first name of a message can
 * not be compressed, since there is nothing before it to point to. */
static bool read_name(struct cursor *c, uint8_t name[DNS_NAME_MAX], size_t *length)
{
    size_t used = 0;
    uint8_t count;

    while (cur_u8(c, &count) && count <= DNS_LABEL_MAX) {
        size_t dot = used > 0 ? 1 : 0;
        const uint8_t *label;

        if (count == 0) {
            *length = used;
            return true;
        }
        label = cur_take(c, count);
        if (!label || dot + count > DNS_NAME_MAX - used)
            return false;
        if (dot)
            name[used++] = '.';
        memcpy(name + used, label, count);
        used += count;
    }
    return false;
}

static bool is_printable(const uint8_t *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (name[i] <= ' ' || name[i] > '~')
            return false;
    }
    return length > 0;
}

/* On a port that says nothing: only what is beyond doubt. */
static bool is_surely_dns(const struct dns_header *header, struct cursor *c,
                          struct app_result *result)
{
    uint8_t name[DNS_NAME_MAX];
    uint16_t type, class;
    size_t length;

    if (!is_unicast_dns(header) || opcode(header) != 0 || header->questions != 1 ||
        !read_name(c, name, &length) || !is_printable(name, length) || !cur_be16(c, &type) ||
        !cur_be16(c, &class) || type == 0 || class != CLASS_INTERNET)
        return false;
    app_set_name(result, name, length);
    return true;
}

/* The name where the port already says what it is; whether it could be read. */
static bool take_question(const struct dns_header *header, struct cursor *c,
                          struct app_result *result)
{
    uint8_t name[DNS_NAME_MAX];
    size_t length;

    if (header->questions == 0)
        return true;
    if (!read_name(c, name, &length))
        return false;
    app_set_name(result, name, length);
    return true;
}

enum app_verdict app_look_dns(const struct app_look *look, struct app_result *result)
{
    struct cursor c = look->payload;
    struct dns_header header;

    if (!read_header(&c, &header) || app_has_port(look, PORT_NETBIOS_NAME))
        return APP_NOTHING;
    if (app_has_port(look, PORT_MDNS)) {
        if (opcode(&header) != 0 || !counts_are_small(&header))
            return APP_NOTHING;
        result->app = APP_MDNS;
    } else if (app_has_port(look, PORT_LLMNR)) {
        if (opcode(&header) != 0 || !counts_are_small(&header) || header.questions != 1)
            return APP_NOTHING;
        result->app = APP_LLMNR;
    } else if (app_has_port(look, PORT_DNS)) {
        if (!is_unicast_dns(&header))
            return APP_NOTHING;
        result->app = APP_DNS;
    } else {
        if (!is_surely_dns(&header, &c, result))
            return APP_NOTHING;
        result->app = APP_DNS;
        return APP_FOUND;
    }
    take_question(&header, &c, result);
    return APP_FOUND;
}

/* Two bytes of length stand before each message, RFC 1035 section 4.2.2. */
enum app_verdict app_look_dns_tcp(const struct app_look *look, struct app_result *result)
{
    struct cursor c = look->payload;
    struct dns_header header;
    uint16_t length;
    bool cut;

    if (!app_has_port(look, PORT_DNS))
        return APP_NOTHING;
    if (!cur_be16(&c, &length))
        return APP_MORE;
    if (length < DNS_HEADER)
        return APP_NOTHING;
    cut = !cur_has(&c, length);
    cur_limit(&c, length);
    if (!read_header(&c, &header))
        return APP_MORE;
    if (!is_unicast_dns(&header))
        return APP_NOTHING;
    result->app = APP_DNS;
    return take_question(&header, &c, result) || !cut ? APP_FOUND : APP_MORE;
}
