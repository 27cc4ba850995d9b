/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exporters.h"
#include "stream.h"

/* A new format: its functions in a file of their own, one line here. */
const struct exporter export_formats[] = {
    { "csv", ".csv", "a row a flow, RFC 4180", csv_begin, csv_flow },
    { "json", ".json", "a JSON object a flow, one a line", json_flows_begin, json_flows_flow },
    { .name = NULL },
};

enum { EXPORT_BUFFER = 1 << 18 };

struct export
{
    const struct exporter *format;
    FILE *out;
    char *path;
    char *buffer; /* of the stream; NULL: standard output keeps its own */
    uint64_t rows;
    bool failed;
    int reason; /* errno of the first failed write */
};

/* The format called by the first `length` bytes of `name`. */
static const struct exporter *find_format(const char *name, size_t length)
{
    for (const struct exporter *format = export_formats; format->name; format++) {
        if (strlen(format->name) == length && memcmp(format->name, name, length) == 0)
            return format;
    }
    return NULL;
}

static const struct exporter *find_ending(const char *path)
{
    size_t length = strlen(path);

    for (const struct exporter *format = export_formats; format->name; format++) {
        size_t ending = strlen(format->ending);

        if (length > ending && strcmp(path + length - ending, format->ending) == 0)
            return format;
    }
    return NULL;
}

static bool refuse(const char *what, const char *spec, struct err *err)
{
    char names[128] = "";
    size_t used = 0;

    for (const struct exporter *format = export_formats; format->name; format++) {
        int length = snprintf(names + used, sizeof(names) - used, "%s%s (%s)", used ? ", " : "",
                              format->name, format->ending);

        if (length > 0 && (size_t)length < sizeof(names) - used)
            used += (size_t)length;
    }
    return err_set(err, EXIT_USAGE, "--export=%.100s: %s; write FORMAT:PATH, with one of: %s", spec,
                   what, names);
}

/* Takes "FORMAT:PATH" or "PATH.ending" apart. */
static bool parse_spec(const char *spec, const struct exporter **format, const char **path,
                       struct err *err)
{
    size_t word = strspn(spec, "abcdefghijklmnopqrstuvwxyz0123456789");

    if (spec[word] == ':') {
        *format = find_format(spec, word);
        *path = spec + word + 1;
        if (!*format)
            return refuse("no such format", spec, err);
    } else {
        *format = find_ending(spec);
        *path = spec;
        if (!*format)
            return refuse("the format is not known", spec, err);
    }
    return **path != '\0' || refuse("the path is missing", spec, err);
}

static int open_file(const char *path, const struct export_directory *directory)
{
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC;

    return directory ? openat(directory->fd, path, flags | O_EXCL, 0600)
                     : open(path, flags | O_TRUNC, 0666);
}

static bool open_stream(struct export *export, const char *path,
                        const struct export_directory *directory, struct err *err)
{
    int fd;

    if (strcmp(path, "-") == 0) {
        export->out = stdout;
        return true;
    }
    fd = open_file(path, directory);
    if (fd >= 0)
        export->out = fdopen(fd, "w");
    if (!export->out) {
        err_set(err, EXIT_RUNTIME, "cannot make %.300s: %s", export->path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    export->buffer = malloc(EXPORT_BUFFER);
    if (export->buffer)
        setvbuf(export->out, export->buffer, _IOFBF, EXPORT_BUFFER);
    return true;
}

static void note_failure(struct export *export)
{
    if (!export->failed)
        export->reason = errno;
    export->failed = true;
}

static void release(struct export *export)
{
    free(export->buffer);
    free(export->path);
    free(export);
}

/* The path as messages have it. */
static char *shown_path(const char *path, const struct export_directory *directory)
{
    char *shown;

    if (!directory)
        return strdup(path);
    return asprintf(&shown, "%s/%s", directory->path, path) >= 0 ? shown : NULL;
}

struct export *export_open(const char *spec, const struct export_directory *directory,
                           struct err *err)
{
    const struct exporter *format;
    const char *path;
    struct export *export;

    if (!parse_spec(spec, &format, &path, err))
        return NULL;
    export = calloc(1, sizeof(*export));
    if (export)
        export->path = shown_path(path, directory);
    if (!export || !export->path) {
        free(export);
        err_set(err, EXIT_RUNTIME, "no memory to export to %.300s", path);
        return NULL;
    }
    export->format = format;
    if (!open_stream(export, path, directory, err)) {
        release(export);
        return NULL;
    }
    errno = 0;
    if (!format->begin(export->out))
        note_failure(export);
    return export;
}

const char *export_path(const struct export *export)
{
    return export->path;
}

bool export_flow(const struct flow_record *flow, void *context)
{
    struct export *export = context;

    if (export->failed)
        return false;
    errno = 0;
    if (export->format->flow(export->out, flow))
        export->rows++;
    else
        note_failure(export);
    return !export->failed;
}

bool export_close(struct export *export, struct err *err)
{
    bool is_stdout = export->out == stdout, good;
    char what[320];

    errno = 0;
    if (fflush(export->out) != 0 || ferror(export->out))
        note_failure(export);
    errno = 0;
    if (!is_stdout && fclose(export->out) != 0)
        note_failure(export);
    snprintf(what, sizeof(what), "%.300s",
             is_stdout ? "the export to standard output" : export->path);
    good = !export->failed || stream_failed(what, export->reason, err);
    release(export);
    return good;
}

uint64_t export_rows(const struct export *export)
{
    return export->rows;
}
