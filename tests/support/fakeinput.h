/* SPDX-License-Identifier: MIT */
/*
 * fakeinput: an input that hands out one frame again and again, with the stamps it is given.
 *
 * A file (`can_rewind`, all frames `available`), or a pipe that has only the first `available`
 * frames yet. The caller may change any of the members between two reads.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_FAKEINPUT_H
#define MIRRORTOP_TESTS_SUPPORT_FAKEINPUT_H

#include "../../src/input/input.h"

enum { FAKEINPUT_MAX = 1000 };

struct fakeinput {
    struct input base;
    const uint8_t *data; /* of every frame; borrowed */
    uint32_t length;
    uint64_t stamps[FAKEINPUT_MAX];
    size_t count;     /* frames there will be */
    size_t available; /* of them now; asked for more, there is nothing */
    size_t at;
    bool fails; /* with "it broke" instead of ending */
};

void fakeinput_init(struct fakeinput *fake, const uint8_t *data, size_t length);

/* `count` more frames, `step` ns apart. */
void fakeinput_add(struct fakeinput *fake, uint64_t from_ns, uint64_t step_ns, size_t count);

#endif
