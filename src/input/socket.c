/* SPDX-License-Identifier: MIT */
/*
 * Mirrored packets as datagrams of UDP sockets: one for each port of VXLAN, one for GENEVE.
 *
 * A batch is what one recvmmsg() brings into buffers of our own. Where the kernel merges datagrams
 * of one flow (UDP_GRO), a message holds up to 64 of them, one behind the other: such a batch is
 * handed out over several reads, and the buffers stay as they are until all of it is.
 *
 * A frame begins with the header of its datagram, which we write (outer.h): into the room in front
 * of the buffer for the first datagram of a message. A later one has its neighbour's last bytes
 * in that place, so its bytes are copied, as far as they are kept.
 */
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../memory.h"
#include "../record.h"
#include "live.h"
#include "outer.h"

#ifndef UDP_GRO /* Linux 5.0 */
#define UDP_GRO 104
#endif

enum {
    PORTS = 1 + DECODE_MAX_PORTS + 1, /* of socket_config */
    MESSAGES = INPUT_BATCH,
    HEADROOM = 64,            /* for the header; the payload begins at a cache line */
    RECEIVE_BYTES = 64 << 20, /* the kernel's buffer that is asked for */
    PLAIN_BYTES = 9216,       /* a jumbo frame of 9001 bytes, encapsulated */
    MERGED_BYTES = 65536,
    /* Buffers lie an odd number of cache lines apart: the beginnings of all messages, which is what
     * is looked at, would share a few places of the processor's caches otherwise. HEADROOM is
     * within the difference. */
    ODD_BYTES = 33 * 64,
    /* Arrival time, drops, size of the merged datagrams. */
    CONTROL_BYTES = CMSG_SPACE(sizeof(struct timespec)) + 2 * CMSG_SPACE(sizeof(int)),
    /* While one port keeps delivering, the next is looked at after so many batches. */
    NEXT_PORT_TURN = 8,
};

struct port {
    int fd;
    uint16_t number;
    struct live_counter drops;
    uint64_t messages, datagrams; /* that came in them; not the same where the kernel merges */
    uint64_t told_drops;
};

/* Where a message goes, and what the kernel says about it. */
struct envelope {
    struct iovec iov;
    struct sockaddr_in6 from; /* or a struct sockaddr_in */
    _Alignas(struct cmsghdr) uint8_t control[CONTROL_BYTES];
};

struct socket {
    struct input base; /* first */
    struct port ports[PORTS];
    size_t port_count;
    int epoll_fd;          /* of all ports; -1: there is one */
    struct in6_addr local; /* our address; "::" (0.0.0.0): any */
    uint64_t granted_bytes, oversize;
    char source[INPUT_TEXT];

    struct mmsghdr headers[MESSAGES];
    struct envelope envelopes[MESSAGES];
    uint8_t *buffers; /* MESSAGES of HEADROOM and `capacity` bytes, `stride` apart */
    size_t capacity, stride;
    uint8_t copies[INPUT_BATCH][INPUT_KEEP];

    /* The batch: of its messages, next .. filled are not handed out yet. */
    struct port *port;
    size_t busy;   /* index of the port that is read first */
    unsigned turn; /* batches that were asked for */
    size_t filled, next;
    uint64_t batch_ns; /* when it was read; 0: nobody has asked */

    /* Message `next`, once opened. */
    bool opened;
    uint32_t at;      /* up to here it has been handed out */
    uint32_t segment; /* bytes of each of its datagrams but the last; 0: it is one */
    uint64_t ts_ns;
    struct outer outer;
};

/* ---- a message ------------------------------------------------------------------------------- */

static uint64_t stamp_ns(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

/* Only for kernels that give no times: one clock read a batch. */
static uint64_t batch_time(struct socket *s)
{
    struct timespec now;

    if (s->batch_ns == 0) {
        clock_gettime(CLOCK_REALTIME, &now);
        s->batch_ns = stamp_ns(&now);
    }
    return s->batch_ns;
}

static void message_control(struct socket *s, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        const void *data = CMSG_DATA(c);

        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec time;

            memcpy(&time, data, sizeof(time));
            s->ts_ns = stamp_ns(&time);
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            uint32_t drops;

            memcpy(&drops, data, sizeof(drops));
            live_count(&s->port->drops, drops);
        } else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int segment;

            memcpy(&segment, data, sizeof(segment));
            s->segment = segment > 0 ? (uint32_t)segment : 0;
        }
    }
}

