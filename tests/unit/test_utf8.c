/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/utf8.h"

Suite *make_utf8_suite(void);

static const struct {
    uint32_t character;
    const char *bytes;
} characters[] = {
    { 'a', "a" },
    { 0x7f, "\x7f" },
    { 0x80, "\xc2\x80" },
    { 0x7ff, "\xdf\xbf" },
    { 0x800, "\xe0\xa0\x80" },
    { 0xd7ff, "\xed\x9f\xbf" },
    { 0xe000, "\xee\x80\x80" },
    { 0xffff, "\xef\xbf\xbf" },
    { 0x10000, "\xf0\x90\x80\x80" },
    { 0x10ffff, "\xf4\x8f\xbf\xbf" },
};

START_TEST(test_borders)
{
    const char *bytes = characters[_i].bytes;
    size_t length = strlen(bytes);
    char written[UTF8_MAX];
    uint32_t read;

    ck_assert_uint_eq(utf8_write(written, characters[_i].character), length);
    ck_assert_mem_eq(written, bytes, length);
    ck_assert_uint_eq(utf8_read(bytes, UTF8_MAX, &read), length);
    ck_assert_uint_eq(read, characters[_i].character);
    ck_assert(utf8_is_valid(bytes));
}
END_TEST

/* What is read is not more than the bytes that there are. */
START_TEST(test_cut_sequences)
{
    size_t length = strlen(characters[_i].bytes);

    for (size_t size = 0; size < length; size++) {
        char *bytes = malloc(size + 1); /* of this size, for the sanitizer */
        uint32_t read;

        memcpy(bytes, characters[_i].bytes, size);
        ck_assert_uint_eq(utf8_read(bytes, size, &read), 0);
        bytes[size] = '\0';
        ck_assert_uint_eq(utf8_read(bytes, UTF8_MAX, &read), size == 0 ? 1 : 0);
        ck_assert(utf8_is_valid(bytes) == (size == 0));
        bytes[size] = 'x';
        ck_assert_uint_eq(utf8_read(bytes, size + 1, &read), size == 0 ? 1 : 0);
        free(bytes);
    }
}
END_TEST

static const char *const no_characters[] = {
    "\x80",
    "\xbf", /* none begins so */
    "\xc0\x80",
    "\xc1\xbf",
    "\xe0\x80\x80",
    "\xe0\x9f\xbf", /* could be shorter */
    "\xf0\x80\x80\x80",
    "\xf0\x8f\xbf\xbf", /* the same */
    "\xed\xa0\x80",
    "\xed\xbf\xbf", /* surrogates */
    "\xf4\x90\x80\x80",
    "\xf5\x80\x80\x80",
    "\xf7\xbf\xbf\xbf", /* beyond Unicode */
    "\xf8\x88\x80\x80\x80",
    "\xfc\x84\x80\x80\x80\x80",
    "\xfe",
    "\xff",
};

START_TEST(test_no_characters)
{
    const char *bytes = no_characters[_i], *text = bytes;
    uint32_t read;

    ck_assert_uint_eq(utf8_read(bytes, strlen(bytes), &read), 0);
    ck_assert(!utf8_is_valid(bytes));
    ck_assert_uint_eq(utf8_next(&text), '?');
    ck_assert_ptr_eq(text, bytes + 1);
}
END_TEST

/* Every character has one spelling, and whatever is read is that spelling. */
START_TEST(test_every_character)
{
    uint32_t read;
    char bytes[UTF8_MAX];

    for (uint32_t c = 0; c < 0x120000; c++) {
        bool good = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        size_t length = utf8_write(bytes, c);

        /* no assertions: each of them is a message to the parent process */
        if (length != (good ? (c >= 0x80) + 1u + (c >= 0x800) + (c >= 0x10000) : 0))
            ck_abort_msg("U+%04X takes %zu bytes", c, length);
        if (good && (utf8_read(bytes, length, &read) != length || read != c))
            ck_abort_msg("U+%04X is not read back", c);
    }
    ck_assert_uint_eq(utf8_write(bytes, UINT32_MAX), 0);
}
END_TEST

/* Whatever the first two bytes are, with others behind them on both sides of each border. */
START_TEST(test_every_beginning)
{
    static const char thirds[] = { '\0', '\x7f', '\x80', '\xbf', '\xc0', '\xff' };
    unsigned found = 0;

    for (uint32_t i = 0; i < 0x10000 * sizeof(thirds); i++) {
        char bytes[UTF8_MAX] = { (char)(i >> 8), (char)i, thirds[i >> 16], '\x80' };
        char written[UTF8_MAX];
        uint32_t read;
        size_t length = utf8_read(bytes, UTF8_MAX, &read);

        if (length == 0)
            continue;
        found++;
        if (utf8_write(written, read) != length || memcmp(written, bytes, length) != 0)
            ck_abort_msg("%06x is read as U+%04X", i, read);
    }
    /* one byte and any second, two bytes, three and four of which two thirds go on with them */
    ck_assert_uint_eq(found, (0x80 * 0x100 + (0x800 - 0x80)) * sizeof(thirds) +
                                 (0x10000 - 0x800 - 0x800) / 0x40 * 2 + 0x100000 / 0x1000 * 2);
}
END_TEST

START_TEST(test_text)
{
    const char *text = "a\xc3\xa9\xe4\xb8\xad\xff\xf0\x9f\x98\x80";
    static const uint32_t expected[] = { 'a', 0xe9, 0x4e2d, '?', 0x1f600 };

    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        ck_assert_uint_eq(utf8_next(&text), expected[i]);
    ck_assert_int_eq(*text, '\0');
}
END_TEST

START_TEST(test_begin)
{
    const char *text = "a\xc3\xa9\xf0\x9f\x98\x80z";
    static const size_t begins[] = { 0, 1, 1, 3, 3, 3, 3, 7, 8 };

    for (size_t at = 0; at < sizeof(begins) / sizeof(begins[0]); at++)
        ck_assert_uint_eq(utf8_begin(text, at), begins[at]);
    ck_assert_uint_eq(utf8_begin("\x80\x80", 1), 0);
}
END_TEST

START_TEST(test_unseen)
{
    static const uint32_t unseen[] = { 0,      0x1f,   0x7f,   0x9f,   0x61c,  0x200b, 0x200f,
                                       0x2028, 0x202e, 0x2060, 0x2069, 0xfeff, 0xfff9, 0xe0020 };
    static const uint32_t seen[] = { ' ',    '~',    0xa0,   0xe9,    0x2010,
                                     0x202f, 0x4e2d, 0xfffd, 0x1f600, 0x10ffff };

    for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
        ck_assert(utf8_is_unseen(unseen[i]));
    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
        ck_assert(!utf8_is_unseen(seen[i]));
}
END_TEST

Suite *make_utf8_suite(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tcase = tcase_create("utf8");

    tcase_add_loop_test(tcase, test_borders, 0, sizeof(characters) / sizeof(characters[0]));
    tcase_add_loop_test(tcase, test_cut_sequences, 0, sizeof(characters) / sizeof(characters[0]));
    tcase_add_loop_test(tcase, test_no_characters, 0,
                        sizeof(no_characters) / sizeof(no_characters[0]));
    tcase_add_test(tcase, test_every_character);
    tcase_add_test(tcase, test_every_beginning);
    tcase_add_test(tcase, test_text);
    tcase_add_test(tcase, test_begin);
    tcase_add_test(tcase, test_unseen);
    suite_add_tcase(suite, tcase);
    return suite;
}
