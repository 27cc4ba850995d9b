/* SPDX-License-Identifier: MIT */
#include "snapshot.h"

#include <stdlib.h>

struct snapshot_request snapshot_request_default(size_t top)
{
    struct snapshot_request request = { .top = top, .flows = true };

    for (size_t i = 0; i < TABLE_COUNT; i++) {
        request.order[i].field = field_tables[i].default_sort;
        request.order[i].descending = field_tables[i].descending;
    }
    return request;
}

void snapshot_free(struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    free(snapshot->storage);
    free(snapshot->findings);
    free(snapshot);
}
