/* SPDX-License-Identifier: MIT */
/*
 * read: texts in which a filter is written, into a struct filter.
 *
 * The language is described in mirrortop-filter(7): the short spelling, pasted commands of the
 * `aws` program, JSON documents, CloudFormation, Terraform; what write.h writes reads back equal.
 * Texts may come from anywhere: any bytes are taken, at most FILTER_TEXT_MAX of them.
 */
#ifndef MIRRORTOP_FILTER_READ_H
#define MIRRORTOP_FILTER_READ_H

#include "filter.h"

enum {
    FILTER_TEXT_MAX = 4 << 20, /* bytes of one text */
    FILTER_ERROR_TEXT = 384,
};

/* Why a text cannot be read, and where. */
struct filter_error {
    size_t at, length;   /* bytes of the text: what is wrong. At the end of a text length is 0 */
    size_t line, column; /* from 1; columns count characters */
    char text[FILTER_ERROR_TEXT]; /* one line: "44x" is not a port: expected 0 to 65535, ... */
};

/* Adds what the text says to the filter: in any spelling, freely mixed; a text that begins with {
 * or [ is JSON. What names no session belongs to the only one that there is so far, else to
 * session 1. On false the filter is as it was. `text` needs no NUL at its end. */
bool filter_read(struct filter *filter, const char *text, size_t size, struct filter_error *error);

/* The same for a file; - is standard input. PATH#ID chooses one filter (tmf-...), mirror source
 * (eni-...) or session (tms-...) of a file that has several. *err (EXIT_INPUT): "PATH: reason", or
 * "PATH:LINE:COLUMN: reason". */
bool filter_read_file(struct filter *filter, const char *path, struct err *err);

#endif
