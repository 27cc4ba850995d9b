/* SPDX-License-Identifier: MIT */
#include "utf8.h"

/* Bytes of a character; 0: it is none. */
static size_t utf8_length(uint32_t c)
{
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

size_t utf8_read(const char *text, size_t size, uint32_t *character)
{
    unsigned char first = size > 0 ? (unsigned char)text[0] : 0x80;
    size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    *character = first;
    if (first < 0x80)
        return 1;
    if (first < 0xc0 || first >= 0xf8)
        return 0;
    *character &= 0x7fu >> length;
    for (size_t i = 1; i < length; i++) {
        if (i == size || !utf8_is_inside(text[i]))
            return 0;
        *character = *character << 6 | ((unsigned char)text[i] & 0x3f);
    }
    /* one that could be shorter is none either */
    return utf8_length(*character) == length ? length : 0;
}

uint32_t utf8_next(const char **text)
{
    uint32_t character;
    size_t length = utf8_read(*text, UTF8_MAX, &character);

    *text += length > 0 ? length : 1;
    return length > 0 ? character : '?';
}

size_t utf8_write(char out[UTF8_MAX], uint32_t c)
{
    static const unsigned char first[UTF8_MAX + 1] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
    size_t length = utf8_length(c);

    if (length == 0)
        return 0;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (char)(first[length] | c);
    return length;
}

bool utf8_is_valid(const char *text)
{
    uint32_t character;
    size_t length;

    for (; *text; text += length) {
        length = utf8_read(text, UTF8_MAX, &character);
        if (length == 0)
            return false;
    }
    return true;
}

size_t utf8_begin(const char *text, size_t at)
{
    while (at > 0 && utf8_is_inside(text[at]))
        at--;
    return at;
}

bool utf8_is_unseen(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x00, 0x1f },       /* C0 */
        { 0x7f, 0x9f },       /* DEL, C1 */
        { 0x061c, 0x061c },   /* direction mark */
        { 0x200b, 0x200f },   /* nothing to see; direction marks */
        { 0x2028, 0x202e },   /* line separators; embeddings and overrides of direction */
        { 0x2060, 0x206f },   /* invisible operators; isolates; deprecated controls */
        { 0xfeff, 0xfeff },   /* byte order mark */
        { 0xfff9, 0xfffb },   /* interlinear annotation */
        { 0xe0000, 0xe007f }, /* tags */
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && c >= ranges[i].first; i++) {
        if (c <= ranges[i].last)
            return true;
    }
    return false;
}
