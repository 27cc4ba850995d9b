/* SPDX-License-Identifier: MIT */
/* The field tables: what scripts rely on, what panes rely on, and the order of rows. */
#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/field.h"
#include "../../src/snapshot.h"
#include "../support/rounds.h"

static const char csv_columns[] =
    "start,end,vni,mirror_source,protocol,app,src_addr,src_port,dst_addr,dst_port,"
    "src_packets,src_bytes,dst_packets,dst_bytes,src_direction,src_tcp_flags,dst_tcp_flags,"
    "src_retransmits,dst_retransmits,src_out_of_order,dst_out_of_order,"
    "src_mirror_loss_bytes,dst_mirror_loss_bytes,src_zero_windows,dst_zero_windows,rtt_us,"
    "server_name,src_country,dst_country,src_asn,dst_asn,rule,also_session,"
    "src_retransmit_bytes,dst_retransmit_bytes,src_retransmit_runs,dst_retransmit_runs,"
    "src_fast,dst_fast,src_timeout,dst_timeout,src_tail_probes,dst_tail_probes,"
    "src_spurious,dst_spurious,src_syn_again,dst_syn_again,src_fin_again,dst_fin_again,"
    "src_lost_before_mirror,dst_lost_before_mirror,src_late,dst_late,src_uncertain,dst_uncertain,"
    "src_mirror_loss_segments,dst_mirror_loss_segments,src_window_full,dst_window_full,"
    "src_duplicate_acks,dst_duplicate_acks,src_keep_alives,dst_keep_alives,"
    "src_zero_window_probes,dst_zero_window_probes,src_window_probes,dst_window_probes,"
    "answer_us,confirm_us,src_rtt_min_us,dst_rtt_min_us,src_rtt_median_us,dst_rtt_median_us,"
    "src_rtt_p95_us,dst_rtt_p95_us,src_inferred,dst_inferred,";

START_TEST(csv_columns_never_change)
{
    const struct table *table = &field_tables[TABLE_FLOWS];
    char names[2048] = "";

    for (size_t i = 0; i < table->count; i++) {
        if (table->fields[i].uses & USE_CSV) {
            strncat(names, table->fields[i].name, sizeof(names) - strlen(names) - 2);
            strncat(names, ",", 2);
        }
    }
    ck_assert_str_eq(names, csv_columns);
}
END_TEST

static const char *const first_order[TABLE_COUNT] = {
    [TABLE_SESSIONS] = "bytes",     [TABLE_TALKERS] = "bytes",
    [TABLE_PROTOCOLS] = "bytes",    [TABLE_RETRANSMITS] = "retransmits",
    [TABLE_SUSPICIONS] = "started", [TABLE_FLOWS] = "bytes",
    [TABLE_FINDINGS] = "severity",  [TABLE_RULES] = "position",
};

START_TEST(default_order)
{
    const struct table *table = &field_tables[_i];
    struct snapshot_request request = snapshot_request_default(7);

    ck_assert_str_eq(table->fields[table->default_sort].name, first_order[_i]);
    ck_assert(table->fields[table->default_sort].uses & USE_PANE);
    ck_assert(table->descending == (_i != TABLE_RULES)); /* those as they stand in the filter */
    ck_assert_uint_eq(request.top, 7);
    ck_assert(request.flows);
    ck_assert_uint_eq(request.order[_i].field, table->default_sort);
    ck_assert(request.order[_i].descending == table->descending);
}
END_TEST

static size_t size_of(enum field_type type)
{
    switch (type) {
    case FIELD_ADDR:
        return sizeof(struct ip_addr);
    case FIELD_TEXT:
        return sizeof(const char *);
    default:
        return sizeof(uint64_t);
    }
}

