/* SPDX-License-Identifier: MIT */
/*
 * Why a sender sends again: the receiver has shown what it lacks (fast, RFC 5681 and 6675), nothing
 * came back for too long (timeout, RFC 6298), it probes the end of what it has sent (RFC 8985
 * section 7), or it was mistaken (spurious).
 */
#include "engine_tcp.h"

enum { FAST_ACKS = 3 }; /* duplicate acknowledgments: RFC 5681 section 3.2 */

bool engine_tcp_in_run(const struct tcp_look *look)
{
    const struct flow_trouble *trouble = entry_trouble(look->entry);
    uint32_t end = trouble->run_end[look->side];

    if (!flow_has(look->entry, FLOW_HAS_TROUBLE) || !trouble->in_run[look->side])
        return false;
    return flow_side(look->entry, look->side)->seq_high == end ||
           (look->peer->flags & FLOW_TCP_ACK && tcp_is_left(look->peer->ack, end));
}

uint32_t engine_tcp_silence_us(const struct tcp_look *look)
{
    uint64_t last_ns = flow_side(look->entry, !look->side)->last_ns;
    uint32_t silence = look->now_us - (uint32_t)(last_ns / 1000);

    return silence < UINT32_MAX / 2 ? silence : 0;
}

/* When the bytes up to `end` were sent, at the earliest: the segment timed last tells, unless they
 * lie left of it. false: nothing tells. */
static bool sent_after(const struct tcp_look *look, uint32_t end, uint32_t *us)
{
    const struct flow_tcp_side *self = look->self;

    *us = self->timed_us;
    return (self->timed_us | self->timed_end) != 0 && !tcp_is_left(end, self->timed_end);
}

uint32_t engine_tcp_waited_us(const struct tcp_look *look)
{
    uint32_t silence = engine_tcp_silence_us(look), sent_us, since_sent;

    if (!sent_after(look, look->packet->tcp.seq + look->length, &sent_us))
        return silence;
    since_sent = look->now_us - sent_us;
    return since_sent < silence ? since_sent : silence;
}

bool engine_tcp_lacks_some(const struct tcp_look *look)
{
    const struct flow_trouble *trouble = entry_trouble(look->entry);

    return flow_has(look->entry, FLOW_HAS_TROUBLE) && trouble->has_sack[!look->side] &&
           tcp_is_left(look->peer->ack, trouble->sack_high[!look->side]);
}

static bool receiver_asked(const struct tcp_look *look)
{
    const struct flow_trouble *trouble = entry_trouble(look->entry);

    return look->peer->duplicate_acks >= FAST_ACKS ||
           (flow_has(look->entry, FLOW_HAS_TROUBLE) && trouble->has_sack[!look->side] &&
            tcp_is_left(look->packet->tcp.seq, trouble->sack_high[!look->side]));
}

/* The newest segment, while older ones wait for an acknowledgment, too: after a timeout these come
 * first. The wait tells nothing: two round trips may well be longer than the shortest timeout. */
static bool is_probe(const struct tcp_look *look, enum tcp_count run_kind)
{
    return look->packet->tcp.seq + look->length == flow_side(look->entry, look->side)->seq_high &&
           tcp_is_left(look->peer->ack, look->packet->tcp.seq) && look->peer->duplicate_acks == 0 &&
           !engine_tcp_lacks_some(look) && run_kind != TCP_COUNT_TIMEOUT &&
           run_kind != TCP_COUNT_FAST;
}

/* TCP_COUNT_COUNT: cannot be told. */
static enum tcp_count kind_of(const struct tcp_look *look, bool in_run, bool asked)
{
    const struct packet *packet = look->packet;
    uint32_t end = packet->tcp.seq + look->length;
    enum tcp_count run_kind =
        in_run ? entry_trouble(look->entry)->run_kind[look->side] : TCP_COUNT_COUNT;

