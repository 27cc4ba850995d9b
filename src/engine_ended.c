/* SPDX-License-Identifier: MIT */
#include "engine_state.h"

void engine_flow_remember(struct engine *engine, const struct flow *flow)
{
    const struct flow_events *events = flow_events(&engine->flows, flow);
    uint8_t directions[SESSION_PATHS];
    struct flow_record record;
    struct row_texts texts;

    if (!(events->retransmits[0] | events->retransmits[1]))
        return;
    session_directions(&engine->sessions.sessions[flow->key.session], directions);
    engine_row_flow_whole(engine, flow, directions, &record, &texts);
    if (record.retransmits != VALUE_UNKNOWN)
        retransmit_top_add(engine->ended, &record, (uint32_t)flow_index(&engine->flows, flow));
}
