/* SPDX-License-Identifier: MIT */
/*
 * utf8: characters of UTF-8 texts (RFC 3629), whatever bytes these hold.
 *
 * Overlong spellings, surrogates, what lies beyond U+10FFFF and cut sequences are no characters.
 * Pure functions; usable from any thread.
 */
#ifndef MIRRORTOP_UTF8_H
#define MIRRORTOP_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_MAX = 4 }; /* bytes of a character */

/*
 * Bytes of the character at the beginning of `size` bytes, 1 to UTF8_MAX, and the character; 0:
 * there is none. Nothing is read behind a byte that is no part of it: where a NUL ends the text,
 * `size` can be UTF8_MAX.
 */
size_t utf8_read(const char *text, size_t size, uint32_t *character);

/* The same for a text that a NUL ends, and not here; *text moves behind the character. What is none
 * gives '?', a byte at a time. */
uint32_t utf8_next(const char **text);

/* Bytes of the character, 1 to UTF8_MAX; 0: it is none, and nothing is written. */
size_t utf8_write(char out[UTF8_MAX], uint32_t character);

/* Of a text that a NUL ends: whether all of it is characters. */
bool utf8_is_valid(const char *text);

/* Whether the byte goes on with a character that has begun before it. */
static inline bool utf8_is_inside(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Where the character begins that the byte at `at` is part of: there a text can be cut. */
size_t utf8_begin(const char *text, size_t at);

/* Characters that act instead of being seen: controls, line separators, marks of direction,
 * invisible operators, tags. */
bool utf8_is_unseen(uint32_t character);

#endif
