/* SPDX-License-Identifier: MIT */
#include "health.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "live.h"
#include "output/json_writer.h"

enum {
    BACKLOG = 128,
    /* Five times the reason, which is how far escaping can go, and the numbers. */
    BODY = 5 * HEALTH_REASON + 512,
    ANSWER = BODY + 256,
    /* What is read behind an answer and thrown away: closing with bytes unread would reset the
     * connection, and the answer would be lost. */
    DRAIN = 16 * HEALTH_REQUEST,
};

static const uint64_t second_ns = 1000000000u;

/* How long nothing is accepted when the process or the system has no descriptor left. */
static const uint64_t rest_ns = 100000000u;

enum step { STEP_FREE, STEP_READ, STEP_WRITE, STEP_DRAIN };

struct client {
    enum step step;
    int fd;
    uint64_t deadline_ns; /* monotonic */
    size_t received, sent, size;
    char request[HEALTH_REQUEST];
    char answer[ANSWER]; /* `size` bytes, of which `sent` are gone */
};

struct health {
    int listener, stop; /* stop: an eventfd */
    uint16_t port;
    bool started;
    pthread_t thread;
    health_read *read;
    void *context;
    uint64_t rest_until_ns;
    struct client clients[HEALTH_CLIENTS];
};

/* ---- opening ---- */

static bool fail_to_bind(const char *address, uint16_t port, struct err *err)
{
    const int reason = errno;
    const char *where = address ? address : "all addresses";

    if (reason == EADDRINUSE)
        return err_set(err, EXIT_RUNTIME,
                       "--health: TCP port %u of %.60s is taken (ss -ltnp shows by whom): "
                       "choose another port",
                       port, where);
    if (reason == EACCES)
        return err_set(err, EXIT_PERMISSION,
                       "--health: no permission to use TCP port %u: choose one above 1023", port);
    if (reason == EADDRNOTAVAIL)
        return err_set(err, EXIT_PERMISSION,
                       "--health: %.60s is no address of this machine (ip address shows them)",
                       where);
    return err_set(err, EXIT_RUNTIME, "--health: cannot listen on TCP port %u of %.60s: %s", port,
                   where, strerror(reason));
}

/* A listening socket, or -1 and errno. */
static int listen_on(const struct sockaddr *address, socklen_t size)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, off = 0, reason;

    if (fd < 0)
        return -1;
    /* A restart does not wait for the last run's connections to be forgotten. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, address, size) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static int listen_on_all(uint16_t port)
{
    const struct sockaddr_in6 both = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    const struct sockaddr_in old = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = listen_on((const struct sockaddr *)&both, sizeof(both));

    if (fd < 0 && errno == EAFNOSUPPORT) /* a kernel without IPv6 */
        fd = listen_on((const struct sockaddr *)&old, sizeof(old));
    return fd;
}

static int open_listener(const char *address, uint16_t port, struct err *err)
{
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *found = NULL;
    char service[8];
    int fd;

    if (!address) {
        fd = listen_on_all(port);
    } else {
        snprintf(service, sizeof(service), "%u", port);
        if (getaddrinfo(address, service, &hints, &found) != 0) {
            err_set(err, EXIT_USAGE, "--health: '%.60s' is no IP address", address);
            return -1;
        }
        fd = listen_on(found->ai_addr, found->ai_addrlen);
    }
    if (fd < 0)
        fail_to_bind(address, port, err);
    if (found)
        freeaddrinfo(found);
    return fd;
}

struct health *health_open(const char *address, uint16_t port, struct err *err)
{
    struct health *health = calloc(1, sizeof(*health));
    struct sockaddr_in6 bound = { 0 }; /* the port stands where that of sockaddr_in does */
    socklen_t size = sizeof(bound);

    if (!health) {
        err_set(err, EXIT_RUNTIME, "no memory for the health check");
        return NULL;
    }
    health->listener = open_listener(address, port, err);
    if (health->listener < 0) {
        free(health);
        return NULL;
    }
    health->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (health->stop < 0 || getsockname(health->listener, (struct sockaddr *)&bound, &size) != 0) {
        err_set(err, EXIT_RUNTIME, "the health check cannot be set up: %s", strerror(errno));
        health_stop(health);
        return NULL;
    }
    health->port = ntohs(bound.sin6_port);
    return health;
}

