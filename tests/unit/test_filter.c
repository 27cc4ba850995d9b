/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/filter/filter.h"
#include "../../src/record.h"

Suite *make_filter_suite(void);

static struct filter filter;
static struct err err;

static void setup(void)
{
    filter_init(&filter);
    err = (struct err){ .status = EXIT_OK };
}

static void teardown(void)
{
    filter_free(&filter);
}

static struct filter_rule rule_any(enum direction direction, uint32_t number)
{
    return (struct filter_rule){
        .number = number,
        .direction = direction,
        .accept = true,
        .protocol = FILTER_PROTOCOL_ANY,
        .src.addr.family = 4,
        .dst.addr.family = 4,
    };
}

static void add(uint32_t session, enum direction direction, uint32_t number)
{
    struct filter_rule rule = rule_any(direction, number);

    ck_assert_msg(filter_add_rule(&filter, session, &rule, &err), "%s", err.text);
}

START_TEST(test_rules_stand_in_order)
{
    static const uint32_t numbers[] = { 1, 300, FILTER_NUMBER_MAX, 100, 200 };
    static const uint32_t expected[] = { 100, 300, 1, 200, FILTER_NUMBER_MAX };

    add(1, DIRECTION_EGRESS, numbers[0]);
    add(1, DIRECTION_INGRESS, numbers[1]);
    add(1, DIRECTION_EGRESS, numbers[2]);
    add(1, DIRECTION_INGRESS, numbers[3]);
    add(1, DIRECTION_EGRESS, numbers[4]);
    ck_assert_uint_eq(filter.count, 1);
    ck_assert_uint_eq(filter_rule_count(&filter), 5);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(filter.sessions[0].rules[i].number, expected[i]);
        ck_assert_int_eq(filter.sessions[0].rules[i].direction,
                         i < 2 ? DIRECTION_INGRESS : DIRECTION_EGRESS);
    }
    ck_assert_ptr_eq(filter_find_rule(&filter, 1, DIRECTION_EGRESS, 200),
                     &filter.sessions[0].rules[3]);
    ck_assert_ptr_null(filter_find_rule(&filter, 1, DIRECTION_INGRESS, 200));
    ck_assert_ptr_null(filter_find_rule(&filter, 2, DIRECTION_EGRESS, 200));
}
END_TEST

START_TEST(test_sessions_stand_in_order_and_are_three)
{
    struct filter_rule rule = rule_any(DIRECTION_INGRESS, 100);

    add(20, DIRECTION_INGRESS, 100);
    add(30, DIRECTION_INGRESS, 100);
    add(10, DIRECTION_EGRESS, 100);
    ck_assert_uint_eq(filter.sessions[0].number, 10);
    ck_assert_uint_eq(filter.sessions[1].number, 20);
    ck_assert_uint_eq(filter.sessions[2].number, 30);
    ck_assert_uint_eq(filter.sessions[0].vni, VALUE_UNKNOWN);
    ck_assert_uint_eq(filter.sessions[0].packet_length, VALUE_UNKNOWN);
    ck_assert(!filter_add_rule(&filter, 15, &rule, &err));
    ck_assert_str_eq(err.text, "session 15: a mirror source has at most 3 sessions");
    ck_assert_uint_eq(filter.count, 3);
    ck_assert_ptr_null(filter_session(&filter, 0, &err));
    ck_assert_ptr_null(filter_session(&filter, FILTER_NUMBER_MAX + 1, &err));
}
END_TEST

START_TEST(test_a_number_is_taken_once)
{
    struct filter_rule rule = rule_any(DIRECTION_EGRESS, 100);

    add(1, DIRECTION_INGRESS, 100);
    add(1, DIRECTION_EGRESS, 100);
    add(2, DIRECTION_EGRESS, 100);
    ck_assert(!filter_add_rule(&filter, 1, &rule, &err));
    ck_assert_str_eq(
        err.text, "session 1: there is an egress rule 100 already; each needs a number of its own");
    ck_assert_uint_eq(filter_rule_count(&filter), 3);
}
END_TEST

START_TEST(test_what_there_is_not_is_refused)
{
    struct filter_rule bad[] = {
        rule_any(DIRECTION_UNKNOWN, 1),
        rule_any(DIRECTION_INGRESS, 0),
        rule_any(DIRECTION_INGRESS, FILTER_NUMBER_MAX + 1),
        rule_any(DIRECTION_INGRESS, 1),
        rule_any(DIRECTION_INGRESS, 1),
        rule_any(DIRECTION_INGRESS, 1),
        rule_any(DIRECTION_INGRESS, 1),
        rule_any(DIRECTION_INGRESS, 1),
    };

    bad[3].protocol = 256;
    bad[4].protocol = -2;
    bad[5].src.addr.family = 0;
    bad[6].dst.prefix = 33;
    bad[7].dst_ports = (struct filter_ports){ .given = true, .from = 2, .to = 1 };
    err.text[0] = '\0';
    ck_assert(!filter_add_rule(&filter, 1, &bad[_i], &err));
    ck_assert_str_ne(err.text, "");
    ck_assert_uint_eq(filter.count, 0);
}
END_TEST

