/* SPDX-License-Identifier: MIT */
#include "tempdir.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

void tempdir_make(char path[TEMPDIR_PATH])
{
    snprintf(path, TEMPDIR_PATH, "/tmp/mirrortop-test.XXXXXX");
    if (!mkdtemp(path)) {
        perror(path);
        abort();
    }
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void tempdir_remove(const char *path)
{
    if (nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
        perror(path);
}
