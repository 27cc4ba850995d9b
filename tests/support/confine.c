/* SPDX-License-Identifier: MIT */
#include "confine.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/sandbox_parts.h"
#include "tempdir.h"

struct confine confine;

static char base[TEMPDIR_PATH];

static void make_folder(char path[CONFINE_PATH], const char *name)
{
    char file[128];
    FILE *out;

    snprintf(path, CONFINE_PATH, "%s/%s", base, name);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    ck_assert_int_eq(chmod(path, 0777), 0); /* also for nobody */
    snprintf(file, sizeof(file), "%s/old", path);
    out = fopen(file, "w");
    ck_assert_ptr_nonnull(out);
    fputs("old\n", out);
    fclose(out);
    ck_assert_int_eq(chmod(file, 0666), 0);
}

void confine_setup(void)
{
    tempdir_make(base);
    ck_assert_int_eq(chmod(base, 0755), 0);
    make_folder(confine.readable, "readable");
    make_folder(confine.exports, "exports");
    make_folder(confine.outside, "outside");
    confine.last_words = NULL;
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
}

void confine_teardown(void)
{
    tempdir_remove(base);
}

/* What the child tells: the state, and in which line of its body something was not as expected. */
struct told {
    struct sandbox_state state;
    int line;
    char error[256];
};

static void child(bool enabled, int (*body)(void), int out, int wait)
{
    const char *const paths[] = { confine.readable, NULL, "/nonexistent" };
    struct sandbox_config config = {
        .enabled = enabled,
        .readable = paths,
        .readable_count = 3,
        .exports = &confine.directory,
    };
    struct told told = { .line = -1 };
    struct err err = { .status = EXIT_OK };
    char byte;

    setpgid(0, 0); /* the job that is suspended is not the tests' */
    export_directory_open(&confine.directory, confine.exports);
    if (sandbox_enter(&config, &told.state, &err))
        told.line = body();
    else
        snprintf(told.error, sizeof(told.error), "%.255s", err.text);
    if (write(out, &told, sizeof(told)) == (ssize_t)sizeof(told) && read(wait, &byte, 1) == 0) {
        if (confine.last_words)
            confine.last_words();
        _exit(0);
    }
    _exit(1);
}

static void read_status(pid_t pid)
{
    char path[64];
    size_t size;
    FILE *in;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    in = fopen(path, "r");
    ck_assert_ptr_nonnull(in);
    size = fread(confine.status, 1, sizeof(confine.status) - 1, in);
    confine.status[size] = '\0';
    fclose(in);
}

/* Valgrind makes calls of its own, among them those for executable memory. */
bool confine_possible(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return !SANDBOX_LEFT_OUT && !(preloaded && strstr(preloaded, "vgpreload"));
}

void confine_run(bool enabled, int (*body)(void))
{
    struct told told = { .line = -1 };
    int from[2], to[2];
    pid_t pid;

    ck_assert_int_eq(pipe2(from, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(to, O_CLOEXEC), 0);
    fflush(NULL);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        close(to[1]);
        child(enabled && confine_possible(), body, from[1], to[0]);
    }
    close(from[1]);
    close(to[0]);
    ck_assert_int_eq(read(from[0], &told, sizeof(told)), sizeof(told));
    read_status(pid);
    close(to[1]);
    close(from[0]);
    ck_assert_int_eq(waitpid(pid, &confine.ended, 0), pid);
    confine.state = told.state;
    ck_assert_msg(told.line == 0, "%s: line %d of the child's", told.error, told.line);
}

/* A sanitizer or the kernel may leave a part out: only a trial tells. */
struct sandbox_state confine_find_out(void)
{
    struct sandbox_state found = { .landlock_abi = 0 };
    int tell[2];
    pid_t pid;

    if (pipe2(tell, O_CLOEXEC) != 0 || (pid = fork()) < 0)
        return found;
    if (pid == 0) {
        const struct sandbox_config config = { .enabled = confine_possible() };
        struct err err;

        _exit(sandbox_enter(&config, &found, &err) &&
                      write(tell[1], &found, sizeof(found)) == (ssize_t)sizeof(found)
                  ? 0
                  : 1);
    }
    close(tell[1]);
    if (read(tell[0], &found, sizeof(found)) != (ssize_t)sizeof(found))
        found = (struct sandbox_state){ .landlock_abi = 0 };
    close(tell[0]);
    waitpid(pid, NULL, 0);
    return found;
}

bool confine_status_has(const char *name, const char *value)
{
    const char *line = strstr(confine.status, name);

    if (!line)
        return false;
    line += strlen(name);
    line += strspn(line, "\t ");
    return strncmp(line, value, strlen(value)) == 0 && line[strlen(value)] == '\n';
}

bool confine_refused(long result)
{
    return result < 0 && (errno == EPERM || errno == EACCES);
}
