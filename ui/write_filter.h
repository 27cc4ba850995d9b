/* SPDX-License-Identifier: MIT */
/*
 * write_filter: what ":write FILE" does.
 */
#ifndef MIRRORTOP_UI_WRITE_FILTER_H
#define MIRRORTOP_UI_WRITE_FILTER_H

#include "../src/err.h"
#include "../src/filter/filter.h"
#include "../src/output/directory.h"

/* Writes the filter into a new file of this name below `directory`, in the format that the name's
 * ending tells. Never overwrites. false and *err: no such ending, or the file cannot be made or
 * written. */
bool write_filter(const struct filter *filter, const struct export_directory *directory,
                  const char *name, struct err *err);

/* The i-th ending, and what is written for it; NULL behind the last. */
const char *write_filter_ending(size_t i, const char **doc);

#endif
