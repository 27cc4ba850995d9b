/* SPDX-License-Identifier: MIT */
/*
 * engine_state: what the engine's own files share; nobody else includes it.
 *
 *   engine.c           batches, the clock, intervals, idle expiry
 *   engine_flow.c      the life of a flow: first packet, application, roll-up, end
 *   engine_evict.c     a full table: which flow makes room
 *   engine_tcp.c       the state of connections, handshakes
 *   engine_tcp_...c    retransmits, losses, acknowledgments: see engine_tcp.h
 *   engine_events.c    hands on what explains counts
 *   engine_duplicates.c  second copies of packets; flows that are seen in several sessions
 *   engine_join.c      two flows turn out to be one
 *   engine_copies.c    what each session has brought of a flow that several bring
 *   engine_ended.c     what is kept of flows that have left the table
 *   engine_rows.c      records for people and scripts, engine_rows_tcp.c what they say of TCP
 *   engine_sessions.c  those of sessions, beside the documents of AWS
 *   engine_snapshot.c  ranking and copying them; flows: engine_snapshot_flows.c
 *   engine_filter.c    the filter in force: classes and their buckets; see engine_filter.h
 *   engine_recount.c   it changes
 *   engine_rules.c     the table of its rules, and sums; engine_rules_rows.c
 *   engine_view.c      what tables count of the traffic that it shows
 *   engine_suspicions.c  which scans it shows
 */
#ifndef MIRRORTOP_ENGINE_STATE_H
#define MIRRORTOP_ENGINE_STATE_H

#include "detect/scan.h"
#include "engine.h"
#include "engine_filter.h"
#include "flow/fragments.h"
#include "flow/peek.h"
#include "flow/protocols.h"
#include "flow/retransmit_top.h"
#include "flow/talkers.h"
#include "flow/tcp.h"
#include "flow/tcp_events.h"
#include "flow/tcp_rtt.h"
#include "flow/tcp_times.h"
#include "histogram.h"
#include "mirror/aws.h"
#include "mirror/duplicates.h"
#include "mirror/session.h"

enum {
    ENGINE_INTERVAL_DS = 10,   /* rates and expiry: once a second of the capture's clock */
    ENGINE_SWEEP_PARTS = 4,    /* each interval looks at a quarter of the table for idle flows */
    ENGINE_SWEEP_BLOCK = 64,   /* so many at a time, or passes over them */
    ENGINE_UNANSWERED_DS = 30, /* a SYN without answer for 3 s has failed */
    ENGINE_SHORTEST_IDLE_DS = 300, /* no flow ends earlier, whatever its state becomes */
    ENGINE_SILENT_S = 30,          /* a session of the documents that sends nothing for so long */
    ENGINE_EVICT_CANDIDATES = 8,   /* of so many neighbours the least wanted makes room */
    ENGINE_END_SOON = 16,          /* flows about to end are looked at so many at a time */
    ENGINE_ODD_STAMPS = 16,        /* so many in a row that agree, and the clock believes them */
};

/* For visiting flows in the order of their first packets. */
struct engine_visit {
    uint32_t serial;
    uint32_t index;
};

struct engine {
    struct engine_config config;
    uint64_t seed;

    /* Two clocks. The capture's follows the frames' stamps. Those more than ten seconds away from
     * it are odd: it goes there, forward or back, when some in a row have agreed. Idle times and
     * intervals run on one of our own, which starts at 0 with the first frame and only ever moves
     * by the steps forward of the other. */
    uint64_t clock_ns;         /* the capture's */
    uint64_t stamp_ns;         /* of the frame before */
    uint64_t odd_ns;           /* the last odd stamp */
    uint32_t odd_count;        /* odd stamps in a row */
    uint32_t odd_refuted;      /* 1: after some the stamps went on as before */
    uint64_t now_ns;           /* our own */
    uint64_t next_interval_ns; /* when the interval ends, by our own */
    uint64_t next_ds_ns;       /* our own when now_ds changes */
    uint32_t now_ds;           /* our own in 1/10 s, modulo 2^32 */
    uint32_t frame_ds;         /* the same for the frame at hand, which may be ahead */
    uint32_t interval;         /* number of the interval, from 1 */
    bool started, finished, sink_failed;

    struct snapshot_input input;
    struct snapshot_decode decode;
    uint64_t evicted;                /* flows */
    struct snapshot_history history; /* of everything; a ring: */
    size_t history_next;
    struct histogram rtt;
    struct histogram rtt_to[2]; /* samples: towards src, towards dst */
    struct tcp_rtt_queue rtt_queue;

