/* SPDX-License-Identifier: MIT */
/* snapshot: what the engine ranks, bounds and copies; every table by every field, both ways. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/engine.h"
#include "../../src/names.h"
#include "../support/everything.h"
#include "../support/mmdbwrite.h"
#include "../support/talk.h"
#include "../support/tempdir.h"

Suite *make_snapshot_suite(void);

enum { ALL = 100000, MAX_ROWS = 1000 };

static char directory[TEMPDIR_PATH];
static struct names *names;
static struct capture capture;
static struct engine *engine;

/* A database with one network and, in `value`, what it says about it. */
static void write_database(const char *path, const struct mmdbwrite_value *value)
{
    struct mmdbwrite *writer = mmdbwrite_new(6);
    size_t length;
    uint8_t *bytes;
    FILE *out = fopen(path, "we");

    mmdbwrite_add(writer, "192.0.2.0/25", value);
    mmdbwrite_add(writer, "2001:db8::/33", value);
    bytes = mmdbwrite_bytes(writer, &length);
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, length, out), length);
    ck_assert_int_eq(fclose(out), 0);
    free(bytes);
    mmdbwrite_free(writer);
}

static void open_names(void)
{
    struct mmdbwrite_value country = { .length = 0 }, asn = { .length = 0 };
    char paths[3][TEMPDIR_PATH + 16];
    struct err err;

    tempdir_make(directory);
    snprintf(paths[0], sizeof(paths[0]), "%s/country", directory);
    snprintf(paths[1], sizeof(paths[1]), "%s/asn", directory);
    snprintf(paths[2], sizeof(paths[2]), "%s/none", directory);
    mmdbwrite_map(&country, 1);
    mmdbwrite_text(&country, "country_code");
    mmdbwrite_text(&country, "SE");
    write_database(paths[0], &country);
    mmdbwrite_map(&asn, 2);
    mmdbwrite_text(&asn, "asn");
    mmdbwrite_uint(&asn, 64500);
    mmdbwrite_text(&asn, "as_name");
    mmdbwrite_text(&asn, "EXAMPLE NETWORK");
    write_database(paths[1], &asn);
    names = names_new(
        &(struct names_config){ .services = paths[2], .geoip = paths[0], .asn = paths[1] }, &err);
    ck_assert_msg(names != NULL, "%s", err.text);
}

static struct engine *make_engine(void)
{
    struct engine_config config = {
        .decode = decode_config_default,
        .max_flows = 8192,
        .direct = true,
        .rates = true,
        .names = names,
        .seed = 5,
    };
    struct err err;
    struct engine *made = engine_new(&config, &err);

    ck_assert_ptr_nonnull(made);
    return made;
}

/* The whole capture, and ten more seconds: unanswered attempts have failed by then. */
static void feed(void)
{
    for (size_t i = 0; i < capture.count; i++) {
        const struct capture_frame *from = &capture.frames[i];
        struct frame frame = { .data = from->data,
                               .ts_ns = from->ts_ns,
                               .captured = from->captured,
                               .wire = from->wire,
                               .link = LINK_ETHERNET };

        engine_feed(engine, &frame, 1);
    }
    engine_tick(engine, capture.frames[capture.count - 1].ts_ns + 10000 * TALK_MS);
    engine_finish(engine);
}

static void setup(void)
{
    open_names();
    everything_add(&capture);
    engine = make_engine();
    feed();
}

static void teardown(void)
{
    engine_free(engine);
    names_free(names);
    capture_release(&capture);
    tempdir_remove(directory);
}

static struct snapshot *take_ordered(enum table_id table, size_t field, bool descending, size_t top)
{
    struct snapshot_request request = snapshot_request_default(top);
    struct snapshot *snapshot;

    request.order[table].field = field;
    request.order[table].descending = descending;
    snapshot = engine_snapshot(engine, &request);
    ck_assert_ptr_nonnull(snapshot);
    return snapshot;
}

/* ---- every table by every field -------------------------------------------------------------- */

struct order {
    const struct table *table;
    const struct field *field;
    bool descending;
};

