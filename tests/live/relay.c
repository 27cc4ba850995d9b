/* SPDX-License-Identifier: MIT */
/*
 * relay: a wire between two interfaces that loses, overtakes, delays, and is of limited rate.
 *
 * usage: relay [OPTION...] IF1 IF2
 *   --loss=N      of a million frames from IF1 to IF2, so many are lost at random
 *   --swap=N      of a million of these, so many are overtaken by the next ones
 *   --swap-by=N   by so many at most (default 3)
 *   --large=N     only frames of at least N bytes are lost or overtaken (default 200: those that
 *                 carry data)
 *   --delay=US    every frame takes so long
 *   --rate=MBIT   each direction carries so much; what does not fit into --queue is lost
 *   --queue=N     frames (default 1000)
 *   --seed=N
 *
 * Prints "ready" once it carries, and at SIGTERM one name and number a line: frames, lost,
 * lost_bytes (of TCP payload, also inside a mirror), lost_again (of those lost, segments that had
 * been sent before), swapped, full (of those lost, what did not fit into the queue), missed (lost
 * as well: came faster than they could be read).
 *
 * A kernel that counts what it sent again is only as good a judge as what is known of the wire:
 * this one can say what it lost. Frames keep what the kernel left to be done by a network card
 * (PACKET_VNET_HDR), so that checksums stay right.
 */
#include "../../decode/decode.h"
#include "../support/random.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum {
    FRAME_SIZE = 10240, /* with the header of struct virtio_net_hdr */
    QUEUE_MAX = 8192,
    CONNECTIONS = 128, /* at a time, of which is known what they have sent */
    RECEIVE_BUFFER = 64 << 20,
    BURST = 32,
    NS_PER_US = 1000,
};

static const uint64_t second_ns = UINT64_C(1000000000);
static const uint64_t held_ns = 2000000; /* at most, when nothing comes to overtake */

struct frame {
    uint64_t due_ns;
    size_t length;
    uint8_t data[FRAME_SIZE];
};

/* One direction. */
struct way {
    int from, to; /* sockets */
    struct frame *queue;
    size_t first, count;
    uint64_t free_ns; /* when the last frame has been carried */
    struct frame held;
    unsigned held_for; /* overtaken by so many frames more; 0: nothing is held */
};

/* Newest byte that one side of a connection has sent. */
struct sent {
    uint16_t src_port, dst_port;
    uint32_t end;
};

struct relay {
    uint32_t loss, swap, swap_by, large, delay_us, rate_mbit, queue;
    uint64_t random;
    struct way ways[2];
    struct sent sent[CONNECTIONS];
    size_t sent_count;
    uint64_t frames, lost, lost_bytes, lost_again, swapped, full, missed;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

static void die(const char *what)
{
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * second_ns + (uint64_t)now.tv_nsec;
}

static int open_socket(const char *interface)
{
    struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int yes = 1, room = RECEIVE_BUFFER;

    address.sll_ifindex = (int)if_nametoindex(interface);
    if (fd < 0 || address.sll_ifindex == 0)
        die(interface);
    if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof(yes)) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        die(interface);
    return fd;
}

/* Whether the segment repeats what this relay has carried before; it remembers the segment. */
static bool is_again(struct relay *relay, const struct packet *packet)
{
    uint32_t end = packet->tcp.seq + packet->payload_bytes;
    struct sent *sent = relay->sent;

    while (sent < relay->sent + relay->sent_count &&
           (sent->src_port != packet->src_port || sent->dst_port != packet->dst_port))
        sent++;
    if (sent == relay->sent + CONNECTIONS)
        return false;
    if (sent == relay->sent + relay->sent_count) {
        relay->sent_count++;
        *sent = (struct sent){ packet->src_port, packet->dst_port, packet->tcp.seq };
    }
    if ((int32_t)(packet->tcp.seq - sent->end) < 0)
        return true;
    sent->end = end;
    return false;
}

