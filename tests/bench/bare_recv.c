/* SPDX-License-Identifier: MIT */
/*
 * bare_recv: what receiving datagrams costs by itself. recvmmsg() in batches on the port of VXLAN,
 * the largest buffer that is granted, the headers touched; nothing is kept.
 *
 * usage: bare_recv [stamps]
 *   stamps   takes what a mirror's receiver cannot do without, too: where each datagram came from,
 *            and the kernel's arrival time
 * Ends on SIGINT or SIGTERM, once nothing is left in the buffer, and prints how many came, how many
 * the kernel dropped, and a sum.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

enum { PORT = 4789, BATCH = 64, DATAGRAM = 9216, BUFFER = 64 << 20 };

static volatile sig_atomic_t stop;
static uint8_t space[BATCH][DATAGRAM];

/* With "stamps" only. */
struct envelope {
    struct sockaddr_in6 from;
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct timespec))];
};

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static int open_socket(void)
{
    struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    int size = BUFFER;

    if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof any) != 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return fd;
}

static uint32_t dropped(int fd)
{
    uint32_t memory[SK_MEMINFO_VARS] = { 0 };
    socklen_t length = sizeof memory;

    getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &length);
    return memory[SK_MEMINFO_DROPS];
}

static void want_stamps(int fd, struct mmsghdr *messages, struct envelope *envelopes)
{
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    for (int i = 0; i < BATCH; i++) {
        messages[i].msg_hdr.msg_name = &envelopes[i].from;
        messages[i].msg_hdr.msg_control = envelopes[i].control;
    }
}

/* The kernel shortens both to what it has written. */
static void make_room(struct mmsghdr *messages)
{
    for (int i = 0; i < BATCH; i++) {
        messages[i].msg_hdr.msg_namelen = sizeof(struct sockaddr_in6);
        messages[i].msg_hdr.msg_controllen = sizeof(((struct envelope *)0)->control);
    }
}

/* Waits for one datagram and takes what else is there; false: told to stop, and nothing is
 * there. */
static int receive(int fd, struct mmsghdr *messages)
{
    int n = recvmmsg(fd, messages, BATCH, stop ? MSG_DONTWAIT : MSG_WAITFORONE, NULL);

    if (n < 0 && errno == EINTR)
        return 0;
    return n;
}

int main(int argc, char **argv)
{
    struct sigaction action = { .sa_handler = on_signal };
    struct mmsghdr messages[BATCH];
    struct iovec iov[BATCH];
    struct envelope envelopes[BATCH] = { 0 };
    bool stamps = argc > 1 && strcmp(argv[1], "stamps") == 0;
    uint64_t packets = 0, sum = 0;
    int fd = open_socket();
    int n;

    if (fd < 0) {
        perror("bare_recv");
        return 1;
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){ .iov_base = space[i], .iov_len = DATAGRAM };
        messages[i].msg_hdr.msg_iov = &iov[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    if (stamps) {
        want_stamps(fd, messages, envelopes);
        make_room(messages);
    }
    while ((n = receive(fd, messages)) >= 0) {
        for (int i = 0; i < n; i++)
            sum += space[i][0] + (uint64_t)space[i][32] + space[i][64];
        packets += (unsigned)n;
        if (stamps)
            make_room(messages);
    }
    printf("received %" PRIu64 "\ndropped %" PRIu32 "\nsum %" PRIu64 "\n", packets, dropped(fd),
           sum);
    return 0;
}
