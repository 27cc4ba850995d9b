/* SPDX-License-Identifier: MIT */
/*
 * write_state: what the files of write.h share; nobody else includes it.
 *
 * One file a format. Every function here writes to the stream and leaves errors in it.
 */
#ifndef MIRRORTOP_FILTER_WRITE_STATE_H
#define MIRRORTOP_FILTER_WRITE_STATE_H

#include "write.h"

enum { WRITE_CIDR = 64, WRITE_PORTS = 16 };

/* 10.0.0.0/16 */
const char *write_cidr(char out[WRITE_CIDR], const struct filter_cidr *cidr);
/* 443, 1024-65535 */
const char *write_ports(char out[WRITE_PORTS], const struct filter_ports *ports);
const char *write_action(const struct filter_rule *rule);

/* Whether session 1 of a filter needs to be said at all: nothing but its number would be. */
bool write_names_session(const struct filter *filter, const struct filter_session *session);

void write_rules(const struct filter *filter, FILE *out);

#endif
