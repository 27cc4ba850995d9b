/* SPDX-License-Identifier: MIT */
/*
 * run: one run of the program, from its options to its end: opens everything, gives away the
 * rights that are not needed any more, and feeds the screen or the batch.
 */
#ifndef MIRRORTOP_RUN_H
#define MIRRORTOP_RUN_H

#include <limits.h>

#include "doctor_system.h"
#include "err.h"
#include "health.h"
#include "mirror/aws.h"
#include "options.h"
#include "output/directory.h"
#include "output/explain_print.h"
#include "output/output.h"

enum {
    RUN_RIGHTS = 160,
    RUN_NOTICE = 1024,
    RUN_DRAINS = DECODE_MAX_PORTS + 1,
    RUN_READABLE = 2, /* directories of themes: the user's, the installed */
};

/* Everything that a run holds; released in one place. */
struct run {
    struct options options;
    struct names *names;
    struct aws_documents *documents; /* NULL: none were given */
    struct filter_program *filter;   /* until the engine takes it over; NULL: none was given */
    struct input *input;
    struct host_files host; /* opened when live */
    int drains[RUN_DRAINS]; /* ports that are bound so that the host does not complain; or -1 */
    struct engine *engine;
    struct replay *replay;         /* NULL when live */
    struct feed *live;             /* NULL when not */
    struct feed *feed;             /* either */
    struct explain_output explain; /* with --explain */
    char notice[RUN_NOTICE];       /* what to tell the user at the start, or "" */
    enum exit_status status;       /* of a run that did not fail */
    struct export *exports[OPTIONS_MAX_EXPORTS];
    size_t export_count;
    struct export_directory directory; /* of exports from the screen */
    struct health *health;             /* NULL: nobody asks */
    char rights[RUN_RIGHTS];           /* what the process may still do, for people */
};

/* Nothing is held but the options, which the caller fills in. */
#define RUN_EMPTY                                                                                  \
    {                                                                                              \
        .drains = { -1, -1, -1, -1, -1 }, .host = { .dev = -1, .snmp = -1, .snmp6 = -1 },          \
        .directory = { .fd = -1 },                                                                 \
    }

/* The screen, which stands above all of src/: main.c brings it along. */
struct run_screen {
    /* The directories that it will read, into the buffers; a NULL in `paths` is none. */
    void (*readable)(const char *paths[RUN_READABLE], char buffers[RUN_READABLE][PATH_MAX]);
    /* Shows the run until the user has seen enough; false and *err: it cannot. */
    bool (*show)(struct run *run, struct err *err);
};

/* MODE_RUN: does it all. *err: what failed; what was counted before is reported all the same. */
bool run_all(struct run *run, const struct run_screen *screen, struct err *err);
void run_release(struct run *run);

#endif
