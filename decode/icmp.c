/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * ICMP (RFC 792) and ICMPv6 (RFC 4443 section 2.1)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |     Type      |     Code      |           Checksum            |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                    depends on type and code                   |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |      errors: the packet that caused it, as much as fits       |
 */
enum { ICMP_BYTES = 8 };
enum { IPV4_OFFSET = 0x1fff, FRAGMENT_OFFSET = 0xfff8, FRAGMENT_BYTES = 8 };
enum { QUOTE_MAX_EXTENSIONS = 8 };

/* Destination unreachable, source quench, redirect, time exceeded, parameter problem. */
static bool is_icmp_error(uint8_t type)
{
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* Destination unreachable, packet too big, time exceeded, parameter problem. */
static bool is_icmpv6_error(uint8_t type)
{
    return type >= 1 && type <= 4;
}

static bool has_ports_in_front(uint8_t protocol)
{
    return protocol == PROTO_TCP || protocol == PROTO_UDP || protocol == PROTO_SCTP;
}

/* The quoted packet's transport header begins at the cursor. */
static void read_quote_ports(struct icmp_info *icmp, struct cursor *c)
{
    const uint8_t *p;

    if (!has_ports_in_front(icmp->quote_protocol))
        return;
    p = cur_take(c, TRANSPORT_PORTS_BYTES);
    if (!p)
        return;
    icmp->quote_has_ports = true;
    icmp->quote_src_port = be16(p);
    icmp->quote_dst_port = be16(p + 2);
}

static void set_quote(struct icmp_info *icmp, const uint8_t *ip, uint8_t protocol)
{
    icmp->has_quote = true;
    icmp->quote_protocol = protocol;
    ip_addr_set_src(&icmp->quote_src, ip);
    ip_addr_set_dst(&icmp->quote_dst, ip);
}

static void read_quote_ipv4(struct icmp_info *icmp, struct cursor *c)
{
    const uint8_t *ip = cur_take(c, IPV4_MIN_BYTES);
    size_t header;

    if (!ip)
        return;
    header = (size_t)(ip[0] & 0x0f) * 4;
    if (header < IPV4_MIN_BYTES)
        return;
    set_quote(icmp, ip, ip[9]);
    if ((be16(ip + 6) & IPV4_OFFSET) == 0 && cur_skip(c, header - IPV4_MIN_BYTES))
        read_quote_ports(icmp, c);
}

/* Moves behind the extension header `number`, whose successor it answers; the number itself when
 * it is none, or when what follows cannot be told. */
static uint8_t skip_quote_extension(struct cursor *c, uint8_t number, bool *stop)
{
    struct cursor look = *c;
    const uint8_t *p;
    size_t size;

    *stop = true;
    if (number != PROTO_HOPOPTS && number != PROTO_ROUTING && number != PROTO_DSTOPTS &&
        number != PROTO_FRAGMENT)
        return number;
    p = cur_take(&look, FRAGMENT_BYTES);
    if (!p)
        return number;
    if (number == PROTO_FRAGMENT && (be16(p + 2) & FRAGMENT_OFFSET) != 0) {
        /* the ports are in another fragment */
        cur_limit(c, 0);
        return p[0];
    }
    size = number == PROTO_FRAGMENT ? FRAGMENT_BYTES : ((size_t)p[1] + 1) * 8;
    *stop = !cur_skip(c, size);
    if (*stop)
        cur_limit(c, 0);
    return p[0];
}

static void read_quote_ipv6(struct icmp_info *icmp, struct cursor *c)
{
    const uint8_t *ip = cur_take(c, IPV6_BYTES);
    bool stop = false;
    uint8_t number;

    if (!ip)
        return;
    number = ip[6];
    for (int i = 0; i < QUOTE_MAX_EXTENSIONS && !stop; i++)
        number = skip_quote_extension(c, number, &stop);
    set_quote(icmp, ip, number);
    read_quote_ports(icmp, c);
}

static void read_quote(struct icmp_info *icmp, struct cursor c)
{
    if (!cur_has(&c, 1))
        return;
    if (ip_family(c.p) == 4)
        read_quote_ipv4(icmp, &c);
    else if (ip_family(c.p) == 6)
        read_quote_ipv6(icmp, &c);
}

enum layer decode_icmp(struct layers *l, struct packet *packet)
{
    struct icmp_info *icmp = &packet->icmp;
    const uint8_t *p = layers_take(l, ICMP_BYTES);

    if (!p) {
        layers_clear_payload(packet);
        return layers_stop_short(l, ICMP_BYTES, REASON_CUT_TRANSPORT);
    }
    packet->has_transport = true;
    icmp->type = p[0];
    icmp->code = p[1];
    icmp->has_quote = false;
    icmp->quote_has_ports = false;
    icmp->is_error =
        l->protocol == PROTO_ICMP ? is_icmp_error(icmp->type) : is_icmpv6_error(icmp->type);
    layers_set_payload(l, packet);
    if (icmp->is_error)
        read_quote(icmp, l->cur);
    return LAYER_DONE;
}
