/* SPDX-License-Identifier: MIT */
/* Rows of sessions: what arrived, beside what the documents of AWS say should. */
#include <stdio.h>
#include <stdlib.h>

#include "engine_state.h"

/* Numbers are those of the session table; from SESSION_LIMIT on, those of the documents'
 * sessions. */

struct session_rows engine_sessions_open(const struct engine *engine)
{
    const struct aws_documents *documents = engine->config.documents;
    size_t count = engine->sessions.count;
    struct session_rows rows = { .engine = engine, .numbers = SESSION_LIMIT };
    struct aws_arrival *arrivals;

    if (!documents)
        return rows;
    arrivals = calloc(count, sizeof(*arrivals));
    if (!arrivals)
        return rows; /* rows without names */
    for (size_t i = SESSION_DIRECT + 1; i < count; i++)
        arrivals[i] = (struct aws_arrival){
            .source = engine->sessions.sessions[i].source,
            .vni = engine->sessions.sessions[i].vni,
        };
    /* The place of "direct" stays empty: a VNI that no session has. */
    arrivals[SESSION_DIRECT].vni = VALUE_UNKNOWN;
    rows.matches = aws_matches_new(documents, arrivals, count);
    if (rows.matches)
        rows.numbers += aws_session_count(documents);
    free(arrivals);
    return rows;
}

void engine_sessions_close(struct session_rows *rows)
{
    aws_matches_free(rows->matches);
}

size_t engine_sessions_most(const struct engine *engine)
{
    size_t expected = engine->config.documents ? aws_session_count(engine->config.documents) : 0;

    return engine->sessions.count + 1 + expected;
}

static void row_texts(const struct engine *engine, const struct session *session,
                      struct session_texts *texts)
{
    const struct aws_documents *documents = engine->config.documents;
    uint8_t mac[6];

    texts->gwlbe[0] = '\0';
    texts->mac[0] = '\0';
    if (session->gwlbe_id &&
        !(documents && aws_endpoint_id(documents, session->gwlbe_id, texts->gwlbe)))
        snprintf(texts->gwlbe, sizeof(texts->gwlbe), "%016llx",
                 (unsigned long long)session->gwlbe_id);
    if (session_mac(session, mac))
        snprintf(texts->mac, sizeof(texts->mac), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
                 mac[2], mac[3], mac[4], mac[5]);
}

static void row_arrivals(const struct session *session, struct session_record *record)
{
    struct session_arrivals *all = &record->all;
    uint8_t directions[SESSION_PATHS];

    session_directions(session, directions);
    for (size_t i = 0; i < SESSION_PATHS; i++) {
        const struct session_path *path = &session->path[i];

        all->packets += path->packets;
        record->bytes += path->bytes;
        if (directions[i] == DIRECTION_INGRESS)
            all->ingress += path->packets;
        else if (directions[i] == DIRECTION_EGRESS)
            all->egress += path->packets;
        else
            all->unknown_direction += path->packets;
    }
    record->packets = all->packets;
    record->ingress = all->ingress;
    record->egress = all->egress;
    record->unknown_direction = all->unknown_direction;
}

/* What the filter shows of it. */
static void row_view(const struct session *session, const struct engine_session_view *view,
                     struct session_record *record)
{
    uint8_t directions[SESSION_PATHS];

    session_directions(session, directions);
    record->packets = record->bytes = 0;
    record->ingress = record->egress = record->unknown_direction = 0;
    for (size_t i = 0; i < SESSION_PATHS; i++) {
        record->packets += view->path[i].packets;
        record->bytes += view->path[i].bytes;
        if (directions[i] == DIRECTION_INGRESS)
            record->ingress += view->path[i].packets;
        else if (directions[i] == DIRECTION_EGRESS)
            record->egress += view->path[i].packets;
        else
            record->unknown_direction += view->path[i].packets;
    }
    record->flows = view->flows;
    record->packet_rate = view->packet_rate;
    record->bit_rate = view->bit_rate;
    record->retransmits = view->retransmits;
    if (record->mirror_loss_bytes != VALUE_UNKNOWN)
        record->mirror_loss_bytes = view->mirror_loss_bytes;
    record->lost_before_mirror = VALUE_UNKNOWN; /* are kept for all only */
    record->late = VALUE_UNKNOWN;
}

static void row_names(const struct aws_session *named, struct session_record *record)
{
    record->name = named->name;
    record->eni = named->eni;
    record->session_number = named->number;
    record->filter = named->filter;
    record->packet_length = named->packet_length;
}

