/* SPDX-License-Identifier: MIT */
/*
 * cases: what the generators of the golden captures share.
 *
 * A generator is a table of cases and a main() that calls cases_main(): it writes
 * DIRECTORY/NAME/capture.pcap (or .pcapng) for each of them, always the same bytes.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_CASES_H
#define MIRRORTOP_TESTS_SUPPORT_CASES_H

#include "talk.h"

/* 2025-01-01T00:00:00Z */
#define CASES_START (UINT64_C(1735689600) * 1000000000)

struct golden_case {
    const char *name;
    void (*make)(struct capture *capture);
    struct capture_pcap format;                 /* link type 0: Ethernet */
    const struct capture_interface *interfaces; /* pcapng: ends with link type 0 */
    bool as_made;                               /* frames are not sorted by time */
};

/* A mirror session of 10.0.1.10 (or another `source`) into the capture. */
struct mirror cases_mirror(struct capture *capture, const char *source, uint32_t vni);

/* `ms` after the start. */
static inline uint64_t cases_at(uint64_t ms)
{
    return CASES_START + ms * TALK_MS;
}

int cases_main(int argc, char **argv, const struct golden_case *cases, size_t count);

#endif
