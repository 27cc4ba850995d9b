/* SPDX-License-Identifier: MIT */
#include "header.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "graph.h"
#include "losses.h"
#include "rule_text.h"

enum {
    PIECES = 12,
    PIECE_SIZE = 160,
    NARROW = 64,       /* below it the short words are used */
    GRAPH_FROM = 110,  /* from here on the rate has a graph beside the text */
    SKIPPED_FROM = 56, /* narrower, there is no room to say what was not waited for */
    SPARK_MAX = 150,
    PROGRESS_CELLS = 8,
};

/* Texts that stand side by side. */
struct pieces {
    size_t count;
    struct {
        enum theme_role role;
        char text[PIECE_SIZE];
    } items[PIECES];
};

static void pieces_add(struct pieces *pieces, enum theme_role role, const char *text)
{
    if (pieces->count == PIECES)
        return;
    pieces->items[pieces->count].role = role;
    snprintf(pieces->items[pieces->count].text, PIECE_SIZE, "%s", text);
    pieces->count++;
}

static int pieces_width(const struct pieces *pieces, const struct canvas *canvas)
{
    int width = 0;

    for (size_t i = 0; i < pieces->count; i++)
        width += draw_width(canvas, pieces->items[i].text) + (i > 0 ? 1 : 0);
    return width;
}

static int pieces_draw(const struct pieces *pieces, const struct canvas *canvas, int y, int x,
                       int end)
{
    for (size_t i = 0; i < pieces->count && x < end; i++)
        x = draw_text(canvas, y, i > 0 ? x + 1 : x, end, pieces->items[i].role,
                      pieces->items[i].text);
    return x;
}

static void header_speed(const struct ui *ui, char out[32])
{
    const char *play = glyph_text(GLYPH_PLAY, ui->canvas.ascii);

    if (ui->feed.speed <= FEED_MAX)
        snprintf(out, 32, "%s max", play);
    else
        snprintf(out, 32, "%s %.4gx", play, ui->feed.speed);
}

static bool header_can_restart(const struct ui *ui)
{
    return ui->feed.can_restart && ui->config->options->export_count == 0;
}

static void header_state(const struct ui *ui, struct pieces *pieces, bool narrow)
{
    char text[PIECE_SIZE];

    if (ui->paused)
        pieces_add(pieces, ROLE_PAUSED, " PAUSED ");
    if (ui->feed.trouble[0] != '\0' && !feed_is_over(ui->feed.state)) {
        format_escape(text, sizeof(text), ui->feed.trouble);
        pieces_add(pieces, ROLE_ALERT, narrow ? "NO INPUT" : text);
        return;
    }
    switch (ui->feed.state) {
    case FEED_WAITING:
        pieces_add(pieces, ROLE_DIM, narrow ? "waiting" : "waiting for data");
        break;
    case FEED_ENDED:
        snprintf(text, sizeof(text), "%s %s", glyph_text(GLYPH_END, ui->canvas.ascii),
                 narrow                   ? "end"
                 : header_can_restart(ui) ? "end of capture, 0 starts again"
                                          : "end of capture");
        pieces_add(pieces, ROLE_MESSAGE, text);
        break;
    case FEED_FAILED:
        pieces_add(pieces, ROLE_ALERT, narrow ? "FAILED" : "FAILED, see below");
        break;
    case FEED_RUNNING:
        if (ui->feed.live)
            snprintf(text, sizeof(text), "%s live", glyph_text(GLYPH_PLAY, ui->canvas.ascii));
        else
            header_speed(ui, text);
        pieces_add(pieces, ROLE_GOOD, text);
        break;
    }
}

/* What the doctor thinks is missing; its pane is not always in sight. */
static void header_problems(const struct ui *ui, struct pieces *pieces, bool narrow)
{
    char text[PIECE_SIZE];
    size_t problems = 0;

    for (size_t i = 0; ui->live && i < ui->live->tables[TABLE_FINDINGS].count; i++) {
        const struct finding_record *finding = snapshot_row(ui->live, TABLE_FINDINGS, i);

        problems += strcmp(finding->severity, "problem") == 0;
    }
    if (problems == 0)
        return;
    if (narrow)
        snprintf(text, sizeof(text), "7: %zu!", problems);
    else
        snprintf(text, sizeof(text), "7: %zu problem%s", problems, problems > 1 ? "s" : "");
    pieces_add(pieces, ROLE_ALERT, text);
}

/* Seconds in the largest unit that still says something: "12 s", "34 min", "5 h", "70 d". */
static void header_duration(char *out, size_t size, uint64_t seconds)
{
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
    size_t i = 0;

    while (units[i].seconds > 1 && seconds < 2 * units[i].seconds)
        i++;
    snprintf(out, size, "%llu %s", (unsigned long long)(seconds / units[i].seconds), units[i].name);
}

