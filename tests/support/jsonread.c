/* SPDX-License-Identifier: MIT */
#include "jsonread.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

json_t *jsonread_load(const char *text)
{
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    ck_assert_msg(root != NULL, "line %d: %s", error.line, error.text);
    return root;
}

const char *jsonread_at(const json_t *value, const char *path, char out[JSONREAD_VALUE])
{
    char copy[128], *rest = copy;

    snprintf(copy, sizeof(copy), "%s", path);
    for (char *step = strsep(&rest, "."); step && value; step = strsep(&rest, "."))
        value = json_is_array(value) ? json_array_get(value, (size_t)strtoul(step, NULL, 10))
                                     : json_object_get(value, step);
    if (json_is_string(value))
        snprintf(out, JSONREAD_VALUE, "%s", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(out, JSONREAD_VALUE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_null(value))
        snprintf(out, JSONREAD_VALUE, "null");
    else if (json_is_boolean(value))
        snprintf(out, JSONREAD_VALUE, "%s", json_is_true(value) ? "true" : "false");
    else
        snprintf(out, JSONREAD_VALUE, "?");
    return out;
}