START_TEST(test_two_thousand_rules_and_no_more)
{
    struct filter_rule rule = rule_any(DIRECTION_INGRESS, 7);

    for (uint32_t i = FILTER_RULES; i > 0; i--)
        add(1 + i % 3, DIRECTION_EGRESS, i);
    ck_assert(!filter_add_rule(&filter, 1, &rule, &err));
    ck_assert_str_eq(err.text, "a filter can have at most 2000 rules here (at AWS: 10)");
    ck_assert_uint_eq(filter_rule_count(&filter), FILTER_RULES);
}
END_TEST

START_TEST(test_host_bits_are_cleared)
{
    struct filter_rule rule = rule_any(DIRECTION_INGRESS, 1);
    const struct filter_rule *added;

    rule.src.addr = (struct ip_addr){ .bytes = { 10, 1, 255, 255 }, .family = 4 };
    rule.src.prefix = 18;
    memset(rule.dst.addr.bytes, 0xff, 16);
    rule.dst.addr.family = 6;
    rule.dst.prefix = 127;
    ck_assert(filter_add_rule(&filter, 1, &rule, &err));
    added = filter_find_rule(&filter, 1, DIRECTION_INGRESS, 1);
    ck_assert_mem_eq(added->src.addr.bytes, ((uint8_t[4]){ 10, 1, 192, 0 }), 4);
    ck_assert_uint_eq(added->dst.addr.bytes[14], 0xff);
    ck_assert_uint_eq(added->dst.addr.bytes[15], 0xfe);
}
END_TEST

START_TEST(test_cidr_covers)
{
    struct filter_cidr eight = { .addr = { .bytes = { 10 }, .family = 4 }, .prefix = 8 };
    struct filter_cidr host = { .addr = { .bytes = { 10, 2, 3, 4 }, .family = 4 }, .prefix = 32 };
    struct filter_cidr other = { .addr = { .bytes = { 11 }, .family = 4 }, .prefix = 8 };
    struct filter_cidr six = { .addr = { .bytes = { 10 }, .family = 6 }, .prefix = 8 };

    ck_assert(filter_cidr_covers(&eight, &host));
    ck_assert(filter_cidr_covers(&eight, &eight));
    ck_assert(!filter_cidr_covers(&host, &eight));
    ck_assert(!filter_cidr_covers(&eight, &other));
    ck_assert(!filter_cidr_covers(&eight, &six));
}
END_TEST

START_TEST(test_copy_is_equal_and_its_own)
{
    struct filter copy;
    struct filter_session *session = filter_session(&filter, 2, &err);
    struct filter_rule rule = rule_any(DIRECTION_EGRESS, 5);
    char text[] = "a \"text\"";

    session->amazon_dns = true;
    session->vni = 77;
    ck_assert(filter_set_text(&session->filter_id, "tmf-1", &err));
    rule.description = text;
    ck_assert(filter_add_rule(&filter, 2, &rule, &err));
    add(1, DIRECTION_INGRESS, 1);
    filter.reading = FILTER_REJECT_GOES_ON;
    text[0] = 'b';
    ck_assert(filter_copy(&copy, &filter, &err));
    ck_assert(filter_equal(&copy, &filter));
    ck_assert_str_eq(copy.sessions[1].rules[0].description, "a \"text\"");
    copy.sessions[1].rules[0].description[0] = 'c';
    ck_assert(!filter_equal(&copy, &filter));
    copy.sessions[1].rules[0].description[0] = 'a';
    copy.sessions[1].amazon_dns = false;
    ck_assert(!filter_equal(&copy, &filter));
    filter_free(&copy);
    ck_assert_uint_eq(copy.count, 0);
}
END_TEST

/* Of the longest characters as many as of others. */
START_TEST(test_texts_have_255_characters)
{
    char *text = NULL;
    char value[FILTER_DESCRIPTION + 4] = "";

    for (unsigned i = 0; i < FILTER_CHARACTERS; i++)
        memcpy(value + 4 * i, "\xf0\x9f\x94\xad", 5);
    ck_assert(filter_set_text(&text, value, &err));
    ck_assert_str_eq(text, value);
    memcpy(value + strlen(value), "a", 2);
    ck_assert(!filter_set_text(&text, value, &err));
    ck_assert_str_eq(err.text, "a text of 256 characters: AWS takes at most 255");
    value[strlen(value) - 1] = '\0';
    ck_assert_str_eq(text, value);
    ck_assert(filter_set_text(&text, "", &err));
    ck_assert_ptr_null(text);
}
END_TEST

Suite *make_filter_suite(void)
{
    Suite *suite = suite_create("filter");
    TCase *tests = tcase_create("filter");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_rules_stand_in_order);
    tcase_add_test(tests, test_sessions_stand_in_order_and_are_three);
    tcase_add_test(tests, test_a_number_is_taken_once);
    tcase_add_loop_test(tests, test_what_there_is_not_is_refused, 0, 8);
    tcase_add_test(tests, test_two_thousand_rules_and_no_more);
    tcase_add_test(tests, test_host_bits_are_cleared);
    tcase_add_test(tests, test_cidr_covers);
    tcase_add_test(tests, test_copy_is_equal_and_its_own);
    tcase_add_test(tests, test_texts_have_255_characters);
    suite_add_tcase(suite, tests);
    return suite;
}
