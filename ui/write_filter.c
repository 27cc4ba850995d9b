/* SPDX-License-Identifier: MIT */
#include "write_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../src/filter/write.h"

static const struct {
    const char *ending;
    enum filter_format format;
    const char *doc;
} write_formats[] = {
    { ".rules", FILTER_AS_RULES, "rules as they are typed" },
    { ".txt", FILTER_AS_RULES, "rules as they are typed" },
    { ".json", FILTER_AS_JSON, "JSON as describe-traffic-mirror-filters prints it" },
    { ".yaml", FILTER_AS_CLOUDFORMATION, "a CloudFormation template" },
    { ".yml", FILTER_AS_CLOUDFORMATION, "a CloudFormation template" },
    { ".template", FILTER_AS_CLOUDFORMATION, "a CloudFormation template" },
    { ".tf", FILTER_AS_TERRAFORM, "Terraform resources" },
    { ".sh", FILTER_AS_CLI, "commands of the aws program" },
};

enum { WRITE_FORMATS = sizeof(write_formats) / sizeof(write_formats[0]) };

const char *write_filter_ending(size_t i, const char **doc)
{
    if (i >= WRITE_FORMATS)
        return NULL;
    *doc = write_formats[i].doc;
    return write_formats[i].ending;
}

static bool write_find_format(const char *name, enum filter_format *format)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < WRITE_FORMATS; i++) {
        size_t ending = strlen(write_formats[i].ending);

        if (length <= ending || strcmp(name + length - ending, write_formats[i].ending) != 0)
            continue;
        *format = write_formats[i].format;
        return true;
    }
    return false;
}

static bool write_is_below(const struct export_directory *directory, const char *name)
{
    size_t length = strlen(directory->path);

    if (strstr(name, ".."))
        return false;
    return name[0] != '/' || (strncmp(name, directory->path, length) == 0 && name[length] == '/');
}

static bool write_failed(const char *name, const struct export_directory *directory, int reason,
                         struct err *err)
{
    if (reason == EEXIST)
        return err_set(err, EXIT_RUNTIME, "%.200s exists already; nothing was written", name);
    /* root has become somebody else, who may less */
    if (reason == EACCES && directory->user[0] != '\0' && write_is_below(directory, name))
        return err_set(
            err, EXIT_RUNTIME,
            "cannot make %.200s: mirrortop runs as user %s, who may not make files there", name,
            directory->user);
    return err_set(err, EXIT_RUNTIME, "cannot make %.200s: %s; new files can be made below %s",
                   name, strerror(reason), directory->path);
}

static bool write_file(const char *text, size_t size, const struct export_directory *directory,
                       const char *name, struct err *err)
{
    int fd = openat(directory->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool good;

    if (!file) {
        int reason = errno;

        if (fd >= 0)
            close(fd);
        return write_failed(name, directory, reason, err);
    }
    good = fwrite(text, 1, size, file) == size;
    good = fclose(file) == 0 && good;
    return good || err_set(err, EXIT_RUNTIME, "%.200s is not whole: %s", name, strerror(errno));
}

bool write_filter(const struct filter *filter, const struct export_directory *directory,
                  const char *name, struct err *err)
{
    enum filter_format format;
    char *text = NULL;
    size_t size = 0;
    FILE *file;
    bool good;

    if (!write_find_format(name, &format))
        return err_set(err, EXIT_USAGE,
                       "the format is told by the file's ending: .rules .json .yaml .tf .sh");
    /* first whole, then the file: a sandbox lets none be removed again */
    file = open_memstream(&text, &size);
    if (!file)
        return err_set(err, EXIT_RUNTIME, "no memory to write the filter");
    good = filter_write(filter, format, file, err);
    if (fclose(file) != 0 && good)
        good = err_set(err, EXIT_RUNTIME, "no memory to write the filter");
    good = good && write_file(text, size, directory, name, err);
    free(text);
    return good;
}
