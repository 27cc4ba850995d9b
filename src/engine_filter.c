/* SPDX-License-Identifier: MIT */
#include "engine_filter.h"

#include <string.h>

#include "engine_state.h"
#include "filter/few.h"
#include "hash.h"
#include "memory.h"

bool engine_filter_init(struct engine *engine, struct err *err)
{
    struct engine_filter *filter = &engine->filter;

    *filter = (struct engine_filter){
        .buckets = memory_reserve_sparse(ENGINE_CLASSES, sizeof(struct engine_bucket)),
        .classes = memory_reserve_sparse(ENGINE_CLASSES, sizeof(struct engine_class)),
        .in_view = memory_reserve_sparse(ENGINE_CLASSES, sizeof(bool)),
        .slots = memory_reserve_sparse(ENGINE_CLASS_SLOTS, sizeof(uint16_t)),
        .rejudge = memory_reserve_sparse(SESSION_LIMIT, sizeof(bool)),
        .sessions = memory_reserve_sparse(SESSION_LIMIT, sizeof(struct engine_session_view)),
        .scans = memory_reserve_sparse(SCAN_SUSPICIONS, sizeof(struct engine_scan_view)),
        .outcome_scans = memory_reserve_sparse(FILTER_OUTCOMES, sizeof(struct engine_outcome_scan)),
    };
    if (!filter->buckets || !filter->classes || !filter->in_view || !filter->slots ||
        !filter->rejudge || !filter->sessions || !filter->scans || !filter->outcome_scans)
        return err_set(err, EXIT_RUNTIME, "no memory for filters");
    filter->class_count = 1;
    filter->in_view[0] = true;
    return true;
}

void engine_filter_release(struct engine *engine)
{
    struct engine_filter *filter = &engine->filter;

    filter_program_free(filter->program);
    filter_program_free(filter->baseline);
    memory_release(filter->buckets, ENGINE_CLASSES, sizeof(struct engine_bucket));
    memory_release(filter->classes, ENGINE_CLASSES, sizeof(struct engine_class));
    memory_release(filter->in_view, ENGINE_CLASSES, sizeof(bool));
    memory_release(filter->slots, ENGINE_CLASS_SLOTS, sizeof(uint16_t));
    memory_release(filter->rejudge, SESSION_LIMIT, sizeof(bool));
    memory_release(filter->sessions, SESSION_LIMIT, sizeof(struct engine_session_view));
    memory_release(filter->scans, SCAN_SUSPICIONS, sizeof(struct engine_scan_view));
    memory_release(filter->outcome_scans, FILTER_OUTCOMES, sizeof(struct engine_outcome_scan));
}

void engine_filter_reset(struct engine *engine)
{
    struct engine_filter *filter = &engine->filter;

    memory_clear(filter->buckets, ENGINE_CLASSES, sizeof(struct engine_bucket));
    memory_clear(filter->rejudge, SESSION_LIMIT, sizeof(bool));
    memory_clear(filter->sessions, SESSION_LIMIT, sizeof(struct engine_session_view));
    filter->flows = 0;
    filter->forgotten = (struct engine_bucket){ 0 };
    filter->rejudge_any = false;
    filter->rtt_stale = false;
    filter->generation++;
    memset(&filter->rtt, 0, sizeof(filter->rtt));
    memset(&filter->rtt_to, 0, sizeof(filter->rtt_to));
    filter->history.count = 0;
    filter->history_next = 0;
}

/* ---- classes --------------------------------------------------------------------------------- */

static bool is_in_view(const struct engine_filter *filter, uint16_t outcome)
{
    enum filter_verdict verdict = filter_outcome(filter->program, outcome)->verdict;

    return verdict == (filter->view == VIEW_ACCEPTED ? FILTER_ACCEPTED : FILTER_REJECTED);
}

void engine_filter_show(struct engine *engine)
{
    struct engine_filter *filter = &engine->filter;

    filter->generation++;
    for (size_t i = 0; i < filter->class_count; i++)
        filter->in_view[i] = is_in_view(filter, filter->classes[i].outcome);
}

