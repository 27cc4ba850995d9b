/* SPDX-License-Identifier: MIT */
/* Themes are files of users: the parser takes any bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../ui/theme.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_color(const struct color *color)
{
    if (color_at_depth(color, DEPTH_256, false) > 255 ||
        color_at_depth(color, DEPTH_16, false) > 15 || color_at_depth(color, DEPTH_8, true) > 7 ||
        color_at_depth(color, DEPTH_RGB, true) > 0xffffff)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct theme theme;
    struct err err = { .text = "" };
    bool good = theme_parse(&theme, (const char *)data, size, "fuzz", &err);

    if (good) {
        for (int role = 0; role < ROLE_COUNT; role++) {
            check_color(&theme.styles[role].fg);
            check_color(&theme.styles[role].bg);
        }
    } else {
        /* one printable line */
        for (const char *p = err.text; *p; p++) {
            if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
                abort();
        }
        if (err.text[0] == '\0')
            abort();
    }
    return 0;
}
