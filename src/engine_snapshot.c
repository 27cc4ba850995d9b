/* SPDX-License-Identifier: MIT */
/*
 * A snapshot is made in two passes over each table: a heap of the best `top` rows by the 64-bit
 * image of the sort field, then their records in full, sorted by the field itself. Ties go to the
 * row with the smaller key, so the order is stable.
 */
#include <stdlib.h>
#include <string.h>

#include "engine_build.h"
#include "engine_rules.h"

void *build_take(struct builder *builder, size_t size)
{
    void *memory = builder->storage + builder->used;

    builder->used += (size + 15) & ~(size_t)15;
    return memory;
}

const char *build_text(struct builder *builder, const char *text)
{
    size_t size = strlen(text) + 1;

    if (size == 1)
        return "";
    return memcpy(build_take(builder, size), text, size);
}

const struct field *build_order(const struct builder *builder, enum table_id table)
{
    return &field_tables[table].fields[builder->request->order[table].field];
}

struct ranking build_ranking(const struct builder *builder, enum table_id table)
{
    return (struct ranking){
        .rows = builder->scratch,
        .limit = builder->request->top,
        .ascending = !builder->request->order[table].descending,
    };
}

struct sort_context {
    const struct table *table;
    const struct field *field;
    bool descending;
};

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct sort_context *sort = context;
    int order = field_compare(sort->field, a, b);
    uint64_t key_a = table_row_key(sort->table, a), key_b = table_row_key(sort->table, b);

    if (order != 0)
        return sort->descending ? -order : order;
    return key_a < key_b ? -1 : key_a > key_b;
}

void build_finish(struct builder *builder, enum table_id table, void *rows, size_t count,
                  uint64_t total)
{
    struct sort_context sort = {
        .table = &field_tables[table],
        .field = build_order(builder, table),
        .descending = builder->request->order[table].descending,
    };

    if (count > 1)
        qsort_r(rows, count, field_tables[table].record_size, compare_rows, &sort);
    builder->snapshot->tables[table] =
        (struct snapshot_rows){ .rows = rows, .count = count, .total = total };
}

static void build_sessions(struct builder *builder)
{
    struct session_rows sessions = engine_sessions_open(builder->engine);
    struct ranking ranking = build_ranking(builder, TABLE_SESSIONS);
    const struct field *field = build_order(builder, TABLE_SESSIONS);
    struct session_record *rows;
    struct session_record row;
    struct session_texts texts;
    uint64_t total = 0;

    for (size_t i = 0; i < sessions.numbers; i++) {
        if (!engine_sessions_row(&sessions, i, &row, &texts))
            continue;
        total++;
        ranking_offer(&ranking, field_rank(field, &row), row.key, i);
    }
    rows = build_take(builder, ranking.count * sizeof(*rows));
    for (size_t i = 0; i < ranking.count; i++) {
        engine_sessions_row(&sessions, ranking.rows[i].index, &rows[i], &texts);
        rows[i].gwlbe = build_text(builder, texts.gwlbe);
        rows[i].mac = build_text(builder, texts.mac);
    }
    build_finish(builder, TABLE_SESSIONS, rows, ranking.count, total);
    engine_sessions_close(&sessions);
}

static void build_talkers(struct builder *builder)
{
    struct talker_table *talkers = &builder->engine->talkers;
    struct ranking ranking = build_ranking(builder, TABLE_TALKERS);
    const struct field *field = build_order(builder, TABLE_TALKERS);
    /* What the databases say is looked up for the rows kept, for all only when it ranks them. */
    bool by_as_name = field->offset == offsetof(struct talker_record, as_name);
    bool by_geo = field->offset == offsetof(struct talker_record, country) ||
                  field->offset == offsetof(struct talker_record, asn);
    struct talker_record *rows;
    struct talker_record row;
    struct names_geo geo;
    uint64_t total = 0;

    for (size_t i = 0; i < talkers->count; i++) {
        if (by_geo)
            talker_look_up(talkers, i);
        if (!engine_row_talker(builder->engine, i, &row))
            continue;
        total++;
        if (by_as_name) {
            names_geo(builder->engine->config.names, &row.addr, &geo);
            row.as_name = geo.as_name;
        }
        ranking_offer(&ranking, field_rank(field, &row), row.key, i);
    }
    rows = build_take(builder, ranking.count * sizeof(*rows));
    for (size_t i = 0; i < ranking.count; i++) {
        talker_look_up(talkers, ranking.rows[i].index);
        engine_row_talker(builder->engine, ranking.rows[i].index, &rows[i]);
        rows[i].country = build_text(builder, rows[i].country);
        names_geo(builder->engine->config.names, &rows[i].addr, &geo);
        rows[i].as_name = build_text(builder, geo.as_name);
    }
    build_finish(builder, TABLE_TALKERS, rows, ranking.count, total);
}

