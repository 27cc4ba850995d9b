/* SPDX-License-Identifier: MIT */
/*
 * Order: options, names, documents, input, exports, engine, health check (everything that opens
 * something), then rights are given away, then threads start and packets are read.
 */
#include "run.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch.h"
#include "feed_replay.h"
#include "filter/program.h"
#include "filter/words.h"
#include "format.h"
#include "live.h"
#include "names.h"
#include "replay.h"
#include "sample.h"
#include "sandbox.h"

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
        for (size_t j = 0; j < options->document_count; j++) {
            if (is_input(spec, options->documents[j]))
                return err_set(err, EXIT_USAGE,
                               "--export=%s would overwrite a document of --aws-json: "
                               "name another file",
                               spec);
        }
        for (size_t j = 0; j < options->filter_count; j++) {
            if (options->filters[j].is_file && is_input(spec, options->filters[j].value))
                return err_set(err, EXIT_USAGE,
                               "--export=%s would overwrite the file of --filter-file: "
                               "name another file",
                               spec);
        }
        for (size_t j = 0; j < i; j++) {
            if (is_export(spec, options->exports[j]))
                return err_set(err, EXIT_USAGE,
                               "--export=%s would overwrite another export: name another file",
                               spec);
        }
        run->exports[i] = export_open(spec, NULL, err);
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
    if (options->explains && (taken > 0 || options->doctor))
        return err_set(err, EXIT_USAGE, "--explain goes to standard output alone: leave out %s",
                       options->doctor ? "--doctor" : "the export to it");
    *report = *report && !options->explains;
    if (options->batch == BATCH_NO &&
        (options->doctor || options->explains || taken > 0 || !isatty(STDOUT_FILENO)))
        options->batch = BATCH_TEXT;
    return true;
}

static bool is_live(const struct options *options)
{
    return options->interface || options->listen;
}

/* One more sentence of what to tell the user at the start. */
static void add_notice(struct run *run, const char *text)
{
    size_t used = strlen(run->notice);

    if (text[0] != '\0')
        snprintf(run->notice + used, sizeof(run->notice) - used, "%s%s", used > 0 ? "; " : "",
                 text);
}

static bool open_documents(struct run *run, struct err *err)
{
    const struct options *options = &run->options;
    const char *warning;

    if (options->document_count == 0)
        return true;
    run->documents = aws_documents_new();
    if (!run->documents)
        return err_set(err, EXIT_RUNTIME, "no memory for the documents of --aws-json");
    for (size_t i = 0; i < options->document_count; i++) {
        if (!aws_documents_read(run->documents, options->documents[i], err))
            return false;
    }
    for (size_t i = 0; (warning = aws_documents_warning(run->documents, i)); i++)
        add_notice(run, warning);
    return aws_documents_join(run->documents, err);
}

/* The filter of -f and -F, if there is one: before anything is opened that it could be for. A text
 * of comments alone is none, as on the screen. */
static bool read_filter(struct run *run, struct err *err)
{
    struct filter filter;
    bool good;

    if (run->options.filter_count == 0)
        return true;
    filter_init(&filter);
    filter_words_use(names_services(run->names));
    good = options_read_filter(&run->options, &filter, err);
    if (good && filter.count > 0) {
        run->filter = filter_program_new(&filter, err);
        good = run->filter != NULL;
        if (good)
            filter_program_examine(run->filter);
    }
    filter_free(&filter);
    return good;
}

/* Binds the ports that an interface is captured for. That of GENEVE is rarely used, and not worth a
 * word when it cannot be had. */
static void open_drains(struct run *run, struct socket_config port)
{
    const uint16_t *ports = run->options.decode.vxlan_ports;
    char why[INPUT_TEXT];

    for (size_t i = 0; i < DECODE_MAX_PORTS && ports[i] != 0; i++) {
        port.port = ports[i];
        run->drains[i] = input_open_drain(&port, why, sizeof(why));
        if (run->drains[i] < 0) {
            add_notice(run, why);
            add_notice(run, "where nothing is bound, this host answers every mirrored packet with "
                            "an ICMP error");
        }
    }
    port.port = port.geneve_port;
    run->drains[DECODE_MAX_PORTS] = input_open_drain(&port, why, sizeof(why));
}

