/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <string.h>

#include "../../decode/cursor.h"
#include "../hash.h"
#include "../memory.h"

enum { ETHER_BYTES = 14 };

enum { SESSION_SLOTS = 2 * SESSION_LIMIT };

bool session_table_init(struct session_table *table, uint64_t seed, struct err *err)
{
    *table = (struct session_table){
        .sessions = memory_reserve(SESSION_LIMIT, sizeof(struct session)),
        .keys = memory_reserve(SESSION_LIMIT, sizeof(struct session_key)),
        .slots = memory_reserve(SESSION_SLOTS, sizeof(uint16_t)),
        .count = 1,
        .seed = seed,
    };
    if (table->sessions && table->keys && table->slots)
        return true;
    session_table_release(table);
    return err_set(err, EXIT_RUNTIME, "no memory for the session table");
}

void session_table_release(struct session_table *table)
{
    memory_release(table->sessions, SESSION_LIMIT, sizeof(struct session));
    memory_release(table->keys, SESSION_LIMIT, sizeof(struct session_key));
    memory_release(table->slots, SESSION_SLOTS, sizeof(uint16_t));
    table->sessions = NULL;
    table->keys = NULL;
    table->slots = NULL;
}

void session_table_clear(struct session_table *table)
{
    memory_clear(table->sessions, SESSION_LIMIT, sizeof(struct session));
    memory_clear(table->keys, SESSION_LIMIT, sizeof(struct session_key));
    memory_clear(table->slots, SESSION_SLOTS, sizeof(uint16_t));
    table->count = 1;
    table->refused_frames = 0;
    table->sources = 0;
    table->several_sources = false;
    table->sessions[SESSION_DIRECT].source = table->direct;
}

void session_table_set_direct(struct session_table *table, const struct ip_addr *host)
{
    table->direct = *host;
    table->sessions[SESSION_DIRECT].source = *host;
}

static bool same_key(const struct session_key *a, const struct session_key *b)
{
    return ((a->source[0] ^ b->source[0]) | (a->source[1] ^ b->source[1]) |
            (a->gwlbe_id ^ b->gwlbe_id) | (a->vni ^ b->vni) | (a->family ^ b->family)) == 0;
}

/* Once a session: whether one that came before has the same source. */
static bool knows_source(const struct session_table *table, const struct session_key *key)
{
    for (size_t i = 1; i < table->count; i++) {
        if (table->keys[i].source[0] == key->source[0] &&
            table->keys[i].source[1] == key->source[1])
            return true;
    }
    return false;
}

/* Takes slot `at` for a new session; "others" when the table is full. */
static uint16_t add_session(struct session_table *table, const struct packet *packet,
                            const struct session_key *key, size_t at)
{
    struct session *session = &table->sessions[table->count];

    if (table->count == SESSION_OTHERS) {
        table->refused_frames++;
        return SESSION_OTHERS;
    }
    session->source = packet->outer_src;
    session->vni = packet->vni;
    session->gwlbe_id = packet->gwlbe_id;
    table->keys[table->count] = *key;
    table->sources += !knows_source(table, key);
    table->several_sources = table->sources > 1;
    table->slots[at] = (uint16_t)(table->count + 1);
    return (uint16_t)table->count++;
}

uint16_t session_find(struct session_table *table, const struct packet *packet)
{
    struct session_key key = {
        .source = { packet->outer_src.word64[0], packet->outer_src.word64[1] },
        .gwlbe_id = packet->gwlbe_id,
        .vni = packet->vni,
        .family = packet->outer_src.family,
    };
    size_t at;

    /* Whose packet the one before was says little about this one. */
    at = hash_words(table->seed, key.source[0] ^ (uint64_t)key.vni << 32,
                    key.source[1] ^ key.gwlbe_id) %
         SESSION_SLOTS;
    for (; table->slots[at]; at = (at + 1) % SESSION_SLOTS) {
        if (same_key(&table->keys[table->slots[at] - 1], &key))
            return (uint16_t)(table->slots[at] - 1);
    }
    return add_session(table, packet, &key, at);
}

static bool is_path(const struct session_path *path, uint64_t high, uint32_t low)
{
    return ((path->mac_high ^ high) | (path->mac_low ^ low)) == 0;
}

/* The path of a MAC pair; PATH_UNKNOWN when the session has no room for another. */
static uint8_t find_path(struct session *session, const uint8_t *mac)
{
    uint64_t high = be64(mac);
    uint32_t low = be32(mac + 8);
    /* Almost always one of the first two, out and in, in no order that could be foreseen: both are
     * compared without a branch between them. */
    unsigned is_first = is_path(&session->path[0], high, low);
    unsigned is_second = is_path(&session->path[1], high, low);

    if ((is_first | is_second) & (session->mac_paths > 1))
        return (uint8_t)(1 - is_first);
    for (uint32_t i = 0; i < session->mac_paths; i++) {
        if (is_path(&session->path[i], high, low))
            return (uint8_t)i;
    }
    if (session->mac_paths == SESSION_MAC_PATHS)
        return PATH_UNKNOWN;
    session->path[session->mac_paths].mac_high = high;
    session->path[session->mac_paths].mac_low = low;
    session->has_news = true;
    return (uint8_t)session->mac_paths++;
}

/* Which end of an inner packet is the mirror source itself, if one is. */
static enum direction by_address(const struct session *session, const struct ip_addr *src,
                                 const struct ip_addr *dst)
{
    bool egress, ingress;

    if (src->family == 0 || session->source.family == 0)
        return DIRECTION_UNKNOWN;
    egress = ip_addr_equal(src, &session->source);
    ingress = ip_addr_equal(dst, &session->source);
    if (egress == ingress)
        return DIRECTION_UNKNOWN;
    return egress ? DIRECTION_EGRESS : DIRECTION_INGRESS;
}

