/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../decode/cursor.h"
#include "../../src/input/live.h"
#include "../../src/record.h"
#include "../support/framebuild.h"
#include "../support/skip.h"
#include "../support/udp.h"

enum { DATAGRAM_MAX = 65507, PLAIN_MAX = 9216 };

static struct err err;
static uint8_t pattern[DATAGRAM_MAX];
static struct frame frames[INPUT_BATCH];

static void setup(void)
{
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(i * 7 + i / 251);
}

/* ---- helpers --------------------------------------------------------------------------------- */

static struct input *open_port(struct socket_config config)
{
    struct input *input = input_open_socket(&config, &err);

    ck_assert_msg(input != NULL, "%s", err.text);
    return input;
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- one datagram ---------------------------------------------------------------------------- */

static const size_t sizes[] = { 0,    1,    8,    50,   1400,      1999,          2000,
                                2001, 2019, 2020, 2021, PLAIN_MAX, PLAIN_MAX + 1, DATAGRAM_MAX };

static const struct {
    const char *bound, *to;
    bool is_v4;
} ways[] = {
    { NULL, "127.0.0.1", true },
    { NULL, "::1", false },
    { "127.0.0.1", "127.0.0.1", true },
    { "::1", "::1", false },
};

static void check_header(const struct frame *frame, const char *from, const char *to,
                         uint16_t from_port, uint16_t port, size_t size)
{
    const uint8_t *h = frame->data;
    uint8_t address[16];
    uint32_t sum = 0;

    if (h[0] == 0x45) {
        for (size_t i = 0; i < 20; i += 2)
            sum += be16(h + i);
        ck_assert_uint_eq((sum & 0xffff) + (sum >> 16), 0xffff);
        ck_assert_uint_eq(be16(h + 2), 28 + size);
        ck_assert_uint_eq(h[9], 17);
        ck_assert_int_eq(inet_pton(AF_INET, from, address), 1);
        ck_assert_mem_eq(h + 12, address, 4);
        ck_assert_int_eq(inet_pton(AF_INET, to, address), 1);
        ck_assert_mem_eq(h + 16, address, 4);
        h += 20;
    } else {
        ck_assert_uint_eq(h[0], 0x60);
        ck_assert_uint_eq(be16(h + 4), 8 + size);
        ck_assert_uint_eq(h[6], 17);
        ck_assert_int_eq(inet_pton(AF_INET6, from, address), 1);
        ck_assert_mem_eq(h + 8, address, 16);
        ck_assert_int_eq(inet_pton(AF_INET6, to, address), 1);
        ck_assert_mem_eq(h + 24, address, 16);
        h += 40;
    }
    ck_assert_uint_eq(be16(h), from_port);
    ck_assert_uint_eq(be16(h + 2), port);
    ck_assert_uint_eq(be16(h + 4), 8 + size);
    ck_assert_uint_eq(be16(h + 6), 0);
}

START_TEST(test_every_size_and_way)
{
    uint16_t port = udp_free_port();
    const char *any = ways[_i / 2].is_v4 ? "0.0.0.0" : "::";
    struct input *input = open_port(
        (struct socket_config){ .address = ways[_i / 2].bound, .port = port, .separate = _i % 2 });
    int fd = udp_sender(ways[_i / 2].to, port);
    size_t header = ways[_i / 2].is_v4 ? 28 : 48;
    uint64_t oversize = 0, bytes = 0;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t size = sizes[i], kept = header + size < INPUT_KEEP ? header + size : INPUT_KEEP;
        uint64_t before = now_ns();

        udp_send(fd, pattern, size);
        ck_assert_uint_eq(live_read(input, frames, INPUT_BATCH), 1);
        ck_assert_uint_eq(frames[0].link, LINK_RAW);
        ck_assert_uint_eq(frames[0].wire, header + size);
        ck_assert_uint_eq(frames[0].captured, kept);
        ck_assert_uint_eq(frames[0].unkept, header + size - kept);
        ck_assert_mem_eq(frames[0].data + header, pattern, kept - header);
        ck_assert_uint_ge(frames[0].ts_ns, before);
        ck_assert_uint_le(frames[0].ts_ns, now_ns());
        check_header(&frames[0], ways[_i / 2].to, ways[_i / 2].bound ? ways[_i / 2].bound : any,
                     udp_own_port(fd), port, size);
        oversize += _i % 2 && size > PLAIN_MAX;
        bytes += size;
    }
    ck_assert_uint_eq(live_health(input).oversize, oversize);
    ck_assert_uint_eq(live_health(input).kernel_drops, 0);
    ck_assert_uint_eq(live_health(input).interface_drops, VALUE_UNKNOWN);
    ck_assert_uint_eq(input->position_bytes, bytes);
    close(fd);
    input_close(input);
}
END_TEST

