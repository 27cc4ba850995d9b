/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/filter/quote.h"
#include "../../src/filter/read.h"
#include "../../src/filter/write.h"
#include "../../src/format.h"
#include "../../src/record.h"
#include "../support/random.h"
#include "../support/rounds.h"
#include "../support/tempdir.h"

Suite *make_filter_write_suite(void);

enum { FORMATS = FILTER_AS_TERRAFORM + 1, ROUNDS = 2000 };

static struct filter filter, again;
static struct filter_error error;
static struct err err;
static char directory[TEMPDIR_PATH];

static void setup(void)
{
    filter_init(&filter);
    filter_init(&again);
    tempdir_make(directory);
}

static void teardown(void)
{
    filter_free(&filter);
    filter_free(&again);
    tempdir_remove(directory);
}

static char *written(const struct filter *from, enum filter_format format, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);

    ck_assert_ptr_nonnull(out);
    ck_assert_msg(filter_write(from, format, out, &err), "%s", err.text);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

/* ---- filters at random ----------------------------------------------------------------------- */

/* What makes a text end, begin something else, or trick a terminal in one language or another. */
static const char *const pieces[] = {
    "'",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "\t",
    "$",
    "${x}",
    "%{if}",
    "$${",
    "%%{",
    "$(reboot)",
    "`id`",
    "#",
    "//",
    "/*",
    "*/",
    ";",
    "&&",
    "|",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    ",",
    "=",
    " ",
    "\\n",
    "\\u0041",
    "\\\"",
    "'\\''",
    "--",
    "<<EOT",
    "\x1b[31m",
    "\x07",
    "\b",
    "\f",
    "\x7f",
    "\x01",
    "\xc2\x85",
    "\xc2\x9b",
    "\xe2\x80\xa8",
    "\xe2\x80\xae",
    "\xef\xbb\xbf",
    "\xc3\xa4",
    "\xf0\x9f\x98\x80",
    "\xef\xbf\xbf",
    "\xf4\x8f\xbf\xbf",
    "null",
    "~",
    "# mirrortop: session 3\n",
    "not",
    "file:///etc/passwd",
    "https://",
    "accept",
    "%",
    "!",
    "*",
    "@",
    "a",
};

static void random_text(char out[FILTER_DESCRIPTION], uint64_t *state)
{
    size_t count = 1 + random_below(state, 24), used = 0;

    for (size_t i = 0; i < count; i++) {
        const char *piece = pieces[random_below(state, sizeof(pieces) / sizeof(pieces[0]))];

        if (used + strlen(piece) >= FILTER_DESCRIPTION)
            break;
        memcpy(out + used, piece, strlen(piece) + 1);
        used += strlen(piece);
    }
}

static void random_ports(struct filter_ports *ports, uint64_t *state)
{
    uint16_t a = (uint16_t)random_next(state), b = (uint16_t)random_next(state);

    if (random_below(state, 2) == 0)
        return;
    *ports = (struct filter_ports){ .given = true, .from = a, .to = a };
    if (random_below(state, 2) == 0)
        ports->from = a < b ? a : b, ports->to = a < b ? b : a;
}

static void random_cidr(struct filter_cidr *cidr, uint64_t *state)
{
    cidr->addr.family = random_below(state, 2) == 0 ? 4 : 6;
    cidr->prefix = (uint8_t)random_below(state, cidr->addr.family == 4 ? 33 : 129);
    for (size_t i = 0; i < (cidr->addr.family == 4 ? 4 : 16); i++)
        cidr->addr.bytes[i] = (uint8_t)(random_below(state, 3) == 0 ? 0 : random_next(state));
}

static void random_rule(uint32_t session, uint64_t *state)
{
    char description[FILTER_DESCRIPTION] = "";
    struct filter_rule rule = {
        .number = 1 + (uint32_t)random_below(state, 32766),
        .direction = random_below(state, 2) == 0 ? DIRECTION_INGRESS : DIRECTION_EGRESS,
        .accept = random_below(state, 2) == 0,
        .protocol = (int16_t)(random_below(state, 4) == 0 ? FILTER_PROTOCOL_ANY
                              : random_below(state, 2)    ? 6
                                                          : 1 + (int)random_below(state, 255)),
    };

    random_cidr(&rule.src, state);
    random_cidr(&rule.dst, state);
    random_ports(&rule.src_ports, state);
    random_ports(&rule.dst_ports, state);
    if (random_below(state, 2) == 0) {
        random_text(description, state);
        rule.description = description;
    }
    filter_add_rule(&filter, session, &rule, &err); /* a number that is taken: one rule less */
}

