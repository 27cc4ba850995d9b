/* SPDX-License-Identifier: MIT */
/*
 * scan: suspected scans, from failed connection attempts.
 *
 * Sees connection events, not packets: an attempt that was refused (RST, ICMP unreachable) or not
 * answered. Two shapes, counted by distinct targets within a window:
 *   address_scan  one source, many hosts on one port   (25 hosts)
 *   port_scan     one source, many ports of one host   (15 ports)
 * The thresholds and the window (5 minutes) are those of Zeek's scan policy. A count starts anew
 * when the window has passed without reaching the threshold; a scan goes on until it has been
 * quiet for a window. All memory is fixed: see the enum.
 *
 * What a mirror cannot show: probes that the source's security group refused are never mirrored
 * (AWS Traffic Mirroring, limitations), so silence here is no proof.
 */
#ifndef MIRRORTOP_DETECT_SCAN_H
#define MIRRORTOP_DETECT_SCAN_H

#include "../../decode/packet.h"
#include "../err.h"

#include <stddef.h>

enum scan_kind { SCAN_ADDRESSES, SCAN_PORTS, SCAN_KIND_COUNT };

enum {
    SCAN_FIRSTS = 8192,    /* the last attempts: one that nothing follows takes no tracker */
    SCAN_TRACKERS = 8192,  /* sources and what they try; of a few, the least worth makes room */
    SCAN_SMALL = 32,       /* targets that a tracker keeps itself */
    SCAN_SUSPICIONS = 512, /* scans at a time: each has a set of targets of its own */
    SCAN_TARGETS = 2048,   /* distinct targets of a scan that are counted exactly */
    SCAN_WINDOW_S = 300,
};

extern const uint32_t scan_threshold[SCAN_KIND_COUNT];

struct scan_attempt {
    struct ip_addr src, dst;
    uint64_t ts_ns;
    uint16_t session;
    uint16_t port; /* of dst */
    uint16_t src_port;
    uint8_t protocol;
    uint8_t path : 7; /* of src's packets through the session: see mirror/session.h */
    bool refused : 1; /* else: not answered */
};

_Static_assert(sizeof(struct scan_attempt) == 64, "floods of attempts are kept: a cache line each");

/* A scan that has passed its threshold. */
struct scan {
    struct ip_addr src;
    struct ip_addr dst;     /* SCAN_PORTS only */
    struct ip_addr example; /* dst of the attempt that passed the threshold */
    uint64_t serial;        /* order of detection, from 1 */
    uint64_t started_ns, last_ns;
    uint64_t refused, unanswered; /* attempts */
    uint32_t targets;             /* distinct; at SCAN_TARGETS it means "at least" */
    uint16_t session;
    uint16_t port;     /* SCAN_ADDRESSES only */
    uint16_t src_port; /* of that attempt, and its path */
    uint8_t path;
    uint8_t protocol;
    uint8_t kind; /* enum scan_kind */
};

struct scan_detector;

/* seed: of the hash tables. What is found does not depend on it. */
struct scan_detector *scan_new(uint64_t seed, struct err *err);
void scan_free(struct scan_detector *detector);
void scan_clear(struct scan_detector *detector);

/* An attempt has failed: fill in all of what the first returns, then call the second. */
struct scan_attempt *scan_attempt_next(struct scan_detector *detector);
void scan_failed(struct scan_detector *detector);

/* The scans found, in order of detection; *count of them. Older ones make room when there are
 * more than SCAN_SUSPICIONS: `found` counts all. */
const struct scan *scan_list(struct scan_detector *detector, size_t *count, uint64_t *found);

/* Goes through the distinct targets of a scan of the list, in no order: ports, or IPv4 addresses
 * (word32[0]); of IPv6 ones hashes. *at: 0 at first. false: no more. */
bool scan_next_target(const struct scan_detector *detector, const struct scan *scan, size_t *at,
                      uint64_t *target);

#endif
