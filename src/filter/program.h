/* SPDX-License-Identifier: MIT */
/*
 * program: a filter made ready to judge packets.
 *
 * Per direction the rules are looked at in ascending order, session after session; the first that
 * matches decides, a packet that none matches is not mirrored (AWS Traffic Mirroring guide, filters
 * and sessions). What that gives is an *outcome*, a small number: a rule, the end of a list, or
 * one of the cases below in which the lists are not what decides, or cannot be.
 *
 * Immutable once made (and examined), so any thread may ask it. Memory: at most 6 MiB (2,000
 * rules), some 20 KiB for the ten rules that AWS allows.
 *
 * What no mirror carries, whatever the rules (guide, limitations; addresses: EC2 user guide):
 *   ARP
 *   DHCP                       UDP 67, 68 on both sides; DHCPv6: UDP 546, 547 on both sides
 *   instance metadata          169.254.169.254, fd00:ec2::254
 *   Amazon Time Sync Service   169.254.169.123, fd00:ec2::123. The guide says NTP; a real mirror
 *                              did carry NTP of a public server
 *   Windows activation         169.254.169.250, 169.254.169.251, fd00:ec2::250, TCP port 1688
 * Neighbour discovery (ICMPv6) is not in the guide's list: the rules decide.
 *
 * DNS of the Amazon resolver (TCP and UDP port 53) is mirrored if and only if a session has the
 * network service amazon-dns; no rule is asked. The resolver is recognised by its address:
 *   169.254.169.253, fd00:ec2::253     for certain
 *   the VPC's first address plus two   by its form, since no packet says how large the VPC is:
 *                                      it is 2 above the base of some block of /16 to /28 in which
 *                                      the address that it talks to lies too
 * Such an address is reserved in a VPC, so it can be mistaken only outside of one (a home network's
 * 192.168.0.2), or inside a subnet that is larger than the block. Not recognised: a resolver that
 * is asked from another CIDR block of its VPC, resolver endpoints (they are ordinary interfaces,
 * the rules decide), and later fragments of answers from base plus two: without a port they are
 * anything's. From the addresses that are certain they are taken for DNS.
 */
#ifndef MIRRORTOP_FILTER_PROGRAM_H
#define MIRRORTOP_FILTER_PROGRAM_H

#include "examine.h"
#include "filter.h"

struct few;
struct filter_program;

/* What is judged: a packet, or all alike in a direction of a flow. */
struct filter_subject {
    struct ip_addr src, dst; /* both of family 4 or 6 when is_ip */
    uint16_t src_port, dst_port;
    uint8_t protocol;         /* IANA number */
    bool is_ip;               /* addresses and protocol are known */
    bool is_arp;              /* otherwise: ARP, or neither of both */
    bool has_ports;           /* the ports could be read; asked for TCP and UDP only */
    bool later_fragment;      /* the packet has no ports, even if the flow's are known */
    enum direction direction; /* DIRECTION_UNKNOWN: both are tried */
};

enum filter_verdict { FILTER_ACCEPTED, FILTER_REJECTED, FILTER_UNCERTAIN };

enum filter_outcome_kind {
    OUTCOME_ALL,        /* number 0, FILTER_ALL: there is no filter. Accepted */
    OUTCOME_RULE,       /* this rule decided */
    OUTCOME_IMPLICIT,   /* no rule of this direction, of any session. Rejected */
    OUTCOME_NEVER,      /* what no mirror carries (above). Rejected */
    OUTCOME_AMAZON_DNS, /* accepted by the first session that has it on, else rejected */
    /* It is not known which rule decides, but all that may say the same: the direction is
     * unknown, or ports that rules ask for are (OUTCOME_UNDOCUMENTED). */
    OUTCOME_EITHER_ACCEPTED,
    OUTCOME_EITHER_REJECTED,
    /* The direction is unknown, and the lists differ. Uncertain */
    OUTCOME_NO_DIRECTION,
    /* AWS does not say what a rule with ports makes of a packet without: later fragments,
     * TCP and UDP cut before the ports, other protocols (if the rule does not exclude them).
     * Nor what becomes of frames that are neither IP nor ARP, if the direction has any rule.
     * Uncertain */
    OUTCOME_UNDOCUMENTED,
};

struct filter_outcome {
    enum filter_outcome_kind kind;
    enum filter_verdict verdict;
    enum direction direction;       /* of OUTCOME_RULE, _IMPLICIT; else unknown */
    uint32_t session;               /* of OUTCOME_RULE, accepted _AMAZON_DNS; else 0 */
    const struct filter_rule *rule; /* of OUTCOME_RULE, lives as long as the program; else NULL */
};

/* Numbers of outcomes. Rules follow from FILTER_OUTCOME_RULES on, in the order of the filter. */
enum {
    FILTER_ALL = 0,
    FILTER_NEVER,
    FILTER_AMAZON_DNS,
    FILTER_EITHER_ACCEPTED,
    FILTER_EITHER_REJECTED,
    FILTER_NO_DIRECTION,
    FILTER_UNDOCUMENTED,
    FILTER_IMPLICIT_INGRESS,
    FILTER_IMPLICIT_EGRESS,
    FILTER_OUTCOME_RULES,
    FILTER_OUTCOMES = FILTER_OUTCOME_RULES + FILTER_RULES, /* at most */
};

/* Copies what it needs, the filter too. NULL and *err: out of memory. */
struct filter_program *filter_program_new(const struct filter *filter, struct err *err);
void filter_program_free(struct filter_program *program); /* NULL is fine */

/* The program's own copy of its filter. */
const struct filter *filter_program_filter(const struct filter_program *program);

/* Examines the filter, which can take half a second: before the program is handed to a thread that
 * must not wait. Without memory for it nothing is found. */
void filter_program_examine(struct filter_program *program);
/* What was found; nothing if nobody has examined it. */
const struct filter_findings *filter_program_findings(const struct filter_program *program);

/*
 * The number of an outcome, from 1 to filter_outcome_count() - 1; never FILTER_ALL.
 *
 * With FILTER_REJECT_GOES_ON, what an earlier session's rule rejects and no later one accepts is
 * that first rule's.
 */
uint16_t filter_judge(const struct filter_program *program, const struct filter_subject *subject);

/* What judges most packets of the family (4 or 6) sooner, see few.h; NULL: nothing does. Lives as
 * long as the program. */
const struct few *filter_program_few(const struct filter_program *program, uint8_t family);

size_t filter_outcome_count(const struct filter_program *program);

/* `number` must be less than the count. */
const struct filter_outcome *filter_outcome(const struct filter_program *program, uint16_t number);

#endif
