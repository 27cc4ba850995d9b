/* SPDX-License-Identifier: MIT */
/*
 * capture: capture files for tests, of frames made in any order.
 *
 * Frames are kept in memory, then sorted by time (frames of the same time keep their order) and
 * written as pcap or pcapng. What cannot be done ends the program with a message.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_CAPTURE_H
#define MIRRORTOP_TESTS_SUPPORT_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture_frame {
    uint64_t ts_ns;
    uint8_t *data; /* owned */
    uint32_t captured, wire;
    uint32_t interface; /* pcapng */
};

struct capture {
    struct capture_frame *frames;
    size_t count, room;
    uint32_t snaplen; /* frames are cut to this length; 0: they are not */
};

struct capture_pcap {
    bool nanoseconds;
    bool big_endian;
    uint32_t link_type; /* LINKTYPE_ETHERNET is 1 */
    size_t cut_bytes;   /* leave out so many bytes at the file's end */
};

/* One interface of a pcapng file. `resolution` is the if_tsresol option (6: micro-, 9:
 * nanoseconds; 0x80 + n: 2 to the power of -n seconds). */
struct capture_interface {
    uint16_t link_type;
    uint8_t resolution;
};

/* Copies the frame. */
void capture_add(struct capture *capture, uint64_t ts_ns, const void *data, size_t captured,
                 size_t wire, uint32_t interface);
void capture_sort(struct capture *capture);
void capture_write_pcap(const struct capture *capture, const char *path,
                        const struct capture_pcap *format);
void capture_write_pcapng(const struct capture *capture, const char *path,
                          const struct capture_interface *interfaces, size_t count);
void capture_release(struct capture *capture);

#endif
