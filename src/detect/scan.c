/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <string.h>

#include "../hash.h"
#include "../memory.h"

const uint32_t scan_threshold[SCAN_KIND_COUNT] = {
    [SCAN_ADDRESSES] = 25,
    [SCAN_PORTS] = 15,
};

enum { TARGET_SLOTS = 2 * SCAN_TARGETS };

/* What is needed to find a tracker in its set, or another one's place: a set is one cache line. */
struct way {
    uint64_t worth; /* of keeping it, see way_set_worth(); 0: free */
    uint32_t tag;   /* of the hash */
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
    uint32_t small[SCAN_SMALL];
};

/* Distinct targets of one scan: open addressing, never more than half full. */
struct target_set {
    uint32_t slot[TARGET_SLOTS]; /* target + 1 */
};

/* An attempt that waits for the memory of its trackers: see scan_attempt_next(). */
struct queued {
    struct scan_attempt attempt;
    uint64_t hash[SCAN_KIND_COUNT];
};

enum { QUEUE = 16, QUEUE_HALF = QUEUE / 2 };

struct scan_detector {
    struct queued queue[QUEUE];
    uint64_t queued; /* ever */
    uint64_t counted;
    struct way way[SCAN_SETS][SCAN_WAYS];
    struct tracker tracker[SCAN_SETS][SCAN_WAYS];
    struct scan scans[SCAN_SUSPICIONS];
    struct way *owner[SCAN_SUSPICIONS]; /* whose tracker still adds to the scan */
    struct target_set targets[SCAN_SUSPICIONS];
    size_t count;
    uint64_t found;
};

_Static_assert(SCAN_SMALL >= 25, "a tracker must be able to reach the thresholds by itself");

struct scan_detector *scan_new(struct err *err)
{
    struct scan_detector *detector = memory_reserve(1, sizeof(struct scan_detector));

    if (!detector)
        err_set(err, EXIT_RUNTIME, "no memory for scan detection");
    return detector;
}

void scan_free(struct scan_detector *detector)
{
    memory_release(detector, 1, sizeof(*detector));
}

void scan_clear(struct scan_detector *detector)
{
    memory_clear(detector, 1, sizeof(*detector));
}

/* A target as a number: a port, an IPv4 address, or a 32-bit image of an IPv6 address. */
static uint32_t target_number(enum scan_kind kind, const struct scan_attempt *attempt)
{
    if (kind == SCAN_PORTS)
        return attempt->port;
    if (attempt->dst.family == 4)
        return attempt->dst.word32[0];
    return (uint32_t)hash_words(0, attempt->dst.word64[0], attempt->dst.word64[1]);
}

/* true: the target is new in the set. */
static bool set_add(struct target_set *set, uint32_t target)
{
    size_t at = hash_mix(target, 0x9e3779b97f4a7c15u) % TARGET_SLOTS;
    uint32_t value = target + 1 ? target + 1 : 1;

    for (; set->slot[at]; at = (at + 1) % TARGET_SLOTS) {
        if (set->slot[at] == value)
            return false;
    }
    set->slot[at] = value;
    return true;
}

static bool small_add(struct tracker *tracker, uint32_t target)
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

/* A scan is worth more than what may become one, then the number of targets counts, then how late
 * the last attempt was. In one number, since it is compared for every attempt. */
static void way_set_worth(struct way *way, const struct tracker *tracker)
{
    uint64_t targets = tracker->scan ? UINT32_MAX : tracker->targets;

    way->worth = targets << 32 | (uint32_t)(tracker->last_ns / 1000000000u);
}

/* The way of a set that is worth least. */
static size_t least_worth(const struct way *set)
{
    size_t least = 0;

    for (size_t i = 1; i < SCAN_WAYS; i++)
        least = set[i].worth < set[least].worth ? i : least;
    return least;
}

