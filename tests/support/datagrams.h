/* SPDX-License-Identifier: MIT */
/*
 * datagrams: what a traffic mirror sends to port 4789, for tests that really send it.
 *
 * A stream hands out runs of datagrams of one size, one behind the other in memory, as UDP
 * segmentation wants them. A datagram is a VXLAN header and an Ethernet frame. The same
 * configuration gives the same bytes every time. One thread.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_DATAGRAMS_H
#define MIRRORTOP_TESTS_SUPPORT_DATAGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DATAGRAMS_RUN = 64, /* at most so many in a run: UDP_MAX_SEGMENTS of older kernels */
    DATAGRAMS_RUN_BYTES = 60000,
    DATAGRAMS_MAX = 9216, /* bytes of one */
};

enum datagrams_kind {
    DATAGRAMS_PCAP,    /* what a capture of mirrored traffic holds, again and again */
    DATAGRAMS_FLOWS,   /* TCP connections, with new ones in place of old ones at a given rate */
    DATAGRAMS_SYNS,    /* a SYN from a random source each */
    DATAGRAMS_GARBAGE, /* random bytes of random length */
};

struct datagrams_config {
    enum datagrams_kind kind;
    const char *path; /* DATAGRAMS_PCAP */
    /* Each datagram is cut or filled up to so many bytes; 0: as they are (DATAGRAMS_PCAP), or 86:
     * frames of 128 bytes. Filled up behind the inner packet, as Ethernet does. */
    size_t size;
    /* DATAGRAMS_FLOWS: so many datagrams for each connection that is opened. */
    uint32_t packets_per_flow;
    uint64_t seed;
};

struct datagrams_run {
    const uint8_t *data;
    size_t size;          /* bytes of each */
    unsigned count;       /* 1 to DATAGRAMS_RUN */
    uint64_t inner_bytes; /* of all: total length of the IP packets, else of the frames */
    unsigned opened;      /* connections that begin in this run */
};

struct datagrams;

/* Ends the program with a message when the capture cannot be read or memory is short. */
struct datagrams *datagrams_new(const struct datagrams_config *config);
void datagrams_free(struct datagrams *datagrams);

/* At most `max` datagrams (at least 1), valid until the next call. */
void datagrams_next(struct datagrams *datagrams, unsigned max, struct datagrams_run *run);

#endif
