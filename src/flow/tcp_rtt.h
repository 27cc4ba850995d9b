/* SPDX-License-Identifier: MIT */
/*
 * tcp_rtt: quantiles of one flow's round trips, in a cache line for each side.
 *
 * Four buckets an octave from 64 us to 1 s, and one at either end; what falls into a bucket is
 * taken to be its middle, so within that a quantile is at most 12.5 % off the true value. When a
 * bucket is full all are halved, so that what was long ago counts less. The shortest is that of all
 * samples, and the buckets have the first TCP_RTT_ALL of them; later on one of TCP_RTT_EVERY, an
 * odd number: what delayed acknowledgments do comes in pairs.
 *
 * Many flows have one sample a side at most, which needs no buckets: the shortest round trip stands
 * with the state of TCP. Most others come in flows of which nothing else is near. So they wait in a
 * short queue until the line that they asked for has come.
 */
#ifndef MIRRORTOP_FLOW_TCP_RTT_H
#define MIRRORTOP_FLOW_TCP_RTT_H

#include "entry.h"

/* flow_tcp_side.rtt_samples: how many there were; behind TCP_RTT_ALL since one went into the
 * buckets. One that is alone does not. */
enum { TCP_RTT_NONE, TCP_RTT_ONE, TCP_RTT_ALL = 16, TCP_RTT_EVERY = 5 };

enum { TCP_RTT_WAITING = 8 };

struct tcp_rtt_queue {
    struct {
        struct flow_rtt_side *rtt;
        uint32_t us;
        uint32_t first_us;
        bool is_second; /* what is in *rtt means nothing yet, and first_us belongs into it */
    } waiting[TCP_RTT_WAITING];
    unsigned next, count;
};

/* A sample behind the first one. */
void tcp_rtt_queue_add(struct tcp_rtt_queue *queue, struct flow_table *table,
                       struct flow_entry entry, unsigned side, uint32_t us);
/* Adds all that wait: to be called before one looks at quantiles, and before a flow ends. */
void tcp_rtt_queue_flush(struct tcp_rtt_queue *queue);

/* A sample towards a side. */
static inline void tcp_rtt_sample(struct tcp_rtt_queue *queue, struct flow_table *table,
                                  struct flow_entry entry, unsigned side, uint32_t us)
{
    struct flow_tcp_side *t = &entry.tcp->side[side];

    if (t->rtt_samples >= TCP_RTT_ALL && ++t->rtt_samples == TCP_RTT_ALL + TCP_RTT_EVERY)
        t->rtt_samples = TCP_RTT_ALL;
    if (t->rtt_samples != TCP_RTT_NONE && t->rtt_samples <= TCP_RTT_ALL)
        tcp_rtt_queue_add(queue, table, entry, side, us);
    if (t->rtt_samples == TCP_RTT_NONE || us < t->rtt_least_us)
        t->rtt_least_us = us;
    t->rtt_samples += t->rtt_samples < TCP_RTT_ALL;
}

/* The value that a share of `percent` of the samples towards the side does not exceed, at least the
 * shortest; UINT64_MAX: there are none. */
uint64_t tcp_rtt_quantile(const struct flow_table *table, struct flow_entry entry, unsigned side,
                          unsigned percent);

#endif