START_TEST(rows_are_sound)
{
    const struct table *table = &field_tables[_i];

    ck_assert_uint_le(table->key_offset + sizeof(uint64_t), table->record_size);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        size_t length = strlen(field->doc);

        ck_assert_uint_eq(table_find(table, field->name), i); /* unique */
        ck_assert_uint_le(field->offset + size_of(field->type), table->record_size);
        ck_assert_uint_eq(field->offset % 8, 0);
        ck_assert_int_ne(field->uses, 0);
        ck_assert_int_eq(!(field->uses & USE_PANE), field->width == 0);
        ck_assert_msg(field->width == 0 || strlen(field->heading) <= field->width, "%s",
                      field->name);
        ck_assert(field->priority >= 1 && field->priority <= 9);
        ck_assert(length > 0 && field->doc[length - 1] == '.');
        for (const char *c = field->doc; *c; c++)
            ck_assert(*c >= ' ' && *c <= '~' && *c != '\\');
        for (const char *c = field->name; *c; c++)
            ck_assert(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
    }
    ck_assert_uint_eq(table_find(table, "no such field"), table->count);
    ck_assert_uint_eq(table_find(table, ""), table->count);
}
END_TEST

/* A pane of an 80-column terminal has 77 columns inside; what matters must be there, with the mark
 * of the sort behind every heading. */
START_TEST(important_columns_fit)
{
    const struct table *table = &field_tables[_i];
    size_t width = 0;

    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        size_t marked = strlen(field->heading) + 1;

        if (strncmp(field->name, "baseline_", 9) == 0)
            continue; /* only there when one was asked for: the rest gives way to it */
        if ((field->uses & USE_PANE) && (field->priority <= 5 || i == table->default_sort))
            width += (field->width > marked ? field->width : marked) + 1;
    }
    ck_assert_msg(width - 1 <= 77, "%s needs %zu columns", table->name, width - 1);
}
END_TEST

/* ---- order ----------------------------------------------------------------------------------- */

static uint64_t random64(void)
{
    uint64_t value = 0;

    for (int i = 0; i < 5; i++)
        value = value << 15 ^ (uint64_t)(random() & 0x7fff);
    return value;
}

/* Values that are often equal, nearly equal, or at a limit. */
static uint64_t awkward_number(void)
{
    switch (random() % 5) {
    case 0:
        return VALUE_UNKNOWN;
    case 1:
        return (uint64_t)(random() % 3);
    case 2:
        return VALUE_UNKNOWN - (uint64_t)(random() % 3);
    default:
        return random64();
    }
}

static struct ip_addr awkward_addr(void)
{
    static const uint8_t families[] = { 0, 4, 6 };
    struct ip_addr addr = { .family = families[random() % 3] };
    size_t length = addr.family == 0 ? 0 : addr.family == 4 ? 4 : 16;

    for (size_t i = 0; i < length; i++)
        addr.bytes[i] = (uint8_t)(random() % 2 ? 0xff : random() % 2);
    return addr;
}

static const char *const awkward_texts[] = {
    "",  "a", "aa",   "aaaaaaaa", "aaaaaaaab", "aaaaaaaac",
    "b", "B", "\x7f", "\x80",     "\xff",      "\xff\xff",
};

static void fill_record(const struct table *table, uint64_t *record)
{
    memset(record, 0, table->record_size);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        char *at = (char *)record + field->offset;

        if (field->type == FIELD_ADDR) {
            struct ip_addr addr = awkward_addr();

            memcpy(at, &addr, sizeof(addr));
        } else if (field->type == FIELD_TEXT) {
            size_t choice = (size_t)random() % (sizeof(awkward_texts) / sizeof(awkward_texts[0]));
            const char *text = awkward_texts[choice];

            memcpy(at, &text, sizeof(text));
        } else {
            uint64_t number = awkward_number();

            memcpy(at, &number, sizeof(number));
        }
    }
}

enum { RECORD_WORDS = 128, ROUNDS = 2000 };

static int sign(int value)
{
    return value < 0 ? -1 : value > 0;
}

