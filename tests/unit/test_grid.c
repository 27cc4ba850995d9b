/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "../../ui/grid.h"

Suite *make_grid_suite(void);

enum { ROWS = 40 };

static struct talker_record talkers[ROWS];
static struct snapshot_rows rows;
static struct grid grid;

static void need_everything(int width)
{
    for (size_t i = 0; i < field_tables[grid.table].count; i++)
        grid_need(&grid, i, width);
}

/* Talkers with keys 1..ROWS; the higher the key, the more bytes. */
static void make_grid(void)
{
    memset(talkers, 0, sizeof(talkers));
    for (size_t i = 0; i < ROWS; i++) {
        talkers[i].key = i + 1;
        talkers[i].bytes = (i + 1) * 1000;
        talkers[i].addr = (struct ip_addr){ .family = 4, .bytes = { 10, 0, 0, (uint8_t)i } };
        talkers[i].country = "";
        talkers[i].as_name = "";
        talkers[i].asn = VALUE_UNKNOWN;
    }
    rows = (struct snapshot_rows){ .rows = talkers, .count = ROWS, .total = ROWS };
    grid_init(&grid, TABLE_TALKERS);
    grid.sort.field = table_find(&field_tables[TABLE_TALKERS], "bytes");
    grid.rows = (struct rect){ .y = 5, .x = 2, .height = 10, .width = 76 };
    grid_update(&grid, &rows);
    need_everything(7);
    grid_choose_columns(&grid, 76, 0);
}

static uint64_t key_at(size_t place)
{
    return ((const struct talker_record *)grid_row(&grid, &rows, place))->key;
}

START_TEST(test_rows_come_in_order)
{
    for (size_t i = 0; i < ROWS; i++)
        ck_assert_uint_eq(key_at(i), ROWS - i);
    grid_sort_by(&grid, grid.sort.field);
    grid_update(&grid, &rows);
    ck_assert_uint_eq(key_at(0), 1);
}
END_TEST

START_TEST(test_equal_rows_keep_one_order)
{
    size_t rate = table_find(&field_tables[TABLE_TALKERS], "rate");

    talkers[3].bytes = talkers[7].bytes;
    grid_sort_by(&grid, rate); /* all 0: more bytes first, then by key */
    grid_update(&grid, &rows);
    ck_assert_uint_eq(key_at(0), ROWS);
    for (size_t i = 0; i + 1 < ROWS; i++) {
        if (key_at(i) == 4)
            ck_assert_uint_eq(key_at(i + 1), 8);
    }
}
END_TEST

START_TEST(test_first_row_is_selected_until_one_is_chosen)
{
    ck_assert_uint_eq(grid.selected, ROWS);
    talkers[0].bytes = 1000000;
    grid_update(&grid, &rows);
    ck_assert_uint_eq(grid.selected, 1);
    ck_assert_uint_eq(grid.cursor, 0);
}
END_TEST

START_TEST(test_selection_stays_with_the_row)
{
    grid_move(&grid, 2);
    ck_assert_uint_eq(grid.selected, ROWS - 2);
    talkers[0].bytes = 1000000;
    grid_update(&grid, &rows);
    ck_assert_uint_eq(grid.selected, ROWS - 2);
    ck_assert_uint_eq(grid.cursor, 3);
    grid_sort_by(&grid, grid.sort.field);
    grid_update(&grid, &rows);
    ck_assert_uint_eq(grid.selected, ROWS - 2);
    ck_assert_uint_eq(key_at(grid.cursor), ROWS - 2);
}
END_TEST

START_TEST(test_selection_moves_on_when_the_row_goes)
{
    grid_move(&grid, GRID_ROWS);
    ck_assert_uint_eq(grid.selected, 1);
    rows.rows = talkers + 1; /* key 1 has gone */
    rows.count = ROWS - 1;
    grid_update(&grid, &rows);
    ck_assert_uint_eq(grid.cursor, ROWS - 2);
    ck_assert_uint_eq(grid.selected, 2);
    rows.count = 0;
    grid_update(&grid, &rows);
    ck_assert(!grid.has_selected);
    grid_move(&grid, 1);
    grid_select(&grid, 0);
    ck_assert(!grid.has_selected);
}
END_TEST

