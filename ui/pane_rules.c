/* SPDX-License-Identifier: MIT */
/* The filter in force, rule by rule: a dry run. */
#include "pane.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rule_text.h"

enum { RULES_ROWS = 4 /* lines left for headings and rows, at least */ };

/* Texts side by side; what does not fit goes on in the next line. */
struct rules_pen {
    const struct canvas *canvas;
    struct rect rect;
    int lines; /* begun */
    int x;
};

static void rules_put(struct rules_pen *pen, enum theme_role role, const char *text)
{
    const struct rect *rect = &pen->rect;
    int end = rect->x + rect->width;

    if (pen->x > rect->x && pen->x + 2 + draw_width(pen->canvas, text) > end) {
        pen->lines++;
        pen->x = rect->x;
    }
    if (pen->lines > rect->height)
        return;
    pen->x = draw_text(pen->canvas, rect->y + pen->lines - 1,
                       pen->x > rect->x ? pen->x + 2 : pen->x, end, role, text);
}

/* false: no line is left. */
static bool rules_next_line(struct rules_pen *pen)
{
    if (pen->lines >= pen->rect.height)
        return false;
    pen->lines++;
    pen->x = pen->rect.x;
    return true;
}

static void rules_put_sum(struct rules_pen *pen, enum theme_role role, const char *what,
                          const struct snapshot_sum *sum, const struct snapshot_sum *all)
{
    char packets[FORMAT_NUMBER], bytes[FORMAT_NUMBER], share[32] = "", text[128];

    format_si(packets, sizeof(packets), sum->packets);
    format_si(bytes, sizeof(bytes), sum->bytes);
    if (all && all->bytes > 0)
        snprintf(share, sizeof(share), " (%.1f%%)",
                 (double)sum->bytes * 100.0 / (double)all->bytes);
    snprintf(text, sizeof(text), "%s %s packets %s bytes%s", what, packets, bytes, share);
    rules_put(pen, role, text);
}

/* The rules that would mend them are long: a narrow pane has no column for them. */
static void rules_put_one_way(struct rules_pen *pen, uint64_t flows)
{
    char number[FORMAT_NUMBER], text[80];

    if (flows == 0)
        return;
    format_si(number, sizeof(number), flows);
    snprintf(text, sizeof(text), "one-way flows %s (Enter on a rule: what mends them)", number);
    rules_put(pen, ROLE_WARNING, text);
}

static void rules_put_totals(struct rules_pen *pen, const struct snapshot_filter *filter)
{
    rules_put_sum(pen, ROLE_GOOD, "accepted", &filter->accepted, &filter->all);
    if (filter->mirrored.packets != filter->accepted.packets)
        rules_put_sum(pen, ROLE_TEXT, "with second copies", &filter->mirrored, NULL);
    rules_put_sum(pen, ROLE_TEXT, "rejected", &filter->rejected, NULL);
    if (filter->uncertain.packets > 0)
        rules_put_sum(pen, ROLE_WARNING, "uncertain", &filter->uncertain, NULL);
    if (filter->forgotten.packets > 0)
        rules_put_sum(pen, ROLE_WARNING, "of these too old to judge", &filter->forgotten, NULL);
}

static void rules_put_projection(const struct ui *ui, struct rules_pen *pen,
                                 const struct snapshot_projection *projection)
{
    char packets[FORMAT_NUMBER], rate[FORMAT_NUMBER], month[FORMAT_NUMBER], text[160];
    const char *most = projection->at_most ? "at most " : "";
    bool bits = ui->units == UNITS_BITS;

    if (projection->seconds < 1) {
        rules_put(pen, ROLE_DIM, "projected: too little time has passed to tell");
        return;
    }
    format_si(packets, sizeof(packets), projection->packet_rate);
    format_si(rate, sizeof(rate), bits ? projection->bit_rate : projection->bit_rate / 8);
    format_si(month, sizeof(month), projection->month_bytes);
    snprintf(text, sizeof(text), "projected: %s packet/s, %s%s %s", packets, most, rate,
             bits ? "bit/s" : "byte/s");
    rules_put(pen, ROLE_TEXT, text);
    snprintf(text, sizeof(text), "%s%s bytes a month", most, month);
    rules_put(pen, ROLE_TEXT, text);
    if (projection->month_cents == VALUE_UNKNOWN)
        return;
    snprintf(text, sizeof(text), "cost %s%" PRIu64 ".%02" PRIu64 " a month", most,
             projection->month_cents / 100, projection->month_cents % 100);
    rules_put(pen, ROLE_TEXT, text);
}