static void message_open(struct socket *s)
{
    struct mmsghdr *header = &s->headers[s->next];

    s->opened = true;
    s->at = 0;
    s->segment = 0;
    s->ts_ns = 0;
    message_control(s, &header->msg_hdr);
    if (s->ts_ns == 0)
        s->ts_ns = batch_time(s);
    if (s->segment >= header->msg_len)
        s->segment = 0;
    s->port->messages++;
    s->port->datagrams += s->segment ? (header->msg_len + s->segment - 1) / s->segment : 1;
    if (header->msg_len > s->capacity)
        s->oversize++;
    outer_make(&s->outer, &s->envelopes[s->next].from, &s->local, s->port->number);
}

/* The next datagram of the message. True: it was the last one. */
static bool message_take(struct socket *s, size_t copy, struct frame *frame)
{
    uint32_t length = s->headers[s->next].msg_len; /* of the message, though it may be longer ... */
    uint32_t held = length < s->capacity ? length : (uint32_t)s->capacity; /* ... than this */
    uint32_t rest = length - s->at;
    uint32_t payload = s->segment > 0 && s->segment < rest ? s->segment : rest;
    uint32_t left = held > s->at ? held - s->at : 0;
    uint32_t arrived = s->outer.size + (payload < left ? payload : left);
    uint32_t keep = arrived < INPUT_KEEP ? arrived : INPUT_KEEP;
    uint8_t *bytes = (uint8_t *)s->envelopes[s->next].iov.iov_base + s->at;
    uint8_t *data = s->at == 0 ? bytes - s->outer.size : s->copies[copy];

    outer_write(&s->outer, payload, data);
    if (s->at > 0)
        memcpy(data + s->outer.size, bytes, keep - s->outer.size);
    *frame = (struct frame){
        .data = data,
        .ts_ns = s->ts_ns,
        .captured = keep,
        .wire = s->outer.size + payload,
        .unkept = s->outer.size + payload - keep,
        .link = LINK_RAW,
    };
    s->base.position_bytes += payload;
    s->at += payload;
    return s->at >= length;
}

/* ---- a batch --------------------------------------------------------------------------------- */

static void envelopes_reset(struct socket *s, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct msghdr *message = &s->headers[i].msg_hdr;

        message->msg_namelen = sizeof(s->envelopes[i].from);
        message->msg_controllen = CONTROL_BYTES;
    }
}

/* MSG_TRUNC: a message's length is the datagram's, also when the buffer is shorter. */
static enum input_status batch_receive(struct socket *s, struct port *port, struct err *err)
{
    int got;

    envelopes_reset(s, s->filled);
    s->filled = 0;
    s->next = 0;
    got = recvmmsg(port->fd, s->headers, MESSAGES, MSG_DONTWAIT | MSG_TRUNC, NULL);
    if (got > 0) {
        s->filled = (size_t)got;
        s->port = port;
        s->batch_ns = 0;
        return INPUT_OK;
    }
    /* ENOMEM and ENOBUFS pass; what was lost by them is among the kernel's drops */
    if (got == 0 || errno == EAGAIN || errno == EINTR || errno == ENOMEM || errno == ENOBUFS)
        return INPUT_AGAIN;
    err_set(err, EXIT_RUNTIME, "port %u cannot be read: %s", port->number, strerror(errno));
    return INPUT_ERROR;
}

static enum input_status batch_fill(struct socket *s, struct err *err)
{
    enum input_status status = INPUT_AGAIN;
    size_t first = (s->busy + (++s->turn % NEXT_PORT_TURN == 0)) % s->port_count;

    for (size_t i = 0; i < s->port_count && status == INPUT_AGAIN; i++) {
        s->busy = (first + i) % s->port_count;
        status = batch_receive(s, &s->ports[s->busy], err);
    }
    return status;
}

