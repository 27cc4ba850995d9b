/* SPDX-License-Identifier: MIT */
#include "vt.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

enum { DIE = 2, CONTROL = 3 };

/* From the keeper. */
struct vt_report {
    enum vt_run run;
    int status;
    pid_t program;
};

int64_t vt_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the keeper ----------------------------------------------------------------------------- */

static _Noreturn void run_program(const struct vt_config *config)
{
    setpgid(0, 0);
    tcsetpgrp(STDIN_FILENO, getpid()); /* SIGTTOU is still ignored */
    signal(SIGTTOU, SIG_DFL);
    if (config->directory && chdir(config->directory) != 0)
        _exit(126);
    execve(config->argv[0], (char *const *)(uintptr_t)config->argv,
           (char *const *)(uintptr_t)config->env);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", config->argv[0], strerror(errno));
    _exit(127);
}

static void keeper_tell(int control, enum vt_run run, int status, pid_t program)
{
    struct vt_report report = { .run = run, .status = status, .program = program };

    if (send(control, &report, sizeof report, MSG_NOSIGNAL) != (ssize_t)sizeof report)
        _exit(DIE);
}

/* Tells what becomes of the program; a byte from the other side means fg, its end the end. */
static _Noreturn void keeper_run(const struct vt_config *config, int control)
{
    pid_t program;
    int status;
    char byte;

    signal(SIGTTOU, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    program = fork();
    if (program < 0)
        _exit(DIE);
    if (program == 0)
        run_program(config);
    setpgid(program, program);
    keeper_tell(control, VT_RUNNING, 0, program);
    while (waitpid(program, &status, WUNTRACED) == program) {
        tcsetpgrp(STDIN_FILENO, getpgrp());
        if (!WIFSTOPPED(status)) {
            keeper_tell(control, VT_ENDED, status, program);
            break;
        }
        keeper_tell(control, VT_STOPPED, status, program);
        if (read(control, &byte, 1) != 1) {
            kill(-program, SIGKILL);
            break;
        }
        tcsetpgrp(STDIN_FILENO, program);
        kill(-program, SIGCONT);
    }
    while (read(control, &byte, 1) == 1)
        continue;
    _exit(0);
}

/* ---- libvterm's side ------------------------------------------------------------------------ */

static void vt_answer(const char *bytes, size_t n, void *user)
{
    vt_send(user, bytes, n);
}

static int vt_on_prop(VTermProp prop, VTermValue *value, void *user)
{
    struct vt *vt = user;

    switch (prop) {
    case VTERM_PROP_ALTSCREEN:
        vt->alternate = value->boolean;
        break;
    case VTERM_PROP_CURSORVISIBLE:
        vt->cursor_visible = value->boolean;
        break;
    case VTERM_PROP_MOUSE:
        vt->mouse = value->number;
        break;
    case VTERM_PROP_TITLE:
        snprintf(vt->title, sizeof vt->title, "%s", value->string);
        break;
    default:
        break;
    }
    return 1;
}

static void vt_note_unknown(struct vt *vt, const char *what, const char *detail, char final)
{
    if (vt->unknown[0] == '\0')
        snprintf(vt->unknown, sizeof vt->unknown, "%s %s%c", what, detail, final);
}

static int vt_on_csi(const char *leader, const long args[], int count, const char *intermed,
                     char command, void *user)
{
    char text[32];

    (void)intermed;
    if (command == 't' || (command == 'c' && leader)) /* stack of titles; the console's cursor */
        return 1;
    snprintf(text, sizeof text, "%s%ld", leader ? leader : "", count > 0 ? CSI_ARG(args[0]) : 0);
    vt_note_unknown(user, "CSI", text, command);
    return 1;
}

static int vt_on_control(unsigned char control, void *user)
{
    char text[8];

    snprintf(text, sizeof text, "0x%02x", control);
    vt_note_unknown(user, "control", text, ' ');
    return 1;
}

static void vt_make_terminal(struct vt *vt, bool utf8)
{
    static const VTermScreenCallbacks callbacks = { .settermprop = vt_on_prop };
    static const VTermParserCallbacks unknown = { .csi = vt_on_csi, .control = vt_on_control };
    static const char before[] = "$ mirrortop\r\n";

    vt->term = vterm_new(vt->rows, vt->cols);
    if (!vt->term)
        errx(DIE, "libvterm gives no terminal");
    vterm_set_utf8(vt->term, utf8);
    vterm_output_set_callback(vt->term, vt_answer, vt);
    vt->screen = vterm_obtain_screen(vt->term);
    vterm_screen_set_callbacks(vt->screen, &callbacks, vt);
    vterm_screen_set_unrecognised_fallbacks(vt->screen, &unknown, vt);
    vterm_screen_enable_altscreen(vt->screen, 1);
    vterm_screen_reset(vt->screen, 1);
    vt->cursor_visible = true;
    vterm_input_write(vt->term, before, sizeof before - 1);
}

/* ---- starting and ending -------------------------------------------------------------------- */

/* A terminal as a login finds it. */
static struct termios vt_sane(void)
{
    struct termios sane = {
        .c_iflag = ICRNL | IXON | IUTF8,
        .c_oflag = OPOST | ONLCR,
        .c_cflag = CS8 | CREAD | B38400,
        .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    };

    sane.c_cc[VINTR] = 3;
    sane.c_cc[VQUIT] = 28;
    sane.c_cc[VERASE] = 127;
    sane.c_cc[VKILL] = 21;
    sane.c_cc[VEOF] = 4;
    sane.c_cc[VSTART] = 17;
    sane.c_cc[VSTOP] = 19;
    sane.c_cc[VSUSP] = 26;
    sane.c_cc[VMIN] = 1;
    return sane;
}

static void vt_fork(struct vt *vt, const struct vt_config *config)
{
    struct winsize size = { .ws_row = (unsigned short)vt->rows,
                            .ws_col = (unsigned short)vt->cols };
    struct termios sane = vt_sane();
    int pair[2];

    if (openpty(&vt->master, &vt->slave, NULL, &sane, &size) != 0)
        err(DIE, "no pseudo-terminal");
    if (tcgetattr(vt->slave, &vt->before) != 0)
        err(DIE, "tcgetattr");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        err(DIE, "socketpair");
    fcntl(vt->master, F_SETFD, FD_CLOEXEC);
    vt->keeper = fork();
    if (vt->keeper < 0)
        err(DIE, "fork");
    if (vt->keeper == 0) {
        /* Nothing of this or another terminal stays open here, or their ends would go unnoticed. */
        if (login_tty(vt->slave) != 0 || dup2(pair[1], CONTROL) != CONTROL ||
            close_range(CONTROL + 1, ~0u, 0) != 0 || fcntl(CONTROL, F_SETFD, FD_CLOEXEC) != 0)
            _exit(DIE);
        keeper_run(config, CONTROL);
    }
    fcntl(vt->slave, F_SETFD, FD_CLOEXEC);
    close(pair[1]);
    vt->control = pair[0];
}

/* Takes the keeper's news, if there are any within the time. */
static bool vt_hear(struct vt *vt, int timeout_ms)
{
    struct pollfd news = { .fd = vt->control, .events = POLLIN };
    struct vt_report report;

    if (poll(&news, 1, timeout_ms) <= 0)
        return false;
    if (recv(vt->control, &report, sizeof report, 0) != (ssize_t)sizeof report)
        errx(DIE, "the keeper is gone");
    vt->run = report.run;
    vt->status = report.status;
    vt->program = report.program;
    return true;
}

struct vt *vt_start(const struct vt_config *config)
{
    struct vt *vt = calloc(1, sizeof *vt);

    if (!vt)
        err(DIE, "no memory");
    vt->rows = config->rows;
    vt->cols = config->cols;
    vt_make_terminal(vt, config->utf8);
    vt_fork(vt, config);
    if (!vt_hear(vt, 10000))
        errx(DIE, "the keeper says nothing");
    return vt;
}

void vt_free(struct vt *vt)
{
    if (!vt)
        return;
    while (vt_hear(vt, 0))
        continue;
    if (vt->run != VT_ENDED)
        kill(-vt->program, SIGKILL);
    close(vt->control);
    close(vt->master);
    close(vt->slave);
    waitpid(vt->keeper, NULL, 0);
    vterm_free(vt->term);
    free(vt);
}

/* ---- waiting -------------------------------------------------------------------------------- */

/* Sends on what waits in case it is a repetition and is none. */
static void rep_flush(struct vt *vt)
{
    vterm_input_write(vt->term, vt->held, vt->held_size);
    vt->held_size = 0;
}

/*
 * REP, "ESC [ n b", repeats the last character. libvterm 0.1.4 knows it, but when the repetition
 * ends one column before the right edge the next character goes to the next line (seen with
 * xterm-256color in the C locale). So repetitions are written out here; ncurses sends them right
 * behind a character of one byte.
 */
static void vt_interpret(struct vt *vt, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];
        bool more = vt->held_size == 0   ? c == '\033'
                    : vt->held_size == 1 ? c == '['
                                         : c >= '0' && c <= '9';

        if (more && vt->held_size < sizeof vt->held - 1) {
            vt->held[vt->held_size++] = c;
        } else if (vt->held_size > 2 && c == 'b') {
            vt->held[vt->held_size] = '\0';
            for (long count = strtol(vt->held + 2, NULL, 10); count > 0; count--)
                vterm_input_write(vt->term, &vt->last, 1);
            vt->held_size = 0;
        } else {
            rep_flush(vt);
            vterm_input_write(vt->term, &c, 1);
            vt->last = c;
        }
    }
}