/* Those that --vxlan-port names besides. */
static void add_more_ports(const struct options *options, struct socket_config *config)
{
    for (size_t i = 0; options->has_vxlan_ports && i < DECODE_MAX_PORTS; i++) {
        if (options->decode.vxlan_ports[i] != config->port)
            config->more_ports[i] = options->decode.vxlan_ports[i];
    }
}

static bool open_live(struct run *run, struct err *err)
{
    const struct options *options = &run->options;
    struct socket_config port = {
        .address = options->listen_address[0] != '\0' ? options->listen_address : NULL,
        .port = options->listen_port,
        .geneve_port = options->decode.geneve_port,
    };
    struct interface_config device = {
        .name = options->interface,
        .decode = &options->decode,
        .all = options->direct,
        .promiscuous = options->promiscuous,
    };

    if (!options->interface) {
        add_more_ports(options, &port);
        run->input = input_open_socket(&port, err);
    } else {
        run->input = input_open_interface(&device, err);
        if (run->input)
            open_drains(run, port);
    }
    if (run->input)
        add_notice(run, run->input->notice);
    return run->input != NULL;
}

static bool open_input(struct run *run, struct err *err)
{
    const struct options *options = &run->options;

    if (is_live(options))
        return open_live(run, err);
    if (options->demo)
        run->input = input_open_memory("built-in sample", sample_data, sample_size, err);
    else
        run->input = input_open_file(options->read_path, err);
    return run->input != NULL;
}

static bool make_engine(struct run *run, struct err *err)
{
    const struct options *options = &run->options;
    struct engine_config config = {
        .decode = options->decode,
        .max_flows = options->max_flows,
        .direct = options->direct,
        .direct_host = options->direct_host,
        .no_dedup = options->no_dedup,
        /* a report at the end needs none */
        .rates = options->batch == BATCH_NO || (is_live(options) && options->has_interval),
        .names = run->names,
        .documents = run->documents,
        .price_gb = options->price_gb,
        .price_session_hour = options->price_session_hour,
        .packet_length = options->packet_length,
        .sink = run->export_count > 0 ? fan_out : NULL,
        .sink_context = run,
        .events = options->explains || options->batch == BATCH_NO,
        .event_sink = options->explains ? explain_print : NULL,
        .event_context = &run->explain,
    };

    run->engine = engine_new(&config, err);
    if (!run->engine)
        return false;
    if (run->filter)
        engine_set_filter(run->engine, run->filter);
    run->filter = NULL;
    run->explain = (struct explain_output){
        .want = &options->explain,
        .out = stdout,
        .json = options->batch == BATCH_JSON,
        .first_ns = &engine_input(run->engine)->first_ns,
    };
    return true;
}

/* The doctor needs no longer for what it can find out. */
static uint64_t duration_ns(const struct options *options)
{
    const double doctor_s = 15;
    double seconds = options->duration_s;

    if (seconds == 0 && options->doctor && is_live(options))
        seconds = doctor_s;
    return (uint64_t)(seconds * 1e9);
}

static bool make_feed(struct run *run, struct err *err)
{
    const struct options *options = &run->options;
    struct live_config live = {
        .input = run->input,
        .engine = run->engine,
        .limit_frames = options->count,
        .limit_ns = duration_ns(options),
        .ring_bytes = LIVE_RING_BYTES,
        .interface = options->interface ? options->interface : "",
        .port = options->listen_port,
        .host = &run->host,
    };
    double speed = options->batch == BATCH_NO ? 1 : REPLAY_MAX;

    if (is_live(options)) {
        host_open(&run->host);
        run->live = live_new(&live, err);
        run->feed = run->live;
        return run->live != NULL;
    }
    if (options->has_speed)
        speed = options->speed;
    run->replay = replay_new(run->input, run->engine, speed, live.limit_frames, live.limit_ns);
    if (run->replay)
        run->feed = feed_replay_new(run->replay, run->input, run->engine);
    return run->feed ? true : err_set(err, EXIT_RUNTIME, "no memory");
}

static bool open_health(struct run *run, struct err *err)
{
    const struct options *options = &run->options;
    const char *address = options->health_address[0] != '\0' ? options->health_address : NULL;

    if (!options->health)
        return true;
    if (!run->live)
        return err_set(err, EXIT_USAGE,
                       "--health: only a live capture can be asked how it is: give -i or --listen");
    run->health = health_open(address, options->health_port, err);
    return run->health != NULL;
}