/* All that a filter can hold. */
static void random_filter(uint64_t *state)
{
    size_t sessions = random_below(state, 4);

    filter_free(&filter);
    filter.reading = random_below(state, 2) == 0 ? FILTER_REJECT_ENDS : FILTER_REJECT_GOES_ON;
    for (size_t i = 0; i < sessions; i++) {
        uint32_t number = random_below(state, 2) ? 1 : 1 + (uint32_t)random_below(state, 32766);
        struct filter_session *session = filter_session(&filter, number, &err);
        size_t rules = random_below(state, 5);
        char text[FILTER_DESCRIPTION];

        ck_assert_ptr_nonnull(session);
        session->amazon_dns = random_below(state, 2) == 0;
        if (random_below(state, 2) == 0)
            session->packet_length = 1 + random_below(state, 65535);
        if (random_below(state, 2) == 0)
            session->vni = random_below(state, 0x1000000);
        snprintf(text, sizeof(text), "tmf-%08x", (unsigned)random_next(state));
        if (random_below(state, 2) == 0)
            ck_assert(filter_set_text(&session->filter_id, text, &err));
        random_text(text, state);
        if (random_below(state, 2) == 0)
            ck_assert(filter_set_text(&session->description, text, &err));
        for (size_t k = 0; k < rules; k++)
            random_rule(number, state);
    }
}

/* ---- what is written is read back ------------------------------------------------------------ */

static void check_harmless(const char *text, size_t size)
{
    ck_assert_uint_eq(strlen(text), size);
    for (const char *c = text; *c; c++) {
        if (((unsigned char)*c < ' ' && *c != '\n') || *c == '\x7f')
            ck_abort_msg("%s", text); /* one assertion a byte would take seconds */
    }
    ck_assert(!strstr(text, "\xc2\x85") && !strstr(text, "\xc2\x9b") &&
              !strstr(text, "\xe2\x80\xae"));
}

START_TEST(test_round_trip)
{
    uint64_t state = 4711;

    for (unsigned i = 0; i < test_rounds(ROUNDS); i++) {
        char *text;
        size_t size;

        random_filter(&state);
        text = written(&filter, (enum filter_format)_i, &size);
        check_harmless(text, size);
        filter_free(&again);
        ck_assert_msg(filter_read(&again, text, size, &error), "round %u: %zu:%zu: %s\n%s", i,
                      error.line, error.column, error.text, text);
        ck_assert_msg(filter_equal(&filter, &again), "round %u:\n%s", i, text);
        free(text);
    }
}
END_TEST

START_TEST(test_rule_text)
{
    uint64_t state = 815;

    for (unsigned i = 0; i < test_rounds(ROUNDS); i++) {
        char text[4096], cut[64];
        size_t length;

        random_filter(&state);
        if (filter.count == 0 || filter.sessions[0].count == 0)
            continue;
        length = filter_rule_text(&filter.sessions[0].rules[0], text, sizeof(text));
        ck_assert_uint_eq(length, strlen(text));
        ck_assert_ptr_null(strchr(text, '\n'));
        filter_free(&again);
        ck_assert_msg(filter_read(&again, text, length, &error), "%s: %s", text, error.text);
        ck_assert_msg(filter_rule_equal(&filter.sessions[0].rules[0], &again.sessions[0].rules[0]),
                      "%s", text);
        ck_assert_uint_eq(filter_rule_text(&filter.sessions[0].rules[0], cut, sizeof(cut)),
                          strlen(cut));
        ck_assert_int_eq(strncmp(cut, text, strlen(cut)), 0);
    }
}
END_TEST

/* As many as there can be. */
START_TEST(test_largest)
{
    uint64_t state = 1;
    char *text;
    size_t size;

    for (uint32_t session = 1; session <= 3; session++) {
        while (filter_rule_count(&filter) < session * (size_t)FILTER_RULES / 3)
            random_rule(session, &state);
    }
    while (filter_rule_count(&filter) < FILTER_RULES)
        random_rule(3, &state);
    text = written(&filter, (enum filter_format)_i, &size);
    ck_assert_msg(filter_read(&again, text, size, &error), "%zu: %s", error.line, error.text);
    ck_assert(filter_equal(&filter, &again));
    ck_assert(!filter_read(&again, text, size, &error));
    ck_assert_str_eq(error.text, "a filter can have at most 2000 rules here (at AWS: 10)");
    free(text);
}
END_TEST

