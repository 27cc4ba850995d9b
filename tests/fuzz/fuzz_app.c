/* SPDX-License-Identifier: MIT */
/*
 * fuzz_app: any bytes as a first payload.
 *
 * Input: a flag byte (1: UDP, 2: the payload is cut), two ports, where the payload is split (two
 * bytes), the payload. Beside memory errors it looks for answers that break what app.h promises.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/flow/app.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FLAG_UDP = 1, FLAG_CUT = 2, HEADER = 7 };

struct question {
    uint8_t protocol;
    uint16_t src_port, dst_port;
    bool cut;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Asks about `length` bytes that lie in memory of exactly that size. */
static enum app_verdict ask(const struct question *question, const uint8_t *payload, size_t length,
                            struct app_result *result)
{
    uint8_t *exact = malloc(length ? length : 1);
    size_t bytes = length + (question->cut ? 100 : 0);
    enum app_verdict verdict;

    require(exact != NULL);
    if (length)
        memcpy(exact, payload, length);
    verdict = app_identify(question->protocol, question->src_port, question->dst_port, exact,
                           length, bytes, result);
    free(exact);
    require(memchr(result->server_name, '\0', sizeof(result->server_name)) != NULL);
    for (const char *p = result->server_name; *p; p++)
        require(*p < 'A' || *p > 'Z');
    require((verdict == APP_FOUND) <= (result->app != APP_UNKNOWN));
    require((verdict == APP_NOTHING) <= (result->app == APP_UNKNOWN));
    require(verdict == APP_FOUND || result->server_name[0] == '\0');
    require(verdict != APP_MORE ||
            (question->protocol == PROTO_TCP && !question->cut && length < APP_BUFFER));
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct question question;
    struct app_result whole, part;
    enum app_verdict verdict;
    size_t split;

    if (size < HEADER)
        return 0;
    question = (struct question){
        .protocol = data[0] & FLAG_UDP ? PROTO_UDP : PROTO_TCP,
        .src_port = (uint16_t)(data[1] << 8 | data[2]),
        .dst_port = (uint16_t)(data[3] << 8 | data[4]),
        .cut = (data[0] & FLAG_CUT) != 0,
    };
    split = (size_t)data[5] << 8 | data[6];
    data += HEADER;
    size -= HEADER;
    verdict = ask(&question, data, size, &whole);
    if (split >= size)
        return 0;
    /* What the first bytes of a stream settle is not unsettled by those that follow. */
    if (ask(&question, data, split, &part) == APP_FOUND && question.protocol == PROTO_TCP &&
        !question.cut && size < APP_BUFFER) {
        require(verdict == APP_FOUND && whole.app == part.app);
        require(strcmp(whole.server_name, part.server_name) == 0);
    }
    return 0;
}
