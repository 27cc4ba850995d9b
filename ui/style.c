/* SPDX-License-Identifier: MIT */
#include "style.h"

/* The pairs handed out so far: the same two colours share a pair, because terminals of few
 * colours have few pairs. */
struct style_pairs {
    int limit, count;
    struct {
        int fg, bg;
    } used[ROLE_COUNT * OVERLAY_COUNT + 1];
};

enum color_depth style_depth(bool allowed)
{
    if (!allowed || !has_colors())
        return DEPTH_NONE;
    if (COLORS >= 1 << 24)
        return DEPTH_RGB;
    return COLORS >= 256 ? DEPTH_256 : COLORS >= 16 ? DEPTH_16 : DEPTH_8;
}

static int style_pair(struct style_pairs *pairs, int fg, int bg)
{
    if (fg < 0 && bg < 0)
        return 0;
    for (int i = 1; i <= pairs->count; i++) {
        if (pairs->used[i].fg == fg && pairs->used[i].bg == bg)
            return i;
    }
    if (pairs->count + 1 >= pairs->limit || init_extended_pair(pairs->count + 1, fg, bg) == ERR)
        return 0;
    pairs->count++;
    pairs->used[pairs->count].fg = fg;
    pairs->used[pairs->count].bg = bg;
    return pairs->count;
}

static attr_t style_attributes(uint8_t attributes)
{
    static const struct {
        uint8_t theme;
        attr_t curses;
    } map[] = {
        { THEME_BOLD, A_BOLD },       { THEME_DIM, A_DIM },       { THEME_UNDERLINE, A_UNDERLINE },
        { THEME_REVERSE, A_REVERSE }, { THEME_ITALIC, A_ITALIC },
    };
    attr_t result = A_NORMAL;

    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        if (attributes & map[i].theme)
            result |= map[i].curses;
    }
    return result;
}

static bool style_is_set(const struct color *color)
{
    return color->kind != COLOR_IS_DEFAULT;
}

/* The style of a role in an overlay, colours filled up from "text". */
static struct theme_style style_mix(const struct theme *theme, enum theme_role role,
                                    enum overlay overlay)
{
    const struct theme_style *text = &theme->styles[ROLE_TEXT];
    struct theme_style style = theme->styles[role];

    if (overlay != OVERLAY_NONE) {
        const struct theme_style *over =
            &theme->styles[overlay == OVERLAY_SELECTED ? ROLE_SELECTION : ROLE_SELECTION_IDLE];

        if (style_is_set(&over->fg))
            style.fg = over->fg;
        if (style_is_set(&over->bg))
            style.bg = over->bg;
        style.attributes = over->attributes | (style.attributes & THEME_BOLD);
    }
    if (!style_is_set(&style.fg))
        style.fg = text->fg;
    if (!style_is_set(&style.bg))
        style.bg = text->bg;
    return style;
}

static struct style style_make(struct style_pairs *pairs, const struct theme *theme,
                               enum theme_role role, enum overlay overlay, enum color_depth depth)
{
    struct theme_style mixed = style_mix(theme, role, overlay);
    const struct color *ground = &theme->styles[ROLE_TEXT].bg;
    struct style style = { .attributes = style_attributes(mixed.attributes) };

    if (depth != DEPTH_NONE) {
        style.pair = style_pair(pairs, color_at_depth(&mixed.fg, depth, false),
                                color_at_depth(&mixed.bg, depth, true));
        return style;
    }
    /* of two reverse rows nobody could tell the one in use: the idle one has only its marker */
    if (overlay != OVERLAY_IDLE && style_is_set(&mixed.bg) &&
        (!style_is_set(ground) || color_to_rgb(&mixed.bg, 0) != color_to_rgb(ground, 0)))
        style.attributes |= A_REVERSE;
    return style;
}

void style_build(struct style_table *table, const struct theme *theme, enum color_depth depth)
{
    struct style_pairs pairs = { .limit = depth == DEPTH_NONE ? 0 : COLOR_PAIRS };

    for (int role = 0; role < ROLE_COUNT; role++) {
        for (int overlay = 0; overlay < OVERLAY_COUNT; overlay++)
            table->at[role][overlay] =
                style_make(&pairs, theme, (enum theme_role)role, (enum overlay)overlay, depth);
    }
}
