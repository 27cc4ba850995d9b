/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../support/netlab.h"
#include "../support/skip.h"
#include "../support/udp.h"

Suite *make_bind_suite(void);

static struct err err;
static uint8_t pattern[1000];

static struct input *open_port(struct socket_config config)
{
    struct input *input = input_open_socket(&config, &err);

    ck_assert_msg(input != NULL, "%s", err.text);
    return input;
}

START_TEST(test_geneve_port_taken)
{
    uint16_t port = udp_free_port(), geneve = udp_free_port();
    struct input *other = open_port((struct socket_config){ .port = geneve });
    struct socket_config config = { .port = port, .geneve_port = geneve };
    struct input *input = open_port(config);
    char start[64];

    snprintf(start, sizeof(start), "no GENEVE: port %u is held by ", geneve);
    ck_assert_msg(strstr(input->notice, start) != NULL, "%s", input->notice);
    input_close(input);
    /* as the only one it is an error, and so is none */
    config.port = 0;
    ck_assert_ptr_null(input_open_socket(&config, &err));
    ck_assert_int_eq(err.status, EXIT_RUNTIME);
    config.geneve_port = 0;
    ck_assert_ptr_null(input_open_socket(&config, &err));
    ck_assert_str_eq(err.text, "there is no port to listen on");
    input_close(other);
}
END_TEST

START_TEST(test_port_taken_by_a_program)
{
    uint16_t port = udp_free_port();
    struct socket_config config = { .port = port, .address = _i ? "127.0.0.1" : NULL };
    struct input *other = open_port(config);
    char text[64];

    ck_assert_ptr_null(input_open_socket(&config, &err));
    ck_assert_int_eq(err.status, EXIT_RUNTIME);
    snprintf(text, sizeof(text), "port %u is held by ", port);
    ck_assert_msg(strncmp(err.text, text, strlen(text)) == 0, "%s", err.text);
    snprintf(text, sizeof(text), "(pid %d): stop it, or capture on the interface (-i IF)",
             getpid());
    ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
    input_close(other);
}
END_TEST

START_TEST(test_port_taken_by_the_kernel)
{
    struct socket_config config = { .port = 4789 };
    const char *why;

    if (!netlab_enter(&why)) {
        skip_test("bind test_port_taken_by_the_kernel", why);
        return;
    }
    if (!netlab_ip("link add vx7 type vxlan id 7 local 127.0.0.1 dstport 4789")) {
        netlab_leave();
        skip_test("bind test_port_taken_by_the_kernel", "this kernel has no vxlan devices");
        return;
    }
    ck_assert(netlab_ip("link set vx7 up"));
    ck_assert_ptr_null(input_open_socket(&config, &err));
    ck_assert_int_eq(err.status, EXIT_RUNTIME);
    ck_assert_str_eq(err.text, "port 4789 is held by the kernel's vxlan device vx7: capture on the "
                               "interface (-i IF), or remove the device: sudo ip link del vx7");
    netlab_leave();
}
END_TEST

static const struct {
    const char *address;
    enum exit_status status; /* as for --health */
    const char *text;
} bad_addresses[] = {
    { "192.0.2.77", EXIT_PERMISSION,
      "192.0.2.77 is not an address of this machine: `ip addr` lists them" },
    { "eth0", EXIT_USAGE, "eth0 is not an IPv4 or IPv6 address" },
    { "1.2.3", EXIT_USAGE, "1.2.3 is not an IPv4 or IPv6 address" },
};

START_TEST(test_bad_address)
{
    struct socket_config config = { .address = bad_addresses[_i].address, .port = udp_free_port() };

    ck_assert_ptr_null(input_open_socket(&config, &err));
    ck_assert_int_eq(err.status, bad_addresses[_i].status);
    ck_assert_str_eq(err.text, bad_addresses[_i].text);
}
END_TEST

