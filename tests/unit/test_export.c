/* SPDX-License-Identifier: MIT */
/* Exports: their exact form, hostile texts in them, where they go, and files that fail. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/output/output.h"
#include "../support/jsonread.h"
#include "../support/records.h"
#include "../support/tempdir.h"

static char *rows_of(const struct exporter *format, const struct flow_record *flow)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    ck_assert(format->begin(out));
    ck_assert(format->flow(out, flow));
    fclose(out);
    return text;
}

static const struct exporter *format_called(const char *name)
{
    const struct exporter *format = export_formats;

    while (strcmp(format->name, name) != 0)
        format++;
    return format;
}

START_TEST(csv_row)
{
    char *text = rows_of(format_called("csv"), &records_flow);
    const char *row = strstr(text, "\r\n");

    ck_assert_ptr_nonnull(row);
    ck_assert_str_eq(row + 2, "2019-06-27T13:05:11.123456Z,2019-06-27T13:05:12.123456Z,5569041,"
                              "10.0.1.10,tcp,tls,10.0.1.10,50001,"
                              "2001:db8:1111:2222:3333:4444:5555:6666,443,11,1234,6,4632,egress,SA,"
                              ",2,,1,,,,0,,800000,www.example.com,,FR,,4294967295,,1002@10.0.2.20,"
                              "2920,,1,,2,,0,,0,,0,,0,,0,,0,,0,,0,,0,,0,,0,,0,,0,,0,,700000,100000,"
                              "900,,1000,,2000,,0,\r\n");
    free(text);
}
END_TEST

static const struct {
    const char *name, *field;
} csv_texts[] = {
    { "plain", "plain" },
    { "", "" },
    { "a b", "a b" },
    { "a,b", "\"a,b\"" },
    { "a;b", "\"a;b\"" },
    { "say \"hi\"", "\"say \"\"hi\"\"\"" },
    { " lead", "\" lead\"" },
    { "trail ", "\"trail \"" },
    { "=1+1", "\"'=1+1\"" },
    { "=cmd|'/C calc'!A0", "\"'=cmd|'/C calc'!A0\"" },
    { "+1", "\"'+1\"" },
    { "-1", "\"'-1\"" },
    { "@sum(a1)", "\"'@sum(a1)\"" },
    { "  =1", "\"'  =1\"" },
    { "\"=1", "\"'\"\"=1\"" },
    { "'=1", "\"''=1\"" },
    { ",=1", "\"',=1\"" },
    { ";=1", "\"';=1\"" },
    { "\xef\xbc\x9d"
      "1+1",
      "\"'\xef\xbc\x9d"
      "1+1\"" },
    { "\t=1", "\\x09=1" },
    { "\r=1", "\\x0d=1" },
    { "x\r\n=1", "x\\x0d\\x0a=1" },
    { "x=1", "x=1" },
    { "a-b.example", "a-b.example" },
    { "\x1b[2J", "\\x1b[2J" },
    { "caf\xc3\xa9", "caf\xc3\xa9" },
    { "\xff", "\\xff" },
};

START_TEST(csv_text)
{
    struct flow_record flow = records_flow;
    char wanted[256], *text;

    flow.server_name = csv_texts[_i].name;
    text = rows_of(format_called("csv"), &flow);
    snprintf(wanted, sizeof(wanted), ",800000,%s,,FR,", csv_texts[_i].field);
    ck_assert_msg(strstr(text, wanted) != NULL, "%s not in %s", wanted, text);
    free(text);
}
END_TEST

START_TEST(json_row)
{
    struct flow_record flow = records_flow;
    char *text, value[JSONREAD_VALUE];
    json_t *root;

    flow.server_name = records_hostile;
    text = rows_of(format_called("json"), &flow);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    root = jsonread_load(text);
    ck_assert_uint_eq(json_object_size(root), 77);
    ck_assert_str_eq(jsonread_at(root, "start", value), "2019-06-27T13:05:11.123456Z");
    ck_assert_str_eq(jsonread_at(root, "vni", value), "5569041");
    ck_assert_str_eq(jsonread_at(root, "src_tcp_flags", value), "SA");
    ck_assert_str_eq(jsonread_at(root, "dst_tcp_flags", value), "null");
    ck_assert_str_eq(jsonread_at(root, "dst_asn", value), "4294967295");
    ck_assert_str_eq(jsonread_at(root, "rule", value), "null");
    ck_assert_str_eq(jsonread_at(root, "server_name", value), RECORDS_HOSTILE_ESCAPED);
    json_decref(root);
    free(text);
}
END_TEST

static char directory[TEMPDIR_PATH];

static const char *path_in(const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static void make_directory(void)
{
    tempdir_make(directory);
}

static void remove_directory(void)
{
    tempdir_remove(directory);
}

static void read_file(const char *name, char *text, size_t size)
{
    FILE *in = fopen(path_in(name), "r");
    size_t length;

    ck_assert_ptr_nonnull(in);
    length = fread(text, 1, size - 1, in);
    text[length] = '\0';
    fclose(in);
}

static const struct {
    const char *format, *name, *begins;
} good_specs[] = {
    { "", "a.csv", "start,end," },
    { "csv:", "a.csv", "start,end," },
    { "csv:", "b", "start,end," },
    { "json:", "b", "{\"start\"" },
    { "", "c.json", "{\"start\"" },
    { "json:", "a.csv", "{\"start\"" }, /* what is said wins over the ending */
    { "csv:", "d:e.csv", "start,end," },
    { "", "d:e.csv", "start,end," },
};

