/* SPDX-License-Identifier: MIT */
/*
 * export_flows: what `e` does.
 */
#ifndef MIRRORTOP_UI_EXPORT_FLOWS_H
#define MIRRORTOP_UI_EXPORT_FLOWS_H

#include "../src/feed.h"
#include "../src/output/directory.h"

struct export_result {
    char path[256];
    uint64_t rows;
};

/*
 * Writes every flow in the table into a new file mirrortop-YYYYMMDD-HHMMSS[Z][-N].csv in
 * `directory` (local time, or UTC with a Z). Never overwrites. false and *err when it cannot be
 * made or written.
 */
bool export_flows(struct feed *feed, const struct export_directory *directory, bool utc,
                  struct export_result *result, struct err *err);

#endif
