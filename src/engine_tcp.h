/* SPDX-License-Identifier: MIT */
/*
 * engine_tcp: what the files about TCP share; nobody else includes it.
 *
 *   engine_tcp.c        the state of connections, handshakes; hands segments on
 *   engine_tcp_data.c   sequence numbers: what is sent again, what was overtaken
 *   engine_tcp_doubt.c  what is too far off to be believed
 *   engine_tcp_resend.c the kinds of retransmits
 *   engine_tcp_ids.c    retransmits that only IP identifications show
 *   engine_tcp_ack.c    acknowledgments: what the mirror has lost, duplicates, round trips
 *   engine_tcp_count.c  counters
 *   engine_tcp_event.c  the packets behind them, and why
 *   engine_tcp_cut.c    what options tell that were cut off
 *   engine_tcp_fragments.c  segments in several packets
 *   engine_tcp_copy.c   round trips of flows that are seen in several sessions
 *   engine_tcp_join.c   two flows turn out to be one
 */
#ifndef MIRRORTOP_ENGINE_TCP_H
#define MIRRORTOP_ENGINE_TCP_H

#include "engine_state.h"

enum {
    TCP_ID_STEPS = 15,       /* flow_tcp_side.id_steps is more only after steps of one */
    TCP_ID_TOLD = 4,         /* steps of one after which engine_tcp_number() is asked */
    TCP_ID_MOST = 64,        /* ... of which there are never more */
    TCP_ID_SMALL_STEP = 64,  /* a counter that others use, too, still goes on in such steps */
    TCP_ID_NEAR = 1024,      /* further apart identifications say nothing */
    TCP_TIMEOUT_US = 180000, /* the shortest timeout in use is 200 ms (Linux: TCP_RTO_MIN) */
};

/* A segment being looked at; its flow has a rest. */
struct tcp_look {
    struct engine *engine;
    struct flow_entry entry;
    const struct packet *packet;
    struct flow_tcp_side *self, *peer; /* of who sent it, of who receives it */
    unsigned side;                     /* of who sent it */
    bool elsewhere;                    /* not in the flow's own session */
    uint32_t length;                   /* sequence numbers that it takes */
    uint32_t now_us;                   /* modulo 2^32 */
};

/* The receiver has acknowledged all left of `seq`. */
static inline bool tcp_is_acknowledged(const struct tcp_look *look, uint32_t seq)
{
    return look->peer->flags & FLOW_TCP_ACK && !tcp_is_left(look->peer->ack, seq);
}

static inline bool tcp_knows_sequence(const struct tcp_look *look, unsigned side)
{
    return look->entry.flow->flags & FLOW_SEQ_A << side;
}

/* A round trip towards `side`: between what was sent to it and its answer. */
static inline void engine_tcp_rtt(struct engine *engine, struct flow_entry entry, unsigned side,
                                  uint64_t us)
{
    if (us > UINT32_MAX / 2)
        return; /* a stamp that went backwards, or who knows what */
    tcp_rtt_sample(&engine->rtt_queue, &engine->flows, entry, side, (uint32_t)us);
    histogram_add(&engine->rtt_to[side != flow_src_side(entry.flow)], us);
    if (engine->filter.program)
        engine_filter_sample(engine, entry, side, us);
}

/* The shortest round trip towards a side; 0: unknown. */
static inline uint32_t tcp_least_rtt(const struct tcp_look *look, unsigned side)
{
    const struct flow_tcp_side *t = &look->entry.tcp->side[side];

    return t->rtt_samples == TCP_RTT_NONE ? 0 : t->rtt_least_us;
}

/* The segment with the next bytes, up to `end`, is timed, unless another one is. */
static inline void tcp_start_timing(struct flow_tcp_side *sender, uint32_t end, uint32_t now_us)
{
    if (sender->flags & FLOW_TCP_TIMED)
        return;
    sender->timed_end = end;
    sender->timed_us = now_us;
    sender->flags |= FLOW_TCP_TIMED;
}

/* More is acknowledged: if the segment being timed is, that was a round trip from the mirror to the
 * receiver and back. */
static inline void tcp_stop_timing(struct engine *engine, struct flow_entry entry,
                                   unsigned receiver, uint32_t ack, uint32_t now_us)
{
    struct flow_tcp_side *sender = &entry.tcp->side[!receiver];

    if (!(sender->flags & FLOW_TCP_TIMED) || tcp_is_left(ack, sender->timed_end))
        return;
    sender->flags &= (uint8_t)~FLOW_TCP_TIMED;
    engine_tcp_rtt(engine, entry, receiver, now_us - sender->timed_us);
}

