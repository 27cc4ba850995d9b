/* SPDX-License-Identifier: MIT */
#include "fragments.h"

#include <string.h>

#include "../hash.h"

void fragment_cache_clear(struct fragment_cache *cache)
{
    memset(cache->entry, 0, sizeof(cache->entry));
    memset(cache->slots, 0, sizeof(cache->slots));
    cache->next = 0;
    cache->alone = 0;
}

static bool matches(const struct fragment *fragment, const struct packet *packet, uint16_t session)
{
    return fragment->id == packet->ip_id && fragment->session == session &&
           fragment->protocol == packet->protocol && ip_addr_equal(&fragment->src, &packet->src) &&
           ip_addr_equal(&fragment->dst, &packet->dst);
}

/* The slot of the packet's entry, or the empty one where it would belong. */
static size_t find_slot(const struct fragment_cache *cache, const struct packet *packet,
                        uint16_t session, size_t home)
{
    size_t at = home;

    while (cache->slots[at] && !matches(&cache->entry[cache->slots[at] - 1], packet, session))
        at = (at + 1) % FRAGMENT_SLOTS;
    return at;
}

/* Frees an entry: whatever probed past its slot moves into it. */
static void forget(struct fragment_cache *cache, size_t hole)
{
    cache->entry[cache->slots[hole] - 1].used = false;
    for (size_t at = (hole + 1) % FRAGMENT_SLOTS; cache->slots[at];
         at = (at + 1) % FRAGMENT_SLOTS) {
        size_t home = cache->entry[cache->slots[at] - 1].home;

        if ((at - home) % FRAGMENT_SLOTS >= (at - hole) % FRAGMENT_SLOTS) {
            cache->slots[hole] = cache->slots[at];
            hole = at;
        }
    }
    cache->slots[hole] = 0;
}

/* Makes the next entry of the ring free. */
static void make_room(struct fragment_cache *cache)
{
    const struct fragment *oldest = &cache->entry[cache->next];
    size_t at = oldest->home;

    if (!oldest->used)
        return;
    while (cache->slots[at] != cache->next + 1)
        at = (at + 1) % FRAGMENT_SLOTS;
    forget(cache, at);
}

static bool may_have_ports(uint8_t protocol)
{
    return protocol == PROTO_TCP || protocol == PROTO_UDP || protocol == PROTO_SCTP;
}

static void take_ports(struct fragment_cache *cache, struct packet *packet, size_t slot,
                       uint32_t now_ds)
{
    const struct fragment *first =
        cache->slots[slot] ? &cache->entry[cache->slots[slot] - 1] : NULL;

    if (first && now_ds - first->seen_ds <= FRAGMENT_SECONDS * 10) {
        packet->src_port = first->src_port;
        packet->dst_port = first->dst_port;
        packet->has_ports = true;
    } else {
        cache->alone += may_have_ports(packet->protocol);
    }
}

void fragment_ports(struct fragment_cache *cache, struct packet *packet, uint16_t session,
                    uint32_t now_ds)
{
    uint64_t hash =
        hash_words(cache->seed ^ packet->ip_id, packet->src.word64[0] ^ packet->src.word64[1],
                   packet->dst.word64[0] ^ packet->dst.word64[1] ^ session);
    size_t home = hash % FRAGMENT_SLOTS;
    size_t slot = find_slot(cache, packet, session, home);

    if (!packet->is_first_fragment) {
        take_ports(cache, packet, slot, now_ds);
        return;
    }
    if (cache->slots[slot]) /* an earlier packet with the same id, or this one once more */
        forget(cache, slot);
    if (!packet->has_ports)
        return;
    make_room(cache);
    slot = find_slot(cache, packet, session, home); /* both may have moved slots */
    cache->entry[cache->next] = (struct fragment){
        .src = packet->src,
        .dst = packet->dst,
        .id = packet->ip_id,
        .seen_ds = now_ds,
        .home = (uint32_t)home,
        .session = session,
        .protocol = packet->protocol,
        .used = true,
        .src_port = packet->src_port,
        .dst_port = packet->dst_port,
    };
    cache->slots[slot] = (uint16_t)(cache->next + 1);
    cache->next = (cache->next + 1) % FRAGMENT_ENTRIES;
}
