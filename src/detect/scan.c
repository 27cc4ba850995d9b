/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <string.h>

#include "../hash.h"
#include "../memory.h"

const uint32_t scan_threshold[SCAN_KIND_COUNT] = {
    [SCAN_ADDRESSES] = 25,
    [SCAN_PORTS] = 15,
};

enum {
    TARGET_SLOTS = 2 * SCAN_TARGETS,
    TRACKER_SLOTS = 4 * SCAN_TRACKERS, /* so the first look mostly says it */
    CHAINS = 4 * SCAN_FIRSTS,          /* mostly empty, too */
    CANDIDATES = 4,                    /* neighbours of which one makes room */
    WAITING = 8,                       /* attempts noted and not counted yet */
};

/* An attempt. Alone it says nothing, so it takes no tracker: it stands in a ring until it is too
 * old, and by each kind in a chain of those whose hashes end alike. Chains go from late to early
 * attempts, so what has left the ring needs no unlinking: it can only be a chain's end. */
struct first {
    struct scan_attempt attempt;
    uint32_t hash[SCAN_KIND_COUNT];
    uint32_t before[SCAN_KIND_COUNT]; /* number of the next in the chain */
    bool is_alone[SCAN_KIND_COUNT];   /* no tracker has counted it */
};

/* What is needed to find a place for another tracker; the candidates' are one cache line. */
struct card {
    uint64_t worth; /* of keeping the tracker, see set_worth() */
    uint32_t hash;
};

struct tracker {
    _Alignas(64) struct ip_addr src;
    struct ip_addr dst;
    uint64_t started_ns, last_ns;
    uint32_t refused, unanswered;
    uint32_t targets;
    uint16_t session;
    uint16_t port;
    uint8_t protocol;
    uint8_t kind;
    uint16_t scan; /* index + 1 in scans; 0: below the threshold */
    uint64_t small[SCAN_SMALL];
};

/* Distinct targets of one scan: open addressing, never more than half full. */
struct target_set {
    uint64_t slot[TARGET_SLOTS]; /* target + 1 */
};

/* First attempts and trackers stand in the order in which they came, and one that makes room is
 * chosen by that and by its worth; the seeded hash only finds them. So what is found is the same
 * with any seed, and nobody can choose whom to push out. */
struct scan_detector {
    uint64_t seed;
    uint32_t noted; /* attempts ever, modulo 2^32; also the number of the last one */
    uint32_t counted;
    struct first ring[SCAN_FIRSTS];
    uint32_t chain[SCAN_KIND_COUNT][CHAINS]; /* number of the latest */
    uint32_t slots[TRACKER_SLOTS];           /* upper half of the hash, index + 1; 0: empty */
    struct card card[SCAN_TRACKERS];
    struct tracker tracker[SCAN_TRACKERS];
    size_t trackers; /* ever used, from 0 on */
    size_t hand;     /* the first of the next candidates */
    struct scan scans[SCAN_SUSPICIONS];
    uint32_t owner[SCAN_SUSPICIONS]; /* tracker that still adds to the scan, index + 1 */
    struct target_set targets[SCAN_SUSPICIONS];
    size_t count;
    uint64_t found;
};

_Static_assert(SCAN_TRACKERS < UINT16_MAX, "a slot has 16 bits for the index");
_Static_assert(SCAN_SMALL >= 25, "a tracker must be able to reach the thresholds by itself");

struct scan_detector *scan_new(uint64_t seed, struct err *err)
{
    struct scan_detector *detector = memory_reserve(1, sizeof(struct scan_detector));

    if (detector)
        detector->seed = seed;
    else
        err_set(err, EXIT_RUNTIME, "no memory for scan detection");
    return detector;
}

void scan_free(struct scan_detector *detector)
{
    memory_release(detector, 1, sizeof(*detector));
}

void scan_clear(struct scan_detector *detector)
{
    uint64_t seed = detector->seed;

    memory_clear(detector, 1, sizeof(*detector));
    detector->seed = seed;
}

