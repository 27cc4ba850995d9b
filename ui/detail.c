/* SPDX-License-Identifier: MIT */
/* Everything about one row: all its fields, exact, in words. */
#include "pages.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../decode/packet.h"
#include "detail_events.h"
#include "pane.h"

enum {
    DETAIL_LABEL = 30,     /* columns for what a value is */
    DETAIL_ROUNDED = 10000 /* from here on a number is also said rounded */
};

/* Parts of the fields' names that are no words. */
static const struct {
    const char *part, *word;
} detail_words[] = {
    { "addr", "address" },
    { "app", "application" },
    { "as", "AS" },
    { "asn", "AS number" },
    { "bit", "" },
    { "cut", "cut off" },
    { "detail", "evidence" },
    { "dst", "destination" },
    { "end", "last packet" },
    { "first", "first seen" },
    { "gwlbe", "GWLB endpoint" },
    { "icmp", "ICMP" },
    { "last", "last seen" },
    { "mac", "MAC address" },
    { "mend", "mended by" },
    { "parent", "part of" },
    { "rtt", "round-trip time" },
    { "s", "" },
    { "src", "source" },
    { "start", "first packet" },
    { "tcp", "TCP" },
    { "us", "" },
    { "vni", "VNI" },
};

static size_t detail_find(const struct grid *grid, uint64_t key)
{
    size_t place = 0;

    while (place < grid->count && grid->keys[place] != key)
        place++;
    return place;
}

/* "Source TCP flags" of src_tcp_flags. */
static void detail_label(char *out, size_t size, const char *name)
{
    size_t used = 0;

    out[0] = '\0';
    while (*name) {
        size_t length = strcspn(name, "_");
        char part[32];
        const char *word = part;

        snprintf(part, sizeof(part), "%.*s", (int)length, name);
        for (size_t i = 0; i < sizeof(detail_words) / sizeof(detail_words[0]); i++) {
            if (strcmp(part, detail_words[i].part) == 0)
                word = detail_words[i].word;
        }
        if (used > 0 && strcmp(part, "rtt") == 0)
            word = "RTT"; /* of a side, and of that the median or so: there is no room for more */
        if (word[0] != '\0' && used < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "", word);
        name += length + (name[length] != '\0');
    }
    out[0] = (char)toupper((unsigned char)out[0]);
}

/* "1 flow", "1782345 bytes (1.8M)". */
static void detail_amount(char *out, size_t size, uint64_t value, const char *unit)
{
    size_t length = strlen(unit);
    char rounded[FORMAT_NUMBER], also[FORMAT_NUMBER + 4] = "";

    if (value == 1 && length > 0 && unit[length - 1] == 's' && !strchr(unit, '/'))
        length--;
    if (value >= DETAIL_ROUNDED) {
        format_si(rounded, sizeof(rounded), value);
        snprintf(also, sizeof(also), " (%s)", rounded);
    }
    snprintf(out, size, "%" PRIu64 "%s%.*s%s", value, length > 0 ? " " : "", (int)length, unit,
             also);
}

static void detail_flags(char *out, size_t size, uint64_t flags)
{
    static const struct {
        uint64_t flag;
        const char *name;
    } names[] = {
        { TCP_FIN, "FIN" }, { TCP_SYN, "SYN" }, { TCP_RST, "RST" }, { TCP_PSH, "PSH" },
        { TCP_ACK, "ACK" }, { TCP_URG, "URG" }, { TCP_ECE, "ECE" }, { TCP_CWR, "CWR" },
    };
    size_t used = 0;

    snprintf(out, size, "none");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((flags & names[i].flag) != 0 && used < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "",
                                     names[i].name);
    }
}

/* 2026-01-01T09:15:00.000000Z without what is there for machines. */
static void detail_time(char *out, size_t size, uint64_t ns)
{
    char text[FORMAT_TIME];
    size_t date = sizeof("2026-01-01") - 1;
    size_t length = format_time(text, sizeof(text), ns);

    if (length > date + 1)
        snprintf(out, size, "%.*s %.*s UTC", (int)date, text, (int)(length - date - 2),
                 text + date + 1);
}

