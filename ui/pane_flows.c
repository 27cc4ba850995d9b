/* SPDX-License-Identifier: MIT */
/* Flows: who speaks with whom. */
#include "pane.h"

#include <string.h>

static enum theme_role flows_role(const struct pane_cell *cell, enum theme_role usual)
{
    const struct flow_record *row = cell->row;

    if (strcmp(cell->field->name, "state") == 0 && strcmp(row->state, "refused") == 0)
        return ROLE_ALERT;
    if (strcmp(cell->field->name, "retransmits") == 0 && usual != ROLE_DIM)
        return ROLE_WARNING;
    return usual;
}

const struct pane pane_flows = {
    .title = "Flows",
    .empty = "no flows yet",
    .role = flows_role,
};