/* field_rank() may tie, but never puts rows the other way round; both are orders. */
START_TEST(rank_never_contradicts_compare)
{
    const struct table *table = &field_tables[_i];
    uint64_t a[RECORD_WORDS], b[RECORD_WORDS], c[RECORD_WORDS];

    ck_assert_uint_le(table->record_size, sizeof(a));
    srandom(1);
    for (size_t round = 0; round < test_rounds(ROUNDS); round++) {
        fill_record(table, a);
        fill_record(table, b);
        fill_record(table, c);
        for (size_t i = 0; i < table->count; i++) {
            const struct field *field = &table->fields[i];
            uint64_t rank_a = field_rank(field, a), rank_b = field_rank(field, b);
            int order = field_compare(field, a, b);

            ck_assert_int_eq(field_compare(field, a, a), 0);
            ck_assert_int_eq(sign(order), -sign(field_compare(field, b, a)));
            if (rank_a < rank_b)
                ck_assert_int_lt(order, 0);
            if (rank_a > rank_b)
                ck_assert_int_gt(order, 0);
            if (order <= 0 && field_compare(field, b, c) <= 0)
                ck_assert_int_le(field_compare(field, a, c), 0);
            if (field_is_unknown(field, a))
                ck_assert_int_le(order, 0);
        }
    }
}
END_TEST

START_TEST(numbers_rank_exactly)
{
    const struct table *table = &field_tables[TABLE_FLOWS];
    const struct field *field = &table->fields[table_find(table, "src_port")];
    struct flow_record unknown = { .src_port = VALUE_UNKNOWN }, zero = { .src_port = 0 };
    struct flow_record large = { .src_port = VALUE_UNKNOWN - 1 };

    ck_assert_uint_lt(field_rank(field, &unknown), field_rank(field, &zero));
    ck_assert_uint_lt(field_rank(field, &zero), field_rank(field, &large));
    ck_assert_int_lt(field_compare(field, &unknown, &zero), 0);
    ck_assert_int_lt(field_compare(field, &zero, &large), 0);
}
END_TEST

START_TEST(keys)
{
    struct flow_record flow = { .serial = 42 };
    struct session_record session = { .key = 43 };

    ck_assert_uint_eq(table_row_key(&field_tables[TABLE_FLOWS], &flow), 42);
    ck_assert_uint_eq(table_row_key(&field_tables[TABLE_RETRANSMITS], &flow), 42);
    ck_assert_uint_eq(table_row_key(&field_tables[TABLE_SESSIONS], &session), 43);
}
END_TEST

/* ---- for people ------------------------------------------------------------------------------ */

static char *written_by(void (*write)(FILE *out))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    write(out);
    fclose(out);
    return text;
}

START_TEST(list_names_every_field)
{
    char *text = written_by(field_list), *lines = text;
    char wanted[80];

    for (size_t t = 0; t < TABLE_COUNT; t++) {
        for (size_t i = 0; i < field_tables[t].count; i++) {
            snprintf(wanted, sizeof(wanted), "\n    %s ", field_tables[t].fields[i].name);
            ck_assert_ptr_nonnull(strstr(text, wanted));
        }
    }
    for (char *line = strsep(&lines, "\n"); line; line = strsep(&lines, "\n"))
        ck_assert_uint_lt(strlen(line), 80);
    free(text);
}
END_TEST

START_TEST(manual_has_every_field)
{
    char *text = written_by(field_print_mdoc);
    char wanted[80];

    for (size_t t = 0; t < TABLE_COUNT; t++) {
        for (size_t i = 0; i < field_tables[t].count; i++) {
            snprintf(wanted, sizeof(wanted), ".It Va %s", field_tables[t].fields[i].name);
            ck_assert_ptr_nonnull(strstr(text, wanted));
        }
    }
    free(text);
}
END_TEST

Suite *make_field_suite(void);

Suite *make_field_suite(void)
{
    Suite *suite = suite_create("field");
    TCase *tcase = tcase_create("tables");

    tcase_add_test(tcase, csv_columns_never_change);
    tcase_add_loop_test(tcase, default_order, 0, TABLE_COUNT);
    tcase_add_loop_test(tcase, rows_are_sound, 0, TABLE_COUNT);
    tcase_add_loop_test(tcase, important_columns_fit, 0, TABLE_COUNT);
    tcase_add_test(tcase, keys);
    tcase_add_test(tcase, list_names_every_field);
    tcase_add_test(tcase, manual_has_every_field);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("order");
    tcase_add_loop_test(tcase, rank_never_contradicts_compare, 0, TABLE_COUNT);
    tcase_add_test(tcase, numbers_rank_exactly);
    suite_add_tcase(suite, tcase);
    return suite;
}