    struct session_table sessions; /* engine_reset() forgets all that stands before it */
    struct engine_filter filter;
    struct flow_table flows;
    struct tcp_pool tcp;
    struct tcp_counts *session_tcp; /* by sessions */
    struct talker_table talkers;
    struct name_store names;
    struct peek_pool peek;
    struct duplicate_table duplicates;
    struct fragment_cache *fragments;
    struct protocol_tree *protocols;
    struct scan_detector *scans;
    struct retransmit_top *ended;
    uint32_t *active; /* indices of the flows that carried something in this interval */
    size_t active_count;
    struct engine_visit *visits; /* reserved early: an export must not fail when all is counted */
    size_t sweep_at;
    uint32_t *look_ds; /* by blocks of the flow table: until then a sweep finds nothing in it */
    size_t evict_at;
    struct tcp_event_ring events;
    struct tcp_times times; /* only for those who want each event */

    struct packet batch[INPUT_BATCH];
    struct flow_wanted batch_flow[INPUT_BATCH];
    struct flow *batch_guess[INPUT_BATCH]; /* the flow, most likely */
    uint64_t batch_key[INPUT_BATCH];       /* see duplicates.h; 0: not made */
    uint16_t batch_session[INPUT_BATCH];
    uint8_t batch_side[INPUT_BATCH];
    size_t at; /* the packet at hand */
};

static inline struct session *engine_flow_session(struct engine *engine, const struct flow *flow)
{
    return &engine->sessions.sessions[flow->key.session];
}

/* Where what a side counts is counted, too; by its class. */
static inline struct engine_bucket *engine_bucket(const struct engine *engine,
                                                  struct flow_entry entry, unsigned side)
{
    return &engine->filter.buckets[flow_class(entry, side)];
}

/* What an interval's count comes to in a second. */
static inline uint64_t engine_interval_rate(uint64_t count)
{
    return count * 10 / ENGINE_INTERVAL_DS;
}

/* engine_flow.c: one packet of a session, its key and hash made. */
void engine_flow_packet(struct engine *engine, const struct packet *packet, size_t at,
                        uint64_t ts_ns);
/* engine.c: puts the flow on the interval's list. */
void engine_flow_activate(struct engine *engine, struct flow *flow);
/* Rolls up the flows of that list, and empties it. */
void engine_roll_active(struct engine *engine);
/* engine.c: the flow has come into a state that may want a look within so many 1/10 s. Needed for
 * what waits for an answer, and where a state changes without a packet of the flow: any other flow
 * is looked at within ENGINE_SHORTEST_IDLE_DS. */
void engine_flow_watch(struct engine *engine, const struct flow *flow, uint32_t within_ds);
/* For how long, in 1/10 s, the flow may be idle in its state. */
uint32_t engine_flow_idle_limit(const struct flow *flow);
/* ... and for how long it has been. Its last frame may have been ahead of the clock. */
static inline uint32_t engine_flow_idle(const struct flow *flow, uint32_t now_ds)
{
    int32_t idle = (int32_t)(now_ds - flow->last_ds);

    return idle > 0 ? (uint32_t)idle : 0;
}
/* A SYN without answer that is no failed attempt yet. Without a branch: what the last few flows
 * were says nothing about the next. */
static inline bool engine_flow_is_pending(const struct flow *flow)
{
    return (flow->state == FLOW_OPENING) & !(flow->flags & FLOW_JUDGED);
}
/* A connection attempt of the flow's opener has failed: an event for the scan detector, once. */
void engine_flow_failed(struct engine *engine, struct flow *flow, uint64_t ts_ns, bool refused);
/* What is pending has failed, if it has waited for long enough. */
void engine_flow_judge(struct engine *engine, struct flow *flow);
/* Whether the flow is between addresses; an ARP packet may not have said them. */
static inline bool engine_flow_has_addresses(const struct flow *flow)
{
    return flow->key.kind > FLOW_ARP ||
           (flow->key.kind == FLOW_ARP && (flow->key.addr[0] | flow->key.addr[1]) != 0);
}
static inline bool engine_flow_is_dns(const struct flow *flow)
{
    return (flow->key.protocol == PROTO_UDP) &
           ((flow->key.port[0] == 53) | (flow->key.port[1] == 53));
}
/* Both directions of a flow have been seen in a session. */
static inline void engine_flow_two_way(struct engine *engine, const struct flow *flow,
                                       uint16_t number)
{
    struct session *session = &engine->sessions.sessions[number];

    session->two_way_flows++;
    session->dns_answered += engine_flow_is_dns(flow);
}
/* What the application is called: an app id, or APP_UNKNOWN. */
uint16_t engine_flow_app(const struct engine *engine, const struct flow *flow,
                         const struct flow_detail *detail);