static bool start(struct run *run, bool *report, struct err *err)
{
    const struct options *options = &run->options;
    struct names_config names = { .geoip = options->geoip, .asn = options->asn };

    if (!choose_batch(&run->options, report, err))
        return false;
    run->names = names_new(&names, err);
    /* The exports last: an input that cannot be read leaves no empty files behind. */
    export_directory_open(&run->directory, ".");
    return run->names && read_filter(run, err) && open_documents(run, err) &&
           open_input(run, err) && open_exports(run, err) && make_engine(run, err) &&
           make_feed(run, err) && open_health(run, err);
}

/* Everything is open: gives away what reading packets does not need. */
static bool drop_rights(struct run *run, const struct run_screen *screen, struct err *err)
{
    char buffers[RUN_READABLE][PATH_MAX];
    const char *readable[RUN_READABLE];
    struct sandbox_config config = {
        .enabled = !run->options.no_sandbox,
        .readable = readable,
        .readable_count = RUN_READABLE,
        .exports = &run->directory,
    };
    struct sandbox_state state;

    screen->readable(readable, buffers);
    if (!sandbox_enter(&config, &state, err))
        return false;
    sandbox_describe(run->rights, sizeof(run->rights), &state);
    return true;
}

/* On the thread that answers health checks. */
static void read_health(void *context, struct health_report *report)
{
    const struct run *run = context;
    struct live_counts counts;

    live_get_counts(run->live, &counts);
    report->failed = counts.failed;
    report->packets = counts.packets;
    report->mirrored = counts.mirrored;
    report->not_mirrored = counts.packets - counts.mirrored;
    report->kernel_drops = counts.kernel_drops;
    report->queue_drops = counts.queue_drops;
    report->last_packet_ns = counts.last_ns;
    snprintf(report->reason, sizeof(report->reason), "%s", counts.trouble);
}

static bool start_threads(struct run *run, struct err *err)
{
    if (run->live && !live_start(run->live, err))
        return false;
    return !run->health || health_start(run->health, read_health, run, err);
}

static bool show(struct run *run, const struct run_screen *screen, struct err *err)
{
    struct feed_status status;

    if (!screen->show(run, err))
        return false;
    feed_finish(run->feed); /* rows of the flows that are still there */
    feed_status(run->feed, &status);
    if (status.state == FEED_FAILED)
        *err = status.failure;
    return status.state != FEED_FAILED;
}

static void print_notice(const char *notice)
{
    char text[2 * RUN_NOTICE];

    if (notice[0] == '\0')
        return;
    format_escape(text, sizeof(text), notice);
    fprintf(stderr, "mirrortop: note: %s\n", text);
}

static bool run_batch(struct run *run, bool report, struct err *err)
{
    struct err other;
    bool good;

    print_notice(run->notice);
    good = batch_run(run->feed, &run->options, report, &run->status, err);
    if (run->options.explains)
        good = explain_finish(&run->explain, good ? err : &other) && good;
    return good;
}

bool run_all(struct run *run, const struct run_screen *screen, struct err *err)
{
    bool report = true;
    bool batch;

    if (!start(run, &report, err))
        return false;
    batch = run->options.batch != BATCH_NO;
    if (batch && !batch_catch_signals(err))
        return false;
    if (!drop_rights(run, screen, err) || !start_threads(run, err))
        return false;
    if (!batch) {
        if (!show(run, screen, err))
            return false;
    } else {
        if (!run_batch(run, report, err))
            return false;
    }
    return close_exports(run, err);
}

void run_release(struct run *run)
{
    struct err ignored;

    health_stop(run->health);
    live_free(run->live);         /* then: its threads use all the rest */
    close_exports(run, &ignored); /* only after a failure is anything left here */
    if (!run->live)
        feed_replay_free(run->feed);
    replay_free(run->replay);
    for (size_t i = 0; i < RUN_DRAINS; i++) {
        if (run->drains[i] >= 0)
            close(run->drains[i]);
    }
    host_close(&run->host);
    export_directory_close(&run->directory);
    engine_free(run->engine);
    input_close(run->input);
    aws_documents_free(run->documents);
    filter_program_free(run->filter);
    filter_words_use(NULL); /* they are the names' */
    names_free(run->names);
    options_free(&run->options);
}
