/* SPDX-License-Identifier: MIT */
/*
 * bytes: numbers in network order, in packets that tests make. The caller sees to the room.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_BYTES_H
#define MIRRORTOP_TESTS_SUPPORT_BYTES_H

#include <stdint.h>

static inline void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

static inline void put64(uint8_t *p, uint64_t v)
{
    put32(p, (uint32_t)(v >> 32));
    put32(p + 4, (uint32_t)v);
}

static inline uint32_t get16(const uint8_t *p)
{
    return (uint32_t)(p[0] << 8 | p[1]);
}

#endif
