/* SPDX-License-Identifier: MIT */
/*
 * field: one row a value that people and scripts can see, and the one place to add one.
 *
 * A row gives the column in the pane, the sort key, the CSV column, the JSON member, the line of
 * --list-fields and the line in the manual. Tables and rows are constant; usable from any thread.
 */
#ifndef MIRRORTOP_FIELD_H
#define MIRRORTOP_FIELD_H

#include "record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum table_id {
    TABLE_SESSIONS,
    TABLE_TALKERS,
    TABLE_PROTOCOLS,
    TABLE_RETRANSMITS, /* flow_record again: flow_record_has_losses(), ranked by retransmits */
    TABLE_SUSPICIONS,
    TABLE_FLOWS,
    TABLE_FINDINGS, /* see doctor.h */
    TABLE_RULES,    /* of the filter in force; no rows without one */
    TABLE_COUNT
};

enum field_type {
    FIELD_COUNT,        /* uint64_t: packets, segments, flows and so on */
    FIELD_BYTES,        /* uint64_t */
    FIELD_BIT_RATE,     /* uint64_t, bit/s */
    FIELD_PACKET_RATE,  /* uint64_t, packets/s */
    FIELD_TIME,         /* uint64_t, ns since 1970 */
    FIELD_MICROSECONDS, /* uint64_t */
    FIELD_SHARE,        /* uint64_t, 1/1000 */
    FIELD_NUMBER,       /* uint64_t that is a name: port, VNI, AS number, rule; never grouped */
    FIELD_TCP_FLAGS,    /* uint64_t, OR of enum tcp_flag; letters in the order FSRPAUEC */
    FIELD_ADDR,         /* struct ip_addr */
    FIELD_TEXT,         /* const char * */
};

enum field_use {
    USE_CSV = 1,  /* a column of the CSV, in table order */
    USE_JSON = 2, /* a member of the report */
    USE_PANE = 4, /* a column of the pane and a sort key */
    USE_TCP = 8,  /* ... which comes before others where the pane is about TCP's troubles */
};

struct field {
    const char *name;    /* CSV column, JSON member, --list-fields */
    const char *heading; /* column of the pane */
    enum field_type type;
    uint8_t width;    /* of the pane's column, of texts and names at first; 0: not in the pane */
    uint8_t priority; /* 1 is shown first when room is short; 9 only on wide screens */
    uint8_t uses;     /* enum field_use, OR */
    uint16_t offset;  /* in the record */
    const char *unit; /* "packets", "bytes", "bit/s"; may be "" */
    const char *doc;  /* one sentence: the definition */
};

struct table {
    const char *name;
    const struct field *fields;
    size_t count;
    size_t record_size;
    size_t key_offset;   /* uint64_t that identifies a row for the run */
    size_t default_sort; /* index into fields */
    bool descending;
    const char *rows; /* which rows it has, a sentence; NULL: as its name says */
};

extern const struct table field_tables[TABLE_COUNT];

/* VALUE_UNKNOWN, no address, or an empty text. */
bool field_is_unknown(const struct field *field, const void *record);

/* The value of a number field; VALUE_UNKNOWN when unknown. Only for uint64_t types. */
uint64_t field_number(const struct field *field, const void *record);
const struct ip_addr *field_addr(const struct field *field, const void *record);
const char *field_text(const struct field *field, const void *record);

/* The row's key. */
uint64_t table_row_key(const struct table *table, const void *record);

/* <0, 0, >0. Unknown values are smallest; addresses by family, then bytes; texts by bytes. */
int field_compare(const struct field *field, const void *a, const void *b);

/* A 64-bit image of the value that never contradicts field_compare() (it may tie where that does
 * not): for ranking many rows fast. */
uint64_t field_rank(const struct field *field, const void *record);

/* Index of the field called `name`, or table->count. */
size_t table_find(const struct table *table, const char *name);

/* For --list-fields: every table with its fields, their units, uses and definitions. */
void field_list(FILE *out);

/* A definition with each sentence on a line of its own, as mdoc(7) wants it. */
void field_print_sentences(FILE *out, const char *text);

/* The same definitions as mdoc(7) list items, for the manual. */
void field_print_mdoc(FILE *out);

#endif
