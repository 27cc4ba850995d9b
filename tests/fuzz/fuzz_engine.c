/* SPDX-License-Identifier: MIT */
/*
 * Any capture through the whole engine: the sums hold, and neither the seed of the hash tables nor
 * the size of the batches changes a number.
 *
 * The first byte chooses options, the second the batches; then records: captured length (1 byte),
 * bytes that the wire had more (1), time step (2, in 1/64 s, signed), the frame.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../decode/cursor.h"
#include "../../src/engine.h"
#include "../../src/output/output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sums {
    uint64_t packets, bytes;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool add_row(const struct flow_record *flow, void *context)
{
    struct sums *sums = context;

    sums->packets += flow->src_packets + flow->dst_packets;
    sums->bytes += flow->src_bytes + flow->dst_bytes;
    return true;
}

static void check(const struct snapshot *snapshot, const struct sums *sums)
{
    uint64_t outcomes = 0, sessions = 0, protocols = 0;

    for (size_t i = 0; i < DECODE_OUTCOME_COUNT; i++)
        outcomes += snapshot->decode.outcomes[i];
    for (size_t i = 0; i < snapshot->tables[TABLE_SESSIONS].count; i++) {
        const struct session_record *row = snapshot_row(snapshot, TABLE_SESSIONS, i);

        sessions += row->packets;
        require(row->ingress + row->egress + row->unknown_direction == row->packets);
    }
    for (size_t i = 0; i < snapshot->tables[TABLE_PROTOCOLS].count; i++) {
        const struct protocol_record *row = snapshot_row(snapshot, TABLE_PROTOCOLS, i);

        protocols += row->level == 0 ? row->packets : 0;
    }
    require(outcomes == snapshot->input.packets);
    require(snapshot->input.mirrored + snapshot->input.not_mirrored == snapshot->input.packets);
    require(sessions == snapshot->packets && protocols == snapshot->packets);
    require(sums->packets == snapshot->packets && sums->bytes == snapshot->bytes);
}

static void feed(struct engine *engine, struct cursor c, size_t batch)
{
    struct frame frames[INPUT_BATCH];
    uint64_t now_ns = 1700000000000000000u;
    size_t count = 0;
    const uint8_t *head;

    while ((head = cur_take(&c, 4)) != NULL) {
        size_t captured = head[0] < cur_left(&c) ? head[0] : cur_left(&c);

        now_ns += (uint64_t)((int64_t)(int16_t)be16(head + 2) * 15625000);
        frames[count++] = (struct frame){
            .data = cur_take(&c, captured),
            .ts_ns = now_ns,
            .captured = (uint32_t)captured,
            .wire = (uint32_t)captured + head[1],
            .link = LINK_ETHERNET,
        };
        if (count == batch) {
            engine_feed(engine, frames, count);
            count = 0;
        }
    }
    engine_feed(engine, frames, count);
}

/* One run, as its JSON report. */
static char *run(const uint8_t *data, size_t size, uint64_t seed, size_t batch)
{
    struct sums sums = { 0 };
    struct engine_config config = {
        .decode = decode_config_default,
        .max_flows = 16 + (data[0] >> 4),
        .direct = data[0] & 1,
        .rates = data[0] & 2,
        .sink = add_row,
        .sink_context = &sums,
        .seed = seed,
    };
    struct snapshot_request request = snapshot_request_default(10000);
    struct report_context context = { .source = "fuzz", .complete = true };
    struct err err;
    struct engine *engine = engine_new(&config, &err);
    struct snapshot *snapshot;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    require(engine && out);
    feed(engine, cur_make(data + 2, size - 2), batch);
    engine_finish(engine);
    snapshot = engine_snapshot(engine, &request);
    engine_free(engine); /* what the snapshot shows is its own */
    require(snapshot != NULL);
    check(snapshot, &sums);
    require(report_json(out, snapshot, &context, &err));
    require(report_text(out, snapshot, &context, &err));
    fclose(out);
    snapshot_free(snapshot);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *one, *other;

    if (size < 2)
        return 0;
    one = run(data, size, 1, INPUT_BATCH);
    other = run(data, size, 0x9e3779b97f4a7c15u, 1 + data[1] % INPUT_BATCH);
    require(strcmp(one, other) == 0);
    free(one);
    free(other);
    return 0;
}
