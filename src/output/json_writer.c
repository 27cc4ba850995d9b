/* SPDX-License-Identifier: MIT */
#include "json_writer.h"

#include <inttypes.h>

#include "../format.h"

/* Quotes what format_escape_next() has left; only the quote and the backslash remain special. */
static void write_quoted(FILE *out, const char *text)
{
    char next[FORMAT_ESCAPE];

    putc_unlocked('"', out);
    while (*text) {
        size_t length = format_escape_next(next, &text);

        for (size_t i = 0; i < length; i++) {
            if (next[i] == '"' || next[i] == '\\')
                putc_unlocked('\\', out);
            putc_unlocked(next[i], out);
        }
    }
    putc_unlocked('"', out);
}

/* What stands before a value: the comma after the one before, the line, the name. */
static void begin_value(struct json *json, const char *name)
{
    if (json->depth > 0) {
        bool lines = json->level[json->depth - 1].layout == JSON_LINES;

        if (json->level[json->depth - 1].used)
            fputs(lines ? "," : ", ", json->out);
        json->level[json->depth - 1].used = true;
        if (lines)
            fprintf(json->out, "\n%*s", (int)(2 * json->depth), "");
    }
    if (name) {
        write_quoted(json->out, name);
        fputs(": ", json->out);
    }
}

static void open_container(struct json *json, const char *name, enum json_layout layout, char open,
                           char close)
{
    begin_value(json, name);
    putc_unlocked(open, json->out);
    json->level[json->depth].layout = json->one_line ? JSON_INLINE : layout;
    json->level[json->depth].close = close;
    json->level[json->depth].used = false;
    json->depth++;
}

void json_open_object(struct json *json, const char *name, enum json_layout layout)
{
    open_container(json, name, layout, '{', '}');
}

void json_open_array(struct json *json, const char *name, enum json_layout layout)
{
    open_container(json, name, layout, '[', ']');
}

void json_close(struct json *json)
{
    json->depth--;
    if (json->level[json->depth].used && json->level[json->depth].layout == JSON_LINES)
        fprintf(json->out, "\n%*s", (int)(2 * json->depth), "");
    putc_unlocked(json->level[json->depth].close, json->out);
}

void json_number(struct json *json, const char *name, uint64_t value)
{
    begin_value(json, name);
    if (value == VALUE_UNKNOWN)
        fputs("null", json->out);
    else
        fprintf(json->out, "%" PRIu64, value);
}

void json_signed(struct json *json, const char *name, int64_t value)
{
    begin_value(json, name);
    fprintf(json->out, "%" PRId64, value);
}

void json_bool(struct json *json, const char *name, bool value)
{
    begin_value(json, name);
    fputs(value ? "true" : "false", json->out);
}

void json_text(struct json *json, const char *name, const char *text)
{
    begin_value(json, name);
    if (text[0] == '\0')
        fputs("null", json->out);
    else
        write_quoted(json->out, text);
}

void json_time(struct json *json, const char *name, uint64_t ns)
{
    char text[FORMAT_TIME] = "";

    if (ns != VALUE_UNKNOWN)
        format_time(text, sizeof(text), ns);
    json_text(json, name, text);
}

void json_field(struct json *json, const struct field *field, const void *record)
{
    char text[FORMAT_ADDR] = "";

    switch (field->type) {
    case FIELD_TEXT:
        json_text(json, field->name, field_text(field, record));
        break;
    case FIELD_TIME:
        json_time(json, field->name, field_number(field, record));
        break;
    case FIELD_ADDR:
    case FIELD_TCP_FLAGS:
        format_field_exact(text, sizeof(text), field, record);
        json_text(json, field->name, text);
        break;
    default:
        json_number(json, field->name, field_number(field, record));
    }
}
