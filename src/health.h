/* SPDX-License-Identifier: MIT */
/*
 * health: answers the health checks of load balancers, which know TCP and HTTP only.
 *
 * A TCP check is content with being accepted. GET and HEAD of any path give 200, or 503 when the
 * input has failed, and the counters as JSON. A thread of its own serves at most HEALTH_CLIENTS
 * connections at once; each may send HEALTH_REQUEST bytes and last HEALTH_SECONDS, then it is
 * closed. Further ones wait in the kernel's backlog.
 */
#ifndef MIRRORTOP_HEALTH_H
#define MIRRORTOP_HEALTH_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

enum { HEALTH_CLIENTS = 16, HEALTH_REQUEST = 4096, HEALTH_SECONDS = 2, HEALTH_REASON = 256 };

/* All but `failed` and `reason` are since the start. */
struct health_report {
    bool failed; /* the input has ended with an error: no packet can come any more */
    uint64_t packets, mirrored, not_mirrored;
    uint64_t kernel_drops, queue_drops;
    uint64_t last_packet_ns;    /* since 1970; 0: none came yet */
    char reason[HEALTH_REASON]; /* why it failed, or what is wrong all the same; "": nothing */
};

/* Fills the report in (it comes zeroed); called on the thread that answers. */
typedef void health_read(void *context, struct health_report *report);

struct health;

/* Binds and listens: before the sandbox. `address` is numeric ("10.0.0.5", "::1"); NULL: all of
 * IPv4 and IPv6. Port 0 is any free one. NULL and *err: EXIT_PERMISSION when the port or the
 * address may not be used, else EXIT_RUNTIME. */
struct health *health_open(const char *address, uint16_t port, struct err *err);

uint16_t health_port(const struct health *health);

/* Starts the thread, which takes no signals. At most once; false and *err (EXIT_RUNTIME). */
bool health_start(struct health *health, health_read *read, void *context, struct err *err);

/* Ends the thread at once, whoever is connected, and releases all. NULL is fine. */
void health_stop(struct health *health);

/* ---- the request, RFC 9112, as far as a health check goes ---- */

enum health_verdict {
    HEALTH_MORE, /* so far so good: more has to come */
    HEALTH_GET,
    HEALTH_HEAD,
    HEALTH_METHOD, /* another method: 405 */
    HEALTH_BAD,    /* not HTTP/1: 400 */
};

/* What the first `size` bytes of a connection are. Pure; a verdict other than HEALTH_MORE stays
 * the same however many bytes follow. */
enum health_verdict health_judge(const char *bytes, size_t size);

#endif
