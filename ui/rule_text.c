/* SPDX-License-Identifier: MIT */
#include "rule_text.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *text;
    bool six;
} rule_any[] = {
    { " src 0.0.0.0/0", false },
    { " dst 0.0.0.0/0", false },
    { " src ::/0", true },
    { " dst ::/0", true },
};

/* Of the word that begins here: how long it is if it is to go, else 0. */
static size_t rule_any_length(const char *at, bool six, bool *found)
{
    for (size_t i = 0; i < sizeof(rule_any) / sizeof(rule_any[0]); i++) {
        size_t length = strlen(rule_any[i].text);

        if ((rule_any[i].six && !six) || strncmp(at, rule_any[i].text, length) != 0 ||
            !strchr(" ;", at[length])) /* the end counts */
            continue;
        *found = *found || rule_any[i].six;
        return length;
    }
    return 0;
}

bool rule_text_shorten(char *text, bool six)
{
    bool found = false;
    size_t length;

    while (*text != '\0' && *text != '"') {
        length = rule_any_length(text, six, &found);
        if (length > 0)
            memmove(text, text + length, strlen(text + length) + 1);
        else
            text++;
    }
    return found;
}
