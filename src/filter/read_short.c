/* SPDX-License-Identifier: MIT */
/*
 * Statements. The words of the short spelling and the flags of the aws program fill in the same
 * clauses, so both can stand in one statement.
 */
#include <stdio.h>
#include <string.h>

#include "read_state.h"
#include "words.h"

static bool refuse_second(struct reader *reader, enum clause clause)
{
    static const char *const names[CLAUSE_COUNT] = {
        [CLAUSE_NUMBER] = "number",
        [CLAUSE_ACTION] = "action",
        [CLAUSE_DIRECTION] = "direction",
        [CLAUSE_PROTOCOL] = "protocol",
        [CLAUSE_SRC] = "source",
        [CLAUSE_DST] = "destination",
        [CLAUSE_EITHER] = "host or network",
        [CLAUSE_SRC_PORTS] = "source port",
        [CLAUSE_DST_PORTS] = "destination port",
        [CLAUSE_EITHER_PORTS] = "port",
        [CLAUSE_DESCRIPTION] = "description",
    };
    char expected[80];

    snprintf(expected, sizeof(expected), "; and another rule (this one has its %s)",
             names[clause] ? names[clause] : "value");
    return read_refuse(reader, &reader->token, expected);
}

bool statement_give(struct reader *reader, struct statement *statement, enum clause clause)
{
    static const struct {
        enum clause one, other;
        const char *text;
    } apart[] = {
        { CLAUSE_EITHER, CLAUSE_SRC, "host and net are either side: src does not go with them" },
        { CLAUSE_EITHER, CLAUSE_DST, "host and net are either side: dst does not go with them" },
        { CLAUSE_EITHER_PORTS, CLAUSE_SRC_PORTS, "port is either side: sport does not go with it" },
        { CLAUSE_EITHER_PORTS, CLAUSE_DST_PORTS, "port is either side: dport does not go with it" },
    };

    if (statement_has(statement, clause))
        return refuse_second(reader, clause);
    statement->given |= 1u << clause;
    statement->where[clause] = reader->token;
    for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++) {
        if ((clause == apart[i].one || clause == apart[i].other) &&
            statement_has(statement, apart[i].one) && statement_has(statement, apart[i].other))
            return read_fail(reader, &reader->token, "%s", apart[i].text);
    }
    return true;
}

/* ---- clauses --------------------------------------------------------------------------------- */

static bool take_action(struct reader *reader, struct statement *statement)
{
    statement->rule.accept = strcmp(reader->word, "accept") == 0;
    statement->negated = strcmp(reader->word, "not") == 0;
    return true;
}

static bool take_direction(struct reader *reader, struct statement *statement)
{
    statement->rule.direction =
        strcmp(reader->word, "ingress") == 0 ? DIRECTION_INGRESS : DIRECTION_EGRESS;
    return true;
}

static bool take_protocol(struct reader *reader, struct statement *statement)
{
    return read_protocol(reader, &statement->rule.protocol);
}

/* "src host A" and "dst port P" are what tcpdump would read. */
static bool check_network(struct reader *reader, const char *own, const char *of_port)
{
    char expected[96];

    if (strcmp(reader->word, "port") == 0)
        snprintf(expected, sizeof(expected), "a network: one like 10.0.0.0/16 (for ports: %s)",
                 of_port);
    else if (strcmp(reader->word, "host") == 0 || strcmp(reader->word, "net") == 0)
        snprintf(expected, sizeof(expected), "a network: one like 10.0.0.0/16 right behind %s",
                 own);
    else
        return true;
    return read_refuse(reader, &reader->token, expected);
}

static bool take_src(struct reader *reader, struct statement *statement)
{
    return check_network(reader, "src", "sport") && read_cidr(reader, &statement->rule.src);
}

static bool take_dst(struct reader *reader, struct statement *statement)
{
    return check_network(reader, "dst", "dport") && read_cidr(reader, &statement->rule.dst);
}

static bool take_host(struct reader *reader, struct statement *statement)
{
    return read_address(reader, &statement->either);
}

