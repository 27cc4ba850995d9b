/* SPDX-License-Identifier: MIT */
/*
 * tempdir: a directory of one's own for a test that needs files.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_TEMPDIR_H
#define MIRRORTOP_TESTS_SUPPORT_TEMPDIR_H

enum { TEMPDIR_PATH = 64 };

/* Makes one and writes its path. Aborts when it cannot. */
void tempdir_make(char path[TEMPDIR_PATH]);

/* Removes it with all that is in it. */
void tempdir_remove(const char *path);

#endif
