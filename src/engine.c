/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "engine_state.h"
#include "hash.h"
#include "memory.h"

static const uint64_t odd_step_ns = 10000000000u;
static const uint64_t day_ns = 86400ull * 1000000000u;
static const uint64_t interval_ns = ENGINE_INTERVAL_DS * 100000000u; /* many of: */
static const uint64_t ds_ns = 100000000u;

static uint64_t random_seed(void)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
        seed = hash_mix((uint64_t)time(NULL), (uint64_t)(uintptr_t)&seed);
    return seed | 1;
}

static size_t part(size_t limit, size_t divisor, size_t least, size_t most)
{
    size_t value = limit / divisor;

    value = value < least ? least : value;
    return value > most ? most : value;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t sweep_blocks(const struct engine *engine)
{
    return engine->config.max_flows / ENGINE_SWEEP_BLOCK + 1;
}

static bool reserve_tables(struct engine *engine, struct err *err)
{
    size_t limit = engine->config.max_flows;
    uint64_t seed = engine->seed;

    engine->fragments = memory_reserve(1, sizeof(struct fragment_cache));
    engine->protocols = memory_reserve(1, sizeof(struct protocol_tree));
    engine->active = memory_reserve(limit, sizeof(uint32_t));
    engine->visits = memory_reserve(limit, sizeof(struct engine_visit));
    engine->look_ds = memory_reserve(sweep_blocks(engine), sizeof(uint32_t));
    engine->session_tcp = memory_reserve_sparse(SESSION_LIMIT, sizeof(struct tcp_counts));
    if (!engine->fragments || !engine->protocols || !engine->active || !engine->visits ||
        !engine->look_ds || !engine->session_tcp)
        return err_set(err, EXIT_RUNTIME, "no memory for %zu flows; give a smaller --max-flows",
                       limit);
    engine->fragments->seed = seed;
    engine->scans = scan_new(hash_mix(seed, 11), err);
    engine->ended = retransmit_top_new(err);
    return engine->scans && engine->ended && engine_filter_init(engine, err) &&
           flow_table_init(&engine->flows, limit, seed, err) &&
           session_table_init(&engine->sessions, hash_mix(seed, 3), err) &&
           duplicate_table_init(&engine->duplicates, hash_mix(seed, 17), err) &&
           tcp_pool_init(&engine->tcp, part(limit, 4, 64, SIZE_MAX), err) &&
           talker_table_init(&engine->talkers, part(limit, 4, 1024, 65536), hash_mix(seed, 5),
                             engine->config.names, err) &&
           (!engine->config.events || tcp_event_ring_init(&engine->events, err)) &&
           (!engine->config.event_sink || tcp_times_init(&engine->times, err)) &&
           name_store_init(&engine->names, part(limit, 4, 1024, 65536), hash_mix(seed, 7), err) &&
           peek_pool_init(&engine->peek, err);
}

static void start_counters(struct engine *engine)
{
    engine->input.kernel_drops = VALUE_UNKNOWN;
    engine->input.interface_drops = VALUE_UNKNOWN;
    engine->input.first_ns = VALUE_UNKNOWN;
    engine->input.last_ns = VALUE_UNKNOWN;
    engine->decode.duplicates = engine->config.no_dedup ? VALUE_UNKNOWN : 0;
    engine->interval = 1;
}

struct engine *engine_new(const struct engine_config *config, struct err *err)
{
    /* what it holds wants to stand at cache lines, which calloc() knows nothing of */
    struct engine *engine = aligned_alloc(_Alignof(struct engine), sizeof(*engine));

    if (!engine) {
        err_set(err, EXIT_RUNTIME, "no memory");
        return NULL;
    }
    memset(engine, 0, sizeof(*engine));
    engine->config = *config;
    engine->seed = config->seed ? config->seed : random_seed();
    if (!reserve_tables(engine, err)) {
        engine_free(engine);
        return NULL;
    }
    session_table_set_direct(&engine->sessions, &config->direct_host);
    start_counters(engine);
    return engine;
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    engine_filter_release(engine);
    flow_table_release(&engine->flows);
    session_table_release(&engine->sessions);
    tcp_pool_release(&engine->tcp);
    talker_table_release(&engine->talkers);
    name_store_release(&engine->names);
    peek_pool_release(&engine->peek);
    scan_free(engine->scans);
    retransmit_top_free(engine->ended);
    tcp_event_ring_release(&engine->events);
    tcp_times_release(&engine->times);
    duplicate_table_release(&engine->duplicates);
    memory_release(engine->fragments, 1, sizeof(struct fragment_cache));
    memory_release(engine->protocols, 1, sizeof(struct protocol_tree));
    memory_release(engine->active, engine->config.max_flows, sizeof(uint32_t));
    memory_release(engine->visits, engine->config.max_flows, sizeof(struct engine_visit));
    memory_release(engine->look_ds, sweep_blocks(engine), sizeof(uint32_t));
    memory_release(engine->session_tcp, SESSION_LIMIT, sizeof(struct tcp_counts));
    free(engine);
}

void engine_reset(struct engine *engine)
{
    size_t tail = offsetof(struct engine, sessions);
    size_t head = offsetof(struct engine, clock_ns);

    memset((char *)engine + head, 0, tail - head);
    start_counters(engine);
    engine_filter_reset(engine);
    flow_table_clear(&engine->flows);
    session_table_clear(&engine->sessions);
    tcp_pool_clear(&engine->tcp);
    talker_table_clear(&engine->talkers);
    name_store_clear(&engine->names);
    peek_pool_clear(&engine->peek);
    scan_clear(engine->scans);
    retransmit_top_clear(engine->ended);
    tcp_event_ring_clear(&engine->events);
    tcp_times_clear(&engine->times);
    duplicate_table_clear(&engine->duplicates);
    fragment_cache_clear(engine->fragments);
    protocol_tree_clear(engine->protocols);
    memory_clear(engine->look_ds, sweep_blocks(engine), sizeof(uint32_t));
    memory_clear(engine->session_tcp, SESSION_LIMIT, sizeof(struct tcp_counts));
    engine->active_count = 0;
    engine->sweep_at = 0;
    engine->evict_at = 0;
}

static bool is_idle(const struct engine *engine, const struct flow *flow)
{
    return engine_flow_idle(flow, engine->now_ds) > engine_flow_idle_limit(flow);
}

/* Those of the next few flows from `from` on that will end by idling: what that takes is asked for
 * all at once. Returns where the others begin, `to` at most. */
static size_t look_ahead(struct engine *engine, size_t from, size_t to)
{
    struct flow *soon[ENGINE_END_SOON];
    size_t end = smaller(from + ENGINE_END_SOON, to), count = 0;

    for (size_t i = from; i < end; i++) {
        struct flow *flow = &engine->flows.flows[i];
        bool is_used = flow_is_used(flow), will_end = is_idle(engine, flow);

        soon[count] = flow;
        count += is_used & will_end; /* no branch: who knows what comes next */
    }
    engine_flow_end_soon(engine, soon, count);
    return end;
}

/* Looks at the flows [from, to) for those that have ended by idling, and for unanswered SYNs.
 * Returns after how long it is worth looking again, in 1/10 s, unless engine_flow_watch() says
 * sooner. */
static uint32_t look_at_flows(struct engine *engine, size_t from, size_t to)
{
    enum { AHEAD = 8 };
    struct flow_table *table = &engine->flows;
    uint32_t wait = ENGINE_SHORTEST_IDLE_DS;
    size_t looked = from;

    for (size_t i = from; i < to; i++) {
        struct flow *flow = &table->flows[i];
        uint32_t idle = engine_flow_idle(flow, engine->now_ds);
        uint32_t left;

        if (i + AHEAD < to && engine_flow_is_pending(flow + AHEAD))
            flow_table_prefetch_rest(table, flow + AHEAD);
        if (!flow_is_used(flow))
            continue;
        if (engine_flow_is_pending(flow) && idle >= ENGINE_UNANSWERED_DS)
            engine_flow_judge(engine, flow);
        if (is_idle(engine, flow)) {
            if (i >= looked)
                looked = look_ahead(engine, i, to);
            engine_flow_end(engine, flow);
            continue;
        }
        left = engine_flow_is_pending(flow) ? ENGINE_UNANSWERED_DS : engine_flow_idle_limit(flow);
        left = left > idle ? left - idle : 0;
        wait = left < wait ? left : wait;
    }
    return wait;
}

/* Looks at a part of the table, but passes over blocks that have nothing to look for yet. */
static void sweep(struct engine *engine, size_t parts)
{
    size_t high_water = engine->flows.high_water;
    size_t todo = high_water > 0 ? high_water / parts + 1 : 0;

    while (todo > 0) {
        size_t from = engine->sweep_at < high_water ? engine->sweep_at : 0;
        size_t block = from / ENGINE_SWEEP_BLOCK;
        size_t end = smaller((block + 1) * ENGINE_SWEEP_BLOCK, high_water);
        size_t to = smaller(end, from + todo);

        if ((int32_t)(engine->now_ds - engine->look_ds[block]) >= 0) {
            uint32_t wait = look_at_flows(engine, from, to);

            if (from % ENGINE_SWEEP_BLOCK == 0 && to == end)
                engine->look_ds[block] = engine->now_ds + wait;
        }
        engine->sweep_at = to;
        todo -= to - from;
    }
}

void engine_flow_watch(struct engine *engine, const struct flow *flow, uint32_t within_ds)
{
    size_t index = flow_index(&engine->flows, flow);
    uint32_t *look = &engine->look_ds[index / ENGINE_SWEEP_BLOCK];
    uint32_t then = engine->now_ds + within_ds;
    bool is_alone = index % ENGINE_SWEEP_BLOCK == 0 && index + 1 == engine->flows.high_water;

    if (is_alone || (int32_t)(*look - then) > 0)
        *look = then;
}

void engine_roll_active(struct engine *engine)
{
    for (size_t i = 0; i < engine->active_count; i++) {
        struct flow *flow = &engine->flows.flows[engine->active[i]];

        if (flow_is_used(flow) && flow->flags & FLOW_ACTIVE) {
            flow->flags &= (uint8_t)~FLOW_ACTIVE;
            engine_flow_roll(engine, flow);
        }
    }
    engine->active_count = 0;
}

void engine_flow_activate(struct engine *engine, struct flow *flow)
{
    /* Entries that ended and were used again stand on the list twice: make room early. */
    if (engine->active_count == engine->config.max_flows)
        engine_roll_active(engine);
    flow->flags |= FLOW_ACTIVE;
    engine->active[engine->active_count++] = (uint32_t)flow_index(&engine->flows, flow);
}

static void session_rate(struct session *session, double seconds)
{
    uint64_t packets = 0, bytes = 0;

    for (size_t p = 0; p < SESSION_PATHS; p++) {
        packets += session->path[p].packets;
        bytes += session->path[p].bytes;
    }
    session->packet_rate = (uint64_t)((double)(packets - session->interval_packets) / seconds);
    session->bit_rate = (uint64_t)((double)(bytes - session->interval_bytes) * 8 / seconds);
    session->interval_packets = packets;
    session->interval_bytes = bytes;
}

static void session_rates(struct engine *engine, double seconds)
{
    struct session_table *table = &engine->sessions;

    for (size_t i = 0; i < table->count; i++)
        session_rate(&table->sessions[i], seconds);
    session_rate(&table->sessions[SESSION_OTHERS], seconds);
}

/* The second is over: rates, history, roll-up. */
static void end_interval(struct engine *engine, double seconds)
{
    engine_filter_refresh(engine);
    engine_filter_interval(engine, seconds);
    if (engine->config.rates) {
        engine_roll_active(engine);
        talker_interval(&engine->talkers, seconds);
        protocol_interval(engine->protocols, seconds);
        session_rates(engine, seconds);
        if (engine->filter.program)
            engine_view_interval(engine, seconds);
    }
    engine->interval++;
}

static void set_now_ds(struct engine *engine, uint64_t now_ns)
{
    uint64_t ds = now_ns / ds_ns;

    engine->now_ds = (uint32_t)ds;
    engine->next_ds_ns = (ds + 1) * ds_ns;
}

/* Runs the intervals that have ended. After a long gap the last few are enough (what was before
 * them is idle time), and one look at the whole table instead of many at its parts. */
static void run_intervals(struct engine *engine)
{
    uint64_t due = (engine->now_ns - engine->next_interval_ns) / interval_ns + 1;

    if (due > SNAPSHOT_HISTORY)
        engine->next_interval_ns += (due - SNAPSHOT_HISTORY) * interval_ns;
    while (engine->next_interval_ns <= engine->now_ns) {
        set_now_ds(engine, engine->next_interval_ns);
        end_interval(engine, (double)ENGINE_INTERVAL_DS / 10);
        if (due <= ENGINE_SWEEP_PARTS)
            sweep(engine, ENGINE_SWEEP_PARTS);
        engine->next_interval_ns += interval_ns;
    }
    set_now_ds(engine, engine->now_ns);
    if (due > ENGINE_SWEEP_PARTS)
        sweep(engine, 1);
}

/* The capture's clock moves forward to `ts_ns`. */
static void step_forward(struct engine *engine, uint64_t ts_ns)
{
    uint64_t step = ts_ns - engine->clock_ns;

    /* More than a day is no longer than a day for any time-out, and stamps that jump to and fro
     * shall not make the clock overflow. */
    engine->now_ns += step < day_ns ? step : day_ns;
    if (engine->now_ns > UINT64_MAX / 2)
        engine->now_ns = UINT64_MAX / 2;
    engine->clock_ns = ts_ns;
    if (engine->now_ns >= engine->next_interval_ns)
        run_intervals(engine);
    else
        set_now_ds(engine, engine->now_ns);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* A stamp that lies far from the clock. One that is alone shall not end flows, fail attempts or
 * make gaps; after a real gap, or when the capture's clock was set, more will follow. */
static void odd_stamp(struct engine *engine, uint64_t ts_ns)
{
    bool again =
        engine->odd_count > 0 &&
        (distance(ts_ns, engine->odd_ns) <= odd_step_ns ||
         (engine->odd_ns > engine->clock_ns && ts_ns > engine->odd_ns)); /* gap after gap */

    engine->odd_count = again ? engine->odd_count + 1 : 1;
    engine->odd_ns = ts_ns;
    if (engine->odd_count < ENGINE_ODD_STAMPS)
        return;
    engine->odd_count = 0;
    if (ts_ns > engine->clock_ns)
        step_forward(engine, ts_ns);
    else
        engine->clock_ns = ts_ns;
}

/* Where our own clock stands for a frame: as long as its stamp is odd and ahead, that is ahead,
 * too, but only for the frame's own flow. */
static uint32_t frame_time(const struct engine *engine, uint64_t ts_ns)
{
    uint64_t ahead = ts_ns > engine->clock_ns ? ts_ns - engine->clock_ns : 0;

    return (uint32_t)((engine->now_ns + (ahead < day_ns ? ahead : day_ns)) / 100000000u);
}

/* Most frames are a little later than the one before: nothing is due, and nothing odd. */
static inline bool step_a_little(struct engine *engine, uint64_t ts_ns)
{
    uint64_t step = ts_ns - engine->clock_ns;

    if (ts_ns < engine->input.last_ns || step >= engine->next_ds_ns - engine->now_ns ||
        engine->odd_count > 0)
        return false;
    engine->input.last_ns = ts_ns;
    engine->stamp_ns = ts_ns;
    engine->clock_ns = ts_ns;
    engine->now_ns += step;
    engine->frame_ds = engine->now_ds;
    return true;
}

/* A frame's stamp. */
static void advance(struct engine *engine, uint64_t ts_ns)
{
    if (step_a_little(engine, ts_ns))
        return;
    if (!engine->started) {
        engine->started = true;
        engine->clock_ns = ts_ns;
        engine->stamp_ns = ts_ns;
        engine->next_interval_ns = interval_ns;
        engine->input.first_ns = ts_ns;
        engine->input.last_ns = ts_ns;
        return;
    }
    if (ts_ns < engine->input.first_ns)
        engine->input.first_ns = ts_ns;
    if (ts_ns > engine->input.last_ns)
        engine->input.last_ns = ts_ns;
    if (ts_ns < engine->stamp_ns && engine->stamp_ns - ts_ns > odd_step_ns)
        engine->input.time_backwards++;
    engine->stamp_ns = ts_ns;
    if (distance(ts_ns, engine->clock_ns) > odd_step_ns) {
        odd_stamp(engine, ts_ns);
        engine->frame_ds = frame_time(engine, ts_ns);
        return;
    }
    engine->odd_refuted |= engine->odd_count > 0;
    engine->odd_count = 0;
    if (ts_ns > engine->clock_ns)
        step_forward(engine, ts_ns);
    engine->frame_ds = engine->now_ds;
}

/* The work on a batch is cut into stages, each a short loop over all its packets: memory is slow,
 * but answers many questions at a time, and a short loop asks many. */
static void decode_batch(struct engine *engine, const struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        decode_frame(&engine->config.decode, frames[i].link, frames[i].data, frames[i].captured,
                     frames[i].unkept, frames[i].wire, &engine->batch[i]);
}

static void find_sessions(struct engine *engine, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct packet *packet = &engine->batch[i];
        uint16_t session = SESSION_DIRECT;

        if (packet->mirror != MIRROR_NONE)
            session = session_find(&engine->sessions, packet);
        engine->batch_session[i] = session;
        engine->batch_key[i] = 0;
        __builtin_prefetch(&engine->sessions.sessions[session]);
        __builtin_prefetch(&engine->sessions.sessions[session].path[0]);
        __builtin_prefetch(&engine->sessions.sessions[session].path[1]);
    }
}

static void make_key(struct engine *engine, size_t at)
{
    engine->batch_side[at] = (uint8_t)flow_wanted_make(
        &engine->flows, &engine->batch_flow[at], &engine->batch[at], engine->batch_session[at]);
}

static void make_keys(struct engine *engine, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!engine->batch[i].is_fragment) /* its ports depend on the frames before it */
            make_key(engine, i);
        flow_table_prefetch_slot(&engine->flows, engine->batch_flow[i].hash);
    }
    for (size_t i = 0; i < count; i++) {
        engine->batch_guess[i] = flow_table_guess(&engine->flows, engine->batch_flow[i].hash);
        flow_table_prefetch_flow(engine->batch_guess[i]);
    }
}

