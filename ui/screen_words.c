/* SPDX-License-Identifier: MIT */
#include "screen_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../src/filter/complete.h"
#include "pane.h"

enum words_kind { WORDS_NONE, WORDS_ADDRESS, WORDS_CIDR, WORDS_PORT };

/* What follows which word. */
static const struct {
    const char *word;
    enum words_kind kind;
} words_before[] = {
    { "src", WORDS_ADDRESS },
    { "dst", WORDS_ADDRESS },
    { "host", WORDS_ADDRESS },
    { "port", WORDS_PORT },
    { "sport", WORDS_PORT },
    { "dport", WORDS_PORT },
    { "--source-cidr-block", WORDS_CIDR },
    { "--destination-cidr-block", WORDS_CIDR },
};

/* By the word in front of byte `at`. */
static enum words_kind words_kind(const char *text, size_t at)
{
    size_t end = at, from;

    while (end > 0 && text[end - 1] == ' ')
        end--;
    if (end == at)
        return WORDS_NONE; /* within a word */
    for (from = end; from > 0 && text[from - 1] != ' ' && text[from - 1] != ';'; from--)
        ;
    for (size_t i = 0; i < sizeof(words_before) / sizeof(words_before[0]); i++) {
        if (strlen(words_before[i].word) == end - from &&
            strncasecmp(words_before[i].word, text + from, end - from) == 0)
            return words_before[i].kind;
    }
    return WORDS_NONE;
}

static void words_add_address(struct completion *completion, const struct ip_addr *addr, bool cidr,
                              const char *hint)
{
    char text[FORMAT_ADDR + 4];
    size_t used;

    if (addr->family == 0)
        return;
    used = format_addr(text, sizeof(text), addr);
    if (cidr)
        snprintf(text + used, sizeof(text) - used, "/%d", addr->family == 6 ? 128 : 32);
    completion_add(completion, text, hint);
}

/* The servers by their names first: those say more than a sum of bytes. */
static void words_add_addresses(const struct ui *ui, bool cidr, struct completion *completion)
{
    const struct snapshot_rows *flows = pane_rows(ui, TABLE_FLOWS);
    const struct snapshot_rows *talkers = pane_rows(ui, TABLE_TALKERS);
    char hint[COMPLETION_HINT];

    for (size_t i = 0; i < flows->count; i++) {
        const struct flow_record *row = snapshot_row(ui->shown, TABLE_FLOWS, i);

        if (row->server_name[0] == '\0')
            continue;
        format_escape(hint, sizeof(hint), row->server_name);
        words_add_address(completion, &row->dst_addr, cidr, hint);
    }
    for (size_t i = 0; i < talkers->count; i++) {
        const struct talker_record *row = snapshot_row(ui->shown, TABLE_TALKERS, i);
        char bytes[FORMAT_NUMBER];

        format_si(bytes, sizeof(bytes), row->bytes);
        snprintf(hint, sizeof(hint), "%s bytes", bytes);
        words_add_address(completion, &row->addr, cidr, hint);
    }
}

static void words_add_ports(const struct ui *ui, struct completion *completion)
{
    const struct snapshot_rows *flows = pane_rows(ui, TABLE_FLOWS);

    for (size_t i = 0; i < flows->count; i++) {
        const struct flow_record *row = snapshot_row(ui->shown, TABLE_FLOWS, i);
        char port[24], hint[COMPLETION_HINT];

        if (row->dst_port == VALUE_UNKNOWN)
            continue;
        snprintf(port, sizeof(port), "%" PRIu64, row->dst_port);
        format_escape(hint, sizeof(hint), row->app[0] != '\0' ? row->app : row->protocol);
        completion_add(completion, port, hint);
    }
}

void screen_words_complete(const struct ui *ui, const struct edit *edit, size_t offset,
                           struct completion *completion)
{
    struct filter_completion words;
    const char *text = edit->text + offset;
    enum words_kind kind;

    filter_complete(text, edit->cursor - offset, &words);
    completion_start(completion, edit, offset + words.at);
    kind = words_kind(text, words.at);
    if (kind == WORDS_ADDRESS || kind == WORDS_CIDR)
        words_add_addresses(ui, kind == WORDS_CIDR, completion);
    else if (kind == WORDS_PORT)
        words_add_ports(ui, completion);
    for (size_t i = 0; i < words.count; i++)
        completion_add(completion, words.words[i], words.hints[i]);
}
