/* SPDX-License-Identifier: MIT */
/*
 * gen_tcp: captures about what TCP carried: retransmits, holes, windows, round-trip times.
 *
 * usage: gen_tcp DIRECTORY
 *
 * The comment over each function says what the report must show.
 */
#include "../support/cases.h"

static const char here[] = "10.0.1.10", peer[] = "192.0.2.80";

/* Ports that no services file names. */
enum { CLIENT = 50001, SERVER = 60080, STEP = 10, DATA = TALK_ACK | TALK_PSH };

/* An open connection from the mirror source to a peer. */
static struct talk opened(struct mirror *mirror, uint16_t client_port)
{
    struct talk t = talk_make(mirror, cases_at(0), here, client_port, peer, SERVER, 0);

    talk_open(&t, STEP * TALK_MS, TALK_MS);
    return t;
}

static void send_data(struct talk *t, int side, size_t n)
{
    talk_wait(t, STEP * TALK_MS);
    talk_tcp(t, side, DATA, NULL, n);
}

static void send_again(struct talk *t, int side, uint32_t seq, size_t n)
{
    talk_wait(t, STEP * TALK_MS);
    talk_tcp_at(t, side, seq, DATA, NULL, n);
}

/* A segment that is not the next one by its identification: it was sent earlier, or others were
 * sent before it that come later. */
static void send_as(struct talk *t, int side, uint16_t ip_id, uint32_t seq, size_t n)
{
    t->ip_id[side] = ip_id;
    send_again(t, side, seq, n);
}

static void send_ack(struct talk *t, int side)
{
    talk_wait(t, STEP * TALK_MS);
    talk_tcp(t, side, TALK_ACK, NULL, 0);
}

/* 13 segments: opened by the mirror source with RTT 30 ms, data both ways, closed. Nothing lost. */
static void make_clean(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = talk_make(&mirror, cases_at(0), here, CLIENT, peer, SERVER, 0);

    talk_open(&t, 20 * TALK_MS, 10 * TALK_MS);
    send_data(&t, 0, 300);
    send_ack(&t, 1);
    for (int i = 0; i < 3; i++)
        send_data(&t, 1, 1460);
    send_ack(&t, 0);
    send_data(&t, 0, 1);
    talk_wait(&t, STEP * TALK_MS);
    talk_close(&t, 0, STEP * TALK_MS);
}

/* Sequence numbers run over 2^32. Two segments of 500 bytes are sent again, one of them lies
 * across the wrap: 2 retransmits, 1000 bytes. */
static void make_wrap(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = talk_make(&mirror, cases_at(0), here, CLIENT, peer, SERVER, 0);
    uint32_t first;

    t.next[0] = UINT32_C(0xfffffb00); /* 1280 bytes before the wrap */
    talk_open(&t, STEP * TALK_MS, TALK_MS);
    first = t.next[0];
    for (int i = 0; i < 6; i++)
        send_data(&t, 0, 500);
    send_again(&t, 0, first + 500, 500);
    send_again(&t, 0, first + 1000, 500);
    send_data(&t, 0, 500);
    send_ack(&t, 1);
}

/* From the source: a segment twice (500 bytes again), one that starts in old bytes and ends in new
 * ones (200 of 500 again), one that covers a whole old one and more (500 of 900).
 * From the peer: a hole, its filling (no retransmit, one out of order), then the filling again
 * (400). 4 retransmits, 1600 bytes. */
static void make_retransmit(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = opened(&mirror, CLIENT);
    uint32_t seq = t.next[0];
    uint16_t id;

    send_data(&t, 0, 500);
    send_again(&t, 0, seq, 500);
    send_again(&t, 0, seq + 300, 500); /* 500..800 is new */
    t.next[0] = seq + 800;
    send_data(&t, 0, 500); /* 800..1300 */
    send_again(&t, 0, seq + 800, 900);
    t.next[0] = seq + 1700;
    send_ack(&t, 1);

    seq = t.next[1];
    send_data(&t, 1, 400);
    id = t.ip_id[1];
    send_as(&t, 1, (uint16_t)(id + 1), seq + 800, 400); /* 400..800 is missing */
    send_as(&t, 1, id, seq + 400, 400);
    send_as(&t, 1, (uint16_t)(id + 2), seq + 400, 400);
    t.next[1] = seq + 1200;
    send_ack(&t, 0);
}

/* SYN, SYN-ACK and FIN take a sequence number each, so sent again they carry it again: the SYN
 * three times, the SYN-ACK twice, the FIN twice: 4 retransmits of 4 bytes. */
