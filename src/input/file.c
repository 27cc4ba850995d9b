/* SPDX-License-Identifier: MIT */
/*
 * Saved captures: files, pipes and bytes in memory.
 *
 * The window is filled by large plain reads: on whole packets that is faster than mapping the
 * file, and it works the same on a pipe. The rest of a record that the window cuts is moved to
 * its front before the next read, so frames of one batch are always valid together.
 */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum fill_status { FILL_OK, FILL_AGAIN, FILL_END, FILL_ERROR };

bool capture_corrupt(const struct capture *capture, struct err *err, const char *format, ...)
{
    char reason[256];
    va_list args;

    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    return err_set(err, EXIT_INPUT, "%s: corrupt at byte %llu: %s", capture->name,
                   (unsigned long long)(capture->offset + capture->at), reason);
}

static bool capture_is_ready(const struct capture *capture, int timeout_ms)
{
    struct pollfd pollfd = { .fd = capture->fd, .events = POLLIN };

    return poll(&pollfd, 1, timeout_ms) != 0;
}

/* Moves what is not consumed to the front of the buffer. */
static void capture_slide(struct capture *capture)
{
    size_t left = capture->len - capture->at;

    if (capture->at == 0)
        return;
    memmove(capture->buffer, capture->buffer + capture->at, left);
    capture->offset += capture->at;
    capture->len = left;
    capture->at = 0;
}

static void capture_pass_over(struct capture *capture)
{
    size_t left = capture->len - capture->at;
    size_t here = capture->skip < left ? (size_t)capture->skip : left;

    capture->at += here;
    capture->skip -= here;
}

/* One read. The standard input is shared with other processes, so it is never made non-blocking;
 * poll says beforehand whether a read would block. */
static enum fill_status capture_fill(struct capture *capture, bool wait, struct err *err)
{
    ssize_t got;

    if (capture->eof)
        return FILL_END;
    capture_slide(capture);
    if (!capture->regular && !wait && !capture_is_ready(capture, 0))
        return FILL_AGAIN;
    for (;;) {
        got = read(capture->fd, capture->buffer + capture->len, CAPTURE_WINDOW - capture->len);
        if (got >= 0)
            break;
        if (errno == EINTR || (errno == EAGAIN && !wait))
            return FILL_AGAIN;
        if (errno != EAGAIN) {
            err_set(err, EXIT_INPUT, "%s: cannot be read: %s", capture->name, strerror(errno));
            return FILL_ERROR;
        }
        capture_is_ready(capture, -1);
    }
    capture->eof = got == 0;
    capture->len += (size_t)got;
    return got == 0 ? FILL_END : FILL_OK;
}

static enum input_status capture_read(struct input *input, struct frame *frames, size_t max,
                                      size_t *count, struct err *err)
{
    struct capture *capture = (struct capture *)input;

    if (max > INPUT_BATCH)
        max = INPUT_BATCH;
    *count = 0;
    for (;;) {
        enum parse_status parsed = PARSE_MORE;

        capture_pass_over(capture);
        if (capture->skip == 0)
            parsed = capture->format->parse(capture, frames, max, count, err);
        input->position_bytes = capture->offset + capture->at;
        if (*count > 0 || parsed == PARSE_OK)
            return INPUT_OK;
        if (parsed == PARSE_ERROR)
            return INPUT_ERROR;
        switch (capture_fill(capture, false, err)) {
        case FILL_OK:
            break;
        case FILL_AGAIN:
            return INPUT_AGAIN;
        case FILL_END:
            input->cut = capture->skip > 0 || capture->at < capture->len;
            return INPUT_END;
        case FILL_ERROR:
            return INPUT_ERROR;
        }
    }
}

static int capture_fd(const struct input *input)
{
    return ((const struct capture *)input)->fd;
}

