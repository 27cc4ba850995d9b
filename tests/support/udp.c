/* SPDX-License-Identifier: MIT */
#include "udp.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

/* A frame that must come, on a busy machine; and when nothing more is to be expected. */
enum { PATIENCE_MS = 3000, SILENCE_MS = 200 };

uint16_t udp_free_port(void)
{
    struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
    socklen_t size = sizeof(any);
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&any, size), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&any, &size), 0);
    close(fd);
    return ntohs(any.sin6_port);
}

int udp_sender(const char *address, uint16_t port)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
    int done;

    ck_assert_int_ge(fd, 0);
    ck_assert(is_v4 || inet_pton(AF_INET6, address, &v6.sin6_addr) == 1);
    done = is_v4 ? connect(fd, (struct sockaddr *)&v4, sizeof(v4))
                 : connect(fd, (struct sockaddr *)&v6, sizeof(v6));
    ck_assert_int_eq(done, 0);
    return fd;
}

uint16_t udp_own_port(int fd)
{
    struct sockaddr_in6 own = { .sin6_port = 0 }; /* the port is where struct sockaddr_in has it */
    socklen_t size = sizeof(own);

    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&own, &size), 0);
    return ntohs(own.sin6_port);
}

void udp_send(int fd, const void *data, size_t size)
{
    ck_assert_int_eq(send(fd, data, size, 0), (ssize_t)size);
}

bool udp_segment(int fd, int segment)
{
    return setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)) == 0;
}

static size_t read_within(struct input *input, struct frame *frames, size_t max, int wait_ms)
{
    struct pollfd pollfd = { .fd = input_fd(input), .events = POLLIN };
    struct err err = { .text = "" };
    size_t count = 0;
    enum input_status status = input_read(input, frames, max, &count, &err);

    if (status == INPUT_AGAIN && poll(&pollfd, 1, wait_ms) > 0)
        status = input_read(input, frames, max, &count, &err);
    ck_assert_msg(status == (count ? INPUT_OK : INPUT_AGAIN), "%s", err.text);
    ck_assert_uint_le(count, max);
    return count;
}

size_t live_read(struct input *input, struct frame *frames, size_t max)
{
    return read_within(input, frames, max, PATIENCE_MS);
}

uint64_t live_read_all(struct input *input)
{
    struct frame frames[INPUT_BATCH];
    uint64_t total = 0;
    size_t count;

    while ((count = read_within(input, frames, INPUT_BATCH, SILENCE_MS)) > 0)
        total += count;
    return total;
}

struct input_health live_health(struct input *input)
{
    struct input_health health;

    input->ops->health(input, &health);
    return health;
}