START_TEST(test_moving_scrolls)
{
    grid_move(&grid, 9);
    ck_assert_uint_eq(grid.top, 0);
    grid_move(&grid, 1);
    ck_assert_uint_eq(grid.top, 1);
    grid_move(&grid, GRID_ROWS);
    ck_assert_uint_eq(grid.cursor, ROWS - 1);
    ck_assert_uint_eq(grid.top, ROWS - 10);
    grid_move(&grid, -GRID_ROWS);
    ck_assert_uint_eq(grid.cursor, 0);
    ck_assert_uint_eq(grid.top, 0);
}
END_TEST

START_TEST(test_selection_out_of_sight_is_picked_up_at_the_edge)
{
    grid_move(&grid, 1);
    grid_wheel(&grid, 15);
    ck_assert_uint_eq(grid.top, 15);
    ck_assert_uint_eq(grid.cursor, 1);
    grid_move(&grid, 1);
    ck_assert_uint_eq(grid.cursor, 15);
    grid_wheel(&grid, 10);
    grid_move(&grid, -1);
    ck_assert_uint_eq(grid.cursor, 34);
}
END_TEST

START_TEST(test_follow_keeps_the_row_in_sight)
{
    grid_move(&grid, 1);
    grid_scroll(&grid, 10);
    for (size_t i = 2; i < ROWS; i++)
        talkers[ROWS - 1 - i].bytes += 1000000; /* nearly all overtake it */
    grid_update(&grid, &rows);
    grid_scroll(&grid, 10);
    ck_assert_uint_eq(grid.top, 0);
    grid.follow = true;
    grid_scroll(&grid, 10);
    ck_assert_uint_eq(grid.cursor, ROWS - 1);
    ck_assert_uint_eq(grid.top, ROWS - 10);
}
END_TEST

START_TEST(test_sorting_keeps_the_row_in_sight)
{
    grid_move(&grid, 1);
    grid_sort_by(&grid, grid.sort.field);
    grid_update(&grid, &rows);
    grid_scroll(&grid, 10);
    ck_assert_uint_eq(grid.cursor, ROWS - 2);
    ck_assert_uint_eq(grid.top, ROWS - 11);
    grid_wheel(&grid, -20);
    grid_scroll(&grid, 10); /* once: the wheel is free again */
    ck_assert_uint_eq(grid.top, ROWS - 31);
}
END_TEST

START_TEST(test_a_smaller_pane_keeps_the_row_in_sight)
{
    grid_scroll(&grid, 10);
    grid_move(&grid, 9);
    grid_scroll(&grid, 4);
    ck_assert_uint_eq(grid.top, 6);
    grid_wheel(&grid, 20);
    grid_scroll(&grid, 4);
    grid_scroll(&grid, 3); /* was out of sight before */
    ck_assert_uint_eq(grid.top, 26);
}
END_TEST

START_TEST(test_hold_keeps_places_and_puts_new_rows_last)
{
    rows.rows = talkers + 1;
    rows.count = ROWS - 1;
    grid_update(&grid, &rows);
    grid.hold = true;
    talkers[1].bytes = 900000;
    talkers[0].bytes = 1000000;
    rows.rows = talkers;
    rows.count = ROWS;
    grid_update(&grid, &rows);
    ck_assert_uint_eq(key_at(0), ROWS);
    ck_assert_uint_eq(key_at(ROWS - 2), 2);
    ck_assert_uint_eq(key_at(ROWS - 1), 1);
    grid.hold = false;
    grid_update(&grid, &rows);
    ck_assert_uint_eq(key_at(0), 1);
    ck_assert_uint_eq(key_at(1), 2);
}
END_TEST

START_TEST(test_columns_fit_at_every_width)
{
    for (int table = 0; table < TABLE_COUNT; table++) {
        grid_init(&grid, (enum table_id)table);
        for (int width = 37; width <= 300; width++) {
            bool has_sort = false;
            int end = 0;

            grid_fit(&grid, 10, width, 0);
            need_everything(39);
            grid_choose_columns(&grid, width, 0);
            ck_assert_uint_ge(grid.column_count, 2);
            for (size_t i = 0; i < grid.column_count; i++) {
                ck_assert_int_ge(grid.columns[i].x, end);
                end = grid.columns[i].x + grid.columns[i].width + 1;
                has_sort = has_sort || grid.columns[i].field == grid.sort.field;
            }
            ck_assert_int_le(end - 1, width);
            ck_assert(has_sort);
        }
    }
}
END_TEST

