/* SPDX-License-Identifier: MIT */
#include "engine_tcp.h"

/* Something in it has been answered, seen or not. */
static bool shows_answers(const struct session *session)
{
    return (session->two_way_flows | session->half_tcp_flows) != 0;
}

/* The state of a TCP flow by its first packet, and who opened it. */
void engine_tcp_open(struct flow *flow, const struct packet *packet)
{
    uint8_t flags = packet->has_transport ? packet->tcp.flags : 0;

    flow->flags |= FLOW_NO_RTT;
    flow->state = FLOW_OPEN;
    if (!packet->has_transport)
        return;
    if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        flow->state = FLOW_OPENING;
        flow->flags &= (uint8_t)~FLOW_NO_RTT;
    } else if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
        flow->state = FLOW_ANSWERED;
        flow->flags ^= FLOW_OPENED_BY_B; /* the receiver of a SYN-ACK has opened */
    }
}

/* Whether a sequence number can be no late copy of what the side has sent. Modulo 2^32. */
static bool is_far(const struct flow_side *s, uint32_t seq)
{
    const uint32_t far = 1u << 24;

    return (seq - s->seq_high > far && s->seq_high - seq > far) &&
           (seq - s->seq_low > far && s->seq_low - seq > far);
}

/* A SYN for a flow that is there already, and not the next connection's. */
static void syn_again(struct engine *engine, struct flow *flow, unsigned side, uint32_t seq)
{
    struct flow_entry entry = flow_entry(&engine->flows, flow);

    flow->flags |= FLOW_NO_RTT;
    if (side != flow_src_side(flow)) {
        if (flow->state == FLOW_OPENING) /* both open at once, RFC 9293 section 3.5 */
            flow->state = FLOW_ANSWERED;
        return;
    }
    if (flow->state == FLOW_REFUSED) /* so that was not the last word */
        flow->state = FLOW_OPENING;
    if (flow->state == FLOW_OPENING && is_far(flow_side(entry, side), seq)) {
        tcp_forget(&engine->tcp, entry, side); /* another attempt from the same port */
        tcp_forget(&engine->tcp, entry, !side);
    }
    engine_flow_watch(engine, flow, ENGINE_UNANSWERED_DS);
}

/* Whether a segment of the opener can be the one that ends the handshake. */
static bool answers_syn_ack(struct flow_entry entry, unsigned side, const struct packet *packet)
{
    return packet->tcp.flags & TCP_ACK &&
           (int32_t)(packet->tcp.ack - flow_side(entry, !side)->seq_low) > 0;
}

/* Whether any side has carried more than SYN and FIN. */
static bool has_carried_data(struct flow_entry entry)
{
    for (unsigned side = 0; side < 2; side++) {
        const struct flow_side *s = flow_side(entry, side);
        uint8_t flags = flow_tcp_flags(entry.flow, side);
        uint32_t empty = !!(flags & TCP_SYN) + !!(flags & TCP_FIN);

        if (entry.flow->flags & FLOW_SEQ_A << side && s->seq_high - s->seq_low > empty)
            return true;
    }
    return false;
}

void engine_tcp_syn_answered(struct engine *engine, struct flow_entry entry, unsigned side,
                             uint64_t ts_ns)
{
    const struct flow_side *opener = flow_side(entry, !side);
    uint64_t us;

    if (entry.flow->flags & FLOW_NO_RTT || opener->packets != 1 || ts_ns < opener->last_ns)
        return;
    us = (ts_ns - opener->last_ns) / 1000;
    entry.reply->answer_us = us < UINT32_MAX ? (uint32_t)us + 1 : UINT32_MAX;
    engine_tcp_rtt(engine, entry, side, us);
}

