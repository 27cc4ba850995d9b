/* SPDX-License-Identifier: MIT */
#include "graph.h"

#include <string.h>

#include "../src/utf8.h"

enum {
    BLOCK_STEPS = 8, /* an eighth block to the left of a cell */
    DOT_STEPS = 4,   /* a braille cell is two dots wide and four high */
    ASCII_STEPS = 3,
};

static const char *const graph_eighths[BLOCK_STEPS + 1] = {
    " ", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589", "\u2588",
};

static const char *const graph_ascii[ASCII_STEPS + 1] = { " ", ".", ":", "|" };

/* The dots of a braille column filled from below, for 0 to 4 dots (Unicode, 2800..28FF). */
static const uint8_t graph_left_dots[DOT_STEPS + 1] = { 0x00, 0x40, 0x44, 0x46, 0x47 };
static const uint8_t graph_right_dots[DOT_STEPS + 1] = { 0x00, 0x80, 0xa0, 0xb0, 0xb8 };

/* value * steps / top, without overflow, at least 1 for what is not 0. */
static size_t graph_scale(uint64_t value, uint64_t top, size_t steps)
{
    size_t scaled;

    if (value == 0 || top == 0)
        return 0;
    if (value >= top)
        return steps;
    scaled = (size_t)((double)value / (double)top * (double)steps + 0.5);
    return scaled > 0 ? scaled : 1;
}

static size_t graph_append(char *out, size_t used, const char *text)
{
    size_t n = strlen(text);

    memcpy(out + used, text, n);
    return used + n;
}

void graph_bar(char *out, size_t cells, uint64_t part, uint64_t whole, bool ascii)
{
    size_t steps = ascii ? 1 : BLOCK_STEPS;
    size_t filled = graph_scale(part, whole, cells * steps);
    size_t used = 0;

    for (size_t i = 0; i < cells; i++) {
        size_t here = filled > steps ? steps : filled;

        filled -= here;
        if (ascii)
            used = graph_append(out, used, here > 0 ? "#" : " ");
        else
            used = graph_append(out, used, graph_eighths[here]);
    }
    out[used] = '\0';
}

static size_t graph_capacity(const struct graph *graph)
{
    return graph->ascii ? graph->cells : graph->cells * 2;
}

size_t graph_shown(const struct graph *graph)
{
    size_t capacity = graph_capacity(graph);

    return graph->count < capacity ? graph->count : capacity;
}

uint64_t graph_greatest(const struct graph *graph)
{
    uint64_t greatest = 0;

    for (size_t i = graph->count - graph_shown(graph); i < graph->count; i++) {
        if (graph->values[i] > greatest)
            greatest = graph->values[i];
    }
    return greatest;
}

/* The steps that the value at column `at` (of the capacity) fills of row `row`. */
static size_t graph_level(const struct graph *graph, size_t at, size_t row, uint64_t top,
                          size_t steps)
{
    size_t missing = graph_capacity(graph) - graph_shown(graph);
    size_t below = (graph->rows - 1 - row) * steps;
    size_t level;

    if (at < missing)
        return 0;
    level = graph_scale(graph->values[graph->count - graph_capacity(graph) + at], top,
                        graph->rows * steps);
    if (level <= below)
        return 0;
    return level - below < steps ? level - below : steps;
}

void graph_row(char *out, const struct graph *graph, size_t row)
{
    uint64_t top = graph->top > 0 ? graph->top : graph_greatest(graph);
    size_t used = 0;

    for (size_t cell = 0; cell < graph->cells; cell++) {
        if (graph->ascii) {
            used = graph_append(out, used,
                                graph_ascii[graph_level(graph, cell, row, top, ASCII_STEPS)]);
            continue;
        }

        uint8_t dots = graph_left_dots[graph_level(graph, cell * 2, row, top, DOT_STEPS)] |
                       graph_right_dots[graph_level(graph, cell * 2 + 1, row, top, DOT_STEPS)];

        /* an empty cell is a blank, which more fonts draw as empty */
        used += utf8_write(out + used, dots ? 0x2800u + dots : ' ');
    }
    out[used] = '\0';
}
