/* SPDX-License-Identifier: MIT */
/* Rows of flows: ranked for a snapshot, or one after the other for an export. */
#include <stdlib.h>
#include <string.h>

#include "engine_build.h"
#include "memory.h"

/* Whether the databases say it: then it is looked up before it is known for the rows to be kept. */
static bool is_geo(const struct field *field)
{
    return field->offset == offsetof(struct flow_record, src_country) ||
           field->offset == offsetof(struct flow_record, dst_country) ||
           field->offset == offsetof(struct flow_record, src_asn) ||
           field->offset == offsetof(struct flow_record, dst_asn);
}

/* Whether engine_row_sums() says it. */
static bool is_sum(const struct field *field)
{
    return field->offset == offsetof(struct flow_record, packets) ||
           field->offset == offsetof(struct flow_record, bytes) ||
           field->offset == offsetof(struct flow_record, bit_rate);
}

/* Of a flow that has ended, countries and AS numbers in the row. */
static void look_up_ended(struct engine *engine, size_t index)
{
    struct retransmit_row *row = &engine->ended->rows[index];

    if (!row->looked_up)
        engine_row_geo(engine, NULL, &row->record, &row->countries);
    row->looked_up = true;
}

/* The record of a flow that has ended; false: the filter shows nothing of it, or can no longer say
 * so. */
static bool ended_record(const struct engine *engine, size_t index, struct flow_record *record)
{
    const struct retransmit_row *row = &engine->ended->rows[index];
    const struct flow *flow = &engine->flows.flows[row->flow];
    uint8_t directions[SESSION_PATHS];
    struct row_texts texts;

    *record = row->record;
    if (!engine->filter.program)
        return true;
    if (flow_is_used(flow) || flow->serial != row->record.serial)
        return false;
    session_directions(&engine->sessions.sessions[flow->key.session], directions);
    if (!engine_row_flow(engine, flow, directions, record, &texts))
        return false;
    record->protocol = row->record.protocol;
    record->server_name = row->record.server_name;
    record->also_session = row->record.also_session;
    record->src_country = row->record.src_country;
    record->dst_country = row->record.dst_country;
    record->src_asn = row->record.src_asn;
    record->dst_asn = row->record.dst_asn;
    record->bit_rate = 0; /* whatever the last interval was, it is over */
    return flow_record_has_losses(record);
}

/* Flows that have ended are ranked with indices behind those of the table. */
static void keep_flow(struct builder *builder, const uint8_t (*directions)[SESSION_PATHS],
                      size_t index, struct flow_record *row)
{
    const struct flow_table *flows = &builder->engine->flows;
    struct row_texts texts;
    struct row_countries countries;

    if (index < flows->limit) {
        engine_row_flow(builder->engine, &flows->flows[index],
                        directions[flows->flows[index].key.session], row, &texts);
        engine_row_geo(builder->engine, &flows->flows[index], row, &countries);
    } else {
        look_up_ended(builder->engine, index - flows->limit);
        ended_record(builder->engine, index - flows->limit, row);
    }
    row->protocol = build_text(builder, row->protocol);
    row->server_name = build_text(builder, row->server_name);
    row->also_session = build_text(builder, row->also_session);
    row->src_country = build_text(builder, row->src_country);
    row->dst_country = build_text(builder, row->dst_country);
}

static void keep_flows(struct builder *builder, const uint8_t (*directions)[SESSION_PATHS],
                       enum table_id table, const struct ranking *ranking, uint64_t total)
{
    struct flow_record *rows = build_take(builder, ranking->count * sizeof(*rows));

    for (size_t i = 0; i < ranking->count; i++)
        keep_flow(builder, directions, ranking->rows[i].index, &rows[i]);
    build_finish(builder, table, rows, ranking->count, total);
}

/* Returns how many there are. */
static uint64_t offer_ended(struct builder *builder, struct ranking *ranking)
{
    const struct retransmit_top *ended = builder->engine->ended;
    const struct field *field = build_order(builder, TABLE_RETRANSMITS);
    uint64_t shown = 0;

    for (size_t i = 0; i < ended->ranking.count; i++) {
        struct flow_record row;

        if (is_geo(field))
            look_up_ended(builder->engine, i);
        if (!ended_record(builder->engine, i, &row))
            continue;
        shown++;
        ranking_offer(ranking, field_rank(field, &row), row.serial,
                      builder->engine->flows.limit + i);
    }
    return builder->engine->filter.program ? shown : ended->total;
}

