/* SPDX-License-Identifier: MIT */
/*
 * gen_big: the three large captures of the bench.
 *
 * usage: gen_big full|snap|flows OUT.pcap [PACKETS]
 *
 * Deterministic: the same shape gives the same bytes everywhere. Each frame is an inner Ethernet
 * frame in VXLAN, as a mirror of 64 sources in 8 networks would deliver it.
 *   full   1 M whole packets of 50,000 flows: what a mirror target really gets
 *   snap   10 M packets of 100,000 flows, cut at 128 bytes: the cost of a packet as such
 *   flows  2 M packets of 1,000,000 flows, cut at 128 bytes: the cost of a large table
 *
 * The traffic: 80 % of the flows are TCP (handshake, a TLS or HTTP request, then data and ACKs in
 * both directions with right sequence numbers, now and then a close and a new connection), 18 %
 * UDP (DNS, QUIC), 2 % ping; a tenth is IPv6. All flows open during the first part of the run;
 * otherwise a packet belongs to a flow drawn log-uniformly by rank (a few flows are very busy, most
 * are not). One data segment in a hundred is sent again 20 ms or more later, because it was lost
 * behind the mirror. In the middle a source probes up to 4,096 hosts, another one up to 10,000
 * ports. The truth goes to standard output, one name and number a line.
 */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

enum {
    MSS = 1448,
    MAX_SCAN_HOSTS = 4096,
    MAX_SCAN_PORTS = 10000,
    FILLER = 4096,
};

static const uint64_t RESEND_NS = 20000000;
static const uint64_t START_NS = UINT64_C(1735689600) * 1000000000;

struct shape {
    const char *name;
    uint64_t packets;
    uint32_t flows;
    uint32_t clients;
    uint32_t snaplen;
    uint32_t opening_percent; /* part of the run in which flows open */
    uint32_t packets_per_s;
};

static const struct shape shapes[] = {
    { .name = "full",
      .packets = 1000000,
      .flows = 50000,
      .clients = 2000,
      .snaplen = 262144,
      .opening_percent = 20,
      .packets_per_s = 50000 },
    { .name = "snap",
      .packets = 10000000,
      .flows = 100000,
      .clients = 2000,
      .snaplen = 128,
      .opening_percent = 20,
      .packets_per_s = 100000 },
    { .name = "flows",
      .packets = 2000000,
      .flows = 1000000,
      .clients = 20000,
      .snaplen = 128,
      .opening_percent = 80,
      .packets_per_s = 100000 },
};

enum phase {
    PHASE_SYN,
    PHASE_SYN_ACK,
    PHASE_ACK,
    PHASE_REQUEST,
    PHASE_OPEN,
    PHASE_FIN,
    PHASE_LAST
};

enum kind { KIND_TCP, KIND_DNS, KIND_QUIC, KIND_PING };

/* A segment that was lost behind the mirror and waits to be sent again. */
struct lost {
    uint64_t since_ns;
    uint32_t seq;
    uint16_t length; /* 0: none */
};

struct flow {
    uint32_t next[2];  /* sequence number that the client, the server sends next */
    uint32_t acked[2]; /* how far the client, the server has heard the other one */
    struct lost lost[2];
    uint32_t hash;
    uint16_t reconnects;
    uint8_t phase; /* enum phase */
    uint8_t kind;  /* enum kind */
    bool ipv6;
};

struct truth {
    uint64_t flows, tcp, udp, icmp, data_segments, retransmits, scan_hosts, scan_ports;
};

struct generator {
    const struct shape *shape;
    struct wire wire;
    uint64_t random;
    struct flow *flows;
    uint32_t opened;
    uint64_t packets;                /* wanted */
    uint32_t scan_hosts, scan_ports; /* wanted */
    struct truth truth;
    uint8_t filler[FILLER + WIRE_MAX];
};

/* splitmix64: small, and the same on every machine. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t random_next(struct generator *g)
{
    g->random += UINT64_C(0x9e3779b97f4a7c15);
    return mix(g->random);
}

static uint32_t random_below(struct generator *g, uint32_t limit)
{
    return (uint32_t)((random_next(g) >> 32) * limit >> 32);
}

/* Writes the frame; the next one comes half to one and a half of the mean distance later. */
static void send_frame(struct generator *g, const struct wire_pair *in, const uint8_t *p,
                       uint32_t transport)
{
    uint32_t mean_ns = 1000000000 / g->shape->packets_per_s;

    wire_send(&g->wire, in, p, transport);
    g->wire.now_ns += mean_ns / 2 + random_below(g, mean_ns);
}

struct segment {
    uint32_t seq, ack;
    uint8_t flags; /* FIN 1, SYN 2, RST 4, PSH 8, ACK 16 */
    uint32_t length;
    const void *text; /* first bytes of the payload; NULL: filler only */
    size_t text_length;
};

