/* SPDX-License-Identifier: MIT */
/*
 * bare_live: what capturing on an interface costs by itself. A libpcap loop that
 * touches the headers that a decoder would touch.
 *
 * usage: bare_live IF
 * Ends on SIGINT or SIGTERM and prints how many frames came, how many the kernel dropped, and a
 * sum.
 */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>

enum { BUFFER = 8 << 20, TIMEOUT_MS = 10 };

static pcap_t *pcap;
static volatile sig_atomic_t stop;

struct counts {
    uint64_t frames, sum;
};

static void on_signal(int number)
{
    (void)number;
    stop = 1;
    pcap_breakloop(pcap); /* without packets, pcap_dispatch() does not return by itself */
}

/* One byte of every 16 up to where an inner transport header ends: each cache line is fetched. */
static void touch(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
    struct counts *counts = (struct counts *)(void *)user;
    uint32_t end = header->caplen < 128 ? header->caplen : 128;

    counts->frames++;
    for (uint32_t i = 0; i < end; i += 16)
        counts->sum += data[i];
}

static int fail(void)
{
    fprintf(stderr, "bare_live: %s\n", pcap_geterr(pcap));
    return 1;
}

int main(int argc, char **argv)
{
    struct sigaction action = { .sa_handler = on_signal };
    char error[PCAP_ERRBUF_SIZE] = "";
    struct pcap_stat stats = { 0 };
    struct counts counts = { 0, 0 };

    if (argc != 2) {
        fprintf(stderr, "usage: bare_live IF\n");
        return 2;
    }
    pcap = pcap_create(argv[1], error);
    if (!pcap) {
        fprintf(stderr, "bare_live: %s\n", error);
        return 1;
    }
    pcap_set_snaplen(pcap, 256);
    pcap_set_timeout(pcap, TIMEOUT_MS);
    pcap_set_buffer_size(pcap, BUFFER);
    if (pcap_activate(pcap) < 0)
        return fail();
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    while (!stop)
        if (pcap_dispatch(pcap, -1, touch, (u_char *)&counts) == PCAP_ERROR)
            return fail();
    pcap_stats(pcap, &stats);
    pcap_close(pcap);
    printf("received %" PRIu64 "\ndropped %u\nsum %" PRIu64 "\n", counts.frames, stats.ps_drop,
           counts.sum);
    return 0;
}
