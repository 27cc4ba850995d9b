/* SPDX-License-Identifier: MIT */
/*
 * explain: which packets behind counts of TCP are wanted, and what they say in words.
 *
 * Pure; texts are ASCII without anything from the network in them but numbers.
 */
#ifndef MIRRORTOP_EXPLAIN_H
#define MIRRORTOP_EXPLAIN_H

#include "err.h"
#include "flow/tcp_events.h"
#include "format.h"
#include "record.h"

/* One flow, one counter of all flows, or everything. */
struct explain_want {
    enum { EXPLAIN_ONE_FLOW, EXPLAIN_COUNTER, EXPLAIN_ALL } what;
    enum tcp_count counter;
    struct ip_addr addr[2]; /* of the flow's ends, in any order */
    uint64_t port[2];
    uint64_t vni; /* VALUE_UNKNOWN: whatever session the flow is of */
    struct ip_addr mirror_source;
};

/* Buffers that hold any of the texts whole. */
enum { EXPLAIN_FLOW = 2 * FORMAT_ADDR + 24, EXPLAIN_VERDICT = 288, EXPLAIN_WHY = 1024 };

/* "10.0.1.10:50001-192.0.2.80:443", also with tcp before it, with > or blanks between the ends,
 * IPv6 addresses in brackets, and ", VNI 7 from 10.0.1.10" behind it; the name of a counter; or
 * all. false and *err (EXIT_USAGE, beginning with `where`): what was expected. */
bool explain_parse(struct explain_want *want, const char *text, const char *where, struct err *err);

bool explain_wants(const struct explain_want *want, const struct tcp_event *event,
                   const struct flow_record *flow);

/* Whether events say what was counted as this. */
static inline bool explain_has(enum tcp_count what)
{
    return what < TCP_COUNT_ANSWERED;
}

/* src's end first, as explain_parse() takes it. */
size_t explain_flow(char *out, size_t size, const struct flow_record *flow);

/* What the packet was counted as: "retransmit (fast), lost before the mirror". */
size_t explain_verdict(char *out, size_t size, const struct tcp_event *event);

/* Why, one sentence without its end. Times are seconds since `first_ns`. */
size_t explain_why(char *out, size_t size, const struct tcp_event *event, uint64_t first_ns);

/* Seconds since the first frame: "12.345678". */
size_t explain_time(char *out, size_t size, uint64_t ts_ns, uint64_t first_ns);

#endif
