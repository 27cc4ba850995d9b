/* SPDX-License-Identifier: MIT */
/*
 * wrap: paragraphs for a terminal or a mail.
 */
#ifndef MIRRORTOP_WRAP_H
#define MIRRORTOP_WRAP_H

#include <stddef.h>
#include <stdio.h>

enum { WRAP_WIDTH = 79 }; /* one less than a terminal: no line ends in its last column */

/* Writes the words of `text` and a newline. The line already has `column` characters; those that
 * follow begin with `indent` (< WRAP_WIDTH) blanks. A word that is too long for a line is broken.
 * ASCII only. */
void wrap_print(FILE *out, const char *text, size_t column, size_t indent);

#endif