static void send_tcp(struct generator *g, const struct wire_pair *in, const struct segment *s)
{
    static const uint8_t syn_options[20] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
                                             0, 0, 0, 0,    0, 0, 1, 3,  3, 7 };
    static const uint8_t options[12] = { 1, 1, 8, 10 };
    bool syn = (s->flags & 2) != 0;
    uint32_t header = 20 + (syn ? sizeof syn_options : sizeof options);
    uint64_t sum;
    uint8_t *p = wire_ip(&g->wire, in, 6, header + s->length, &sum);
    uint32_t clock_ms = (uint32_t)(g->wire.now_ns / 1000000);

    memset(p, 0, 20);
    wire_ports(in, p);
    put32(p + 4, s->seq);
    put32(p + 8, s->ack);
    p[12] = (uint8_t)(header / 4 << 4);
    p[13] = s->flags;
    put16(p + 14, 64240);
    memcpy(p + 20, syn ? syn_options : options, header - 20);
    put32(p + (syn ? 28 : 24), clock_ms);
    if (!syn)
        put32(p + 28, clock_ms - 10);
    memcpy(p + header, g->filler + (s->seq & (FILLER - 1)), s->length);
    if (s->text)
        memcpy(p + header, s->text, s->text_length);
    put16(p + 16, wire_checksum(sum + wire_sum(p, header + s->length)));
    g->truth.tcp++;
    g->truth.data_segments += s->length > 0;
    send_frame(g, in, p, header + s->length);
}

/* One segment of a TCP flow, with the sequence numbers that are due. */
static void send_next(struct generator *g, struct flow *f, const struct wire_pair *in,
                      uint8_t flags, uint32_t length, const void *text, size_t text_length)
{
    int me = in->from_server;
    struct segment s = { .seq = f->next[me],
                         .flags = flags,
                         .length = length,
                         .text = text,
                         .text_length = text_length };

    if (flags & 16)
        s.ack = f->acked[me];
    send_tcp(g, in, &s);
    f->next[me] += length + ((flags & 3) != 0);
    if (!f->lost[me].length)
        f->acked[!me] = f->next[me];
}

static void send_request(struct generator *g, struct flow *f, const struct wire_pair *in)
{
    static const char http[] = "GET /status HTTP/1.1\r\nHost: bench.example.com\r\n\r\n";
    /* a ClientHello's first bytes: its name is not in it, so the length is honest */
    static const uint8_t tls[] = { 0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3 };

    if (in->server_port == 80)
        send_next(g, f, in, 0x18, sizeof http - 1, http, sizeof http - 1);
    else if (in->server_port == 443)
        send_next(g, f, in, 0x18, 517, tls, sizeof tls);
    else
        send_next(g, f, in, 0x18, 64, NULL, 0);
}

/* Sends again what was lost long enough ago; false when nothing was. */
static bool resend(struct generator *g, struct flow *f, struct wire_pair *in)
{
    for (int me = 0; me < 2; me++) {
        struct lost *lost = &f->lost[me];
        struct segment s = {
            .seq = lost->seq, .ack = f->acked[me], .flags = 0x18, .length = lost->length
        };

        if (!lost->length || g->wire.now_ns - lost->since_ns < RESEND_NS)
            continue;
        in->from_server = me != 0;
        send_tcp(g, in, &s);
        lost->length = 0;
        f->acked[!me] = f->next[me];
        g->truth.retransmits++;
        return true;
    }
    return false;
}

static void send_data(struct generator *g, struct flow *f, struct wire_pair *in)
{
    uint32_t draw = random_below(g, 100);
    /* a data segment of one byte, sent again, could be a keep-alive probe */
    uint32_t length = draw < 45 ? 0 : draw < 70 ? 2 + random_below(g, 535) : MSS;
    int me;

    if (resend(g, f, in))
        return;
    if (!f->lost[0].length && !f->lost[1].length && random_below(g, 2000) == 0) {
        in->from_server = false;
        send_next(g, f, in, 0x11, 0, NULL, 0);
        f->phase = PHASE_FIN;
        return;
    }
    in->from_server = random_below(g, 100) < 55;
    me = in->from_server;
    if (length && !f->lost[me].length && random_below(g, 100) == 0)
        f->lost[me] = (struct lost){ .since_ns = g->wire.now_ns,
                                     .seq = f->next[me],
                                     .length = (uint16_t)length };
    send_next(g, f, in, length ? 0x18 : 0x10, length, NULL, 0);
}

