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

static void add(struct flow_rtt_side *rtt, uint32_t us)
{
    uint8_t *bucket = &rtt->bucket[bucket_of(us)];

    if (*bucket == UINT8_MAX) {
        for (unsigned i = 0; i < FLOW_RTT_BUCKETS; i++)
            rtt->bucket[i] = (uint8_t)((rtt->bucket[i] + 1) / 2);
    }
    (*bucket)++;
}

/* The bucket that a share of `percent` does not go beyond. */
static unsigned quantile_bucket(const struct flow_rtt_side *rtt, unsigned percent)
{
    uint32_t count = 0, seen = 0, wanted;
    unsigned at = 0;

    for (unsigned i = 0; i < FLOW_RTT_BUCKETS; i++)
        count += rtt->bucket[i];
    wanted = (count * percent + 99) / 100;
    while (at < LAST && (seen += rtt->bucket[at]) < wanted)
        at++;
    return at;
}

uint64_t tcp_rtt_quantile(const struct flow_table *table, struct flow_entry entry, unsigned side,
                          unsigned percent)
{
    const struct flow_tcp_side *t = &entry.tcp->side[side];
    uint64_t value;

    if (t->rtt_samples == TCP_RTT_NONE)
        return UINT64_MAX;
    if (t->rtt_samples == TCP_RTT_ONE)
        return t->rtt_least_us;
    value = bucket_value(quantile_bucket(&table->rtts[entry.reply->rtt].to[side], percent));
    return value < t->rtt_least_us ? t->rtt_least_us : value;
}

static void take(struct tcp_rtt_queue *queue, unsigned at)
{
    struct flow_rtt_side *rtt = queue->waiting[at].rtt;

    if (queue->waiting[at].is_second) {
        memset(rtt, 0, sizeof(*rtt));
        add(rtt, queue->waiting[at].first_us);
    }
    add(rtt, queue->waiting[at].us);
}

void tcp_rtt_queue_add(struct tcp_rtt_queue *queue, struct flow_table *table,
                       struct flow_entry entry, unsigned side, uint32_t us)
{
    const struct flow_tcp_side *t = &entry.tcp->side[side];
    unsigned at = queue->next;
    struct flow_rtt_side *rtt;

    if (!flow_has_rtt(entry.tcp))
        flow_table_take_rtt(table, entry.reply);
    rtt = &table->rtts[entry.reply->rtt].to[side];
    __builtin_prefetch(rtt, 1);
    if (queue->count == TCP_RTT_WAITING)
        take(queue, at);
    else
        queue->count++;
    queue->waiting[at].rtt = rtt;
    queue->waiting[at].us = us;
    queue->waiting[at].first_us = t->rtt_least_us;
    queue->waiting[at].is_second = t->rtt_samples == TCP_RTT_ONE;
    queue->next = (at + 1) % TCP_RTT_WAITING;
}

void tcp_rtt_queue_flush(struct tcp_rtt_queue *queue)
{
    unsigned at = (queue->next + TCP_RTT_WAITING - queue->count) % TCP_RTT_WAITING;

    for (; queue->count > 0; queue->count--, at = (at + 1) % TCP_RTT_WAITING)
        take(queue, at);
}
