/* SPDX-License-Identifier: MIT */
/*
 * table: the one bounded table of flows.
 *
 * A flow is split in three, at the same index of three arrays: `struct flow` (two cache lines) is all
 * that an ordinary packet touches, `struct flow_detail` is touched at first packets and roll-ups,
 * `struct flow_events` only when something happens, so most flows never cost its memory. An
 * open-addressing index maps a seeded hash to the entry; deletion shifts back, so there are no
 * tombstones. Everything is reserved at the start; nothing is allocated later.
 *
 * The two sides of a flow are A and B, A being the one whose (address, port) is smaller as plain
 * numbers; direction 0 is what A sent. Owned and used by the engine's thread only.
 */
#ifndef MIRRORTOP_FLOW_TABLE_H
#define MIRRORTOP_FLOW_TABLE_H

#include "../../decode/packet.h"
#include "../err.h"

#include <stddef.h>

enum flow_kind {
    FLOW_UNDECODED, /* frames of a session in which nothing could be read */
    FLOW_OTHER,     /* not IP: the EtherType stands in port[0] */
    FLOW_ARP,
    FLOW_IPV4,
    FLOW_IPV6,
};

/* 40 bytes without padding: compared as five words. */
struct flow_key {
    uint64_t addr[2][2]; /* of A and B, as in struct ip_addr */
    uint16_t port[2];
    uint16_t session;
    uint8_t protocol;
    uint8_t kind : 7;
    uint8_t has_ports : 1;
};

/* Life of a flow, and what idle time ends it. */
enum flow_state {
    FLOW_ONE_WAY,  /* not TCP, one side has spoken */
    FLOW_TWO_WAY,  /* not TCP, both have */
    FLOW_OPENING,  /* TCP: SYN seen, no answer */
    FLOW_ANSWERED, /* TCP: SYN and SYN-ACK */
    FLOW_OPEN,     /* TCP: handshake complete, or joined in the middle */
    FLOW_CLOSING,  /* TCP: one FIN */
    FLOW_CLOSED,   /* TCP: two FINs, or RST */
    FLOW_REFUSED,  /* RST or ICMP unreachable in answer to the first packets */
    FLOW_STATE_COUNT
};

enum flow_flag {
    FLOW_OPENED_BY_B = 0x01,
    FLOW_ACTIVE = 0x02, /* on the list of this interval */
    FLOW_SEQ_A = 0x04,  /* sequence range of A is valid; FLOW_SEQ_A << 1 for B */
    FLOW_SEQ_B = 0x08,
    FLOW_HOLES_A = 0x10, /* A has older ranges behind holes */
    FLOW_HOLES_B = 0x20,
    FLOW_JUDGED = 0x40, /* the scan detector has had its event */
    FLOW_NO_RTT = 0x80, /* SYN or SYN-ACK sent twice, or its SYN was not seen */
};

/* What is known of the application from one direction's payload. */
enum flow_peek {
    PEEK_FIRST, /* no payload yet */
    PEEK_MORE,  /* collecting, see peek.h */
    PEEK_DONE,
};

struct flow_side {
    uint64_t packets;
    uint64_t bytes;
    uint64_t last_ns;
    uint32_t seq_low, seq_high; /* the rightmost range carried, [low, high); see tcp.h */
};

struct flow {
    struct flow_key key;
    uint32_t hash;    /* of a free entry: the next free one, index + 1 */
    uint32_t last_ds; /* engine clock, 1/10 s, for idle times */
    uint8_t state;    /* enum flow_state */
    uint8_t flags;    /* enum flow_flag */
    uint8_t tcp_flags[2];
    uint8_t path[2]; /* way through the mirror source, see session.h */
    uint8_t peek[2];
    uint32_t rtt_us; /* plus 1; 0: unknown */
    uint32_t serial; /* order of first packets, from 1, modulo 2^32; 0: the entry is free */
    struct flow_side side[2];
};

struct flow_detail {
    uint64_t first_ns[2];
    uint32_t talker[2]; /* index + 1; 0: not yet */
    uint32_t name;      /* server name, index + 1 */
    uint16_t app;
    uint16_t node; /* protocol tree, index + 1; 0: the flow was never rolled up */
};