/* Sums of a node and all below it; children come after their parents in the array. */
static void sum_protocols(const struct engine *engine, struct protocol_node *sums)
{
    const struct protocol_tree *tree = engine->protocols;

    memcpy(sums, tree->node, tree->count * sizeof(*sums));
    for (size_t i = 0; engine->filter.program && i < tree->count; i++) {
        sums[i].packets = tree->view[i].packets;
        sums[i].bytes = tree->view[i].bytes;
        sums[i].bit_rate = tree->view[i].bit_rate;
    }
    for (size_t i = tree->count; i-- > 0;) {
        if (sums[i].parent) {
            struct protocol_node *parent = &sums[sums[i].parent - 1];

            parent->packets += sums[i].packets;
            parent->bytes += sums[i].bytes;
            parent->bit_rate += sums[i].bit_rate;
        }
    }
}

static const char *protocol_name(struct builder *builder, const struct protocol_node *node)
{
    char buffer[8];

    if (node->level == 2)
        return build_text(builder, names_app(builder->engine->config.names, node->id));
    if (node->level == 1)
        return build_text(builder, names_protocol((uint8_t)node->id, buffer));
    if (node->id == PROTOCOL_OTHER)
        return "other";
    return node->id ? build_text(builder, names_ether_type(node->id, buffer)) : "undecoded";
}

/* Puts the rows in tree order: each one followed by those below it, siblings as they come. */
static size_t tree_order(const struct protocol_record *rows, size_t count,
                         const struct protocol_node *nodes, size_t nodes_count, uint32_t *links,
                         struct protocol_record *out)
{
    uint32_t *first = links;                  /* of a node's children; [0]: the top level */
    uint32_t *next = links + nodes_count + 1; /* sibling, by row + 1 */
    uint32_t stack[3];
    size_t depth = 0, filled = 0;

    memset(links, 0, (2 * nodes_count + 2) * sizeof(*links));
    for (size_t i = count; i-- > 0;) {
        uint16_t parent = nodes[rows[i].key].parent;

        next[i + 1] = first[parent];
        first[parent] = (uint32_t)i + 1;
    }
    stack[0] = first[0];
    while (stack[0] || depth > 0) {
        uint32_t row = stack[depth];

        if (row == 0) {
            depth--;
            continue;
        }
        out[filled++] = rows[row - 1];
        stack[depth] = next[row];
        if (depth < 2)
            stack[++depth] = first[rows[row - 1].key + 1];
    }
    return filled;
}

/* Of the whole tree, which is behind the totals: flows are rolled up into it once an interval. */
static uint64_t protocol_bytes(const struct protocol_node *sums, size_t count)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += sums[i].parent ? 0 : sums[i].bytes;
    return bytes;
}

