/* SPDX-License-Identifier: MIT */
#include "batch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "doctor.h"
#include "format.h"
#include "output/output.h"

static const uint64_t budget_ns = 50000000;

struct batch {
    struct feed *feed;
    const struct options *options;
    bool report;
    bool healthy;        /* the doctor's word in the last report */
    bool stopped;        /* by a signal, before the end of an input that has one */
    uint64_t print_ns;   /* when the next report is due; UINT64_MAX: only the last one */
    uint64_t print_step; /* between two of them */
};

static const int end_signals[] = { SIGINT, SIGTERM, SIGHUP };

enum { END_SIGNALS = sizeof(end_signals) / sizeof(end_signals[0]) };

/* Signal handlers know nothing else. */
static int signal_bell = -1;

/* The first one is heard, even while standard output is blocked (its write fails then); the next
 * one does what it does to any program. */
static void hear_signal(int number)
{
    const uint64_t one = 1;
    int kept = errno;

    (void)number;
    for (size_t i = 0; i < END_SIGNALS; i++)
        signal(end_signals[i], SIG_DFL);
    if (write(signal_bell, &one, sizeof(one)) < 0)
        _exit(EXIT_RUNTIME); /* cannot be: it is ours, and empty */
    errno = kept;
}

bool batch_catch_signals(struct err *err)
{
    struct sigaction action = { .sa_handler = hear_signal };

    signal_bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (signal_bell < 0)
        return err_set(err, EXIT_RUNTIME, "signals cannot be waited for: %s", strerror(errno));
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < END_SIGNALS; i++)
        sigaction(end_signals[i], &action, NULL);
    return true;
}

static void ask(struct batch *batch)
{
    struct snapshot_request request = snapshot_request_default(batch->options->top);

    /* the JSON report has no flows */
    request.flows = batch->options->batch == BATCH_TEXT || batch->options->doctor;
    request.settled = true;
    feed_ask(batch->feed, &request);
}

static bool print_report(struct batch *batch, const struct snapshot *snapshot, bool complete,
                         struct err *err)
{
    struct report_context context = {
        .source = batch->feed->source,
        .complete = complete && !batch->stopped,
        .stopped = batch->stopped,
        .one_line = batch->print_step > 0,
        .all_rows = batch->options->has_top,
    };

    if (!snapshot)
        return err_set(err, EXIT_RUNTIME, "no memory for the report; give a smaller --top");
    batch->healthy = doctor_is_healthy(snapshot);
    if (batch->options->doctor)
        return report_doctor(stdout, snapshot, batch->options->batch == BATCH_JSON, err);
    if (batch->options->batch == BATCH_JSON)
        return report_json(stdout, snapshot, &context, err);
    return report_text(stdout, snapshot, &context, err);
}

/* The report that was asked for, if it is there. */
static bool print_if_ready(struct batch *batch, bool complete, bool *printed, struct err *err)
{
    struct snapshot *snapshot;
    bool good;

    *printed = feed_take(batch->feed, &snapshot);
    if (!*printed)
        return true;
    good = print_report(batch, snapshot, complete, err);
    snapshot_free(snapshot);
    return good;
}

static int timeout_ms(const struct batch *batch, uint64_t now)
{
    uint64_t due = feed_due_ns(batch->feed);

    if (batch->print_ns < due)
        due = batch->print_ns;
    if (due <= now)
        return 0;
    if (due - now > UINT64_C(3600000000000))
        return 3600000;
    return (int)((due - now + 999999) / 1000000);
}

/* Feeds until all is over or a signal comes. */
static bool feed_all(struct batch *batch, bool live, struct err *err)
{
    for (;;) {
        struct pollfd fds[2] = {
            { .fd = feed_fd(batch->feed), .events = POLLIN },
            { .fd = signal_bell, .events = POLLIN },
        };
        uint64_t now = clock_monotonic_ns();
        bool printed;

        if (feed_is_over(feed_step(batch->feed, now, budget_ns)))
            return true;
        if (now >= batch->print_ns) {
            ask(batch);
            batch->print_ns += batch->print_step;
            if (batch->print_ns < now) /* standard output was blocked for that long */
                batch->print_ns = now + batch->print_step;
        }
        if (!print_if_ready(batch, true, &printed, err))
            return false;
        fds[0].fd = feed_fd(batch->feed);
        if (poll(fds, 2, timeout_ms(batch, now)) > 0 && fds[1].revents != 0) {
            batch->stopped = !live;
            feed_finish(batch->feed);
            return true;
        }
    }
}

/* The last report, once everything was counted. */
static bool print_last(struct batch *batch, bool complete, struct err *err)
{
    bool printed = false;

    if (!batch->report)
        return true;
    ask(batch);
    while (!printed) {
        struct pollfd fd = { .fd = feed_fd(batch->feed), .events = POLLIN };

        if (!print_if_ready(batch, complete, &printed, err))
            return false;
        if (!printed)
            poll(&fd, 1, 100);
        feed_step(batch->feed, clock_monotonic_ns(), 0);
    }
    return true;
}

static void say_trouble(const struct feed_status *status)
{
    char text[2 * INPUT_TEXT];

    if (status->trouble[0] == '\0')
        return;
    format_escape(text, sizeof(text), status->trouble);
    fprintf(stderr, "mirrortop: note: at the end, %s\n", text);
}

bool batch_run(struct feed *feed, const struct options *options, bool report,
               enum exit_status *exit_status, struct err *err)
{
    struct batch batch = {
        .feed = feed, .options = options, .report = report, .healthy = true, .print_ns = UINT64_MAX
    };
    struct feed_status status;
    struct err later;
    bool good;

    feed_status(feed, &status);
    if (status.live && report && options->has_interval && !options->doctor) {
        batch.print_step = (uint64_t)(options->interval_s * 1e9);
        batch.print_ns = clock_monotonic_ns() + batch.print_step;
    }
    good = feed_all(&batch, status.live, err);
    feed_finish(feed); /* also when nothing can be printed any more: exports want all flows */
    feed_status(feed, &status);
    say_trouble(&status);
    /* What came before a failure counts: report it, then say what failed. */
    good = good && print_last(&batch, status.state == FEED_ENDED,
                              status.state == FEED_ENDED ? err : &later);
    *exit_status = options->doctor && !batch.healthy ? EXIT_RUNTIME : EXIT_OK;
    if (status.state == FEED_FAILED)
        *err = status.failure;
    return good && status.state == FEED_ENDED;
}
