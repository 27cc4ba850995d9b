/* SPDX-License-Identifier: MIT */
/*
 * quote: texts in quotes, of the five languages in which filters are written. Pure.
 *
 * Texts are UTF-8: no other gets into a filter. Whatever one holds, what is written stays inside
 * its quotes when its language is read, and is harmless on a terminal: what format_escape()
 * escapes is escaped here, too, as far as that has a spelling.
 */
#ifndef MIRRORTOP_FILTER_QUOTE_H
#define MIRRORTOP_FILTER_QUOTE_H

#include <stddef.h>
#include <stdio.h>

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
