/* SPDX-License-Identifier: MIT */
#include "engine_state.h"

/* How gladly a flow is given up when the table is full: ended ones first, then attempts; of those
 * alike the one that has been idle for longest. As a number, which takes no branches: a flow's
 * state says nothing about the next one's. */
static uint64_t eagerness(const struct flow *flow)
{
    static const uint8_t class[FLOW_STATE_COUNT] = {
        [FLOW_CLOSED] = 2,
        [FLOW_REFUSED] = 2,
        [FLOW_OPENING] = 1,
        [FLOW_ONE_WAY] = 1,
    };

    return (uint64_t) class[flow->state] << 32 | (UINT32_MAX - flow->last_ds);
}

/* Of the candidates from `at` on. */
static struct flow *least_wanted(const struct engine *engine, size_t at)
{
    struct flow *best = &engine->flows.flows[at];
    uint64_t most = eagerness(best);

    for (size_t i = 1; i < ENGINE_EVICT_CANDIDATES; i++) {
        struct flow *flow;
        uint64_t eager;

        at = at + 1 < engine->flows.limit ? at + 1 : 0;
        flow = &engine->flows.flows[at];
        eager = eagerness(flow);
        best = eager > most ? flow : best;
        most = eager > most ? eager : most;
    }
    return best;
}

/* Those that most likely will be evicted next: what that takes is asked for all at once. */
static void look_ahead(const struct engine *engine)
{
    struct flow *soon[ENGINE_END_SOON];
    size_t at = engine->evict_at;

    for (size_t i = 0; i < ENGINE_END_SOON; i++) {
        soon[i] = least_wanted(engine, at);
        at = (at + ENGINE_EVICT_CANDIDATES) % engine->flows.limit;
    }
    engine_flow_end_soon(engine, soon, ENGINE_END_SOON);
}

void engine_evict(struct engine *engine)
{
    const struct flow *later =
        &engine->flows.flows[engine->evict_at + 2 * ENGINE_END_SOON * ENGINE_EVICT_CANDIDATES];
    struct flow *flow;

    if (engine->evicted % ENGINE_END_SOON == 0)
        look_ahead(engine);
    for (size_t i = 0; i < ENGINE_EVICT_CANDIDATES; i++) /* behind the table it does no harm */
        __builtin_prefetch(&later[i]);
    flow = least_wanted(engine, engine->evict_at);
    engine->evict_at = (engine->evict_at + ENGINE_EVICT_CANDIDATES) % engine->flows.limit;
    engine->evicted++;
    engine_flow_end(engine, flow);
}
