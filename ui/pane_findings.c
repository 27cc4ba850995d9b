/* SPDX-License-Identifier: MIT */
/* Mirror doctor: what is wrong with the feed itself, whatever a filter shows of it. */
#include "pane.h"

#include <string.h>

static enum theme_role findings_role(const struct pane_cell *cell, enum theme_role usual)
{
    const struct finding_record *finding = cell->row;

    if (strcmp(cell->field->name, "severity") != 0)
        return usual;
    return strcmp(finding->severity, "note") == 0 ? ROLE_MESSAGE : ROLE_ALERT;
}

const struct pane pane_findings = {
    .title = "Mirror doctor",
    .empty = "the mirror looks healthy",
    .whole = true,
    .role = findings_role,
};