static void header_progress(const struct ui *ui, struct pieces *pieces, bool narrow)
{
    char text[PIECE_SIZE], bar[GRAPH_SIZE(PROGRESS_CELLS)], skipped[32];

    if (ui->feed.progress != UINT_MAX && ui->feed.state != FEED_ENDED) {
        if (!narrow) {
            graph_bar(bar, PROGRESS_CELLS, ui->feed.progress, 1000, ui->canvas.ascii);
            snprintf(text, sizeof(text), "[%s]", bar);
            pieces_add(pieces, ROLE_BAR, text);
        }
        snprintf(text, sizeof(text), "%3u%%", ui->feed.progress / 10);
        pieces_add(pieces, ROLE_TEXT, text);
    }
    if (ui->feed.skips > 0 && ui->layout.header.width >= SKIPPED_FROM) {
        header_duration(skipped, sizeof(skipped), ui->feed.skipped_ns / 1000000000u);
        snprintf(text, sizeof(text), "skipped %s", skipped);
        pieces_add(pieces, ROLE_MESSAGE, text);
    }
}

static void header_clock(const struct ui *ui, char *out, size_t size)
{
    bool utc = ui->config->options->utc;
    char clock[FORMAT_TIME] = "--:--:--";

    if (ui->feed.clock_ns > 0)
        format_clock(clock, sizeof(clock), ui->feed.clock_ns, utc);
    snprintf(out, size, "%s%s", clock, utc ? "Z" : "");
}

/* Who, what, when; at the right how the replay goes. */
static void header_draw_first(const struct ui *ui, int y, bool narrow)
{
    const struct canvas *canvas = &ui->canvas;
    struct pieces right = { .count = 0 };
    char clock[FORMAT_TIME + 2], source[FORMAT_FIELD];
    int end = ui->layout.header.width - 1;
    int x = 1, room;

    header_clock(ui, clock, sizeof(clock));
    pieces_add(&right, ROLE_TEXT, clock);
    header_problems(ui, &right, narrow);
    header_state(ui, &right, narrow);
    header_progress(ui, &right, narrow);
    room = end - pieces_width(&right, canvas) - 1;
    if (!narrow)
        x = draw_text(canvas, y, x, room, ROLE_BRAND, "mirrortop") + 1;
    if (strcmp(ui->config->feed->source, "-") == 0)
        snprintf(source, sizeof(source), "standard input");
    else
        format_escape(source, sizeof(source), ui->config->feed->source);
    if (room > x)
        draw_cell(
            canvas,
            (struct draw_span){
                .y = y, .x = x, .width = room - x, .role = ROLE_NAME, .align = DRAW_MIDDLE_CUT },
            source);
    pieces_draw(&right, canvas, y, room + 1 > 0 ? room + 1 : 0, end);
}

static void header_count(struct pieces *pieces, uint64_t value, const char *unit)
{
    char number[FORMAT_NUMBER], text[PIECE_SIZE];

    format_si(number, sizeof(number), value);
    snprintf(text, sizeof(text), "%5s %s", number, unit);
    pieces_add(pieces, ROLE_NUMBER, text);
}

static void header_rates(const struct ui *ui, struct pieces *pieces, bool narrow)
{
    const struct snapshot *snapshot = ui->live;
    bool bits = ui->units == UNITS_BITS;
    char number[FORMAT_NUMBER], text[PIECE_SIZE];

    format_si(number, sizeof(number), bits ? snapshot->bit_rate : snapshot->bit_rate / 8);
    snprintf(text, sizeof(text), "%5s %s", number, bits ? "bit/s" : "byte/s");
    pieces_add(pieces, ROLE_RATE, text);
    format_si(number, sizeof(number), snapshot->packet_rate);
    snprintf(text, sizeof(text), "%5s %s", number, narrow ? "pkt/s" : "packet/s");
    pieces_add(pieces, ROLE_RATE, text);
    if (narrow)
        return;
    header_count(pieces, snapshot->packets, "packets");
    header_count(pieces, snapshot->bytes, "bytes");
    header_count(pieces,
                 snapshot->filter.on ? snapshot->tables[TABLE_FLOWS].total : snapshot->flows.active,
                 "flows");
}

/* A part of the whole as "12.3%", "<0.1%" for what is little but not nothing. */
static void header_share(char *out, size_t size, uint64_t part, uint64_t whole)
{
    double percent = whole > 0 ? (double)part * 100.0 / (double)whole : 0;

    if (part > 0 && percent < 0.1)
        snprintf(out, size, "<0.1%%");
    else
        snprintf(out, size, "%.1f%%", percent);
}

/* As it was typed or as rules, whichever is shorter: sugar expands, commands of the CLI do not. */
static const char *header_filter_text(const struct ui *ui)
{
    const char *typed = ui->trial.now.text, *rules = ui->live->filter.text;

    return typed && strlen(typed) < strlen(rules) ? typed : rules;
}