static void build_protocols(struct builder *builder)
{
    const struct protocol_tree *tree = builder->engine->protocols;
    struct protocol_node *sums = build_take(builder, tree->count * sizeof(*sums));
    struct protocol_record *all = build_take(builder, tree->count * sizeof(*all));
    struct protocol_record *rows = build_take(builder, tree->count * sizeof(*rows));
    uint32_t *links = build_take(builder, (2 * tree->count + 2) * sizeof(*links));
    const struct table *table = &field_tables[TABLE_PROTOCOLS];
    struct sort_context by_bytes = { table, &table->fields[table_find(table, "bytes")], true };
    struct sort_context order = { table, build_order(builder, TABLE_PROTOCOLS),
                                  builder->request->order[TABLE_PROTOCOLS].descending };
    size_t total = 0, count;
    uint64_t bytes;

    sum_protocols(builder->engine, sums);
    bytes = protocol_bytes(sums, tree->count);
    for (size_t i = 0; i < tree->count; i++) {
        all[i] = (struct protocol_record){
            .key = i,
            .name = protocol_name(builder, &sums[i]),
            .parent = sums[i].parent ? all[sums[i].parent - 1].name : "",
            .level = sums[i].level,
            .packets = sums[i].packets,
            .bytes = sums[i].bytes,
            .share = bytes ? (uint64_t)((double)sums[i].bytes * 1000 / (double)bytes + 0.5) : 0,
            .bit_rate = sums[i].bit_rate,
        };
        if (sums[i].packets > 0)
            rows[total++] = all[i];
    }
    /* A node never has more bytes than the one above it: the largest `top` are a tree, too. */
    qsort_r(rows, total, sizeof(*rows), compare_rows, &by_bytes);
    count = total < builder->request->top ? total : builder->request->top;
    qsort_r(rows, count, sizeof(*rows), compare_rows, &order);
    count = tree_order(rows, count, sums, tree->count, links, all);
    builder->snapshot->tables[TABLE_PROTOCOLS] =
        (struct snapshot_rows){ .rows = all, .count = count, .total = total };
}

static void build_suspicions(struct builder *builder)
{
    struct ranking ranking = build_ranking(builder, TABLE_SUSPICIONS);
    const struct field *field = build_order(builder, TABLE_SUSPICIONS);
    struct suspicion_record *rows;
    struct suspicion_record row;
    char detail[80];
    size_t count;
    uint64_t found, shown = 0;
    const struct scan *scans = scan_list(builder->engine->scans, &count, &found);

    for (size_t i = 0; i < count; i++) {
        if (!engine_row_suspicion(builder->engine, &scans[i], &row, detail, sizeof(detail)))
            continue;
        shown++;
        ranking_offer(&ranking, field_rank(field, &row), row.key, i);
    }
    rows = build_take(builder, ranking.count * sizeof(*rows));
    for (size_t i = 0; i < ranking.count; i++) {
        engine_row_suspicion(builder->engine, &scans[ranking.rows[i].index], &rows[i], detail,
                             sizeof(detail));
        rows[i].detail = build_text(builder, detail);
    }
    build_finish(builder, TABLE_SUSPICIONS, rows, ranking.count,
                 builder->engine->filter.program ? shown : found);
}

/* Copies rows and sums that engine_rules_make() has made. */
static void build_rules(struct builder *builder, const struct engine_rules *made)
{
    struct ranking ranking = build_ranking(builder, TABLE_RULES);
    const struct field *field = build_order(builder, TABLE_RULES);
    struct snapshot_filter *filter = &builder->snapshot->filter;
    struct rule_record *rows;

    for (size_t i = 0; i < made->count; i++)
        ranking_offer(&ranking, field_rank(field, &made->rows[i]), made->rows[i].key, i);
    rows = build_take(builder, ranking.count * sizeof(*rows));
    for (size_t i = 0; i < ranking.count; i++) {
        rows[i] = made->rows[ranking.rows[i].index];
        rows[i].rule = build_text(builder, rows[i].rule);
        rows[i].example = build_text(builder, rows[i].example);
        rows[i].mend = build_text(builder, rows[i].mend);
        rows[i].note = build_text(builder, rows[i].note);
        rows[i].difference = build_text(builder, rows[i].difference);
        rows[i].description = build_text(builder, rows[i].description);
    }
    build_finish(builder, TABLE_RULES, rows, ranking.count, made->count);
    *filter = made->sums;
    filter->text = build_text(builder, filter->text);
    filter->warnings = build_text(builder, filter->warnings);
}

