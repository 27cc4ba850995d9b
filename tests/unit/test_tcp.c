/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/flow/tcp.h"
#include "../support/rounds.h"

Suite *make_tcp_suite(void);

static struct tcp_pool pool;
static struct flow flow;
static struct flow_reply reply;
static struct flow_events events;

static struct flow_entry entry(void)
{
    return (struct flow_entry){ .flow = &flow, .reply = &reply, .events = &events };
}

static void setup(void)
{
    struct err err;

    ck_assert(tcp_pool_init(&pool, 4, &err));
    memset(&flow, 0, sizeof(flow));
    memset(&events, 0, sizeof(events));
}

static void teardown(void)
{
    tcp_pool_release(&pool);
}

/* As the engine does it: the short way first. */
static enum tcp_verdict carry(uint32_t seq, uint32_t length, uint32_t *again)
{
    *again = 0;
    if (tcp_carry_next(entry(), 0, seq, length))
        return TCP_NEW;
    return tcp_carry(&pool, entry(), 0, seq, length, true, again);
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
                                     { 100, 100, TCP_RETRANSMIT, 100 },
                                     { 150, 100, TCP_RETRANSMIT, 50 }, /* and 50 new */
                                     { 249, 1, TCP_KEEP_ALIVE, 0 },    /* the last byte */
                                     { 240, 5, TCP_RETRANSMIT, 5 },
                                     { 250, 10, TCP_NEW, 0 } },
              6);
}
END_TEST

START_TEST(test_hole_filled_is_no_retransmit)
{
    run_steps((const struct step[]){ { 0, 100, TCP_NEW, 0 },
                                     { 200, 100, TCP_NEW, 0 },
                                     { 300, 100, TCP_NEW, 0 },
                                     { 100, 100, TCP_OUT_OF_ORDER, 0 },
                                     { 0, 400, TCP_RETRANSMIT, 400 },
                                     { 400, 1, TCP_NEW, 0 } },
              6);
}
END_TEST

START_TEST(test_hole_filled_in_parts)
{
    run_steps((const struct step[]){ { 0, 100, TCP_NEW, 0 },
                                     { 300, 100, TCP_NEW, 0 },
                                     { 150, 50, TCP_OUT_OF_ORDER, 0 },
                                     { 100, 100, TCP_RETRANSMIT, 50 },
                                     { 200, 150, TCP_RETRANSMIT, 50 },
                                     { 0, 400, TCP_RETRANSMIT, 400 } },
              6);
}
END_TEST

START_TEST(test_wraps)
{
    run_steps((const struct step[]){ { 0xffffff00u, 0x80, TCP_NEW, 0 },
                                     { 0x00000010u, 0x10, TCP_NEW, 0 }, /* hole over 0 */
                                     { 0xffffff80u, 0x90, TCP_OUT_OF_ORDER, 0 },
                                     { 0xffffff00u, 0x120, TCP_RETRANSMIT, 0x120 },
                                     { 0x20u, 0x10, TCP_NEW, 0 } },
              5);
}
END_TEST

START_TEST(test_before_the_first)
{
    /* Joined in the middle, older bytes come late. */
    run_steps((const struct step[]){ { 1000, 100, TCP_NEW, 0 },
                                     { 800, 100, TCP_OUT_OF_ORDER, 0 },
                                     { 900, 100, TCP_OUT_OF_ORDER, 0 },
                                     { 800, 300, TCP_RETRANSMIT, 300 } },
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
    ck_assert_int_eq(carry(seq - (1u << 20), 1u << 20, &again), TCP_RETRANSMIT);
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
                                     { 0x80000000u, 100, TCP_UNCERTAIN, 0 },
                                     { 1100, 100, TCP_UNCERTAIN, 0 },
                                     { 1200, 100, TCP_NEW, 0 },
                                     { 1200, 100, TCP_RETRANSMIT, 100 } },
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
    ck_assert_int_eq(carry(1000 + 200, 50, &again), TCP_RETRANSMIT);
    ck_assert_int_eq(carry(1000 + TCP_OLDER_RANGES * 100, 50, &again), TCP_RETRANSMIT);
    ck_assert_int_eq(carry(1000 + 350, 50, &again), TCP_OUT_OF_ORDER);
    /* ... and who knows what was left of it? */
    ck_assert_int_eq(carry(1000, 50, &again), TCP_UNCERTAIN);
    ck_assert_int_eq(carry(900, 50, &again), TCP_UNCERTAIN);
    ck_assert_int_eq(carry(1000 + TCP_OLDER_RANGES * 100 + 250, 500, &again), TCP_NEW);
}
END_TEST

