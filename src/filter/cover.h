/* SPDX-License-Identifier: MIT */
/*
 * cover: whether boxes, taken one after the other, leave anything of a box.
 *
 * A box is what a rule takes, in five dimensions, bounds inclusive. Ports are counted from 1; 0
 * is a packet without ports. The box in question meets the cover's parts in their order. What it
 * shares with a part is dealt with as the part says; the rest, cut into boxes, goes on to the
 * next one.
 */
#ifndef MIRRORTOP_FILTER_COVER_H
#define MIRRORTOP_FILTER_COVER_H

#include "value.h"

enum { BOX_PROTOCOL, BOX_SRC, BOX_DST, BOX_SRC_PORT, BOX_DST_PORT, BOX_DIMENSIONS };

struct box {
    filter_value from[BOX_DIMENSIONS], to[BOX_DIMENSIONS];
};

enum cover_effect {
    PART_COVERS,   /* it is dealt with */
    PART_FAILS,    /* not everything is covered */
    PART_JUMPS,    /* it goes on at part `next`, which is a later one; none: at the end */
    PART_MAY_JUMP, /* the same, and it goes on behind this part, too: both must be covered */
};

struct cover_part {
    const struct box *box;
    enum cover_effect effect;
    uint32_t next;
    uint32_t rule; /* the caller's */
    bool off;      /* as if it were not there */
    bool used;     /* set by cover_check(): something was dealt with here */
};

enum cover_result { COVER_ALL, COVER_NOT_ALL, COVER_UNKNOWN /* too much work */ };

/* Working memory; `steps` are what is left to do, of this box and of all. */
struct cover {
    struct cover_part *parts;
    size_t count;
    bool end_covers; /* what passes all parts */
    struct cover_piece *stack;
    uint64_t steps, all_steps;
};

/* Room for this many parts. False: out of memory, and nothing to free. */
bool cover_init(struct cover *cover, size_t parts);
void cover_free(struct cover *cover);

/* Whether the box is covered, by parts 0 to count - 1. */
enum cover_result cover_check(struct cover *cover, const struct box *box);

bool box_contains(const struct box *outer, const struct box *inner);

/* What a rule takes of packets with and without ports; the families of its addresses are equal. */
struct box box_of_rule(const struct filter_rule *rule);

#endif
