/* SPDX-License-Identifier: MIT */
/*
 * tcp_rtt: quantiles of one flow's round trips, in a cache line for each side.
 *
 * Four buckets an octave from 64 us to 1 s, and one at either end; what falls into a bucket is
 * taken to be its middle, so within that a quantile is at most 13 % off the true value. When a
 * bucket is full all are halved, so that what was long ago counts less.
 *
 * Most samples come in flows of which nothing else is near. So they wait in a short queue until
 * the line that they asked for has come.
 */
#ifndef MIRRORTOP_FLOW_TCP_RTT_H
#define MIRRORTOP_FLOW_TCP_RTT_H

#include "table.h"

enum { TCP_RTT_WAITING = 8 };

struct tcp_rtt_queue {
    struct {
        struct flow_rtt *rtt;
        uint32_t us;
        uint8_t side;
        bool first; /* what is in *rtt means nothing yet */
    } waiting[TCP_RTT_WAITING];
    unsigned next, count;
};

/* A sample towards side `side`. */
void tcp_rtt_queue_add(struct tcp_rtt_queue *queue, struct flow_entry entry, unsigned side,
                       uint32_t us);
/* Adds all that wait: to be called before one looks. */
void tcp_rtt_queue_flush(struct tcp_rtt_queue *queue);

void tcp_rtt_add(struct flow_rtt *rtt, unsigned side, uint32_t us);

/* The value that a share of `percent` does not exceed; UINT64_MAX: there are no samples. */
uint64_t tcp_rtt_quantile(const struct flow_rtt *rtt, unsigned side, unsigned percent);

#endif
