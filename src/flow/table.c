/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <string.h>

#include "../hash.h"
#include "../memory.h"

bool flow_table_init(struct flow_table *table, size_t limit, uint64_t seed, struct err *err)
{
    /* At most half full by flows, and so nearly all stand where they are looked for. */
    size_t buckets = limit / (FLOW_BUCKET / 2) + 1;

    *table = (struct flow_table){
        .flows = memory_reserve(limit + 1, sizeof(struct flow)), /* flow_table_guess() */
        .rest = memory_reserve(limit + 1, sizeof(struct flow_rest)),
        .ends = memory_reserve(limit + 1, sizeof(struct flow_ends)),
        .details = memory_reserve(limit, sizeof(struct flow_detail)),
        .events = memory_reserve_sparse(limit, sizeof(struct flow_events)),
        .troubles = memory_reserve_sparse(limit + 1, sizeof(struct flow_trouble)),
        .rtts = memory_reserve(limit, sizeof(struct flow_rtt)),
        .also = memory_reserve(limit, sizeof(struct flow_also)),
        .arrivals = memory_reserve_sparse(limit, sizeof(struct flow_arrivals)),
        .buckets = memory_reserve(buckets, sizeof(struct flow_bucket)),
        .limit = limit,
        .bucket_count = buckets,
        .seed = seed,
    };
    if (table->flows && table->rest && table->ends && table->details && table->events &&
        table->troubles && table->rtts && table->also && table->arrivals && table->buckets)
        return true;
    flow_table_release(table);
    return err_set(err, EXIT_RUNTIME,
                   "no memory for a table of %zu flows; give a smaller --max-flows", limit);
}

void flow_table_release(struct flow_table *table)
{
    memory_release(table->flows, table->limit + 1, sizeof(struct flow));
    memory_release(table->rest, table->limit + 1, sizeof(struct flow_rest));
    memory_release(table->ends, table->limit + 1, sizeof(struct flow_ends));
    memory_release(table->details, table->limit, sizeof(struct flow_detail));
    memory_release(table->events, table->limit, sizeof(struct flow_events));
    memory_release(table->troubles, table->limit + 1, sizeof(struct flow_trouble));
    memory_release(table->rtts, table->limit, sizeof(struct flow_rtt));
    memory_release(table->also, table->limit, sizeof(struct flow_also));
    memory_release(table->arrivals, table->limit, sizeof(struct flow_arrivals));
    memory_release(table->buckets, table->bucket_count, sizeof(struct flow_bucket));
    table->flows = NULL;
    table->rest = NULL;
    table->ends = NULL;
    table->details = NULL;
    table->events = NULL;
    table->troubles = NULL;
    table->rtts = NULL;
    table->also = NULL;
    table->arrivals = NULL;
    table->buckets = NULL;
}

void flow_table_clear(struct flow_table *table)
{
    memory_clear(table->flows, table->limit + 1, sizeof(struct flow));
    memory_clear(table->rest, table->limit + 1, sizeof(struct flow_rest));
    memory_clear(table->ends, table->limit + 1, sizeof(struct flow_ends));
    memory_clear(table->details, table->limit, sizeof(struct flow_detail));
    memory_clear(table->events, table->limit, sizeof(struct flow_events));
    memory_clear(table->troubles, table->limit + 1, sizeof(struct flow_trouble));
    memory_clear(table->rtts, table->limit, sizeof(struct flow_rtt));
    memory_clear(table->also, table->limit, sizeof(struct flow_also));
    memory_clear(table->arrivals, table->limit, sizeof(struct flow_arrivals));
    memory_clear(table->buckets, table->bucket_count, sizeof(struct flow_bucket));
    table->high_water = 0;
    table->active = 0;
    table->opened = 0;
    table->joined = 0;
    table->aliases = 0;
    table->no_alias = 0;
    table->has_arrivals = false;
    table->free_head = 0;
    table->free_tail = 0;
    table->rests = 0;
    table->free_rest = 0;
    table->rtts_used = 0;
    table->free_rtt = 0;
}

