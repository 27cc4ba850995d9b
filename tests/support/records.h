/* SPDX-License-Identifier: MIT */
/*
 * records: rows and snapshots made by hand, for tests of what shows them.
 *
 * Every kind of row, every unknown value and the longest address occur. Constant.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_RECORDS_H
#define MIRRORTOP_TESTS_SUPPORT_RECORDS_H

#include "../../src/snapshot.h"

/* 2019-06-27T13:05:11.123456Z */
#define RECORDS_START (UINT64_C(1561640711123456000))

/* A name made to harm terminals and files, and what format_escape() makes of it. */
extern const char records_hostile[];
#define RECORDS_HOSTILE_ESCAPED "\\x1b[31m\"x\\x5c\",\\xff\\xe2\\x80\\xae\\x0d\\x0a"

extern const struct flow_record records_flow;

/* Its rows are constant, but for `flow`, which is borrowed: not for snapshot_free(). */
struct snapshot records_snapshot(const struct flow_record *flow);

/* Nothing was read. */
struct snapshot records_nothing(void);

#endif
