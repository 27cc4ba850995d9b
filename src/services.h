/* SPDX-License-Identifier: MIT */
/*
 * services: the system's services file (services(5)), read once.
 *
 * Part of names (names.h), which owns it. Read-only after services_new(), so any thread may look.
 */
#ifndef MIRRORTOP_SERVICES_H
#define MIRRORTOP_SERVICES_H

#include "err.h"

#include <stdint.h>

struct services;

/* What `path` names, or nothing at all when it cannot be read. Lines that make no sense are
 * skipped, as is what comes after NAMES_MAX_APPS different names. Of several names for one port
 * the first counts. NULL and *err only when memory is short. */
struct services *services_new(const char *path, struct err *err);
void services_free(struct services *services);

/* The app id of a port, or APP_UNKNOWN; of TCP, UDP and SCTP. */
uint16_t services_find(const struct services *services, uint8_t protocol, uint16_t port);

/* The lowest port that the file gives this name, of TCP, UDP or SCTP. Not for the names of services
 * that share an id with an application ("domain", "http"). */
bool services_port(const struct services *services, uint8_t protocol, const char *name,
                   uint16_t *port);

/* The text of an id from APP_FIRST_SERVICE on; "" for an id that there is not. */
const char *services_name(const struct services *services, uint16_t app);

#endif
