/* SPDX-License-Identifier: MIT */
/*
 * crash: puts the terminal back when the process is about to die.
 *
 * curses cannot be called from a signal handler, so what it would send at its end is prepared
 * here beforehand. One terminal a process: the state is the module's own.
 */
#ifndef MIRRORTOP_UI_CRASH_H
#define MIRRORTOP_UI_CRASH_H

/* Remembers how the terminal at `fd` is set now. Before curses starts. */
void crash_remember(int fd);

/* From here on a fatal signal restores the terminal, then does what it would have done. After
 * curses has started, because the bytes come from its description of the terminal. */
void crash_arm(void);
void crash_disarm(void);

/* Restores the terminal now, by means that are allowed in a signal handler. */
void crash_restore(void);

#endif