void engine_tcp_shaken(struct engine *engine, struct flow_entry entry, unsigned side,
                       uint64_t ts_ns)
{
    uint64_t start_ns = entry.reply->first_ns[side]; /* its second packet: is set */
    uint64_t rtt_us;

    if (entry.flow->flags & FLOW_NO_RTT || ts_ns < start_ns)
        return;
    rtt_us = (ts_ns - start_ns) / 1000;
    entry.reply->rtt_us = rtt_us < UINT32_MAX ? (uint32_t)rtt_us + 1 : UINT32_MAX;
    histogram_add(&engine->rtt, rtt_us);
    if (engine->filter.program && engine->filter.in_view[entry.flow->class] &&
        engine->filter.in_view[entry.reply->class])
        histogram_add(&engine->filter.rtt, rtt_us);
    if (entry.reply->answer_us && rtt_us + 1 >= entry.reply->answer_us)
        engine_tcp_rtt(engine, entry, side, rtt_us + 1 - entry.reply->answer_us);
}

/* Segments that change the connection's state, and all before it is open. */
static void tcp_state(struct engine *engine, struct flow *flow, unsigned side,
                      const struct packet *packet, bool elsewhere, uint64_t ts_ns)
{
    uint8_t flags = packet->tcp.flags;
    bool from_opener = side == flow_src_side(flow);
    struct flow_entry entry = flow_entry(&engine->flows, flow);

    if (flags & TCP_RST) {
        bool refused = flow->state == FLOW_OPENING && !from_opener;

        if (flow->state != FLOW_CLOSED && has_carried_data(entry))
            engine_tcp_count(engine, entry, side, TCP_COUNT_RESETS_AFTER_DATA, 1);
        flow->state = refused ? FLOW_REFUSED : FLOW_CLOSED;
        if (refused)
            engine_flow_failed(engine, flow, ts_ns, true);
    } else if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        if (flow->first.packets > 0)
            syn_again(engine, flow, side, packet->tcp.seq);
    } else if (flags & TCP_SYN) {
        if ((flow->state == FLOW_OPENING || flow->state == FLOW_REFUSED) && !from_opener) {
            flow->state = FLOW_ANSWERED;
            if (!elsewhere)
                engine_tcp_syn_answered(engine, entry, side, ts_ns);
        } else if (flow_side(entry, side)->packets > 0) {
            flow->flags |= FLOW_NO_RTT;
        }
    } else if (flags & TCP_FIN) {
        bool both = flow_tcp_flags(flow, !side) & TCP_FIN;

        if (flow->state != FLOW_CLOSED)
            flow->state = both ? FLOW_CLOSED : FLOW_CLOSING;
    } else if (flow->state == FLOW_ANSWERED) {
        if (from_opener && !answers_syn_ack(entry, side, packet))
            return;
        flow->state = FLOW_OPEN;
        if (from_opener && !elsewhere)
            engine_tcp_shaken(engine, entry, side, ts_ns);
    } else if (flow->state == FLOW_OPENING || (flow->state == FLOW_REFUSED && !from_opener)) {
        /* Goes on although no SYN-ACK was seen: it was lost, or is not mirrored. */
        flow->state = FLOW_OPEN;
        flow->flags |= FLOW_NO_RTT;
        if (from_opener && flow_side(entry, !side)->packets == 0)
            engine_flow_session(engine, flow)->half_tcp_flows++;
    }
}

/* A segment of a flow of which only this direction has been seen, in a session that has shown no
 * answers yet. One that acknowledges more and more is answered where we do not see it; a single one
 * may be anybody's invention, and so may a reset. */
static void look_for_answers(struct engine *engine, struct flow_entry entry, unsigned side,
                             const struct packet *packet)
{
    uint8_t flags = packet->tcp.flags;
    uint32_t *first_ack = &entry.reply->first_ack;

    if (entry.flow->has_reply || !(flags & TCP_ACK) || flags & TCP_RST)
        return;
    if (side == flow_src_side(entry.flow) && entry.flow->tcp_flags[side] & TCP_SYN)
        return; /* see tcp_state() */
    if (!(entry.flow->tcp_flags[side] & TCP_ACK))
        *first_ack = packet->tcp.ack;
    else if ((int32_t)(packet->tcp.ack - *first_ack) > 0)
        engine_flow_session(engine, entry.flow)->half_tcp_flows++;
}

