/* SPDX-License-Identifier: MIT */
/*
 * doctor_rules: what the rules and the one who runs them share; internal to the doctor.
 */
#ifndef MIRRORTOP_DOCTOR_RULES_H
#define MIRRORTOP_DOCTOR_RULES_H

#include "doctor.h"

enum { DOCTOR_FINDINGS = 64, DOCTOR_TEXT = 400 };

struct finding {
    struct finding_record record;
    enum doctor_severity severity;
    char observed[DOCTOR_TEXT], cause[DOCTOR_TEXT], remedy[DOCTOR_TEXT];
};

/* One examination. */
struct exam {
    const struct snapshot *snapshot;
    const struct doctor_facts *facts;
    size_t rule; /* index of the one that runs */
    struct finding *findings;
    size_t count;
    uint64_t total; /* found, of which `count` have room */
};

struct doctor_rule {
    const char *name;
    void (*look)(struct exam *exam);
};

extern const struct doctor_rule doctor_rules[];
extern const size_t doctor_rule_count;

#endif
