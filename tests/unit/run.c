/* SPDX-License-Identifier: MIT */
/*
 * run: runs every unit-test suite.
 *
 * suites.inc is made by the Makefile: one SUITE(name) for each tests/unit/test_name.c. Which tests
 * run can be narrowed with Check's CK_RUN_SUITE and CK_RUN_CASE, and with two arguments, PART and
 * PARTS: the suites are dealt out to so many runs, of which this is one (from 1). Ends with one
 * line of counts, and fails when a test failed or none ran. What cannot run on this machine is
 * skipped (support/skip.h).
 */
#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "../support/skip.h"

#define SUITE(name) Suite *make_##name##_suite(void);
#include "suites.inc"
#undef SUITE

static Suite *(*const makers[])(void) = {
#define SUITE(name) make_##name##_suite,
#include "suites.inc"
#undef SUITE
};

int main(int argc, char *argv[])
{
    size_t part = argc == 3 ? strtoul(argv[1], NULL, 10) - 1 : 0;
    size_t parts = argc == 3 ? strtoul(argv[2], NULL, 10) : 1;
    SRunner *runner = srunner_create(NULL);
    int ran, failed, passed, left_out;

    skip_start();
    for (size_t i = part; i < sizeof(makers) / sizeof(makers[0]); i += parts)
        srunner_add_suite(runner, makers[i]());
    left_out = skip_count(); /* by the makers: never handed to Check */
    srunner_run_all(runner, CK_ENV);
    ran = srunner_ntests_run(runner);
    failed = srunner_ntests_failed(runner);
    passed = ran - failed - (skip_count() - left_out);
    srunner_free(runner);
    if (ran == 0)
        fprintf(stderr, "unit: no test ran\n");
    printf("unit: %d passed, %d failed, %d skipped\n", passed, failed, skip_count());
    return passed == 0 || failed != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
