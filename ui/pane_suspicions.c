/* SPDX-License-Identifier: MIT */
/* Suspicions: who looks for open doors. */
#include "pane.h"

#include <stdio.h>
#include <string.h>

#include "../src/detect/scan.h"

/* A scan of many hosts has no target of its own: it says how many. Words, not names of members. */
static bool suspicions_cell(const struct pane_cell *cell, char *out, size_t size)
{
    const struct suspicion_record *row = cell->row;

    if (strcmp(cell->field->name, "kind") == 0) {
        snprintf(out, size, "%s", row->kind);
        for (char *c = strchr(out, '_'); c; c = strchr(c, '_'))
            *c = ' ';
        return true;
    }
    if (strcmp(cell->field->name, "dst_addr") != 0 || !field_is_unknown(cell->field, row))
        return false;
    snprintf(out, size, "%llu%s hosts", (unsigned long long)row->targets,
             row->targets < SCAN_TARGETS ? "" : "+");
    return true;
}

static enum theme_role suspicions_role(const struct pane_cell *cell, enum theme_role usual)
{
    return strcmp(cell->field->name, "kind") == 0 ? ROLE_ALERT : usual;
}

const struct pane pane_suspicions = {
    .title = "Suspicions",
    .empty = "nothing suspicious so far",
    .cell = suspicions_cell,
    .role = suspicions_role,
};
