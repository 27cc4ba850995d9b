/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "../support/capbuild.h"

static const struct {
    int resolution;
    int64_t offset;
    uint64_t ticks, ts_ns;
} clocks[] = {
    { -1, 0, 1700000000123456, 1700000000123456000 },
    { 6, 0, 1700000000123456, 1700000000123456000 },
    { 9, 0, 1700000000123456789, 1700000000123456789 },
    { 3, 0, 1700000000123, 1700000000123000000 },
    { 0, 0, 1700000000, 1700000000000000000 },
    { 12, 0, 1234567890123456789, 1234567890123456 },
    { 19, 0, 15000000000000000000u, 1500000000 },
    { 0x80 | 10, 0, (UINT64_C(1700000000) << 10) + 512, 1700000000500000000 },
    { 0x80 | 63, 0, UINT64_C(3) << 62, 1500000000 },
    { 0x80, 0, 1700000000, 1700000000000000000 },
    { 6, 3600, 5, 3600000005000 },
    { 6, -1, 3000000, 2000000000 },
    { 6, -10, 3000000, 0 },                   /* before 1970 */
    { 6, INT64_MAX, 0, 9223372035000000000 }, /* the year 2262 */
    { 0, 0, UINT64_MAX, 9223372035000000000 },
    { 0, INT64_MIN, UINT64_MAX, 9223372035000000000 },
};

START_TEST(test_pcapng_clocks)
{
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        struct input *input;

        cb_start(big_endian);
        cb_section();
        cb_interface(1, 0, clocks[_i].resolution, clocks[_i].offset);
        cb_enhanced(0, clocks[_i].ticks, 7, 21);
        input = cb_read();
        ck_assert_uint_eq(cb_got.count, 1);
        ck_assert_uint_eq(cb_got.frames[0].ts_ns, clocks[_i].ts_ns);
        input_close(input);
    }
}
END_TEST

START_TEST(test_pcapng_blocks)
{
    static const struct {
        uint64_t ts_ns;
        uint32_t captured, wire;
        enum link_type link;
    } expected[] = {
        { 1000000000, 21, 121, LINK_ETHERNET },   { 2000000000, 22, 122, LINK_UNSUPPORTED },
        { 3000000000, 23, 123, LINK_RAW },        { 3000000000, 24, 40, LINK_ETHERNET },
        { 5000000000, 25, 125, LINK_LINUX_SLL2 },
    };
    struct input *input;

    cb_varied();
    input = cb_read();
    for (int turn = 0; turn < 2; turn++) {
        ck_assert_int_eq(cb_got.end, INPUT_END);
        ck_assert(!input->cut);
        ck_assert_uint_eq(cb_got.count, 5);
        for (size_t n = 0; n < 5; n++) {
            ck_assert_uint_eq(cb_got.frames[n].ts_ns, expected[n].ts_ns);
            ck_assert_uint_eq(cb_got.frames[n].captured, expected[n].captured);
            ck_assert_uint_eq(cb_got.frames[n].wire, expected[n].wire);
            ck_assert_int_eq(cb_got.frames[n].link, expected[n].link);
            ck_assert_uint_eq(cb_got.frames[n].data[0], n + 1);
        }
        ck_assert(input_rewind(input, &cb_err));
        cb_read_all(input);
    }
    input_close(input);
}
END_TEST

START_TEST(test_pcapng_every_cut)
{
    size_t whole_length, before = 0;

    cb_varied();
    whole_length = cb.length;
    for (size_t length = 24; length < whole_length; length++) {
        struct input *input;

        cb.length = length;
        input = cb_read();
        ck_assert_int_eq(cb_got.end, INPUT_END);
        ck_assert_uint_ge(cb_got.count, before);
        ck_assert_uint_le(cb_got.count, before + 1);
        before = cb_got.count;
        if (length % 4 != 0)
            ck_assert(input->cut);
        input_close(input);
    }
    ck_assert_uint_eq(before, 4);
}
END_TEST

START_TEST(test_pcapng_without_packets)
{
    struct input *input;

    cb_start(false);
    cb_section();
    for (int n = 0; n < 3; n++) {
        input = cb_read();
        ck_assert_int_eq(cb_got.end, INPUT_END);
        ck_assert_uint_eq(cb_got.count, 0);
        ck_assert(!input->cut);
        input_close(input);
        cb_interface(n == 0 ? 9 : 1, 0, -1, 0);
    }
}
END_TEST

START_TEST(test_pcapng_many_interfaces)
{
    struct input *input;

    cb_start(false);
    cb_section();
    for (int n = 0; n < 100; n++)
        cb_interface(n == 99 ? 1 : 101, 0, 6, n);
    cb_enhanced(99, 0, 1, 20);
    cb_enhanced(5, 0, 1, 20);
    input = cb_read();
    ck_assert_uint_eq(cb_got.count, 2);
    ck_assert_int_eq(cb_got.frames[0].link, LINK_ETHERNET);
    ck_assert_uint_eq(cb_got.frames[0].ts_ns, 99000000000);
    ck_assert_uint_eq(cb_got.frames[1].ts_ns, 5000000000);
    input_close(input);
}
END_TEST

/* Each makes the block behind one good packet corrupt. */
static void corrupt_interface(void)
{
    cb_enhanced(1, 0, 1, 20);
}

