/* SPDX-License-Identifier: MIT */
/*
 * memory: the large tables.
 *
 * Address space for a table's whole bound is reserved at the start and reads as zeros; pages cost
 * memory only once they are touched. Large pages are asked for where the kernel has them: the
 * tables are read at random, and thousands of small page faults take longer than filling a large
 * page.
 */
#ifndef MIRRORTOP_MEMORY_H
#define MIRRORTOP_MEMORY_H

#include <stddef.h>

/* count * size zero bytes, page-aligned, or NULL. */
void *memory_reserve(size_t count, size_t size);

/* The same in small pages: for tables of which few entries, far apart, will ever be touched. */
void *memory_reserve_sparse(size_t count, size_t size);

/* Gives a table back; `memory` may be NULL. */
void memory_release(void *memory, size_t count, size_t size);

/* All zeros again; the pages go back to the system. */
void memory_clear(void *memory, size_t count, size_t size);

#endif
