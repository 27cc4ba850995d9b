/* SPDX-License-Identifier: MIT */
#include "place.h"

enum { PLACE_STEP = 100, PLACE_NICE = 10 };

static bool protocols_overlap(int16_t a, int16_t b)
{
    return a == b || a == FILTER_PROTOCOL_ANY || b == FILTER_PROTOCOL_ANY;
}

static bool cidrs_overlap(const struct filter_cidr *a, const struct filter_cidr *b)
{
    return filter_cidr_covers(a, b) || filter_cidr_covers(b, a);
}

static bool ports_overlap(const struct filter_ports *a, const struct filter_ports *b)
{
    return !a->given || !b->given || (a->from <= b->to && b->from <= a->to);
}

static bool ports_cover(const struct filter_ports *outer, const struct filter_ports *inner)
{
    return !outer->given || (inner->given && outer->from <= inner->from && inner->to <= outer->to);
}

bool filter_rules_overlap(const struct filter_rule *a, const struct filter_rule *b)
{
    return a->direction == b->direction && protocols_overlap(a->protocol, b->protocol) &&
           cidrs_overlap(&a->src, &b->src) && cidrs_overlap(&a->dst, &b->dst) &&
           ports_overlap(&a->src_ports, &b->src_ports) &&
           ports_overlap(&a->dst_ports, &b->dst_ports);
}

bool filter_rule_covers(const struct filter_rule *outer, const struct filter_rule *inner)
{
    return outer->direction == inner->direction &&
           (outer->protocol == FILTER_PROTOCOL_ANY || outer->protocol == inner->protocol) &&
           filter_cidr_covers(&outer->src, &inner->src) &&
           filter_cidr_covers(&outer->dst, &inner->dst) &&
           ports_cover(&outer->src_ports, &inner->src_ports) &&
           ports_cover(&outer->dst_ports, &inner->dst_ports);
}

/* The rules of one direction: they stand together. */
struct place_list {
    struct filter_rule *rules;
    size_t count;
};

static struct place_list place_find_list(const struct filter_session *session,
                                         enum direction direction)
{
    struct place_list list = { .rules = NULL };

    for (size_t i = 0; i < session->count; i++) {
        if (session->rules[i].direction != direction)
            continue;
        if (list.count == 0)
            list.rules = &session->rules[i];
        list.count++;
    }
    return list;
}

/* A number between those of the neighbours, a round one if there is one; 0: there is none. */
static uint32_t place_choose(const struct place_list *list, size_t at)
{
    uint32_t before = at > 0 ? list->rules[at - 1].number : 0;
    uint32_t after = at < list->count ? list->rules[at].number : FILTER_NUMBER_MAX + 1;
    uint32_t middle = before + (after - before) / 2;
    uint32_t nice = (middle + PLACE_NICE / 2) / PLACE_NICE * PLACE_NICE;

    if (at == list->count) {
        nice = (before / PLACE_STEP + 1) * PLACE_STEP;
        return nice < after ? nice : before + 1 < after ? before + 1 : 0;
    }
    if (nice > before && nice < after)
        return nice;
    return middle > before ? middle : 0;
}

/* By hundreds while these suffice, leaving room for one rule at `at`; returns its number. */
static uint32_t place_renumber(const struct place_list *list, size_t at)
{
    uint32_t step = FILTER_NUMBER_MAX / (uint32_t)(list->count + 1);

    if (step > PLACE_STEP)
        step = PLACE_STEP;
    for (size_t i = 0; i < list->count; i++)
        list->rules[i].number = (uint32_t)(i + (i < at ? 1 : 2)) * step;
    return (uint32_t)(at + 1) * step;
}

enum filter_placed filter_place_rule(struct filter *filter, const struct filter_rule *rule,
                                     struct err *err)
{
    struct place_list list = { .count = 0 };
    struct filter_rule placed = *rule;
    uint32_t session = filter->count > 0 ? filter->sessions[0].number : 1;
    bool renumbered = false;
    size_t at = 0;

    if (filter_rule_count(filter) >= FILTER_RULES) {
        err_set(err, EXIT_USAGE, "a filter has at most %d rules: this one is full", FILTER_RULES);
        return FILTER_PLACE_FAILED;
    }
    if (filter->count > 0)
        list = place_find_list(&filter->sessions[0], rule->direction);
    for (; at < list.count; at++) {
        if (list.rules[at].accept == rule->accept && filter_rule_covers(&list.rules[at], rule))
            return FILTER_PLACE_NEEDLESS;
        if (list.rules[at].accept != rule->accept && filter_rules_overlap(&list.rules[at], rule))
            break;
    }
    placed.number = place_choose(&list, at);
    if (placed.number == 0) {
        placed.number = place_renumber(&list, at);
        renumbered = true;
    }
    if (!filter_add_rule(filter, session, &placed, err))
        return FILTER_PLACE_FAILED;
    return renumbered ? FILTER_PLACE_RENUMBERED : FILTER_PLACE_ADDED;
}