/* Silence is judged by the capture's clock, which other sessions or a live input move. */
static bool is_silent(const struct engine *engine, uint64_t last_ns)
{
    return engine->clock_ns > last_ns &&
           engine->clock_ns - last_ns >= ENGINE_SILENT_S * (uint64_t)1000000000u;
}

/* What the documents say of a session that arrived. */
static void row_match(const struct session_rows *rows, size_t number, struct session_record *record)
{
    const struct aws_documents *documents = rows->engine->config.documents;
    const struct aws_result *result = &rows->matches->results[number];
    const struct aws_interface *interface;

    if (result->match == AWS_FOUND) {
        row_names(aws_session_at(documents, result->session), record);
        record->state = is_silent(rows->engine, record->last_ns) ? "silent" : "ok";
        return;
    }
    interface = aws_interface_by_addr(documents, &record->mirror_source);
    if (interface) {
        record->eni = interface->id;
        record->name = interface->name;
    }
    if (aws_has_sessions(documents))
        record->state = result->match == AWS_AMBIGUOUS ? "ambiguous" : "not in file";
}

static bool row_arrived(const struct session_rows *rows, size_t number,
                        struct session_record *record, struct session_texts *texts)
{
    const struct engine *engine = rows->engine;
    const struct session *session = &engine->sessions.sessions[number];
    const struct tcp_counts *tcp = &engine->session_tcp[number];
    bool verifiable = tcp->n[TCP_COUNT_VERIFIABLE] > 0;

    if (number >= engine->sessions.count && number != SESSION_OTHERS)
        return false;
    row_texts(engine, session, texts);
    *record = (struct session_record){
        .key = number,
        .name = number == SESSION_DIRECT   ? "direct"
                : number == SESSION_OTHERS ? "others"
                                           : "",
        .gwlbe = texts->gwlbe,
        .mac = texts->mac,
        .truncated = session->truncated,
        .malformed = session->malformed,
        .duplicates = session->duplicates,
        .flows = session->flows,
        .first_ns = session->first_ns,
        .last_ns = session->last_ns,
        .bit_rate = session->bit_rate,
        .packet_rate = session->packet_rate,
        .one_way = session_is_one_way(session),
        .cut_frames = session->cut_frames,
        .cut_low = session->cut_low,
        .cut_high = session->cut_high,
        .retransmits = tcp->n[TCP_COUNT_RETRANSMITS],
        .lost_before_mirror =
            tcp->n[TCP_COUNT_ANSWERED] > 0 ? tcp->n[TCP_COUNT_LOST_BEFORE_MIRROR] : VALUE_UNKNOWN,
        .mirror_loss_bytes = verifiable ? tcp->n[TCP_COUNT_MIRROR_LOSS_BYTES] : VALUE_UNKNOWN,
        .late = tcp->n[TCP_COUNT_LATE],
        .seen_twice = tcp->n[TCP_COUNT_SEEN_TWICE],
        .dns_flows = session->dns_flows,
        .dns_answered = session->dns_answered,
        .eni = "",
        .session_number = VALUE_UNKNOWN,
        .filter = "",
        .packet_length = VALUE_UNKNOWN,
        .state = "",
    };
    engine_row_mirror(engine, (uint16_t)number, &record->vni, &record->mirror_source);
    row_arrivals(session, record);
    if (engine->filter.program)
        row_view(session, &engine->filter.sessions[number], record);
    if (rows->matches && record->vni != VALUE_UNKNOWN)
        row_match(rows, number, record);
    return record->all.packets > 0;
}

/* A session of the documents of which nothing came. */
static bool row_expected(const struct session_rows *rows, size_t expected,
                         struct session_record *record, struct session_texts *texts)
{
    const struct aws_session *named = aws_session_at(rows->engine->config.documents, expected);

    if (rows->matches->arrived[expected])
        return false;
    *texts = (struct session_texts){ .gwlbe = "" };
    *record = (struct session_record){
        .key = SESSION_LIMIT + expected,
        .vni = named->vni,
        .mirror_source = named->source,
        .gwlbe = "",
        .mac = "",
        .first_ns = VALUE_UNKNOWN,
        .last_ns = VALUE_UNKNOWN,
        .retransmits = VALUE_UNKNOWN,
        .lost_before_mirror = VALUE_UNKNOWN,
        .mirror_loss_bytes = VALUE_UNKNOWN,
        .late = VALUE_UNKNOWN,
        .state = "expected",
    };
    row_names(named, record);
    return true;
}

bool engine_sessions_row(const struct session_rows *rows, size_t number,
                         struct session_record *record, struct session_texts *texts)
{
    if (number < SESSION_LIMIT)
        return row_arrived(rows, number, record, texts);
    return row_expected(rows, number - SESSION_LIMIT, record, texts);
}
