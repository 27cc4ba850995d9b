/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct endpoint {
    struct sockaddr_storage address;
    socklen_t size;
};

void live_notice(struct input *input, const char *format, ...)
{
    size_t used = strlen(input->notice);
    va_list args;

    if (used > 0 && used + 1 < sizeof(input->notice)) {
        input->notice[used++] = '\n';
        input->notice[used] = '\0';
    }
    va_start(args, format);
    vsnprintf(input->notice + used, sizeof(input->notice) - used, format, args);
    va_end(args);
}

void live_program(char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size - 1);

    if (length < 0)
        snprintf(path, size, "mirrortop");
    else
        path[length] = '\0';
}

static void endpoint_v4(struct endpoint *endpoint, struct in_addr address, uint16_t port)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address };

    memcpy(&endpoint->address, &in, sizeof(in));
    endpoint->size = sizeof(in);
}

static void endpoint_v6(struct endpoint *endpoint, struct in6_addr address, uint16_t port)
{
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
                                .sin6_port = htons(port),
                                .sin6_addr = address };

    memcpy(&endpoint->address, &in6, sizeof(in6));
    endpoint->size = sizeof(in6);
}

static bool endpoint_parse(struct endpoint *endpoint, const char *address, uint16_t port)
{
    struct in6_addr v6 = IN6ADDR_ANY_INIT;
    struct in_addr v4;

    if (address && inet_pton(AF_INET, address, &v4) == 1)
        endpoint_v4(endpoint, v4, port);
    else if (!address || inet_pton(AF_INET6, address, &v6) == 1)
        endpoint_v6(endpoint, v6, port);
    else
        return false;
    return true;
}

/* `both`: an IPv6 socket that takes IPv4 as well. */
static int endpoint_bind(const struct endpoint *endpoint, bool both)
{
    int off = 0;
    int fd = socket(endpoint->address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if ((both && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0) ||
        bind(fd, (const struct sockaddr *)&endpoint->address, endpoint->size) < 0) {
        int reason = errno;

        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

static void explain(int reason, const char *address, uint16_t port, struct err *err)
{
    char text[INPUT_TEXT];

    switch (reason) {
    case EADDRINUSE:
        live_port_user(port, text, sizeof(text));
        err_set(err, EXIT_RUNTIME, "port %u is held by %s", port, text);
        break;
    case EACCES:
        live_program(text, sizeof(text));
        err_set(err, EXIT_PERMISSION,
                "no permission to listen on port %u: choose one from 1024 on, or: "
                "sudo setcap cap_net_bind_service+ep %s",
                port, text);
        break;
    case EADDRNOTAVAIL:
        err_set(err, EXIT_PERMISSION, "%s is not an address of this machine: `ip addr` lists them",
                address ? address : "::");
        break;
    default:
        err_set(err, EXIT_RUNTIME, "cannot listen on port %u: %s", port, strerror(reason));
        break;
    }
}

int live_bind(const char *address, uint16_t port, struct err *err)
{
    struct endpoint endpoint;
    int fd;

    if (!endpoint_parse(&endpoint, address, port)) {
        err_set(err, EXIT_USAGE, "%s is not an IPv4 or IPv6 address", address);
        return -1;
    }
    fd = endpoint_bind(&endpoint, !address);
    /* a machine that was started without IPv6 */
    if (fd < 0 && !address && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
        endpoint_v4(&endpoint, (struct in_addr){ htonl(INADDR_ANY) }, port);
        fd = endpoint_bind(&endpoint, false);
    }
    if (fd < 0)
        explain(errno, address, port, err);
    return fd;
}

int input_open_drain(const struct socket_config *config, char *why, size_t size)
{
    struct sock_filter nothing[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
    struct sock_fprog program = { .len = 1, .filter = nothing };
    int smallest = 1; /* the kernel makes it what it must be at least */
    struct err err;
    int fd = live_bind(config->address, config->port, &err);

    if (fd < 0) {
        snprintf(why, size, "%s", err.text);
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof(smallest));
    /* Without the filter it still drains: the buffer is full at once, and what comes is dropped. */
    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
    return fd;
}
