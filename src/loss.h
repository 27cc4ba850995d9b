/* SPDX-License-Identifier: MIT */
/*
 * loss: the counters of what did not make it into the counts, or not whole.
 *
 * One row a counter, for the header and the page of counters on the screen, the text report and the
 * manual. A new counter is a member of struct snapshot and a row here.
 */
#ifndef MIRRORTOP_LOSS_H
#define MIRRORTOP_LOSS_H

#include "snapshot.h"

enum { LOSSES_MAX = 32 }; /* losses_count is not more */

struct loss {
    const char *label; /* for narrow screens */
    const char *name;
    const char *doc; /* what is counted, without a stop */
    size_t offset;   /* of a uint64_t in struct snapshot */
};

extern const struct loss losses[];
extern const size_t losses_count;

uint64_t loss_value(const struct loss *loss, const struct snapshot *snapshot);

/* Whether the value is an estimate. */
bool loss_is_estimate(const struct loss *loss, const struct snapshot *snapshot);

/* Whether the value is one to worry about. `direct`: frames that are not mirrored are taken too. */
bool loss_is_bad(const struct loss *loss, uint64_t value, bool direct);

#endif
