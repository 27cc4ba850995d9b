/* SPDX-License-Identifier: MIT */
/* Retransmits: over time as a graph, and by flow. */
#include "pane.h"

#include <stdio.h>
#include <string.h>

#include "graph.h"

enum {
    GRAPH_CELLS = 300, /* the history is 600 seconds, two a column */
    GRAPH_FROM = 9,    /* lines that a pane must have to show the graph */
    GRAPH_HIGH = 18,   /* ... and to show it four lines high */
};

static void retransmits_caption(const struct ui *ui, const struct rect *rect,
                                const struct graph *graph)
{
    size_t shown = graph_shown(graph);
    uint64_t now = graph->count > 0 ? graph->values[graph->count - 1] : 0;
    char number[FORMAT_NUMBER], greatest[FORMAT_NUMBER], text[96];

    format_si(number, sizeof(number), now);
    format_si(greatest, sizeof(greatest), graph_greatest(graph));
    snprintf(text, sizeof(text), "per second: now %s, most %s in %zu s", number, greatest, shown);
    draw_text(&ui->canvas, rect->y, rect->x, rect->x + rect->width, ROLE_HEADING, text);
}

static int retransmits_above(const struct ui *ui, const struct rect *rect)
{
    struct graph graph = {
        .values = ui->shown->history.retransmits,
        .count = ui->shown->history.count,
        .cells = (size_t)(rect->width < GRAPH_CELLS ? rect->width : GRAPH_CELLS),
        .rows = rect->height >= GRAPH_HIGH ? 4 : 2,
        .ascii = ui->canvas.ascii,
    };
    char text[GRAPH_SIZE(GRAPH_CELLS)];

    if (rect->height < GRAPH_FROM)
        return 0;
    retransmits_caption(ui, rect, &graph);
    for (size_t row = 0; row < graph.rows; row++) {
        graph_row(text, &graph, row);
        draw_text(&ui->canvas, rect->y + 1 + (int)row, rect->x, rect->x + rect->width,
                  ROLE_GRAPH_ALERT, text);
    }
    return (int)graph.rows + 1;
}

static enum theme_role retransmits_role(const struct pane_cell *cell, enum theme_role usual)
{
    bool counted = strstr(cell->field->name, "retransmit") != NULL;

    return counted && usual != ROLE_DIM ? ROLE_WARNING : usual;
}

const struct pane pane_retransmits = {
    .title = "Retransmits",
    .empty = "no TCP flow with retransmits so far",
    .role = retransmits_role,
    .above = retransmits_above,
};
