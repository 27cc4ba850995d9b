/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <stdlib.h>
#include <string.h>

#include "../record.h"
#include "../utf8.h"

static bool out_of_memory(struct err *err)
{
    return err_set(err, EXIT_RUNTIME, "the filter: out of memory");
}

void filter_init(struct filter *filter)
{
    *filter = (struct filter){ .reading = FILTER_REJECT_ENDS };
}

static void session_free(struct filter_session *session)
{
    for (size_t i = 0; i < session->count; i++)
        free(session->rules[i].description);
    free(session->rules);
    free(session->filter_id);
    free(session->description);
}

void filter_free(struct filter *filter)
{
    for (size_t i = 0; i < filter->count; i++)
        session_free(&filter->sessions[i]);
    filter_init(filter);
}

size_t filter_rule_count(const struct filter *filter)
{
    size_t count = 0;

    for (size_t i = 0; i < filter->count; i++)
        count += filter->sessions[i].count;
    return count;
}

const char *filter_direction_name(enum direction direction)
{
    return direction == DIRECTION_INGRESS ? "ingress" : "egress";
}

size_t filter_text_length(const char *text)
{
    size_t length = 0;

    for (; *text; text++)
        length += !utf8_is_inside(*text);
    return length;
}

bool filter_set_text(char **text, const char *value, struct err *err)
{
    size_t length = value ? filter_text_length(value) : 0;
    char *copy = NULL;

    if (length > FILTER_CHARACTERS)
        return err_set(err, EXIT_USAGE, "a text of %zu characters: AWS takes at most %d", length,
                       FILTER_CHARACTERS);
    if (length > 0) {
        copy = strdup(value);
        if (!copy)
            return out_of_memory(err);
    }
    free(*text);
    *text = copy;
    return true;
}

struct filter_session *filter_session(struct filter *filter, uint32_t number, struct err *err)
{
    size_t at = 0;

    if (number < 1 || number > FILTER_NUMBER_MAX) {
        err_set(err, EXIT_USAGE, "session %u: mirror sessions have numbers from 1 to %d", number,
                FILTER_NUMBER_MAX);
        return NULL;
    }
    while (at < filter->count && filter->sessions[at].number < number)
        at++;
    if (at < filter->count && filter->sessions[at].number == number)
        return &filter->sessions[at];
    if (filter->count == FILTER_SESSIONS) {
        err_set(err, EXIT_USAGE, "session %u: a mirror source has at most %d sessions", number,
                FILTER_SESSIONS);
        return NULL;
    }
    memmove(&filter->sessions[at + 1], &filter->sessions[at],
            (filter->count - at) * sizeof(filter->sessions[0]));
    filter->sessions[at] = (struct filter_session){
        .number = number,
        .packet_length = VALUE_UNKNOWN,
        .vni = VALUE_UNKNOWN,
    };
    filter->count++;
    return &filter->sessions[at];
}

void filter_cidr_mask(struct filter_cidr *cidr)
{
    for (unsigned i = 0; i < sizeof(cidr->addr.bytes); i++) {
        unsigned bit = 8 * i;

        if (bit >= cidr->prefix)
            cidr->addr.bytes[i] = 0;
        else if (cidr->prefix - bit < 8)
            cidr->addr.bytes[i] &= (uint8_t)(0xff00 >> (cidr->prefix - bit));
    }
}

bool filter_cidr_covers(const struct filter_cidr *outer, const struct filter_cidr *inner)
{
    struct filter_cidr cut = { .addr = inner->addr, .prefix = outer->prefix };

    if (outer->addr.family != inner->addr.family || outer->prefix > inner->prefix)
        return false;
    filter_cidr_mask(&cut);
    return memcmp(cut.addr.bytes, outer->addr.bytes, sizeof(cut.addr.bytes)) == 0;
}

static bool cidr_is_valid(const struct filter_cidr *cidr)
{
    if (cidr->addr.family == 4)
        return cidr->prefix <= 32;
    return cidr->addr.family == 6 && cidr->prefix <= 128;
}

static bool ports_are_valid(const struct filter_ports *ports)
{
    return ports->given ? ports->from <= ports->to : ports->from == 0 && ports->to == 0;
}

static bool rule_check(uint32_t session, const struct filter_rule *rule, struct err *err)
{
    const char *what = NULL;

    if (rule->direction != DIRECTION_INGRESS && rule->direction != DIRECTION_EGRESS)
        what = "the direction must be ingress or egress";
    else if (rule->number < 1 || rule->number > FILTER_NUMBER_MAX)
        what = "rule numbers go from 1 to 32766";
    else if (rule->protocol < FILTER_PROTOCOL_ANY || rule->protocol > 255)
        what = "protocol numbers go from 0 to 255";
    else if (!cidr_is_valid(&rule->src) || !cidr_is_valid(&rule->dst))
        what = "an address or a prefix length that there is not";
    else if (!ports_are_valid(&rule->src_ports) || !ports_are_valid(&rule->dst_ports))
        what = "a port range must not end before it begins";
    if (!what)
        return true;
    return err_set(err, EXIT_USAGE, "session %u, %s rule %u: %s", session,
                   filter_direction_name(rule->direction), rule->number, what);
}

