/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "../../src/filter/place.h"

Suite *make_place_suite(void);

static struct filter filter;
static struct err err;

static void setup(void)
{
    filter_init(&filter);
}

static void teardown(void)
{
    filter_free(&filter);
}

/* TCP to a port of 10.0.0.`host`; host 0: to any address. */
static struct filter_rule make_rule(uint32_t number, bool accept, uint8_t host, uint16_t port)
{
    return (struct filter_rule){
        .number = number,
        .direction = DIRECTION_INGRESS,
        .accept = accept,
        .protocol = 6,
        .src = { .addr = { .family = 4 }, .prefix = 0 },
        .dst = { .addr = { .family = 4, .bytes = { 10, 0, 0, host } }, .prefix = host ? 32 : 0 },
        .dst_ports = { .given = port > 0, .from = port, .to = port },
    };
}

static void add(uint32_t number, bool accept, uint8_t host, uint16_t port)
{
    struct filter_rule rule = make_rule(number, accept, host, port);

    rule.dst.addr = rule.dst.prefix > 0 ? rule.dst.addr : (struct ip_addr){ .family = 4 };
    ck_assert_msg(filter_add_rule(&filter, 1, &rule, &err), "%s", err.text);
}

static enum filter_placed place(bool accept, uint8_t host, uint16_t port)
{
    struct filter_rule rule = make_rule(0, accept, host, port);

    return filter_place_rule(&filter, &rule, &err);
}

static void check_numbers(size_t count, const uint32_t *numbers)
{
    ck_assert_uint_eq(filter.sessions[0].count, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(filter.sessions[0].rules[i].number, numbers[i]);
}

START_TEST(test_first_and_next_are_hundreds)
{
    ck_assert_int_eq(place(true, 1, 80), FILTER_PLACE_ADDED);
    ck_assert_int_eq(place(true, 2, 80), FILTER_PLACE_ADDED);
    check_numbers(2, (uint32_t[]){ 100, 200 });
    ck_assert_uint_eq(filter.sessions[0].number, 1);
}
END_TEST

START_TEST(test_a_reject_stands_before_what_accepts_it)
{
    add(100, true, 2, 80);
    add(200, true, 0, 0);
    ck_assert_int_eq(place(false, 1, 443), FILTER_PLACE_ADDED);
    check_numbers(3, (uint32_t[]){ 100, 150, 200 });
    ck_assert(!filter.sessions[0].rules[1].accept);
    ck_assert_int_eq(place(false, 2, 0), FILTER_PLACE_ADDED); /* it overlaps the first one */
    check_numbers(4, (uint32_t[]){ 50, 100, 150, 200 });
}
END_TEST

START_TEST(test_an_accept_stands_before_what_rejects_it)
{
    add(100, false, 1, 0);
    add(200, true, 0, 0);
    ck_assert_int_eq(place(true, 2, 80), FILTER_PLACE_NEEDLESS);
    ck_assert_int_eq(place(true, 1, 80), FILTER_PLACE_ADDED);
    check_numbers(3, (uint32_t[]){ 50, 100, 200 });
}
END_TEST

START_TEST(test_no_room_gives_new_numbers)
{
    add(1, true, 2, 80);
    add(2, true, 0, 0);
    ck_assert_int_eq(place(false, 1, 80), FILTER_PLACE_RENUMBERED);
    check_numbers(3, (uint32_t[]){ 100, 200, 300 });
    ck_assert(!filter.sessions[0].rules[1].accept);
    ck_assert(filter.sessions[0].rules[2].dst.prefix == 0);
}
END_TEST

START_TEST(test_the_last_number_is_taken)
{
    add(FILTER_NUMBER_MAX, true, 1, 80);
    ck_assert_int_eq(place(true, 2, 80), FILTER_PLACE_RENUMBERED);
    check_numbers(2, (uint32_t[]){ 100, 200 });
}
END_TEST

START_TEST(test_above_the_last_hundred)
{
    add(32700, true, 1, 80);
    ck_assert_int_eq(place(true, 2, 80), FILTER_PLACE_ADDED);
    check_numbers(2, (uint32_t[]){ 32700, 32701 });
}
END_TEST

START_TEST(test_a_full_filter_says_so)
{
    for (uint32_t i = 1; i <= FILTER_RULES; i++)
        add(i, true, 1, (uint16_t)i);
    ck_assert_int_eq(place(false, 1, 80), FILTER_PLACE_FAILED);
    ck_assert_ptr_nonnull(strstr(err.text, "2000"));
    ck_assert_uint_eq(filter.sessions[0].rules[0].number, 1);
}
END_TEST

START_TEST(test_many_rules_are_renumbered_closer)
{
    for (uint32_t i = 1; i < FILTER_RULES; i++)
        add(i, true, 1, (uint16_t)i);
    ck_assert_int_eq(place(false, 1, 80), FILTER_PLACE_RENUMBERED);
    for (size_t i = 1; i < filter.sessions[0].count; i++)
        ck_assert_uint_gt(filter.sessions[0].rules[i].number,
                          filter.sessions[0].rules[i - 1].number);
    ck_assert_uint_le(filter.sessions[0].rules[FILTER_RULES - 1].number, FILTER_NUMBER_MAX);
    ck_assert(!filter.sessions[0].rules[79].accept);
}
END_TEST

START_TEST(test_overlap_and_cover)
{
    struct filter_rule any = make_rule(1, true, 0, 0), web = make_rule(1, true, 1, 80);
    struct filter_rule other = make_rule(1, true, 1, 81);

    any.dst.addr = (struct ip_addr){ .family = 4 };
    ck_assert(filter_rules_overlap(&any, &web) && filter_rules_overlap(&web, &any));
    ck_assert(filter_rule_covers(&any, &web) && !filter_rule_covers(&web, &any));
    ck_assert(!filter_rules_overlap(&web, &other));
    other.dst_ports.from = 79;
    ck_assert(filter_rules_overlap(&web, &other) && filter_rule_covers(&other, &web));
    other.protocol = 17;
    ck_assert(!filter_rules_overlap(&web, &other) && !filter_rule_covers(&other, &web));
    other.protocol = FILTER_PROTOCOL_ANY;
    ck_assert(filter_rules_overlap(&web, &other) && !filter_rule_covers(&web, &other));
    other.direction = DIRECTION_EGRESS;
    ck_assert(!filter_rules_overlap(&web, &other) && !filter_rule_covers(&other, &web));
    other = any;
    other.src.addr.family = other.dst.addr.family = 6;
    ck_assert(!filter_rules_overlap(&any, &other) && !filter_rule_covers(&any, &other));
}
END_TEST

Suite *make_place_suite(void)
{
    Suite *suite = suite_create("place");
    TCase *rules = tcase_create("rules");

    tcase_add_checked_fixture(rules, setup, teardown);
    tcase_add_test(rules, test_first_and_next_are_hundreds);
    tcase_add_test(rules, test_a_reject_stands_before_what_accepts_it);
    tcase_add_test(rules, test_an_accept_stands_before_what_rejects_it);
    tcase_add_test(rules, test_no_room_gives_new_numbers);
    tcase_add_test(rules, test_the_last_number_is_taken);
    tcase_add_test(rules, test_above_the_last_hundred);
    tcase_add_test(rules, test_a_full_filter_says_so);
    tcase_add_test(rules, test_many_rules_are_renumbered_closer);
    tcase_add_test(rules, test_overlap_and_cover);
    suite_add_tcase(suite, rules);
    return suite;
}
