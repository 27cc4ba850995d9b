/* SPDX-License-Identifier: MIT */
#include "protocols.h"

#include <string.h>

#include "../hash.h"
#include "../names.h"

void protocol_tree_clear(struct protocol_tree *tree)
{
    memset(tree, 0, sizeof(*tree));
}

/* Finds or makes the child `id` of `parent` (index + 1); `parent` itself when there is no room. */
static uint16_t child(struct protocol_tree *tree, uint16_t parent, uint8_t level, uint16_t id)
{
    size_t mask = sizeof(tree->slots) / sizeof(tree->slots[0]) - 1;
    size_t at = hash_mix((uint64_t)parent << 16 | id, 0x9e3779b97f4a7c15u) & mask;

    for (; tree->slots[at]; at = (at + 1) & mask) {
        const struct protocol_node *node = &tree->node[tree->slots[at] - 1];

        if (node->parent == parent && node->id == id && node->level == level)
            return tree->slots[at];
    }
    if (tree->count == PROTOCOL_NODES)
        return parent;
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
    case FLOW_OTHER:
        return key->port[0];
    default:
        return 0;
    }
}

uint16_t protocol_node(struct protocol_tree *tree, const struct flow_key *key, uint16_t app)
{
    uint16_t node = child(tree, 0, 0, network_id(key));

    if (node == 0) /* no room even there: the first node carries it, so that sums hold */
        node = 1;
    if (key->kind != FLOW_IPV4 && key->kind != FLOW_IPV6)
        return node;
    node = child(tree, node, 1, key->protocol);
    return app == APP_UNKNOWN ? node : child(tree, node, 2, app);
}

void protocol_add(struct protocol_tree *tree, uint16_t node, uint64_t packets, uint64_t bytes)
{
    tree->node[node - 1].packets += packets;
    tree->node[node - 1].bytes += bytes;
    tree->node[node - 1].interval_bytes += bytes;
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
