/* SPDX-License-Identifier: MIT */
/*
 * JSON where it stands (RFC 8259). A document is checked once as a whole; from then on a value is
 * its place in the text, so that every error can say where it is: the library that reads other
 * documents (mirror/aws_read.c) keeps no places. Looking for members is a walk over the text; lists
 * are walked once for each filter or session that is wanted, of which there are few. Of two members
 * with one name the first counts.
 */
#include <stdio.h>
#include <string.h>

#include "read_state.h"

enum { MOST_DEPTH = 64, MOST_NAME = 128 };

const struct rule_member read_rule_members[] = {
    { "TrafficDirection", "traffic_direction", "--traffic-direction", true },
    { "RuleNumber", "rule_number", "--rule-number", true },
    { "RuleAction", "rule_action", "--rule-action", true },
    { "SourceCidrBlock", "source_cidr_block", "--source-cidr-block", true },
    { "DestinationCidrBlock", "destination_cidr_block", "--destination-cidr-block", true },
    { "Protocol", "protocol", "--protocol", false },
    { "Description", "description", "--description", false },
};
const size_t read_rule_member_count = sizeof(read_rule_members) / sizeof(read_rule_members[0]);

/* ---- walking --------------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char at_of(const struct reader *reader, size_t at)
{
    return at < reader->size ? reader->text[at] : '\0';
}

static size_t skip_space(const struct reader *reader, size_t at)
{
    while (is_space(at_of(reader, at)))
        at++;
    return at;
}

/* Behind the quote that ends the text at `at`. */
static size_t skip_text(const struct reader *reader, size_t at)
{
    for (at++; at < reader->size && reader->text[at] != '"'; at++)
        at += reader->text[at] == '\\';
    return at + 1;
}

static size_t skip_value(const struct reader *reader, size_t at)
{
    size_t depth = 0;

    do {
        char c = at_of(reader, at);

        if (c == '"') {
            at = skip_text(reader, at);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
        } else if (c == '}' || c == ']') {
            depth--;
            at++;
        } else if (is_space(c) || c == ',' || c == ':') {
            at++;
        } else {
            while (at < reader->size && !strchr(" \t\r\n,:]}", reader->text[at]))
                at++;
        }
    } while (depth > 0 && at < reader->size);
    return at;
}

bool json_is(const struct reader *reader, size_t value, char bracket)
{
    return value != JSON_NONE && at_of(reader, value) == bracket;
}

static bool is_null(const struct reader *reader, size_t value)
{
    return json_is(reader, value, 'n');
}

size_t json_first(const struct reader *reader, size_t list)
{
    size_t at = skip_space(reader, list + 1);

    return at_of(reader, at) == ']' || at_of(reader, at) == '}' ? JSON_NONE : at;
}

size_t json_after(const struct reader *reader, size_t item)
{
    size_t at = skip_space(reader, skip_value(reader, item));

    if (at_of(reader, at) == ':') /* the item was a member's name */
        at = skip_space(reader, skip_value(reader, skip_space(reader, at + 1)));
    return at_of(reader, at) == ',' ? skip_space(reader, at + 1) : JSON_NONE;
}

/* The value of the member whose name stands at `at`. */
static size_t value_of(const struct reader *reader, size_t at)
{
    return skip_space(reader, skip_space(reader, skip_value(reader, at)) + 1);
}

bool json_name(struct reader *reader, size_t member, size_t *value)
{
    *value = value_of(reader, member);
    return json_scalar(reader, member);
}

bool json_equal(struct reader *reader, size_t value, const char *text)
{
    size_t length = strlen(text);

    if (!json_is(reader, value, '"'))
        return false;
    if (!memchr(reader->text + value, '\\', skip_value(reader, value) - value))
        return skip_value(reader, value) - value == length + 2 &&
               memcmp(reader->text + value + 1, text, length) == 0;
    if (skip_value(reader, value) - value > 6 * MOST_NAME)
        return false;
    reader->at = value + 1;
    return read_json_string(reader, false) && strcmp(reader->word, text) == 0;
}

size_t json_member(struct reader *reader, size_t object, const char *name)
{
    if (!json_is(reader, object, '{'))
        return JSON_NONE;
    for (size_t at = json_first(reader, object); at != JSON_NONE; at = json_after(reader, at)) {
        if (json_equal(reader, at, name)) {
            size_t value = value_of(reader, at);

            return is_null(reader, value) ? JSON_NONE : value; /* AWS leaves out what is not set */
        }
    }
    return JSON_NONE;
}

