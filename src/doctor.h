/* SPDX-License-Identifier: MIT */
/*
 * doctor: judges the mirror itself, by what a snapshot shows of it.
 *
 * Each finding says what was observed, what the likely cause is, and what to do. The rules stand in
 * a table in doctor_rules.c; a new one is a function (doctor_rules.h) and a row there. Findings
 * become the table TABLE_FINDINGS of the snapshot. What no target can see is said apart
 * (doctor_blind_spots).
 */
#ifndef MIRRORTOP_DOCTOR_H
#define MIRRORTOP_DOCTOR_H

#include "doctor_system.h"
#include "snapshot.h"

enum doctor_severity {
    DOCTOR_NOTE,    /* worth knowing; the feed is healthy */
    DOCTOR_WARNING, /* numbers are not what one would think */
    DOCTOR_PROBLEM, /* packets are missing */
};

/* What a snapshot does not know of the feed. */
struct doctor_facts {
    bool live;
    const char *interface; /* "": a socket */
    uint16_t port;
    bool over;           /* the capture has ended: no more will come */
    uint64_t elapsed_ns; /* since the capture began */
    uint64_t now_ns;     /* by the capture's clock: what is silent since when */
    const char *trouble; /* why nothing can come, or "" */
    /* How far the host's own counters have moved since the start; has_host: they are known. */
    bool has_host;
    struct host_counters host;
};

/* Puts TABLE_FINDINGS into the snapshot, ordered. false: no memory, none are there. */
bool doctor_examine(struct snapshot *snapshot, const struct doctor_facts *facts,
                    const struct snapshot_order *order);

/* No finding but notes. */
bool doctor_is_healthy(const struct snapshot *snapshot);

/* What a mirror's target cannot see, a sentence each; ends with NULL. */
extern const char *const doctor_blind_spots[];

#endif