/* As long as the window still begins with the file header there is nothing to read again. */
static bool capture_rewind(struct input *input, struct err *err)
{
    struct capture *capture = (struct capture *)input;

    if (!input->can_rewind)
        return err_set(err, EXIT_INPUT, "%s is a pipe and cannot start again: save it to a file",
                       capture->name);
    if (capture->offset > 0) {
        if (lseek(capture->fd, capture->start, SEEK_SET) < 0)
            return err_set(err, EXIT_INPUT, "%s: cannot start again: %s", capture->name,
                           strerror(errno));
        capture->offset = 0;
        capture->at = 0;
        capture->len = 0;
        capture->eof = false;
        while (capture->len < CAPTURE_HEADER) {
            enum fill_status status = capture_fill(capture, true, err);

            if (status == FILL_END)
                return err_set(err, EXIT_INPUT, "%s: has become shorter", capture->name);
            if (status == FILL_ERROR)
                return false;
        }
    }
    capture->at = capture->first_record;
    capture->skip = 0;
    capture->format->reset(capture);
    input->position_bytes = capture->at;
    input->cut = false;
    return true;
}

static void capture_close(struct input *input)
{
    struct capture *capture = (struct capture *)input;

    if (capture->format)
        capture->format->close(capture);
    if (capture->fd > STDIN_FILENO)
        close(capture->fd);
    free(capture->buffer);
    free(capture->name);
    free(capture);
}

static const struct input_ops capture_ops = {
    .read = capture_read,
    .fd = capture_fd,
    .rewind = capture_rewind,
    .close = capture_close,
};

/* What a file is that people try to open, and what makes a capture of it. */
static const struct {
    const char *magic;
    size_t length;
    const char *name, *reader;
} capture_compressed[] = {
    { "\x1f\x8b", 2, "gzip", "zcat" },   { "\x28\xb5\x2f\xfd", 4, "zstd", "zstdcat" },
    { "\xfd\x37zXZ", 5, "xz", "xzcat" }, { "\x04\x22\x4d\x18", 4, "lz4", "lz4cat" },
    { "BZh", 3, "bzip2", "bzcat" },
};

static bool capture_check_compressed(const struct capture *capture, struct err *err)
{
    bool is_stdin = strcmp(capture->base.source, "-") == 0;

    for (size_t i = 0; i < sizeof(capture_compressed) / sizeof(capture_compressed[0]); i++) {
        const char *reader = capture_compressed[i].reader;

        if (capture->len < capture_compressed[i].length ||
            memcmp(capture->data, capture_compressed[i].magic, capture_compressed[i].length) != 0)
            continue;
        if (is_stdin)
            return err_set(err, EXIT_INPUT,
                           "%s is compressed with %s: put %s before mirrortop in the pipe",
                           capture->name, capture_compressed[i].name, reader);
        return err_set(err, EXIT_INPUT, "%s is compressed with %s: %s %s | mirrortop -r -",
                       capture->name, capture_compressed[i].name, reader, capture->name);
    }
    return true;
}

/* The first bytes tell the format; NULL: it is none of ours. */
static const struct capture_format *capture_match(const struct capture *capture)
{
    static const struct {
        uint8_t magic[4];
        const struct capture_format *format;
    } formats[] = {
        { { 0x0a, 0x0d, 0x0d, 0x0a }, &capture_pcapng },
        { { 0xa1, 0xb2, 0xc3, 0xd4 }, &capture_pcap },
        { { 0xd4, 0xc3, 0xb2, 0xa1 }, &capture_pcap },
        { { 0xa1, 0xb2, 0x3c, 0x4d }, &capture_pcap },
        { { 0x4d, 0x3c, 0xb2, 0xa1 }, &capture_pcap },
        { { 0xa1, 0xb2, 0xcd, 0x34 }, &capture_pcap },
        { { 0x34, 0xcd, 0xb2, 0xa1 }, &capture_pcap },
    };

    for (size_t i = 0; capture->len >= 4 && i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (memcmp(capture->data, formats[i].magic, 4) == 0)
            return formats[i].format;
    }
    return NULL;
}

static const struct capture_format *capture_detect(const struct capture *capture, struct err *err)
{
    const struct capture_format *format = capture_match(capture);

    if (capture->len == 0) {
        err_set(err, EXIT_INPUT, "%s is empty: not a capture", capture->name);
        return NULL;
    }
    if (!capture_check_compressed(capture, err))
        return NULL;
    if (!format) {
        err_set(err, EXIT_INPUT, "%s is not a pcap or pcapng capture", capture->name);
        return NULL;
    }
    if (capture->len < CAPTURE_HEADER) {
        err_set(err, EXIT_INPUT, "%s: ends inside its file header: not a whole capture",
                capture->name);
        return NULL;
    }
    return format;
}

