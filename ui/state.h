/* SPDX-License-Identifier: MIT */
/*
 * state: everything that the screen shows and the keys change.
 *
 * Owned by ui_run(). Actions write it and say in `redraw` what follows; drawing only reads it, but
 * for what the grids and pages remember about how they were drawn.
 */
#ifndef MIRRORTOP_UI_STATE_H
#define MIRRORTOP_UI_STATE_H

#include "draw.h"
#include "grid.h"
#include "page.h"
#include "prompt.h"
#include "theme.h"
#include "trial.h"
#include "ui.h"

enum redraw {
    REDRAW_SCREEN = 1,   /* something changed */
    REDRAW_SNAPSHOT = 2, /* ... that wants new rows at once */
    REDRAW_REPAINT = 4,  /* the terminal's own content is not to be trusted */
};

struct ui {
    const struct ui_config *config;
    struct canvas canvas;
    struct theme theme;
    enum color_depth depth;

    struct snapshot *live;  /* the newest; the header's */
    struct snapshot *shown; /* the panes'; the same unless paused. NULL before the first */
    struct feed_status feed;
    char failure[256]; /* why the input failed, or "" */
    bool asked;        /* a snapshot is on its way */

    struct layout layout;
    enum table_id focus;
    bool zoomed, paused;
    bool step; /* the next snapshot is shown although paused */
    enum format_units units;
    struct grid grids[TABLE_COUNT];
    struct snapshot_order by_before; /* of the pane that grid.tcp has been set for */
    struct page page;
    struct prompt prompt;
    struct trial trial;
    char needle[EDIT_SIZE]; /* what "find next" looks for */

    char message[512];
    enum theme_role message_role;
    uint64_t message_until_ns; /* monotonic; 0: until the next key */
    bool reset_armed;          /* the next "reset" does it */

    unsigned redraw; /* enum redraw, OR */
    bool quit, suspend;
};

/* Makes ui->theme the one that is drawn with. */
void ui_use_theme(struct ui *ui);

/* Forgets the rows that are shown: what comes next has nothing to do with them. */
void ui_forget_rows(struct ui *ui);

/* The line at the bottom, until the next key; what is neither good nor bad (ROLE_MESSAGE) gives the
 * place back after a few seconds. */
void ui_say(struct ui *ui, enum theme_role role, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
