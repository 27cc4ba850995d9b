/* SPDX-License-Identifier: MIT */
/*
 * record: the rows that people and scripts see, one struct a table.
 *
 * Values, not state: the engine fills them, the snapshot keeps them, panes and exporters show
 * them through the field table (field.h). Numbers are uint64_t; VALUE_UNKNOWN is "cannot be known"
 * and is shown blank, empty or null, never as 0. Texts are never NULL; "" is unknown.
 * Names that came from the network are raw here: whoever prints them escapes them.
 */
#ifndef MIRRORTOP_RECORD_H
#define MIRRORTOP_RECORD_H

#include "../decode/packet.h"

#define VALUE_UNKNOWN UINT64_MAX

/* More of what one direction of a TCP flow counted: segments, defined in flow/tcp_counts.h, and
 * round trips towards its sender. */
struct tcp_record {
    uint64_t retransmit_runs, fast, timeout, tail_probes, spurious, syn_again, fin_again;
    uint64_t lost_before_mirror, inferred, late, uncertain, mirror_loss_segments;
    uint64_t window_full, duplicate_acks, keep_alives, zero_window_probes, window_probes;
    uint64_t rtt_min_us, rtt_median_us, rtt_p95_us;
};

/* One bidirectional flow. src is who opened it: the sender of the SYN, else of the first packet. */
struct flow_record {
    uint64_t serial; /* order of first packets; unique in a run: the row's key */
    uint64_t start_ns, end_ns;
    uint64_t vni; /* unknown: not encapsulated */
    struct ip_addr mirror_source;
    const char *protocol; /* tcp, udp, ..., the IANA number, arp, 0xTYPE, "" */
    const char *app;
    struct ip_addr src_addr, dst_addr;
    uint64_t src_port, dst_port;
    uint64_t src_packets, src_bytes, dst_packets, dst_bytes;
    const char *src_direction;                 /* ingress, egress or "" */
    uint64_t src_tcp_flags, dst_tcp_flags;     /* OR of enum tcp_flag; unknown: not TCP */
    uint64_t src_retransmits, dst_retransmits; /* segments */
    uint64_t src_retransmit_bytes, dst_retransmit_bytes;
    uint64_t src_out_of_order, dst_out_of_order;
    uint64_t src_mirror_loss_bytes, dst_mirror_loss_bytes;
    uint64_t src_zero_windows, dst_zero_windows;
    uint64_t rtt_us; /* SYN to the ACK of the SYN-ACK */
    const char *server_name;
    const char *src_country, *dst_country; /* ISO 3166-1 alpha-2 */
    uint64_t src_asn, dst_asn;
    uint64_t rule;
    /* for the screen */
    const char *state; /* opening, open, closing, closed, refused ... */
    uint64_t packets, bytes, bit_rate, retransmits, retransmit_share, icmp_errors;
    struct tcp_record src_tcp, dst_tcp;
    uint64_t answer_us, confirm_us; /* SYN to SYN-ACK, SYN-ACK to its ACK; sum: rtt_us */
    /* of both directions, those that are known */
    uint64_t retransmit_bytes, retransmit_bytes_share, retransmit_runs, fast, timeout, spurious;
    uint64_t other_kinds, lost_before_mirror, inferred, late, mirror_loss_bytes;
    uint64_t events; /* packets that changed a counter of TCP, see flow/tcp_events.h */
    const char *cut; /* what was cut off of its frames, and what cannot be known so; or "" */
    const char *also_session; /* VNI@SOURCE of other sessions, blanks between; see duplicates.h */
};

static inline bool record_has(uint64_t value)
{
    return value != VALUE_UNKNOWN && value > 0;
}

/* In 1/1000, rounded; unknown: there is no whole. */
static inline uint64_t record_share(uint64_t part, uint64_t whole)
{
    return whole ? (uint64_t)((double)part * 1000 / (double)whole + 0.5) : VALUE_UNKNOWN;
}

/* Which flows the table of retransmits has, and how people are told. What was lost before the
 * mirror is among the retransmits. */
#define FLOW_RECORD_LOSSES                                                                         \
    "TCP flows with retransmits, seen or inferred, and those of which the mirror has lost bytes."

static inline bool flow_record_has_losses(const struct flow_record *flow)
{
    return record_has(flow->retransmits) || record_has(flow->inferred) ||
           record_has(flow->mirror_loss_bytes);
}

/* Where src_country and dst_country may point. */
struct row_countries {
    char src[3], dst[3];
};

/* What arrived of a session, whatever a filter shows of it; packets. */
struct session_arrivals {
    uint64_t packets, ingress, egress, unknown_direction;
};