static void make_syn_again(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = talk_make(&mirror, cases_at(0), here, CLIENT, peer, SERVER, 0);

    for (int i = 0; i < 2; i++) {
        talk_tcp_at(&t, 0, t.next[0], TALK_SYN, NULL, 0);
        talk_wait(&t, 1000 * TALK_MS);
    }
    talk_tcp(&t, 0, TALK_SYN, NULL, 0);
    talk_wait(&t, STEP * TALK_MS);
    talk_tcp_at(&t, 1, t.next[1], TALK_SYN | TALK_ACK, NULL, 0);
    talk_wait(&t, 1000 * TALK_MS);
    talk_tcp(&t, 1, TALK_SYN | TALK_ACK, NULL, 0);
    send_ack(&t, 0);
    talk_wait(&t, STEP * TALK_MS);
    talk_tcp_at(&t, 0, t.next[0], TALK_FIN | TALK_ACK, NULL, 0);
    talk_wait(&t, 200 * TALK_MS);
    talk_close(&t, 0, STEP * TALK_MS);
}

/* Keep-alive probes: without data at the last number, and with one old byte. No retransmit. */
static void make_keep_alive(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = opened(&mirror, CLIENT);

    send_data(&t, 0, 100);
    send_ack(&t, 1);
    for (int i = 0; i < 3; i++) {
        talk_wait(&t, 45000 * TALK_MS);
        talk_tcp_at(&t, 0, t.next[0] - 1, TALK_ACK, NULL, 0);
        send_ack(&t, 1);
        talk_wait(&t, 45000 * TALK_MS);
        talk_tcp_at(&t, 0, t.next[0] - 1, TALK_ACK, NULL, 1);
        send_ack(&t, 1);
    }
    send_data(&t, 0, 100);
}

/* Five holes at once, filled from the last to the first by copies with older identifications (5
 * out of order, no retransmit); then the same five segments once more: 5 retransmits, 500 bytes. */
static void make_holes(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = opened(&mirror, CLIENT);
    uint32_t seq = t.next[0];
    uint16_t id = t.ip_id[0];

    for (uint16_t i = 0; i < 6; i++)
        send_as(&t, 0, (uint16_t)(id + i * 2), seq + i * 200u, 100);
    for (uint16_t i = 5; i-- > 0;)
        send_as(&t, 0, (uint16_t)(id + i * 2 + 1), seq + i * 200u + 100, 100);
    t.ip_id[0] = (uint16_t)(id + 11);
    for (uint32_t i = 5; i-- > 0;)
        send_again(&t, 0, seq + i * 200 + 100, 100);
    t.next[0] = seq + 1100;
    send_ack(&t, 1);
}

/* The peer says window 0 three times, the source once: 4 zero windows. The RST's window is 0 too,
 * as every kernel sends it, and means nothing. */
static void make_zero_window(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = opened(&mirror, CLIENT);

    for (int i = 0; i < 3; i++) {
        send_data(&t, 0, 1000);
        t.window[1] = 0;
        send_ack(&t, 1);
        t.window[1] = 501;
        send_ack(&t, 1);
    }
    send_data(&t, 1, 1000);
    t.window[0] = 0;
    send_ack(&t, 0);
    talk_wait(&t, STEP * TALK_MS);
    talk_tcp(&t, 0, TALK_RST | TALK_ACK, NULL, 0);
}

/* The capture joins in the middle: who sent first is src, no RTT, no retransmit. */
static void make_midstream(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = talk_make(&mirror, cases_at(0), here, CLIENT, peer, SERVER, 0);

    send_data(&t, 1, 700);
    send_ack(&t, 0);
    send_data(&t, 0, 50);
    send_data(&t, 1, 700);
}

/* The SYN-ACK comes first (the mirror brought it late): src is still who opened. */
static void make_late_syn(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = talk_make(&mirror, cases_at(0), here, CLIENT, peer, SERVER, 0);
    uint32_t syn = t.next[0];

    t.next[0]++;
    talk_tcp(&t, 1, TALK_SYN | TALK_ACK, NULL, 0);
    talk_wait(&t, TALK_MS);
    talk_tcp_at(&t, 0, syn, TALK_SYN, NULL, 0);
    send_ack(&t, 0);
    send_data(&t, 0, 10);
}

/* The same addresses and ports again: at once after a close with lower sequence numbers, and two
 * hours later: three rows, no retransmit. */
static void make_reuse(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = opened(&mirror, CLIENT);

    for (int i = 0; i < 2; i++) {
        send_data(&t, 0, 1000);
        send_data(&t, 1, 1000);
        talk_wait(&t, STEP * TALK_MS);
        talk_close(&t, 0, STEP * TALK_MS);
        talk_wait(&t, i == 0 ? STEP * TALK_MS : UINT64_C(7200000) * TALK_MS);
        t.next[0] -= 1500;
        t.next[1] -= 1500;
        talk_open(&t, STEP * TALK_MS, TALK_MS);
    }
    send_data(&t, 0, 20);
}

