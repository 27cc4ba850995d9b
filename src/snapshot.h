/* SPDX-License-Identifier: MIT */
/*
 * snapshot: what was true at one moment, ranked and bounded; all that ui/ and output/ see.
 *
 * Made by the engine (engine_snapshot()), immutable afterwards, freed by its owner. Texts in its
 * rows point into the snapshot itself, to constants, or into the documents of --aws-json, so it
 * outlives any change in the engine.
 */
#ifndef MIRRORTOP_SNAPSHOT_H
#define MIRRORTOP_SNAPSHOT_H

#include "field.h"
#include "flow/tcp_events.h"

enum { SNAPSHOT_HISTORY = 600, SNAPSHOT_EVENTS = 300 };

struct snapshot_order {
    size_t field; /* index into the table's fields */
    bool descending;
};

struct snapshot_request {
    struct snapshot_order order[TABLE_COUNT];
    size_t top;            /* rows at most a table (sessions too) */
    bool flows;            /* also rank TABLE_FLOWS and TABLE_RETRANSMITS */
    bool settled;          /* talkers and protocols have all that came, not only what came up to
                            * the last interval's end; the rates of flows are 0 for that */
    bool explain;          /* ... and say what explains the counts of one flow: */
    uint64_t explain_flow; /* its serial */
};

/* Every table by its default order, `top` rows. */
struct snapshot_request snapshot_request_default(size_t top);

struct snapshot_rows {
    const void *rows; /* array of the table's record type */
    size_t count;     /* rows here */
    uint64_t total;   /* rows that there are */
};

/* Counters since the start of the input. Frames, unless said otherwise. */
struct snapshot_input {
    uint64_t packets;            /* frames read */
    uint64_t bytes;              /* their lengths on the wire, outer headers included */
    uint64_t mirrored;           /* frames that carried a mirrored frame */
    uint64_t not_mirrored;       /* the others; packets = mirrored + not_mirrored */
    uint64_t kernel_drops;       /* before we read them; VALUE_UNKNOWN: does not apply (a file) */
    uint64_t queue_drops;        /* our own queue was full */
    uint64_t interface_drops;    /* by the device or its driver; VALUE_UNKNOWN: not told */
    uint64_t oversize;           /* datagrams longer than our buffer; what fitted was used */
    uint64_t first_ns, last_ns;  /* VALUE_UNKNOWN before the first frame */
    uint64_t time_backwards;     /* times that the stamps jumped back by more than 10 s */
    bool cut;                    /* the file ended inside a packet */
    bool kernel_drops_estimated; /* the kernel dropped datagrams that it had merged, uncounted */
};

struct snapshot_decode {
    uint64_t outcomes[DECODE_OUTCOME_COUNT];
    uint64_t fragments;
    uint64_t duplicates; /* second copies, not counted again; VALUE_UNKNOWN: not looked for */
    uint64_t reasons[REASON_COUNT];
    uint64_t anomalies[ANOMALY_COUNT];
    uint64_t fragments_alone;      /* without ports: their first one is not known */
    uint64_t duplicates_forgotten; /* packets of which a copy may have gone unnoticed: no room */
};

struct snapshot_flows {
    uint64_t total;   /* flows ever opened in the table */
    uint64_t active;  /* in the table now */
    uint64_t evicted; /* closed before their time because the table was full */
    uint64_t limit;
    uint64_t talkers_evicted;     /* addresses whose totals went into talkers_rest */
    uint64_t talkers_refused;     /* addresses of flows that found no room, with the same end */
    uint64_t names_dropped;       /* server names not kept because the store was full */
    uint64_t sessions_refused;    /* frames of sessions beyond the session table */
    uint64_t sessions_left_out;   /* sessions that were not added to a flow: no room */
    uint64_t shown;               /* of all ever opened: those of which the filter shows anything */
    uint64_t holes_forgotten;     /* in what TCP carried, for which there was no room */
    uint64_t protocols_displaced; /* packets whose node of the protocol tree found no room */
};

/* What talkers carried that are not listed: all rows and this add up. */
struct snapshot_rest {
    uint64_t packets_sent, bytes_sent, packets_received, bytes_received;
};

/* Times in microseconds, unknown without samples. */
struct snapshot_rtt {
    uint64_t count, min_us, median_us, p95_us, max_us;
};

