/* SPDX-License-Identifier: MIT */
#include "export_flows.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../src/output/output.h"

enum { EXPORT_TRIES = 100, EXPORT_NAME = 64 };

/* The first free name of this second; the exporter itself refuses a file that exists. */
static bool export_name(const struct export_directory *directory, bool utc, char name[EXPORT_NAME],
                        struct err *err)
{
    char stamp[32];
    struct tm broken;
    time_t now = time(NULL);

    if (utc)
        gmtime_r(&now, &broken);
    else
        localtime_r(&now, &broken);
    strftime(stamp, sizeof(stamp), utc ? "%Y%m%d-%H%M%SZ" : "%Y%m%d-%H%M%S", &broken);
    for (int i = 0; i < EXPORT_TRIES; i++) {
        char suffix[8] = "";

        if (i > 0)
            snprintf(suffix, sizeof(suffix), "-%d", i);
        snprintf(name, EXPORT_NAME, "mirrortop-%s%s.csv", stamp, suffix);
        if (faccessat(directory->fd, name, F_OK, 0) != 0)
            return true;
    }
    return err_set(err, EXIT_RUNTIME, "%s/%s: exists already; nothing was written", directory->path,
                   name);
}

static bool visit(struct engine *engine, void *export)
{
    return engine_visit_flows(engine, export_flow, export);
}

bool export_flows(struct feed *feed, const struct export_directory *directory, bool utc,
                  struct export_result *result, struct err *err)
{
    char name[EXPORT_NAME], spec[EXPORT_NAME + 4];
    struct export *export;
    bool visited;

    result->rows = 0;
    if (!export_name(directory, utc, name, err))
        return false;
    snprintf(spec, sizeof(spec), "csv:%s", name);
    export = export_open(spec, directory, err);
    if (!export)
        return false;
    snprintf(result->path, sizeof(result->path), "%s", export_path(export));
    visited = feed_call(feed, visit, export);
    result->rows = export_rows(export);
    if (!export_close(export, err)) /* a failed write comes out here */
        return false;
    return visited || err_set(err, EXIT_RUNTIME, "no memory; %s holds no flows", result->path);
}
