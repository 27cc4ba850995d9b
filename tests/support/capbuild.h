/* SPDX-License-Identifier: MIT */
/*
 * capbuild: capture files byte by byte, right and wrong ones, and what the reader makes of them.
 *
 * For the tests of the capture reader: unlike capture.h nothing here is checked or put right.
 * There is one capture at a time, in `cb`; what was read last is in `cb_got`.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_CAPBUILD_H
#define MIRRORTOP_TESTS_SUPPORT_CAPBUILD_H

#include "../../src/input/input.h"

enum { CB_SIZE = 2 * 1024 * 1024, CB_FRAMES = 4096 };

struct capbuild {
    uint8_t data[CB_SIZE];
    size_t length;
    bool big_endian;
};

struct capbuild_got {
    struct frame frames[CB_FRAMES];
    uint64_t sums[CB_FRAMES]; /* of the frames' bytes, made while they were valid */
    size_t count;
    enum input_status end;
};

extern struct capbuild cb;
extern struct capbuild_got cb_got;
extern struct err cb_err; /* of cb_open() and cb_read_all() */

void cb_start(bool big_endian);
void cb_raw(const void *data, size_t length);
/* A number of `size` bytes in the byte order of the capture. */
void cb_put(uint64_t value, size_t size);
/* Byte i of the frame is first + i. */
void cb_frame(uint8_t first, size_t captured);

/* pcap: file header, record. */
void cb_pcap(uint32_t magic, uint32_t link);
void cb_record(uint32_t seconds, uint32_t part, uint8_t first, uint32_t captured, uint32_t wire);

/* pcapng. Closing pads the block and writes both of its lengths. */
size_t cb_open_block(uint32_t type);
void cb_close_block(size_t block);
void cb_section(void);
/* resolution below 0, offset 0: without that option. */
void cb_interface(uint16_t link, uint32_t snaplen, int resolution, int64_t offset);
void cb_enhanced(uint32_t interface, uint64_t ticks, uint8_t first, uint32_t captured);
void cb_unknown(size_t length);

/* Two sections of different byte order, several interfaces, five packets in all kinds of blocks:
 * packet n (from 1) begins with byte n and has 20 + n captured bytes. */
void cb_varied(void);

/* Opens the capture from memory; NULL and cb_err. */
struct input *cb_open(void);
/* The same, and reads it to its end. The caller closes it. */
struct input *cb_read(void);
/* Reads on to the end. */
void cb_read_all(struct input *input);

#endif