static bool one_of_a_million(struct relay *relay, uint32_t share)
{
    return share > 0 && random_below(&relay->random, 1000000) < share;
}

/* What it costs to lose a frame. */
struct cost {
    uint32_t bytes;
    bool again;
};

static struct cost cost_of(struct relay *relay, const uint8_t *data, size_t length)
{
    struct packet packet;

    decode_frame(&decode_config_default, LINK_ETHERNET, data, length, 0, length, &packet);
    if (packet.protocol != PROTO_TCP || !packet.has_transport || packet.payload_bytes == 0)
        return (struct cost){ 0 };
    return (struct cost){ packet.payload_bytes, is_again(relay, &packet) };
}

static void book_loss(struct relay *relay, struct cost cost)
{
    relay->lost++;
    relay->lost_bytes += cost.bytes;
    relay->lost_again += cost.again;
}

/* Whether the frame is one of those that may be lost or overtaken. */
static bool is_picked(const struct relay *relay, const struct way *way, const struct frame *frame)
{
    return way == &relay->ways[0] && frame->length >= relay->large + sizeof(struct virtio_net_hdr);
}

static void give(struct way *way, const struct frame *frame)
{
    /* a full transmit queue is a loss that the kernel counts at the interface */
    if (send(way->to, frame->data, frame->length, 0) < 0 && errno != ENOBUFS && errno != EAGAIN)
        die("send");
}

static void release_held(struct way *way)
{
    way->held_for = 0;
    give(way, &way->held);
}

/* Sends what is due. */
static void carry(struct relay *relay, struct way *way, uint64_t now)
{
    while (way->count > 0 && way->queue[way->first].due_ns <= now) {
        struct frame *frame = &way->queue[way->first];

        if (way->held_for == 0 && is_picked(relay, way, frame) &&
            one_of_a_million(relay, relay->swap)) {
            memcpy(way->held.data, frame->data, frame->length);
            way->held.length = frame->length;
            way->held.due_ns = now + held_ns;
            way->held_for = 1 + (unsigned)random_below(&relay->random, relay->swap_by);
            relay->swapped++;
        } else {
            give(way, frame);
            if (way->held_for > 0 && --way->held_for == 0)
                release_held(way);
        }
        way->first = (way->first + 1) % relay->queue;
        way->count--;
    }
    if (way->held_for > 0 && way->held.due_ns <= now)
        release_held(way);
}

/* Takes what has come. */
static void take(struct relay *relay, struct way *way)
{
    static struct frame spare;

    for (int i = 0; i < BURST; i++) {
        size_t header = sizeof(struct virtio_net_hdr);
        struct frame *frame = &spare;
        struct cost cost;
        uint64_t now;
        ssize_t n;

        if (way->count < relay->queue)
            frame = &way->queue[(way->first + way->count) % relay->queue];
        n = recv(way->from, frame->data, sizeof(frame->data), 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= (ssize_t)header)
            die("receive");
        frame->length = (size_t)n;
        relay->frames++;
        cost = cost_of(relay, frame->data + header, frame->length - header);
        if (frame == &spare ||
            (is_picked(relay, way, frame) && one_of_a_million(relay, relay->loss))) {
            relay->full += frame == &spare;
            book_loss(relay, cost);
            continue;
        }
        now = now_ns();
        if (way->free_ns < now)
            way->free_ns = now;
        if (relay->rate_mbit > 0)
            way->free_ns += (frame->length - header) * 8 * 1000 / relay->rate_mbit;
        frame->due_ns = way->free_ns + (uint64_t)relay->delay_us * NS_PER_US;
        way->count++;
    }
}

/* How long nothing needs to be sent; bounded. */
static uint64_t idle_ns(const struct relay *relay, uint64_t now)
{
    uint64_t least = second_ns / 10;

    for (int i = 0; i < 2; i++) {
        const struct way *way = &relay->ways[i];
        uint64_t due = way->count > 0 ? way->queue[way->first].due_ns : UINT64_MAX;

        if (way->held_for > 0 && way->held.due_ns < due)
            due = way->held.due_ns;
        if (due <= now)
            return 0;
        if (due - now < least)
            least = due - now;
    }
    return least;
}

