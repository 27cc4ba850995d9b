/* SPDX-License-Identifier: MIT */
/*
 * read_state: what the files of read.h share. Nobody else includes it but complete.c, which offers
 * flags.
 *
 *   read.c           a text, a file; where an error is
 *   read_lex.c       words, as a shell would cut them
 *   read_short.c     statements: clauses, in words or as flags of the aws program
 *   read_hint.c      what was meant by a word that is none
 *   read_value.c     numbers, addresses, ports
 *   read_rules.c     the rules that a statement stands for
 *   read_cli.c       commands of the aws program
 *   read_sessions.c  which session a filter belongs to that is called by a name
 *   read_hcl.c       blocks of Terraform
 *   read_json.c      JSON, and what members are called in it
 *   read_aws.c       documents of the aws program
 *   read_template.c  CloudFormation, plans of Terraform
 */
#ifndef MIRRORTOP_FILTER_READ_STATE_H
#define MIRRORTOP_FILTER_READ_STATE_H

#include "read.h"

enum {
    READ_WORD = 8192, /* a description may be written in escapes */
    READ_NAME = 128,
    READ_BINDINGS = 8, /* more than sessions: one filter may be called by several names */
};

enum token_kind {
    TOKEN_WORD,
    TOKEN_STOP,     /* ; && or the end of a line */
    TOKEN_CLOSE,    /* ), which ends $(aws ...) */
    TOKEN_PIPE,     /* | or || of a shell */
    TOKEN_REDIRECT, /* 2> and the like; its file is the next word */
    TOKEN_END,      /* of the text */
};

struct token {
    enum token_kind kind;
    size_t at, length; /* of the text */
};

/* A filter that the text calls by a name: an id, a shell's variable, a resource. */
struct binding {
    char name[READ_NAME];
    uint32_t session;   /* number under which it is kept while reading */
    uint32_t number;    /* that the text gives the session; 0: none so far */
    struct token token; /* that gave it */
};

struct reader {
    const char *text;
    size_t size, at;
    struct token token;    /* the last one read */
    char word[READ_WORD];  /* its value, without quotes */
    struct filter *filter; /* filled in */
    uint32_t session;      /* number: what comes belongs to it */
    uint32_t
        rest[FILTER_SESSIONS]; /* sessions with a `not`: what it leaves is accepted at the end */
    size_t rest_count;
    struct binding bindings[READ_BINDINGS];
    size_t binding_count;
    char source[READ_NAME]; /* of the sessions; "": none was named */
    const char *choice;     /* of several filters or sources; NULL: none was made */
    struct filter_error *error;
};

/* ---- read.c: errors. All return false. ------------------------------------------------------- */

/* `expected`: "a thing", or "a thing: what such things look like"; the error is
 * `"TOKEN" stands where a thing was expected` or `"TOKEN" is not a thing: expected what ...`. */
