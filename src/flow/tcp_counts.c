/* SPDX-License-Identifier: MIT */
#include "tcp_counts.h"

static const struct {
    const char *name, *unit, *doc;
} texts[TCP_COUNT_COUNT] = {
#define X(id, name, unit, doc) [TCP_COUNT_##id] = { name, unit, doc },
    TCP_COUNTS(X)
#undef X
};

const char *tcp_count_name(enum tcp_count what)
{
    return texts[what].name;
}

const char *tcp_count_unit(enum tcp_count what)
{
    return texts[what].unit;
}

const char *tcp_count_doc(enum tcp_count what)
{
    return texts[what].doc;
}
