/* SPDX-License-Identifier: MIT */
#include "wrap.h"

#include <string.h>

void wrap_print(FILE *out, const char *text, size_t column, size_t indent)
{
    size_t start = column;

    while (*text) {
        size_t word = strcspn(text, " ");
        size_t blank = column > start;

        if (blank && column + 1 + word > WRAP_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = start = indent;
        } else if (blank) {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, word, out);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}
