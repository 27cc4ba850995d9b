/* SPDX-License-Identifier: MIT */
/*
 * confine: runs a function in a child process behind sandbox_enter().
 *
 * The child must not use Check's assertions: it returns the line of what went wrong, which the
 * parent asserts to be none. State of file scope belongs to the one test that runs.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_CONFINE_H
#define MIRRORTOP_TESTS_SUPPORT_CONFINE_H

#include "../../src/output/directory.h"
#include "../../src/sandbox.h"

enum { CONFINE_PATH = 96 };

struct confine {
    /* Folders that anybody may write to, with a file "old" in each: one that the child may read,
     * one for its exports, one for neither. */
    char readable[CONFINE_PATH], exports[CONFINE_PATH], outside[CONFINE_PATH];
    struct export_directory directory; /* the child's */
    void (*last_words)(void);          /* what the child does at its very end, or NULL */
    /* Afterwards: */
    struct sandbox_state state;
    char status[4096]; /* /proc/PID/status */
    int ended;         /* of waitpid() */
};

extern struct confine confine;

/* A checked fixture. */
void confine_setup(void);
void confine_teardown(void);

/* false: this build or this run leaves Landlock and seccomp out, whatever the kernel can do. */
bool confine_possible(void);

void confine_run(bool enabled, int (*body)(void));

/* What is in force when all is asked for. */
struct sandbox_state confine_find_out(void);

/* Whether the line NAME of confine.status has this value. */
bool confine_status_has(const char *name, const char *value);

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__;                                                                       \
    } while (0)

/* Whether a call failed for want of a right. */
bool confine_refused(long result);

#endif
