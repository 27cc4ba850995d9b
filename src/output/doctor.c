/* SPDX-License-Identifier: MIT */
/* The doctor's report. */
#include "../doctor.h"

#include <errno.h>

#include "../format.h"
#include "../wrap.h"
#include "json_writer.h"
#include "output.h"
#include "stream.h"
#include "text.h"

enum { LABEL = 16, BULLET = 4 };

static void put_wrapped(FILE *out, const char *label, const char *text)
{
    char escaped[1024];

    text_ascii(escaped, sizeof(escaped), text);
    fprintf(out, "  %-*s", LABEL - 2, label);
    wrap_print(out, escaped, LABEL, LABEL);
}

static void put_item(FILE *out, const char *text)
{
    fputs("  * ", out);
    wrap_print(out, text, BULLET, BULLET);
}

static void put_finding(FILE *out, const struct finding_record *finding)
{
    char source[FORMAT_FIELD];

    fprintf(out, "%s: %s", finding->severity, finding->kind);
    if (finding->vni != VALUE_UNKNOWN) {
        format_addr(source, sizeof(source), &finding->mirror_source);
        fprintf(out, ", session %s VNI %llu", source, (unsigned long long)finding->vni);
    }
    putc('\n', out);
    put_wrapped(out, "observed", finding->observed);
    put_wrapped(out, "likely cause", finding->cause);
    put_wrapped(out, "what to do", finding->remedy);
    putc('\n', out);
}

static void write_text(FILE *out, const struct snapshot *snapshot)
{
    const struct snapshot_rows *rows = &snapshot->tables[TABLE_FINDINGS];

    if (rows->count == 0)
        fputs("The mirror looks healthy: nothing was found.\n\n", out);
    else if (doctor_is_healthy(snapshot))
        fputs("The mirror looks healthy; worth knowing:\n\n", out);
    for (size_t i = 0; i < rows->count; i++)
        put_finding(out, snapshot_row(snapshot, TABLE_FINDINGS, i));
    if (rows->total > rows->count)
        fprintf(out, "%llu more findings\n\n", (unsigned long long)(rows->total - rows->count));
    fprintf(out, "%llu packets, %llu of them mirrored, %llu sessions.\n\n",
            (unsigned long long)snapshot->input.packets,
            (unsigned long long)snapshot->input.mirrored,
            (unsigned long long)snapshot->tables[TABLE_SESSIONS].total);
    fputs("What a target cannot see:\n", out);
    for (size_t i = 0; doctor_blind_spots[i]; i++)
        put_item(out, doctor_blind_spots[i]);
}

static void write_json(FILE *out, const struct snapshot *snapshot)
{
    const struct table *table = &field_tables[TABLE_FINDINGS];
    const struct snapshot_rows *rows = &snapshot->tables[TABLE_FINDINGS];
    struct json json = { .out = out };

    json_open_object(&json, NULL, JSON_LINES);
    json_bool(&json, "healthy", doctor_is_healthy(snapshot));
    json_open_array(&json, "findings", JSON_LINES);
    for (size_t i = 0; i < rows->count; i++) {
        json_open_object(&json, NULL, JSON_INLINE);
        for (size_t f = 0; f < table->count; f++)
            json_field(&json, &table->fields[f], snapshot_row(snapshot, TABLE_FINDINGS, i));
        json_close(&json);
    }
    json_close(&json);
    json_number(&json, "findings_total", rows->total);
    json_number(&json, "packets", snapshot->input.packets);
    json_number(&json, "mirrored", snapshot->input.mirrored);
    json_number(&json, "sessions", snapshot->tables[TABLE_SESSIONS].total);
    json_open_array(&json, "cannot_see", JSON_LINES);
    for (size_t i = 0; doctor_blind_spots[i]; i++)
        json_text(&json, NULL, doctor_blind_spots[i]);
    json_close(&json);
    json_close(&json);
    putc('\n', out);
}

bool report_doctor(FILE *out, const struct snapshot *snapshot, bool json, struct err *err)
{
    errno = 0;
    if (json)
        write_json(out, snapshot);
    else
        write_text(out, snapshot);
    return stream_finish(out, "the report", err);
}
