/* SPDX-License-Identifier: MIT */
#include "directory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void export_directory_open(struct export_directory *directory, const char *path)
{
    int length = snprintf(directory->path, sizeof(directory->path), "%s", path);

    directory->user[0] = '\0';
    directory->moved = false;
    directory->fd = -1;
    if (length > 0 && length < EXPORT_DIRECTORY_PATH)
        directory->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool can_make_files(const struct export_directory *directory)
{
    return directory->fd >= 0 && faccessat(directory->fd, ".", W_OK | X_OK, 0) == 0;
}

void export_directory_settle(struct export_directory *directory, const char *user)
{
    const char *const others[] = { getenv("TMPDIR"), "/tmp" };

    for (size_t i = 0; i < 2 && !can_make_files(directory); i++) {
        struct export_directory other = { .fd = -1 };

        if (others[i] && others[i][0] == '/')
            export_directory_open(&other, others[i]);
        if (can_make_files(&other)) {
            export_directory_close(directory);
            *directory = other;
            directory->moved = true;
        } else {
            export_directory_close(&other);
        }
    }
    snprintf(directory->user, sizeof(directory->user), "%s", user);
}

void export_directory_close(struct export_directory *directory)
{
    if (directory->fd >= 0)
        close(directory->fd);
    directory->fd = -1;
}