    if (packet->tcp.flags & TCP_SYN)
        return TCP_COUNT_SYN_AGAIN;
    if (packet->tcp.flags & TCP_FIN && packet->payload_bytes == 0)
        return TCP_COUNT_FIN_AGAIN;
    if (!(look->peer->flags & FLOW_TCP_ACK) || tcp_is_cut(look->entry))
        return TCP_COUNT_COUNT;
    if (!asked && tcp_is_acknowledged(look, end))
        return TCP_COUNT_SPURIOUS;
    if (!asked && is_probe(look, run_kind))
        return TCP_COUNT_TAIL_PROBES;
    if (engine_tcp_waited_us(look) >= TCP_TIMEOUT_US || run_kind == TCP_COUNT_TIMEOUT)
        return TCP_COUNT_TIMEOUT;
    if (asked || receiver_asked(look) || run_kind == TCP_COUNT_FAST)
        return TCP_COUNT_FAST;
    /* One or two are enough when no more can come: RFC 5827. And what was sent before a segment
     * that the receiver has got is lost, wherever it lies: RFC 8985. */
    if (look->peer->duplicate_acks > 0 || engine_tcp_lacks_some(look))
        return TCP_COUNT_FAST;
    if (end == flow_side(look->entry, look->side)->seq_high)
        return TCP_COUNT_TAIL_PROBES;
    return TCP_COUNT_COUNT;
}

static void remember(const struct tcp_look *look, enum tcp_count kind, bool filled)
{
    struct flow_trouble *trouble = entry_trouble(look->entry);
    uint8_t *next = &trouble->resent_next[look->side];

    trouble->resent[look->side][*next] = (struct flow_resent){
        .low = look->packet->tcp.seq,
        .high = look->packet->tcp.seq + look->length,
        .ts_value = look->packet->tcp.has_timestamps ? look->packet->tcp.ts_value : 0,
        .ip_id = look->packet->ether_type == ETHER_IPV4 ? (uint16_t)look->packet->ip_id : 0,
        .kind = (uint8_t)kind,
        .filled = filled,
    };
    *next = (uint8_t)((*next + 1) % FLOW_RESENT);
}

/* What is sent again may keep its identification (RFC 1122 section 3.2.1.5), but no sender is so
 * quick: it is the packet before, seen in two places of its way. What is known of times is when the
 * segment being timed was sent; the one before is no older. */
static bool is_seen_twice(const struct tcp_look *look)
{
    enum { AT_ONCE_US = 1000 };
    const struct packet *packet = look->packet;
    uint32_t end = packet->tcp.seq + look->length, sent_us;

    return packet->ether_type == ETHER_IPV4 && packet->ip_id != 0 &&
           look->self->flags & FLOW_TCP_ID && (uint16_t)packet->ip_id == look->self->ip_id &&
           end == flow_side(look->entry, look->side)->seq_high && sent_after(look, end, &sent_us) &&
           look->now_us - sent_us < AT_ONCE_US;
}

void engine_tcp_resent(const struct tcp_look *look, uint32_t bytes, bool asked, bool filled)
{
    struct flow_trouble *trouble = flow_trouble(look->entry);
    unsigned side = look->side;
    bool in_run = engine_tcp_in_run(look);
    enum tcp_count kind = kind_of(look, in_run, asked);

    if (is_seen_twice(look))
        engine_tcp_count(look->engine, look->entry, side, TCP_COUNT_SEEN_TWICE, 1);
    engine_tcp_time_none(look->engine, look->entry, side); /* Karn's rule: RFC 6298 section 3 */
    engine_tcp_count(look->engine, look->entry, side, TCP_COUNT_RETRANSMITS, 1);
    engine_tcp_count(look->engine, look->entry, side, TCP_COUNT_RETRANSMIT_BYTES, bytes);
    if (kind != TCP_COUNT_COUNT)
        engine_tcp_count(look->engine, look->entry, side, kind, 1);
    engine_tcp_event_kind(look, kind, asked);
    remember(look, kind, filled);
    trouble->run_kind[side] = (uint8_t)kind;
    if (in_run)
        return;
    engine_tcp_count(look->engine, look->entry, side, TCP_COUNT_RETRANSMIT_RUNS, 1);
    trouble->in_run[side] = 1;
    trouble->run_end[side] = flow_side(look->entry, side)->seq_high;
}

/* Whether the segment was sent before a retransmit; by_time: its timestamp tells so. */
static bool is_older(const struct tcp_look *look, const struct flow_resent *resent, bool *by_time)
{
    const struct tcp_info *tcp = &look->packet->tcp;
    uint16_t id = (uint16_t)look->packet->ip_id;

    *by_time = tcp->has_timestamps && resent->ts_value && tcp->ts_value != resent->ts_value;
    if (*by_time)
        return tcp_is_left(tcp->ts_value, resent->ts_value);
    return look->packet->ether_type == ETHER_IPV4 && id && resent->ip_id &&
           (uint16_t)(resent->ip_id - id - 1) < TCP_ID_NEAR;
}

