/* SPDX-License-Identifier: MIT */
/*
 * ranking: the best so many of what is offered, in the caller's memory.
 *
 * A heap with the worst on top. Equal ranks go to the smaller key, so what stays does not depend on
 * the order of the offers as long as keys differ.
 */
#ifndef MIRRORTOP_RANKING_H
#define MIRRORTOP_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ranked {
    uint64_t rank; /* larger is better */
    uint64_t key;
    size_t index; /* of whatever the caller ranks */
};

struct ranking {
    struct ranked *rows; /* room for `limit`; rows[0] is the worst of them */
    size_t limit;
    size_t count;
    bool ascending; /* the smallest ranks are the best */
};

/* Whether it would be kept now. */
bool ranking_admits(const struct ranking *ranking, uint64_t rank, uint64_t key);

/* Keeps it if it is good enough; when there is no room, rows[0] goes. */
void ranking_offer(struct ranking *ranking, uint64_t rank, uint64_t key, size_t index);

#endif
