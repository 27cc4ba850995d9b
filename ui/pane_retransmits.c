/* SPDX-License-Identifier: MIT */
/* Retransmits: over time as a graph, beside what the mirror has lost, and by flow. */
#include "pane.h"

#include <stdio.h>
#include <string.h>

#include "graph.h"

enum {
    GRAPH_CELLS = 300, /* the history is 600 seconds, two a column */
    GRAPH_FROM = 9,    /* lines that a pane must have to show the graphs */
    GRAPH_HIGH = 18,   /* ... and to show them four lines high */
    GRAPH_GAP = 2,     /* columns between the two */
};

/* One of the graphs. */
struct curve {
    const char *name, *unit;
    const uint64_t *values;
    enum theme_role role;
};

/* Nothing was counted from second to second yet, or not of what the filter shows: that begins when
 * it is set. */
static void retransmits_no_history(const struct ui *ui, const struct rect *rect, const char *name)
{
    char text[96];

    snprintf(text, sizeof(text), "%s: no history yet%s", name,
             ui->shown->filter.on ? " with this filter" : "");
    if (strlen(text) > (size_t)rect->width)
        snprintf(text, sizeof(text), "%s: no history yet", name);
    draw_text(&ui->canvas, rect->y, rect->x, rect->x + rect->width, ROLE_DIM, text);
}

/* In as many words as there is room for. */
static void retransmits_caption(const struct ui *ui, const struct rect *rect,
                                const struct curve *curve, const struct graph *graph)
{
    char number[FORMAT_NUMBER], greatest[FORMAT_NUMBER], text[96];

    format_si(number, sizeof(number), graph->values[graph->count - 1]);
    format_si(greatest, sizeof(greatest), graph_greatest(graph));
    snprintf(text, sizeof(text), "%s: now %s%s/s, most %s%s in %zu s", curve->name, number,
             curve->unit, greatest, curve->unit, graph_shown(graph));
    if (strlen(text) > (size_t)rect->width)
        snprintf(text, sizeof(text), "%s: %s%s/s, most %s%s", curve->name, number, curve->unit,
                 greatest, curve->unit);
    draw_text(&ui->canvas, rect->y, rect->x, rect->x + rect->width, ROLE_HEADING, text);
}

static void retransmits_draw(const struct ui *ui, const struct rect *rect,
                             const struct curve *curve)
{
    struct graph graph = {
        .values = curve->values,
        .count = ui->shown->history.count,
        .cells = (size_t)(rect->width < GRAPH_CELLS ? rect->width : GRAPH_CELLS),
        .rows = (size_t)rect->height,
        .ascii = ui->canvas.ascii,
    };
    char text[GRAPH_SIZE(GRAPH_CELLS)];

    if (graph.count == 0) {
        retransmits_no_history(ui, rect, curve->name);
        return;
    }
    retransmits_caption(ui, rect, curve, &graph);
    for (size_t row = 0; row < graph.rows; row++) {
        graph_row(text, &graph, row);
        draw_text(&ui->canvas, rect->y + 1 + (int)row, rect->x, rect->x + rect->width, curve->role,
                  text);
    }
}

/* Whether it can be told what the mirror has lost. */
static bool retransmits_knows_loss(const struct ui *ui)
{
    return ui->shown->tcp.count[TCP_COUNT_MIRROR_LOSS_BYTES] != VALUE_UNKNOWN;
}

static int retransmits_above(const struct ui *ui, const struct rect *rect)
{
    const struct snapshot_history *history = &ui->shown->history;
    const struct curve curves[] = {
        { "retransmits", "", history->retransmits, ROLE_GRAPH_ALERT },
        { "mirror loss", "B", history->mirror_loss_bytes, ROLE_GRAPH_ALERT },
    };
    int height = rect->height >= GRAPH_HIGH ? 4 : 2;
    struct rect half = { .y = rect->y, .x = rect->x, .height = height };

    if (rect->height < GRAPH_FROM)
        return 0;
    half.width = (rect->width - GRAPH_GAP) / 2;
    retransmits_draw(ui, &half, &curves[0]);
    half.x += half.width + GRAPH_GAP;
    if (retransmits_knows_loss(ui))
        retransmits_draw(ui, &half, &curves[1]);
    else
        draw_text(&ui->canvas, half.y, half.x, half.x + half.width, ROLE_DIM,
                  "mirror loss: cannot be known");
    return height + 1;
}

static enum theme_role retransmits_role(const struct pane_cell *cell, enum theme_role usual)
{
    bool counted = strstr(cell->field->name, "retransmit") != NULL;

    return counted && usual != ROLE_DIM ? ROLE_WARNING : usual;
}

const struct pane pane_retransmits = {
    .title = "Retransmits",
    .empty = "no TCP flow with retransmits or losses so far",
    .role = retransmits_role,
    .above = retransmits_above,
};
