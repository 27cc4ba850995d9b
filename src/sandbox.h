/* SPDX-License-Identifier: MIT */
/*
 * sandbox: gives away every right that reading packets does not need.
 *
 * sandbox_enter() is called once, when all files, devices and sockets are open, before threads are
 * started and before the first packet is read. What it takes away does not come back.
 */
#ifndef MIRRORTOP_SANDBOX_H
#define MIRRORTOP_SANDBOX_H

#include "err.h"

#include <stddef.h>

struct export_directory; /* output/directory.h */

struct sandbox_config {
    bool
        enabled; /* false: Landlock and seccomp are left out; privileges are dropped all the same */
    /* Files and folders that may still be read, besides those that the C library and ncurses
     * need; NULL and what is not there is passed over. */
    const char *const *readable;
    size_t readable_count;
    struct export_directory *exports; /* new files may be made below it; NULL: nowhere */
};

/* What is in force. */
struct sandbox_state {
    char user[64];        /* whom the process runs as */
    bool no_capabilities; /* effective, permitted, inheritable and ambient sets are empty */
    bool no_new_privs;
    int landlock_abi; /* 0: none (left out, or the kernel has none) */
    bool seccomp;
};

/*
 * Root becomes the invoking user (the real one of a set-user-ID start, SUDO_UID and SUDO_GID), or
 * nobody; a container in which that cannot be done keeps user 0 and loses its capabilities. Then,
 * in this order: no capability in any set, no_new_privs, exports->fd or what takes its place,
 * Landlock, seccomp. A kernel without one of the latter two is no error: *state tells.
 * false and *err (EXIT_RUNTIME) when something was refused that should work: do not go on.
 */
bool sandbox_enter(const struct sandbox_config *config, struct sandbox_state *state,
                   struct err *err);

/* One line about it, "user nobody, no capabilities, no new privileges, Landlock 7, seccomp"; what
 * is not in force is said too. Returns the length; 160 bytes hold any. */
size_t sandbox_describe(char *out, size_t size, const struct sandbox_state *state);

#endif
