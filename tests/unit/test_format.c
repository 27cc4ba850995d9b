/* SPDX-License-Identifier: MIT */
/* Values as text: every form, every limit, and texts that would do harm. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../src/format.h"

#define SECOND 1000000000u

static const struct {
    uint64_t value;
    const char *text;
} si[] = {
    { 0, "0" },
    { 7, "7" },
    { 999, "999" },
    { 1000, "1.0k" },
    { 1049, "1.0k" },
    { 1050, "1.1k" },
    { 1234, "1.2k" },
    { 9949, "9.9k" },
    { 9950, "10k" },
    { 12345, "12k" },
    { 123456, "123k" },
    { 999499, "999k" },
    { 999500, "1.0M" },
    { 999999, "1.0M" },
    { 1000000, "1.0M" },
    { 1234567890, "1.2G" },
    { 1000000000000u, "1.0T" },
    { 1500000000000000u, "1.5P" },
    { 999500000000000000u, "1.0E" },
    { 18446744073709551614u, "18E" },
};

START_TEST(si_prefixes)
{
    char text[FORMAT_NUMBER];

    ck_assert_uint_eq(format_si(text, sizeof(text), si[_i].value), strlen(si[_i].text));
    ck_assert_str_eq(text, si[_i].text);
}
END_TEST

/* Never more than 4 columns, and never smaller for a larger value. */
START_TEST(si_is_short_and_steady)
{
    char text[FORMAT_NUMBER];

    for (uint64_t value = 1; value < UINT64_MAX / 3; value += value / 7 + 1) {
        ck_assert_uint_le(format_si(text, sizeof(text), value), 4);
        ck_assert_int_ge(text[0], '1');
    }
}
END_TEST

static const struct {
    uint64_t us;
    const char *text;
} durations[] = {
    { 0, "0us" },        { 999, "999us" },       { 1000, "1.0ms" },        { 1249, "1.2ms" },
    { 12345, "12ms" },   { 999499, "999ms" },    { 999500, "1.0s" },       { 1500000, "1.5s" },
    { 90000000, "90s" }, { 999999999, "1.0ks" }, { 3600000000u, "3.6ks" },
};

START_TEST(microseconds)
{
    char text[FORMAT_NUMBER];

    ck_assert_uint_eq(format_microseconds(text, sizeof(text), durations[_i].us),
                      strlen(durations[_i].text));
    ck_assert_str_eq(text, durations[_i].text);
}
END_TEST

static const struct {
    struct ip_addr addr;
    const char *text;
} addrs[] = {
    { { .family = 0 }, "" },
    { { .bytes = { 10, 0, 0, 1 }, .family = 4 }, "10.0.0.1" },
    { { .bytes = { 255, 255, 255, 255 }, .family = 4 }, "255.255.255.255" },
    { { .family = 4 }, "0.0.0.0" },
    { { .family = 6 }, "::" },
    { { .bytes = { [15] = 1 }, .family = 6 }, "::1" },
    { { .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x10 }, .family = 6 }, "2001:db8::10" },
    /* RFC 5952 sections 4.2.2 and 4.2.3: one group is not shortened, the first longest run is */
    { { .bytes = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1 }, .family = 6 },
      "2001:db8:0:1:1:1:1:1" },
    { { .bytes = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1 }, .family = 6 },
      "2001:db8::1:0:0:1" },
    { { .bytes = { 0xfe, 0x80, 0x11, 0x11, 0x22, 0x22, 0x33, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66,
                   0x66, 0xAB, 0xCD },
        .family = 6 },
      "fe80:1111:2222:3333:4444:5555:6666:abcd" },
};

START_TEST(addresses)
{
    char text[FORMAT_ADDR];

    ck_assert_uint_eq(format_addr(text, sizeof(text), &addrs[_i].addr), strlen(addrs[_i].text));
    ck_assert_str_eq(text, addrs[_i].text);
}
END_TEST

