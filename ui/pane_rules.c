/* SPDX-License-Identifier: MIT */
/* The filter in force, rule by rule: a dry run. */
#include "pane.h"

const struct pane pane_rules = {
    .title = "Rules",
    .empty = "no filter is in force",
    .bar = "bytes",
};
