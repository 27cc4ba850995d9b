/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#include "crash.h"

enum {
    ESCAPE_DELAY_MS = 40, /* a lone Esc, or the beginning of a key's sequence over a slow line */
    WHEEL_LINES = 3,
    TERM_NAME = 64,
};

static const struct {
    int number;
    char byte;
    unsigned flag;
} screen_signals[] = {
    { SIGWINCH, 'w', SCREEN_RESIZED }, { SIGTERM, 't', SCREEN_TERMINATE },
    { SIGINT, 't', SCREEN_TERMINATE }, { SIGHUP, 't', SCREEN_TERMINATE },
    { SIGTSTP, 'z', SCREEN_SUSPEND },  { SIGCONT, 'c', SCREEN_CONTINUED },
};

enum { SCREEN_SIGNALS = sizeof(screen_signals) / sizeof(screen_signals[0]) };

/* The one terminal. Signal handlers read `pipe` and `terminating`. */
static struct {
    bool started;
    int key_fd;
    int pipe[2];
    volatile sig_atomic_t terminating;
    struct sigaction old[SCREEN_SIGNALS];
    FILE *out, *in;
    SCREEN *screen;
    WINDOW *keys; /* a pad: reading from it never draws */
    bool pasting; /* between the terminal's marks around a pasted text */
} screen = { .key_fd = -1, .pipe = { -1, -1 } };

static void screen_handle(int number)
{
    int saved = errno;

    /* Whoever asks twice to end does not want to wait for a loop that hangs. */
    if (number != SIGWINCH && number != SIGTSTP && number != SIGCONT) {
        if (screen.terminating) {
            crash_restore();
            _exit(128 + number);
        }
        screen.terminating = 1;
    }
    for (size_t i = 0; i < SCREEN_SIGNALS; i++) {
        if (screen_signals[i].number == number &&
            write(screen.pipe[1], &screen_signals[i].byte, 1) < 0)
            break; /* the pipe is full: the loop will wake up anyway */
    }
    errno = saved;
}

static void screen_catch_signals(void)
{
    struct sigaction action = { .sa_handler = screen_handle, .sa_flags = SA_RESTART };

    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < SCREEN_SIGNALS; i++)
        sigaction(screen_signals[i].number, &action, &screen.old[i]);
}

static void screen_release_signals(void)
{
    for (size_t i = 0; i < SCREEN_SIGNALS; i++)
        sigaction(screen_signals[i].number, &screen.old[i], NULL);
}

/*
 * The terminal type to use. Where COLORTERM promises 24-bit colours and the terminal's description
 * has a sibling that can name them ("xterm-direct" beside "xterm-256color"), that one.
 */
static const char *screen_type(bool colors, char direct[TERM_NAME])
{
    const char *type = getenv("TERM");
    const char *depth = getenv("COLORTERM");
    static const char suffix[] = "-256color";
    size_t size;
    int status;

    if (!type || type[0] == '\0')
        return "unknown";
    if (!colors || !depth || (strcmp(depth, "truecolor") != 0 && strcmp(depth, "24bit") != 0))
        return type;
    size = strlen(type);
    if (size > sizeof(suffix) - 1 && strcmp(type + size - (sizeof(suffix) - 1), suffix) == 0)
        size -= sizeof(suffix) - 1;
    if (snprintf(direct, TERM_NAME, "%.*s-direct", (int)size, type) >= TERM_NAME)
        return type;
    if (setupterm(direct, STDOUT_FILENO, &status) != OK)
        return type;
    del_curterm(cur_term);
    return direct;
}

