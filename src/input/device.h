/* SPDX-License-Identifier: MIT */
/*
 * device: network devices to capture on. Internal to src/input.
 */
#ifndef MIRRORTOP_INPUT_DEVICE_H
#define MIRRORTOP_INPUT_DEVICE_H

#include "input.h"

/* The kernel's filter: UDP to one of the tunnel ports; "" when there are none. `vlan`: also behind
 * a VLAN tag. */
enum { DEVICE_FILTER = 512 };
void device_filter(const struct decode_config *config, bool vlan, char out[DEVICE_FILTER]);

/* "eth0, lo" into `out`. */
void device_names(char *out, size_t size);

/* What the kernel says of a device, asked through any socket. */
struct device_state {
    int index;         /* 0: there is no such device */
    int hardware;      /* ARPHRD_... */
    bool is_up;        /* configured to be */
    bool is_connected; /* the other end is there */
};
void device_look(int fd, const char *name, struct device_state *state);

#endif
