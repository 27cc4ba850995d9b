/* SPDX-License-Identifier: MIT */
/*
 * pane: what the box of a table looks like.
 *
 * The generic pane draws any table from its fields; what is special about one stands in its
 * pane_*.c. A new pane is a new file, a row in the table in pane.c and a table_id.
 */
#ifndef MIRRORTOP_UI_PANE_H
#define MIRRORTOP_UI_PANE_H

#include "state.h"

/* What a pane needs to draw a cell. */
struct pane_cell {
    const struct ui *ui;
    const struct snapshot_rows *rows;
    const void *row;
    size_t place;
    const struct field *field;
};

struct pane {
    const char *title;
    const char *empty;  /* said in the place of rows when there are none */
    const char *bar;    /* field that is also drawn as a bar behind the last column, or NULL */
    uint64_t bar_whole; /* value of a full bar; 0: the greatest row's */
    int bar_reserve;    /* columns kept for it; else it takes what is left over */
    bool whole;         /* what it says is of the whole input, also where a filter is in force */

    /* The text of a cell instead of the field's own; false: no, the usual one. May be NULL. */
    bool (*cell)(const struct pane_cell *cell, char *out, size_t size);
    /* The role of a cell instead of `usual`. May be NULL. */
    enum theme_role (*role)(const struct pane_cell *cell, enum theme_role usual);
    /* Draws above the rows and returns how many lines that took. May be NULL. */
    int (*above)(const struct ui *ui, const struct rect *rect);
};

extern const struct pane pane_sessions, pane_talkers, pane_protocols, pane_retransmits,
    pane_suspicions, pane_flows, pane_findings, pane_rules;

/* In the order of enum table_id. */
extern const struct pane *const panes[TABLE_COUNT];

/* Draws the pane into its rectangle of ui->layout. Changes only its grid. */
void pane_draw(struct ui *ui, enum table_id table);

/* The rows of the pane that are shown; never NULL (no rows before the first snapshot). */
const struct snapshot_rows *pane_rows(const struct ui *ui, enum table_id table);

#endif
