/* SPDX-License-Identifier: MIT */
/*
 * input: where frames come from.
 *
 * One `struct input_ops` a kind of source (file.c; later interface.c, socket.c). An input is used
 * by one thread. Frames are handed out in batches and point into the input's own buffer: they
 * are valid until the next read or close.
 */
#ifndef MIRRORTOP_INPUT_INPUT_H
#define MIRRORTOP_INPUT_INPUT_H

#include "../../decode/decode.h"
#include "../err.h"

#include <stddef.h>
#include <stdint.h>

enum { INPUT_BATCH = 64 };

struct frame {
    const uint8_t *data;
    uint64_t ts_ns;    /* since 1970, UTC */
    uint32_t captured; /* bytes at data */
    uint32_t wire;     /* bytes that the frame had */
    uint8_t link;      /* enum link_type */
};

enum input_status {
    INPUT_OK,    /* at least one frame */
    INPUT_AGAIN, /* nothing now; poll input_fd() and ask again */
    INPUT_END,   /* no more, ever */
    INPUT_ERROR, /* err says why; what came before counts */
};

struct input; /* each kind puts this at the front of its own struct */

struct input_ops {
    /* Up to `max` frames (at most INPUT_BATCH); *count is set in every case. */
    enum input_status (*read)(struct input *input, struct frame *frames, size_t max, size_t *count,
                              struct err *err);
    int (*fd)(const struct input *input);                 /* to poll after INPUT_AGAIN */
    bool (*rewind)(struct input *input, struct err *err); /* back to the first frame, if it can */
    void (*close)(struct input *input);
};

struct input {
    const struct input_ops *ops;
    const char *source;      /* for the header: file name, "-", interface ... */
    uint64_t position_bytes; /* consumed so far */
    uint64_t size_bytes;     /* of the whole source; 0: unknown (a pipe) */
    bool cut;                /* the file ended inside a packet */
    bool can_rewind;
};

static inline enum input_status input_read(struct input *input, struct frame *frames, size_t max,
                                           size_t *count, struct err *err)
{
    return input->ops->read(input, frames, max, count, err);
}

static inline int input_fd(const struct input *input)
{
    return input->ops->fd(input);
}

static inline bool input_rewind(struct input *input, struct err *err)
{
    return input->ops->rewind(input, err);
}

static inline void input_close(struct input *input)
{
    if (input)
        input->ops->close(input);
}

/*
 * Opens a capture: classic pcap (micro- and nanosecond, both byte orders, also the modified
 * 0xa1b2cd34 magic) or pcapng (several sections and interfaces, their time resolutions and
 * offsets). `path` "-" is standard input. `wait`: read() blocks until data comes (batch; a signal
 * ends the wait with INPUT_AGAIN); otherwise it answers INPUT_AGAIN on a pipe that has nothing yet
 * (screen). Opening itself waits for the file header, so that its errors come before the screen.
 *
 * NULL and *err (EXIT_INPUT) when there is no such file, it is a directory, empty, compressed, not
 * a capture, corrupt before its first packet, or its link type is not known (the error names it).
 * pcapng: frames of an interface of unknown link type are LINK_UNSUPPORTED where interfaces of a
 * known one came before them; without any it is that error (from read(), on a pipe).
 *
 * read(): a file that ends inside a packet or block is `cut` and INPUT_END; a structure that
 * contradicts itself is INPUT_ERROR with the byte where it begins. Stamps are below 2^63 ns (the
 * year 2262), captured lengths at most 262,144; nothing else in a frame has been checked.
 */
struct input *input_open_file(const char *path, bool wait, struct err *err);

/* The same on bytes in memory, which the caller keeps: the built-in sample, tests and fuzzing. */
struct input *input_open_memory(const char *source, const uint8_t *data, size_t size,
                                struct err *err);

#endif