struct token json_token(const struct reader *reader, size_t value)
{
    bool one = json_is(reader, value, '{') || json_is(reader, value, '[');

    if (value >= reader->size)
        return (struct token){ .kind = TOKEN_END, .at = reader->size };
    return (struct token){
        .kind = TOKEN_WORD,
        .at = value,
        .length = one ? 1 : skip_value(reader, value) - value,
    };
}

bool json_refuse(struct reader *reader, size_t value, const char *expected)
{
    struct token token = json_token(reader, value);

    return read_refuse(reader, &token, expected);
}

bool json_scalar(struct reader *reader, size_t value)
{
    struct token token = json_token(reader, value);

    if (json_is(reader, value, '{') || json_is(reader, value, '['))
        return read_refuse(reader, &token, "a text or a number");
    reader->at = value + 1;
    if (json_is(reader, value, '"')) {
        if (!read_json_string(reader, false))
            return false;
    } else if (token.length >= READ_WORD) {
        return read_refuse(reader, &token, "a shorter number");
    } else {
        snprintf(reader->word, sizeof(reader->word), "%.*s", (int)token.length,
                 reader->text + value);
    }
    reader->token = token;
    return true;
}

/* ---- checking -------------------------------------------------------------------------------- */

static bool refuse_at(struct reader *reader, size_t at, const char *expected)
{
    struct token token = { .kind = at < reader->size ? TOKEN_WORD : TOKEN_END, .at = at };

    if (at < reader->size && reader->text[at] == '\n')
        token.kind = TOKEN_STOP;
    token.length = at < reader->size;
    return read_refuse(reader, &token, expected);
}

static size_t skip_digits(const struct reader *reader, size_t at)
{
    while (at_of(reader, at) >= '0' && at_of(reader, at) <= '9')
        at++;
    return at;
}

static bool check_number(struct reader *reader)
{
    size_t at = reader->at + (at_of(reader, reader->at) == '-');
    size_t end = at_of(reader, at) == '0' ? at + 1 : skip_digits(reader, at);

    if (end == at)
        return refuse_at(reader, at, "a value");
    if (at_of(reader, end) == '.') {
        at = end + 1;
        end = skip_digits(reader, at);
        if (end == at)
            return refuse_at(reader, at, "a digit");
    }
    if (at_of(reader, end) == 'e' || at_of(reader, end) == 'E') {
        at = end + 1;
        at += at_of(reader, at) == '+' || at_of(reader, at) == '-';
        end = skip_digits(reader, at);
        if (end == at)
            return refuse_at(reader, at, "a digit");
    }
    reader->at = end;
    return true;
}

/* Escapes only: what a text says is looked at where it is used. */
static bool check_text(struct reader *reader)
{
    size_t begin = reader->at;
    size_t at = begin + 1;

    for (; at < reader->size && reader->text[at] != '"'; at++) {
        if ((unsigned char)reader->text[at] < ' ')
            return refuse_at(reader, at, "a text without control characters");
        if (reader->text[at] != '\\')
            continue;
        at++;
        if (at_of(reader, at) == '\0' || !strchr("\"\\/bfnrtu", at_of(reader, at)))
            return refuse_at(reader, at, "a letter of an escape");
        for (unsigned i = 0; reader->text[at] == 'u' && i < 4; i++) {
            char c = at_of(reader, at + 1 + i);

            if (c == '\0' || !strchr("0123456789abcdefABCDEF", c))
                return refuse_at(reader, at + 1 + i, "four hexadecimal digits");
        }
    }
    if (at >= reader->size)
        return refuse_at(reader, reader->size, "the \" that ends a text");
    reader->at = at + 1;
    return true;
}

static bool check_word(struct reader *reader)
{
    static const char *const words[] = { "true", "false", "null" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (read_looks_at(reader, words[i])) {
            reader->at += strlen(words[i]);
            return true;
        }
    }
    return check_number(reader);
}

static bool check_value(struct reader *reader, unsigned depth);

