/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdint.h>
#include <sys/mman.h>

/* From this size on a table is worth large pages; smaller ones would only be filled with zeros that
 * nobody needs. */
static const size_t huge_bytes = 16u << 20;

void *memory_reserve(size_t count, size_t size)
{
    void *memory;

    if (count == 0 || size > SIZE_MAX / count)
        return NULL;
    memory = mmap(NULL, count * size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if (count * size >= huge_bytes)
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
