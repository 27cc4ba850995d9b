/* SPDX-License-Identifier: MIT */
#include "fragments.h"

#include <stddef.h>

#include "../hash.h"

static bool matches(const struct fragment *fragment, const struct packet *packet, uint16_t session)
{
    return fragment->used && fragment->id == packet->ip_id && fragment->session == session &&
           fragment->protocol == packet->protocol && fragment->src.family == packet->src.family &&
           fragment->src.word64[0] == packet->src.word64[0] &&
           fragment->src.word64[1] == packet->src.word64[1] &&
           fragment->dst.word64[0] == packet->dst.word64[0] &&
           fragment->dst.word64[1] == packet->dst.word64[1];
}

void fragment_ports(struct fragment_cache *cache, struct packet *packet, uint16_t session,
                    uint32_t now_ds)
{
    uint64_t hash =
        hash_words(cache->seed ^ packet->ip_id, packet->src.word64[0] ^ packet->src.word64[1],
                   packet->dst.word64[0] ^ packet->dst.word64[1] ^ session);
    struct fragment *set = cache->entry[hash % FRAGMENT_SETS];
    struct fragment *oldest = &set[0];

    for (size_t i = 0; i < FRAGMENT_WAYS; i++) {
        if (matches(&set[i], packet, session)) {
            if (!packet->is_first_fragment && now_ds - set[i].seen_ds <= FRAGMENT_SECONDS * 10) {
                packet->src_port = set[i].src_port;
                packet->dst_port = set[i].dst_port;
                packet->has_ports = true;
                return;
            }
            oldest = &set[i];
            break;
        }
        if (!set[i].used || (oldest->used && set[i].seen_ds < oldest->seen_ds))
            oldest = &set[i];
    }
    if (!packet->is_first_fragment)
        return;
    if (!packet->has_ports) { /* an earlier packet's are not its own */
        oldest->used = oldest->used && !matches(oldest, packet, session);
        return;
    }
    *oldest = (struct fragment){
        .src = packet->src,
        .dst = packet->dst,
        .id = packet->ip_id,
        .seen_ds = now_ds,
        .session = session,
        .protocol = packet->protocol,
        .used = true,
        .src_port = packet->src_port,
        .dst_port = packet->dst_port,
    };
}
