/* SPDX-License-Identifier: MIT */
/*
 * export_flows: what `e` does.
 */
#ifndef MIRRORTOP_UI_EXPORT_FLOWS_H
#define MIRRORTOP_UI_EXPORT_FLOWS_H

#include "../src/engine.h"

/*
 * Writes every flow in the table into a new file mirrortop-YYYYMMDD-HHMMSS[-N].csv in `directory`
 * (local time). Never overwrites. *path (at least 256 bytes) names it. false and *err when it
 * cannot be made or written.
 */
bool export_flows(struct engine *engine, const char *directory, char *path, size_t size,
                  uint64_t *rows, struct err *err);

#endif
