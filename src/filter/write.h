/* SPDX-License-Identifier: MIT */
/*
 * write: a filter as text, to be read again (read.h), or deployed.
 *
 * Whatever descriptions hold, the texts are what they seem: quoted as their language wants it, and
 * without control characters but line ends. filter_read() makes an equal filter of each.
 */
#ifndef MIRRORTOP_FILTER_WRITE_H
#define MIRRORTOP_FILTER_WRITE_H

#include "filter.h"

#include <stdio.h>

enum filter_format {
    FILTER_AS_RULES,          /* the short spelling */
    FILTER_AS_CLI,            /* a shell script that calls the aws program */
    FILTER_AS_JSON,           /* as describe-traffic-mirror-filters and -sessions print it */
    FILTER_AS_CLOUDFORMATION, /* a template, in JSON */
    FILTER_AS_TERRAFORM,      /* HCL */
};

/* "rules", "cli", "json", "cloudformation", "terraform". */
bool filter_format_find(const char *name, enum filter_format *format);

/* false and *err (EXIT_RUNTIME): the stream has failed, or the filter has a rule that the format
 * cannot say; then nothing was written. */
bool filter_write(const struct filter *filter, enum filter_format format, FILE *out,
                  struct err *err);

/* The short spelling of one rule, one line without its end, cut where `size` ends; its length. */
size_t filter_rule_text(const struct filter_rule *rule, char *out, size_t size);

#endif