static inline void tcp_note_largest(struct flow_tcp_side *t, uint32_t payload)
{
    if (payload > t->largest)
        t->largest = payload < UINT16_MAX ? (uint16_t)payload : UINT16_MAX;
}

/* Whether what `self` has sent ends where the window does that the peer advertised last. */
static inline bool tcp_fills_window(const struct flow_tcp_side *self,
                                    const struct flow_tcp_side *peer, uint32_t end)
{
    bool scaled = self->scale != FLOW_SCALE_NONE && peer->scale != FLOW_SCALE_NONE;
    uint32_t window = (uint32_t)peer->window << (scaled ? peer->scale : 0);

    return peer->flags & FLOW_TCP_ACK && peer->flags & self->flags & FLOW_TCP_SCALE &&
           end == peer->ack + window;
}

/* Nothing that rests on options of TCP can be told. */
static inline bool tcp_is_cut(struct flow_entry entry)
{
    return flow_has(entry, FLOW_CUT_OPTIONS);
}

/* engine_tcp.c: the first half of the handshake, from the SYN to its answer, at hand ... */
void engine_tcp_syn_answered(struct engine *engine, struct flow_entry entry, unsigned side,
                             uint64_t ts_ns);
/* ... and the whole, to the ACK. Both in the flow's own session. */
void engine_tcp_shaken(struct engine *engine, struct flow_entry entry, unsigned side,
                       uint64_t ts_ns);

/* engine_tcp_cut.c: forgets what a flow, or one that it was joined with, has counted by options of
 * TCP before they were cut off; not in sums. */
void engine_tcp_take_back(struct flow_entry entry);

/* engine_tcp_fragments.c: the segment, which has been carried, is in the first of several
 * fragments. */
void engine_tcp_first_fragment(const struct tcp_look *look);
/* The side has sent what lies left of `seq`: of that, what the other fragments had is carried. */
void engine_tcp_take_fragments(const struct tcp_look *look, unsigned side, uint32_t seq);
/* Whether what is missing between all that the side has carried and `seq` may be in fragments that
 * did not come. */
bool engine_tcp_may_be_fragments(const struct tcp_look *look, unsigned side, uint32_t seq);

/* engine_tcp_copy.c: a segment that is worth timing came elsewhere. */
void engine_tcp_await(const struct tcp_look *look);
/* What is timed is so no more. */
void engine_tcp_time_none(struct engine *engine, struct flow_entry entry, unsigned side);

/* engine_tcp_data.c: sequence numbers of a segment that is no reset. */
void engine_tcp_sequence(struct tcp_look *look);
/* What is known of a hole that the segment opens. by_ack: with its acknowledgment, in the other
 * direction. */
struct tcp_hole engine_tcp_opens(const struct tcp_look *look, bool by_ack);
/* Counts what of `side`'s the mirror has lost by now. gone: of holes that are no more. */
void engine_tcp_settle(const struct tcp_look *look, unsigned side, struct tcp_loss gone);

/* engine_tcp_doubt.c: `seq`, right of all that `side` was seen to send, lies too far behind its SYN
 * to be of the same connection for certain: nothing has been acknowledged yet, and first windows
 * are not scaled (RFC 7323 section 2.2). */
bool engine_tcp_is_strange(const struct tcp_look *look, unsigned side, uint32_t seq);
/* Whether the segment, which lies right of all that was carried, can be where
 * it says. If so, `*before` is what was not believed and belongs before it; empty: nothing. */
bool engine_tcp_believes(const struct tcp_look *look, struct tcp_range *before);
/* If the segment lies left of what was believed, in a hole that is too wide for the receiver, which
 * has acknowledged nothing behind it, then what lies there was none of this connection. */
void engine_tcp_return(const struct tcp_look *look);
/* Whether the acknowledgment, the side's first one or of more than was carried, can be true. */
bool engine_tcp_believes_ack(const struct tcp_look *look);

/* engine_tcp_ids.c: what identifications count. The side's SYN-ACK had none: what follows counts
 * its own segments, if it has any. */