static void step_tcp(struct generator *g, struct flow *f, struct wire_pair *in)
{
    switch (f->phase) {
    case PHASE_SYN:
        g->truth.flows += f->reconnects > 0;
        send_next(g, f, in, 0x02, 0, NULL, 0);
        break;
    case PHASE_SYN_ACK:
        in->from_server = true;
        send_next(g, f, in, 0x12, 0, NULL, 0);
        break;
    case PHASE_ACK:
        send_next(g, f, in, 0x10, 0, NULL, 0);
        break;
    case PHASE_REQUEST:
        send_request(g, f, in);
        break;
    case PHASE_FIN:
        in->from_server = true;
        send_next(g, f, in, 0x11, 0, NULL, 0);
        break;
    case PHASE_LAST:
        send_next(g, f, in, 0x10, 0, NULL, 0);
        f->reconnects++;
        f->next[0] = (uint32_t)random_next(g);
        f->next[1] = (uint32_t)random_next(g);
        f->phase = PHASE_SYN;
        return;
    default:
        send_data(g, f, in);
        return;
    }
    f->phase++;
}

static void step_udp(struct generator *g, bool dns, struct wire_pair *in)
{
    static const uint8_t question[] = { 0x12, 0x34, 1,   0,   0,   1,   0, 0,   0,   0,   0,   0,
                                        5,    'b',  'e', 'n', 'c', 'h', 7, 'e', 'x', 'a', 'm', 'p',
                                        'l',  'e',  3,   'c', 'o', 'm', 0, 0,   1,   0,   1 };
    uint32_t length;
    uint64_t sum;
    uint8_t *p;
    uint16_t check;

    in->from_server = random_below(g, 2) != 0;
    length = dns ? sizeof question : random_below(g, 100) < 40 ? 40 + random_below(g, 80) : 1200;
    p = wire_ip(&g->wire, in, 17, 8 + length, &sum);
    wire_ports(in, p);
    put16(p + 4, 8 + length);
    put16(p + 6, 0);
    memcpy(p + 8, g->filler + (g->wire.now_ns & (FILLER - 1)), length);
    if (dns) {
        memcpy(p + 8, question, sizeof question);
        put16(p + 8, (uint32_t)g->wire.packets);
        if (in->from_server)
            put16(p + 10, 0x8183);
    }
    check = wire_checksum(sum + wire_sum(p, 8 + length));
    put16(p + 6, check ? check : 0xffff);
    g->truth.udp++;
    send_frame(g, in, p, 8 + length);
}

static void step_ping(struct generator *g, struct wire_pair *in)
{
    uint64_t sum;
    uint8_t *p;

    in->from_server = random_below(g, 2) != 0;
    p = wire_ip(&g->wire, in, in->ipv6 ? 58 : 1, 64, &sum);
    memset(p, 0, 64);
    if (in->ipv6)
        p[0] = in->from_server ? 129 : 128;
    else
        p[0] = in->from_server ? 0 : 8;
    put16(p + 4, in->client_port);
    put16(p + 6, (uint32_t)g->wire.packets);
    put16(p + 2, wire_checksum((in->ipv6 ? sum : 0) + wire_sum(p, 64)));
    g->truth.icmp++;
    send_frame(g, in, p, 64);
}

static void open_flow(struct generator *g, uint32_t id)
{
    struct flow *f = &g->flows[id];
    uint32_t draw;

    f->hash = (uint32_t)mix(id + UINT64_C(0x1000000));
    /* spread evenly over the ranks, so that the few busy flows have the same mix as all */
    draw = id * 37 % 100;
    f->kind = draw < 80 ? KIND_TCP : draw < 93 ? KIND_DNS : draw < 98 ? KIND_QUIC : KIND_PING;
    f->ipv6 = id % 10 == 7;
    f->next[0] = (uint32_t)random_next(g);
    f->next[1] = (uint32_t)random_next(g);
    g->truth.flows++;
}

static void step_flow(struct generator *g, uint32_t id)
{
    static const uint16_t ports[16] = { 443, 443, 443, 443,  443,  443,  443,  80,
                                        80,  80,  22,  3306, 5432, 6379, 8080, 9092 };
    struct flow *f = &g->flows[id];
    uint32_t client = id % g->shape->clients;
    /* client and port together are unique, so that no two flows share a five-tuple at a time */
    struct wire_pair in = {
        .hash = f->hash ^ f->reconnects,
        .ipv6 = f->ipv6,
        .client = 0x0a000000 | (uint32_t)(client * UINT32_C(0x9e3779b1) & 0xffffff),
        .server = 0xac100000 | (f->hash >> 8 & 0xfff),
        .client_port = (uint16_t)(20000 + (id / g->shape->clients * 13 + f->reconnects) % 45000),
        .server_port = ports[f->hash >> 20 & 15],
    };

    if (f->kind == KIND_TCP) {
        step_tcp(g, f, &in);
        return;
    }
    in.server_port = f->kind == KIND_DNS ? 53 : 443;
    if (f->kind == KIND_PING)
        step_ping(g, &in);
    else
        step_udp(g, f->kind == KIND_DNS, &in);
}

