/* SPDX-License-Identifier: MIT */
/*
 * filter: an AWS mirror filter as the program knows it, rules and what a session adds to them.
 *
 * A filter is made of the filters of up to three mirror sessions on one source (AWS Traffic
 * Mirroring guide: sessions, filters, quotas). Here it is only kept: in order, bounded, without two
 * rules of one number. What it does to a packet is program.h's, what is odd about it examine.h's.
 *
 * A struct filter is a value of its owner; nothing is shared. Texts in it may have come from a
 * file: any UTF-8, to be escaped by whoever prints or writes them.
 */
#ifndef MIRRORTOP_FILTER_FILTER_H
#define MIRRORTOP_FILTER_FILTER_H

#include "../../decode/packet.h"
#include "../err.h"
#include "../mirror/session.h"

#include <stddef.h>

enum {
    FILTER_RULES = 2000,       /* of all sessions together; AWS: 10 a filter */
    FILTER_SESSIONS = 3,       /* on one source (AWS quotas) */
    FILTER_NUMBER_MAX = 32766, /* sessions (API reference: 1 to 32766), and rules likewise */
    FILTER_CHARACTERS = 255,   /* of a text, as at AWS */
    FILTER_DESCRIPTION = 4 * FILTER_CHARACTERS + 1, /* bytes of one with its NUL */
    FILTER_PROTOCOL_ANY = -1,
};

struct filter_cidr {
    struct ip_addr addr; /* family 4 or 6; host bits are zero */
    uint8_t prefix;      /* 0 to 32, 0 to 128 */
};

struct filter_ports {
    bool given; /* false: any, and from and to are 0 */
    uint16_t from, to;
};

struct filter_rule {
    uint32_t number;          /* 1 to FILTER_NUMBER_MAX; unique in its session and direction */
    enum direction direction; /* ingress or egress, seen from the mirror source */
    bool accept;
    int16_t protocol; /* 0 to 255, or FILTER_PROTOCOL_ANY */
    /* Both of one family in rules that AWS takes; one of two families matches nothing. */
    struct filter_cidr src, dst;
    struct filter_ports src_ports, dst_ports;
    char *description; /* owned by the filter; NULL: none, never empty */
};

/* One mirror session's filter. */
struct filter_session {
    uint32_t number; /* of the session; 1 when nothing was said */
    bool amazon_dns; /* the network service: DNS of the Amazon resolver, whatever the rules say */
    uint64_t packet_length; /* bytes behind the VXLAN header; VALUE_UNKNOWN: whole packets */
    uint64_t vni;           /* VALUE_UNKNOWN: not said */
    char *filter_id;        /* tmf-..., owned, NULL: not said */
    bool awaited; /* its filter has only been named so far: what has no rules may not be whole */
    char *description;         /* of the filter, owned, NULL: none */
    struct filter_rule *rules; /* ingress before egress, then by number */
    size_t count;
};

/* Whether a packet that an earlier session's rule rejects may still be mirrored by a later session.
 * The launch description of the service says that the first match, accept or reject, settles
 * it; the guide speaks of the first session with a matching filter and leaves it open. */
enum filter_reading { FILTER_REJECT_ENDS, FILTER_REJECT_GOES_ON };

struct filter {
    struct filter_session sessions[FILTER_SESSIONS]; /* by number */
    size_t count;
    enum filter_reading reading;
};

/* No session, no rule, FILTER_REJECT_ENDS. */
void filter_init(struct filter *filter);

/* Gives everything back and leaves the filter as filter_init() does. */
void filter_free(struct filter *filter);

/* Makes `*to`, which need not have been initialised, a filter of its own; empty on false. */
bool filter_copy(struct filter *to, const struct filter *from, struct err *err);

/* Same sessions, switches, rules and texts. Numbers and order of rules count. */
bool filter_equal(const struct filter *a, const struct filter *b);

/* Descriptions count too. */
bool filter_rule_equal(const struct filter_rule *a, const struct filter_rule *b);

/* Of all sessions. */
size_t filter_rule_count(const struct filter *filter);

/* The session of this number, which is made when it is not there. NULL: more than three, or the
 * number is out of range. The pointer is good until the next call. */
struct filter_session *filter_session(struct filter *filter, uint32_t number, struct err *err);

/* Characters of a text (UTF-8); at most FILTER_CHARACTERS of them fit. */
size_t filter_text_length(const char *text);

/* Replaces one of a filter's texts by a copy; NULL and "" are none. Refused: one that is too
 * long. */
bool filter_set_text(char **text, const char *value, struct err *err);

/* Adds a copy of the rule, its text too, in its place; makes the session if need be. Host bits of
 * CIDRs are cleared. Refused, with the reason: a number that is taken in that session and
 * direction or out of range, more than FILTER_RULES rules, a fourth session, a text that is too
 * long, a direction, address family, prefix, protocol or port range that there is not. The filter
 * is then as it was. */
bool filter_add_rule(struct filter *filter, uint32_t session, const struct filter_rule *rule,
                     struct err *err);

/* The rule of this session, direction and number, or NULL. */
const struct filter_rule *filter_find_rule(const struct filter *filter, uint32_t session,
                                           enum direction direction, uint32_t number);

/* "ingress" or "egress". */
const char *filter_direction_name(enum direction direction);

/* Clears what the prefix does not cover. The family must be 4 or 6 and the prefix fit it. */
void filter_cidr_mask(struct filter_cidr *cidr);

/* Whether `inner` lies in `outer`, of the same family. */
bool filter_cidr_covers(const struct filter_cidr *outer, const struct filter_cidr *inner);

#endif