bool engine_tcp_sent_first(const struct tcp_look *look)
{
    struct flow_resent *resent = entry_trouble(look->entry)->resent[look->side];
    uint32_t seq = look->packet->tcp.seq;
    bool by_time;

    for (size_t i = 0; i < FLOW_RESENT && flow_has(look->entry, FLOW_HAS_TROUBLE); i++) {
        if (!resent[i].filled || resent[i].low != seq || resent[i].high != seq + look->length ||
            !is_older(look, &resent[i], &by_time))
            continue;
        resent[i].filled = 0;
        engine_tcp_event_older(look, by_time, by_time ? resent[i].ts_value : resent[i].ip_id);
        engine_tcp_count(look->engine, look->entry, look->side, TCP_COUNT_LOST_BEFORE_MIRROR,
                         (uint64_t)-1);
        return true;
    }
    return false;
}

/* The receiver says that it had it before: what was sent again for it was spurious. */
static void had_it_before(const struct tcp_look *look, uint32_t low, uint32_t high)
{
    unsigned sender = !look->side;
    struct flow_resent *resent = entry_trouble(look->entry)->resent[sender];

    for (size_t i = 0; i < FLOW_RESENT && !tcp_is_cut(look->entry); i++) {
        if (resent[i].low == resent[i].high || resent[i].kind == TCP_COUNT_SPURIOUS ||
            tcp_is_left(low, resent[i].low) || tcp_is_left(resent[i].high, high))
            continue;
        engine_tcp_event_had(look, low, high);
        if (resent[i].kind != TCP_COUNT_COUNT)
            engine_tcp_count(look->engine, look->entry, sender, resent[i].kind, (uint64_t)-1);
        engine_tcp_count(look->engine, look->entry, sender, TCP_COUNT_SPURIOUS, 1);
        resent[i].kind = TCP_COUNT_SPURIOUS;
        return;
    }
}

/* Whether the first block reports a duplicate: it is acknowledged, or within the second one
 * (RFC 2883 section 4). */
static bool is_duplicate_sack(const struct tcp_info *tcp)
{
    const uint32_t(*sack)[2] = tcp->sack;

    if (!tcp_is_left(tcp->ack, sack[0][1]))
        return true;
    return tcp->sack_count > 1 && !tcp_is_left(sack[0][0], sack[1][0]) &&
           !tcp_is_left(sack[1][1], sack[0][1]);
}

/* What is missing left of a block: up to the next one, when all of them are listed (RFC 2018
 * section 3: there is room for three); one byte for certain. */
static struct tcp_range left_of(const struct tcp_info *tcp, unsigned first, unsigned block)
{
    struct tcp_range missing = { tcp->ack, tcp->sack[block][0] };

    for (unsigned i = first; i < tcp->sack_count; i++) {
        if (!tcp_is_left(missing.high, tcp->sack[i][1]) &&
            tcp_is_left(missing.low, tcp->sack[i][1]))
            missing.low = tcp->sack[i][1];
    }
    if (tcp->sack_count >= 3)
        missing.low = missing.high - 1;
    return missing;
}

void engine_tcp_sack(const struct tcp_look *look)
{
    const struct tcp_info *tcp = &look->packet->tcp;
    struct flow_trouble *trouble = flow_trouble(look->entry);
    unsigned first = is_duplicate_sack(tcp);

    if (first)
        had_it_before(look, tcp->sack[0][0], tcp->sack[0][1]);
    for (unsigned i = first; i < tcp->sack_count; i++) {
        if (!trouble->has_sack[look->side] ||
            tcp_is_left(trouble->sack_high[look->side], tcp->sack[i][1]))
            trouble->sack_high[look->side] = tcp->sack[i][1];
        trouble->has_sack[look->side] = 1;
        if (tcp_is_left(tcp->ack, tcp->sack[i][0]))
            tcp_show(&look->engine->tcp, look->entry, !look->side, left_of(tcp, first, i),
                     TCP_HOLE_SHOWN, look->now_us, 0);
    }
}
