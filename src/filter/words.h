/* SPDX-License-Identifier: MIT */
/*
 * words: names of protocols and of ports in filters.
 *
 * A filter should mean the same on every machine. So the names that occur are built in, and only
 * what is not among them is looked up in the system's services file. All functions are pure but
 * filter_words_use(), which is called at the start, before there are threads.
 */
#ifndef MIRRORTOP_FILTER_WORDS_H
#define MIRRORTOP_FILTER_WORDS_H

#include "../services.h"

#include <stdbool.h>
#include <stddef.h>

/* Further names of ports; borrowed for the rest of the run. NULL: none but the built-in ones. */
void filter_words_use(const struct services *services);

/* "tcp", "icmp6", "icmpv6" ..., "all", "-1", "0" to "255"; FILTER_PROTOCOL_ANY for all. */
bool filter_protocol_find(const char *word, int16_t *protocol);

/* The name as the rest of the program writes it, or NULL: there is only a number. */
const char *filter_protocol_name(int16_t protocol);

/* "https" ...: of TCP, else of UDP, else of SCTP. */
bool filter_port_find(const char *word, uint16_t *port);

/* The built-in names one after the other, for completion; NULL beyond the last one. */
const char *filter_protocol_word(size_t number);
const char *filter_port_word(size_t number, uint16_t *port);

#endif
