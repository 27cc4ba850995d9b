/* SPDX-License-Identifier: MIT */
/*
 * skip: tests that cannot run here say so by name.
 *
 * Check knows no skipped tests: one that returns at once has passed for it. So they are counted
 * here, across the processes that tests run in, and taken off again in the last line.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_SKIP_H
#define MIRRORTOP_TESTS_SUPPORT_SKIP_H

/* Before the first test. */
void skip_start(void);

/* Prints the name and the reason. A test that says so then returns; a suite's maker that says so
 * does not add the test. */
void skip_test(const char *name, const char *reason);

/* How many were skipped. */
int skip_count(void);

#endif
