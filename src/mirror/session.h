/* SPDX-License-Identifier: MIT */
/*
 * session: the mirror sessions, and which way a packet went through the mirror source.
 *
 * A session is (outer source address, VNI, GWLB endpoint id where there is one). Number 0 is
 * "direct", for frames that were not encapsulated. The table is bounded; frames of sessions beyond
 * it are counted in the last one, "others".
 *
 * Direction: a mirror carries no such mark. Every pair of inner MAC addresses is a *path* with
 * counters of its own. A path whose packets carry the mirror source's own address (the outer
 * source) as inner source votes its source MAC to be the mirror source's; as inner destination,
 * its destination MAC, unless that is a group's. The MAC with most votes decides for all paths,
 * also for what they counted before; what somebody else sent to a group came in. Without MAC
 * addresses, or with more pairs than a session has room for, the comparison of addresses alone
 * decides. (The inner frame carries one MAC of the source ENI and one of the VPC router or a
 * neighbour: AWS Traffic Mirroring, packet format.)
 */
#ifndef MIRRORTOP_MIRROR_SESSION_H
#define MIRRORTOP_MIRROR_SESSION_H

#include "../../decode/packet.h"
#include "../err.h"

#include <stddef.h>

enum {
    SESSION_LIMIT = 4096, /* with "direct" and "others" */
    SESSION_DIRECT = 0,
    SESSION_OTHERS = SESSION_LIMIT - 1,
    SESSION_MAC_PATHS = 29, /* paths 0 to 28 are pairs of MAC addresses; then: */
    PATH_UNKNOWN = 29,
    PATH_EGRESS = 30,  /* by address: inner source = outer source */
    PATH_INGRESS = 31, /* by address: inner destination = outer source */
    SESSION_PATHS = 32,
};

enum direction { DIRECTION_UNKNOWN, DIRECTION_INGRESS, DIRECTION_EGRESS };

struct session_path {
    uint64_t packets;
    uint64_t bytes;
    uint64_t mac_high; /* destination MAC and the first two bytes of the source's */
    uint32_t mac_low;  /* the rest */
    uint32_t votes[2]; /* flow directions that say: source MAC, destination MAC is the ENI's */
    uint8_t judged_as; /* enum direction, by which a filter has judged flows: engine_filter.h */
};

/* What tells sessions apart; apart from the rest, so that the search stays in few cache lines. */
struct session_key {
    uint64_t source[2]; /* as in struct ip_addr */
    uint64_t gwlbe_id;
    uint32_t vni;
    uint32_t family;
};

struct session {
    /* The first three cache lines: all that nearly every packet touches. */
    _Alignas(64) struct ip_addr source;
    uint64_t flows;
    uint32_t two_way_flows;     /* flows of which both directions came */
    uint32_t half_tcp_flows;    /* TCP flows whose peer must have answered but was not seen */
    uint32_t mac_paths;         /* paths in use from 0 on */
    uint32_t dns_flows;         /* UDP flows with port 53 */
    uint32_t dns_answered;      /* of those: both directions came */
    uint32_t cut_low, cut_high; /* of cut_frames: to so many bytes, at least and at most */
    uint32_t vni;
    uint64_t first_ns, last_ns;
    uint64_t truncated, malformed;
    uint64_t cut_frames; /* cut by the mirror, not by who saved the capture */
    uint32_t votes;      /* of all paths */
    bool has_news;       /* a path or a vote has come since this was cleared */
    struct session_path path[SESSION_PATHS];

    uint64_t gwlbe_id;
    uint64_t interval_packets, interval_bytes; /* totals at the last interval's end */
    uint64_t packet_rate, bit_rate;            /* over the last interval */
    uint64_t duplicates; /* packets that are counted in another session: see duplicates.h */
    /* Directions of the paths as they were after so many votes, see session_path_direction(). */
    uint32_t known_votes;
    uint8_t known_direction[SESSION_PATHS];
};

struct session_table {
    struct session *sessions;
    struct session_key *keys;
    uint16_t *slots; /* number + 1 */
    size_t count;
    uint64_t seed;
    uint64_t refused_frames; /* counted in "others" */
    size_t sources;          /* different mirror sources of the sessions; none of "others" */
    bool several_sources;    /* more than one */
    struct ip_addr direct;   /* of the host on which "direct" was captured; family 0: not told */
};

bool session_table_init(struct session_table *table, uint64_t seed, struct err *err);
void session_table_release(struct session_table *table);
void session_table_clear(struct session_table *table);

/* Whose packets those that were not encapsulated are, as if it were their mirror source. */
void session_table_set_direct(struct session_table *table, const struct ip_addr *host);

/* The number of a mirrored packet's session. */
uint16_t session_find(struct session_table *table, const struct packet *packet);

/* The path of a packet between two addresses by these alone: PATH_EGRESS, PATH_INGRESS or
 * PATH_UNKNOWN. */
uint8_t session_path_by_address(const struct session *session, const struct ip_addr *src,
                                const struct ip_addr *dst);

/* Counts the packet in the session; returns its path. */
uint8_t session_count(struct session *session, const struct packet *packet, uint64_t ts_ns);

/* The first packet of a flow direction, of path `path`: a vote for the mirror source's MAC. */
void session_vote(struct session *session, const struct packet *packet, uint8_t path);

/* Of no flow both directions came, though peers must have answered. */
static inline bool session_is_one_way(const struct session *session)
{
    return session->two_way_flows == 0 && session->half_tcp_flows > 0;
}

/* The mirror source's MAC as learnt so far; false: not learnt. */
bool session_mac(const struct session *session, uint8_t mac[6]);

/* Directions of all paths, by what is known now. */
void session_directions(const struct session *session, uint8_t direction[SESSION_PATHS]);

/* That of one path, remembered until there are more votes or paths. */
enum direction session_path_direction(struct session *session, uint8_t path);

#endif
