/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws_state.h"

/* ---- lists in order -------------------------------------------------------------------------- */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(((const struct aws_entry *)a)->id, ((const struct aws_entry *)b)->id);
}

static int by_id(const void *a, const void *b)
{
    const struct aws_entry *x = a, *y = b;
    int order = compare_ids(a, b);

    return order != 0 ? order : compare_numbers(x->order, y->order);
}

static int by_vni(const void *a, const void *b)
{
    const struct aws_session *x = a, *y = b;
    int order = compare_numbers(x->vni, y->vni);

    return order != 0 ? order : strcmp(x->id, y->id);
}

static int by_addr(const void *a, const void *b)
{
    const struct aws_addr *x = a, *y = b;

    return ip_addr_compare(&x->addr, &y->addr);
}

/* The keys of ways: their sessions are left out. */
static int compare_ways(const void *a, const void *b)
{
    const struct aws_way *x = a, *y = b;
    int order = compare_numbers(x->vni, y->vni);

    return order != 0 ? order : ip_addr_compare(&x->source, &y->source);
}

static int by_way(const void *a, const void *b)
{
    const struct aws_way *x = a, *y = b;
    int order = compare_ways(a, b);

    return order != 0 ? order : compare_numbers(x->session, y->session);
}

static void *item_at(const struct aws_list *list, size_t at)
{
    return (char *)list->items + at * list->item_size;
}

static void sort_list(struct aws_list *list, int (*compare)(const void *, const void *))
{
    if (list->count > 1)
        qsort(list->items, list->count, list->item_size, compare);
}

/* By id; of several with the same id only what was read last. */
static void settle_list(struct aws_list *list)
{
    size_t kept = 0;

    sort_list(list, by_id);
    for (size_t i = 0; i < list->count; i++) {
        if (i + 1 == list->count || compare_ids(item_at(list, i), item_at(list, i + 1)) != 0)
            memmove(item_at(list, kept++), item_at(list, i), list->item_size);
    }
    list->count = kept;
}

/* Of the items that are equal to `key`: the first, and how many. */
struct range {
    size_t first, count;
};

