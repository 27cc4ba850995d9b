/* SPDX-License-Identifier: MIT */
#include "color.h"

#include <string.h>

enum { INDEX_BRIGHT_BLACK = 8 };

static const char *const color_names[16] = {
    "black",        "red",           "green",       "yellow",         "blue",
    "magenta",      "cyan",          "white",       "bright-black",   "bright-red",
    "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan",
    "bright-white",
};

/* xterm's defaults for the 16 named colours. */
static const uint32_t color_base[16] = {
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
    0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};

/* The levels of the 6x6x6 cube, indices 16..231. */
static const uint8_t color_cube[6] = { 0, 95, 135, 175, 215, 255 };

static int color_find_name(const char *text, size_t size)
{
    for (int i = 0; i < 16; i++) {
        if (strlen(color_names[i]) == size && memcmp(color_names[i], text, size) == 0)
            return i;
    }
    return COLOR_NO_LOW;
}

static int color_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool color_parse_hex(const char *text, size_t size, uint32_t *rgb)
{
    uint32_t value = 0;

    if (size != 7)
        return false;
    for (size_t i = 1; i < size; i++) {
        int digit = color_hex_digit(text[i]);

        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    *rgb = value;
    return true;
}

static bool color_parse_index(const char *text, size_t size, uint8_t *index)
{
    unsigned value = 0;

    if (size == 0 || size > 3)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *index = (uint8_t)value;
    return value <= 255;
}

static bool color_is_default(const char *text, size_t size)
{
    static const char word[] = "default";

    return size == sizeof(word) - 1 && memcmp(text, word, size) == 0;
}

/* What stands behind the slash. */
static bool color_parse_low(const char *text, size_t size, struct color *color)
{
    if (color_is_default(text, size))
        color->low = COLOR_LOW_DEFAULT;
    else
        color->low = (int16_t)color_find_name(text, size);
    return color->low != COLOR_NO_LOW;
}

bool color_parse(const char *text, size_t size, struct color *color)
{
    const char *slash = memchr(text, '/', size);
    size_t first = slash ? (size_t)(slash - text) : size;
    int name = color_find_name(text, first);

    *color = (struct color){ .kind = COLOR_IS_DEFAULT, .low = COLOR_NO_LOW };
    if (slash && (name != COLOR_NO_LOW || !color_parse_low(slash + 1, size - first - 1, color)))
        return false;
    if (name != COLOR_NO_LOW) {
        color->kind = COLOR_IS_INDEX;
        color->index = (uint8_t)name;
        return true;
    }
    if (first > 0 && text[0] == '#') {
        color->kind = COLOR_IS_RGB;
        return color_parse_hex(text, first, &color->rgb);
    }
    if (!slash && color_is_default(text, size))
        return true;
    color->kind = COLOR_IS_INDEX;
    return color_parse_index(text, first, &color->index);
}

static uint32_t color_index_rgb(unsigned index)
{
    if (index < 16)
        return color_base[index];
    if (index < 232) {
        unsigned cell = index - 16;

        return (uint32_t)color_cube[cell / 36] << 16 | (uint32_t)color_cube[cell / 6 % 6] << 8 |
               color_cube[cell % 6];
    }
    return (8 + (index - 232) * 10) * 0x010101u;
}

uint32_t color_to_rgb(const struct color *color, uint32_t fallback)
{
    switch ((enum color_kind)color->kind) {
    case COLOR_IS_RGB:
        return color->rgb;
    case COLOR_IS_INDEX:
        return color_index_rgb(color->index);
    case COLOR_IS_DEFAULT:
        break;
    }
    return fallback;
}

static int color_channel(uint32_t rgb, int channel)
{
    return (int)(rgb >> (16 - 8 * channel) & 0xff);
}

/* Only the cube and the greys: the first 16 look different on every terminal. */
static int color_nearest_256(uint32_t rgb)
{
    int best = 16;
    int best_distance = INT32_MAX;

    for (int i = 16; i < 256; i++) {
        uint32_t other = color_index_rgb((unsigned)i);
        int distance = 0;

        for (int c = 0; c < 3; c++) {
            int d = color_channel(rgb, c) - color_channel(other, c);

            distance += d * d;
        }
        if (distance < best_distance) {
            best_distance = distance;
            best = i;
        }
    }
    return best;
}

/* By hue, not by distance: the soft colours of themes are all nearest to grey, and a warning that
 * turns grey is no warning. Colours of little saturation go to the four greys. */
static int color_nearest_16(uint32_t rgb)
{
    int r = color_channel(rgb, 0), g = color_channel(rgb, 1), b = color_channel(rgb, 2);
    int high = r > g ? (r > b ? r : b) : (g > b ? g : b);
    int low = r < g ? (r < b ? r : b) : (g < b ? g : b);
    int middle = (high + low) / 2;

    if (high - low < 40 || high < 48) {
        static const int greys[4] = { 0, INDEX_BRIGHT_BLACK, 7, 15 };

        return greys[middle < 48 ? 0 : middle < 150 ? 1 : middle < 235 ? 2 : 3];
    }

    int floor = low + (high - low) / 2; /* a channel above it takes part in the hue */
    int index = (r > floor ? 1 : 0) | (g > floor ? 2 : 0) | (b > floor ? 4 : 0);

    return high > 0xd8 ? index + 8 : index;
}

int color_at_depth(const struct color *color, enum color_depth depth, bool background)
{
    int index;

    if (depth == DEPTH_NONE || color->kind == COLOR_IS_DEFAULT)
        return -1;
    if (depth == DEPTH_RGB) {
        uint32_t rgb = color_to_rgb(color, 0);

        if (color->kind == COLOR_IS_INDEX && color->index < 8)
            return color->index;
        return rgb < 8 ? 8 : (int)rgb; /* curses takes 0..7 for the palette's colours */
    }
    if (depth == DEPTH_256)
        return color->kind == COLOR_IS_INDEX ? color->index : color_nearest_256(color->rgb);
    if (color->low == COLOR_LOW_DEFAULT)
        return -1;
    if (color->low != COLOR_NO_LOW)
        index = color->low;
    else if (color->kind == COLOR_IS_INDEX && color->index < 16)
        index = color->index;
    else
        index = color_nearest_16(color_to_rgb(color, 0));
    if (depth == DEPTH_8 && index >= INDEX_BRIGHT_BLACK) {
        if (index == INDEX_BRIGHT_BLACK && !background)
            return -1;
        index -= INDEX_BRIGHT_BLACK;
    }
    return index;
}
