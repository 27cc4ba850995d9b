/* SPDX-License-Identifier: MIT */
#include "netlab.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static int outside = -1;
static bool was_root;

bool netlab_enter(const char **why)
{
    if (geteuid() != 0) {
        *why = "needs root";
        return false;
    }
    outside = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (outside < 0 || unshare(CLONE_NEWNET) < 0) {
        *why = "needs the right to make a network namespace";
        return false;
    }
    if (!netlab_ip("link set lo up")) {
        netlab_leave();
        *why = "needs the program ip";
        return false;
    }
    return true;
}

void netlab_leave(void)
{
    if (outside < 0)
        return;
    if (setns(outside, CLONE_NEWNET) < 0)
        abort();
    close(outside);
    outside = -1;
}

/* out: where its standard output goes, or -1. */
static bool run_ip(const char *arguments, int out)
{
    enum { WORDS = 32 };
    char copy[256], *words[WORDS] = { (char[]){ "ip" } }, *rest = copy;
    posix_spawn_file_actions_t actions;
    size_t count = 1;
    int status = -1;
    pid_t pid;

    snprintf(copy, sizeof(copy), "%s", arguments);
    while (rest && count < WORDS - 1)
        words[count++] = strsep(&rest, " ");
    posix_spawn_file_actions_init(&actions);
    if (out >= 0)
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (posix_spawnp(&pid, "ip", &actions, NULL, words, environ) == 0)
        waitpid(pid, &status, 0);
    posix_spawn_file_actions_destroy(&actions);
    return status == 0;
}

bool netlab_ip(const char *arguments)
{
    return run_ip(arguments, -1);
}

bool netlab_ip_says(const char *arguments, const char *text)
{
    char said[4096];
    int ends[2];
    ssize_t size;
    bool done;

    if (pipe(ends) < 0)
        abort();
    done = run_ip(arguments, ends[1]); /* what it prints fits into the pipe */
    close(ends[1]);
    size = read(ends[0], said, sizeof(said) - 1);
    close(ends[0]);
    said[size > 0 ? size : 0] = '\0';
    return done && strstr(said, text) != NULL;
}

bool netlab_wait(const char *device, const char *state)
{
    char arguments[64], text[64];

    snprintf(arguments, sizeof(arguments), "link show %s", device);
    snprintf(text, sizeof(text), " state %s ", state);
    for (int i = 0; i < 500; i++) {
        if (netlab_ip_says(arguments, text))
            return true;
        usleep(10000);
    }
    return false;
}

int netlab_open(const char *device)
{
    struct sockaddr_ll address = { .sll_family = AF_PACKET,
                                   .sll_ifindex = (int)if_nametoindex(device) };
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (fd < 0 || address.sll_ifindex == 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        abort();
    return fd;
}

void netlab_be_nobody(void)
{
    was_root = geteuid() == 0;
    if (was_root && seteuid(NOBODY) < 0)
        abort();
}

void netlab_be_root(void)
{
    if (was_root && seteuid(0) < 0)
        abort();
}
