/* SPDX-License-Identifier: MIT */
/*
 * protocols: the mix, as a tree network > transport > application.
 *
 * A flow is booked to one node: the deepest that is known. The nodes above it are sums, made when
 * they are shown. Bounded; what finds no room is booked one level higher.
 */
#ifndef MIRRORTOP_FLOW_PROTOCOLS_H
#define MIRRORTOP_FLOW_PROTOCOLS_H

#include "table.h"

enum { PROTOCOL_NODES = 4096 };

struct protocol_node {
    uint64_t packets, bytes; /* of this node alone */
    uint64_t interval_bytes; /* since the interval began */
    uint64_t bit_rate;       /* over the last whole interval, this node alone */
    uint16_t parent;         /* index + 1; 0: top level */
    uint16_t id;             /* EtherType, IP protocol or app id */
    uint8_t level;           /* 0, 1, 2 */
};

struct protocol_tree {
    struct protocol_node node[PROTOCOL_NODES];
    uint16_t slots[4 * PROTOCOL_NODES]; /* index + 1 */
    size_t count;
};

void protocol_tree_clear(struct protocol_tree *tree);

/* The node of a flow whose application is `app` (APP_UNKNOWN: its transport's), index + 1. */
uint16_t protocol_node(struct protocol_tree *tree, const struct flow_key *key, uint16_t app);

void protocol_add(struct protocol_tree *tree, uint16_t node, uint64_t packets, uint64_t bytes);

/* What was booked to `from` belongs to `to`: the application became known later. */
void protocol_move(struct protocol_tree *tree, uint16_t from, uint16_t to, uint64_t packets,
                   uint64_t bytes);

void protocol_interval(struct protocol_tree *tree, double seconds);

#endif