uint16_t health_port(const struct health *health)
{
    return health->port;
}

/* ---- answering ---- */

static size_t write_body(char body[BODY], const struct health_report *report)
{
    FILE *out = fmemopen(body, BODY, "w");
    struct json json = { .out = out };
    long size;

    if (!out)
        return 0;
    json_open_object(&json, NULL, JSON_INLINE);
    json_text(&json, "status", report->failed ? "failed" : "ok");
    json_text(&json, "reason", report->reason);
    json_number(&json, "packets", report->packets);
    json_number(&json, "mirrored", report->mirrored);
    json_number(&json, "not_mirrored", report->not_mirrored);
    json_number(&json, "kernel_drops", report->kernel_drops);
    json_number(&json, "queue_drops", report->queue_drops);
    json_time(&json, "last_packet",
              report->last_packet_ns ? report->last_packet_ns : VALUE_UNKNOWN);
    json_close(&json);
    size = ftell(out);
    fclose(out);
    return size > 0 ? (size_t)size : 0;
}

/* Puts the answer together, body of `length` bytes included or not. */
static void write_answer(struct client *client, const char *status, const char *fields,
                         const char *body, size_t length, bool with_body)
{
    int size = snprintf(client->answer, sizeof(client->answer),
                        "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n%.*s",
                        status, fields, length, with_body ? (int)length : 0, body);

    client->size = size > 0 && size < ANSWER ? (size_t)size : 0;
    client->sent = 0;
    client->step = STEP_WRITE;
}

static void answer_counters(const struct health *health, struct client *client, bool with_body)
{
    struct health_report report = { .failed = false };
    char body[BODY];
    size_t length;

    health->read(health->context, &report);
    length = write_body(body, &report);
    write_answer(client, report.failed ? "503 Service Unavailable" : "200 OK",
                 "Content-Type: application/json\r\nCache-Control: no-store\r\n", body, length,
                 with_body);
}

static void answer(const struct health *health, struct client *client, enum health_verdict verdict)
{
    switch (verdict) {
    case HEALTH_MORE:
        break;
    case HEALTH_GET:
    case HEALTH_HEAD:
        answer_counters(health, client, verdict == HEALTH_GET);
        break;
    case HEALTH_METHOD:
        write_answer(client, "405 Method Not Allowed", "Allow: GET, HEAD\r\n", "", 0, false);
        break;
    case HEALTH_BAD:
        write_answer(client, "400 Bad Request", "", "", 0, false);
        break;
    }
}

/* ---- connections ---- */