static void tracker_start(struct scan_detector *detector, struct way *way, struct tracker *tracker,
                          enum scan_kind kind, const struct scan_attempt *attempt)
{
    if (tracker->scan && detector->owner[tracker->scan - 1] == way)
        detector->owner[tracker->scan - 1] = NULL; /* the scan stays in the list, closed */
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

static uint64_t attempt_hash(enum scan_kind kind, const struct scan_attempt *attempt)
{
    uint64_t hash = hash_words(kind, attempt->src.word64[0] ^ attempt->session,
                               attempt->src.word64[1] ^ attempt->protocol);

    if (kind == SCAN_PORTS)
        return hash_words(hash, attempt->dst.word64[0], attempt->dst.word64[1]);
    return hash_words(hash, attempt->port, 0);
}

static uint32_t hash_tag(uint64_t hash)
{
    return (uint32_t)(hash >> 32) | 1;
}

/* The tracker that counts such attempts; a new one takes the place of the least interesting. */
static struct way *find_tracker(struct scan_detector *detector, enum scan_kind kind, uint64_t hash,
                                const struct scan_attempt *attempt, struct tracker **tracker)
{
    size_t number = hash % SCAN_SETS, victim;
    uint32_t tag = hash_tag(hash);
    struct way *set = detector->way[number];

    for (size_t i = 0; i < SCAN_WAYS; i++) {
        *tracker = &detector->tracker[number][i];
        if (set[i].tag == tag && tracks(*tracker, kind, attempt))
            return &set[i];
    }
    victim = least_worth(set);
    *tracker = &detector->tracker[number][victim];
    tracker_start(detector, &set[victim], *tracker, kind, attempt);
    set[victim].tag = tag;
    return &set[victim];
}

/* The threshold is passed: a place in the list, the oldest scan's if it is full. */
static void report(struct scan_detector *detector, struct way *way, struct tracker *tracker)
{
    size_t place = detector->count;
    struct scan *scan;

    if (place == SCAN_SUSPICIONS) {
        place = 0;
        for (size_t i = 1; i < SCAN_SUSPICIONS; i++) {
            if (detector->scans[i].last_ns < detector->scans[place].last_ns)
                place = i;
        }
        if (detector->owner[place])
            *detector->owner[place] = (struct way){ .worth = 0 };
    } else {
        detector->count++;
    }
    scan = &detector->scans[place];
    *scan = (struct scan){
        .src = tracker->src,
        .dst = tracker->dst,
        .serial = ++detector->found,
        .started_ns = tracker->started_ns,
        .last_ns = tracker->last_ns,
        .refused = tracker->refused,
        .unanswered = tracker->unanswered,
        .targets = tracker->targets,
        .session = tracker->session,
        .port = tracker->port,
        .protocol = tracker->protocol,
        .kind = tracker->kind,
    };
    detector->owner[place] = way;
    tracker->scan = (uint16_t)(place + 1);
    memset(&detector->targets[place], 0, sizeof(detector->targets[place]));
    for (uint32_t i = 0; i < tracker->targets; i++)
        set_add(&detector->targets[place], tracker->small[i]);
}

static void count_in_scan(struct scan_detector *detector, const struct tracker *tracker,
                          const struct scan_attempt *attempt, uint32_t target)
{
    struct scan *scan = &detector->scans[tracker->scan - 1];

    if (scan->targets < SCAN_TARGETS)
        scan->targets += set_add(&detector->targets[tracker->scan - 1], target);
    scan->refused += attempt->refused;
    scan->unanswered += !attempt->refused;
    scan->last_ns = tracker->last_ns;
}

static void count_attempt(struct scan_detector *detector, enum scan_kind kind, uint64_t hash,
                          const struct scan_attempt *attempt)
{
    const uint64_t window_ns = (uint64_t)SCAN_WINDOW_S * 1000000000u;
    struct tracker *tracker;
    struct way *way = find_tracker(detector, kind, hash, attempt, &tracker);
    uint32_t target = target_number(kind, attempt);
    uint64_t since = tracker->scan ? tracker->last_ns : tracker->started_ns;

    if (attempt->ts_ns > since && attempt->ts_ns - since > window_ns)
        tracker_start(detector, way, tracker, kind, attempt);
    if (attempt->ts_ns > tracker->last_ns)
        tracker->last_ns = attempt->ts_ns;
    if (tracker->scan) {
        count_in_scan(detector, tracker, attempt, target);
    } else {
        tracker->refused += attempt->refused;
        tracker->unanswered += !attempt->refused;
        if (small_add(tracker, target) && tracker->targets >= scan_threshold[kind])
            report(detector, way, tracker);
    }
    way_set_worth(way, tracker);
}

/* Counts the oldest attempt of the queue. */
static void count_oldest(struct scan_detector *detector)
{
    const struct queued *queued = &detector->queue[detector->counted++ % QUEUE];

    for (unsigned kind = 0; kind < SCAN_KIND_COUNT; kind++)
        count_attempt(detector, (enum scan_kind)kind, queued->hash[kind], &queued->attempt);
}

/* Asks for the tracker that an attempt will want, whose set is near by now: the one with its tag,
 * else any. Always inline: gcc takes a function that only prefetches for one without effect. */
static inline __attribute__((always_inline)) void prefetch_tracker(
    const struct scan_detector *detector, uint64_t hash)
{
    size_t number = hash % SCAN_SETS;
    const struct way *set = detector->way[number];
    size_t at = least_worth(set);

    for (size_t i = 0; i < SCAN_WAYS; i++)
        at = set[i].tag == hash_tag(hash) ? i : at;
    __builtin_prefetch(&detector->tracker[number][at]);
    __builtin_prefetch((const char *)&detector->tracker[number][at] + 64);
}

/* In a flood of attempts most time goes to waiting for trackers that lie anywhere in memory. So each
 * attempt is first noted and its sets asked for, some attempts later its trackers, and some later it
 * is counted: in the order in which they came. */
struct scan_attempt *scan_attempt_next(struct scan_detector *detector)
{
    if (detector->queued - detector->counted == QUEUE)
        count_oldest(detector);
    if (detector->queued - detector->counted >= QUEUE_HALF) {
        const struct queued *queued = &detector->queue[(detector->queued - QUEUE_HALF) % QUEUE];

        for (unsigned kind = 0; kind < SCAN_KIND_COUNT; kind++)
            prefetch_tracker(detector, queued->hash[kind]);
    }
    return &detector->queue[detector->queued % QUEUE].attempt;
}

void scan_failed(struct scan_detector *detector)
{
    struct queued *queued = &detector->queue[detector->queued++ % QUEUE];

    for (unsigned kind = 0; kind < SCAN_KIND_COUNT; kind++) {
        queued->hash[kind] = attempt_hash((enum scan_kind)kind, &queued->attempt);
        __builtin_prefetch(detector->way[queued->hash[kind] % SCAN_SETS]);
    }
}

const struct scan *scan_list(struct scan_detector *detector, size_t *count, uint64_t *found)
{
    while (detector->counted < detector->queued)
        count_oldest(detector);
    *count = detector->count;
    *found = detector->found;
    return detector->scans;
}
