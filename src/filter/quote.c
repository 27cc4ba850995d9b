/* SPDX-License-Identifier: MIT */
#include "quote.h"

#include <string.h>

bool quote_character(const char *text, size_t size, uint32_t *character, size_t *length)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char first = size > 0 ? (unsigned char)text[0] : 0x80;
    size_t bytes = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (bytes == 0 || first > 0xf4 || bytes > size)
        return false;
    *character = bytes == 1 ? first : first & (0x7fu >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return false;
        *character = *character << 6 | ((unsigned char)text[i] & 0x3f);
    }
    *length = bytes;
    return *character >= least[bytes] && *character <= 0x10ffff &&
           (*character < 0xd800 || *character > 0xdfff);
}

size_t quote_put(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

bool quote_is_utf8(const char *text)
{
    size_t size = strlen(text), length;
    uint32_t character;

    for (; size > 0; text += length, size -= length) {
        if (!quote_character(text, size, &character, &length))
            return false;
    }
    return true;
}

/* What a terminal, an editor or a reader of YAML would take for more than a character to show. All
 * of it has at most four hexadecimal digits. */
static bool is_unseen(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           c == 0xfffe || c == 0xffff;
}

/* One character; texts that are no UTF-8 do not get into a filter. */
static const char *next_character(const char *text, uint32_t *character)
{
    size_t length;

    if (quote_character(text, strlen(text), character, &length))
        return text + length;
    *character = 0xfffd;
    return text + 1;
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
    char bytes[4];

    if (is_unseen(c) || c == '"' || c == '\\') {
        put_escaped(out, c);
    } else {
        size_t length = quote_put(bytes, c);

        fwrite(bytes, 1, length, out);
    }
}

void quote_json(FILE *out, const char *text)
{
    uint32_t c;

    fputc('"', out);
    while (*text) {
        text = next_character(text, &c);
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
        text = next_character(text, &c);
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

        text = next_character(text, &c);
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

        step = 1;
        if (!quote_character(text + i, length - i, &c, &step) || is_unseen(c)) {
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
