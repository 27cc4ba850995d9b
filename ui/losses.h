/* SPDX-License-Identifier: MIT */
/*
 * losses: the counters of src/loss.h in the header.
 *
 * All of them where there is room, and those that are not zero always.
 */
#ifndef MIRRORTOP_UI_LOSSES_H
#define MIRRORTOP_UI_LOSSES_H

#include "draw.h"

#include "../src/snapshot.h"

/* Draws the counters into the rectangle (one line or more); what is bad stands out. */
void losses_draw(const struct canvas *canvas, const struct rect *rect,
                 const struct snapshot *snapshot, bool direct);

#endif
