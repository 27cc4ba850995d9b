/* SPDX-License-Identifier: MIT */
/* The help page: the key table, and the columns of the pane from the field table. */
#include "pages.h"

#include <stdio.h>

#include "command.h"
#include "pane.h"

enum { HELP_TEXT = 480 };

static void help_add_keys(struct page *page, enum key_group group)
{
    const struct key *key;

    page_add_heading(page, keys_group_name(group));
    for (size_t i = 0; (key = keys_help(i)) != NULL; i++) {
        char names[KEYS_NAMES];

        if (key->group != group)
            continue;
        keys_names(names, key->action, key->contexts);
        page_add(page, names, key->help, ROLE_TEXT);
    }
}

static void help_add_columns(struct page *page, enum table_id id)
{
    const struct table *table = &field_tables[id];
    char text[96];

    snprintf(text, sizeof(text), "Columns of %s", panes[id]->title);
    page_add_heading(page, text);
    if (table->rows)
        page_add(page, "rows", table->rows, ROLE_TEXT);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];

        if ((field->uses & USE_PANE) != 0 && field->width > 0)
            page_add(page, field->heading, field->doc, ROLE_TEXT);
    }
}

/* "duplicate acks", unit and definition of what is counted of TCP. */
static void help_add_counts(struct page *page)
{
    page_add_heading(page, "What is counted of TCP");
    for (unsigned i = 0; i < TCP_COUNT_COUNT; i++) {
        enum tcp_count what = (enum tcp_count)i;
        char label[PAGE_LABEL], text[HELP_TEXT];

        snprintf(label, sizeof(label), "%s", tcp_count_name(what));
        snprintf(text, sizeof(text), "(%s) %s", tcp_count_unit(what), tcp_count_doc(what));
        for (char *c = label; *c; c++)
            *c = *c == '_' ? ' ' : *c;
        page_add(page, label, text, ROLE_TEXT);
    }
    page_add(page, "Enter", "On a flow: also the packets behind its counts, and why.", ROLE_TEXT);
}

static void help_add_commands(struct page *page)
{
    page_add_heading(page, "Commands, behind :");
    for (const struct command *command = commands; command->name; command++) {
        char label[PAGE_LABEL];

        snprintf(label, sizeof(label), "%s%s%s", command->name,
                 command->argument[0] != '\0' ? " " : "", command->argument);
        page_add(page, label, command->help, ROLE_TEXT);
    }
}

void help_fill(struct ui *ui)
{
    struct page *page = &ui->page;

    page_start(page, &ui->layout.body, "Help", 14);
    for (int group = 0; group < GROUP_COUNT; group++)
        help_add_keys(page, (enum key_group)group);
    help_add_commands(page);
    help_add_columns(page, page->table);
    if (page->table == TABLE_RETRANSMITS)
        help_add_counts(page);
}
