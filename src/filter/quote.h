/* SPDX-License-Identifier: MIT */
/*
 * quote: texts in quotes, of the five languages in which filters are written. Pure.
 *
 * Whatever a text holds, what is written stays inside its quotes when its language is read, and is
 * harmless on a terminal: what format_escape() escapes is escaped here, too, as far as that has a
 * spelling.
 */
#ifndef MIRRORTOP_FILTER_QUOTE_H
#define MIRRORTOP_FILTER_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The character at the beginning of `size` bytes: its number, and its length in *length. false: it
 * is not UTF-8 (RFC 3629). */
bool quote_character(const char *text, size_t size, uint32_t *character, size_t *length);

/* The bytes of a character; how many. */
size_t quote_put(char out[4], uint32_t character);

/* Of a text with a NUL at its end. */
bool quote_is_utf8(const char *text);

/* "...", with the escapes of JSON, which are those of YAML and the short spelling, too. */
void quote_json(FILE *out, const char *text);

/* The same, and $ and % doubled where HCL would begin a template. */
void quote_hcl(FILE *out, const char *text);

/* One word for a POSIX shell: as it is, or in '...', control characters by way of printf. */
void quote_shell(FILE *out, const char *text);

/* At most `most` bytes of a text for an error: what cannot be seen as \xNN, cut ones end with
 * "...". */
void quote_excerpt(char *out, size_t size, const char *text, size_t length, size_t most);

#endif
