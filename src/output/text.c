/* SPDX-License-Identifier: MIT */
/* The text report: what a person wants to know of a capture, in the order of the questions. */
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../../decode/decode.h"
#include "../format.h"
#include "../loss.h"
#include "../wrap.h"
#include "output.h"
#include "stream.h"

enum {
    LABEL = 22,  /* column of the figures */
    NUMBER = 10, /* their width in the lists of counters */
    MEANING = LABEL + NUMBER + 2,
    GROUPED = 32,    /* 18,446,744,073,709,551,615 */
    LONG_TABLE = 10, /* rows of the tables that have no natural end */
};

/* 1234567 as 1,234,567. */
static const char *grouped(char out[GROUPED], uint64_t value)
{
    char digits[FORMAT_NUMBER];
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, value), used = 0;

    if (value == VALUE_UNKNOWN)
        return "unknown";
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

static void put_label(FILE *out, const char *label)
{
    fprintf(out, "  %-*s", LABEL - 2, label);
}

static void put_count(FILE *out, const char *label, uint64_t value)
{
    char number[GROUPED];

    put_label(out, label);
    fprintf(out, "%s\n", grouped(number, value));
}

static void put_time(FILE *out, const char *label, uint64_t ns)
{
    char text[FORMAT_TIME] = "unknown";

    if (ns != VALUE_UNKNOWN)
        format_time(text, sizeof(text), ns);
    put_label(out, label);
    fprintf(out, "%s\n", text);
}

/* ---- input ----------------------------------------------------------------------------------- */

static void write_source(FILE *out, const char *source)
{
    char text[1024];

    put_label(out, "source");
    text_ascii(text, sizeof(text), source);
    wrap_print(out, text, LABEL, LABEL);
}

static void write_duration(FILE *out, const struct snapshot *snapshot)
{
    const struct snapshot_input *input = &snapshot->input;
    uint64_t ns = input->last_ns - input->first_ns;
    char number[GROUPED], rate[FORMAT_NUMBER];

    put_label(out, "duration");
    if (input->first_ns == VALUE_UNKNOWN || input->last_ns < input->first_ns) {
        fputs("unknown\n", out);
        return;
    }
    fprintf(out, "%s.%06u s", grouped(number, ns / 1000000000u),
            (unsigned)(ns % 1000000000u / 1000));
    if (ns > 0) {
        double bits = (double)snapshot->bytes * 8e9 / (double)ns;

        format_si(rate, sizeof(rate), bits < 1e19 ? (uint64_t)bits : 10000000000000000000u);
        fprintf(out, "; on average %s bit/s", rate);
    }
    fputc('\n', out);
}

static void write_input(FILE *out, const struct snapshot *snapshot,
                        const struct report_context *context)
{
    const struct snapshot_input *input = &snapshot->input;
    uint64_t duplicates =
        snapshot->decode.duplicates == VALUE_UNKNOWN ? 0 : snapshot->decode.duplicates;
    char a[GROUPED], b[GROUPED];

    fputs("INPUT\n", out);
    write_source(out, context->source);
    put_time(out, "first frame", input->first_ns);
    put_time(out, "last frame", input->last_ns);
    write_duration(out, snapshot);
    put_label(out, "frames");
    fprintf(out, "%s; %s bytes on the wire\n", grouped(a, input->packets),
            grouped(b, input->bytes));
    put_count(out, "mirrored", input->mirrored);
    put_label(out, "not mirrored");
    fprintf(out, "%s%s\n", grouped(a, input->not_mirrored),
            input->not_mirrored && snapshot->packets + duplicates == input->mirrored
                ? "; left out (--direct counts them)"
                : "");
    if (duplicates > 0) {
        put_label(out, "duplicates");
        fprintf(out, "%s; mirrored at both ends, counted once\n", grouped(a, duplicates));
    }
    put_label(out, "counted");
    fprintf(out, "%s packets; %s bytes of inner IP\n", grouped(a, snapshot->packets),
            grouped(b, snapshot->bytes));
    put_label(out, "flows");
    fputs(grouped(a, snapshot->flows.shown), out);
    if (snapshot->filter.on)
        fprintf(out, "; %s without the filter", grouped(a, snapshot->flows.total));
    fputc('\n', out);
    if (input->cut)
        fputs("  The file is cut: it ends inside a packet. What came before was counted.\n", out);
    if (context->stopped)
        fputs("  Stopped before the end of the input. What came before was counted.\n", out);
    else if (!context->complete)
        fputs("  The input failed before its end. What came before was counted.\n", out);
}

