/* SPDX-License-Identifier: MIT */
/*
 * gen_distorted: the same TCP traffic in captures that a traffic mirror distorts, each in another
 * way, with the truth beside them.
 *
 * usage: gen_distorted DIRECTORY [--seed=N] [--connections=N] [--segments=N] [--timestamps]
 *                      [--ipv6] [--ip-id=counted|answered|shared|random|zero]
 *
 * Writes DIRECTORY/NAME.pcap for each case and DIRECTORY/truth.json; the same options always give
 * the same bytes. --ip-id is how hosts number their packets: a counter for each connection, the
 * same but for SYN-ACKs, which have none, a counter for the host, without order, not at all.
 *
 * A client (mirror source A, VNI 1001) asks once, a server (mirror source B, VNI 1002) answers with
 * `segments` segments, every other one of which is acknowledged; connections overlap in time. What
 * is true of a capture: retransmits are segments that the sender sent again; mirror_loss_bytes is
 * payload that its receiver acknowledged and no mirror delivered; duplicates are the second copies
 * of what both mirrors delivered; late are copies that the mirror delivered after later ones.
 */
#include "../support/cases.h"
#include "../support/random.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    PROTOCOL_TCP = 6,
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
    PAYLOAD = 1400,
    REQUEST = 120,
    FIRST_PORT = 20000,
    SERVER_PORT = 443,
    OPEN = TALK_SYN,
    ANSWER = TALK_SYN | TALK_ACK,
    DATA = TALK_ACK | TALK_PSH,
    END = TALK_FIN | TALK_ACK,
};

static const uint64_t step_ns = 400000;          /* between the packets of a connection */
static const uint64_t start_ns = 10 * TALK_MS;   /* between the starts of connections */
static const uint64_t way_ns = 90000;            /* between A and B */
static const uint64_t late_ns = 2 * TALK_MS;     /* by which a late copy is late */
static const uint64_t timeout_ns = 30 * TALK_MS; /* after which a segment is sent again */

enum ip_id { IP_ID_COUNTED, IP_ID_ANSWERED, IP_ID_SHARED, IP_ID_RANDOM, IP_ID_ZERO };
static const char *const ip_id_names[] = { "counted", "answered", "shared", "random", "zero" };

struct options {
    const char *directory;
    uint64_t seed;
    uint32_t connections, segments;
    enum ip_id ip_id;
    bool timestamps, ipv6;
};

struct segment {
    uint64_t sent_ns;
    uint32_t connection, seq, ack, ts_value, ts_echo;
    uint16_t ip_id, payload;
    uint8_t flags, side; /* 0: the client's */
    bool again;          /* what was sent before */
    bool lost;           /* between the two mirror sources */
};

struct traffic {
    struct segment *segments;
    size_t count, room;
};

struct truth {
    size_t retransmits, mirror_loss_bytes, duplicates, late, truncated;
    unsigned sessions, flows; /* flows: for each connection */
};

/* What a case is made with. */
struct make {
    const struct options *options;
    uint64_t random;
    struct capture capture;
    struct mirror a, b;
    const struct traffic *clean; /* nothing lost, nothing sent again */
    struct truth truth;
};

