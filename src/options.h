/* SPDX-License-Identifier: MIT */
/*
 * options: the command line and the config file, one table.
 *
 * One row in the table in options_table.c gives the long and short option, the config file's key,
 * the line of --help and the check. Texts point into argv or into the options' own storage.
 */
#ifndef MIRRORTOP_OPTIONS_H
#define MIRRORTOP_OPTIONS_H

#include "../decode/decode.h"
#include "err.h"
#include "explain.h"
#include "filter/write.h"
#include "format.h"

#include <stdio.h>

enum {
    OPTIONS_MAX_DOCUMENTS = 32,
    OPTIONS_MAX_EXPORTS = 8,
    OPTIONS_MAX_FILTERS = 32,
    OPTIONS_ADDRESS = 64,
};

enum options_mode {
    MODE_RUN,
    MODE_HELP,
    MODE_VERSION,
    MODE_LIST_THEMES,
    MODE_LIST_FIELDS,
    MODE_LIST_KEYS,
    MODE_LIST_INTERFACES,
    MODE_PRINT_FILTER,
};

enum batch_format { BATCH_NO, BATCH_TEXT, BATCH_JSON };

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* -f or -F: pieces of one filter, in the order in which they were given. */
struct options_filter {
    const char *value;
    bool is_file;
    unsigned config_line; /* 0: of the command line */
};

struct options {
    enum options_mode mode;
    const char *read_path; /* -r; NULL: none */
    bool demo;
    const char *interface;                /* -i; NULL: none */
    bool listen;                          /* also when no other input was given */
    char listen_address[OPTIONS_ADDRESS]; /* "": all */
    uint16_t listen_port;                 /* always set when live */
    bool promiscuous;
    bool doctor;   /* the report is the doctor's */
    bool explains; /* the packets behind counts instead of a report: */
    struct explain_want explain;
    bool no_sandbox;
    bool health;
    char health_address[OPTIONS_ADDRESS]; /* "": all */
    uint16_t health_port;
    bool direct;
    struct ip_addr direct_host; /* family 0: not told */
    bool no_dedup;
    struct decode_config decode;
    bool has_vxlan_ports;
    bool has_speed;
    double speed; /* 0: max */
    enum batch_format batch;
    double duration_s; /* 0: no limit */
    uint64_t count;    /* 0: no limit */
    const char *exports[OPTIONS_MAX_EXPORTS];
    size_t export_count;
    const char *geoip, *asn;
    const char *documents[OPTIONS_MAX_DOCUMENTS]; /* of AWS: --aws-json */
    size_t document_count;
    struct options_filter filters[OPTIONS_MAX_FILTERS];
    size_t filter_count;                 /* 0: there is no filter */
    enum filter_format print_format;     /* of MODE_PRINT_FILTER */
    double price_gb, price_session_hour; /* 0: not given */
    uint64_t packet_length;              /* 0: as the filter says */
    size_t max_flows;
    size_t top;        /* rows of a table in the report: */
    bool has_top;      /* false: a text report has fewer */
    const char *theme; /* NULL: default */
    bool ascii, utc, no_mouse;
    enum color_mode color;
    enum format_units units;
    double interval_s; /* of the screen, and of the reports of a live batch run: */
    bool has_interval;
    void *storage; /* config file text */
};

void options_default(struct options *options);

/* Config file first (`config_path`; NULL: $XDG_CONFIG_HOME/mirrortop/config, else
 * ~/.config/mirrortop/config; a missing default file is no error), then the arguments, which win.
 * false and *err (EXIT_USAGE): which option or which line of which file, and what was expected. */
bool options_parse(struct options *options, int argc, char *const argv[], const char *config_path,
                   struct err *err);
void options_free(struct options *options);

/* One config text: `name = value`, flags also `name` alone or with true or false. A # at a line's
 * beginning or behind a space starts a comment. At most 64 KiB, no control characters. *err
 * (EXIT_USAGE) begins with "NAME:LINE: ". */
bool options_parse_config(struct options *options, const char *text, size_t size, const char *name,
                          struct err *err);

/* Adds what -f and -F say to the filter, which is empty when there are none. *err (EXIT_USAGE) for
 * -f: "--filter:LINE:COLUMN: reason", or "config:LINE: filter:LINE:COLUMN: reason"; for -F see
 * filter_read_file(). */
bool options_read_filter(const struct options *options, struct filter *filter, struct err *err);

void options_print_help(FILE *out);

#endif
