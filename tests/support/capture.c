/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void die(const char *what, const char *path)
{
    fprintf(stderr, "capture: cannot %s %s: %s\n", what, path, strerror(errno));
    exit(1);
}

void capture_add(struct capture *capture, uint64_t ts_ns, const void *data, size_t captured,
                 size_t wire, uint32_t interface)
{
    struct capture_frame *frame;

    if (capture->snaplen && captured > capture->snaplen)
        captured = capture->snaplen;
    if (capture->count == capture->room) {
        capture->room = capture->room ? 2 * capture->room : 256;
        capture->frames = realloc(capture->frames, capture->room * sizeof *capture->frames);
        if (!capture->frames)
            die("keep", "frames");
    }
    frame = &capture->frames[capture->count++];
    *frame = (struct capture_frame){ .ts_ns = ts_ns,
                                     .captured = (uint32_t)captured,
                                     .wire = (uint32_t)wire,
                                     .interface = interface };
    frame->data = malloc(captured ? captured : 1);
    if (!frame->data)
        die("keep", "frames");
    if (captured)
        memcpy(frame->data, data, captured);
}

/* A merge sort, because it is stable and qsort() is not. */
static void sort(struct capture_frame *frames, struct capture_frame *scratch, size_t count)
{
    size_t half = count / 2;
    size_t left = 0, right = half;

    if (count < 2)
        return;
    sort(frames, scratch, half);
    sort(frames + half, scratch, count - half);
    for (size_t i = 0; i < count; i++) {
        bool take_left =
            right == count || (left < half && frames[left].ts_ns <= frames[right].ts_ns);

        scratch[i] = take_left ? frames[left++] : frames[right++];
    }
    memcpy(frames, scratch, count * sizeof *frames);
}

void capture_sort(struct capture *capture)
{
    struct capture_frame *scratch = calloc(capture->count + 1, sizeof *scratch);

    if (!scratch)
        die("sort", "frames");
    sort(capture->frames, scratch, capture->count);
    free(scratch);
}

struct writer {
    FILE *file;
    const char *path;
    bool big_endian;
};

static struct writer writer_open(const char *path, bool big_endian)
{
    struct writer w = { .file = fopen(path, "wb"), .path = path, .big_endian = big_endian };

    if (!w.file)
        die("make", path);
    return w;
}

static void put(struct writer *w, const void *data, size_t size)
{
    if (size && fwrite(data, 1, size, w->file) != size)
        die("write", w->path);
}

static void put_number(struct writer *w, uint32_t value, size_t size)
{
    uint8_t bytes[4];

    for (size_t i = 0; i < size; i++)
        bytes[w->big_endian ? size - 1 - i : i] = (uint8_t)(value >> 8 * i);
    put(w, bytes, size);
}

static void put32(struct writer *w, uint32_t value)
{
    put_number(w, value, 4);
}

static void put16(struct writer *w, uint16_t value)
{
    put_number(w, value, 2);
}

static void writer_close(struct writer *w, size_t cut_bytes)
{
    long size = ftell(w->file);

    if (size < 0 || fflush(w->file) != 0 ||
        (cut_bytes && ftruncate(fileno(w->file), size - (long)cut_bytes) != 0))
        die("write", w->path);
    if (fclose(w->file) != 0)
        die("write", w->path);
}

void capture_write_pcap(const struct capture *capture, const char *path,
                        const struct capture_pcap *format)
{
    struct writer w = writer_open(path, format->big_endian);
    uint32_t unit_ns = format->nanoseconds ? 1 : 1000;

    put32(&w, format->nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
    put16(&w, 2);
    put16(&w, 4);
    put32(&w, 0);
    put32(&w, 0);
    put32(&w, capture->snaplen ? capture->snaplen : 262144);
    put32(&w, format->link_type);
    for (size_t i = 0; i < capture->count; i++) {
        const struct capture_frame *frame = &capture->frames[i];

        put32(&w, (uint32_t)(frame->ts_ns / 1000000000));
        put32(&w, (uint32_t)(frame->ts_ns % 1000000000 / unit_ns));
        put32(&w, frame->captured);
        put32(&w, frame->wire);
        put(&w, frame->data, frame->captured);
    }
    writer_close(&w, format->cut_bytes);
}

/* Units of the interface's clock since 1970. */
static uint64_t in_units(uint64_t ts_ns, uint8_t resolution)
{
    uint64_t seconds = ts_ns / 1000000000, rest = ts_ns % 1000000000;
    uint64_t per_second = 1;

    if (resolution & 0x80) {
        per_second <<= resolution & 0x7f;
    } else {
        for (uint8_t i = 0; i < resolution; i++)
            per_second *= 10;
    }
    return seconds * per_second + rest * per_second / 1000000000;
}

void capture_write_pcapng(const struct capture *capture, const char *path,
                          const struct capture_interface *interfaces, size_t count)
{
    struct writer w = writer_open(path, false);

    put32(&w, 0x0a0d0d0a); /* section header */
    put32(&w, 28);
    put32(&w, 0x1a2b3c4d);
    put16(&w, 1);
    put16(&w, 0);
    put32(&w, 0xffffffff); /* its length is not told */
    put32(&w, 0xffffffff);
    put32(&w, 28);
    for (size_t i = 0; i < count; i++) {
        put32(&w, 1); /* interface description with if_tsresol */
        put32(&w, 32);
        put16(&w, interfaces[i].link_type);
        put16(&w, 0);
        put32(&w, 262144);
        put16(&w, 9);
        put16(&w, 1);
        put32(&w, interfaces[i].resolution);
        put32(&w, 0);
        put32(&w, 32);
    }
    for (size_t i = 0; i < capture->count; i++) {
        const struct capture_frame *frame = &capture->frames[i];
        uint64_t units = in_units(frame->ts_ns, interfaces[frame->interface].resolution);
        uint32_t padding = (4 - frame->captured % 4) % 4;
        uint32_t length = 32 + frame->captured + padding;

        put32(&w, 6); /* enhanced packet */
        put32(&w, length);
        put32(&w, frame->interface);
        put32(&w, (uint32_t)(units >> 32));
        put32(&w, (uint32_t)units);
        put32(&w, frame->captured);
        put32(&w, frame->wire);
        put(&w, frame->data, frame->captured);
        put_number(&w, 0, padding);
        put32(&w, length);
    }
    writer_close(&w, 0);
}

void capture_release(struct capture *capture)
{
    for (size_t i = 0; i < capture->count; i++)
        free(capture->frames[i].data);
    free(capture->frames);
    *capture = (struct capture){ 0 };
}
