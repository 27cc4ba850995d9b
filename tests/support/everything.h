/* SPDX-License-Identifier: MIT */
/*
 * everything: frames with which every table of a snapshot has rows worth sorting.
 *
 * Several mirror sessions and frames that are not encapsulated, IPv4 and IPv6, TCP with names, DNS,
 * retransmits, scans of both kinds, truncated frames and frames that are not IP. Much is alike on
 * purpose: most fields have ties. Always the same frames, in order of time.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_EVERYTHING_H
#define MIRRORTOP_TESTS_SUPPORT_EVERYTHING_H

#include "capture.h"

/* 2025-01-01T00:00:00Z; all frames lie within the ten seconds from here. */
#define EVERYTHING_START (UINT64_C(1735689600) * 1000000000)

enum {
    EVERYTHING_SESSIONS = 5, /* with "direct" */
    EVERYTHING_TALKS = 240,  /* flows, without those of the scans */
    EVERYTHING_SCANS = 6,
};

/* Adds them to an empty capture. */
void everything_add(struct capture *capture);

#endif
