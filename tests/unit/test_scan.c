/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "../../src/detect/scan.h"

Suite *make_scan_suite(void);

static struct scan_detector *detector;

static void setup(void)
{
    struct err err;

    detector = scan_new(&err);
    ck_assert_ptr_nonnull(detector);
}

static void teardown(void)
{
    scan_free(detector);
}

static void attempt(uint32_t src, uint32_t dst, uint16_t port, double at_s, bool refused)
{
    struct scan_attempt a = {
        .ts_ns = (uint64_t)(at_s * 1e9),
        .session = 1,
        .port = port,
        .protocol = PROTO_TCP,
        .refused = refused,
    };

    a.src.word32[0] = src;
    a.src.family = 4;
    a.dst.word32[0] = dst;
    a.dst.family = 4;
    *scan_attempt_next(detector) = a;
    scan_failed(detector);
}

static const struct scan *scans(size_t *count)
{
    uint64_t found;

    return scan_list(detector, count, &found);
}

START_TEST(test_address_scan)
{
    size_t count;
    const struct scan *list;

    for (uint32_t i = 0; i < 24; i++) {
        attempt(1, 100 + i, 22, i, false);
        attempt(1, 100 + i, 22, i, false); /* the same target again is no other target */
    }
    scans(&count);
    ck_assert_uint_eq(count, 0);
    for (uint32_t i = 24; i < 500; i++)
        attempt(1, 100 + i, 22, i, i % 2);
    list = scans(&count);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(list[0].kind, SCAN_ADDRESSES);
    ck_assert_uint_eq(list[0].targets, 500);
    ck_assert_uint_eq(list[0].port, 22);
    ck_assert_uint_eq(list[0].refused + list[0].unanswered, 524);
}
END_TEST

START_TEST(test_port_scan)
{
    size_t count;
    const struct scan *list;

    for (uint16_t port = 1; port <= 5000; port++)
        attempt(1, 2, port, port * 0.01, true);
    list = scans(&count);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(list[0].kind, SCAN_PORTS);
    ck_assert_uint_eq(list[0].targets, SCAN_TARGETS); /* "at least" */
    ck_assert_uint_eq(list[0].refused, 5000);
    ck_assert_uint_eq(list[0].dst.word32[0], 2);
}
END_TEST

START_TEST(test_slow_attempts_are_no_scan)
{
    size_t count;

    for (uint32_t i = 0; i < 200; i++)
        attempt(1, 100 + i, 22, i * 20.0, false); /* 16 in a window */
    scans(&count);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(test_a_quiet_window_ends_a_scan)
{
    size_t count;
    const struct scan *list;

    for (uint32_t i = 0; i < 30; i++)
        attempt(1, 100 + i, 22, i, false);
    for (uint32_t i = 0; i < 30; i++)
        attempt(1, 100 + i, 22, 1000 + i, false);
    list = scans(&count);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(list[0].targets, 30);
    ck_assert_uint_eq(list[1].targets, 30);
    ck_assert_uint_eq(list[1].started_ns, 1000000000000u);
}
END_TEST

START_TEST(test_flood_of_sources_keeps_a_scan)
{
    size_t count;
    const struct scan *list;

    for (uint32_t i = 0; i < 30; i++)
        attempt(7, 100 + i, 22, 0.01 * i, false);
    for (uint32_t i = 0; i < 300000; i++)
        attempt(0x10000 + i * 2654435761u, 9, 80, 1 + i * 1e-5, false);
    for (uint32_t i = 30; i < 60; i++)
        attempt(7, 100 + i, 22, 10 + 0.01 * i, false);
    list = scans(&count);
    ck_assert_uint_ge(count, 1);
    ck_assert_uint_eq(list[0].src.word32[0], 7);
    ck_assert_uint_eq(list[0].targets, 60);
}
END_TEST

START_TEST(test_more_scans_than_room)
{
    size_t count;
    uint64_t found;

    for (uint32_t source = 0; source < SCAN_SUSPICIONS + 50; source++) {
        for (uint32_t i = 0; i < 26; i++)
            attempt(1000 + source, 100 + i, 22, source * 0.1, false);
    }
    scan_list(detector, &count, &found);
    ck_assert_uint_eq(count, SCAN_SUSPICIONS);
    ck_assert_uint_ge(found, SCAN_SUSPICIONS);
}
END_TEST

Suite *make_scan_suite(void)
{
    Suite *suite = suite_create("scan");
    TCase *tcase = tcase_create("scan");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_address_scan);
    tcase_add_test(tcase, test_port_scan);
    tcase_add_test(tcase, test_slow_attempts_are_no_scan);
    tcase_add_test(tcase, test_a_quiet_window_ends_a_scan);
    tcase_add_test(tcase, test_flood_of_sources_keeps_a_scan);
    tcase_add_test(tcase, test_more_scans_than_room);
    suite_add_tcase(suite, tcase);
    return suite;
}
