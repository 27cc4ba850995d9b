/* SPDX-License-Identifier: MIT */
#include "prompt.h"

#include <string.h>

void prompt_open(struct prompt *prompt, const char *label)
{
    *prompt = (struct prompt){ .open = true, .label = label };
}

void prompt_type(struct prompt *prompt, wchar_t character)
{
    uint32_t c = (uint32_t)character;
    unsigned char bytes[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };

    if (c < ' ' || (c >= 0x7f && c < 0xa0) || c > 0x10ffff || prompt->length + n >= PROMPT_SIZE)
        return;
    for (size_t i = n - 1; i > 0; i--) {
        bytes[i] = (unsigned char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    bytes[0] = (unsigned char)(lead[n] | c);
    memcpy(prompt->text + prompt->length, bytes, n);
    prompt->length += n;
    prompt->text[prompt->length] = '\0';
}

void prompt_erase(struct prompt *prompt)
{
    while (prompt->length > 0) {
        unsigned char last = (unsigned char)prompt->text[--prompt->length];

        prompt->text[prompt->length] = '\0';
        if ((last & 0xc0) != 0x80)
            break;
    }
}

void prompt_erase_all(struct prompt *prompt)
{
    prompt->length = 0;
    prompt->text[0] = '\0';
}

void prompt_draw(const struct canvas *canvas, const struct prompt *prompt, const struct rect *rect)
{
    int end = rect->x + rect->width;
    int x = draw_text(canvas, rect->y, rect->x + 1, end, ROLE_KEY, prompt->label);
    const char *text = prompt->text;

    x++;
    /* the end of the text is what is being typed: cut from the front */
    while (*text && draw_width(canvas, text) > end - x - 2) {
        do
            text++;
        while (((unsigned char)*text & 0xc0) == 0x80);
    }
    x = draw_text(canvas, rect->y, x, end, ROLE_TEXT, text);
    if (x < end)
        draw_glyph(canvas, rect->y, x, ROLE_KEY, OVERLAY_NONE, GLYPH_CURSOR);
}
