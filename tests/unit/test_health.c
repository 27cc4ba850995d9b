/* SPDX-License-Identifier: MIT */
/* Health checks over loopback, as load balancers and worse ones make them. */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../src/health.h"
#include "../support/confine.h"
#include "../support/jsonread.h"

enum { ANSWER_MAX = 4096, LONG_MS = 30000 };

static struct health *health;
static struct health_report report;
static atomic_int reads;

static void read_report(void *context, struct health_report *out)
{
    *out = *(const struct health_report *)context;
    atomic_fetch_add(&reads, 1);
}

static void open_health(const char *address)
{
    struct err err = { .status = EXIT_OK };

    health = health_open(address, 0, &err);
    ck_assert_msg(health != NULL, "%s", err.text);
    ck_assert_uint_ne(health_port(health), 0);
    atomic_store(&reads, 0);
}

static void setup(void)
{
    struct err err = { .status = EXIT_OK };

    confine_setup();
    open_health(NULL);
    report = (struct health_report){
        .packets = 12,
        .mirrored = 10,
        .not_mirrored = 2,
        .kernel_drops = INT64_MAX,
        .last_packet_ns = UINT64_C(1561640711123456789),
    };
    ck_assert_msg(health_start(health, read_report, &report, &err), "%s", err.text);
}

static void teardown(void)
{
    health_stop(health);
    health = NULL;
    confine_teardown();
}

static int connect_v4(void)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons(health_port(health)),
        .sin_addr = { htonl(INADDR_LOOPBACK) },
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* All that comes until the other end closes, which it must do. Closes the socket. */
static size_t hear(int fd, char answer[ANSWER_MAX])
{
    size_t size = 0;
    ssize_t n;

    do {
        struct pollfd one = { .fd = fd, .events = POLLIN };

        ck_assert_int_eq(poll(&one, 1, LONG_MS), 1);
        n = recv(fd, answer + size, ANSWER_MAX - 1 - size, 0);
        if (n > 0)
            size += (size_t)n;
    } while (n > 0);
    ck_assert_msg(n == 0 || errno == ECONNRESET, "%s", strerror(errno));
    answer[size] = '\0';
    close(fd);
    return size;
}

static void ask(const char *request, char answer[ANSWER_MAX])
{
    int fd = connect_v4();

    say(fd, request);
    hear(fd, answer);
}

/* The body, whose length must be what the header says. */
static const char *body_of(const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n");
    const char *length = strstr(answer, "\r\nContent-Length: ");
    char wanted[64];

    ck_assert_msg(body && length && strstr(answer, "\r\nConnection: close\r\n"), "%s", answer);
    body += 4;
    snprintf(wanted, sizeof(wanted), "\r\nContent-Length: %zu\r\n", strlen(body));
    ck_assert_msg(strstr(answer, wanted) != NULL, "%s", answer);
    return body;
}

static const char get[] = "GET /any/path?x=1 HTTP/1.1\r\nHost: a\r\nUser-Agent: ELB\r\n\r\n";

START_TEST(get_counters)
{
    char answer[ANSWER_MAX], value[JSONREAD_VALUE];
    json_t *root;

    ask(get, answer);
    ck_assert_msg(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17) == 0, "%s", answer);
    ck_assert_ptr_nonnull(strstr(answer, "\r\nContent-Type: application/json\r\n"));
    root = jsonread_load(body_of(answer));
    ck_assert_str_eq(jsonread_at(root, "status", value), "ok");
    ck_assert_str_eq(jsonread_at(root, "reason", value), "null");
    ck_assert_str_eq(jsonread_at(root, "packets", value), "12");
    ck_assert_str_eq(jsonread_at(root, "mirrored", value), "10");
    ck_assert_str_eq(jsonread_at(root, "not_mirrored", value), "2");
    ck_assert_str_eq(jsonread_at(root, "queue_drops", value), "0");
    ck_assert_str_eq(jsonread_at(root, "last_packet", value), "2019-06-27T13:05:11.123456Z");
    ck_assert_str_eq(jsonread_at(root, "kernel_drops", value), "9223372036854775807");
    json_decref(root);
}
END_TEST

START_TEST(head_has_no_body)
{
    char head[ANSWER_MAX], whole[ANSWER_MAX];

    ask("HEAD / HTTP/1.0\r\n\r\n", head);
    ask(get, whole);
    body_of(whole);
    ck_assert_uint_eq(strlen(head) + strlen(body_of(whole)), strlen(whole));
    ck_assert_int_eq(strncmp(head, whole, strlen(head)), 0);
}
END_TEST