static bool check_members(struct reader *reader, bool named, unsigned depth)
{
    char close = named ? '}' : ']';

    if (depth == MOST_DEPTH)
        return refuse_at(reader, reader->at, "a document that is less deep");
    reader->at = skip_space(reader, reader->at + 1);
    if (at_of(reader, reader->at) == close) {
        reader->at++;
        return true;
    }
    for (;;) {
        if (named) {
            if (at_of(reader, reader->at) != '"')
                return refuse_at(reader, reader->at, "the name of a member");
            if (!check_text(reader))
                return false;
            reader->at = skip_space(reader, reader->at);
            if (at_of(reader, reader->at) != ':')
                return refuse_at(reader, reader->at, ":");
            reader->at = skip_space(reader, reader->at + 1);
        }
        if (!check_value(reader, depth + 1))
            return false;
        reader->at = skip_space(reader, reader->at);
        if (at_of(reader, reader->at) == close)
            break;
        if (at_of(reader, reader->at) != ',')
            return refuse_at(reader, reader->at, named ? ", or }" : ", or ]");
        reader->at = skip_space(reader, reader->at + 1);
    }
    reader->at++;
    return true;
}

static bool check_value(struct reader *reader, unsigned depth)
{
    switch (at_of(reader, reader->at)) {
    case '{':
        return check_members(reader, true, depth);
    case '[':
        return check_members(reader, false, depth);
    case '"':
        return check_text(reader);
    default:
        return check_word(reader);
    }
}

bool json_check(struct reader *reader)
{
    return check_value(reader, 0);
}

/* ---- what several documents have in common --------------------------------------------------- */

bool json_inner(const struct reader *outer, struct reader *inner, char json[READ_WORD],
                struct filter_error *error)
{
    *inner = (struct reader){ .text = json, .size = strlen(outer->word), .error = error };
    memcpy(json, outer->word, inner->size + 1);
    return json_is(inner, 0, '{') && json_check(inner) && inner->at == inner->size;
}

bool json_ports(struct reader *reader, size_t object, bool terraform, struct filter_ports *ports)
{
    size_t list = object;
    uint64_t bounds[2];

    if (terraform && json_is(reader, object, '['))
        object = json_first(reader, object);
    if (object == JSON_NONE)
        return true;
    for (unsigned i = 0; i < 2; i++) {
        const char *name =
            terraform ? (i == 0 ? "from_port" : "to_port") : (i == 0 ? "FromPort" : "ToPort");
        size_t value = json_member(reader, object, name);
        char expected[64];

        snprintf(expected, sizeof(expected), "%s in this port range", name);
        if (value == JSON_NONE)
            return json_refuse(reader, list, expected);
        if (!json_scalar(reader, value) ||
            !read_number(reader, "a port", 0, UINT16_MAX, &bounds[i]))
            return false;
    }
    return read_set_ports(reader, ports, bounds[0], bounds[1]);
}

bool json_rule(struct reader *reader, size_t object, bool terraform, struct statement *statement)
{
    size_t ports[2];

    statement->command = COMMAND_RULE;
    statement->first = json_token(reader, object);
    if (!json_is(reader, object, '{'))
        return json_refuse(reader, object, "a rule, in { }");
    for (size_t i = 0; i < read_rule_member_count; i++) {
        const struct rule_member *member = &read_rule_members[i];
        const char *name = terraform ? member->terraform : member->json;
        size_t value = json_member(reader, object, name);

        if (value == JSON_NONE && member->needed)
            return read_fail(reader, &statement->first, "this rule needs a member %s", name);
        if (value != JSON_NONE &&
            (!json_scalar(reader, value) || !read_attribute(reader, statement, member->flag)))
            return false;
    }
    ports[0] = json_member(reader, object, terraform ? "source_port_range" : "SourcePortRange");
    ports[1] =
        json_member(reader, object, terraform ? "destination_port_range" : "DestinationPortRange");
    if (terraform && statement->rule.protocol == 0)
        statement->rule.protocol = FILTER_PROTOCOL_ANY;
    statement->given |= 1u << CLAUSE_PROTOCOL; /* none is all */
    return json_ports(reader, ports[0], terraform, &statement->rule.src_ports) &&
           json_ports(reader, ports[1], terraform, &statement->rule.dst_ports);
}

bool json_services(struct reader *reader, size_t list, struct statement *statement)
{
    if (list == JSON_NONE)
        return true;
    if (!json_is(reader, list, '['))
        return json_refuse(reader, list, "a list of network services");
    for (size_t at = json_first(reader, list); at != JSON_NONE; at = json_after(reader, at)) {
        if (!json_equal(reader, at, "amazon-dns"))
            return json_refuse(reader, at, "a network service: amazon-dns");
        statement->given |= 1u << CLAUSE_SERVICES;
    }
    return true;
}
