/* SPDX-License-Identifier: MIT */
#include "duplicates.h"

#include <string.h>

#include "../../decode/cursor.h"
#include "../hash.h"
#include "../memory.h"

/* How a packet was seen: time, session, path, count. What the count has no room for stands in the
 * place before, which has no key. */
enum {
    COUNT_BITS = 4,
    PATH_BITS = 5,
    SESSION_BITS = 12,
    TIME_BITS = 11,
    PATH_SHIFT = COUNT_BITS,
    SESSION_SHIFT = PATH_SHIFT + PATH_BITS,
    TIME_SHIFT = SESSION_SHIFT + SESSION_BITS,
    COUNT_MOST = (1 << COUNT_BITS) - 1,
};

_Static_assert(TIME_SHIFT + TIME_BITS == 32, "one word");
_Static_assert(SESSION_LIMIT <= 1 << SESSION_BITS && SESSION_PATHS <= 1 << PATH_BITS, "room");

/* The unit of time is 2^22 ns, about 4 ms, so it wraps after 8 s: an old packet could be taken for
 * a new one only if that is equal to the last bit. */
enum { TICK_SHIFT = 22, TIME_MASK = (1 << TIME_BITS) - 1 };

static const unsigned window = (unsigned)(DUPLICATE_WINDOW_MS * UINT64_C(1000000) >> TICK_SHIFT);

bool duplicate_table_init(struct duplicate_table *table, uint64_t seed, struct err *err)
{
    *table = (struct duplicate_table){
        .sets = memory_reserve(DUPLICATE_SETS, sizeof(struct duplicate_set)),
        .seed = seed,
    };
    return table->sets ? true : err_set(err, EXIT_RUNTIME, "no memory to recognise duplicates");
}

void duplicate_table_release(struct duplicate_table *table)
{
    memory_release(table->sets, DUPLICATE_SETS, sizeof(struct duplicate_set));
    table->sets = NULL;
}

void duplicate_table_clear(struct duplicate_table *table)
{
    memory_clear(table->sets, DUPLICATE_SETS, sizeof(struct duplicate_set));
    memset(table->ticks, 0, sizeof(table->ticks));
    table->recent = 0;
    table->tick = 0;
    table->forgotten = 0;
}

/* A hash of the payload's first bytes, as many as were captured of them. */
static uint64_t payload_hash(uint64_t seed, const struct packet *packet)
{
    uint64_t hash = seed;
    struct cursor c;
    const uint8_t *word;
    uint8_t byte;

    if (!packet->payload)
        return hash;
    c = cur_make(packet->payload, packet->payload_captured);
    cur_limit(&c, DUPLICATE_PAYLOAD);
    while ((word = cur_take(&c, 8)) != NULL)
        hash = hash_again(seed, hash ^ be64(word));
    while (cur_u8(&c, &byte))
        hash = hash_again(seed, hash ^ byte);
    return hash;
}

uint64_t duplicate_key(uint64_t flow_hash, unsigned side, const struct packet *packet)
{
    const struct tcp_info *tcp = &packet->tcp;
    uint64_t rest = (uint64_t)packet->ip_id << 32 | (uint64_t)(packet->bytes & 0xffff) << 16 | side;
    uint64_t numbers = 0;

    if (packet->protocol == PROTO_TCP && packet->has_transport) {
        rest ^= (uint64_t)tcp->window << 48 | (uint64_t)tcp->flags << 8;
        numbers = (uint64_t)tcp->seq << 32 | tcp->ack;
        if (packet->ip_id == 0 && tcp->has_timestamps)
            numbers = hash_again(numbers, (uint64_t)tcp->ts_value << 32 | tcp->ts_echo);
    } else if (packet->ip_id == 0) {
        numbers = payload_hash(flow_hash, packet);
    }
    return hash_words(flow_hash, numbers, rest) | (uint64_t)1 << 63;
}

