/* SPDX-License-Identifier: MIT */
/*
 * options_table: the table of options, for those who fill in `struct options` from it.
 *
 * Internal to options.c (the command line and the help) and config.c (the config file). Constant.
 */
#ifndef MIRRORTOP_OPTIONS_TABLE_H
#define MIRRORTOP_OPTIONS_TABLE_H

#include "options.h"

enum option_argument {
    ARGUMENT_NONE,
    ARGUMENT_FLAG, /* none, or true or false */
    ARGUMENT_OPTIONAL,
    ARGUMENT_REQUIRED,
};

enum option_group {
    GROUP_INPUT,
    GROUP_DECODE,
    GROUP_OUTPUT,
    GROUP_SCREEN,
    GROUP_OTHER, /* not in the config file */
    GROUP_COUNT
};

struct option;

/* One option as it was given. */
struct option_use {
    const struct option *option;
    const char *value;    /* NULL: none */
    const char *where;    /* "--top", "FILE:3: top": the beginning of an error */
    unsigned config_line; /* 0: of the command line */
};

struct option {
    const char *name;
    char letter; /* 0: none */
    enum option_group group;
    enum option_argument argument;
    const char *value_name; /* in the help */
    const char *help;       /* lines of at most OPTION_HELP_WIDTH */
    bool (*set)(struct options *options, const struct option_use *use, struct err *err);
    size_t offset; /* in struct options, for setters that serve several options */
};

enum { OPTION_HELP_COLUMN = 27, OPTION_HELP_WIDTH = 53 };

extern const struct option option_table[];
extern const size_t option_count;

/* NULL: there is no such option. */
const struct option *option_find(const char *name, size_t length);

const struct option *option_find_letter(char letter);

/* The name most like a mistyped one, or NULL. */
const char *option_suggest(const char *name, size_t length);

/* Checks that a value is there where one is needed, and sets it. */
bool option_apply(struct options *options, const struct option_use *use, struct err *err);

/* config.c: the file that options_parse() reads; see there. */
bool config_load(struct options *options, const char *path, struct err *err);

#endif
