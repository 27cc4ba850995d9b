/* SPDX-License-Identifier: MIT */
#include "datagrams.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "random.h"

enum {
    OUTER = 42,        /* Ethernet, IPv4 and UDP in front of the VXLAN header */
    INNER = 8,         /* where the Ethernet frame begins in a datagram */
    INNER_IP = 8 + 14, /* ... the IP header */
    INNER_TCP = 22 + 20,
    INNER_DATA = 42 + 20,
    SIZE = 86,
    GARBAGE_MAX = 1400,
    GARBAGE_RUN = 16,
    /* Connections that are open at a time. A prime, so that whatever the rate of new ones is, each
     * place gets one now and then. */
    FLOWS = 20011,
    SYN = 2,
    ACK = 16,
    PSH = 8,
};

struct record {
    size_t at;     /* in the arena */
    uint16_t size; /* at most DATAGRAMS_MAX */
    uint16_t inner_bytes;
};

/* One connection: how many packets it had, and what each side sends next. */
struct flow {
    uint32_t id;
    uint32_t packets;
    uint32_t next[2];
};

struct datagrams {
    struct datagrams_config config;
    uint64_t random;
    /* DATAGRAMS_PCAP */
    uint8_t *arena;
    size_t arena_used, arena_room;
    struct record *records;
    size_t records_count, records_room;
    size_t at; /* next record, or packet of DATAGRAMS_FLOWS */
    /* DATAGRAMS_FLOWS */
    struct flow *flows;
    uint32_t opened;
    uint8_t buffer[DATAGRAMS_RUN_BYTES];
};

static void die(const char *text)
{
    fprintf(stderr, "datagrams: %s\n", text);
    exit(1);
}

static void *need(void *memory)
{
    if (!memory)
        die("no memory");
    return memory;
}

/* ---- a capture ---- */

/* What a report counts of a datagram: see "bytes" in src/record.h. */
static uint32_t inner_bytes_of(const uint8_t *datagram, size_t size)
{
    uint32_t type = size >= INNER_IP ? get16(datagram + INNER_IP - 2) : 0;

    if (type == 0x0800 && size >= INNER_IP + 20)
        return get16(datagram + INNER_IP + 2);
    if (type == 0x86dd && size >= INNER_IP + 40)
        return 40 + get16(datagram + INNER_IP + 4);
    return (uint32_t)(size - INNER);
}

/* The UDP payload of a mirrored frame as a record of its own. */
static void keep_frame(struct datagrams *d, const uint8_t *data, size_t captured)
{
    size_t have = captured - OUTER;
    size_t size = d->config.size ? d->config.size : have;
    struct record *record;

    if (size > DATAGRAMS_MAX)
        die("a frame of the capture is too long");
    if (d->arena_used + size > d->arena_room) {
        d->arena_room = 2 * d->arena_room + (1 << 20);
        d->arena = need(realloc(d->arena, d->arena_room));
    }
    if (d->records_count == d->records_room) {
        d->records_room = 2 * d->records_room + 4096;
        d->records = need(realloc(d->records, d->records_room * sizeof *d->records));
    }
    memset(d->arena + d->arena_used, 0, size);
    memcpy(d->arena + d->arena_used, data + OUTER, have < size ? have : size);
    record = &d->records[d->records_count++];
    *record = (struct record){
        .at = d->arena_used,
        .size = (uint16_t)size,
        .inner_bytes = (uint16_t)inner_bytes_of(d->arena + d->arena_used, size),
    };
    d->arena_used += size;
}

static bool is_mirrored(const uint8_t *p, size_t captured)
{
    return captured >= OUTER + INNER_IP && get16(p + 12) == 0x0800 && p[14] == 0x45 &&
           p[23] == 17 && get16(p + 36) == 4789;
}