/* What decode makes of it is what it would make of a capture on the wire. */
START_TEST(test_decodes)
{
    struct decode_config config = { .vxlan_ports = { udp_free_port() } };
    struct input *input = open_port((struct socket_config){ .port = config.vxlan_ports[0] });
    static const uint8_t outer_v4[4] = { 127, 0, 0, 1 };
    static const size_t payloads[] = { 0, 100, 1400, 3000, 8900 };
    int fd = udp_sender("127.0.0.1", config.vxlan_ports[0]);
    struct packet packet;
    static struct fb fb;

    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        fb_init(&fb);
        fb_payload(&fb, NULL, payloads[i]);
        fb_udp(&fb, 1000, 2000);
        fb_ipv4(&fb, "10.1.0.1", "10.1.0.2", 17, 1, 0);
        fb_eth(&fb, "02:00:00:00:00:01", "02:00:00:00:00:02", 0x0800);
        fb_vxlan(&fb, 4321);
        udp_send(fd, fb_data(&fb), fb.len);
        ck_assert_uint_eq(live_read(input, frames, INPUT_BATCH), 1);
        decode_frame(&config, frames[0].link, frames[0].data, frames[0].captured, frames[0].unkept,
                     frames[0].wire, &packet);
        ck_assert_int_eq(packet.outcome, DECODE_OK);
        ck_assert_uint_eq(packet.vni, 4321);
        ck_assert_uint_eq(packet.src_port, 1000);
        ck_assert_uint_eq(packet.outer_src.family, 4);
        ck_assert_mem_eq(packet.outer_src.bytes, outer_v4, 4);
    }
    close(fd);
    input_close(input);
}
END_TEST

/* ---- merged datagrams ------------------------------------------------------------------------ */

static const struct {
    uint16_t segment;
    size_t total;
    size_t max; /* frames a read */
} merges[] = {
    { 1400, 1400 * 40, 64 },
    { 1400, 1400 * 40, 7 },
    { 1400, 1400 * 39 + 1, 1 },
    { 100, 6400, 64 },
    { 1, 60, 64 },
    { 2020, 2020 * 30, 13 },
    { 2500, 2500 * 20 + 60, 64 },
    { 9000, 63000, 3 },
};

START_TEST(test_merged)
{
    enum { MESSAGES = 5 };
    uint16_t port = udp_free_port();
    struct input *input = open_port((struct socket_config){ .port = port });
    int fd = udp_sender(_i % 2 ? "::1" : "127.0.0.1", port), segment = merges[_i].segment;
    size_t header = _i % 2 ? 48 : 28, at = 0, count, seen = 0;
    size_t expected = MESSAGES * ((merges[_i].total + segment - 1) / segment);

    if (!udp_segment(fd, segment)) {
        skip_test("socket test_merged", "this kernel cannot send segments (UDP_SEGMENT)");
        return;
    }
    for (int i = 0; i < MESSAGES; i++)
        udp_send(fd, pattern, merges[_i].total);
    while (seen < expected) {
        count = live_read(input, frames, merges[_i].max);
        ck_assert_uint_gt(count, 0);
        for (size_t i = 0; i < count; i++) {
            size_t rest = merges[_i].total - at;
            size_t size = rest < merges[_i].segment ? rest : merges[_i].segment;
            size_t kept = header + size < INPUT_KEEP ? header + size : INPUT_KEEP;

            ck_assert_uint_eq(frames[i].wire, header + size);
            ck_assert_uint_eq(frames[i].captured, kept);
            ck_assert_uint_eq(frames[i].unkept, header + size - kept);
            ck_assert_mem_eq(frames[i].data + header, pattern + at, kept - header);
            ck_assert_uint_eq(be16(frames[i].data + header - 4), 8 + size);
            at = at + size == merges[_i].total ? 0 : at + size;
            seen++;
        }
    }
    ck_assert_uint_eq(seen + live_read_all(input), expected);
    ck_assert_uint_eq(at, 0);
    ck_assert_uint_eq(live_health(input).oversize, 0);
    close(fd);
    input_close(input);
}
END_TEST

