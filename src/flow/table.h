/* SPDX-License-Identifier: MIT */
/*
 * table: the one bounded table of flows.
 *
 * A flow is split over arrays at the same index, by who needs what. `struct flow`, one cache line,
 * is all that most flows ever have: its key, its state, and what the side counted that spoke first.
 * `struct flow_detail` is touched by names and roll-ups, `struct flow_events` only when something
 * happens. What takes more memory and most flows do without stands at an index of its own, close to
 * the others that need it: `struct flow_reply` and, of TCP, `struct flow_tcp`, side by side, once
 * the first side has spoken twice or the other one has answered, and `struct flow_ends`, for IPv6,
 * whose addresses do not fit in the key. So a million attempts without an answer cost 64 MB, and
 * little more than writing that once. `struct flow_trouble` and `struct flow_rtt`, of which few
 * flows have one, are touched by what happens once in a round trip at most.
 *
 * An index maps a seeded hash to the entry, see bucket.h. Everything is reserved at the start;
 * nothing is allocated later. A flow that has ended is found no more, but stays in its entry until
 * that is needed for another one, the oldest first: a filter of mirror rules that comes later is to
 * judge it, too.
 *
 * The two sides of a flow are A and B, A being the one whose (address, port) is smaller as plain
 * numbers; direction 0 is what A sent. Owned and used by the engine's thread only.
 */
#ifndef MIRRORTOP_FLOW_TABLE_H
#define MIRRORTOP_FLOW_TABLE_H

#include "../../decode/packet.h"
#include "../err.h"
#include "bucket.h"
#include "table_tcp.h"

#include <stddef.h>
#include <string.h>

enum flow_kind {
    FLOW_UNDECODED, /* frames of a session in which nothing could be read */
    FLOW_OTHER,     /* not IP: the EtherType stands in port[0] */
    FLOW_ARP,
    FLOW_IPV4,
    FLOW_IPV6,
};

/* 16 bytes without padding: compared as two words. */
struct flow_key {
    union {
        uint32_t addr[2];   /* of A and B, as in struct ip_addr; all but IPv6 */
        uint64_t addr_hash; /* IPv6: of both, which are in struct flow_ends */
    };
    uint16_t port[2];
    uint16_t session;
    uint8_t protocol;
    uint8_t kind : 7;
    uint8_t has_ports : 1;
};

/* The addresses of A and B, IPv6 only. */
struct flow_ends {
    uint64_t addr[2][2]; /* as in struct ip_addr */
};

/* All that it takes to find a flow. */
struct flow_wanted {
    struct flow_key key;
    struct flow_ends ends; /* IPv6 only */
    uint64_t base;         /* hash of the key but for the session */
    uint32_t hash;
};

/* Other sessions in which a flow is seen, too: both of its ends are mirrored, see duplicates.h. */
enum { FLOW_ALSO = 3 };

struct flow_also {
    uint16_t session[FLOW_ALSO];
    uint8_t count : 2;
    uint8_t awaited : 2;  /* by sides: see engine_tcp_copy.c */
    uint8_t left_out : 3; /* by session number modulo 3: that it found no room has been counted */
    uint8_t arrivals : 1; /* struct flow_arrivals counts */
    uint8_t sides; /* by sessions, the flow's own first: bit 0 A, bit 1 B has been seen there */
};

/* What one session has brought of a side, be it the first copies or others, and what the filter
 * says of that (engine_filter.h). Later fragments are among it, but have a class of their own. */
struct flow_arrival {
    uint64_t packets, bytes, fragment_bytes;
    uint32_t fragment_packets;
    uint16_t class, fragment_class;
};

