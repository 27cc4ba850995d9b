/* SPDX-License-Identifier: MIT */
/*
 * Words as a shell would cut them, since commands are pasted from one: '...', "...", a backslash
 * before a character or a line's end. Nothing is expanded or run. $NAME stays as it is written, and
 * of $(...) only $(printf '...') is known, which write.h makes of control characters.
 */
#include <stdio.h>
#include <string.h>

#include "../utf8.h"
#include "read_state.h"

static const char directive[] = "# mirrortop: ";

bool read_looks_at(const struct reader *reader, const char *bytes)
{
    size_t length = strlen(bytes);

    return length <= reader->size - reader->at &&
           memcmp(reader->text + reader->at, bytes, length) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* The character `ahead` bytes on; NUL at the end: the text holds none. */
static char peek(const struct reader *reader, size_t ahead)
{
    return ahead < reader->size - reader->at ? reader->text[reader->at + ahead] : '\0';
}

/* How many bytes a backslash and the end of the line that it hides have. */
static size_t hidden_line_end(const struct reader *reader)
{
    if (peek(reader, 0) != '\\')
        return 0;
    if (peek(reader, 1) == '\n')
        return 2;
    return peek(reader, 1) == '\r' && peek(reader, 2) == '\n' ? 3 : 0;
}

static void skip_blanks(struct reader *reader)
{
    for (;;) {
        size_t hidden = hidden_line_end(reader);

        if (hidden > 0)
            reader->at += hidden;
        else if (is_blank(peek(reader, 0)))
            reader->at++;
        else
            break;
    }
    if (peek(reader, 0) == '#') {
        while (reader->at < reader->size && peek(reader, 0) != '\n')
            reader->at++;
    }
}

static size_t stop_length(const struct reader *reader)
{
    char c = peek(reader, 0);

    if (c == ';' || c == '\n')
        return 1;
    return c == '&' && peek(reader, 1) == '&' ? 2 : 0;
}

/* Comments of Terraform, between its blocks. One that is not closed stays, to be refused. */
static void skip_foreign_comment(struct reader *reader)
{
    const char *text = reader->text + reader->at;
    const char *end = NULL;
    size_t left = reader->size - reader->at;

    if (read_looks_at(reader, "//"))
        end = memchr(text, '\n', left);
    else if (read_looks_at(reader, "/*"))
        end = memmem(text + 2, left - 2, "*/", 2);
    else
        return;
    if (end)
        reader->at += (size_t)(end - text) + (text[1] == '*' ? 2 : 0);
    else if (text[1] == '/')
        reader->at = reader->size;
}

void read_skip_stops(struct reader *reader)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of byte order, where a text begins */

    if (reader->at == 0 && read_looks_at(reader, mark))
        reader->at += strlen(mark);
    for (;;) {
        size_t before = reader->at;

        while (is_blank(peek(reader, 0)))
            reader->at++;
        if (read_looks_at(reader, directive)) {
            reader->at += strlen(directive);
            return;
        }
        skip_blanks(reader);
        skip_foreign_comment(reader);
        reader->at += stop_length(reader);
        if (reader->at == before)
            return;
    }
}

/* ---- one word -------------------------------------------------------------------------------- */

struct word {
    struct reader *reader;
    size_t used;
    size_t begin; /* of the text */
    bool good;
};

static void fail_at(struct word *word, size_t at, const char *what)
{
    struct token token = { .kind = TOKEN_WORD, .at = at, .length = word->reader->at - at };

    if (word->good)
        read_fail(word->reader, &token, "%s", what);
    word->good = false;
}

static void put(struct word *word, const char *bytes, size_t count)
{
    if (count >= READ_WORD - word->used) {
        fail_at(word, word->begin, "this word is too long");
        return;
    }
    memcpy(word->reader->word + word->used, bytes, count);
    word->used += count;
}

/* Takes one byte over. */
static void take(struct word *word)
{
    put(word, word->reader->text + word->reader->at, 1);
    word->reader->at++;
}

static void take_single_quotes(struct word *word)
{
    struct reader *reader = word->reader;
    size_t begin = reader->at++;

    while (word->good && peek(reader, 0) != '\'') {
        if (reader->at == reader->size) {
            fail_at(word, begin, "this ' is not closed");
            return;
        }
        take(word);
    }
    reader->at++;
}