/* A target as a number: a port, an IPv4 address, or a 64-bit image of an IPv6 address. */
static uint64_t target_number(const struct scan_detector *detector, enum scan_kind kind,
                              const struct scan_attempt *attempt)
{
    if (kind == SCAN_PORTS)
        return attempt->port;
    if (attempt->dst.family == 4)
        return attempt->dst.word32[0];
    return hash_words(detector->seed, attempt->dst.word64[0], attempt->dst.word64[1]);
}

/* true: the target is new in the set. */
static bool set_add(struct target_set *set, uint64_t seed, uint64_t target)
{
    size_t at = hash_words(seed, target, 0) % TARGET_SLOTS;
    uint64_t value = target + 1 ? target + 1 : 1;

    for (; set->slot[at]; at = (at + 1) % TARGET_SLOTS) {
        if (set->slot[at] == value)
            return false;
    }
    set->slot[at] = value;
    return true;
}

static bool small_add(struct tracker *tracker, uint64_t target)
{
    for (uint32_t i = 0; i < tracker->targets; i++) {
        if (tracker->small[i] == target)
            return false;
    }
    tracker->small[tracker->targets++] = target;
    return true;
}

static bool same(const struct ip_addr *a, const struct ip_addr *b)
{
    return a->word64[0] == b->word64[0] && a->word64[1] == b->word64[1];
}

static bool tracks(const struct tracker *tracker, enum scan_kind kind,
                   const struct scan_attempt *attempt)
{
    if (tracker->kind != kind || tracker->session != attempt->session ||
        tracker->protocol != attempt->protocol || !same(&tracker->src, &attempt->src))
        return false;
    return kind == SCAN_PORTS ? same(&tracker->dst, &attempt->dst) : tracker->port == attempt->port;
}

/* Whether two attempts count together. */
static bool goes_with(const struct scan_attempt *a, enum scan_kind kind,
                      const struct scan_attempt *b)
{
    if (a->session != b->session || a->protocol != b->protocol || !same(&a->src, &b->src))
        return false;
    return kind == SCAN_PORTS ? same(&a->dst, &b->dst) : a->port == b->port;
}

/* A scan is worth more than what may become one, then the number of targets counts, then how late
 * the last attempt was. In one number, since it is compared for every attempt. */
static void set_worth(struct scan_detector *detector, const struct tracker *tracker)
{
    uint64_t targets = tracker->scan ? UINT32_MAX : tracker->targets;

    detector->card[tracker - detector->tracker].worth =
        targets << 32 | (uint32_t)(tracker->last_ns / 1000000000u);
}

/* Which of the candidates from `first` on is worth least. One that has been quiet for a window
 * begins anew when it comes back, and is worth nothing until then. */
static size_t least_worth(const struct scan_detector *detector, size_t first, uint32_t now_s)
{
    size_t least = first;
    uint64_t least_worth = UINT64_MAX;

    for (size_t i = first; i < first + CANDIDATES; i++) {
        uint64_t worth = detector->card[i].worth;
        uint32_t last_s = (uint32_t)worth;
        bool is_quiet = (int32_t)(now_s - last_s) > SCAN_WINDOW_S;

        worth = is_quiet ? last_s : worth;
        least = worth < least_worth ? i : least;
        least_worth = worth < least_worth ? worth : least_worth;
    }
    return least;
}

static void tracker_start(struct scan_detector *detector, struct tracker *tracker,
                          enum scan_kind kind, const struct scan_attempt *attempt)
{
    if (tracker->scan)
        detector->owner[tracker->scan - 1] = 0; /* the scan stays in the list, closed */
    tracker->src = attempt->src;
    tracker->started_ns = attempt->ts_ns;
    tracker->last_ns = attempt->ts_ns;
    tracker->refused = 0;
    tracker->unanswered = 0;
    tracker->targets = 0;
    tracker->session = attempt->session;
    tracker->protocol = attempt->protocol;
    tracker->kind = (uint8_t)kind;
    tracker->scan = 0;
    tracker->port = kind == SCAN_PORTS ? 0 : attempt->port;
    tracker->dst = kind == SCAN_PORTS ? attempt->dst : (struct ip_addr){ .family = 0 };
}

