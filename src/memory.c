/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static const size_t huge_page = 2u << 20;

void *memory_reserve_sparse(size_t count, size_t size)
{
    void *memory;

    if (count == 0 || size > SIZE_MAX / count)
        return NULL;
    memory = mmap(NULL, count * size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* Begins where a huge page does: before the first one there would be small pages, a page fault for
 * each. */
static void *reserve_aligned(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (bytes + page - 1) / page * page;
    char *memory = memory_reserve_sparse(1, whole + huge_page);
    size_t before = -(uintptr_t)memory % huge_page;

    if (!memory)
        return NULL;
    if (before > 0)
        munmap(memory, before);
    munmap(memory + before + whole, huge_page - before);
    return memory + before;
}

void *memory_reserve(size_t count, size_t size)
{
    void *memory;

    if (size > 0 && count > (SIZE_MAX - 2 * huge_page) / size)
        return NULL;
    memory = count * size < huge_page ? memory_reserve_sparse(count, size)
                                      : reserve_aligned(count * size);
    if (memory)
        madvise(memory, count * size, MADV_HUGEPAGE); /* a wish: a kernel without it is no error */
    return memory;
}

void memory_release(void *memory, size_t count, size_t size)
{
    if (memory)
        munmap(memory, count * size);
}

void memory_clear(void *memory, size_t count, size_t size)
{
    madvise(memory, count * size, MADV_DONTNEED);
}
