/* SPDX-License-Identifier: MIT */
#include "exempt.h"

enum {
    PORT_ACTIVATION = 1688,
    VPC_PREFIX_MIN = 16, /* the sizes that a VPC's block can have (VPC user guide) */
    VPC_PREFIX_MAX = 28,
};

/* Services on link-local addresses: 169.254.169.N, and fd00:ec2:: with the same digits. */
enum service {
    SERVICE_NONE,
    SERVICE_METADATA,
    SERVICE_TIME,
    SERVICE_ACTIVATION,
    SERVICE_RESOLVER,
};

static enum service service_v4(uint32_t addr)
{
    if (addr >> 8 != 0xa9fea9)
        return SERVICE_NONE;
    switch (addr & 0xff) {
    case 254:
        return SERVICE_METADATA;
    case 123:
        return SERVICE_TIME;
    case 250:
    case 251:
        return SERVICE_ACTIVATION;
    case 253:
        return SERVICE_RESOLVER;
    default:
        return SERVICE_NONE;
    }
}

static enum service service_v6(const struct ip_addr *addr)
{
    if (filter_addr_half(addr, 0) != UINT64_C(0xfd000ec200000000))
        return SERVICE_NONE;
    switch (filter_addr_half(addr, 1)) {
    case 0x254:
        return SERVICE_METADATA;
    case 0x123:
        return SERVICE_TIME;
    case 0x250:
        return SERVICE_ACTIVATION;
    case 0x253:
        return SERVICE_RESOLVER;
    default:
        return SERVICE_NONE;
    }
}

static enum service service_of(const struct ip_addr *addr)
{
    return addr->family == 4 ? service_v4(filter_addr_v4(addr)) : service_v6(addr);
}

bool filter_cidr_is_never_mirrored(const struct filter_cidr *cidr)
{
    enum service service = service_of(&cidr->addr);

    return cidr->prefix == (cidr->addr.family == 4 ? 32 : 128) &&
           (service == SERVICE_METADATA || service == SERVICE_TIME);
}

/* One side of the packet, with its own port. */
static enum filter_exempt exempt_side(const struct filter_subject *subject,
                                      const struct ip_addr *addr, uint16_t port)
{
    bool ports = filter_subject_has_ports(subject);

    switch (service_of(addr)) {
    case SERVICE_METADATA:
    case SERVICE_TIME:
        return EXEMPT_NEVER;
    case SERVICE_ACTIVATION:
        return subject->protocol == PROTO_TCP && ports && port == PORT_ACTIVATION ? EXEMPT_NEVER
                                                                                  : EXEMPT_NOT;
    case SERVICE_RESOLVER:
        if (ports ? port == PORT_DNS
                  : subject->protocol == PROTO_TCP || subject->protocol == PROTO_UDP)
            return EXEMPT_AMAZON_DNS;
        break;
    case SERVICE_NONE:
        break;
    }
    return EXEMPT_NOT;
}

/* Whether `resolver` is a block's base plus 2, of a block that a VPC can be, with `client` in it:
 * the block must be small enough for the base to be aligned, and large enough for the client. */
static bool is_base_plus_two(uint32_t resolver, uint32_t client)
{
    uint32_t base = resolver - 2;
    int aligned, shared;

    if ((base & 0xf) != 0 || base == 0 || base == client)
        return false;
    aligned = 32 - __builtin_ctz(base);
    shared = __builtin_clz(base ^ client);
    return (aligned > VPC_PREFIX_MIN ? aligned : VPC_PREFIX_MIN) <=
           (shared < VPC_PREFIX_MAX ? shared : VPC_PREFIX_MAX);
}

/* The resolver is never the mirror source: it answers into it, and is asked out of it. */
static bool is_vpc_dns(const struct filter_subject *subject)
{
    uint32_t src, dst;

    if (subject->src.family != 4)
        return false;
    src = filter_addr_v4(&subject->src);
    dst = filter_addr_v4(&subject->dst);
    return (subject->dst_port == PORT_DNS && subject->direction != DIRECTION_INGRESS &&
            is_base_plus_two(dst, src)) ||
           (subject->src_port == PORT_DNS && subject->direction != DIRECTION_EGRESS &&
            is_base_plus_two(src, dst));
}

static bool are_both(const struct filter_subject *subject, uint16_t a, uint16_t b)
{
    return (subject->src_port == a || subject->src_port == b) &&
           (subject->dst_port == a || subject->dst_port == b);
}

static bool is_dhcp(const struct filter_subject *subject)
{
    if (subject->protocol != PROTO_UDP)
        return false;
    if (subject->src.family == 4)
        return are_both(subject, PORT_DHCP_SERVER, PORT_DHCP_CLIENT);
    return are_both(subject, PORT_DHCP6_CLIENT, PORT_DHCP6_SERVER);
}

enum filter_exempt filter_exempt(const struct filter_subject *subject)
{
    enum filter_exempt src, dst;
    bool ports = filter_subject_has_ports(subject);

    if (!subject->is_ip)
        return subject->is_arp ? EXEMPT_NEVER : EXEMPT_NOT;
    src = exempt_side(subject, &subject->src, subject->src_port);
    dst = exempt_side(subject, &subject->dst, subject->dst_port);
    if (src == EXEMPT_NEVER || dst == EXEMPT_NEVER || (ports && is_dhcp(subject)))
        return EXEMPT_NEVER;
    if (src == EXEMPT_AMAZON_DNS || dst == EXEMPT_AMAZON_DNS || (ports && is_vpc_dns(subject)))
        return EXEMPT_AMAZON_DNS;
    return EXEMPT_NOT;
}
