/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "../../src/flow/namestore.h"
#include "../support/random.h"
#include "../support/rounds.h"

Suite *make_namestore_suite(void);

enum { LIMIT = 48 };

static struct name_store store;

static void setup(void)
{
    struct err err;

    ck_assert(name_store_init(&store, LIMIT, 4711, &err));
}

static void teardown(void)
{
    name_store_release(&store);
}

START_TEST(test_a_name_is_kept_once)
{
    uint32_t a = name_store_take(&store, "a.example");
    uint32_t b = name_store_take(&store, "b.example");

    ck_assert_uint_ne(a, 0);
    ck_assert_uint_ne(b, 0);
    ck_assert_uint_ne(a, b);
    ck_assert_uint_eq(name_store_take(&store, "a.example"), a);
    ck_assert_str_eq(name_store_text(&store, a), "a.example");
    ck_assert_str_eq(name_store_text(&store, b), "b.example");
    name_store_give(&store, a);
    ck_assert_str_eq(name_store_text(&store, a), "a.example"); /* one reference is left */
    ck_assert_uint_eq(name_store_take(&store, "a.example"), a);
}
END_TEST

START_TEST(test_no_name)
{
    ck_assert_uint_eq(name_store_take(&store, ""), 0);
    ck_assert_str_eq(name_store_text(&store, 0), "");
    name_store_give(&store, 0);
    ck_assert_uint_eq(store.dropped, 0);
    ck_assert_uint_eq(store.high_water, 0);
}
END_TEST

START_TEST(test_last_reference_makes_room)
{
    uint32_t name = name_store_take(&store, "first.example");

    name_store_take(&store, "first.example");
    name_store_give(&store, name);
    name_store_give(&store, name);
    ck_assert_uint_eq(name_store_take(&store, "second.example"), name); /* the entry again */
    ck_assert_str_eq(name_store_text(&store, name), "second.example");
    ck_assert_uint_ne(name_store_take(&store, "first.example"), name);
    ck_assert_uint_eq(store.high_water, 2);
}
END_TEST

START_TEST(test_full_store_drops_and_counts)
{
    char text[32];
    uint32_t names[LIMIT];

    for (size_t i = 0; i < LIMIT; i++) {
        snprintf(text, sizeof(text), "host%zu.example", i);
        names[i] = name_store_take(&store, text);
        ck_assert_uint_ne(names[i], 0);
    }
    ck_assert_uint_eq(name_store_take(&store, "one.too.many"), 0);
    ck_assert_uint_eq(name_store_take(&store, "one.too.many"), 0);
    ck_assert_uint_eq(store.dropped, 2);
    ck_assert_uint_eq(name_store_take(&store, "host7.example"),
                      names[7]); /* known: no room needed */
    name_store_give(&store, names[9]);
    ck_assert_uint_eq(name_store_take(&store, "one.too.many"), names[9]);
    ck_assert_uint_eq(store.dropped, 2);
    name_store_clear(&store);
    ck_assert_uint_eq(store.dropped, 0);
    for (size_t i = 0; i < LIMIT; i++) {
        snprintf(text, sizeof(text), "other%zu.example", i);
        ck_assert_uint_ne(name_store_take(&store, text), 0);
    }
}
END_TEST

/* Any two of these are different names: prefixes, the last of many bytes, bytes of no text. */
START_TEST(test_names_that_look_alike)
{
    static const char *const alike[] = {
        "a",
        "aa",
        "aaaaaaaa",
        "aaaaaaaaa",
        "aaaaaaab",
        "aaaaaaaaaaaaaaaa",
        "aaaaaaaaaaaaaaab",
        "aaaaaaaaaaaaaaaaa",
        "A",
        "\x01",
        "\xff",
        "\xff\xff",
        "a.",
        ".a",
        "a\n",
    };
    enum { COUNT = sizeof(alike) / sizeof(alike[0]) };
    uint32_t names[COUNT];

    for (size_t i = 0; i < COUNT; i++) {
        names[i] = name_store_take(&store, alike[i]);
        for (size_t j = 0; j < i; j++)
            ck_assert_uint_ne(names[i], names[j]);
    }
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_str_eq(name_store_text(&store, names[i]), alike[i]);
}
END_TEST

START_TEST(test_longest_name)
{
    char text[APP_NAME_MAX + 10];
    uint32_t longest, shorter;

    memset(text, 'x', sizeof(text));
    text[APP_NAME_MAX] = '\0';
    longest = name_store_take(&store, text);
    ck_assert_str_eq(name_store_text(&store, longest), text);
    text[APP_NAME_MAX] = 'x'; /* longer ones are cut */
    text[sizeof(text) - 1] = '\0';
    ck_assert_uint_eq(name_store_take(&store, text), longest);
    text[APP_NAME_MAX - 1] = '\0';
    shorter = name_store_take(&store, text);
    ck_assert_uint_ne(shorter, longest);
    ck_assert_uint_eq(strlen(name_store_text(&store, shorter)), APP_NAME_MAX - 1);
}
END_TEST

/* More names than there is room for come and go; a plain list says who must be there. */
START_TEST(test_random_churn_against_a_plain_list)
{
    enum { NAMES = 2 * LIMIT, STEPS = 40000 };
    uint32_t held[NAMES] = { 0 };
    unsigned references[NAMES] = { 0 };
    uint64_t state = (uint64_t)_i + 1, dropped = 0;
    size_t kept = 0;

    for (size_t step = 0; step < test_rounds(STEPS); step++) {
        size_t i = random_below(&state, NAMES);
        char text[40];

        snprintf(text, sizeof(text), "%.*s%zu", (int)(i % 20), "a-long-name.example.", i);
        /* Tides: the store is full for a while, then nearly empty. */
        if (random_below(&state, 10) < (step / 2000 % 2 ? 3u : 7u)) {
            uint32_t name = name_store_take(&store, text);

            if (references[i] == 0 && kept == LIMIT) {
                ck_assert_uint_eq(name, 0);
                dropped++;
                continue;
            }
            ck_assert_uint_ne(name, 0);
            ck_assert_uint_le(name, LIMIT);
            if (references[i] == 0)
                kept++;
            else
                ck_assert_uint_eq(name, held[i]);
            held[i] = name;
            references[i]++;
        } else if (references[i]) {
            ck_assert_str_eq(name_store_text(&store, held[i]), text);
            name_store_give(&store, held[i]);
            kept -= --references[i] == 0;
        }
    }
    ck_assert_uint_eq(store.dropped, dropped);
    ck_assert_uint_gt(dropped, 0);
    for (size_t i = 0; i < NAMES; i++) {
        for (; references[i]; references[i]--)
            name_store_give(&store, held[i]);
    }
    for (size_t i = 0; i <= store.slot_mask; i++) /* nothing is left in the index */
        ck_assert_uint_eq(store.slots[i], 0);
}
END_TEST

Suite *make_namestore_suite(void)
{
    Suite *suite = suite_create("namestore");
    TCase *tcase = tcase_create("namestore");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_a_name_is_kept_once);
    tcase_add_test(tcase, test_no_name);
    tcase_add_test(tcase, test_last_reference_makes_room);
    tcase_add_test(tcase, test_full_store_drops_and_counts);
    tcase_add_test(tcase, test_names_that_look_alike);
    tcase_add_test(tcase, test_longest_name);
    tcase_add_loop_test(tcase, test_random_churn_against_a_plain_list, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite;
}