/* Of a flow that several sessions bring; by sessions, the flow's own first, and by sides. */
struct flow_arrivals {
    struct flow_arrival of[1 + FLOW_ALSO][2];
    uint8_t path[1 + FLOW_ALSO][2]; /* way through the mirror source, see session.h */
    uint8_t shown;                  /* by sessions: counted among the flows that the filter shows */
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

enum { FLOW_PACKETS_CARRY = 1 << 30 };

/* Where the members of flow.packed stand, those of A before those of B. */
enum flow_packed {
    FLOW_PATH_BITS = 5, /* way through the mirror source, see session.h */
    FLOW_PEEK_SHIFT = 10,
    FLOW_PEEK_BITS = 2,     /* enum flow_peek */
    FLOW_ENDED = 1 << 14,   /* the flow is over, its entry not used again yet */
    FLOW_IN_VIEW = 1 << 15, /* counted where only what the filter lets in is counted */
};

/* Packed to 28 bytes, or a flow would not fit in its line. */
struct __attribute__((packed, aligned(4))) flow_side {
    uint64_t bytes;
    uint64_t last_ns;
    uint32_t seq_low, seq_high; /* the rightmost range carried, [low, high); see tcp.h */
    uint32_t packets;           /* but for carries, and never small again; see flow_packets() */
};

struct flow {
    struct flow_key key;
    uint32_t
        last_ds; /* engine clock, 1/10 s, for idle times; once it has ended: the flow that did so
                    next, index + 1 */
    uint32_t serial;        /* order of first packets, from 1, modulo 2^32; 0: never used */
    uint32_t rest;          /* index of flow_reply and flow_ends; 0: it has none */
    uint8_t state : 3;      /* enum flow_state */
    uint8_t examined : 1;   /* young or aliased: its packets may have second copies */
    uint8_t gave_up : 2;    /* by sides: of what was carried something is forgotten, see tcp.h */
    uint8_t first_side : 1; /* which side spoke first */
    uint8_t has_reply : 1;  /* the other one has spoken, too */
    uint8_t flags;          /* enum flow_flag */
    uint8_t tcp_flags[2];
    uint16_t packed; /* see enum flow_packed */
    uint16_t class;  /* of what `first` counted, by the filter; see engine_filter.h; 0: no filter */
    struct flow_side first; /* what the first side counted; see flow_side() */
};

/* Whether there is something in what most flows never touch; else its bytes mean nothing. And what
 * was cut off of its frames: behind the transport header, in TCP's options, or in the header. */
enum flow_mark {
    FLOW_HAS_TROUBLE = 0x01,
    FLOW_CUT_PAYLOAD = 0x02,
    FLOW_CUT_OPTIONS = 0x04,
    FLOW_CUT_HEADER = 0x08,
};

struct flow_reply {
    _Alignas(64) struct flow_side other;
    uint16_t class;       /* of what `other` counted, like flow.class */
    uint8_t has_events;   /* something of struct flow_events counts for the filter */
    uint8_t marks;        /* enum flow_mark */
    uint64_t first_ns[2]; /* of A and B, once they have sent two packets; see flow_first_ns() */
    uint32_t answer_us;   /* TCP: SYN to SYN-ACK, plus 1; 0: unknown */
    uint32_t rtt_us;      /* ... and to its ACK */
    union {
        uint32_t first_ack; /* of a flow joined in the middle, while its session shows no answers */
        uint32_t rtt;       /* index of flow_rtt, once a side has several samples: see tcp_rtt.h */
    };
    uint16_t carries[2]; /* of the packets of A and B, FLOW_PACKETS_CARRY each */
};

/* Neighbours, since one packet needs both: they share a page, and what is known of that. */
struct flow_rest {
    _Alignas(128) struct flow_reply reply;
    struct flow_tcp tcp;
};

struct flow_detail {
    uint32_t talker[2]; /* index + 1; 0: not yet */
    uint32_t name;      /* server name, index + 1 */
    uint16_t app : 15;
    uint16_t has_events : 1; /* unless this or reply->has_events, struct flow_events is zeros */
    uint16_t node;           /* protocol tree, index + 1; 0: the flow was never rolled up */
};

/* The first cache line for roll-ups, the others when something happens. */
struct flow_events {
    _Alignas(64) uint64_t rolled_packets[2];
    uint64_t rolled_bytes[2]; /* already in talkers, protocols */
    /* carried in the last interval, when `interval` is the engine's */
    uint32_t interval_bytes[2], interval_packets[2];
    uint32_t interval;
    uint32_t peek_buffer; /* index + 1 */

