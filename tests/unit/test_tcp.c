/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "../../src/flow/tcp.h"
#include "../support/rounds.h"

Suite *make_tcp_suite(void);

static struct tcp_pool pool;
static struct flow flow;
static struct flow_reply reply;
static struct flow_trouble trouble;
static const struct tcp_hole opens;

static struct flow_entry entry(void)
{
    static const struct flow_table one = { .flows = &flow, .troubles = &trouble };

    return (struct flow_entry){ .flow = &flow, .reply = &reply, .table = &one };
}

static void setup(void)
{
    struct err err;

    ck_assert(tcp_pool_init(&pool, 4, &err));
    memset(&flow, 0, sizeof(flow));
    memset(&reply, 0, sizeof(reply));
}

static void teardown(void)
{
    tcp_pool_release(&pool);
}

static enum tcp_verdict carry_in(struct flow_entry e, uint32_t seq, uint32_t length,
                                 uint32_t *again)
{
    struct tcp_carried carried;

    tcp_carry(&pool, e, 0, seq, length, &opens, &carried);
    *again = carried.again;
    return carried.verdict;
}

/* As the engine does it: the short way first. */
static enum tcp_verdict carry(uint32_t seq, uint32_t length, uint32_t *again)
{
    *again = 0;
    if (tcp_carry_next(entry(), 0, seq, length))
        return TCP_NEW;
    return carry_in(entry(), seq, length, again);
}

struct step {
    uint32_t seq, length;
    enum tcp_verdict verdict;
    uint32_t again;
};

static void run_steps(const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t again;
        enum tcp_verdict verdict = carry(steps[i].seq, steps[i].length, &again);

        ck_assert_msg(verdict == steps[i].verdict && again == steps[i].again,
                      "step %zu: verdict %d again %u", i, (int)verdict, again);
    }
}

START_TEST(test_in_order)
{
    run_steps((const struct step[]){ { 100, 50, TCP_NEW, 0 },
                                     { 150, 50, TCP_NEW, 0 },
                                     { 200, 1, TCP_NEW, 0 },
                                     { 201, 1000, TCP_NEW, 0 } },
              4);
}
END_TEST

START_TEST(test_repeats)
{
    run_steps((const struct step[]){ { 100, 100, TCP_NEW, 0 },
                                     { 100, 100, TCP_AGAIN, 100 },
                                     { 150, 100, TCP_AGAIN, 50 }, /* and 50 new */
                                     { 249, 1, TCP_AGAIN, 1 },
                                     { 240, 5, TCP_AGAIN, 5 },
                                     { 250, 10, TCP_NEW, 0 } },
              6);
}
END_TEST

START_TEST(test_hole_filled_is_no_retransmit)
{
    run_steps((const struct step[]){ { 0, 100, TCP_NEW, 0 },
                                     { 200, 100, TCP_NEW, 0 },
                                     { 300, 100, TCP_NEW, 0 },
                                     { 100, 100, TCP_FILLS, 0 },
                                     { 0, 400, TCP_AGAIN, 400 },
                                     { 400, 1, TCP_NEW, 0 } },
              6);
}
END_TEST

START_TEST(test_hole_filled_in_parts)
{
    run_steps((const struct step[]){ { 0, 100, TCP_NEW, 0 },
                                     { 300, 100, TCP_NEW, 0 },
                                     { 150, 50, TCP_FILLS, 0 },
                                     { 100, 100, TCP_AGAIN, 50 },
                                     { 200, 150, TCP_AGAIN, 50 },
                                     { 0, 400, TCP_AGAIN, 400 } },
              6);
}
END_TEST

START_TEST(test_wraps)
{
    run_steps((const struct step[]){ { 0xffffff00u, 0x80, TCP_NEW, 0 },
                                     { 0x00000010u, 0x10, TCP_NEW, 0 }, /* hole over 0 */
                                     { 0xffffff80u, 0x90, TCP_FILLS, 0 },
                                     { 0xffffff00u, 0x120, TCP_AGAIN, 0x120 },
                                     { 0x20u, 0x10, TCP_NEW, 0 } },
              5);
}
END_TEST

