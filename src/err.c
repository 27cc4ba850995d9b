/* SPDX-License-Identifier: MIT */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>

bool err_set(struct err *err, enum exit_status status, const char *format, ...)
{
    va_list args;

    err->status = status;
    va_start(args, format);
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    /* File names and arguments may hold anything: what is printed stays one harmless line. */
    for (char *at = err->text; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    }
    return false;
}
