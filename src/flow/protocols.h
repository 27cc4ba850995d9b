/* SPDX-License-Identifier: MIT */
/*
 * protocols: the mix, as a tree network > transport > application.
 *
 * A flow is booked to one node: the deepest that is known. The nodes above it are sums, made when
 * they are shown. Bounded: an application that finds no room is booked to its transport, an
 * EtherType to the node "other". IP and its transports always find theirs.
 */
#ifndef MIRRORTOP_FLOW_PROTOCOLS_H
#define MIRRORTOP_FLOW_PROTOCOLS_H

#include "table.h"

enum {
    PROTOCOL_NODES = 4096,
    PROTOCOL_ETHER_TYPES = 1024, /* of what is not IP, at most so many nodes */
    PROTOCOL_RESERVED = 520,     /* nodes that applications leave to networks and transports */
    PROTOCOL_RECENT = 2048,
    PROTOCOL_OTHER = 2, /* id of "other"; like ETHER_LLC, a number that no type has */
};

struct protocol_node {
    uint64_t packets, bytes; /* of this node alone */
    uint64_t interval_bytes; /* since the interval began */
    uint64_t bit_rate;       /* over the last whole interval, this node alone */
    uint16_t parent;         /* index + 1; 0: top level */
    uint16_t id;             /* EtherType, IP protocol or app id */
    uint8_t level;           /* 0, 1, 2 */
};

/* Of the same node: what a filter shows; see engine_filter.h. */
struct protocol_view {
    uint64_t packets, bytes;
    uint64_t interval_bytes;
    uint64_t bit_rate;
};

struct protocol_tree {
    struct protocol_node node[PROTOCOL_NODES];
    uint16_t slots[4 * PROTOCOL_NODES]; /* index + 1 */
    struct {
        uint32_t what; /* of a flow: kind, protocol, app; 0: empty */
        uint16_t node;
    } recent[PROTOCOL_RECENT]; /* most flows are of few kinds: found at the first look */
    size_t count;
    size_t ether_types; /* nodes of what is not IP */
    uint64_t displaced; /* packets booked elsewhere because their node found no room */
    struct protocol_view view[PROTOCOL_NODES];
};

void protocol_tree_clear(struct protocol_tree *tree);

/* Books what a flow carried whose application is `app` (APP_UNKNOWN: none); returns the node where
 * it went, index + 1. */
uint16_t protocol_book(struct protocol_tree *tree, const struct flow_key *key, uint16_t app,
                       uint64_t packets, uint64_t bytes);

/* What was booked to `from` belongs to `to`: the application became known later. */
void protocol_move(struct protocol_tree *tree, uint16_t from, uint16_t to, uint64_t packets,
                   uint64_t bytes);

/* Adds to what a node (index + 1) has in view, where less than nothing takes away. */
static inline void protocol_view_add(struct protocol_tree *tree, uint16_t node, uint64_t packets,
                                     uint64_t bytes)
{
    tree->view[node - 1].packets += packets;
    tree->view[node - 1].bytes += bytes;
}

void protocol_view_clear(struct protocol_tree *tree);
void protocol_view_interval(struct protocol_tree *tree, double seconds);

void protocol_interval(struct protocol_tree *tree, double seconds);

#endif
