/* SPDX-License-Identifier: MIT */
/* The JSON report: one object. Members are never renamed; new ones go to the end of an object. */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../decode/decode.h"
#include "json_writer.h"
#include "stream.h"

static void write_input(struct json *json, const struct snapshot *snapshot,
                        const struct report_context *context)
{
    const struct snapshot_input *input = &snapshot->input;

    json_open_object(json, "input", JSON_INLINE);
    json_text(json, "source", context->source);
    json_number(json, "packets", input->packets);
    json_number(json, "bytes", input->bytes);
    json_number(json, "mirrored", input->mirrored);
    json_number(json, "not_mirrored", input->not_mirrored);
    json_number(json, "kernel_drops", input->kernel_drops);
    json_number(json, "queue_drops", input->queue_drops);
    json_time(json, "first", input->first_ns);
    json_time(json, "last", input->last_ns);
    json_bool(json, "cut", input->cut);
    json_number(json, "time_backwards", input->time_backwards);
    json_bool(json, "complete", context->complete);
    json_number(json, "interface_drops", input->interface_drops);
    json_number(json, "oversize", input->oversize);
    json_bool(json, "kernel_drops_estimated", input->kernel_drops_estimated);
    json_close(json);
}

static void write_decode(struct json *json, const struct snapshot_decode *decode)
{
    json_open_object(json, "decode", JSON_INLINE);
    json_number(json, "ok", decode->outcomes[DECODE_OK]);
    json_number(json, "truncated", decode->outcomes[DECODE_TRUNCATED]);
    json_number(json, "malformed", decode->outcomes[DECODE_MALFORMED]);
    json_number(json, "unsupported", decode->outcomes[DECODE_UNSUPPORTED]);
    json_number(json, "fragments", decode->fragments);
    json_number(json, "duplicates", decode->duplicates);
    json_open_object(json, "reasons", JSON_INLINE);
    for (size_t i = 0; i < REASON_COUNT; i++) {
        if (i != REASON_NONE && decode->reasons[i] > 0)
            json_number(json, decode_reason_name((enum decode_reason)i), decode->reasons[i]);
    }
    json_close(json);
    json_open_object(json, "anomalies", JSON_INLINE);
    for (size_t i = 0; i < ANOMALY_COUNT; i++) {
        if (decode->anomalies[i] > 0)
            json_number(json, decode_anomaly_name((enum decode_anomaly)i), decode->anomalies[i]);
    }
    json_close(json);
    json_number(json, "fragments_alone", decode->fragments_alone);
    json_number(json, "duplicates_forgotten", decode->duplicates_forgotten);
    json_close(json);
}

/* Members of one row by the field table. */
static void write_fields(struct json *json, enum table_id table, const void *row)
{
    for (size_t i = 0; i < field_tables[table].count; i++) {
        if (field_tables[table].fields[i].uses & USE_JSON)
            json_field(json, &field_tables[table].fields[i], row);
    }
}

static void write_rows(struct json *json, const struct snapshot *snapshot, enum table_id table)
{
    json_open_array(json, field_tables[table].name, JSON_LINES);
    for (size_t i = 0; i < snapshot->tables[table].count; i++) {
        json_open_object(json, NULL, JSON_INLINE);
        write_fields(json, table, snapshot_row(snapshot, table, i));
        json_close(json);
    }
    json_close(json);
}

static void write_flows(struct json *json, const struct snapshot_flows *flows)
{
    json_open_object(json, "flows", JSON_INLINE);
    json_number(json, "total", flows->total);
    json_number(json, "active", flows->active);
    json_number(json, "evicted", flows->evicted);
    json_number(json, "limit", flows->limit);
    json_number(json, "talkers_evicted", flows->talkers_evicted);
    json_number(json, "names_dropped", flows->names_dropped);
    json_number(json, "sessions_refused", flows->sessions_refused);
    json_number(json, "protocols_displaced", flows->protocols_displaced);
    json_number(json, "talkers_refused", flows->talkers_refused);
    json_number(json, "sessions_left_out", flows->sessions_left_out);
    json_number(json, "holes_forgotten", flows->holes_forgotten);
    json_close(json);
}

