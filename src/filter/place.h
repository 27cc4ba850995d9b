/* SPDX-License-Identifier: MIT */
/*
 * place: where a new rule must stand in a filter to have a say.
 *
 * Rules are looked at in ascending order and the first that matches decides, so a rule that is
 * added behind one of the other action may never be asked. Pure.
 */
#ifndef MIRRORTOP_FILTER_PLACE_H
#define MIRRORTOP_FILTER_PLACE_H

#include "filter.h"

/* Whether there are packets that both match, and whether `outer` matches all that `inner` does; by
 * direction, protocol, CIDRs and ports. */
bool filter_rules_overlap(const struct filter_rule *a, const struct filter_rule *b);
bool filter_rule_covers(const struct filter_rule *outer, const struct filter_rule *inner);

enum filter_placed {
    FILTER_PLACE_FAILED,
    FILTER_PLACE_ADDED,
    FILTER_PLACE_RENUMBERED, /* no number was left there: the direction's rules have new ones */
    FILTER_PLACE_NEEDLESS,   /* a rule does the same already; nothing was added */
};

/*
 * Adds a copy of the rule, whose number is chosen here, to the filter's first session (1 in an
 * empty filter): in front of the first rule of the other action that takes some of its packets,
 * else behind the last one. FILTER_PLACE_FAILED and *err: no memory, or too many rules.
 */
enum filter_placed filter_place_rule(struct filter *filter, const struct filter_rule *rule,
                                     struct err *err);

#endif
