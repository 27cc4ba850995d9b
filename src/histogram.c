/* SPDX-License-Identifier: MIT */
#include "histogram.h"

/* Values below 16 have a bucket each; above, the four bits behind the leading one choose. */
static size_t bucket_of(uint64_t value)
{
    unsigned octave;

    if (value < HISTOGRAM_STEPS)
        return (size_t)value;
    octave = 63u - (unsigned)__builtin_clzll(value); /* >= 4 */
    return (octave - 3) * HISTOGRAM_STEPS + (size_t)((value >> (octave - 4)) & 15);
}

/* The largest value of a bucket. */
static uint64_t bucket_top(size_t bucket)
{
    unsigned octave;

    if (bucket < HISTOGRAM_STEPS)
        return bucket;
    octave = (unsigned)(bucket / HISTOGRAM_STEPS) + 3;
    return ((HISTOGRAM_STEPS + bucket % HISTOGRAM_STEPS + 1) << (octave - 4)) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->count++;
    histogram->bucket[bucket_of(value)]++;
}

uint64_t histogram_quantile(const struct histogram *histogram, unsigned percent)
{
    uint64_t wanted = (histogram->count * percent + 99) / 100;
    uint64_t seen = 0;
    uint64_t top;

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->bucket[i];
        if (seen >= wanted && seen > 0) {
            top = bucket_top(i);
            top = top > histogram->max ? histogram->max : top;
            return top < histogram->min ? histogram->min : top;
        }
    }
    return 0;
}
