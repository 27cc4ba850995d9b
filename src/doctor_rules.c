/* SPDX-License-Identifier: MIT */
#include "doctor_rules.h"

#include <stdarg.h>
#include <stdio.h>

struct finding *doctor_add(struct exam *exam, enum doctor_severity severity,
                           const struct session_record *session)
{
    static const char *const severities[] = { "note", "warning", "problem" };
    struct finding *finding = &exam->findings[exam->count];

    exam->total++;
    if (exam->count < DOCTOR_FINDINGS)
        exam->count++;
    *finding = (struct finding){
        .severity = severity,
        .record = {
            .key = (uint64_t)exam->rule << 32 | (session ? session->key + 1 : 0),
            .severity = severities[severity],
            .kind = doctor_rules[exam->rule].name,
            .vni = session ? session->vni : VALUE_UNKNOWN,
        },
    };
    if (session)
        finding->record.mirror_source = session->mirror_source;
    return finding;
}

void doctor_put(char text[DOCTOR_TEXT], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, DOCTOR_TEXT, format, arguments);
    va_end(arguments);
}

const struct doctor_rule doctor_rules[] = {
    { "nothing_arrives", .feed = doctor_look_nothing_arrives },
    { "kernel_drops", .feed = doctor_look_kernel_drops },
    { "queue_drops", .feed = doctor_look_queue_drops },
    { "interface_drops", .feed = doctor_look_interface_drops },
    { "one_direction", .session = doctor_look_one_direction },
    { "half_flows", .session = doctor_look_half_flows },
    { "unanswered_queries", .session = doctor_look_queries },
    { "silent_session", .session = doctor_look_silent },
    { "copies_lost", .session = doctor_look_lost },
    { "expected_session", .session = doctor_look_expected },
    { "unexpected_session", .session = doctor_look_unexpected },
    { "cut_frames", .session = doctor_look_cut },
    { "oversize", .feed = doctor_look_oversize },
    { "unknown_flags", .feed = doctor_look_flags },
    { "malformed", .feed = doctor_look_malformed },
    { "not_mirrored", .feed = doctor_look_not_mirrored },
    { "captured_twice", .session = doctor_look_twice },
    { "several_sessions", .session = doctor_look_several },
    { "both_ends", .feed = doctor_look_both_ends },
    { "clock_backwards", .feed = doctor_look_clock },
};

const size_t doctor_rule_count = sizeof(doctor_rules) / sizeof(doctor_rules[0]);
