/* SPDX-License-Identifier: MIT */
/*
 * jsonread: JSON read back by a parser that is not ours.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_JSONREAD_H
#define MIRRORTOP_TESTS_SUPPORT_JSONREAD_H

#include <jansson.h>

enum { JSONREAD_VALUE = 256 };

/* A document; what is not JSON, or has a member twice, fails the test. */
json_t *jsonread_load(const char *text);

/* What stands at "a.b.0.c", as text: numbers and texts as they are, null, true, false, else "?". */
const char *jsonread_at(const json_t *value, const char *path, char out[JSONREAD_VALUE]);

#endif
