/* SPDX-License-Identifier: MIT */
/*
 * Terraform's language, as far as write.h writes it: blocks with plain values. Blocks and
 * attributes that say nothing of a filter are passed over; where one does, it must be a text, a
 * number, or the name of a resource of the same text.
 */
#include <stdio.h>
#include <string.h>

#include "read_state.h"

enum kind { KIND_END, KIND_NAME, KIND_NUMBER, KIND_TEXT, KIND_MARK };

/* The last token; its place is reader->token, its text reader->word. */
struct hcl {
    struct reader *reader;
    enum kind kind;
    char mark;        /* of KIND_MARK */
    bool begins_line; /* a line's end stood before it */
};

static char peek(const struct hcl *hcl, size_t ahead)
{
    const struct reader *reader = hcl->reader;

    return ahead < reader->size - reader->at ? reader->text[reader->at + ahead] : '\0';
}

static void skip_line(struct hcl *hcl)
{
    while (peek(hcl, 0) != '\0' && peek(hcl, 0) != '\n')
        hcl->reader->at++;
}

static bool skip_comment(struct hcl *hcl)
{
    struct reader *reader = hcl->reader;
    struct token token = { .kind = TOKEN_WORD, .at = reader->at, .length = 2 };

    reader->at += 2;
    while (!read_looks_at(reader, "*/")) {
        if (reader->at == reader->size)
            return read_fail(reader, &token, "this comment is not closed");
        reader->at++;
    }
    reader->at += 2;
    return true;
}

