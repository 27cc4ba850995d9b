/* SPDX-License-Identifier: MIT */
#include "engine_state.h"

void engine_flow_remember(struct engine *engine, struct flow *flow)
{
    struct flow_entry entry = flow_entry(&engine->flows, flow);
    const struct tcp_side_counts *counts = entry.trouble->counts;
    uint8_t directions[SESSION_PATHS];
    struct flow_record record;
    struct row_texts texts;

    if (!flow_has(entry, FLOW_HAS_TROUBLE) || !(tcp_side_value(&counts[0], TCP_COUNT_RETRANSMITS) |
                                                tcp_side_value(&counts[1], TCP_COUNT_RETRANSMITS)))
        return;
    session_directions(&engine->sessions.sessions[flow->key.session], directions);
    engine_row_flow_whole(engine, flow, directions, &record, &texts);
    if (record.retransmits != VALUE_UNKNOWN)
        retransmit_top_add(engine->ended, &record, (uint32_t)flow_index(&engine->flows, flow));
}
