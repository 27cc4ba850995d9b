/* SPDX-License-Identifier: MIT */
/*
 * tcp_times: when bytes were carried last, for explaining retransmits.
 *
 * A table of fixed size, by KiB of sequence space; what is newer displaces what is older, so some
 * times are not known. Only kept for --explain: every segment has to be noted, in places that are
 * in no cache, which takes about a tenth of the time for a packet. Of the flows of a screen nobody
 * knows beforehand which one will be opened. Owned and used by the engine's thread only.
 */
#ifndef MIRRORTOP_FLOW_TCP_TIMES_H
#define MIRRORTOP_FLOW_TCP_TIMES_H

#include "../err.h"

#include <stdbool.h>
#include <stdint.h>

enum { TCP_TIMES = 1 << 16 };

/* A segment of one side of a flow. */
struct tcp_time {
    uint64_t ts_ns, frame;
    uint32_t serial, low, high; /* [low, high) */
    uint8_t side;
};

struct tcp_times {
    struct tcp_time *slots; /* NULL: none are kept */
};

bool tcp_times_init(struct tcp_times *times, struct err *err);
void tcp_times_release(struct tcp_times *times);
void tcp_times_clear(struct tcp_times *times);

void tcp_times_note(struct tcp_times *times, const struct tcp_time *segment);

/* The segment that carried the byte last; NULL: not known. */
const struct tcp_time *tcp_times_find(const struct tcp_times *times, uint32_t serial, unsigned side,
                                      uint32_t seq);

#endif