/* Adds what the flow carried since the last time to talkers and protocols. */
void engine_flow_roll(struct engine *engine, struct flow *flow);
/* The input has ended: judges and rolls up every flow. */
void engine_flow_finish_all(struct engine *engine);
/* Takes the flow out of the table: rolls it up and hands its row to the sink. */
void engine_flow_end(struct engine *engine, struct flow *flow);
/* Most likely that will be done next with these, ENGINE_END_SOON at most: asks for memory. */
void engine_flow_end_soon(const struct engine *engine, struct flow *const *soon, size_t count);

/* engine_evict.c: ends a flow of a full table. */
void engine_evict(struct engine *engine);

/* engine_tcp.c: the state of a TCP flow by its first packet, and who opened it. */
void engine_tcp_open(struct flow *flow, const struct packet *packet);
/* A segment, before it is counted. elsewhere: not in the flow's own session. */
void engine_tcp_packet(struct engine *engine, struct flow_entry entry, unsigned side,
                       const struct packet *packet, bool elsewhere, uint64_t ts_ns);
/* The second copy of one, in the flow's own session. */
void engine_tcp_copied(struct engine *engine, struct flow_entry entry, unsigned side,
                       const struct packet *packet, uint64_t ts_ns);
/* The flow has got its rest, after its first packet. */
void engine_tcp_settle_in(struct engine *engine, struct flow *flow);
/* Whether a packet of any protocol is the first of the next connection between the same ports. */
bool engine_tcp_is_next(struct flow_entry entry, unsigned side, const struct packet *packet);

/* Mirror loss can be told: both directions were seen, and not joined in the middle. */
static inline bool engine_tcp_is_verifiable(const struct flow *flow)
{
    return flow->has_reply & !!((flow_tcp_flags(flow, 0) | flow_tcp_flags(flow, 1)) & TCP_SYN);
}

/* All that has been counted of a side, and by ANSWERED to WHOLE what can be told of it; nothing
 * when it is not TCP. */
void engine_tcp_counts(struct flow_entry entry, unsigned side, struct tcp_counts *counts);
/* What `from` knows of sequence numbers, acknowledgments and round trips is added to `into`, and
 * so is what it counted. Both are of TCP, and have a rest. Before what they carried is added up;
 * engine_tcp_joined(): after that, with what both had counted `before`: brings sums up to date. */
void engine_tcp_join(struct engine *engine, struct flow_entry into, struct flow_entry from,
                     struct tcp_counts before[2]);
void engine_tcp_joined(struct engine *engine, struct flow_entry into,
                       const struct tcp_counts before[2]);
/* An attempt to connect was not answered; the flow may have no rest. */
void engine_tcp_unanswered(struct engine *engine, struct flow *flow);
/* A fragment of a segment without its header. */
void engine_tcp_later_fragment(struct flow_entry entry, unsigned side, const struct packet *packet);
/* Of a flow that has no FLOW_CUT_OPTIONS yet, and gets it. */
void engine_tcp_cut(struct engine *engine, struct flow_entry entry);

/* engine_events.c: hands new events to whoever wants each of them (engine_config.event_sink), while
 * their flows are still there. */
void engine_events_hand(struct engine *engine);
static inline void engine_events_hand_new(struct engine *engine)
{
    if (engine->config.event_sink && engine->events.handed < engine->events.count)
        engine_events_hand(engine);
}

/* engine_tcp_event.c: a segment that has been looked at, to say later when its bytes came. */
void engine_tcp_note_time(struct engine *engine, struct flow_entry entry, unsigned side,
                          const struct packet *packet);

enum {
    ENGINE_SLICE_SHIFT = 24, /* a slice of time is 17 ms ... */
    ENGINE_SLICES = 32,      /* ... and in one of so many all flows are examined for copies */
};
/* Whether a packet is to be looked at by engine_duplicate(). Of most it is not, so this asks for
 * nothing else of them. flow: the packet's, NULL: none yet. One mirror source has no other that
 * could bring copies to a flow that is not young. */
static inline bool engine_duplicate_is_wanted(const struct engine *engine, const struct flow *flow,
                                              uint64_t ts_ns)
{
    if (engine->config.no_dedup)
        return false;
    return !flow || flow->examined ||
           ((ts_ns >> ENGINE_SLICE_SHIFT) % ENGINE_SLICES == 0 && engine->sessions.several_sources);
}

/* The same when the packet's turn has come: its key says what was known before. */
static inline bool engine_duplicate_is_still_wanted(const struct engine *engine,
                                                    const struct flow *flow, size_t at)
{
    return (!flow || flow->examined || engine->batch_key[at] != 0) && !engine->config.no_dedup;
}

/* engine_duplicates.c: whether a packet of the batch, its key and hash made, is the second copy of
 * one that has been counted. It is booked then, and all is done that it takes. flow: of the
 * packet's session, NULL: none yet; path: in the session. */