struct flow_events {
    uint64_t rolled_packets[2], rolled_bytes[2]; /* already in talkers and protocols */
    uint64_t retransmit_bytes[2];
    uint32_t retransmits[2];
    uint32_t out_of_order[2];
    uint32_t zero_windows[2];
    uint32_t holes[2]; /* index into the pool of older ranges */
    uint32_t icmp_errors;
    uint32_t peek_buffer;    /* index + 1 */
    uint32_t interval_bytes; /* carried in the last interval, when interval == the engine's */
    uint32_t interval;
};

_Static_assert(sizeof(struct flow_key) == 40, "compared as five words");
_Static_assert(sizeof(struct flow) == 128, "two cache lines");
_Static_assert(sizeof(struct flow_detail) == 32, "two in a cache line");

struct flow_table {
    struct flow *flows;
    struct flow_detail *details;
    struct flow_events *events;
    uint64_t *slots; /* hash << 32 | index + 1; 0: empty */
    size_t limit;
    size_t slot_mask;
    size_t high_water; /* entries ever used: sweeps stop here */
    size_t active;
    uint64_t opened;    /* flows ever opened */
    uint32_t free_head; /* index + 1 */
    uint64_t seed;
};

bool flow_table_init(struct flow_table *table, size_t limit, uint64_t seed, struct err *err);
void flow_table_release(struct flow_table *table);
void flow_table_clear(struct flow_table *table);

/* Fills *key from a packet's innermost addresses; returns the direction (0 or 1) of the packet.
 * ports: what to use when packet->has_ports is false (fragments); NULL: none. */
unsigned flow_key_make(struct flow_key *key, const struct packet *packet, uint16_t session);

/* The key of the packet that an ICMP error quotes; *direction is that of the quoted packet. */
void flow_key_make_quote(struct flow_key *key, const struct packet *packet, uint16_t session,
                         unsigned *direction);

uint32_t flow_key_hash(const struct flow_table *table, const struct flow_key *key);

static inline bool flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
    uint64_t x[5], y[5];

    __builtin_memcpy(x, a, sizeof(x));
    __builtin_memcpy(y, b, sizeof(y));
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4])) == 0;
}

static inline __attribute__((always_inline)) void flow_table_prefetch_slot(
    const struct flow_table *table, uint32_t hash)
{
    __builtin_prefetch(&table->slots[hash & table->slot_mask]);
}

/* Asks for the entry that the hash most likely means: the slot must be near already. Always inline,
 * since gcc takes a function that only prefetches for one without effect, and drops the call. */
static inline __attribute__((always_inline)) void flow_table_prefetch_flow(
    const struct flow_table *table, uint32_t hash)
{
    uint64_t slot = table->slots[hash & table->slot_mask];

    if (slot) {
        const struct flow *flow = &table->flows[(uint32_t)slot - 1];

        __builtin_prefetch(flow);
        __builtin_prefetch(&flow->side[0]);
    }
}

/* The flow, or NULL. */
struct flow *flow_table_find(const struct flow_table *table, const struct flow_key *key,
                             uint32_t hash);

/* A new entry, zeroed but for key, hash and serial; the key must not be in the table. NULL: full. */
struct flow *flow_table_insert(struct flow_table *table, const struct flow_key *key, uint32_t hash);

void flow_table_remove(struct flow_table *table, struct flow *flow);

static inline size_t flow_index(const struct flow_table *table, const struct flow *flow)
{
    return (size_t)(flow - table->flows);
}

static inline struct flow_detail *flow_detail(const struct flow_table *table,
                                              const struct flow *flow)
{
    return &table->details[flow_index(table, flow)];
}

static inline struct flow_events *flow_events(const struct flow_table *table,
                                              const struct flow *flow)
{
    return &table->events[flow_index(table, flow)];
}

/* A flow with all its parts. */
struct flow_entry {
    struct flow *flow;
    struct flow_detail *detail;
    struct flow_events *events;
};

static inline struct flow_entry flow_entry(const struct flow_table *table, struct flow *flow)
{
    return (struct flow_entry){ flow, flow_detail(table, flow), flow_events(table, flow) };
}

static inline bool flow_is_used(const struct flow *flow)
{
    return flow->serial != 0;
}

/* The direction (0 or 1) of the side that opened the flow: `src` in everything shown. */
static inline unsigned flow_src_side(const struct flow *flow)
{
    return flow->flags & FLOW_OPENED_BY_B ? 1 : 0;
}

#endif