static enum input_status socket_read(struct input *input, struct frame *frames, size_t max,
                                     size_t *count, struct err *err)
{
    struct socket *s = (struct socket *)input;

    *count = 0;
    if (max > INPUT_BATCH)
        max = INPUT_BATCH;
    if (s->next == s->filled) {
        enum input_status status = batch_fill(s, err);

        if (status != INPUT_OK)
            return status;
    }
    while (*count < max && s->next < s->filled) {
        if (!s->opened)
            message_open(s);
        if (message_take(s, *count, &frames[*count])) {
            s->opened = false;
            s->next++;
        }
        ++*count;
    }
    return INPUT_OK;
}

static int socket_fd(const struct input *input)
{
    const struct socket *s = (const struct socket *)input;

    return s->epoll_fd >= 0 ? s->epoll_fd : s->ports[0].fd;
}

/* The kernel counts a merged message that it drops as one. How many datagrams were in it is gone
 * with it; what the messages hold that were received is the best that can be said. */
static uint64_t port_drops(struct port *port)
{
    double merged = port->messages ? (double)port->datagrams / (double)port->messages : 1;
    uint64_t drops = port->drops.total;

    if (port->datagrams > port->messages)
        drops = (uint64_t)((double)drops * merged + 0.5);
    if (drops > port->told_drops)
        port->told_drops = drops;
    return port->told_drops;
}

/* SO_RXQ_OVFL comes with messages only: when the reader was stalled, or nothing comes any more, the
 * socket must be asked. */
static void socket_health(struct input *input, struct input_health *health)
{
    struct socket *s = (struct socket *)input;

    memset(health, 0, sizeof(*health));
    health->interface_drops = VALUE_UNKNOWN;
    health->oversize = s->oversize;
    health->buffer_bytes = s->granted_bytes;
    for (size_t i = 0; i < s->port_count; i++) {
        uint32_t memory[SK_MEMINFO_VARS];
        socklen_t size = sizeof(memory);

        if (getsockopt(s->ports[i].fd, SOL_SOCKET, SO_MEMINFO, memory, &size) == 0 &&
            size > SK_MEMINFO_DROPS * sizeof(memory[0]))
            live_count(&s->ports[i].drops, memory[SK_MEMINFO_DROPS]);
        health->kernel_drops += port_drops(&s->ports[i]);
        health->estimated |=
            s->ports[i].drops.total > 0 && s->ports[i].datagrams > s->ports[i].messages;
    }
}

static void socket_close(struct input *input)
{
    struct socket *s = (struct socket *)input;

    for (size_t i = 0; i < s->port_count; i++)
        close(s->ports[i].fd);
    if (s->epoll_fd >= 0)
        close(s->epoll_fd);
    memory_release(s->buffers, MESSAGES, s->stride);
    free(s);
}

static const struct input_ops socket_ops = {
    .read = socket_read,
    .fd = socket_fd,
    .health = socket_health,
    .close = socket_close,
};

/* ---- opening --------------------------------------------------------------------------------- */

/* The kernel doubles what it is asked for, to have room for its own bookkeeping. */
static uint64_t receive_buffer(int fd, size_t bytes)
{
    int wanted = bytes < INT32_MAX / 2 ? (int)bytes : INT32_MAX / 2, granted = 0;
    socklen_t size = sizeof(granted);

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof(wanted)) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &size);
    return (uint64_t)granted / 2;
}

static bool port_add(struct socket *s, const struct socket_config *config, uint16_t number,
                     struct err *err)
{
    struct port *port = &s->ports[s->port_count];
    size_t wanted = config->buffer_bytes ? config->buffer_bytes : RECEIVE_BYTES;
    int on = 1;

