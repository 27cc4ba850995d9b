/* SPDX-License-Identifier: MIT */
/*
 * engine_rules: what the filter in force decides, for the snapshot: a row a rule, and sums.
 *
 * Buckets say how much; examples, last packets and one-way flows are looked for in the flow table
 * each time, but once the input has ended they stay: engine_finish(), which visits all flows, looks
 * for them, too.
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

/* Forgets what was found of outcomes; then looks at all flows, in the order of the table, so many
 * at a time, which had better be near. */
void engine_rules_scan_begin(struct engine *engine);
void engine_rules_scan_flows(struct engine *engine, struct flow *flow, size_t count);
/* All flows have been looked at, and nothing will happen to them any more. */
void engine_rules_scan_keep(struct engine *engine);

/* Without a filter: no rows. false: no memory. */
bool engine_rules_make(struct engine *engine, struct engine_rules *rules);
void engine_rules_free(struct engine_rules *rules);

#endif