static void copy_rtt(const struct histogram *rtt, struct snapshot_rtt *out)
{
    bool known = rtt->count > 0;

    *out = (struct snapshot_rtt){
        .count = rtt->count,
        .min_us = known ? rtt->min : VALUE_UNKNOWN,
        .median_us = known ? histogram_quantile(rtt, 50) : VALUE_UNKNOWN,
        .p95_us = known ? histogram_quantile(rtt, 95) : VALUE_UNKNOWN,
        .max_us = known ? rtt->max : VALUE_UNKNOWN,
    };
}

static void copy_tcp(const struct engine *engine, const struct engine_bucket *totals,
                     struct snapshot_tcp *tcp)
{
    /* What can be told only in directions that the second counts. */
    static const uint8_t by[][2] = {
        { TCP_COUNT_FAST, TCP_COUNT_WHOLE },
        { TCP_COUNT_TIMEOUT, TCP_COUNT_WHOLE },
        { TCP_COUNT_TAIL_PROBES, TCP_COUNT_WHOLE },
        { TCP_COUNT_SPURIOUS, TCP_COUNT_WHOLE },
        { TCP_COUNT_DUPLICATE_ACKS, TCP_COUNT_WHOLE },
        { TCP_COUNT_WINDOW_FULL, TCP_COUNT_WHOLE },
        { TCP_COUNT_WINDOW_FULL, TCP_COUNT_VERIFIABLE },
        { TCP_COUNT_LOST_BEFORE_MIRROR, TCP_COUNT_ANSWERED },
        { TCP_COUNT_ZERO_WINDOW_PROBES, TCP_COUNT_ANSWERED },
        { TCP_COUNT_WINDOW_PROBES, TCP_COUNT_ANSWERED },
        { TCP_COUNT_MIRROR_LOSS_BYTES, TCP_COUNT_VERIFIABLE },
        { TCP_COUNT_MIRROR_LOSS_SEGMENTS, TCP_COUNT_VERIFIABLE },
        { TCP_COUNT_INFERRED, TCP_COUNT_NUMBERED },
    };
    const struct histogram *rtt_to =
        engine->filter.program ? engine->filter.rtt_to : engine->rtt_to;
    bool is_empty = totals->segments == 0;

    tcp->segments = totals->segments;
    memcpy(tcp->count, totals->tcp.n, sizeof(tcp->count));
    for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
        if (!is_empty && totals->tcp.n[by[i][1]] == 0)
            tcp->count[by[i][0]] = VALUE_UNKNOWN;
    }
    copy_rtt(engine->filter.program ? &engine->filter.rtt : &engine->rtt, &tcp->rtt);
    copy_rtt(&rtt_to[0], &tcp->rtt_src);
    copy_rtt(&rtt_to[1], &tcp->rtt_dst);
}

/* Flows ever, or those ever in view. */
static uint64_t count_flows(const struct engine *engine)
{
    return engine->filter.program ? engine->filter.flows
                                  : engine->flows.opened - engine->flows.joined;
}

static void copy_counters(const struct engine *engine, struct snapshot *snapshot)
{
    const struct engine_bucket shown = engine_filter_sum(engine, false), *totals = &shown;

    snapshot->input = engine->input;
    snapshot->decode = engine->decode;
    snapshot->decode.fragments_alone = engine->fragments->alone;
    snapshot->decode.duplicates_forgotten = engine->duplicates.forgotten;
    snapshot->packets = totals->packets;
    snapshot->bytes = totals->bytes;
    snapshot->bit_rate = totals->bit_rate;
    snapshot->packet_rate = totals->packet_rate;
    snapshot->flows = (struct snapshot_flows){
        .total = engine->flows.opened - engine->flows.joined,
        .active = engine->flows.active,
        .evicted = engine->evicted,
        .limit = engine->config.max_flows,
        .talkers_evicted = engine->talkers.evicted,
        .talkers_refused = engine->talkers.refused,
        .holes_forgotten = engine->tcp.forgotten,
        .names_dropped = engine->names.dropped + engine->peek.dropped,
        .sessions_refused = engine->sessions.refused_frames,
        .sessions_left_out = engine->flows.no_alias,
        .shown = count_flows(engine),
        .protocols_displaced = engine->protocols->displaced,
    };
    snapshot->talkers_rest = (struct snapshot_rest){
        .packets_sent = engine->talkers.rest.packets_sent,
        .bytes_sent = engine->talkers.rest.bytes_sent,
        .packets_received = engine->talkers.rest.packets_received,
        .bytes_received = engine->talkers.rest.bytes_received,
    };
    if (engine->filter.program)
        snapshot->talkers_rest = (struct snapshot_rest){
            .packets_sent = engine->talkers.views[0].packets_sent,
            .bytes_sent = engine->talkers.views[0].bytes_sent,
            .packets_received = engine->talkers.views[0].packets_received,
            .bytes_received = engine->talkers.views[0].bytes_received,
        };
    copy_tcp(engine, totals, &snapshot->tcp);
}