static const struct {
    uint64_t ns;
    const char *time, *clock;
} times[] = {
    { 0, "1970-01-01T00:00:00.000000Z", "00:00:00" },
    { 999, "1970-01-01T00:00:00.000000Z", "00:00:00" }, /* cut, not rounded */
    { 1561640711ull * SECOND + 123456789, "2019-06-27T13:05:11.123456Z", "13:05:11" },
    { 951782400ull * SECOND, "2000-02-29T00:00:00.000000Z", "00:00:00" },
    { 4102444799ull * SECOND + 999999999, "2099-12-31T23:59:59.999999Z", "23:59:59" },
    { UINT64_MAX - 1, "2554-07-21T23:34:33.709551Z", "23:34:33" },
};

START_TEST(times_in_utc)
{
    char text[FORMAT_TIME];

    ck_assert_uint_eq(format_time(text, sizeof(text), times[_i].ns), strlen(times[_i].time));
    ck_assert_str_eq(text, times[_i].time);
    format_clock(text, sizeof(text), times[_i].ns, true);
    ck_assert_str_eq(text, times[_i].clock);
}
END_TEST

START_TEST(local_clock)
{
    char text[FORMAT_TIME];

    setenv("TZ", "XYZ-02:30", 1);
    tzset();
    format_clock(text, sizeof(text), 1561640711ull * SECOND, false);
    ck_assert_str_eq(text, "15:35:11");
    unsetenv("TZ");
    tzset();
}
END_TEST

static const struct {
    uint64_t flags;
    const char *text;
} flags[] = {
    { 0, "" },
    { TCP_SYN, "S" },
    { TCP_SYN | TCP_ACK, "SA" },
    { TCP_FIN | TCP_PSH | TCP_ACK, "FPA" },
    { 0xff, "FSRPAUEC" },
    { 0x100, "" },
};

START_TEST(tcp_flags)
{
    char text[FORMAT_NUMBER];

    ck_assert_uint_eq(format_tcp_flags(text, sizeof(text), flags[_i].flags),
                      strlen(flags[_i].text));
    ck_assert_str_eq(text, flags[_i].text);
}
END_TEST