/* The reason is the longest and worst there can be, and there is no last packet. */
START_TEST(failed_input)
{
    static struct health_report failed = { .failed = true };
    char answer[ANSWER_MAX], value[JSONREAD_VALUE];
    struct err err;
    json_t *root;

    memset(failed.reason, '\\', sizeof(failed.reason) - 1);
    memcpy(failed.reason, "\"\x1b[2J", 5);
    health_stop(health);
    open_health("127.0.0.1");
    ck_assert(health_start(health, read_report, &failed, &err));
    ask(get, answer);
    ck_assert_msg(strncmp(answer, "HTTP/1.1 503 Service Unavailable\r\n", 34) == 0, "%s", answer);
    root = jsonread_load(body_of(answer));
    ck_assert_str_eq(jsonread_at(root, "status", value), "failed");
    ck_assert_str_eq(jsonread_at(root, "last_packet", value), "null");
    ck_assert_ptr_null(strchr(answer, '\x1b'));
    json_decref(root);
}
END_TEST

static const struct {
    const char *request, *begins;
} refusals[] = {
    { "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 405 " },
    { "OPTIONS * HTTP/1.1\r\n\r\n", "HTTP/1.1 405 " },
    { "get / HTTP/1.1\r\n\r\n", "HTTP/1.1 405 " },
    { "hello\n", "HTTP/1.1 400 " },
    { "\x16\x03\x01\x02", "HTTP/1.1 400 " },
    { "GET /\r\n", "HTTP/1.1 400 " },
    { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400 " },
};

START_TEST(refused)
{
    char answer[ANSWER_MAX];

    ask(refusals[_i].request, answer);
    ck_assert_msg(strncmp(answer, refusals[_i].begins, strlen(refusals[_i].begins)) == 0, "%s",
                  answer);
    ck_assert_str_eq(body_of(answer), "");
    ck_assert_int_eq(strncmp(answer + 9, "405", 3) == 0, strstr(answer, "Allow: GET, HEAD") != 0);
    ck_assert_int_eq(atomic_load(&reads), 0);
}
END_TEST

START_TEST(too_long)
{
    char request[HEALTH_REQUEST + 1], answer[ANSWER_MAX];

    memset(request, 'a', sizeof(request));
    memcpy(request, "GET /", 5);
    request[HEALTH_REQUEST] = '\0';
    ask(request, answer);
    ck_assert_msg(strncmp(answer, "HTTP/1.1 400 ", 13) == 0, "%s", answer);
}
END_TEST

/* A whole request is answered although its sender has closed its half; half of one is not. */
START_TEST(half_closed)
{
    char answer[ANSWER_MAX];
    int fd = connect_v4();

    say(fd, _i == 0 ? get : "GET / HTTP/1.1\r\nHo");
    shutdown(fd, SHUT_WR);
    hear(fd, answer);
    ck_assert_msg(strncmp(answer, _i == 0 ? "HTTP/1.1 200 " : "HTTP/1.1 400 ", 13) == 0, "%s",
                  answer);
}
END_TEST

START_TEST(tcp_only)
{
    char answer[ANSWER_MAX];

    for (int i = 0; i < 50; i++) {
        int fd = connect_v4();

        if (i % 2) {
            shutdown(fd, SHUT_WR);
            ck_assert_uint_eq(hear(fd, answer), 0);
        } else {
            close(fd);
        }
    }
    ask(get, answer);
    body_of(answer);
    ck_assert_int_eq(atomic_load(&reads), 1);
}
END_TEST

START_TEST(ipv6)
{
    const struct sockaddr_in6 to = {
        .sin6_family = AF_INET6,
        .sin6_port = htons(health_port(health)),
        .sin6_addr = IN6ADDR_LOOPBACK_INIT,
    };
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char answer[ANSWER_MAX];

    if (fd < 0 || (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 &&
                   errno == EADDRNOTAVAIL)) { /* no IPv6 here */
        close(fd);
        return;
    }
    say(fd, get);
    hear(fd, answer);
    body_of(answer);
}
END_TEST

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One byte now and then does not keep a connection; and while all places are taken by such, the
 * next one is served as soon as they are free. */
START_TEST(slow_clients)
{
    int slow[HEALTH_CLIENTS], next;
    double start = seconds(), took;
    char answer[ANSWER_MAX];

    for (int i = 0; i < HEALTH_CLIENTS; i++)
        slow[i] = connect_v4();
    next = connect_v4();
    say(next, get);
    while (seconds() - start < HEALTH_SECONDS - 0.5) {
        const struct timespec moment = { .tv_nsec = 200000000 };

        for (int c = 0; c < HEALTH_CLIENTS; c++)
            send(slow[c], "A", 1, MSG_NOSIGNAL);
        nanosleep(&moment, NULL);
    }
    hear(next, answer);
    took = seconds() - start;
    body_of(answer);
    for (int i = 0; i < HEALTH_CLIENTS; i++)
        ck_assert_uint_eq(hear(slow[i], answer), 0);
    ck_assert_msg(took > HEALTH_SECONDS - 0.1 && took < HEALTH_SECONDS + 8, "%f", took);
}
END_TEST

/* More at once than there are places. */
START_TEST(many_clients)
{
    enum { CLIENTS = 100 };
    int fds[CLIENTS];
    char answer[ANSWER_MAX];

    for (int i = 0; i < CLIENTS; i++)
        fds[i] = connect_v4();
    for (int i = 0; i < CLIENTS; i++)
        say(fds[i], get);
    for (int i = 0; i < CLIENTS; i++) {
        hear(fds[i], answer);
        ck_assert_msg(strncmp(answer, "HTTP/1.1 200 ", 13) == 0, "%d: %s", i, answer);
    }
    ck_assert_int_eq(atomic_load(&reads), CLIENTS);
}
END_TEST

START_TEST(stop_while_connected)
{
    int fds[HEALTH_CLIENTS + 4];
    char answer[ANSWER_MAX];
    double start;

    for (int i = 0; i < HEALTH_CLIENTS + 4; i++) {
        fds[i] = connect_v4();
        say(fds[i], "GET / HTTP/1.1\r\n");
    }
    start = seconds();
    health_stop(health);
    ck_assert(seconds() - start < 1);
    for (int i = 0; i < HEALTH_CLIENTS + 4; i++)
        ck_assert_uint_eq(hear(fds[i], answer), 0);
    open_health(NULL); /* for the teardown; it was never started */
}
END_TEST

START_TEST(port_taken)
{
    struct err err = { .status = EXIT_OK };

    ck_assert_ptr_null(health_open(NULL, health_port(health), &err));
    ck_assert_int_eq(err.status, EXIT_RUNTIME);
    ck_assert_msg(strstr(err.text, "is taken") != NULL, "%s", err.text);
}
END_TEST

static const struct {
    const char *address;
    enum exit_status status;
    const char *says;
} bad_addresses[] = {
    { "192.0.2.1", EXIT_PERMISSION, "192.0.2.1 is no address of this machine" },
    { "localhost", EXIT_USAGE, "'localhost' is no IP address" },
    { "", EXIT_USAGE, "'' is no IP address" },
};

START_TEST(address_refused)
{
    struct err err = { .status = EXIT_OK };

    ck_assert_ptr_null(health_open(bad_addresses[_i].address, 0, &err));
    ck_assert_int_eq(err.status, bad_addresses[_i].status);
    ck_assert_msg(strstr(err.text, bad_addresses[_i].says) != NULL, "%s", err.text);
}
END_TEST

/* Behind the sandbox: the thread starts, accepts, answers and ends. */
static int serve_one(void)
{
    const struct timespec moment = { .tv_nsec = 1000000 };
    struct err err;

    EXPECT(health_start(health, read_report, &report, &err));
    while (atomic_load(&reads) == 0)
        nanosleep(&moment, NULL);
    health_stop(health);
    return 0;
}

START_TEST(works_in_the_sandbox)
{
    char answer[ANSWER_MAX];
    int fd;

    health_stop(health);
    open_health(NULL);
    fd = connect_v4();
    say(fd, get);
    confine_run(true, serve_one);
    hear(fd, answer);
    ck_assert_int_eq(strncmp(answer, "HTTP/1.1 200 ", 13), 0);
    body_of(answer);
}
END_TEST

static const struct {
    const char *text;
    enum health_verdict verdict;
} requests[] = {
    { "", HEALTH_MORE },
    { "G", HEALTH_MORE },
    { "GET / HTTP/1.1\r\n", HEALTH_MORE },
    { "GET / HTTP/1.1\r\nHost: x\r\n", HEALTH_MORE },
    { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", HEALTH_GET },
    { "GET / HTTP/1.1\n\n", HEALTH_GET },
    { "GET http://x/ HTTP/1.0\r\nA:\r\nB: \t\xc3\xa9\r\n\r\nrest", HEALTH_GET },
    { "HEAD / HTTP/1.1\r\n\r\n", HEALTH_HEAD },
    { "HEADS / HTTP/1.1\r\n\r\n", HEALTH_METHOD },
    { "GE / HTTP/1.1\r\n\r\n", HEALTH_METHOD },
    { "M-SEARCH * HTTP/1.1\r\n\r\n", HEALTH_METHOD },
    { "\r\n", HEALTH_BAD },
    { " GET / HTTP/1.1\r\n\r\n", HEALTH_BAD },
    { "GET", HEALTH_MORE },
    { "GET\t/ HTTP/1.1", HEALTH_BAD },
    { "GET\r", HEALTH_BAD },
    { "GET \r\n", HEALTH_BAD },
    { "GET HTTP/1.1\r\n", HEALTH_BAD },
    { "GET  HTTP/1.1\r\n", HEALTH_BAD },
    { "GET / HTTP/1.1 \r\n", HEALTH_BAD },
    { "GET / HTTP/1.x\r\n", HEALTH_BAD },
    { "GET / HTTP/2.0\r\n", HEALTH_BAD },
    { "GET / x HTTP/1.1\r\n", HEALTH_BAD },
    { "GET /\x01 HTTP/1.1\r\n", HEALTH_BAD },
    { "GET /\r HTTP/1.1\r\n", HEALTH_BAD },
    { "GET / HTTP/1.1\r\nHost\r\n", HEALTH_BAD },
    { "GET / HTTP/1.1\r\nHost : x\r\n", HEALTH_BAD },
    { "GET / HTTP/1.1\r\n: x\r\n", HEALTH_BAD },
    { "GET / HTTP/1.1\r\nA: b\r\n c\r\n", HEALTH_BAD },
    { "GET / HTTP/1.1\r\nA: b\x7f\r\n", HEALTH_BAD },
    { "GET / HTTP/1.1\r\r\n\r\n", HEALTH_BAD },
};

START_TEST(judged)
{
    const char *text = requests[_i].text;
    const size_t size = strlen(text);
    bool decided = false;

    ck_assert_msg(health_judge(text, size) == requests[_i].verdict, "%s", text);
    for (size_t n = 0; n <= size; n++) { /* once decided, it stays */
        enum health_verdict verdict = health_judge(text, n);

        decided = decided || verdict != HEALTH_MORE;
        ck_assert_msg(verdict == (decided ? requests[_i].verdict : HEALTH_MORE), "%zu of %s", n,
                      text);
    }
}
END_TEST

START_TEST(nul_bytes)
{
    static const char bytes[] = "G\0T / HTTP/1.1\r\n\r\n", target[] = "GET /\0 HTTP/1.1\r\n\r\n";

    ck_assert_int_eq(health_judge(bytes, sizeof(bytes) - 1), HEALTH_BAD);
    ck_assert_int_eq(health_judge(target, sizeof(target) - 1), HEALTH_BAD);
}
END_TEST

Suite *make_health_suite(void);

#define ADD_LOOP(tests, test, cases)                                                               \
    tcase_add_loop_test(tests, test, 0, sizeof(cases) / sizeof((cases)[0]))

Suite *make_health_suite(void)
{
    Suite *suite = suite_create("health");
    TCase *served = tcase_create("served"), *request = tcase_create("request");

    tcase_add_checked_fixture(served, setup, teardown);
    tcase_add_test(served, get_counters);
    tcase_add_test(served, head_has_no_body);
    tcase_add_test(served, failed_input);
    ADD_LOOP(served, refused, refusals);
    tcase_add_test(served, too_long);
    tcase_add_loop_test(served, half_closed, 0, 2);
    tcase_add_test(served, tcp_only);
    tcase_add_test(served, ipv6);
    tcase_add_test(served, slow_clients);
    tcase_add_test(served, many_clients);
    tcase_add_test(served, stop_while_connected);
    tcase_add_test(served, port_taken);
    ADD_LOOP(served, address_refused, bad_addresses);
    tcase_add_test(served, works_in_the_sandbox);
    suite_add_tcase(suite, served);
    ADD_LOOP(request, judged, requests);
    tcase_add_test(request, nul_bytes);
    suite_add_tcase(suite, request);
    return suite;
}