/* ---- filter ---------------------------------------------------------------------------------- */

static void put_sum(FILE *out, const char *label, const struct snapshot_sum *sum,
                    const struct snapshot_sum *all)
{
    char a[GROUPED], b[GROUPED];

    put_label(out, label);
    fprintf(out, "%s packets; %s bytes", grouped(a, sum->packets), grouped(b, sum->bytes));
    if (all->bytes > 0)
        fprintf(out, "; %.2f%% of the bytes", 100.0 * (double)sum->bytes / (double)all->bytes);
    fputc('\n', out);
}

static void put_projection(FILE *out, const struct snapshot_projection *projection)
{
    char rate[FORMAT_NUMBER], month[FORMAT_NUMBER], number[GROUPED];

    if (projection->seconds < 1)
        return;
    format_si(rate, sizeof(rate), projection->bit_rate);
    format_si(month, sizeof(month), projection->month_bytes);
    put_label(out, "would be mirrored");
    fprintf(out, "%s%s packet/s; %s bit/s; %s bytes a month\n",
            projection->at_most ? "at most " : "", grouped(number, projection->packet_rate), rate,
            month);
    if (projection->month_cents == VALUE_UNKNOWN)
        return;
    put_label(out, "would cost");
    fprintf(out, "%s.%02u a month\n", grouped(number, projection->month_cents / 100),
            (unsigned)(projection->month_cents % 100));
}

static void put_lines(FILE *out, const char *label, const char *text)
{
    char line[512], plain[512];

    while (*text) {
        size_t length = strcspn(text, "\n");

        snprintf(line, sizeof(line), "%.*s", (int)length, text);
        text_ascii(plain, sizeof(plain), line);
        put_label(out, label);
        wrap_print(out, plain, LABEL, LABEL);
        text += length + (text[length] == '\n');
        label = "";
    }
}

static void write_filter(FILE *out, const struct snapshot_filter *filter)
{
    const struct snapshot_sum none = { 0, 0 };

    fputs("\nFILTER (what follows is what it accepts, but for losses and oddities)\n", out);
    put_lines(out, "rules", filter->text);
    put_sum(out, "accepted", &filter->accepted, &filter->all);
    if (filter->mirrored.packets != filter->accepted.packets)
        put_sum(out, "with second copies", &filter->mirrored, &none);
    put_sum(out, "rejected", &filter->rejected, &filter->all);
    put_sum(out, "uncertain", &filter->uncertain, &filter->all);
    if (filter->forgotten.packets > 0)
        put_sum(out, "too old to judge", &filter->forgotten, &filter->all);
    put_projection(out, &filter->projection);
    put_lines(out, "warnings", filter->warnings);
}

/* ---- losses ---------------------------------------------------------------------------------- */

static void put_counter(FILE *out, size_t indent, const char *name, uint64_t value,
                        const char *meaning)
{
    char number[GROUPED];
    int column = fprintf(out, "%*s%-*s %*s  ", (int)indent, "", (int)(LABEL - 1 - indent), name,
                         NUMBER, grouped(number, value));

    wrap_print(out, meaning, column > 0 ? (size_t)column : MEANING, MEANING);
}

static void write_reasons(FILE *out, const struct snapshot_decode *decode)
{
    for (size_t i = 0; i < REASON_COUNT; i++) {
        enum decode_reason reason = (enum decode_reason)i;

        if (decode_reason_outcome(reason) != DECODE_OK && decode->reasons[i] > 0)
            put_counter(out, 4, decode_reason_name(reason), decode->reasons[i],
                        decode_reason_text(reason));
    }
}

