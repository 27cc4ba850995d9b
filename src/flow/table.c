/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <string.h>

#include "../hash.h"
#include "../memory.h"

bool flow_table_init(struct flow_table *table, size_t limit, uint64_t seed, struct err *err)
{
    size_t slots = 64;

    while (slots < limit * 2) /* at most half full, so probes stay short */
        slots *= 2;
    *table = (struct flow_table){
        .flows = memory_reserve(limit, sizeof(struct flow)),
        .details = memory_reserve(limit, sizeof(struct flow_detail)),
        .events = memory_reserve_sparse(limit, sizeof(struct flow_events)),
        .slots = memory_reserve(slots, sizeof(uint64_t)),
        .limit = limit,
        .slot_mask = slots - 1,
        .seed = seed,
    };
    if (table->flows && table->details && table->events && table->slots)
        return true;
    flow_table_release(table);
    return err_set(err, EXIT_RUNTIME,
                   "no memory for a table of %zu flows; give a smaller --max-flows", limit);
}

void flow_table_release(struct flow_table *table)
{
    memory_release(table->flows, table->limit, sizeof(struct flow));
    memory_release(table->details, table->limit, sizeof(struct flow_detail));
    memory_release(table->events, table->limit, sizeof(struct flow_events));
    memory_release(table->slots, table->slot_mask + 1, sizeof(uint64_t));
    table->flows = NULL;
    table->details = NULL;
    table->events = NULL;
    table->slots = NULL;
}

void flow_table_clear(struct flow_table *table)
{
    memory_clear(table->flows, table->limit, sizeof(struct flow));
    memory_clear(table->details, table->limit, sizeof(struct flow_detail));
    memory_clear(table->events, table->limit, sizeof(struct flow_events));
    memory_clear(table->slots, table->slot_mask + 1, sizeof(uint64_t));
    table->high_water = 0;
    table->active = 0;
    table->opened = 0;
    table->free_head = 0;
}

/* Puts the two ends in order; returns the direction of what the first one sent. */
static unsigned key_order(struct flow_key *key, const struct ip_addr *src,
                          const struct ip_addr *dst, uint16_t src_port, uint16_t dst_port)
{
    unsigned swap;

    if (src->word64[0] != dst->word64[0])
        swap = src->word64[0] > dst->word64[0];
    else if (src->word64[1] != dst->word64[1])
        swap = src->word64[1] > dst->word64[1];
    else
        swap = src_port > dst_port;
    key->addr[swap][0] = src->word64[0];
    key->addr[swap][1] = src->word64[1];
    key->addr[!swap][0] = dst->word64[0];
    key->addr[!swap][1] = dst->word64[1];
    key->port[swap] = src_port;
    key->port[!swap] = dst_port;
    return swap;
}

unsigned flow_key_make(struct flow_key *key, const struct packet *packet, uint16_t session)
{
    key->session = session;
    if (packet->ether_type == ETHER_IPV4 || packet->ether_type == ETHER_IPV6) {
        key->protocol = packet->protocol;
        key->kind = packet->src.family == 4 ? FLOW_IPV4 : FLOW_IPV6;
        key->has_ports = packet->has_ports;
        return key_order(key, &packet->src, &packet->dst, packet->has_ports ? packet->src_port : 0,
                         packet->has_ports ? packet->dst_port : 0);
    }
    *key = (struct flow_key){ .session = session };
    if (packet->ether_type == ETHER_ARP) {
        key->kind = FLOW_ARP;
        return packet->src.family ? key_order(key, &packet->src, &packet->dst, 0, 0) : 0;
    }
    if (packet->ether_type == 0)
        return 0;
    key->kind = FLOW_OTHER;
    key->port[0] = packet->ether_type;
    return 0;
}

