/* SPDX-License-Identifier: MIT */
/*
 * capture: a saved capture as a window of bytes that slides over the source.
 *
 * Internal to src/input. file.c owns the window and fills it; pcap.c and pcapng.c find the frames
 * in it. A format never reads and never allocates for a frame: it consumes what is whole in the
 * window and says when it needs more. Every record that must lie in the window at once is
 * bounded below its capacity, so asking for more always succeeds or ends.
 */
#ifndef MIRRORTOP_INPUT_CAPTURE_H
#define MIRRORTOP_INPUT_CAPTURE_H

#include "input.h"

#include <string.h>
#include <sys/types.h>

#include "../../decode/cursor.h"

enum {
    /* A record that claims more captured bytes is a corrupt record: no link type that is read
     * here has longer frames, and it is the limit of libpcap and Wireshark as well. */
    CAPTURE_MAX_FRAME = 262144,
    /* Measured: from 256 to 512 KiB is fastest. It leaves room in the second-level cache, so that
     * the bytes are still there when they are decoded; it must exceed the largest record. */
    CAPTURE_WINDOW = 384 * 1024,
    /* Magic number and file header of either format. */
    CAPTURE_HEADER = 24,
};

enum parse_status {
    PARSE_OK,    /* `max` frames, or there is more in the window to look at */
    PARSE_MORE,  /* what is left in the window is not a whole record */
    PARSE_ERROR, /* err says why; the window stays at the offending record */
};

struct capture;

struct capture_format {
    const char *name;
    /* Reads the file header, CAPTURE_HEADER bytes of which are in the window. */
    bool (*open)(struct capture *capture, struct err *err);
    /* Hands out up to `max` frames of the window; *count is set in every case. */
    enum parse_status (*parse)(struct capture *capture, struct frame *frames, size_t max,
                               size_t *count, struct err *err);
    /* Forgets what was learnt behind the file header: the source starts again. */
    void (*reset)(struct capture *capture);
    void (*close)(struct capture *capture);
};

extern const struct capture_format capture_pcap;
extern const struct capture_format capture_pcapng;

/* One interface of a pcapng section. */
struct capture_interface {
    uint64_t ticks_per_s;
    int64_t offset_s;
    uint32_t snaplen; /* 0: no limit */
    uint16_t link_number;
    uint8_t link; /* enum link_type */
};

struct capture {
    struct input base; /* first */
    const struct capture_format *format;
    char *name; /* for messages */

    /* The window: data[at .. len) is not consumed yet; data[0] is byte `offset` of the source. */
    const uint8_t *data;
    size_t at, len;
    uint64_t offset;
    uint64_t skip;   /* bytes behind the window to pass over */
    uint8_t *buffer; /* data, when it is ours to fill; NULL: bytes in memory */
    int fd;
    off_t start; /* of the capture in a regular file (standard input may stand anywhere) */
    bool regular, eof;

    size_t first_record; /* offset of the first record; 0 for pcapng */
    bool swapped;        /* the file (or section) is in the other byte order */

    struct {
        size_t record_header; /* bytes */
        uint32_t tick_ns;     /* of the second time field */
        uint8_t link;
    } pcap;

    struct {
        struct capture_interface *interfaces;
        size_t count, capacity;
        bool in_section;
        bool has_known_link; /* some interface so far has a link type that is decoded */
        uint64_t last_ts_ns; /* for simple packet blocks, which have no time */
    } ng;
};

/* Fails with EXIT_INPUT and "NAME: corrupt at byte N: REASON", N being where the record starts. */
bool capture_corrupt(const struct capture *capture, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Numbers in the byte order of the file, from bytes that cur_take() has vouched for. */
static inline uint16_t capture_u16(const struct capture *capture, const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof(v));
    return capture->swapped ? __builtin_bswap16(v) : v;
}

static inline uint32_t capture_u32(const struct capture *capture, const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return capture->swapped ? __builtin_bswap32(v) : v;
}

static inline uint64_t capture_u64(const struct capture *capture, const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return capture->swapped ? __builtin_bswap64(v) : v;
}

/* What decode makes of a LINKTYPE_ number (LINK_UNSUPPORTED: nothing). */
enum link_type capture_link(uint32_t number);

/* "IEEE802_11_RADIO (127)", or only the number, into `out`. */
void capture_link_name(char *out, size_t size, uint32_t number);

#endif
