/* SPDX-License-Identifier: MIT */
#include "loss.h"

#include <string.h>

#define AT(member) offsetof(struct snapshot, member)

const struct loss losses[] = {
    { "kernel", "kernel drops", "frames that the kernel dropped", AT(input.kernel_drops) },
    { "queue", "queue drops", "frames that mirrortop was too slow for", AT(input.queue_drops) },
    { "trunc", "truncated", "frames that the mirror or the capture cut",
      AT(decode.outcomes[DECODE_TRUNCATED]) },
    { "malf", "malformed", "frames whose bytes contradict themselves",
      AT(decode.outcomes[DECODE_MALFORMED]) },
    { "unsup", "unsupported", "frames with a layer that is not looked into",
      AT(decode.outcomes[DECODE_UNSUPPORTED]) },
    { "unmirr", "not mirrored", "frames without a mirror's encapsulation", AT(input.not_mirrored) },
    { "evict", "evicted", "flows closed early: the table was full", AT(flows.evicted) },
    { "uncert", "uncertain", "TCP segments that could not be judged",
      AT(tcp.count[TCP_COUNT_UNCERTAIN]) },
    { "iface", "interface drops", "frames that the device or its driver dropped",
      AT(input.interface_drops) },
    { "oversz", "oversize", "datagrams longer than mirrortop's buffer", AT(input.oversize) },
    { "talk", "talkers evicted", "addresses that are not listed as talkers any more",
      AT(flows.talkers_evicted) },
    { "names", "names dropped", "server names for which there was no room",
      AT(flows.names_dropped) },
    { "refus", "sessions refused", "frames counted in the session \"others\"",
      AT(flows.sessions_refused) },
    { "back", "time backwards", "jumps back of the stamps by more than 10 s",
      AT(input.time_backwards) },
    { "frag", "fragments alone",
      "fragments without ports: their first one was not seen before them, or is forgotten",
      AT(decode.fragments_alone) },
    { "proto", "protocols displaced",
      "packets counted one level higher in the tree of protocols, or as \"other\"",
      AT(flows.protocols_displaced) },
    { "untalk", "talkers refused", "addresses of flows that found no room among the talkers",
      AT(flows.talkers_refused) },
    { "dup", "duplicates",
      "second copies of packets that are mirrored at both ends, which are not counted again",
      AT(decode.duplicates) },
    { "dupmem", "copies forgotten",
      "packets for which there was no memory: second copies may have gone unnoticed",
      AT(decode.duplicates_forgotten) },
    { "alias", "sessions left out",
      "more sessions in which flows are seen, for which they had no room, at least: what these "
      "bring may be counted twice",
      AT(flows.sessions_left_out) },
    { "holes", "holes forgotten",
      "holes in what TCP carried, for which there was no room: losses in them are not counted",
      AT(flows.holes_forgotten) },
};

const size_t losses_count = sizeof(losses) / sizeof(losses[0]);

_Static_assert(sizeof(losses) / sizeof(losses[0]) <= LOSSES_MAX, "room for every counter");

uint64_t loss_value(const struct loss *loss, const struct snapshot *snapshot)
{
    uint64_t value;

    memcpy(&value, (const char *)snapshot + loss->offset, sizeof(value));
    return value;
}

bool loss_is_estimate(const struct loss *loss, const struct snapshot *snapshot)
{
    return loss->offset == AT(input.kernel_drops) && snapshot->input.kernel_drops_estimated;
}

bool loss_is_bad(const struct loss *loss, uint64_t value, bool direct)
{
    if (direct && loss->offset == AT(input.not_mirrored))
        return false;
    if (loss->offset == AT(decode.duplicates))
        return false; /* nothing is lost */
    return value != 0 && value != VALUE_UNKNOWN;
}
