/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <stdlib.h>
#include <string.h>

const char eni_a[] = "02:00:00:00:00:0a", router[] = "02:00:00:00:00:ff";

struct trace trace;
struct fb fb;

void trace_start(void)
{
    for (size_t i = 0; i < trace.count; i++)
        free((void *)(uintptr_t)trace.frames[i].data);
    trace.count = 0;
    trace.now_ns = 1700000000000000000u;
}

/* Takes what has been built. */
void trace_add(size_t cut_to)
{
    uint8_t *copy = malloc(fb.len);
    struct frame *frame = &trace.frames[trace.count++];

    if (!copy || trace.count > TRACE_FRAMES)
        abort();
    memcpy(copy, fb_data(&fb), fb.len);
    *frame = (struct frame){
        .data = copy,
        .ts_ns = trace.now_ns,
        .captured = (uint32_t)(cut_to && cut_to < fb.len ? cut_to : fb.len),
        .wire = (uint32_t)fb.len,
        .link = LINK_ETHERNET,
    };
    trace.now_ns += 1000000;
}

static size_t put32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    return 4;
}

/* TCP options, each filled up to whole words with no-operations (1). */
static size_t put_options(uint8_t *out, const struct segment *s)
{
    size_t blocks = 0, n = 0;

    if (s->mss)
        n += put32(out + n, 0x02040000u | s->mss);
    if (s->by_linux) {
        n += put32(out + n, 0x0402080au);
        n += put32(out + n, s->ts_value);
        n += put32(out + n, 0);
        return n + put32(out + n, 0x01030307u);
    }
    if (s->scale)
        n += put32(out + n, 0x01030300u | (uint32_t)(s->scale - 1));
    if (s->ts_value) {
        n += put32(out + n, 0x0101080au);
        n += put32(out + n, s->ts_value);
        n += put32(out + n, s->ts_value - 1);
    }
    while (blocks < 2 && (s->sack[blocks][0] | s->sack[blocks][1]))
        blocks++;
    if (blocks > 0)
        n += put32(out + n, 0x01010500u | (uint32_t)(2 + 8 * blocks));
    for (size_t i = 0; i < blocks; i++) {
        n += put32(out + n, s->sack[i][0]);
        n += put32(out + n, s->sack[i][1]);
    }
    return n;
}

void trace_segment(const struct segment *s)
{
    uint16_t window = s->closed ? 0 : s->window ? s->window : 1000;
    uint16_t id = s->ip_id_zero ? 0 : s->ip_id ? s->ip_id : 1;
    uint8_t options[40];
    size_t size = put_options(options, s), lost;

    fb_init(&fb);
    fb_payload(&fb, NULL, s->payload);
    fb_tcp(&fb, s->sport, s->dport, s->seq, s->ack, s->flags, window, options, size);
    lost = s->cut ? fb.len - s->cut : 0;
    fb_ipv4(&fb, s->src, s->dst, PROTO_TCP, id, 0x4000);
    fb_eth(&fb, s->egress ? router : eni_a, s->egress ? eni_a : router, ETHER_IPV4);
    fb_mirror(&fb, "10.0.1.10", s->vni ? s->vni : 7);
    trace_add(fb.len - lost);
}

void trace_client(uint32_t seq, uint32_t ack, uint8_t flags, size_t payload)
{
    trace_segment(&(struct segment){ .src = "10.0.1.10",
                                     .dst = "192.0.2.1",
                                     .sport = 40000,
                                     .dport = 443,
                                     .seq = seq,
                                     .ack = ack,
                                     .flags = flags,
                                     .payload = payload,
                                     .egress = true });
}

void trace_server(uint32_t seq, uint32_t ack, uint8_t flags, size_t payload)
{
    trace_segment(&(struct segment){ .src = "192.0.2.1",
                                     .dst = "10.0.1.10",
                                     .sport = 443,
                                     .dport = 40000,
                                     .seq = seq,
                                     .ack = ack,
                                     .flags = flags,
                                     .payload = payload });
}

void trace_handshake(void)
{
    trace_client(100, 0, TCP_SYN, 0);
    trace_server(900, 101, TCP_SYN | TCP_ACK, 0);
    trace_client(101, 901, TCP_ACK, 0);
}

void trace_datagram(uint16_t port, uint8_t head[TRACE_QUOTE])
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 10);
    fb_udp(&fb, port, 9999);
    fb_ipv4(&fb, "10.0.1.10", "192.0.2.9", PROTO_UDP, 1, 0);
    memcpy(head, fb_data(&fb), TRACE_QUOTE);
    fb_eth(&fb, router, eni_a, ETHER_IPV4);
    fb_mirror(&fb, "10.0.1.10", 7);
    trace_add(0);
}

void trace_refused(const uint8_t head[TRACE_QUOTE])
{
    fb_init(&fb);
    fb_payload(&fb, head, TRACE_QUOTE);
    fb_icmp(&fb, 3, 3, 0);
    fb_ipv4(&fb, "192.0.2.9", "10.0.1.10", PROTO_ICMP, 1, 0);
    fb_eth(&fb, eni_a, router, ETHER_IPV4);
    fb_mirror(&fb, "10.0.1.10", 7);
    trace_add(0);
}
