/* SPDX-License-Identifier: MIT */
#include "engine_state.h"

/* Of most flows there is nothing, and no row to be made: see flow_record_has_losses(). */
static bool may_have_losses(struct flow_entry entry)
{
    static const uint8_t asked[] = { TCP_COUNT_RETRANSMITS, TCP_COUNT_INFERRED,
                                     TCP_COUNT_MIRROR_LOSS_BYTES };
    uint64_t any = 0;

    for (size_t i = 0; flow_has(entry, FLOW_HAS_TROUBLE) && i < sizeof(asked); i++)
        any |= tcp_side_value(&entry_trouble(entry)->counts[0], (enum tcp_count)asked[i]) |
               tcp_side_value(&entry_trouble(entry)->counts[1], (enum tcp_count)asked[i]);
    return any != 0;
}

void engine_flow_remember(struct engine *engine, struct flow *flow)
{
    uint8_t directions[SESSION_PATHS];
    struct flow_record record;
    struct row_texts texts;

    if (!may_have_losses(flow_entry(&engine->flows, flow)))
        return;
    session_directions(&engine->sessions.sessions[flow->key.session], directions);
    engine_row_flow_whole(engine, flow, directions, &record, &texts);
    if (flow_record_has_losses(&record))
        retransmit_top_add(engine->ended, &record, (uint32_t)flow_index(&engine->flows, flow));
}
