/* SPDX-License-Identifier: MIT */
#include "utf8.h"

#include <stdint.h>

wchar_t utf8_decode(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    int more = p[0] < 0x80 ? 0 : p[0] >= 0xf0 ? 3 : p[0] >= 0xe0 ? 2 : p[0] >= 0xc0 ? 1 : -1;
    uint32_t value = more == 0 ? p[0] : more > 0 ? p[0] & (0x3fu >> more) : 0;

    *text += 1;
    if (more < 0)
        return L'?';
    for (int i = 1; i <= more; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return L'?';
        value = value << 6 | (p[i] & 0x3f);
        *text += 1;
    }
    return (wchar_t)value;
}

size_t utf8_encode(char out[UTF8_MAX], wchar_t character)
{
    static const uint8_t lead[UTF8_MAX + 1] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
    uint32_t c = (uint32_t)character;
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (char)(lead[n] | c);
    return n;
}

static size_t utf8_end(const char *text, size_t at, wchar_t *character)
{
    const char *p = text + at;

    *character = utf8_decode(&p);
    return (size_t)(p - text);
}

size_t utf8_next(const char *text, size_t at)
{
    wchar_t character;
    size_t end;

    if (text[at] == '\0')
        return at;
    at = utf8_end(text, at, &character);
    while (text[at] != '\0') {
        end = utf8_end(text, at, &character);
        if (wcwidth(character) != 0)
            break;
        at = end;
    }
    return at;
}

size_t utf8_previous(const char *text, size_t at)
{
    wchar_t character;

    while (at > 0) {
        do
            at--;
        while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80);
        utf8_end(text, at, &character);
        if (wcwidth(character) != 0)
            break;
    }
    return at;
}