static bool shows(const char *name)
{
    for (size_t i = 0; i < grid.column_count; i++) {
        if (grid.columns[i].field == table_find(&field_tables[grid.table], name))
            return true;
    }
    return false;
}

/* Columns scroll until the last one is there; those that say which row it is stay, and so does
 * the one that the rows are sorted by. */
START_TEST(test_columns_scroll_to_the_last_one)
{
    size_t last = 0;

    for (int i = 0; i < 40; i++) {
        grid.shift++;
        grid_choose_columns(&grid, 40, 0);
        ck_assert(shows("addr"));
        ck_assert(shows("bytes"));
        ck_assert_uint_ge(grid.column_count, 3);
        if (shows("mirror_loss_bytes") && last == 0)
            last = grid.shift;
    }
    ck_assert_uint_gt(last, 1);
    ck_assert_uint_eq(grid.shift, last);
    grid_init(&grid, TABLE_FLOWS);
    need_everything(15);
    grid.shift = 1000;
    grid_choose_columns(&grid, 77, 0);
    ck_assert(shows("src_addr") && shows("dst_addr") && shows("dst_port"));
    ck_assert(shows("bytes") && shows("icmp_errors"));
    ck_assert(!shows("app"));
    grid.shift = 1000;
    grid_choose_columns(&grid, 2000, 0);
    ck_assert_uint_eq(grid.shift, 0); /* there is nothing to scroll */
}
END_TEST

START_TEST(test_columns_fit_their_contents)
{
    size_t addr = table_find(&field_tables[TABLE_TALKERS], "addr");
    size_t country = table_find(&field_tables[TABLE_TALKERS], "country");

    ck_assert(shows("country"));
    grid_fit(&grid, 10, 76, 0);
    grid_fit(&grid, 10, 77, 0);
    grid_need(&grid, addr, 9);
    grid_choose_columns(&grid, 77, 0);
    ck_assert_uint_eq(grid.columns[0].field, addr);
    ck_assert_int_eq(grid.columns[0].width, 9);
    ck_assert(!shows("country")); /* nothing in it */
    grid_need(&grid, country, 2);
    grid_need(&grid, addr, 39);
    grid_choose_columns(&grid, 77, 0);
    ck_assert(shows("country"));
    ck_assert_int_eq(grid.columns[0].width, 39);
    grid_fit(&grid, 10, 77, 0);
    ck_assert_uint_eq(grid.needs[addr], 39);
    grid_fit(&grid, 10, 77, 1); /* what was seen without the filter says nothing of what is now */
    ck_assert_uint_eq(grid.needs[addr], 0);
}
END_TEST

/* Half of an 80-column screen: the numbers come before the bar. */
START_TEST(test_packets_come_before_the_bar)
{
    grid_init(&grid, TABLE_PROTOCOLS);
    need_everything(11);
    grid_choose_columns(&grid, 37, 8);
    ck_assert(shows("name") && shows("packets") && shows("bytes") && shows("share"));
    ck_assert(!shows("bit_rate"));
    grid.shift = 7; /* the bar makes room */
    grid_choose_columns(&grid, 39, 8);
    ck_assert(shows("packets") && shows("share") && shows("bit_rate"));
    ck_assert_uint_eq(grid.shift, 1);
}
END_TEST

START_TEST(test_mark_of_the_sort_moves_no_column)
{
    struct grid_column before[GRID_COLUMNS];
    size_t count;

    for (int table = 0; table < TABLE_COUNT; table++) {
        grid_init(&grid, (enum table_id)table);
        need_everything(12);
        grid_choose_columns(&grid, 97, 0);
        count = grid.column_count;
        memcpy(before, grid.columns, sizeof(before));
        for (size_t i = 0; i < count; i++) {
            const struct field *field = &field_tables[table].fields[before[i].field];

            ck_assert_int_gt(before[i].width, (int)strlen(field->heading));
            grid.sort.field = before[i].field;
            grid_choose_columns(&grid, 97, 0);
            for (size_t c = 0; c < count && c < grid.column_count; c++)
                ck_assert_int_eq(grid.columns[c].x, before[c].x);
        }
    }
}
END_TEST