/* Puts the two ends in order; returns the direction of what the first one sent. */
static unsigned set_ends(struct flow_wanted *wanted, const struct ip_addr *src,
                         const struct ip_addr *dst, uint16_t src_port, uint16_t dst_port)
{
    struct flow_key *key = &wanted->key;
    unsigned swap;

    if (src->word64[0] != dst->word64[0])
        swap = src->word64[0] > dst->word64[0];
    else if (src->word64[1] != dst->word64[1])
        swap = src->word64[1] > dst->word64[1];
    else
        swap = src_port > dst_port;
    key->port[swap] = src_port;
    key->port[!swap] = dst_port;
    if (key->kind == FLOW_IPV6) {
        wanted->ends.addr[swap][0] = src->word64[0];
        wanted->ends.addr[swap][1] = src->word64[1];
        wanted->ends.addr[!swap][0] = dst->word64[0];
        wanted->ends.addr[!swap][1] = dst->word64[1];
    } else {
        key->addr[swap] = src->word32[0];
        key->addr[!swap] = dst->word32[0];
    }
    return swap;
}

/* The addresses of IPv6 are hashed with the seed, too: else one could choose them so that all flows
 * lie in one place. */
static uint64_t ends_hash(const struct flow_table *table, const struct flow_ends *ends)
{
    uint64_t hash = hash_words(table->seed, ends->addr[0][0], ends->addr[1][0]);

    return hash_words(hash, ends->addr[0][1], ends->addr[1][1]);
}

/* Of all but the session. Field by field: the key has often just been written, in pieces, no words
 * to be read yet. */
static uint64_t key_base(const struct flow_table *table, const struct flow_key *key)
{
    uint64_t addr = (uint64_t)key->addr[0] << 32 | key->addr[1];
    uint64_t port = (uint32_t)key->port[0] << 16 | key->port[1];
    uint64_t kind = (unsigned)(key->kind << 1 | key->has_ports);

    return hash_words_once(table->seed, addr, port << 32 | (uint64_t)key->protocol << 8 | kind);
}

static uint32_t session_hash(const struct flow_table *table, uint64_t base, uint16_t session)
{
    return (uint32_t)hash_again(table->seed, base ^ (uint64_t)session << 24);
}

uint32_t flow_table_hash(const struct flow_table *table, const struct flow *flow)
{
    return session_hash(table, key_base(table, &flow->key), flow->key.session);
}

static void set_hash(const struct flow_table *table, struct flow_wanted *wanted)
{
    if (wanted->key.kind == FLOW_IPV6)
        wanted->key.addr_hash = ends_hash(table, &wanted->ends);
    wanted->base = key_base(table, &wanted->key);
    wanted->hash = session_hash(table, wanted->base, wanted->key.session);
}

void flow_wanted_in(const struct flow_table *table, struct flow_wanted *wanted, uint16_t session)
{
    wanted->key.session = session;
    wanted->hash = session_hash(table, wanted->base, session);
}

/* Most packets; without a branch, since which end comes first says nothing of the next packet. */
static inline unsigned make_ipv4(const struct flow_table *table, struct flow_wanted *wanted,
                                 const struct packet *packet, uint16_t session)
{
    uint64_t ports = -(uint64_t)packet->has_ports;
    uint64_t src = (uint64_t)packet->src.word32[0] << 16 | (ports & packet->src_port);
    uint64_t dst = (uint64_t)packet->dst.word32[0] << 16 | (ports & packet->dst_port);
    uint64_t a = src < dst ? src : dst, b = src < dst ? dst : src;
    struct flow_key key = {
        .addr = { (uint32_t)(a >> 16), (uint32_t)(b >> 16) },
        .port = { (uint16_t)a, (uint16_t)b },
        .session = session,
        .protocol = packet->protocol,
        .kind = FLOW_IPV4,
        .has_ports = packet->has_ports,
    };

    wanted->key = key;
    wanted->base = key_base(table, &key);
    wanted->hash = session_hash(table, wanted->base, session);
    return src > dst;
}