static size_t first_not_below(const struct aws_list *list, const void *key, bool beyond,
                              int (*compare)(const void *, const void *))
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(item_at(list, middle), key);

        if (order < 0 || (beyond && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct range find_range(const struct aws_list *list, const void *key,
                               int (*compare)(const void *, const void *))
{
    size_t first = first_not_below(list, key, false, compare);

    return (struct range){ first, first_not_below(list, key, true, compare) - first };
}

static void *find_id(const struct aws_list *list, const char *id)
{
    const struct aws_entry key = { .id = id };
    struct range found = find_range(list, &key, compare_ids);

    return found.count > 0 ? item_at(list, found.first) : NULL;
}

/* ---- joining --------------------------------------------------------------------------------- */

/* Drops addresses of interfaces of which a later document said something else. */
static void settle_addrs(struct aws_documents *documents)
{
    struct aws_list *addrs = &documents->addrs;
    size_t kept = 0;

    for (size_t i = 0; i < addrs->count; i++) {
        const struct aws_addr *addr = item_at(addrs, i);
        const struct aws_interface *interface = find_id(&documents->interfaces, addr->eni);

        if (interface && interface->order == addr->order)
            memmove(item_at(addrs, kept++), addr, sizeof(*addr));
    }
    addrs->count = kept;
}

static bool add_way(struct aws_documents *documents, const struct ip_addr *source, size_t number)
{
    const struct aws_session *session = aws_session_at(documents, number);
    struct aws_way *way = aws_list_add(&documents->ways);

    if (way)
        *way = (struct aws_way){ .vni = session->vni, .source = *source, .session = number };
    return way != NULL;
}

static int by_eni(const void *a, const void *b)
{
    const struct aws_addr *x = a, *y = b;

    return strcmp(x->eni, y->eni);
}

/* The ways to every session; the addresses are in the order of their interfaces. */
static bool make_ways(struct aws_documents *documents)
{
    const struct ip_addr none = { .family = 0 };

    for (size_t i = 0; i < documents->sessions.count; i++) {
        const struct aws_addr key = { .eni = aws_session_at(documents, i)->eni };
        struct range addrs = find_range(&documents->addrs, &key, by_eni);

        if (addrs.count == 0 && !add_way(documents, &none, i))
            return false;
        for (size_t a = 0; a < addrs.count; a++) {
            const struct aws_addr *addr = item_at(&documents->addrs, addrs.first + a);

            if (!add_way(documents, &addr->addr, i))
                return false;
        }
    }
    sort_list(&documents->ways, by_way);
    return true;
}

static void name_sessions(struct aws_documents *documents)
{
    for (size_t i = 0; i < documents->sessions.count; i++) {
        struct aws_session *session = item_at(&documents->sessions, i);
        const struct aws_interface *interface = find_id(&documents->interfaces, session->eni);
        const struct aws_filter *filter = find_id(&documents->filters, session->filter);

        if (interface) {
            session->source = interface->primary;
            if (session->name[0] == '\0')
                session->name = interface->name;
        }
        if (filter && filter->name[0])
            session->filter = filter->name;
    }
}

bool aws_documents_join(struct aws_documents *documents, struct err *err)
{
    settle_list(&documents->sessions);
    settle_list(&documents->interfaces);
    settle_list(&documents->filters);
    sort_list(&documents->sessions, by_vni);
    settle_addrs(documents);
    name_sessions(documents);
    sort_list(&documents->addrs, by_eni);
    if (!make_ways(documents))
        return err_set(err, EXIT_RUNTIME, "no memory for the documents of --aws-json");
    sort_list(&documents->addrs, by_addr);
    return true;
}

const char *aws_documents_warning(const struct aws_documents *documents, size_t number)
{
    const char *const *warnings = documents->warnings.items;

    return number < documents->warnings.count ? warnings[number] : NULL;
}

bool aws_has_sessions(const struct aws_documents *documents)
{
    return documents->has_sessions;
}

size_t aws_session_count(const struct aws_documents *documents)
{
    return documents->sessions.count;
}

const struct aws_session *aws_session_at(const struct aws_documents *documents, size_t number)
{
    return item_at(&documents->sessions, number);
}

const struct aws_interface *aws_interface_by_addr(const struct aws_documents *documents,
                                                  const struct ip_addr *addr)
{
    const struct aws_addr key = { .addr = *addr };
    struct range found = find_range(&documents->addrs, &key, by_addr);
    const struct aws_addr *first;

    if (found.count == 0)
        return NULL;
    first = item_at(&documents->addrs, found.first);
    /* the same address twice in one interface is still one interface */
    for (size_t i = 1; i < found.count; i++) {
        const struct aws_addr *other = item_at(&documents->addrs, found.first + i);

        if (strcmp(other->eni, first->eni) != 0)
            return NULL;
    }
    return find_id(&documents->interfaces, first->eni);
}

bool aws_endpoint_id(const struct aws_documents *documents, uint64_t gwlbe_id, char id[AWS_ENI_ID])
{
    snprintf(id, AWS_ENI_ID, "eni-0%016llx", (unsigned long long)gwlbe_id);
    return find_id(&documents->interfaces, id) != NULL;
}

/* ---- what arrives ---------------------------------------------------------------------------- */

/* Whether all these ways lead to one session. */
static bool is_one_session(const struct aws_documents *documents, struct range ways)
{
    const struct aws_way *first = item_at(&documents->ways, ways.first);
    const struct aws_way *last = item_at(&documents->ways, ways.first + ways.count - 1);

    return first->session == last->session; /* they are in order */
}

/* Any of them may have sent it. */
static void mark_arrived(const struct aws_documents *documents, struct range ways, bool *arrived)
{
    for (size_t i = 0; i < ways.count; i++) {
        const struct aws_way *way = item_at(&documents->ways, ways.first + i);

        arrived[way->session] = true;
    }
}

/* Finds one arrival's session; *by_vni: only the VNI was there to go by. */
static struct aws_result match_one(const struct aws_documents *documents,
                                   const struct aws_arrival *arrival, bool *arrived, bool *only_vni)
{
    struct aws_way key = { .vni = arrival->vni, .source = arrival->source };
    struct range ways = find_range(&documents->ways, &key, compare_ways);
    struct aws_result result = { .match = AWS_NOT_IN_FILE };
    const struct aws_way *first;

    *only_vni = ways.count == 0;
    if (ways.count == 0) {
        key.source = (struct ip_addr){ .family = 0 };
        ways = find_range(&documents->ways, &key, compare_ways);
    }
    if (ways.count == 0)
        return result;
    first = item_at(&documents->ways, ways.first);
    /* Sessions without an address have one way each: those of a VNI are marked together. */
    if (!*only_vni || !arrived[first->session])
        mark_arrived(documents, ways, arrived);
    result.match = is_one_session(documents, ways) ? AWS_FOUND : AWS_AMBIGUOUS;
    result.session = first->session;
    return result;
}

/* A session that was found by its VNI alone. */
struct claim {
    const struct ip_addr *source; /* of the first arrival */
    bool several;                 /* another source, too */
};

static void match_all(const struct aws_documents *documents, const struct aws_arrival *arrivals,
                      size_t count, struct aws_matches *matches, struct claim *claims,
                      bool *only_vni)
{
    for (size_t i = 0; i < count; i++) {
        struct aws_result *result = &matches->results[i];
        struct claim *claim;

        *result = match_one(documents, &arrivals[i], matches->arrived, &only_vni[i]);
        if (result->match != AWS_FOUND || !only_vni[i])
            continue;
        claim = &claims[result->session];
        if (!claim->source)
            claim->source = &arrivals[i].source;
        else if (!ip_addr_equal(claim->source, &arrivals[i].source))
            claim->several = true;
    }
    for (size_t i = 0; i < count; i++) {
        struct aws_result *result = &matches->results[i];

        if (result->match == AWS_FOUND && only_vni[i] && claims[result->session].several)
            result->match = AWS_AMBIGUOUS;
    }
}

struct aws_matches *aws_matches_new(const struct aws_documents *documents,
                                    const struct aws_arrival *arrivals, size_t count)
{
    size_t sessions = documents->sessions.count;
    struct aws_matches *matches = calloc(1, sizeof(*matches));
    struct claim *claims = calloc(sessions + 1, sizeof(*claims));
    bool *only_vni = calloc(count + 1, sizeof(*only_vni));

    if (matches) {
        matches->results = calloc(count + 1, sizeof(*matches->results));
        matches->arrived = calloc(sessions + 1, sizeof(*matches->arrived));
    }
    if (matches && claims && only_vni && matches->results && matches->arrived) {
        match_all(documents, arrivals, count, matches, claims, only_vni);
    } else {
        aws_matches_free(matches);
        matches = NULL;
    }
    free(claims);
    free(only_vni);
    return matches;
}

void aws_matches_free(struct aws_matches *matches)
{
    if (!matches)
        return;
    free(matches->results);
    free(matches->arrived);
    free(matches);
}