/* $(printf '\033...') with bytes in octal. */
static void take_printf(struct word *word)
{
    static const char begin[] = "$(printf '", end[] = "')";
    struct reader *reader = word->reader;
    size_t at = reader->at;

    reader->at += strlen(begin);
    while (word->good && !read_looks_at(reader, end)) {
        unsigned value = 0;

        for (unsigned i = 1; i <= 3; i++) {
            char digit = peek(reader, i);

            value = digit >= '0' && digit <= '7' ? value * 8 + (unsigned)(digit - '0') : UINT16_MAX;
            if (value > UINT8_MAX)
                break;
        }
        if (peek(reader, 0) != '\\' || value == 0 || value > UINT8_MAX) {
            fail_at(word, at, "of printf only bytes like \\033 are read");
            return;
        }
        put(word, (char[]){ (char)value }, 1);
        reader->at += strlen("\\033");
    }
    reader->at += strlen(end);
}

/* $( and ` call programs, which nobody runs here. */
static bool is_call(const struct reader *reader)
{
    return read_looks_at(reader, "$(") || peek(reader, 0) == '`';
}

static void take_call(struct word *word)
{
    struct reader *reader = word->reader;
    size_t at = reader->at;

    if (read_looks_at(reader, "$(printf '")) {
        take_printf(word);
        return;
    }
    reader->at++;
    fail_at(word, at, "a filter is not a script: what $(...) or ` would print is not known here");
}

static void take_double_quotes(struct word *word)
{
    struct reader *reader = word->reader;
    size_t begin = reader->at++;

    while (word->good && peek(reader, 0) != '"') {
        if (reader->at == reader->size) {
            fail_at(word, begin, "this \" is not closed");
            return;
        }
        if (hidden_line_end(reader) > 0) {
            reader->at += hidden_line_end(reader);
        } else if (is_call(reader)) {
            take_call(word);
        } else {
            if (peek(reader, 0) == '\\' && peek(reader, 1) != '\0' &&
                strchr("$`\"\\", peek(reader, 1)))
                reader->at++;
            take(word);
        }
    }
    reader->at++;
}

static void take_plain(struct word *word)
{
    struct reader *reader = word->reader;

    if (read_looks_at(reader, "$'") || read_looks_at(reader, "$\"")) {
        reader->at += 2;
        fail_at(word, reader->at - 2, "quotes of bash: write '...' or \"...\" without the $");
    } else if (is_call(reader)) {
        take_call(word);
    } else if (peek(reader, 0) == '\\') {
        reader->at++;
        if (reader->at < reader->size)
            take(word);
    } else {
        take(word);
    }
}

static size_t pipe_length(const struct reader *reader)
{
    return peek(reader, 0) != '|' ? 0 : peek(reader, 1) == '|' ? 2 : 1;
}

/* >, >>, 2>, 2>&, &>, < and more of that kind. */
static size_t redirect_length(const struct reader *reader)
{
    size_t length = peek(reader, 0) == '&';

    while (peek(reader, length) >= '0' && peek(reader, length) <= '9')
        length++;
    if (peek(reader, length) != '>' && peek(reader, length) != '<')
        return 0;
    while (peek(reader, length) != '\0' && strchr("<>&|", peek(reader, length)))
        length++;
    return length;
}

static bool is_word_end(const struct reader *reader)
{
    char c = peek(reader, 0);

    return reader->at == reader->size || is_blank(c) || c == ')' || c == '|' || c == '<' ||
           c == '>' || stop_length(reader) > 0;
}

static bool finish_word(struct word *word)
{
    struct reader *reader = word->reader;

    reader->word[word->used] = '\0';
    reader->token =
        (struct token){ .kind = TOKEN_WORD, .at = word->begin, .length = reader->at - word->begin };
    if (word->good && !utf8_is_valid(reader->word))
        fail_at(word, word->begin, "bytes that are not UTF-8");
    return word->good;
}

static bool take_word(struct reader *reader)
{
    struct word word = { .reader = reader, .begin = reader->at, .good = true };

    while (word.good && !is_word_end(reader)) {
        size_t hidden = hidden_line_end(reader);

        if (hidden > 0)
            reader->at += hidden;
        else if (peek(reader, 0) == '\'')
            take_single_quotes(&word);
        else if (peek(reader, 0) == '"')
            take_double_quotes(&word);
        else
            take_plain(&word);
    }
    return finish_word(&word);
}

bool read_next(struct reader *reader)
{
    struct token token = { .kind = TOKEN_STOP };

    skip_blanks(reader);
    token.at = reader->at;
    token.length = stop_length(reader);
    if (reader->at == reader->size)
        token.kind = TOKEN_END;
    else if (token.length > 0)
        token.kind = TOKEN_STOP;
    else if ((token.length = redirect_length(reader)) > 0)
        token.kind = TOKEN_REDIRECT;
    else if ((token.length = pipe_length(reader)) > 0)
        token.kind = TOKEN_PIPE;
    else if ((token.length = peek(reader, 0) == ')') > 0)
        token.kind = TOKEN_CLOSE;
    else
        return take_word(reader);
    reader->word[0] = '\0';
    reader->token = token;
    reader->at += token.length;
    return true;
}

