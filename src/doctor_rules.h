/* SPDX-License-Identifier: MIT */
/*
 * doctor_rules: what the rules and the one who runs them share; internal to the doctor.
 *
 * A rule looks at the snapshot and the facts, and says at most one thing of the feed, or of each
 * session. The table of rules stands in doctor_rules.c, the rules themselves in
 * doctor_rules_feed.c and doctor_rules_sessions.c.
 */
#ifndef MIRRORTOP_DOCTOR_RULES_H
#define MIRRORTOP_DOCTOR_RULES_H

#include "doctor.h"

enum {
    DOCTOR_FINDINGS = 64,
    DOCTOR_TEXT = 400,
    DOCTOR_ENOUGH_PACKETS = 100, /* before a feed or a session is judged */
    DOCTOR_PATIENCE_S = 10,      /* before it is said that something does not arrive */
};

struct finding {
    struct finding_record record;
    enum doctor_severity severity;
    char observed[DOCTOR_TEXT], cause[DOCTOR_TEXT], remedy[DOCTOR_TEXT];
};

/* One examination. */
struct exam {
    const struct snapshot *snapshot;
    const struct doctor_facts *facts;
    size_t rule;              /* index of the one that runs */
    struct finding *findings; /* DOCTOR_FINDINGS, and one more for those that have no room */
    size_t count;
    uint64_t total; /* found, of which `count` have room */
};

/* Either is NULL. */
struct doctor_rule {
    const char *name;
    void (*feed)(struct exam *exam);
    void (*session)(struct exam *exam, const struct session_record *session);
};

extern const struct doctor_rule doctor_rules[];
extern const size_t doctor_rule_count;

static const uint64_t doctor_second_ns = 1000000000;

typedef unsigned long long ull; /* for printf */

/* A finding whose texts the caller puts. `session`: NULL: of the feed. */
struct finding *doctor_add(struct exam *exam, enum doctor_severity severity,
                           const struct session_record *session);

__attribute__((format(printf, 2, 3))) void doctor_put(char text[DOCTOR_TEXT], const char *format,
                                                      ...);

void doctor_look_nothing_arrives(struct exam *exam);
void doctor_look_kernel_drops(struct exam *exam);
void doctor_look_queue_drops(struct exam *exam);
void doctor_look_interface_drops(struct exam *exam);
void doctor_look_oversize(struct exam *exam);
void doctor_look_flags(struct exam *exam);
void doctor_look_malformed(struct exam *exam);
void doctor_look_not_mirrored(struct exam *exam);
void doctor_look_both_ends(struct exam *exam);
void doctor_look_clock(struct exam *exam);

void doctor_look_one_direction(struct exam *exam, const struct session_record *session);
void doctor_look_half_flows(struct exam *exam, const struct session_record *session);
void doctor_look_queries(struct exam *exam, const struct session_record *session);
void doctor_look_silent(struct exam *exam, const struct session_record *session);
void doctor_look_lost(struct exam *exam, const struct session_record *session);
void doctor_look_expected(struct exam *exam, const struct session_record *session);
void doctor_look_unexpected(struct exam *exam, const struct session_record *session);
void doctor_look_cut(struct exam *exam, const struct session_record *session);
void doctor_look_twice(struct exam *exam, const struct session_record *session);
void doctor_look_several(struct exam *exam, const struct session_record *session);

#endif
