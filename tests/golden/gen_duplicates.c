/* SPDX-License-Identifier: MIT */
/*
 * gen_duplicates: captures of connections that are mirrored at both ends.
 *
 * usage: gen_duplicates DIRECTORY
 *
 * The comment over each function says what the report must show.
 */
#include "../support/cases.h"

static const char client[] = "10.0.1.10", server[] = "10.0.2.20";
static const char client6[] = "2001:db8:1::10", server6[] = "2001:db8:2::20";

/* Ports that no services file names. */
enum { CLIENT = 50001, SERVER = 60080, STEP = 10, DATA = TALK_ACK | TALK_PSH, ENDS = 3 };

static const uint64_t us = 1000;

/* One conversation, seen at the client (0), at the server (1), and, if count is 3, on a machine
 * between them. */
struct pair {
    struct mirror mirror[ENDS];
    struct talk talk[ENDS];
    int count;
    uint64_t way_ns;   /* from one end to the other one */
    uint64_t late_ns;  /* so much later come the client's copies, whoever sent the packet */
    bool no_id;        /* identifications are 0 */
    unsigned left_out; /* bit by bit of what is seen at: one of them does not see the next packet */
};

static void start(struct pair *p, struct capture *capture, const char *a, const char *b)
{
    static const char *const macs[ENDS] = { "02:00:00:00:01:10", "02:00:00:00:02:20",
                                            "02:00:00:00:03:30" };
    static const char *const sources[ENDS] = { client, server, "10.0.3.30" };

    *p = (struct pair){ .count = 2, .way_ns = 90 * us };
    for (int i = 0; i < ENDS; i++) {
        p->mirror[i] = cases_mirror(capture, sources[i], (uint32_t)(1001 + i));
        p->mirror[i].mac = macs[i];
        p->talk[i] = talk_make(&p->mirror[i], cases_at(1000), a, CLIENT, b, SERVER, i == 1);
    }
}

static void step(struct pair *p, uint64_t ns)
{
    for (int i = 0; i < ENDS; i++)
        talk_wait(&p->talk[i], ns);
}

/* The next segment, or with `again` one from before with this sequence number. */
static void put(struct pair *p, int side, uint8_t flags, size_t n, const uint32_t *again)
{
    for (int i = 0; i < p->count; i++) {
        struct talk *t = &p->talk[i];
        struct talk before = *t;
        uint32_t seq = again ? *again : t->next[side];

        if (p->no_id)
            t->ip_id[side] = 0;
        t->now_ns += i == side ? 0 : i == 2 ? p->way_ns / 2 : p->way_ns;
        t->now_ns += i == 0 ? p->late_ns : 0;
        if (!(p->left_out & 1u << i))
            talk_tcp_at(t, side, seq, flags, NULL, n);
        t->now_ns = before.now_ns;
        if (!again)
            t->next[side] += (uint32_t)n + ((flags & (TALK_SYN | TALK_FIN)) != 0);
        t->ip_id[side] = (uint16_t)(before.ip_id[side] + 1);
    }
    p->left_out = 0;
    step(p, STEP * TALK_MS);
}

static void put_next(struct pair *p, int side, uint8_t flags, size_t n)
{
    put(p, side, flags, n, NULL);
}

/* 12 packets, of which one is a retransmit of 700 bytes. */
static void converse(struct pair *p)
{
    uint32_t again;

    put_next(p, 0, TALK_SYN, 0);
    put_next(p, 1, TALK_SYN | TALK_ACK, 0);
    put_next(p, 0, TALK_ACK, 0);
    put_next(p, 0, DATA, 300);
    again = p->talk[0].next[1];
    put_next(p, 1, DATA, 700);
    put(p, 1, DATA, 700, &again);
    put_next(p, 1, DATA, 500);
    put_next(p, 0, TALK_ACK, 0);
    put_next(p, 1, TALK_ACK | TALK_FIN, 0);
    put_next(p, 0, TALK_ACK, 0);
    put_next(p, 0, TALK_ACK | TALK_FIN, 0);
    put_next(p, 1, TALK_ACK, 0);
}

/* 12 packets, each twice: 12 duplicates, one flow, one retransmit. */
static void make_both_ends(struct capture *capture)
{
    struct pair p;

    start(&p, capture, client, server);
    converse(&p);
}

/* The same without identifications: the retransmit is equal to what it repeats. */
static void make_no_id(struct capture *capture)
{
    struct pair p;

    start(&p, capture, client, server);
    p.no_id = true;
    converse(&p);
}

/* The same in IPv6. */
static void make_ipv6(struct capture *capture)
{
    struct pair p;

    start(&p, capture, client6, server6);
    converse(&p);
}

/* The client's copies come 3 ms late, so all first copies are the server's. */
static void make_late(struct capture *capture)
{
    struct pair p;

    start(&p, capture, client, server);
    p.late_ns = 3 * TALK_MS;
    converse(&p);
}

/* 9 ms from one end to the other, and the client's copies come 5 ms late: round trips are what its
 * session shows by itself. */
static void make_skewed(struct capture *capture)
{
    struct pair p;

    start(&p, capture, client, server);
    p.way_ns = 9 * TALK_MS;
    p.late_ns = 5 * TALK_MS;
    converse(&p);
}

/* A machine between the two is mirrored, too: 24 duplicates. */
static void make_three(struct capture *capture)
{
    struct pair p;

    start(&p, capture, client, server);
    p.count = 3;
    converse(&p);
}

/* The client's session cuts frames to 96 bytes: its copies are the same all the same. */
static void make_cut(struct capture *capture)
{
    struct pair p;

    start(&p, capture, client, server);
    p.mirror[0].packet_length = 96;
    converse(&p);
}

/* Each end misses some copies, the SYN among them, none both: 12 packets counted, 8 duplicates. The
 * answers to the SYN come by the server first, so each session opens a flow, which are one. */
static void make_lossy(struct capture *capture)
{
    struct pair p;
    uint32_t again;

    start(&p, capture, client, server);
    p.left_out = 2;
    put_next(&p, 0, TALK_SYN, 0);
    put_next(&p, 1, TALK_SYN | TALK_ACK, 0);
    put_next(&p, 0, TALK_ACK, 0);
    p.left_out = 1;
    put_next(&p, 0, DATA, 300);
    again = p.talk[0].next[1];
    put_next(&p, 1, DATA, 700);
    put(&p, 1, DATA, 700, &again);
    p.left_out = 2;
    put_next(&p, 1, DATA, 500);
    put_next(&p, 0, TALK_ACK, 0);
    p.left_out = 1;
    put_next(&p, 1, TALK_ACK | TALK_FIN, 0);
    put_next(&p, 0, TALK_ACK, 0);
    put_next(&p, 0, TALK_ACK | TALK_FIN, 0);
    put_next(&p, 1, TALK_ACK, 0);
}

static const struct golden_case cases[] = {
    { .name = "dup-both-ends", .make = make_both_ends },
    { .name = "dup-switched-off", .make = make_both_ends },
    { .name = "dup-no-id", .make = make_no_id },
    { .name = "dup-ipv6", .make = make_ipv6 },
    { .name = "dup-late", .make = make_late },
    { .name = "dup-skewed", .make = make_skewed },
    { .name = "dup-three", .make = make_three },
    { .name = "dup-cut", .make = make_cut },
    { .name = "dup-lossy", .make = make_lossy },
};

int main(int argc, char **argv)
{
    return cases_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