void engine_filter_make_classes(struct engine *engine)
{
    struct engine_filter *filter = &engine->filter;

    filter->generation++;
    filter->class_count = filter->program ? filter_outcome_count(filter->program) : 1;
    for (size_t i = 0; i < filter->class_count; i++) {
        filter->classes[i] = (struct engine_class){ .outcome = (uint16_t)i };
        filter->in_view[i] = !filter->program || is_in_view(filter, (uint16_t)i);
    }
    memory_clear(filter->slots, ENGINE_CLASS_SLOTS, sizeof(uint16_t));
    for (size_t i = 0; i < 2; i++)
        filter->few[i] = filter->program && !filter->baseline
                             ? filter_program_few(filter->program, i == 0 ? 4 : 6)
                             : NULL;
}

/* The class of a pair of outcomes, a new one if need be. Were there more pairs than classes, those
 * left over would be counted without a baseline. */
static unsigned pair_class(struct engine_filter *filter, uint16_t outcome, uint16_t baseline)
{
    size_t at = hash_mix((uint64_t)outcome << 16 | baseline, 13) % ENGINE_CLASS_SLOTS;
    unsigned class;

    for (; filter->slots[at]; at = (at + 1) % ENGINE_CLASS_SLOTS) {
        const struct engine_class *pair = &filter->classes[filter->slots[at]];

        if (pair->outcome == outcome && pair->baseline == baseline)
            return filter->slots[at];
    }
    if (filter->class_count == ENGINE_CLASSES)
        return outcome;
    class = (unsigned)filter->class_count++;
    filter->slots[at] = (uint16_t) class;
    filter->classes[class] = (struct engine_class){ outcome, baseline };
    filter->in_view[class] = filter->in_view[outcome];
    return class;
}

/* ---- judging --------------------------------------------------------------------------------- */

/* The directions of a session as they are known now; flows that were judged by others will be
 * judged again. */
static void learn_directions(struct engine *engine, uint16_t number)
{
    struct session *session = &engine->sessions.sessions[number];
    struct engine_filter *filter = &engine->filter;
    uint8_t now[SESSION_PATHS];
    bool same = true;

    session->has_news = false;
    session_directions(session, now);
    for (size_t i = 0; i < session->mac_paths; i++) {
        same &= session->path[i].judged_as == now[i];
        session->path[i].judged_as = now[i];
    }
    if (same)
        return;
    filter->rejudge[number] = true;
    filter->rejudge_any = true;
    filter->generation++;
}

enum direction engine_filter_direction(const struct engine *engine, uint16_t session, unsigned path)
{
    if (path >= SESSION_MAC_PATHS)
        return path == PATH_EGRESS    ? DIRECTION_EGRESS
               : path == PATH_INGRESS ? DIRECTION_INGRESS
                                      : DIRECTION_UNKNOWN;
    return (enum direction)engine->sessions.sessions[session].path[path].judged_as;
}

/* What the program and the baseline say of a side that goes in this direction. Inline, since each
 * first packet of a side comes here. */
static inline struct engine_class judge(const struct engine *engine, const struct flow *flow,
                                        unsigned side, enum direction direction,
                                        bool later_fragment)
{
    const struct engine_filter *filter = &engine->filter;
    const struct flow_key *key = &flow->key;
    struct engine_class class = { .baseline = FILTER_ALL };
    struct filter_subject subject;

    subject.src_port = key->port[side];
    subject.dst_port = key->port[!side];
    subject.protocol = key->protocol;
    subject.is_ip = key->kind >= FLOW_IPV4;
    subject.is_arp = key->kind == FLOW_ARP;
    subject.has_ports = key->has_ports;
    subject.later_fragment = later_fragment;
    subject.direction = direction;
    flow_addr(&engine->flows, flow, side, &subject.src);
    flow_addr(&engine->flows, flow, !side, &subject.dst);
    class.outcome = filter_judge(filter->program, &subject);
    if (filter->baseline)
        class.baseline = filter_judge(filter->baseline, &subject);
    return class;
}