bool read_refuse(struct reader *reader, const struct token *token, const char *expected);
bool read_fail(struct reader *reader, const struct token *token, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What the model says, at the token. */
bool read_fail_err(struct reader *reader, const struct token *token, const struct err *err);

/* ---- read_lex.c ------------------------------------------------------------------------------ */

/* The next word, or what else comes; false: a quote that is not closed, and the like. */
bool read_next(struct reader *reader);
/* The same, for a text: one that begins with " has the escapes of JSON. */
bool read_next_text(struct reader *reader);
/* The next word, which must be there. */
bool read_value(struct reader *reader, const char *expected);
/* Blanks, comments and ends of statements; the comment "# mirrortop: WORDS" is words. */
void read_skip_stops(struct reader *reader);
/* Skips NAME=$( where it stands and writes $NAME. */
bool read_assignment(struct reader *reader, char *name, size_t size);
/* A quoted text at reader->at, behind its first quote, into reader->word; `hcl`: $${ and %%{ are
 * ${ and %{. */
bool read_json_string(struct reader *reader, bool hcl);
/* Whether the text goes on with these bytes. */
bool read_looks_at(const struct reader *reader, const char *bytes);

/* ---- read_value.c: the word in reader->word, which is the token's ---------------------------- */

bool read_number(struct reader *reader, const char *what, uint32_t least, uint32_t most,
                 uint64_t *number);
/* An address is its own network; "any": family 0. */
bool read_cidr(struct reader *reader, struct filter_cidr *cidr);
bool read_is_network(const char *word);
bool read_address(struct reader *reader, struct filter_cidr *cidr);
bool read_ports(struct reader *reader, struct filter_ports *ports);
/* FromPort=1,ToPort=2 or {"FromPort": 1, "ToPort": 2} */
bool read_port_range_flag(struct reader *reader, struct filter_ports *ports);
bool read_set_ports(struct reader *reader, struct filter_ports *ports, uint64_t from, uint64_t to);
bool read_protocol(struct reader *reader, int16_t *protocol);

/* ---- statements ------------------------------------------------------------------------------ */

enum clause {
    CLAUSE_NUMBER,
    CLAUSE_ACTION,
    CLAUSE_DIRECTION,
    CLAUSE_PROTOCOL,
    CLAUSE_SRC,
    CLAUSE_DST,
    CLAUSE_EITHER, /* host, net */
    CLAUSE_SRC_PORTS,
    CLAUSE_DST_PORTS,
    CLAUSE_EITHER_PORTS, /* port */
    CLAUSE_DESCRIPTION,
    /* of other commands than the one that makes a rule */
    CLAUSE_SERVICES,
    CLAUSE_NO_SERVICES,
    CLAUSE_SESSION,
    CLAUSE_PACKET_LENGTH,
    CLAUSE_VNI,
    CLAUSE_COUNT
};

enum command {
    COMMAND_NONE, /* words, or bare flags */
    COMMAND_RULE,
    COMMAND_FILTER,
    COMMAND_SERVICES,
    COMMAND_SESSION,
};

/* One statement as it was written: mostly a rule. */
struct statement {
    struct token first;
    enum command command;
    unsigned given;                   /* bit: enum clause */
    struct token where[CLAUSE_COUNT]; /* of those that are given */
    struct filter_rule rule;          /* description: unused */
    bool negated;                     /* not */
    struct filter_cidr either;
    struct filter_ports either_ports;
    uint64_t session, packet_length, vni;
    char description[READ_WORD];
    char filter[READ_NAME];   /* --traffic-mirror-filter-id */
    char source[READ_NAME];   /* --network-interface-id */
    char variable[READ_NAME]; /* $NAME of NAME=$(aws ...) */
};

static inline bool statement_has(const struct statement *statement, enum clause clause)
{
    return (statement->given >> clause & 1) != 0;
}

/* ---- read_sessions.c: false and an error at the token: there are too many of them ----------- */

/* false: it is too long. */
bool read_copy_name(char name[READ_NAME], const char *text);
/* tmf- and letters or digits: AWS's, which the filter keeps. Other names only tell filters
 * apart. */
bool read_is_filter_id(const char *name);
/* The session of the filter with this name, which is made if need be. NULL: an error. */
struct filter_session *read_session_of(struct reader *reader, const char *name,
                                       const struct token *token);
/* A mirror session on a source has this filter; its number, which counts when all is read. */
bool read_bind(struct reader *reader, const char *name, const char *source, uint32_t number,
               const struct token *token);
bool read_finish_sessions(struct reader *reader);

/* read_value.c: the word as the statement's description. */
bool read_description(struct reader *reader, struct statement *statement);
/* Marks a clause as given; false: it was given before, or one that it does not go with. */
bool statement_give(struct reader *reader, struct statement *statement, enum clause clause);

/* read_short.c: one statement, to its end. */
bool read_statement(struct reader *reader);
/* The words of clauses one after the other; NULL beyond the last one. */
const char *read_clause_word(size_t index);
/* read_hint.c: false, and an error that says what may have been meant. */
bool read_refuse_word(struct reader *reader);
/* read_rules.c: its rules, into the filter. And what `not` leaves, at the end of the text. */
bool read_add_rules(struct reader *reader, const struct statement *statement);
bool read_add_rest(struct reader *reader);
/* The rule as it stands, without numbers, families or more that were left out. */
bool read_add_rule(struct reader *reader, uint32_t session, const struct filter_rule *rule,
                   const struct token *token);

/* read_cli.c: the flag that the word is, with its value. */
bool read_flag(struct reader *reader, struct statement *statement);
/* What calls a command at the statement's beginning, if the word does, and sets `command`; the next
 * word is read. */
bool read_command(struct reader *reader, struct statement *statement);
/* Of a command: passes over what a shell would do with its output, up to a word of the command or
 * what ends it. */
bool read_skip_output(struct reader *reader);
/* What a statement with flags means; the token is what ended it. */
bool read_finish_command(struct reader *reader, const struct statement *statement);
/* The same for a resource of a document, of which all is known that there is to know. */
bool read_finish_resource(struct reader *reader, const struct statement *statement);
/* The value of the flag "--NAME" stands in reader->word. */
bool read_attribute(struct reader *reader, struct statement *statement, const char *name);
bool read_filter_name(struct reader *reader, struct statement *statement);
bool read_source_name(struct reader *reader, struct statement *statement);
/* ---- documents ------------------------------------------------------------------------------- */

/* A value's place in the text. */
enum { JSON_NONE = SIZE_MAX };

/* Members of a rule. Each has a name in JSON, one in Terraform, and is a flag. */
struct rule_member {
    const char *json, *terraform, *flag;
    bool needed;
};
extern const struct rule_member read_rule_members[];
extern const size_t read_rule_member_count;

/* read_json.c. Values that are asked for must have been checked. */
bool json_check(struct reader *reader); /* at reader->at, which moves behind the value */
size_t json_member(struct reader *reader, size_t object, const char *name);
/* The first item of a list or member of an object, and the one behind it; JSON_NONE: no more. */
size_t json_first(const struct reader *reader, size_t list);
size_t json_after(const struct reader *reader, size_t item);
/* Of a member, as json_first() finds them: its value; its name goes to reader->word. */
bool json_name(struct reader *reader, size_t member, size_t *value);
bool json_is(const struct reader *reader, size_t value, char bracket);
struct token json_token(const struct reader *reader, size_t value);
/* A text or a number to reader->word, and its place to the token. */
bool json_scalar(struct reader *reader, size_t value);
/* Whether it is this text; false for what is none. */
bool json_equal(struct reader *reader, size_t value, const char *text);
bool json_refuse(struct reader *reader, size_t value, const char *expected);
/* A reader of the word outer->word alone, copied to `json`. false: it is no object. */
bool json_inner(const struct reader *outer, struct reader *inner, char json[READ_WORD],
                struct filter_error *error);
/* {"FromPort": 1, "ToPort": 2}; plans of Terraform have it in a list of one or none. */
bool json_ports(struct reader *reader, size_t object, bool terraform, struct filter_ports *ports);
/* The members of a rule with these names. */
bool json_rule(struct reader *reader, size_t object, bool terraform, struct statement *statement);
/* The one service that there is, in a list. */
bool json_services(struct reader *reader, size_t list, struct statement *statement);

bool read_json(struct reader *reader);                  /* read_aws.c: at a { or [ */
bool read_template(struct reader *reader, size_t root); /* read_template.c: CloudFormation */
bool read_plan(struct reader *reader, size_t root);     /* read_template.c: Terraform */
bool read_hcl(struct reader *reader, bool *is_block);   /* read_hcl.c: at a word */

/* The name of flag number `index` of the command that makes a rule, or NULL beyond the last one. */
const char *read_flag_name(size_t index);

#endif
