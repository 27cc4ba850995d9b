/* SPDX-License-Identifier: MIT */
/*
 * write_state: what the files of write.h share; nobody else includes it.
 *
 * One file a format. Every function here writes to the stream and leaves errors in it.
 */
#ifndef MIRRORTOP_FILTER_WRITE_STATE_H
#define MIRRORTOP_FILTER_WRITE_STATE_H

#include "write.h"

enum { WRITE_CIDR = 64 };

/* 10.0.0.0/16 */
const char *write_cidr(char out[WRITE_CIDR], const struct filter_cidr *cidr);
const char *write_action(const struct filter_rule *rule);

/* Whether there is more to say of a session than that it is number 1, the only one. */
bool write_names_session(const struct filter *filter, const struct filter_session *session);

/* "# mirrortop: ..." before all commands or resources, and behind those that make a filter: what
 * these have no place for is read back from comments. */
void write_reading_note(const struct filter *filter, FILE *out);
void write_filter_note(const struct filter_session *session, FILE *out);

/* A format in which a filter is written session by session: a filter, its rules, and a mirror
 * session if there is anything to say of one. Its number stands in a comment before it. */
struct write_parts {
    void (*filter)(const struct filter_session *session, FILE *out);
    void (*rule)(const struct filter_session *session, const struct filter_rule *rule, FILE *out);
    void (*session)(const struct filter_session *session, FILE *out);
    const char *between; /* sessions */
};

void write_sessions(const struct filter *filter, const struct write_parts *parts, FILE *out);

/* The formats. */
void write_rules(const struct filter *filter, FILE *out);
void write_cli(const struct filter *filter, FILE *out);
void write_json(const struct filter *filter, FILE *out);
void write_cloudformation(const struct filter *filter, FILE *out);
void write_terraform(const struct filter *filter, FILE *out);

#endif
