/* SPDX-License-Identifier: MIT */
/* engine_rules_maker: what the two files share that make the table of rules. */
#ifndef MIRRORTOP_ENGINE_RULES_MAKER_H
#define MIRRORTOP_ENGINE_RULES_MAKER_H

#include "engine_rules.h"
#include "engine_state.h"
#include "format.h"

enum {
    RULE_TEXT = 512,
    EXAMPLE_TEXT = 2 * FORMAT_ADDR + 32,
    DIFFERENCE_TEXT = 64,
    NOTE_TEXT = FINDING_TEXT + 64,
    SUMMARY_TEXT = 400, /* of the whole filter */
    ROW_TEXT = 2 * RULE_TEXT + EXAMPLE_TEXT + DIFFERENCE_TEXT + NOTE_TEXT + FILTER_DESCRIPTION,
};

/* What makes the rows. */
struct rules_maker {
    const struct engine *engine;
    const struct filter *filter;
    struct engine_rules *rules;
    const struct engine_outcome_scan *scans; /* by outcome */
    struct engine_bucket *sums;              /* by outcome */
    struct snapshot_sum *baseline;           /* by outcome of the baseline; NULL: there is none */
    char *texts;
    size_t used;
    struct snapshot_sum brought; /* by all sessions, second copies too: shares are of that */
    uint64_t wire_bytes;         /* of what would be mirrored */
};

static inline uint16_t engine_side_outcome(const struct engine *engine, struct flow_entry entry,
                                           unsigned side)
{
    return engine->filter.classes[flow_class(entry, side)].outcome;
}

/* engine_rules_rows.c: the rows, and the texts of the sums. */
void engine_rules_rows(struct rules_maker *maker);

#endif
