/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES = 64, NETWORKS = 8 };

static void die(const char *what, const char *path)
{
    fprintf(stderr, "gen_big: cannot %s %s: %s\n", what, path, strerror(errno));
    exit(1);
}

uint64_t wire_sum(const uint8_t *p, size_t length)
{
    uint64_t sum = 0;
    size_t i;

    for (i = 0; i + 1 < length; i += 2)
        sum += (uint32_t)(p[i] << 8 | p[i + 1]);
    return i < length ? sum + (uint32_t)(p[i] << 8) : sum;
}

uint16_t wire_checksum(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void write_bytes(struct wire *wire, const void *data, size_t size)
{
    if (fwrite(data, 1, size, wire->out) != size)
        die("write", "the capture");
}

void wire_open(struct wire *wire, const char *path, uint32_t snaplen, uint64_t now_ns)
{
    /* in the host's byte order, which every reader of pcap accepts */
    const uint32_t header[6] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, snaplen, 1 };

    wire->out = fopen(path, "wb");
    if (!wire->out)
        die("make", path);
    setvbuf(wire->out, NULL, _IOFBF, 1 << 20);
    wire->snaplen = snaplen;
    wire->now_ns = now_ns;
    write_bytes(wire, header, sizeof header);
}

void wire_close(struct wire *wire, const char *path)
{
    if (fclose(wire->out) != 0)
        die("write", path);
}

uint8_t *wire_ip(struct wire *wire, const struct wire_pair *pair, uint8_t protocol,
                 uint32_t transport, uint64_t *sum)
{
    uint8_t *p = wire->frame + WIRE_OUTER;
    uint32_t from = pair->from_server ? pair->server : pair->client;
    uint32_t to = pair->from_server ? pair->client : pair->server;

    memset(p, 0, 54);
    p[0] = p[6] = 0x06;
    p[pair->from_server ? 5 : 11] = 1;
    p[pair->from_server ? 11 : 5] = 2;
    if (pair->ipv6) {
        put16(p + 12, 0x86dd);
        p[14] = 0x60;
        put16(p + 18, transport);
        p[20] = protocol;
        p[21] = 64;
        p[22] = p[38] = 0xfd;
        put32(p + 34, from);
        put32(p + 50, to);
        *sum = wire_sum(p + 22, 32) + protocol + transport;
        wire->ipv6_packets++;
        return p + 54;
    }
    put16(p + 12, 0x0800);
    p[14] = 0x45;
    put16(p + 16, 20 + transport);
    put16(p + 18, wire->ip_id++);
    p[20] = 0x40;
    p[22] = 64;
    p[23] = protocol;
    put32(p + 26, from);
    put32(p + 30, to);
    put16(p + 24, wire_checksum(wire_sum(p + 14, 20)));
    *sum = wire_sum(p + 26, 8) + protocol + transport;
    return p + 34;
}

void wire_ports(const struct wire_pair *pair, uint8_t *p)
{
    put16(p, pair->from_server ? pair->server_port : pair->client_port);
    put16(p + 2, pair->from_server ? pair->client_port : pair->server_port);
}

void wire_send(struct wire *wire, const struct wire_pair *pair, const uint8_t *p,
               uint32_t transport)
{
    static const uint8_t ethernet[14] = { 0x02, 0, 0, 0, 0, 0x99, 0x02, 0, 0, 0, 0, 0x01, 8, 0 };
    uint8_t *out = wire->frame;
    uint32_t length = (uint32_t)(p - out) + transport;
    uint32_t captured = length < wire->snaplen ? length : wire->snaplen;
    uint32_t record[4] = { (uint32_t)(wire->now_ns / 1000000000),
                           (uint32_t)(wire->now_ns % 1000000000 / 1000), captured, length };

    memset(out, 0, WIRE_OUTER);
    memcpy(out, ethernet, sizeof ethernet);
    out[14] = 0x45;
    put16(out + 16, length - 14);
    out[22] = 254;
    out[23] = 17;
    put32(out + 26, 0x0a01000a + pair->hash % SOURCES);
    put32(out + 30, 0x0a090909);
    put16(out + 24, wire_checksum(wire_sum(out + 14, 20)));
    put16(out + 34, 0xff80 + (pair->hash >> 6) % 128);
    put16(out + 36, 4789);
    put16(out + 38, length - 34);
    out[42] = 0x08;
    put32(out + 46, (1000 + (pair->hash >> 16) % NETWORKS) << 8);

    write_bytes(wire, record, sizeof record);
    write_bytes(wire, out, captured);
    wire->packets++;
    wire->inner_bytes += length - WIRE_OUTER - 14;
}
