/* SPDX-License-Identifier: MIT */
/*
 * table_tcp: what the flow table keeps of connections of TCP; see table.h.
 *
 * Plain values without owner. Sequence numbers, timestamps and identifications are as on the wire,
 * and wrap around; pairs are of the sides A and B.
 */
#ifndef MIRRORTOP_FLOW_TABLE_TCP_H
#define MIRRORTOP_FLOW_TABLE_TCP_H

#include "tcp_counts.h"

#include <stdint.h>

enum flow_tcp_flag {
    FLOW_TCP_ACK = 0x01,      /* it has acknowledged something: `ack` and `window` are known */
    FLOW_TCP_TIME = 0x02,     /* `ts_value` is known */
    FLOW_TCP_ID = 0x04,       /* `ip_id` is known */
    FLOW_TCP_SCALE = 0x08,    /* its SYN was seen: `scale` is known */
    FLOW_TCP_TIMED = 0x10,    /* a segment is being timed */
    FLOW_TCP_PROBED = 0x20,   /* it has probed a closed window with the byte that comes next */
    FLOW_TCP_NUMBERED = 0x40, /* its identifications count its own segments, see engine_tcp_ids.c */
    FLOW_TCP_FOREIGN = 0x80,  /* they have been seen to count others, too */
};

enum { FLOW_SCALE_NONE = 15 }; /* the SYN had no window scale: neither side's windows are scaled */

/* What the next segments are compared with: of the side that sent it; and the shortest of the round
 * trips towards the side. */
struct flow_tcp_side {
    uint32_t ack;                 /* the highest acknowledgment */
    uint32_t ts_value;            /* the newest timestamp, RFC 7323 */
    uint32_t timed_end, timed_us; /* the segment being timed: where it ends, when it was seen */
    uint32_t rtt_least_us;
    uint16_t ip_id;         /* the newest identification */
    uint16_t window;        /* the last one, as sent */
    uint16_t largest;       /* payload of its largest segment */
    uint8_t flags;          /* enum flow_tcp_flag */
    uint8_t duplicate_acks; /* of `ack`, <= 255 */
    uint8_t id_steps;       /* how many identifications in a row were small steps */
    uint8_t scale : 4;      /* of its windows, or FLOW_SCALE_NONE */
    uint8_t counts_own : 1; /* its SYN or SYN-ACK tells so of its identifications */
    uint8_t rtt_samples;    /* see tcp_rtt.h */
    uint8_t mss_byte;       /* see flow_tcp_mss() */
};

struct flow_tcp {
    _Alignas(64) struct flow_tcp_side side[2];
};

/* The largest segment that the SYN-ACK allowed; 0: it was not seen. Each side has room for one byte
 * of it. */
static inline unsigned flow_tcp_mss(const struct flow_tcp *tcp)
{
    return (unsigned)tcp->side[0].mss_byte << 8 | tcp->side[1].mss_byte;
}

static inline void flow_tcp_set_mss(struct flow_tcp *tcp, unsigned mss)
{
    tcp->side[0].mss_byte = (uint8_t)(mss >> 8);
    tcp->side[1].mss_byte = (uint8_t)mss;
}

/* A retransmit of late, which a duplicate SACK may yet call spurious. */
struct flow_resent {
    uint32_t low, high;
    uint32_t ts_value; /* 0: it had no timestamp */
    uint16_t ip_id;    /* 0: it had none */
    uint8_t kind;      /* enum tcp_count; TCP_COUNT_COUNT: not told */
    uint8_t filled; /* what was sent before had not been seen: counted as lost before the mirror */
};

enum { FLOW_RESENT = 8 };

/* What goes wrong in a connection, of A and B. */
struct flow_trouble {
    struct tcp_side_counts counts[2];
    struct flow_resent resent[2][FLOW_RESENT]; /* a ring: */
    uint8_t resent_next[2];
    uint8_t in_run[2];   /* there has been a run of retransmits: */
    uint8_t run_kind[2]; /* enum tcp_count of the last one */
    uint8_t has_sack[2];
    uint32_t run_end[2];   /* what had been sent when the run began */
    uint32_t sack_high[2]; /* the highest byte that this side has acknowledged selectively */
    uint32_t holes[2];     /* index into the pool of older ranges, see tcp.h */
    /* what was too far off to be believed, see engine_tcp_doubt.c: */
    uint32_t doubt_low[2], doubt_high[2]; /* the last bytes */
    uint32_t doubt_ack[2];                /* the last acknowledgment */
    uint8_t has_doubt[2], has_doubt_ack[2];
    /* what was inferred last, and where the right edge was then, see engine_tcp_ids.c */
    uint32_t inferred_edge[2], inferred_there[2];
    /* the last segment came in IP fragments, see engine_tcp_fragments.c: what the first one has,
     * its identification, how many bytes the others had until now */
    uint32_t fragment_low[2], fragment_end[2], fragment_id[2], fragment_more[2];
    uint8_t has_fragment[2];
    uint64_t rolled_loss_bytes[2]; /* already in talkers: */
    uint32_t rolled_retransmits[2];
    uint32_t events[2]; /* begun, see tcp_events.h */
};

/* Quantiles of round trips in little room: four buckets an octave from 64 us to 1 s, see
 * tcp_rtt.h. */
enum { FLOW_RTT_BUCKETS = 58 };

struct flow_rtt_side {
    _Alignas(64) uint8_t bucket[FLOW_RTT_BUCKETS];
};

struct flow_rtt {
    struct flow_rtt_side to[2]; /* towards A and B */
};

_Static_assert(sizeof(struct flow_tcp) == 64, "a cache line");
_Static_assert(sizeof(struct flow_rtt_side) == 64, "a cache line");

#endif
