/* SPDX-License-Identifier: MIT */
#include "skip.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static atomic_int *skipped;

void skip_start(void)
{
    skipped =
        mmap(NULL, sizeof(*skipped), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (skipped == MAP_FAILED)
        abort();
}

void skip_test(const char *name, const char *reason)
{
    printf("skipped: %s: %s\n", name, reason);
    fflush(stdout);
    atomic_fetch_add(skipped, 1);
}

int skip_count(void)
{
    return atomic_load(skipped);
}
