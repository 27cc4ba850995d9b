/* SPDX-License-Identifier: MIT */
/*
 * retransmit_top: the flows with most retransmits among those that have ended.
 *
 * Flows leave the table when they end or are evicted; which of them had losses is still to be seen.
 * All of them are counted, the RETRANSMIT_TOP with most retransmits are kept as rows, of equal ones
 * those with most mirror loss, then those that began first. Bounded and reserved at the start,
 * pages cost once they are used. Owned and used by the engine's thread only.
 */
#ifndef MIRRORTOP_FLOW_RETRANSMIT_TOP_H
#define MIRRORTOP_FLOW_RETRANSMIT_TOP_H

#include "../err.h"
#include "../ranking.h"
#include "../record.h"
#include "app.h"

enum {
    RETRANSMIT_TOP = 1000, /* no pane shows more rows */
    RETRANSMIT_ALSO = 184, /* of flow_record.also_session */
};

struct retransmit_row {
    struct flow_record record; /* texts are constants or stand here: */
    char protocol[8];
    char server_name[APP_NAME_MAX + 1];
    char also_session[RETRANSMIT_ALSO];
    struct row_countries countries;
    bool looked_up; /* countries and AS numbers; they are for rows that are shown */
    uint32_t flow;  /* its entry in the table, where it may still be */
};

struct retransmit_top {
    struct ranking ranking;
    uint64_t total; /* flows with losses that have ended, kept here or not */
    struct ranked heap[RETRANSMIT_TOP];
    struct retransmit_row rows[RETRANSMIT_TOP]; /* the first ranking.count, in no order */
};

struct retransmit_top *retransmit_top_new(struct err *err);
void retransmit_top_free(struct retransmit_top *top);
void retransmit_top_clear(struct retransmit_top *top);

/* A flow has ended, and flow_record_has_losses(). Its app, state, direction and countries must be
 * constants; the other texts are copied. `flow` is its entry. */
void retransmit_top_add(struct retransmit_top *top, const struct flow_record *record,
                        uint32_t flow);

#endif