static void count_decode(struct engine *engine, const struct packet *packet)
{
    engine->decode.outcomes[packet->outcome]++;
    engine->decode.reasons[packet->reason] += packet->reason != REASON_NONE;
    for (uint32_t left = packet->anomalies; left; left &= left - 1)
        engine->decode.anomalies[__builtin_ctz(left)]++;
    engine->decode.fragments += packet->is_fragment;
}

static void count_frame(struct engine *engine, const struct frame *frame, size_t at)
{
    struct packet *packet = &engine->batch[at];
    uint16_t session = engine->batch_session[at];

    advance(engine, frame->ts_ns);
    engine->input.packets++;
    engine->input.bytes += frame->wire;
    count_decode(engine, packet);
    if (packet->mirror == MIRROR_NONE) {
        engine->input.not_mirrored++;
        if (!engine->config.direct)
            return;
    } else {
        engine->input.mirrored++;
    }
    if (packet->is_fragment) {
        fragment_ports(engine->fragments, packet, session, engine->now_ds);
        make_key(engine, at);
    }
    engine->at = at;
    engine_flow_packet(engine, packet, at, frame->ts_ns);
}

/* What a flow has besides its entry, which must be near. */
static inline __attribute__((always_inline)) void prefetch_rest(struct engine *engine, size_t at,
                                                                uint64_t ts_ns)
{
    const struct flow *flow = engine->batch_guess[at];

    flow_table_prefetch_rest(&engine->flows, flow);
    if (engine_duplicate_is_wanted(engine, flow->serial ? flow : NULL, ts_ns))
        engine_duplicate_prefetch(engine, at);
}

