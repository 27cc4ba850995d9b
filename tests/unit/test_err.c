/* SPDX-License-Identifier: MIT */
/* err: whatever a file is called, the error is one harmless line. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "../../src/err.h"

Suite *make_err_suite(void);

static const struct {
    const char *name, *shown;
} cases[] = {
    { "plain.pcap", "plain.pcap" },
    { "", "" },
    { "a\\b", "a\\b" }, /* harmless, and may be an escape already */
    { "a\nb\r\tc", "a?b??c" },
    { "\x1b]0;title\x07", "?]0;title?" },
    { "del\x7f", "del?" },
    { "csi\xc2\x9b"
      "2J",
      "csi?2J" },                                 /* C1 as UTF-8: one mark a character */
    { "\xc2\x80\xc2\x9f\xc2\xa0", "??\xc2\xa0" }, /* the first, the last, the one behind */
    { "raw\x9b"
      "2J",
      "raw?2J" }, /* C1 as Latin-1: not UTF-8 */
    { "\x80\x9f\xff", "???" },
    { "cut\xe2\x82", "cut??" },
    { "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
    { "\xe2\x80\xae"
      "gpj.exe",
      "?gpj.exe" }, /* bidirectional control */
};

START_TEST(test_texts)
{
    struct err err, outer;
    char expected[256];

    ck_assert(!err_set(&err, EXIT_INPUT, "%s: cannot be opened", cases[_i].name));
    ck_assert_int_eq(err.status, EXIT_INPUT);
    snprintf(expected, sizeof(expected), "%s: cannot be opened", cases[_i].shown);
    ck_assert_str_eq(err.text, expected);
    err_set(&outer, EXIT_RUNTIME, "%s", err.text); /* wrapped: stays as it is */
    ck_assert_str_eq(outer.text, err.text);
}
END_TEST

START_TEST(test_long_text_is_cut)
{
    struct err err;
    char name[2000];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    err_set(&err, EXIT_INPUT, "%s", name);
    ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
    memset(name, 0x9b, sizeof(name) - 1);
    err_set(&err, EXIT_INPUT, "%s", name);
    ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
    ck_assert_uint_eq(strspn(err.text, "?"), sizeof(err.text) - 1);
}
END_TEST

Suite *make_err_suite(void)
{
    Suite *suite = suite_create("err");
    TCase *tcase = tcase_create("texts");

    tcase_add_loop_test(tcase, test_texts, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, test_long_text_is_cut);
    suite_add_tcase(suite, tcase);
    return suite;
}
