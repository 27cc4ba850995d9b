/* SPDX-License-Identifier: MIT */
/* --explain: the packets behind counts, as they come; text for people, or a JSON object a line. */
#include "explain_print.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../wrap.h"
#include "json_writer.h"
#include "stream.h"

enum { INDENT = 4 };

static void print_flow(struct explain_output *output, const struct flow_record *flow)
{
    char ends[EXPLAIN_FLOW], source[FORMAT_ADDR];

    if (output->events > 0 && output->serial == flow->serial)
        return;
    output->serial = flow->serial;
    explain_flow(ends, sizeof(ends), flow);
    fprintf(output->out, "%stcp %s", output->events > 0 ? "\n" : "", ends);
    if (flow->vni != VALUE_UNKNOWN) {
        format_addr(source, sizeof(source), &flow->mirror_source);
        fprintf(output->out, ", VNI %" PRIu64 " from %s", flow->vni, source);
    }
    fputc('\n', output->out);
}

static void print_text(struct explain_output *output, const struct tcp_event *event,
                       const struct flow_record *flow)
{
    char time[FORMAT_NUMBER + 8], verdict[EXPLAIN_VERDICT], why[EXPLAIN_WHY];
    char line[EXPLAIN_VERDICT + EXPLAIN_WHY + 16];
    bool by_src = event->sender == event->side ? event->by_src : !event->by_src;

    print_flow(output, flow);
    explain_time(time, sizeof(time), event->ts_ns, *output->first_ns);
    fprintf(output->out, "  %s s", time);
    if (event->frame > 0)
        fprintf(output->out, "  frame %" PRIu64, event->frame);
    fprintf(output->out, "  %s  seq %" PRIu32 "  length %" PRIu32, by_src ? "src" : "dst",
            event->seq, event->length);
    if (event->has_id)
        fprintf(output->out, "  IP ID %u", event->ip_id);
    explain_verdict(verdict, sizeof(verdict), event);
    explain_why(why, sizeof(why), event, *output->first_ns);
    snprintf(line, sizeof(line), "%s%s%s%s",
             event->sender == event->side ? "" : (event->by_src ? "of src: " : "of dst: "), verdict,
             why[0] ? ": " : "", why);
    fprintf(output->out, "\n%*s", INDENT, "");
    wrap_print(output->out, line, INDENT, INDENT);
}

static void print_json(const struct explain_output *output, const struct tcp_event *event,
                       const struct flow_record *flow)
{
    struct json json = { .out = output->out, .one_line = true };
    char text[EXPLAIN_WHY], flags[16];
    bool by_src = event->sender == event->side ? event->by_src : !event->by_src;

    json_open_object(&json, NULL, JSON_INLINE);
    json_time(&json, "time", event->ts_ns);
    json_number(&json, "frame", event->frame ? event->frame : VALUE_UNKNOWN);
    explain_flow(text, sizeof(text), flow);
    json_text(&json, "flow", text);
    json_number(&json, "vni", flow->vni);
    format_addr(text, sizeof(text), &flow->mirror_source);
    json_text(&json, "mirror_source", text);
    json_text(&json, "sender", by_src ? "src" : "dst");
    json_number(&json, "seq", event->seq);
    json_number(&json, "length", event->length);
    json_number(&json, "ip_id", event->has_id ? event->ip_id : VALUE_UNKNOWN);
    format_tcp_flags(flags, sizeof(flags), event->tcp_flags);
    json_text(&json, "tcp_flags", flags);
    json_text(&json, "counted_for", event->by_src ? "src" : "dst");
    json_open_object(&json, "counts", JSON_INLINE);
    for (unsigned i = 0; i < TCP_COUNT_COUNT; i++) {
        int64_t value = tcp_event_value(event, (enum tcp_count)i);

        if (value != 0)
            json_signed(&json, tcp_count_name((enum tcp_count)i), value);
    }
    json_close(&json);
    explain_verdict(text, sizeof(text), event);
    json_text(&json, "verdict", text);
    explain_why(text, sizeof(text), event, *output->first_ns);
    json_text(&json, "why", text);
    json_close(&json);
    fputc('\n', output->out);
}

bool explain_print(const struct tcp_event *event, const struct flow_record *flow, void *context)
{
    struct explain_output *output = context;

    if (!explain_wants(output->want, event, flow))
        return true;
    errno = 0;
    if (output->json)
        print_json(output, event, flow);
    else
        print_text(output, event, flow);
    output->events++;
    for (unsigned i = 0; i < TCP_COUNT_COUNT; i++)
        output->sums[i] += tcp_event_value(event, (enum tcp_count)i);
    return !ferror(output->out);
}

/* What they add up to. Of one counter's events only that does: others may be taken back by events
 * that are not among them. */
static void print_sums(const struct explain_output *output)
{
    char text[1200];
    size_t used = (size_t)snprintf(text, sizeof(text), "%" PRIu64 " event%s", output->events,
                                   output->events == 1 ? "" : "s");
    const char *before = ": ";

    for (unsigned i = 0; i < TCP_COUNT_COUNT && used < sizeof(text); i++) {
        if (output->sums[i] == 0 ||
            (output->want->what == EXPLAIN_COUNTER && i != output->want->counter))
            continue;
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %" PRId64, before,
                                 tcp_count_name((enum tcp_count)i), output->sums[i]);
        before = ", ";
    }
    fputc('\n', output->out);
    wrap_print(output->out, text, 0, 0);
}

bool explain_finish(const struct explain_output *output, struct err *err)
{
    if (!output->json && output->events > 0)
        print_sums(output);
    else if (!output->json && output->want->what == EXPLAIN_ONE_FLOW)
        fputs("Nothing of this flow was counted as anything, or there was no such TCP flow.\n",
              output->out);
    else if (!output->json && output->want->what == EXPLAIN_ALL)
        fputs("No packet was counted as anything.\n", output->out);
    else if (!output->json)
        fprintf(output->out, "No packet was counted as %s.\n",
                tcp_count_name(output->want->counter));
    return stream_finish(output->out, "the explanation", err);
}