bool engine_tcp_ids_are_told(const struct tcp_look *look);
/* Some have gone up by one, or by a small step. */
void engine_tcp_number(const struct tcp_look *look);
/* An identification that is no small step, IPv4. */
void engine_tcp_note_odd_id(struct flow_tcp_side *t, uint16_t id);
/* It is not the next one, of a side with FLOW_TCP_NUMBERED: before its sequence numbers are looked
 * at. */
void engine_tcp_id_gap(const struct tcp_look *look);
/* The segment opens a hole, which it has not done yet. */
void engine_tcp_id_hole(const struct tcp_look *look);
/* The segment acknowledges so many bytes right of all that its receiver has been seen to send:
 * what is missing of that is the mirror's. */
void engine_tcp_id_lost(const struct tcp_look *look, uint32_t bytes);

/* engine_tcp_resend.c: a retransmit. bytes: that were sent again. asked: the receiver had said that
 * it lacked them, whatever it has acknowledged since. filled: it is counted as lost before the
 * mirror, too. */
void engine_tcp_resent(const struct tcp_look *look, uint32_t bytes, bool asked, bool filled);
/* The segment is no retransmit, but what was sent before one that has come already, and so was not
 * lost before the mirror: that is taken back. Two mirrors need not be equally fast. */
bool engine_tcp_sent_first(const struct tcp_look *look);
/* Whether the run of retransmits that began last still goes on. */
bool engine_tcp_in_run(const struct tcp_look *look);
/* The receiver has got later bytes than those that it acknowledges, and has said so. */
bool engine_tcp_lacks_some(const struct tcp_look *look);
/* For how long the receiver had been silent. */
uint32_t engine_tcp_silence_us(const struct tcp_look *look);
/* For how long a retransmit's sender had waited for an answer: the receiver had been silent, and
 * the bytes had been on their way. */
uint32_t engine_tcp_waited_us(const struct tcp_look *look);
/* A selective acknowledgment in the segment. */
void engine_tcp_sack(const struct tcp_look *look);

/* engine_tcp_ack.c: a segment that acknowledges. */
void engine_tcp_ack(struct tcp_look *look);
/* The first segment of the side that spoke last. */
void engine_tcp_meet(const struct tcp_look *look);

/* engine_tcp_count.c: counts for the flow's side, its session, and in all. `n` modulo 2^64. */
void engine_tcp_count(struct engine *engine, struct flow_entry entry, unsigned side,
                      enum tcp_count what, uint64_t n);
/* ... only for its session and in all: what the flow can tell by itself. */
void engine_tcp_count_sums(struct engine *engine, struct flow_entry entry, unsigned side,
                           enum tcp_count what, uint64_t n);

/* engine_tcp_event.c: the packet at hand has changed a counter of a side by `n`, modulo 2^64.
 * Nothing is kept unless the engine was asked for it. */
void engine_tcp_event(struct engine *engine, struct flow_entry entry, unsigned side,
                      enum tcp_count what, uint64_t n);
/* Why, said before it is counted: it fills a hole, and was sent after what lies behind that, or
 * before, or neither can be told. */
void engine_tcp_event_hole(const struct tcp_look *look, const struct tcp_hole *hole, bool newer,
                           bool older);
/* It was sent before another one, by timestamp or identification. */
void engine_tcp_event_older(const struct tcp_look *look, bool by_time, uint32_t than);
/* Options are cut off from the packet at hand on: what the side has in these counters, bits, is
 * taken back. */
void engine_tcp_event_cut(struct engine *engine, struct flow_entry entry, unsigned side,
                          uint32_t counters);
/* What had come far ahead was none of this connection, since it goes on here. */
void engine_tcp_event_returned(const struct tcp_look *look);
/* A retransmit is of a kind; asked: see engine_tcp_resent(). */
void engine_tcp_event_kind(const struct tcp_look *look, enum tcp_count kind, bool asked);
/* A duplicate SACK names [low, high): what was sent again there was spurious. */
void engine_tcp_event_had(const struct tcp_look *look, uint32_t low, uint32_t high);
/* An attempt to connect has failed without an answer. */
void engine_tcp_event_unanswered(struct engine *engine, struct flow_entry entry);
/* `from` turned out to be `into`, before they are; and then: a counter of both differs by `n` from
 * the sum of what they had counted. */
void engine_tcp_event_join(struct engine *engine, struct flow_entry into, struct flow_entry from);
void engine_tcp_event_joined(struct engine *engine, struct flow_entry into, unsigned side,
                             enum tcp_count what, uint64_t n);

#endif
