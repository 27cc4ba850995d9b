/* SPDX-License-Identifier: MIT */
/*
 * talkers: totals per inner address, over all sessions.
 *
 * Fed by the roll-up with what flows carried since the last one, never by packets. Bounded: when
 * the table is full, of a few candidates without flows the one with fewest bytes makes room and
 * its totals go into the remainder, as do those of addresses that find no room. Country and AS are
 * looked up once, when an address is first shown.
 * An address that occurs in several sessions says so: flows of two sessions never mix, but an
 * engineer asks for the host, which may be mirrored at many places.
 */
#ifndef MIRRORTOP_FLOW_TALKERS_H
#define MIRRORTOP_FLOW_TALKERS_H

#include "../hash.h"
#include "../names.h"

#include <stddef.h>

/* The first cache line is all that a flow touches when it is rolled up; 128 bytes in all. */
struct talker {
    _Alignas(64) uint64_t addr[2]; /* as in struct ip_addr, see talker_addr() */
    uint64_t packets_sent, bytes_sent, packets_received, bytes_received;
    uint64_t first_ns;
    uint32_t references; /* flows in the table that name it */
    uint16_t session;    /* the first in which it was seen */
    uint8_t family;
    bool several : 1;    /* ... and not the only one */
    bool tcp : 1;        /* it has sent TCP: retransmits can be told */
    bool verifiable : 1; /* ... and mirror loss of some of it */

    uint64_t flows_ended;
    uint64_t old_sent, old_received;  /* bytes when the interval began */
    uint64_t send_rate, receive_rate; /* bit/s over the last whole interval */
    uint32_t asn;                     /* 0: unknown; see talker_look_up() */
    char country[3];
    bool looked_up;
    uint64_t retransmits, mirror_loss_bytes; /* of what it sent */
};

/* What it carried of the traffic that a filter shows; see engine_filter.h. Of this, too, a flow
 * touches the first cache line only, but for rates. */
struct talker_view {
    uint64_t packets_sent, bytes_sent, packets_received, bytes_received;
    uint64_t flows;
    uint64_t retransmits, mirror_loss_bytes; /* of what it sent */
    uint16_t session;                        /* of its flows; as in struct talker */
    bool several;

    uint64_t interval_sent, interval_received; /* bytes since the interval began */
    uint64_t send_rate, receive_rate;          /* bit/s over the last whole interval */
    uint64_t unused[4];
};

_Static_assert(sizeof(struct talker_view) == 128, "whole cache lines");

struct talker_table {
    struct talker *talkers;
    struct talker_view *views; /* of the same index + 1; the first one is the remainder's */
    uint64_t *slots;           /* hash << 32 | index + 1; 0: empty */
    size_t limit;
    size_t slot_mask;
    size_t count;
    size_t hand; /* where the search for room goes on */
    uint64_t seed;
    uint64_t evicted;   /* talkers that made room */
    uint64_t refused;   /* addresses of flows that found none; counted by the caller */
    bool is_final;      /* flows add to their talkers no more: any may make room */
    struct talker rest; /* the remainder: totals of those that made room or found none */
    bool is_viewed;     /* a filter is in force: views may hold something */
    const struct names *names;
};

/* An address whose talker is wanted; made by talker_want(). */
struct talker_wanted {
    struct ip_addr addr;
    uint32_t hash;
    uint32_t guess; /* see talker_guess() */
};

/* One flow direction's share, to be added to two talkers. */
struct talker_share {
    uint64_t packets, bytes;
};

bool talker_table_init(struct talker_table *table, size_t limit, uint64_t seed,
                       const struct names *names, struct err *err);
void talker_table_release(struct talker_table *table);
void talker_table_clear(struct talker_table *table);

static inline uint32_t talker_hash(const struct talker_table *table, const struct ip_addr *addr)
{
    uint64_t hash =
        hash_words(table->seed, addr->word64[0], addr->word64[1] ^ (uint64_t)addr->family << 56);

    return (uint32_t)(hash ^ hash >> 32);
}

/* Begins with an address, which is in its place: asks for the index slot. Always inline: see
 * flow_table_prefetch_flow(). */
static inline __attribute__((always_inline)) void talker_want(const struct talker_table *table,
                                                              struct talker_wanted *wanted)
{
    wanted->hash = talker_hash(table, &wanted->addr);
    __builtin_prefetch(&table->slots[wanted->hash & table->slot_mask]);
}

/* Some addresses later, when the slot is near: which entry it most likely is, by the first two
 * slots, and asks for that. Without branches: see flow_table_guess(). */
static inline __attribute__((always_inline)) void talker_guess(const struct talker_table *table,
                                                               struct talker_wanted *wanted)
{
    size_t at = wanted->hash & table->slot_mask;
    uint32_t slot;

    at = (at + (table->slots[at] >> 32 != wanted->hash)) & table->slot_mask;
    slot = (uint32_t)table->slots[at];
    wanted->guess = slot - (slot > 0);
    __builtin_prefetch(&table->talkers[wanted->guess]);
    if (table->is_viewed)
        __builtin_prefetch(&table->views[wanted->guess + 1]);
}

