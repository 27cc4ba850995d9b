/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "../../src/flow/talkers.h"
#include "../support/random.h"
#include "../support/rounds.h"

Suite *make_talkers_suite(void);

/* As many as make_room() looks at: who has to go is then the least of all. */
enum { LIMIT = 16 };

static struct talker_table table;

static void setup(void)
{
    struct err err;

    ck_assert(talker_table_init(&table, LIMIT, 99, NULL, &err));
}

static void teardown(void)
{
    talker_table_release(&table);
}

static struct ip_addr addr(uint8_t family, uint32_t number)
{
    return (struct ip_addr){ .word32 = { number, 0, 0, family == 6 ? number * 3 : 0 },
                             .family = family };
}

static uint32_t take_addr(uint16_t session, const struct ip_addr *a, uint64_t first_ns)
{
    struct talker_wanted wanted = { .addr = *a };

    talker_want(&table, &wanted);
    talker_guess(&table, &wanted);
    return talker_take(&table, session, &wanted, first_ns);
}

static uint32_t take(uint32_t number)
{
    struct ip_addr a = addr(4, number);

    return take_addr(1, &a, 1000);
}

static const struct talker *talker_at(uint32_t talker)
{
    ck_assert_uint_ge(talker, 1);
    ck_assert_uint_le(talker, table.count);
    return &table.talkers[talker - 1];
}

static void carry(uint32_t talker, uint64_t sent, uint64_t received)
{
    const struct talker_share out = { .packets = 1, .bytes = sent };
    const struct talker_share in = { .packets = 2, .bytes = received };

    talker_add(talker_of(&table, talker), &out, &in);
}

START_TEST(test_one_talker_an_address)
{
    struct ip_addr v4 = addr(4, 7), v6 = { .word32 = { 7 }, .family = 6 };
    uint32_t a = take_addr(1, &v4, 500);
    uint32_t b = take_addr(1, &v6, 500); /* the same bytes, another family */

    ck_assert_uint_ne(a, b);
    ck_assert_uint_eq(take_addr(1, &v4, 400), a);
    ck_assert_uint_eq(take_addr(1, &v4, 600), a);
    ck_assert_uint_eq(talker_at(a)->references, 3);
    ck_assert_uint_eq(talker_at(a)->first_ns, 400);
    ck_assert_uint_eq(talker_at(b)->references, 1);
    ck_assert(!talker_at(a)->looked_up); /* taking it costs no look into a database */
    ck_assert_ptr_eq(talker_look_up(&table, a - 1), talker_at(a));
    ck_assert(talker_at(a)->looked_up);
    ck_assert_uint_eq(talker_at(a)->asn, 0); /* there is none */
    ck_assert_str_eq(talker_at(a)->country, "");
}
END_TEST

START_TEST(test_several_sessions)
{
    struct ip_addr a = addr(4, 7);
    uint32_t talker = take_addr(5, &a, 1);

    take_addr(5, &a, 1);
    ck_assert(!talker_at(talker)->several);
    take_addr(6, &a, 1);
    take_addr(5, &a, 1);
    ck_assert(talker_at(talker)->several);
    ck_assert_uint_eq(talker_at(talker)->session, 5);
}
END_TEST

START_TEST(test_rates)
{
    uint32_t talker = take(1);

    carry(talker, 100, 1000);
    carry(talker, 50, 0);
    talker_interval(&table, 0.5);
    ck_assert_uint_eq(talker_at(talker)->send_rate, 150 * 8 * 2);
    ck_assert_uint_eq(talker_at(talker)->receive_rate, 1000 * 8 * 2);
    talker_interval(&table, 1);
    ck_assert_uint_eq(talker_at(talker)->send_rate, 0);
    ck_assert_uint_eq(talker_at(talker)->receive_rate, 0);
    ck_assert_uint_eq(talker_at(talker)->bytes_sent, 150);
    ck_assert_uint_eq(talker_at(talker)->bytes_received, 1000);
    ck_assert_uint_eq(talker_at(talker)->packets_sent, 2);
    ck_assert_uint_eq(talker_at(talker)->packets_received, 4);
}
END_TEST

