/* SPDX-License-Identifier: MIT */
/*
 * What the aws program prints: describe-traffic-mirror-filters, -filter-rules and -sessions, the
 * three also in one document, one behind the other, or one of their lists alone. Sessions choose
 * filters by their ids; without sessions there must be one filter.
 */
#include <stdio.h>
#include <string.h>

#include "read_state.h"

enum { MOST_LISTS = 16, NAMED_CHOICES = 4, CHOICES_TEXT = 240 };

/* Lists of one kind, or single objects. */
struct lists {
    size_t at[MOST_LISTS];
    size_t count;
};

struct documents {
    struct lists filters, rules, sessions;
};

struct walk {
    const struct lists *lists;
    size_t list; /* number of the next one */
    size_t item; /* last one, or JSON_NONE */
};

struct described {
    uint32_t number;
    char id[READ_NAME], filter[READ_NAME], source[READ_NAME];
    uint64_t packet_length, vni;
    bool has_packet_length, has_vni;
};

static struct walk walk_begin(const struct lists *lists)
{
    return (struct walk){ .lists = lists, .item = JSON_NONE };
}

/* The next item of all lists, JSON_NONE after the last one. */
static size_t walk_next(const struct reader *reader, struct walk *walk)
{
    bool in_list = walk->item != JSON_NONE && json_is(reader, walk->lists->at[walk->list - 1], '[');

    walk->item = in_list ? json_after(reader, walk->item) : JSON_NONE;
    while (walk->item == JSON_NONE && walk->list < walk->lists->count) {
        size_t list = walk->lists->at[walk->list++];

        walk->item = json_is(reader, list, '[') ? json_first(reader, list) : list;
    }
    return walk->item;
}

/* A text of the object; "" when it is missing. */
static bool read_id(struct reader *reader, size_t object, const char *name, char id[READ_NAME])
{
    size_t value = json_member(reader, object, name);

    id[0] = '\0';
    if (value == JSON_NONE)
        return true;
    return (json_is(reader, value, '"') && json_scalar(reader, value) &&
            read_copy_name(id, reader->word)) ||
           json_refuse(reader, value, "a text of at most 127 bytes");
}

static bool read_count(struct reader *reader, size_t object, const char *name, uint32_t least,
                       uint32_t most, uint64_t *number, bool *found)
{
    size_t value = json_member(reader, object, name);

    *found = value != JSON_NONE;
    return !*found ||
           (json_scalar(reader, value) && read_number(reader, "a number", least, most, number));
}

static bool read_session(struct reader *reader, size_t item, struct described *session)
{
    uint64_t number = reader->session;
    bool found;

    *session = (struct described){ .number = 0 };
    if (!json_is(reader, item, '{'))
        return json_refuse(reader, item, "a session, in { }");
    if (!read_id(reader, item, "TrafficMirrorSessionId", session->id) ||
        !read_id(reader, item, "TrafficMirrorFilterId", session->filter) ||
        !read_id(reader, item, "NetworkInterfaceId", session->source) ||
        !read_count(reader, item, "SessionNumber", 1, FILTER_NUMBER_MAX, &number, &found) ||
        !read_count(reader, item, "PacketLength", 1, UINT16_MAX, &session->packet_length,
                    &session->has_packet_length) ||
        !read_count(reader, item, "VirtualNetworkId", 0, 0xffffff, &session->vni,
                    &session->has_vni))
        return false;
    session->number = (uint32_t)number;
    if (session->filter[0] == '\0')
        return json_refuse(reader, item, "a session with a member TrafficMirrorFilterId");
    return true;
}

/* ---- into the filter ------------------------------------------------------------------------- */

static bool add_rule(struct reader *reader, size_t item, uint32_t number)
{
    struct statement statement = { .rule = { .protocol = FILTER_PROTOCOL_ANY } };

    if (!json_rule(reader, item, false, &statement))
        return false;
    reader->session = number;
    return read_add_rules(reader, &statement);
}