uint64_t duplicate_fragment_key(const struct duplicate_table *table, const struct packet *packet)
{
    uint64_t hash = hash_words(table->seed, packet->src.word64[0], packet->src.word64[1]);

    hash = hash_words(hash, packet->dst.word64[0], packet->dst.word64[1]);
    hash = hash_words(hash, packet->ip_id, (uint64_t)packet->bytes << 8 | packet->protocol);
    return hash | (uint64_t)1 << 63;
}

static unsigned seen_session(uint32_t seen)
{
    return seen >> SESSION_SHIFT & ((1 << SESSION_BITS) - 1);
}

static uint8_t seen_path(uint32_t seen)
{
    return seen >> PATH_SHIFT & ((1 << PATH_BITS) - 1);
}

/* Whether the place before says how many more there have been. */
static bool has_more(const struct duplicate_set *set, size_t at)
{
    return at > 0 && set->key[at - 1] == 0 && set->seen[at - 1] > 0;
}

static uint32_t count_at(const struct duplicate_set *set, size_t at)
{
    uint32_t count = set->seen[at] & COUNT_MOST;

    if (count < COUNT_MOST || !has_more(set, at))
        return count;
    return count + set->seen[at - 1];
}

static unsigned seen_time(uint32_t seen)
{
    return seen >> TIME_SHIFT & TIME_MASK;
}

/* Stamps need not be in order: the other one may be a little ahead. */
static bool is_fresh(uint32_t seen, unsigned now)
{
    return ((now - seen_time(seen) + window) & TIME_MASK) <= 2 * window;
}

static bool same_source(const struct session *a, const struct session *b)
{
    return a->source.family == b->source.family && a->source.word64[0] == b->source.word64[0] &&
           a->source.word64[1] == b->source.word64[1];
}

/* Whether one packet can have gone both ways: not when both sources sent it, or received it. */
static bool can_be_copies(struct session_table *sessions, unsigned session, uint8_t path,
                          uint64_t seen)
{
    struct session *here = &sessions->sessions[session];
    struct session *there = &sessions->sessions[seen_session(seen)];
    enum direction direction;

    if (same_source(here, there))
        return false;
    direction = session_path_direction(here, path);
    return direction == DIRECTION_UNKNOWN ||
           direction != session_path_direction(there, seen_path(seen));
}

/* Instances of a packet: of the session itself, and the most that another one has had. */
struct instances {
    size_t own; /* where; DUPLICATE_WAYS: none */
    uint32_t had, others;
    uint16_t session; /* which one had most */
};

/* How many the session itself has had. Longer ago than the window they count only if what another
 * one has had since may have been their copies: no packet has its copies twice. */
static uint32_t count_own(const struct duplicate_set *set, size_t own, uint32_t other, unsigned now)
{
    if (own == DUPLICATE_WAYS)
        return 0;
    if (is_fresh(set->seen[own], now) || (other && is_fresh(set->seen[own], seen_time(other))))
        return count_at(set, own);
    return 0;
}

static struct instances find_instances(const struct duplicate_set *set,
                                       struct session_table *sessions, uint32_t key,
                                       unsigned session, uint8_t path, unsigned now)
{
    struct instances found = { .own = DUPLICATE_WAYS, .session = SESSION_OTHERS };
    uint32_t most = 0;

    for (size_t i = 0; i < DUPLICATE_WAYS; i++) {
        uint32_t seen = set->seen[i];

        if (set->key[i] != key)
            continue;
        if (seen_session(seen) == session) {
            if (seen_path(seen) == path)
                found.own = i;
        } else if (count_at(set, i) > found.others && is_fresh(seen, now) &&
                   can_be_copies(sessions, session, path, seen)) {
            most = seen;
            found.others = count_at(set, i);
            found.session = (uint16_t)seen_session(seen);
        }
    }
    found.had = count_own(set, found.own, most, now);
    return found;
}

