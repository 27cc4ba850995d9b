/* SPDX-License-Identifier: MIT */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format.h"

/* File names and arguments may hold anything: what is printed stays one harmless line. A mark and
 * not an escape, since a text that is wrapped in another one comes here twice. */
static void make_harmless(char *text)
{
    const char *from = text;
    char *to = text;

    while (*from) {
        const char *character = from;
        char escaped[FORMAT_ESCAPE];

        format_escape_next(escaped, &from);
        if (escaped[0] == '\\' && *character != '\\') {
            *to++ = '?';
        } else {
            memmove(to, character, (size_t)(from - character));
            to += from - character;
        }
    }
    *to = '\0';
}

bool err_set(struct err *err, enum exit_status status, const char *format, ...)
{
    va_list args;

    err->status = status;
    va_start(args, format);
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    make_harmless(err->text);
    return false;
}