/* What a SYN says: its window scale, unless that may have been cut off, and whether its sender's
 * identifications count a connection's own segments. One byte, not 0. */
enum { SYN_SCALE = 0x0f, SYN_CUT = 0x20, SYN_COUNTS_OWN = 0x40, SYN_KNOWN = 0x80 };

/* Options were cut off: those that are there are not all. */
static bool is_short(const struct packet *packet)
{
    return packet->reason == REASON_CUT_TRANSPORT;
}

static uint8_t syn_says(const struct packet *packet)
{
    enum { LARGEST = 14 }; /* RFC 7323 section 2.3 */
    const struct tcp_info *tcp = &packet->tcp;
    bool by_linux = tcp->flags & TCP_ACK ? packet->ip_id == 0 : tcp->is_syn_of_linux;
    uint8_t scale = tcp->window_scale < LARGEST ? tcp->window_scale : LARGEST;

    return (uint8_t)(SYN_KNOWN | (tcp->has_window_scale ? scale : FLOW_SCALE_NONE) |
                     (!tcp->has_window_scale && is_short(packet) ? SYN_CUT : 0) |
                     (by_linux && packet->ether_type == ETHER_IPV4 ? SYN_COUNTS_OWN : 0));
}

static void take_syn(struct flow_tcp_side *t, uint8_t says)
{
    t->scale = says & SYN_SCALE;
    t->counts_own = !!(says & SYN_COUNTS_OWN);
    t->flags |= says & SYN_CUT ? 0 : FLOW_TCP_SCALE;
}

void engine_tcp_settle_in(struct engine *engine, struct flow *flow)
{
    uint8_t *kept = &flow->tcp_flags[!flow->first_side];

    if (*kept & SYN_KNOWN)
        take_syn(&flow_entry(&engine->flows, flow).tcp->side[flow->first_side], *kept);
    *kept = 0;
}

/* A SYN that is alone: there is room for its sequence number, and for one byte. */
static void lone_syn(struct engine *engine, struct flow_entry entry, unsigned side,
                     const struct packet *packet, uint32_t length)
{
    const struct tcp_hole opens = { 0 };
    struct tcp_carried carried;

    if (!(packet->tcp.flags & TCP_RST))
        tcp_carry(&engine->tcp, entry, side, packet->tcp.seq, length, &opens, &carried);
    entry.flow->tcp_flags[!side] = syn_says(packet);
}

/* What the next segments are compared with. true: identifications have counted one by one for so
 * long that engine_tcp_number() may believe them now. */
static inline bool note_segment(struct flow_tcp_side *t, const struct packet *packet)
{
    uint16_t id = (uint16_t)packet->ip_id;
    uint16_t step = (uint16_t)(id - t->ip_id);

    if (packet->tcp.has_timestamps &&
        (!(t->flags & FLOW_TCP_TIME) || !tcp_is_left(packet->tcp.ts_value, t->ts_value))) {
        t->ts_value = packet->tcp.ts_value;
        t->flags |= FLOW_TCP_TIME;
    }
    if ((uint16_t)(step - 1) < TCP_ID_SMALL_STEP && t->flags & FLOW_TCP_ID) {
        t->ip_id = id;
        return t->id_steps < (step == 1 ? TCP_ID_MOST : TCP_ID_STEPS) &&
               ++t->id_steps == TCP_ID_TOLD;
    }
    if (packet->ether_type == ETHER_IPV4)
        engine_tcp_note_odd_id(t, id);
    return false;
}

/* A SYN. */
static void note_syn(const struct tcp_look *look)
{
    enum { DEFAULT_MSS = 536 }; /* RFC 9293 section 3.7.1 */
    const struct tcp_info *tcp = &look->packet->tcp;

    take_syn(look->self, syn_says(look->packet));
    if (tcp->flags & TCP_ACK && (tcp->has_mss || !is_short(look->packet)))
        flow_tcp_set_mss(look->entry.tcp, tcp->has_mss ? tcp->mss : DEFAULT_MSS);
}