static bool add_rules(struct reader *reader, size_t filter, const char *name, uint32_t number)
{
    size_t list = json_member(reader, filter, name);

    if (list == JSON_NONE)
        return true;
    if (!json_is(reader, list, '['))
        return json_refuse(reader, list, "a list of rules");
    for (size_t at = json_first(reader, list); at != JSON_NONE; at = json_after(reader, at)) {
        if (!add_rule(reader, at, number))
            return false;
    }
    return true;
}

/* The session, with the filter's id. NULL: an error, at the item. */
static struct filter_session *open_session(struct reader *reader, uint32_t number, const char *id,
                                           size_t item)
{
    struct filter_session *session;
    struct token token = json_token(reader, item);
    struct err err;

    session = filter_session(reader->filter, number, &err);
    if (session && session->filter_id && strcmp(session->filter_id, id) != 0) {
        read_fail(reader, &token, "session %u has another filter already, %.40s", number,
                  session->filter_id);
        return NULL;
    }
    if (!session || (read_is_filter_id(id) && !filter_set_text(&session->filter_id, id, &err))) {
        read_fail_err(reader, &token, &err);
        return NULL;
    }
    return session;
}

static bool add_filter(struct reader *reader, size_t item, const char *id, uint32_t number)
{
    struct filter_session *session = open_session(reader, number, id, item);
    struct statement services = { .given = 0 };
    size_t description = json_member(reader, item, "Description");
    struct err err;

    if (!session || !json_services(reader, json_member(reader, item, "NetworkServices"), &services))
        return false;
    session->awaited = false;
    if (statement_has(&services, CLAUSE_SERVICES))
        session->amazon_dns = true;
    if (description != JSON_NONE) {
        if (!json_scalar(reader, description))
            return false;
        if (!filter_set_text(&session->description, reader->word, &err))
            return read_fail_err(reader, &reader->token, &err);
    }
    return add_rules(reader, item, "IngressFilterRules", number) &&
           add_rules(reader, item, "EgressFilterRules", number);
}

/* The filter with this id, from a list of filters or else of rules; *found: there is any. */
static bool add_by_id(struct reader *reader, const struct documents *documents, const char *id,
                      uint32_t number, bool *found)
{
    struct walk walk = walk_begin(&documents->filters);
    char other[READ_NAME];
    size_t item;

    *found = false;
    while ((item = walk_next(reader, &walk)) != JSON_NONE) {
        if (!read_id(reader, item, "TrafficMirrorFilterId", other))
            return false;
        if (strcmp(other, id) == 0) {
            *found = true;
            return add_filter(reader, item, id, number);
        }
    }
    walk = walk_begin(&documents->rules);
    while ((item = walk_next(reader, &walk)) != JSON_NONE) {
        if (!read_id(reader, item, "TrafficMirrorFilterId", other))
            return false;
        if (strcmp(other, id) != 0)
            continue;
        *found = true;
        if (!open_session(reader, number, id, item) || !add_rule(reader, item, number))
            return false;
    }
    return true;
}

static bool add_session(struct reader *reader, const struct documents *documents,
                        const struct described *session, size_t item)
{
    size_t sessions = reader->filter->count;
    struct filter_session *kept = open_session(reader, session->number, session->filter, item);
    bool was_known = reader->filter->count == sessions, found;

    if (!kept)
        return false;
    if (kept->count == 0 && !was_known)
        kept->awaited = true;
    if (session->has_packet_length)
        kept->packet_length = session->packet_length;
    if (session->has_vni)
        kept->vni = session->vni;
    return add_by_id(reader, documents, session->filter, session->number, &found);
}

/* ---- choosing -------------------------------------------------------------------------------- */

/* Different ids of one kind. */
struct choices {
    char text[CHOICES_TEXT];
    char last[READ_NAME];
    char first[READ_NAME];
    size_t count; /* of those that differ from the one before */
};

static void add_choice(struct choices *choices, const char *id)
{
    size_t used = strlen(choices->text);

    if (choices->count > 0 && (strcmp(choices->last, id) == 0 || strcmp(choices->first, id) == 0))
        return;
    if (choices->count == 0)
        snprintf(choices->first, READ_NAME, "%s", id);
    snprintf(choices->last, READ_NAME, "%s", id);
    choices->count++;
    if (choices->count <= NAMED_CHOICES)
        snprintf(choices->text + used, sizeof(choices->text) - used, "%s%.40s",
                 used > 0 ? ", " : "", id[0] != '\0' ? id : "(without an id)");
    else if (choices->count == NAMED_CHOICES + 1)
        snprintf(choices->text + used, sizeof(choices->text) - used, " ...");
}

