/* SPDX-License-Identifier: MIT */
#include "read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../utf8.h"
#include "quote.h"
#include "read_state.h"

/* ---- errors ---------------------------------------------------------------------------------- */

static void say_where(struct reader *reader, size_t at, size_t length)
{
    struct filter_error *error = reader->error;

    error->at = at < reader->size ? at : reader->size;
    error->length = length < reader->size - error->at ? length : reader->size - error->at;
    error->line = error->column = 1;
    for (size_t i = 0; i < error->at; i++) {
        if (reader->text[i] == '\n') {
            error->line++;
            error->column = 1;
        } else if (!utf8_is_inside(reader->text[i])) {
            error->column++;
        }
    }
}

bool read_fail(struct reader *reader, const struct token *token, const char *format, ...)
{
    va_list arguments;

    say_where(reader, token->at, token->length);
    va_start(arguments, format);
    vsnprintf(reader->error->text, sizeof(reader->error->text), format, arguments);
    va_end(arguments);
    return false;
}

bool read_fail_err(struct reader *reader, const struct token *token, const struct err *err)
{
    return read_fail(reader, token, "%.380s", err->text);
}

bool read_refuse(struct reader *reader, const struct token *token, const char *expected)
{
    enum { SHOWN = 40 };
    char excerpt[4 * SHOWN + 4];
    const char *text = reader->text + token->at, *colon = strstr(expected, ": ");
    int noun = (int)(colon ? (size_t)(colon - expected) : strlen(expected));
    size_t length = token->length;

    if (token->kind == TOKEN_END || (token->kind == TOKEN_STOP && text[0] == '\n'))
        return read_fail(reader, token, "the %s ends where %.*s was expected%s",
                         token->kind == TOKEN_END ? "text" : "line", noun, expected,
                         expected + noun);
    if (length > 1 && text[0] == '"' && text[length - 1] == '"') {
        text++;
        length -= 2;
    }
    quote_excerpt(excerpt, sizeof(excerpt), text, length, SHOWN);
    if (expected[noun] == '\0')
        return read_fail(reader, token, "\"%s\" stands where %s was expected", excerpt, expected);
    return read_fail(reader, token, "\"%s\" is not %.*s: expected%s", excerpt, noun, expected,
                     expected + noun + 1);
}

/* ---- a text ---------------------------------------------------------------------------------- */

static bool check_text(struct reader *reader)
{
    struct token token = { .kind = TOKEN_WORD, .length = 1 };
    uint32_t character;
    size_t length;

    if (reader->size > FILTER_TEXT_MAX)
        return read_fail(reader, &token, "a text of more than %d MiB: not a filter",
                         FILTER_TEXT_MAX >> 20);
    for (; token.at < reader->size; token.at += length) {
        length = utf8_read(reader->text + token.at, reader->size - token.at, &character);
        if (length == 0 || character == 0)
            return read_refuse(reader, &token, "text (UTF-8)");
    }
    return true;
}

static bool read_text(struct reader *reader)
{
    if (!check_text(reader))
        return false;
    read_skip_stops(reader);
    if ((read_looks_at(reader, "{") || read_looks_at(reader, "[")) && !read_json(reader))
        return false;
    for (;;) {
        read_skip_stops(reader);
        if (reader->at == reader->size)
            return read_add_rest(reader) && read_finish_sessions(reader);
        if (!read_statement(reader))
            return false;
    }
}

/* `choice`: of several filters or sources, NULL when none was made. */
static bool read_chosen(struct filter *filter, const char *text, size_t size, const char *choice,
                        struct filter_error *error)
{
    struct filter copy;
    struct reader reader = {
        .text = text,
        .size = size,
        .session = filter->count == 1 ? filter->sessions[0].number : 1,
        .filter = &copy,
        .choice = choice,
        .error = error,
    };
    struct err err;

    *error = (struct filter_error){ .line = 1, .column = 1 };
    if (!filter_copy(&copy, filter, &err))
        return read_fail_err(&reader, &reader.token, &err);
    if (!read_text(&reader)) {
        filter_free(&copy);
        return false;
    }
    filter_free(filter);
    *filter = copy;
    return true;
}

bool filter_read(struct filter *filter, const char *text, size_t size, struct filter_error *error)
{
    return read_chosen(filter, text, size, NULL, error);
}

/* ---- a file ---------------------------------------------------------------------------------- */

static FILE *open_file(const char *path)
{
    return strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
}

static bool read_file(struct filter *filter, FILE *file, const char *path, const char *choice,
                      struct err *err)
{
    char *text = malloc(FILTER_TEXT_MAX + 1); /* one more byte tells a text that is too long */
    struct filter_error error;
    bool good = false;
    size_t size;

    if (!text)
        return err_set(err, EXIT_RUNTIME, "%.200s: no memory to read it", path);
    size = fread(text, 1, FILTER_TEXT_MAX + 1, file);
    if (ferror(file))
        err_set(err, EXIT_INPUT, "%.200s: %s", path, strerror(errno));
    else if (read_chosen(filter, text, size, choice, &error))
        good = true;
    else
        err_set(err, EXIT_INPUT, "%.100s:%zu:%zu: %s", path, error.line, error.column, error.text);
    free(text);
    return good;
}

/* A # is part of the path when there is such a file. */
bool filter_read_file(struct filter *filter, const char *path, struct err *err)
{
    const char *mark = strrchr(path, '#');
    FILE *file = open_file(path);
    const char *choice = NULL;
    char *name = strdup(path);
    bool good = false;

    if (!name) {
        err_set(err, EXIT_RUNTIME, "%.200s: no memory to read it", path);
        goto out;
    }
    if (!file && errno == ENOENT && mark && mark > path && mark[1] != '\0') {
        name[mark - path] = '\0';
        choice = mark + 1;
        file = open_file(name);
    }
    if (file)
        good = read_file(filter, file, name, choice, err);
    else
        err_set(err, EXIT_INPUT, "%.200s: %s", name, strerror(errno));
out:
    if (file && file != stdin)
        fclose(file);
    free(name);
    return good;
}
