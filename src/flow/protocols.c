/* SPDX-License-Identifier: MIT */
#include "protocols.h"

#include <string.h>

#include "../hash.h"
#include "../names.h"

void protocol_tree_clear(struct protocol_tree *tree)
{
    memset(tree, 0, sizeof(*tree));
}

/* Finds or makes the child `id` of `parent` (index + 1); 0: there is none, and no room before
 * `limit`. */
static uint16_t child(struct protocol_tree *tree, uint16_t parent, uint8_t level, uint16_t id,
                      size_t limit)
{
    size_t mask = sizeof(tree->slots) / sizeof(tree->slots[0]) - 1;
    size_t at = hash_mix((uint64_t)parent << 16 | id, 0x9e3779b97f4a7c15u) & mask;

    for (; tree->slots[at]; at = (at + 1) & mask) {
        const struct protocol_node *node = &tree->node[tree->slots[at] - 1];

        if (node->parent == parent && node->id == id && node->level == level)
            return tree->slots[at];
    }
    if (tree->count >= limit)
        return 0;
    tree->node[tree->count] = (struct protocol_node){ .parent = parent, .level = level, .id = id };
    tree->slots[at] = (uint16_t)++tree->count;
    return tree->slots[at];
}

static uint16_t network_id(const struct flow_key *key)
{
    switch (key->kind) {
    case FLOW_IPV4:
        return ETHER_IPV4;
    case FLOW_IPV6:
        return ETHER_IPV6;
    case FLOW_ARP:
        return ETHER_ARP;
    default:
        return 0;
    }
}

/* The node of an EtherType; 0: there are too many. */
static uint16_t other_node(struct protocol_tree *tree, uint16_t ether_type)
{
    bool full = tree->ether_types == PROTOCOL_ETHER_TYPES;
    size_t before = tree->count;
    uint16_t node = child(tree, 0, 0, ether_type, full ? before : PROTOCOL_NODES);

    tree->ether_types += tree->count - before;
    return node;
}

/* The flow's node; *fits: not only the next best. */
static uint16_t find_node(struct protocol_tree *tree, const struct flow_key *key, uint16_t app,
                          bool *fits)
{
    uint16_t node, deepest;

    *fits = true;
    if (key->kind == FLOW_OTHER) {
        node = other_node(tree, key->port[0]);
        *fits = node != 0;
        return node ? node : child(tree, 0, 0, PROTOCOL_OTHER, PROTOCOL_NODES);
    }
    node = child(tree, 0, 0, network_id(key), PROTOCOL_NODES);
    if (key->kind != FLOW_IPV4 && key->kind != FLOW_IPV6)
        return node;
    node = child(tree, node, 1, key->protocol, PROTOCOL_NODES);
    if (app == APP_UNKNOWN)
        return node;
    deepest = child(tree, node, 2, app,
                    PROTOCOL_NODES - PROTOCOL_RESERVED - PROTOCOL_ETHER_TYPES + tree->ether_types);
    *fits = deepest != 0;
    return deepest ? deepest : node;
}

/* The same by way of those found before; nodes stay where they are. */
static uint16_t recent_node(struct protocol_tree *tree, const struct flow_key *key, uint16_t app,
                            bool *fits)
{
    uint32_t what = 1u << 31 | (uint32_t)key->kind << 24 | (uint32_t)key->protocol << 16 | app;
    size_t at = (uint32_t)(what * 0x9e3779b1u) >> 16 & (PROTOCOL_RECENT - 1);
    uint16_t node;

    if (tree->recent[at].what == what) {
        *fits = true;
        return tree->recent[at].node;
    }
    node = find_node(tree, key, app, fits);
    if (*fits && key->kind != FLOW_OTHER) { /* those have their type in the port */
        tree->recent[at].what = what;
        tree->recent[at].node = node;
    }
    return node;
}

uint16_t protocol_book(struct protocol_tree *tree, const struct flow_key *key, uint16_t app,
                       uint64_t packets, uint64_t bytes)
{
    bool fits;
    uint16_t at = recent_node(tree, key, app, &fits);
    struct protocol_node *node = &tree->node[at - 1];

    node->packets += packets;
    node->bytes += bytes;
    node->interval_bytes += bytes;
    if (!fits)
        tree->displaced += packets;
    return at;
}

void protocol_move(struct protocol_tree *tree, uint16_t from, uint16_t to, uint64_t packets,
                   uint64_t bytes)
{
    tree->node[from - 1].packets -= packets;
    tree->node[from - 1].bytes -= bytes;
    tree->node[to - 1].packets += packets;
    tree->node[to - 1].bytes += bytes;
}

void protocol_interval(struct protocol_tree *tree, double seconds)
{
    for (size_t i = 0; i < tree->count; i++) {
        tree->node[i].bit_rate = (uint64_t)((double)tree->node[i].interval_bytes * 8 / seconds);
        tree->node[i].interval_bytes = 0;
    }
}

void protocol_view_clear(struct protocol_tree *tree)
{
    memset(tree->view, 0, sizeof(tree->view));
}

void protocol_view_interval(struct protocol_tree *tree, double seconds)
{
    for (size_t i = 0; i < tree->count; i++) {
        tree->view[i].bit_rate = (uint64_t)((double)tree->view[i].interval_bytes * 8 / seconds);
        tree->view[i].interval_bytes = 0;
    }
}