/* The first word of a side's address. */
static uint32_t first_word(const struct engine *engine, const struct flow *flow, unsigned side)
{
    const void *v4 = &flow->key.addr[side], *v6 = engine->flows.ends[flow->rest].addr[side];
    uint32_t word;

    memcpy(&word, flow->key.kind == FLOW_IPV6 ? v6 : v4, sizeof(word));
    return word;
}

/* The class of a side of a flow as most are; FILTER_ALL: judge() has to be asked. Inline, and by
 * plain values, so that nothing of it goes through memory. */
static inline uint16_t judge_plain(const struct engine *engine, const struct flow *flow,
                                   unsigned side, enum direction direction)
{
    const struct flow_key *key = &flow->key;
    const struct few *few = engine->filter.few[key->kind == FLOW_IPV6];
    const struct few_packet packet = {
        .src = first_word(engine, flow, side),
        .dst = first_word(engine, flow, !side),
        .src_port = key->port[side],
        .dst_port = key->port[!side],
        .protocol = key->protocol,
        .direction = direction,
    };

    return few && (key->kind >= FLOW_IPV4) & key->has_ports ? few_judge_any(few, &packet)
                                                            : FILTER_ALL;
}

static unsigned number_of_class(struct engine_filter *filter, struct engine_class class)
{
    return filter->baseline ? pair_class(filter, class.outcome, class.baseline) : class.outcome;
}

/* Which of two outcomes counts of a packet that has both: one mirror that takes it is enough. */
static uint16_t better(const struct filter_program *program, uint16_t first, uint16_t other)
{
    static const unsigned char rank[] = {
        [FILTER_ACCEPTED] = 2,
        [FILTER_UNCERTAIN] = 1,
        [FILTER_REJECTED] = 0,
    };

    return rank[filter_outcome(program, other)->verdict] >
                   rank[filter_outcome(program, first)->verdict]
               ? other
               : first;
}

/* The best of what all sessions say that have seen the side; false: none has, yet. */
static bool judge_in_all(const struct engine *engine, const struct flow *flow, unsigned side,
                         bool later_fragment, struct engine_class *best)
{
    const struct flow_table *flows = &engine->flows;
    const struct flow_arrivals *arrivals = &flows->arrivals[flow_index(flows, flow)];
    const struct flow_also *also = flow_also(flows, flow);
    bool found = false;

    for (unsigned at = 0; at <= also->count; at++) {
        struct engine_class class;

        if (!flow_also_has_side(also, at, side))
            continue;
        class = judge(engine, flow, side,
                      engine_filter_direction(engine, flow_also_session(flows, flow, at),
                                              arrivals->path[at][side]),
                      later_fragment);
        if (found)
            class.outcome = better(engine->filter.program, best->outcome, class.outcome);
        if (found && engine->filter.baseline)
            class.baseline = better(engine->filter.baseline, best->baseline, class.baseline);
        *best = class;
        found = true;
    }
    return found;
}

unsigned engine_filter_class_in(struct engine *engine, const struct flow *flow, unsigned side,
                                uint16_t session, unsigned path, bool later_fragment)
{
    enum direction direction = engine_filter_direction(engine, session, path);
    uint16_t outcome = later_fragment ? FILTER_ALL : judge_plain(engine, flow, side, direction);

    if (outcome != FILTER_ALL)
        return outcome;
    return number_of_class(&engine->filter, judge(engine, flow, side, direction, later_fragment));
}

unsigned engine_filter_class(struct engine *engine, const struct flow *flow, unsigned side,
                             bool later_fragment)
{
    struct engine_class best;

    if (flow_has_arrivals(&engine->flows, flow) &&
        judge_in_all(engine, flow, side, later_fragment, &best))
        return number_of_class(&engine->filter, best);
    return engine_filter_class_in(engine, flow, side, flow->key.session, flow_path(flow, side),
                                  later_fragment);
}

