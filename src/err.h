/* SPDX-License-Identifier: MIT */
/*
 * err: a reason for the user, handed up the calls.
 *
 * The last parameter of what can fail. The text is one line without a newline and says what to
 * do about it. Only main.c prints it.
 */
#ifndef MIRRORTOP_ERR_H
#define MIRRORTOP_ERR_H

#include <stdbool.h>

/* Exit statuses; also in the manual. */
enum exit_status {
    EXIT_OK = 0,
    EXIT_RUNTIME = 1,
    EXIT_USAGE = 2,
    EXIT_PERMISSION = 3, /* or no such device or address */
    EXIT_INPUT = 4,      /* the input cannot be read */
};

struct err {
    enum exit_status status;
    char text[640];
};

/* Sets status and text (printf), in which control characters, what is not UTF-8 and the like become
 * question marks; returns false, so that `return err_set(...)` reads well. */
bool err_set(struct err *err, enum exit_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
