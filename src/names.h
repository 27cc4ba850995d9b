/* SPDX-License-Identifier: MIT */
/*
 * names: what numbers and addresses are called: services, countries, AS numbers.
 *
 * Everything is opened at the start (names_new) and only read afterwards: no file is touched
 * later, look-ups are thread-safe. Never used on the packet path: once a flow, once an address.
 */
#ifndef MIRRORTOP_NAMES_H
#define MIRRORTOP_NAMES_H

#include "../decode/packet.h"
#include "err.h"

struct names;
struct services; /* services.h */

/* Applications: recognised ones first, then those that the services file names. Ids are small and
 * dense (< NAMES_MAX_APPS), stable for the life of a `struct names`. */
enum app_id {
    APP_UNKNOWN,
    APP_TLS,
    APP_HTTP,
    APP_DNS,
    APP_SSH,
    APP_QUIC,
    APP_MDNS,
    APP_LLMNR,
    APP_DHCP,
    APP_NTP,
    APP_SMTP,
    APP_FTP,
    APP_DTLS,
    APP_STUN,
    APP_FIRST_SERVICE, /* ids from here on come from the services file */
};

/* The services files of some distributions name more than 6,000 services. */
enum { NAMES_MAX_APPS = 8192, NAMES_AS_NAME = 64 };

struct names_config {
    const char *services; /* path; NULL: /etc/services. A missing file is no error. */
    const char *geoip;    /* path; NULL: look in the usual places, none is no error */
    const char *asn;      /* likewise */
};

struct names_geo {
    char country[3];             /* ISO 3166-1 alpha-2, or "" */
    char as_name[NAMES_AS_NAME]; /* UTF-8 as in the file, perhaps cut; "" when unknown */
    uint64_t asn;                /* VALUE_UNKNOWN (record.h) when unknown */
};

/* NULL and *err (EXIT_INPUT) when a database that was named cannot be opened or has neither of the
 * two known layouts: country.iso_code (MaxMind's) or country_code; autonomous_system_number
 * (MaxMind's) or asn. *err is set (EXIT_OK) in any case. */
struct names *names_new(const struct names_config *config, struct err *err);
void names_free(struct names *names);

/* The service on a port, by the services file: an app id, or APP_UNKNOWN. A service that payloads
 * can tell, too, has the id of that application; "https" stays a service, since a port is no proof
 * of TLS. */
uint16_t names_service(const struct names *names, uint8_t protocol, uint16_t port);

/* What the services file names; lives as long as `names`. */
const struct services *names_services(const struct names *names);

/* Its text: "tls", "dns", "postgresql" ...; "" for APP_UNKNOWN. Constant for the names' life.
 * `names` may be NULL: then only the recognised applications have a text. */
const char *names_app(const struct names *names, uint16_t app);

/* Country and AS of an address. All unknown when no database knows it. `names` may be NULL. */
void names_geo(const struct names *names, const struct ip_addr *addr, struct names_geo *geo);

/* "tcp", "udp", "icmp", "icmp6" ..., else the number: a constant, or written into `buffer`. */
const char *names_protocol(uint8_t protocol, char buffer[8]);

/* "ipv4", "arp", "lldp", "llc" ..., else "0xabcd": a constant, or written into `buffer`. */
const char *names_ether_type(uint16_t ether_type, char buffer[8]);

#endif
