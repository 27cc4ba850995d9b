/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../ui/theme.h"
#include "../support/tempdir.h"

Suite *make_theme_suite(void);

static bool parse(struct theme *theme, const char *text, struct err *err)
{
    return theme_parse(theme, text, strlen(text), "x.theme", err);
}

START_TEST(test_roles_get_their_styles)
{
    struct theme theme;
    struct err err;

    ck_assert(parse(&theme,
                    "# comment\n\n"
                    "text = default\n"
                    "  title=#Aa00fF on 17 bold underline\r\n"
                    "rate = bright-green\n"
                    "alert = #ff0000/red on default reverse dim italic",
                    &err));
    ck_assert_int_eq(theme.styles[ROLE_TITLE].fg.kind, COLOR_IS_RGB);
    ck_assert_uint_eq(theme.styles[ROLE_TITLE].fg.rgb, 0xaa00ff);
    ck_assert_int_eq(theme.styles[ROLE_TITLE].bg.kind, COLOR_IS_INDEX);
    ck_assert_uint_eq(theme.styles[ROLE_TITLE].bg.index, 17);
    ck_assert_uint_eq(theme.styles[ROLE_TITLE].attributes, THEME_BOLD | THEME_UNDERLINE);
    ck_assert_uint_eq(theme.styles[ROLE_RATE].fg.index, 10);
    ck_assert_int_eq(theme.styles[ROLE_ALERT].fg.low, 1);
    ck_assert_uint_eq(theme.styles[ROLE_ALERT].attributes,
                      THEME_REVERSE | THEME_DIM | THEME_ITALIC);
}
END_TEST

START_TEST(test_roles_not_named_look_like_text)
{
    struct theme theme;
    struct err err;

    ck_assert(parse(&theme, "title = red\ntext = #123456 on #654321\n", &err));
    ck_assert_uint_eq(theme.styles[ROLE_FOOTER].fg.rgb, 0x123456);
    ck_assert_uint_eq(theme.styles[ROLE_FOOTER].bg.rgb, 0x654321);
    ck_assert_int_eq(theme.styles[ROLE_TITLE].bg.kind, COLOR_IS_DEFAULT);
    ck_assert(parse(&theme, "", &err));
    ck_assert_int_eq(theme.styles[ROLE_FOOTER].fg.kind, COLOR_IS_DEFAULT);
}
END_TEST

static const struct {
    const char *text, *place, *says;
} mistakes[] = {
    { "colour = red\n", "x.theme:1:", "unknown role 'colour'" },
    { "text = default\n\nalert red\n", "x.theme:3:", "'=' behind the role" },
    { "alert =\n", "x.theme:1:", "ends early" },
    { "alert\n", "x.theme:1:", "ends early" },
    { "alert = reddish\n", "x.theme:1:", "bad colour 'reddish'" },
    { "alert = #12345\n", "x.theme:1:", "bad colour" },
    { "alert = #12345g\n", "x.theme:1:", "bad colour" },
    { "alert = 256\n", "x.theme:1:", "bad colour '256'" },
    { "alert = -1\n", "x.theme:1:", "bad colour" },
    { "alert = #112233/blueish\n", "x.theme:1:", "bad colour" },
    { "alert = red/blue\n", "x.theme:1:", "bad colour" },
    { "alert = #112233/\n", "x.theme:1:", "bad colour" },
    { "alert = red on\n", "x.theme:1:", "ends early" },
    { "alert = red on blue on green\n", "x.theme:1:", "did not expect 'on'" },
    { "alert = red blink\n", "x.theme:1:", "did not expect 'blink'" },
    { "alert = red # no comment here\n", "x.theme:1:", "did not expect '#'" },
    { "alert = red\nalert = blue\n", "x.theme:2:", "twice" },
    { "\x1b[31m = red\n", "x.theme:1:", "unknown role '?[31m'" },
};

START_TEST(test_mistakes_are_named_with_their_line)
{
    struct theme theme;
    struct err err = { .status = EXIT_OK };

    ck_assert(!parse(&theme, mistakes[_i].text, &err));
    ck_assert_int_eq(err.status, EXIT_USAGE);
    ck_assert_msg(strstr(err.text, mistakes[_i].place) == err.text, "%s", err.text);
    ck_assert_msg(strstr(err.text, mistakes[_i].says), "%s", err.text);
    ck_assert(!strchr(err.text, '\n'));
}
END_TEST

START_TEST(test_size_is_limited)
{
    char *text = malloc(THEME_SIZE_MAX + 1);
    struct theme theme;
    struct err err;

    memset(text, '\n', THEME_SIZE_MAX + 1);
    ck_assert(theme_parse(&theme, text, THEME_SIZE_MAX, "x", &err));
    ck_assert(!theme_parse(&theme, text, THEME_SIZE_MAX + 1, "x", &err));
    free(text);
}
END_TEST

