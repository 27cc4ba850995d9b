/* SPDX-License-Identifier: MIT */
/* Talkers: the inner addresses, by what they send and receive. */
#include "pane.h"

const struct pane pane_talkers = {
    .title = "Talkers",
    .empty = "no addresses yet",
    .bar = "bytes",
    .bar_reserve = 8,
};
