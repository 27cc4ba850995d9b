/* SPDX-License-Identifier: MIT */
/*
 * measure: runs a command with its output thrown away and prints what it took.
 *
 * usage: measure [-o FILE] COMMAND [ARGUMENT...]
 *   -o FILE   its output goes there
 * Prints: wall time in ms, CPU time in ms (user and system), peak resident memory in KiB.
 * Exits with the command's status. SIGINT and SIGTERM are handed on to it.
 *
 * A virtual machine gives memory that nobody has used for some seconds back to its host, and the
 * first touch of it costs ten times as much then: what is measured would be how long the machine
 * was idle before. So each command runs when as much memory as any of them needs has just been in
 * use.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

static void run_command(char **argv, const char *output)
{
    int file = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0666);

    if (file >= 0) {
        dup2(file, STDOUT_FILENO);
        dup2(file, STDERR_FILENO);
    }
    execvp(argv[0], argv);
    _exit(127);
}

/* In a process of its own, which gives all back when it ends. */
static void use_memory(void)
{
    const size_t size = (size_t)256 << 20, page = 4096;
    pid_t user = fork();
    char *memory;

    if (user < 0)
        return;
    if (user > 0) {
        waitpid(user, NULL, 0);
        return;
    }
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        _exit(EXIT_FAILURE);
    madvise(memory, size, MADV_HUGEPAGE);
    for (size_t at = 0; at < size; at += page)
        memory[at] = 1;
    _exit(EXIT_SUCCESS);
}

static volatile pid_t child;

static void hand_on(int number)
{
    kill(child, number);
}

/* As wait4(), whatever signals come in between. */
static int wait_for_child(int *status, struct rusage *usage)
{
    while (wait4(child, status, 0, usage) != child)
        if (errno != EINTR)
            return -1;
    return 0;
}

int main(int argc, char **argv)
{
    struct sigaction action = { .sa_handler = hand_on };
    const char *output = "/dev/null";
    struct rusage usage;
    double start, wall;
    int status;

    argv++;
    if (argc > 3 && strcmp(argv[0], "-o") == 0) {
        output = argv[1];
        argv += 2;
    }
    if (argc < 2) {
        fprintf(stderr, "usage: measure [-o FILE] COMMAND [ARGUMENT...]\n");
        return 2;
    }
    use_memory();
    start = now_ms();
    child = fork();
    if (child == 0)
        run_command(argv, output);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (child < 0 || wait_for_child(&status, &usage) != 0) {
        fprintf(stderr, "measure: cannot run %s: %s\n", argv[0], strerror(errno));
        return 1;
    }
    wall = now_ms() - start;
    printf("%.1f %.1f %ld\n", wall, timeval_ms(usage.ru_utime) + timeval_ms(usage.ru_stime),
           usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
