/* SPDX-License-Identifier: MIT */
/* engine_build: what the files share that make snapshots; nobody else includes it. */
#ifndef MIRRORTOP_ENGINE_BUILD_H
#define MIRRORTOP_ENGINE_BUILD_H

#include "engine_state.h"
#include "ranking.h"

enum { TEXTS_EACH = 512 }; /* room for the texts of one row that are the engine's own */

struct builder {
    struct engine *engine;
    const struct snapshot_request *request;
    struct snapshot *snapshot;
    struct ranked *scratch; /* room for two tables' rankings */
    char *storage;
    size_t used;
};

/* Memory of the snapshot's own. */
void *build_take(struct builder *builder, size_t size);
const char *build_text(struct builder *builder, const char *text);

/* The field that the table is to be ordered by, and the ranking to offer its rows to. */
const struct field *build_order(const struct builder *builder, enum table_id table);
struct ranking build_ranking(const struct builder *builder, enum table_id table);

/* Sorts the rows kept, of `total`, and puts them into the snapshot. */
void build_finish(struct builder *builder, enum table_id table, void *rows, size_t count,
                  uint64_t total);

/* engine_snapshot_flows.c: flows and retransmits; false: no memory. */
bool build_flows(struct builder *builder);

/* engine_events.c: the events of the flow that is to be explained. */
void build_events(struct builder *builder);

#endif