START_TEST(test_before_the_first)
{
    /* Joined in the middle, older bytes come late. */
    run_steps((const struct step[]){ { 1000, 100, TCP_NEW, 0 },
                                     { 800, 100, TCP_BEFORE, 0 },
                                     { 900, 100, TCP_FILLS, 0 },
                                     { 800, 300, TCP_AGAIN, 300 } },
              4);
}
END_TEST

START_TEST(test_four_gigabytes)
{
    /* After the sequence space has wrapped completely nothing is a retransmit. */
    uint32_t seq = 12345;
    uint32_t again;

    for (uint64_t sent = 0; sent < 9ull << 30; sent += 1u << 20, seq += 1u << 20)
        ck_assert_int_eq(carry(seq, 1u << 20, &again), TCP_NEW);
    ck_assert_int_eq(carry(seq - (1u << 20), 1u << 20, &again), TCP_AGAIN);
    ck_assert_uint_eq(again, 1u << 20);
}
END_TEST

START_TEST(test_old_holes_are_forgotten)
{
    uint32_t seq = 0, again;

    ck_assert_int_eq(carry(seq, 1000, &again), TCP_NEW);
    seq += 2000; /* a hole for ever */
    for (uint64_t sent = 0; sent < 5ull << 30; sent += 1u << 20, seq += 1u << 20)
        ck_assert_int_eq(carry(seq, 1u << 20, &again), TCP_NEW);
    ck_assert(!(flow.flags & FLOW_HOLES_A));
}
END_TEST

START_TEST(test_nonsense_heals)
{
    run_steps((const struct step[]){ { 1000, 100, TCP_NEW, 0 },
                                     { 0x80000000u, 100, TCP_FORGOTTEN, 0 },
                                     { 1100, 100, TCP_FORGOTTEN, 0 },
                                     { 1200, 100, TCP_NEW, 0 },
                                     { 1200, 100, TCP_AGAIN, 100 } },
              5);
}
END_TEST

START_TEST(test_too_many_holes)
{
    uint32_t again;

    /* What lies right of everything is new, however many holes there are. */
    for (uint32_t i = 0; i < TCP_OLDER_RANGES + 3; i++)
        ck_assert_int_eq(carry(1000 + i * 100, 50, &again), TCP_NEW);
    /* What is still remembered is judged right ... */
    ck_assert_int_eq(carry(1000 + 200, 50, &again), TCP_AGAIN);
    ck_assert_int_eq(carry(1000 + TCP_OLDER_RANGES * 100, 50, &again), TCP_AGAIN);
    ck_assert_int_eq(carry(1000 + 350, 50, &again), TCP_FILLS);
    /* ... and who knows what was left of it? */
    ck_assert_int_eq(carry(1000, 50, &again), TCP_FORGOTTEN);
    ck_assert_int_eq(carry(900, 50, &again), TCP_FORGOTTEN);
    ck_assert_int_eq(carry(1000 + TCP_OLDER_RANGES * 100 + 250, 500, &again), TCP_NEW);
}
END_TEST

/* The holes are filled later: that makes no room for what was given up. */
START_TEST(test_given_up_stays_unknown)
{
    uint32_t again;

    for (uint32_t i = 0; i < TCP_OLDER_RANGES + 5; i++)
        ck_assert_int_eq(carry(1000 + 200 * i, 100, &again), TCP_NEW);
    for (uint32_t i = TCP_OLDER_RANGES + 4; i > 4; i--)
        ck_assert_int_eq(carry(1000 + 200 * i - 100, 100, &again), TCP_FILLS);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_int_eq(carry(1000 + 200 * i, 100, &again), TCP_FORGOTTEN);
    tcp_forget(&pool, entry(), 0); /* another connection */
    ck_assert_int_eq(carry(1000, 100, &again), TCP_NEW);
    ck_assert_int_eq(carry(800, 100, &again), TCP_BEFORE);
}
END_TEST

START_TEST(test_far_behind_is_unknown)
{
    uint32_t seq = 1000, again;

    for (uint64_t sent = 0; sent < 1ull << 30; sent += 1u << 20, seq += 1u << 20)
        ck_assert_int_eq(carry(seq, 1u << 20, &again), TCP_NEW);
    ck_assert_int_eq(carry(seq - (3u << 28), 100, &again), TCP_FORGOTTEN); /* 3/4 of a GiB */
    ck_assert_int_eq(carry(seq - (1u << 28), 100, &again), TCP_AGAIN);
    ck_assert_int_eq(carry(seq + (1u << 30), 100, &again), TCP_FORGOTTEN); /* begins anew */
    ck_assert_int_eq(carry(seq + (1u << 29), 100, &again), TCP_FORGOTTEN);
}
END_TEST

