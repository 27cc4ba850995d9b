/* SPDX-License-Identifier: MIT */
#include "capbuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct capbuild cb;
struct capbuild_got cb_got;
struct err cb_err;

static void require(bool truth, const char *what)
{
    if (!truth) {
        fprintf(stderr, "capbuild: %s\n", what);
        abort();
    }
}

void cb_start(bool big_endian)
{
    cb.length = 0;
    cb.big_endian = big_endian;
}

void cb_raw(const void *data, size_t length)
{
    require(cb.length + length <= CB_SIZE, "the capture is too large");
    memcpy(cb.data + cb.length, data, length);
    cb.length += length;
}

void cb_put(uint64_t value, size_t size)
{
    uint8_t out[8];

    for (size_t i = 0; i < size; i++)
        out[cb.big_endian ? size - 1 - i : i] = (uint8_t)(value >> (8 * i));
    cb_raw(out, size);
}

void cb_pcap(uint32_t magic, uint32_t link)
{
    cb_put(magic, 4);
    cb_put(2, 2);
    cb_put(4, 2);
    cb_put(0, 8);
    cb_put(65535, 4);
    cb_put(link, 4);
}

void cb_frame(uint8_t first, size_t captured)
{
    for (size_t i = 0; i < captured; i++)
        cb_put((uint8_t)(first + i), 1);
}

void cb_record(uint32_t seconds, uint32_t part, uint8_t first, uint32_t captured, uint32_t wire)
{
    cb_put(seconds, 4);
    cb_put(part, 4);
    cb_put(captured, 4);
    cb_put(wire, 4);
    cb_frame(first, captured);
}

size_t cb_open_block(uint32_t type)
{
    cb_put(type, 4);
    cb_put(0, 4);
    return cb.length - 8;
}

void cb_close_block(size_t block)
{
    size_t end;

    while (cb.length % 4 != 0)
        cb_put(0, 1);
    end = cb.length + 4;
    cb.length = block + 4;
    cb_put(end - block, 4);
    cb.length = end - 4;
    cb_put(end - block, 4);
}

void cb_section(void)
{
    size_t block = cb_open_block(0x0a0d0d0a);

    cb_put(0x1a2b3c4d, 4);
    cb_put(1, 2);
    cb_put(0, 2);
    cb_put(UINT64_MAX, 8);
    cb_close_block(block);
}

void cb_interface(uint16_t link, uint32_t snaplen, int resolution, int64_t offset)
{
    size_t block = cb_open_block(1);

    cb_put(link, 2);
    cb_put(0, 2);
    cb_put(snaplen, 4);
    cb_put(2, 2); /* if_name, to be passed over */
    cb_put(3, 2);
    cb_raw("eth\0", 4);
    if (resolution >= 0) {
        cb_put(9, 2);
        cb_put(1, 2);
        cb_put((uint64_t)resolution, 1);
        cb_put(0, 3);
    }
    if (offset != 0) {
        cb_put(14, 2);
        cb_put(8, 2);
        cb_put((uint64_t)offset, 8);
    }
    cb_put(0, 4);
    cb_close_block(block);
}

void cb_enhanced(uint32_t interface, uint64_t ticks, uint8_t first, uint32_t captured)
{
    size_t block = cb_open_block(6);

    cb_put(interface, 4);
    cb_put(ticks >> 32, 4);
    cb_put(ticks & UINT32_MAX, 4);
    cb_put(captured, 4);
    cb_put(captured + 100, 4);
    cb_frame(first, captured);
    cb_close_block(block);
}

void cb_unknown(size_t length)
{
    size_t block = cb_open_block(0x0bad);

    cb_frame(0x0a, length);
    cb_close_block(block);
}

void cb_varied(void)
{
    size_t block;

    cb_start(false);
    cb_section();
    cb_unknown(13);
    cb_interface(1, 24, 6, 0);
    cb_interface(189, 0, 9, 0); /* USB */
    cb_interface(101, 0, 9, 0);
    cb_enhanced(0, 1000000, 1, 21);
    cb_enhanced(1, 2000000000, 2, 22);
    cb_enhanced(2, 3000000000, 3, 23);
    cb_unknown(0);
    block = cb_open_block(3); /* longer than the snap length */
    cb_put(40, 4);
    cb_frame(4, 24);
    cb_close_block(block);
    cb.big_endian = true;
    cb_section();
    cb_interface(276, 0, -1, 0);
    block = cb_open_block(2); /* obsolete packet block: 16-bit interface, drops */
    cb_put(0, 2);
    cb_put(77, 2);
    cb_put(0, 4);
    cb_put(5000000, 4);
    cb_put(25, 4);
    cb_put(125, 4);
    cb_frame(5, 25);
    cb_close_block(block);
}

static uint64_t cb_sum(const struct frame *frame)
{
    uint64_t sum = frame->captured;

    for (uint32_t i = 0; i < frame->captured; i++)
        sum = sum * 31 + frame->data[i];
    return sum;
}

void cb_read_all(struct input *input)
{
    cb_got.count = 0;
    for (;;) {
        struct frame *frames = cb_got.frames + cb_got.count;
        size_t count = 99;

        require(cb_got.count + INPUT_BATCH <= CB_FRAMES, "too many frames");
        cb_got.end = input_read(input, frames, INPUT_BATCH, &count, &cb_err);
        if (cb_got.end != INPUT_OK) {
            require(count == 0, "frames without INPUT_OK");
            return;
        }
        require(count > 0 && count <= INPUT_BATCH, "INPUT_OK with an impossible count");
        for (size_t i = 0; i < count; i++)
            cb_got.sums[cb_got.count + i] = cb_sum(&frames[i]);
        cb_got.count += count;
    }
}

struct input *cb_open(void)
{
    return input_open_memory("test", cb.data, cb.length, &cb_err);
}

struct input *cb_read(void)
{
    struct input *input = cb_open();

    require(input != NULL, cb_err.text);
    cb_read_all(input);
    return input;
}
