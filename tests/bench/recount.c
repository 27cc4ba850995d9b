/* SPDX-License-Identifier: MIT */
/*
 * recount: how long it takes to judge all flows of a table again when the filter changes.
 *
 * usage: recount CAPTURE RULES...
 * Prints for each file of rules: flows in the table, rules, and the least CPU time of five in ms.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../../src/engine.h"
#include "../../src/filter/program.h"
#include "../../src/filter/read.h"

enum { FLOWS = 1 << 20, TIMES = 5 };

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void fail(const struct err *err)
{
    fprintf(stderr, "recount: %s\n", err->text);
    exit(1);
}

static struct engine *count(const char *path)
{
    struct engine_config config = { .decode = decode_config_default, .max_flows = FLOWS };
    static struct frame frames[INPUT_BATCH];
    enum input_status status = INPUT_OK;
    struct engine *engine;
    struct input *input;
    struct err err;

    config.rates = true; /* as on the screen */
    input = input_open_file(path, &err);
    engine = input ? engine_new(&config, &err) : NULL;
    if (!engine)
        fail(&err);
    while (status == INPUT_OK) {
        size_t got = 0;

        status = input_read(input, frames, INPUT_BATCH, &got, &err);
        engine_feed(engine, frames, got);
    }
    input_close(input);
    return engine;
}

static double change(struct engine *engine, const struct filter *filter)
{
    struct err err;
    struct filter_program *program = filter_program_new(filter, &err);
    double began;

    if (!program)
        fail(&err);
    began = now_ms();
    engine_set_filter(engine, program);
    return now_ms() - began;
}

int main(int argc, char **argv)
{
    struct snapshot_request request = snapshot_request_default(1);
    struct snapshot *snapshot;
    struct engine *engine;

    if (argc < 3) {
        fputs("usage: recount CAPTURE RULES...\n", stderr);
        return 2;
    }
    engine = count(argv[1]);
    request.flows = false;
    snapshot = engine_snapshot(engine, &request);
    for (int i = 2; i < argc; i++) {
        struct filter filter;
        double best = 0;
        struct err err;

        filter_init(&filter);
        if (!filter_read_file(&filter, argv[i], &err))
            fail(&err);
        for (int n = 0; n < TIMES; n++) {
            double took = change(engine, &filter);

            best = n == 0 || took < best ? took : best;
        }
        printf("%llu %zu %.1f\n", snapshot ? (unsigned long long)snapshot->flows.active : 0,
               filter_rule_count(&filter), best);
        filter_free(&filter);
    }
    snapshot_free(snapshot);
    engine_free(engine);
    return 0;
}