uint8_t session_path_by_address(const struct session *session, const struct ip_addr *src,
                                const struct ip_addr *dst)
{
    switch (by_address(session, src, dst)) {
    case DIRECTION_EGRESS:
        return PATH_EGRESS;
    case DIRECTION_INGRESS:
        return PATH_INGRESS;
    default:
        return PATH_UNKNOWN;
    }
}

/* The inner IP header promises more than the frame has on the wire: so the mirror has cut it. */
static void count_cut(struct session *session, const struct packet *packet)
{
    uint32_t length = packet->frame_bytes;

    if (packet->mirror == MIRROR_NONE || packet->src.family == 0)
        return;
    session->cut_frames++;
    if (session->cut_low == 0 || length < session->cut_low)
        session->cut_low = length;
    if (length > session->cut_high)
        session->cut_high = length;
}

static bool is_empty(const struct session *session)
{
    for (size_t i = 0; i < SESSION_PATHS; i++) {
        if (session->path[i].packets > 0)
            return false;
    }
    return true;
}

/* Before the packet is counted. Stamps may come in any order, and 0 is one of them. */
static void set_times(struct session *session, uint64_t ts_ns)
{
    if (ts_ns > session->last_ns) {
        if (session->last_ns == 0 && is_empty(session))
            session->first_ns = ts_ns;
        session->last_ns = ts_ns;
    } else if (ts_ns < session->first_ns) {
        session->first_ns = ts_ns;
    }
}

uint8_t session_count(struct session *session, const struct packet *packet, uint64_t ts_ns)
{
    uint8_t path = packet->mac ? find_path(session, packet->mac) : PATH_UNKNOWN;
    uint32_t promised = packet->bytes + (packet->mac ? ETHER_BYTES : 0);

    if (path == PATH_UNKNOWN)
        path = session_path_by_address(session, &packet->src, &packet->dst);
    set_times(session, ts_ns);
    session->path[path].packets++;
    session->path[path].bytes += packet->bytes;
    session->truncated += packet->outcome == DECODE_TRUNCATED;
    if ((packet->outcome == DECODE_TRUNCATED) & (promised > packet->frame_bytes))
        count_cut(session, packet);
    session->malformed += packet->outcome == DECODE_MALFORMED;
    return path;
}

static uint64_t path_dst_mac(const struct session_path *path)
{
    return path->mac_high >> 16;
}

static uint64_t path_src_mac(const struct session_path *path)
{
    return (path->mac_high & 0xffff) << 32 | path->mac_low;
}

/* Broadcast and multicast: many take what is sent there, and nobody has it as its own. */
static bool is_group(uint64_t mac)
{
    return mac >> 40 & 1;
}

void session_vote(struct session *session, const struct packet *packet, uint8_t path)
{
    enum direction direction = by_address(session, &packet->src, &packet->dst);

    if (path >= SESSION_MAC_PATHS)
        return;
    /* Whoever asks for the mirror source's address (ARP) asks all: that is not its MAC. */
    if (direction == DIRECTION_INGRESS && is_group(path_dst_mac(&session->path[path])))
        return;
    session->path[path].votes[0] += direction == DIRECTION_EGRESS;
    session->path[path].votes[1] += direction == DIRECTION_INGRESS;
    session->has_news |= direction != DIRECTION_UNKNOWN;
    session->votes += direction != DIRECTION_UNKNOWN;
}

/* The MAC with most votes; false: there is no vote. The first one wins a tie. */
static bool learnt_mac(const struct session *session, uint64_t *mac)
{
    uint64_t best = 0;

    for (size_t i = 0; i < session->mac_paths; i++) {
        uint64_t candidates[2] = { path_src_mac(&session->path[i]),
                                   path_dst_mac(&session->path[i]) };

        for (size_t c = 0; c < 2; c++) {
            uint64_t votes = 0;

            if (!session->path[i].votes[c])
                continue;
            for (size_t j = 0; j < session->mac_paths; j++) {
                if (path_src_mac(&session->path[j]) == candidates[c])
                    votes += session->path[j].votes[0];
                if (path_dst_mac(&session->path[j]) == candidates[c])
                    votes += session->path[j].votes[1];
            }
            if (votes > best) {
                best = votes;
                *mac = candidates[c];
            }
        }
    }
    return best > 0;
}

bool session_mac(const struct session *session, uint8_t mac[6])
{
    uint64_t value;

    if (!learnt_mac(session, &value))
        return false;
    for (size_t i = 0; i < 6; i++)
        mac[i] = (uint8_t)(value >> (40 - 8 * i));
    return true;
}

void session_directions(const struct session *session, uint8_t direction[SESSION_PATHS])
{
    uint64_t mac;

    memset(direction, DIRECTION_UNKNOWN, SESSION_PATHS);
    direction[PATH_EGRESS] = DIRECTION_EGRESS;
    direction[PATH_INGRESS] = DIRECTION_INGRESS;
    if (!learnt_mac(session, &mac))
        return;
    for (size_t i = 0; i < session->mac_paths; i++) {
        bool egress = path_src_mac(&session->path[i]) == mac;
        uint64_t to = path_dst_mac(&session->path[i]);
        bool ingress = to == mac || (is_group(to) && !egress);

        if (egress != ingress)
            direction[i] = egress ? DIRECTION_EGRESS : DIRECTION_INGRESS;
    }
}

enum direction session_path_direction(struct session *session, uint8_t path)
{
    uint32_t known = session->votes + session->mac_paths + 1;

    if (session->known_votes != known) {
        session_directions(session, session->known_direction);
        session->known_votes = known;
    }
    return (enum direction)session->known_direction[path];
}
