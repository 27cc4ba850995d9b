/* SPDX-License-Identifier: MIT */
/*
 * trace: frames of one mirrored host, collected for feeding to an engine in any batching.
 *
 * One trace a program: a test starts it anew. Every frame comes a millisecond after the one before
 * it, unless trace.now_ns is changed. What cannot be done ends the program.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_TRACE_H
#define MIRRORTOP_TESTS_SUPPORT_TRACE_H

#include "../../src/input/input.h"
#include "framebuild.h"

enum { TRACE_FRAMES = 4096 };

struct trace {
    struct frame frames[TRACE_FRAMES];
    size_t count;
    uint64_t now_ns;
};

extern struct trace trace;
extern struct fb fb; /* where frames are built */

/* MAC addresses of the mirrored host and of its router. */
extern const char eni_a[], router[];

void trace_start(void);

/* Takes what has been built in fb; cut_to: captured bytes, 0: all. */
void trace_add(size_t cut_to);

/* A mirrored TCP segment. */
struct segment {
    const char *src, *dst;
    uint16_t sport, dport;
    uint32_t seq, ack;
    uint8_t flags;
    size_t payload;
    bool egress;
    uint32_t vni;    /* 0: 7 */
    uint16_t window; /* 0: 1000, unless closed */
    bool closed;     /* the window is 0 */
    uint16_t ip_id;  /* 0: 1, unless ip_id_zero */
    bool ip_id_zero;
    uint8_t scale;       /* window scale, plus 1; 0: none */
    uint16_t mss;        /* 0: none */
    uint8_t cut;         /* bytes that the mirror keeps of TCP's header; 0: all */
    uint32_t ts_value;   /* 0: no timestamps */
    uint32_t sack[2][2]; /* blocks; those from 0 to 0 are left out */
    bool by_linux;       /* a SYN's options as Linux has them: size, SACK, timestamps, scale */
};

void trace_segment(const struct segment *s);

/* Segments of 10.0.1.10:40000 (the mirrored host) and 192.0.2.1:443. */
void trace_client(uint32_t seq, uint32_t ack, uint8_t flags, size_t payload);
void trace_server(uint32_t seq, uint32_t ack, uint8_t flags, size_t payload);
void trace_handshake(void); /* sequence numbers 100 and 900 */

/* A datagram of the mirrored host, 10.0.1.10, from this port to 192.0.2.9:9999; and that one with
 * this head was refused there (ICMP port unreachable). */
enum { TRACE_QUOTE = 28 };
void trace_datagram(uint16_t port, uint8_t head[TRACE_QUOTE]);
void trace_refused(const uint8_t head[TRACE_QUOTE]);

#endif