/* A node of the tree and what stands above it: names alone do not tell nodes apart. */
struct protocol_line {
    const struct protocol_record *row;
    const char *above[2];
    size_t place;
};

/* Most bytes first; among equals as in the tree, so that no node comes before its parent. */
static int compare_lines(const void *left, const void *right)
{
    const struct protocol_line *a = left, *b = right;

    if (a->row->bytes != b->row->bytes)
        return a->row->bytes > b->row->bytes ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static bool write_protocols(struct json *json, const struct snapshot *snapshot)
{
    size_t count = snapshot->tables[TABLE_PROTOCOLS].count;
    struct protocol_line *lines = calloc(count + 1, sizeof(*lines));
    const char *above[2] = { "", "" };

    if (!lines)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct protocol_record *row = snapshot_row(snapshot, TABLE_PROTOCOLS, i);

        lines[i] = (struct protocol_line){ .row = row, .above = { "", "" }, .place = i };
        memcpy(lines[i].above, above, (row->level < 2 ? row->level : 2) * sizeof(above[0]));
        if (row->level < 2)
            above[row->level] = row->name;
    }
    qsort(lines, count, sizeof(lines[0]), compare_lines);
    json_open_array(json, "protocols", JSON_LINES);
    for (size_t i = 0; i < count; i++) {
        json_open_object(json, NULL, JSON_INLINE);
        write_fields(json, TABLE_PROTOCOLS, lines[i].row);
        json_open_array(json, "path", JSON_INLINE);
        for (size_t level = 0; level < 2 && level < lines[i].row->level; level++)
            json_text(json, NULL, lines[i].above[level]);
        json_text(json, NULL, lines[i].row->name);
        json_close(json);
        json_close(json);
    }
    json_close(json);
    free(lines);
    return true;
}

static void write_rtt(struct json *json, const char *name, const struct snapshot_rtt *rtt)
{
    json_open_object(json, name, JSON_INLINE);
    json_number(json, "count", rtt->count);
    json_number(json, "min", rtt->min_us);
    json_number(json, "median", rtt->median_us);
    json_number(json, "p95", rtt->p95_us);
    json_number(json, "max", rtt->max_us);
    json_close(json);
}

static void write_tcp(struct json *json, const struct snapshot_tcp *tcp)
{
    json_open_object(json, "tcp", JSON_INLINE);
    json_number(json, "segments", tcp->segments);
    for (unsigned i = 0; i < TCP_COUNT_COUNT; i++)
        json_number(json, tcp_count_name((enum tcp_count)i), tcp->count[i]);
    write_rtt(json, "rtt_us", &tcp->rtt);
    write_rtt(json, "rtt_src_us", &tcp->rtt_src);
    write_rtt(json, "rtt_dst_us", &tcp->rtt_dst);
    json_close(json);
}

static void write_named(struct json *json, const void *row, const char *const names[])
{
    const struct table *table = &field_tables[TABLE_SUSPICIONS];

    for (size_t i = 0; names[i]; i++)
        json_field(json, &table->fields[table_find(table, names[i])], row);
}

static void write_suspicions(struct json *json, const struct snapshot *snapshot)
{
    static const char *const before[] = {
        "kind", "src_addr", "dst_addr", "detail", "started", NULL
    };
    static const char *const evidence[] = { "targets",  "unanswered", "refused",
                                            "window_s", "port",       NULL };
    static const char *const after[] = { "last", "vni", "mirror_source", NULL };

    json_open_array(json, "suspicions", JSON_LINES);
    for (size_t i = 0; i < snapshot->tables[TABLE_SUSPICIONS].count; i++) {
        const void *row = snapshot_row(snapshot, TABLE_SUSPICIONS, i);

        json_open_object(json, NULL, JSON_INLINE);
        write_named(json, row, before);
        json_open_object(json, "evidence", JSON_INLINE);
        write_named(json, row, evidence);
        json_close(json);
        write_named(json, row, after);
        json_close(json);
    }
    json_close(json);
}