static void write_losses(FILE *out, const struct snapshot *snapshot)
{
    bool none = true, reasons = false;

    fputs("\nLOSSES\n", out);
    for (size_t i = 0; i < losses_count; i++) {
        uint64_t value = loss_value(&losses[i], snapshot);

        if (losses[i].offset == offsetof(struct snapshot, input.not_mirrored) ||
            losses[i].offset == offsetof(struct snapshot, decode.duplicates))
            continue; /* stand in the input's section */
        if (value == VALUE_UNKNOWN) {
            put_counter(out, 2, losses[i].name, value, "this input does not tell");
        } else if (loss_is_bad(&losses[i], value, false)) {
            put_counter(out, 2, losses[i].name, value,
                        loss_is_estimate(&losses[i], snapshot)
                            ? "about so many frames that the kernel dropped"
                            : losses[i].doc);
            none = false;
        }
    }
    for (size_t i = DECODE_OK + 1; i < DECODE_OUTCOME_COUNT; i++)
        reasons = reasons || snapshot->decode.outcomes[i] > 0;
    if (reasons) {
        fputs("  reasons\n", out);
        write_reasons(out, &snapshot->decode);
    }
    if (none)
        fputs("  no losses counted\n", out);
}

static void write_oddities(FILE *out, const struct snapshot_decode *decode)
{
    bool any = decode->fragments > 0;

    for (size_t i = 0; i < ANOMALY_COUNT; i++)
        any = any || decode->anomalies[i] > 0;
    if (!any)
        return;
    fputs("\nODDITIES (counted, not lost)\n", out);
    if (decode->fragments > 0)
        put_counter(out, 2, "fragments", decode->fragments, "IP fragments");
    for (size_t i = 0; i < ANOMALY_COUNT; i++) {
        enum decode_anomaly anomaly = (enum decode_anomaly)i;

        if (decode->anomalies[i] > 0)
            put_counter(out, 2, decode_anomaly_name(anomaly), decode->anomalies[i],
                        decode_anomaly_text(anomaly));
    }
}

/* ---- TCP ------------------------------------------------------------------------------------- */

static void put_rtt(FILE *out, const char *label, const struct snapshot_rtt *rtt)
{
    char least[FORMAT_NUMBER], median[FORMAT_NUMBER], p95[FORMAT_NUMBER], most[FORMAT_NUMBER];

    put_label(out, label);
    if (rtt->count == 0) {
        fputs("unknown\n", out);
        return;
    }
    format_microseconds(least, sizeof(least), rtt->min_us);
    format_microseconds(median, sizeof(median), rtt->median_us);
    format_microseconds(p95, sizeof(p95), rtt->p95_us);
    format_microseconds(most, sizeof(most), rtt->max_us);
    fprintf(out, "median %s, 95%% below %s, %s to %s\n", median, p95, least, most);
}

/* What is counted, in the order of the questions. */
static const struct tcp_line {
    enum tcp_count what;
    uint8_t indent;
    bool always; /* also when it is 0 */
    const char *name, *meaning;
} tcp_lines[] = {
    { TCP_COUNT_FAST, 4, false, "fast", "the receiver had shown what it lacked" },
    { TCP_COUNT_TIMEOUT, 4, false, "timeout", "the receiver had been silent for long" },
    { TCP_COUNT_TAIL_PROBES, 4, false, "tail probes", "the newest one again, before a timeout" },
    { TCP_COUNT_SPURIOUS, 4, false, "spurious", "had arrived before" },
    { TCP_COUNT_SYN_AGAIN, 4, false, "SYN again", "" },
    { TCP_COUNT_FIN_AGAIN, 4, false, "FIN again", "" },
    { TCP_COUNT_RETRANSMIT_RUNS, 4, false, "runs", "in so many runs" },
    { TCP_COUNT_SEEN_TWICE, 2, false, "seen twice", "of them, captured twice on their way" },
    { TCP_COUNT_LOST_BEFORE_MIRROR, 2, true, "lost before mirror",
      "of them, whose first copies nobody saw" },
    { TCP_COUNT_INFERRED, 2, true, "inferred", "never seen, not among retransmits" },
    { TCP_COUNT_MIRROR_LOSS_BYTES, 2, true, "mirror loss, bytes",
      "acknowledged, never delivered by the mirror" },
    { TCP_COUNT_MIRROR_LOSS_SEGMENTS, 4, false, "segments", "about so many" },
    { TCP_COUNT_OUT_OF_ORDER, 2, true, "out of order", "new bytes behind later ones" },
    { TCP_COUNT_LATE, 4, true, "late copies", "of them, delivered late by the mirror" },
    { TCP_COUNT_UNCERTAIN, 4, true, "uncertain", "overtaken, nothing tells where" },
    { TCP_COUNT_DUPLICATE_ACKS, 2, true, "duplicate ACKs", "" },
    { TCP_COUNT_ZERO_WINDOWS, 2, true, "zero windows", "the receiver is full" },
    { TCP_COUNT_WINDOW_FULL, 2, true, "windows full", "the sender may send no more" },
    { TCP_COUNT_KEEP_ALIVES, 2, false, "keep-alives", "no retransmits" },
    { TCP_COUNT_ZERO_WINDOW_PROBES, 2, false, "zero-window probes", "no retransmits" },
    { TCP_COUNT_WINDOW_PROBES, 2, false, "window probes", "no retransmits" },
    { TCP_COUNT_RESETS_AFTER_DATA, 2, false, "resets after data", "" },
    { TCP_COUNT_SYN_UNANSWERED, 2, false, "SYN unanswered", "attempts to connect" },
};

