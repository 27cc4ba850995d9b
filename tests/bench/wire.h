/* SPDX-License-Identifier: MIT */
/*
 * wire: mirrored frames for the bench, written as a pcap file as fast as they can be made.
 *
 * A frame is written from the outside in: wire_ip() for the headers up to the inner IP header,
 * then the caller puts `transport` bytes where it was told to, then wire_send(). One frame at a
 * time; a failed write ends the program.
 */
#ifndef MIRRORTOP_TESTS_BENCH_WIRE_H
#define MIRRORTOP_TESTS_BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../support/bytes.h"

enum { WIRE_OUTER = 50, WIRE_MAX = 2048 };

/* Who talks to whom; addresses by their last 32 bits. `hash` chooses the mirror source (of 64),
 * the VNI (of 8) and the outer port. */
struct wire_pair {
    uint32_t client, server;
    uint32_t hash;
    uint16_t client_port, server_port;
    bool ipv6;
    bool from_server;
};

struct wire {
    FILE *out;
    uint32_t snaplen;
    uint64_t now_ns; /* stamped on the next frame */
    uint16_t ip_id;
    uint64_t packets, inner_bytes, ipv6_packets;
    uint8_t frame[WIRE_MAX];
};

void wire_open(struct wire *wire, const char *path, uint32_t snaplen, uint64_t now_ns);
void wire_close(struct wire *wire, const char *path);

/* Inner Ethernet and IP headers for `transport` bytes; returns where those begin and leaves the
 * pseudo-header's sum (RFC 9293 section 3.1) in *sum. */
uint8_t *wire_ip(struct wire *wire, const struct wire_pair *pair, uint8_t protocol,
                 uint32_t transport, uint64_t *sum);

/* Ports of TCP or UDP, in the frame's direction. */
void wire_ports(const struct wire_pair *pair, uint8_t *p);

/* Wraps the frame whose transport header is at `p`, and writes it. */
void wire_send(struct wire *wire, const struct wire_pair *pair, const uint8_t *p,
               uint32_t transport);

/* The Internet checksum (RFC 1071): the sum of 16-bit words, and what is written of it. */
uint64_t wire_sum(const uint8_t *p, size_t length);
uint16_t wire_checksum(uint64_t sum);

#endif
