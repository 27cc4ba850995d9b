/* SPDX-License-Identifier: MIT */
#include "row_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../src/filter/place.h"
#include "../src/filter/read.h"
#include "../src/filter/words.h"
#include "pane.h"
#include "trial.h"

enum { ROW_RULES_TEXT = 1024, ROW_RULES_END = 96 };

/* One end of a row's traffic as a rule names it: "src 10.0.0.5/32 sport 443". */
static void row_rules_end(char out[ROW_RULES_END], bool src, const struct ip_addr *addr,
                          uint64_t port)
{
    char text[FORMAT_ADDR];
    size_t used;

    format_addr(text, sizeof(text), addr);
    used = (size_t)snprintf(out, ROW_RULES_END, "%s %s/%d", src ? "src" : "dst", text,
                            addr->family == 6 ? 128 : 32);
    if (port != VALUE_UNKNOWN)
        snprintf(out + used, ROW_RULES_END - used, " %s %" PRIu64, src ? "sport" : "dport", port);
}

static bool row_rules_refuse(char *out, size_t size, const char *why)
{
    snprintf(out, size, "%s", why);
    return false;
}

/* Traffic between two ends, both ways. */
struct row_rules_pair {
    const char *direction; /* of src's packets: ingress, egress or "" */
    const char *protocol;  /* "" is any */
    const struct ip_addr *src, *dst;
    uint64_t src_port, dst_port;
};

static void row_rules_pair(const struct row_rules_pair *pair, bool accept, char *out, size_t size)
{
    const char *action = accept ? "accept" : "reject";
    const char *back = strcmp(pair->direction, "ingress") == 0  ? "egress"
                       : strcmp(pair->direction, "egress") == 0 ? "ingress"
                                                                : "";
    const char *keyword = pair->protocol[0] != '\0' ? "protocol " : "";
    char src[ROW_RULES_END], dst[ROW_RULES_END], from[ROW_RULES_END], to[ROW_RULES_END];

    row_rules_end(src, true, pair->src, pair->src_port);
    row_rules_end(dst, false, pair->dst, pair->dst_port);
    row_rules_end(from, true, pair->dst, pair->dst_port);
    row_rules_end(to, false, pair->src, pair->src_port);
    snprintf(out, size, "%s %s %s%s %s %s; %s %s %s%s %s %s", action, pair->direction, keyword,
             pair->protocol, src, dst, action, back, keyword, pair->protocol, from, to);
}

static bool row_rules_talker(const struct talker_record *row, bool accept, char *out, size_t size)
{
    char text[FORMAT_ADDR];

    format_addr(text, sizeof(text), &row->addr);
    snprintf(out, size, "%s host %s", accept ? "accept" : "reject", text);
    return true;
}

static bool row_rules_flow(const struct flow_record *row, bool accept, char *out, size_t size)
{
    bool ports = strcmp(row->protocol, "tcp") == 0 || strcmp(row->protocol, "udp") == 0;
    int16_t number;

    if (row->src_addr.family == 0 || row->dst_addr.family == 0 ||
        !filter_protocol_find(row->protocol, &number))
        return row_rules_refuse(out, size, "mirror rules are about IP packets: none can name this");
    row_rules_pair(&(struct row_rules_pair){ .direction = row->src_direction,
                                             .protocol = row->protocol,
                                             .src = &row->src_addr,
                                             .dst = &row->dst_addr,
                                             .src_port = ports ? row->src_port : VALUE_UNKNOWN,
                                             .dst_port = ports ? row->dst_port : VALUE_UNKNOWN },
                   accept, out, size);
    return true;
}

static bool row_rules_protocol(const struct protocol_record *row, bool accept, char *out,
                               size_t size)
{
    const char *action = accept ? "accept" : "reject";
    int16_t number;
    uint16_t port;

    if (row->level == 0 && strcmp(row->name, "ipv4") == 0)
        snprintf(out, size, "%s src 0.0.0.0/0", action);
    else if (row->level == 0 && strcmp(row->name, "ipv6") == 0)
        snprintf(out, size, "%s src ::/0", action);
    else if (row->level == 1 && filter_protocol_find(row->name, &number))
        snprintf(out, size, "%s protocol %s", action, row->name);
    else if (row->level == 2 && filter_port_find(row->name, &port))
        snprintf(out, size, "%s %s port %u", action, row->parent, port);
    else if (row->level == 2)
        return row_rules_refuse(out, size,
                                "mirror rules know ports, not applications: this one has no port "
                                "of its own; = on one of its flows");
    else
        return row_rules_refuse(out, size, "mirror rules are about IP packets: none can name this");
    return true;
}

static bool row_rules_suspicion(const struct suspicion_record *row, bool accept, char *out,
                                size_t size)
{
    struct row_rules_pair pair = { .direction = "",
                                   .protocol = "",
                                   .src = &row->src_addr,
                                   .dst = &row->dst_addr,
                                   .src_port = VALUE_UNKNOWN,
                                   .dst_port = VALUE_UNKNOWN };
    char text[FORMAT_ADDR];

    if (row->dst_addr.family != 0) {
        row_rules_pair(&pair, accept, out, size);
        return true;
    }
    format_addr(text, sizeof(text), &row->src_addr);
    snprintf(out, size, "%s host %s", accept ? "accept" : "reject", text);
    return true;
}