/* What Terraform's provider would take for something else is not written. */
START_TEST(test_terraform_without_protocol_0)
{
    static const char text[] = "7 ingress protocol 0 src 10.0.0.0/8";
    FILE *out = tmpfile();
    char *json;
    size_t size;

    ck_assert_ptr_nonnull(out);
    ck_assert(filter_read(&filter, text, strlen(text), &error));
    ck_assert(!filter_write(&filter, FILTER_AS_TERRAFORM, out, &err));
    ck_assert_int_eq(err.status, EXIT_RUNTIME);
    ck_assert_str_eq(err.text,
                     "session 1, ingress rule 7: Terraform cannot say protocol 0 (it takes "
                     "it for all protocols): write another format");
    ck_assert_int_eq(ftell(out), 0);
    fclose(out);
    json = written(&filter, FILTER_AS_JSON, &size);
    ck_assert(filter_read(&again, json, size, &error));
    ck_assert(filter_equal(&filter, &again));
    free(json);
}
END_TEST

START_TEST(test_stream_fails)
{
    FILE *full = fopen("/dev/full", "w");

    ck_assert_ptr_nonnull(full);
    setbuf(full, NULL);
    ck_assert(filter_read(&filter, "tcp", 3, &error));
    ck_assert(!filter_write(&filter, (enum filter_format)_i, full, &err));
    fclose(full);
}
END_TEST

/* ---- what a shell makes of the commands ------------------------------------------------------ */

/* Arguments, each with a NUL behind it, and a line end behind those of a command. */
struct arguments {
    FILE *out;
};

static void add(struct arguments *arguments, const char *flag, const char *value)
{
    fprintf(arguments->out, "%s%c", flag, '\0');
    if (value)
        fprintf(arguments->out, "%s%c", value, '\0');
}

static void add_number(struct arguments *arguments, const char *flag, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    if (number != VALUE_UNKNOWN)
        add(arguments, flag, text);
}

/* {"Description": "..."}: what stands within is checked by reading it back. */
static void add_input(struct arguments *arguments, const char *text)
{
    add(arguments, "--cli-input-json", NULL);
    fputs("{\"Description\": ", arguments->out);
    quote_json(arguments->out, text);
    fprintf(arguments->out, "}%c", '\0');
}

/* None of them may be taken for a flag, or for the name of what holds the text. */
static void add_description(struct arguments *arguments, const char *text)
{
    if (!text)
        return;
    if (strncmp(text, "file://", 7) == 0 || strncmp(text, "https://", 8) == 0)
        add_input(arguments, text);
    else if (text[0] == '-')
        fprintf(arguments->out, "--description=%s%c", text, '\0');
    else
        add(arguments, "--description", text);
}

static void begin(struct arguments *arguments, const char *command)
{
    add(arguments, "ec2", command);
}

static void add_rule(struct arguments *arguments, const char *id, const struct filter_rule *rule)
{
    const struct filter_ports *ports[] = { &rule->src_ports, &rule->dst_ports };
    const struct filter_cidr *cidrs[] = { &rule->src, &rule->dst };
    char text[128], addr[64];

    begin(arguments, "create-traffic-mirror-filter-rule");
    add(arguments, "--traffic-mirror-filter-id", id);
    add(arguments, "--traffic-direction", filter_direction_name(rule->direction));
    add_number(arguments, "--rule-number", rule->number);
    add(arguments, "--rule-action", rule->accept ? "accept" : "reject");
    snprintf(text, sizeof(text), "%d", rule->protocol);
    if (rule->protocol >= 0 || ports[0]->given || ports[1]->given)
        add(arguments, "--protocol", text);
    for (unsigned i = 0; i < 2; i++) {
        format_addr(addr, sizeof(addr), &cidrs[i]->addr);
        snprintf(text, sizeof(text), "%s/%u", addr, cidrs[i]->prefix);
        add(arguments, i == 0 ? "--source-cidr-block" : "--destination-cidr-block", text);
    }
    for (unsigned i = 0; i < 2; i++) {
        snprintf(text, sizeof(text), "FromPort=%u,ToPort=%u", ports[i]->from, ports[i]->to);
        if (ports[i]->given)
            add(arguments, i == 0 ? "--source-port-range" : "--destination-port-range", text);
    }
    add_description(arguments, rule->description);
    fputc('\n', arguments->out);
}