/* Looks at the first packet, where that can be done without losing it, so that a capture which
 * cannot be read is refused before anything else begins. */
static bool capture_try_first(struct capture *capture, struct err *err)
{
    struct input *input = &capture->base;
    struct frame frame;
    size_t count;

    if (!input->can_rewind)
        return true;
    if (input_read(input, &frame, 1, &count, err) == INPUT_ERROR)
        return false;
    return input_rewind(input, err);
}

static bool capture_begin(struct capture *capture, struct err *err)
{
    capture->format = capture_detect(capture, err);
    if (!capture->format || !capture->format->open(capture, err))
        return false;
    capture->at = capture->first_record;
    return capture_try_first(capture, err);
}

static struct capture *capture_new(const char *source, struct err *err)
{
    struct capture *capture = calloc(1, sizeof(*capture));
    const char *name = strcmp(source, "-") == 0 ? "standard input" : source;

    if (capture) {
        capture->base.ops = &capture_ops;
        capture->fd = -1;
        capture->name = strdup(name);
        capture->base.source = name == source ? capture->name : "-";
    }
    if (!capture || !capture->name) {
        free(capture);
        err_set(err, EXIT_RUNTIME, "out of memory");
        return NULL;
    }
    return capture;
}

static bool capture_open_fd(struct capture *capture, const char *path, struct err *err)
{
    struct stat status;

    if (strcmp(path, "-") == 0)
        capture->fd = STDIN_FILENO;
    else
        capture->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (capture->fd < 0 || fstat(capture->fd, &status) != 0)
        return err_set(err, EXIT_INPUT, "%s: cannot be opened: %s", capture->name, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return err_set(err, EXIT_INPUT, "%s is a directory: name a capture in it", capture->name);
    if (isatty(capture->fd))
        return err_set(err, EXIT_INPUT, "%s is a terminal: pipe a capture into it", capture->name);
    capture->regular = S_ISREG(status.st_mode);
    if (!capture->regular)
        return true;
    capture->start = lseek(capture->fd, 0, SEEK_CUR);
    if (capture->start < 0 || capture->start > status.st_size)
        capture->start = 0;
    capture->base.can_rewind = true;
    capture->base.size_bytes = (uint64_t)(status.st_size - capture->start);
    posix_fadvise(capture->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

/* Waits for the file header, though reads never wait: what is wrong with it is to be said before
 * the screen starts. */
static bool capture_fill_header(struct capture *capture, struct err *err)
{
    while (capture->len < CAPTURE_HEADER) {
        switch (capture_fill(capture, true, err)) {
        case FILL_OK:
            break;
        case FILL_AGAIN:
            return err_set(err, EXIT_INPUT, "%s: interrupted before a capture came", capture->name);
        case FILL_END:
            return true;
        case FILL_ERROR:
            return false;
        }
    }
    return true;
}

struct input *input_open_file(const char *path, struct err *err)
{
    struct capture *capture = capture_new(path, err);

    if (!capture)
        return NULL;
    if (!capture_open_fd(capture, path, err))
        goto fail;
    capture->buffer = malloc(CAPTURE_WINDOW);
    if (!capture->buffer) {
        err_set(err, EXIT_RUNTIME, "out of memory");
        goto fail;
    }
    capture->data = capture->buffer;
    if (!capture_fill_header(capture, err) || !capture_begin(capture, err))
        goto fail;
    return &capture->base;
fail:
    capture_close(&capture->base);
    return NULL;
}

struct input *input_open_memory(const char *source, const uint8_t *data, size_t size,
                                struct err *err)
{
    struct capture *capture = capture_new(source, err);

    if (!capture)
        return NULL;
    capture->data = data;
    capture->len = size;
    capture->eof = true;
    capture->base.can_rewind = true;
    capture->base.size_bytes = size;
    if (!capture_begin(capture, err)) {
        capture_close(&capture->base);
        return NULL;
    }
    return &capture->base;
}