START_TEST(test_sort_goes_through_the_columns_and_round)
{
    size_t start = grid.sort.field, steps = grid.column_count;

    for (size_t i = 0; i < steps; i++) {
        grid_sort_step(&grid, 1);
        grid_choose_columns(&grid, 76, 0);
    }
    ck_assert_uint_eq(grid.sort.field, start);
    grid_sort_step(&grid, 1);
    grid_choose_columns(&grid, 76, 0);
    grid_sort_step(&grid, -1);
    ck_assert_uint_eq(grid.sort.field, start);
}
END_TEST

/* The tree: two networks, transports below them, an application. */
START_TEST(test_tree_sorts_siblings_only)
{
    static const struct {
        const char *name;
        uint64_t level, bytes;
    } nodes[] = {
        { "ipv4", 0, 100 }, { "tcp", 1, 30 },   { "tls", 2, 10 },
        { "udp", 1, 70 },   { "ipv6", 0, 500 }, { "udp", 1, 500 },
    };
    static const char *const wanted[] = { "ipv6", "udp", "ipv4", "udp", "tcp", "tls" };
    struct protocol_record tree[6];
    struct snapshot_rows tree_rows = { .rows = tree, .count = 6, .total = 6 };

    memset(tree, 0, sizeof(tree));
    for (size_t i = 0; i < 6; i++) {
        tree[i].key = i + 1;
        tree[i].name = nodes[i].name;
        tree[i].parent = "";
        tree[i].level = nodes[i].level;
        tree[i].bytes = nodes[i].bytes;
    }
    grid_init(&grid, TABLE_PROTOCOLS);
    grid.sort.field = table_find(&field_tables[TABLE_PROTOCOLS], "bytes");
    grid_update(&grid, &tree_rows);
    for (size_t i = 0; i < 6; i++) {
        const struct protocol_record *row = grid_row(&grid, &tree_rows, i);

        ck_assert_str_eq(row->name, wanted[i]);
    }
    ck_assert(!grid_is_last_sibling(&grid, &tree_rows, 0));
    ck_assert(grid_is_last_sibling(&grid, &tree_rows, 1));
    ck_assert(grid_is_last_sibling(&grid, &tree_rows, 2));
    ck_assert(!grid_is_last_sibling(&grid, &tree_rows, 3));
    ck_assert(grid_is_last_sibling(&grid, &tree_rows, 4));
    ck_assert(grid_is_last_sibling(&grid, &tree_rows, 5));
}
END_TEST

Suite *make_grid_suite(void)
{
    Suite *suite = suite_create("grid");
    TCase *order = tcase_create("rows");
    TCase *columns = tcase_create("columns");

    tcase_add_checked_fixture(order, make_grid, NULL);
    tcase_add_test(order, test_rows_come_in_order);
    tcase_add_test(order, test_equal_rows_keep_one_order);
    tcase_add_test(order, test_first_row_is_selected_until_one_is_chosen);
    tcase_add_test(order, test_selection_stays_with_the_row);
    tcase_add_test(order, test_selection_moves_on_when_the_row_goes);
    tcase_add_test(order, test_moving_scrolls);
    tcase_add_test(order, test_selection_out_of_sight_is_picked_up_at_the_edge);
    tcase_add_test(order, test_follow_keeps_the_row_in_sight);
    tcase_add_test(order, test_sorting_keeps_the_row_in_sight);
    tcase_add_test(order, test_a_smaller_pane_keeps_the_row_in_sight);
    tcase_add_test(order, test_hold_keeps_places_and_puts_new_rows_last);
    tcase_add_test(order, test_tree_sorts_siblings_only);
    suite_add_tcase(suite, order);
    tcase_add_checked_fixture(columns, make_grid, NULL);
    tcase_add_test(columns, test_columns_fit_at_every_width);
    tcase_add_test(columns, test_columns_scroll_to_the_last_one);
    tcase_add_test(columns, test_columns_fit_their_contents);
    tcase_add_test(columns, test_packets_come_before_the_bar);
    tcase_add_test(columns, test_mark_of_the_sort_moves_no_column);
    tcase_add_test(columns, test_sort_goes_through_the_columns_and_round);
    suite_add_tcase(suite, columns);
    return suite;
}