/* As the rows should stand: by the field, ties by key, the smaller first whichever way it goes. */
static int compare(const struct order *order, const void *a, const void *b)
{
    uint64_t key_a = table_row_key(order->table, a), key_b = table_row_key(order->table, b);
    int by_field = field_compare(order->field, a, b);

    if (by_field)
        return order->descending ? -by_field : by_field;
    return key_a < key_b ? -1 : key_a > key_b;
}

static int compare_pointers(const void *a, const void *b, void *order)
{
    const void *const *x = a, *const *y = b;

    return compare(order, *x, *y);
}

/* Pointers to the rows of `snapshot` in the order given. */
static size_t ranked_rows(const struct snapshot *snapshot, enum table_id table,
                          const struct order *order, const void *rows[MAX_ROWS])
{
    size_t count = snapshot->tables[table].count;

    ck_assert_uint_le(count, MAX_ROWS);
    for (size_t i = 0; i < count; i++)
        rows[i] = snapshot_row(snapshot, table, i);
    qsort_r(rows, count, sizeof(rows[0]), compare_pointers, (void *)(uintptr_t)order);
    return count;
}

static bool has_key(const struct snapshot *snapshot, enum table_id table, uint64_t key)
{
    for (size_t i = 0; i < snapshot->tables[table].count; i++) {
        if (table_row_key(&field_tables[table], snapshot_row(snapshot, table, i)) == key)
            return true;
    }
    return false;
}

/* The best `top` rows of all, in order. Texts and addresses are chosen by their beginning. */
static void check_rows(const struct snapshot *snapshot, const struct snapshot *all,
                       enum table_id table, const struct order *order)
{
    static const void *expected[MAX_ROWS];
    size_t total = ranked_rows(all, table, order, expected);
    size_t count = snapshot->tables[table].count;
    bool by_image = order->field->type == FIELD_TEXT || order->field->type == FIELD_ADDR;
    uint64_t last_rank = 0;

    for (size_t i = 0; i < count; i++) {
        const void *row = snapshot_row(snapshot, table, i);

        if (i > 0)
            ck_assert_int_lt(compare(order, snapshot_row(snapshot, table, i - 1), row), 0);
        if (!by_image || count == total)
            ck_assert_uint_eq(table_row_key(order->table, row),
                              table_row_key(order->table, expected[i]));
        last_rank = field_rank(order->field, row);
    }
    for (size_t i = 0; i < total && by_image && count > 0; i++) {
        uint64_t rank = field_rank(order->field, expected[i]);
        bool better = order->descending ? rank > last_rank : rank < last_rank;

        if (better)
            ck_assert(has_key(snapshot, table, table_row_key(order->table, expected[i])));
    }
}

/* The largest `top` nodes, as a tree: every one below its parent, siblings in order. */
static void check_tree(const struct snapshot *snapshot, const struct snapshot *all,
                       const struct order *order)
{
    static const void *expected[MAX_ROWS];
    const struct table *table = &field_tables[TABLE_PROTOCOLS];
    struct order by_bytes = { table, &table->fields[table_find(table, "bytes")], true };
    const struct protocol_record *above[3] = { NULL };
    size_t count = snapshot->tables[TABLE_PROTOCOLS].count, depth = 0;

    ranked_rows(all, TABLE_PROTOCOLS, &by_bytes, expected);
    for (size_t i = 0; i < count; i++) {
        const struct protocol_record *row = snapshot_row(snapshot, TABLE_PROTOCOLS, i);

        ck_assert(has_key(snapshot, TABLE_PROTOCOLS, table_row_key(table, expected[i])));
        ck_assert_uint_le(row->level, depth);
        if (row->level == 0)
            ck_assert_str_eq(row->parent, "");
        else
            ck_assert_str_eq(row->parent, above[row->level - 1]->name);
        if (row->level < depth && above[row->level])
            ck_assert_int_lt(compare(order, above[row->level], row), 0);
        above[row->level] = row;
        depth = row->level + 1;
        if (depth < 3)
            above[depth] = NULL; /* its children begin anew */
    }
}