START_TEST(test_fewest_bytes_make_room)
{
    uint32_t talkers[LIMIT];

    for (uint32_t i = 0; i < LIMIT; i++) {
        talkers[i] = take(i);
        carry(talkers[i], i == 9 ? 3 : 1000 + i, i == 9 ? 4 : 10);
        talker_give(&table, talkers[i]);
    }
    ck_assert_uint_eq(take(100), talkers[9]);
    ck_assert_uint_eq(table.evicted, 1);
    ck_assert_uint_eq(table.count, LIMIT);
    ck_assert_uint_eq(table.rest.bytes_sent, 3);
    ck_assert_uint_eq(table.rest.bytes_received, 4);
    ck_assert_uint_eq(table.rest.packets_sent, 1);
    ck_assert_uint_eq(table.rest.packets_received, 2);
    ck_assert_uint_eq(table.rest.flows_ended, 1);
    ck_assert_uint_eq(talker_at(talkers[9])->bytes_sent, 0); /* the new one begins at nothing */
    ck_assert_uint_eq(talker_addr(talker_at(talkers[9])).word32[0], 100);
    for (uint32_t i = 0; i < LIMIT; i++) {
        if (i != 9)
            ck_assert_uint_eq(take(i), talkers[i]);
    }
}
END_TEST

START_TEST(test_who_has_flows_stays)
{
    uint32_t talkers[LIMIT];

    for (uint32_t i = 0; i < LIMIT; i++)
        talkers[i] = take(i);
    take(5); /* its second flow */
    ck_assert_uint_eq(take(100), 0);
    carry(0, 70, 80); /* so this goes to the remainder */
    ck_assert_uint_eq(table.rest.bytes_sent, 70);
    ck_assert_uint_eq(table.rest.bytes_received, 80);
    talker_give(&table, 0);
    talker_give(&table, talkers[5]);
    ck_assert_uint_eq(take(100), 0); /* one flow is left */
    talker_give(&table, talkers[5]);
    ck_assert_uint_eq(take(100), talkers[5]);
    ck_assert_uint_eq(table.evicted, 1);
}
END_TEST

START_TEST(test_clear_forgets)
{
    for (uint32_t i = 0; i <= LIMIT; i++)
        carry(take(i), 1, 1);
    talker_table_clear(&table);
    ck_assert_uint_eq(table.count, 0);
    ck_assert_uint_eq(table.evicted, 0);
    ck_assert_uint_eq(table.rest.packets_sent, 0);
    for (uint32_t i = 0; i < LIMIT; i++) {
        uint32_t talker = take(i);

        ck_assert_uint_eq(talker_at(talker)->references, 1);
        ck_assert_uint_eq(talker_at(talker)->packets_sent, 0);
    }
}
END_TEST

/* ---- random churn ---------------------------------------------------------------------------- */

enum { ADDRESSES = 150, CHURN_LIMIT = 64, STEPS = 60000, FLOWS_MAX = 100 };

/* What each address has carried since it came into the table, and who sits where. */
struct expected {
    uint64_t sent, received;
    uint32_t references;
};

static struct expected expected[ADDRESSES];
static struct expected rest;
static uint32_t sits_at[CHURN_LIMIT + 1]; /* address + 1; 0: nobody */
static uint32_t place[ADDRESSES];         /* talker; 0: none */
static uint64_t evicted;

static struct ip_addr churn_addr(uint32_t i)
{
    return addr(i % 3 ? 4 : 6, i);
}

