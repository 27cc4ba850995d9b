/* SPDX-License-Identifier: MIT */
#include "tcp_rtt.h"

enum { FIRST_OCTAVE = 6, STEPS = 4, LAST = FLOW_RTT_BUCKETS - 1 };

_Static_assert((LAST - 1) / STEPS == 20 - FIRST_OCTAVE, "from 64 us to 2^20 us");

static unsigned bucket_of(uint32_t us)
{
    unsigned octave, bucket;

    if (us < 1u << FIRST_OCTAVE)
        return 0;
    octave = 31u - (unsigned)__builtin_clz(us);
    bucket = 1 + (octave - FIRST_OCTAVE) * STEPS + (us >> (octave - 2) & 3);
    return bucket < LAST ? bucket : LAST;
}

/* The smallest value of a bucket. */
static uint64_t bucket_bottom(unsigned bucket)
{
    unsigned octave;

    if (bucket == 0)
        return 0;
    octave = FIRST_OCTAVE + (bucket - 1) / STEPS;
    return (uint64_t)(STEPS + (bucket - 1) % STEPS) << (octave - 2);
}

/* What a bucket's samples are taken to be: its middle. The last one has none. */
static uint64_t bucket_value(unsigned bucket)
{
    uint64_t bottom = bucket_bottom(bucket);

    return bucket == LAST ? bottom : (bottom + bucket_bottom(bucket + 1)) / 2;
}

void tcp_rtt_add(struct flow_rtt *rtt, unsigned side, uint32_t us)
{
    uint8_t *bucket = rtt->to[side].bucket;
    unsigned at = bucket_of(us);

    if (rtt->to[side].count == 0 || us < rtt->to[side].min_us)
        rtt->to[side].min_us = us;
    if (rtt->to[side].count < UINT16_MAX)
        rtt->to[side].count++;
    if (bucket[at] == UINT8_MAX) {
        for (unsigned i = 0; i < FLOW_RTT_BUCKETS; i++)
            bucket[i] = (uint8_t)((bucket[i] + 1) / 2);
    }
    bucket[at]++;
}

uint64_t tcp_rtt_quantile(const struct flow_rtt *rtt, unsigned side, unsigned percent)
{
    const uint8_t *bucket = rtt->to[side].bucket;
    uint32_t count = 0, seen = 0, wanted;

    if (rtt->to[side].count == 0)
        return UINT64_MAX;
    if (rtt->to[side].count == 1)
        return rtt->to[side].min_us;
    for (unsigned i = 0; i < FLOW_RTT_BUCKETS; i++)
        count += bucket[i];
    wanted = (count * percent + 99) / 100;
    for (unsigned i = 0; i < FLOW_RTT_BUCKETS; i++) {
        seen += bucket[i];
        if (seen >= wanted) {
            uint64_t value = bucket_value(i);

            return value < rtt->to[side].min_us ? rtt->to[side].min_us : value;
        }
    }
    return rtt->to[side].min_us;
}

static void take(struct tcp_rtt_queue *queue, unsigned at)
{
    struct flow_rtt *rtt = queue->waiting[at].rtt;

    if (queue->waiting[at].first)
        memset(rtt, 0, sizeof(*rtt));
    tcp_rtt_add(rtt, queue->waiting[at].side, queue->waiting[at].us);
}

void tcp_rtt_queue_add(struct tcp_rtt_queue *queue, struct flow_entry entry, unsigned side,
                       uint32_t us)
{
    unsigned at = queue->next;

    __builtin_prefetch(&entry.rtt->to[side], 1);
    if (queue->count == TCP_RTT_WAITING)
        take(queue, at);
    else
        queue->count++;
    queue->waiting[at].rtt = entry.rtt;
    queue->waiting[at].us = us;
    queue->waiting[at].side = (uint8_t)side;
    queue->waiting[at].first = !flow_has(entry, FLOW_HAS_RTT);
    entry.reply->marks |= FLOW_HAS_RTT;
    queue->next = (at + 1) % TCP_RTT_WAITING;
}

void tcp_rtt_queue_flush(struct tcp_rtt_queue *queue)
{
    unsigned at = (queue->next + TCP_RTT_WAITING - queue->count) % TCP_RTT_WAITING;

    for (; queue->count > 0; queue->count--, at = (at + 1) % TCP_RTT_WAITING)
        take(queue, at);
}
