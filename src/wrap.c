/* SPDX-License-Identifier: MIT */
#include "wrap.h"

#include <string.h>

void wrap_print(FILE *out, const char *text, size_t column, size_t indent)
{
    size_t start = column;

    while (*text) {
        size_t word = strcspn(text, " "), blank = column > start;

        if (word > WRAP_WIDTH - indent)
            word = WRAP_WIDTH - indent; /* too long for any line: fills one, and goes on */
        if (column > indent && column + blank + word > WRAP_WIDTH) {
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
