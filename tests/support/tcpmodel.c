/* SPDX-License-Identifier: MIT */
#include "tcpmodel.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "trace.h"

enum {
    EVENTS = 8192,
    WINDOW = 20,     /* segments on their way */
    SPACE_US = 1500, /* between two segments of the sender */
    TIMEOUT_US = 250000,
    SYN_US = 10000, /* the handshake takes no part in all this */
    CLIENT_SEQ = 5000,
    LARGEST = 1401, /* segment */
};
static const uint32_t first_seq = 0xffff8000u; /* so that it wraps */

enum kind { AT_RECEIVER, AT_SENDER, SEND, COPY };

struct event {
    uint64_t at_us;
    enum kind kind;
    unsigned number; /* of the segment, or acknowledged: all before it */
    unsigned next;   /* what had been sent by then: all before it */
    bool is_ack, again;
    uint16_t ip_id;
    uint32_t ts_value;
};

static struct {
    const struct tcpmodel_config *config;
    uint64_t random;
    struct event events[EVENTS];
    size_t count;
    uint32_t start[TCPMODEL_SEGMENTS + 1]; /* where the segments begin, from 0 */
    /* sender */
    unsigned next, acked, duplicates, recover;
    uint64_t progress_us;
    uint16_t ids[2];
    /* receiver */
    bool got[TCPMODEL_SEGMENTS];
    unsigned expected;
    /* observer */
    bool seen[TCPMODEL_SEGMENTS];
    int highest;
    struct tcpmodel_truth truth;
} m;

static bool happens(unsigned of_thousand)
{
    return random_below(&m.random, 1000) < of_thousand;
}

static void later(struct event event, uint64_t at_us)
{
    if (m.count == EVENTS)
        abort();
    event.at_us = at_us;
    m.events[m.count++] = event;
}

/* The earliest; of several the one that was planned first. */
static struct event take_first(void)
{
    size_t best = 0;
    struct event event;

    for (size_t i = 1; i < m.count; i++) {
        if (m.events[i].at_us < m.events[best].at_us)
            best = i;
    }
    event = m.events[best];
    m.count--;
    memmove(&m.events[best], &m.events[best + 1], (m.count - best) * sizeof(event));
    return event;
}

/* The mirrored place at a time: a copy, perhaps. Whole: the last ones always come. */
static void mirror(struct event event, uint64_t at_us)
{
    event.kind = COPY;
    if (event.number < m.config->segments && happens(m.config->mirror_loss))
        return;
    if (event.number < m.config->segments && happens(m.config->mirror_late))
        at_us += 1 + random_below(&m.random, m.config->late_us);
    later(event, at_us);
}

static void stamp(struct event *event, uint64_t now_us, unsigned side)
{
    event->ip_id = m.config->ids ? m.ids[side]++ : 0;
    event->ts_value = m.config->timestamps ? (uint32_t)(now_us / 1000) + 1000 : 0;
}

static void send_segment(unsigned number, bool again, uint64_t now_us)
{
    struct event event = { .number = number, .next = m.next, .again = again };
    uint64_t at_us = now_us + m.config->to_mirror_us;

    stamp(&event, now_us, 0);
    m.truth.resent += again;
    if (happens(m.config->loss_before))
        return;
    mirror(event, at_us);
    if (happens(m.config->loss_behind))
        return;
    event.kind = AT_RECEIVER;
    later(event, at_us + m.config->to_receiver_us);
}

static void send_ack(uint64_t now_us)
{
    struct event event = { .number = m.expected, .is_ack = true, .kind = AT_SENDER };
    uint64_t at_us = now_us + m.config->to_receiver_us;

    stamp(&event, now_us, 1);
    mirror(event, at_us);
    later(event, at_us + m.config->to_mirror_us);
}

static void receive(const struct event *event)
{
    m.got[event->number] = true;
    while (m.expected < m.config->segments && m.got[m.expected])
        m.expected++;
    send_ack(event->at_us);
}

static void acknowledged(const struct event *event)
{
    if (event->number > m.acked) {
        m.acked = event->number;
        m.duplicates = 0;
        m.progress_us = event->at_us;
        if (m.acked < m.recover)
            send_segment(m.acked, true, event->at_us); /* RFC 6582: a partial acknowledgment */
    } else if (event->number == m.acked && m.acked < m.next && ++m.duplicates == 3 &&
               m.acked >= m.recover) {
        m.recover = m.next;
        m.progress_us = event->at_us;
        send_segment(m.acked, true, event->at_us);
    }
}

