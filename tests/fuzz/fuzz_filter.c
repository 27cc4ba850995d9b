/* SPDX-License-Identifier: MIT */
/*
 * Filters are texts of users, typed letter by letter, pasted, or read from files: the reader takes
 * any bytes. An error lies within the text and can be shown as it is. What was read can be written
 * in every format, and reads back equal.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/filter/complete.h"
#include "../../src/filter/read.h"
#include "../../src/filter/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void check_error(const struct filter_error *error, size_t size)
{
    require(error->at <= size && error->length <= size - error->at);
    require(error->line >= 1 && error->line <= size + 1);
    require(error->column >= 1 && error->column <= size + 1);
    require(error->text[0] != '\0');
    for (const char *c = error->text; *c; c++)
        require((unsigned char)*c >= ' ' && *c != '\x7f');
}

/* false: the format cannot say it. */
static bool check_format(const struct filter *filter, enum filter_format format)
{
    struct filter_error error;
    struct filter again;
    struct err err;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool good;

    require(out != NULL);
    good = filter_write(filter, format, out, &err);
    require(fclose(out) == 0);
    filter_init(&again);
    require(!good || (filter_read(&again, text, size, &error) && filter_equal(filter, &again)));
    filter_free(&again);
    free(text);
    return good;
}

static void check_filter(const struct filter *filter)
{
    for (unsigned format = FILTER_AS_RULES; format <= FILTER_AS_TERRAFORM; format++)
        require(check_format(filter, (enum filter_format)format) || format == FILTER_AS_TERRAFORM);
    for (size_t i = 0; i < filter->count; i++) {
        for (size_t k = 0; k < filter->sessions[i].count && k < 4; k++) {
            char text[100];

            require(filter_rule_text(&filter->sessions[i].rules[k], text, sizeof(text)) ==
                    strlen(text));
        }
    }
}

/* Words fit at the end of what is typed, and somewhere within it. */
static void check_completion(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    size = strlen(text);
    for (size_t cursor = 0; cursor <= size; cursor += size / 4 + 1) {
        struct filter_completion completion;

        filter_complete(text, cursor, &completion);
        require(completion.at <= cursor && completion.count <= COMPLETE_WORDS);
        for (size_t i = 0; i < completion.count; i++)
            require(strncmp(completion.words[i], text + completion.at, cursor - completion.at) ==
                    0);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct filter_error error;
    struct filter filter;

    filter_init(&filter);
    if (filter_read(&filter, (const char *)data, size, &error)) {
        check_filter(&filter);
    } else {
        check_error(&error, size);
        require(filter.count == 0);
    }
    filter_free(&filter);
    check_completion(data, size);
    return 0;
}