/* Where a rule of this direction and number stands, or would stand. */
static size_t rule_place(const struct filter_session *session, enum direction direction,
                         uint32_t number)
{
    size_t low = 0, high = session->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct filter_rule *rule = &session->rules[middle];

        if (rule->direction < direction || (rule->direction == direction && rule->number < number))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool rule_stands_at(const struct filter_session *session, size_t at,
                           enum direction direction, uint32_t number)
{
    return at < session->count && session->rules[at].direction == direction &&
           session->rules[at].number == number;
}

const struct filter_rule *filter_find_rule(const struct filter *filter, uint32_t session,
                                           enum direction direction, uint32_t number)
{
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_session *s = &filter->sessions[i];
        size_t at = rule_place(s, direction, number);

        if (s->number == session && rule_stands_at(s, at, direction, number))
            return &s->rules[at];
    }
    return NULL;
}

/* Room for one more: the array grows when it is full, at each power of two. */
static bool session_grow(struct filter_session *session, struct err *err)
{
    size_t count = session->count;
    struct filter_rule *rules;

    if ((count & (count - 1)) != 0)
        return true;
    rules = realloc(session->rules, (count ? 2 * count : 1) * sizeof(*rules));
    if (!rules)
        return out_of_memory(err);
    session->rules = rules;
    return true;
}

static bool session_add(struct filter_session *session, const struct filter_rule *rule,
                        struct err *err)
{
    size_t at = rule_place(session, rule->direction, rule->number);
    struct filter_rule copy = *rule;

    if (rule_stands_at(session, at, rule->direction, rule->number))
        return err_set(err, EXIT_USAGE,
                       "session %u: there is an %s rule %u already; each needs a number of its own",
                       session->number, filter_direction_name(rule->direction), rule->number);
    copy.description = NULL;
    if (!session_grow(session, err) || !filter_set_text(&copy.description, rule->description, err))
        return false;
    filter_cidr_mask(&copy.src);
    filter_cidr_mask(&copy.dst);
    memmove(&session->rules[at + 1], &session->rules[at],
            (session->count - at) * sizeof(session->rules[0]));
    session->rules[at] = copy;
    session->count++;
    session->awaited = false;
    return true;
}

bool filter_add_rule(struct filter *filter, uint32_t session, const struct filter_rule *rule,
                     struct err *err)
{
    size_t sessions = filter->count;
    struct filter_session *s;

    if (!rule_check(session, rule, err))
        return false;
    if (filter_rule_count(filter) >= FILTER_RULES)
        return err_set(err, EXIT_USAGE, "a filter can have at most %d rules here (at AWS: 10)",
                       FILTER_RULES);
    s = filter_session(filter, session, err);
    if (!s)
        return false;
    if (session_add(s, rule, err))
        return true;
    if (filter->count > sessions) {
        size_t at = (size_t)(s - filter->sessions);

        session_free(s);
        filter->count--;
        memmove(s, s + 1, (filter->count - at) * sizeof(*s));
    }
    return false;
}

bool filter_copy(struct filter *to, const struct filter *from, struct err *err)
{
    filter_init(to);
    to->reading = from->reading;
    for (size_t i = 0; i < from->count; i++) {
        const struct filter_session *old = &from->sessions[i];
        struct filter_session *session = filter_session(to, old->number, err);

        if (!session)
            goto failed;
        session->amazon_dns = old->amazon_dns;
        session->awaited = old->awaited;
        session->packet_length = old->packet_length;
        session->vni = old->vni;
        if (!filter_set_text(&session->filter_id, old->filter_id, err) ||
            !filter_set_text(&session->description, old->description, err))
            goto failed;
        for (size_t k = 0; k < old->count; k++)
            if (!filter_add_rule(to, old->number, &old->rules[k], err))
                goto failed;
    }
    return true;
failed:
    filter_free(to);
    return false;
}

static bool text_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

static bool cidr_equal(const struct filter_cidr *a, const struct filter_cidr *b)
{
    return a->prefix == b->prefix && filter_cidr_covers(a, b);
}

static bool ports_equal(const struct filter_ports *a, const struct filter_ports *b)
{
    return a->given == b->given && a->from == b->from && a->to == b->to;
}

bool filter_rule_equal(const struct filter_rule *a, const struct filter_rule *b)
{
    return a->number == b->number && a->direction == b->direction && a->accept == b->accept &&
           a->protocol == b->protocol && cidr_equal(&a->src, &b->src) &&
           cidr_equal(&a->dst, &b->dst) && ports_equal(&a->src_ports, &b->src_ports) &&
           ports_equal(&a->dst_ports, &b->dst_ports) && text_equal(a->description, b->description);
}

static bool session_equal(const struct filter_session *a, const struct filter_session *b)
{
    if (a->number != b->number || a->amazon_dns != b->amazon_dns ||
        a->packet_length != b->packet_length || a->vni != b->vni || a->count != b->count ||
        !text_equal(a->filter_id, b->filter_id) || !text_equal(a->description, b->description))
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!filter_rule_equal(&a->rules[i], &b->rules[i]))
            return false;
    return true;
}

bool filter_equal(const struct filter *a, const struct filter *b)
{
    if (a->count != b->count || a->reading != b->reading)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!session_equal(&a->sessions[i], &b->sessions[i]))
            return false;
    return true;
}
