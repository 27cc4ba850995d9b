/* SPDX-License-Identifier: MIT */
/*
 * doctor_system: the host's own counters, which tell why nothing arrives.
 *
 * Linux: /proc/net/dev, /proc/net/snmp and /proc/net/snmp6 (proc(5)). They are opened once, since
 * later nothing may be opened any more, and read again each time.
 */
#ifndef MIRRORTOP_DOCTOR_SYSTEM_H
#define MIRRORTOP_DOCTOR_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers that only grow, of all of the host. */
struct host_counters {
    uint64_t received;    /* packets that all devices but the loopback's received */
    uint64_t udp_no_port; /* datagrams for ports that nothing was bound to */
};

struct host_files {
    int dev, snmp, snmp6; /* -1: not there */
    struct host_counters start;
    bool known; /* `start` could be read */
};

void host_open(struct host_files *files);
void host_close(struct host_files *files);

/* How far the counters have moved since host_open(); false: they cannot be read. */
bool host_read(const struct host_files *files, struct host_counters *moved);

/* Counts from now on. */
void host_restart(struct host_files *files);

/* For tests: takes the counters from the texts of the three files ("" is fine). */
bool host_parse(const char *dev, const char *snmp, const char *snmp6,
                struct host_counters *counters);

#endif
