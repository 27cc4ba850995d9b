/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <string.h>

#include "../format.h"
#include "../wrap.h"

enum {
    VIEW_COLUMNS = 9, /* at most */
    VIEW_INDENT = 2,
    SUBJECT = 160,           /* room for the text at the left */
    SUBJECT_LEAST = 15,      /* an IPv4 address */
    RULE_DESCRIPTION = 4096, /* 255 characters, each of whose bytes may be escaped */
    SESSION_LINE = 480,      /* what is known of a session by documents; longer is cut */
    BAR = 20,
};

size_t text_ascii(char *out, size_t size, const char *text)
{
    char next[FORMAT_ESCAPE], hex[FORMAT_ESCAPE];
    size_t used = 0;

    while (*text) {
        size_t length = format_escape_next(next, &text);

        if (next[0] & 0x80) {
            for (size_t i = 0; i < length; i++)
                snprintf(hex + 4 * i, 5, "\\x%02x", (unsigned char)next[i]);
            memcpy(next, hex, 4 * length + 1);
            length *= 4;
        }
        if (used + length >= size)
            break;
        memcpy(out + used, next, length);
        used += length;
    }
    out[used] = '\0';
    return used;
}

/* One table of the report: a subject at the left, then columns of the field table. */
struct view {
    enum table_id table;
    const char *title, *note;
    const char *heading; /* of the subject */
    const char *columns[VIEW_COLUMNS + 1];
    bool (*is_small)(const void *row); /* rows that are only counted; NULL: none */
    void (*subject)(const void *row, char *out, size_t size);
    void (*after)(FILE *out, const void *row); /* ends the row; NULL: just a newline */
    size_t reserve;                            /* columns that it needs in the same line */
};

static const struct field *view_field(const struct view *view, size_t column)
{
    const struct table *table = &field_tables[view->table];

    return &table->fields[table_find(table, view->columns[column])];
}

/* Columns that the subject may have: what the widest needs, as far as there is room. */
static size_t view_subject_width(const struct view *view, const struct snapshot *snapshot,
                                 size_t rows)
{
    size_t room = WRAP_WIDTH - VIEW_INDENT, width = SUBJECT_LEAST;
    char text[SUBJECT];

    for (size_t i = 0; view->columns[i]; i++)
        room -= view_field(view, i)->width + 1u;
    room -= view->reserve;
    for (size_t i = 0; i < rows; i++) {
        size_t length;

        view->subject(snapshot_row(snapshot, view->table, i), text, sizeof(text));
        length = strlen(text);
        if (length > width && length <= room)
            width = length;
    }
    return width;
}

/* A subject that does not fit has lines of its own. */
static void view_write_subject(FILE *out, const char *text, size_t width)
{
    if (strlen(text) > width) {
        fprintf(out, "%*s", VIEW_INDENT, "");
        wrap_print(out, text, VIEW_INDENT, 2 * VIEW_INDENT);
        text = "";
    }
    fprintf(out, "%*s%-*s", VIEW_INDENT, "", (int)width, text);
}

static void view_write_row(FILE *out, const struct view *view, const void *row, size_t width)
{
    char text[SUBJECT];

    view->subject(row, text, sizeof(text));
    view_write_subject(out, text, width);
    for (size_t i = 0; view->columns[i]; i++) {
        const struct field *field = view_field(view, i);

        format_field_human(text, sizeof(text), field, row, UNITS_BITS, true);
        if (text[0]) /* only the last column can be empty: no blanks at the line's end */
            fprintf(out, " %*s", field->width, text);
    }
    if (view->after)
        view->after(out, row);
    else
        fputc('\n', out);
}

