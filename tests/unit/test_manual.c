/* SPDX-License-Identifier: MIT */
/*
 * The manual says what the program's own tables say. doc/mirrortop.1 has blocks between
 * `.\" BEGIN name` and `.\" END name`; GENERATE=1 writes them anew.
 */
#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../decode/decode.h"
#include "../../src/field.h"
#include "../../src/loss.h"
#include "../../src/options.h"
#include "../../src/output/output.h"
#include "../../src/wrap.h"
#include "../../ui/keys.h"

static const char manual_path[] = "doc/mirrortop.1";

static void write_reasons(FILE *out)
{
    static const char *const outcomes[DECODE_OUTCOME_COUNT] = {
        [DECODE_OK] = "ok",
        [DECODE_TRUNCATED] = "truncated",
        [DECODE_MALFORMED] = "malformed",
        [DECODE_UNSUPPORTED] = "unsupported",
    };

    fputs(".Bl -tag -width Ds -compact\n", out);
    for (size_t i = 0; i < REASON_COUNT; i++) {
        enum decode_reason reason = (enum decode_reason)i;

        if (decode_reason_outcome(reason) != DECODE_OK)
            fprintf(out, ".It Va %s Pq %s\n%s\n", decode_reason_name(reason),
                    outcomes[decode_reason_outcome(reason)], decode_reason_text(reason));
    }
    fputs(".El\n", out);
}

static void write_anomalies(FILE *out)
{
    fputs(".Bl -tag -width Ds -compact\n", out);
    for (size_t i = 0; i < ANOMALY_COUNT; i++)
        fprintf(out, ".It Va %s\n%s\n", decode_anomaly_name((enum decode_anomaly)i),
                decode_anomaly_text((enum decode_anomaly)i));
    fputs(".El\n", out);
}

/* Without the outcomes of decoding, of which the manual says more. Sentences: the table has all but
 * the capital letter and the stop. */
static void write_losses(FILE *out)
{
    fputs(".Bl -tag -width Ds -compact\n", out);
    for (size_t i = 0; i < losses_count; i++) {
        char text[256];

        if (losses[i].offset >= offsetof(struct snapshot, decode.outcomes) &&
            losses[i].offset < offsetof(struct snapshot, decode.outcomes[DECODE_OUTCOME_COUNT]))
            continue;
        fprintf(out, ".It %s\n", losses[i].name);
        snprintf(text, sizeof(text), "%s.", losses[i].doc);
        text[0] = (char)toupper((unsigned char)text[0]);
        wrap_print(out, text, 0, 0);
    }
    fputs(".El\n", out);
}

/* The names of keys, none of which roff must take for something else. */
static void write_key_names(FILE *out, const char *names)
{
    fputs("\\&", out);
    for (const char *c = names; *c; c++) {
        fputc(*c, out);
        if (*c == ' ')
            fputs("\\&", out);
    }
}

static void write_keys(FILE *out)
{
    enum key_group group = GROUP_COUNT;
    const struct key *key;

    for (size_t i = 0; (key = keys_help(i)); i++) {
        char names[KEYS_NAMES];

        if (key->group != group) {
            fprintf(out, "%s%s:\n.Bl -tag -width Ds -compact\n",
                    group == GROUP_COUNT ? "" : ".El\n.Pp\n", keys_group_name(key->group));
            group = key->group;
        }
        keys_names(names, key->action, key->contexts);
        fputs(".It Ic \"", out);
        write_key_names(out, names);
        fprintf(out, "\"\n%s\n", key->help);
    }
    fputs(".El\n", out);
}

static void write_tcp(FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (unsigned i = 0; i < TCP_COUNT_COUNT; i++) {
        enum tcp_count what = (enum tcp_count)i;

        fprintf(out, ".It Va %s Pq %s\n", tcp_count_name(what), tcp_count_unit(what));
        field_print_sentences(out, tcp_count_doc(what));
    }
    fputs(".El\n", out);
}

