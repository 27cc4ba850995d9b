/* SPDX-License-Identifier: MIT */
/*
 * pcapng (draft-ietf-opsawg-pcapng). Every block:
 *
 *    0 type   4 total length (a multiple of 4)   8 body ...   total length once more
 *
 * A section header sets the byte order and starts a new list of interfaces; an interface
 * description gives link type and time resolution; packets refer to interfaces by number.
 * Blocks of other types are passed over.
 */
#include "capture.h"

#include <stdlib.h>

enum {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, /* obsolete, still written by some */
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_ENHANCED_PACKET = 6,
    BLOCK_SECTION = 0x0a0d0d0a,

    OPTION_END = 0,
    OPTION_TIME_RESOLUTION = 9,
    OPTION_TIME_OFFSET = 14,

    NG_OVERHEAD = 12,                /* type and both lengths */
    NG_MAX_BLOCK = 16 * 1024 * 1024, /* a longer one is corrupt; Wireshark's limit too */
    NG_MAX_INTERFACES = 65536,
    NG_FIRST_INTERFACES = 16,
};

#define NG_BYTE_ORDER 0x1a2b3c4du
#define NG_SECOND 1000000000u

/* Times are handed out within [0, this]: the year 2262, so that differences fit in an int64_t. */
#define NG_MAX_SECONDS (INT64_MAX / 1000000000 - 1)

struct ng_block {
    uint32_t type, length;
    struct cursor body;
};

static uint64_t ng_time_ns(const struct capture_interface *interface, uint64_t ticks)
{
    uint64_t rate = interface->ticks_per_s;
    uint64_t seconds = ticks / rate;
    uint64_t rest = ticks % rate;
    uint64_t ns;

    /* rest < rate, so the product stays below 2^64 for every resolution that is in use. */
    if (rate <= UINT64_MAX / NG_SECOND)
        ns = rest * NG_SECOND / rate;
    else
        ns = (uint64_t)((unsigned __int128)rest * NG_SECOND / rate);
    if (interface->offset_s < 0) {
        uint64_t back = (uint64_t)0 - (uint64_t)interface->offset_s;

        if (back > seconds)
            return 0;
        seconds -= back;
    } else if (__builtin_add_overflow(seconds, (uint64_t)interface->offset_s, &seconds)) {
        seconds = NG_MAX_SECONDS;
    }
    if (seconds > NG_MAX_SECONDS)
        seconds = NG_MAX_SECONDS;
    return seconds * NG_SECOND + ns;
}

/* if_tsresol: a power of ten, or with the top bit of two. 0: finer than 64 bits can count. */
static uint64_t ng_ticks_per_s(uint8_t resolution)
{
    unsigned exponent = resolution & 0x7f;
    uint64_t ticks = 1;

    if (resolution & 0x80)
        return exponent < 64 ? UINT64_C(1) << exponent : 0;
    if (exponent > 19)
        return 0;
    while (exponent--)
        ticks *= 10;
    return ticks;
}

static bool ng_read_section(struct capture *capture, struct cursor body, struct err *err)
{
    const uint8_t *p = cur_take(&body, 16); /* byte order, versions, section length */

    if (!p)
        return capture_corrupt(capture, err, "section header too short");
    if (capture_u16(capture, p + 4) != 1)
        return capture_corrupt(capture, err, "pcapng version %u is not read (only 1)",
                               capture_u16(capture, p + 4));
    capture->ng.count = 0;
    capture->ng.in_section = true;
    return true;
}

static bool ng_read_interface_options(struct capture *capture, struct cursor body,
                                      struct capture_interface *interface, struct err *err)
{
    const uint8_t *head, *value;

    while ((head = cur_take(&body, 4)) != NULL) {
        unsigned code = capture_u16(capture, head);
        size_t length = capture_u16(capture, head + 2);

        if (code == OPTION_END)
            return true;
        value = cur_take(&body, (length + 3) & ~(size_t)3);
        if (!value)
            return capture_corrupt(capture, err, "option %u reaches beyond its block", code);
        if (code == OPTION_TIME_RESOLUTION && length == 1) {
            interface->ticks_per_s = ng_ticks_per_s(value[0]);
            if (interface->ticks_per_s == 0)
                return capture_corrupt(capture, err, "time resolution 0x%02x is not read",
                                       value[0]);
        } else if (code == OPTION_TIME_OFFSET && length == 8) {
            interface->offset_s = (int64_t)capture_u64(capture, value);
        }
    }
    return true;
}

