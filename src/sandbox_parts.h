/* SPDX-License-Identifier: MIT */
/*
 * sandbox_parts: what sandbox.c is made of.
 *
 * Each part looks first whether the kernel can do it; that it cannot is no error.
 */
#ifndef MIRRORTOP_SANDBOX_PARTS_H
#define MIRRORTOP_SANDBOX_PARTS_H

#include "err.h"

#include <stddef.h>

/* Landlock and seccomp do not go together with sanitizers, which read files and make calls of their
 * own when they report. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_LEFT_OUT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANDBOX_LEFT_OUT 1
#endif
#endif
#ifndef SANDBOX_LEFT_OUT
#define SANDBOX_LEFT_OUT 0
#endif

/* From here on the process opens for reading only what lies below `readable`, and makes new files
 * only below the folder `exports` (-1: nowhere). *abi: version of Landlock, 0: there is none. */
bool sandbox_landlock(const char *const *readable, size_t count, int exports, int *abi,
                      struct err *err);

/* From here on only the system calls in its list; all others fail with EPERM. */
bool sandbox_seccomp(bool *active, struct err *err);

#endif