static void corrupt_new_section(void)
{
    cb_section();
    cb_enhanced(0, 0, 1, 20); /* the interfaces of the section before are gone */
}

static void corrupt_captured(void)
{
    size_t block = cb.length;

    cb_enhanced(0, 0, 1, 20);
    cb.data[block + 20] = 21;
}

static void corrupt_huge_captured(void)
{
    cb_enhanced(0, 0, 1, 262145);
}

static void corrupt_second_length(void)
{
    cb_enhanced(0, 0, 1, 20);
    cb.data[cb.length - 4] += 4;
}

static void corrupt_odd_length(void)
{
    size_t block = cb.length;

    cb_enhanced(0, 0, 1, 20);
    cb.data[block + 4] += 1;
}

static void corrupt_small_length(void)
{
    cb_put(6, 4);
    cb_put(8, 4);
    cb_put(0, 8);
}

static void corrupt_large_length(void)
{
    cb_put(0x0bad, 4);
    cb_put(0xfffffffc, 4);
    cb_put(0, 8);
}

static void corrupt_short_packet(void)
{
    cb_close_block(cb_open_block(6));
}

static void corrupt_short_simple(void)
{
    cb_close_block(cb_open_block(3));
}

static void corrupt_short_interface(void)
{
    cb_close_block(cb_open_block(1));
}

static void corrupt_option(void)
{
    size_t block = cb_open_block(1);

    cb_put(1, 2);
    cb_put(0, 6);
    cb_put(2, 2);
    cb_put(1000, 2);
    cb_close_block(block);
}

static void corrupt_resolution(void)
{
    cb_interface(1, 0, 20, 0);
}

static void corrupt_byte_order(void)
{
    size_t block = cb.length;

    cb_section();
    cb.data[block + 8] = 0;
}

static void corrupt_version(void)
{
    size_t block = cb.length;

    cb_section();
    cb.data[block + 12] = 2;
}

static void corrupt_short_section(void)
{
    size_t block = cb_open_block(0x0a0d0d0a);

    cb_put(0x1a2b3c4d, 4);
    cb_close_block(block);
}

static const struct {
    void (*make)(void);
    const char *reason;
    size_t at; /* bytes behind the good packet */
} corruptions[] = {
    { corrupt_interface, "a packet of interface 1, but there are 1", 0 },
    { corrupt_new_section, "a packet of interface 0, but there are 0", 28 },
    { corrupt_captured, "a packet of 21 captured bytes in a block of 52", 0 },
    { corrupt_huge_captured, "a packet of 262145 captured bytes (at most 262144 can be)", 0 },
    { corrupt_second_length, "block 0x00000006: its two lengths differ (52, 56)", 0 },
    { corrupt_odd_length, "block 0x00000006 of 53 bytes", 0 },
    { corrupt_small_length, "block 0x00000006 of 8 bytes", 0 },
    { corrupt_large_length, "block 0x00000bad of 4294967292 bytes", 0 },
    { corrupt_short_packet, "packet block too short", 0 },
    { corrupt_short_simple, "packet block too short", 0 },
    { corrupt_short_interface, "interface description too short", 0 },
    { corrupt_option, "option 2 reaches beyond its block", 0 },
    { corrupt_resolution, "time resolution 0x14 is not read", 0 },
    { corrupt_byte_order, "section header without a byte-order magic", 0 },
    { corrupt_version, "pcapng version 2 is not read (only 1)", 0 },
    { corrupt_short_section, "section header too short", 0 },
};

START_TEST(test_pcapng_corrupt)
{
    char expected[256];
    struct input *input;

    cb_start(false);
    cb_section();
    cb_interface(1, 0, -1, 0);
    cb_enhanced(0, 0, 1, 20);
    snprintf(expected, sizeof(expected), "test: corrupt at byte %zu: %s",
             cb.length + corruptions[_i].at, corruptions[_i].reason);
    corruptions[_i].make();
    cb_enhanced(0, 0, 1, 20);
    input = cb_read();
    ck_assert_int_eq(cb_got.end, INPUT_ERROR);
    ck_assert_uint_eq(cb_got.count, 1);
    ck_assert_int_eq(cb_err.status, EXIT_INPUT);
    ck_assert_str_eq(cb_err.text, expected);
    input_close(input);
}
END_TEST

START_TEST(test_pcapng_starts_corrupt)
{
    cb_start(false);
    cb_section();
    cb_enhanced(0, 0, 1, 20);
    ck_assert_ptr_null(cb_open());
    ck_assert_str_eq(cb_err.text,
                     "test: corrupt at byte 28: a packet of interface 0, but there are 0");
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *make_pcapng_suite(void);
Suite *make_pcapng_suite(void)
{
    Suite *suite = suite_create("pcapng");
    TCase *tcase = tcase_create("pcapng");

    tcase_add_loop_test(tcase, test_pcapng_clocks, 0, COUNT(clocks));
    tcase_add_test(tcase, test_pcapng_blocks);
    tcase_add_test(tcase, test_pcapng_every_cut);
    tcase_add_test(tcase, test_pcapng_without_packets);
    tcase_add_test(tcase, test_pcapng_many_interfaces);
    tcase_add_loop_test(tcase, test_pcapng_corrupt, 0, COUNT(corruptions));
    tcase_add_test(tcase, test_pcapng_starts_corrupt);
    suite_add_tcase(suite, tcase);
    return suite;
}