/* Of the rows `most`. */
static void view_write(FILE *out, const struct view *view, const struct snapshot *snapshot,
                       size_t most)
{
    uint64_t total = snapshot->tables[view->table].total;
    size_t count = snapshot->tables[view->table].count;
    size_t rows = count < most ? count : most, small = 0, width;

    if (rows == 0) {
        fprintf(out, "\n%s\n%*snone\n", view->title, VIEW_INDENT, "");
        return;
    }
    fprintf(out, "\n%s (", view->title);
    if (rows < total)
        fprintf(out, "%zu of ", rows);
    fprintf(out, "%llu, %s)\n", (unsigned long long)total, view->note);
    width = view_subject_width(view, snapshot, rows);
    fprintf(out, "%*s%-*s", VIEW_INDENT, "", (int)width, view->heading);
    for (size_t i = 0; view->columns[i]; i++)
        fprintf(out, " %*s", view_field(view, i)->width, view_field(view, i)->heading);
    fputc('\n', out);
    for (size_t i = 0; i < rows; i++) {
        const void *row = snapshot_row(snapshot, view->table, i);

        if (view->is_small && view->is_small(row))
            small++;
        else
            view_write_row(out, view, row, width);
    }
    if (small > 0)
        fprintf(out, "%*sand %zu with less than 0.1%% each\n", VIEW_INDENT, "", small);
}

static void write_line(FILE *out, size_t indent, const char *text)
{
    fprintf(out, "%*s", (int)indent, "");
    wrap_print(out, text, indent, 2 * VIEW_INDENT);
}

/* ---- the tables ------------------------------------------------------------------------------ */

static void session_subject(const void *row, char *out, size_t size)
{
    const struct session_record *session = row;
    char source[FORMAT_ADDR];

    if (session->vni == VALUE_UNKNOWN) {
        snprintf(out, size, "%s", session->name);
        return;
    }
    format_addr(source, sizeof(source), &session->mirror_source);
    snprintf(out, size, "VNI %llu%s%s%s%s", (unsigned long long)session->vni,
             source[0] ? " from " : "", source, session->gwlbe[0] ? ", GWLB endpoint " : "",
             session->gwlbe);
}

/* Adds ", " and the text, harmless; where they do not fit, they are cut. */
static void append(char *line, size_t size, const char *before, const char *text)
{
    size_t used = strlen(line);

    if (text[0] == '\0')
        return;
    used += (size_t)snprintf(line + used, size - used, "%s%s", used > 0 ? ", " : "", before);
    if (used < size)
        text_ascii(line + used, size - used, text);
}

static void append_number(char *line, size_t size, const char *before, uint64_t number)
{
    char text[FORMAT_NUMBER];

    if (number == VALUE_UNKNOWN)
        return;
    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    append(line, size, before, text);
}

/* What the documents of --aws-json say, in lines of its own. */
static void session_after(FILE *out, const void *row)
{
    const struct session_record *session = row;
    char line[SESSION_LINE] = "", since[FORMAT_TIME];

    fputc('\n', out);
    if (session->state[0] == '\0' && session->eni[0] == '\0')
        return;
    append(line, sizeof(line), "", session->state);
    if (strcmp(session->state, "silent") == 0) {
        size_t used = strlen(line);

        format_time(since, sizeof(since), session->last_ns);
        snprintf(line + used, sizeof(line) - used, " since %s", since);
    }
    append(line, sizeof(line), "", session->name);
    append(line, sizeof(line), "", session->eni);
    append_number(line, sizeof(line), "session number ", session->session_number);
    append(line, sizeof(line), "filter ", session->filter);
    append_number(line, sizeof(line), "packet length ", session->packet_length);
    fprintf(out, "%*s", 2 * VIEW_INDENT, "");
    wrap_print(out, line, 2 * VIEW_INDENT, 2 * VIEW_INDENT);
}

void text_sessions(FILE *out, const struct snapshot *snapshot)
{
    static const struct view view = {
        .table = TABLE_SESSIONS,
        .title = "SESSIONS",
        .note = "most bytes first",
        .heading = "SESSION",
        .columns = { "packets", "bytes", "ingress", "egress", "unknown_direction", "truncated",
                     "malformed", "flows" },
        .subject = session_subject,
        .after = session_after,
    };

    view_write(out, &view, snapshot, SIZE_MAX);
}

static void talker_subject(const void *row, char *out, size_t size)
{
    const struct talker_record *talker = row;

    format_addr(out, size, &talker->addr);
}