struct session_record {
    uint64_t key;     /* stable for the run */
    const char *name; /* by the documents of --aws-json, "direct", "others", or "" */
    uint64_t vni;
    struct ip_addr mirror_source;
    const char *gwlbe; /* GWLB endpoint id: 16 hex digits, its ENI id if documents have it, or "" */
    const char *mac;   /* of the mirror source, once learnt, or "" */
    uint64_t packets, bytes;
    uint64_t ingress, egress, unknown_direction; /* packets */
    uint64_t truncated, malformed, flows;
    uint64_t duplicates; /* packets of which another session had brought the first copy */
    uint64_t first_ns, last_ns;
    uint64_t bit_rate, packet_rate;
    /* for the doctor */
    struct session_arrivals all;
    bool one_way;               /* of no flow both directions came, though they must have been */
    uint64_t cut_frames;        /* frames that the mirror itself cut ... */
    uint64_t cut_low, cut_high; /* ... to so many bytes, at least and at most */
    /* of TCP, segments; the second and the last are unknown with a filter */
    uint64_t retransmits, lost_before_mirror, mirror_loss_bytes, late;
    uint64_t seen_twice;              /* in all, whatever a filter shows */
    uint64_t dns_flows, dns_answered; /* UDP flows with port 53; of them: both directions came */
    /* by the documents of --aws-json; unknown or "" without them */
    const char *eni;
    uint64_t session_number;
    const char *filter; /* its name, else its id */
    uint64_t packet_length;
    const char *state; /* ok, silent, expected, not in file, ambiguous, or "" */
};

struct talker_record {
    uint64_t key;
    struct ip_addr addr;
    uint64_t vni;
    struct ip_addr mirror_source;
    uint64_t packets_sent, bytes_sent, packets_received, bytes_received;
    uint64_t flows;                   /* flows that it took part in */
    uint64_t send_rate, receive_rate; /* bit/s over the last interval */
    uint64_t rate;                    /* their sum */
    uint64_t average_rate;            /* bit/s since first seen */
    uint64_t bytes;                   /* sent and received */
    /* of what it sent */
    uint64_t retransmits, mirror_loss_bytes, retransmit_share;
    const char *country;
    uint64_t asn;
    const char *as_name;
};

/* A node of the tree network > transport > app. */
struct protocol_record {
    uint64_t key;
    const char *name, *parent; /* parent "" for the top level */
    uint64_t level;            /* 0, 1, 2 */
    uint64_t packets, bytes;
    uint64_t share; /* of all bytes, in 1/1000 */
    uint64_t bit_rate;
};

struct suspicion_record {
    uint64_t key;
    const char *kind; /* address_scan, port_scan */
    struct ip_addr src_addr;
    struct ip_addr dst_addr; /* port_scan: the host; address_scan: none */
    uint64_t vni;
    struct ip_addr mirror_source;
    uint64_t port;      /* address_scan: the port; else unknown */
    const char *detail; /* "253 hosts on port 22 in 12 s" */
    uint64_t started_ns, last_ns;
    uint64_t targets;             /* distinct hosts or ports that did not answer or refused */
    uint64_t unanswered, refused; /* unknown: the filter shows some of the targets only */
    uint64_t window_s;
};

/* What the filter in force decides, and how much of the traffic it decided so: a rule of it, or one
 * of the other ways to a verdict. */
struct rule_record {
    uint64_t key;     /* number of the row, in the filter's order: unique while it is in force */
    uint64_t session; /* number of the session in the filter; unknown: none in particular */
    const char *direction; /* ingress, egress or "" */
    uint64_t number;       /* of the rule; unknown: it is none */
    const char *action;    /* accept, reject or uncertain */
    const char *rule;      /* what the rule matches, or what decided instead */
    uint64_t packets, bytes;
    uint64_t share; /* of all bytes, in 1/1000 */
    uint64_t packet_rate, bit_rate;
    uint64_t last_ns;       /* unknown: it has never decided */
    const char *example;    /* one of its flows: tcp 10.0.0.1:1234 > 10.0.0.2:443 */
    uint64_t one_way_flows; /* flows of which this accepts one direction, and nothing the other */
    const char *mend;       /* a rule that would let the other direction of one of them in, or "" */
    const char *note;       /* shadowed by ..., redundant, never matched, limits; or "" */
    uint64_t baseline_packets, baseline_bytes; /* of the rule of that number there, or unknown */
    const char *difference;  /* less those of the baseline: +120 packets +3.4k bytes; or "" */
    const char *description; /* of the rule, or "" */
};

/* What the doctor has found. */
struct finding_record {
    uint64_t key;         /* the same for the same thing found again */
    const char *severity; /* note, warning, problem */
    const char *kind;     /* name of the rule */
    uint64_t vni;         /* of the session; unknown: of the whole input */
    struct ip_addr mirror_source;
    const char *observed, *cause, *remedy;
};

#endif