START_TEST(test_privileged_port)
{
    struct socket_config config = { .port = 789 };
    struct input *input;

    netlab_be_nobody();
    input = input_open_socket(&config, &err);
    netlab_be_root();
    if (input) {
        input_close(input);
        skip_test("bind test_privileged_port", "ports below 1024 need no privilege here");
        return;
    }
    ck_assert_int_eq(err.status, EXIT_PERMISSION);
    ck_assert_msg(strstr(err.text, "sudo setcap cap_net_bind_service+ep /") != NULL, "%s",
                  err.text);
}
END_TEST

/* Nobody may listen; and is told that the kernel holds the buffer down, and the line that helps. */
START_TEST(test_unprivileged)
{
    struct socket_config config = { .port = udp_free_port(), .buffer_bytes = 1 << 29 };
    struct input_health health;
    struct input *input;
    int fd;

    netlab_be_nobody();
    input = input_open_socket(&config, &err);
    netlab_be_root();
    ck_assert_msg(input != NULL, "%s", err.text);
    health = live_health(input);
    ck_assert_uint_gt(health.buffer_bytes, 0);
    if (health.buffer_bytes < config.buffer_bytes)
        ck_assert_msg(strstr(input->notice, "before the start: "
                                            "sudo sysctl -w net.core.rmem_max=536870912") != NULL,
                      "%s", input->notice);
    ck_assert(input->patient == (health.buffer_bytes >= 4 << 20));
    fd = udp_sender("127.0.0.1", config.port);
    udp_send(fd, pattern, 100);
    ck_assert_uint_eq(live_read_all(input), 1);
    close(fd);
    input_close(input);
}
END_TEST

START_TEST(test_without_ipv6)
{
    const char *why;
    struct input *input;
    FILE *setting;
    int fd;

    if (!netlab_enter(&why)) {
        skip_test("bind test_without_ipv6", why);
        return;
    }
    setting = fopen("/proc/sys/net/ipv6/conf/all/disable_ipv6", "we");
    if (setting) {
        fputs("1", setting);
        fclose(setting);
    }
    input = open_port((struct socket_config){ .port = 4789, .geneve_port = 6081 });
    fd = udp_sender("127.0.0.1", 4789);
    udp_send(fd, pattern, 100);
    ck_assert_uint_eq(live_read_all(input), 1);
    close(fd);
    input_close(input);
    netlab_leave();
}
END_TEST

/* ---- drain ----------------------------------------------------------------------------------- */

/* Sends ten datagrams; the errors that came back for them. */
static int refusals(int fd)
{
    int refused = 0;

    for (int i = 0; i < 10; i++) {
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };

        if (send(fd, pattern, 1000, 0) < 0)
            refused += errno == ECONNREFUSED;
        poll(&pollfd, 1, 5);
    }
    return refused;
}

START_TEST(test_drain)
{
    struct socket_config config = { .port = udp_free_port() };
    int fd = udp_sender(_i ? "::1" : "127.0.0.1", config.port), drain;
    char why[INPUT_TEXT];
    uint8_t byte;

    ck_assert_int_gt(refusals(fd), 0);
    (void)refusals(fd); /* those that are on their way */
    drain = input_open_drain(&config, why, sizeof(why));
    ck_assert_msg(drain >= 0, "%s", why);
    send(fd, pattern, 1, 0); /* takes the last error */
    ck_assert_int_eq(refusals(fd), 0);
    ck_assert_int_lt(recv(drain, &byte, 1, MSG_DONTWAIT), 0);
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_eq(input_open_drain(&config, why, sizeof(why)), -1);
    ck_assert_msg(strstr(why, " is held by ") != NULL, "%s", why);
    close(drain);
    close(fd);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *make_bind_suite(void)
{
    Suite *suite = suite_create("bind");
    TCase *tcase = tcase_create("opening");

    tcase_add_test(tcase, test_geneve_port_taken);
    tcase_add_loop_test(tcase, test_port_taken_by_a_program, 0, 2);
    tcase_add_test(tcase, test_port_taken_by_the_kernel);
    tcase_add_loop_test(tcase, test_bad_address, 0, COUNT(bad_addresses));
    tcase_add_test(tcase, test_privileged_port);
    tcase_add_test(tcase, test_unprivileged);
    tcase_add_test(tcase, test_without_ipv6);
    tcase_add_loop_test(tcase, test_drain, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
