/* SPDX-License-Identifier: MIT */
#include "losses.h"

#include <stdio.h>
#include <string.h>

#include "../src/format.h"

enum { LOSSES_MAX = 16, LOSS_SIZE = 64, LOSS_GAP = 2, LOSS_MORE = 6 };

#define AT(member) offsetof(struct snapshot, member)

const struct loss losses[] = {
    { "kernel", "kernel drops", "frames that the kernel dropped before mirrortop read them",
      AT(input.kernel_drops) },
    { "queue", "queue drops", "frames that mirrortop dropped because it was too slow",
      AT(input.queue_drops) },
    { "trunc", "truncated", "frames that the mirror or the capture cut; the rest was used",
      AT(decode.outcomes[DECODE_TRUNCATED]) },
    { "malf", "malformed", "frames whose bytes contradict themselves",
      AT(decode.outcomes[DECODE_MALFORMED]) },
    { "unsup", "unsupported", "frames with a layer that mirrortop does not look into",
      AT(decode.outcomes[DECODE_UNSUPPORTED]) },
    { "unmirr", "not mirrored", "frames without a mirror's encapsulation", AT(input.not_mirrored) },
    { "evict", "evicted", "flows closed before their time because the table was full",
      AT(flows.evicted) },
    { "uncert", "uncertain", "TCP segments that could not be judged: too many holes at once",
      AT(tcp.uncertain) },
    { "talk", "talkers evicted", "addresses whose totals went into the remainder",
      AT(flows.talkers_evicted) },
    { "names", "names dropped", "server names not kept because the store was full",
      AT(flows.names_dropped) },
    { "refus", "sessions refused", "frames of sessions beyond the session table",
      AT(flows.sessions_refused) },
    { "back", "time backwards", "times that the stamps jumped back by more than 10 s",
      AT(input.time_backwards) },
};

const size_t losses_count = sizeof(losses) / sizeof(losses[0]);

_Static_assert(sizeof(losses) / sizeof(losses[0]) <= LOSSES_MAX, "room for every counter");

uint64_t loss_value(const struct loss *loss, const struct snapshot *snapshot)
{
    uint64_t value;

    memcpy(&value, (const char *)snapshot + loss->offset, sizeof(value));
    return value;
}

bool loss_is_bad(const struct loss *loss, uint64_t value, bool direct)
{
    if (direct && loss->offset == AT(input.not_mirrored))
        return false;
    return value != 0 && value != VALUE_UNKNOWN;
}

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
        snprintf(list->items[list->count].text, LOSS_SIZE, "%s %s",
                 long_names ? losses[i].name : losses[i].label, number);
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
