/* SPDX-License-Identifier: MIT */
/*
 * text: what the two files of the text report share.
 *
 *   text.c        the sections with single figures
 *   text_table.c  the sections with tables
 *
 * Everything that is written is printable ASCII, in lines of at most WRAP_WIDTH columns.
 */
#ifndef MIRRORTOP_OUTPUT_TEXT_H
#define MIRRORTOP_OUTPUT_TEXT_H

#include "../snapshot.h"

#include <stdio.h>

/* Like format_escape(), but every byte beyond ASCII is escaped, too. */
size_t text_ascii(char *out, size_t size, const char *text);

/* Tables that have no natural end get `most` rows, the others all that the snapshot has. */
void text_sessions(FILE *out, const struct snapshot *snapshot);
void text_talkers(FILE *out, const struct snapshot *snapshot, size_t most);
void text_protocols(FILE *out, const struct snapshot *snapshot);
void text_retransmits(FILE *out, const struct snapshot *snapshot, size_t most);
void text_rules(FILE *out, const struct snapshot *snapshot);
void text_suspicions(FILE *out, const struct snapshot *snapshot);

#endif
