/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdint.h>
#include <sys/mman.h>

void *memory_reserve_sparse(size_t count, size_t size)
{
    void *memory;

    if (count == 0 || size > SIZE_MAX / count)
        return NULL;
    memory = mmap(NULL, count * size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void *memory_reserve(size_t count, size_t size)
{
    void *memory = memory_reserve_sparse(count, size);

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