void text_talkers(FILE *out, const struct snapshot *snapshot, size_t most)
{
    const struct snapshot_rest *rest = &snapshot->talkers_rest;
    static const struct view view = {
        .table = TABLE_TALKERS,
        .title = "TALKERS",
        .note = "most bytes first",
        .heading = "ADDRESS",
        .columns = { "bytes", "bytes_sent", "bytes_received", "packets_sent", "packets_received",
                     "average_rate", "flows", "vni", "country" },
        .subject = talker_subject,
    };

    view_write(out, &view, snapshot, most);
    if (rest->packets_sent > 0 || rest->packets_received > 0)
        fprintf(out, "%*sand, not listed, %llu bytes sent and %llu received\n", VIEW_INDENT, "",
                (unsigned long long)rest->bytes_sent, (unsigned long long)rest->bytes_received);
}

static void protocol_subject(const void *row, char *out, size_t size)
{
    const struct protocol_record *protocol = row;
    size_t indent = protocol->level < 3 ? 2 * (size_t)protocol->level : 4;

    snprintf(out, size, "%*s", (int)indent, "");
    text_ascii(out + indent, size - indent, protocol->name);
}

static bool protocol_is_small(const void *row)
{
    return ((const struct protocol_record *)row)->share == 0;
}

static void protocol_after(FILE *out, const void *row)
{
    const struct protocol_record *protocol = row;
    size_t length = (size_t)(protocol->share * BAR + 500) / 1000;

    fputs(length ? " " : "", out);
    for (size_t i = 0; i < length && i < BAR; i++)
        fputc('#', out);
    fputc('\n', out);
}

void text_protocols(FILE *out, const struct snapshot *snapshot)
{
    static const struct view view = {
        .table = TABLE_PROTOCOLS,
        .title = "PROTOCOLS",
        .note = "share of all bytes",
        .heading = "PROTOCOL",
        .columns = { "packets", "bytes", "share" },
        .is_small = protocol_is_small,
        .subject = protocol_subject,
        .after = protocol_after,
        .reserve = BAR + 1,
    };

    view_write(out, &view, snapshot, SIZE_MAX);
}

static void rule_subject(const void *row, char *out, size_t size)
{
    const struct rule_record *rule = row;
    char number[2 * FORMAT_NUMBER + 16] = "";

    if (rule->number != VALUE_UNKNOWN && rule->session == 1)
        snprintf(number, sizeof(number), "%llu ", (unsigned long long)rule->number);
    else if (rule->number != VALUE_UNKNOWN)
        snprintf(number, sizeof(number), "session %llu %llu ", (unsigned long long)rule->session,
                 (unsigned long long)rule->number);
    snprintf(out, size, "%s%s%s%s ", number, rule->action, rule->direction[0] ? " " : "",
             rule->direction);
    text_ascii(out + strlen(out), size - strlen(out), rule->rule);
}

/* What is to be said of the rule, a line each. */
static void rule_after(FILE *out, const void *row)
{
    const struct rule_record *rule = row;
    char line[SESSION_LINE];

    fputc('\n', out);
    if (rule->description[0]) {
        char text[RULE_DESCRIPTION];
        size_t used = (size_t)snprintf(text, sizeof(text), "\"");

        used += text_ascii(text + used, sizeof(text) - used - 1, rule->description);
        snprintf(text + used, sizeof(text) - used, "\"");
        write_line(out, 2 * VIEW_INDENT, text);
    }
    if (rule->note[0]) {
        text_ascii(line, sizeof(line), rule->note);
        write_line(out, 2 * VIEW_INDENT, line);
    }
    if (rule->mend[0]) {
        snprintf(line, sizeof(line), "one-way flows: %llu; mended by ",
                 (unsigned long long)rule->one_way_flows);
        text_ascii(line + strlen(line), sizeof(line) - strlen(line), rule->mend);
        write_line(out, 2 * VIEW_INDENT, line);
    }
}

void text_rules(FILE *out, const struct snapshot *snapshot)
{
    static const struct view view = {
        .table = TABLE_RULES,
        .title = "RULES",
        .note = "in the filter's order",
        .heading = "RULE",
        .columns = { "packets", "bytes", "share" },
        .subject = rule_subject,
        .after = rule_after,
    };

    view_write(out, &view, snapshot, SIZE_MAX);
}