static void die(const char *what)
{
    fprintf(stderr, "gen_distorted: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* True for one in `n`. */
static bool one_in(uint64_t *random, uint64_t n)
{
    return random_below(random, n) == 0;
}

static struct segment *add_segment(struct traffic *traffic, const struct segment *segment)
{
    if (traffic->count == traffic->room) {
        size_t room = traffic->room ? traffic->room * 2 : 1024;
        struct segment *grown = realloc(traffic->segments, room * sizeof(*grown));

        if (!grown)
            die("memory");
        traffic->segments = grown;
        traffic->room = room;
    }
    traffic->segments[traffic->count] = *segment;
    return &traffic->segments[traffic->count++];
}

/* ---- traffic --------------------------------------------------------------------------------- */

/* A connection while it is being made. */
struct connection {
    struct traffic *traffic;
    struct segment next[2]; /* of each side; `sent_ns` is that of side 0 for both */
};

static void say(struct connection *c, unsigned side, uint8_t flags, uint16_t payload)
{
    struct segment *s = &c->next[side];

    s->sent_ns = c->next[0].sent_ns;
    s->flags = flags;
    s->payload = payload;
    s->ack = flags & TALK_ACK ? c->next[!side].seq : 0;
    s->ts_value = (uint32_t)((s->sent_ns - CASES_START) / TALK_MS) + 5000;
    s->ts_echo = s->ts_value - 1;
    add_segment(c->traffic, s);
    s->seq += payload + (uint32_t)((flags & (TALK_SYN | TALK_FIN)) != 0);
    c->next[0].sent_ns += step_ns;
}

static void add_connection(struct traffic *traffic, const struct options *options, uint64_t *random,
                           uint32_t number)
{
    struct connection c = {
        .traffic = traffic,
        .next = {
            { .connection = number, .side = 0, .sent_ns = CASES_START + number * start_ns },
            { .connection = number, .side = 1 },
        },
    };

    for (unsigned side = 0; side < 2; side++) {
        c.next[side].seq = (uint32_t)random_next(random);
        if (number % 4 == 3) /* the sequence numbers wrap */
            c.next[side].seq = side == 0 ? UINT32_MAX - 60 : UINT32_MAX - PAYLOAD * 9 - 7;
    }
    say(&c, 0, OPEN, 0);
    say(&c, 1, ANSWER, 0);
    say(&c, 0, TALK_ACK, 0);
    say(&c, 0, DATA, REQUEST);
    for (uint32_t i = 0; i < options->segments; i++) {
        say(&c, 1, TALK_ACK, PAYLOAD);
        if (i % 2)
            say(&c, 0, TALK_ACK, 0);
    }
    say(&c, 0, TALK_ACK, 0);
    say(&c, 1, END, 0);
    say(&c, 0, END, 0);
    say(&c, 1, TALK_ACK, 0);
}

static int by_time(const void *one, const void *other)
{
    const struct segment *a = one, *b = other;

    if (a->sent_ns != b->sent_ns)
        return a->sent_ns < b->sent_ns ? -1 : 1;
    return (a->connection > b->connection) - (a->connection < b->connection);
}

/* In the order of sending, as hosts number their packets. */
static void number_packets(struct traffic *traffic, const struct options *options, uint64_t random)
{
    uint16_t *next = calloc(options->connections, 2 * sizeof(*next));

    if (!next)
        die("memory");
    for (uint32_t i = 0; i < 2 * options->connections; i++)
        next[i] = (uint16_t)random_next(&random);
    if (traffic->count > 0)
        qsort(traffic->segments, traffic->count, sizeof(traffic->segments[0]), by_time);
    for (size_t i = 0; i < traffic->count; i++) {
        struct segment *s = &traffic->segments[i];
        size_t counter = options->ip_id == IP_ID_SHARED ? 0 : s->connection;

        if (options->ip_id == IP_ID_RANDOM)
            s->ip_id = (uint16_t)random_next(&random);
        else if (options->ip_id == IP_ID_ANSWERED && s->flags == ANSWER)
            s->ip_id = 0;
        else if (options->ip_id != IP_ID_ZERO)
            s->ip_id = next[2 * counter + s->side]++;
    }
    free(next);
}

static struct traffic make_traffic(const struct options *options, uint64_t random)
{
    struct traffic traffic = { 0 };

    for (uint32_t i = 0; i < options->connections; i++)
        add_connection(&traffic, options, &random, i);
    number_packets(&traffic, options, random);
    return traffic;
}

/* Sends one in 200 of the server's segments again, 30 ms later; `lost`: because the first one got
 * lost between the mirrors. Adds up how many. */
static struct traffic make_resent(struct make *make, bool lost)
{
    struct traffic traffic = { 0 };

    for (size_t i = 0; i < make->clean->count; i++) {
        struct segment *s = add_segment(&traffic, &make->clean->segments[i]);

        if (s->payload == PAYLOAD && one_in(&make->random, 200)) {
            struct segment again = *s;

            s->lost = lost;
            again.again = true;
            again.sent_ns += timeout_ns;
            again.ts_value += (uint32_t)(timeout_ns / TALK_MS);
            add_segment(&traffic, &again);
            make->truth.retransmits++;
        }
    }
    number_packets(&traffic, make->options, make->random);
    return traffic;
}

/* What the client acknowledges while it waits for what was lost: no more than the byte before. */
static void stall(struct traffic *traffic, struct segment *ack)
{
    for (size_t i = 0; i < traffic->count; i++) {
        const struct segment *s = &traffic->segments[i];

        if (s->lost && s->connection == ack->connection && s->sent_ns < ack->sent_ns &&
            ack->sent_ns < s->sent_ns + timeout_ns && (int32_t)(ack->ack - s->seq) > 0)
            ack->ack = s->seq;
    }
}

/* ---- mirrors --------------------------------------------------------------------------------- */

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Puts a copy of the segment, delayed by `delay_ns`, into the capture. */
static void deliver(const struct make *make, struct mirror *mirror, const struct segment *s,
                    uint64_t delay_ns)
{
    static const char *const addresses[2][2] = { { "10.0.1.10", "10.0.2.20" },
                                                 { "2001:db8:1::10", "2001:db8:2::20" } };
    const char *const *address = addresses[make->options->ipv6];
    bool at_b = mirror == &make->b;
    bool egress = s->side == at_b;
    uint16_t port[2] = { (uint16_t)(FIRST_PORT + s->connection), SERVER_PORT };
    uint8_t tcp_options[16] = { 1, 1, 8, 10, [12] = 2, 4, PAYLOAD >> 8, PAYLOAD & 0xff };
    size_t first = make->options->timestamps ? 0 : 12, end = s->flags & TALK_SYN ? 16 : 12;
    uint64_t seen_ns = s->sent_ns + delay_ns;
    struct fb fb;

    if (at_b) /* times are those at A */
        seen_ns = s->side == 0 ? seen_ns + way_ns : seen_ns - way_ns;
    put32(tcp_options + 4, s->ts_value);
    put32(tcp_options + 8, s->ts_echo);
    fb_init(&fb);
    fb_payload(&fb, NULL, s->payload);
    fb_tcp(&fb, port[s->side], port[!s->side], s->seq, s->ack, s->flags, 65000, tcp_options + first,
           end - first);
    if (make->options->ipv6)
        fb_ipv6(&fb, address[s->side], address[!s->side], PROTOCOL_TCP);
    else
        fb_ipv4(&fb, address[s->side], address[!s->side], PROTOCOL_TCP, s->ip_id, 0x4000);
    fb_eth(&fb, egress ? mirror->router_mac : mirror->mac,
           egress ? mirror->mac : mirror->router_mac, make->options->ipv6 ? TYPE_IPV6 : TYPE_IPV4);
    mirror_send(mirror, seen_ns, &fb, s->connection, egress);
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void make_clean(struct make *make)
{
    for (size_t i = 0; i < make->clean->count; i++)
        deliver(make, &make->a, &make->clean->segments[i], 0);
}

static void make_both_ends(struct make *make)
{
    make_clean(make);
    for (size_t i = 0; i < make->clean->count; i++)
        deliver(make, &make->b, &make->clean->segments[i], 0);
    make->truth.duplicates = make->clean->count;
    make->truth.sessions = 2;
}

static void make_mirror_loss(struct make *make)
{
    for (size_t i = 0; i < make->clean->count; i++) {
        const struct segment *s = &make->clean->segments[i];

        if (s->payload > 0 && one_in(&make->random, 50))
            make->truth.mirror_loss_bytes += s->payload;
        else
            deliver(make, &make->a, s, 0);
    }
}

static void make_one_direction(struct make *make)
{
    for (size_t i = 0; i < make->clean->count; i++) {
        if (make->clean->segments[i].side == 1)
            deliver(make, &make->a, &make->clean->segments[i], 0);
    }
}

static void make_truncated(struct make *make)
{
    make->a.packet_length = 128;
    make_clean(make);
    make->truth.truncated = make->a.truncated;
}

/* The same addresses and ports at the same time in another VNI: other connections. */
static void make_overlapping(struct make *make)
{
    struct traffic other = make_traffic(make->options, make->random);

    make_clean(make);
    make->a.vni = 2002;
    for (size_t i = 0; i < other.count; i++)
        deliver(make, &make->a, &other.segments[i], 0);
    free(other.segments);
    make->truth.sessions = 2;
    make->truth.flows = 2;
}

static void make_reordered(struct make *make)
{
    for (size_t i = 0; i < make->clean->count; i++) {
        const struct segment *s = &make->clean->segments[i];
        bool late = s->payload > 0 && one_in(&make->random, 100);

        deliver(make, &make->a, s, late ? late_ns : 0);
        make->truth.late += late;
    }
}

static void make_retransmits(struct make *make)
{
    struct traffic traffic = make_resent(make, false);

    for (size_t i = 0; i < traffic.count; i++)
        deliver(make, &make->a, &traffic.segments[i], 0);
    free(traffic.segments);
}

static void make_retransmits_both_ends(struct make *make)
{
    struct traffic traffic = make_resent(make, false);

    for (size_t i = 0; i < traffic.count; i++) {
        deliver(make, &make->a, &traffic.segments[i], 0);
        deliver(make, &make->b, &traffic.segments[i], 0);
    }
    make->truth.duplicates = traffic.count;
    make->truth.sessions = 2;
    free(traffic.segments);
}

static void make_lost_before(struct make *make)
{
    struct traffic traffic = make_resent(make, true);

    for (size_t i = 0; i < traffic.count; i++) {
        struct segment s = traffic.segments[i];

        if (s.side == 0)
            stall(&traffic, &s);
        if (!s.lost)
            deliver(make, &make->a, &s, 0);
    }
    free(traffic.segments);
}

/* Both ends are mirrored, and either mirror loses one copy in 50: only what both lose is lost. */
static void make_lossy_both_ends(struct make *make)
{
    for (size_t i = 0; i < make->clean->count; i++) {
        const struct segment *s = &make->clean->segments[i];
        bool by_a = !(s->payload > 0 && one_in(&make->random, 50));
        bool by_b = !(s->payload > 0 && one_in(&make->random, 50));

        if (by_a)
            deliver(make, &make->a, s, 0);
        if (by_b)
            deliver(make, &make->b, s, 0);
        make->truth.duplicates += by_a && by_b;
        make->truth.mirror_loss_bytes += by_a || by_b ? 0 : s->payload;
    }
    make->truth.sessions = 2;
}

static const struct {
    const char *name;
    void (*make)(struct make *make);
} cases[] = {
    { "0-clean", make_clean },
    { "1-both-ends", make_both_ends },
    { "2-mirror-loss", make_mirror_loss },
    { "3-one-direction", make_one_direction },
    { "4-truncated", make_truncated },
    { "5-overlapping-addresses", make_overlapping },
    { "6-reordered", make_reordered },
    { "7-retransmits", make_retransmits },
    { "8-retransmits-both-ends", make_retransmits_both_ends },
    { "9-lost-before-the-mirror", make_lost_before },
    { "10-mirror-loss-both-ends", make_lossy_both_ends },
};

/* ---- the program ----------------------------------------------------------------------------- */

static void write_truth(FILE *file, const struct make *make, const char *name)
{
    const struct truth *truth = &make->truth;

    fprintf(file,
            ",\n \"%s\": {\"packets\": %zu, \"retransmits\": %zu, \"mirror_loss_bytes\": %zu, "
            "\"duplicates\": %zu, \"late\": %zu, \"truncated\": %zu, \"sessions\": %u, "
            "\"flows\": %u}",
            name, make->capture.count, truth->retransmits, truth->mirror_loss_bytes,
            truth->duplicates, truth->late, truth->truncated, truth->sessions,
            truth->flows * make->options->connections);
}

static void make_case(const struct options *options, const struct traffic *clean, size_t number,
                      FILE *truth)
{
    static const struct capture_pcap format = { .link_type = 1 };
    struct make make = {
        .options = options,
        .random = options->seed * 1000 + number,
        .clean = clean,
        .truth = { .sessions = 1, .flows = 1 },
    };
    char path[4096];

    make.a = cases_mirror(&make.capture, "10.0.1.10", 1001);
    make.b = cases_mirror(&make.capture, "10.0.2.20", 1002);
    make.b.mac = "02:00:00:00:02:20";
    make.b.router_mac = "02:00:00:00:02:01";
    cases[number].make(&make);
    capture_sort(&make.capture);
    snprintf(path, sizeof(path), "%s/%s.pcap", options->directory, cases[number].name);
    capture_write_pcap(&make.capture, path, &format);
    write_truth(truth, &make, cases[number].name);
    capture_release(&make.capture);
}

static bool parse_number(const char *text, uint32_t *number)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    *number = (uint32_t)value;
    return *text >= '0' && *text <= '9' && *end == '\0' && value > 0 && value <= 40000;
}

static bool parse_ip_id(const char *text, enum ip_id *ip_id)
{
    for (unsigned i = 0; i < sizeof(ip_id_names) / sizeof(ip_id_names[0]); i++) {
        if (strcmp(text, ip_id_names[i]) == 0) {
            *ip_id = (enum ip_id)i;
            return true;
        }
    }
    return false;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        { "seed", required_argument, NULL, 's' },
        { "connections", required_argument, NULL, 'c' },
        { "segments", required_argument, NULL, 'n' },
        { "ip-id", required_argument, NULL, 'i' },
        { "timestamps", no_argument, NULL, 't' },
        { "ipv6", no_argument, NULL, '6' },
        { 0 },
    };
    uint32_t seed = 1;
    bool good = true;
    int option;

    *options = (struct options){ .connections = 50, .segments = 100 };
    while (good && (option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 's':
            good = parse_number(optarg, &seed);
            break;
        case 'c':
            good = parse_number(optarg, &options->connections);
            break;
        case 'n':
            good = parse_number(optarg, &options->segments);
            break;
        case 'i':
            good = parse_ip_id(optarg, &options->ip_id);
            break;
        case 't':
            options->timestamps = true;
            break;
        case '6':
            options->ipv6 = true;
            break;
        default:
            good = false;
        }
    }
    options->seed = seed;
    options->directory = argv[optind];
    return good && optind == argc - 1;
}

int main(int argc, char **argv)
{
    struct options options;
    struct traffic clean;
    char path[4096];
    FILE *truth;

    if (!parse_options(argc, argv, &options)) {
        fprintf(stderr,
                "usage: gen_distorted DIRECTORY [--seed=N] [--connections=N] [--segments=N]\n"
                "           [--ip-id=counted|shared|random|zero] [--timestamps] [--ipv6]\n");
        return 2;
    }
    if (mkdir(options.directory, 0777) != 0 && errno != EEXIST)
        die(options.directory);
    snprintf(path, sizeof(path), "%s/truth.json", options.directory);
    truth = fopen(path, "w");
    if (!truth)
        die(path);
    fprintf(truth, "{\"options\": {\"ip_id\": %s, \"timestamps\": %s}",
            options.ip_id <= IP_ID_SHARED && !options.ipv6 ? "true" : "false",
            options.timestamps ? "true" : "false");
    clean = make_traffic(&options, options.seed);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        make_case(&options, &clean, i, truth);
    free(clean.segments);
    fprintf(truth, "\n}\n");
    if (fclose(truth) != 0)
        die(path);
    return 0;
}