static bool skip_blanks(struct hcl *hcl)
{
    hcl->begins_line = false;
    for (;;) {
        char c = peek(hcl, 0);

        if (c == '#' || (c == '/' && peek(hcl, 1) == '/')) {
            skip_line(hcl);
        } else if (c == '/' && peek(hcl, 1) == '*') {
            if (!skip_comment(hcl))
                return false;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';') {
            /* lines that became one, at a prompt, have ; for their ends */
            hcl->begins_line = hcl->begins_line || c == '\n' || c == ';';
            hcl->reader->at++;
        } else {
            return true;
        }
    }
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Names with the dots and indices of references: aws_ec2_traffic_mirror_filter.f.id */
static void take_run(struct hcl *hcl, bool name)
{
    struct reader *reader = hcl->reader;
    size_t begin = reader->at, length;

    while (is_digit(peek(hcl, 0)) || peek(hcl, 0) == '.' ||
           (name && (is_name(peek(hcl, 0)) || peek(hcl, 0) == '-')))
        reader->at++;
    length = reader->at - begin;
    reader->token = (struct token){ .kind = TOKEN_WORD, .at = begin, .length = length };
    snprintf(reader->word, sizeof(reader->word), "%.*s",
             (int)(length < READ_WORD ? length : READ_WORD), reader->text + begin);
    hcl->kind = name ? KIND_NAME : KIND_NUMBER;
}

static bool next(struct hcl *hcl)
{
    struct reader *reader = hcl->reader;
    char c;

    if (!skip_blanks(hcl))
        return false;
    c = peek(hcl, 0);
    hcl->kind = KIND_MARK;
    hcl->mark = c;
    reader->word[0] = '\0';
    reader->token = (struct token){ .kind = TOKEN_WORD, .at = reader->at, .length = 1 };
    if (reader->at == reader->size) {
        reader->token.kind = TOKEN_END;
        hcl->kind = KIND_END;
    } else if (is_name(c) || is_digit(c)) {
        take_run(hcl, is_name(c));
    } else if (c == '"') {
        reader->at++;
        hcl->kind = KIND_TEXT;
        return read_json_string(reader, true);
    } else {
        reader->at++;
    }
    return true;
}

static bool is_mark(const struct hcl *hcl, char mark)
{
    return hcl->kind == KIND_MARK && hcl->mark == mark;
}

static bool expect(struct hcl *hcl, char mark)
{
    char expected[] = { mark, '\0' };

    if (!next(hcl))
        return false;
    return is_mark(hcl, mark) || read_refuse(hcl->reader, &hcl->reader->token, expected);
}

/* ---- what is passed over --------------------------------------------------------------------- */

/* ${ or %{, which $${ and %%{ are not. */
static bool begins_template(const struct reader *reader)
{
    const char *at = reader->text + reader->at; /* behind a quote at least */

    return (at[-1] == '$' || at[-1] == '%') && at[-2] != at[-1];
}

/* Texts of others may hold templates, and other templates in them: ${"..."}. */
static bool skip_text(struct hcl *hcl)
{
    struct reader *reader = hcl->reader;
    struct token token = { .kind = TOKEN_WORD, .at = reader->at, .length = 1 };
    unsigned depth = 0;
    bool quoted = true;

    for (reader->at++; depth > 0 || quoted; reader->at++) {
        char c = peek(hcl, 0);

        if (c == '\0' || c == '\n')
            return read_fail(reader, &token, "this \" is not closed");
        if (quoted && c == '\\' && peek(hcl, 1) != '\n' && peek(hcl, 1) != '\0')
            reader->at++;
        else if (c == '"')
            quoted = !quoted;
        else if (c == '{' && (!quoted || begins_template(reader))) {
            depth++;
            quoted = false;
        } else if (c == '}' && depth > 0 && !quoted) {
            depth--;
            quoted = true;
        }
    }
    return true;
}

/* Up to the bracket that closes the one before it; or, `line`, the end of the expression. */
static bool skip_rest(struct hcl *hcl, bool line)
{
    struct reader *reader = hcl->reader;
    struct token begin = reader->token;
    size_t depth = line ? 0 : 1;

    for (;;) {
        size_t at;
        char c;

        if (!skip_blanks(hcl))
            return false;
        at = reader->at;
        c = peek(hcl, 0);
        if (depth == 0 && (hcl->begins_line || c == '}' || at == reader->size))
            return true;
        if (at == reader->size)
            return read_fail(reader, &begin, "this is not closed");
        if (c == '"') {
            if (!skip_text(hcl))
                return false;
            continue;
        }
        depth += c == '{' || c == '[' || c == '(';
        if (c == '}' || c == ']' || c == ')')
            depth--;
        reader->at++;
        if (depth == 0 && !line)
            return true;
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

/* The expression ends here: it was one plain value. */
static bool expect_end(struct hcl *hcl)
{
    struct reader *reader = hcl->reader;
    size_t at = reader->at;
    bool good;

    if (!skip_blanks(hcl))
        return false;
    good = hcl->begins_line || reader->at == reader->size || peek(hcl, 0) == '}';
    if (!good) {
        reader->token = (struct token){ .kind = TOKEN_WORD, .at = reader->at, .length = 1 };
        return read_refuse(reader, &reader->token,
                           "the end of the line (only plain values are read)");
    }
    reader->at = at;
    return true;
}

static bool next_value(struct hcl *hcl)
{
    if (!next(hcl))
        return false;
    if (hcl->kind != KIND_TEXT && hcl->kind != KIND_NUMBER)
        return read_refuse(hcl->reader, &hcl->reader->token, "a text or a number");
    return true;
}

/* aws_ec2_traffic_mirror_filter.NAME.id, or an id. */
static bool take_filter(struct hcl *hcl, struct statement *statement)
{
    struct reader *reader = hcl->reader;
    size_t length;

    if (!next(hcl))
        return false;
    length = strlen(reader->word);
    if (hcl->kind == KIND_NAME && length > 3 && strcmp(reader->word + length - 3, ".id") == 0)
        reader->word[length - 3] = '\0';
    else if (hcl->kind != KIND_TEXT)
        return read_refuse(reader, &reader->token, "aws_ec2_traffic_mirror_filter.NAME.id");
    return read_filter_name(reader, statement) && expect_end(hcl);
}

static bool take_source(struct hcl *hcl, struct statement *statement)
{
    if (!next(hcl))
        return false;
    if (hcl->kind != KIND_NAME && hcl->kind != KIND_TEXT)
        return read_refuse(hcl->reader, &hcl->reader->token, "a network interface");
    return read_source_name(hcl->reader, statement) && expect_end(hcl);
}

static bool take_services(struct hcl *hcl, struct statement *statement)
{
    if (!expect(hcl, '[') || !next(hcl))
        return false;
    while (!is_mark(hcl, ']')) {
        if (hcl->kind != KIND_TEXT || strcmp(hcl->reader->word, "amazon-dns") != 0)
            return read_refuse(hcl->reader, &hcl->reader->token,
                               "a network service: \"amazon-dns\"");
        statement->given |= 1u << CLAUSE_SERVICES;
        if (!next(hcl) || (is_mark(hcl, ',') && !next(hcl)))
            return false;
    }
    return expect_end(hcl);
}

static bool take_flag(struct hcl *hcl, struct statement *statement, const char *flag)
{
    return next_value(hcl) && read_attribute(hcl->reader, statement, flag) && expect_end(hcl);
}

static const char *find_flag(enum command command, const char *name)
{
    static const char *const session[][2] = {
        { "session_number", "--session-number" },
        { "packet_length", "--packet-length" },
        { "virtual_network_id", "--virtual-network-id" },
    };

    for (size_t i = 0; command == COMMAND_RULE && i < read_rule_member_count; i++) {
        if (strcmp(name, read_rule_members[i].terraform) == 0)
            return read_rule_members[i].flag;
    }
    for (size_t i = 0; command == COMMAND_SESSION && i < sizeof(session) / sizeof(session[0]);
         i++) {
        if (strcmp(name, session[i][0]) == 0)
            return session[i][1];
    }
    return command == COMMAND_FILTER && strcmp(name, "description") == 0 ? "--description" : NULL;
}

static bool take_attribute(struct hcl *hcl, struct statement *statement, const char *name)
{
    enum command command = statement->command;
    const char *flag = find_flag(command, name);

    if (flag)
        return take_flag(hcl, statement, flag);
    if (command != COMMAND_FILTER && strcmp(name, "traffic_mirror_filter_id") == 0)
        return take_filter(hcl, statement);
    if (command == COMMAND_SESSION && strcmp(name, "network_interface_id") == 0)
        return take_source(hcl, statement);
    if (command == COMMAND_FILTER && strcmp(name, "network_services") == 0)
        return take_services(hcl, statement);
    return skip_rest(hcl, true);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* from_port = 1, to_port = 2, behind the { */
static bool take_ports(struct hcl *hcl, struct filter_ports *ports)
{
    struct reader *reader = hcl->reader;
    uint64_t from = UINT64_MAX, to = UINT64_MAX;

    for (;;) {
        bool is_from;

        if (!next(hcl))
            return false;
        if (is_mark(hcl, '}'))
            break;
        is_from = strcmp(reader->word, "from_port") == 0;
        if (hcl->kind != KIND_NAME || (!is_from && strcmp(reader->word, "to_port") != 0))
            return read_refuse(reader, &reader->token, "from_port, to_port or }");
        if (!expect(hcl, '=') || !next_value(hcl) ||
            !read_number(reader, "a port", 0, UINT16_MAX, is_from ? &from : &to) ||
            !expect_end(hcl))
            return false;
    }
    if (from == UINT64_MAX || to == UINT64_MAX)
        return read_refuse(reader, &reader->token, "from_port and to_port");
    return read_set_ports(reader, ports, from, to);
}

static bool take_block(struct hcl *hcl, struct statement *statement, const char *name)
{
    if (statement->command == COMMAND_RULE && strcmp(name, "source_port_range") == 0)
        return take_ports(hcl, &statement->rule.src_ports);
    if (statement->command == COMMAND_RULE && strcmp(name, "destination_port_range") == 0)
        return take_ports(hcl, &statement->rule.dst_ports);
    return skip_rest(hcl, false);
}

/* What makes several resources or blocks of one, or none: without it the rules are others. */
static bool is_repetition(const char *name)
{
    return strcmp(name, "dynamic") == 0 || strcmp(name, "count") == 0 ||
           strcmp(name, "for_each") == 0;
}

/* Behind the {, up to its }. */
static bool take_body(struct hcl *hcl, struct statement *statement)
{
    struct reader *reader = hcl->reader;

    for (;;) {
        char name[READ_NAME];

        if (!next(hcl))
            return false;
        if (is_mark(hcl, '}'))
            return true;
        if (hcl->kind != KIND_NAME || !read_copy_name(name, reader->word))
            return read_refuse(reader, &reader->token, "an attribute, a block or }");
        if (is_repetition(name))
            return read_refuse(reader, &reader->token,
                               "a resource that stands for one (terraform show -json tells all)");
        if (!next(hcl))
            return false;
        while (hcl->kind == KIND_TEXT || hcl->kind == KIND_NAME) { /* labels of a block */
            if (!next(hcl))
                return false;
        }
        if (is_mark(hcl, '=')   ? !take_attribute(hcl, statement, name)
            : is_mark(hcl, '{') ? !take_block(hcl, statement, name)
                                : !read_refuse(reader, &reader->token, "= or {"))
            return false;
    }
}

static bool check_needed(struct reader *reader, const struct statement *statement)
{
    for (size_t i = 0; i < read_rule_member_count; i++) {
        static const enum clause clauses[] = { CLAUSE_DIRECTION, CLAUSE_NUMBER, CLAUSE_ACTION,
                                               CLAUSE_SRC, CLAUSE_DST };

        if (read_rule_members[i].needed && !statement_has(statement, clauses[i]))
            return read_fail(reader, &statement->first, "this rule needs %s",
                             read_rule_members[i].terraform);
    }
    return true;
}

static bool finish(struct reader *reader, struct statement *statement)
{
    if (statement->command == COMMAND_RULE) {
        if (!check_needed(reader, statement))
            return false;
        if (statement->rule.protocol == 0)
            statement->rule.protocol = FILTER_PROTOCOL_ANY; /* Terraform's provider does so */
        statement->given |= 1u << CLAUSE_PROTOCOL;
    }
    if (statement->command == COMMAND_SESSION && !statement_has(statement, CLAUSE_SESSION))
        return read_fail(reader, &statement->first, "this session needs session_number");
    return read_finish_resource(reader, statement);
}

/* resource "TYPE" "NAME" { */
static bool read_resource(struct hcl *hcl, struct statement *statement)
{
    static const struct {
        const char *type;
        enum command command;
    } types[] = {
        { "aws_ec2_traffic_mirror_filter", COMMAND_FILTER },
        { "aws_ec2_traffic_mirror_filter_rule", COMMAND_RULE },
        { "aws_ec2_traffic_mirror_session", COMMAND_SESSION },
    };
    struct reader *reader = hcl->reader;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(reader->word, types[i].type) == 0)
            statement->command = types[i].command;
    }
    if (!next(hcl))
        return false;
    if (hcl->kind != KIND_TEXT || strlen(reader->word) > 64)
        return read_refuse(reader, &reader->token, "the resource's name: at most 64 bytes");
    if (statement->command == COMMAND_FILTER)
        snprintf(statement->variable, READ_NAME, "%s.%.64s", types[0].type, reader->word);
    if (!expect(hcl, '{'))
        return false;
    if (statement->command == COMMAND_NONE)
        return skip_rest(hcl, false);
    return take_body(hcl, statement) && finish(reader, statement);
}

bool read_hcl(struct reader *reader, bool *is_block)
{
    static const char *const words[] = { "resource", "variable", "output", "data",     "locals",
                                         "provider", "module",   "import", "terraform" };
    struct statement statement = { .rule = { .protocol = FILTER_PROTOCOL_ANY } };
    struct hcl hcl = { .reader = reader };
    bool resource;

    *is_block = false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        *is_block = *is_block || strcmp(reader->word, words[i]) == 0;
    if (reader->token.kind != TOKEN_WORD || !*is_block) {
        *is_block = false;
        return true;
    }
    resource = strcmp(reader->word, "resource") == 0;
    statement.first = reader->token;
    if (!next(&hcl))
        return false;
    if (resource && hcl.kind == KIND_TEXT)
        return read_resource(&hcl, &statement);
    while (hcl.kind == KIND_TEXT || hcl.kind == KIND_NAME) {
        if (!next(&hcl))
            return false;
    }
    if (!is_mark(&hcl, '{'))
        return read_refuse(reader, &reader->token, "{");
    return skip_rest(&hcl, false);
}