bool engine_duplicate(struct engine *engine, struct flow *flow, size_t at, uint8_t path,
                      uint64_t ts_ns);
/* Asks for the memory that it will want. */
void engine_duplicate_prefetch(struct engine *engine, size_t at);
/* A side of a flow begins with a packet of another session: the path that it most likely took
 * through the flow's own mirror source. */
uint8_t engine_duplicate_path(struct engine *engine, struct flow_entry entry, unsigned side);
/* A packet of a flow that is seen in several sessions came in this one. */
void engine_duplicate_note(struct engine *engine, struct flow *flow, uint16_t session,
                           unsigned side);

/* engine_join.c: the flow is seen in this session, too. */
void engine_flow_also(struct engine *engine, struct flow *flow, uint16_t session);
/* Counts a second copy, which took this path, as brought by its session; where this flow is not
 * seen there, as there was no room, with the session's own one, NULL: it has none. */
void engine_flow_copied(struct engine *engine, struct flow *flow, struct flow *own, size_t at,
                        uint8_t path);
/* The packets of `from` belong to `into`, which began earlier; `from` is gone then,
 * and its session one of those in which `into` is seen. */
void engine_flow_join(struct engine *engine, struct flow *into, struct flow *from);

/* engine_ended.c: keeps the row of a flow with losses, which is about to leave the table. */
void engine_flow_remember(struct engine *engine, struct flow *flow);

/* engine_rows.c: texts in the record are borrowed from the engine until its next call. */
enum { ROW_SESSION = 60 }; /* of a session in words, with what separates it */
struct row_texts {
    char protocol[8];
    char also[FLOW_ALSO * ROW_SESSION];
};
/* The name of a flow's protocol, in `text` if it has to be made. */
const char *engine_row_protocol(const struct flow *flow, char text[8]);
/* All of a flow's row but countries and AS numbers. false: the filter shows nothing of it. */
bool engine_row_flow(const struct engine *engine, const struct flow *flow,
                     const uint8_t directions[SESSION_PATHS], struct flow_record *record,
                     struct row_texts *texts);
/* Only its serial number and what it has carried: packets, bytes, bit_rate. */
bool engine_row_sums(const struct engine *engine, const struct flow *flow,
                     struct flow_record *record);
/* All but countries and AS numbers, whatever the filter shows. */
void engine_row_flow_whole(const struct engine *engine, const struct flow *flow,
                           const uint8_t directions[SESSION_PATHS], struct flow_record *record,
                           struct row_texts *texts);
/* What a row says of a flow's sides: all, or what the filter shows. */
struct row_shown {
    struct talker_share share[2];
    bool side[2]; /* has anything to show */
};
/* engine_rows_tcp.c: what the row says of TCP; packets and bytes are in it already. */
void engine_row_tcp(const struct flow_table *flows, struct flow_entry entry, unsigned src,
                    const struct row_shown *shown, struct flow_record *record);
/* ... and those: each may cost a look into the databases, so only rows that are shown get them.
 * flow is NULL when it has left the table. */
void engine_row_geo(struct engine *engine, const struct flow *flow, struct flow_record *record,
                    struct row_countries *texts);
/* Country and AS number as far as they have been looked up: see talker_look_up(). false: the filter
 * shows nothing of it. */
bool engine_row_talker(const struct engine *engine, size_t index, struct talker_record *record);
/* VNI and mirror source, both unknown for what was not encapsulated. */
void engine_row_mirror(const struct engine *engine, uint16_t number, uint64_t *vni,
                       struct ip_addr *source);
/* engine_suspicions.c: whether the filter shows the scan, and how many of its targets. */
bool engine_suspicion_shown(const struct engine *engine, const struct scan *scan,
                            uint32_t *targets);
/* Writes the sentence into `detail`. false: the filter shows nothing of it. */
bool engine_row_suspicion(const struct engine *engine, const struct scan *scan,
                          struct suspicion_record *record, char *detail, size_t size);

/* engine_sessions.c: the sessions of the table, and behind them those that the documents expect. */
struct session_texts {
    char gwlbe[AWS_ENI_ID], mac[18];
};
struct session_rows {
    const struct engine *engine;
    struct aws_matches *matches; /* NULL: no documents */
    size_t numbers;              /* rows have numbers below this; not every number has a row */
};
struct session_rows engine_sessions_open(const struct engine *engine);
void engine_sessions_close(struct session_rows *rows);
/* How many rows there are at most. */
size_t engine_sessions_most(const struct engine *engine);
/* The row with this number, its texts in the buffers given or of the documents; false: none. */
bool engine_sessions_row(const struct session_rows *rows, size_t number,
                         struct session_record *record, struct session_texts *texts);

#endif
