/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>

#include "geo.h"
#include "record.h"
#include "services.h"

struct names {
    struct services *services;
    struct geo *country, *asn; /* NULL: there is none */
};

static const char *const app_names[APP_FIRST_SERVICE] = {
    [APP_UNKNOWN] = "",  [APP_TLS] = "tls",   [APP_HTTP] = "http", [APP_DNS] = "dns",
    [APP_SSH] = "ssh",   [APP_QUIC] = "quic", [APP_MDNS] = "mdns", [APP_LLMNR] = "llmnr",
    [APP_DHCP] = "dhcp", [APP_NTP] = "ntp",   [APP_SMTP] = "smtp", [APP_FTP] = "ftp",
    [APP_DTLS] = "dtls", [APP_STUN] = "stun",
};

/* IANA "Assigned Internet Protocol Numbers": those that occur; the others keep their number. */
static const char *const protocol_names[256] = {
    [PROTO_HOPOPTS] = "hopopts",
    [PROTO_ICMP] = "icmp",
    [2] = "igmp",
    [PROTO_IPIP] = "ipip",
    [PROTO_TCP] = "tcp",
    [PROTO_UDP] = "udp",
    [33] = "dccp",
    [PROTO_IPV6] = "ipv6",
    [PROTO_ROUTING] = "ip6-rt",
    [PROTO_FRAGMENT] = "ip6-frag",
    [46] = "rsvp",
    [PROTO_GRE] = "gre",
    [PROTO_ESP] = "esp",
    [PROTO_AH] = "ah",
    [PROTO_ICMPV6] = "icmp6",
    [PROTO_NONE] = "ip6-none",
    [PROTO_DSTOPTS] = "ip6-opts",
    [88] = "eigrp",
    [89] = "ospf",
    [97] = "etherip",
    [103] = "pim",
    [108] = "ipcomp",
    [112] = "vrrp",
    [115] = "l2tp",
    [PROTO_SCTP] = "sctp",
    [PROTO_MOBILITY] = "mobility",
    [136] = "udplite",
    [PROTO_MPLS] = "mpls",
    [PROTO_HIP] = "hip",
    [PROTO_SHIM6] = "shim6",
};

/* IANA and IEEE 802 numbers. */
static const struct {
    uint16_t type;
    const char *name;
} ether_types[] = {
    { .type = ETHER_LLC, .name = "llc" },
    { .type = ETHER_IPV4, .name = "ipv4" },
    { .type = ETHER_ARP, .name = "arp" },
    { .type = 0x0842, .name = "wol" },
    { .type = 0x22f3, .name = "trill" },
    { .type = ETHER_TEB, .name = "teb" },
    { .type = 0x8035, .name = "rarp" },
    { .type = 0x809b, .name = "appletalk" },
    { .type = ETHER_VLAN, .name = "vlan" },
    { .type = 0x8137, .name = "ipx" },
    { .type = ETHER_IPV6, .name = "ipv6" },
    { .type = 0x8808, .name = "pause" },
    { .type = 0x8809, .name = "lacp" },
    { .type = ETHER_MPLS, .name = "mpls" },
    { .type = ETHER_MPLS_MULTICAST, .name = "mpls-mcast" },
    { .type = 0x8863, .name = "pppoe-disc" },
    { .type = ETHER_PPPOE, .name = "pppoe" },
    { .type = 0x888e, .name = "eapol" },
    { .type = 0x8892, .name = "profinet" },
    { .type = 0x88a2, .name = "aoe" },
    { .type = 0x88a4, .name = "ethercat" },
    { .type = ETHER_QINQ, .name = "qinq" },
    { .type = 0x88cc, .name = "lldp" },
    { .type = 0x88e5, .name = "macsec" },
    { .type = 0x88f7, .name = "ptp" },
    { .type = 0x8902, .name = "cfm" },
    { .type = 0x8906, .name = "fcoe" },
    { .type = 0x8915, .name = "roce" },
    { .type = 0x9000, .name = "loop" },
    { .type = ETHER_QINQ_OLD, .name = "qinq-old" },
};

struct names *names_new(const struct names_config *config, struct err *err)
{
    struct names *names = calloc(1, sizeof(*names));

    if (!names) {
        err_set(err, EXIT_RUNTIME, "no memory for the names");
        return NULL;
    }
    *err = (struct err){ .status = EXIT_OK };
    names->services = services_new(config->services ? config->services : "/etc/services", err);
    if (names->services)
        names->country = geo_open(GEO_COUNTRY, config->geoip, err);
    if (err->status == EXIT_OK)
        names->asn = geo_open(GEO_ASN, config->asn, err);
    if (err->status == EXIT_OK)
        return names;
    names_free(names);
    return NULL;
}

const struct services *names_services(const struct names *names)
{
    return names->services;
}

void names_free(struct names *names)
{
    if (!names)
        return;
    services_free(names->services);
    geo_close(names->country);
    geo_close(names->asn);
    free(names);
}

uint16_t names_service(const struct names *names, uint8_t protocol, uint16_t port)
{
    return services_find(names->services, protocol, port);
}

const char *names_app(const struct names *names, uint16_t app)
{
    if (app < APP_FIRST_SERVICE)
        return app_names[app];
    return names ? services_name(names->services, app) : "";
}

void names_geo(const struct names *names, const struct ip_addr *addr, struct names_geo *geo)
{
    *geo = (struct names_geo){ .asn = VALUE_UNKNOWN };
    if (names && names->country)
        geo_look_up(names->country, addr, geo);
    if (names && names->asn)
        geo_look_up(names->asn, addr, geo);
}

const char *names_protocol(uint8_t protocol, char buffer[8])
{
    if (protocol_names[protocol])
        return protocol_names[protocol];
    snprintf(buffer, 8, "%u", (unsigned)protocol);
    return buffer;
}

const char *names_ether_type(uint16_t ether_type, char buffer[8])
{
    for (size_t i = 0; i < sizeof(ether_types) / sizeof(ether_types[0]); i++) {
        if (ether_types[i].type == ether_type)
            return ether_types[i].name;
    }
    snprintf(buffer, 8, "0x%04x", (unsigned)ether_type);
    return buffer;
}