static void put_tcp_line(FILE *out, const struct tcp_line *line, uint64_t value)
{
    char number[GROUPED];

    if (line->meaning[0] && value != VALUE_UNKNOWN)
        put_counter(out, line->indent, line->name, value, line->meaning);
    else
        fprintf(out, "%*s%-*s %*s\n", line->indent, "", (int)(LABEL - 1 - line->indent), line->name,
                NUMBER, grouped(number, value));
}

static void put_retransmits(FILE *out, const struct snapshot_tcp *tcp)
{
    char bytes[GROUPED], meaning[96];

    snprintf(meaning, sizeof(meaning), "%s bytes; %.2f%% of the segments",
             grouped(bytes, tcp->count[TCP_COUNT_RETRANSMIT_BYTES]),
             tcp->segments > 0
                 ? 100.0 * (double)tcp->count[TCP_COUNT_RETRANSMITS] / (double)tcp->segments
                 : 0);
    put_counter(out, 2, "retransmits", tcp->count[TCP_COUNT_RETRANSMITS], meaning);
}

/* Retransmits of none of the kinds. */
static void put_other_kinds(FILE *out, const uint64_t *count)
{
    uint64_t others = count[TCP_COUNT_RETRANSMITS];

    for (unsigned i = TCP_COUNT_FAST; i <= TCP_COUNT_FIN_AGAIN; i++)
        others -= count[i] != VALUE_UNKNOWN ? count[i] : 0;
    if (others > 0)
        put_counter(out, 4, "of no kind", others, "nothing tells why they were sent again");
}

static void write_tcp(FILE *out, const struct snapshot *snapshot)
{
    const struct snapshot_tcp *tcp = &snapshot->tcp;

    fputs("\nTCP: RETRANSMITS, LOSSES, ROUND TRIPS\n", out);
    put_tcp_line(out, &(struct tcp_line){ .indent = 2, .name = "segments", .meaning = "" },
                 tcp->segments);
    put_retransmits(out, tcp);
    for (size_t i = 0; i < sizeof(tcp_lines) / sizeof(tcp_lines[0]); i++) {
        uint64_t value = tcp->count[tcp_lines[i].what];

        if (tcp_lines[i].what == TCP_COUNT_RETRANSMIT_RUNS)
            put_other_kinds(out, tcp->count);
        if (tcp_lines[i].always || (value != 0 && value != VALUE_UNKNOWN))
            put_tcp_line(out, &tcp_lines[i], value);
    }
    if (snapshot->decode.duplicates != VALUE_UNKNOWN)
        put_counter(out, 2, "duplicates", snapshot->decode.duplicates,
                    "second copies of packets, not counted again");
    put_count(out, "whole handshakes", tcp->rtt.count);
    put_rtt(out, "round trip", &tcp->rtt);
    put_rtt(out, "to servers", &tcp->rtt_dst);
    put_rtt(out, "to clients", &tcp->rtt_src);
}

bool report_text(FILE *out, const struct snapshot *snapshot, const struct report_context *context,
                 struct err *err)
{
    size_t most = context->all_rows ? SIZE_MAX : LONG_TABLE;

    errno = 0;
    fputs("mirrortop report\n\n", out);
    write_input(out, snapshot, context);
    if (snapshot->filter.on) {
        write_filter(out, &snapshot->filter);
        text_rules(out, snapshot);
    }
    write_losses(out, snapshot);
    write_oddities(out, &snapshot->decode);
    text_sessions(out, snapshot);
    text_talkers(out, snapshot, most);
    text_protocols(out, snapshot);
    write_tcp(out, snapshot);
    text_retransmits(out, snapshot, most);
    text_suspicions(out, snapshot);
    return stream_finish(out, "the report", err);
}
