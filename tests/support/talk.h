/* SPDX-License-Identifier: MIT */
/*
 * talk: conversations as a mirror would deliver them, for generators of test captures.
 *
 * A struct mirror is one mirror session; what it sends is wrapped, cut to the session's
 * PacketLength and put into a capture. A struct talk is a conversation of two hosts, of which one
 * is the mirror source; it keeps the sequence numbers and a clock. Both count what they sent: the
 * truth that a test compares with.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_TALK_H
#define MIRRORTOP_TESTS_SUPPORT_TALK_H

#include "capture.h"
#include "framebuild.h"

enum { TALK_FIN = 1, TALK_SYN = 2, TALK_RST = 4, TALK_PSH = 8, TALK_ACK = 16 };

/* Milliseconds in the clocks' unit. */
#define TALK_MS UINT64_C(1000000)

struct mirror {
    struct capture *capture;
    const char *source;     /* outer source address; NULL: frames are not wrapped */
    const char *mac;        /* of the mirror source */
    const char *router_mac; /* of everybody else, as in a VPC */
    uint32_t vni;
    uint32_t packet_length; /* bytes kept behind the VXLAN header; 0: all */
    uint64_t gwlbe_id;      /* not 0: by way of a gateway load balancer endpoint, in GENEVE */
    uint8_t ttl;            /* of the outer header; 0: 255 */
    uint32_t interface;     /* of the capture, pcapng */
    /* truth */
    uint64_t packets, bytes, ingress, egress, truncated;
};

struct talk {
    struct mirror *mirror;
    const char *addr[2]; /* who opens the conversation is 0 */
    uint16_t port[2];
    int local; /* 0 or 1: which of the two is the mirror source */
    uint64_t now_ns;
    uint32_t next[2]; /* sequence number that each side sends next */
    uint16_t window[2];
    uint16_t ip_id[2];
    uint16_t vlan; /* 0: no tag */
};

/* Wraps an inner Ethernet frame and counts it; `hash` spreads the outer source port. `egress`: the
 * mirror source sent it. The frame is used up. */
void mirror_send(struct mirror *mirror, uint64_t ts_ns, struct fb *frame, uint32_t hash,
                 bool egress);

/* A conversation with all its defaults; IPv6 where the addresses are. */
struct talk talk_make(struct mirror *mirror, uint64_t start_ns, const char *client,
                      uint16_t client_port, const char *server, uint16_t server_port, int local);

/* Puts IP and Ethernet around what is in `fb` and sends it from `side` at the talk's time. */
void talk_send_ip(struct talk *talk, int side, struct fb *fb, uint8_t protocol);

/* A TCP segment from `side` with the sequence number that is due, which moves on. `data` NULL: a
 * pattern of n bytes. */
void talk_tcp(struct talk *talk, int side, uint8_t flags, const void *data, size_t n);
/* The same with any sequence number; nothing moves. */
void talk_tcp_at(struct talk *talk, int side, uint32_t seq, uint8_t flags, const void *data,
                 size_t n);
/* A segment of n bytes that no mirror sees; returns where it begins. */
uint32_t talk_skip(struct talk *talk, int side, size_t n);
/* An acknowledgment of what lies left of `seq`, whatever the other side has sent. */
void talk_acknowledge(struct talk *talk, int side, uint32_t seq);
/* SYN, SYN-ACK, ACK; the SYN-ACK comes after `there_ns`, the ACK `back_ns` after it. */
void talk_open(struct talk *talk, uint64_t there_ns, uint64_t back_ns);
/* FIN both ways and the last ACK, `step_ns` apart; `side` closes first. */
void talk_close(struct talk *talk, int side, uint64_t step_ns);

void talk_udp(struct talk *talk, int side, const void *data, size_t n);

/* The talk's clock. */
static inline void talk_wait(struct talk *talk, uint64_t ns)
{
    talk->now_ns += ns;
}

#endif
