/* SPDX-License-Identifier: MIT */
/*
 * Classic pcap (draft-ietf-opsawg-pcap):
 *
 *   file header, 24 bytes             record header, 16 bytes (24 with the modified magic)
 *    0 magic: unit and byte order      0 seconds since 1970
 *    4 major, minor version            4 micro- or nanoseconds
 *    8 reserved                        8 captured length
 *   16 snap length                    12 length on the wire
 *   20 link type, low 26 bits         16 modified only: interface, protocol, packet type
 */
#include "capture.h"

#define PCAP_MICROSECONDS 0xa1b2c3d4u
#define PCAP_NANOSECONDS 0xa1b23c4du
#define PCAP_MODIFIED 0xa1b2cd34u

enum { PCAP_RECORD = 16, PCAP_RECORD_MODIFIED = 24, PCAP_LINK_MASK = 0x03ffffff };

static bool pcap_read_magic(struct capture *capture, const uint8_t *header)
{
    for (int turn = 0; turn < 2; turn++) {
        capture->swapped = turn == 1;
        switch (capture_u32(capture, header)) {
        case PCAP_MICROSECONDS:
            capture->pcap.tick_ns = 1000;
            capture->pcap.record_header = PCAP_RECORD;
            return true;
        case PCAP_NANOSECONDS:
            capture->pcap.tick_ns = 1;
            capture->pcap.record_header = PCAP_RECORD;
            return true;
        case PCAP_MODIFIED:
            capture->pcap.tick_ns = 1000;
            capture->pcap.record_header = PCAP_RECORD_MODIFIED;
            return true;
        default:
            break;
        }
    }
    return false;
}

static bool pcap_open_header(struct capture *capture, struct err *err)
{
    const uint8_t *header = capture->data;
    uint32_t link;
    unsigned major, minor;
    char name[64];

    if (!pcap_read_magic(capture, header))
        return err_set(err, EXIT_INPUT, "%s: not a capture file", capture->name);
    major = capture_u16(capture, header + 4);
    minor = capture_u16(capture, header + 6);
    /* Before 2.3 the two lengths stood the other way round. */
    if (major != 2 || minor < 3)
        return err_set(err, EXIT_INPUT,
                       "%s: pcap version %u.%u is not read (only 2.3 and 2.4): convert it with "
                       "editcap",
                       capture->name, major, minor);
    link = capture_u32(capture, header + 20) & PCAP_LINK_MASK;
    capture->pcap.link = (uint8_t)capture_link(link);
    if (capture->pcap.link == LINK_UNSUPPORTED) {
        capture_link_name(name, sizeof(name), link);
        return err_set(err, EXIT_INPUT,
                       "%s: link type %s is not read: capture on an Ethernet or cooked (any) "
                       "interface",
                       capture->name, name);
    }
    capture->first_record = CAPTURE_HEADER;
    return true;
}

static enum parse_status pcap_parse(struct capture *capture, struct frame *frames, size_t max,
                                    size_t *count, struct err *err)
{
    struct cursor window = cur_make(capture->data + capture->at, capture->len - capture->at);
    const size_t header_bytes = capture->pcap.record_header;
    const uint32_t tick_ns = capture->pcap.tick_ns;
    enum parse_status status = PARSE_OK;
    uint32_t captured = 0;
    size_t n;

    for (n = 0; n < max; n++) {
        struct cursor record = window;
        struct frame *frame = &frames[n];
        const uint8_t *header = cur_take(&record, header_bytes);

        if (!header) {
            status = PARSE_MORE;
            break;
        }
        captured = capture_u32(capture, header + 8);
        if (captured > CAPTURE_MAX_FRAME) {
            status = PARSE_ERROR;
            break;
        }
        frame->data = cur_take(&record, captured);
        if (!frame->data) {
            status = PARSE_MORE;
            break;
        }
        /* The decoder reads the first two cache lines of every frame of the batch. */
        if (captured > 64)
            __builtin_prefetch(frame->data + 64);
        frame->ts_ns = (uint64_t)capture_u32(capture, header) * 1000000000u +
                       (uint64_t)capture_u32(capture, header + 4) * tick_ns;
        frame->captured = captured;
        frame->unkept = 0;
        frame->wire = capture_u32(capture, header + 12);
        frame->link = capture->pcap.link;
        window = record;
    }
    capture->at = (size_t)(window.p - capture->data);
    *count = n;
    if (status == PARSE_ERROR)
        capture_corrupt(capture, err, "a packet of %u captured bytes (at most %d can be)", captured,
                        CAPTURE_MAX_FRAME);
    return status;
}

static void pcap_reset(struct capture *capture)
{
    (void)capture;
}

const struct capture_format capture_pcap = {
    .name = "pcap",
    .open = pcap_open_header,
    .parse = pcap_parse,
    .reset = pcap_reset,
    .close = pcap_reset,
};