/* ---- losses ---------------------------------------------------------------------------------- */

static const struct {
    bool separate;
    int segment;
} losses[] = { { false, 0 }, { true, 0 }, { true, 1000 } };

START_TEST(test_drops_are_counted)
{
    enum { SENDS = 400, SEGMENTS = 20 };
    uint16_t port = udp_free_port();
    struct input *input = open_port((struct socket_config){
        .port = port, .buffer_bytes = 100000, .separate = losses[_i].separate });
    int fd = udp_sender("127.0.0.1", port), segment = losses[_i].segment;
    uint64_t sent = 0, got = 0, stalled;

    if (segment && !udp_segment(fd, segment)) {
        skip_test("socket test_drops_are_counted", "this kernel cannot send segments");
        return;
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < SENDS; i++) {
            udp_send(fd, pattern, segment ? (size_t)segment * SEGMENTS : 1000);
            sent += segment ? SEGMENTS : 1;
        }
        /* the reader stands still: nothing has come that could have told */
        stalled = live_health(input).kernel_drops;
        ck_assert_uint_gt(stalled, 0);
        got += live_read_all(input);
        ck_assert_uint_eq(got + stalled, sent);
        ck_assert_uint_eq(live_health(input).kernel_drops, stalled);
        ck_assert(!live_health(input).estimated);
    }
    close(fd);
    input_close(input);
}
END_TEST

/* The kernel counts a merged message as one: the figure is an estimate, and says so. */
START_TEST(test_merged_drops_are_estimated)
{
    enum { SENDS = 100, SEGMENTS = 40 };
    uint16_t port = udp_free_port();
    struct input *input = open_port((struct socket_config){ .port = port, .buffer_bytes = 400000 });
    int fd = udp_sender("127.0.0.1", port), segment = 1000;
    struct input_health health;
    uint64_t got;

    if (!udp_segment(fd, segment)) {
        skip_test("socket test_merged_drops_are_estimated", "this kernel cannot send segments");
        return;
    }
    for (int i = 0; i < SENDS; i++)
        udp_send(fd, pattern, (size_t)segment * SEGMENTS);
    got = live_read_all(input);
    health = live_health(input);
    ck_assert_uint_gt(health.kernel_drops, 0);
    ck_assert_uint_eq(got + health.kernel_drops, SENDS * SEGMENTS);
    ck_assert(health.estimated == (got < SENDS * SEGMENTS));
    close(fd);
    input_close(input);
}
END_TEST

START_TEST(test_counter_wraps)
{
    struct live_counter counter = { 0 };

    live_count(&counter, 5);
    live_count(&counter, 5);
    live_count(&counter, 3); /* an older reading */
    ck_assert_uint_eq(counter.total, 5);
    live_count(&counter, UINT32_MAX / 2);
    live_count(&counter, UINT32_MAX - 1);
    live_count(&counter, 7);
    ck_assert_uint_eq(counter.total, UINT64_C(0x100000007));
    live_count(&counter, UINT32_MAX);
    ck_assert_uint_eq(counter.total, UINT64_C(0x100000007));
}
END_TEST

/* ---- two ports ------------------------------------------------------------------------------- */

