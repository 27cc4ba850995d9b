/* SPDX-License-Identifier: MIT */
#include "layout.h"

enum {
    PLAN_ROWS = 6,
    PLAN_CELLS = 3,
    /* from here on panes are boxed: a border costs two lines and two columns */
    BOX_HEIGHT = 16,
    BOX_WIDTH = 60,
    STACK_HEIGHT = 20, /* from here on there is more than one pane */
};

/* A row of panes side by side. */
struct plan_row {
    int weight;     /* share of the height */
    int max_height; /* 0: no limit. A pane of few rows needs no more. */
    int count;
    enum table_id panes[PLAN_CELLS];
};

/* Applies when the screen is at least this large; the first that fits is taken. */
struct plan {
    int height, width;
    int rows;
    struct plan_row row[PLAN_ROWS];
};

static const struct plan layout_plans[] = {
    { .height = 40,
      .width = 150,
      .rows = 3,
      .row = { { 2, 14, 3, { TABLE_SESSIONS, TABLE_SUSPICIONS, TABLE_FINDINGS } },
               { 4, 0, 2, { TABLE_TALKERS, TABLE_PROTOCOLS } },
               { 4, 0, 2, { TABLE_FLOWS, TABLE_RETRANSMITS } } } },
    { .height = 28,
      .width = 150,
      .rows = 2,
      .row = { { 2, 0, 3, { TABLE_SESSIONS, TABLE_PROTOCOLS, TABLE_SUSPICIONS } },
               { 3, 0, 3, { TABLE_TALKERS, TABLE_FLOWS, TABLE_RETRANSMITS } } } },
    { .height = 20,
      .width = 150,
      .rows = 2,
      .row = { { 2, 0, 2, { TABLE_SESSIONS, TABLE_SUSPICIONS } },
               { 3, 0, 3, { TABLE_TALKERS, TABLE_PROTOCOLS, TABLE_FLOWS } } } },
    { .height = 44,
      .width = 100,
      .rows = 4,
      .row = { { 3, 8, 1, { TABLE_SESSIONS } },
               { 4, 0, 2, { TABLE_TALKERS, TABLE_PROTOCOLS } },
               { 4, 0, 1, { TABLE_FLOWS } },
               { 4, 0, 2, { TABLE_RETRANSMITS, TABLE_SUSPICIONS } } } },
    { .height = 44,
      .width = 70,
      .rows = 5,
      .row = { { 3, 8, 1, { TABLE_SESSIONS } },
               { 5, 0, 2, { TABLE_TALKERS, TABLE_PROTOCOLS } },
               { 4, 0, 1, { TABLE_FLOWS } },
               { 4, 0, 1, { TABLE_RETRANSMITS } },
               { 3, 9, 1, { TABLE_SUSPICIONS } } } },
    { .height = 34,
      .width = 70,
      .rows = 4,
      .row = { { 4, 7, 1, { TABLE_SESSIONS } },
               { 5, 0, 2, { TABLE_TALKERS, TABLE_PROTOCOLS } },
               { 4, 0, 1, { TABLE_FLOWS } },
               { 3, 8, 1, { TABLE_SUSPICIONS } } } },
    { .height = 24,
      .width = 70,
      .rows = 3,
      .row = { { 6, 6, 1, { TABLE_SESSIONS } },
               { 9, 0, 2, { TABLE_TALKERS, TABLE_PROTOCOLS } },
               { 5, 8, 1, { TABLE_SUSPICIONS } } } },
    { .height = STACK_HEIGHT,
      .width = 70,
      .rows = 2,
      .row = { { 2, 0, 2, { TABLE_TALKERS, TABLE_PROTOCOLS } },
               { 1, 0, 2, { TABLE_SESSIONS, TABLE_SUSPICIONS } } } },
    { .height = 48,
      .width = LAYOUT_MIN_WIDTH,
      .rows = 5,
      .row = { { 2, 7, 1, { TABLE_SESSIONS } },
               { 3, 0, 1, { TABLE_TALKERS } },
               { 3, 0, 1, { TABLE_PROTOCOLS } },
               { 3, 0, 1, { TABLE_FLOWS } },
               { 2, 0, 1, { TABLE_SUSPICIONS } } } },
    { .height = 30,
      .width = LAYOUT_MIN_WIDTH,
      .rows = 3,
      .row = { { 2, 6, 1, { TABLE_SESSIONS } },
               { 4, 0, 1, { TABLE_TALKERS } },
               { 3, 0, 1, { TABLE_SUSPICIONS } } } },
    { .height = STACK_HEIGHT,
      .width = LAYOUT_MIN_WIDTH,
      .rows = 2,
      .row = { { 2, 0, 1, { TABLE_TALKERS } }, { 2, 0, 1, { TABLE_SUSPICIONS } } } },
    { .height = 0, .width = 0, .rows = 1, .row = { { 1, 0, 1, { TABLE_TALKERS } } } },
};