static void client_close(struct client *client)
{
    close(client->fd);
    client->step = STEP_FREE;
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static void client_drain(struct client *client)
{
    ssize_t n = recv(client->fd, client->request, sizeof(client->request), 0);

    if (n > 0)
        client->received += (size_t)n;
    if (n == 0 || (n < 0 && !would_block()) || client->received > DRAIN)
        client_close(client);
}

static void client_write(struct client *client)
{
    ssize_t n =
        send(client->fd, client->answer + client->sent, client->size - client->sent, MSG_NOSIGNAL);

    if (n < 0) {
        if (!would_block())
            client_close(client);
        return;
    }
    client->sent += (size_t)n;
    if (client->sent < client->size)
        return;
    shutdown(client->fd, SHUT_WR);
    client->step = STEP_DRAIN;
}

static void client_read(const struct health *health, struct client *client)
{
    ssize_t n = recv(client->fd, client->request + client->received,
                     sizeof(client->request) - client->received, 0);
    enum health_verdict verdict;

    if (n < 0 && would_block())
        return;
    if (n < 0 || (n == 0 && client->received == 0)) { /* a check of TCP only ends like this */
        client_close(client);
        return;
    }
    client->received += (size_t)n;
    verdict = health_judge(client->request, client->received);
    if (n == 0 && verdict == HEALTH_MORE)
        verdict = HEALTH_BAD;
    answer(health, client, verdict);
    if (client->step == STEP_WRITE)
        client_write(client);
}

static struct client *find_free(struct health *health)
{
    for (size_t i = 0; i < HEALTH_CLIENTS; i++) {
        if (health->clients[i].step == STEP_FREE)
            return &health->clients[i];
    }
    return NULL;
}

static void accept_clients(struct health *health, uint64_t now)
{
    struct client *client;

    while ((client = find_free(health)) != NULL) {
        int fd = accept4(health->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd < 0) {
            if (!would_block() && errno != ECONNABORTED)
                health->rest_until_ns = now + rest_ns;
            return;
        }
        client->step = STEP_READ;
        client->fd = fd;
        client->deadline_ns = now + HEALTH_SECONDS * second_ns;
        client->received = 0;
        client_read(health, client); /* most requests are there already */
    }
}

static void serve_client(const struct health *health, struct client *client)
{
    if (client->step == STEP_READ)
        client_read(health, client);
    else if (client->step == STEP_WRITE)
        client_write(client);
    else if (client->step == STEP_DRAIN)
        client_drain(client);
}

/* ---- the thread ---- */

/* Where things stand in the list for poll(): its first CLIENT entries are not clients. */
enum { POLL_STOP, POLL_LISTENER, POLL_CLIENT, POLL_SIZE = POLL_CLIENT + HEALTH_CLIENTS };

/* Fills the list in, closes who is late, and returns when the next one is. 0: nobody waits. */
static uint64_t prepare_poll(struct health *health, struct pollfd list[POLL_SIZE], uint64_t now)
{
    bool rests = health->rest_until_ns > now;
    uint64_t next = rests ? health->rest_until_ns : 0;

    list[POLL_STOP] = (struct pollfd){ .fd = health->stop, .events = POLLIN };
    for (size_t i = 0; i < HEALTH_CLIENTS; i++) {
        struct client *client = &health->clients[i];

        list[POLL_CLIENT + i] = (struct pollfd){ .fd = -1 };
        if (client->step != STEP_FREE && client->deadline_ns <= now)
            client_close(client);
        if (client->step == STEP_FREE)
            continue;
        list[POLL_CLIENT + i].fd = client->fd;
        list[POLL_CLIENT + i].events = client->step == STEP_WRITE ? POLLOUT : POLLIN;
        if (next == 0 || client->deadline_ns < next)
            next = client->deadline_ns;
    }
    list[POLL_LISTENER] = (struct pollfd){
        .fd = find_free(health) && !rests ? health->listener : -1,
        .events = POLLIN,
    };
    return next;
}

static void *serve(void *context)
{
    struct health *health = context;
    struct pollfd list[POLL_SIZE];

    for (;;) {
        uint64_t now = clock_monotonic_ns(), next = prepare_poll(health, list, now);
        int wait_ms = next ? (int)((next - now) / 1000000u) + 1 : -1;

        if (poll(list, POLL_SIZE, wait_ms) < 0)
            continue; /* EINTR, when a debugger looks */
        if (list[POLL_STOP].revents)
            return NULL;
        for (size_t i = 0; i < HEALTH_CLIENTS; i++) {
            if (list[POLL_CLIENT + i].revents)
                serve_client(health, &health->clients[i]);
        }
        if (list[POLL_LISTENER].revents)
            accept_clients(health, clock_monotonic_ns());
    }
}

bool health_start(struct health *health, health_read *read, void *context, struct err *err)
{
    sigset_t all, before;
    int reason;

    health->read = read;
    health->context = context;
    sigfillset(&all);
    live_keep_faults(&all);
    pthread_sigmask(SIG_SETMASK, &all,
                    &before); /* signals are the main thread's: it inherits this */
    reason = pthread_create(&health->thread, NULL, serve, health);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    health->started = reason == 0;
    return health->started ||
           err_set(err, EXIT_RUNTIME, "the health check's thread cannot be started: %s",
                   strerror(reason));
}

void health_stop(struct health *health)
{
    const uint64_t one = 1;

    if (!health)
        return;
    if (health->started && write(health->stop, &one, sizeof(one)) == (ssize_t)sizeof(one))
        pthread_join(health->thread, NULL);
    for (size_t i = 0; i < HEALTH_CLIENTS; i++) {
        if (health->clients[i].step != STEP_FREE)
            client_close(&health->clients[i]);
    }
    close(health->listener);
    if (health->stop >= 0)
        close(health->stop);
    free(health);
}
