/* SPDX-License-Identifier: MIT */
#include "field.h"

#include <string.h>

#include "wrap.h"

static const void *value_at(const struct field *field, const void *record)
{
    return (const char *)record + field->offset;
}

uint64_t field_number(const struct field *field, const void *record)
{
    uint64_t value;

    memcpy(&value, value_at(field, record), sizeof(value));
    return value;
}

const struct ip_addr *field_addr(const struct field *field, const void *record)
{
    return value_at(field, record);
}

const char *field_text(const struct field *field, const void *record)
{
    const char *text;

    memcpy(&text, value_at(field, record), sizeof(text));
    return text;
}

bool field_is_unknown(const struct field *field, const void *record)
{
    switch (field->type) {
    case FIELD_ADDR:
        return field_addr(field, record)->family == 0;
    case FIELD_TEXT:
        return field_text(field, record)[0] == '\0';
    default:
        return field_number(field, record) == VALUE_UNKNOWN;
    }
}

uint64_t table_row_key(const struct table *table, const void *record)
{
    uint64_t key;

    memcpy(&key, (const char *)record + table->key_offset, sizeof(key));
    return key;
}

/* VALUE_UNKNOWN is the largest number: one more makes it the smallest, others keep their order. */
static uint64_t number_rank(const struct field *field, const void *record)
{
    return field_number(field, record) + 1;
}

int field_compare(const struct field *field, const void *a, const void *b)
{
    uint64_t rank_a, rank_b;

    switch (field->type) {
    case FIELD_ADDR:
        return ip_addr_compare(field_addr(field, a), field_addr(field, b));
    case FIELD_TEXT:
        return strcmp(field_text(field, a), field_text(field, b));
    default:
        rank_a = number_rank(field, a);
        rank_b = number_rank(field, b);
        return rank_a < rank_b ? -1 : rank_a > rank_b;
    }
}

uint64_t field_rank(const struct field *field, const void *record)
{
    const struct ip_addr *addr;
    const char *text;
    uint64_t rank = 0;

    switch (field->type) {
    case FIELD_ADDR:
        addr = field_addr(field, record);
        for (size_t i = 0; i < 8; i++)
            rank = rank << 8 | addr->bytes[i];
        /* families are 0, 4 and 6: two bits tell them apart in order */
        return (uint64_t)(addr->family / 2) << 62 | rank >> 2;
    case FIELD_TEXT:
        text = field_text(field, record);
        for (size_t i = 0; i < 8; i++) {
            rank = rank << 8 | (unsigned char)*text;
            text += *text != '\0';
        }
        return rank;
    default:
        return number_rank(field, record);
    }
}

size_t table_find(const struct table *table, const char *name)
{
    size_t i = 0;

    while (i < table->count && strcmp(table->fields[i].name, name) != 0)
        i++;
    return i;
}

/* ---- the tables for people ------------------------------------------------------------------- */

/* "csv, pane" and the like. */
static void list_uses(FILE *out, unsigned uses)
{
    static const struct {
        enum field_use use;
        const char *name;
    } names[] = { { USE_CSV, "csv" }, { USE_JSON, "json" }, { USE_PANE, "pane" } };
    const char *before = "";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (uses & names[i].use) {
            fprintf(out, "%s%s", before, names[i].name);
            before = ", ";
        }
    }
}

void field_list(FILE *out)
{
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        const struct table *table = &field_tables[t];

        fprintf(out, "%s%s\n", t ? "\n" : "", table->name);
        if (table->rows) {
            fputs("    ", out);
            wrap_print(out, table->rows, 4, 4);
        }
        for (size_t i = 0; i < table->count; i++) {
            const struct field *field = &table->fields[i];

            fprintf(out, "    %s", field->name);
            if (field->unit[0])
                fprintf(out, " [%s]", field->unit);
            fputs("  (", out);
            list_uses(out, field->uses);
            fputs(")\n", out);
            fputs("        ", out);
            wrap_print(out, field->doc, 8, 8);
        }
    }
}

void field_print_sentences(FILE *out, const char *text)
{
    while (*text) {
        const char *end = strstr(text, ". ");
        size_t length = end ? (size_t)(end - text) + 1 : strlen(text);
        char sentence[512];

        snprintf(sentence, sizeof(sentence), "%.*s", (int)length, text);
        wrap_print(out, sentence, 0, 0);
        text += length;
        text += *text == ' ';
    }
}

/* The retransmits are flows: what stands there is not said again. */
static bool is_said_of_flows(size_t table, const struct field *field)
{
    const struct table *flows = &field_tables[TABLE_FLOWS];

    return table == TABLE_RETRANSMITS && table_find(flows, field->name) < flows->count;
}

void field_print_mdoc(FILE *out)
{
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        const struct table *table = &field_tables[t];

        fprintf(out, ".Ss Table \"%s\"\n", table->name);
        if (table->rows)
            field_print_sentences(out, table->rows);
        if (t == TABLE_RETRANSMITS)
            fputs("Fields of the table \"flows\", and:\n", out);
        fputs(".Bl -tag -width Ds\n", out);
        for (size_t i = 0; i < table->count; i++) {
            const struct field *field = &table->fields[i];

            if (is_said_of_flows(t, field))
                continue;
            fprintf(out, ".It Va %s Pq %s%s", field->name, field->unit, field->unit[0] ? "; " : "");
            list_uses(out, field->uses);
            fputc('\n', out);
            field_print_sentences(out, field->doc);
        }
        fputs(".El\n", out);
    }
}
