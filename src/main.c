/* SPDX-License-Identifier: MIT */
/*
 * main: puts the parts together and is the only one that prints start-up errors and exits.
 *
 * Order: options, names, input, exports (everything that opens files), then the engine, then
 * frames.
 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../ui/ui.h"
#include "engine.h"
#include "names.h"
#include "options.h"
#include "output/output.h"
#include "replay.h"
#include "sample.h"

/* Everything that one run holds; released in one place. */
struct run {
    struct options options;
    struct names *names;
    struct input *input;
    struct engine *engine;
    struct replay *replay;
    struct export *exports[OPTIONS_MAX_EXPORTS];
    size_t export_count;
};

/* As long as one export works: the others are reported when they are closed. */
static bool fan_out(const struct flow_record *flow, void *context)
{
    const struct run *run = context;
    bool good = false;

    for (size_t i = 0; i < run->export_count; i++)
        good = export_flow(flow, run->exports[i]) || good;
    return good;
}

/* The file that an export names, if it is there. */
static bool export_stat(const char *spec, struct stat *status)
{
    const char *path = strchr(spec, ':');

    return stat(spec, status) == 0 || (path && stat(path + 1, status) == 0);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return S_ISREG(a->st_mode) && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether an export would overwrite the capture that is being read. */
static bool is_input(const char *spec, const char *input)
{
    struct stat a, b;

    if (!input || (strcmp(input, "-") == 0 ? fstat(STDIN_FILENO, &a) : stat(input, &a)) != 0)
        return false;
    return export_stat(spec, &b) && is_same_file(&a, &b);
}

/* Whether two exports would write over each other. */
static bool is_export(const char *spec, const char *other)
{
    struct stat a, b;

    return export_stat(other, &a) && export_stat(spec, &b) && is_same_file(&a, &b);
}

static bool open_exports(struct run *run, struct err *err)
{
    const struct options *options = &run->options;

    for (size_t i = 0; i < options->export_count; i++) {
        const char *spec = options->exports[i];

        if (is_input(spec, options->read_path))
            return err_set(err, EXIT_USAGE,
                           "--export=%s would overwrite the capture that is read: "
                           "name another file",
                           spec);
        for (size_t j = 0; j < i; j++) {
            if (is_export(spec, options->exports[j]))
                return err_set(err, EXIT_USAGE,
                               "--export=%s would overwrite another export: name another file",
                               spec);
        }
        run->exports[i] = export_open(spec, false, err);
        if (!run->exports[i])
            return false;
        run->export_count++;
    }
    return true;
}

static bool close_exports(struct run *run, struct err *err)
{
    bool good = true;

    for (size_t i = 0; i < run->export_count; i++) {
        struct err other;

        if (!export_close(run->exports[i], good ? err : &other))
            good = false;
    }
    run->export_count = 0;
    return good;
}

/* How many are "FORMAT:-". */
static size_t exports_to_stdout(const struct options *options)
{
    size_t count = 0;

    for (size_t i = 0; i < options->export_count; i++) {
        const char *path = strchr(options->exports[i], ':');

        count += path && strcmp(path, ":-") == 0;
    }
    return count;
}

/* A batch run prints a report, unless an export has taken standard output. */
static bool choose_batch(struct options *options, bool *report, struct err *err)
{
    size_t taken = exports_to_stdout(options);

    *report = taken == 0;
    if (taken > 1)
        return err_set(err, EXIT_USAGE,
                       "only one export can go to standard output: write the others to files");
    if (taken > 0 && options->batch != BATCH_NO)
        return err_set(err, EXIT_USAGE,
                       "an export to standard output and --batch do not go together: "
                       "write the export to a file");
    if (options->batch == BATCH_NO && (taken > 0 || !isatty(STDOUT_FILENO)))
        options->batch = BATCH_TEXT;
    return true;
}

static bool start(struct run *run, bool *report, struct err *err)
{
    const struct options *options = &run->options;
    struct names_config names = { .geoip = options->geoip, .asn = options->asn };
    struct engine_config config = {
        .decode = options->decode,
        .max_flows = options->max_flows,
        .direct = options->direct,
        .sink_context = run,
    };
    double speed;

    if (!choose_batch(&run->options, report, err))
        return false;
    run->names = names_new(&names, err);
    if (!run->names)
        return false;
    if (options->demo)
        run->input = input_open_memory("built-in sample", sample_data, sample_size, err);
    else
        run->input = input_open_file(options->read_path, options->batch != BATCH_NO, err);
    /* The exports last: an input that cannot be read leaves no empty files behind. */
    if (!run->input || !open_exports(run, err))
        return false;
    config.names = run->names;
    config.rates = options->batch == BATCH_NO;
    config.sink = run->export_count > 0 ? fan_out : NULL;
    run->engine = engine_new(&config, err);
    if (!run->engine)
        return false;
    speed = options->batch == BATCH_NO ? 1 : REPLAY_MAX;
    if (options->has_speed)
        speed = options->speed;
    run->replay = replay_new(run->input, run->engine, speed, options->count,
                             (uint64_t)(options->duration_s * 1e9));
    return run->replay ? true : err_set(err, EXIT_RUNTIME, "no memory");
}

static bool print_report(struct run *run, bool complete, struct err *err)
{
    struct snapshot_request request = snapshot_request_default(run->options.top);
    struct report_context context = {
        .source = run->input->source,
        .complete = complete,
        .utc = true,
    };
    struct snapshot *snapshot;
    bool good;

    request.flows = run->options.batch == BATCH_TEXT; /* the JSON report has no flows */
    snapshot = engine_snapshot(run->engine, &request);
    if (!snapshot)
        return err_set(err, EXIT_RUNTIME, "no memory for the report; give a smaller --top");
    snapshot->input.cut = run->input->cut;
    if (run->options.batch == BATCH_JSON)
        good = report_json(stdout, snapshot, &context, err);
    else
        good = report_text(stdout, snapshot, &context, err);
    snapshot_free(snapshot);
    return good;
}

static uint64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Batch with a finite speed: waits between the frames as the screen would. */
static enum replay_state run_paced(struct replay *replay, struct err *err)
{
    enum replay_state state;

    do {
        uint64_t now = monotonic_ns(), due = replay_due_ns(replay);

        if (due > now) {
            struct timespec pause = { .tv_sec = (time_t)((due - now) / 1000000000u),
                                      .tv_nsec = (long)((due - now) % 1000000000u) };

            nanosleep(&pause, NULL);
        }
        state = replay_step(replay, monotonic_ns(), monotonic_ns, 100000000u, err);
    } while (state == REPLAY_RUNNING || state == REPLAY_WAITING);
    return state;
}

static bool run_batch(struct run *run, bool report, struct err *err)
{
    bool paced = run->options.has_speed && run->options.speed != REPLAY_MAX;
    enum replay_state state = paced ? run_paced(run->replay, err) : replay_run(run->replay, err);
    struct err later;

    /* What came before a failure counts: report it, then say what failed. */
    if (report && !print_report(run, state == REPLAY_ENDED, state == REPLAY_ENDED ? err : &later))
        return false;
    return state == REPLAY_ENDED;
}

static bool run_screen(struct run *run, struct err *err)
{
    struct ui_config config = {
        .options = &run->options,
        .replay = run->replay,
        .engine = run->engine,
        .input = run->input,
        .export_directory = ".",
    };
    bool good = ui_run(&config, err);

    engine_finish(run->engine); /* rows of the flows that are still there */
    return good;
}

static void release(struct run *run)
{
    struct err ignored;

    close_exports(run, &ignored); /* only after a failure is anything left here */
    replay_free(run->replay);
    engine_free(run->engine);
    input_close(run->input);
    names_free(run->names);
    options_free(&run->options);
}

static bool run_mode(struct run *run, struct err *err)
{
    bool report = true;
    bool good;

    switch (run->options.mode) {
    case MODE_HELP:
        options_print_help(stdout);
        break;
    case MODE_VERSION:
        printf("mirrortop %s\n", VERSION);
        break;
    case MODE_LIST_THEMES:
        ui_list_themes(stdout);
        break;
    case MODE_LIST_FIELDS:
        field_list(stdout);
        break;
    case MODE_LIST_KEYS:
        ui_list_keys(stdout);
        break;
    case MODE_RUN:
        if (!start(run, &report, err))
            return false;
        good = run->options.batch == BATCH_NO ? run_screen(run, err) : run_batch(run, report, err);
        if (!good)
            return false;
        return close_exports(run, err);
    }
    return fflush(stdout) == 0 && !ferror(stdout)
               ? true
               : err_set(err, EXIT_RUNTIME, "standard output cannot be written");
}

/* A file that is opened must not take the place of standard output because that was closed. For
 * reading: what is written to it fails, and is reported. */
static void keep_standard_files(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char *argv[])
{
    struct run run = { .names = NULL };
    struct err err = { .status = EXIT_OK };
    bool good;

    keep_standard_files();
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of a write, and is reported */
    options_default(&run.options);
    good = options_parse(&run.options, argc, argv, NULL, &err) && run_mode(&run, &err);
    release(&run);
    if (good)
        return EXIT_OK;
    fprintf(stderr, "mirrortop: %s\n", err.text);
    return (int)err.status;
}