/* Apart, or what it saves and restores would be saved and restored for IPv4, too. */
static __attribute__((noinline)) unsigned make_other(const struct flow_table *table,
                                                     struct flow_wanted *wanted,
                                                     const struct packet *packet, uint16_t session)
{
    struct flow_key *key = &wanted->key;
    unsigned side = 0;

    *key = (struct flow_key){ .session = session };
    if (packet->ether_type == ETHER_IPV6) {
        key->protocol = packet->protocol;
        key->kind = FLOW_IPV6;
        key->has_ports = packet->has_ports;
        side =
            set_ends(wanted, &packet->src, &packet->dst, packet->has_ports ? packet->src_port : 0,
                     packet->has_ports ? packet->dst_port : 0);
    } else if (packet->ether_type == ETHER_ARP) {
        key->kind = FLOW_ARP;
        if (packet->src.family)
            side = set_ends(wanted, &packet->src, &packet->dst, 0, 0);
    } else if (packet->ether_type != 0) {
        key->kind = FLOW_OTHER;
        key->port[0] = packet->ether_type;
    }
    set_hash(table, wanted);
    return side;
}

unsigned flow_wanted_make(const struct flow_table *table, struct flow_wanted *wanted,
                          const struct packet *packet, uint16_t session)
{
    if (packet->ether_type == ETHER_IPV4)
        return make_ipv4(table, wanted, packet, session);
    return make_other(table, wanted, packet, session);
}

unsigned flow_wanted_make_quote(const struct flow_table *table, struct flow_wanted *wanted,
                                const struct packet *packet, uint16_t session)
{
    const struct icmp_info *icmp = &packet->icmp;
    unsigned side;

    wanted->key = (struct flow_key){
        .session = session,
        .protocol = icmp->quote_protocol,
        .kind = icmp->quote_src.family == 4 ? FLOW_IPV4 : FLOW_IPV6,
        .has_ports = icmp->quote_has_ports,
    };
    side = set_ends(wanted, &icmp->quote_src, &icmp->quote_dst,
                    icmp->quote_has_ports ? icmp->quote_src_port : 0,
                    icmp->quote_has_ports ? icmp->quote_dst_port : 0);
    set_hash(table, wanted);
    return side;
}

static bool has_alias(const struct flow_table *table, const struct flow *flow, uint16_t session)
{
    const struct flow_also *also = flow_also(table, flow);

    for (size_t i = 0; i < also->count; i++) {
        if (also->session[i] == session)
            return true;
    }
    return false;
}

/* Whether the flow has this key but for the session, in which it is seen, too. */
static bool is_alias(const struct flow_table *table, const struct flow *flow,
                     const struct flow_key *key)
{
    struct flow_key own = *key;

    own.session = flow->key.session;
    return flow_same_key(&flow->key, &own) && has_alias(table, flow, key->session);
}

static bool is_wanted(const struct flow_table *table, const struct flow *flow,
                      const struct flow_wanted *wanted)
{
    return (flow_same_key(&flow->key, &wanted->key) || is_alias(table, flow, &wanted->key)) &&
           flow_has_ends(table, flow, wanted);
}

static size_t next_bucket(const struct flow_table *table, size_t at)
{
    return at + 1 < table->bucket_count ? at + 1 : 0;
}

/* How many entries that would be in the bucket stand in those behind it. */
static bool has_passed(const struct flow_bucket *bucket)
{
    return bucket->tags[1] >> 32 != 0;
}

struct flow *flow_table_find(const struct flow_table *table, const struct flow_wanted *wanted)
{
    size_t at = flow_bucket_home(table->bucket_count, wanted->hash);
    uint64_t tag = flow_bucket_tag(wanted->hash);