static bool take_net(struct reader *reader, struct statement *statement)
{
    return read_cidr(reader, &statement->either);
}

static bool take_src_ports(struct reader *reader, struct statement *statement)
{
    return read_ports(reader, &statement->rule.src_ports);
}

static bool take_dst_ports(struct reader *reader, struct statement *statement)
{
    return read_ports(reader, &statement->rule.dst_ports);
}

static bool take_either_ports(struct reader *reader, struct statement *statement)
{
    return read_ports(reader, &statement->either_ports);
}

static const struct clause_word {
    const char *word;
    enum clause clause;
    bool (*take)(struct reader *reader, struct statement *statement);
    const char *value; /* what must follow; NULL: the word says it all */
} clause_words[] = {
    { "accept", CLAUSE_ACTION, take_action, NULL },
    { "reject", CLAUSE_ACTION, take_action, NULL },
    { "not", CLAUSE_ACTION, take_action, NULL },
    { "ingress", CLAUSE_DIRECTION, take_direction, NULL },
    { "egress", CLAUSE_DIRECTION, take_direction, NULL },
    { "protocol", CLAUSE_PROTOCOL, take_protocol, "a protocol" },
    { "src", CLAUSE_SRC, take_src, "a network" },
    { "dst", CLAUSE_DST, take_dst, "a network" },
    { "host", CLAUSE_EITHER, take_host, "an address" },
    { "net", CLAUSE_EITHER, take_net, "a network" },
    { "sport", CLAUSE_SRC_PORTS, take_src_ports, "a port" },
    { "dport", CLAUSE_DST_PORTS, take_dst_ports, "a port" },
    { "port", CLAUSE_EITHER_PORTS, take_either_ports, "a port" },
    { "description", CLAUSE_DESCRIPTION, read_description, "a text" },
};

const char *read_clause_word(size_t index)
{
    return index < sizeof(clause_words) / sizeof(clause_words[0]) ? clause_words[index].word : NULL;
}

static bool take_clause(struct reader *reader, struct statement *statement,
                        const struct clause_word *word)
{
    if (!statement_give(reader, statement, word->clause))
        return false;
    if (!word->value)
        return word->take(reader, statement);
    if (word->clause == CLAUSE_DESCRIPTION ? !read_next_text(reader) : !read_next(reader))
        return false;
    if (reader->token.kind != TOKEN_WORD)
        return read_refuse(reader, &reader->token, word->value);
    return word->take(reader, statement);
}

static bool is_digits(const char *word)
{
    return *word != '\0' && word[strspn(word, "0123456789")] == '\0';
}

/* A bare number is the rule's, a bare name that is no word of ours a protocol. */
static bool take_bare_word(struct reader *reader, struct statement *statement)
{
    uint64_t number;
    int16_t protocol;

    if (is_digits(reader->word)) {
        if (statement->given != 0)
            return read_refuse(reader, &reader->token,
                               "a word (a rule's number stands at its beginning, a protocol's "
                               "behind \"protocol\")");
        if (!read_number(reader, "a rule's number", 1, FILTER_NUMBER_MAX, &number))
            return false;
        statement->rule.number = (uint32_t)number;
        return statement_give(reader, statement, CLAUSE_NUMBER);
    }
    if (!filter_protocol_find(reader->word, &protocol))
        return read_refuse_word(reader);
    statement->rule.protocol = protocol;
    return statement_give(reader, statement, CLAUSE_PROTOCOL);
}

static bool take_word(struct reader *reader, struct statement *statement)
{
    for (size_t i = 0; i < sizeof(clause_words) / sizeof(clause_words[0]); i++) {
        if (strcmp(reader->word, clause_words[i].word) == 0)
            return take_clause(reader, statement, &clause_words[i]);
    }
    return take_bare_word(reader, statement);
}

/* ---- settings: words that are no part of a rule ---------------------------------------------- */

/* The session that is spoken of; made if need be. */
static struct filter_session *session_of(struct reader *reader)
{
    struct err err;
    struct filter_session *session = filter_session(reader->filter, reader->session, &err);