/* By what counts together, for each kind. */
static void set_hashes(const struct scan_detector *detector, struct first *first)
{
    const struct scan_attempt *attempt = &first->attempt;
    uint64_t source = hash_words_once(detector->seed, attempt->src.word64[0] ^ attempt->session,
                                      attempt->src.word64[1] ^ (uint64_t)attempt->protocol << 32);
    uint64_t address = hash_again(detector->seed, source ^ attempt->port);
    uint64_t port = hash_words_once(source, attempt->dst.word64[0], attempt->dst.word64[1]);

    first->hash[SCAN_ADDRESSES] = (uint32_t)(address ^ address >> 32);
    first->hash[SCAN_PORTS] = (uint32_t)(port ^ port >> 32);
}

/* Takes a tracker out of the index; whatever probed past its slot moves into it. */
static void unlink_tracker(struct scan_detector *detector, size_t index)
{
    size_t hole = detector->card[index].hash % TRACKER_SLOTS;

    while ((uint16_t)detector->slots[hole] != index + 1)
        hole = (hole + 1) % TRACKER_SLOTS;
    for (size_t at = (hole + 1) % TRACKER_SLOTS; detector->slots[at];
         at = (at + 1) % TRACKER_SLOTS) {
        size_t home = detector->card[(uint16_t)detector->slots[at] - 1].hash % TRACKER_SLOTS;

        if ((at - home) % TRACKER_SLOTS >= (at - hole) % TRACKER_SLOTS) {
            detector->slots[hole] = detector->slots[at];
            hole = at;
        }
    }
    detector->slots[hole] = 0;
}

/* A place for a new tracker. */
static size_t make_room(struct scan_detector *detector, uint64_t ts_ns)
{
    size_t index;

    if (detector->trackers < SCAN_TRACKERS)
        return detector->trackers++;
    index = least_worth(detector, detector->hand, (uint32_t)(ts_ns / 1000000000u));
    detector->hand = (detector->hand + CANDIDATES) % SCAN_TRACKERS;
    unlink_tracker(detector, index);
    return index;
}

/* The tracker that counts such attempts, or NULL. */
static struct tracker *find_tracker(struct scan_detector *detector, enum scan_kind kind,
                                    uint32_t hash, const struct scan_attempt *attempt)
{
    for (size_t at = hash % TRACKER_SLOTS; detector->slots[at]; at = (at + 1) % TRACKER_SLOTS) {
        struct tracker *tracker = &detector->tracker[(uint16_t)detector->slots[at] - 1];

        if ((detector->slots[at] ^ hash) >> 16 == 0 && tracks(tracker, kind, attempt))
            return tracker;
    }
    return NULL;
}

/* Takes a tracker for what has begun with the attempt; the other one needs room now. */
static struct tracker *add_tracker(struct scan_detector *detector, enum scan_kind kind,
                                   const struct first *first, uint64_t now_ns)
{
    uint32_t hash = first->hash[kind];
    size_t index = make_room(detector, now_ns), at = hash % TRACKER_SLOTS;

    while (detector->slots[at])
        at = (at + 1) % TRACKER_SLOTS;
    detector->slots[at] = (hash & 0xffff0000u) | (uint32_t)(index + 1);
    detector->card[index].hash = hash;
    tracker_start(detector, &detector->tracker[index], kind, &first->attempt);
    return &detector->tracker[index];
}

