/* SPDX-License-Identifier: MIT */
/*
 * screen: the terminal: started, stopped, resized, suspended, and put back in every way out.
 *
 * There is one terminal, so this module has state of its own: signal handlers need it. They write
 * one byte to a pipe, except those of crashes, which restore the terminal and die.
 */
#ifndef MIRRORTOP_UI_SCREEN_H
#define MIRRORTOP_UI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "../src/err.h"

struct screen_config {
    bool mouse;
    bool colors; /* false: none are asked for */
};

/* The terminal is standard output; keys come from standard input, or from /dev/tty where that is
 * not a terminal. false and *err (EXIT_RUNTIME): no terminal, or one that cannot be drawn on. */
bool screen_start(const struct screen_config *config, struct err *err);

/* Gives the terminal back as it was found. Harmless when nothing was started. */
void screen_stop(void);

/* Becomes readable when keys, or signals, have come. */
int screen_key_fd(void);
int screen_signal_fd(void);

enum screen_signal {
    SCREEN_RESIZED = 1,
    SCREEN_TERMINATE = 2,
    SCREEN_SUSPEND = 4,   /* asked from outside */
    SCREEN_CONTINUED = 8, /* was stopped; the terminal may look like anything */
};

/* Which signals have come since the last call; enum screen_signal, OR. */
unsigned screen_take_signals(void);

/* Takes over the terminal's new size. */
void screen_resize(void);

/* Gives the terminal back, stops the process group as Ctrl-Z does, and returns when it goes on. */
void screen_suspend(void);

/* The next frame paints every cell anew. `blank` also wipes the terminal first. */
void screen_repaint(bool blank);

/* Keys that curses has no number for; above all of its own. */
enum screen_key {
    SCREEN_KEY_WORD_LEFT = 5000,
    SCREEN_KEY_WORD_RIGHT,
    SCREEN_KEY_PASTE_BEGIN, /* these two never reach an event */
    SCREEN_KEY_PASTE_END,
};

enum screen_event_kind { EVENT_NONE, EVENT_KEY, EVENT_CLICK, EVENT_WHEEL };

struct screen_event {
    enum screen_event_kind kind;
    int code;    /* EVENT_KEY: a character, or curses' KEY_ number */
    bool named;  /* the latter, or one of enum screen_key */
    bool pasted; /* it was not typed: a command must not come of it */
    int y, x;    /* EVENT_CLICK, EVENT_WHEEL */
    int steps;   /* EVENT_WHEEL: rows down, or (negative) up */
};

/* How many bytes of keys wait to be read; waits for the first of them for up to `wait_ms`. */
size_t screen_waiting(int wait_ms);

/* The next event that has come; EVENT_NONE when there is none. Never waits. */
void screen_read(struct screen_event *event);

#endif
