/* SPDX-License-Identifier: MIT */
#include "services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

enum {
    SERVICES_MAX_BYTES = 4 << 20, /* the largest in use have 700 KB */
    SERVICE_NAME_MAX = 31,
    PORTS = 65536,
    SLOTS = 4 * NAMES_MAX_APPS, /* of the hash table of names */
};

_Static_assert((SLOTS & (SLOTS - 1)) == 0, "a slot is found by a mask");
_Static_assert(NAMES_MAX_APPS <= UINT16_MAX, "ids fit in 16 bits");

struct services {
    char *text;                        /* the file; names in it end in NUL */
    const char *names[NAMES_MAX_APPS]; /* by id; into `text` */
    size_t count;                      /* ids in use, recognised applications included */
    uint16_t tcp[PORTS], udp[PORTS], sctp[PORTS];
    uint16_t slots[SLOTS]; /* id by hash of its name; 0: free */
};

/* Services that are applications which payloads can tell, too: one id, one line in the mix. What
 * a port says and a payload would have to prove ("https") is not among them. */
static const struct {
    const char *service;
    enum app_id app;
} same[] = {
    { .service = "domain", .app = APP_DNS },    { .service = "http", .app = APP_HTTP },
    { .service = "http-alt", .app = APP_HTTP }, { .service = "ssh", .app = APP_SSH },
    { .service = "mdns", .app = APP_MDNS },     { .service = "llmnr", .app = APP_LLMNR },
    { .service = "bootps", .app = APP_DHCP },   { .service = "bootpc", .app = APP_DHCP },
    { .service = "ntp", .app = APP_NTP },       { .service = "smtp", .app = APP_SMTP },
    { .service = "ftp", .app = APP_FTP },       { .service = "stun", .app = APP_STUN },
};

/* FNV-1a. The file is the system's own, so nobody picks names that collide. */
static uint32_t name_hash(const char *name)
{
    uint32_t hash = 2166136261u;

    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return hash;
}

/* The id of a service's name, a new one if need be; APP_UNKNOWN when there are too many. */
static uint16_t name_id(struct services *services, const char *name)
{
    size_t at = name_hash(name) & (SLOTS - 1);

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        if (strcmp(name, same[i].service) == 0)
            return (uint16_t)same[i].app;
    }
    for (; services->slots[at]; at = (at + 1) & (SLOTS - 1)) {
        if (strcmp(services->names[services->slots[at]], name) == 0)
            return services->slots[at];
    }
    if (services->count == NAMES_MAX_APPS)
        return APP_UNKNOWN;
    services->slots[at] = (uint16_t)services->count;
    services->names[services->count] = name;
    return (uint16_t)services->count++;
}

/* Names reach the screen: letters, digits and the usual marks only. */
static bool is_good_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789-_+./*");

    return length > 0 && length <= SERVICE_NAME_MAX && name[length] == '\0';
}

static uint16_t *ports_of(struct services *services, const char *protocol)
{
    if (strcmp(protocol, "tcp") == 0)
        return services->tcp;
    if (strcmp(protocol, "udp") == 0)
        return services->udp;
    return strcmp(protocol, "sctp") == 0 ? services->sctp : NULL;
}

/* "name  port/protocol  alias ..."; what follows a # is a comment. */
static void read_line(struct services *services, char *line)
{
    static const char blanks[] = " \t\r\v\f";
    char *name, *port, *rest = NULL, *end;
    uint16_t *ports;
    unsigned long number;

    line[strcspn(line, "#")] = '\0';
    name = strtok_r(line, blanks, &rest);
    port = strtok_r(NULL, blanks, &rest);
    if (!name || !port || !is_good_name(name) || *port < '0' || *port > '9')
        return;
    number = strtoul(port, &end, 10);
    if (number >= PORTS || *end != '/')
        return;
    ports = ports_of(services, end + 1);
    if (ports && ports[number] == APP_UNKNOWN)
        ports[number] = name_id(services, name);
}

/* The whole file, up to a bound, with a NUL behind it. "" when it cannot be read. */
static char *read_text(const char *path)
{
    char *text = malloc(SERVICES_MAX_BYTES + 1);
    FILE *file;

    if (!text)
        return NULL;
    text[0] = '\0';
    file = fopen(path, "re");
    if (file) {
        text[fread(text, 1, SERVICES_MAX_BYTES, file)] = '\0';
        fclose(file);
    }
    return text;
}

struct services *services_new(const char *path, struct err *err)
{
    struct services *services = calloc(1, sizeof(*services));
    char *line, *rest;

    if (services)
        services->text = read_text(path);
    if (!services || !services->text) {
        services_free(services);
        err_set(err, EXIT_RUNTIME, "no memory for the services file %s", path);
        return NULL;
    }
    services->count = APP_FIRST_SERVICE;
    rest = services->text;
    while ((line = strsep(&rest, "\n")) != NULL)
        read_line(services, line);
    return services;
}

void services_free(struct services *services)
{
    if (!services)
        return;
    free(services->text);
    free(services);
}

uint16_t services_find(const struct services *services, uint8_t protocol, uint16_t port)
{
    switch (protocol) {
    case PROTO_TCP:
        return services->tcp[port];
    case PROTO_UDP:
        return services->udp[port];
    case PROTO_SCTP:
        return services->sctp[port];
    default:
        return APP_UNKNOWN;
    }
}

bool services_port(const struct services *services, uint8_t protocol, const char *name,
                   uint16_t *port)
{
    size_t at = name_hash(name) & (SLOTS - 1);

    while (services->slots[at] && strcmp(services->names[services->slots[at]], name) != 0)
        at = (at + 1) & (SLOTS - 1);
    if (!services->slots[at])
        return false;
    for (unsigned i = 0; i < PORTS; i++) {
        if (services_find(services, protocol, (uint16_t)i) == services->slots[at]) {
            *port = (uint16_t)i;
            return true;
        }
    }
    return false;
}

const char *services_name(const struct services *services, uint16_t app)
{
    return app >= APP_FIRST_SERVICE && app < services->count ? services->names[app] : "";
}