    if (!session)
        read_fail_err(reader, &reader->token, &err);
    return session;
}

static bool set_amazon_dns(struct reader *reader)
{
    struct filter_session *session = session_of(reader);

    if (session)
        session->amazon_dns = true;
    return session != NULL;
}

static bool set_reading(struct reader *reader)
{
    reader->filter->reading =
        strcmp(reader->word, "reject-ends") == 0 ? FILTER_REJECT_ENDS : FILTER_REJECT_GOES_ON;
    return true;
}

static bool set_session(struct reader *reader)
{
    uint64_t number;

    if (!read_number(reader, "a session's number", 1, FILTER_NUMBER_MAX, &number))
        return false;
    reader->session = (uint32_t)number;
    return session_of(reader) != NULL;
}

static bool set_packet_length(struct reader *reader)
{
    struct filter_session *session = session_of(reader);

    return session &&
           read_number(reader, "a number of bytes", 1, UINT16_MAX, &session->packet_length);
}

static bool set_vni(struct reader *reader)
{
    struct filter_session *session = session_of(reader);

    return session && read_number(reader, "a VNI", 0, 0xffffff, &session->vni);
}

static bool set_text(struct reader *reader, char **text)
{
    struct err err;

    return filter_set_text(text, reader->word, &err) || read_fail_err(reader, &reader->token, &err);
}

static bool set_filter_id(struct reader *reader)
{
    struct filter_session *session = session_of(reader);

    if (!read_is_filter_id(reader->word))
        return read_refuse(reader, &reader->token, "a filter's id: one like tmf-0123456789abcdef0");
    return session && set_text(reader, &session->filter_id);
}

static bool set_filter_description(struct reader *reader)
{
    struct filter_session *session = session_of(reader);

    return session && set_text(reader, &session->description);
}

static const struct setting {
    const char *word;
    bool (*set)(struct reader *reader);
    const char *value;
} settings[] = {
    { "amazon-dns", set_amazon_dns, NULL },
    { "session", set_session, "a session's number" },
    { "packet-length", set_packet_length, "a number of bytes" },
    { "vni", set_vni, "a VNI" },
    { "filter-id", set_filter_id, "a filter's id" },
    { "filter-description", set_filter_description, "a text" },
    { "reject-ends", set_reading, NULL },
    { "reject-goes-on", set_reading, NULL },
};

static const struct setting *find_setting(const char *word)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (strcmp(word, settings[i].word) == 0)
            return &settings[i];
    }
    return NULL;
}

static bool take_setting(struct reader *reader, const struct setting *setting)
{
    if (setting->value) {
        if (!read_next_text(reader))
            return false;
        if (reader->token.kind != TOKEN_WORD)
            return read_refuse(reader, &reader->token, setting->value);
    }
    return setting->set(reader);
}

/* ---- statements ------------------------------------------------------------------------------ */

bool read_statement(struct reader *reader)
{
    struct statement statement = {
        .rule = { .accept = true, .protocol = FILTER_PROTOCOL_ANY },
    };
    const struct setting *setting;
    bool is_block = false;

    read_assignment(reader, statement.variable, sizeof(statement.variable));
    if (!read_next(reader))
        return false;
    statement.first = reader->token;
    if (!read_hcl(reader, &is_block))
        return false;
    if (is_block)
        return true;
    if (!read_command(reader, &statement))
        return false;
    for (;;) {
        if (statement.command != COMMAND_NONE && !read_skip_output(reader))
            return false;
        if (reader->token.kind != TOKEN_WORD)
            break;
        setting = find_setting(reader->word);
        if (strncmp(reader->word, "--", 2) == 0) {
            if (!read_flag(reader, &statement) || !read_next(reader))
                return false;
            continue;
        }
        if (setting) {
            if (statement.given != 0)
                return read_refuse(reader, &reader->token,
                                   "a word of a rule: ; before it, as it stands by itself");
            return take_setting(reader, setting);
        }
        if (!take_word(reader, &statement) || !read_next(reader))
            return false;
    }
    return read_finish_command(reader, &statement);
}