static int layout_header_height(int height)
{
    return height < BOX_HEIGHT ? 2 : height < 30 ? 3 : 4;
}

static bool plan_has(const struct plan *plan, enum table_id pane)
{
    for (int r = 0; r < plan->rows; r++) {
        for (int c = 0; c < plan->row[r].count; c++) {
            if (plan->row[r].panes[c] == pane)
                return true;
        }
    }
    return false;
}

/* A focused pane that the plan lacks takes the last place. That of the rules, which has sums above
 * its rows, takes as much height as any. */
static struct plan plan_choose(int height, int width, enum table_id focus)
{
    size_t i = 0;
    struct plan plan;

    while (layout_plans[i].height > height || layout_plans[i].width > width)
        i++;
    plan = layout_plans[i];
    if (!plan_has(&plan, focus)) {
        struct plan_row *last = &plan.row[plan.rows - 1];

        last->panes[last->count - 1] = focus;
        for (int r = 0; r < plan.rows && focus == TABLE_RULES; r++) {
            last->max_height = 0;
            if (plan.row[r].weight > last->weight)
                last->weight = plan.row[r].weight;
        }
    }
    return plan;
}

/* Heights by weight. What rows with a limit do not want goes to the others. */
static void layout_rows(const struct plan *plan, int height, int heights[PLAN_ROWS])
{
    int weight = 0, left = height, last = plan->rows - 1;

    for (int r = 0; r < plan->rows; r++)
        weight += plan->row[r].weight;
    for (int r = 0, all = weight; r < plan->rows; r++) {
        const struct plan_row *row = &plan->row[r];

        heights[r] = height * row->weight / all;
        if (row->max_height == 0) {
            last = r;
            continue;
        }
        if (heights[r] > row->max_height)
            heights[r] = row->max_height;
        left -= heights[r];
        weight -= row->weight;
    }
    for (int r = 0; r < plan->rows; r++) {
        const struct plan_row *row = &plan->row[r];

        if (row->max_height > 0)
            continue;
        heights[r] = r == last ? left : left * row->weight / weight;
        left -= heights[r];
        weight -= row->weight;
    }
}

static void layout_panes(struct layout *layout, const struct plan *plan)
{
    int heights[PLAN_ROWS];
    int y = layout->body.y;

    layout_rows(plan, layout->body.height, heights);
    for (int r = 0; r < plan->rows; r++) {
        const struct plan_row *row = &plan->row[r];
        int x = layout->body.x;
        int left = layout->body.width;

        for (int c = 0; c < row->count; c++) {
            int width = left / (row->count - c);

            layout->panes[row->panes[c]] =
                (struct rect){ .y = y, .x = x, .height = heights[r], .width = width };
            x += width;
            left -= width;
        }
        y += heights[r];
    }
}

void layout_compute(struct layout *layout, const struct layout_wish *wish)
{
    int height = wish->height, width = wish->width;
    int header = layout_header_height(height) + (wish->filter ? 1 : 0);
    int footer = wish->footer > 0 ? wish->footer : 1;

    *layout = (struct layout){ .too_small = true };
    if (height < LAYOUT_MIN_HEIGHT || width < LAYOUT_MIN_WIDTH)
        return;
    layout->too_small = false;
    layout->boxed = height >= BOX_HEIGHT && width >= BOX_WIDTH;
    layout->header = (struct rect){ .height = header, .width = width };
    layout->body = (struct rect){ .y = header, .height = height - header - footer, .width = width };
    layout->footer = (struct rect){ .y = height - footer, .height = footer, .width = width };
    if (wish->zoomed) {
        layout->panes[wish->focus] = layout->body;
    } else {
        struct plan plan = plan_choose(height, width, wish->focus);

        layout_panes(layout, &plan);
    }
}

bool rect_contains(const struct rect *rect, int y, int x)
{
    return y >= rect->y && y < rect->y + rect->height && x >= rect->x && x < rect->x + rect->width;
}
