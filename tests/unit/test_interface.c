/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../src/input/device.h"
#include "../../src/record.h"
#include "../support/framebuild.h"
#include "../support/netlab.h"
#include "../support/skip.h"
#include "../support/udp.h"

Suite *make_interface_suite(void);

static struct err err;
static struct frame frames[INPUT_BATCH];
static struct fb fb;

/* ---- the kernel's filter --------------------------------------------------------------------- */

static const struct {
    struct decode_config config;
    const char *plain, *vlan;
} filters[] = {
    { { .vxlan_ports = { 4789 }, .geneve_port = 6081 },
      "udp dst port 4789 or udp dst port 6081",
      "(udp dst port 4789 or udp dst port 6081) or (vlan and (udp dst port 4789 or udp dst port "
      "6081))" },
    { { .vxlan_ports = { 0, 8472 } },
      "udp dst port 8472",
      "(udp dst port 8472) or (vlan and (udp dst port 8472))" },
    { { .geneve_port = 0 }, "", "" },
    { { .vxlan_ports = { 65531, 65532, 65533, 65534 }, .geneve_port = 65535 },
      "udp dst port 65531 or udp dst port 65532 or udp dst port 65533 or udp dst port 65534 or udp "
      "dst port 65535",
      NULL },
};

START_TEST(test_filter_text)
{
    char text[DEVICE_FILTER];

    device_filter(&filters[_i].config, false, text);
    ck_assert_str_eq(text, filters[_i].plain);
    device_filter(&filters[_i].config, true, text);
    if (filters[_i].vlan)
        ck_assert_str_eq(text, filters[_i].vlan);
    else
        ck_assert_int_eq(text[strlen(text) - 1], ')'); /* nothing was cut off */
}
END_TEST

/* A mirrored frame of `payload` bytes to `port`; vid: behind a VLAN tag. */
static void build(const char *outer, uint16_t port, uint16_t vid, size_t payload)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, payload);
    fb_udp(&fb, 1000, 2000);
    fb_ipv4(&fb, "10.1.0.1", "10.1.0.2", 17, 1, 0);
    fb_eth(&fb, "02:00:00:00:00:01", "02:00:00:00:00:02", 0x0800);
    fb_vxlan(&fb, 77);
    fb_udp(&fb, 65500, port);
    if (strchr(outer, ':'))
        fb_ipv6(&fb, outer, "fd00::9", 17);
    else
        fb_ipv4(&fb, outer, "10.0.9.9", 17, 1, 0);
    if (vid)
        fb_vlan(&fb, strchr(outer, ':') ? 0x86dd : 0x0800, vid);
    fb_eth(&fb, "02:00:00:00:00:0a", "02:00:00:00:00:0b",
           vid                  ? 0x8100
           : strchr(outer, ':') ? 0x86dd
                                : 0x0800);
}

static const struct {
    const char *outer;
    uint16_t port, vid;
    bool passes;
} shapes[] = {
    { "10.0.0.1", 4789, 0, true },   { "fd00::1", 4789, 0, true },  { "10.0.0.1", 6081, 0, true },
    { "10.0.0.1", 4789, 5, true },   { "fd00::1", 6081, 5, true },  { "10.0.0.1", 53, 0, false },
    { "10.0.0.1", 65500, 0, false }, { "fd00::1", 4790, 5, false },
};

START_TEST(test_filter_matches)
{
    pcap_t *pcap = pcap_open_dead(DLT_EN10MB, INPUT_KEEP);
    struct pcap_pkthdr header = { .caplen = 0 };
    struct bpf_program program;
    char text[DEVICE_FILTER];

    device_filter(&decode_config_default, true, text);
    ck_assert_int_eq(pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN), 0);
    build(shapes[_i].outer, shapes[_i].port, shapes[_i].vid, 100);
    header.caplen = header.len = (bpf_u_int32)fb.len;
    ck_assert_int_eq(pcap_offline_filter(&program, &header, fb_data(&fb)) != 0, shapes[_i].passes);
    pcap_freecode(&program);
    pcap_close(pcap);
}
END_TEST

/* ---- without a network of one's own ---------------------------------------------------------- */

START_TEST(test_no_permission)
{
    struct interface_config config = { .name = "lo", .decode = &decode_config_default };
    struct input *input;
    char path[512] = "", text[600];

    ck_assert_int_gt(readlink("/proc/self/exe", path, sizeof(path) - 1), 0);
    netlab_be_nobody();
    input = input_open_interface(&config, &err);
    netlab_be_root();
    if (input) {
        input_close(input);
        skip_test("interface test_no_permission", "this user may capture");
        return;
    }
    ck_assert_int_eq(err.status, EXIT_PERMISSION);
    snprintf(text, sizeof(text), "no permission to capture on lo: sudo setcap cap_net_raw+ep %s",
             path);
    ck_assert_int_eq(strncmp(err.text, text, 200), 0);
}
END_TEST

