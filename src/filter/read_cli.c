/* SPDX-License-Identifier: MIT */
/*
 * Commands of the aws program, as they are pasted, and their flags without one. Flags that say
 * nothing about a filter are passed over by their names, so that a slip is not taken for one of
 * them.
 */
#include <string.h>

#include "read_state.h"

enum {
    OF_RULE = 1 << COMMAND_RULE,
    OF_FILTER = 1 << COMMAND_FILTER,
    OF_SERVICES = 1 << COMMAND_SERVICES,
    OF_SESSION = 1 << COMMAND_SESSION,
    OF_ANY = OF_RULE | OF_FILTER | OF_SERVICES | OF_SESSION,
};

static const struct {
    const char *word;
    enum command command;
} commands[] = {
    { "create-traffic-mirror-filter-rule", COMMAND_RULE },
    { "create-traffic-mirror-filter", COMMAND_FILTER },
    { "modify-traffic-mirror-filter-network-services", COMMAND_SERVICES },
    { "create-traffic-mirror-session", COMMAND_SESSION },
};

/* ---- values ---------------------------------------------------------------------------------- */

static bool take_direction(struct reader *reader, struct statement *statement)
{
    bool ingress = strcmp(reader->word, "ingress") == 0;

    statement->rule.direction = ingress ? DIRECTION_INGRESS : DIRECTION_EGRESS;
    return ingress || strcmp(reader->word, "egress") == 0 ||
           read_refuse(reader, &reader->token, "a direction: ingress or egress");
}

static bool take_action(struct reader *reader, struct statement *statement)
{
    statement->rule.accept = strcmp(reader->word, "accept") == 0;
    return statement->rule.accept || strcmp(reader->word, "reject") == 0 ||
           read_refuse(reader, &reader->token, "an action: accept or reject");
}

static bool take_number(struct reader *reader, struct statement *statement)
{
    uint64_t number;

    if (!read_number(reader, "a rule's number", 1, FILTER_NUMBER_MAX, &number))
        return false;
    statement->rule.number = (uint32_t)number;
    return true;
}

static bool take_protocol(struct reader *reader, struct statement *statement)
{
    return read_protocol(reader, &statement->rule.protocol);
}

/* The words for all addresses are of the short spelling. */
static bool take_cidr(struct reader *reader, struct filter_cidr *cidr)
{
    if (!read_cidr(reader, cidr))
        return false;
    return cidr->addr.family != 0 ||
           read_refuse(reader, &reader->token, "a network: one like 10.0.0.0/16 or 2001:db8::/32");
}

static bool take_src(struct reader *reader, struct statement *statement)
{
    return take_cidr(reader, &statement->rule.src);
}

static bool take_dst(struct reader *reader, struct statement *statement)
{
    return take_cidr(reader, &statement->rule.dst);
}

static bool take_src_ports(struct reader *reader, struct statement *statement)
{
    return read_port_range_flag(reader, &statement->rule.src_ports);
}

static bool take_dst_ports(struct reader *reader, struct statement *statement)
{
    return read_port_range_flag(reader, &statement->rule.dst_ports);
}

/* {"Description": "..."}: what write.h puts there, and nothing else. */
static bool take_input(struct reader *reader, struct statement *statement)
{
    char json[READ_WORD];
    struct filter_error error;
    struct reader inner;
    size_t first, value;

    if (!json_inner(reader, &inner, json, &error))
        return read_refuse(reader, &reader->token, "a JSON object");
    first = json_first(&inner, 0);
    value = json_member(&inner, 0, "Description");
    if (value == JSON_NONE || json_after(&inner, first) != JSON_NONE || !json_scalar(&inner, value))
        return read_refuse(reader, &reader->token, "flags (only a Description is read here)");
    memcpy(reader->word, inner.word, sizeof(reader->word));
    return read_description(reader, statement);
}