static void load(struct datagrams *d)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = pcap_open_offline(d->config.path, error);
    struct pcap_pkthdr *header;
    const u_char *data;
    int status;

    if (!pcap)
        die(error);
    if (pcap_datalink(pcap) != DLT_EN10MB)
        die("the capture is not one of Ethernet");
    while ((status = pcap_next_ex(pcap, &header, &data)) == 1)
        if (is_mirrored(data, header->caplen))
            keep_frame(d, data, header->caplen);
    if (status == PCAP_ERROR)
        die(pcap_geterr(pcap));
    pcap_close(pcap);
    if (!d->records_count)
        die("no mirrored frames over IPv4 in the capture");
}

/* As many as are of one size: they lie one behind the other. */
static void next_of_capture(struct datagrams *d, unsigned max, struct datagrams_run *run)
{
    const struct record *first;

    if (d->at == d->records_count)
        d->at = 0;
    first = &d->records[d->at];
    *run = (struct datagrams_run){ .data = d->arena + first->at, .size = first->size };
    do {
        run->inner_bytes += d->records[d->at++].inner_bytes;
        run->count++;
    } while (run->count < max && d->at < d->records_count &&
             d->records[d->at].size == first->size &&
             (run->count + 1) * run->size <= DATAGRAMS_RUN_BYTES);
}

/* ---- connections ---- */

/* RFC 1071, over a header whose checksum field is 0. */
static uint16_t header_checksum(const uint8_t *p, size_t length)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < length; i += 2)
        sum += get16(p + i);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~(sum + (sum >> 16));
}

struct segment {
    uint32_t from, to;
    uint16_t from_port, to_port;
    uint32_t seq, ack;
    uint8_t flags;
    size_t length;
    bool to_mirrored; /* towards the mirrored host */
};

/* TCP in IPv4 in Ethernet in VXLAN, in a datagram that was zeroed; returns the packet's length. The
 * checksum of TCP stays 0: nobody looks at it behind a mirror. */
static uint32_t put_segment(uint8_t *p, const struct segment *s)
{
    uint8_t *ip = p + INNER_IP, *tcp = p + INNER_TCP;
    uint32_t total = 40 + (uint32_t)s->length;

    p[0] = 0x08;
    put32(p + 4, 4321 << 8);
    p[INNER] = p[INNER + 6] = 0x02;
    p[INNER + (s->to_mirrored ? 5 : 11)] = 1;
    p[INNER + (s->to_mirrored ? 11 : 5)] = 2;
    put16(p + INNER + 12, 0x0800);
    ip[0] = 0x45;
    put16(ip + 2, total);
    ip[8] = 64;
    ip[9] = 6;
    put32(ip + 12, s->from);
    put32(ip + 16, s->to);
    put16(ip + 10, header_checksum(ip, 20));
    put16(tcp, s->from_port);
    put16(tcp + 2, s->to_port);
    put32(tcp + 4, s->seq);
    put32(tcp + 8, s->ack);
    tcp[12] = 0x50;
    tcp[13] = s->flags;
    put16(tcp + 14, 64240);
    return total;
}

/* The next packet of a connection: handshake, then data from both sides in turn. */
static uint32_t put_flow_packet(struct flow *flow, uint8_t *p, size_t data_bytes)
{
    uint32_t k = flow->packets++;
    unsigned me = k & 1; /* 0: who opened it */
    uint32_t client = 0x0a000000 | (flow->id * UINT32_C(0x9e3779b1) & 0x3fffff);
    uint32_t server = 0xac100000 | (flow->id & 0xff);
    /* address and port together come again after 2^22 * 45,000 connections */
    uint16_t port = (uint16_t)(20000 + (flow->id >> 22) % 45000);
    struct segment s = {
        .from = me ? server : client,
        .to = me ? client : server,
        .from_port = me ? 443 : port,
        .to_port = me ? port : 443,
        .seq = flow->next[me],
        .ack = k ? flow->next[!me] : 0,
        .flags = k == 0   ? SYN
                 : k == 1 ? SYN | ACK
                 : k == 2 ? ACK
                          : ACK | PSH,
        .length = k < 3 ? 0 : data_bytes,
        .to_mirrored = me != 0,
    };

    flow->next[me] += k < 2 ? 1 : (uint32_t)s.length;
    return put_segment(p, &s);
}