/* The table says that address `i` is `talker` now: may it be? */
static void check_taken(uint32_t i, uint32_t talker)
{
    uint32_t before;

    if (talker == 0) {
        ck_assert_uint_eq(place[i], 0); /* who is there is always found */
        ck_assert_uint_eq(table.count, CHURN_LIMIT);
        return;
    }
    if (place[i]) {
        ck_assert_uint_eq(talker, place[i]);
        return;
    }
    before = sits_at[talker];
    if (before) {
        ck_assert_uint_eq(expected[before - 1].references, 0);
        ck_assert_uint_eq(table.count, CHURN_LIMIT);
        rest.sent += expected[before - 1].sent;
        rest.received += expected[before - 1].received;
        expected[before - 1] = (struct expected){ 0 };
        place[before - 1] = 0;
        evicted++;
    }
    place[i] = talker;
    sits_at[talker] = i + 1;
}

static void check_all(void)
{
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        struct ip_addr a = churn_addr(i);
        const struct talker *talker;

        if (!place[i])
            continue;
        talker = talker_at(place[i]);
        ck_assert_mem_eq(talker->addr, a.bytes, sizeof(a.bytes));
        ck_assert_uint_eq(talker->family, a.family);
        ck_assert_uint_eq(talker->references, expected[i].references);
        ck_assert_uint_eq(talker->bytes_sent, expected[i].sent);
        ck_assert_uint_eq(talker->bytes_received, expected[i].received);
    }
    ck_assert_uint_eq(table.rest.bytes_sent, rest.sent);
    ck_assert_uint_eq(table.rest.bytes_received, rest.received);
    ck_assert_uint_eq(table.evicted, evicted);
}

START_TEST(test_random_churn_against_plain_sums)
{
    static struct {
        uint32_t address, talker;
    } flows[FLOWS_MAX];
    size_t count = 0;
    uint64_t state = (uint64_t)_i + 1;
    struct err err;

    talker_table_release(&table);
    ck_assert(talker_table_init(&table, CHURN_LIMIT, state, NULL, &err));
    for (size_t step = 0; step < test_rounds(STEPS); step++) {
        size_t some = count ? random_below(&state, count) : 0;
        /* Tides: sometimes there are more flows than talkers, sometimes hardly any. */
        unsigned opening = step / 3000 % 2 ? 4 : 2;

        if (count < FLOWS_MAX && random_below(&state, 8) < opening) {
            uint32_t i = (uint32_t)random_below(&state, ADDRESSES);
            struct ip_addr a = churn_addr(i);
            uint32_t talker = take_addr(1, &a, step);

            check_taken(i, talker);
            expected[i].references += talker != 0;
            flows[count].address = i;
            flows[count++].talker = talker;
        } else if (count && random_below(&state, 4) == 0) {
            talker_give(&table, flows[some].talker);
            expected[flows[some].address].references -= flows[some].talker != 0;
            flows[some] = flows[--count];
        } else if (count) {
            struct expected *to = flows[some].talker ? &expected[flows[some].address] : &rest;
            uint64_t sent = random_below(&state, 1000), received = random_below(&state, 1000);

            carry(flows[some].talker, sent, received);
            to->sent += sent;
            to->received += received;
        }
        if (step % 500 == 0)
            check_all();
    }
    check_all();
    ck_assert_uint_gt(evicted, 100);
}
END_TEST

static void churn_start(void)
{
    memset(expected, 0, sizeof(expected));
    memset(sits_at, 0, sizeof(sits_at));
    memset(place, 0, sizeof(place));
    rest = (struct expected){ 0 };
    evicted = 0;
    setup();
}

Suite *make_talkers_suite(void)
{
    Suite *suite = suite_create("talkers");
    TCase *tcase = tcase_create("talkers");
    TCase *churn = tcase_create("churn");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_one_talker_an_address);
    tcase_add_test(tcase, test_several_sessions);
    tcase_add_test(tcase, test_rates);
    tcase_add_test(tcase, test_fewest_bytes_make_room);
    tcase_add_test(tcase, test_who_has_flows_stays);
    tcase_add_test(tcase, test_clear_forgets);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(churn, churn_start, teardown);
    tcase_add_loop_test(churn, test_random_churn_against_plain_sums, 0, 3);
    suite_add_tcase(suite, churn);
    return suite;
}