/* Rules know no sessions, but a session has the packets of one network interface: those to its
 * address come in, those from it go out. Which do is not always known. */
static bool row_rules_session(const struct session_record *row, bool accept, char *out, size_t size)
{
    const char *action = accept ? "accept" : "reject";
    char text[FORMAT_ADDR];

    if (row->mirror_source.family == 0)
        return row_rules_refuse(out, size,
                                "a mirror rule cannot name this session: it has no mirror source");
    format_addr(text, sizeof(text), &row->mirror_source);
    if (row->unknown_direction > 0)
        snprintf(out, size, "%s host %s", action, text);
    else
        snprintf(out, size, "%s ingress dst %s; %s egress src %s", action, text, action, text);
    return true;
}

bool row_rules_text(enum table_id table, const void *row, bool accept, char *out, size_t size)
{
    const struct rule_record *rule = row;

    switch (table) {
    case TABLE_TALKERS:
        return row_rules_talker(row, accept, out, size);
    case TABLE_FLOWS:
    case TABLE_RETRANSMITS:
        return row_rules_flow(row, accept, out, size);
    case TABLE_PROTOCOLS:
        return row_rules_protocol(row, accept, out, size);
    case TABLE_SUSPICIONS:
        return row_rules_suspicion(row, accept, out, size);
    case TABLE_RULES:
        if (accept && rule->mend[0] != '\0') {
            snprintf(out, size, "%s", rule->mend);
            return true;
        }
        return row_rules_refuse(out, size,
                                accept ? "nothing is to be mended here; / edits the rules"
                                       : "this is a rule already; / edits the rules");
    case TABLE_SESSIONS:
        return row_rules_session(row, accept, out, size);
    case TABLE_FINDINGS:
    case TABLE_COUNT:
        break;
    }
    return row_rules_refuse(out, size, "there is no traffic in this row");
}

/* What has become of the rules that were added. */
struct row_rules_result {
    size_t added;
    bool renumbered;
};

static bool row_rules_place(struct filter *filter, const struct filter *rules,
                            struct row_rules_result *result, struct err *err)
{
    for (size_t s = 0; s < rules->count; s++) {
        for (size_t i = 0; i < rules->sessions[s].count; i++) {
            switch (filter_place_rule(filter, &rules->sessions[s].rules[i], err)) {
            case FILTER_PLACE_FAILED:
                return false;
            case FILTER_PLACE_NEEDLESS:
                break;
            case FILTER_PLACE_RENUMBERED:
                result->renumbered = true;
                result->added++;
                break;
            case FILTER_PLACE_ADDED:
                result->added++;
                break;
            }
        }
    }
    return true;
}

/* Without a filter "not this" is meant to leave everything else: an empty one would accept
 * nothing at all. */
static bool row_rules_make(const struct trial *trial, bool accept, const char *text,
                           struct filter *filter, struct row_rules_result *result, struct err *err)
{
    static const char everything[] = "accept";
    struct filter rules;
    struct filter_error error;
    bool good;

    if (!filter_copy(filter, &trial->now.filter, err))
        return false;
    filter_init(&rules);
    good = filter_read(&rules, text, strlen(text), &error) &&
           (accept || trial_is_on(trial) ||
            filter_read(filter, everything, strlen(everything), &error));
    if (!good)
        err_set(err, EXIT_USAGE, "no mirror rule can name this: %.200s", error.text);
    good = good && row_rules_place(filter, &rules, result, err);
    filter_free(&rules);
    if (!good)
        filter_free(filter);
    return good;
}

static void row_rules_say(struct ui *ui, bool accept, const struct row_rules_result *result)
{
    ui_say(ui, ROLE_GOOD, "%zu rule%s added that %s%s %s traffic%s; Backspace undoes",
           result->added, result->added > 1 ? "s" : "", accept ? "accept" : "reject",
           result->added > 1 ? "" : "s",
           ui->focus == TABLE_SESSIONS ? "its mirror source's" : "the row's",
           result->renumbered ? ", the others renumbered by hundreds" : "");
}

void row_rules_add(struct ui *ui, bool accept)
{
    struct grid *grid = &ui->grids[ui->focus];
    const struct snapshot_rows *rows = pane_rows(ui, ui->focus);
    struct row_rules_result result = { .added = 0 };
    char text[ROW_RULES_TEXT];
    struct filter filter;
    struct err err;

    grid_move(grid, 0); /* one that is out of sight is not what the user means */
    if (grid->count == 0) {
        ui_say(ui, ROLE_MESSAGE, "no row is selected here");
        return;
    }
    if (!row_rules_text(ui->focus, grid_row(grid, rows, grid->cursor), accept, text,
                        sizeof(text))) {
        ui_say(ui, ROLE_MESSAGE, "%s", text);
        return;
    }
    if (!row_rules_make(&ui->trial, accept, text, &filter, &result, &err)) {
        ui_say(ui, ROLE_ALERT, "%s", err.text);
        return;
    }
    if (result.added == 0) {
        filter_free(&filter);
        ui_say(ui, ROLE_MESSAGE, "the filter %s all of this row's traffic already",
               accept ? "accepts" : "rejects");
        return;
    }
    if (trial_set(ui, &filter, NULL))
        row_rules_say(ui, accept, &result);
}
