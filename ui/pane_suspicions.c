/* SPDX-License-Identifier: MIT */
/* Suspicions: who looks for open doors. */
#include "pane.h"

#include <string.h>

static enum theme_role suspicions_role(const struct pane_cell *cell, enum theme_role usual)
{
    return strcmp(cell->field->name, "kind") == 0 ? ROLE_ALERT : usual;
}

const struct pane pane_suspicions = {
    .title = "Suspicions",
    .empty = "nothing suspicious so far",
    .role = suspicions_role,
};