void engine_feed(struct engine *engine, const struct frame *frames, size_t count)
{
    enum { AHEAD = 8 };

    if (engine->finished)
        return; /* flows have given back what they held */
    decode_batch(engine, frames, count);
    find_sessions(engine, count);
    make_keys(engine, count);
    for (size_t i = 0; i < smaller(AHEAD, count); i++)
        prefetch_rest(engine, i, frames[i].ts_ns);
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            prefetch_rest(engine, i + AHEAD, frames[i + AHEAD].ts_ns);
        count_frame(engine, &frames[i], i);
    }
    engine_events_hand_new(engine);
}

void engine_tick(struct engine *engine, uint64_t now_ns)
{
    if (!engine->started || engine->finished || now_ns <= engine->clock_ns)
        return;
    /* A replay's clock follows the frames: also one that nobody believes yet. */
    if (now_ns - engine->clock_ns > odd_step_ns && engine->odd_ns > engine->clock_ns &&
        distance(now_ns, engine->odd_ns) <= odd_step_ns)
        odd_stamp(engine, now_ns);
    else
        step_forward(engine, now_ns);
}

const struct snapshot_input *engine_input(const struct engine *engine)
{
    return &engine->input;
}

void engine_finish(struct engine *engine)
{
    if (engine->finished)
        return;
    engine->finished = true;
    /* The last stamps may be behind a gap: nothing spoke against them, unless some were wrong
     * before. */
    if (engine->odd_count > engine->odd_refuted && engine->odd_ns > engine->clock_ns)
        step_forward(engine, engine->odd_ns);
    engine_filter_refresh(engine);
    engine_flow_finish_all(engine);
    engine_events_hand_new(engine);
    if (engine->config.sink && !engine->sink_failed)
        engine->sink_failed =
            !engine_visit_flows(engine, engine->config.sink, engine->config.sink_context);
}