START_TEST(test_every_order)
{
    enum table_id id = (enum table_id)_i;
    const struct table *table = &field_tables[id];
    struct snapshot *all = take_ordered(id, table->default_sort, true, ALL);
    size_t total = all->tables[id].count;
    const size_t tops[] = { 0, 1, 2, 7, total - 1, total, total + 1, ALL };

    ck_assert_uint_gt(total, 4);
    ck_assert_uint_eq(all->tables[id].total, total);
    for (size_t f = 0; f < 2 * table->count; f++) {
        struct order order = { table, &table->fields[f / 2], f % 2 };

        for (size_t t = 0; t < sizeof(tops) / sizeof(tops[0]); t++) {
            struct snapshot *snapshot = take_ordered(id, f / 2, order.descending, tops[t]);

            ck_assert_uint_eq(snapshot->tables[id].total, total);
            ck_assert_uint_eq(snapshot->tables[id].count, tops[t] < total ? tops[t] : total);
            if (id == TABLE_PROTOCOLS)
                check_tree(snapshot, all, &order);
            else
                check_rows(snapshot, all, id, &order);
            snapshot_free(snapshot);
        }
    }
    snapshot_free(all);
}
END_TEST

/* Without this the orders would prove little. */
START_TEST(test_rows_are_worth_sorting)
{
    struct snapshot *all = take_ordered(TABLE_FLOWS, 0, true, ALL);

    for (size_t id = 0; id < TABLE_FINDINGS; id++) {
        const struct table *table = &field_tables[id];
        size_t differing = 0;

        for (size_t f = 0; f < table->count; f++) {
            size_t i = 1;

            while (i < all->tables[id].count &&
                   field_compare(&table->fields[f], snapshot_row(all, (enum table_id)id, 0),
                                 snapshot_row(all, (enum table_id)id, i)) == 0)
                i++;
            differing += i < all->tables[id].count;
        }
        ck_assert_msg(differing * 2 >= table->count, "%s: only %zu of %zu fields differ",
                      table->name, differing, table->count);
    }
    ck_assert_uint_eq(all->tables[TABLE_SESSIONS].count, EVERYTHING_SESSIONS);
    ck_assert_uint_eq(all->tables[TABLE_SUSPICIONS].count, EVERYTHING_SCANS);
    snapshot_free(all);
}
END_TEST

/* ---- a snapshot is a value ------------------------------------------------------------------- */

/* All rows as text, numbers and names. */
static size_t print_rows(const struct snapshot *snapshot, char *out, size_t size)
{
    size_t used = 0;

    for (size_t id = 0; id < TABLE_FINDINGS; id++) {
        const struct table *table = &field_tables[id];

        for (size_t i = 0; i < snapshot->tables[id].count * table->count; i++) {
            const struct field *field = &table->fields[i % table->count];
            const void *row = snapshot_row(snapshot, (enum table_id)id, i / table->count);

            ck_assert_uint_lt(used + 512, size);
            if (field->type == FIELD_TEXT)
                used += (size_t)snprintf(out + used, size - used, "%s,", field_text(field, row));
            else if (field->type == FIELD_ADDR)
                used += (size_t)snprintf(out + used, size - used, "%llx.%llx,",
                                         (unsigned long long)field_addr(field, row)->word64[0],
                                         (unsigned long long)field_addr(field, row)->word64[1]);
            else
                used += (size_t)snprintf(out + used, size - used, "%llu,",
                                         (unsigned long long)field_number(field, row));
        }
    }
    return used;
}