/* A connection under way, all of both directions seen so far, and nothing missing. */
static inline bool is_smooth(const struct flow *flow)
{
    const uint8_t sequence = FLOW_SEQ_A | FLOW_SEQ_B, holes = FLOW_HOLES_A | FLOW_HOLES_B;

    return (flow->state == FLOW_OPEN) & ((flow->flags & (sequence | holes)) == sequence);
}

static __attribute__((noinline)) void number(struct engine *engine, struct flow_entry entry,
                                             unsigned side, const struct packet *packet)
{
    const struct tcp_look look = {
        .engine = engine,
        .entry = entry,
        .packet = packet,
        .self = &entry.tcp->side[side],
        .peer = &entry.tcp->side[!side],
        .side = side,
    };

    engine_tcp_number(&look);
}

/*
 * Most segments: the next bytes, or none, with an acknowledgment of what was seen. This is all that
 * engine_tcp_sequence() and engine_tcp_ack() would do with one, without asking for what cannot be.
 * false: it is another one, and nothing was done.
 */
static inline bool usual_segment(struct engine *engine, struct flow_entry entry, unsigned side,
                                 const struct packet *packet, uint64_t ts_ns)
{
    const struct tcp_info *tcp = &packet->tcp;
    struct flow *flow = entry.flow;
    struct flow_side *s = flow_side(entry, side);
    const struct flow_side *other = flow_side(entry, !side);
    struct flow_tcp_side *self = &entry.tcp->side[side], *peer = &entry.tcp->side[!side];
    uint32_t length = packet->payload_bytes, end = tcp->seq + length;
    uint32_t more = tcp->ack - self->ack;

    if ((tcp->flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) != TCP_ACK || !is_smooth(flow) ||
        !(self->flags & FLOW_TCP_ACK))
        return false;
    if (tcp->seq != s->seq_high || s->seq_low == s->seq_high || end - s->seq_low >= tcp_too_far ||
        length == 1 || more >= tcp_too_far || tcp_is_left(other->seq_high, tcp->ack) ||
        ((more | length) == 0 && tcp->ack != other->seq_high))
        return false;
    if (self->flags & FLOW_TCP_NUMBERED && (uint16_t)(packet->ip_id - self->ip_id) != 1)
        return false;
    if ((tcp->window == 0) | (tcp->sack_count > 0) | packet->is_fragment ||
        !(flow->has_reply || shows_answers(engine_flow_session(engine, flow))))
        return false;
    flow->tcp_flags[side] |= tcp->flags;
    if (length > 0) {
        s->seq_high = end;
        tcp_note_largest(self, length);
        tcp_start_timing(self, end, (uint32_t)(ts_ns / 1000));
        if (tcp_fills_window(self, peer, end) && !tcp_is_cut(entry))
            engine_tcp_count(engine, entry, side, TCP_COUNT_WINDOW_FULL, 1);
    }
    if (more > 0) {
        self->ack = tcp->ack;
        self->duplicate_acks = 0;
        tcp_stop_timing(engine, entry, side, tcp->ack, (uint32_t)(ts_ns / 1000));
    }
    self->window = tcp->window;
    if (note_segment(self, packet))
        number(engine, entry, side, packet);
    return true;
}

/* A SYN that comes behind what it has opened: from here on mirror loss can be told of what was
 * acknowledged before. */
static void verify(const struct tcp_look *look)
{
    for (unsigned side = 0; side < 2; side++) {
        if (!(look->entry.tcp->side[!side].flags & FLOW_TCP_ACK))
            continue;
        engine_tcp_count_sums(look->engine, look->entry, side, TCP_COUNT_VERIFIABLE, 1);
        engine_tcp_settle(look, side, (struct tcp_loss){ 0, 0 });
    }
}

