/* SPDX-License-Identifier: MIT */
/* The packets behind a flow's counts, at the end of its details. */
#include "detail_events.h"

#include <inttypes.h>
#include <stdio.h>

#include "../src/explain.h"
#include "state.h"

/* Events belong to the newest snapshot; while the panes are paused, those since then are left out.
 */
static bool is_shown(const struct ui *ui, const struct tcp_event *event)
{
    return event->ts_ns <= ui->shown->input.last_ns;
}

static void add_event(struct page *page, const struct tcp_event *event, uint64_t first_ns)
{
    bool by_src = event->sender == event->side ? event->by_src : !event->by_src;
    char label[PAGE_LABEL], time[PAGE_LABEL - 8], id[24] = "";
    char verdict[EXPLAIN_VERDICT], why[EXPLAIN_WHY], text[EXPLAIN_VERDICT + EXPLAIN_WHY + 128];

    explain_time(time, sizeof(time), event->ts_ns, first_ns);
    snprintf(label, sizeof(label), "%s s  %s", time, by_src ? "src" : "dst");
    explain_verdict(verdict, sizeof(verdict), event);
    explain_why(why, sizeof(why), event, first_ns);
    if (event->has_id)
        snprintf(id, sizeof(id), ", IP ID %u", event->ip_id);
    snprintf(text, sizeof(text), "%s%s%s%s",
             event->sender == event->side ? ""
             : event->by_src              ? "of src: "
                                          : "of dst: ",
             verdict, why[0] != '\0' ? ": " : "", why);
    page_add(page, label, text,
             event->added & 1u << TCP_COUNT_RETRANSMITS ? ROLE_WARNING : ROLE_TEXT);
    snprintf(text, sizeof(text), "frame %" PRIu64 ", seq %" PRIu32 ", length %" PRIu32 "%s",
             event->frame, event->seq, event->length, id);
    page_add(page, "", text, ROLE_DIM);
}

void detail_announce_events(struct page *page, const struct flow_record *flow)
{
    char text[PAGE_TEXT];

    if (flow->events == 0)
        return;
    snprintf(text, sizeof(text), "%" PRIu64 ", at the end of this page", flow->events);
    page_add(page, "Packets behind its counts", text, ROLE_TEXT);
}

void detail_add_events(struct ui *ui, const struct flow_record *flow)
{
    struct page *page = &ui->page;
    const struct snapshot_events *events = &ui->live->events;
    char text[PAGE_TEXT];
    uint64_t listed;

    if (flow->events == 0)
        return;
    page_add_heading(page, "Packets behind its counts");
    if (!events->events || events->flow != page->key) {
        page_add(page, "", "They come with the next numbers.", ROLE_MESSAGE);
        return;
    }
    listed = events->count;
    if (flow->events > events->kept) {
        snprintf(text, sizeof(text), "%" PRIu64, flow->events - events->kept);
        page_add(page, "Older ones, forgotten", text, ROLE_WARNING);
    }
    if (events->kept > listed) {
        snprintf(text, sizeof(text), "%" PRIu64 "; --explain prints all", events->kept - listed);
        page_add(page, "Older ones, not listed here", text, ROLE_MESSAGE);
    }
    for (size_t i = 0; i < events->count; i++) {
        if (is_shown(ui, &events->events[i]))
            add_event(page, &events->events[i], ui->live->input.first_ns);
    }
}
