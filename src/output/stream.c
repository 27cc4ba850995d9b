/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <errno.h>
#include <string.h>

bool stream_failed(const char *what, int reason, struct err *err)
{
    const char *advice = "";

    if (reason == ENOSPC || reason == EDQUOT)
        advice = "; make room or write it elsewhere";
    else if (reason == EPIPE)
        advice = " (its reader has gone)";
    return err_set(err, EXIT_RUNTIME, "cannot write %s: %s%s", what,
                   reason ? strerror(reason) : "output error", advice);
}

bool stream_finish(FILE *out, const char *what, struct err *err)
{
    if (fflush(out) == 0 && !ferror(out))
        return true;
    return stream_failed(what, errno, err);
}
