/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <string.h>

#include "../../decode/packet.h"
#include "filter.h"

/* Looked at only by filter_port_find(): the services file is out of reach once the sandbox is shut,
 * and a text is read wherever somebody types one. */
static const struct services *known_services;

void filter_words_use(const struct services *services)
{
    known_services = services;
}

/* IANA "Assigned Internet Protocol Numbers". Of several names of one number the first is
 * written. */
static const struct {
    const char *name;
    int16_t protocol;
} protocols[] = {
    { "all", FILTER_PROTOCOL_ANY },
    { "tcp", PROTO_TCP },
    { "udp", PROTO_UDP },
    { "icmp", PROTO_ICMP },
    { "icmp6", PROTO_ICMPV6 },
    { "icmpv6", PROTO_ICMPV6 },
    { "ipv6-icmp", PROTO_ICMPV6 },
    { "esp", PROTO_ESP },
    { "ah", PROTO_AH },
    { "gre", PROTO_GRE },
    { "sctp", PROTO_SCTP },
    { "igmp", 2 },
    { "ipip", PROTO_IPIP },
    { "dccp", 33 },
    { "ipv6", PROTO_IPV6 },
    { "rsvp", 46 },
    { "eigrp", 88 },
    { "ospf", 89 },
    { "etherip", 97 },
    { "pim", 103 },
    { "ipcomp", 108 },
    { "vrrp", 112 },
    { "l2tp", 115 },
    { "udplite", 136 },
    { "mpls", PROTO_MPLS },
    { "hip", PROTO_HIP },
    { "hopopts", PROTO_HOPOPTS },
    { "any", FILTER_PROTOCOL_ANY },
    { "-1", FILTER_PROTOCOL_ANY },
};

/* IANA "Service Name and Transport Protocol Port Number Registry", and two everyday words (dns,
 * rdp) for names there that nobody types. */
static const struct {
    const char *name;
    uint16_t port;
} ports[] = {
    { "https", 443 },
    { "http", 80 },
    { "ssh", 22 },
    { "domain", 53 },
    { "dns", 53 },
    { "ftp-data", 20 },
    { "ftp", 21 },
    { "telnet", 23 },
    { "smtp", 25 },
    { "bootps", 67 },
    { "bootpc", 68 },
    { "tftp", 69 },
    { "kerberos", 88 },
    { "pop3", 110 },
    { "sunrpc", 111 },
    { "ntp", 123 },
    { "netbios-ns", 137 },
    { "netbios-dgm", 138 },
    { "netbios-ssn", 139 },
    { "imap", 143 },
    { "imap2", 143 },
    { "snmp", 161 },
    { "snmp-trap", 162 },
    { "bgp", 179 },
    { "ldap", 389 },
    { "microsoft-ds", 445 },
    { "submissions", 465 },
    { "isakmp", 500 },
    { "syslog", 514 },
    { "submission", 587 },
    { "ldaps", 636 },
    { "domain-s", 853 },
    { "ftps", 990 },
    { "imaps", 993 },
    { "pop3s", 995 },
    { "ms-sql-s", 1433 },
    { "radius", 1812 },
    { "mqtt", 1883 },
    { "nfs", 2049 },
    { "mysql", 3306 },
    { "ms-wbt-server", 3389 },
    { "rdp", 3389 },
    { "stun", 3478 },
    { "ipsec-nat-t", 4500 },
    { "vxlan", 4789 },
    { "sip", 5060 },
    { "mdns", 5353 },
    { "llmnr", 5355 },
    { "postgresql", 5432 },
    { "amqp", 5672 },
    { "geneve", 6081 },
    { "redis", 6379 },
    { "http-alt", 8080 },
    { "secure-mqtt", 8883 },
    { "memcache", 11211 },
};

static bool find_number(const char *word, unsigned most, unsigned *number)
{
    *number = 0;
    if (*word == '\0')
        return false;
    for (; *word >= '0' && *word <= '9' && *number <= most; word++)
        *number = *number * 10 + (unsigned)(*word - '0');
    return *word == '\0' && *number <= most;
}

bool filter_protocol_find(const char *word, int16_t *protocol)
{
    unsigned number;

    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        if (strcmp(word, protocols[i].name) == 0) {
            *protocol = protocols[i].protocol;
            return true;
        }
    }
    if (!find_number(word, UINT8_MAX, &number))
        return false;
    *protocol = (int16_t)number;
    return true;
}

const char *filter_protocol_name(int16_t protocol)
{
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        if (protocols[i].protocol == protocol)
            return protocols[i].name;
    }
    return NULL;
}

bool filter_port_find(const char *word, uint16_t *port)
{
    static const uint8_t carriers[] = { PROTO_TCP, PROTO_UDP, PROTO_SCTP };

    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        if (strcmp(word, ports[i].name) == 0) {
            *port = ports[i].port;
            return true;
        }
    }
    for (size_t i = 0; known_services && i < sizeof(carriers); i++) {
        if (services_port(known_services, carriers[i], word, port))
            return true;
    }
    return false;
}

const char *filter_protocol_word(size_t number)
{
    return number < sizeof(protocols) / sizeof(protocols[0]) ? protocols[number].name : NULL;
}

const char *filter_port_word(size_t number, uint16_t *port)
{
    if (number >= sizeof(ports) / sizeof(ports[0]))
        return NULL;
    *port = ports[number].port;
    return ports[number].name;
}
