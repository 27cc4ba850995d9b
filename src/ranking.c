/* SPDX-License-Identifier: MIT */
#include "ranking.h"

static bool is_worse(const struct ranked *a, const struct ranked *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->key > b->key;
}

static void sift_down(struct ranking *ranking, size_t at)
{
    for (;;) {
        size_t worst = at;

        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < ranking->count; child++) {
            if (is_worse(&ranking->rows[child], &ranking->rows[worst]))
                worst = child;
        }
        if (worst == at)
            return;
        struct ranked swap = ranking->rows[at];
        ranking->rows[at] = ranking->rows[worst];
        ranking->rows[worst] = swap;
        at = worst;
    }
}

static struct ranked row_of(const struct ranking *ranking, uint64_t rank, uint64_t key,
                            size_t index)
{
    return (struct ranked){ ranking->ascending ? ~rank : rank, key, index };
}

bool ranking_admits(const struct ranking *ranking, uint64_t rank, uint64_t key)
{
    struct ranked row = row_of(ranking, rank, key, 0);

    return ranking->count < ranking->limit ||
           (ranking->limit > 0 && is_worse(&ranking->rows[0], &row));
}

void ranking_offer(struct ranking *ranking, uint64_t rank, uint64_t key, size_t index)
{
    struct ranked row = row_of(ranking, rank, key, index);

    if (ranking->count < ranking->limit) {
        size_t at = ranking->count++;

        while (at > 0 && is_worse(&row, &ranking->rows[(at - 1) / 2])) {
            ranking->rows[at] = ranking->rows[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        ranking->rows[at] = row;
    } else if (ranking->limit > 0 && is_worse(&ranking->rows[0], &row)) {
        ranking->rows[0] = row;
        sift_down(ranking, 0);
    }
}