    for (;; at = next_bucket(table, at)) {
        const struct flow_bucket *bucket = &table->buckets[at];

        for (uint64_t found = flow_bucket_find(bucket, tag); found; found &= found - 1) {
            struct flow *flow = &table->flows[bucket->index[flow_bucket_place(found)]];

            /* An empty place that looks like this tag has the number of what stood there, and that
             * flow may have ended, its key untouched. */
            if (flow_is_used(flow) && is_wanted(table, flow, wanted))
                return flow;
        }
        if (!has_passed(bucket))
            return NULL;
    }
}

bool flow_table_is_in(const struct flow_table *table, const struct flow *flow, uint16_t session)
{
    return flow->key.session == session || has_alias(table, flow, session);
}

void flow_table_take_rtt(struct flow_table *table, struct flow_reply *reply)
{
    if (table->free_rtt) {
        reply->rtt = table->free_rtt - 1;
        memcpy(&table->free_rtt, &table->rtts[reply->rtt], sizeof(table->free_rtt));
    } else {
        reply->rtt = table->rtts_used++;
    }
}

void flow_table_give_rtt(struct flow_table *table, const struct flow *flow)
{
    const struct flow_rest *rest = &table->rest[flow->rest];

    if (!flow_has_rtt(&rest->tcp))
        return;
    memcpy(&table->rtts[rest->reply.rtt], &table->free_rtt, sizeof(table->free_rtt));
    table->free_rtt = rest->reply.rtt + 1;
}

static void give_rest(struct flow_table *table, struct flow *flow)
{
    if (!flow->rest)
        return;
    flow_table_give_rtt(table, flow);
    flow_reply(table, flow)->first_ack = table->free_rest;
    table->free_rest = flow->rest;
    flow->rest = 0;
}

/* Of most flows they are zeros, which need not be touched. */
static void clear_events(struct flow_table *table, const struct flow *flow)
{
    if (flow_detail(table, flow)->has_events | flow_reply(table, flow)->has_events)
        memset(flow_events(table, flow), 0, sizeof(struct flow_events));
}

/* Forgets the flow that ended first. */
static size_t take_ended(struct flow_table *table)
{
    size_t index = table->free_head - 1;
    struct flow *flow = &table->flows[index];

    table->free_head = flow->last_ds;
    if (!table->free_head)
        table->free_tail = 0;
    clear_events(table, flow);
    give_rest(table, flow);
    memset(flow, 0, sizeof(*flow));
    memset(&table->details[index], 0, sizeof(struct flow_detail));
    table->also[index] = (struct flow_also){ .count = 0 };
    return index;
}

static const uint64_t one_passed = (uint64_t)1 << 32;

static uint64_t tag_at(const struct flow_bucket *bucket, size_t place)
{
    return bucket->tags[place / 8] >> place % 8 * 8 & 0xff;
}

/* Makes a tag of none, or none of a tag. */
static void turn_tag(struct flow_bucket *bucket, size_t place, uint64_t tag)
{
    bucket->tags[place / 8] ^= tag << place % 8 * 8;
}

static void add_slot(struct flow_table *table, uint32_t hash, size_t index)
{
    size_t at = flow_bucket_home(table->bucket_count, hash), place;
    struct flow_bucket *bucket;
    uint64_t empty;

    for (;; at = next_bucket(table, at)) {
        bucket = &table->buckets[at];
        empty = flow_bucket_find(bucket, 0);
        if (empty)
            break;
        bucket->tags[1] += one_passed;
    }
    place = flow_bucket_place(empty);
    turn_tag(bucket, place, flow_bucket_tag(hash));
    bucket->index[place] = (uint32_t)index;
}

/* It is there. Of a flow that stands there twice with one tag, by different sessions, either may
 * go: what has passed by its place is counted in the same way. */
