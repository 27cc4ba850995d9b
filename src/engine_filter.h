/* SPDX-License-Identifier: MIT */
/*
 * engine_filter: the filter in force, as part of the engine's state.
 *
 * A mirror rule asks only for what is the same in all packets of a side of a flow: direction,
 * protocol, addresses, ports. So each side is judged once, with its first packet, and keeps what
 * came out as a number, its *class*. Every packet is counted in its class's bucket; all totals are
 * sums over buckets. Without a filter there is one class, 0. With one, classes are the outcomes
 * of the program (filter/program.h); with a baseline beside it, pairs of outcomes of both, from
 * behind those on.
 *
 * When the filter changes, all sides in the flow table are judged again, of flows that have ended
 * too, and what they counted moves to other buckets. What then stays in the old ones belongs to
 * flows whose entries were used again: it can no longer be judged, and is "forgotten".
 *
 * A flow that several sessions bring is judged in each of them: ingress of one mirror source is
 * egress of another. Its packets count once, by the best that any of these sessions says of a side:
 * accepted, else uncertain, else rejected. What each session would mirror of them is counted beside
 * that, in `copies`.
 *
 * The *view* is the set of classes that tables, totals and history show. What talkers, protocols
 * and sessions counted in view stands beside what they counted in all.
 */
#ifndef MIRRORTOP_ENGINE_FILTER_H
#define MIRRORTOP_ENGINE_FILTER_H

#include "engine.h"
#include "filter/program.h"
#include "flow/entry.h"
#include "flow/talkers.h"
#include "histogram.h"
#include "mirror/session.h"

enum { ENGINE_CLASSES = 1 << 16, ENGINE_CLASS_SLOTS = 2 * ENGINE_CLASSES };

/* What sessions brought of which this is the outcome, less what counts once by it: second copies,
 * and first ones of another outcome than their flow has. Modulo 2^64: in a bucket, though not in
 * all of them together, it can be less than nothing. */
struct engine_copies {
    uint64_t packets, bytes;
    uint64_t old_packets, old_bytes;
    uint64_t packet_rate, bit_rate;
};

/* Totals that only grow, until a filter moves them. */
struct engine_bucket {
    uint64_t packets, bytes, segments;
    struct tcp_counts tcp;
    /* as they were at the last interval's end */
    uint64_t old_packets, old_bytes, old_retransmits, old_mirror_loss_bytes;
    uint64_t shown_mirror_loss_bytes; /* in the history: what an interval later was still lost */
    uint64_t packet_rate, bit_rate;   /* over the last interval */
    struct engine_copies copies;
};

/* What a session counted in view, by paths: of all that it brought, by its own directions. */
struct engine_session_view {
    struct talker_share path[SESSION_PATHS];
    uint64_t flows;
    uint64_t retransmits, mirror_loss_bytes;
    uint64_t interval_packets, interval_bytes;
    uint64_t packet_rate, bit_rate;
};

/* How much of a scan is in view, as it was judged last. */
struct engine_scan_view {
    uint64_t serial;
    uint32_t targets, shown;
    uint32_t generation;
};

/* What a class is made of: numbers of outcomes. */
struct engine_class {
    uint16_t outcome;  /* of the program */
    uint16_t baseline; /* of the baseline; 0: not asked */
};

/* What the flow table says of an outcome. */
struct engine_outcome_scan {
    uint64_t last_ns;
    uint32_t example, mend; /* index of a flow, plus 1 */
    uint8_t example_side, mend_side;
    uint64_t one_way_flows;
};

struct engine_filter {
    struct filter_program *program;  /* owned; NULL: none */
    struct filter_program *baseline; /* owned; NULL: none. Of no effect without a program */
    /* what says the class of most flows by itself, of IPv4 and IPv6; NULL: nothing does */
    const struct few *few[2];
    enum engine_view view;

    struct engine_bucket *buckets; /* by class */
    struct engine_class *classes;
    bool *in_view;   /* by class */
    uint16_t *slots; /* index of pairs: class; 0: empty */
    size_t class_count;
    struct engine_bucket forgotten;

    bool *rejudge; /* of sessions: directions have changed since flows were judged by them */
    bool rejudge_any;
    bool rtt_stale; /* `rtt` has to be collected anew */
    struct engine_session_view *sessions;
    uint64_t flows;                            /* in view, whatever sessions bring them */
    struct engine_scan_view *scans;            /* by serial */
    struct engine_outcome_scan *outcome_scans; /* see engine_rules.h */
    uint32_t scanned;     /* when the input has ended: generation of which those are; 0: none */
    uint32_t generation;  /* another one: what was judged may be judged otherwise */
    struct histogram rtt; /* of flows with both sides in view */
    struct histogram rtt_to[2]; /* of those the samples since the view began, see struct engine */
    struct snapshot_history history;
    size_t history_next;
};

