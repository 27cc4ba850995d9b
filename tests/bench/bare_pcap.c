/* SPDX-License-Identifier: MIT */
/*
 * bare_pcap: what reading costs by itself. A libpcap loop that touches the headers that a decoder
 * would touch and adds them up, so that nothing can be optimised away.
 *
 * usage: bare_pcap FILE
 */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>

/* One byte of every 16 up to where an inner transport header ends: each cache line is fetched. */
static uint64_t touch(const u_char *data, uint32_t captured)
{
    uint32_t end = captured < 128 ? captured : 128;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < end; i += 16)
        sum += data[i];
    return sum;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    struct pcap_pkthdr *header;
    const u_char *data;
    uint64_t packets = 0, bytes = 0, sum = 0;
    pcap_t *pcap;
    int status;

    if (argc != 2) {
        fprintf(stderr, "usage: bare_pcap FILE\n");
        return 2;
    }
    pcap = pcap_open_offline(argv[1], error);
    if (!pcap) {
        fprintf(stderr, "bare_pcap: %s\n", error);
        return 1;
    }
    while ((status = pcap_next_ex(pcap, &header, &data)) == 1) {
        packets++;
        bytes += header->len;
        sum += touch(data, header->caplen);
    }
    if (status == PCAP_ERROR)
        fprintf(stderr, "bare_pcap: %s\n", pcap_geterr(pcap));
    pcap_close(pcap);
    printf("%" PRIu64 " packets, %" PRIu64 " bytes, sum %" PRIu64 "\n", packets, bytes, sum);
    return status == PCAP_ERROR;
}