/* Ids come from files. */
static void make_printable(char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~')
            *text = '?';
    }
}

static bool refuse_choices(struct reader *reader, struct choices *choices, const char *what,
                           size_t at)
{
    struct token token = json_token(reader, at);

    make_printable(choices->text);
    make_printable(choices->first);
    return read_fail(reader, &token, "%s: %s: choose one with FILE#%.40s", what, choices->text,
                     choices->first);
}

/* The ids of all items; *item: the last one. */
static bool list_choices(struct reader *reader, const struct lists *lists, const char *name,
                         struct choices *choices, size_t *last)
{
    struct walk walk = walk_begin(lists);
    char id[READ_NAME];
    size_t item;

    while ((item = walk_next(reader, &walk)) != JSON_NONE) {
        if (!json_is(reader, item, '{'))
            return json_refuse(reader, item, "an object, in { }");
        if (!read_id(reader, item, name, id))
            return false;
        add_choice(choices, id);
        *last = item;
    }
    return true;
}

/* No session says which filter: there must be one. */
static bool add_only_filter(struct reader *reader, const struct documents *documents)
{
    struct choices choices = { .count = 0 };
    size_t last = 0;
    bool found;

    if (!list_choices(reader, &documents->filters, "TrafficMirrorFilterId", &choices, &last) ||
        !list_choices(reader, &documents->rules, "TrafficMirrorFilterId", &choices, &last))
        return false;
    if (choices.count > 1)
        return refuse_choices(reader, &choices, "several filters", last);
    return choices.count == 0 ||
           add_by_id(reader, documents, choices.first, reader->session, &found);
}

/* Sessions that were read before, perhaps from another file, may wait for their filters. */
static bool add_waiting(struct reader *reader, const struct documents *documents, bool *any)
{
    char ids[FILTER_SESSIONS][FILTER_DESCRIPTION];
    uint32_t numbers[FILTER_SESSIONS];
    size_t count = 0;

    *any = false;
    for (size_t i = 0; i < reader->filter->count; i++) {
        const struct filter_session *session = &reader->filter->sessions[i];

        if (session->filter_id && session->awaited) {
            snprintf(ids[count], sizeof(ids[count]), "%s", session->filter_id);
            numbers[count++] = session->number;
        }
    }
    for (size_t i = 0; i < count; i++) {
        bool found;

        if (!add_by_id(reader, documents, ids[i], numbers[i], &found))
            return false;
        *any = *any || found;
    }
    return true;
}

/* All sessions of one source. `source` NULL: there must be no other. */
static bool add_sessions(struct reader *reader, const struct documents *documents,
                         const char *source)
{
    struct walk walk = walk_begin(&documents->sessions);
    struct choices choices = { .count = 0 };
    struct described session;
    size_t item, last = 0;

    if (!source) {
        if (!list_choices(reader, &documents->sessions, "NetworkInterfaceId", &choices, &last))
            return false;
        if (choices.count > 1)
            return refuse_choices(reader, &choices, "sessions of several mirror sources", last);
    }
    while ((item = walk_next(reader, &walk)) != JSON_NONE) {
        if (!read_session(reader, item, &session))
            return false;
        if ((!source || strcmp(session.source, source) == 0) &&
            !add_session(reader, documents, &session, item))
            return false;
    }
    return true;
}

/* What was chosen is a session, a source or a filter. */
static bool add_chosen(struct reader *reader, const struct documents *documents)
{
    struct token token = { .kind = TOKEN_WORD };
    struct walk walk = walk_begin(&documents->sessions);
    const char *choice = reader->choice;
    struct described session;
    size_t item;
    bool found;

    while ((item = walk_next(reader, &walk)) != JSON_NONE) {
        if (!read_session(reader, item, &session))
            return false;
        if (strcmp(session.id, choice) == 0)
            return add_session(reader, documents, &session, item);
        if (strcmp(session.source, choice) == 0)
            return add_sessions(reader, documents, choice);
    }
    if (!add_by_id(reader, documents, choice, reader->session, &found))
        return false;
    return found || read_fail(reader, &token,
                              "there is no filter, source or session with the id that was chosen");
}