bool vt_pump(struct vt *vt, int timeout_ms)
{
    struct pollfd output = { .fd = vt->master, .events = POLLIN };
    char bytes[16384];
    ssize_t n;

    if (poll(&output, 1, timeout_ms) <= 0)
        return false;
    n = read(vt->master, bytes, sizeof bytes);
    if (n <= 0)
        return false;
    for (ssize_t i = 0; i < n; i++)
        vt->non_ascii = vt->non_ascii || (unsigned char)bytes[i] > 127;
    vt->output_bytes += (uint64_t)n;
    vt_interpret(vt, bytes, (size_t)n);
    return true;
}

static bool vt_shows(const struct vt *vt, const char *text)
{
    char row[VT_TEXT];

    for (int r = 0; r < vt->rows; r++) {
        vt_row(vt, r, row);
        if (strstr(row, text))
            return true;
    }
    return false;
}

bool vt_wait_for(struct vt *vt, const char *text, bool shown, int timeout_ms)
{
    int64_t end = vt_now_ms() + timeout_ms;

    while (vt_shows(vt, text) != shown) {
        if (vt_now_ms() >= end)
            return false;
        vt_pump(vt, 20);
    }
    return true;
}

/* The state letter of the program's main thread: S is asleep, R and D are at work. */
static char vt_process_state(const struct vt *vt)
{
    char path[64], text[512];
    const char *end;
    FILE *file;
    size_t n;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)vt->program);
    file = fopen(path, "re");
    if (!file)
        return 'X';
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    end = strrchr(text, ')'); /* the name before it may hold anything */
    return end && end[1] == ' ' ? end[2] : 'X';
}

