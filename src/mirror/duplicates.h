/* SPDX-License-Identifier: MIT */
/*
 * duplicates: which packets are second copies of others.
 *
 * When both ends of a connection are mirrored, each packet arrives twice: leaving one mirror source
 * and entering the other. Both copies carry the same IP packet: addresses, identification, length,
 * sequence numbers. What a router changes on the way is left out: hop limit, traffic class,
 * checksums, MAC addresses.
 *
 * A copy is one across sessions only, of different mirror sources, when nothing says that both
 * sent or both received it. Within one session equal packets are different ones: the sender sent
 * twice. So instances are counted: the n-th one in a session is a copy when another session has had
 * n, and a retransmit that is equal to the last bit, seen at both ends, counts as one.
 *
 * Packets without identification (IPv6, and IPv4 with ID 0) are also told apart by TCP's timestamps
 * (RFC 7323), and where there are no sequence numbers by the first bytes of their payload. A copy
 * that was cut before these cannot be recognised.
 *
 * The memory is a table of fixed size; what was not seen again within the window is forgotten. It
 * keeps 31 bits of a hash with the process's seed, so what it says is to be confirmed: the other
 * session must have a flow between the same ends. Owned and used by the engine's thread only.
 */
#ifndef MIRRORTOP_MIRROR_DUPLICATES_H
#define MIRRORTOP_MIRROR_DUPLICATES_H

#include "session.h"

enum {
    DUPLICATE_WAYS = 8, /* packets that share a place */
    DUPLICATE_SETS = 1 << 13,
    DUPLICATE_PAYLOAD = 32, /* first bytes of the payload that are compared */
    /* How long the second copy may take. Both ends of what AWS can mirror to one target are in one
     * region, a few milliseconds apart; the rest is for queues on the mirrors' ways. */
    DUPLICATE_WINDOW_MS = 250,
    /* So many packets within the window find room, wherever their hashes put them. */
    DUPLICATE_ROOM = DUPLICATE_SETS * DUPLICATE_WAYS / 2,
    DUPLICATE_TICKS = 64, /* more than the window has */
};

/* A cache line of packets, the latest first. */
struct duplicate_set {
    _Alignas(64) uint32_t key[DUPLICATE_WAYS]; /* which, never 0 */
    uint32_t seen[DUPLICATE_WAYS];             /* when, where, how often */
};

struct duplicate_table {
    struct duplicate_set *sets;
    uint64_t seed;
    /* Remembered in the last ticks, and in all of them: what is too much does not depend on the
     * seed. */
    uint32_t ticks[DUPLICATE_TICKS], recent;
    unsigned tick;
    uint64_t forgotten; /* packets beyond the room: others may be forgotten too early */
};

bool duplicate_table_init(struct duplicate_table *table, uint64_t seed, struct err *err);
void duplicate_table_release(struct duplicate_table *table);
void duplicate_table_clear(struct duplicate_table *table);

/* A packet's key, never 0. flow_hash: of its addresses, protocol and ports, whatever the session
 * is; side: which of the two ends sent it. The packet is IP, and no fragment. */
uint64_t duplicate_key(uint64_t flow_hash, unsigned side, const struct packet *packet);

/* A fragment's: by its addresses, since its ports need not be known in both sessions. */
uint64_t duplicate_fragment_key(const struct duplicate_table *table, const struct packet *packet);

static inline struct duplicate_set *duplicate_set_of(const struct duplicate_table *table,
                                                     uint64_t key)
{
    return &table->sets[key & (DUPLICATE_SETS - 1)];
}

/* Always inline: see flow_table_prefetch_flow(). */
static inline __attribute__((always_inline)) void duplicate_prefetch(
    const struct duplicate_table *table, uint64_t key)
{
    __builtin_prefetch(duplicate_set_of(table, key), 1);
}

/*
 * A packet of `session`, which went by `path` through its mirror source. Remembers it, and returns
 * the number of a session in which it has been seen already, or SESSION_OTHERS: it is no copy.
 */
uint16_t duplicate_look(struct duplicate_table *table, struct session_table *sessions, uint64_t key,
                        uint16_t session, uint8_t path, uint64_t ts_ns);

#endif