/* The threshold is passed: a place in the list, the oldest scan's if it is full. */
static void report(struct scan_detector *detector, struct tracker *tracker,
                   const struct scan_attempt *attempt)
{
    size_t place = detector->count;
    struct scan *scan;

    if (place == SCAN_SUSPICIONS) {
        place = 0;
        for (size_t i = 1; i < SCAN_SUSPICIONS; i++) {
            if (detector->scans[i].last_ns < detector->scans[place].last_ns)
                place = i;
        }
        if (detector->owner[place]) { /* goes on counting from nothing */
            struct tracker *owner = &detector->tracker[detector->owner[place] - 1];

            owner->scan = 0;
            owner->targets = owner->refused = owner->unanswered = 0;
            owner->started_ns = owner->last_ns;
            set_worth(detector, owner);
        }
    } else {
        detector->count++;
    }
    scan = &detector->scans[place];
    *scan = (struct scan){
        .src = tracker->src,
        .dst = tracker->dst,
        .example = attempt->dst,
        .serial = ++detector->found,
        .started_ns = tracker->started_ns,
        .last_ns = tracker->last_ns,
        .refused = tracker->refused,
        .unanswered = tracker->unanswered,
        .targets = tracker->targets,
        .session = tracker->session,
        .port = tracker->port,
        .src_port = attempt->src_port,
        .path = attempt->path,
        .protocol = tracker->protocol,
        .kind = tracker->kind,
    };
    detector->owner[place] = (uint32_t)(tracker - detector->tracker) + 1;
    tracker->scan = (uint16_t)(place + 1);
    memset(&detector->targets[place], 0, sizeof(detector->targets[place]));
    for (uint32_t i = 0; i < tracker->targets; i++)
        set_add(&detector->targets[place], detector->seed, tracker->small[i]);
}

static void count_in_scan(struct scan_detector *detector, const struct tracker *tracker,
                          const struct scan_attempt *attempt, uint64_t target)
{
    struct scan *scan = &detector->scans[tracker->scan - 1];

    if (scan->targets < SCAN_TARGETS)
        scan->targets += set_add(&detector->targets[tracker->scan - 1], detector->seed, target);
    scan->refused += attempt->refused;
    scan->unanswered += !attempt->refused;
    scan->last_ns = tracker->last_ns;
}

static void count_in_tracker(struct scan_detector *detector, struct tracker *tracker,
                             enum scan_kind kind, const struct scan_attempt *attempt)
{
    uint64_t target = target_number(detector, kind, attempt);

    if (attempt->ts_ns > tracker->last_ns)
        tracker->last_ns = attempt->ts_ns;
    if (tracker->scan) {
        count_in_scan(detector, tracker, attempt, target);
    } else {
        tracker->refused += attempt->refused;
        tracker->unanswered += !attempt->refused;
        if (small_add(tracker, target) && tracker->targets >= scan_threshold[kind])
            report(detector, tracker, attempt);
    }
    set_worth(detector, tracker);
}

static bool is_beyond_window(uint64_t since_ns, uint64_t ts_ns)
{
    return ts_ns > since_ns && ts_ns - since_ns > (uint64_t)SCAN_WINDOW_S * 1000000000u;
}

static uint32_t *chain_of(struct scan_detector *detector, enum scan_kind kind, uint32_t hash)
{
    return &detector->chain[kind][hash % CHAINS];
}

/* Whether the attempt is still in the ring, seen from a later one. 0 ends all chains: no attempt
 * has that number but one in 2^32. The oldest in the ring may have made room for what was noted
 * meanwhile. */
static bool is_in_ring(uint32_t number, uint32_t later)
{
    return number && later - number < SCAN_FIRSTS - WAITING;
}

/* The attempt in the ring that this one goes with, or NULL. */
static struct first *find_first(struct scan_detector *detector, enum scan_kind kind,
                                uint32_t number)
{
    const struct first *first = &detector->ring[number % SCAN_FIRSTS];
    uint32_t at = *chain_of(detector, kind, first->hash[kind]);

    while (is_in_ring(at, number)) {
        struct first *before = &detector->ring[at % SCAN_FIRSTS];

        if (before->hash[kind] == first->hash[kind] && before->is_alone[kind] &&
            goes_with(&before->attempt, kind, &first->attempt))
            return before;
        at = before->before[kind];
    }
    return NULL;
}