static void next_of_flows(struct datagrams *d, unsigned max, struct datagrams_run *run)
{
    size_t size = d->config.size;

    *run = (struct datagrams_run){ .data = d->buffer, .size = size };
    memset(d->buffer, 0, max * size);
    for (; run->count < max; run->count++, d->at++) {
        struct flow *flow = &d->flows[d->at % FLOWS];

        /* the first round opens a connection in every place, faster than the rate says */
        if (d->at < FLOWS || d->at % d->config.packets_per_flow == 0) {
            *flow = (struct flow){ .id = d->opened++, .next = { 1000, 5000 } };
            run->opened++;
        }
        run->inner_bytes += put_flow_packet(flow, d->buffer + run->count * size, size - INNER_DATA);
    }
}

static void next_of_syns(struct datagrams *d, unsigned max, struct datagrams_run *run)
{
    size_t size = d->config.size;

    *run = (struct datagrams_run){ .data = d->buffer, .size = size };
    memset(d->buffer, 0, max * size);
    for (; run->count < max; run->count++, run->opened++) {
        uint64_t r = random_next(&d->random);
        struct segment s = {
            .from = (uint32_t)r,
            .to = 0x0a00000a,
            .from_port = (uint16_t)(r >> 32),
            .to_port = 443,
            .seq = (uint32_t)(r >> 16),
            .flags = SYN,
            .to_mirrored = true,
        };

        run->inner_bytes += put_segment(d->buffer + run->count * size, &s);
    }
}

/* ---- garbage ---- */

/* One length for a short run. A tenth of them begins as VXLAN does, and goes on with garbage. */
static void next_of_garbage(struct datagrams *d, unsigned max, struct datagrams_run *run)
{
    size_t size = random_below(&d->random, GARBAGE_MAX + 1);
    unsigned count = max < GARBAGE_RUN ? max : GARBAGE_RUN;

    *run = (struct datagrams_run){ .data = d->buffer, .size = size, .count = count };
    for (size_t i = 0; i < size * count; i += 8) {
        uint64_t r = random_next(&d->random);

        memcpy(d->buffer + i, &r, 8);
    }
    for (unsigned i = 0; i < count && size >= 8; i++)
        if (random_below(&d->random, 10) == 0)
            memcpy(d->buffer + i * size, "\x08\0\0\0", 4);
}

/* ---- */

struct datagrams *datagrams_new(const struct datagrams_config *config)
{
    struct datagrams *d = need(calloc(1, sizeof *d));

    d->config = *config;
    d->random = config->seed;
    if (config->kind == DATAGRAMS_PCAP) {
        load(d);
        return d;
    }
    if (!d->config.size)
        d->config.size = SIZE;
    if (d->config.size < INNER_DATA || d->config.size * DATAGRAMS_RUN > DATAGRAMS_RUN_BYTES)
        die("these datagrams have 62 to 937 bytes");
    if (config->kind == DATAGRAMS_FLOWS) {
        if (!d->config.packets_per_flow)
            die("at least one packet for each flow");
        d->flows = need(calloc(FLOWS, sizeof *d->flows));
    }
    return d;
}

void datagrams_free(struct datagrams *d)
{
    if (!d)
        return;
    free(d->arena);
    free(d->records);
    free(d->flows);
    free(d);
}

void datagrams_next(struct datagrams *d, unsigned max, struct datagrams_run *run)
{
    if (max > DATAGRAMS_RUN)
        max = DATAGRAMS_RUN;
    switch (d->config.kind) {
    case DATAGRAMS_PCAP:
        next_of_capture(d, max, run);
        break;
    case DATAGRAMS_FLOWS:
        next_of_flows(d, max, run);
        break;
    case DATAGRAMS_SYNS:
        next_of_syns(d, max, run);
        break;
    case DATAGRAMS_GARBAGE:
        next_of_garbage(d, max, run);
        break;
    }
}