static bool add_documents(struct reader *reader, const struct documents *documents)
{
    bool any = false;

    if (reader->choice)
        return add_chosen(reader, documents);
    if (documents->sessions.count > 0)
        return add_sessions(reader, documents, NULL);
    if (!add_waiting(reader, documents, &any))
        return false;
    return any || add_only_filter(reader, documents);
}

/* ---- what is in a document ------------------------------------------------------------------- */

static bool add_list(struct reader *reader, struct lists *lists, size_t value)
{
    if (value == JSON_NONE)
        return true;
    if (!json_is(reader, value, '[') && !json_is(reader, value, '{'))
        return json_refuse(reader, value, "a list");
    if (lists->count == MOST_LISTS)
        return json_refuse(reader, value, "at most 16 lists of one kind");
    lists->at[lists->count++] = value;
    return true;
}

/* A list without a name: its first item tells. */
static bool collect_list(struct reader *reader, struct documents *documents, size_t list)
{
    size_t item = json_first(reader, list);

    if (item == JSON_NONE)
        return true;
    if (json_member(reader, item, "RuleNumber") != JSON_NONE)
        return add_list(reader, &documents->rules, list);
    if (json_member(reader, item, "SessionNumber") != JSON_NONE)
        return add_list(reader, &documents->sessions, list);
    return add_list(reader, &documents->filters, list);
}

static bool collect(struct reader *reader, struct documents *documents, size_t root)
{
    static const char *const names[] = {
        "TrafficMirrorFilters",    "TrafficMirrorFilter",   "TrafficMirrorFilterRules",
        "TrafficMirrorFilterRule", "TrafficMirrorSessions", "TrafficMirrorSession",
    };
    struct lists *const kinds[] = { &documents->filters, &documents->rules, &documents->sessions };
    size_t mirrortop = json_member(reader, root, "Mirrortop");
    bool any = false;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t value = json_member(reader, root, names[i]);

        any = any || value != JSON_NONE;
        if (!add_list(reader, kinds[i / 2], value))
            return false;
    }
    if (!any)
        return json_refuse(reader, root,
                           "TrafficMirrorFilters, TrafficMirrorFilterRules, TrafficMirrorSessions, "
                           "Resources or planned_values in this document");
    if (documents->rules.count > 0 && json_member(reader, root, "NextToken") != JSON_NONE)
        return json_refuse(reader, json_member(reader, root, "NextToken"),
                           "the end of the list (make it anew without --max-items and "
                           "--no-paginate)");
    if (json_equal(reader, mirrortop, "reject-goes-on"))
        reader->filter->reading = FILTER_REJECT_GOES_ON;
    return true;
}

static bool read_root(struct reader *reader, struct documents *documents, size_t root)
{
    size_t inner = json_member(reader, root, "Resources");

    if (json_is(reader, root, '['))
        return collect_list(reader, documents, root);
    if (inner != JSON_NONE)
        return read_template(reader, root);
    if (json_member(reader, root, "planned_values") != JSON_NONE)
        return read_plan(reader, root);
    return collect(reader, documents, root);
}

bool read_json(struct reader *reader)
{
    struct documents documents = { .filters.count = 0 };
    uint32_t current = reader->session;
    size_t end;
    bool good;

    do {
        size_t root = reader->at;

        if (!json_check(reader))
            return false;
        end = reader->at;
        if (!read_root(reader, &documents, root))
            return false;
        reader->at = end;
        read_skip_stops(reader);
        end = reader->at;
    } while (read_looks_at(reader, "{") || read_looks_at(reader, "["));
    good = documents.filters.count + documents.rules.count + documents.sessions.count == 0 ||
           add_documents(reader, &documents);
    reader->session = current;
    reader->at = end;
    return good;
}
