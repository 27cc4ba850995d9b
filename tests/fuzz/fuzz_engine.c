/* SPDX-License-Identifier: MIT */
/*
 * Any capture through the whole engine: the sums hold, and neither the seed of the hash tables nor
 * the size of the batches changes a number. Engines are emptied and used again, so this is also
 * about engine_reset().
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

/* What the sink was handed. */
struct sums {
    uint64_t packets, bytes;
    uint64_t with_losses, retransmits;
};

/* Bits of the first byte that choose an engine. */
enum { OPTION_DIRECT = 1, OPTION_RATES = 2, OPTION_LARGER = 4, ENGINE_KINDS = 8 };

struct run_engine {
    struct engine *engine;
    struct sums sums;
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
    sums->with_losses += flow_record_has_losses(flow);
    sums->retransmits += record_has(flow->retransmits) ? flow->retransmits : 0;
    return true;
}

/* Flows with losses, in the table or not, are all counted, and listed as far as asked for. */
static void check_retransmits(const struct snapshot *snapshot, const struct sums *sums)
{
    const struct snapshot_rows *rows = &snapshot->tables[TABLE_RETRANSMITS];
    uint64_t retransmits = 0;

    for (size_t i = 0; i < rows->count; i++) {
        const struct flow_record *row = snapshot_row(snapshot, TABLE_RETRANSMITS, i);

        retransmits += record_has(row->retransmits) ? row->retransmits : 0;
        require(row->other_kinds == VALUE_UNKNOWN || row->other_kinds <= row->retransmits);
    }
    require(rows->total == sums->with_losses);
    require(rows->count < rows->total || retransmits == sums->retransmits);
}

static void check(const struct snapshot *snapshot, const struct sums *sums)
{
    uint64_t outcomes = 0, sessions = 0, duplicates = 0, protocols = 0;

    for (size_t i = 0; i < DECODE_OUTCOME_COUNT; i++)
        outcomes += snapshot->decode.outcomes[i];
    for (size_t i = 0; i < snapshot->tables[TABLE_SESSIONS].count; i++) {
        const struct session_record *row = snapshot_row(snapshot, TABLE_SESSIONS, i);

        sessions += row->packets;
        duplicates += row->duplicates;
        require(row->ingress + row->egress + row->unknown_direction == row->packets);
    }
    for (size_t i = 0; i < snapshot->tables[TABLE_PROTOCOLS].count; i++) {
        const struct protocol_record *row = snapshot_row(snapshot, TABLE_PROTOCOLS, i);

        protocols += row->level == 0 ? row->packets : 0;
    }
    require(outcomes == snapshot->input.packets);
    require(snapshot->input.mirrored + snapshot->input.not_mirrored == snapshot->input.packets);
    require(sessions == snapshot->packets + duplicates && protocols == snapshot->packets);
    require(duplicates == snapshot->decode.duplicates);
    require(sums->packets == snapshot->packets && sums->bytes == snapshot->bytes);
    check_retransmits(snapshot, sums);
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

/* Engines are made once for every kind and seed, and emptied after every run: making one takes
 * longer than most runs. */
static struct run_engine *engine_for(unsigned options, unsigned which)
{
    static struct run_engine made[ENGINE_KINDS][2];
    struct run_engine *run = &made[options % ENGINE_KINDS][which];
    struct engine_config config = {
        .decode = decode_config_default,
        .max_flows = options & OPTION_LARGER ? 29 : 16,
        .direct = options & OPTION_DIRECT,
        .rates = options & OPTION_RATES,
        .sink = add_row,
        .sink_context = &run->sums,
        .seed = which ? 0x9e3779b97f4a7c15u : 1,
    };
    struct err err;

    if (!run->engine)
        run->engine = engine_new(&config, &err);
    require(run->engine != NULL);
    run->sums = (struct sums){ .packets = 0 };
    return run;
}

/* One run, as its reports. `late`: made when the engine has already forgotten, since what a
 * snapshot shows is its own. */
static char *report(struct run_engine *run, struct cursor c, size_t batch, bool late)
{
    struct snapshot_request request = snapshot_request_default(10000);
    struct report_context context = { .source = "fuzz", .complete = true };
    struct err err;
    struct snapshot *snapshot;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    feed(run->engine, c, batch);
    engine_finish(run->engine);
    snapshot = engine_snapshot(run->engine, &request);
    require(out && snapshot);
    check(snapshot, &run->sums);
    if (late)
        engine_reset(run->engine);
    require(report_json(out, snapshot, &context, &err));
    require(report_text(out, snapshot, &context, &err));
    if (!late)
        engine_reset(run->engine);
    fclose(out);
    snapshot_free(snapshot);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor frames;
    char *one, *other;

    if (size < 2)
        return 0;
    frames = cur_make(data + 2, size - 2);
    one = report(engine_for(data[0], 0), frames, INPUT_BATCH, false);
    other = report(engine_for(data[0], 1), frames, 1 + data[1] % INPUT_BATCH, true);
    require(strcmp(one, other) == 0);
    free(one);
    free(other);
    return 0;
}