static const struct {
    const char *raw, *escaped;
} escapes[] = {
    { "", "" },
    { "www.example.com", "www.example.com" },
    { "blank ~ \"quote\" 'x' <y>", "blank ~ \"quote\" 'x' <y>" },
    { "back\\slash", "back\\x5cslash" },
    { "\x1b[2J\x1b]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07" },
    { "a\r\nb\tc\x7f", "a\\x0d\\x0ab\\x09c\\x7f" },
    { "\x01\x1f", "\\x01\\x1f" },
    /* valid UTF-8 stays: two, three and four bytes, and the borders of each */
    { "caf\xc3\xa9", "caf\xc3\xa9" },
    { "\xc2\xa0\xdf\xbf", "\xc2\xa0\xdf\xbf" },
    { "\xe0\xa0\x80\xe4\xb8\xad\xef\xbf\xbd", "\xe0\xa0\x80\xe4\xb8\xad\xef\xbf\xbd" },
    { "\xf0\x90\x80\x80\xf0\x9f\x98\x80", "\xf0\x90\x80\x80\xf0\x9f\x98\x80" },
    { "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
    /* C1 controls: one of them begins escape sequences as ESC [ does */
    { "\xc2\x9b[2J\xc2\x85", "\\xc2\\x9b[2J\\xc2\\x85" },
    { "\x9b", "\\x9b" },
    /* not UTF-8: stray, cut short, overlong, surrogates, beyond U+10FFFF, bytes that never occur */
    { "bad\xff\xfe", "bad\\xff\\xfe" },
    { "\x80x", "\\x80x" },
    { "\xc3", "\\xc3" },
    { "\xc3(", "\\xc3(" },
    { "\xe4\xb8", "\\xe4\\xb8" },
    { "\xf0\x9f\x98", "\\xf0\\x9f\\x98" },
    { "\xc0\xaf\xc1\x81", "\\xc0\\xaf\\xc1\\x81" },
    { "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf" },
    { "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf" },
    { "\xed\xa0\x80", "\\xed\\xa0\\x80" },
    { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
    { "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80" },
    /* what turns the direction of a line, ends it, or cannot be seen */
    { "\xe2\x80\xae"
      "gpj.exe",
      "\\xe2\\x80\\xaegpj.exe" },
    { "\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad",
      "\\xe2\\x80\\xaa\\xe2\\x80\\xab\\xe2\\x80\\xac\\xe2\\x80\\xad" },
    { "\xe2\x81\xa6\xe2\x81\xa9", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9" },
    { "\xe2\x80\xa8\xe2\x80\xa9", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9" },
    { "\xe2\x80\x8e\xd8\x9c\xef\xbb\xbf", "\\xe2\\x80\\x8e\\xd8\\x9c\\xef\\xbb\\xbf" },
    { "\xf3\xa0\x80\xa0", "\\xf3\\xa0\\x80\\xa0" },
};

START_TEST(escaping)
{
    char text[256];

    ck_assert_uint_eq(format_escape(text, sizeof(text), escapes[_i].raw),
                      strlen(escapes[_i].escaped));
    ck_assert_str_eq(text, escapes[_i].escaped);
}
END_TEST

/* Whatever the room, the result is a beginning of the whole and ends between characters. */
START_TEST(escaping_into_little_room)
{
    const char *whole = escapes[_i].escaped;

    for (size_t size = 1; size <= strlen(whole) + 1; size++) {
        char *text = malloc(size);
        size_t length = format_escape(text, size, escapes[_i].raw);

        ck_assert_uint_lt(length, size);
        ck_assert_uint_eq(length, strlen(text));
        ck_assert_int_eq(memcmp(text, whole, length), 0);
        ck_assert_int_ne((unsigned char)whole[length] & 0xc0, 0x80);
        free(text);
    }
}
END_TEST

/* Nothing is written beyond the room, whatever it is. */
START_TEST(no_format_writes_too_far)
{
    struct ip_addr addr = { .bytes = { 255, 255, 255, 255 }, .family = 4 };

    for (size_t size = 0; size < 40; size++) {
        char room[64];
        size_t lengths[7] = { 0 };

        for (size_t i = 0; i < 7; i++) {
            memset(room, '#', sizeof(room));
            switch (i) {
            case 0:
                lengths[i] = format_addr(room, size, &addr);
                break;
            case 1:
                lengths[i] = format_time(room, size, 1);
                break;
            case 2:
                lengths[i] = format_clock(room, size, 1, true);
                break;
            case 3:
                lengths[i] = format_si(room, size, 123);
                break;
            case 4:
                lengths[i] = format_tcp_flags(room, size, 0xff);
                break;
            case 5:
                lengths[i] = format_microseconds(room, size, 12345);
                break;
            default:
                lengths[i] = format_escape(room, size, "\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b");
            }
            ck_assert(room[size] == '#');
            ck_assert(size == 0 ? lengths[i] == 0 : lengths[i] == strlen(room));
        }
    }
}
END_TEST

static struct flow_record example(void)
{
    return (struct flow_record){
        .start_ns = 1561640711ull * SECOND + 123456789,
        .end_ns = VALUE_UNKNOWN,
        .vni = 16777215,
        .protocol = "tcp",
        .app = "",
        .src_addr = { .bytes = { 10, 0, 0, 1 }, .family = 4 },
        .src_port = 65535,
        .src_packets = 1234567,
        .src_bytes = 0,
        .src_tcp_flags = TCP_SYN | TCP_ACK,
        .dst_tcp_flags = VALUE_UNKNOWN,
        .src_retransmits = VALUE_UNKNOWN,
        .rtt_us = 1234,
        .server_name = "a\nb",
        .state = "open",
        .bit_rate = 8000000,
        .retransmit_share = 1000,
    };
}

static const struct {
    enum table_id table;
    const char *field, *exact, *human, *human_bytes;
} values[] = {
    { TABLE_FLOWS, "start", "2019-06-27T13:05:11.123456Z", "13:05:11", NULL },
    { TABLE_FLOWS, "end", "", "-", NULL },
    { TABLE_FLOWS, "vni", "16777215", "16777215", NULL },
    { TABLE_FLOWS, "mirror_source", "", "-", NULL },
    { TABLE_FLOWS, "protocol", "tcp", "tcp", NULL },
    { TABLE_FLOWS, "app", "", "", NULL },
    { TABLE_FLOWS, "src_addr", "10.0.0.1", "10.0.0.1", NULL },
    { TABLE_FLOWS, "src_port", "65535", "65535", NULL },
    { TABLE_FLOWS, "src_packets", "1234567", "1.2M", NULL },
    { TABLE_FLOWS, "src_bytes", "0", "0", NULL },
    { TABLE_FLOWS, "src_tcp_flags", "SA", "SA", NULL },
    { TABLE_FLOWS, "dst_tcp_flags", "", "-", NULL },
    { TABLE_FLOWS, "src_retransmits", "", "-", NULL },
    { TABLE_FLOWS, "rtt_us", "1234", "1.2ms", NULL },
    { TABLE_FLOWS, "server_name", "a\\x0ab", "a\\x0ab", NULL },
    { TABLE_FLOWS, "bit_rate", "8000000", "8.0M", "1.0M" },
    { TABLE_RETRANSMITS, "retransmit_share", "1000", "100.0%", NULL },
};

START_TEST(fields)
{
    const struct table *table = &field_tables[values[_i].table];
    size_t index = table_find(table, values[_i].field);
    struct flow_record record = example();
    const char *bytes = values[_i].human_bytes ? values[_i].human_bytes : values[_i].human;
    char text[FORMAT_FIELD];

    ck_assert_uint_lt(index, table->count);
    format_field_exact(text, sizeof(text), &table->fields[index], &record);
    ck_assert_str_eq(text, values[_i].exact);
    format_field_human(text, sizeof(text), &table->fields[index], &record, UNITS_BITS, true);
    ck_assert_str_eq(text, values[_i].human);
    format_field_human(text, sizeof(text), &table->fields[index], &record, UNITS_BYTES, true);
    ck_assert_str_eq(text, bytes);
}
END_TEST

/* The longest name, every byte of it escaped, still fits. */
START_TEST(longest_name)
{
    const struct table *table = &field_tables[TABLE_FLOWS];
    const struct field *field = &table->fields[table_find(table, "server_name")];
    struct flow_record record = example();
    char name[256], text[FORMAT_FIELD];

    memset(name, '\x1b', 255);
    name[255] = '\0';
    record.server_name = name;
    ck_assert_uint_eq(format_field_exact(text, sizeof(text), field, &record), 4 * 255);
}
END_TEST

#define LOOP(tcase, test, rows)                                                                    \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(rows) / sizeof((rows)[0])))

Suite *make_format_suite(void);

Suite *make_format_suite(void)
{
    Suite *suite = suite_create("format");
    TCase *tcase = tcase_create("values");

    LOOP(tcase, si_prefixes, si);
    tcase_add_test(tcase, si_is_short_and_steady);
    LOOP(tcase, microseconds, durations);
    LOOP(tcase, addresses, addrs);
    LOOP(tcase, times_in_utc, times);
    tcase_add_test(tcase, local_clock);
    LOOP(tcase, tcp_flags, flags);
    LOOP(tcase, fields, values);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("hostile");
    LOOP(tcase, escaping, escapes);
    LOOP(tcase, escaping_into_little_room, escapes);
    tcase_add_test(tcase, no_format_writes_too_far);
    tcase_add_test(tcase, longest_name);
    suite_add_tcase(suite, tcase);
    return suite;
}
