/* SPDX-License-Identifier: MIT */
/* Round trips of connections that are mirrored at both ends: both ends of each in one session. */
#include <check.h>
#include <stdlib.h>

#include "../support/enginerun.h"
#include "../support/random.h"

Suite *make_duplicate_times_suite(void);

/* The ends, and how long each takes to answer; microseconds. */
enum { CLIENT, SERVER, THINKS_CLIENT = 700, THINKS_SERVER = 500 };

enum { ROUNDS = 40, PAYLOAD = 100, PACKETS = 1024 };

/* A packet as the mirror of one end brings it. */
struct copy {
    uint64_t us;
    unsigned end, from;
    uint32_t seq, ack;
    uint8_t flags;
    size_t payload;
    uint16_t id, port; /* the client's; 0: 40000 */
};

/* How a connection is mirrored. */
struct way {
    uint32_t between_us, late_us[2]; /* from end to end; from each one's mirror */
    unsigned lost;                   /* in 100 copies */
    unsigned resent;                 /* in 100 of the client's segments: lost between the ends */
};

static struct copy copies[PACKETS];
static size_t count;
static uint64_t state;

static bool happens(unsigned in_hundred)
{
    return random_below(&state, 100) < in_hundred;
}

/* A packet of `p->from` at a time; both: it arrives. */
static void put(const struct way *way, uint64_t us, const struct copy *p, bool both)
{
    for (unsigned end = CLIENT; end <= SERVER; end++) {
        if ((end != p->from && !both) || happens(way->lost))
            continue;
        ck_assert_uint_lt(count, PACKETS);
        copies[count] = *p;
        copies[count].end = end;
        copies[count++].us = us + way->late_us[end] + (end == p->from ? 0 : way->between_us);
    }
}

static int by_time(const void *a, const void *b)
{
    const struct copy *c = a, *d = b;

    return (c->us > d->us) - (c->us < d->us);
}

static void feed(void)
{
    static const char *const mac[2] = { "02:00:00:00:01:10", "02:00:00:00:02:20" };
    static const char *const source[2] = { "10.0.1.10", "10.0.2.20" };
    uint64_t start;

    trace_start();
    start = trace.now_ns;
    qsort(copies, count, sizeof(copies[0]), by_time);
    for (const struct copy *c = copies; c < copies + count; c++) {
        unsigned from = c->from, end = c->end;
        uint16_t port = c->port ? c->port : 40000;

        fb_init(&fb);
        fb_payload(&fb, NULL, c->payload);
        fb_tcp(&fb, from == CLIENT ? port : 443, from == CLIENT ? 443 : port, c->seq, c->ack,
               c->flags, 1000, NULL, 0);
        fb_ipv4(&fb, source[from], source[!from], PROTO_TCP, c->id, 0x4000);
        fb_eth(&fb, end == from ? router : mac[end], end == from ? mac[end] : router, ETHER_IPV4);
        fb_mirror(&fb, source[end], end + 1);
        trace.now_ns = start + c->us * 1000;
        trace_add(0);
    }
}

/* The client asks, the server answers at once, again and again. */
static void converse(const struct way *way)
{
    uint64_t us = 0;
    uint32_t asked = 101, answered = 901;
    uint16_t id[2] = { 1, 1 };

    count = 0;
    put(way, us, &(struct copy){ .seq = 100, .flags = TCP_SYN, .id = id[CLIENT]++ }, true);
    us += way->between_us + THINKS_SERVER;
    put(way, us,
        &(struct copy){ .from = SERVER,
                        .seq = 900,
                        .ack = asked,
                        .flags = TCP_SYN | TCP_ACK,
                        .id = id[SERVER]++ },
        true);
    us += way->between_us + THINKS_CLIENT;
    put(way, us,
        &(struct copy){ .seq = asked, .ack = answered, .flags = TCP_ACK, .id = id[CLIENT]++ },
        true);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct copy ask = { .from = CLIENT,
                            .seq = asked,
                            .ack = answered,
                            .flags = TCP_ACK,
                            .payload = PAYLOAD,
                            .id = id[CLIENT]++ };
        struct copy answer = { .from = SERVER,
                               .seq = answered,
                               .ack = asked += PAYLOAD,
                               .flags = TCP_ACK,
                               .payload = PAYLOAD,
                               .id = id[SERVER]++ };

        if (happens(way->resent)) {
            put(way, us, &ask, false);
            us += 200000;
            ask.id = id[CLIENT]++;
        }
        put(way, us, &ask, true);
        us += way->between_us + THINKS_SERVER;
        put(way, us, &answer, true);
        us += way->between_us + THINKS_CLIENT;
        answered += PAYLOAD;
    }
}

/* As one of the sessions saw it, if at all. */
static void check_handshake(const struct flow_record *flow, const struct way *way)
{
    uint64_t there_and_back = 2 * way->between_us;

    ck_assert(flow->answer_us == VALUE_UNKNOWN || flow->answer_us == THINKS_SERVER ||
              flow->answer_us == THINKS_SERVER + there_and_back);
    if (flow->confirm_us == VALUE_UNKNOWN)
        return;
    ck_assert_uint_eq(flow->answer_us + flow->confirm_us, flow->rtt_us);
    ck_assert_uint_eq(flow->rtt_us, THINKS_SERVER + THINKS_CLIENT + there_and_back);
}