/* Counts the attempt with what goes with it; false: there is nothing. */
static bool count_with_others(struct scan_detector *detector, enum scan_kind kind, uint32_t number)
{
    const struct first *first = &detector->ring[number % SCAN_FIRSTS];
    const struct scan_attempt *attempt = &first->attempt;
    struct tracker *tracker = find_tracker(detector, kind, first->hash[kind], attempt);
    struct first *before;

    if (tracker) {
        if (is_beyond_window(tracker->scan ? tracker->last_ns : tracker->started_ns,
                             attempt->ts_ns))
            tracker_start(detector, tracker, kind, attempt);
        count_in_tracker(detector, tracker, kind, attempt);
        return true;
    }
    before = find_first(detector, kind, number);
    if (!before)
        return false;
    before->is_alone[kind] = false;
    if (is_beyond_window(before->attempt.ts_ns, attempt->ts_ns))
        return false;
    tracker = add_tracker(detector, kind, before, attempt->ts_ns);
    count_in_tracker(detector, tracker, kind, &before->attempt);
    count_in_tracker(detector, tracker, kind, attempt);
    return true;
}

/* Most attempts of a flood are alone, and nothing is where others would be. */
static inline void count_attempt(struct scan_detector *detector, enum scan_kind kind,
                                 uint32_t number)
{
    struct first *first = &detector->ring[number % SCAN_FIRSTS];
    uint32_t hash = first->hash[kind], *chain = chain_of(detector, kind, hash);
    bool may_have_others = detector->slots[hash % TRACKER_SLOTS] || is_in_ring(*chain, number);

    first->is_alone[kind] = !may_have_others || !count_with_others(detector, kind, number);
    if (first->is_alone[kind]) {
        first->before[kind] = *chain;
        *chain = number;
    }
}

static void count_oldest(struct scan_detector *detector)
{
    detector->counted++;
    for (unsigned kind = 0; kind < SCAN_KIND_COUNT; kind++)
        count_attempt(detector, (enum scan_kind)kind, detector->counted);
}

/* In a flood of attempts most time goes to waiting for memory. So what an attempt needs is asked
 * for when it is noted, what that leads to when some others have been noted, and it is counted some
 * attempts later: in its turn. */
struct scan_attempt *scan_attempt_next(struct scan_detector *detector)
{
    if (detector->noted - detector->counted == WAITING)
        count_oldest(detector);
    return &detector->ring[(detector->noted + 1) % SCAN_FIRSTS].attempt;
}

void scan_failed(struct scan_detector *detector)
{
    struct first *first = &detector->ring[++detector->noted % SCAN_FIRSTS];
    const struct first *earlier = &detector->ring[(detector->noted - WAITING / 2) % SCAN_FIRSTS];

    set_hashes(detector, first);
    for (unsigned kind = 0; kind < SCAN_KIND_COUNT; kind++) {
        uint32_t *chain = chain_of(detector, (enum scan_kind)kind, first->hash[kind]);
        uint32_t next = *chain_of(detector, (enum scan_kind)kind, earlier->hash[kind]);

        __builtin_prefetch(&detector->slots[first->hash[kind] % TRACKER_SLOTS]);
        __builtin_prefetch(chain);
        __builtin_prefetch(&detector->ring[next % SCAN_FIRSTS].hash);
    }
}

const struct scan *scan_list(struct scan_detector *detector, size_t *count, uint64_t *found)
{
    while (detector->counted != detector->noted)
        count_oldest(detector);
    *count = detector->count;
    *found = detector->found;
    return detector->scans;
}

bool scan_next_target(const struct scan_detector *detector, const struct scan *scan, size_t *at,
                      uint64_t *target)
{
    const uint64_t *slots = detector->targets[scan - detector->scans].slot;

    while (*at < TARGET_SLOTS) {
        uint64_t value = slots[(*at)++];

        if (value) {
            *target = value - 1;
            return true;
        }
    }
    return false;
}