static inline bool talker_is(const struct talker *talker, const struct ip_addr *addr)
{
    return ((talker->addr[0] ^ addr->word64[0]) | (talker->addr[1] ^ addr->word64[1]) |
            (talker->family ^ addr->family)) == 0;
}

/* A flow of the session has a part in what the talker carried. */
static inline void talker_refer(struct talker *talker, uint16_t session, uint64_t first_ns)
{
    talker->references++;
    talker->several |= talker->session != session;
    if (first_ns < talker->first_ns) /* flows do not come here in the order of time */
        talker->first_ns = first_ns;
}

/* The same as talker_take(), whatever the guess says. */
uint32_t talker_search(struct talker_table *table, uint16_t session,
                       const struct talker_wanted *wanted, uint64_t first_ns);

/* Index + 1 of the address's talker, a new one if need be, and takes a reference; 0: no room. */
static inline uint32_t talker_take(struct talker_table *table, uint16_t session,
                                   const struct talker_wanted *wanted, uint64_t first_ns)
{
    struct talker *talker = &table->talkers[wanted->guess];

    if (!talker_is(talker, &wanted->addr))
        return talker_search(table, session, wanted, first_ns);
    talker_refer(talker, session, first_ns);
    return wanted->guess + 1;
}

/* ... and what a flow's talkers have in view. */
static inline __attribute__((always_inline)) void talker_view_prefetch(
    const struct talker_table *table, const uint32_t talker[2])
{
    __builtin_prefetch(&table->views[talker[0]]);
    __builtin_prefetch(&table->views[talker[1]]);
}

/* The talker with its country and AS number, from the databases the first time. */
const struct talker *talker_look_up(struct talker_table *table, size_t index);

/* Gives the reference back (0 is allowed). */
void talker_give(struct talker_table *table, uint32_t talker);

/* The same for a flow that was none: it does not count among the talker's. */
void talker_take_back(struct talker_table *table, uint32_t talker);

/* A talker; 0: the remainder. */
static inline struct talker *talker_of(struct talker_table *table, uint32_t talker)
{
    return talker ? &table->talkers[talker - 1] : &table->rest;
}

static inline void talker_add(struct talker *talker, const struct talker_share *sent,
                              const struct talker_share *received)
{
    talker->packets_sent += sent->packets;
    talker->bytes_sent += sent->bytes;
    talker->packets_received += received->packets;
    talker->bytes_received += received->bytes;
}

/* Whether it has sent TCP; of a flow in which mirror loss can be told, or not. */
static inline void talker_note_tcp(struct talker *talker, bool has_sent, bool verifiable)
{
    talker->tcp |= has_sent;
    talker->verifiable |= has_sent & verifiable;
}

/* Adds what went wrong with what it sent (0: to the remainder). Either may be negative, modulo
 * 2^64. */
void talker_add_trouble(struct talker_table *table, uint32_t talker, uint32_t retransmits,
                        uint64_t mirror_loss_bytes);

void talker_view_trouble(struct talker_table *table, uint32_t talker, uint32_t retransmits,
                         uint64_t mirror_loss_bytes);

/* The talker of an address that has asked for one before; 0: it has none any more. */
uint32_t talker_find(const struct talker_table *table, uint32_t talker, const struct ip_addr *addr);

/* What a talker (0: the remainder) has in view, to be written. */
static inline struct talker_view *talker_view(struct talker_table *table, uint32_t talker)
{
    return &table->views[talker];
}

/* Adds to it, where less than nothing takes away. */
static inline void talker_view_add(struct talker_view *view, const struct talker_share *sent,
                                   const struct talker_share *received)
{
    view->packets_sent += sent->packets;
    view->bytes_sent += sent->bytes;
    view->packets_received += received->packets;
    view->bytes_received += received->bytes;
}

/* One flow more (or less) of the session is in view. */
static inline void talker_view_flow(struct talker_view *view, uint16_t session, bool more)
{
    if (more) {
        view->several |= (view->flows > 0) & (view->session != session);
        view->session = session;
        view->flows++;
    } else {
        view->flows--;
    }
}

/* For rates: bytes carried in the interval, or bit/s to be shown until it ends. */
void talker_view_carry(struct talker_table *table, uint32_t talker, uint64_t sent,
                       uint64_t received);
void talker_view_rate(struct talker_table *table, uint32_t talker, uint64_t send, uint64_t receive);
void talker_view_clear(struct talker_table *table);
void talker_view_interval(struct talker_table *table, double seconds);

/* The interval of `seconds` is over: rates from what was added in it. */
void talker_interval(struct talker_table *table, double seconds);

static inline struct ip_addr talker_addr(const struct talker *talker)
{
    return (struct ip_addr){ .word64 = { talker->addr[0], talker->addr[1] },
                             .family = talker->family };
}

/* Flows ever that it had a part in. */
static inline uint64_t talker_flows(const struct talker *talker)
{
    return talker->flows_ended + talker->references;
}

#endif