    uint32_t no_header[2]; /* packets of TCP without a TCP header that could be read */
    /* fragments but the first ones, which a filter may judge in another way; among all others */
    uint64_t fragment_bytes[2], rolled_fragment_bytes[2];
    uint32_t fragment_packets[2], rolled_fragment_packets[2];
    uint16_t fragment_class[2];
    uint32_t icmp_errors;
};

_Static_assert(sizeof(struct flow_key) == 16, "compared as two words");
_Static_assert(sizeof(struct flow) == 64, "a cache line");
_Static_assert(FLOW_STATE_COUNT <= 8, "three bits");
_Static_assert(sizeof(struct flow_reply) == 64, "a cache line");
_Static_assert(sizeof(struct flow_events) == 128, "two cache lines");
_Static_assert(sizeof(struct flow_rest) == 128, "two cache lines");
_Static_assert(sizeof(struct flow_also) == 8, "many in a cache line");
_Static_assert(FLOW_ALSO < 4, "two bits");

struct flow_table {
    struct flow *flows;
    struct flow_rest *rest; /* the first one always zeros: what flows have that have none */
    struct flow_ends *ends;
    struct flow_detail *details;
    struct flow_events *events;
    struct flow_trouble *troubles; /* by `rest`, too: close to others that have a reply */
    struct flow_rtt *rtts;         /* at indices of their own: few flows have one */
    struct flow_also *also;
    struct flow_arrivals *arrivals;
    struct flow_bucket *buckets; /* the index; a flow stands there for each of its sessions */
    size_t limit;
    size_t bucket_count;
    size_t high_water; /* entries ever used: sweeps stop here */
    size_t active;
    uint64_t opened;    /* flows ever opened */
    uint64_t joined;    /* of them: found to be another one's copy, see engine_join.c */
    size_t aliases;     /* slots of other sessions; at most half of the limit */
    uint64_t no_alias;  /* sessions that were not added to a flow: no room; at least so many */
    bool has_arrivals;  /* some flow has, or had */
    uint32_t free_head; /* index + 1: the flow that ended first */
    uint32_t free_tail; /* ... and last */
    uint32_t rests;     /* indices of `rest` ever used, but for the first */
    uint32_t free_rest; /* 0: none; the next one stands in first_ack */
    uint32_t rtts_used; /* indices of `rtts` ever used */
    uint32_t free_rtt;  /* index + 1; the next one stands in its first bytes */
    uint64_t seed;
};

bool flow_table_init(struct flow_table *table, size_t limit, uint64_t seed, struct err *err);
void flow_table_release(struct flow_table *table);
void flow_table_clear(struct flow_table *table);

/* Fills *wanted from a packet's innermost addresses; returns the packet's direction (0 or 1). */
unsigned flow_wanted_make(const struct flow_table *table, struct flow_wanted *wanted,
                          const struct packet *packet, uint16_t session);

/* The same for the packet that an ICMP error quotes. */
unsigned flow_wanted_make_quote(const struct flow_table *table, struct flow_wanted *wanted,
                                const struct packet *packet, uint16_t session);

static inline __attribute__((always_inline)) void flow_table_prefetch_slot(
    const struct flow_table *table, uint32_t hash)
{
    __builtin_prefetch(&table->buckets[flow_bucket_home(table->bucket_count, hash)]);
}

/* The entry that the hash most likely means, or the next new one. */
static inline struct flow *flow_table_guess(const struct flow_table *table, uint32_t hash)
{
    size_t home = flow_bucket_home(table->bucket_count, hash);

    return &table->flows[flow_bucket_guess(&table->buckets[home], hash, table->high_water)];
}

/* Asks for that entry. Always inline, since gcc takes a function that only prefetches for one
 * without effect, and drops the call. */
static inline __attribute__((always_inline)) void flow_table_prefetch_flow(const struct flow *flow)
{
    __builtin_prefetch(flow);
}

/* The flow, or NULL. */
struct flow *flow_table_find(const struct flow_table *table, const struct flow_wanted *wanted);

static inline bool flow_same_key(const struct flow_key *a, const struct flow_key *b)
{
    uint64_t x[2], y[2];

    memcpy(x, a, sizeof(x));
    memcpy(y, b, sizeof(y));
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

/* Whether the flow, which has this key, has these addresses, too. */
static inline bool flow_has_ends(const struct flow_table *table, const struct flow *flow,
                                 const struct flow_wanted *wanted)
{
    const struct flow_ends *a = &table->ends[flow->rest], *b = &wanted->ends;

    return wanted->key.kind != FLOW_IPV6 ||
           ((a->addr[0][0] ^ b->addr[0][0]) | (a->addr[0][1] ^ b->addr[0][1]) |
            (a->addr[1][0] ^ b->addr[1][0]) | (a->addr[1][1] ^ b->addr[1][1])) == 0;
}

/* In the table: has begun, and not ended. */
static inline bool flow_is_used(const struct flow *flow)
{
    return (flow->serial != 0) & !(flow->packed & FLOW_ENDED);
}

/* The same; most likely it is `guess`, an entry of the table. */
static inline struct flow *flow_table_find_guessed(const struct flow_table *table,
                                                   const struct flow_wanted *wanted,
                                                   struct flow *guess)
{
    if (flow_is_used(guess) && flow_same_key(&guess->key, &wanted->key) &&
        flow_has_ends(table, guess, wanted))
        return guess;
    return flow_table_find(table, wanted);
}

/* A new entry, zeroed but for key, serial and `examined`; it must not be in the table. Those never
 * used come first, then those of flows that have ended. NULL: full. */
struct flow *flow_table_insert(struct flow_table *table, const struct flow_wanted *wanted);

/* Gives the flow a reply of its own: there is one for every flow. To be called before anything is
 * written into it, and before flow_entry(). */
void flow_table_take_rest(struct flow_table *table, struct flow *flow);

/* Whether a flow of TCP, which has a rest, has a flow_rtt. */
static inline bool flow_has_rtt(const struct flow_tcp *tcp)
{
    return (tcp->side[0].rtt_samples > 1) | (tcp->side[1].rtt_samples > 1);
}

/* To be called before a side has several samples; there is room for every flow. */
void flow_table_take_rtt(struct flow_table *table, struct flow_reply *reply);

/* Before the flow's samples are forgotten. None may wait to be booked, see tcp_rtt_queue. */
void flow_table_give_rtt(struct flow_table *table, const struct flow *flow);

/* The flow has ended. By its hash it is found in its own session. */
void flow_table_remove(struct flow_table *table, struct flow *flow);
uint32_t flow_table_hash(const struct flow_table *table, const struct flow *flow);

/* The key of the same flow in another session. */
void flow_wanted_in(const struct flow_table *table, struct flow_wanted *wanted, uint16_t session);

/* Whether the flow is the session's, or seen there, too. */
bool flow_table_is_in(const struct flow_table *table, const struct flow *flow, uint16_t session);

/* From now on the flow is found in this session, too, in which it must not be found yet. false:
 * there is no room. */
bool flow_table_alias(struct flow_table *table, struct flow *flow, uint16_t session);

/* The side was seen in this session: true when that is news there, and the other side had been
 * seen. Flows with aliases only. */
bool flow_table_note_side(struct flow_table *table, const struct flow *flow, uint16_t session,
                          unsigned side);

static inline size_t flow_index(const struct flow_table *table, const struct flow *flow)
{
    return (size_t)(flow - table->flows);
}

/* Asks for what the flow has besides its entry, which must be near. */
static inline __attribute__((always_inline)) void flow_table_prefetch_rest(
    const struct flow_table *table, const struct flow *flow)
{
    const struct flow_rest *rest = &table->rest[flow->rest];
    size_t is_tcp = flow->key.protocol == PROTO_TCP, is_v6 = flow->key.kind == FLOW_IPV6;

    __builtin_prefetch(&rest->reply);
    __builtin_prefetch((const char *)rest + (-is_tcp & offsetof(struct flow_rest, tcp)));
    __builtin_prefetch(&table->ends[-is_v6 & flow->rest]);
}

static inline struct flow_reply *flow_reply(const struct flow_table *table, const struct flow *flow)
{
    return &table->rest[flow->rest].reply;
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

static inline struct flow_also *flow_also(const struct flow_table *table, const struct flow *flow)
{
    return &table->also[flow_index(table, flow)];
}

/* Whether the flow is seen in other sessions, too. */
static inline bool flow_is_aliased(const struct flow_table *table, const struct flow *flow)
{
    return table->aliases > 0 && flow_also(table, flow)->count > 0;
}

/* Whether it is counted which session has brought what of the flow, which may have ended. */
static inline bool flow_has_arrivals(const struct flow_table *table, const struct flow *flow)
{
    return table->has_arrivals && flow_also(table, flow)->arrivals;
}

/* The session's place among those of the flow, its own being 0; 1 + FLOW_ALSO: it has none. */
static inline unsigned flow_also_place(const struct flow_table *table, const struct flow *flow,
                                       uint16_t session)
{
    const struct flow_also *also = flow_also(table, flow);

    if (session == flow->key.session)
        return 0;
    for (unsigned i = 0; i < also->count; i++) {
        if (also->session[i] == session)
            return i + 1;
    }
    return 1 + FLOW_ALSO;
}

static inline uint16_t flow_also_session(const struct flow_table *table, const struct flow *flow,
                                         unsigned place)
{
    return place ? flow_also(table, flow)->session[place - 1] : flow->key.session;
}

/* Whether the side has been seen in the session at this place. Flows with aliases only. */
static inline bool flow_also_has_side(const struct flow_also *also, unsigned place, unsigned side)
{
    return also->sides >> (2 * place + side) & 1;
}

/* TCP flags of a side. A SYN that is alone has no rest to keep its window scale in: it stands in
 * the place of the other side's, see engine_tcp.c. */
static inline uint8_t flow_tcp_flags(const struct flow *flow, unsigned side)
{
    unsigned has_own = (side == flow->first_side) | (flow->rest > 0);

    return (uint8_t)(flow->tcp_flags[side] & -has_own);
}

/* The address of a side; family 4 for all that is not IPv6. Word by word into its place: the
 * processor would wait for copies of what it has just stored in pieces. */
static inline void flow_addr(const struct flow_table *table, const struct flow *flow, unsigned side,
                             struct ip_addr *addr)
{
    bool is_v6 = flow->key.kind == FLOW_IPV6;
    const uint64_t v4[2] = { flow->key.addr[side], 0 };
    const uint64_t *words = is_v6 ? table->ends[flow->rest].addr[side] : v4;

    addr->word64[0] = words[0];
    addr->word64[1] = words[1];
    addr->family = is_v6 ? 6 : 4;
}

static inline unsigned flow_path(const struct flow *flow, unsigned side)
{
    return flow->packed >> side * FLOW_PATH_BITS & ((1u << FLOW_PATH_BITS) - 1);
}

/* To be called once for a side. */
static inline void flow_set_path(struct flow *flow, unsigned side, unsigned path)
{
    flow->packed |= (uint16_t)(path << side * FLOW_PATH_BITS);
}

static inline enum flow_peek flow_peek(const struct flow *flow, unsigned side)
{
    unsigned shift = FLOW_PEEK_SHIFT + side * FLOW_PEEK_BITS;

    return (enum flow_peek)(flow->packed >> shift & ((1u << FLOW_PEEK_BITS) - 1));
}

static inline void flow_set_peek(struct flow *flow, unsigned side, enum flow_peek peek)
{
    unsigned shift = FLOW_PEEK_SHIFT + side * FLOW_PEEK_BITS;
    unsigned mask = ((1u << FLOW_PEEK_BITS) - 1) << shift;

    flow->packed = (uint16_t)((flow->packed & ~mask) | (unsigned)peek << shift);
}

/* The direction (0 or 1) of the side that opened the flow: `src` in everything shown. */
static inline unsigned flow_src_side(const struct flow *flow)
{
    return flow->flags & FLOW_OPENED_BY_B ? 1 : 0;
}

#endif
