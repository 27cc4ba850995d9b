/* SPDX-License-Identifier: MIT */
#include "export_flows.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../src/output/output.h"

enum { EXPORT_TRIES = 100, EXPORT_PATH = 4096 };

/* The first free name of this second; the exporter itself refuses a file that exists. */
static bool export_name(const char *directory, bool utc, char *path, size_t size, struct err *err)
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
        int n;

        if (i > 0)
            snprintf(suffix, sizeof(suffix), "-%d", i);
        n = snprintf(path, size, "%s/mirrortop-%s%s.csv", directory, stamp, suffix);
        if (n < 0 || (size_t)n >= size)
            return err_set(err, EXIT_RUNTIME, "the export directory's name is too long");
        if (access(path, F_OK) != 0)
            return true;
    }
    return err_set(err, EXIT_RUNTIME, "%s: exists already; nothing was written", path);
}

bool export_flows(struct engine *engine, const char *directory, bool utc,
                  struct export_result *result, struct err *err)
{
    char spec[EXPORT_PATH];
    struct export *export;
    bool visited;

    result->rows = 0;
    if (!export_name(directory, utc, result->path, sizeof(result->path), err))
        return false;
    snprintf(spec, sizeof(spec), "csv:%s", result->path);
    export = export_open(spec, true, err);
    if (!export)
        return false;
    visited = engine_visit_flows(engine, export_flow, export);
    result->rows = export_rows(export);
    if (!export_close(export, err)) /* a failed write comes out here */
        return false;
    return visited || err_set(err, EXIT_RUNTIME, "no memory; %s holds no flows", result->path);
}
