/* SPDX-License-Identifier: MIT */
/*
 * self: the harness tested on small shell scripts, of which it is known what they do.
 */
#ifndef MIRRORTOP_TESTS_SCREEN_SELF_H
#define MIRRORTOP_TESTS_SCREEN_SELF_H

#include <stdbool.h>

/* Runs all of it; says on stdout what passed and failed, as main.c does. */
bool self_check(const char *directory);

#endif
