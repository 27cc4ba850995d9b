/* SPDX-License-Identifier: MIT */
/*
 * input: where frames come from.
 *
 * One `struct input_ops` a kind of source: file.c, socket.c, interface.c. An input is used by one
 * thread. Frames are handed out in batches and point into the input's own buffer: they are valid
 * until the next read or close.
 */
#ifndef MIRRORTOP_INPUT_INPUT_H
#define MIRRORTOP_INPUT_INPUT_H

#include "../../decode/decode.h"
#include "../err.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { INPUT_BATCH = 64 };

struct frame {
    const uint8_t *data;
    uint64_t ts_ns;    /* since 1970, UTC */
    uint32_t captured; /* bytes at data */
    uint32_t unkept;   /* bytes behind them that arrived, and that mirrortop itself left out */
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

enum { INPUT_TEXT = 256 };

/* What a live input says of itself. Numbers are since it was opened. */
struct input_health {
    uint64_t kernel_drops;    /* frames that the kernel had and dropped before we read them */
    bool estimated;           /* that is an estimate: it dropped merged datagrams, uncounted */
    uint64_t interface_drops; /* dropped by the device or its driver; VALUE_UNKNOWN: not told */
    uint64_t oversize;        /* datagrams longer than our buffer; what fitted was used */
    uint64_t buffer_bytes;    /* receive buffer or packet ring that the kernel granted */
    char trouble[INPUT_TEXT]; /* why nothing can come now ("eth0 is down: waiting"), or "" */
};

struct input_ops {
    /* Up to `max` frames (at most INPUT_BATCH); *count is set in every case. */
    enum input_status (*read)(struct input *input, struct frame *frames, size_t max, size_t *count,
                              struct err *err);
    int (*fd)(const struct input *input);                 /* to poll after INPUT_AGAIN */
    bool (*rewind)(struct input *input, struct err *err); /* NULL: it never can */
    void (*health)(struct input *input, struct input_health *health); /* NULL: a saved capture */
    void (*close)(struct input *input);
};

struct input {
    const struct input_ops *ops;
    const char *source;      /* for the header: file name, "-", interface ... */
    uint64_t position_bytes; /* consumed so far */
    uint64_t size_bytes;     /* of the whole source; 0: unknown (a pipe) */
    bool cut;                /* the file ended inside a packet */
    bool can_rewind;
    /* Live: what to tell the user at the start (a receive buffer that the kernel holds down, with
     * the line that mends it; a port that could not be had), one line each; "" when all is well. */
    char notice[2 * INPUT_TEXT];
    /* Live: so much fits into the kernel's buffer that reading may wait for some milliseconds,
     * which makes larger batches and so costs less. */
    bool patient;
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
 * offsets). `path` "-" is standard input. read() never waits: it answers INPUT_AGAIN on a pipe that
 * has nothing yet. Opening waits for the file header, so that its errors come before the screen.
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
struct input *input_open_file(const char *path, struct err *err);

/* The same on bytes in memory, which the caller keeps: the built-in sample, tests and fuzzing. */
struct input *input_open_memory(const char *source, const uint8_t *data, size_t size,
                                struct err *err);

/*
 * Receives mirrored packets as datagrams: needs no privilege. Each frame is LINK_RAW: the IP and
 * UDP header that the datagram had as far as the kernel tells (addresses and ports; the rest as a
 * mirror sends it), and the payload, so that decode sees what a capture would have shown.
 * At most INPUT_KEEP bytes of a frame are kept; the rest is its `unkept`.
 */
enum { INPUT_KEEP = 2048 };

struct socket_config {
    const char *address;  /* numeric, "::1" or "10.0.0.5"; NULL: all, IPv4 and IPv6 */
    uint16_t port;        /* of VXLAN; 0: none */
    uint16_t geneve_port; /* 0: none. Taken or not permitted: a notice, no error */
    uint16_t more_ports[DECODE_MAX_PORTS]; /* of VXLAN as well; 0: none. The same holds */
    size_t buffer_bytes; /* of receive buffer to ask for; 0: as much as is sensible */
    bool separate;       /* the kernel does not merge datagrams (UDP_GRO): drops are exact */
};

/* NULL and *err: EXIT_PERMISSION when the port is below 1024 and not permitted, or the address is
 * not this machine's; EXIT_USAGE when it is none; else EXIT_RUNTIME: a port that is taken is
 * explained (kernel vxlan device, or which kind of other socket, and what to do). */
struct input *input_open_socket(const struct socket_config *config, struct err *err);

struct interface_config {
    const char *name;
    const struct decode_config *decode; /* its ports make the kernel's filter */
    bool all;                           /* no filter: --direct */
    bool promiscuous;
};

/* Captures on an interface by libpcap (TPACKET_V3). The device may go down, vanish and come back
 * while it is read: health.trouble says so. It is looked for by read(), which must be called now
 * and then though input_fd() has nothing. NULL and *err (EXIT_PERMISSION): no permission (the
 * setcap line), no such device (the list of those that are there), or it is down. */
struct input *input_open_interface(const struct interface_config *config, struct err *err);

/*
 * Binds config->port (a socket a port: GENEVE's is another call) and lets the kernel throw away
 * what comes, unread: while nothing is bound there, the host answers every mirrored packet with an
 * ICMP error. Returns the socket or -1; `why` (of `size`) says why it could not be had.
 */
int input_open_drain(const struct socket_config *config, char *why, size_t size);

/* The devices that can be captured on, one a line: name, state, addresses, description. */
bool input_list_interfaces(FILE *out, struct err *err);

#endif
