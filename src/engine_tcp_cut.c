/* SPDX-License-Identifier: MIT */
/*
 * Where TCP's options were cut off, nobody knows whether there was a selective acknowledgment, or a
 * window scale. What rests on them is told no more from then on, and what had been told is taken
 * back: a part of it is no answer.
 */
#include "engine_tcp.h"

static const uint8_t by_options[] = { TCP_COUNT_FAST,        TCP_COUNT_TIMEOUT,
                                      TCP_COUNT_TAIL_PROBES, TCP_COUNT_SPURIOUS,
                                      TCP_COUNT_WINDOW_FULL, TCP_COUNT_DUPLICATE_ACKS };

void engine_tcp_cut(struct engine *engine, struct flow_entry entry)
{
    for (unsigned side = 0; side < 2; side++) {
        struct tcp_counts counts;
        uint32_t counters = 0;

        engine_tcp_counts(entry, side, &counts);
        if (counts.n[TCP_COUNT_WHOLE])
            engine_tcp_count_sums(engine, entry, side, TCP_COUNT_WHOLE, (uint64_t)-1);
        for (size_t i = 0; i < sizeof(by_options); i++) {
            enum tcp_count what = (enum tcp_count)by_options[i];

            if (counts.n[what]) {
                engine_tcp_count_sums(engine, entry, side, what, 0 - counts.n[what]);
                counters |= 1u << what;
            }
        }
        engine_tcp_event_cut(engine, entry, side, counters);
    }
    engine_tcp_take_back(entry);
}

void engine_tcp_take_back(struct flow_entry entry)
{
    for (unsigned side = 0; side < 2 && flow_has(entry, FLOW_HAS_TROUBLE); side++) {
        struct tcp_side_counts *counts = &entry_trouble(entry)->counts[side];

        for (size_t i = 0; i < sizeof(by_options); i++)
            tcp_side_count(counts, (enum tcp_count)by_options[i],
                           0 - tcp_side_value(counts, (enum tcp_count)by_options[i]));
    }
}