/* How many there are. */
struct offered {
    uint64_t flows, with_losses;
};

/* The flows in the table. What they rank by is mostly a sum; then only those that may have losses
 * need a row to be made. */
static struct offered offer_flows(struct builder *builder,
                                  const uint8_t (*directions)[SESSION_PATHS],
                                  struct ranking *by_order, struct ranking *by_retransmits)
{
    struct engine *engine = builder->engine;
    const struct flow_table *flows = &engine->flows;
    const struct field *order = build_order(builder, TABLE_FLOWS);
    const struct field *retransmits = build_order(builder, TABLE_RETRANSMITS);
    bool by_geo = is_geo(order) || is_geo(retransmits), by_sum = is_sum(order);
    struct offered offered = { 0, 0 };
    struct flow_record row;
    struct row_texts texts;
    struct row_countries countries;

    for (size_t i = 0; i < flows->high_water; i++) {
        const struct flow *flow = &flows->flows[i];

        if (!flow_is_used(flow))
            continue;
        if (by_sum && !(flow_reply(flows, flow)->marks & FLOW_HAS_TROUBLE)) {
            row.retransmits = row.inferred = row.mirror_loss_bytes = 0;
            if (!engine_row_sums(engine, flow, &row))
                continue;
        } else if (!engine_row_flow(engine, flow, directions[flow->key.session], &row, &texts)) {
            continue;
        } else if (by_geo) {
            engine_row_geo(engine, flow, &row, &countries);
        }
        offered.flows++;
        ranking_offer(by_order, field_rank(order, &row), row.serial, i);
        if (flow_record_has_losses(&row)) {
            offered.with_losses++;
            ranking_offer(by_retransmits, field_rank(retransmits, &row), row.serial, i);
        }
    }
    return offered;
}

bool build_flows(struct builder *builder)
{
    struct engine *engine = builder->engine;
    struct ranking by_order = build_ranking(builder, TABLE_FLOWS);
    struct ranking by_retransmits = build_ranking(builder, TABLE_RETRANSMITS);
    uint8_t(*directions)[SESSION_PATHS] = calloc(SESSION_LIMIT, sizeof(*directions));
    struct offered offered;
    uint64_t with_losses;

    if (!directions)
        return false;
    by_retransmits.rows += builder->request->top;
    for (size_t i = 0; i < engine->sessions.count; i++)
        session_directions(&engine->sessions.sessions[i], directions[i]);
    offered = offer_flows(builder, (const uint8_t(*)[SESSION_PATHS])directions, &by_order,
                          &by_retransmits);
    with_losses = offered.with_losses + offer_ended(builder, &by_retransmits);
    keep_flows(builder, (const uint8_t(*)[SESSION_PATHS])directions, TABLE_FLOWS, &by_order,
               offered.flows);
    keep_flows(builder, (const uint8_t(*)[SESSION_PATHS])directions, TABLE_RETRANSMITS,
               &by_retransmits, with_losses);
    free(directions);
    return true;
}

static int by_serial(const void *a, const void *b)
{
    const struct engine_visit *x = a, *y = b;

    return (int32_t)(x->serial - y->serial); /* modulo 2^32, like the serials */
}

bool engine_visit_flows(struct engine *engine, engine_flow_sink sink, void *context)
{
    struct flow_table *flows = &engine->flows;
    struct engine_visit *order = engine->visits;
    size_t count = 0;
    bool going = true;

    tcp_rtt_queue_flush(&engine->rtt_queue);
    for (size_t i = 0; i < flows->high_water; i++) {
        if (flow_is_used(&flows->flows[i]))
            order[count++] = (struct engine_visit){ flows->flows[i].serial, (uint32_t)i };
    }
    qsort(order, count, sizeof(*order), by_serial);
    for (size_t i = 0; i < count && going; i++) {
        struct flow *flow = &flows->flows[order[i].index];
        uint8_t directions[SESSION_PATHS];
        struct flow_record record;
        struct row_texts texts;
        struct row_countries countries;

        session_directions(&engine->sessions.sessions[flow->key.session], directions);
        if (!engine_row_flow(engine, flow, directions, &record, &texts))
            continue;
        engine_row_geo(engine, flow, &record, &countries);
        going = sink(&record, context);
    }
    memory_clear(order, flows->limit, sizeof(*order));
    return going;
}