/* A rank below `count`, log-uniform: each power of two of ranks gets the same share of packets. */
static uint32_t draw_rank(struct generator *g, uint32_t count)
{
    uint32_t octaves = 32 - (uint32_t)__builtin_clz(count);
    uint32_t octave = random_below(g, octaves);
    uint32_t rank = (UINT32_C(1) << octave) - 1 + random_below(g, UINT32_C(1) << octave);

    return rank < count ? rank : random_below(g, count);
}

/* The two scans run through the middle of the capture, one probe every so many packets. */
static bool step_scan(struct generator *g)
{
    uint64_t at = g->wire.packets;
    struct truth *t = &g->truth;
    struct wire_pair in = { .hash = 0x5ca1ab1e };
    struct segment syn = { .flags = 0x02 };

    if (t->scan_hosts < g->scan_hosts &&
        at >= g->packets / 3 + t->scan_hosts * (g->packets / 6) / g->scan_hosts) {
        in.client = 0xc6336409;
        in.server = 0x0a640001 + (uint32_t)t->scan_hosts;
        in.client_port = (uint16_t)(40000 + t->scan_hosts);
        in.server_port = 22;
        syn.seq = 0x1000 + (uint32_t)t->scan_hosts++;
        t->flows++;
        send_tcp(g, &in, &syn);
        return true;
    }
    if (t->scan_ports < g->scan_ports &&
        at >= g->packets / 2 + t->scan_ports * (g->packets / 6) / g->scan_ports) {
        struct segment rst = { .flags = 0x14, .ack = 0x77770001 };

        in.client = 0xcb007107;
        in.server = 0x0a320505;
        in.client_port = 51515;
        in.server_port = (uint16_t)(1 + t->scan_ports++);
        syn.seq = 0x77770000;
        t->flows++;
        send_tcp(g, &in, &syn);
        in.from_server = true;
        send_tcp(g, &in, &rst);
        return true;
    }
    return false;
}

static void generate(struct generator *g)
{
    uint64_t opening = g->packets * g->shape->opening_percent / 100;

    while (g->wire.packets < g->packets) {
        uint32_t id;

        if (step_scan(g))
            continue;
        if (g->opened < g->shape->flows &&
            g->opened * opening <= g->wire.packets * g->shape->flows) {
            id = g->opened++;
            open_flow(g, id);
        } else {
            id = draw_rank(g, g->opened);
        }
        step_flow(g, id);
    }
}

static void print_truth(const struct generator *g)
{
    const struct truth *t = &g->truth;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        { "packets", g->wire.packets },
        { "inner_bytes", g->wire.inner_bytes },
        { "flows", t->flows },
        { "tcp", t->tcp },
        { "udp", t->udp },
        { "icmp", t->icmp },
        { "ipv6", g->wire.ipv6_packets },
        { "data_segments", t->data_segments },
        { "retransmits", t->retransmits },
        { "scan_hosts", t->scan_hosts },
        { "scan_ports", t->scan_ports },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        printf("%s %llu\n", rows[i].name, (unsigned long long)rows[i].value);
}

static const struct shape *find_shape(const char *name)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (strcmp(shapes[i].name, name) == 0)
            return &shapes[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct shape *shape = argc >= 3 ? find_shape(argv[1]) : NULL;
    struct generator *g;
    struct flow *flows;

    if (!shape) {
        fprintf(stderr, "usage: gen_big full|snap|flows OUT.pcap [PACKETS]\n");
        return 2;
    }
    g = calloc(1, sizeof *g);
    flows = calloc(shape->flows, sizeof *flows);
    if (!g || !flows) {
        fprintf(stderr, "gen_big: no memory\n");
        free(g);
        free(flows);
        return 1;
    }
    g->flows = flows;
    g->shape = shape;
    g->packets = argc > 3 ? strtoull(argv[3], NULL, 10) : shape->packets;
    g->scan_hosts =
        g->packets / 500 < MAX_SCAN_HOSTS ? (uint32_t)(g->packets / 500) : MAX_SCAN_HOSTS;
    g->scan_ports =
        g->packets / 500 < MAX_SCAN_PORTS ? (uint32_t)(g->packets / 500) : MAX_SCAN_PORTS;
    g->random = 20250101;
    for (size_t i = 0; i < sizeof g->filler; i++)
        g->filler[i] = (uint8_t)random_next(g);
    wire_open(&g->wire, argv[2], shape->snaplen, START_NS);
    generate(g);
    wire_close(&g->wire, argv[2]);
    print_truth(g);
    free(flows);
    free(g);
    return 0;
}