static const struct block {
    const char *name;
    void (*write)(FILE *out);
} blocks[] = {
    { "fields", field_print_mdoc },   { "losses", write_losses }, { "reasons", write_reasons },
    { "anomalies", write_anomalies }, { "keys", write_keys },     { "tcp", write_tcp },
};

static char *read_manual(void)
{
    FILE *in = fopen(manual_path, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t length;

    ck_assert_msg(in != NULL, "no %s: run the tests in the project's folder", manual_path);
    length = getdelim(&text, &room, '\0', in);
    fclose(in);
    ck_assert_int_gt(length, 0);
    return text;
}

static char *written(const struct block *block)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    block->write(out);
    fclose(out);
    return text;
}

/* Where the block's text begins and ends. */
static void find_block(char *manual, const char *name, char **begin, char **end)
{
    char mark[64];

    snprintf(mark, sizeof(mark), "\n.\\\" BEGIN %s\n", name);
    *begin = strstr(manual, mark);
    ck_assert_msg(*begin != NULL, "no block %s", name);
    *begin += strlen(mark);
    snprintf(mark, sizeof(mark), "\n.\\\" END %s\n", name);
    *end = strstr(*begin - 1, mark);
    ck_assert_msg(*end != NULL, "no end of block %s", name);
    (*end)++;
}

static void replace_block(const char *manual, const char *begin, const char *end, const char *text)
{
    FILE *out = fopen(manual_path, "w");

    ck_assert_ptr_nonnull(out);
    fprintf(out, "%.*s%s%s", (int)(begin - manual), manual, text, end);
    ck_assert_int_eq(fclose(out), 0);
}

START_TEST(block_is_up_to_date)
{
    char *manual = read_manual(), *text = written(&blocks[_i]);
    char *begin, *end;

    find_block(manual, blocks[_i].name, &begin, &end);
    if (strlen(text) != (size_t)(end - begin) || memcmp(text, begin, strlen(text)) != 0) {
        ck_assert_msg(getenv("GENERATE") != NULL,
                      "%s: block %s is not what the tables say (GENERATE=1 writes it)", manual_path,
                      blocks[_i].name);
        replace_block(manual, begin, end, text);
    }
    free(text);
    free(manual);
}
END_TEST

/* Every line of the help that begins with an option. */
START_TEST(every_option_is_explained)
{
    static const struct block help = { "help", options_print_help };
    char *manual = read_manual(), *text = written(&help), *rest = text;
    size_t found = 0;

    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        char letter = ' ', name[40], wanted[80];

        if (sscanf(line, " -%c, --%39[a-z-]", &letter, name) != 2 &&
            sscanf(line, " --%39[a-z-]", name) != 1)
            continue;
        found++;
        snprintf(wanted, sizeof(wanted), "Fl -%s", name);
        ck_assert_msg(strstr(manual, wanted) != NULL, "--%s", name);
        snprintf(wanted, sizeof(wanted), ".It Fl %c", letter);
        ck_assert_msg(line[1] != '-' || strstr(manual, wanted) != NULL, "-%c", letter);
    }
    ck_assert_uint_gt(found, 20);
    free(text);
    free(manual);
}
END_TEST

START_TEST(every_export_is_explained)
{
    char *manual = read_manual();

    for (const struct exporter *format = export_formats; format->name; format++) {
        char wanted[80];

        snprintf(wanted, sizeof(wanted), ".It Cm %s Pq Pa %s", format->name, format->ending);
        ck_assert_msg(strstr(manual, wanted) != NULL, "%s", wanted);
    }
    free(manual);
}
END_TEST

Suite *make_manual_suite(void);

Suite *make_manual_suite(void)
{
    Suite *suite = suite_create("manual");
    TCase *tcase = tcase_create("manual");

    tcase_add_loop_test(tcase, block_is_up_to_date, 0, sizeof(blocks) / sizeof(blocks[0]));
    tcase_add_test(tcase, every_option_is_explained);
    tcase_add_test(tcase, every_export_is_explained);
    suite_add_tcase(suite, tcase);
    return suite;
}
