/* SPDX-License-Identifier: MIT */
#include "retransmit_top.h"

#include <stdio.h>

#include "../memory.h"

struct retransmit_top *retransmit_top_new(struct err *err)
{
    struct retransmit_top *top = memory_reserve_sparse(1, sizeof(*top));

    if (top)
        retransmit_top_clear(top);
    else
        err_set(err, EXIT_RUNTIME, "no memory for the flows with most retransmits");
    return top;
}

void retransmit_top_free(struct retransmit_top *top)
{
    memory_release(top, 1, sizeof(*top));
}

void retransmit_top_clear(struct retransmit_top *top)
{
    top->ranking = (struct ranking){ .rows = top->heap, .limit = RETRANSMIT_TOP };
    top->total = 0;
}

static void keep_texts(struct retransmit_row *row)
{
    struct flow_record *record = &row->record;

    snprintf(row->protocol, sizeof(row->protocol), "%s", record->protocol);
    snprintf(row->server_name, sizeof(row->server_name), "%s", record->server_name);
    snprintf(row->also_session, sizeof(row->also_session), "%s", record->also_session);
    record->also_session = row->also_session;
    record->protocol = row->protocol;
    record->server_name = row->server_name;
}

/* Unknown is nothing. */
static uint64_t least_of_32_bits(uint64_t value)
{
    if (!record_has(value))
        return 0;
    return value < UINT32_MAX ? value : UINT32_MAX;
}

void retransmit_top_add(struct retransmit_top *top, const struct flow_record *record, uint32_t flow)
{
    struct ranking *ranking = &top->ranking;
    size_t index = ranking->count;
    uint64_t rank =
        least_of_32_bits(record->retransmits) << 32 | least_of_32_bits(record->mirror_loss_bytes);

    top->total++;
    if (!ranking_admits(ranking, rank, record->serial))
        return;
    if (index == ranking->limit)
        index = ranking->rows[0].index; /* the one that makes room */
    ranking_offer(ranking, rank, record->serial, index);
    top->rows[index].record = *record;
    top->rows[index].record.bit_rate = 0; /* whatever the last interval was, it is over */
    top->rows[index].looked_up = false;
    top->rows[index].flow = flow;
    keep_texts(&top->rows[index]);
}