static void check(const struct way *way)
{
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;
    const struct flow_record *flow;
    uint64_t to_server, to_client;
    bool at_client;

    converse(way);
    feed();
    snapshot = enginerun_all(&config);
    ck_assert_uint_eq(snapshot->tables[TABLE_FLOWS].count, 1);
    flow = enginerun_flow(snapshot, 0);
    at_client = flow->vni == 1;
    to_server = THINKS_SERVER + (at_client ? 2 * way->between_us : 0);
    to_client = THINKS_CLIENT + (at_client ? 0 : 2 * way->between_us);
    ck_assert_uint_eq(flow->dst_tcp.rtt_min_us, to_server);
    ck_assert_uint_eq(flow->src_tcp.rtt_min_us, to_client);
    if (way->lost == 0) {
        ck_assert_uint_le(flow->dst_tcp.rtt_p95_us, to_server * 5 / 4);
        ck_assert_uint_le(flow->src_tcp.rtt_p95_us, to_client * 5 / 4);
        ck_assert_uint_eq(flow->answer_us, to_server);
        ck_assert_uint_eq(flow->rtt_us, to_server + to_client);
    } else {
        check_handshake(flow, way);
    }
    snapshot_free(snapshot);
}

static const struct way ways[] = {
    { .between_us = 200 },
    { .between_us = 10000 },
    { .between_us = 10000, .late_us = { 5000, 0 } },
    { .between_us = 10000, .late_us = { 0, 5000 } },
    { .between_us = 1000, .late_us = { 5000, 0 } }, /* all first copies are the server's */
    { .between_us = 1000, .late_us = { 0, 20000 } },
};

START_TEST(test_times)
{
    check(&ways[_i]);
}
END_TEST

/* Neither copies that the mirrors lose nor segments that are sent again make a round trip shorter;
 * of those there is none when it cannot be told. */
START_TEST(test_times_lossy)
{
    struct way way = ways[_i];

    way.lost = 5;
    way.resent = 10;
    for (unsigned seed = 0; seed < 20; seed++) {
        state = seed;
        check(&way);
    }
}
END_TEST

/* A question of the server and the answer `answer_us` later, as the mirrors of both ends bring
 * them, or of the client's alone. */
static void ask(uint64_t us, uint16_t port, unsigned round, uint32_t answer_us, bool both)
{
    for (unsigned end = CLIENT; end <= (both ? SERVER : CLIENT); end++) {
        struct copy question = { .us = us + 2000u * end,
                                 .end = end,
                                 .from = SERVER,
                                 .port = port,
                                 .seq = 901 + PAYLOAD * round,
                                 .ack = 101,
                                 .flags = TCP_ACK,
                                 .payload = PAYLOAD,
                                 .id = (uint16_t)(10 + round) };
        struct copy answer = question;

        answer.us += answer_us;
        answer.from = CLIENT;
        answer.seq = 101;
        answer.ack = question.seq + PAYLOAD;
        answer.payload = 0;
        copies[count++] = question;
        copies[count++] = answer;
    }
}

/* The mirror of the other end begins late, so there are two flows until that is noticed, which
 * takes up to half a second: round trips that one of them has not booked yet when it goes are no
 * harm to those that come then. */
START_TEST(test_times_joined)
{
    enum { STEP_US = 5000, BOTH = 120, OTHERS = 4, EACH = 6 };
    const uint32_t first_us = _i % 2 ? 100 : 65, other_us = 4000;
    const unsigned alone = 52 + (unsigned)_i / 2;
    struct engine_config config = enginerun_config();
    struct snapshot *snapshot;
    uint64_t us = 0;

    count = 0;
    for (unsigned i = 0; i < alone + BOTH; i++, us += STEP_US)
        ask(us, 40000, i, first_us, i >= alone);
    for (unsigned port = 1; port <= OTHERS; port++) {
        for (unsigned i = 0; i < EACH; i++, us += STEP_US)
            ask(us, (uint16_t)port, i, other_us, false);
    }
    feed();
    snapshot = enginerun_all(&config);
    ck_assert_uint_ge(snapshot->decode.duplicates, BOTH / 4);
    ck_assert_uint_eq(snapshot->flows.total, 1 + OTHERS);
    for (size_t i = 0; i < snapshot->tables[TABLE_FLOWS].count; i++) {
        const struct flow_record *flow = enginerun_flow(snapshot, i);
        uint32_t answer_us = flow->dst_port == 40000 ? first_us : other_us;

        ck_assert_uint_eq(flow->dst_tcp.rtt_min_us, answer_us);
        ck_assert_uint_ge(flow->dst_tcp.rtt_p95_us, answer_us * 3 / 4);
        ck_assert_uint_le(flow->dst_tcp.rtt_p95_us, answer_us * 5 / 4);
    }
    snapshot_free(snapshot);
}
END_TEST

Suite *make_duplicate_times_suite(void)
{
    Suite *suite = suite_create("duplicate_times");
    TCase *tcase = tcase_create("times");

    tcase_add_loop_test(tcase, test_times, 0, (int)(sizeof(ways) / sizeof(ways[0])));
    tcase_add_loop_test(tcase, test_times_lossy, 0, (int)(sizeof(ways) / sizeof(ways[0])));
    tcase_add_loop_test(tcase, test_times_joined, 0, 220); /* a period */
    suite_add_tcase(suite, tcase);
    return suite;
}
