/* SPDX-License-Identifier: MIT */
/*
 * measure: runs a command with its output thrown away and prints what it took.
 *
 * usage: measure COMMAND [ARGUMENT...]
 * Prints: wall time in ms, CPU time in ms (user and system), peak resident memory in KiB.
 * Exits with the command's status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double timeval_ms(struct timeval t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void run_command(char **argv)
{
    int null = open("/dev/null", O_WRONLY);

    if (null >= 0) {
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
    }
    execvp(argv[0], argv);
    _exit(127);
}

int main(int argc, char **argv)
{
    struct rusage usage;
    double start = now_ms();
    double wall;
    pid_t child;
    int status;

    if (argc < 2) {
        fprintf(stderr, "usage: measure COMMAND [ARGUMENT...]\n");
        return 2;
    }
    child = fork();
    if (child == 0)
        run_command(argv + 1);
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        fprintf(stderr, "measure: cannot run %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    wall = now_ms() - start;
    printf("%.1f %.1f %ld\n", wall, timeval_ms(usage.ru_utime) + timeval_ms(usage.ru_stime),
           usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
