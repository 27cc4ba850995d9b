/* SPDX-License-Identifier: MIT */
/*
 * engine: frames in, counts out.
 *
 * Owns every table: sessions, flows, talkers, protocols, suspicions. Single-threaded, knows
 * neither threads nor curses, reads no clock: the time is that of the frames, or what
 * engine_tick() is told. The same frames give the same results, however they are batched.
 * All memory is bounded by the configuration and reserved at the start.
 */
#ifndef MIRRORTOP_ENGINE_H
#define MIRRORTOP_ENGINE_H

#include "err.h"
#include "flow/tcp_events.h"
#include "input/input.h"
#include "snapshot.h"

struct engine;
struct names;          /* names.h: services, GeoIP */
struct aws_documents;  /* mirror/aws.h: names of sessions */
struct filter_program; /* filter/program.h: mirror rules */

/* Receives a row when a flow ends, is evicted, or the input ends. The record and its texts are
 * borrowed for the call. false: the sink has failed and wants no more. */
typedef bool (*engine_flow_sink)(const struct flow_record *flow, void *context);

/* Receives what explains counts, in the order of the packets, at the latest when engine_feed()
 * returns; only of flows and sides that the filter in force shows. As above otherwise. */
typedef bool (*engine_event_sink)(const struct tcp_event *event, const struct flow_record *flow,
                                  void *context);

struct engine_config {
    struct decode_config decode;
    size_t max_flows;           /* bound of the flow table, at least 16 */
    bool direct;                /* also take frames that are not encapsulated */
    struct ip_addr direct_host; /* on which these were captured; family 0: not told */
    bool no_dedup;              /* count packets that are mirrored at both ends twice */
    bool rates;                 /* roll up every interval (screen); batch needs only the end */
    const struct names *names;  /* borrowed; NULL: no services, no GeoIP */
    /* borrowed, joined, and outliving the snapshots; NULL: none */
    const struct aws_documents *documents;
    /* for a projection of costs; 0: not given */
    double price_gb, price_session_hour;
    uint64_t packet_length; /* bytes of a frame that the mirror is to keep; 0: as filters say */
    engine_flow_sink sink;  /* NULL: rows are not wanted */
    void *sink_context;
    bool events;                  /* keep the newest packets behind counts of TCP, for snapshots */
    engine_event_sink event_sink; /* NULL: nobody wants each of them; else `events` must be set */
    void *event_context;
    uint64_t seed; /* of the hash tables; 0: random */
};

struct engine *engine_new(const struct engine_config *config, struct err *err);
void engine_free(struct engine *engine);

/* Forgets everything counted, keeps the configuration: a replay that starts again. */
void engine_reset(struct engine *engine);

/* Counts `count` frames (at most INPUT_BATCH) in their order. */
void engine_feed(struct engine *engine, const struct frame *frames, size_t count);

/* Says that the time is at least now_ns even though no frame came. */
void engine_tick(struct engine *engine, uint64_t now_ns);

/* The input has ended: hands the remaining flows to the sink in order of their first packets.
 * The tables stay, so a snapshot after it still shows everything; what is fed after it does not
 * count, until engine_reset(). */
void engine_finish(struct engine *engine);

/* A filter of mirror rules as a view on everything: tables, totals, history and rows then show only
 * what it accepts (or rejects, VIEW_REJECTED), as if it had been in force since the start. NULL:
 * no filter, the same as at the start. The engine takes the program over. What counts frames stays
 * that of the whole input: struct snapshot_input, snapshot_decode, snapshot_flows. */
enum engine_view { VIEW_ACCEPTED, VIEW_REJECTED };
void engine_set_filter(struct engine *engine, struct filter_program *program);
void engine_set_view(struct engine *engine, enum engine_view view);
const struct filter_program *engine_filter(const struct engine *engine); /* NULL: none */

/* Another filter to compare with the one in force, NULL: none. The engine takes it over. */
void engine_set_baseline(struct engine *engine, struct filter_program *program);

/* The counters of frames as they are now; those that only the input knows are not in it. */
const struct snapshot_input *engine_input(const struct engine *engine);

/* Rows for every flow in the table, in order of first packets. false: the sink said so. */
bool engine_visit_flows(struct engine *engine, engine_flow_sink sink, void *context);

/* The state now; the caller frees it. NULL when memory is short. */
struct snapshot *engine_snapshot(struct engine *engine, const struct snapshot_request *request);

#endif