struct snapshot_tcp {
    uint64_t segments;
    uint64_t count[TCP_COUNT_COUNT];      /* unknown: no direction allows it to be told */
    struct snapshot_rtt rtt;              /* of handshakes: SYN to the ACK of the SYN-ACK */
    struct snapshot_rtt rtt_src, rtt_dst; /* samples towards src, towards dst; with a filter those
                                           * since it came */
};

/* One sample a second of the capture's clock, oldest first. */
struct snapshot_history {
    size_t count;
    uint64_t bytes[SNAPSHOT_HISTORY]; /* of mirrored (or --direct) inner traffic */
    uint64_t packets[SNAPSHOT_HISTORY];
    uint64_t retransmits[SNAPSHOT_HISTORY];
    uint64_t mirror_loss_bytes[SNAPSHOT_HISTORY];
};

/* Packets behind what was counted of one flow, oldest first; the newest ones. */
struct snapshot_events {
    uint64_t flow; /* its serial */
    const struct tcp_event *events;
    size_t count;
    uint64_t kept; /* that there are, here or not; others were overwritten */
};

struct snapshot_sum {
    uint64_t packets, bytes; /* of inner IP */
};

/* What the filter would cost if it were deployed: on average since the start, of all that would be
 * mirrored (snapshot_filter.mirrored). A mirrored packet is as long as its inner frame, or the
 * PacketLength of the rule's session, and SNAPSHOT_OVERHEAD. */
struct snapshot_projection {
    double seconds;       /* that it rests on; less than 1: too little, and all else is 0 */
    uint64_t packet_rate; /* mirrored packets/s */
    uint64_t bit_rate;    /* of mirrored packets */
    uint64_t month_bytes; /* in 30 days */
    uint64_t month_cents; /* of 30 days by the prices given, in 1/100; unknown: none was given */
    bool at_most;         /* there is a PacketLength, and sizes of single packets are not kept */
};

/* Outer IPv4 20, UDP 8, VXLAN 8, and the inner Ethernet header 14: inner IP of 1500 bytes has been
 * seen to arrive as outer IP of 1550. (AWS plans with 54.) */
enum { SNAPSHOT_OVERHEAD = 20 + 8 + 8, SNAPSHOT_ETHERNET = 14 };

struct snapshot_filter {
    uint32_t serial;         /* another one: what is shown may be other rows than before */
    bool on;                 /* else all that follows is unset, and everything is shown */
    bool rejected_view;      /* shown is what it rejects, not what it accepts */
    const char *text;        /* its rules in their short spelling, one line, cut if it is long */
    struct snapshot_sum all; /* = accepted + rejected + uncertain */
    struct snapshot_sum accepted, rejected, uncertain;
    /* What would be mirrored: accepted, each copy by the direction that it has in its own session.
     * More than `accepted`, in which a packet counts once, when filters of several sessions let it
     * through; less, when another session's mirror has lost copies. */
    struct snapshot_sum mirrored;
    struct snapshot_sum forgotten; /* of uncertain: flows that ended too long ago to be judged */
    uint64_t one_way_flows;        /* flows with packets both ways of which it accepts one only */
    struct snapshot_projection projection;
    bool baseline_on;
    struct snapshot_sum baseline;     /* what the baseline accepts */
    struct snapshot_sum gained, lost; /* accepted by this one and not the baseline, and reverse */
    struct snapshot_sum uncompared;   /* of flows that ended before there was the baseline */
    const char *warnings;             /* one a line, or "" */
};

struct snapshot {
    struct snapshot_input input;
    struct snapshot_decode decode;
    struct snapshot_flows flows;
    struct snapshot_rest talkers_rest;
    struct snapshot_tcp tcp;
    uint64_t packets, bytes;        /* taken into sessions (inner bytes) */
    uint64_t bit_rate, packet_rate; /* of those, over the last interval */
    struct snapshot_history history;
    struct snapshot_events events; /* those asked for */
    struct snapshot_filter filter;
    struct snapshot_rows tables[TABLE_COUNT];
    void *storage;  /* rows and texts */
    void *findings; /* those of TABLE_FINDINGS; NULL: nobody has examined it */
};

void snapshot_free(struct snapshot *snapshot);

static inline const void *snapshot_row(const struct snapshot *snapshot, enum table_id table,
                                       size_t row)
{
    return (const char *)snapshot->tables[table].rows + row * field_tables[table].record_size;
}

#endif