START_TEST(test_pool_is_bounded)
{
    /* not on the stack, which the address sanitizer does not align to cache lines */
    static struct flow flows[6];
    static struct flow_reply replies[6];
    static struct flow_trouble troubles[6];
    struct flow_table table = { .flows = flows, .troubles = troubles };
    struct flow_entry e;
    uint32_t again;

    memset(flows, 0, sizeof(flows));
    memset(replies, 0, sizeof(replies));
    for (int i = 0; i < 6; i++) {
        flows[i].rest = (uint32_t)i;
        e = (struct flow_entry){ .flow = &flows[i], .reply = &replies[i], .table = &table };
        ck_assert_int_eq(carry_in(e, 0, 10, &again), TCP_NEW);
        ck_assert_int_eq(carry_in(e, 100, 10, &again), TCP_NEW);
        ck_assert_int_eq(carry_in(e, 0, 10, &again), i < 4 ? TCP_AGAIN : TCP_FORGOTTEN);
    }
    ck_assert_uint_eq(pool.forgotten, 2);
    tcp_forget(&pool,
               (struct flow_entry){ .flow = &flows[0], .reply = &replies[0], .table = &table }, 0);
    carry_in(e, 200, 10, &again);
    ck_assert(flows[5].flags & FLOW_HOLES_A);
}
END_TEST

/* An acknowledgment, or a segment without data, is ahead of all data. */
START_TEST(test_reach_opens_a_hole)
{
    static const struct tcp_hole by_ack = { .flags = TCP_HOLE_BY_ACK };
    struct tcp_carried carried;
    uint32_t again;

    tcp_reach(&pool, entry(), 0, 1000, NULL); /* it begins there */
    ck_assert_int_eq(carry(1000, 100, &again), TCP_NEW);
    tcp_reach(&pool, entry(), 0, 1300, &by_ack);
    tcp_reach(&pool, entry(), 0, 1500, &by_ack); /* the same hole grows */
    ck_assert_uint_eq(tcp_holes(&pool, entry(), 0)->count, 1);
    tcp_carry(&pool, entry(), 0, 1200, 100, &opens, &carried);
    ck_assert_int_eq(carried.verdict, TCP_FILLS);
    ck_assert(carried.at_end);
    ck_assert(carried.hole.flags & TCP_HOLE_BY_ACK);
    tcp_reach(&pool, entry(), 0, 1500, &opens); /* a segment at the same place */
    tcp_carry(&pool, entry(), 0, 1400, 100, &opens, &carried);
    ck_assert_int_eq(carried.verdict, TCP_FILLS);
    ck_assert(!(carried.hole.flags & TCP_HOLE_BY_ACK));
    ck_assert_int_eq(carry(1500, 100, &again), TCP_NEW);
    tcp_carry(&pool, entry(), 0, 1300, 100, &opens, &carried);
    ck_assert_int_eq(carried.verdict, TCP_FILLS);
    ck_assert(!carried.at_end);
    ck_assert_int_eq(carry(1050, 500, &again), TCP_AGAIN);
    ck_assert_uint_eq(again, 400); /* 1100 to 1200 were not */
    ck_assert(!(flow.flags & FLOW_HOLES_A));
    tcp_reach(&pool, entry(), 0, 1600 + (1u << 31), &by_ack); /* nonsense */
    ck_assert(!(flow.flags & FLOW_HOLES_A));
}
END_TEST