    port->fd = live_bind(config->address, number, err);
    if (port->fd < 0)
        return false;
    port->number = number;
    setsockopt(port->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    setsockopt(port->fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
    if (!config->separate && setsockopt(port->fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) == 0)
        s->capacity = MERGED_BYTES;
    s->granted_bytes = receive_buffer(port->fd, wanted);
    if (s->port_count++ == 0 && s->granted_bytes < wanted)
        live_notice(&s->base,
                    "the kernel allows a receive buffer of %llu KiB, bursts may be lost; before "
                    "the start: sudo sysctl -w net.core.rmem_max=%zu",
                    (unsigned long long)s->granted_bytes / 1024, wanted);
    return true;
}

static void more_ports_open(struct socket *s, const struct socket_config *config)
{
    struct err why;

    for (size_t i = 0; i < DECODE_MAX_PORTS; i++) {
        if (config->more_ports[i] && !port_add(s, config, config->more_ports[i], &why))
            live_notice(&s->base, "nothing of port %u: %s", config->more_ports[i], why.text);
    }
}

static bool ports_open(struct socket *s, const struct socket_config *config, struct err *err)
{
    struct err why;

    if (!config->port && !config->geneve_port)
        return err_set(err, EXIT_RUNTIME, "there is no port to listen on");
    if (config->port && !port_add(s, config, config->port, err))
        return false;
    more_ports_open(s, config);
    if (!config->geneve_port)
        return true;
    if (port_add(s, config, config->geneve_port, &why))
        return true;
    if (s->port_count == 0) {
        *err = why;
        return false;
    }
    live_notice(&s->base, "no GENEVE: %s", why.text);
    return true;
}

static bool epoll_open(struct socket *s, struct err *err)
{
    bool done;

    if (s->port_count < 2)
        return true;
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    done = s->epoll_fd >= 0;
    for (size_t i = 0; i < s->port_count && done; i++) {
        struct epoll_event event = { .events = EPOLLIN };

        done = epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->ports[i].fd, &event) == 0;
    }
    return done || err_set(err, EXIT_RUNTIME, "cannot wait for several ports: %s", strerror(errno));
}

static bool buffers_make(struct socket *s, struct err *err)
{
    s->stride = s->capacity + ODD_BYTES;
    s->buffers = memory_reserve(MESSAGES, s->stride);
    if (!s->buffers)
        return err_set(err, EXIT_RUNTIME, "no memory for %zu receive buffers", (size_t)MESSAGES);
    for (size_t i = 0; i < MESSAGES; i++) {
        struct envelope *envelope = &s->envelopes[i];

        envelope->iov.iov_base = s->buffers + i * s->stride + HEADROOM;
        envelope->iov.iov_len = s->capacity;
        s->headers[i].msg_hdr = (struct msghdr){
            .msg_name = &envelope->from,
            .msg_iov = &envelope->iov,
            .msg_iovlen = 1,
            .msg_control = envelope->control,
        };
    }
    envelopes_reset(s, MESSAGES);
    return true;
}

static void describe(struct socket *s, const struct socket_config *config)
{
    int used = snprintf(s->source, sizeof(s->source), "%s%sUDP port",
                        config->address ? config->address : "", config->address ? " " : "");

    for (size_t i = 0; i < s->port_count && used > 0 && (size_t)used < sizeof(s->source); i++) {
        const char *between = i == 0 ? " " : i + 1 == s->port_count ? " and " : ", ";

        used += snprintf(s->source + used, sizeof(s->source) - (size_t)used, "%s%u", between,
                         s->ports[i].number);
    }
    s->base.source = s->source;
}

/* Our own address in the headers. What is no address was refused when the ports were bound. */
static void local_address(struct socket *s, const char *address)
{
    struct sockaddr_in6 own = { .sin6_family = AF_UNSPEC };
    socklen_t size = sizeof(own);

    if (address && getsockname(s->ports[0].fd, (struct sockaddr *)&own, &size) == 0) {
        if (own.sin6_family == AF_INET)
            memcpy(s->local.s6_addr + 12, &((struct sockaddr_in *)&own)->sin_addr, 4);
        else
            s->local = own.sin6_addr;
    }
}

struct input *input_open_socket(const struct socket_config *config, struct err *err)
{
    struct socket *s = calloc(1, sizeof(*s));

    if (!s) {
        err_set(err, EXIT_RUNTIME, "no memory for a socket's buffers");
        return NULL;
    }
    s->base.ops = &socket_ops;
    s->epoll_fd = -1;
    s->capacity = PLAIN_BYTES;
    if (!ports_open(s, config, err) || !epoll_open(s, err) || !buffers_make(s, err)) {
        socket_close(&s->base);
        return NULL;
    }
    local_address(s, config->address);
    describe(s, config);
    s->base.patient = s->granted_bytes >= LIVE_PATIENT_BYTES;
    return &s->base;
}