/* What a colour becomes where there are fewer. -1: the terminal's own. */
static const struct {
    const char *color;
    int rgb, c256, c16, c8;
} mappings[] = {
    { "default", -1, -1, -1, -1 },
    { "red", 1, 1, 1, 1 },
    { "bright-red", 0xff0000, 9, 9, 1 },
    { "bright-black", 0x7f7f7f, 8, 8, -1 },
    { "#5f87af", 0x5f87af, 67, 4, 4 },
    { "#ff0000", 0xff0000, 196, 9, 1 },
    { "#800000", 0x800000, 88, 1, 1 },
    { "#d7a020", 0xd7a020, 178, 3, 3 },
    { "#ffffff", 0xffffff, 231, 15, 7 },
    { "#000000", 8, 16, 0, 0 },
    { "#767676", 0x767676, 243, 8, -1 },
    { "#c0c0c0", 0xc0c0c0, 250, 7, 7 },
    { "#767676/cyan", 0x767676, 243, 6, 6 },
    { "#767676/bright-cyan", 0x767676, 243, 14, 6 },
    { "#767676/default", 0x767676, 243, -1, -1 },
    { "208", 0xff8700, 208, 11, 3 },
    { "208/yellow", 0xff8700, 208, 3, 3 },
    { "250", 0xbcbcbc, 250, 7, 7 },
};

START_TEST(test_colors_map_down)
{
    struct color color;

    ck_assert(color_parse(mappings[_i].color, strlen(mappings[_i].color), &color));
    ck_assert_int_eq(color_at_depth(&color, DEPTH_RGB, false), mappings[_i].rgb);
    ck_assert_int_eq(color_at_depth(&color, DEPTH_256, false), mappings[_i].c256);
    ck_assert_int_eq(color_at_depth(&color, DEPTH_16, false), mappings[_i].c16);
    ck_assert_int_eq(color_at_depth(&color, DEPTH_8, false), mappings[_i].c8);
    ck_assert_int_eq(color_at_depth(&color, DEPTH_NONE, false), -1);
}
END_TEST

START_TEST(test_every_color_maps_into_range)
{
    for (uint32_t rgb = 0; rgb <= 0xffffff; rgb += 0x0a0b0d) {
        struct color color = { .kind = COLOR_IS_RGB, .low = COLOR_NO_LOW, .rgb = rgb };
        int c256 = color_at_depth(&color, DEPTH_256, true);

        ck_assert(c256 >= 16 && c256 < 256);
        ck_assert_uint_lt((unsigned)color_at_depth(&color, DEPTH_16, true), 16);
        ck_assert_uint_lt((unsigned)color_at_depth(&color, DEPTH_8, true), 8);
    }
}
END_TEST

