/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "../../ui/graph.h"

Suite *make_graph_suite(void);

static const struct {
    size_t cells;
    uint64_t part, whole;
    bool ascii;
    const char *bar;
} bars[] = {
    { 4, 0, 100, false, "    " },
    { 4, 100, 100, false, "\u2588\u2588\u2588\u2588" },
    { 4, 50, 100, false, "\u2588\u2588  " },
    { 2, 1, 16, false, "\u258f " },
    { 2, 1, 100000, false, "\u258f " },
    { 2, 9, 16, false, "\u2588\u258f" },
    { 4, 200, 100, false, "\u2588\u2588\u2588\u2588" },
    { 4, UINT64_MAX, UINT64_MAX, false, "\u2588\u2588\u2588\u2588" },
    { 4, 5, 0, false, "    " },
    { 0, 5, 10, false, "" },
    { 4, 50, 100, true, "##  " },
    { 4, 1, 100, true, "#   " },
};

START_TEST(test_bars)
{
    char out[GRAPH_SIZE(8)];

    graph_bar(out, bars[_i].cells, bars[_i].part, bars[_i].whole, bars[_i].ascii);
    ck_assert_str_eq(out, bars[_i].bar);
}
END_TEST

START_TEST(test_newest_value_is_at_the_right)
{
    static const uint64_t values[] = { 4, 0, 0, 4 };
    struct graph graph = { .values = values, .count = 4, .cells = 3, .rows = 1 };
    char out[GRAPH_SIZE(3)];

    graph_row(out, &graph, 0);
    ck_assert_str_eq(out, " \u2847\u28b8");
    ck_assert_uint_eq(graph_shown(&graph), 4);
    graph.cells = 1;
    graph_row(out, &graph, 0);
    ck_assert_str_eq(out, "\u28b8");
    ck_assert_uint_eq(graph_shown(&graph), 2);
    graph.ascii = true;
    graph_row(out, &graph, 0);
    ck_assert_str_eq(out, "|");
    ck_assert_uint_eq(graph_greatest(&graph), 4);
}
END_TEST

START_TEST(test_rows_fill_from_below)
{
    static const uint64_t values[] = { 8, 4, 1, 0 };
    struct graph graph = { .values = values, .count = 4, .cells = 2, .rows = 2 };
    char out[GRAPH_SIZE(2)];

    graph_row(out, &graph, 0);
    ck_assert_str_eq(out, "\u2847 ");
    graph_row(out, &graph, 1);
    ck_assert_str_eq(out, "\u28ff\u2840");
}
END_TEST

START_TEST(test_little_is_not_nothing)
{
    static const uint64_t values[] = { 1000000, 1 };
    struct graph graph = { .values = values, .count = 2, .cells = 2, .rows = 4, .ascii = true };
    char out[GRAPH_SIZE(2)];

    graph_row(out, &graph, 3);
    ck_assert_str_eq(out, "|.");
    graph_row(out, &graph, 2);
    ck_assert_str_eq(out, "| ");
}
END_TEST

START_TEST(test_no_values)
{
    struct graph graph = { .values = NULL, .count = 0, .cells = 3, .rows = 2 };
    char out[GRAPH_SIZE(3)];

    graph_row(out, &graph, 1);
    ck_assert_str_eq(out, "   ");
    ck_assert_uint_eq(graph_greatest(&graph), 0);
}
END_TEST

Suite *make_graph_suite(void)
{
    Suite *suite = suite_create("graph");
    TCase *pictures = tcase_create("pictures");

    tcase_add_loop_test(pictures, test_bars, 0, (int)(sizeof(bars) / sizeof(bars[0])));
    tcase_add_test(pictures, test_newest_value_is_at_the_right);
    tcase_add_test(pictures, test_rows_fill_from_below);
    tcase_add_test(pictures, test_little_is_not_nothing);
    tcase_add_test(pictures, test_no_values);
    suite_add_tcase(suite, pictures);
    return suite;
}