static void add_session(struct arguments *arguments, const struct filter_session *session)
{
    bool alone = filter.count == 1 && session->number == 1 &&
                 session->packet_length == VALUE_UNKNOWN && session->vni == VALUE_UNKNOWN;
    char id[32];

    begin(arguments, "create-traffic-mirror-filter");
    add_description(arguments, session->description);
    add(arguments, "--query", "TrafficMirrorFilter.TrafficMirrorFilterId");
    add(arguments, "--output", "text");
    fputc('\n', arguments->out);
    snprintf(id, sizeof(id), "id of call %u", session->number);
    if (session->amazon_dns) {
        begin(arguments, "modify-traffic-mirror-filter-network-services");
        add(arguments, "--traffic-mirror-filter-id", id);
        add(arguments, "--add-network-services", "amazon-dns");
        fputc('\n', arguments->out);
    }
    for (size_t i = 0; i < session->count; i++)
        add_rule(arguments, id, &session->rules[i]);
    if (alone)
        return;
    begin(arguments, "create-traffic-mirror-session");
    add(arguments, "--network-interface-id", "eni 1");
    add(arguments, "--traffic-mirror-target-id", "tmt 1");
    add(arguments, "--traffic-mirror-filter-id", id);
    add_number(arguments, "--session-number", session->number);
    add_number(arguments, "--packet-length", session->packet_length);
    add_number(arguments, "--virtual-network-id", session->vni);
    fputc('\n', arguments->out);
}

static void write_script(const char *path, const char *commands)
{
    FILE *out = fopen(path, "w");

    ck_assert_ptr_nonnull(out);
    fprintf(out,
            "cd '%s' || exit 9\nexec 3>>out\nNETWORK_INTERFACE_ID='eni 1'\n"
            "TRAFFIC_MIRROR_TARGET_ID='tmt 1'\n"
            "aws() {\n  printf '%%s\\000' \"$@\" >&3\n  printf '\\n' >&3\n"
            "  [ \"$2\" != create-traffic-mirror-filter ] || echo \"id of call $NEXT\"\n}\n%s",
            directory, commands);
    ck_assert_int_eq(fclose(out), 0);
}

static void run_shell(const char *script)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        execl("/bin/sh", "sh", script, (char *)NULL);
        _exit(127);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static char *read_all(const char *path, size_t *size)
{
    FILE *in = fopen(path, "r");
    char *text = malloc(1 << 20);

    ck_assert(in != NULL && text != NULL);
    *size = fread(text, 1, 1 << 20, in);
    fclose(in);
    return text;
}

/* NEXT=n before each session's filter: what its creation prints. */
static char *with_ids(const char *commands)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    for (const char *line = commands; *line; line += strcspn(line, "\n") + 1) {
        unsigned number;

        if (sscanf(line, "FILTER_%u=$(aws", &number) == 1)
            fprintf(out, "NEXT=%u\n", number);
        fprintf(out, "%.*s\n", (int)strcspn(line, "\n"), line);
    }
    fclose(out);
    return text;
}

/* Many filters in one script: one shell for all of them. */
START_TEST(test_shell)
{
    enum { FILTERS = 100 };
    char script[TEMPDIR_PATH + 16], path[TEMPDIR_PATH + 16];
    struct arguments expected;
    char *wanted = NULL, *commands = NULL, *got;
    size_t wanted_size, commands_size, got_size;
    FILE *all = open_memstream(&commands, &commands_size);
    uint64_t state = 99;

    expected.out = open_memstream(&wanted, &wanted_size);
    for (unsigned i = 0; i < FILTERS; i++) {
        random_filter(&state);
        ck_assert_msg(filter_write(&filter, FILTER_AS_CLI, all, &err), "%s", err.text);
        for (size_t k = 0; k < filter.count; k++)
            add_session(&expected, &filter.sessions[k]);
    }
    fclose(all);
    fclose(expected.out);
    snprintf(script, sizeof(script), "%s/script", directory);
    snprintf(path, sizeof(path), "%s/out", directory);
    got = with_ids(commands);
    write_script(script, got);
    free(got);
    run_shell(script);
    got = read_all(path, &got_size);
    ck_assert_uint_gt(wanted_size, 10000);
    ck_assert_uint_eq(got_size, wanted_size);
    ck_assert_mem_eq(got, wanted, wanted_size);
    free(got);
    free(wanted);
    free(commands);
}
END_TEST

Suite *make_filter_write_suite(void)
{
    Suite *suite = suite_create("filter_write");
    TCase *tcase = tcase_create("filter_write");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_round_trip, 0, FORMATS);
    tcase_add_test(tcase, test_rule_text);
    tcase_add_loop_test(tcase, test_largest, 0, FORMATS);
    tcase_add_test(tcase, test_terraform_without_protocol_0);
    tcase_add_loop_test(tcase, test_stream_fails, 0, FORMATS);
    tcase_add_test(tcase, test_shell);
    suite_add_tcase(suite, tcase);
    return suite;
}