static bool ng_grow_interfaces(struct capture *capture, struct err *err)
{
    size_t capacity = capture->ng.capacity ? capture->ng.capacity * 2 : NG_FIRST_INTERFACES;
    struct capture_interface *grown;

    if (capacity > NG_MAX_INTERFACES)
        return capture_corrupt(capture, err, "more than %d interfaces", NG_MAX_INTERFACES);
    grown = realloc(capture->ng.interfaces, capacity * sizeof(*grown));
    if (!grown)
        return err_set(err, EXIT_RUNTIME, "out of memory");
    capture->ng.interfaces = grown;
    capture->ng.capacity = capacity;
    return true;
}

static bool ng_read_interface(struct capture *capture, struct cursor body, struct err *err)
{
    const uint8_t *p = cur_take(&body, 8); /* link type, reserved, snap length */
    struct capture_interface interface = { .ticks_per_s = 1000000 };

    if (!p)
        return capture_corrupt(capture, err, "interface description too short");
    interface.link_number = capture_u16(capture, p);
    interface.link = (uint8_t)capture_link(interface.link_number);
    interface.snaplen = capture_u32(capture, p + 4);
    if (!ng_read_interface_options(capture, body, &interface, err))
        return false;
    if (capture->ng.count == capture->ng.capacity && !ng_grow_interfaces(capture, err))
        return false;
    capture->ng.interfaces[capture->ng.count++] = interface;
    if (interface.link != LINK_UNSUPPORTED)
        capture->ng.has_known_link = true;
    return true;
}

/* The interface of a packet; NULL and *err when there is none, or nothing but unknown ones. */
static const struct capture_interface *ng_interface(const struct capture *capture, uint32_t number,
                                                    struct err *err)
{
    const struct capture_interface *interface;
    char name[64];

    if (number >= capture->ng.count) {
        capture_corrupt(capture, err, "a packet of interface %u, but there are %zu", number,
                        capture->ng.count);
        return NULL;
    }
    interface = &capture->ng.interfaces[number];
    if (interface->link == LINK_UNSUPPORTED && !capture->ng.has_known_link) {
        capture_link_name(name, sizeof(name), interface->link_number);
        err_set(err, EXIT_INPUT,
                "%s: link type %s is not read: capture on an Ethernet or cooked (any) interface",
                capture->name, name);
        return NULL;
    }
    return interface;
}

static bool ng_read_simple(struct capture *capture, struct cursor body, struct frame *frame,
                           struct err *err)
{
    const struct capture_interface *interface = ng_interface(capture, 0, err);
    const uint8_t *p = cur_take(&body, 4);

    if (!interface)
        return false;
    if (!p)
        return capture_corrupt(capture, err, "packet block too short");
    frame->wire = capture_u32(capture, p);
    frame->captured = frame->wire;
    frame->unkept = 0;
    if (interface->snaplen != 0 && frame->captured > interface->snaplen)
        frame->captured = interface->snaplen;
    if (frame->captured > cur_left(&body))
        frame->captured = (uint32_t)cur_left(&body);
    frame->data = cur_take(&body, frame->captured);
    frame->link = interface->link;
    frame->ts_ns = capture->ng.last_ts_ns;
    return true;
}

/* Enhanced and obsolete packet blocks differ only in how they number the interface. */
static bool ng_read_packet(struct capture *capture, const struct ng_block *block,
                           struct frame *frame, struct err *err)
{
    struct cursor body = block->body;
    const uint8_t *p = cur_take(&body, 20); /* interface, time high and low, captured, wire */
    const struct capture_interface *interface;
    uint32_t number;

    if (!p)
        return capture_corrupt(capture, err, "packet block too short");
    number = block->type == BLOCK_PACKET ? capture_u16(capture, p) : capture_u32(capture, p);
    interface = ng_interface(capture, number, err);
    if (!interface)
        return false;
    frame->captured = capture_u32(capture, p + 12);
    frame->wire = capture_u32(capture, p + 16);
    frame->unkept = 0;
    frame->data = cur_take(&body, frame->captured);
    if (!frame->data)
        return capture_corrupt(capture, err, "a packet of %u captured bytes in a block of %u",
                               frame->captured, block->length);
    frame->ts_ns = ng_time_ns(interface, (uint64_t)capture_u32(capture, p + 4) << 32 |
                                             capture_u32(capture, p + 8));
    frame->link = interface->link;
    capture->ng.last_ts_ns = frame->ts_ns;
    return true;
}

static bool ng_is_packet(uint32_t type)
{
    return type == BLOCK_ENHANCED_PACKET || type == BLOCK_PACKET || type == BLOCK_SIMPLE_PACKET;
}