void flow_key_make_quote(struct flow_key *key, const struct packet *packet, uint16_t session,
                         unsigned *direction)
{
    const struct icmp_info *icmp = &packet->icmp;

    key->session = session;
    key->protocol = icmp->quote_protocol;
    key->kind = icmp->quote_src.family == 4 ? FLOW_IPV4 : FLOW_IPV6;
    key->has_ports = icmp->quote_has_ports;
    *direction = key_order(key, &icmp->quote_src, &icmp->quote_dst,
                           icmp->quote_has_ports ? icmp->quote_src_port : 0,
                           icmp->quote_has_ports ? icmp->quote_dst_port : 0);
}

uint32_t flow_key_hash(const struct flow_table *table, const struct flow_key *key)
{
    uint64_t tail; /* ports; session, protocol and kind */
    uint64_t hash;

    memcpy(&tail, key->port, sizeof(tail));
    if (key->kind != FLOW_IPV6) /* all of the key fits in two words */
        return (uint32_t)hash_words(table->seed, key->addr[0][0] | tail << 32,
                                    key->addr[1][0] | (tail >> 32) << 32);
    hash = hash_words(table->seed, key->addr[0][0], key->addr[1][0]);
    hash = hash_words(hash, key->addr[0][1], key->addr[1][1]);
    return (uint32_t)hash_words(hash, tail, table->seed);
}

struct flow *flow_table_find(const struct flow_table *table, const struct flow_key *key,
                             uint32_t hash)
{
    for (size_t at = hash & table->slot_mask; table->slots[at]; at = (at + 1) & table->slot_mask) {
        uint64_t slot = table->slots[at];

        if (slot >> 32 == hash) {
            struct flow *flow = &table->flows[(uint32_t)slot - 1];

            if (flow_key_equal(&flow->key, key))
                return flow;
        }
    }
    return NULL;
}

/* The entries that will be opened next have never been touched: ask for them in time. Always inline:
 * see flow_table_prefetch_flow(). */
static inline __attribute__((always_inline)) void prefetch_entry(const struct flow_table *table,
                                                                 size_t index)
{
    __builtin_prefetch(&table->flows[index]);
    __builtin_prefetch(&table->flows[index].side[0]);
    __builtin_prefetch(&table->details[index]);
}

struct flow *flow_table_insert(struct flow_table *table, const struct flow_key *key, uint32_t hash)
{
    size_t at = hash & table->slot_mask;
    size_t index;
    struct flow *flow;

    if (table->free_head) {
        index = table->free_head - 1;
        table->free_head = table->flows[index].hash;
        memset(&table->flows[index], 0, sizeof(struct flow));
        memset(&table->details[index], 0, sizeof(struct flow_detail));
        memset(&table->events[index], 0, sizeof(struct flow_events));
    } else if (table->high_water < table->limit) {
        index = table->high_water++;
        prefetch_entry(table, index + 8);
    } else {
        return NULL;
    }
    while (table->slots[at])
        at = (at + 1) & table->slot_mask;
    table->slots[at] = (uint64_t)hash << 32 | (uint32_t)(index + 1);
    table->active++;
    flow = &table->flows[index];
    flow->key = *key;
    flow->hash = hash;
    flow->serial = (uint32_t)++table->opened;
    if (!flow->serial) /* after 2^32 flows */
        flow->serial = 1;
    return flow;
}

void flow_table_remove(struct flow_table *table, struct flow *flow)
{
    size_t index = flow_index(table, flow);
    size_t hole = flow->hash & table->slot_mask;

    while ((uint32_t)table->slots[hole] != index + 1)
        hole = (hole + 1) & table->slot_mask;
    /* Backward shift: whatever probed past the hole moves into it. */
    for (size_t at = (hole + 1) & table->slot_mask; table->slots[at];
         at = (at + 1) & table->slot_mask) {
        size_t home = (size_t)(table->slots[at] >> 32) & table->slot_mask;

        if (((at - home) & table->slot_mask) >= ((at - hole) & table->slot_mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole] = 0;
    flow->serial = 0;
    flow->hash = table->free_head;
    table->free_head = (uint32_t)index + 1;
    table->active--;
}
