/* SPDX-License-Identifier: MIT */
#include "theme.h"

#include <stdio.h>
#include <string.h>

enum { ROLE_LIST_SIZE = 400 };

static const char *const role_names[ROLE_COUNT] = {
#define X(id, name) [ROLE_##id] = (name),
    THEME_ROLES(X)
#undef X
};

static const struct {
    const char *name;
    uint8_t attribute;
} theme_attributes[] = {
    { "bold", THEME_BOLD },       { "dim", THEME_DIM },       { "underline", THEME_UNDERLINE },
    { "reverse", THEME_REVERSE }, { "italic", THEME_ITALIC },
};

/* One line being read; `at` and `left` are what remains of it. */
struct theme_line {
    const char *at;
    size_t left;
    const char *source;
    unsigned number;
    struct err *err;
};

struct theme_word {
    const char *text;
    size_t size;
};

const char *theme_role_name(enum theme_role role)
{
    return role_names[role];
}

static bool theme_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Words end at blanks and at "=", which is a word of its own. Size 0: the line is over. */
static struct theme_word theme_next_word(struct theme_line *line)
{
    struct theme_word word;

    while (line->left > 0 && theme_is_space(*line->at)) {
        line->at++;
        line->left--;
    }
    word = (struct theme_word){ .text = line->at };
    while (word.size < line->left && !theme_is_space(word.text[word.size]) &&
           (word.text[word.size] != '=' || word.size == 0)) {
        word.size++;
        if (word.text[0] == '=')
            break;
    }
    line->at += word.size;
    line->left -= word.size;
    return word;
}

static bool theme_word_is(struct theme_word word, const char *text)
{
    return strlen(text) == word.size && memcmp(word.text, text, word.size) == 0;
}

/* The word for an error text: short, and without bytes that a terminal would obey. */
static void theme_word_show(char out[24], struct theme_word word)
{
    size_t n = 0;

    for (; n < word.size && n < 20; n++)
        out[n] = word.text[n] >= ' ' && word.text[n] < 0x7f ? word.text[n] : '?';
    out[n] = '\0';
}

static bool theme_fail(const struct theme_line *line, const char *what, struct theme_word word,
                       const char *expected)
{
    char shown[24];

    theme_word_show(shown, word);
    if (word.size == 0)
        return err_set(line->err, EXIT_USAGE, "%s:%u: the line ends early; expected %s",
                       line->source, line->number, expected);
    return err_set(line->err, EXIT_USAGE, "%s:%u: %s '%s'; expected %s", line->source, line->number,
                   what, shown, expected);
}

static bool theme_fail_role(const struct theme_line *line, struct theme_word word)
{
    char roles[ROLE_LIST_SIZE] = "one of the roles";
    size_t used = strlen(roles);

    for (size_t i = 0; i < ROLE_COUNT; i++) {
        int n =
            snprintf(roles + used, sizeof(roles) - used, "%s%s", i > 0 ? ", " : " ", role_names[i]);

        if (n < 0 || (size_t)n >= sizeof(roles) - used)
            break;
        used += (size_t)n;
    }
    return theme_fail(line, "unknown role", word, roles);
}

static bool theme_parse_color(struct theme_line *line, struct color *color)
{
    struct theme_word word = theme_next_word(line);

    if (word.size > 0 && color_parse(word.text, word.size, color))
        return true;
    return theme_fail(line, "bad colour", word,
                      "#rrggbb, 0-255, a name such as red or bright-black, or default");
}

/* What stands behind "role =". */
static bool theme_parse_style(struct theme_line *line, struct theme_style *style)
{
    struct theme_word word;
    bool has_background = false;

    if (!theme_parse_color(line, &style->fg))
        return false;
    for (word = theme_next_word(line); word.size > 0; word = theme_next_word(line)) {
        size_t i = 0;
        const size_t count = sizeof(theme_attributes) / sizeof(theme_attributes[0]);

        if (theme_word_is(word, "on") && !has_background) {
            if (!theme_parse_color(line, &style->bg))
                return false;
            has_background = true;
            continue;
        }
        while (i < count && !theme_word_is(word, theme_attributes[i].name))
            i++;
        if (i == count)
            return theme_fail(line, "did not expect", word,
                              "'on COLOUR' once, bold, dim, underline, reverse or italic");
        style->attributes |= theme_attributes[i].attribute;
    }
    return true;
}

static bool theme_parse_line(struct theme *theme, struct theme_line *line, bool seen[ROLE_COUNT])
{
    struct theme_word word = theme_next_word(line);
    size_t role = 0;

    if (word.size == 0 || word.text[0] == '#')
        return true;
    while (role < ROLE_COUNT && !theme_word_is(word, role_names[role]))
        role++;
    if (role == ROLE_COUNT)
        return theme_fail_role(line, word);
    if (seen[role])
        return theme_fail(line, "role is set twice:", word, "each role once");
    seen[role] = true;
    word = theme_next_word(line);
    if (!theme_word_is(word, "="))
        return theme_fail(line, "found", word, "'=' behind the role");
    return theme_parse_style(line, &theme->styles[role]);
}

bool theme_parse(struct theme *theme, const char *text, size_t size, const char *source,
                 struct err *err)
{
    const struct theme_style plain = {
        .fg = { .kind = COLOR_IS_DEFAULT, .low = COLOR_NO_LOW },
        .bg = { .kind = COLOR_IS_DEFAULT, .low = COLOR_NO_LOW },
    };
    bool seen[ROLE_COUNT] = { false };
    struct theme_line line = { .source = source, .err = err };

    if (size > THEME_SIZE_MAX)
        return err_set(err, EXIT_USAGE, "%s: larger than %d bytes; this is no theme", source,
                       THEME_SIZE_MAX);
    for (size_t i = 0; i < ROLE_COUNT; i++)
        theme->styles[i] = plain;
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(text + at, '\n', size - at);
        size_t length = newline ? (size_t)(newline - (text + at)) : size - at;

        line.at = text + at;
        line.left = length;
        line.number++;
        if (!theme_parse_line(theme, &line, seen))
            return false;
        at += length + 1;
    }
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (!seen[i])
            theme->styles[i] = theme->styles[ROLE_TEXT];
    }
    return true;
}