/* Makes room for one in front; what stands at `last` makes it. */
static void move_back(struct duplicate_set *set, size_t last)
{
    memmove(&set->key[1], &set->key[0], last * sizeof(set->key[0]));
    memmove(&set->seen[1], &set->seen[0], last * sizeof(set->seen[0]));
}

/* Another instance of what stands at `at`. With the place for what is too much it moves to the
 * front, where nothing that belongs together comes apart. */
static void count_again(struct duplicate_set *set, size_t at, uint32_t where)
{
    uint32_t *seen = set->seen, key = set->key[at];
    unsigned count = seen[at] & COUNT_MOST;

    seen[at] = where | (count < COUNT_MOST ? count + 1 : count);
    if (count < COUNT_MOST)
        return;
    if (has_more(set, at)) {
        seen[at - 1] += seen[at - 1] < UINT32_MAX / 2;
        return;
    }
    move_back(set, at);
    move_back(set, DUPLICATE_WAYS - 1);
    set->key[0] = 0;
    seen[0] = 1;
    set->key[1] = key;
    seen[1] = where | COUNT_MOST;
}

/* One more is remembered now. Those of ticks that lie behind the window count no more. What is
 * forgotten matters only where another session can bring copies. */
static void count_recent(struct duplicate_table *table, const struct session_table *sessions,
                         unsigned now)
{
    unsigned ahead = (now - table->tick) & TIME_MASK;

    if (ahead <= TIME_MASK / 2) { /* else the clock went back a little */
        for (unsigned i = 0; i < ahead && i < DUPLICATE_TICKS; i++) {
            table->tick = (table->tick + 1) & TIME_MASK;
            table->recent -= table->ticks[table->tick % DUPLICATE_TICKS];
            table->ticks[table->tick % DUPLICATE_TICKS] = 0;
        }
        table->tick = now;
    }
    table->ticks[table->tick % DUPLICATE_TICKS]++;
    table->recent++;
    table->forgotten += table->recent > DUPLICATE_ROOM && sessions->several_sources;
}

/* The latest first; what was there longest makes room. */
static void remember(struct duplicate_set *set, uint32_t key, uint32_t seen)
{
    move_back(set, DUPLICATE_WAYS - 1);
    set->key[0] = key;
    set->seen[0] = seen;
}

/* With the place for what is too much. */
static void forget(struct duplicate_set *set, size_t at)
{
    if ((set->seen[at] & COUNT_MOST) == COUNT_MOST && has_more(set, at))
        set->seen[at - 1] = 0;
    set->key[at] = 0;
    set->seen[at] = 0;
}

/* Whether the key is there at all; without branches, since most often it is not. */
static bool holds(const struct duplicate_set *set, uint32_t key)
{
    unsigned found = 0;

    for (size_t i = 0; i < DUPLICATE_WAYS; i++)
        found |= set->key[i] == key;
    return found;
}

uint16_t duplicate_look(struct duplicate_table *table, struct session_table *sessions, uint64_t key,
                        uint16_t session, uint8_t path, uint64_t ts_ns)
{
    struct duplicate_set *set = duplicate_set_of(table, key);
    unsigned now = (unsigned)(ts_ns >> TICK_SHIFT) & TIME_MASK;
    uint32_t which = (uint32_t)(key >> 32);
    uint32_t where = (uint32_t)now << TIME_SHIFT | (uint32_t)session << SESSION_SHIFT |
                     (uint32_t)path << PATH_SHIFT;
    struct instances found;

    if (!holds(set, which)) {
        count_recent(table, sessions, now);
        remember(set, which, where | 1);
        return SESSION_OTHERS;
    }
    found = find_instances(set, sessions, which, session, path, now);
    if (found.had > 0) {
        count_again(set, found.own, where);
    } else {
        if (found.own < DUPLICATE_WAYS)
            forget(set, found.own);
        count_recent(table, sessions, now);
        remember(set, which, where | 1);
    }
    return found.had < found.others ? found.session : (uint16_t)SESSION_OTHERS;
}
