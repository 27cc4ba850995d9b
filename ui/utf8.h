/* SPDX-License-Identifier: MIT */
/*
 * utf8: characters of UTF-8 texts, whatever bytes these hold.
 *
 * Pure functions; usable from any thread. A text ends with its NUL.
 */
#ifndef MIRRORTOP_UI_UTF8_H
#define MIRRORTOP_UI_UTF8_H

#include <stddef.h>
#include <wchar.h>

enum { UTF8_MAX = 4 }; /* bytes of a character */

/* One character; what is not valid gives '?'. Moves *text behind it. */
wchar_t utf8_decode(const char **text);

/* Bytes of the character, 1 to UTF8_MAX; 0: it is none (beyond Unicode, a surrogate). */
size_t utf8_encode(char out[UTF8_MAX], wchar_t character);

/* Where the character that begins at `at` ends, and where the one that ends there begins; with the
 * marks that are drawn over it. */
size_t utf8_next(const char *text, size_t at);
size_t utf8_previous(const char *text, size_t at);

#endif
