/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <string.h>

#include "../format.h"
#include "read_state.h"
#include "words.h"

/* Digits up to `end`; saturates. */
static bool parse_digits(const char *text, const char *end, uint64_t *number)
{
    *number = 0;
    if (text == end)
        return false;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return false;
        if (*number < UINT32_MAX)
            *number = *number * 10 + (uint64_t)(*text - '0');
    }
    return true;
}

bool read_number(struct reader *reader, const char *what, uint32_t least, uint32_t most,
                 uint64_t *number)
{
    const char *word = reader->word;
    char expected[96];

    if (parse_digits(word, word + strlen(word), number) && *number >= least && *number <= most)
        return true;
    snprintf(expected, sizeof(expected), "%s: %u to %u", what, least, most);
    return read_refuse(reader, &reader->token, expected);
}

/* ---- addresses ------------------------------------------------------------------------------- */

static bool parse_addr(const char *text, struct ip_addr *addr)
{
    *addr = (struct ip_addr){ .family = strchr(text, ':') ? 6 : 4 };
    return inet_pton(addr->family == 6 ? AF_INET6 : AF_INET, text, addr->bytes) == 1;
}

static bool parse_cidr(const char *word, struct filter_cidr *cidr)
{
    const char *slash = strchr(word, '/');
    char text[FORMAT_ADDR];
    uint64_t prefix;
    uint8_t most;

    if (snprintf(text, sizeof(text), "%.*s", slash ? (int)(slash - word) : (int)strlen(word),
                 word) >= (int)sizeof(text) ||
        !parse_addr(text, &cidr->addr))
        return false;
    most = cidr->addr.family == 4 ? 32 : 128;
    prefix = most;
    if (slash && (!parse_digits(slash + 1, word + strlen(word), &prefix) || prefix > most))
        return false;
    cidr->prefix = (uint8_t)prefix;
    return true;
}

bool read_is_network(const char *word)
{
    struct filter_cidr cidr;

    return parse_cidr(word, &cidr);
}

bool read_cidr(struct reader *reader, struct filter_cidr *cidr)
{
    struct filter_cidr cut;
    char right[FORMAT_ADDR], expected[96];

    *cidr = (struct filter_cidr){ .prefix = 0 };
    if (strcmp(reader->word, "any") == 0)
        return true;
    if (!parse_cidr(reader->word, cidr))
        return read_refuse(reader, &reader->token,
                           "a network: one like 10.0.0.0/16 or 2001:db8::/32, or any");
    cut = *cidr;
    filter_cidr_mask(&cut);
    if (memcmp(&cut.addr.bytes, &cidr->addr.bytes, sizeof(cut.addr.bytes)) == 0)
        return true;
    format_addr(right, sizeof(right), &cut.addr);
    snprintf(expected, sizeof(expected), "a network: %s/%u (no bits behind the prefix)", right,
             cut.prefix);
    return read_refuse(reader, &reader->token, expected);
}

bool read_address(struct reader *reader, struct filter_cidr *cidr)
{
    if (!strchr(reader->word, '/') && parse_cidr(reader->word, cidr))
        return true;
    if (read_is_network(reader->word))
        return read_refuse(reader, &reader->token,
                           "an address: one like 10.0.0.5 (for networks: net)");
    return read_refuse(reader, &reader->token, "an address: one like 10.0.0.5 or 2001:db8::5");
}

/* ---- ports, protocols ------------------------------------------------------------------------ */

/* "443", "1024-65535". */
static bool parse_range(const char *word, const char *separator, uint64_t *from, uint64_t *to)
{
    const char *middle = strstr(word, separator);
    const char *end = word + strlen(word);

    if (!parse_digits(word, middle ? middle : end, from))
        return false;
    *to = *from;
    return !middle || parse_digits(middle + strlen(separator), end, to);
}

bool read_set_ports(struct reader *reader, struct filter_ports *ports, uint64_t from, uint64_t to)
{
    if (from > UINT16_MAX || to > UINT16_MAX)
        return read_refuse(reader, &reader->token, "a port: 0 to 65535");
    if (from > to)
        return read_refuse(reader, &reader->token, "a range of ports: the lower one first");
    *ports = (struct filter_ports){ .given = true, .from = (uint16_t)from, .to = (uint16_t)to };
    return true;
}

bool read_ports(struct reader *reader, struct filter_ports *ports)
{
    uint64_t from, to;
    uint16_t port;

    if (parse_range(reader->word, "-", &from, &to))
        return read_set_ports(reader, ports, from, to);
    if (filter_port_find(reader->word, &port))
        return read_set_ports(reader, ports, port, port);
    return read_refuse(reader, &reader->token,
                       "a port: 0 to 65535, a range like 1024-65535 or a service like https");
}

/* {"FromPort": 443, "ToPort": 443} */
static bool read_port_range_object(struct reader *reader, struct filter_ports *ports)
{
    char json[READ_WORD];
    struct filter_error error;
    struct reader inner;

    return (json_inner(reader, &inner, json, &error) && json_ports(&inner, 0, false, ports)) ||
           read_refuse(reader, &reader->token,
                       "a port range: {\"FromPort\":N,\"ToPort\":N}, the lower one first");
}

/* FromPort=443,ToPort=443, in either order; the aws program lets blanks follow a comma. */
bool read_port_range_flag(struct reader *reader, struct filter_ports *ports)
{
    static const char *const names[] = { "FromPort=", "ToPort=" };
    const char *at = reader->word;
    uint64_t value[2];
    unsigned seen = 0;

    if (*at == '{')
        return read_port_range_object(reader, ports);
    for (;;) {
        const char *end = strchrnul(at, ',');
        unsigned which = strncmp(at, names[1], strlen(names[1])) == 0;

        if (strncmp(at, names[which], strlen(names[which])) != 0 || (seen & 1u << which) != 0 ||
            !parse_digits(at + strlen(names[which]), end, &value[which]))
            break;
        seen |= 1u << which;
        if (*end == '\0' && seen == 3)
            return read_set_ports(reader, ports, value[0], value[1]);
        if (*end == '\0')
            break;
        at = end + 1 + strspn(end + 1, " ");
    }
    return read_refuse(reader, &reader->token, "a port range: FromPort=N,ToPort=N");
}

bool read_description(struct reader *reader, struct statement *statement)
{
    size_t length = filter_text_length(reader->word);

    if (length > FILTER_CHARACTERS)
        return read_fail(reader, &reader->token,
                         "a description of %zu characters: AWS takes at most %d", length,
                         FILTER_CHARACTERS);
    memcpy(statement->description, reader->word, sizeof(statement->description));
    return true;
}

bool read_protocol(struct reader *reader, int16_t *protocol)
{
    return filter_protocol_find(reader->word, protocol) ||
           read_refuse(reader, &reader->token,
                       "a protocol: a name like tcp, a number from 0 to 255, or all");
}
