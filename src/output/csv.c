/* SPDX-License-Identifier: MIT */
/*
 * Flows as CSV: RFC 4180, so lines end with CR LF, the first one has the names, and a field is
 * quoted where it must be.
 *
 * Texts come from the network. Control characters have been escaped by format_field_exact(). A text
 * that a spreadsheet would take for a formula gets an apostrophe in front, which spreadsheets
 * read as "this is text", and quotes.
 */
#include "exporters.h"

#include <string.h>

#include "../format.h"

/* What a formula can begin with, also in its full-width forms. */
static bool begins_formula(const char *text)
{
    static const char *const signs[] = {
        "=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0",
    };

    /* Blanks are skipped by some programs, quotes and separators end the field for others. */
    text += strspn(text, " \"',;");
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (strncmp(text, signs[i], strlen(signs[i])) == 0)
            return true;
    }
    return false;
}

static void write_text(FILE *out, const char *text)
{
    bool formula = begins_formula(text);
    size_t length = strlen(text);

    if (!formula && !strpbrk(text, ",;\"") && text[0] != ' ' &&
        (length == 0 || text[length - 1] != ' ')) {
        fwrite_unlocked(text, 1, length, out);
        return;
    }
    fputs_unlocked(formula ? "\"'" : "\"", out);
    for (; *text; text++) {
        if (*text == '"')
            putc_unlocked('"', out);
        putc_unlocked(*text, out);
    }
    putc_unlocked('"', out);
}

static bool end_line(FILE *out)
{
    fputs_unlocked("\r\n", out);
    return !ferror_unlocked(out);
}

bool csv_begin(FILE *out)
{
    const struct table *table = &field_tables[TABLE_FLOWS];
    const char *before = "";

    for (size_t i = 0; i < table->count; i++) {
        if (table->fields[i].uses & USE_CSV) {
            fputs_unlocked(before, out);
            write_text(out, table->fields[i].name);
            before = ",";
        }
    }
    return end_line(out);
}

bool csv_flow(FILE *out, const struct flow_record *flow)
{
    const struct table *table = &field_tables[TABLE_FLOWS];
    const char *before = "";
    char text[FORMAT_FIELD];

    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        size_t length;

        if (!(field->uses & USE_CSV))
            continue;
        fputs_unlocked(before, out);
        before = ",";
        length = format_field_exact(text, sizeof(text), field, flow);
        if (field->type == FIELD_TEXT)
            write_text(out, text);
        else /* digits, letters, colons: nothing that needs a quote */
            fwrite_unlocked(text, 1, length, out);
    }
    return end_line(out);
}
