/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/memory.h"

Suite *make_memory_suite(void);

static const size_t huge_page = 2u << 20;

/* Sizes in bytes: below a huge page, one, and more, also of no whole number of pages. */
static const size_t sizes[] = {
    1, 4096, (2u << 20) - 1, 2u << 20, (2u << 20) + 1, (5u << 20) + 64
};

START_TEST(test_reserved_reads_as_zeros)
{
    size_t size = sizes[_i];
    uint8_t *memory = memory_reserve(1, size);

    ck_assert_ptr_nonnull(memory);
    ck_assert_uint_eq(memory[0] | memory[size / 2] | memory[size - 1], 0);
    memset(memory, 1, size);
    memory_clear(memory, 1, size);
    ck_assert_uint_eq(memory[0] | memory[size / 2] | memory[size - 1], 0);
    memory_release(memory, 1, size);
}
END_TEST

START_TEST(test_large_one_begins_at_a_huge_page)
{
    uint8_t *first = memory_reserve(3, huge_page / 2 + 64);
    uint8_t *second = memory_reserve(1, huge_page + 1);

    ck_assert_uint_eq((uintptr_t)first % huge_page, 0);
    ck_assert_uint_eq((uintptr_t)second % huge_page, 0);
    memory_release(first, 3, huge_page / 2 + 64);
    memory_release(second, 1, huge_page + 1);
}
END_TEST

/* Address space of this process, in pages. */
static unsigned long mapped_pages(void)
{
    char text[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY); /* stdio would map memory of its own */

    ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
    close(fd);
    return strtoul(text, NULL, 10);
}

/* What was mapped only to find the place is given back, and all is in the end. A tool that the test
 * runs under may map a little of its own meanwhile, or give some back. */
START_TEST(test_nothing_else_stays_mapped)
{
    enum { TABLES = 16 };
    size_t size = 2 * huge_page + 64, page = (size_t)sysconf(_SC_PAGESIZE);
    size_t own = 2 * huge_page / page + 1, little = huge_page / page / 4;
    unsigned long before = mapped_pages();
    void *memory[TABLES];

    for (size_t i = 0; i < TABLES; i++)
        memory[i] = memory_reserve(1, size);
    ck_assert_uint_ge(mapped_pages() + little, before + TABLES * own);
    ck_assert_uint_le(mapped_pages(), before + TABLES * own + little);
    for (size_t i = 0; i < TABLES; i++)
        memory_release(memory[i], 1, size);
    ck_assert_uint_le(mapped_pages(), before + little);
}
END_TEST

START_TEST(test_more_than_there_can_be)
{
    ck_assert_ptr_null(memory_reserve(0, 8));
    ck_assert_ptr_null(memory_reserve(SIZE_MAX / 4, 8));
    ck_assert_ptr_null(memory_reserve(SIZE_MAX, 1));
    memory_release(NULL, 1, 8);
}
END_TEST

Suite *make_memory_suite(void)
{
    Suite *suite = suite_create("memory");
    TCase *tcase = tcase_create("memory");

    tcase_add_loop_test(tcase, test_reserved_reads_as_zeros, 0,
                        (int)(sizeof(sizes) / sizeof(sizes[0])));
    tcase_add_test(tcase, test_large_one_begins_at_a_huge_page);
    tcase_add_test(tcase, test_nothing_else_stays_mapped);
    tcase_add_test(tcase, test_more_than_there_can_be);
    suite_add_tcase(suite, tcase);
    return suite;
}
