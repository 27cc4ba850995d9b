/* SPDX-License-Identifier: MIT */
/*
 * engine_rules: what the filter in force decides, for the snapshot: a row a rule, and sums.
 *
 * Buckets say how much; examples, last packets and one-way flows are looked for in the flow table
 * each time.
 */
#ifndef MIRRORTOP_ENGINE_RULES_H
#define MIRRORTOP_ENGINE_RULES_H

#include "engine_filter.h"

struct engine_rules {
    struct rule_record *rows; /* in the filter's order */
    size_t count;
    struct snapshot_filter sums;
    void *texts;       /* of the rows and sums */
    size_t text_bytes; /* at most, once each is kept by itself */
};

/* Without a filter: no rows. false: no memory. */
bool engine_rules_make(const struct engine *engine, struct engine_rules *rules);
void engine_rules_free(struct engine_rules *rules);

#endif
