/* SPDX-License-Identifier: MIT */
/*
 * sender: a traffic mirror that sends as fast as it is told to, and says exactly what it sent.
 *
 * usage: sender [OPTION...] ADDRESS pcap FILE | flows | syns | garbage
 *   --rate=N     datagrams a second (default: as fast as it goes)
 *   --count=N    how many (default: until --seconds)
 *   --seconds=S  how long (default 1, when there is no --count)
 *   --size=N     bytes of each datagram (see support/datagrams.h)
 *   --new-flows=N  connections opened a second (flows; needs --rate)
 *   --seed=N
 *
 * Datagrams leave from ports 65408 to 65535, as those of a VPC do, one port for each run of them.
 * UDP segmentation (UDP_SEGMENT) takes a run of equal ones through the stack at once: twice the
 * rate of sendmmsg(). A link whose gso_max_segs is 1 carries them one by one, as a wire would.
 *
 * Prints one name and number a line: packets, bytes (payload of UDP), inner_bytes, flows, seconds,
 * rate, late_ms (how far it fell behind --rate at worst). Exits 1 when something was not sent.
 */
#include "../support/datagrams.h"
#include "../support/random.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
    PORT = 4789,
    FIRST_PORT = 65408,
    PORTS = 128,
    SEND_BUFFER = 4 << 20,
    /* Ahead of time by less than this, it spins: sleeping is not that exact. */
    SPIN_NS = 60000,
};

struct sender {
    struct datagrams_config what;
    struct sockaddr_in to;
    uint64_t rate, count;
    double seconds;
    uint32_t new_flows;
    int sockets[PORTS];
    uint64_t random;
    uint64_t packets, bytes, inner_bytes, opened;
    uint64_t late_ns;
};

