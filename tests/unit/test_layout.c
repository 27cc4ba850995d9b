/* SPDX-License-Identifier: MIT */
#include <check.h>

#include "../../ui/layout.h"

Suite *make_layout_suite(void);

enum {
    HEIGHT_MAX = 100,
    WIDTH_MAX = 300,
    PANE_MIN_HEIGHT = 4, /* title, headings and at least a row; boxed: the border too */
    PANE_MIN_WIDTH = 30,
    PROMPT_MOST = 4, /* lines of a prompt */
};

/* Rectangles that lie inside the screen, do not overlap and have its area together tile it. */
struct tiles {
    int height, width;
    int area;
    size_t count;
    struct rect rects[TABLE_COUNT + 2];
};

static bool overlap(const struct rect *a, const struct rect *b)
{
    return a->y < b->y + b->height && b->y < a->y + a->height && a->x < b->x + b->width &&
           b->x < a->x + a->width;
}

/* Says what is wrong, or NULL. Check's own assertions are too slow for a million calls. */
static const char *add_tile(struct tiles *tiles, const struct rect *rect)
{
    if (rect->y < 0 || rect->x < 0 || rect->y + rect->height > tiles->height ||
        rect->x + rect->width > tiles->width)
        return "a rectangle lies outside";
    for (size_t i = 0; i < tiles->count; i++) {
        if (overlap(&tiles->rects[i], rect))
            return "rectangles overlap";
    }
    tiles->rects[tiles->count++] = *rect;
    tiles->area += rect->height * rect->width;
    return NULL;
}

static const char *check_panes(const struct layout *layout, struct tiles *tiles,
                               const struct layout_wish *wish)
{
    /* a filter and its prompt take lines of the panes: those then have a row at least */
    bool tight = wish->filter || wish->footer > 1;
    int least = PANE_MIN_HEIGHT + (layout->boxed ? 1 : 0) - (tight ? 1 : 0);
    const char *wrong = NULL;

    for (int i = 0; i < TABLE_COUNT && !wrong; i++) {
        const struct rect *pane = &layout->panes[i];

        if (pane->height == 0 && i == (int)wish->focus)
            return "the focused pane is missing";
        if (pane->height == 0)
            continue;
        if (wish->zoomed && i != (int)wish->focus)
            return "there is a pane beside the zoomed one";
        if (pane->height < least || pane->width < PANE_MIN_WIDTH)
            return "a pane is too small";
        wrong = add_tile(tiles, pane);
    }
    return wrong;
}

static const char *check_layout(const struct layout_wish *wish)
{
    struct tiles tiles = { .height = wish->height, .width = wish->width };
    struct layout layout;
    const char *wrong;

    layout_compute(&layout, wish);
    if (layout.too_small)
        return "called too small";
    wrong = add_tile(&tiles, &layout.header);
    if (!wrong)
        wrong = add_tile(&tiles, &layout.footer);
    if (!wrong)
        wrong = check_panes(&layout, &tiles, wish);
    if (!wrong && tiles.area != wish->height * wish->width)
        wrong = "there are gaps";
    return wrong;
}

START_TEST(test_panes_tile_every_screen)
{
    for (int width = LAYOUT_MIN_WIDTH; width <= WIDTH_MAX; width++) {
        for (int i = 0; i < TABLE_COUNT * 2 * 3; i++) {
            struct layout_wish wish = { .height = _i,
                                        .width = width,
                                        .focus = (enum table_id)(i / 6),
                                        .zoomed = i % 2 == 1,
                                        .filter = i / 2 % 3 > 0,
                                        .footer = i / 2 % 3 > 1 ? PROMPT_MOST : 0 };
            const char *wrong = check_layout(&wish);

            if (wrong)
                ck_abort_msg("%dx%d, pane %d focused, footer %d: %s", width, _i,
                             (int)wish.focus + 1, wish.footer, wrong);
        }
    }
}
END_TEST

START_TEST(test_too_small_is_said)
{
    static const int sizes[][2] = { { 9, 80 }, { 24, 39 }, { 1, 1 }, { 0, 0 }, { 9, 39 } };
    struct layout layout;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        layout_compute(&layout, &(struct layout_wish){ .height = sizes[i][0],
                                                       .width = sizes[i][1],
                                                       .focus = TABLE_FLOWS });
        ck_assert(layout.too_small);
    }
}
END_TEST

static unsigned count_panes(int height, int width)
{
    struct layout layout;
    unsigned count = 0;

    layout_compute(
        &layout, &(struct layout_wish){ .height = height, .width = width, .focus = TABLE_TALKERS });
    for (int i = 0; i < TABLE_COUNT; i++)
        count += layout.panes[i].height > 0;
    return count;
}

START_TEST(test_more_room_shows_more_panes)
{
    ck_assert_uint_eq(count_panes(10, 40), 1);
    ck_assert_uint_eq(count_panes(15, 60), 1);
    ck_assert_uint_eq(count_panes(24, 80), 4);
    ck_assert_uint_eq(count_panes(60, 200), TABLE_COUNT - 1); /* rules: only when asked for */
    ck_assert_uint_eq(count_panes(100, 300), TABLE_COUNT - 1);
}
END_TEST

START_TEST(test_rect_contains_its_cells_only)
{
    struct rect rect = { .y = 2, .x = 3, .height = 1, .width = 2 };

    ck_assert(rect_contains(&rect, 2, 3));
    ck_assert(rect_contains(&rect, 2, 4));
    ck_assert(!rect_contains(&rect, 2, 5));
    ck_assert(!rect_contains(&rect, 2, 2));
    ck_assert(!rect_contains(&rect, 1, 3));
    ck_assert(!rect_contains(&rect, 3, 3));
}
END_TEST

Suite *make_layout_suite(void)
{
    Suite *suite = suite_create("layout");
    TCase *sizes = tcase_create("sizes");

    tcase_add_loop_test(sizes, test_panes_tile_every_screen, LAYOUT_MIN_HEIGHT, HEIGHT_MAX + 1);
    tcase_add_test(sizes, test_too_small_is_said);
    tcase_add_test(sizes, test_more_room_shows_more_panes);
    tcase_add_test(sizes, test_rect_contains_its_cells_only);
    suite_add_tcase(suite, sizes);
    return suite;
}