/* Apart from the usual ones: those need few registers then. */
static __attribute__((noinline)) void any_segment(struct engine *engine, struct flow *flow,
                                                  unsigned side, const struct packet *packet,
                                                  bool elsewhere, uint64_t ts_ns)
{
    struct flow_entry entry = flow_entry(&engine->flows, flow);
    uint8_t flags = packet->tcp.flags;
    uint32_t length = packet->payload_bytes + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
    bool is_late_syn = flags & TCP_SYN && flow->has_reply && !engine_tcp_is_verifiable(flow) &&
                       flow_side(entry, side)->packets > 0;
    struct tcp_look look = {
        .engine = engine,
        .entry = entry,
        .packet = packet,
        .self = &entry.tcp->side[side],
        .peer = &entry.tcp->side[!side],
        .side = side,
        .elsewhere = elsewhere,
        .length = length,
        .now_us = (uint32_t)(ts_ns / 1000),
    };

    if (flags & (TCP_SYN | TCP_FIN | TCP_RST) || flow->state != FLOW_OPEN)
        tcp_state(engine, flow, side, packet, elsewhere, ts_ns);
    if (!shows_answers(engine_flow_session(engine, flow)))
        look_for_answers(engine, entry, side, packet);
    flow->tcp_flags[side] |= flags;
    if (!flow->rest) {
        lone_syn(engine, entry, side, packet, length);
        return;
    }
    if (side != flow->first_side && flow_side(entry, side)->packets == 0)
        engine_tcp_meet(&look);
    if (is_late_syn)
        verify(&look);
    if (flags & TCP_SYN)
        note_syn(&look);
    if (packet->tcp.window == 0 && !(flags & (TCP_SYN | TCP_FIN | TCP_RST)))
        engine_tcp_count(engine, entry, side, TCP_COUNT_ZERO_WINDOWS, 1);
    if (look.self->flags & FLOW_TCP_NUMBERED && (uint16_t)(packet->ip_id - look.self->ip_id) != 1)
        engine_tcp_id_gap(&look);
    /* A reset's text is a diagnostic, not data (RFC 9293 section 3.10.7): it takes no sequence
     * numbers; and what it acknowledges may be anything. */
    if (!(flags & TCP_RST)) {
        engine_tcp_sequence(&look);
        if (packet->is_fragment)
            engine_tcp_first_fragment(&look);
        if (flags & TCP_ACK)
            engine_tcp_ack(&look);
        look.self->window = packet->tcp.window;
    }
    if (note_segment(look.self, packet))
        engine_tcp_number(&look);
}

void engine_tcp_packet(struct engine *engine, struct flow_entry entry, unsigned side,
                       const struct packet *packet, bool elsewhere, uint64_t ts_ns)
{
    if (elsewhere || !usual_segment(engine, entry, side, packet, ts_ns))
        any_segment(engine, entry.flow, side, packet, elsewhere, ts_ns);
}

/* A SYN that belongs to the next connection between the same ports. */
bool engine_tcp_is_next(struct flow_entry entry, unsigned side, const struct packet *packet)
{
    const struct flow *flow = entry.flow;
    bool is_known = flow->flags & FLOW_SEQ_A << side;

    if (packet->protocol != PROTO_TCP || !packet->has_transport ||
        (packet->tcp.flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
        return false;
    switch (flow->state) {
    case FLOW_CLOSED:
    case FLOW_REFUSED:
        return !is_known || flow_side(entry, side)->seq_low != packet->tcp.seq;
    case FLOW_OPEN:
    case FLOW_CLOSING:
        /* The ends were not seen. A SYN that comes late is left of what followed it, and near, or
         * near to nothing when only its answer was seen. */
        return is_known ? is_far(flow_side(entry, side), packet->tcp.seq) ||
                              tcp_is_left(flow_side(entry, side)->seq_high, packet->tcp.seq)
                        : !(flow_tcp_flags(flow, !side) & TCP_SYN);
    default:
        return false;
    }
}