static void write_end(char *out, size_t size, const struct ip_addr *addr, uint64_t port)
{
    char text[FORMAT_ADDR];
    bool brackets = addr->family == 6 && port != VALUE_UNKNOWN;

    format_addr(text, sizeof(text), addr);
    if (port == VALUE_UNKNOWN)
        snprintf(out, size, "%s", text);
    else
        snprintf(out, size, "%s%s%s:%u", brackets ? "[" : "", text, brackets ? "]" : "",
                 (unsigned)port);
}

static void flow_subject(const void *row, char *out, size_t size)
{
    const struct flow_record *flow = row;
    char src[FORMAT_ADDR + 8], dst[FORMAT_ADDR + 8];

    write_end(src, sizeof(src), &flow->src_addr, flow->src_port);
    write_end(dst, sizeof(dst), &flow->dst_addr, flow->dst_port);
    snprintf(out, size, "%s > %s", src, dst);
}

/* Application and server name in a line of their own: names are long. What is inferred needs no
 * column: most flows have nothing of it. */
static void flow_after(FILE *out, const void *row)
{
    const struct flow_record *flow = row;
    char text[WRAP_WIDTH - 3 * VIEW_INDENT];
    size_t used = text_ascii(text, sizeof(text), flow->app);

    if (flow->app[0] && flow->server_name[0])
        text[used++] = ' ';
    text_ascii(text + used, sizeof(text) - used, flow->server_name);
    if (text[0])
        fprintf(out, "\n%*s%s", 2 * VIEW_INDENT, "", text);
    if (record_has(flow->inferred))
        fprintf(out, "\n%*s%llu retransmits inferred", 2 * VIEW_INDENT, "",
                (unsigned long long)flow->inferred);
    fputc('\n', out);
}

void text_retransmits(FILE *out, const struct snapshot *snapshot, size_t most)
{
    static const struct view view = {
        .table = TABLE_RETRANSMITS,
        .title = "FLOWS WITH RETRANSMITS OR LOSSES",
        .note = "most retransmits first",
        .heading = "FLOW",
        .columns = { "retransmits", "retransmit_share", "retransmit_bytes_share", "fast", "timeout",
                     "mirror_loss_bytes", "rtt_us" },
        .subject = flow_subject,
        .after = flow_after,
    };

    view_write(out, &view, snapshot, most);
}

void text_suspicions(FILE *out, const struct snapshot *snapshot)
{
    const struct snapshot_rows *rows = &snapshot->tables[TABLE_SUSPICIONS];

    if (rows->count == 0) {
        fprintf(out, "\nSUSPICIONS\n%*snone\n", VIEW_INDENT, "");
        return;
    }
    fputs("\nSUSPICIONS (", out);
    if (rows->count < rows->total)
        fprintf(out, "%zu of ", rows->count);
    fprintf(out, "%llu, newest first)\n", (unsigned long long)rows->total);
    for (size_t i = 0; i < rows->count; i++) {
        const struct suspicion_record *row = snapshot_row(snapshot, TABLE_SUSPICIONS, i);
        char addr[FORMAT_ADDR], time[FORMAT_TIME], detail[SUBJECT], text[2 * SUBJECT];

        format_time(time, sizeof(time), row->started_ns);
        format_addr(addr, sizeof(addr), &row->src_addr);
        snprintf(text, sizeof(text), "%s %s by %s", time, row->kind, addr);
        write_line(out, VIEW_INDENT, text);
        text_ascii(detail, sizeof(detail), row->detail);
        format_addr(addr, sizeof(addr), &row->dst_addr);
        snprintf(text, sizeof(text), "%s%s%s", addr, addr[0] ? ": " : "", detail);
        if (row->refused != VALUE_UNKNOWN)
            snprintf(text + strlen(text), sizeof(text) - strlen(text),
                     "; %llu attempts refused, %llu not answered", (unsigned long long)row->refused,
                     (unsigned long long)row->unanswered);
        write_line(out, 2 * VIEW_INDENT, text);
    }
}