START_TEST(test_list)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_msg(input_list_interfaces(out, &err), "%s", err.text);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_msg(strstr(text, "lo              up   127.0.0.1") != NULL, "%s", text);
    ck_assert_ptr_null(strstr(text, "usbmon"));
    free(text);
}
END_TEST

/* ---- a pair of devices ----------------------------------------------------------------------- */

static int wire; /* what is sent here arrives at mt1 */

/* False: not here, and it has been said for this test. */
static bool lab_open(const char *test)
{
    char name[64];
    const char *why;

    snprintf(name, sizeof(name), "interface %s", test);
    if (!netlab_enter(&why)) {
        skip_test(name, why);
        return false;
    }
    if (!netlab_ip("link add mt0 mtu 9100 type veth peer name mt1 mtu 9100")) {
        netlab_leave();
        skip_test(name, "this kernel has no veth devices");
        return false;
    }
    ck_assert(netlab_ip("link set mt0 up"));
    ck_assert(netlab_ip("link set mt1 up"));
    ck_assert(netlab_wait("mt0", "UP"));
    ck_assert(netlab_wait("mt1", "UP"));
    wire = netlab_open("mt0");
    return true;
}

static void lab_close(void)
{
    close(wire);
    netlab_leave();
}

static struct input *open_device(bool all, bool promiscuous)
{
    struct interface_config config = {
        .name = "mt1", .decode = &decode_config_default, .all = all, .promiscuous = promiscuous
    };
    struct input *input = input_open_interface(&config, &err);

    ck_assert_msg(input != NULL, "%s", err.text);
    return input;
}

static void transmit(void)
{
    ck_assert_int_eq(send(wire, fb_data(&fb), fb.len, 0), (ssize_t)fb.len);
}

static void check_frame(const struct frame *frame)
{
    size_t kept = fb.len < INPUT_KEEP ? fb.len : INPUT_KEEP;

    ck_assert_uint_eq(frame->link, LINK_ETHERNET);
    ck_assert_uint_eq(frame->wire, fb.len);
    ck_assert_uint_eq(frame->captured, kept);
    ck_assert_uint_eq(frame->unkept, fb.len - kept);
    ck_assert_mem_eq(frame->data, fb_data(&fb), kept);
}

START_TEST(test_frames)
{
    static const size_t payloads[] = { 0, 1, 100, 1400, 1930, 1960, 3000, 8900 };
    struct packet packet;
    struct input *input;
    time_t before = time(NULL);

    if (!lab_open("test_frames"))
        return;
    input = open_device(false, false);
    ck_assert_str_eq(input->source, "mt1");
    ck_assert_str_eq(input->notice, "");
    ck_assert_uint_ge(live_health(input).buffer_bytes, 4 << 20);
    ck_assert(input->patient);
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        for (size_t n = 0; n < sizeof(shapes) / sizeof(shapes[0]); n++) {
            build(shapes[n].outer, shapes[n].port, shapes[n].vid, payloads[i]);
            transmit();
            if (!shapes[n].passes)
                continue;
            ck_assert_uint_eq(live_read(input, frames, INPUT_BATCH), 1);
            check_frame(&frames[0]);
            ck_assert_uint_ge(frames[0].ts_ns / 1000000000, before);
            ck_assert_uint_le(frames[0].ts_ns / 1000000000, time(NULL));
            decode_frame(&decode_config_default, frames[0].link, frames[0].data, frames[0].captured,
                         frames[0].unkept, frames[0].wire, &packet);
            if (shapes[n].port == 4789) {
                ck_assert_int_eq(packet.outcome, DECODE_OK);
                ck_assert_uint_eq(packet.vni, 77);
            }
        }
    }
    ck_assert_uint_eq(live_read_all(input), 0);
    input_close(input);
    lab_close();
}
END_TEST

/* Without a filter all pass, and the kernel shortens them all the same. */
START_TEST(test_all_frames)
{
    struct input *input;

    if (!lab_open("test_all_frames"))
        return;
    input = open_device(true, false);
    live_read_all(input); /* what the kernel itself says on a new device */
    for (size_t n = 0; n < sizeof(shapes) / sizeof(shapes[0]); n++) {
        build(shapes[n].outer, shapes[n].port, shapes[n].vid, 5000);
        transmit();
        do
            ck_assert_uint_eq(live_read(input, frames, 1), 1);
        while (frames[0].wire != fb.len);
        check_frame(&frames[0]);
    }
    input_close(input);
    lab_close();
}
END_TEST

/* Every frame of the loopback device passes it twice; it is one. While a drain is bound to the
 * port, it is not refused. */