static void copy_history(const struct engine *engine, struct snapshot_history *history)
{
    bool view = engine->filter.program != NULL;
    const struct snapshot_history *ring = view ? &engine->filter.history : &engine->history;
    size_t next = view ? engine->filter.history_next : engine->history_next;
    size_t from = (next + SNAPSHOT_HISTORY - ring->count) % SNAPSHOT_HISTORY;

    history->count = ring->count;
    for (size_t i = 0; i < ring->count; i++) {
        size_t at = (from + i) % SNAPSHOT_HISTORY;

        history->bytes[i] = ring->bytes[at];
        history->packets[i] = ring->packets[at];
        history->retransmits[i] = ring->retransmits[at];
        history->mirror_loss_bytes[i] = ring->mirror_loss_bytes[at];
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What the rows and texts can come to at most. */
static size_t storage_size(const struct engine *engine, const struct snapshot_request *request,
                           const struct engine_rules *rules)
{
    size_t top = request->top;
    size_t nodes = engine->protocols->count;
    size_t live = engine->flows.active;
    size_t flows =
        request->flows ? least(top, live) + least(top, live + engine->ended->ranking.count) : 0;

    return least(top, engine_sessions_most(engine)) * (sizeof(struct session_record) + TEXTS_EACH) +
           least(top, engine->talkers.count) * (sizeof(struct talker_record) + TEXTS_EACH) +
           least(top, SCAN_SUSPICIONS) * (sizeof(struct suspicion_record) + TEXTS_EACH) +
           nodes * (sizeof(struct protocol_node) + 2 * sizeof(struct protocol_record) +
                    2 * sizeof(uint32_t) + TEXTS_EACH) +
           flows * (sizeof(struct flow_record) + TEXTS_EACH) +
           (request->explain ? SNAPSHOT_EVENTS * sizeof(struct tcp_event) : 0) +
           least(top, rules->count) * sizeof(struct rule_record) + rules->text_bytes + 1024;
}

static bool build(struct builder *builder, const struct engine_rules *rules)
{
    struct engine *engine = builder->engine;

    copy_counters(engine, builder->snapshot);
    copy_history(engine, &builder->snapshot->history);
    build_sessions(builder);
    build_talkers(builder);
    build_protocols(builder);
    build_suspicions(builder);
    build_rules(builder, rules);
    build_events(builder);
    return !builder->request->flows || build_flows(builder);
}

struct snapshot *engine_snapshot(struct engine *engine, const struct snapshot_request *request)
{
    struct builder builder = { .engine = engine, .request = request };
    struct engine_rules rules;
    bool good;

    tcp_rtt_queue_flush(&engine->rtt_queue);
    if (request->settled)
        engine_roll_active(engine);
    if (!engine_rules_make(engine, &rules))
        return NULL;
    builder.snapshot = calloc(1, sizeof(*builder.snapshot));
    builder.scratch = malloc(2 * request->top * sizeof(*builder.scratch));
    builder.storage = malloc(storage_size(engine, request, &rules));
    good = builder.snapshot && builder.scratch && builder.storage;
    if (good)
        builder.snapshot->storage = builder.storage;
    good = good && build(&builder, &rules);
    engine_rules_free(&rules);
    free(builder.scratch);
    if (good)
        return builder.snapshot;
    free(builder.snapshot);
    free(builder.storage);
    return NULL;
}
