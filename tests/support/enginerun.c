/* SPDX-License-Identifier: MIT */
#include "enginerun.h"

#include <check.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/filter/program.h"
#include "../../src/filter/read.h"
#include "../../src/output/output.h"

struct engine_config enginerun_config(void)
{
    return (struct engine_config){ .decode = decode_config_default, .max_flows = 64, .seed = 99 };
}

struct engine *enginerun_feed(const struct engine_config *config, size_t batch)
{
    struct err err;
    struct engine *engine = engine_new(config, &err);

    if (!engine)
        abort();
    for (size_t i = 0; i < trace.count; i += batch)
        engine_feed(engine, &trace.frames[i], trace.count - i < batch ? trace.count - i : batch);
    return engine;
}

struct snapshot *enginerun_finish(struct engine *engine)
{
    struct snapshot_request request = snapshot_request_default(5000);
    struct snapshot *snapshot;

    engine_finish(engine);
    snapshot = engine_snapshot(engine, &request);
    if (!snapshot)
        abort();
    return snapshot;
}

struct snapshot *enginerun_all(const struct engine_config *config)
{
    struct engine *engine = enginerun_feed(config, INPUT_BATCH);
    struct snapshot *snapshot = enginerun_finish(engine);

    engine_free(engine);
    return snapshot;
}

struct filter_program *enginerun_program(const char *rules)
{
    struct filter_program *program;
    struct filter_error error;
    struct filter filter;
    struct err err;

    filter_init(&filter);
    if (!filter_read(&filter, rules, strlen(rules), &error))
        abort();
    program = filter_program_new(&filter, &err);
    filter_free(&filter);
    if (!program)
        abort();
    filter_program_examine(program);
    return program;
}

const struct flow_record *enginerun_flow(const struct snapshot *snapshot, size_t row)
{
    if (row >= snapshot->tables[TABLE_FLOWS].count)
        abort();
    return snapshot_row(snapshot, TABLE_FLOWS, row);
}

const struct talker_record *enginerun_talker(const struct snapshot *snapshot, const char *addr)
{
    struct ip_addr wanted = { .family = 4 };

    if (inet_pton(AF_INET, addr, wanted.bytes) != 1)
        abort();
    for (size_t i = 0; i < snapshot->tables[TABLE_TALKERS].count; i++) {
        const struct talker_record *row = snapshot_row(snapshot, TABLE_TALKERS, i);

        if (row->addr.family == 4 && row->addr.word32[0] == wanted.word32[0])
            return row;
    }
    return NULL;
}

char *enginerun_report(struct engine *engine)
{
    struct report_context context = { .source = "test", .complete = true };
    struct snapshot *snapshot = enginerun_finish(engine);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct err err;

    ck_assert_ptr_nonnull(out);
    if (snapshot->filter.on) /* of single round trips it has those since it came */
        snapshot->tcp.rtt_src = snapshot->tcp.rtt_dst = (struct snapshot_rtt){ .count = 0 };
    ck_assert(report_json(out, snapshot, &context, &err));
    for (size_t i = 0; i < snapshot->tables[TABLE_RULES].count; i++) {
        const struct rule_record *row = snapshot_row(snapshot, TABLE_RULES, i);

        fprintf(out, "%s: %llu %llu %llu %s\n", row->rule, (unsigned long long)row->packets,
                (unsigned long long)row->bytes, (unsigned long long)row->baseline_packets,
                row->example);
    }
    fclose(out);
    snapshot_free(snapshot);
    engine_free(engine);
    return text;
}
