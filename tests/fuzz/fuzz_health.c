/* SPDX-License-Identifier: MIT */
/* The request of a health check: any bytes; what was decided stays, however they are cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/health.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Copies of exact size: reading beyond one is seen. */
    char *bytes = malloc(size ? size : 1);
    enum health_verdict whole, verdict = HEALTH_MORE;

    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    whole = health_judge(bytes, size);
    if (size >= HEALTH_REQUEST && whole == HEALTH_MORE)
        abort();
    for (size_t n = 0; n <= size && n < 512; n++) {
        char *piece = malloc(n ? n : 1);

        if (!piece)
            break;
        memcpy(piece, bytes, n);
        if (verdict == HEALTH_MORE)
            verdict = health_judge(piece, n);
        else if (health_judge(piece, n) != verdict || whole != verdict)
            abort();
        free(piece);
    }
    if ((whole == HEALTH_GET || whole == HEALTH_HEAD) &&
        memcmp(bytes, whole == HEALTH_GET ? "GET " : "HEAD", 4) != 0)
        abort();
    free(bytes);
    return 0;
}
