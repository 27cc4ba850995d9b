/* SPDX-License-Identifier: MIT */
/*
 * output: reports of a whole run, and exports of its flows.
 *
 * A report is made from a snapshot, an export is a sink for flow records (engine.h). One `struct
 * exporter` a format, one line in the table in export.c.
 */
#ifndef MIRRORTOP_OUTPUT_OUTPUT_H
#define MIRRORTOP_OUTPUT_OUTPUT_H

#include "../err.h"
#include "../snapshot.h"
#include "directory.h"

#include <stdio.h>

struct report_context {
    const char *source; /* of the input */
    bool complete;      /* false: the input failed before its end, or: */
    bool stopped;       /* somebody has ended it before */
    bool one_line;      /* JSON: the whole report is one line */
    bool all_rows;      /* text: all that the snapshot has, else the first few of long tables */
};

/* Both: same snapshot, same bytes. false and *err (EXIT_RUNTIME) when the stream cannot be
 * written (full disk, closed pipe). */
bool report_text(FILE *out, const struct snapshot *snapshot, const struct report_context *context,
                 struct err *err);
bool report_json(FILE *out, const struct snapshot *snapshot, const struct report_context *context,
                 struct err *err);

/* The doctor's findings of the snapshot (doctor.h), and what cannot be seen at all. */
bool report_doctor(FILE *out, const struct snapshot *snapshot, bool json, struct err *err);

struct export;

struct exporter {
    const char *name;         /* in --export=NAME:PATH */
    const char *ending;       /* file ending that stands for it, ".csv" */
    const char *doc;          /* one line for the help */
    bool (*begin)(FILE *out); /* header */
    bool (*flow)(FILE *out, const struct flow_record *flow); /* one row */
};

/* Ends with a NULL name. */
extern const struct exporter export_formats[];

/* Opens "FORMAT:PATH", "PATH.ending" or "FORMAT:-" (stdout). An existing file is overwritten
 * (it was named on the command line) unless a `directory` is given: then PATH is the name of a new
 * file in it, with mode 0600, and an existing one is an error. NULL and *err when the format is
 * not known (the error lists them) or the file cannot be made. */
struct export *export_open(const char *spec, const struct export_directory *directory,
                           struct err *err);

const char *export_path(const struct export *export);

/* engine_flow_sink; `context` is a struct export. false after the first failed write. */
bool export_flow(const struct flow_record *flow, void *context);

/* Flushes, closes, frees. false and *err (EXIT_RUNTIME) when anything could not be written. */
bool export_close(struct export *export, struct err *err);

/* Rows written so far. */
uint64_t export_rows(const struct export *export);

#endif