static void remove_slot(struct flow_table *table, uint32_t hash, size_t index)
{
    uint64_t tag = flow_bucket_tag(hash);

    for (size_t at = flow_bucket_home(table->bucket_count, hash);; at = next_bucket(table, at)) {
        struct flow_bucket *bucket = &table->buckets[at];

        for (uint64_t found = flow_bucket_find(bucket, tag); found; found &= found - 1) {
            size_t place = flow_bucket_place(found);

            if (bucket->index[place] == index && tag_at(bucket, place) == tag) {
                turn_tag(bucket, place, tag);
                return;
            }
        }
        bucket->tags[1] -= one_passed;
    }
}

struct flow *flow_table_insert(struct flow_table *table, const struct flow_wanted *wanted)
{
    size_t index;
    struct flow *flow;

    if (table->high_water < table->limit) {
        index = table->high_water++;
        __builtin_prefetch(&table->flows[index + 8]); /* never touched until it is opened, too */
    } else if (table->free_head) {
        index = take_ended(table);
    } else {
        return NULL;
    }
    add_slot(table, wanted->hash, index);
    table->active++;
    flow = &table->flows[index];
    flow->key = wanted->key;
    flow->examined = 1;
    if (wanted->key.kind == FLOW_IPV6) {
        flow_table_take_rest(table, flow);
        table->ends[flow->rest] = wanted->ends;
    }
    flow->serial = (uint32_t)++table->opened;
    if (!flow->serial) /* after 2^32 flows */
        flow->serial = 1;
    return flow;
}

void flow_table_take_rest(struct flow_table *table, struct flow *flow)
{
    if (flow->rest)
        return;
    if (table->free_rest) {
        flow->rest = table->free_rest;
        table->free_rest = flow_reply(table, flow)->first_ack;
        memset(&table->rest[flow->rest], 0, sizeof(table->rest[flow->rest]));
    } else {
        flow->rest = ++table->rests;
        __builtin_prefetch(&table->rest[flow->rest + 4].reply); /* never touched before, too */
        __builtin_prefetch(&table->rest[flow->rest + 4].tcp);
    }
}

void flow_table_remove(struct flow_table *table, struct flow *flow)
{
    size_t index = flow_index(table, flow);
    uint64_t base = key_base(table, &flow->key);

    remove_slot(table, session_hash(table, base, flow->key.session), index);
    if (flow_is_aliased(table, flow)) {
        const struct flow_also *also = flow_also(table, flow);

        for (size_t i = 0; i < also->count; i++)
            remove_slot(table, session_hash(table, base, also->session[i]), index);
        table->aliases -= also->count;
    }
    flow->packed |= FLOW_ENDED;
    flow->last_ds = 0;
    if (table->free_tail)
        table->flows[table->free_tail - 1].last_ds = (uint32_t)index + 1;
    else
        table->free_head = (uint32_t)index + 1;
    table->free_tail = (uint32_t)index + 1;
    table->active--;
}

bool flow_table_alias(struct flow_table *table, struct flow *flow, uint16_t session)
{
    struct flow_also *also = flow_also(table, flow);
    unsigned bit = 1u << session % 3;

    if (also->count == FLOW_ALSO || table->aliases >= table->limit / 2) {
        table->no_alias += !(also->left_out & bit); /* each of its packets asks again */
        also->left_out |= bit & 7;
        return false;
    }
    if (also->count == 0)
        also->sides |= (uint8_t)(flow->has_reply ? 3 : 1 << flow->first_side);
    flow->examined = 1;
    also->session[also->count++] = session;
    table->aliases++;
    add_slot(table, session_hash(table, key_base(table, &flow->key), session),
             flow_index(table, flow));
    return true;
}

bool flow_table_note_side(struct flow_table *table, const struct flow *flow, uint16_t session,
                          unsigned side)
{
    struct flow_also *also = flow_also(table, flow);
    unsigned at = flow_also_place(table, flow, session), bit, before = also->sides;

    if (at > also->count)
        return false;
    bit = 1u << (2 * at + side);
    also->sides |= (uint8_t)bit;
    return !(before & bit) && before & 1u << (2 * at + !side);
}