static void detail_number(const struct ui *ui, char *out, size_t size, const struct field *field,
                          uint64_t value)
{
    switch (field->type) {
    case FIELD_BIT_RATE:
        if (ui->units == UNITS_BYTES)
            detail_amount(out, size, value / 8, "byte/s");
        else
            detail_amount(out, size, value, field->unit);
        break;
    case FIELD_TIME:
        detail_time(out, size, value);
        break;
    case FIELD_MICROSECONDS:
        snprintf(out, size, "%" PRIu64 ".%03" PRIu64 " ms", value / 1000, value % 1000);
        break;
    case FIELD_SHARE:
        snprintf(out, size, "%" PRIu64 ".%" PRIu64 " %%", value / 10, value % 10);
        break;
    case FIELD_NUMBER:
        snprintf(out, size, "%" PRIu64 "%s%s", value, field->unit[0] != '\0' ? " " : "",
                 field->unit);
        break;
    case FIELD_TCP_FLAGS:
        detail_flags(out, size, value);
        break;
    default:
        detail_amount(out, size, value, field->unit);
        break;
    }
}

/* The value in words; "" when there is none. */
static void detail_value(const struct ui *ui, char *out, size_t size, const struct pane_cell *cell)
{
    const struct field *field = cell->field;

    out[0] = '\0';
    if (ui->page.table == TABLE_SUSPICIONS && panes[TABLE_SUSPICIONS]->cell(cell, out, size))
        return;
    if (field_is_unknown(field, cell->row))
        return;
    if (field->type == FIELD_TEXT || field->type == FIELD_ADDR)
        format_field_exact(out, size, field, cell->row);
    else
        detail_number(ui, out, size, field, field_number(field, cell->row));
}

/* What was found in the filter as a whole, one thing a line. */
static void detail_add_warnings(struct page *page, const char *warnings)
{
    if (warnings[0] == '\0')
        return;
    page_add_heading(page, "Checks of the filter");
    while (*warnings) {
        size_t length = strcspn(warnings, "\n");
        char line[PAGE_TEXT], shown[PAGE_TEXT];

        snprintf(line, sizeof(line), "%.*s", (int)length, warnings);
        format_escape(shown, sizeof(shown), line);
        page_add(page, "", shown, ROLE_WARNING);
        warnings += length + (warnings[length] != '\0');
    }
}

static bool has_events(enum table_id table)
{
    return table == TABLE_FLOWS || table == TABLE_RETRANSMITS;
}

void detail_fill(struct ui *ui)
{
    struct page *page = &ui->page;
    const struct table *table = &field_tables[page->table];
    const struct grid *grid = &ui->grids[page->table];
    struct pane_cell cell = { .ui = ui, .rows = pane_rows(ui, page->table) };

    page_start(page, &ui->layout.body, panes[page->table]->title, DETAIL_LABEL);
    cell.place = detail_find(grid, page->key);
    if (cell.place == grid->count) {
        page_add(page, "", "This row is no longer in the table.", ROLE_MESSAGE);
        return;
    }
    cell.row = grid_row(grid, cell.rows, cell.place);
    if (has_events(page->table))
        detail_announce_events(page, cell.row);
    for (size_t i = 0; i < table->count; i++) {
        char label[PAGE_LABEL], value[FORMAT_FIELD];

        cell.field = &table->fields[i];
        detail_label(label, sizeof(label), cell.field->name);
        detail_value(ui, value, sizeof(value), &cell);
        if (value[0] == '\0')
            page_add(page, label, "-", ROLE_DIM);
        else
            page_add(page, label, value, ROLE_TEXT);
    }
    if (has_events(page->table))
        detail_add_events(ui, cell.row);
    if (page->table == TABLE_RULES)
        detail_add_warnings(page, ui->shown->filter.warnings);
}