/* Finds out before curses starts, which would only say that it cannot. */
static bool screen_check_type(const char *type, struct err *err)
{
    int status = 0;
    const char *move;
    bool good;

    if (setupterm(type, STDOUT_FILENO, &status) != OK)
        return err_set(err, EXIT_RUNTIME,
                       status < 0 ? "no terminfo database here for the terminal '%.40s' (TERM); "
                                    "install ncurses-base or set TERMINFO"
                                  : "the terminal '%.40s' (TERM) is unknown here; try "
                                    "TERM=xterm-256color, or --batch for a report",
                       type);
    move = tigetstr("cup");
    good = move && move != (char *)-1;
    del_curterm(cur_term);
    if (!good)
        return err_set(err, EXIT_RUNTIME,
                       "the terminal '%.40s' (TERM) cannot place its cursor; use --batch for a "
                       "report",
                       type);
    return true;
}

static FILE *screen_open(int fd, const char *mode)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    FILE *file = copy >= 0 ? fdopen(copy, mode) : NULL;

    if (!file && copy >= 0)
        close(copy);
    return file;
}

static bool screen_open_files(struct err *err)
{
    if (!isatty(STDOUT_FILENO))
        return err_set(err, EXIT_RUNTIME,
                       "standard output is not a terminal; use --batch for a report");
    screen.out = screen_open(STDOUT_FILENO, "w");
    if (isatty(STDIN_FILENO))
        screen.in = screen_open(STDIN_FILENO, "r");
    else
        screen.in = fopen("/dev/tty", "re");
    if (!screen.out || !screen.in)
        return err_set(err, EXIT_RUNTIME,
                       "no terminal to read keys from: %s; use --batch for a report",
                       strerror(errno));
    screen.key_fd = fileno(screen.in);
    if (pipe2(screen.pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return err_set(err, EXIT_RUNTIME, "cannot make a pipe: %s", strerror(errno));
    return true;
}

static void screen_close_files(void)
{
    if (screen.out)
        fclose(screen.out);
    if (screen.in)
        fclose(screen.in);
    for (int i = 0; i < 2; i++) {
        if (screen.pipe[i] >= 0)
            close(screen.pipe[i]);
        screen.pipe[i] = -1;
    }
    screen.out = NULL;
    screen.in = NULL;
    screen.key_fd = -1;
}

/* Terminals that can mark a pasted text are asked to; others take no notice. */
static void screen_mark_pastes(bool on)
{
    fputs(on ? "\033[?2004h" : "\033[?2004l", screen.out);
    fflush(screen.out);
    screen.pasting = false;
}

static void screen_define_keys(void)
{
    define_key("\033[1;5D", SCREEN_KEY_WORD_LEFT);
    define_key("\033[1;5C", SCREEN_KEY_WORD_RIGHT);
    define_key("\033[200~", SCREEN_KEY_PASTE_BEGIN);
    define_key("\033[201~", SCREEN_KEY_PASTE_END);
}

static void screen_set_modes(const struct screen_config *config)
{
    raw(); /* Ctrl-C and Ctrl-Z are keys of the table, like all others */
    noecho();
    nonl();
    curs_set(0);
    set_escdelay(ESCAPE_DELAY_MS);
    if (config->colors && has_colors()) {
        start_color();
        use_default_colors();
    }
    screen.keys = newpad(1, 1);
    if (screen.keys) {
        keypad(screen.keys, TRUE);
        nodelay(screen.keys, TRUE);
    }
    screen_define_keys();
    screen_mark_pastes(true);
    if (config->mouse) {
        mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
        mouseinterval(0);
    }
}

bool screen_start(const struct screen_config *config, struct err *err)
{
    char direct[TERM_NAME];
    const char *type;

    if (!screen_open_files(err)) {
        screen_close_files();
        return false;
    }
    type = screen_type(config->colors, direct);
    if (!screen_check_type(type, err)) {
        screen_close_files();
        return false;
    }
    crash_remember(fileno(screen.out)); /* keys may come from a file that is open for reading */
    screen.terminating = 0;
    screen_catch_signals(); /* before curses, which leaves alone what is caught already */
    screen.screen = newterm(type, screen.out, screen.in);
    if (!screen.screen) {
        screen_release_signals();
        screen_close_files();
        return err_set(err, EXIT_RUNTIME, "the terminal '%.40s' (TERM) cannot be started", type);
    }
    screen.started = true;
    crash_arm();
    screen_set_modes(config);
    if (screen.keys)
        return true;
    screen_stop();
    return err_set(err, EXIT_RUNTIME, "no memory for the screen");
}

void screen_stop(void)
{
    if (!screen.started)
        return;
    screen.started = false;
    if (screen.keys)
        delwin(screen.keys);
    screen.keys = NULL;
    screen_mark_pastes(false);
    endwin();
    crash_disarm();
    screen_release_signals();
    delscreen(screen.screen);
    screen_close_files();
}

int screen_key_fd(void)
{
    return screen.key_fd;
}

int screen_signal_fd(void)
{
    return screen.pipe[0];
}

unsigned screen_take_signals(void)
{
    unsigned flags = 0;
    char bytes[64];
    ssize_t n;

    while ((n = read(screen.pipe[0], bytes, sizeof(bytes))) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            for (size_t s = 0; s < SCREEN_SIGNALS; s++) {
                if (screen_signals[s].byte == bytes[i])
                    flags |= screen_signals[s].flag;
            }
        }
    }
    return flags;
}

void screen_resize(void)
{
    struct winsize size;

    if (ioctl(fileno(screen.out), TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 &&
        (size.ws_row != LINES || size.ws_col != COLS))
        resizeterm(size.ws_row, size.ws_col);
}

void screen_suspend(void)
{
    struct sigaction stop = { .sa_handler = SIG_DFL };
    struct sigaction caught;

    screen_mark_pastes(false);
    endwin();
    sigaction(SIGTSTP, &stop, &caught);
    kill(0, SIGTSTP); /* as the terminal would: the whole job, and here it stands until SIGCONT */
    sigaction(SIGTSTP, &caught, NULL);
    screen_mark_pastes(true);
    screen_resize();
    screen_repaint(true);
}

void screen_repaint(bool blank)
{
    if (isendwin() == FALSE)
        reset_prog_mode();
    if (blank)
        clearok(curscr, TRUE);
    else
        redrawwin(stdscr);
}

static void screen_read_mouse(struct screen_event *event)
{
    MEVENT mouse;

    if (getmouse(&mouse) != OK)
        return;
    event->y = mouse.y;
    event->x = mouse.x;
    if (mouse.bstate & BUTTON1_PRESSED) {
        event->kind = EVENT_CLICK;
    } else if (mouse.bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED)) {
        event->kind = EVENT_WHEEL;
        event->steps = mouse.bstate & BUTTON4_PRESSED ? -WHEEL_LINES : WHEEL_LINES;
    }
}

/* What is no character of a text ends a paste of which the end was lost. */
static void screen_read_key(struct screen_event *event, wint_t character, bool named)
{
    bool text = !named && (character >= ' ' || (character >= '\t' && character <= '\r'));

    if (named && character == SCREEN_KEY_PASTE_BEGIN) {
        screen.pasting = true;
        return;
    }
    screen.pasting = screen.pasting && text;
    if (named && (character == SCREEN_KEY_PASTE_END || character == KEY_RESIZE))
        return; /* resizes come as a signal */
    event->kind = EVENT_KEY;
    event->code = (int)character;
    event->named = named;
    event->pasted = screen.pasting;
}

size_t screen_waiting(int wait_ms)
{
    struct pollfd fd = { .fd = screen_key_fd(), .events = POLLIN };
    int count = 0;

    if (poll(&fd, 1, wait_ms) <= 0 || ioctl(fd.fd, FIONREAD, &count) != 0)
        return 0;
    return count > 0 ? (size_t)count : 0;
}

void screen_read(struct screen_event *event)
{
    wint_t character;
    int status;

    do {
        *event = (struct screen_event){ .kind = EVENT_NONE };
        status = wget_wch(screen.keys, &character);
        if (status == ERR)
            return;
        if (status == KEY_CODE_YES && character == KEY_MOUSE)
            screen_read_mouse(event);
        else
            screen_read_key(event, character, status == KEY_CODE_YES);
    } while (event->kind == EVENT_NONE);
}
