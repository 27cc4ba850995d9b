/* SPDX-License-Identifier: MIT */
#include "losses.h"

#include <stdio.h>
#include <string.h>

#include "../src/format.h"
#include "../src/loss.h"

enum { LOSS_SIZE = 64, LOSS_GAP = 2, LOSS_MORE = 6 };

/* The counters as texts, and which of them to show. */
struct loss_list {
    size_t count;
    struct {
        char text[LOSS_SIZE];
        bool bad, shown;
    } items[LOSSES_MAX + 1];
};

static void loss_list_make(struct loss_list *list, const struct snapshot *snapshot, bool long_names,
                           bool direct)
{
    list->count = 0;
    for (size_t i = 0; i < losses_count; i++) {
        uint64_t value = loss_value(&losses[i], snapshot);
        char number[FORMAT_NUMBER] = "-";

        if (value != VALUE_UNKNOWN)
            format_si(number, sizeof(number), value);
        snprintf(list->items[list->count].text, LOSS_SIZE, "%s %s%s",
                 long_names ? losses[i].name : losses[i].label,
                 loss_is_estimate(&losses[i], snapshot) ? "~" : "", number);
        list->items[list->count].bad = loss_is_bad(&losses[i], value, direct);
        list->items[list->count].shown = true;
        list->count++;
    }
    if (snapshot->input.cut) {
        snprintf(list->items[list->count].text, LOSS_SIZE, "file cut");
        list->items[list->count].bad = true;
        list->items[list->count].shown = true;
        list->count++;
    }
}

/* Whether what is shown fits, filling line after line. */
static bool loss_list_fits(const struct loss_list *list, const struct rect *rect)
{
    int line = 0, x = 0;

    for (size_t i = 0; i < list->count; i++) {
        int width = (int)strlen(list->items[i].text);

        if (!list->items[i].shown)
            continue;
        if (x > 0 && x + width > rect->width) {
            line++;
            x = 0;
        }
        x += width + LOSS_GAP;
    }
    return line < rect->height && rect->height > 0;
}

/* Leaves out what is zero, from the end, until the rest fits; then, if need be, even more. Returns
 * how many that are not zero had to go. */
static unsigned loss_list_reduce(struct loss_list *list, struct rect rect)
{
    unsigned gone = 0;

    for (size_t i = list->count; i-- > 0 && !loss_list_fits(list, &rect);) {
        if (!list->items[i].bad)
            list->items[i].shown = false;
    }
    if (loss_list_fits(list, &rect))
        return 0;
    rect.width -= LOSS_MORE;
    for (size_t i = list->count; i-- > 0 && !loss_list_fits(list, &rect);) {
        if (list->items[i].bad) {
            list->items[i].shown = false;
            gone++;
        }
    }
    return gone;
}

void losses_draw(const struct canvas *canvas, const struct rect *rect,
                 const struct snapshot *snapshot, bool direct)
{
    struct loss_list list;
    unsigned gone = 0;
    int y = rect->y, x = rect->x, end = rect->x + rect->width;
    char more[16];

    loss_list_make(&list, snapshot, true, direct);
    if (!loss_list_fits(&list, rect)) {
        loss_list_make(&list, snapshot, false, direct);
        gone = loss_list_reduce(&list, *rect);
    }
    for (size_t i = 0; i < list.count; i++) {
        enum theme_role role = list.items[i].bad ? ROLE_WARNING : ROLE_DIM;

        if (!list.items[i].shown)
            continue;
        if (x > rect->x && x + (int)strlen(list.items[i].text) > end) {
            y++;
            x = rect->x;
        }
        if (y >= rect->y + rect->height)
            break;
        x = draw_text(canvas, y, x, end, role, list.items[i].text) + LOSS_GAP;
    }
    if (gone > 0) {
        snprintf(more, sizeof(more), "+%u", gone);
        draw_text(canvas, y, x, end, ROLE_WARNING, more);
    }
}