START_TEST(test_loopback_and_drain)
{
    struct interface_config config = { .name = _i ? "any" : "lo",
                                       .decode = &decode_config_default };
    struct socket_config drain = { .port = 4789 };
    char why[INPUT_TEXT];
    struct input *input;
    int fds[2];

    if (!lab_open("test_loopback_and_drain"))
        return;
    input = input_open_interface(&config, &err);
    ck_assert_msg(input != NULL, "%s", err.text);
    fds[0] = input_open_drain(&drain, why, sizeof(why));
    ck_assert_msg(fds[0] >= 0, "%s", why);
    fds[1] = udp_sender("127.0.0.1", 4789);
    for (int i = 0; i < 50; i++)
        udp_send(fds[1], fb.space, 100);
    ck_assert_uint_eq(live_read(input, frames, 1), 1);
    ck_assert_uint_eq(frames[0].link, _i ? LINK_LINUX_SLL : LINK_ETHERNET);
    ck_assert_uint_eq(frames[0].wire, (_i ? 16 : 14) + 28 + 100);
    ck_assert_uint_eq(live_read_all(input), 49);
    ck_assert_str_eq(live_health(input).trouble, "");
    ck_assert_uint_eq(live_health(input).interface_drops, _i ? VALUE_UNKNOWN : 0);
    close(fds[0]);
    close(fds[1]);
    input_close(input);
    lab_close();
}
END_TEST

/* A batch holds frames of several blocks of the ring, each as it was sent. */
START_TEST(test_exact)
{
    enum { FRAMES = 20000 };
    struct input *input;
    uint64_t got = 0;
    size_t count, number = 0;

    if (!lab_open("test_exact"))
        return;
    input = open_device(false, false);
    while (number < FRAMES) {
        for (size_t i = 0; i < 1000; i++, number++) {
            build("10.0.0.1", 4789, 0, 40 + number % 1800);
            memcpy(fb_data(&fb) + 64, &number, sizeof(number));
            transmit();
        }
        while (got < number) {
            count = live_read(input, frames, 1 + number / 1000 * 3);
            ck_assert_uint_gt(count, 0);
            for (size_t i = 0; i < count; i++, got++) {
                size_t seen;

                memcpy(&seen, frames[i].data + 64, sizeof(seen));
                ck_assert_uint_eq(seen, got);
                ck_assert_uint_eq(frames[i].wire, 14 + 28 + 8 + 14 + 28 + 40 + got % 1800);
            }
        }
    }
    ck_assert_uint_eq(got, FRAMES);
    ck_assert_uint_eq(live_health(input).kernel_drops, 0);
    ck_assert_uint_eq(live_health(input).interface_drops, 0);
    input_close(input);
    lab_close();
}
END_TEST

/* The reader stands still until the ring is full. */
START_TEST(test_drops_are_counted)
{
    enum { FRAMES = 25000 };
    struct input *input;
    uint64_t got = 0, drops;

    if (!lab_open("test_drops_are_counted"))
        return;
    input = open_device(false, false);
    build("10.0.0.1", 4789, 0, 2500);
    for (int round = 1; round <= 2; round++) {
        for (int i = 0; i < FRAMES; i++)
            transmit();
        drops = live_health(input).kernel_drops;
        ck_assert_uint_gt(drops, 0);
        got += live_read_all(input);
        ck_assert_uint_eq(got + drops, FRAMES * round);
        ck_assert_uint_eq(live_health(input).kernel_drops, drops);
    }
    input_close(input);
    lab_close();
}
END_TEST

/* ---- a device that comes and goes ------------------------------------------------------------ */

/* Reads as nobody, who has no capability: as after the sandbox has been entered. */
static uint64_t read_as_nobody(struct input *input)
{
    uint64_t count;

    netlab_be_nobody();
    count = live_read_all(input);
    netlab_be_root();
    return count;
}

static void expect(struct input *input, const char *trouble)
{
    ck_assert_uint_eq(read_as_nobody(input), 0);
    ck_assert_str_eq(live_health(input).trouble, trouble);
}

static void expect_frames(struct input *input)
{
    for (int i = 0; i < 100; i++)
        transmit();
    ck_assert_uint_eq(read_as_nobody(input), 100);
    ck_assert_str_eq(live_health(input).trouble, "");
}

START_TEST(test_down_and_up)
{
    struct input *input;

    if (!lab_open("test_down_and_up"))
        return;
    input = open_device(false, false);
    build("10.0.0.1", 4789, 0, 100);
    expect_frames(input);
    ck_assert(netlab_ip("link set mt1 down"));
    expect(input, "mt1 is down: waiting (sudo ip link set mt1 up)");
    ck_assert(netlab_ip("link set mt1 up"));
    ck_assert(netlab_wait("mt0", "UP"));
    expect_frames(input);
    ck_assert(netlab_ip("link set mt0 down"));
    ck_assert(netlab_wait("mt1", "LOWERLAYERDOWN"));
    expect(input, "mt1 has no carrier: waiting for the other end");
    ck_assert(netlab_ip("link set mt0 up"));
    ck_assert(netlab_wait("mt0", "UP"));
    ck_assert(netlab_wait("mt1", "UP"));
    expect_frames(input);
    input_close(input);
    lab_close();
}
END_TEST