/* The holes are filled later: that makes no room for what was given up. */
START_TEST(test_given_up_stays_unknown)
{
    uint32_t again;

    for (uint32_t i = 0; i < 12; i++)
        ck_assert_int_eq(carry(1000 + 200 * i, 100, &again), TCP_NEW);
    for (uint32_t i = 11; i > 4; i--)
        ck_assert_int_eq(carry(1000 + 200 * i - 100, 100, &again), TCP_OUT_OF_ORDER);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_int_eq(carry(1000 + 200 * i, 100, &again), TCP_UNCERTAIN);
    tcp_forget(&pool, entry(), 0); /* another connection */
    ck_assert_int_eq(carry(1000, 100, &again), TCP_NEW);
    ck_assert_int_eq(carry(800, 100, &again), TCP_OUT_OF_ORDER);
}
END_TEST

START_TEST(test_far_behind_is_unknown)
{
    uint32_t seq = 1000, again;

    for (uint64_t sent = 0; sent < 1ull << 30; sent += 1u << 20, seq += 1u << 20)
        ck_assert_int_eq(carry(seq, 1u << 20, &again), TCP_NEW);
    ck_assert_int_eq(carry(seq - (3u << 28), 100, &again), TCP_UNCERTAIN); /* 3/4 of a GiB */
    ck_assert_int_eq(carry(seq - (1u << 28), 100, &again), TCP_RETRANSMIT);
    ck_assert_int_eq(carry(seq + (1u << 30), 100, &again), TCP_UNCERTAIN); /* begins anew */
    ck_assert_int_eq(carry(seq + (1u << 29), 100, &again), TCP_UNCERTAIN);
}
END_TEST

START_TEST(test_pool_is_bounded)
{
    /* not on the stack, which the address sanitizer does not align to cache lines */
    static struct flow flows[6];
    static struct flow_events eventss[6];
    uint32_t again;

    memset(flows, 0, sizeof(flows));
    memset(eventss, 0, sizeof(eventss));
    for (int i = 0; i < 6; i++) {
        struct flow_entry e = { .flow = &flows[i], .events = &eventss[i] };

        ck_assert_int_eq(tcp_carry(&pool, e, 0, 0, 10, false, &again), TCP_NEW);
        ck_assert_int_eq(tcp_carry(&pool, e, 0, 100, 10, false, &again), TCP_NEW);
        ck_assert_int_eq(tcp_carry(&pool, e, 0, 0, 10, false, &again),
                         i < 4 ? TCP_RETRANSMIT : TCP_UNCERTAIN);
    }
    tcp_forget(&pool, (struct flow_entry){ .flow = &flows[0], .events = &eventss[0] }, 0);
    tcp_carry(&pool, (struct flow_entry){ .flow = &flows[5], .events = &eventss[5] }, 0, 200, 10,
              false, &again);
    ck_assert(flows[5].flags & FLOW_HOLES_A);
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
        if (verdict == TCP_KEEP_ALIVE)
            again = expected;
        if (flow.gave_up) { /* the reference knows more */
            ck_assert_uint_le(again, expected);
            ck_assert(verdict != TCP_NEW || at >= right);
            ck_assert(verdict != TCP_OUT_OF_ORDER || expected == 0);
        } else {
            ck_assert_int_ne(verdict, TCP_UNCERTAIN);
            ck_assert_msg(again == expected, "seed %u step %d: %u, not %u", seed, i, again,
                          expected);
        }
        ck_assert(verdict == TCP_KEEP_ALIVE || (verdict == TCP_RETRANSMIT) == (again > 0));
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
    tcase_add_test(tcase, test_random_against_reference);
    suite_add_tcase(suite, tcase);
    return suite;
}