START_TEST(export_to_a_file)
{
    char spec[160], text[4096];
    struct err err;
    struct export *export;

    snprintf(spec, sizeof(spec), "%s%s", good_specs[_i].format, path_in(good_specs[_i].name));
    export = export_open(spec, NULL, &err);
    ck_assert_msg(export != NULL, "%s", err.text);
    ck_assert_str_eq(export_path(export), path_in(good_specs[_i].name));
    ck_assert_uint_eq(export_rows(export), 0);
    ck_assert(export_flow(&records_flow, export));
    ck_assert_uint_eq(export_rows(export), 1);
    ck_assert(export_close(export, &err));
    read_file(good_specs[_i].name, text, sizeof(text));
    ck_assert_int_eq(strncmp(text, good_specs[_i].begins, strlen(good_specs[_i].begins)), 0);
    ck_assert_int_eq(text[strlen(text) - 1], '\n');
}
END_TEST

static const struct {
    const char *spec;
    enum exit_status status;
    const char *says;
} bad_specs[] = {
    { "", EXIT_USAGE, "csv (.csv), json (.json)" },
    { "-", EXIT_USAGE, "csv (.csv)" },
    { "csv", EXIT_USAGE, "csv (.csv)" },
    { "csv:", EXIT_USAGE, "the path is missing" },
    { "cvs:x.csv", EXIT_USAGE, "no such format" },
    { ".csv", EXIT_USAGE, "csv (.csv)" },
    { "flows.txt", EXIT_USAGE, "csv (.csv)" },
    { "csv:/nonexistent/x.csv", EXIT_RUNTIME, "/nonexistent/x.csv: No such file" },
    { "csv:/", EXIT_RUNTIME, "directory" },
};

START_TEST(export_refused)
{
    struct err err = { .status = EXIT_OK };

    ck_assert_ptr_null(export_open(bad_specs[_i].spec, NULL, &err));
    ck_assert_int_eq(err.status, bad_specs[_i].status);
    ck_assert_msg(strstr(err.text, bad_specs[_i].says) != NULL, "%s", err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
}
END_TEST

/* A fresh file is the user's alone and replaces nothing; an ordinary one replaces. */
START_TEST(fresh_files)
{
    struct err err = { .status = EXIT_OK };
    char spec[160], text[64];
    struct export_directory fresh;
    struct export *export;
    struct stat status;

    export_directory_open(&fresh, directory);
    export = export_open("csv:b", &fresh, &err);
    ck_assert_ptr_nonnull(export);
    ck_assert_str_eq(export_path(export), path_in("b"));
    ck_assert(export_close(export, &err));
    ck_assert_int_eq(stat(path_in("b"), &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    ck_assert_ptr_null(export_open("csv:b", &fresh, &err));
    export_directory_close(&fresh);
    ck_assert_int_eq(err.status, EXIT_RUNTIME);
    ck_assert_ptr_nonnull(strstr(err.text, strerror(EEXIST)));
    snprintf(spec, sizeof(spec), "json:%s", path_in("b"));
    export = export_open(spec, NULL, &err);
    ck_assert_ptr_nonnull(export);
    ck_assert(export_close(export, &err));
    read_file("b", text, sizeof(text));
    ck_assert_str_eq(text, "");
}
END_TEST

/* A folder that is not there is given up for $TMPDIR, and that for /tmp. */
START_TEST(directory_moves)
{
    struct export_directory moved;

    setenv("TMPDIR", directory, 1);
    export_directory_open(&moved, path_in("missing"));
    export_directory_settle(&moved, "me");
    ck_assert(moved.moved);
    ck_assert_str_eq(moved.path, directory);
    ck_assert_str_eq(moved.user, "me");
    export_directory_settle(&moved, "me"); /* it is good: nothing happens */
    ck_assert_str_eq(moved.path, directory);
    export_directory_close(&moved);
    setenv("TMPDIR", "relative", 1);
    export_directory_open(&moved, "/dev/null");
    export_directory_settle(&moved, "me");
    ck_assert_str_eq(moved.path, "/tmp");
    export_directory_close(&moved);
    unsetenv("TMPDIR");
}
END_TEST

/* The buffer hides the first rows; the failure comes out at the latest at the end. */
START_TEST(export_to_a_full_disk)
{
    static const char *const specs[] = { "csv:/dev/full", "json:/dev/full" };
    struct err err = { .status = EXIT_OK };
    struct export *export = export_open(specs[_i % 2], NULL, &err);
    bool good = true;

    ck_assert_ptr_nonnull(export);
    for (int i = 0; i < (_i < 2 ? 1 : 10000); i++)
        good = export_flow(&records_flow, export) && good;
    ck_assert_int_eq(good, _i < 2);
    ck_assert(!export_close(export, &err));
    ck_assert_int_eq(err.status, EXIT_RUNTIME);
    ck_assert_ptr_nonnull(strstr(err.text, "/dev/full"));
    ck_assert_ptr_nonnull(strstr(err.text, strerror(ENOSPC)));
}
END_TEST

#define LOOP(tcase, test, rows)                                                                    \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(rows) / sizeof((rows)[0])))

Suite *make_export_suite(void);

Suite *make_export_suite(void)
{
    Suite *suite = suite_create("export");
    TCase *tcase = tcase_create("files");

    tcase_add_checked_fixture(tcase, make_directory, remove_directory);
    tcase_add_test(tcase, csv_row);
    LOOP(tcase, csv_text, csv_texts);
    tcase_add_test(tcase, json_row);
    tcase_add_loop_test(tcase, export_to_a_full_disk, 0, 4);
    LOOP(tcase, export_to_a_file, good_specs);
    LOOP(tcase, export_refused, bad_specs);
    tcase_add_test(tcase, fresh_files);
    tcase_add_test(tcase, directory_moves);
    suite_add_tcase(suite, tcase);
    return suite;
}
