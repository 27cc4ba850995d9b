/* SPDX-License-Identifier: MIT */
/*
 * losses: what did not make it into the counts, one row a counter.
 *
 * The header shows them all where there is room, and those that are not zero always.
 */
#ifndef MIRRORTOP_UI_LOSSES_H
#define MIRRORTOP_UI_LOSSES_H

#include "draw.h"

#include "../src/snapshot.h"

struct loss {
    const char *label; /* for narrow screens */
    const char *name;
    const char *doc;
    size_t offset; /* of a uint64_t in struct snapshot */
};

extern const struct loss losses[];
extern const size_t losses_count;

uint64_t loss_value(const struct loss *loss, const struct snapshot *snapshot);

/* Whether the value is one to worry about. `direct`: frames that are not mirrored are taken too. */
bool loss_is_bad(const struct loss *loss, uint64_t value, bool direct);

/* Draws the counters into the rectangle (one line or more); what is bad stands out. */
void losses_draw(const struct canvas *canvas, const struct rect *rect,
                 const struct snapshot *snapshot, bool direct);

#endif
