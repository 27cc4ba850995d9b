/* SPDX-License-Identifier: MIT */
/*
 * Which mirror session a filter belongs to that a text calls by a name. Commands and resources
 * stand in any order: rules may name a filter before the session that uses it is spoken of. So a
 * filter gets a session when its name comes first, and the session its number when all is read.
 */
#include <stdio.h>
#include <string.h>

#include "read_state.h"

bool read_copy_name(char name[READ_NAME], const char *text)
{
    size_t length = strnlen(text, READ_NAME);

    if (length == READ_NAME)
        return false;
    memcpy(name, text, length + 1);
    return true;
}

bool read_is_filter_id(const char *name)
{
    static const char prefix[] = "tmf-";
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t length = strlen(prefix);

    return strncmp(name, prefix, length) == 0 && strlen(name) < READ_NAME && name[length] != '\0' &&
           name[length + strspn(name + length, letters)] == '\0';
}

static struct binding *find_binding(struct reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->binding_count; i++) {
        if (strcmp(reader->bindings[i].name, name) == 0)
            return &reader->bindings[i];
    }
    return NULL;
}

static bool is_bound(const struct reader *reader, uint32_t session)
{
    for (size_t i = 0; i < reader->binding_count; i++) {
        if (reader->bindings[i].session == session)
            return true;
    }
    return false;
}

static struct filter_session *find_session(struct filter *filter, uint32_t number)
{
    for (size_t i = 0; i < filter->count; i++) {
        if (filter->sessions[i].number == number)
            return &filter->sessions[i];
    }
    return NULL;
}

/* The session that has this filter already, else the current one if it has no other, else the next
 * number. */
static uint32_t choose_session(struct reader *reader, const char *name)
{
    struct filter *filter = reader->filter;
    const struct filter_session *current = find_session(filter, reader->session);

    for (size_t i = 0; i < filter->count && read_is_filter_id(name); i++) {
        if (filter->sessions[i].filter_id && strcmp(filter->sessions[i].filter_id, name) == 0)
            return filter->sessions[i].number;
    }
    if (!is_bound(reader, reader->session) && (!current || !current->filter_id))
        return reader->session;
    return filter->sessions[filter->count - 1].number + 1;
}

static struct binding *bind(struct reader *reader, const char *name, const struct token *token)
{
    struct binding *binding = find_binding(reader, name);
    struct filter_session *session;
    struct err err;
    uint32_t number;

    if (binding)
        return binding;
    if (reader->binding_count == READ_BINDINGS) {
        read_fail(reader, token, "filters are called by more than %d names here", READ_BINDINGS);
        return NULL;
    }
    number = choose_session(reader, name);
    session = filter_session(reader->filter, number, &err);
    if (session && session->count == 0 && !session->filter_id)
        session->awaited = true;
    if (!session ||
        (read_is_filter_id(name) && !filter_set_text(&session->filter_id, name, &err))) {
        read_fail_err(reader, token, &err);
        return NULL;
    }
    binding = &reader->bindings[reader->binding_count++];
    *binding = (struct binding){ .session = number };
    snprintf(binding->name, sizeof(binding->name), "%s", name);
    return binding;
}

struct filter_session *read_session_of(struct reader *reader, const char *name,
                                       const struct token *token)
{
    struct binding *binding = bind(reader, name, token);

    return binding ? find_session(reader->filter, binding->session) : NULL;
}

bool read_bind(struct reader *reader, const char *name, const char *source, uint32_t number,
               const struct token *token)
{
    struct binding *binding = bind(reader, name, token);

    if (!binding)
        return false;
    if (binding->number != 0)
        return read_fail(reader, token, "this filter has session %u already", binding->number);
    if (reader->source[0] != '\0' && strcmp(reader->source, source) != 0)
        return read_fail(reader, token,
                         "a session of another mirror source: a filter here is that of one source");
    snprintf(reader->source, sizeof(reader->source), "%s", source);
    binding->number = number;
    binding->token = *token;
    return true;
}

/* Sessions that were given a number before any other. */
static bool renumber(struct reader *reader)
{
    struct filter *filter = reader->filter;
    uint32_t numbers[FILTER_SESSIONS] = { 0 };

    for (size_t i = 0; i < filter->count; i++) {
        numbers[i] = filter->sessions[i].number;
        for (size_t k = 0; k < reader->binding_count; k++) {
            const struct binding *binding = &reader->bindings[k];

            if (binding->session == filter->sessions[i].number && binding->number != 0)
                numbers[i] = binding->number;
        }
    }
    for (size_t i = 0; i < filter->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (numbers[i] == numbers[k])
                return read_fail(reader, &reader->bindings[reader->binding_count - 1].token,
                                 "session %u is that of two filters", numbers[i]);
        }
    }
    for (size_t i = 0; i < filter->count; i++)
        filter->sessions[i].number = numbers[i];
    return true;
}

bool read_finish_sessions(struct reader *reader)
{
    struct filter *filter = reader->filter;

    if (reader->binding_count > 0 && !renumber(reader))
        return false;
    for (size_t i = 1; i < filter->count; i++) {
        for (size_t k = i; k > 0 && filter->sessions[k].number < filter->sessions[k - 1].number;
             k--) {
            struct filter_session session = filter->sessions[k];

            filter->sessions[k] = filter->sessions[k - 1];
            filter->sessions[k - 1] = session;
        }
    }
    return true;
}
