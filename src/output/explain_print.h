/* SPDX-License-Identifier: MIT */
/*
 * explain_print: prints the packets behind counts while they are counted.
 */
#ifndef MIRRORTOP_OUTPUT_EXPLAIN_PRINT_H
#define MIRRORTOP_OUTPUT_EXPLAIN_PRINT_H

#include "../explain.h"

#include <stdio.h>

struct explain_output {
    const struct explain_want *want;
    FILE *out;
    bool json;                /* one object a line */
    const uint64_t *first_ns; /* of the input: when times begin */
    uint64_t events;          /* printed so far: */
    uint64_t serial;          /* flow of the last one */
    int64_t sums[TCP_COUNT_COUNT];
};

/* engine_event_sink; `context` is a struct explain_output. */
bool explain_print(const struct tcp_event *event, const struct flow_record *flow, void *context);

/* The end. false and *err (EXIT_RUNTIME) when anything could not be written. */
bool explain_finish(const struct explain_output *output, struct err *err);

#endif