static void run(struct relay *relay)
{
    struct pollfd fds[2] = { { .fd = relay->ways[0].from, .events = POLLIN },
                             { .fd = relay->ways[1].from, .events = POLLIN } };

    while (!stopped) {
        uint64_t idle = idle_ns(relay, now_ns());
        struct timespec wait = { .tv_nsec = (long)idle };

        if (ppoll(fds, 2, &wait, NULL) < 0 && errno != EINTR)
            die("poll");
        for (int i = 0; i < 2; i++) {
            take(relay, &relay->ways[i]);
            carry(relay, &relay->ways[i], now_ns());
        }
    }
}

static void print_counters(struct relay *relay)
{
    for (int i = 0; i < 2; i++) {
        struct tpacket_stats stats = { 0 };
        socklen_t length = sizeof(stats);

        if (getsockopt(relay->ways[i].from, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0)
            relay->missed += stats.tp_drops;
    }
    printf("frames %" PRIu64 "\nlost %" PRIu64 "\nlost_bytes %" PRIu64 "\nlost_again %" PRIu64
           "\nswapped %" PRIu64 "\nfull %" PRIu64 "\nmissed %" PRIu64 "\n",
           relay->frames, relay->lost, relay->lost_bytes, relay->lost_again, relay->swapped,
           relay->full, relay->missed);
}

static void parse_options(int argc, char **argv, struct relay *relay)
{
    uint32_t seed = 1;
    const struct {
        struct option option;
        uint32_t *value;
    } numbers[] = {
        { { "loss", required_argument, NULL, 0 }, &relay->loss },
        { { "swap", required_argument, NULL, 0 }, &relay->swap },
        { { "swap-by", required_argument, NULL, 0 }, &relay->swap_by },
        { { "large", required_argument, NULL, 0 }, &relay->large },
        { { "delay", required_argument, NULL, 0 }, &relay->delay_us },
        { { "rate", required_argument, NULL, 0 }, &relay->rate_mbit },
        { { "queue", required_argument, NULL, 0 }, &relay->queue },
        { { "seed", required_argument, NULL, 0 }, &seed },
    };
    enum { COUNT = sizeof(numbers) / sizeof(numbers[0]) };
    struct option options[COUNT + 1] = { 0 };
    bool good = true;
    int index;

    for (size_t i = 0; i < COUNT; i++)
        options[i] = numbers[i].option;
    for (int option; (option = getopt_long(argc, argv, "", options, &index)) != -1;) {
        char *end = NULL;

        if (option != 0) {
            good = false;
            break;
        }
        *numbers[index].value = (uint32_t)strtoul(optarg, &end, 10);
        good = good && *optarg != '\0' && *end == '\0';
    }
    if (!good || optind != argc - 2 || relay->queue == 0 || relay->queue > QUEUE_MAX ||
        relay->swap_by == 0) {
        fprintf(stderr, "usage: relay [OPTION...] IF1 IF2\n");
        exit(2);
    }
    relay->random = seed;
}

int main(int argc, char **argv)
{
    static struct relay relay = { .swap_by = 3, .large = 200, .queue = 1000 };
    struct sigaction action = { .sa_handler = stop };
    int sockets[2];

    parse_options(argc, argv, &relay);
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    for (int i = 0; i < 2; i++) {
        sockets[i] = open_socket(argv[optind + i]);
        relay.ways[i].queue = calloc(relay.queue, sizeof(struct frame));
        if (!relay.ways[i].queue)
            die("memory");
    }
    for (int i = 0; i < 2; i++) {
        relay.ways[i].from = sockets[i];
        relay.ways[i].to = sockets[!i];
    }
    printf("ready\n");
    fflush(stdout);
    run(&relay);
    print_counters(&relay);
    return 0;
}
