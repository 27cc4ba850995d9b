/* SPDX-License-Identifier: MIT */
/*
 * enginerun: an engine that has been fed the trace, and what it says.
 *
 * What cannot be done ends the program.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_ENGINERUN_H
#define MIRRORTOP_TESTS_SUPPORT_ENGINERUN_H

#include "../../src/engine.h"
#include "trace.h"

/* 64 flows, a fixed seed. */
struct engine_config enginerun_config(void);

/* A new engine that has got all frames of the trace, `batch` at a time. */
struct engine *enginerun_feed(const struct engine_config *config, size_t batch);

/* The input has ended; everything there is. */
struct snapshot *enginerun_finish(struct engine *engine);

/* All of it: feeds the trace, finishes, and frees the engine. */
struct snapshot *enginerun_all(const struct engine_config *config);

/* A filter in the short spelling, to be handed to an engine. */
struct filter_program *enginerun_program(const char *rules);

/* The row of a flow that is there. */
const struct flow_record *enginerun_flow(const struct snapshot *snapshot, size_t row);

/* The talker with an IPv4 address; NULL: there is none. */
const struct talker_record *enginerun_talker(const struct snapshot *snapshot, const char *addr);

/* Finishes and frees the engine. What it tells, to be freed: the report as JSON, then the rules, a
 * line each. With a filter without single round trips: it has those since it came. */
char *enginerun_report(struct engine *engine);

#endif
