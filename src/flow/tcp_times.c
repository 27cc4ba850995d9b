/* SPDX-License-Identifier: MIT */
#include "tcp_times.h"

#include "../hash.h"
#include "../memory.h"

enum { CELL_SHIFT = 10, CELLS_MOST = 65 }; /* of a segment of 64 KiB */

bool tcp_times_init(struct tcp_times *times, struct err *err)
{
    times->slots = memory_reserve(TCP_TIMES, sizeof(struct tcp_time));
    return times->slots ? true : err_set(err, EXIT_RUNTIME, "no memory for what explains counts");
}

void tcp_times_release(struct tcp_times *times)
{
    memory_release(times->slots, TCP_TIMES, sizeof(struct tcp_time));
    times->slots = NULL;
}

void tcp_times_clear(struct tcp_times *times)
{
    if (times->slots)
        memory_clear(times->slots, TCP_TIMES, sizeof(struct tcp_time));
}

/* Nobody gains by colliding here: a time is not known then. */
static struct tcp_time *slot_of(const struct tcp_times *times, uint32_t serial, unsigned side,
                                uint32_t cell)
{
    uint64_t key = (uint64_t)serial << 32 | cell << 1 | side;

    return &times->slots[hash_again(0, key) % TCP_TIMES];
}

/* What was carried right behind the segment began in its last cell. It is asked for by where it
 * begins, when that is sent again in its turn. */
static bool is_next(const struct tcp_time *noted, const struct tcp_time *segment)
{
    return noted->serial == segment->serial && noted->side == segment->side &&
           noted->low == segment->high && noted->high != noted->low;
}

void tcp_times_note(struct tcp_times *times, const struct tcp_time *segment)
{
    uint32_t cell = segment->low >> CELL_SHIFT;
    uint32_t cells = ((segment->high - 1) >> CELL_SHIFT) - cell;

    for (uint32_t i = 0; i < CELLS_MOST; i++) {
        struct tcp_time *slot =
            slot_of(times, segment->serial, segment->side, (cell + i) % (1u << 22));
        bool is_last = i == cells % (1u << 22);

        if (i == 0 || !is_last || !is_next(slot, segment))
            *slot = *segment;
        if (is_last)
            return;
    }
}

const struct tcp_time *tcp_times_find(const struct tcp_times *times, uint32_t serial, unsigned side,
                                      uint32_t seq)
{
    const struct tcp_time *found;

    if (!times->slots)
        return NULL;
    found = slot_of(times, serial, side, seq >> CELL_SHIFT);
    return found->serial == serial && found->side == side &&
                   seq - found->low < found->high - found->low
               ? found
               : NULL;
}