static void die(const char *what)
{
    fprintf(stderr, "sender: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void usage(void)
{
    fprintf(stderr, "usage: sender [--rate=N] [--count=N] [--seconds=S] [--size=N] [--new-flows=N] "
                    "[--seed=N] ADDRESS pcap FILE | flows | syns | garbage\n");
    exit(2);
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void open_sockets(struct sender *s)
{
    for (int i = 0; i < PORTS; i++) {
        struct sockaddr_in from = { .sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)(FIRST_PORT + i)) };
        int size = SEND_BUFFER;

        s->sockets[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (s->sockets[i] < 0 || bind(s->sockets[i], (const struct sockaddr *)&from, sizeof from))
            die("cannot bind a source port");
        setsockopt(s->sockets[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
}

/* One run through a socket. Not connected: an ICMP error must not cost the next datagram. */
static void send_run(struct sender *s, const struct datagrams_run *run)
{
    int fd = s->sockets[random_below(&s->random, PORTS)];
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr align;
    } control = { .bytes = { 0 } };
    struct iovec iov = { .iov_base = (void *)(uintptr_t)run->data,
                         .iov_len = run->size * run->count };
    struct msghdr message = {
        .msg_name = &s->to, .msg_namelen = sizeof s->to, .msg_iov = &iov, .msg_iovlen = 1
    };

    if (run->count > 1 && run->size) {
        uint16_t size = (uint16_t)run->size;
        struct cmsghdr *header;

        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_UDP;
        header->cmsg_type = UDP_SEGMENT;
        header->cmsg_len = CMSG_LEN(sizeof size);
        memcpy(CMSG_DATA(header), &size, sizeof size);
    }
    /* an empty datagram cannot be segmented: it goes alone */
    for (unsigned left = run->size ? 1 : run->count; left;) {
        if (sendmsg(fd, &message, 0) >= 0)
            left--;
        else if (errno != ENOBUFS && errno != EINTR && errno != EAGAIN)
            die("cannot send");
    }
}

/* Waits until the datagram with this number is due; notes how late it is. */
static void pace(struct sender *s, uint64_t start_ns)
{
    uint64_t due = start_ns + (uint64_t)((double)s->packets * 1e9 / (double)s->rate);
    uint64_t now = now_ns();

    if (now > due && now - due > s->late_ns)
        s->late_ns = now - due;
    while (now < due) {
        if (due - now > SPIN_NS) {
            uint64_t until = due - SPIN_NS;
            struct timespec t = { .tv_sec = (time_t)(until / 1000000000),
                                  .tv_nsec = (long)(until % 1000000000) };

            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
        }
        now = now_ns();
    }
}

/* A run at a time, at most 2 ms worth of the rate. */
static double send_all(struct sender *s, struct datagrams *datagrams)
{
    uint64_t start = now_ns(), end = start + (uint64_t)(s->seconds * 1e9), now = start;
    uint64_t burst = s->rate && s->rate / 500 < DATAGRAMS_RUN ? s->rate / 500 + 1 : DATAGRAMS_RUN;

    while (s->count ? s->packets < s->count : now < end) {
        struct datagrams_run run;
        uint64_t left = s->count ? s->count - s->packets : burst;

        if (s->rate)
            pace(s, start);
        datagrams_next(datagrams, (unsigned)(left < burst ? left : burst), &run);
        send_run(s, &run);
        s->packets += run.count;
        s->bytes += run.count * run.size;
        s->inner_bytes += run.inner_bytes;
        s->opened += run.opened;
        now = now_ns();
    }
    return (double)(now - start) / 1e9;
}

static uint64_t number(const char *text)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);

    if (end == text || *end)
        usage();
    return value;
}

static void parse_options(struct sender *s, int argc, char **argv)
{
    static const struct option options[] = {
        { "rate", required_argument, NULL, 'r' },
        { "count", required_argument, NULL, 'c' },
        { "seconds", required_argument, NULL, 's' },
        { "size", required_argument, NULL, 'z' },
        { "new-flows", required_argument, NULL, 'f' },
        { "seed", required_argument, NULL, 'e' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        uint64_t value = option == '?' ? 0 : number(optarg);

        if (option == 'r')
            s->rate = value;
        else if (option == 'c')
            s->count = value;
        else if (option == 's')
            s->seconds = (double)value;
        else if (option == 'z')
            s->what.size = value;
        else if (option == 'f')
            s->new_flows = (uint32_t)value;
        else if (option == 'e')
            s->what.seed = value;
        else
            usage();
    }
}

static void parse(struct sender *s, int argc, char **argv)
{
    static const struct {
        const char *name;
        enum datagrams_kind kind;
        int arguments;
    } kinds[] = {
        { "pcap", DATAGRAMS_PCAP, 1 },
        { "flows", DATAGRAMS_FLOWS, 0 },
        { "syns", DATAGRAMS_SYNS, 0 },
        { "garbage", DATAGRAMS_GARBAGE, 0 },
    };
    size_t kind = 0;

    parse_options(s, argc, argv);
    argc -= optind;
    argv += optind;
    if (argc < 2 || inet_pton(AF_INET, argv[0], &s->to.sin_addr) != 1)
        usage();
    while (kind < sizeof kinds / sizeof kinds[0] && strcmp(argv[1], kinds[kind].name) != 0)
        kind++;
    if (kind == sizeof kinds / sizeof kinds[0] || argc != 2 + kinds[kind].arguments)
        usage();
    s->what.kind = kinds[kind].kind;
    s->what.path = argv[2];
    if (s->what.kind == DATAGRAMS_FLOWS) {
        if (!s->rate || !s->new_flows || s->rate < s->new_flows)
            usage();
        s->what.packets_per_flow = (uint32_t)(s->rate / s->new_flows);
    }
}

int main(int argc, char **argv)
{
    struct sender sender = { .to = { .sin_family = AF_INET, .sin_port = htons(PORT) },
                             .seconds = 1,
                             .what = { .seed = 20250101 } };
    struct datagrams *datagrams;
    double seconds;

    parse(&sender, argc, argv);
    datagrams = datagrams_new(&sender.what);
    open_sockets(&sender);
    seconds = send_all(&sender, datagrams);
    datagrams_free(datagrams);
    printf("packets %" PRIu64 "\nbytes %" PRIu64 "\ninner_bytes %" PRIu64 "\nflows %" PRIu64
           "\nseconds %.3f\nrate %.0f\nlate_ms %.1f\n",
           sender.packets, sender.bytes, sender.inner_bytes, sender.opened, seconds,
           (double)sender.packets / seconds, (double)sender.late_ns / 1e6);
    return 0;
}
