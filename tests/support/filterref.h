/* SPDX-License-Identifier: MIT */
/*
 * filterref: mirror filters judged the slow way, to compare src/filter/ with.
 *
 * Written from what AWS says, rule by rule, and from program.h; it shares no code with what it
 * checks. And filters and packets at random, of so few different values that rules hit.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_FILTERREF_H
#define MIRRORTOP_TESTS_SUPPORT_FILTERREF_H

#include "../../src/filter/program.h"

/* The outcome of a packet; `rule` points into `filter`. */
struct filter_outcome filterref_judge(const struct filter *filter,
                                      const struct filter_subject *subject);

/* Of one session and no other: whether the rule takes the packet. `maybe`: it asks for ports that
 * the packet does not have, and takes it otherwise. */
bool filterref_rule_takes(const struct filter_rule *rule, const struct filter_subject *subject,
                          bool *maybe);

/* Up to 3 sessions, up to `rules` rules; `filter` must be initialised. */
void filterref_random_filter(struct filter *filter, uint64_t *state, size_t rules);
void filterref_random_subject(struct filter_subject *subject, uint64_t *state);

/* An address from its text; exits when it is none. */
struct ip_addr filterref_addr(const char *text);

#endif