static void header_warn(struct pieces *pieces, const char *what, uint64_t packets)
{
    char number[FORMAT_NUMBER], text[PIECE_SIZE];

    if (packets == 0)
        return;
    format_si(number, sizeof(number), packets);
    snprintf(text, sizeof(text), "%s %s", what, number);
    pieces_add(pieces, ROLE_WARNING, text);
}

/* The filter in force, and how much of the traffic is shown because of it. Too old are packets of
 * flows that are known no more: the tables lack them. */
static void header_draw_filter(const struct ui *ui, int y, bool narrow)
{
    const struct snapshot_filter *filter = &ui->live->filter;
    const struct snapshot_sum *shown =
        filter->rejected_view ? &filter->rejected : &filter->accepted;
    struct pieces pieces = { .count = 0 };
    char packets[16], bytes[16], text[PIECE_SIZE], rules[FORMAT_FIELD];
    int end = ui->layout.header.width - 1, x = 1, room;

    if (filter->rejected_view)
        pieces_add(&pieces, ROLE_PAUSED, narrow ? " REJECTED " : " REJECTED SHOWN ");
    header_share(packets, sizeof(packets), shown->packets, filter->all.packets);
    header_share(bytes, sizeof(bytes), shown->bytes, filter->all.bytes);
    snprintf(text, sizeof(text), narrow ? "%s pkts" : "%s of packets, %s of bytes", packets, bytes);
    pieces_add(&pieces, ROLE_NUMBER, text);
    header_warn(&pieces, narrow ? "?" : "uncertain",
                filter->uncertain.packets - filter->forgotten.packets);
    header_warn(&pieces, narrow ? "old" : "too old", filter->forgotten.packets);
    room = end - pieces_width(&pieces, &ui->canvas) - 1;
    if (!narrow)
        x = draw_text(&ui->canvas, y, x, room, ROLE_KEY, "filter") + 1;
    format_escape(rules, sizeof(rules), header_filter_text(ui));
    rule_text_shorten(rules, false);
    if (room > x)
        draw_cell(&ui->canvas,
                  (struct draw_span){ .y = y, .x = x, .width = room - x, .role = ROLE_NAME },
                  rules);
    pieces_draw(&pieces, &ui->canvas, y, room + 1, end);
}

static struct graph header_graph(const struct ui *ui, int cells, int rows)
{
    return (struct graph){
        .values = ui->live->history.bytes,
        .count = ui->live->history.count,
        .cells = (size_t)(cells < SPARK_MAX ? cells : SPARK_MAX),
        .rows = (size_t)rows,
        .ascii = ui->canvas.ascii,
    };
}

/* The rate over time in the right part of the lines below the first. */
static void header_draw_graph(const struct ui *ui, const struct rect *rect)
{
    struct graph graph = header_graph(ui, rect->width, rect->height);
    char text[GRAPH_SIZE(SPARK_MAX)];

    for (int row = 0; row < rect->height; row++) {
        graph_row(text, &graph, (size_t)row);
        draw_text(&ui->canvas, rect->y + row, rect->x, rect->x + rect->width, ROLE_GRAPH, text);
    }
}

void header_draw(const struct ui *ui)
{
    const struct rect *area = &ui->layout.header;
    bool narrow = area->width < NARROW;
    struct pieces rates = { .count = 0 };
    struct rect lines = {
        .y = area->y + 1, .x = 1, .height = area->height - 1, .width = area->width - 2
    };
    int x;

    header_draw_first(ui, area->y, narrow);
    if (!ui->live)
        return;
    if (ui->live->filter.on) {
        lines.height--;
        header_draw_filter(ui, lines.y + lines.height, narrow);
    }
    if (area->width >= GRAPH_FROM) {
        struct rect graph = lines;

        graph.width = area->width / 3;
        graph.x = area->width - 1 - graph.width;
        lines.width -= graph.width + 2;
        header_draw_graph(ui, &graph);
    }
    header_rates(ui, &rates, narrow);
    x = pieces_draw(&rates, &ui->canvas, lines.y, lines.x, lines.x + lines.width) + 2;
    if (lines.height == 1) {
        struct rect rest = {
            .y = lines.y, .x = x, .height = 1, .width = lines.x + lines.width - x
        };

        losses_draw(&ui->canvas, &rest, ui->live, ui->config->options->direct);
        return;
    }
    if (area->width < GRAPH_FROM && lines.x + lines.width - x > 4)
        header_draw_graph(
            ui, &(struct rect){
                    .y = lines.y, .x = x, .height = 1, .width = lines.x + lines.width - x });
    lines.y++;
    lines.height--;
    losses_draw(&ui->canvas, &lines, ui->live, ui->config->options->direct);
}
