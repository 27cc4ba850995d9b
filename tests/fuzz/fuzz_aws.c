/* SPDX-License-Identifier: MIT */
/*
 * Documents of AWS are files of users: the reader takes any bytes. A NUL byte, which JSON cannot
 * hold, separates several documents. Whatever was taken can be joined, and every session of it is
 * found, or said to be in doubt, when its packets arrive.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/mirror/aws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_ARRIVALS = 64 };

static void require(bool truth)
{
    if (!truth)
        abort();
}

static bool parse(struct aws_documents *documents, const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct err err = { .text = "" };

    while (size > 0) {
        const char *end = memchr(text, '\0', size);
        size_t length = end ? (size_t)(end - text) : size;

        if (!aws_documents_parse(documents, text, length, "fuzz", &err)) {
            require(strncmp(err.text, "fuzz:", 5) == 0);
            for (const char *p = err.text; *p; p++)
                require(*p >= ' ' && *p <= '~');
            return false;
        }
        length += end != NULL;
        text += length;
        size -= length;
    }
    return true;
}

static void check_session(const struct aws_session *session)
{
    require(session->id[0] != '\0' && strlen(session->id) < AWS_TEXT);
    require(session->eni[0] != '\0' && strlen(session->eni) < AWS_TEXT);
    require(strlen(session->name) < AWS_TEXT && strlen(session->filter) < AWS_TEXT);
    require(session->vni <= 0xffffff);
}

static void check_matches(const struct aws_documents *documents)
{
    struct aws_arrival arrivals[MOST_ARRIVALS];
    size_t count = aws_session_count(documents);
    struct aws_matches *matches;

    count = count < MOST_ARRIVALS ? count : MOST_ARRIVALS;
    for (size_t i = 0; i < count; i++) {
        const struct aws_session *session = aws_session_at(documents, i);

        check_session(session);
        arrivals[i] = (struct aws_arrival){ .source = session->source, .vni = session->vni };
        if (session->source.family == 0)
            arrivals[i].source.family = 4; /* any address */
        else
            aws_interface_by_addr(documents, &session->source);
    }
    matches = aws_matches_new(documents, arrivals, count);
    require(matches != NULL);
    for (size_t i = 0; i < count; i++) {
        const struct aws_result *result = &matches->results[i];

        require(result->match != AWS_NOT_IN_FILE ||
                aws_session_at(documents, i)->source.family == 0);
        if (result->match == AWS_FOUND)
            require(aws_session_at(documents, result->session)->vni == arrivals[i].vni &&
                    matches->arrived[result->session]);
    }
    aws_matches_free(matches);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct aws_documents *documents = aws_documents_new();
    char id[AWS_ENI_ID];
    struct err err;

    require(documents != NULL);
    if (parse(documents, data, size)) {
        require(aws_documents_join(documents, &err));
        check_matches(documents);
        for (size_t i = 0; aws_documents_warning(documents, i); i++)
            require(strlen(aws_documents_warning(documents, i)) < AWS_TEXT);
        aws_endpoint_id(documents, size, id);
    }
    aws_documents_free(documents);
    return 0;
}