/* Whether it has read all keys and waits for something. */
static bool vt_is_idle(const struct vt *vt)
{
    int unread = 0;
    char state;

    if (vt->run != VT_RUNNING)
        return true;
    if (ioctl(vt->slave, FIONREAD, &unread) == 0 && unread > 0)
        return false;
    state = vt_process_state(vt);
    return state != 'R' && state != 'D';
}

bool vt_settle(struct vt *vt, int quiet_ms, int timeout_ms)
{
    int64_t last = vt_now_ms();
    int64_t end = last + timeout_ms;

    for (;;) {
        bool busy = vt_pump(vt, 5);
        int64_t now = vt_now_ms();

        vt_hear(vt, 0);
        if (busy || !vt_is_idle(vt))
            last = now;
        if (now - last >= quiet_ms)
            return true;
        if (now >= end)
            return false;
    }
}

bool vt_wait_run(struct vt *vt, enum vt_run run, int timeout_ms)
{
    int64_t end = vt_now_ms() + timeout_ms;

    while (vt->run != run) {
        if (vt_now_ms() >= end)
            return false;
        vt_pump(vt, 10);
        vt_hear(vt, 0);
    }
    while (vt_pump(vt, 10)) /* its last words */
        continue;
    return true;
}

/* ---- doing ---------------------------------------------------------------------------------- */