/* Whatever the flow is. */
static __attribute__((noinline)) void judge_any(struct engine *engine, struct flow_entry entry,
                                                unsigned side)
{
    const struct flow *flow = entry.flow;
    uint16_t session = flow->key.session;
    enum direction direction = engine_filter_direction(engine, session, flow_path(flow, side));
    struct engine_class class;

    /* Votes come with most flows; those that teach nothing can wait until the interval ends. */
    if (direction == DIRECTION_UNKNOWN && engine_flow_session(engine, flow)->has_news) {
        learn_directions(engine, session);
        direction = engine_filter_direction(engine, session, flow_path(flow, side));
    }
    if (!flow_has_arrivals(&engine->flows, flow) ||
        !judge_in_all(engine, flow, side, false, &class))
        class = judge(engine, flow, side, direction, false);
    flow_set_class(entry, side, number_of_class(&engine->filter, class));
}

void engine_filter_judge(struct engine *engine, struct flow_entry entry, unsigned side)
{
    const struct flow *flow = entry.flow;
    const struct session *session = engine_flow_session(engine, flow);
    enum direction direction =
        engine_filter_direction(engine, flow->key.session, flow_path(flow, side));
    uint16_t outcome = FILTER_ALL;

    if (!(session->has_news & (direction == DIRECTION_UNKNOWN)) &&
        !flow_has_arrivals(&engine->flows, flow))
        outcome = judge_plain(engine, flow, side, direction);
    if (outcome == FILTER_ALL)
        judge_any(engine, entry, side);
    else
        flow_set_class(entry, side, outcome);
}

struct engine_bucket *engine_filter_fragment(struct engine *engine, struct flow_entry entry,
                                             unsigned side, uint32_t bytes)
{
    struct flow_events *events = entry_events(entry);

    if (events->fragment_packets[side] == 0 && engine->filter.program)
        events->fragment_class[side] =
            (uint16_t)engine_filter_class(engine, entry.flow, side, true);
    entry.reply->has_events = 1;
    events->fragment_packets[side]++;
    events->fragment_bytes[side] += bytes;
    return &engine->filter.buckets[events->fragment_class[side]];
}

void engine_filter_sample(struct engine *engine, struct flow_entry entry, unsigned side,
                          uint32_t us)
{
    const bool *in_view = engine->filter.in_view;

    if (in_view[flow_class(entry, 0)] && in_view[flow_class(entry, 1)])
        histogram_add(&engine->filter.rtt_to[side != flow_src_side(entry.flow)], us);
}

void engine_filter_learn(struct engine *engine)
{
    struct session_table *table = &engine->sessions;

    for (size_t i = 0; i < table->count; i++) {
        if (table->sessions[i].has_news)
            learn_directions(engine, (uint16_t)i);
    }
    if (table->sessions[SESSION_OTHERS].has_news)
        learn_directions(engine, SESSION_OTHERS);
}

/* ---- sums ------------------------------------------------------------------------------------ */

void engine_bucket_add(struct engine_bucket *to, const struct engine_bucket *from)
{
    to->packets += from->packets;
    to->bytes += from->bytes;
    to->segments += from->segments;
    tcp_counts_add(&to->tcp, &from->tcp);
    to->old_packets += from->old_packets;
    to->old_bytes += from->old_bytes;
    to->old_retransmits += from->old_retransmits;
    to->old_mirror_loss_bytes += from->old_mirror_loss_bytes;
    to->shown_mirror_loss_bytes += from->shown_mirror_loss_bytes;
    to->packet_rate += from->packet_rate;
    to->bit_rate += from->bit_rate;
    to->copies.packets += from->copies.packets;
    to->copies.bytes += from->copies.bytes;
    to->copies.old_packets += from->copies.old_packets;
    to->copies.old_bytes += from->copies.old_bytes;
    to->copies.packet_rate += from->copies.packet_rate;
    to->copies.bit_rate += from->copies.bit_rate;
}

struct engine_bucket engine_filter_sum(const struct engine *engine, bool all)
{
    const struct engine_filter *filter = &engine->filter;
    struct engine_bucket sum = { .packets = 0 };