static const char *const again[] = {
    "link add mt0 type veth peer name mt1",
    "link add mt0 index 400 type veth peer name mt1 index 401",
};

START_TEST(test_deleted_and_made_again)
{
    struct input *input;

    if (!lab_open("test_deleted_and_made_again"))
        return;
    input = open_device(false, _i == 1);
    build("10.0.0.1", 4789, 0, 100);
    for (int turn = 0; turn < 3; turn++) {
        expect_frames(input);
        if (turn == 1) {
            ck_assert(netlab_ip("link set mt1 down"));
            expect(input, "mt1 is down: waiting (sudo ip link set mt1 up)");
        }
        /* frames that are in the ring are not lost with the device */
        for (int i = 0; turn == 0 && i < 10; i++)
            transmit();
        ck_assert(netlab_ip("link del mt1"));
        if (turn < 2) {
            ck_assert_uint_eq(read_as_nobody(input), turn == 0 ? 10 : 0);
            expect(input, "mt1 is gone: waiting for it");
        } /* else it is back before anybody has looked */
        close(wire);
        ck_assert(netlab_ip(again[_i]));
        if (turn < 2)
            expect(input, "mt1 is down: waiting (sudo ip link set mt1 up)");
        ck_assert(netlab_ip("link set mt0 up"));
        ck_assert(netlab_ip("link set mt1 up"));
        ck_assert(netlab_wait("mt0", "UP"));
        ck_assert(netlab_wait("mt1", "UP"));
        wire = netlab_open("mt0");
        expect(input, "");
        ck_assert(netlab_ip_says("-d link show mt1", _i ? "promiscuity 1" : "promiscuity 0"));
    }
    expect_frames(input);
    ck_assert_uint_eq(live_health(input).kernel_drops, 0);
    input_close(input);
    lab_close();
}
END_TEST

START_TEST(test_another_kind_of_device)
{
    struct input *input;

    if (!lab_open("test_another_kind_of_device"))
        return;
    input = open_device(false, false);
    ck_assert(netlab_ip("link del mt1"));
    expect(input, "mt1 is gone: waiting for it");
    if (netlab_ip("tuntap add mode tun name mt1")) {
        expect(input, "mt1 is another kind of device now: start mirrortop again");
        ck_assert(netlab_ip("link del mt1"));
        expect(input, "mt1 is gone: waiting for it");
    } else {
        skip_test("interface test_another_kind_of_device", "this kernel has no tun devices");
    }
    input_close(input);
    lab_close();
}
END_TEST

static const struct {
    const char *name, *text;
} refusals[] = {
    { "mt7", "there is no interface mt7: choose from mt1, mt0, any, lo" },
    { "a-name-that-is-too-long", NULL },
    { "mt1", "interface mt1 is down: sudo ip link set mt1 up" },
};

START_TEST(test_refused)
{
    struct interface_config config = { .name = refusals[_i].name,
                                       .decode = &decode_config_default };

    if (!lab_open("test_refused"))
        return;
    ck_assert(netlab_ip("link set mt1 down"));
    ck_assert_ptr_null(input_open_interface(&config, &err));
    ck_assert_int_eq(err.status, EXIT_PERMISSION);
    if (refusals[_i].text)
        ck_assert_msg(strncmp(err.text, refusals[_i].text, 36) == 0, "%s", err.text);
    lab_close();
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *make_interface_suite(void)
{
    Suite *suite = suite_create("interface");
    TCase *tcase = tcase_create("anyone");

    tcase_add_loop_test(tcase, test_filter_text, 0, COUNT(filters));
    tcase_add_loop_test(tcase, test_filter_matches, 0, COUNT(shapes));
    tcase_add_test(tcase, test_no_permission);
    tcase_add_test(tcase, test_list);
    suite_add_tcase(suite, tcase);

    tcase = tcase_create("devices");
    tcase_add_test(tcase, test_frames);
    tcase_add_test(tcase, test_all_frames);
    tcase_add_loop_test(tcase, test_loopback_and_drain, 0, 2);
    tcase_add_test(tcase, test_exact);
    tcase_add_test(tcase, test_drops_are_counted);
    tcase_add_test(tcase, test_down_and_up);
    tcase_add_loop_test(tcase, test_deleted_and_made_again, 0, COUNT(again));
    tcase_add_test(tcase, test_another_kind_of_device);
    tcase_add_loop_test(tcase, test_refused, 0, COUNT(refusals));
    suite_add_tcase(suite, tcase);
    return suite;
}