START_TEST(test_two_ports)
{
    uint16_t port = udp_free_port(), geneve = udp_free_port();
    struct input *input = open_port((struct socket_config){ .port = port, .geneve_port = geneve });
    struct pollfd pollfd = { .fd = input_fd(input), .events = POLLIN };
    int fd = udp_sender("127.0.0.1", port), geneve_fd = udp_sender("127.0.0.1", geneve);
    size_t seen[2] = { 0, 0 }, count;
    char text[64];

    snprintf(text, sizeof(text), "UDP port %u and %u", port, geneve);
    ck_assert_str_eq(input->source, text);
    ck_assert_int_eq(poll(&pollfd, 1, 0), 0);
    ck_assert_uint_eq(live_read_all(input), 0);
    udp_send(geneve_fd, pattern, 10);
    ck_assert_int_eq(poll(&pollfd, 1, 1000), 1);
    ck_assert_uint_eq(live_read(input, frames, INPUT_BATCH), 1);
    ck_assert_uint_eq(be16(frames[0].data + 22), geneve);
    /* the busy port does not starve the other */
    for (int i = 0; i < 20 * INPUT_BATCH; i++)
        udp_send(fd, pattern, 10);
    udp_send(geneve_fd, pattern, 10);
    for (int i = 0; i < 10; i++) {
        count = live_read(input, frames, INPUT_BATCH);
        for (size_t n = 0; n < count; n++)
            seen[be16(frames[n].data + 22) == geneve]++;
    }
    ck_assert_uint_eq(seen[1], 1);
    ck_assert_uint_eq(seen[0] + live_read_all(input), 20 * INPUT_BATCH);
    close(fd);
    close(geneve_fd);
    input_close(input);
}
END_TEST

/* All of them are read, also while each has more than a batch; one that is taken is said. */
START_TEST(test_more_ports)
{
    struct socket_config config = { .port = udp_free_port(), .separate = true };
    uint64_t seen[DECODE_MAX_PORTS] = { 0 };
    struct input *taken, *input;
    size_t count;
    char text[96];

    config.more_ports[0] = udp_free_port();
    config.more_ports[2] = udp_free_port();
    config.more_ports[3] = udp_free_port();
    taken = open_port((struct socket_config){ .port = config.more_ports[3] });
    input = open_port(config);
    snprintf(text, sizeof(text), "UDP port %u, %u and %u", config.port, config.more_ports[0],
             config.more_ports[2]);
    ck_assert_str_eq(input->source, text);
    snprintf(text, sizeof(text), "nothing of port %u: port %u is held by ", config.more_ports[3],
             config.more_ports[3]);
    ck_assert_msg(strstr(input->notice, text) != NULL, "%s", input->notice);
    config.more_ports[1] = config.port;
    for (int at = 0; at < 3; at++) {
        int fd = udp_sender("127.0.0.1", config.more_ports[at]);

        for (int i = 0; i < 12 * INPUT_BATCH; i++)
            udp_send(fd, pattern, 10);
        close(fd);
    }
    for (int reads = 0; reads < 24; reads++) { /* of 36 */
        count = live_read(input, frames, INPUT_BATCH);
        for (size_t n = 0; n < count; n++)
            for (int at = 0; at < 3; at++)
                seen[at] += be16(frames[n].data + 22) == config.more_ports[at];
    }
    for (int at = 0; at < 3; at++)
        ck_assert_uint_gt(seen[at], INPUT_BATCH);
    ck_assert_uint_eq(seen[0] + seen[1] + seen[2] + live_read_all(input), 36 * INPUT_BATCH);
    input_close(input);
    input_close(taken);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *make_socket_suite(void);
Suite *make_socket_suite(void)
{
    Suite *suite = suite_create("socket");
    TCase *tcase = tcase_create("datagrams");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, test_every_size_and_way, 0, 2 * COUNT(ways));
    tcase_add_test(tcase, test_decodes);
    tcase_add_loop_test(tcase, test_merged, 0, COUNT(merges));
    tcase_add_test(tcase, test_two_ports);
    tcase_add_test(tcase, test_more_ports);
    suite_add_tcase(suite, tcase);

    tcase = tcase_create("losses");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, test_drops_are_counted, 0, COUNT(losses));
    tcase_add_test(tcase, test_merged_drops_are_estimated);
    tcase_add_test(tcase, test_counter_wraps);
    suite_add_tcase(suite, tcase);

    return suite;
}
