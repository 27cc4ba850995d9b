/* SPDX-License-Identifier: MIT */
/*
 * cursor: the only way in which mirrortop reads packet bytes.
 *
 * A cursor is the half-open range [p, end) of captured bytes. Every read says whether it could be
 * done; a failed read moves nothing. Lengths are compared with lengths, never pointers with
 * pointers beyond the end, so no value from the wire can make an address overflow.
 * Cursors are small values without ownership: copy them freely, from any thread.
 */
#ifndef MIRRORTOP_DECODE_CURSOR_H
#define MIRRORTOP_DECODE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
    const uint8_t *p;
    const uint8_t *end;
};

/* A cursor over `len` bytes at `data`. */
static inline struct cursor cur_make(const uint8_t *data, size_t len)
{
    return (struct cursor){ .p = data, .end = data + len };
}

/* Captured bytes left. */
static inline size_t cur_left(const struct cursor *c)
{
    return (size_t)(c->end - c->p);
}

static inline bool cur_has(const struct cursor *c, size_t n)
{
    return n <= cur_left(c);
}

static inline bool cur_skip(struct cursor *c, size_t n)
{
    if (!cur_has(c, n))
        return false;
    c->p += n;
    return true;
}

/* The next `n` bytes in place, or NULL; the cursor moves behind them. */
static inline const uint8_t *cur_take(struct cursor *c, size_t n)
{
    const uint8_t *p = c->p;

    return cur_skip(c, n) ? p : NULL;
}

/* Network byte order from bytes that cur_take() has vouched for. */
static inline uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t be64(const uint8_t *p)
{
    return (uint64_t)be32(p) << 32 | be32(p + 4);
}

static inline bool cur_u8(struct cursor *c, uint8_t *v)
{
    const uint8_t *p = cur_take(c, 1);

    if (p)
        *v = p[0];
    return p != NULL;
}

static inline bool cur_be16(struct cursor *c, uint16_t *v)
{
    const uint8_t *p = cur_take(c, 2);

    if (p)
        *v = be16(p);
    return p != NULL;
}

static inline bool cur_be32(struct cursor *c, uint32_t *v)
{
    const uint8_t *p = cur_take(c, 4);

    if (p)
        *v = be32(p);
    return p != NULL;
}

/* Makes the cursor end after `len` bytes at most: an inner decoder cannot see beyond a length
 * field. A length that the capture does not hold leaves the end where it is. */
static inline void cur_limit(struct cursor *c, size_t len)
{
    size_t left = cur_left(c);

    c->end = c->p + (len < left ? len : left);
}

/* A child over the next `len` bytes (or what is left of them); the parent does not move. */
static inline struct cursor cur_sub(const struct cursor *c, size_t len)
{
    struct cursor child = *c;

    cur_limit(&child, len);
    return child;
}

#endif
