/* SPDX-License-Identifier: MIT */
/*
 * action: what the keys and the mouse do to the state. Draws nothing.
 */
#ifndef MIRRORTOP_UI_ACTION_H
#define MIRRORTOP_UI_ACTION_H

#include "screen.h"
#include "state.h"

/* A key or a mouse event, by what has the keyboard now. `now_ns` is the monotonic time. */
void action_handle(struct ui *ui, const struct screen_event *event, uint64_t now_ns);

/* What any part of the screen can do. */
void action_run_view(struct ui *ui, enum action action);

/* Draws with the theme of this name from now on, and says so. */
bool action_theme(struct ui *ui, const char *name, struct err *err);

/* A key or a pasted character while a line is typed. */
void action_prompt(struct ui *ui, const struct screen_event *event, enum action action,
                   uint64_t now_ns);

/* The line has been opened, or given another text. */
void action_prompt_changed(struct ui *ui, uint64_t now_ns);
/* A click while a line is typed: on a word of the list, or on the line. */
void action_prompt_click(struct ui *ui, const struct screen_event *event, uint64_t now_ns);

/* Puts the rows of the panes in order again: new rows, or a new order. */
void action_update_grids(struct ui *ui);

#endif