/* How many rows there are, of which `--top` were written. */
static void write_totals(struct json *json, const struct snapshot *snapshot)
{
    static const enum table_id tables[] = { TABLE_SESSIONS, TABLE_TALKERS, TABLE_PROTOCOLS,
                                            TABLE_SUSPICIONS };

    json_open_object(json, "totals", JSON_INLINE);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        json_number(json, field_tables[tables[i]].name, snapshot->tables[tables[i]].total);
    json_close(json);
}

/* What the addresses carried that are not among the rows that there are. */
static void write_rest(struct json *json, const struct snapshot_rest *rest)
{
    json_open_object(json, "talkers_rest", JSON_INLINE);
    json_number(json, "packets_sent", rest->packets_sent);
    json_number(json, "bytes_sent", rest->bytes_sent);
    json_number(json, "packets_received", rest->packets_received);
    json_number(json, "bytes_received", rest->bytes_received);
    json_close(json);
}

static void write_sum(struct json *json, const char *name, const struct snapshot_sum *sum)
{
    json_open_object(json, name, JSON_INLINE);
    json_number(json, "packets", sum->packets);
    json_number(json, "bytes", sum->bytes);
    json_close(json);
}

static void write_projection(struct json *json, const struct snapshot_projection *projection)
{
    bool known = projection->seconds >= 1;

    json_open_object(json, "projection", JSON_INLINE);
    json_number(json, "packet_rate", known ? projection->packet_rate : VALUE_UNKNOWN);
    json_number(json, "bit_rate", known ? projection->bit_rate : VALUE_UNKNOWN);
    json_number(json, "month_bytes", known ? projection->month_bytes : VALUE_UNKNOWN);
    json_number(json, "month_cents", known ? projection->month_cents : VALUE_UNKNOWN);
    json_bool(json, "at_most", projection->at_most);
    json_close(json);
}

/* A text's lines as an array. */
static void write_lines(struct json *json, const char *name, const char *text)
{
    char line[512];

    json_open_array(json, name, JSON_INLINE);
    while (*text) {
        size_t length = strcspn(text, "\n");

        snprintf(line, sizeof(line), "%.*s", (int)length, text);
        json_text(json, NULL, line);
        text += length + (text[length] == '\n');
    }
    json_close(json);
}

/* What the filter lets in of all that was counted. */
static void write_filter(struct json *json, const struct snapshot_filter *filter, uint64_t flows)
{
    json_open_object(json, "filter", JSON_LINES);
    json_text(json, "text", filter->text);
    write_sum(json, "all", &filter->all);
    write_sum(json, "accepted", &filter->accepted);
    write_sum(json, "rejected", &filter->rejected);
    write_sum(json, "uncertain", &filter->uncertain);
    write_sum(json, "forgotten", &filter->forgotten);
    json_number(json, "one_way_flows", filter->one_way_flows);
    write_projection(json, &filter->projection);
    write_lines(json, "warnings", filter->warnings);
    json_number(json, "flows", flows);
    write_sum(json, "mirrored", &filter->mirrored);
    json_close(json);
}

bool report_json(FILE *out, const struct snapshot *snapshot, const struct report_context *context,
                 struct err *err)
{
    struct json json = { .out = out, .one_line = context->one_line };

    errno = 0;
    json_open_object(&json, NULL, JSON_LINES);
    write_input(&json, snapshot, context);
    write_decode(&json, &snapshot->decode);
    write_rows(&json, snapshot, TABLE_SESSIONS);
    write_flows(&json, &snapshot->flows);
    write_rows(&json, snapshot, TABLE_TALKERS);
    if (!write_protocols(&json, snapshot))
        return err_set(err, EXIT_RUNTIME, "no memory for the report; give a smaller --top");
    write_tcp(&json, &snapshot->tcp);
    write_suspicions(&json, snapshot);
    write_totals(&json, snapshot);
    write_rest(&json, &snapshot->talkers_rest);
    if (snapshot->filter.on) {
        write_filter(&json, &snapshot->filter, snapshot->flows.shown);
        write_rows(&json, snapshot, TABLE_RULES);
    }
    json_close(&json);
    putc('\n', out);
    return stream_finish(out, "the report", err);
}
