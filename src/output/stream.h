/* SPDX-License-Identifier: MIT */
/*
 * stream: the one place that tells the user that an output could not be written.
 */
#ifndef MIRRORTOP_OUTPUT_STREAM_H
#define MIRRORTOP_OUTPUT_STREAM_H

#include "../err.h"

#include <stdio.h>

/* Flushes. false and *err (EXIT_RUNTIME) when anything since the beginning could not be written:
 * `what` and the reason in errno, which must have been 0 before the first write. */
bool stream_finish(FILE *out, const char *what, struct err *err);

/* The text of that error, for a reason that was kept. */
bool stream_failed(const char *what, int reason, struct err *err);

#endif