bool engine_filter_init(struct engine *engine, struct err *err);
void engine_filter_release(struct engine *engine);
/* Forgets what was counted; the filter stays in force. */
void engine_filter_reset(struct engine *engine);
/* Classes of the program alone, and which of them are in view. */
void engine_filter_make_classes(struct engine *engine);
/* Which classes are in view, by filter.view. */
void engine_filter_show(struct engine *engine);

/* The direction of packets that take this path in the session. */
enum direction engine_filter_direction(const struct engine *engine, uint16_t session,
                                       unsigned path);
/* The class of a side that has a path, or of its later fragments; by all the sessions in which it
 * has been seen. */
unsigned engine_filter_class(struct engine *engine, const struct flow *flow, unsigned side,
                             bool later_fragment);
/* By one of them alone: what took this path there. */
unsigned engine_filter_class_in(struct engine *engine, const struct flow *flow, unsigned side,
                                uint16_t session, unsigned path, bool later_fragment);
/* The first packet of a side, its path set: says by which class the side is counted. */
void engine_filter_judge(struct engine *engine, struct flow_entry entry, unsigned side);
/* A later fragment of a side that has ports, to be counted among the rest, too. Returns the bucket
 * that it belongs to. */
struct engine_bucket *engine_filter_fragment(struct engine *engine, struct flow_entry entry,
                                             unsigned side, uint32_t bytes);

/* Learns the directions of all sessions; filter.rejudge_any: flows wait to be judged again. */
void engine_filter_learn(struct engine *engine);
/* engine_recount.c: does that. */
void engine_filter_refresh(struct engine *engine);
/* Another session has been found to bring a side of the flow: judges it again. */
void engine_filter_rejudge(struct engine *engine, struct flow *flow);
/* ... and moves what a side of one flow counted to the buckets of the same side of another one,
 * which takes it over. */
void engine_filter_adopt(struct engine *engine, struct flow_entry into, struct flow_entry from,
                         unsigned side);

/* A round trip towards `side` of a flow has been measured. */
void engine_filter_sample(struct engine *engine, struct flow_entry entry, unsigned side,
                          uint32_t us);

/* The interval of `seconds` is over: rates and history. */
void engine_filter_interval(struct engine *engine, double seconds);

void engine_bucket_add(struct engine_bucket *to, const struct engine_bucket *from);
/* Sum of all buckets in view, or of all there are. */
struct engine_bucket engine_filter_sum(const struct engine *engine, bool all);

/*
 * engine_copies.c: what each session has brought of flows that several bring
 */

/* The flow has got its first alias, its own session has brought all that was counted. */
void engine_copies_begin(struct engine *engine, struct flow_entry entry);
/* A packet of a flow with arrivals has come in this session. Before it is counted; and then, in
 * `counted`, NULL: it is a second copy. */
void engine_copies_see(struct engine *engine, struct flow_entry entry, unsigned side,
                       uint16_t session, uint8_t path);
void engine_copies_count(struct engine *engine, struct flow_entry entry, unsigned side,
                         uint16_t session, const struct packet *packet,
                         struct engine_bucket *counted);
/* Forgets what the filter said of what they brought. */
void engine_copies_unjudge(struct engine *engine, const struct flow *flow);
/* Puts what the sessions brought into the view, or takes it away. */
void engine_copies_show(struct engine *engine, const struct flow *flow, bool less);
/* Two flows become one: takes what sessions have brought of both out of the buckets, and adds it
 * up; then, all else being joined, puts it in again. */
void engine_copies_join(struct engine *engine, struct flow_entry into, struct flow_entry from);
void engine_copies_joined(struct engine *engine, struct flow_entry into);

/*
 * engine_view.c
 */

/* Of what a side carried, `whole` with `fragments` among it: how much is in view. */
struct talker_share engine_view_share(const struct engine *engine, struct flow_entry entry,
                                      unsigned side, struct talker_share whole,
                                      struct talker_share fragments);
/* The same of all that it ever carried. */
struct talker_share engine_view_all(const struct engine *engine, struct flow_entry entry,
                                    unsigned side);
/* The later fragments of a side, all of them. */
struct talker_share engine_flow_fragments(struct flow_entry entry, unsigned side);

/* The flow was rolled up: `whole` more than before, of the side that spoke first and of the other
 * one; what was there before was booked to node `old` of the protocols (0: nothing was). */
void engine_view_roll(struct engine *engine, struct flow_entry entry,
                      const struct talker_share whole[2], uint16_t old);
/* ... and what went wrong with what a side sent, more than before; modulo 2^32 and 2^64. */
void engine_view_trouble(struct engine *engine, struct flow_entry entry, unsigned side,
                         uint32_t retransmits, uint64_t mirror_loss_bytes);
/* Puts what was rolled up of a flow into the view's tables, by its classes; or takes it away,
 * before they change. */
void engine_view_put(struct engine *engine, struct flow_entry entry);
void engine_view_take(struct engine *engine, struct flow_entry entry);
/* Rates of the last interval and the beginning of the next one, for a flow that has been put. */
void engine_view_recent(struct engine *engine, struct flow_entry entry);
void engine_view_interval(struct engine *engine, double seconds);
void engine_view_clear(struct engine *engine);

#endif
