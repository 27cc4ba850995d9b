/* SPDX-License-Identifier: MIT */
/*
 * ui: the screen.
 *
 * The only place that knows curses. Shows snapshots, never the engine's tables. One loop: input
 * becomes an action, an action changes the state and sets redraw flags, one draw phase, one
 * doupdate() a frame.
 */
#ifndef MIRRORTOP_UI_UI_H
#define MIRRORTOP_UI_UI_H

#include "../src/feed.h"
#include "../src/options.h"
#include "../src/output/directory.h"

struct ui_config {
    const struct options *options;
    struct feed *feed;
    const char *notice;                     /* shown at the start, or "" */
    const char *rights;                     /* what the process may still do */
    const struct export_directory *exports; /* `e` writes here */
};

/* Runs until the user quits; the terminal is restored on every way out. EXIT_OK, or *err. */
bool ui_run(const struct ui_config *config, struct err *err);

/* For --list-themes and --list-keys. */
void ui_list_themes(FILE *out);
void ui_list_keys(FILE *out);

#endif