START_TEST(test_outlives_the_engine)
{
    enum { SIZE = 1 << 20 };
    static char before[SIZE], again[SIZE], after[SIZE];
    struct snapshot *snapshot = take_ordered(TABLE_FLOWS, 0, true, ALL);
    struct snapshot *second = take_ordered(TABLE_FLOWS, 0, true, ALL);
    size_t length = print_rows(snapshot, before, SIZE);

    ck_assert_uint_eq(print_rows(second, again, SIZE), length);
    ck_assert_mem_eq(before, again, length); /* taking one changes nothing */
    ck_assert_ptr_nonnull(strstr(before, ",www.a-long-name-"));
    ck_assert_ptr_nonnull(strstr(before, ",SE,"));
    ck_assert_ptr_nonnull(strstr(before, ",EXAMPLE NETWORK,"));
    ck_assert_ptr_nonnull(strstr(before, ",1234567890abcdef,"));
    ck_assert_ptr_nonnull(strstr(before, ",02:00:00:00:00:0a,"));
    ck_assert_ptr_nonnull(strstr(before, ",0x9001,"));
    ck_assert_ptr_nonnull(strstr(before, " hosts on port 22 in "));
    engine_reset(engine);
    ck_assert_uint_eq(print_rows(snapshot, after, SIZE), length);
    ck_assert_mem_eq(before, after, length);
    engine_free(engine);
    engine = NULL;
    ck_assert_uint_eq(print_rows(snapshot, after, SIZE), length);
    ck_assert_mem_eq(before, after, length);
    snapshot_free(second);
    snapshot_free(snapshot);
}
END_TEST

/* Every text of a flow as long as can be, in both tables of flows. */
START_TEST(test_longest_texts_have_room)
{
    enum { FLOWS = 2000, LONGEST = 255 };
    struct mirror mirror = { .capture = &capture,
                             .source = "10.0.1.10",
                             .mac = "02:00:00:00:00:0a",
                             .router_mac = "02:00:00:00:00:ff",
                             .vni = 7 };
    struct snapshot *snapshot;

    engine_reset(engine);
    capture_release(&capture);
    for (unsigned i = 0; i < FLOWS; i++) {
        struct talk talk = talk_make(&mirror, EVERYTHING_START + i * TALK_MS, "192.0.2.1",
                                     (uint16_t)(20000 + i), "192.0.2.2", 80, 0);
        char request[LONGEST + 50];
        int length =
            snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: %0*u\r\n\r\n", LONGEST, i);

        talk_tcp_at(&talk, 0, talk.next[0], TALK_ACK, request, (size_t)length);
        talk_tcp_at(&talk, 0, talk.next[0], TALK_ACK, request, (size_t)length);
    }
    feed();
    snapshot = take_ordered(TABLE_FLOWS, 0, true, ALL);
    ck_assert_uint_eq(snapshot->tables[TABLE_RETRANSMITS].count, FLOWS);
    ck_assert_uint_eq(snapshot->tables[TABLE_FLOWS].count, FLOWS);
    for (size_t i = 0; i < FLOWS; i++) {
        const struct flow_record *row = snapshot_row(snapshot, TABLE_FLOWS, i);

        ck_assert_uint_eq(strlen(row->server_name), LONGEST);
        ck_assert_uint_eq(strtoul(row->server_name, NULL, 10), row->src_port - 20000);
        ck_assert_str_eq(row->src_country, "SE");
        ck_assert_str_eq(row->dst_country, "SE");
    }
    snapshot_free(snapshot);
}
END_TEST

START_TEST(test_without_flows)
{
    struct snapshot_request request = snapshot_request_default(ALL);
    struct snapshot *snapshot;

    request.flows = false;
    snapshot = engine_snapshot(engine, &request);
    ck_assert_ptr_nonnull(snapshot);
    for (size_t id = 0; id < TABLE_FINDINGS; id++) {
        bool left_out = id == TABLE_FLOWS || id == TABLE_RETRANSMITS;

        ck_assert_uint_eq(snapshot->tables[id].count == 0, left_out);
    }
    ck_assert_uint_gt(snapshot->flows.active, EVERYTHING_TALKS);
    snapshot_free(snapshot);
}
END_TEST

START_TEST(test_nothing_there)
{
    static const size_t tops[] = { 0, 1, ALL };

    engine_reset(engine);
    for (size_t t = 0; t < sizeof(tops) / sizeof(tops[0]); t++) {
        struct snapshot *snapshot = take_ordered(TABLE_FLOWS, 0, true, tops[t]);

        for (size_t id = 0; id < TABLE_FINDINGS; id++) {
            ck_assert_uint_eq(snapshot->tables[id].count, 0);
            ck_assert_uint_eq(snapshot->tables[id].total, 0);
        }
        ck_assert_uint_eq(snapshot->packets, 0);
        ck_assert_uint_eq(snapshot->history.count, 0);
        ck_assert_uint_eq(snapshot->tcp.rtt.median_us, VALUE_UNKNOWN);
        snapshot_free(snapshot);
    }
    snapshot_free(NULL);
}
END_TEST