void vt_send(struct vt *vt, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = write(vt->master, bytes, n);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            err(DIE, "the terminal takes no keys");
        bytes += sent;
        n -= (size_t)sent;
    }
}

bool vt_key(struct vt *vt, const char *name)
{
    static const struct {
        const char *name;
        VTermKey key;
        VTermModifier modifier;
    } named[] = {
        { "<Down>", VTERM_KEY_DOWN, VTERM_MOD_NONE },
        { "<Up>", VTERM_KEY_UP, VTERM_MOD_NONE },
        { "<Left>", VTERM_KEY_LEFT, VTERM_MOD_NONE },
        { "<Right>", VTERM_KEY_RIGHT, VTERM_MOD_NONE },
        { "<PgDn>", VTERM_KEY_PAGEDOWN, VTERM_MOD_NONE },
        { "<PgUp>", VTERM_KEY_PAGEUP, VTERM_MOD_NONE },
        { "<Home>", VTERM_KEY_HOME, VTERM_MOD_NONE },
        { "<End>", VTERM_KEY_END, VTERM_MOD_NONE },
        { "<Tab>", VTERM_KEY_TAB, VTERM_MOD_NONE },
        { "<S-Tab>", VTERM_KEY_TAB, VTERM_MOD_SHIFT },
        { "<Enter>", VTERM_KEY_ENTER, VTERM_MOD_NONE },
        { "<Esc>", VTERM_KEY_ESCAPE, VTERM_MOD_NONE },
        { "<BS>", VTERM_KEY_BACKSPACE, VTERM_MOD_NONE },
        { "<Del>", VTERM_KEY_DEL, VTERM_MOD_NONE },
        { "<C-Left>", VTERM_KEY_LEFT, VTERM_MOD_CTRL },
        { "<C-Right>", VTERM_KEY_RIGHT, VTERM_MOD_CTRL },
        { "<F1>", (VTermKey)VTERM_KEY_FUNCTION(1), VTERM_MOD_NONE },
        { "<F12>", (VTermKey)VTERM_KEY_FUNCTION(12), VTERM_MOD_NONE },
    };
    size_t n = strlen(name);

    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (strcmp(name, named[i].name) == 0) {
            vterm_keyboard_key(vt->term, named[i].key, named[i].modifier);
            return true;
        }
    }
    /* the terminal marks a paste only for programs that have asked it to */
    if (strcmp(name, "<Paste>") == 0) {
        vterm_keyboard_start_paste(vt->term);
    } else if (strcmp(name, "</Paste>") == 0) {
        vterm_keyboard_end_paste(vt->term);
    } else if (strcmp(name, "<Space>") == 0) {
        vt_send(vt, " ", 1);
    } else if (n == 5 && strncmp(name, "<C-", 3) == 0 && name[4] == '>') {
        char control = (char)(name[3] & 0x1f);

        vt_send(vt, &control, 1);
    } else if (n > 2 && name[0] == '<' && name[n - 1] == '>') {
        return false;
    } else {
        vt_send(vt, name, n);
    }
    return true;
}

void vt_click(struct vt *vt, int row, int col)
{
    vterm_mouse_move(vt->term, row, col, VTERM_MOD_NONE);
    vterm_mouse_button(vt->term, 1, true, VTERM_MOD_NONE);
    vterm_mouse_button(vt->term, 1, false, VTERM_MOD_NONE);
}

void vt_resize(struct vt *vt, int rows, int cols)
{
    struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

    vt->rows = rows;
    vt->cols = cols;
    vterm_set_size(vt->term, rows, cols);
    if (ioctl(vt->master, TIOCSWINSZ, &size) != 0) /* the kernel sends SIGWINCH */
        err(DIE, "cannot resize the terminal");
}

void vt_signal(struct vt *vt, int number)
{
    if (vt->run != VT_ENDED)
        kill(vt->program, number);
}

void vt_foreground(struct vt *vt)
{
    if (vt->run != VT_STOPPED)
        return;
    vt->run = VT_RUNNING;
    if (send(vt->control, "f", 1, MSG_NOSIGNAL) != 1)
        err(DIE, "the keeper is gone");
}
