/* SPDX-License-Identifier: MIT */
/*
 * json_writer: writes JSON (RFC 8259), always valid, always the same for the same calls.
 *
 * Containers are opened and closed in pairs, at most JSON_DEPTH deep; members have a name, elements
 * of an array have NULL instead. Errors are the stream's: ask ferror() at the end.
 */
#ifndef MIRRORTOP_OUTPUT_JSON_WRITER_H
#define MIRRORTOP_OUTPUT_JSON_WRITER_H

#include "../field.h"

#include <stdio.h>

enum { JSON_DEPTH = 6 };

/* Whether what is in a container stands on lines of its own. */
enum json_layout { JSON_INLINE, JSON_LINES };

struct json {
    FILE *out;
    bool one_line; /* JSON_LINES is as JSON_INLINE */
    size_t depth;
    struct {
        enum json_layout layout;
        char close;
        bool used;
    } level[JSON_DEPTH];
};

void json_open_object(struct json *json, const char *name, enum json_layout layout);
void json_open_array(struct json *json, const char *name, enum json_layout layout);
void json_close(struct json *json);

/* VALUE_UNKNOWN is null. */
void json_number(struct json *json, const char *name, uint64_t value);
void json_signed(struct json *json, const char *name, int64_t value);
void json_bool(struct json *json, const char *name, bool value);
/* RFC 3339; VALUE_UNKNOWN is null. */
void json_time(struct json *json, const char *name, uint64_t ns);
/* Escaped as by format_escape(), then quoted; "" is null. */
void json_text(struct json *json, const char *name, const char *text);
/* The field's value under its name: a number, or a text; null when unknown. */
void json_field(struct json *json, const struct field *field, const void *record);

#endif