bool read_assignment(struct reader *reader, char *name, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    size_t length = 0;

    while (peek(reader, length) != '\0' && strchr(letters, peek(reader, length)))
        length++;
    if (length == 0 || length + 2 > size || peek(reader, length) != '=' ||
        peek(reader, length + 1) != '$' || peek(reader, length + 2) != '(')
        return false;
    snprintf(name, size, "$%.*s", (int)length, reader->text + reader->at);
    reader->at += length + strlen("=$(");
    return true;
}

bool read_value(struct reader *reader, const char *expected)
{
    if (!read_next(reader))
        return false;
    return reader->token.kind == TOKEN_WORD || read_refuse(reader, &reader->token, expected);
}

/* ---- texts with the escapes of JSON ---------------------------------------------------------- */

static bool hex_digits(const struct reader *reader, size_t ahead, size_t count, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        char c = peek(reader, ahead + i);
        const char *digit = c != '\0' ? strchr(digits, c) : NULL;

        if (!digit)
            return false;
        *value = *value << 4 | (uint32_t)(digit - digits) % 16;
    }
    return true;
}

/* \uHHHH, two of them for what lies beyond U+FFFF, or HCL's \UHHHHHHHH. */
static bool take_unicode(struct word *word, bool hcl)
{
    struct reader *reader = word->reader;
    uint32_t c, low;
    char bytes[UTF8_MAX];
    size_t length = 6, count;

    if (hcl && peek(reader, 1) == 'U') {
        length = 10;
        if (!hex_digits(reader, 2, 8, &c))
            return false;
    } else if (!hex_digits(reader, 2, 4, &c)) {
        return false;
    } else if (c >= 0xd800 && c <= 0xdbff && peek(reader, 6) == '\\' && peek(reader, 7) == 'u' &&
               hex_digits(reader, 8, 4, &low) && low >= 0xdc00 && low <= 0xdfff) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        length = 12;
    }
    count = utf8_write(bytes, c);
    if (c == 0 || count == 0)
        return false;
    put(word, bytes, count);
    reader->at += length;
    return true;
}

static bool take_escape(struct word *word, bool hcl)
{
    static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    struct reader *reader = word->reader;
    char c = peek(reader, 1);

    if (c == 'u' || c == 'U')
        return take_unicode(word, hcl);
    for (size_t i = 0; c != '\0' && letters[i]; i += 2) {
        if (c == letters[i]) {
            put(word, &letters[i + 1], 1);
            reader->at += 2;
            return true;
        }
    }
    return false;
}

bool read_json_string(struct reader *reader, bool hcl)
{
    struct word word = { .reader = reader, .begin = reader->at - 1, .good = true };

    while (word.good && peek(reader, 0) != '"') {
        bool template = hcl && (read_looks_at(reader, "$${") || read_looks_at(reader, "%%{"));

        if (reader->at == reader->size || (hcl && peek(reader, 0) == '\n')) {
            fail_at(&word, word.begin, "this \" is not closed");
        } else if (hcl && (read_looks_at(reader, "${") || read_looks_at(reader, "%{"))) {
            reader->at += 2;
            fail_at(&word, reader->at - 2, "what Terraform would put here is not known");
        } else if (peek(reader, 0) == '\\') {
            size_t at = reader->at;

            if (!take_escape(&word, hcl)) {
                struct token token = { .kind = TOKEN_WORD,
                                       .at = at,
                                       .length = reader->size - at < 2 ? 1 : 2 };

                reader->at += 2;
                word.good = read_refuse(
                    reader, &token,
                    "an escape: \\n, \\t, \\\", \\\\ or \\u and four hexadecimal digits");
            }
        } else {
            reader->at += template;
            take(&word);
        }
    }
    reader->at++;
    return finish_word(&word);
}

bool read_next_text(struct reader *reader)
{
    skip_blanks(reader);
    if (peek(reader, 0) != '"')
        return read_next(reader);
    reader->at++;
    if (!read_json_string(reader, false))
        return false;
    if (is_word_end(reader))
        return true;
    reader->token.at = reader->at;
    reader->token.length = 1;
    return read_refuse(reader, &reader->token, "a blank behind the text");
}