static bool take_services(struct reader *reader, struct statement *statement)
{
    (void)statement;
    return strcmp(reader->word, "amazon-dns") == 0 ||
           read_refuse(reader, &reader->token, "a network service: amazon-dns");
}

static bool take_session(struct reader *reader, struct statement *statement)
{
    return read_number(reader, "a session's number", 1, FILTER_NUMBER_MAX, &statement->session);
}

static bool take_packet_length(struct reader *reader, struct statement *statement)
{
    return read_number(reader, "a number of bytes", 1, UINT16_MAX, &statement->packet_length);
}

static bool take_vni(struct reader *reader, struct statement *statement)
{
    return read_number(reader, "a VNI", 0, 0xffffff, &statement->vni);
}

/* An id, or a shell's variable: ${NAME} is $NAME. */
static bool take_name(struct reader *reader, char name[READ_NAME])
{
    size_t length = strlen(reader->word);
    const char *word = reader->word;

    if (length > 3 && strncmp(word, "${", 2) == 0 && word[length - 1] == '}') {
        reader->word[length - 1] = '\0';
        reader->word[1] = '$';
        word++;
    }
    return (length > 0 && read_copy_name(name, word)) ||
           read_refuse(reader, &reader->token, "an id of at most 127 bytes");
}

static bool take_filter(struct reader *reader, struct statement *statement)
{
    return take_name(reader, statement->filter);
}

static bool take_source(struct reader *reader, struct statement *statement)
{
    return take_name(reader, statement->source);
}

/* ---- flags ----------------------------------------------------------------------------------- */

enum values { NO_VALUE, ONE_VALUE, SOME_VALUES };

