/* SPDX-License-Identifier: MIT */
/*
 * histogram: quantiles of many values in a fixed size.
 *
 * 16 buckets an octave: a quantile is at most 6 % above the true value. Values are microseconds,
 * but any number will do.
 */
#ifndef MIRRORTOP_HISTOGRAM_H
#define MIRRORTOP_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_STEPS = 16, HISTOGRAM_BUCKETS = HISTOGRAM_STEPS * 61 };

struct histogram {
    uint64_t count;
    uint64_t min, max;
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* The value that a share of `percent` does not exceed, within [min, max]; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *histogram, unsigned percent);

#endif
