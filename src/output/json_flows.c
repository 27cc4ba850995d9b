/* SPDX-License-Identifier: MIT */
/* Flows as NDJSON: one object a line, the CSV's columns as members, null for what is unknown. */
#include "exporters.h"

#include "json_writer.h"

bool json_flows_begin(FILE *out)
{
    return !ferror(out); /* no header */
}

bool json_flows_flow(FILE *out, const struct flow_record *flow)
{
    const struct table *table = &field_tables[TABLE_FLOWS];
    struct json json = { .out = out };

    json_open_object(&json, NULL, JSON_INLINE);
    for (size_t i = 0; i < table->count; i++) {
        if (table->fields[i].uses & USE_CSV)
            json_field(&json, &table->fields[i], flow);
    }
    json_close(&json);
    putc_unlocked('\n', out);
    return !ferror(out);
}