static const struct flag {
    const char *name;
    unsigned commands;
    enum values values;
    enum clause clause;                                               /* CLAUSE_COUNT: none */
    bool (*take)(struct reader *reader, struct statement *statement); /* NULL: passed over */
} flags[] = {
    { "--traffic-direction", OF_RULE, ONE_VALUE, CLAUSE_DIRECTION, take_direction },
    { "--rule-number", OF_RULE, ONE_VALUE, CLAUSE_NUMBER, take_number },
    { "--rule-action", OF_RULE, ONE_VALUE, CLAUSE_ACTION, take_action },
    { "--protocol", OF_RULE, ONE_VALUE, CLAUSE_PROTOCOL, take_protocol },
    { "--source-cidr-block", OF_RULE, ONE_VALUE, CLAUSE_SRC, take_src },
    { "--destination-cidr-block", OF_RULE, ONE_VALUE, CLAUSE_DST, take_dst },
    { "--source-port-range", OF_RULE, ONE_VALUE, CLAUSE_SRC_PORTS, take_src_ports },
    { "--destination-port-range", OF_RULE, ONE_VALUE, CLAUSE_DST_PORTS, take_dst_ports },
    { "--description", OF_RULE | OF_FILTER | OF_SESSION, ONE_VALUE, CLAUSE_DESCRIPTION,
      read_description },
    { "--cli-input-json", OF_RULE | OF_FILTER, ONE_VALUE, CLAUSE_DESCRIPTION, take_input },
    { "--add-network-services", OF_SERVICES, SOME_VALUES, CLAUSE_SERVICES, take_services },
    { "--add-network-service", OF_SERVICES, SOME_VALUES, CLAUSE_SERVICES, take_services },
    { "--remove-network-services", OF_SERVICES, SOME_VALUES, CLAUSE_NO_SERVICES, take_services },
    { "--traffic-mirror-filter-id", OF_RULE | OF_SERVICES | OF_SESSION, ONE_VALUE, CLAUSE_COUNT,
      take_filter },
    { "--network-interface-id", OF_SESSION, ONE_VALUE, CLAUSE_COUNT, take_source },
    { "--session-number", OF_SESSION, ONE_VALUE, CLAUSE_SESSION, take_session },
    { "--packet-length", OF_SESSION, ONE_VALUE, CLAUSE_PACKET_LENGTH, take_packet_length },
    { "--virtual-network-id", OF_SESSION, ONE_VALUE, CLAUSE_VNI, take_vni },
    { "--traffic-mirror-target-id", OF_SESSION, ONE_VALUE, CLAUSE_COUNT, NULL },
    { "--tag-specifications", OF_RULE | OF_FILTER | OF_SESSION, SOME_VALUES, CLAUSE_COUNT, NULL },
    { "--client-token", OF_RULE | OF_FILTER | OF_SESSION, ONE_VALUE, CLAUSE_COUNT, NULL },
    { "--dry-run", OF_ANY, NO_VALUE, CLAUSE_COUNT, NULL },
    { "--no-dry-run", OF_ANY, NO_VALUE, CLAUSE_COUNT, NULL },
    { "--region", OF_ANY, ONE_VALUE, CLAUSE_COUNT, NULL },
    { "--profile", OF_ANY, ONE_VALUE, CLAUSE_COUNT, NULL },
    { "--output", OF_ANY, ONE_VALUE, CLAUSE_COUNT, NULL },
    { "--query", OF_ANY, ONE_VALUE, CLAUSE_COUNT, NULL },
    { "--endpoint-url", OF_ANY, ONE_VALUE, CLAUSE_COUNT, NULL },
    { "--color", OF_ANY, ONE_VALUE, CLAUSE_COUNT, NULL },
    { "--ca-bundle", OF_ANY, ONE_VALUE, CLAUSE_COUNT, NULL },
    { "--cli-read-timeout", OF_ANY, ONE_VALUE, CLAUSE_COUNT, NULL },
    { "--cli-connect-timeout", OF_ANY, ONE_VALUE, CLAUSE_COUNT, NULL },
    { "--cli-binary-format", OF_ANY, ONE_VALUE, CLAUSE_COUNT, NULL },
    { "--debug", OF_ANY, NO_VALUE, CLAUSE_COUNT, NULL },
    { "--no-verify-ssl", OF_ANY, NO_VALUE, CLAUSE_COUNT, NULL },
    { "--no-paginate", OF_ANY, NO_VALUE, CLAUSE_COUNT, NULL },
    { "--no-sign-request", OF_ANY, NO_VALUE, CLAUSE_COUNT, NULL },
    { "--no-cli-pager", OF_ANY, NO_VALUE, CLAUSE_COUNT, NULL },
    { "--no-cli-auto-prompt", OF_ANY, NO_VALUE, CLAUSE_COUNT, NULL },
};

const char *read_flag_name(size_t index)
{
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (flags[i].take && (flags[i].commands & (OF_RULE | OF_SERVICES)) != 0 && index-- == 0)
            return flags[i].name;
    }
    return NULL;
}

static const struct flag *find_flag(const char *word)
{
    size_t length = strcspn(word, "=");

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strlen(flags[i].name) == length && strncmp(flags[i].name, word, length) == 0)
            return &flags[i];
    }
    return NULL;
}

/* The value behind =, else the next word. */
static bool take_value(struct reader *reader)
{
    const char *value = strchr(reader->word, '=');
    size_t skipped;

    if (!value)
        return read_value(reader, "the value of this flag");
    memmove(reader->word, value + 1, strlen(value + 1) + 1);
    skipped = strcspn(reader->text + reader->token.at, "=") + 1; /* there is one */
    reader->token.at += skipped;
    reader->token.length -= skipped;
    return true;
}

/* Further values, up to a flag or what ends the statement. */
static bool take_more_values(struct reader *reader, struct statement *statement,
                             const struct flag *flag)
{
    for (;;) {
        size_t at = reader->at;

        if (!read_next(reader))
            return false;
        if (reader->token.kind != TOKEN_WORD || strncmp(reader->word, "--", 2) == 0) {
            reader->at = at;
            return true;
        }
        if (flag->take && !flag->take(reader, statement))
            return false;
    }
}