/* The sums of a table do not depend on what the snapshot has room for. */
START_TEST(test_sums)
{
    struct snapshot *all = take_ordered(TABLE_FLOWS, 0, true, ALL);
    uint64_t flow_bytes = 0, session_bytes = 0, protocol_bytes = 0, sent = 0, received = 0;

    for (size_t i = 0; i < all->tables[TABLE_FLOWS].count; i++) {
        const struct flow_record *row = snapshot_row(all, TABLE_FLOWS, i);

        flow_bytes += row->bytes;
    }
    for (size_t i = 0; i < all->tables[TABLE_SESSIONS].count; i++) {
        const struct session_record *row = snapshot_row(all, TABLE_SESSIONS, i);

        session_bytes += row->bytes;
    }
    for (size_t i = 0; i < all->tables[TABLE_PROTOCOLS].count; i++) {
        const struct protocol_record *row = snapshot_row(all, TABLE_PROTOCOLS, i);

        protocol_bytes += row->level == 0 ? row->bytes : 0;
    }
    for (size_t i = 0; i < all->tables[TABLE_TALKERS].count; i++) {
        const struct talker_record *row = snapshot_row(all, TABLE_TALKERS, i);

        sent += row->bytes_sent;
        received += row->bytes_received;
        ck_assert_uint_eq(row->bytes, row->bytes_sent + row->bytes_received);
    }
    ck_assert_uint_eq(flow_bytes, all->bytes);
    ck_assert_uint_eq(session_bytes, all->bytes);
    ck_assert_uint_eq(protocol_bytes, all->bytes);
    ck_assert_uint_eq(sent, received);
    ck_assert_uint_gt(sent, 0);
    snapshot_free(all);
}
END_TEST

/* While a capture goes on the protocols are behind the totals, and their shares are whole. */
START_TEST(test_shares)
{
    size_t behind = 0;

    engine_free(engine);
    engine = make_engine();
    for (size_t i = 0; i < capture.count; i++) {
        struct frame frame = { .data = capture.frames[i].data,
                               .ts_ns = capture.frames[i].ts_ns,
                               .captured = capture.frames[i].captured,
                               .wire = capture.frames[i].wire,
                               .link = LINK_ETHERNET };
        struct snapshot *now;
        uint64_t bytes = 0, shares = 0, rows = 0;

        engine_feed(engine, &frame, 1);
        if (i % 64 != 0)
            continue;
        now = take_ordered(TABLE_FLOWS, 0, true, ALL);
        for (size_t at = 0; at < now->tables[TABLE_PROTOCOLS].count; at++) {
            const struct protocol_record *row = snapshot_row(now, TABLE_PROTOCOLS, at);

            bytes += row->level == 0 ? row->bytes : 0;
            shares += row->level == 0 ? row->share : 0;
            rows += row->level == 0;
        }
        ck_assert(rows == 0 || (shares + rows > 1000 && shares < 1000 + rows)); /* rounded */
        behind += rows > 0 && bytes < now->bytes;
        snapshot_free(now);
    }
    ck_assert_uint_gt(behind, 0);
}
END_TEST

Suite *make_snapshot_suite(void)
{
    Suite *suite = suite_create("snapshot");
    TCase *tcase = tcase_create("snapshot");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_every_order, 0, TABLE_FINDINGS);
    tcase_add_test(tcase, test_rows_are_worth_sorting);
    tcase_add_test(tcase, test_outlives_the_engine);
    tcase_add_test(tcase, test_longest_texts_have_room);
    tcase_add_test(tcase, test_without_flows);
    tcase_add_test(tcase, test_nothing_there);
    tcase_add_test(tcase, test_sums);
    tcase_add_test(tcase, test_shares);
    suite_add_tcase(suite, tcase);
    return suite;
}
