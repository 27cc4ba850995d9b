/* SPDX-License-Identifier: MIT */
/* Every counter of the input, the decoder and the tables, with what it means. */
#include "pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../decode/decode.h"
#include "../src/loss.h"

static void counters_add(struct page *page, uint64_t value, const char *name, const char *doc,
                         bool bad)
{
    char label[PAGE_LABEL], text[PAGE_TEXT];
    size_t length = strlen(name);

    if (value == VALUE_UNKNOWN)
        snprintf(label, sizeof(label), "-");
    else
        snprintf(label, sizeof(label), "%" PRIu64, value);
    if (doc[0] != '\0')
        snprintf(text, sizeof(text), "%s: %s", name, doc);
    else
        snprintf(text, sizeof(text), "%s", name);
    for (size_t i = 0; i < length && i < sizeof(text); i++) {
        if (text[i] == '_')
            text[i] = ' '; /* reasons are called as in the report, which is for machines */
    }
    page_add(page, label, text,
             value == 0 || value == VALUE_UNKNOWN ? ROLE_DIM
             : bad                                ? ROLE_WARNING
                                                  : ROLE_TEXT);
}

static void counters_add_time(struct page *page, uint64_t us, const char *text)
{
    char label[PAGE_LABEL];

    format_microseconds(label, sizeof(label), us);
    page_add(page, label, text, ROLE_TEXT);
}

static void counters_add_decode(struct page *page, const struct snapshot_decode *decode)
{
    page_add_heading(page, "Decoding");
    counters_add(page, decode->outcomes[DECODE_OK], "ok", "frames that were decoded whole", false);
    for (int i = 0; i < REASON_COUNT; i++) {
        if (decode->reasons[i] > 0 && decode_reason_outcome((enum decode_reason)i) != DECODE_OK)
            counters_add(page, decode->reasons[i], decode_reason_name((enum decode_reason)i),
                         decode_reason_text((enum decode_reason)i), true);
    }
    counters_add(page, decode->fragments, "fragments", "packets that were pieces of a larger one",
                 false);
    for (int i = 0; i < ANOMALY_COUNT; i++) {
        if (decode->anomalies[i] > 0)
            counters_add(page, decode->anomalies[i], decode_anomaly_name((enum decode_anomaly)i),
                         decode_anomaly_text((enum decode_anomaly)i), true);
    }
}

static void counters_add_tcp(struct page *page, const struct snapshot_tcp *tcp)
{
    const uint64_t *count = tcp->count;

    page_add_heading(page, "TCP");
    counters_add(page, tcp->segments, "segments", "all of TCP", false);
    counters_add(page, count[TCP_COUNT_RETRANSMITS], "retransmits", "segments that were sent again",
                 true);
    counters_add(page, count[TCP_COUNT_RETRANSMIT_BYTES], "retransmit bytes",
                 "what they carried again", true);
    counters_add(page, count[TCP_COUNT_OUT_OF_ORDER], "out of order",
                 "segments that came after later ones", true);
    counters_add(page, count[TCP_COUNT_ZERO_WINDOWS], "zero windows",
                 "segments in which a receiver says that it is full", true);
    counters_add(page, tcp->rtt.count, "round trips", "handshakes that were seen whole", false);
    if (tcp->rtt.count == 0 || tcp->rtt.count == VALUE_UNKNOWN)
        return;
    counters_add_time(page, tcp->rtt.min_us, "the shortest of them");
    counters_add_time(page, tcp->rtt.median_us, "median: half of them were shorter");
    counters_add_time(page, tcp->rtt.p95_us, "95 of 100 were shorter");
    counters_add_time(page, tcp->rtt.max_us, "the longest of them");
}

static void counters_add_filter(struct page *page, const struct snapshot_filter *filter)
{
    page_add_heading(page, "Filter");
    counters_add(page, filter->accepted.packets, "accepted", "packets that it lets through", false);
    counters_add(page, filter->rejected.packets, "rejected", "packets that it does not", false);
    counters_add(page, filter->uncertain.packets - filter->forgotten.packets, "uncertain",
                 "packets of which AWS does not say what becomes of them", true);
    counters_add(
        page, filter->forgotten.packets, "too old to judge",
        "packets of flows that had ended and were forgotten when the filter changed: talkers, "
        "protocols, sessions and totals lack them",
        true);
}

void counters_fill(struct ui *ui)
{
    struct page *page = &ui->page;
    const struct snapshot *snapshot = ui->live;

    page_start(page, &ui->layout.body, "Counters", 12);
    if (!snapshot) {
        page_add(page, "", "Nothing has been read yet.", ROLE_MESSAGE);
        return;
    }
    page_add_heading(page, "Input");
    counters_add(page, snapshot->input.packets, "frames", "everything that was read", false);
    counters_add(page, snapshot->input.bytes, "bytes",
                 "their length on the wire, outer headers too", false);
    counters_add(page, snapshot->input.mirrored, "mirrored frames",
                 "those with a mirrored packet inside", false);
    page_add_heading(page, "Lost, cut or left out");
    for (size_t i = 0; i < losses_count; i++) {
        uint64_t value = loss_value(&losses[i], snapshot);

        counters_add(page, value, losses[i].name, losses[i].doc,
                     loss_is_bad(&losses[i], value, ui->config->options->direct));
    }
    if (snapshot->input.cut)
        page_add(page, "", "The file ends inside a packet: it is cut.", ROLE_WARNING);
    counters_add_decode(page, &snapshot->decode);
    if (snapshot->filter.on)
        counters_add_filter(page, &snapshot->filter);
    page_add_heading(page, "Flows");
    counters_add(page, snapshot->flows.total, "flows", "since the start", false);
    if (snapshot->filter.on)
        counters_add(page, snapshot->flows.shown, "shown", "those that the filter shows", false);
    counters_add(page, snapshot->flows.active, "in the table", "those that have not ended", false);
    counters_add(page, snapshot->flows.limit, "places",
                 "flows that the table can hold (--max-flows)", false);
    counters_add_tcp(page, &snapshot->tcp);
    if (ui->feed.live) {
        page_add_heading(page, "This process");
        page_add(page, "", ui->config->rights, ROLE_TEXT);
    }
}