bool read_flag(struct reader *reader, struct statement *statement)
{
    const struct flag *flag = find_flag(reader->word);
    unsigned of =
        statement->command == COMMAND_NONE ? OF_RULE | OF_SERVICES : 1u << statement->command;

    if (!flag)
        return read_refuse(reader, &reader->token,
                           "a flag of a command that makes a filter's rule");
    if ((flag->commands & of) == 0)
        return read_refuse(reader, &reader->token, "a flag of this command");
    if (flag->clause != CLAUSE_COUNT && !statement_give(reader, statement, flag->clause))
        return false;
    if (flag->values == NO_VALUE)
        return true;
    if (!take_value(reader) || (flag->take && !flag->take(reader, statement)))
        return false;
    return flag->values == ONE_VALUE || take_more_values(reader, statement, flag);
}

/* ---- commands -------------------------------------------------------------------------------- */

static enum command find_command(const char *word)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(word, commands[i].word) == 0)
            return commands[i].command;
    }
    return COMMAND_NONE;
}

/* The next word that is no flag of the program as a whole. */
static bool next_word(struct reader *reader, struct statement *statement, const char *expected)
{
    do {
        if (!read_value(reader, expected))
            return false;
        if (strncmp(reader->word, "--", 2) != 0)
            return true;
    } while (read_flag(reader, statement));
    return false;
}

bool read_command(struct reader *reader, struct statement *statement)
{
    static const char expected[] = "a command that makes a filter or its rules: "
                                   "create-traffic-mirror-filter-rule or the like";

    if (reader->token.kind != TOKEN_WORD)
        return true;
    if (strcmp(reader->word, "$") == 0 && !read_value(reader, "aws"))
        return false;
    if (strcmp(reader->word, "aws") == 0) {
        if (!next_word(reader, statement, "ec2"))
            return false;
        if (strcmp(reader->word, "ec2") != 0)
            return read_refuse(reader, &reader->token, "ec2");
        if (!next_word(reader, statement, expected))
            return false;
        statement->command = find_command(reader->word);
        if (statement->command == COMMAND_NONE)
            return read_refuse(reader, &reader->token, expected);
    } else {
        statement->command = find_command(reader->word);
    }
    if (statement->variable[0] != '\0' && statement->command != COMMAND_FILTER)
        return read_refuse(reader, &reader->token, "aws ec2 create-traffic-mirror-filter");
    return statement->command == COMMAND_NONE || read_next(reader);
}

/* The flag's work, for a value that stands elsewhere: in reader->word. */
bool read_attribute(struct reader *reader, struct statement *statement, const char *name)
{
    const struct flag *flag = find_flag(name);

    return statement_give(reader, statement, flag->clause) && flag->take(reader, statement);
}

bool read_filter_name(struct reader *reader, struct statement *statement)
{
    return take_filter(reader, statement);
}

bool read_source_name(struct reader *reader, struct statement *statement)
{
    return take_source(reader, statement);
}

bool read_skip_output(struct reader *reader)
{
    while (reader->token.kind == TOKEN_REDIRECT || reader->token.kind == TOKEN_PIPE) {
        if (reader->token.kind == TOKEN_REDIRECT) {
            if (!read_value(reader, "a file") || !read_next(reader))
                return false;
            continue;
        }
        do {
            if (!read_next(reader))
                return false;
        } while (reader->token.kind != TOKEN_STOP && reader->token.kind != TOKEN_CLOSE &&
                 reader->token.kind != TOKEN_END);
    }
    return true;
}

/* What AWS requires of a whole command; loose flags are words like others. */
static bool check_required(struct reader *reader, const struct statement *statement)
{
    bool ports =
        statement_has(statement, CLAUSE_SRC_PORTS) || statement_has(statement, CLAUSE_DST_PORTS);

    if (statement->command == COMMAND_NONE)
        return true;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        bool rule = flags[i].clause <= CLAUSE_DST && (ports || flags[i].clause != CLAUSE_PROTOCOL);
        bool needed = statement->command == COMMAND_RULE ? rule : flags[i].clause == CLAUSE_SESSION;

        if (needed && (flags[i].commands & 1u << statement->command) != 0 &&
            !statement_has(statement, flags[i].clause))
            return read_fail(reader, &statement->first, "this command needs %s", flags[i].name);
    }
    return true;
}

