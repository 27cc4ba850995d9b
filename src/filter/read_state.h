/* SPDX-License-Identifier: MIT */
/*
 * read_state: what the files of read.h share; nobody else includes it.
 *
 *   read.c           a text, a file; where an error is
 *   read_lex.c       words, as a shell would cut them
 *   read_short.c     statements: clauses, in words or as flags of the aws program
 *   read_value.c     numbers, addresses, ports
 *   read_rules.c     the rules that a statement stands for
 *   read_cli.c       commands of the aws program
 *   read_hcl.c       blocks of Terraform
 *   read_json.c      JSON documents
 *   read_document.c  what documents say, joined: filters, rules and sessions that name each other
 */
#ifndef MIRRORTOP_FILTER_READ_STATE_H
#define MIRRORTOP_FILTER_READ_STATE_H

#include "read.h"

enum { READ_WORD = 1024 };

enum token_kind {
    TOKEN_WORD,
    TOKEN_STOP,  /* ; && or the end of a line */
    TOKEN_CLOSE, /* ), which ends $(aws ...) */
    TOKEN_END,   /* of the text */
};

struct token {
    enum token_kind kind;
    size_t at, length; /* of the text */
};

struct document;

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
    struct document *document;
    const char *choice; /* of several filters or sources; NULL: none was made */
    struct filter_error *error;
};

/* ---- read.c: errors. All return false. ------------------------------------------------------- */

/* `expected ..., not "TOKEN"` */
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
bool read_address(struct reader *reader, struct filter_cidr *cidr);
bool read_ports(struct reader *reader, struct filter_ports *ports);
bool read_port_range_flag(struct reader *reader,
                          struct filter_ports *ports); /* FromPort=,ToPort= */
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
    char filter[READ_WORD];   /* --traffic-mirror-filter-id */
    char source[READ_WORD];   /* --network-interface-id */
    char variable[READ_WORD]; /* NAME of NAME=$(aws ...) */
};

static inline bool statement_has(const struct statement *statement, enum clause clause)
{
    return (statement->given >> clause & 1) != 0;
}

/* Marks a clause as given; false: it was given before, or one that it does not go with. */
bool statement_give(struct reader *reader, struct statement *statement, enum clause clause);

/* read_short.c: one statement, to its end. */
bool read_statement(struct reader *reader);
/* read_rules.c: its rules, into the filter. And what `not` leaves, at the end of the text. */
bool read_add_rules(struct reader *reader, const struct statement *statement);
bool read_add_rest(struct reader *reader);
/* The rule as it stands, without numbers, families or more that were left out. */
bool read_add_rule(struct reader *reader, uint32_t session, const struct filter_rule *rule,
                   const struct token *token);

/* read_cli.c: the command that the words at the statement's beginning call; a flag (the word) with
 * its value; what a finished statement that is no plain rule means. */
bool read_command(struct reader *reader, struct statement *statement);
bool read_flag(struct reader *reader, struct statement *statement);
bool read_finish_command(struct reader *reader, struct statement *statement);

#endif
