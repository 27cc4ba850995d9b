/* SPDX-License-Identifier: MIT */
#include "quote.h"

#include <string.h>

#include "../utf8.h"

/* What a terminal, an editor or a reader of YAML would take for more than a character to show, as
 * far as it has four hexadecimal digits at most. */
static bool is_unseen(uint32_t c)
{
    return c < 0x10000 &&
           (utf8_is_unseen(c) || c == 0xad || c == 0x180e || c == 0xfffe || c == 0xffff);
}

static void put_escaped(FILE *out, uint32_t c)
{
    static const char letters[] = "\b"
                                  "b"
                                  "\f"
                                  "f"
                                  "\n"
                                  "n"
                                  "\r"
                                  "r"
                                  "\t"
                                  "t"
                                  "\"\""
                                  "\\\\";

    for (size_t i = 0; letters[i]; i += 2) {
        if (c == (unsigned char)letters[i]) {
            fprintf(out, "\\%c", letters[i + 1]);
            return;
        }
    }
    fprintf(out, "\\u%04x", (unsigned)c);
}

static void put_character(FILE *out, uint32_t c)
{
    char bytes[UTF8_MAX] = "";

    if (is_unseen(c) || c == '"' || c == '\\') {
        put_escaped(out, c);
    } else {
        fwrite(bytes, 1, utf8_write(bytes, c), out);
    }
}

void quote_json(FILE *out, const char *text)
{
    uint32_t c;

    fputc('"', out);
    while (*text) {
        c = utf8_next(&text);
        put_character(out, c);
    }
    fputc('"', out);
}

/* HCL knows no \b and \f. */
void quote_hcl(FILE *out, const char *text)
{
    uint32_t c;

    fputc('"', out);
    while (*text) {
        c = utf8_next(&text);
        if (c == '\b' || c == '\f')
            fprintf(out, "\\u%04x", (unsigned)c);
        else
            put_character(out, c);
        if ((c == '$' || c == '%') && *text == '{')
            fputc((int)c, out);
    }
    fputc('"', out);
}

static bool is_plain(const char *text)
{
    return *text != '\0' && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                              "0123456789-_./:,=@%+")] == '\0';
}

/* 'It'\''s', and "$(printf '\033')" for what does not stand in a text: no line end is among it,
 * which the shell would take off. */
void quote_shell(FILE *out, const char *text)
{
    bool open = false;
    uint32_t c;

    if (is_plain(text)) {
        fputs(text, out);
        return;
    }
    if (*text == '\0')
        fputs("''", out);
    while (*text) {
        const char *from = text;
        bool quoted;

        c = utf8_next(&text);
        quoted = c != '\'' && (!is_unseen(c) || c == '\n');
        if (quoted != open) {
            fputc('\'', out);
            open = quoted;
        }
        if (quoted) {
            fwrite(from, 1, (size_t)(text - from), out);
        } else if (c == '\'') {
            fputs("\\'", out);
        } else {
            fputs("\"$(printf '", out);
            for (; from < text; from++)
                fprintf(out, "\\%03o", (unsigned)(unsigned char)*from);
            fputs("')\"", out);
        }
    }
    if (open)
        fputc('\'', out);
}

void quote_excerpt(char *out, size_t size, const char *text, size_t length, size_t most)
{
    size_t used = 0, step;

    for (size_t i = 0; i < length; i += step) {
        char piece[16];
        uint32_t c;

        step = utf8_read(text + i, length - i, &c);
        if (step == 0 || is_unseen(c)) {
            step = 1;
            snprintf(piece, sizeof(piece), "\\x%02x", (unsigned)(unsigned char)text[i]);
        } else {
            snprintf(piece, sizeof(piece), "%.*s", (int)step, text + i);
        }
        if (i >= most || used + strlen(piece) + sizeof("...") > size) {
            snprintf(out + used, size - used, "...");
            return;
        }
        used += (size_t)snprintf(out + used, size - used, "%s", piece);
    }
    out[used] = '\0';
}