/* The session that a command speaks of. */
static struct filter_session *session_of(struct reader *reader, const struct statement *statement)
{
    const char *name = statement->variable[0] != '\0' ? statement->variable : statement->filter;
    struct filter_session *session;
    struct err err;

    if (name[0] != '\0')
        return read_session_of(reader, name, &statement->first);
    session = filter_session(reader->filter, reader->session, &err);
    if (!session)
        read_fail_err(reader, &statement->first, &err);
    return session;
}

static bool finish_rule(struct reader *reader, const struct statement *statement)
{
    uint32_t current = reader->session;
    bool good;

    if (statement->filter[0] != '\0') {
        const struct filter_session *session = session_of(reader, statement);

        if (!session)
            return false;
        reader->session = session->number;
    }
    good = read_add_rules(reader, statement);
    reader->session = current;
    return good;
}

static bool finish_session(struct reader *reader, const struct statement *statement)
{
    struct filter_session *session;

    if (statement->filter[0] == '\0')
        return read_fail(reader, &statement->first,
                         "this command needs --traffic-mirror-filter-id");
    if (!read_bind(reader, statement->filter, statement->source, (uint32_t)statement->session,
                   &statement->first))
        return false;
    session = session_of(reader, statement);
    if (!session)
        return false;
    if (statement_has(statement, CLAUSE_PACKET_LENGTH))
        session->packet_length = statement->packet_length;
    if (statement_has(statement, CLAUSE_VNI))
        session->vni = statement->vni;
    return true;
}

static bool finish_filter(struct reader *reader, const struct statement *statement)
{
    struct filter_session *session = session_of(reader, statement);
    struct err err;

    if (!session)
        return false;
    session->awaited = false;
    if (statement_has(statement, CLAUSE_SERVICES))
        session->amazon_dns = true;
    return !statement_has(statement, CLAUSE_DESCRIPTION) ||
           filter_set_text(&session->description, statement->description, &err) ||
           read_fail_err(reader, &statement->first, &err);
}

static bool finish_services(struct reader *reader, const struct statement *statement)
{
    const unsigned services = 1u << CLAUSE_SERVICES | 1u << CLAUSE_NO_SERVICES;
    struct filter_session *session;

    if ((statement->given & ~services) != 0 || (statement->given & services) == 0)
        return read_fail(reader, &statement->first,
                         "network services are added by a command of their own: "
                         "--add-network-services amazon-dns");
    session = session_of(reader, statement);
    if (!session)
        return false;
    session->amazon_dns = statement_has(statement, CLAUSE_SERVICES);
    return true;
}

bool read_finish_command(struct reader *reader, const struct statement *statement)
{
    if (statement->variable[0] != '\0') {
        if (reader->token.kind != TOKEN_CLOSE)
            return read_refuse(reader, &reader->token, "the ) of $(aws ...)");
        if (!read_next(reader))
            return false;
    }
    if (reader->token.kind != TOKEN_STOP && reader->token.kind != TOKEN_END)
        return read_refuse(reader, &reader->token, "the end of a rule, or a word of it");
    return check_required(reader, statement) && read_finish_resource(reader, statement);
}

bool read_finish_resource(struct reader *reader, const struct statement *statement)
{
    if (statement->command == COMMAND_FILTER)
        return finish_filter(reader, statement);
    if (statement->command == COMMAND_SESSION)
        return finish_session(reader, statement);
    if (statement->command == COMMAND_SERVICES || statement_has(statement, CLAUSE_SERVICES) ||
        statement_has(statement, CLAUSE_NO_SERVICES))
        return finish_services(reader, statement);
    return finish_rule(reader, statement);
}
