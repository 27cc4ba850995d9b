/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdint.h>

#include "../../decode/cursor.h"

Suite *make_cursor_suite(void);

static const uint8_t bytes[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };

START_TEST(reads_in_network_order)
{
    struct cursor c = cur_make(bytes, sizeof(bytes));
    uint8_t v8;
    uint16_t v16;
    uint32_t v32;

    ck_assert(cur_u8(&c, &v8));
    ck_assert_uint_eq(v8, 0x01);
    ck_assert(cur_be16(&c, &v16));
    ck_assert_uint_eq(v16, 0x2345);
    ck_assert(cur_be32(&c, &v32));
    ck_assert_uint_eq(v32, 0x6789abcd);
    ck_assert_uint_eq(cur_left(&c), 1);
    ck_assert_uint_eq(be64(bytes), 0x0123456789abcdef);
}
END_TEST

START_TEST(failed_read_moves_nothing)
{
    struct cursor c = cur_make(bytes, 1);
    uint8_t v8 = 7;
    uint16_t v16 = 7;
    uint32_t v32 = 7;

    ck_assert(!cur_be16(&c, &v16));
    ck_assert(!cur_be32(&c, &v32));
    ck_assert(!cur_skip(&c, 2));
    ck_assert_ptr_null(cur_take(&c, 2));
    ck_assert_uint_eq(v16, 7);
    ck_assert_uint_eq(v32, 7);
    ck_assert_uint_eq(cur_left(&c), 1);
    ck_assert(cur_u8(&c, &v8));
    ck_assert(!cur_u8(&c, &v8));
    ck_assert_uint_eq(v8, 0x01);
}
END_TEST

START_TEST(huge_lengths_do_not_overflow)
{
    struct cursor c = cur_make(bytes, sizeof(bytes));

    ck_assert(!cur_has(&c, SIZE_MAX));
    ck_assert(!cur_skip(&c, SIZE_MAX));
    ck_assert_ptr_null(cur_take(&c, SIZE_MAX - 1));
    cur_limit(&c, SIZE_MAX);
    ck_assert_uint_eq(cur_left(&c), sizeof(bytes));
}
END_TEST

START_TEST(empty_cursor)
{
    struct cursor c = cur_make(bytes, 0);
    uint8_t v8;

    ck_assert_uint_eq(cur_left(&c), 0);
    ck_assert(cur_has(&c, 0));
    ck_assert(!cur_has(&c, 1));
    ck_assert(!cur_u8(&c, &v8));
    ck_assert(cur_take(&c, 0) == bytes);
}
END_TEST

START_TEST(limit_hides_what_lies_behind)
{
    struct cursor c = cur_make(bytes, sizeof(bytes));
    struct cursor child = cur_sub(&c, 3);

    ck_assert_uint_eq(cur_left(&child), 3);
    ck_assert_uint_eq(cur_left(&c), sizeof(bytes));
    ck_assert(cur_skip(&child, 3));
    ck_assert(!cur_skip(&child, 1));
    child = cur_sub(&c, 100);
    ck_assert_uint_eq(cur_left(&child), sizeof(bytes));
    cur_limit(&c, 0);
    ck_assert_uint_eq(cur_left(&c), 0);
}
END_TEST

Suite *make_cursor_suite(void)
{
    Suite *suite = suite_create("cursor");
    TCase *tc = tcase_create("cursor");

    tcase_add_test(tc, reads_in_network_order);
    tcase_add_test(tc, failed_read_moves_nothing);
    tcase_add_test(tc, huge_lengths_do_not_overflow);
    tcase_add_test(tc, empty_cursor);
    tcase_add_test(tc, limit_hides_what_lies_behind);
    suite_add_tcase(suite, tc);
    return suite;
}