static void rules_put_baseline(struct rules_pen *pen, const struct snapshot_filter *filter)
{
    rules_put_sum(pen, ROLE_TEXT, "baseline accepts", &filter->baseline, &filter->all);
    rules_put_sum(pen, ROLE_GOOD, "gained", &filter->gained, NULL);
    rules_put_sum(pen, ROLE_ALERT, "lost", &filter->lost, NULL);
    if (filter->uncompared.packets > 0)
        rules_put_sum(pen, ROLE_WARNING, "too old to compare", &filter->uncompared, NULL);
}

static void rules_put_warnings(struct rules_pen *pen, const char *warnings)
{
    size_t count = warnings[0] != '\0', length = strcspn(warnings, "\n");
    char first[192], text[256];

    for (const char *c = warnings; *c; c++)
        count += *c == '\n' && c[1] != '\0';
    if (count == 0)
        return;
    snprintf(first, sizeof(first), "%.*s", (int)length, warnings);
    snprintf(text, sizeof(text), "%zu warning%s: ", count, count > 1 ? "s, Enter shows all" : "");
    format_escape(text + strlen(text), sizeof(text) - strlen(text), first);
    if (rules_next_line(pen))
        rules_put(pen, ROLE_WARNING, text);
}

static const char *rules_limit(const struct ui *ui)
{
    if (ui->config->options->direct && ui->shown->input.mirrored == 0)
        return ui->config->options->direct_host.family != 0
                   ? "Exact both ways: frames were captured where they came from (--direct)."
                   : "Exact both ways, but --direct=ADDR must tell whose ingress and egress it is.";
    return "Narrowing is exact; widening is unknown unless all is mirrored now.";
}

static int rules_above(const struct ui *ui, const struct rect *rect)
{
    const struct snapshot_filter *filter = &ui->shown->filter;
    struct rules_pen pen = { .canvas = &ui->canvas, .rect = *rect };

    pen.rect.height -= RULES_ROWS;
    if (!filter->on || !rules_next_line(&pen))
        return 0;
    rules_put_totals(&pen, filter);
    if (filter->baseline_on && rules_next_line(&pen))
        rules_put_baseline(&pen, filter);
    if (rules_next_line(&pen))
        rules_put_projection(ui, &pen, &filter->projection);
    rules_put_one_way(&pen, filter->one_way_flows);
    rules_put_warnings(&pen, filter->warnings);
    if (rules_next_line(&pen))
        rules_put(&pen, ROLE_DIM, rules_limit(ui));
    return pen.lines < pen.rect.height ? pen.lines : pen.rect.height;
}

/* A rule of the baseline that the filter has no more. */
static bool rules_is_gone(const struct rule_record *rule)
{
    return strncmp(rule->note, "only", 4) == 0;
}

/* The rule without what is anything at all; v6 is what is left of IPv6. */
static bool rules_cell(const struct pane_cell *cell, char *out, size_t size)
{
    const struct rule_record *rule = cell->row;
    char text[FORMAT_FIELD];
    bool six;

    if (strcmp(cell->field->name, "rule") != 0 || rule->number == VALUE_UNKNOWN)
        return false;
    format_escape(text, sizeof(text), rule->rule);
    six = rule_text_shorten(text, true);
    snprintf(out, size, "%s%s%s", rules_is_gone(rule) ? "gone: " : "", six ? "v6 " : "", text);
    return true;
}

static enum theme_role rules_role(const struct pane_cell *cell, enum theme_role usual)
{
    const struct rule_record *rule = cell->row;
    const char *name = cell->field->name;

    if (rules_is_gone(rule))
        return ROLE_DIM;
    if (strcmp(name, "action") == 0)
        return strcmp(rule->action, "accept") == 0   ? ROLE_GOOD
               : strcmp(rule->action, "reject") == 0 ? ROLE_ALERT
                                                     : ROLE_WARNING;
    if (strcmp(name, "note") == 0)
        return strncmp(rule->note, "never", 5) == 0    ? ROLE_MESSAGE
               : strncmp(rule->note, "shadow", 6) == 0 ? ROLE_ALERT
                                                       : ROLE_WARNING;
    if (strcmp(name, "one_way_flows") == 0 && usual != ROLE_DIM)
        return ROLE_WARNING;
    if (strcmp(name, "difference") == 0)
        return ROLE_MESSAGE;
    return usual;
}

const struct pane pane_rules = {
    .title = "Rules",
    .empty = "no filter is in force: / types one, = on a row of another pane makes one",
    .bar = "bytes",
    .cell = rules_cell,
    .role = rules_role,
    .above = rules_above,
};