static void may_send(uint64_t now_us)
{
    struct event tick = { .kind = SEND };

    if (m.acked == m.config->segments)
        return;
    if (m.next < m.config->segments && m.next < m.acked + WINDOW) {
        if (m.next == m.acked)
            m.progress_us = now_us;
        send_segment(m.next++, false, now_us);
    } else if (m.acked < m.next && now_us - m.progress_us >= TIMEOUT_US) {
        m.progress_us = now_us;
        m.recover = m.next;
        send_segment(m.acked, true, now_us);
    }
    later(tick, now_us + SPACE_US);
}

/* Whether a copy tells that its segment was sent again: its bytes were there, or something that was
 * sent before it lies right of it. */
static bool tells(const struct event *event)
{
    if (!event->again)
        return false;
    for (unsigned i = event->number; i < event->next; i++) {
        if (m.seen[i])
            return true;
    }
    return false;
}

/* Of the sender (0) or the receiver. */
static struct segment next_of(unsigned side, uint8_t flags)
{
    struct segment segment = {
        .src = side ? "192.0.2.1" : "10.0.1.10",
        .dst = side ? "10.0.1.10" : "192.0.2.1",
        .sport = side ? 443 : 40000,
        .dport = side ? 40000 : 443,
        .egress = side == 0,
        .flags = flags,
        .window = UINT16_MAX,
        .ip_id_zero = !m.config->ids || flags == (TCP_SYN | TCP_ACK),
    };

    segment.seq = (side ? CLIENT_SEQ : first_seq) - !!(flags & TCP_SYN);
    segment.ack = flags & TCP_ACK ? (side ? first_seq : CLIENT_SEQ) : 0;
    return segment;
}

/* A copy that the mirror has delivered. */
static void observe(const struct event *event)
{
    struct segment segment = next_of(event->is_ack, TCP_ACK);
    int number = (int)event->number;

    trace.now_ns = 1700000000000000000u + event->at_us * 1000;
    segment.ip_id = event->ip_id;
    segment.ip_id_zero = event->ip_id == 0;
    segment.ts_value = event->ts_value;
    if (event->is_ack) {
        segment.ack = first_seq + m.start[event->number];
        trace_segment(&segment);
        return;
    }
    segment.seq += m.start[number];
    segment.payload = m.start[number + 1] - m.start[number];
    if (tells(event))
        m.truth.seen_again++;
    else
        m.truth.late += number < m.highest;
    m.seen[number] = true;
    if (number > m.highest)
        m.highest = number;
    trace_segment(&segment);
}

/* Whole, and not distorted. */
static void handshake(void)
{
    unsigned opener = m.config->answers;
    const uint8_t flags[] = { TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK };

    for (unsigned i = 0; i < 3; i++) {
        unsigned side = i == 1 ? !opener : opener;
        struct segment segment = next_of(side, flags[i]);

        segment.ip_id = segment.ip_id_zero ? 0 : m.ids[side]++;
        segment.ip_id_zero = segment.ip_id == 0;
        segment.mss = flags[i] & TCP_SYN ? LARGEST : 0;
        segment.ts_value = flags[i] & TCP_SYN && m.config->timestamps ? 999 : 0;
        trace_segment(&segment);
        trace.now_ns += 2000ull * (i == 0 ? m.config->to_receiver_us : m.config->to_mirror_us);
    }
}

struct tcpmodel_truth tcpmodel_run(const struct tcpmodel_config *config)
{
    memset(&m, 0, sizeof(m));
    m.config = config;
    m.random = config->seed;
    m.highest = -1;
    m.ids[0] = (uint16_t)random_next(&m.random);
    m.ids[1] = (uint16_t)random_next(&m.random);
    for (unsigned i = 0; i < config->segments; i++)
        m.start[i + 1] = m.start[i] + 2 + (uint32_t)random_below(&m.random, LARGEST - 1);
    handshake();
    later((struct event){ .kind = SEND }, SYN_US);
    while (m.count > 0) {
        struct event event = take_first();

        switch (event.kind) {
        case AT_RECEIVER:
            receive(&event);
            break;
        case AT_SENDER:
            acknowledged(&event);
            break;
        case SEND:
            may_send(event.at_us);
            break;
        case COPY:
            observe(&event);
            break;
        }
    }
    for (unsigned i = 0; i < config->segments; i++) {
        if (!m.seen[i])
            m.truth.lost_bytes += m.start[i + 1] - m.start[i];
    }
    return m.truth;
}