/* WCAG 2.1: relative luminance, contrast ratio. */
static double luminance(uint32_t rgb)
{
    static const double weights[3] = { 0.2126, 0.7152, 0.0722 };
    double sum = 0;

    for (int c = 0; c < 3; c++) {
        double v = (rgb >> (16 - 8 * c) & 0xff) / 255.0;

        sum += weights[c] * (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(uint32_t a, uint32_t b)
{
    double la = luminance(a), lb = luminance(b);

    return la > lb ? (la + 0.05) / (lb + 0.05) : (lb + 0.05) / (la + 0.05);
}

/* Every text in every built-in theme can be read: 3:1 against what it stands on. A theme without a
 * ground of its own is meant for a dark terminal, "light" for a light one. */
START_TEST(test_builtin_themes_can_be_read)
{
    const char *name = theme_builtin_name((size_t)_i);
    bool light = strcmp(name, "light") == 0;
    uint32_t ground = light ? 0xffffff : 0x101010, ink = light ? 0x000000 : 0xe0e0e0;
    struct theme theme;
    struct err err = { .text = "" };
    size_t size;
    const char *text = theme_builtin_find(name, &size);

    ck_assert_ptr_nonnull(text);
    ck_assert_msg(theme_parse(&theme, text, size, name, &err), "%s", err.text);
    ground = color_to_rgb(&theme.styles[ROLE_TEXT].bg, ground);
    ink = color_to_rgb(&theme.styles[ROLE_TEXT].fg, ink);
    for (int role = 0; role < ROLE_COUNT; role++) {
        const struct theme_style *style = &theme.styles[role];
        uint32_t fg = color_to_rgb(&style->fg, ink), bg = color_to_rgb(&style->bg, ground);

        ck_assert_msg(contrast(fg, bg) >= 3, "%s: %s has only %.1f", name,
                      theme_role_name((enum theme_role)role), contrast(fg, bg));
    }
}
END_TEST

/* A selection can be told from other rows without colour: by its background or an attribute. */
START_TEST(test_builtin_themes_mark_the_selection)
{
    const char *name = theme_builtin_name((size_t)_i);
    struct theme theme;
    struct err err;
    size_t size;
    const char *text = theme_builtin_find(name, &size);

    ck_assert(theme_parse(&theme, text, size, name, &err));
    ck_assert(theme.styles[ROLE_SELECTION].bg.kind != COLOR_IS_DEFAULT ||
              theme.styles[ROLE_SELECTION].attributes != 0);
}
END_TEST

static char config_home[TEMPDIR_PATH];

static void make_home(void)
{
    tempdir_make(config_home);
    setenv("XDG_CONFIG_HOME", config_home, 1);
}

static void remove_home(void)
{
    tempdir_remove(config_home);
}

static void write_theme(const char *name, const char *text)
{
    char path[160];
    FILE *file;

    snprintf(path, sizeof(path), "%s/mirrortop", config_home);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/mirrortop/themes", config_home);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/mirrortop/themes/%s", config_home, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static size_t list_find(const struct theme_list *list, const char *name)
{
    size_t i = 0;

    while (i < list->count && strcmp(list->entries[i].name, name) != 0)
        i++;
    return i;
}

START_TEST(test_users_theme_wins)
{
    struct theme theme;
    struct theme_list list;
    struct err err;

    write_theme("default.theme", "text = 77\n");
    write_theme("own.theme", "text = 78\n");
    write_theme("not-a-theme.txt", "nothing");
    ck_assert(theme_load(&theme, "default", &err));
    ck_assert_uint_eq(theme.styles[ROLE_TEXT].fg.index, 77);
    ck_assert_str_eq(theme.name, "default");
    ck_assert(theme_load(&theme, "own", &err));
    theme_list_all(&list);
    ck_assert_uint_lt(list_find(&list, "own"), list.count);
    ck_assert_uint_eq(list_find(&list, "not-a-theme"), list.count);
    ck_assert_int_eq(list.entries[list_find(&list, "default")].origin, THEME_FROM_USER);
    for (size_t i = 1; i < list.count; i++)
        ck_assert_int_lt(strcmp(list.entries[i - 1].name, list.entries[i].name), 0);
}
END_TEST

START_TEST(test_builtin_themes_need_no_files)
{
    static const char *const wanted[] = { "default", "light", "mono", "high-contrast" };
    struct theme theme;
    struct err err = { .text = "" };

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        ck_assert_msg(theme_load(&theme, wanted[i], &err), "%s", err.text);
}
END_TEST

START_TEST(test_unknown_theme_lists_those_there_are)
{
    static const char *const names[] = { "nosuch", "", "../default", "a/b", "a b", ".theme" };
    struct theme theme;
    struct err err;

    write_theme("own.theme", "text = 78\n");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ck_assert(!theme_load(&theme, names[i], &err));
        ck_assert_int_eq(err.status, EXIT_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, "high-contrast"));
        ck_assert_ptr_nonnull(strstr(err.text, "own"));
    }
}
END_TEST

START_TEST(test_broken_file_is_named)
{
    struct theme theme;
    struct err err;

    write_theme("broken.theme", "text = default\nalert = redd\n");
    ck_assert(!theme_load(&theme, "broken", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "broken.theme:2:"));
}
END_TEST

Suite *make_theme_suite(void)
{
    Suite *suite = suite_create("theme");
    TCase *parser = tcase_create("parser");
    TCase *colors = tcase_create("colors");
    TCase *found = tcase_create("found");
    size_t builtin = 0;

    while (theme_builtin_name(builtin))
        builtin++;
    tcase_add_test(parser, test_roles_get_their_styles);
    tcase_add_test(parser, test_roles_not_named_look_like_text);
    tcase_add_loop_test(parser, test_mistakes_are_named_with_their_line, 0,
                        (int)(sizeof(mistakes) / sizeof(mistakes[0])));
    tcase_add_test(parser, test_size_is_limited);
    suite_add_tcase(suite, parser);
    tcase_add_loop_test(colors, test_colors_map_down, 0,
                        (int)(sizeof(mappings) / sizeof(mappings[0])));
    tcase_add_test(colors, test_every_color_maps_into_range);
    tcase_add_loop_test(colors, test_builtin_themes_can_be_read, 0, (int)builtin);
    tcase_add_loop_test(colors, test_builtin_themes_mark_the_selection, 0, (int)builtin);
    suite_add_tcase(suite, colors);
    tcase_add_checked_fixture(found, make_home, remove_home);
    tcase_add_test(found, test_users_theme_wins);
    tcase_add_test(found, test_builtin_themes_need_no_files);
    tcase_add_test(found, test_unknown_theme_lists_those_there_are);
    tcase_add_test(found, test_broken_file_is_named);
    suite_add_tcase(suite, found);
    return suite;
}