/* Mirror loss follows the acknowledgments, and what fills holes takes it back. */
START_TEST(test_settles)
{
    struct tcp_carried carried;
    struct tcp_loss loss;
    uint32_t again;

    carry(1000, 100, &again);
    carry(1300, 100, &again); /* 200 are missing */
    carry(1600, 100, &again); /* and 200 more */
    loss = tcp_settle(&pool, entry(), 0, 1100, 100, true);
    ck_assert_uint_eq(loss.bytes, 0);
    loss = tcp_settle(&pool, entry(), 0, 1400, 100, true);
    ck_assert_uint_eq(loss.bytes, 200);
    ck_assert_uint_eq(loss.segments, 2);
    loss = tcp_settle(&pool, entry(), 0, 1450, 100, true);
    ck_assert_uint_eq(loss.bytes, 50);
    ck_assert_uint_eq(loss.segments, 1);
    loss = tcp_settle(&pool, entry(), 0, 1700, 100, true);
    ck_assert_uint_eq(loss.bytes, 150);
    tcp_carry(&pool, entry(), 0, 1150, 50, &opens, &carried); /* splits the first */
    loss = tcp_settle(&pool, entry(), 0, 1700, 100, true);
    ck_assert_int_eq((int32_t)(loss.bytes - carried.gone.bytes), -50);
    tcp_carry(&pool, entry(), 0, 1100, 500, &opens, &carried); /* fills all */
    loss = tcp_settle(&pool, entry(), 0, 1700, 100, true);
    ck_assert_int_eq((int32_t)(loss.bytes - carried.gone.bytes), -350);
    ck_assert_int_eq((int32_t)(loss.segments - carried.gone.segments), -4);
}
END_TEST

/* Against a plain reference: one flag for every sequence number near the start. */
enum { SPACE = 1 << 16 };

static void one_random_run(unsigned seed)
{
    static uint8_t carried[SPACE];
    uint32_t base = (uint32_t)seed * 0x9e3779b1u;
    uint32_t right = 0;

    memset(carried, 0, sizeof(carried));
    for (int i = 0; i < 300; i++) {
        uint32_t length = 1 + (uint32_t)rand() % 1500;
        uint32_t back = (uint32_t)rand() % 4000;
        uint32_t at = rand() % 3 ? right : right > back ? right - back : 0;
        uint32_t again, expected = 0;
        enum tcp_verdict verdict;

        if (rand() % 20 == 0)
            at += (uint32_t)rand() % 2000;
        if (at + length >= SPACE)
            break;
        for (uint32_t b = at; b < at + length; b++) {
            expected += carried[b];
            carried[b] = 1;
        }
        verdict = carry(base + at, length, &again);
        if (flow.gave_up) { /* the reference knows more */
            ck_assert_uint_le(again, expected);
            ck_assert(verdict != TCP_NEW || at >= right);
            ck_assert(verdict != TCP_FILLS || expected == 0);
            ck_assert_int_ne(verdict, TCP_BEFORE);
        } else {
            ck_assert_int_ne(verdict, TCP_FORGOTTEN);
            ck_assert_msg(again == expected, "seed %u step %d: %u, not %u", seed, i, again,
                          expected);
        }
        ck_assert((verdict == TCP_AGAIN) == (again > 0));
        if (at + length > right)
            right = at + length;
    }
}

START_TEST(test_random_against_reference)
{
    for (unsigned seed = 1; seed <= test_rounds(2000); seed++) {
        srand(seed);
        tcp_forget(&pool, entry(), 0);
        one_random_run(seed);
    }
}
END_TEST

Suite *make_tcp_suite(void)
{
    Suite *suite = suite_create("tcp");
    TCase *tcase = tcase_create("sequence");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_in_order);
    tcase_add_test(tcase, test_repeats);
    tcase_add_test(tcase, test_hole_filled_is_no_retransmit);
    tcase_add_test(tcase, test_hole_filled_in_parts);
    tcase_add_test(tcase, test_wraps);
    tcase_add_test(tcase, test_before_the_first);
    tcase_add_test(tcase, test_four_gigabytes);
    tcase_add_test(tcase, test_old_holes_are_forgotten);
    tcase_add_test(tcase, test_nonsense_heals);
    tcase_add_test(tcase, test_too_many_holes);
    tcase_add_test(tcase, test_given_up_stays_unknown);
    tcase_add_test(tcase, test_far_behind_is_unknown);
    tcase_add_test(tcase, test_pool_is_bounded);
    tcase_add_test(tcase, test_reach_opens_a_hole);
    tcase_add_test(tcase, test_settles);
    tcase_add_test(tcase, test_random_against_reference);
    suite_add_tcase(suite, tcase);
    return suite;
}
