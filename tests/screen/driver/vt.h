/* SPDX-License-Identifier: MIT */
/*
 * vt: a program on a terminal that is a data structure.
 *
 * The program runs on a pseudo-terminal in a process group of its own, under a keeper that leads
 * the session as a shell would: when the leader of a session exits, the kernel resets the terminal,
 * and nobody could see any more in what state the program had left it. What the program writes is
 * interpreted by libvterm. Nothing here waits for a fixed time: it waits for a text, for the
 * program's end, or until the program has read its input, sleeps and says nothing more.
 *
 * One thread. The owner of a struct vt frees it. What the harness itself cannot do ends the test
 * program with a message and status 2; what the tested program does wrong is told by the result.
 */
#ifndef MIRRORTOP_TESTS_SCREEN_VT_H
#define MIRRORTOP_TESTS_SCREEN_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <termios.h>
#include <vterm.h>

enum { VT_TEXT = 8192 }; /* bytes that a row of any screen fits in, with its NUL */

struct vt_config {
    int rows, cols;
    const char *const *argv; /* argv[0] is the path; ends with NULL */
    const char *const *env;  /* the whole environment; ends with NULL */
    const char *directory;   /* where the program runs */
    bool utf8;               /* how its output is read */
};

enum vt_run { VT_RUNNING, VT_STOPPED, VT_ENDED };

struct vt {
    VTerm *term;
    VTermScreen *screen;
    int rows, cols;
    int master, slave, control;
    pid_t keeper, program;
    struct termios before; /* of the terminal, when the program was started */

    enum vt_run run;
    int status; /* as of waitpid(), when it has ended */

    /* what the program has asked the terminal for */
    bool alternate, cursor_visible;
    int mouse;
    char title[128];

    /* what it wrote */
    uint64_t output_bytes;
    bool non_ascii;   /* any byte beyond 127 */
    char unknown[64]; /* the first sequence that libvterm does not know, or "" */
    char held[16];    /* the beginning of what may be a repetition */
    size_t held_size;
    char last; /* the byte before that */
};

/* On the way back the program may already have written something. */
struct vt *vt_start(const struct vt_config *config);
/* Kills what is still running. NULL is accepted. */
void vt_free(struct vt *vt);

/* Reads for at most `timeout_ms` until there is something; false: there was nothing. */
bool vt_pump(struct vt *vt, int timeout_ms);

/* Until some row shows (or, `shown` false, no row shows any more) the text. */
bool vt_wait_for(struct vt *vt, const char *text, bool shown, int timeout_ms);

/* Until the program has read its input, sleeps, and has written nothing for `quiet_ms`. */
bool vt_settle(struct vt *vt, int quiet_ms, int timeout_ms);

/* Until the program runs, is stopped, or has ended. */
bool vt_wait_run(struct vt *vt, enum vt_run run, int timeout_ms);

void vt_send(struct vt *vt, const char *bytes, size_t n);
/* "<Down>", "<Tab>", "<C-l>" ...; any other text is typed as it is. false: no such key. */
bool vt_key(struct vt *vt, const char *name);
/* A click of button 1, as a mouse that the program has asked for reports it. */
void vt_click(struct vt *vt, int row, int col);
void vt_resize(struct vt *vt, int rows, int cols);
void vt_signal(struct vt *vt, int number);
/* As a shell's fg: the terminal back to the stopped program, and SIGCONT. */
void vt_foreground(struct vt *vt);

/* A monotonic clock for timeouts. */
int64_t vt_now_ms(void);

/* ---- what is on the screen (vt_text.c) ------------------------------------------------------ */

VTermScreenCell vt_cell(const struct vt *vt, int row, int col);
/* The cell's character; ' ' for an empty one, 0 for the right half of a wide one. */
uint32_t vt_char(const struct vt *vt, int row, int col);
/* The row as UTF-8 without blanks at its end. */
void vt_row(const struct vt *vt, int row, char out[VT_TEXT]);
/* Every row, each with a newline. */
void vt_dump(const struct vt *vt, FILE *out);
/* A letter for the look of every cell, "." for the plain one, and what the letters mean. */
void vt_dump_styles(const struct vt *vt, FILE *out);
/* The highest colour index on the screen, -1 for none; 256 for a colour that is no index. */
int vt_highest_color(const struct vt *vt);

/* What the program has left behind that it should not have: 0 when all is as it was, else lines on
 * `out`. Asked when it has ended or is stopped. */
int vt_check_restored(const struct vt *vt, FILE *out);

#endif
