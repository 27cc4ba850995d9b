/* SPDX-License-Identifier: MIT */
/* Sessions: which mirrors send, and what. */
#include "pane.h"

#include <string.h>

static enum theme_role sessions_role(const struct pane_cell *cell, enum theme_role usual)
{
    const struct session_record *row = cell->row;

    if (strcmp(cell->field->name, "truncated") == 0 && row->truncated > 0)
        return ROLE_WARNING;
    if (strcmp(cell->field->name, "malformed") == 0 && row->malformed > 0)
        return ROLE_WARNING;
    /* The state finds no room on a narrow screen: the VNI has its colour, too. */
    if ((strcmp(cell->field->name, "state") == 0 || strcmp(cell->field->name, "vni") == 0) &&
        row->state[0] != '\0' && strcmp(row->state, "ok") != 0)
        return ROLE_WARNING;
    return usual;
}

const struct pane pane_sessions = {
    .title = "Sessions",
    .empty = "no mirrored packets yet (--direct also takes what is not mirrored)",
    .bar = "bytes",
    .role = sessions_role,
};
