/* SPDX-License-Identifier: MIT */
/*
 * directory: the one folder in which exports chosen on the screen make new files.
 *
 * Opened at the start, because later no other path can be written to (sandbox.h).
 */
#ifndef MIRRORTOP_OUTPUT_DIRECTORY_H
#define MIRRORTOP_OUTPUT_DIRECTORY_H

#include <stdbool.h>

enum { EXPORT_DIRECTORY_PATH = 200, EXPORT_DIRECTORY_USER = 64 };

struct export_directory {
    int fd;                           /* -1: none could be opened */
    char path[EXPORT_DIRECTORY_PATH]; /* for people */
    char user[EXPORT_DIRECTORY_USER]; /* who makes them, for people; "": that was not told */
    bool moved;                       /* it is another one than was asked for */
};

/* Never fails: a folder that cannot be opened is replaced by export_directory_settle(), or an
 * export says why it cannot be made. */
void export_directory_open(struct export_directory *directory, const char *path);

/* To be called as `user`, who will write. A folder that this user cannot make files in is given
 * up for $TMPDIR or /tmp; where these are no better, it stays. */
void export_directory_settle(struct export_directory *directory, const char *user);

void export_directory_close(struct export_directory *directory);

#endif