    for (size_t i = 0; i < filter->class_count; i++) {
        if (all || filter->in_view[i])
            engine_bucket_add(&sum, &filter->buckets[i]);
    }
    if (all)
        engine_bucket_add(&sum, &filter->forgotten);
    return sum;
}

/* ---- the interval's end ---------------------------------------------------------------------- */

/* More than before; late copies take some off again. */
static uint64_t grown(uint64_t now, uint64_t then)
{
    return (int64_t)(now - then) > 0 ? now - then : 0;
}

/* Mirror loss for the history. It is counted as soon as it is acknowledged, and a copy that comes
 * late takes it back: only what is still lost an interval later is shown. */
static uint64_t settled_loss(struct engine_bucket *bucket)
{
    uint64_t now = bucket->tcp.n[TCP_COUNT_MIRROR_LOSS_BYTES];
    uint64_t least =
        grown(now, bucket->old_mirror_loss_bytes) ? bucket->old_mirror_loss_bytes : now;
    uint64_t more = grown(least, bucket->shown_mirror_loss_bytes);

    bucket->shown_mirror_loss_bytes += more;
    return more;
}

static void history_add(struct snapshot_history *history, size_t *next,
                        const struct engine_bucket *sum, uint64_t mirror_loss_bytes)
{
    size_t at = *next;

    history->bytes[at] = sum->bytes - sum->old_bytes;
    history->packets[at] = sum->packets - sum->old_packets;
    history->retransmits[at] = grown(sum->tcp.n[TCP_COUNT_RETRANSMITS], sum->old_retransmits);
    history->mirror_loss_bytes[at] = mirror_loss_bytes;
    *next = (at + 1) % SNAPSHOT_HISTORY;
    if (history->count < SNAPSHOT_HISTORY)
        history->count++;
}

/* How much faster all is that was brought than what counts once. */
static void copies_interval(struct engine_bucket *bucket, double seconds)
{
    struct engine_copies *copies = &bucket->copies;
    uint64_t packets =
        grown(bucket->packets + copies->packets, bucket->old_packets + copies->old_packets);
    uint64_t bytes = grown(bucket->bytes + copies->bytes, bucket->old_bytes + copies->old_bytes);

    copies->packet_rate = (uint64_t)((double)packets / seconds) - bucket->packet_rate;
    copies->bit_rate = (uint64_t)((double)bytes * 8 / seconds) - bucket->bit_rate;
    copies->old_packets = copies->packets;
    copies->old_bytes = copies->bytes;
}

static void bucket_interval(struct engine_bucket *bucket, double seconds)
{
    bucket->packet_rate = (uint64_t)((double)(bucket->packets - bucket->old_packets) / seconds);
    bucket->bit_rate = (uint64_t)((double)(bucket->bytes - bucket->old_bytes) * 8 / seconds);
    copies_interval(bucket, seconds);
    bucket->old_packets = bucket->packets;
    bucket->old_bytes = bucket->bytes;
    bucket->old_retransmits = bucket->tcp.n[TCP_COUNT_RETRANSMITS];
    bucket->old_mirror_loss_bytes = bucket->tcp.n[TCP_COUNT_MIRROR_LOSS_BYTES];
}

void engine_filter_interval(struct engine *engine, double seconds)
{
    struct engine_filter *filter = &engine->filter;
    struct engine_bucket all = engine_filter_sum(engine, true);
    struct engine_bucket shown = engine_filter_sum(engine, false);
    uint64_t lost = settled_loss(&filter->forgotten), lost_in_view = 0;

    for (size_t i = 0; i < filter->class_count; i++) {
        uint64_t more = settled_loss(&filter->buckets[i]);

        lost += more;
        lost_in_view += filter->in_view[i] ? more : 0;
        bucket_interval(&filter->buckets[i], seconds);
    }
    bucket_interval(&filter->forgotten, seconds);
    history_add(&engine->history, &engine->history_next, &all, lost);
    if (filter->program)
        history_add(&filter->history, &filter->history_next, &shown, lost_in_view);
}

const struct filter_program *engine_filter(const struct engine *engine)
{
    return engine->filter.program;
}
