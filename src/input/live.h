/* SPDX-License-Identifier: MIT */
/*
 * live: what the sources that receive have in common. Internal to src/input.
 *
 * Binding a UDP port and explaining why it cannot be had (bind.c, portuser.c), and asking the
 * kernel about its network devices (links.c). All of it but links_each() belongs to opening.
 */
#ifndef MIRRORTOP_INPUT_LIVE_H
#define MIRRORTOP_INPUT_LIVE_H

#include "input.h"

#include <net/if.h>

enum {
    /* A kernel buffer of this size holds some milliseconds of any mirror that one core can follow,
     * so that reading may wait for a larger batch. */
    LIVE_PATIENT_BYTES = 4 << 20,
    LIVE_KIND = 16, /* of device: "vxlan", "veth" ... */
};

/* A 32-bit counter of the kernel's, which wraps, as one that does not. */
struct live_counter {
    uint64_t total;
    uint32_t last;
};

/* A reading that is older than the last one (they come by two ways) changes nothing. */
static inline void live_count(struct live_counter *counter, uint32_t now)
{
    uint32_t more = now - counter->last;

    if (more == 0 || more > UINT32_MAX / 2)
        return;
    counter->total += more;
    counter->last = now;
}

/* Adds a line to input->notice; what does not fit is left out. */
void live_notice(struct input *input, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The path of this program, for a line that the user is to type. */
void live_program(char *path, size_t size);

/* A non-blocking UDP socket, bound to `port` of `address` (numeric; NULL: all, IPv4 and IPv6 where
 * the machine has it). -1 and *err as input_open_socket(). */
int live_bind(const char *address, uint16_t port, struct err *err);

/* Who has UDP port `port`, and what to do about it: what follows "port 4789 is held by ". */
void live_port_user(uint16_t port, char *out, size_t size);

/* A network device, as the kernel describes it. */
struct link_info {
    char name[IFNAMSIZ];
    char kind[LIVE_KIND]; /* "": a real one */
    uint16_t port;        /* UDP port of a vxlan or geneve device, else 0 */
    bool is_up;
    uint64_t rx_drops; /* VALUE_UNKNOWN: not told */
};

typedef void link_fn(const struct link_info *info, void *context);

/* A socket to ask with (needs no privilege), or -1. */
int links_open(void);

/* Calls `fn` for the device `name` (NULL: for each one). False when the kernel did not answer.
 * Only read() and write() on `fd`, so that it works after the sandbox has been entered. */
bool links_each(int fd, const char *name, link_fn *fn, void *context);

#endif
