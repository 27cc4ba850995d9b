/* SPDX-License-Identifier: MIT */
#include "crash.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

enum { CRASH_BYTES = 256, CRASH_STACK = 64 * 1024 };

/* Signals that kill by default and that nothing else here handles. */
static const int crash_signals[] = {
    SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGABRT, SIGQUIT, SIGTRAP,
    SIGSYS,  SIGXCPU, SIGXFSZ, SIGALRM, SIGUSR1, SIGUSR2,
};

enum { CRASH_SIGNALS = sizeof(crash_signals) / sizeof(crash_signals[0]) };

/* Read by signal handlers, so it cannot belong to a caller. */
static struct {
    int fd;
    bool has_modes;
    struct termios modes;
    char bytes[CRASH_BYTES];
    size_t size;
    volatile sig_atomic_t armed;
    unsigned char stack[CRASH_STACK];
    struct sigaction old[CRASH_SIGNALS];
} crash;

void crash_remember(int fd)
{
    crash.fd = fd;
    crash.has_modes = tcgetattr(fd, &crash.modes) == 0;
}

void crash_restore(void)
{
    size_t done = 0;

    while (done < crash.size) {
        ssize_t n = write(crash.fd, crash.bytes + done, crash.size - done);

        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (crash.has_modes)
        tcsetattr(crash.fd, TCSANOW, &crash.modes);
}

/* The old action comes back and the signal comes again: by itself where the fault repeats, else
 * through raise(), so a sanitizer's report or a core dump is not lost. */
static void crash_handle(int number)
{
    if (crash.armed) {
        crash.armed = 0;
        crash_restore();
    }
    for (size_t i = 0; i < CRASH_SIGNALS; i++) {
        if (crash_signals[i] == number)
            sigaction(number, &crash.old[i], NULL);
    }
    raise(number);
}

/* Appends a capability without its padding, "$<5>". */
static void crash_append(const char *text)
{
    if (!text || text == (const char *)-1)
        return;
    while (*text && crash.size < CRASH_BYTES) {
        if (text[0] == '$' && text[1] == '<' && strchr(text, '>')) {
            text = strchr(text, '>') + 1;
            continue;
        }
        crash.bytes[crash.size++] = *text++;
    }
}

void crash_arm(void)
{
    struct sigaction action = { .sa_handler = crash_handle, .sa_flags = SA_ONSTACK };
    stack_t stack = { .ss_sp = crash.stack, .ss_size = sizeof(crash.stack) };

    sigaltstack(&stack, NULL); /* also when the fault is a full stack */
    crash.size = 0;
    crash_append("\033[?1006;1000;2004l"); /* no mouse reports, no marks around pastes */
    crash_append(exit_attribute_mode);
    crash_append(orig_pair);
    crash_append(cursor_normal);
    crash_append(keypad_local);
    crash_append(exit_ca_mode);
    crash_append("\r");
    crash.armed = 1;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < CRASH_SIGNALS; i++)
        sigaction(crash_signals[i], &action, &crash.old[i]);
}

void crash_disarm(void)
{
    if (!crash.armed)
        return;
    crash.armed = 0;
    for (size_t i = 0; i < CRASH_SIGNALS; i++)
        sigaction(crash_signals[i], &crash.old[i], NULL);
}
