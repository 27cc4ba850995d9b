/* SPDX-License-Identifier: MIT */
/*
 * script: a case as a text file, one step a line.
 *
 * Before the start (the first other step starts the program; all are optional):
 *   size COLSxROWS    default 80x24
 *   term NAME         $TERM, default xterm-256color
 *   locale NAME       $LC_ALL, default C.UTF-8
 *   env NAME=VALUE    a further variable
 *   args WORDS...     arguments; {} stands for the folder of tests
 *   # ...             why the case is there
 * Then:
 *   wait TEXT         until the screen shows it      gone TEXT   until it does not
 *   keys WORDS...     each typed as it is, or by name: <Down> <Tab> <Enter> <C-l> ...
 *   burst WORDS...    all at once, with blanks between them; <C-m> ends a line
 *                     <Paste> ... </Paste>: what is between comes from the clipboard
 *   click LINE COL    counted from 0
 *   resize COLSxROWS
 *   settle            until the program is idle and the screen still
 *   show              writes the screen              styles      and how it looks
 *   row TEXT          writes only the lines that have the text (without the clock in file names)
 *   frame [TITLE]     fails unless the screen, or a page over it, is well-formed (see frame.h)
 *   missing TEXT      fails if the screen shows it
 *   colors N          fails if a colour is N or higher; 0: no colours at all
 *   ascii             fails if anything beyond ASCII was written
 *   silent MS         fails if anything is written within that time
 *   signal NAME       TERM, HUP, INT, QUIT, SEGV, ABRT, TSTP or CONT
 *   stopped           until the program is stopped   fg          as the shell's
 *   exit STATUS       until it ends, and with this status; "SEGV" ...: by this signal
 *   restored          fails unless the terminal is as it was before
 *   files             writes the names (without the clock) and the lines of the files made
 * Every step that looks at the screen settles first.
 */
#ifndef MIRRORTOP_TESTS_SCREEN_SCRIPT_H
#define MIRRORTOP_TESTS_SCREEN_SCRIPT_H

#include <stdbool.h>
#include <stdio.h>

/* Runs the case at `path`; the program's home and working directory is `directory`. What the case
 * shows goes to `out`. false: a step failed, and stderr says which and why. */
bool script_run(const char *path, const char *program, const char *directory, FILE *out);

#endif
