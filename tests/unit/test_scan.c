/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "../../src/detect/scan.h"

Suite *make_scan_suite(void);

static struct scan_detector *detector;

static void setup(void)
{
    struct err err;

    detector = scan_new(99, &err);
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

/* The same list, whatever the seed, also when far more sources come than there are trackers. */
START_TEST(test_seed_makes_no_difference)
{
    static struct scan first[SCAN_SUSPICIONS];
    size_t first_count = 0, count;

    for (uint64_t seed = 0; seed < 4; seed++) {
        struct err err;
        const struct scan *list;

        scan_free(detector);
        detector = scan_new(seed * 0x9e3779b97f4a7c15u, &err);
        ck_assert_ptr_nonnull(detector);
        for (uint32_t i = 0; i < 200000; i++) {
            attempt(0x10000 + i * 2654435761u, 9, 80, i * 1e-4, false);
            if (i % 8 == 0) /* 40 scanners, some of them too slow for such a crowd */
                attempt(1 + i / 8 % 40 * (i / 8 % 40) % 37, i, 22, i * 1e-4, false);
        }
        list = scans(&count);
        ck_assert_uint_gt(count, 0);
        if (seed == 0)
            memcpy(first, list, count * sizeof(*list));
        else
            ck_assert_mem_eq(first, list, count * sizeof(*list));
        ck_assert(seed == 0 || count == first_count);
        first_count = count;
    }
}
END_TEST

/* Trackers that nobody adds to any more leave their room to those that come. */
START_TEST(test_old_trackers_make_room)
{
    size_t count;

    for (uint32_t source = 0; source < SCAN_TRACKERS; source++) {
        for (uint32_t i = 0; i < 20; i++)
            attempt(0x20000 + source, 100 + i, 22, 1, false);
    }
    for (uint32_t i = 0; i < 30; i++) { /* each time there are more new ones than candidates */
        for (uint32_t other = 0; other < SCAN_TRACKERS / 4; other++)
            attempt(0x10000000 + i * SCAN_TRACKERS + other, 9, 80, 1000 + i, false);
        attempt(7, 100 + i, 22, 1000 + i, false);
    }
    scans(&count);
    ck_assert_uint_eq(count, 1);
}
END_TEST

/* Sources that try only once do not push out what may become a scan, until the ring is full. */
START_TEST(test_a_crowd_between_two_attempts)
{
    static const struct {
        uint32_t crowd;
        size_t scans;
    } cases[] = { { SCAN_FIRSTS - 100, 1 }, { SCAN_FIRSTS, 0 } };
    uint32_t source = 0x10000000;

    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        size_t count;

        scan_clear(detector);
        attempt(7, 100, 22, 1, true);
        for (uint32_t other = 0; other < cases[c].crowd; other++)
            attempt(source++, 9, 80, 2, false);
        for (uint32_t i = 1; i < 25; i++)
            attempt(7, 100 + i, 22, 3, true);
        scans(&count);
        ck_assert_uint_eq(count, cases[c].scans);
    }
}
END_TEST

START_TEST(test_clear_keeps_the_seed)
{
    size_t count;

    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 30; i++)
            attempt(1, 100 + i, 22, i, false);
        scans(&count);
        ck_assert_uint_eq(count, 1);
        scan_clear(detector);
        scans(&count);
        ck_assert_uint_eq(count, 0);
    }
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
    tcase_add_test(tcase, test_seed_makes_no_difference);
    tcase_add_test(tcase, test_old_trackers_make_room);
    tcase_add_test(tcase, test_a_crowd_between_two_attempts);
    tcase_add_test(tcase, test_clear_keeps_the_seed);
    tcase_add_test(tcase, test_more_scans_than_room);
    suite_add_tcase(suite, tcase);
    return suite;
}
