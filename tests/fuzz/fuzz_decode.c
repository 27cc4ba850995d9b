/* SPDX-License-Identifier: MIT */
/*
 * fuzz_decode: any bytes as a frame.
 *
 * The first byte chooses the link type, the second how much longer the frame was on the wire (in
 * units of 16 bytes); the rest is the frame. Fails on reads beyond it, on fields that do not fit
 * each other, on fields that are left as they were, and when what is read in one go says something
 * else than the decoders do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/decodecheck.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 2, WIRE_UNIT = 16 };

/* The same ports, but only the first one is read in one go. */
static const struct decode_config long_way = { .vxlan_ports = { 0, 4789 }, .geneve_port = 6081 };

static bool same_addr(const struct ip_addr *a, const struct ip_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Everything that is valid in every packet. */
static bool same_packet(const struct packet *a, const struct packet *b)
{
    return a->outcome == b->outcome && a->reason == b->reason && a->layers == b->layers &&
           a->mirror == b->mirror && a->anomalies == b->anomalies && a->mac == b->mac &&
           a->frame_bytes == b->frame_bytes && a->ether_type == b->ether_type &&
           a->has_ports == b->has_ports && a->is_fragment == b->is_fragment &&
           a->is_first_fragment == b->is_first_fragment && a->cut == b->cut &&
           a->protocol == b->protocol && a->ttl == b->ttl && a->src_port == b->src_port &&
           a->dst_port == b->dst_port && a->ip_id == b->ip_id && a->bytes == b->bytes &&
           same_addr(&a->src, &b->src) && same_addr(&a->dst, &b->dst) && a->payload == b->payload &&
           a->payload_captured == b->payload_captured && a->payload_bytes == b->payload_bytes &&
           a->has_transport == b->has_transport;
}

static bool same_session(const struct packet *a, const struct packet *b)
{
    return a->mirror == MIRROR_NONE || (a->vni == b->vni && a->gwlbe_id == b->gwlbe_id &&
                                        same_addr(&a->outer_src, &b->outer_src));
}

static bool same_tcp(const struct packet *a, const struct packet *b)
{
    const struct tcp_info *t = &a->tcp, *u = &b->tcp;

    if (a->protocol != PROTO_TCP || !a->has_ports)
        return true;
    return t->seq == u->seq && t->ack == u->ack && t->window == u->window && t->flags == u->flags &&
           t->has_mss == u->has_mss && t->has_window_scale == u->has_window_scale &&
           t->has_timestamps == u->has_timestamps && t->sack_count == u->sack_count &&
           (!t->has_mss || t->mss == u->mss) &&
           (!t->has_window_scale || t->window_scale == u->window_scale) &&
           (!t->has_timestamps || (t->ts_value == u->ts_value && t->ts_echo == u->ts_echo)) &&
           memcmp(t->sack, u->sack, t->sack_count * sizeof(t->sack[0])) == 0;
}

static bool same_icmp(const struct packet *a, const struct packet *b)
{
    const struct icmp_info *t = &a->icmp, *u = &b->icmp;

    if ((a->protocol != PROTO_ICMP && a->protocol != PROTO_ICMPV6) || !a->has_transport)
        return true;
    if (t->type != u->type || t->code != u->code || t->is_error != u->is_error ||
        t->has_quote != u->has_quote || t->quote_has_ports != u->quote_has_ports)
        return false;
    return !t->has_quote ||
           (t->quote_protocol == u->quote_protocol && same_addr(&t->quote_src, &u->quote_src) &&
            same_addr(&t->quote_dst, &u->quote_dst) &&
            (!t->quote_has_ports ||
             (t->quote_src_port == u->quote_src_port && t->quote_dst_port == u->quote_dst_port)));
}

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_decode: %s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct packet a, b;
    enum link_type link;
    size_t wire;
    const char *flaw;

    if (size < HEAD)
        return 0;
    link = (enum link_type)(data[0] % (LINK_UNSUPPORTED + 1));
    wire = size - HEAD + (size_t)data[1] * WIRE_UNIT;
    memset(&a, 0, sizeof(a));
    memset(&b, 0xff, sizeof(b));
    decode_frame(&decode_config_default, link, data + HEAD, size - HEAD, 0, wire, &a);
    flaw = packet_flaw(&a, data + HEAD, size - HEAD);
    require(flaw == NULL, flaw);
    decode_frame(&decode_config_default, link, data + HEAD, size - HEAD, 0, wire, &b);
    require(same_packet(&a, &b) && same_session(&a, &b), "a field was not set");
    require(same_tcp(&a, &b), "a field of TCP was not set");
    require(same_icmp(&a, &b), "a field of ICMP was not set");
    decode_frame(&long_way, link, data + HEAD, size - HEAD, 0, wire, &b);
    require(same_packet(&a, &b) && same_session(&a, &b) && same_tcp(&a, &b) && same_icmp(&a, &b),
            "what is read in one go differs");
    return 0;
}