/* The clock is set back by an hour in the middle: all packets count, in one flow from the least to
 * the greatest time. A second connection, frames of which are stamped up to 2 s too early. */
static void make_time_backwards(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = opened(&mirror, CLIENT);

    send_data(&t, 0, 100);
    t.now_ns -= UINT64_C(3600000) * TALK_MS;
    send_data(&t, 1, 100);
    send_data(&t, 0, 100);
    send_data(&t, 1, 100);

    t = talk_make(&mirror, t.now_ns + 5000 * TALK_MS, here, CLIENT + 1, peer, SERVER, 0);
    talk_open(&t, STEP * TALK_MS, TALK_MS);
    for (int i = 0; i < 4; i++) {
        t.now_ns -= (i % 2 == 0 ? 2000 : 0) * TALK_MS;
        send_data(&t, 0, 100);
        t.now_ns += (i % 2 == 0 ? 2000 : 0) * TALK_MS;
    }
}

/* Fifty connections with a table of 16: rows leave early, the peer's answer comes later still, and
 * the sums stay right: 50 x 5 packets. */
static void make_evict(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);

    for (uint16_t i = 0; i < 50; i++) {
        struct talk t =
            talk_make(&mirror, cases_at(i * 3u), here, (uint16_t)(CLIENT + i), peer, SERVER, 0);

        talk_open(&t, 2 * TALK_MS, TALK_MS);
        send_data(&t, 0, 10u + i);
        talk_wait(&t, 500 * TALK_MS);
        talk_tcp(&t, 1, DATA, NULL, 20);
    }
}

/* Twenty connections with a table of 16, number i of which sends i % 4 segments again: whether they
 * are in the table or have left it, the list holds 15, those with three first, of equals the
 * earliest. 30 retransmits. */
static void make_retransmit_ended(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);

    for (uint16_t i = 0; i < 20; i++) {
        struct talk t =
            talk_make(&mirror, cases_at(i * 100u), here, (uint16_t)(CLIENT + i), peer, SERVER, 0);

        talk_open(&t, 2 * TALK_MS, TALK_MS);
        send_data(&t, 0, 100);
        for (unsigned again = 0; again < i % 4u; again++)
            send_again(&t, 0, t.next[0] - 100, 100);
    }
}

/* Four connections. Of the first one nothing is lost. The mirror loses 1,000 bytes of the second
 * one, and two segments of the third one never come to it: after a timeout they are sent again,
 * with other identifications, as the next bytes. The last one has a retransmit. The list has
 * three. */
static void make_losses(struct capture *capture)
{
    struct mirror mirror = cases_mirror(capture, here, 1001);
    struct talk t = opened(&mirror, CLIENT);

    send_data(&t, 1, 1000);
    send_ack(&t, 0);

    t = opened(&mirror, CLIENT + 1);
    send_data(&t, 1, 1000);
    talk_skip(&t, 1, 1000);
    send_data(&t, 1, 1000);
    send_ack(&t, 0);

    t = talk_make(&mirror, cases_at(0), here, CLIENT + 2, peer, SERVER, 0);
    t.ip_id[1] = 0; /* of the SYN-ACK, as Linux sends it: what follows counts its own segments */
    talk_open(&t, STEP * TALK_MS, TALK_MS);
    t.ip_id[1] = 100;
    for (int i = 0; i < 20; i++)
        send_data(&t, 1, 1000);
    send_ack(&t, 0);
    talk_wait(&t, 250 * TALK_MS);
    t.ip_id[1] += 2;
    for (int i = 0; i < 3; i++)
        send_data(&t, 1, 1000);
    send_ack(&t, 0);

    t = opened(&mirror, CLIENT + 3);
    send_data(&t, 1, 1000);
    send_again(&t, 1, t.next[1] - 1000, 1000);
    send_ack(&t, 0);
}

static const struct golden_case cases[] = {
    { .name = "tcp-clean", .make = make_clean },
    { .name = "tcp-wrap", .make = make_wrap },
    { .name = "tcp-retransmit", .make = make_retransmit },
    { .name = "tcp-syn-again", .make = make_syn_again },
    { .name = "tcp-keep-alive", .make = make_keep_alive },
    { .name = "tcp-holes", .make = make_holes },
    { .name = "tcp-zero-window", .make = make_zero_window },
    { .name = "tcp-midstream", .make = make_midstream },
    { .name = "tcp-late-syn", .make = make_late_syn },
    { .name = "tcp-reuse", .make = make_reuse },
    { .name = "time-backwards", .make = make_time_backwards, .as_made = true },
    { .name = "evict", .make = make_evict },
    { .name = "retransmit-ended", .make = make_retransmit_ended },
    { .name = "tcp-losses", .make = make_losses },
};

int main(int argc, char **argv)
{
    return cases_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