/* The byte order that a section header declares: it holds from its own length field on. */
static enum parse_status ng_read_byte_order(struct capture *capture, struct cursor window,
                                            struct err *err)
{
    if (!cur_skip(&window, 8) || !cur_has(&window, 4))
        return PARSE_MORE;
    for (int turn = 0; turn < 2; turn++) {
        capture->swapped = turn == 1;
        if (capture_u32(capture, window.p) == NG_BYTE_ORDER)
            return PARSE_OK;
    }
    capture_corrupt(capture, err, "section header without a byte-order magic");
    return PARSE_ERROR;
}

/* The block at the window's front, when it is whole. One that is only to be passed over and does
 * not fit in the window comes without a body. */
static enum parse_status ng_take_block(struct capture *capture, struct ng_block *block,
                                       struct err *err)
{
    struct cursor window = cur_make(capture->data + capture->at, capture->len - capture->at);
    const uint8_t *head;
    bool needed;

    if (!cur_has(&window, 8))
        return PARSE_MORE;
    block->type = capture_u32(capture, window.p);
    if (block->type == BLOCK_SECTION) {
        enum parse_status status = ng_read_byte_order(capture, window, err);

        if (status != PARSE_OK)
            return status;
    } else if (!capture->ng.in_section) {
        capture_corrupt(capture, err, "block 0x%08x outside a section", block->type);
        return PARSE_ERROR;
    }
    block->length = capture_u32(capture, window.p + 4);
    needed =
        block->type == BLOCK_SECTION || block->type == BLOCK_INTERFACE || ng_is_packet(block->type);
    if (block->length < NG_OVERHEAD || block->length % 4 != 0 || block->length > NG_MAX_BLOCK ||
        (needed && block->length > CAPTURE_WINDOW)) {
        capture_corrupt(capture, err, "block 0x%08x of %u bytes", block->type, block->length);
        return PARSE_ERROR;
    }
    if (block->length > CAPTURE_WINDOW) {
        block->body = cur_make(window.p, 0);
        return PARSE_OK;
    }
    head = cur_take(&window, block->length);
    if (!head)
        return PARSE_MORE;
    if (capture_u32(capture, head + block->length - 4) != block->length) {
        capture_corrupt(capture, err, "block 0x%08x: its two lengths differ (%u, %u)", block->type,
                        block->length, capture_u32(capture, head + block->length - 4));
        return PARSE_ERROR;
    }
    block->body = cur_make(head + 8, block->length - NG_OVERHEAD);
    return PARSE_OK;
}

/* Moves behind the block; what of it is not in the window yet is passed over when it comes. */
static void ng_drop_block(struct capture *capture, const struct ng_block *block)
{
    size_t left = capture->len - capture->at;
    size_t here = block->length < left ? block->length : left;

    capture->at += here;
    capture->skip = block->length - here;
}

static bool ng_read_block(struct capture *capture, const struct ng_block *block,
                          struct frame *frame, struct err *err)
{
    switch (block->type) {
    case BLOCK_SECTION:
        return ng_read_section(capture, block->body, err);
    case BLOCK_INTERFACE:
        return ng_read_interface(capture, block->body, err);
    case BLOCK_SIMPLE_PACKET:
        return ng_read_simple(capture, block->body, frame, err);
    case BLOCK_PACKET:
    case BLOCK_ENHANCED_PACKET:
        return ng_read_packet(capture, block, frame, err);
    default:
        return true;
    }
}

static enum parse_status ng_parse(struct capture *capture, struct frame *frames, size_t max,
                                  size_t *count, struct err *err)
{
    *count = 0;
    while (*count < max) {
        struct frame *frame = &frames[*count];
        struct ng_block block;
        enum parse_status status = ng_take_block(capture, &block, err);

        if (status != PARSE_OK)
            return status;
        if (!ng_read_block(capture, &block, frame, err))
            return PARSE_ERROR;
        if (ng_is_packet(block.type)) {
            if (frame->captured > CAPTURE_MAX_FRAME) {
                capture_corrupt(capture, err, "a packet of %u captured bytes (at most %d can be)",
                                frame->captured, CAPTURE_MAX_FRAME);
                return PARSE_ERROR;
            }
            (*count)++;
        }
        ng_drop_block(capture, &block);
        if (capture->skip > 0)
            return PARSE_MORE;
    }
    return PARSE_OK;
}

static void ng_reset(struct capture *capture)
{
    capture->ng.count = 0;
    capture->ng.in_section = false;
    capture->ng.has_known_link = false;
    capture->ng.last_ts_ns = 0;
}

static bool ng_open(struct capture *capture, struct err *err)
{
    (void)err;
    capture->first_record = 0;
    ng_reset(capture);
    return true;
}

static void ng_close(struct capture *capture)
{
    free(capture->ng.interfaces);
}

const struct capture_format capture_pcapng = {
    .name = "pcapng",
    .open = ng_open,
    .parse = ng_parse,
    .reset = ng_reset,
    .close = ng_close,
};
