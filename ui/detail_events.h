/* SPDX-License-Identifier: MIT */
/*
 * detail_events: the packets behind what was counted of a flow, for the page of its details.
 */
#ifndef MIRRORTOP_UI_DETAIL_EVENTS_H
#define MIRRORTOP_UI_DETAIL_EVENTS_H

#include "page.h"
#include "state.h"

/* A line that says how many there are, if any. */
void detail_announce_events(struct page *page, const struct flow_record *flow);

/* The packets themselves, oldest first. */
void detail_add_events(struct ui *ui, const struct flow_record *flow);

#endif
