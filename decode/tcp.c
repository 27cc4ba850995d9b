/* SPDX-License-Identifier: MIT */
#include "layer.h"

/*
 * TCP (RFC 9293 section 3.1)
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |          Source Port          |       Destination Port        |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                        Sequence Number                        |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                    Acknowledgment Number                      |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    | Offset| Rsrvd |C|E|U|A|P|R|S|F|            Window             |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |           Checksum            |         Urgent Pointer        |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                           [Options]                           |
 */
/* Kinds and whole lengths: RFC 9293 section 3.1, RFC 7323 sections 2.2 and 3.2, RFC 2018
 * sections 2 and 3. */
enum {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_WINDOW_SCALE = 3,
    OPTION_SACK = 5,
    OPTION_TIMESTAMPS = 8,
};
enum { MSS_BYTES = 4, WINDOW_SCALE_BYTES = 3, TIMESTAMPS_BYTES = 10, SACK_BLOCK_BYTES = 8 };

/* The options of nearly every segment: no-operation twice, then timestamps of 10 bytes (RFC 7323
 * appendix A). */
enum { USUAL_OPTIONS_BYTES = 12, USUAL_OPTIONS = 0x0101080a };

/* ... and of a SYN that Linux sends: segment size; SACK permitted, then timestamps; no-operation,
 * then window scale. Whether a packet is a SYN is hard to foresee, and how often a loop over its
 * options turns is, too. */
enum {
    SYN_OPTIONS_BYTES = 20,
    SYN_OPTIONS_MSS = 0x0204,
    SYN_OPTIONS_TIMESTAMPS = 0x0402080a,
    SYN_OPTIONS_WINDOW_SCALE = 0x010303,
};

static void set_timestamps(struct tcp_info *tcp, const uint8_t *values)
{
    tcp->has_timestamps = true;
    tcp->ts_value = be32(values);
    tcp->ts_echo = be32(values + 4);
}

static bool are_usual_of_syn(const uint8_t *p)
{
    return be16(p) == SYN_OPTIONS_MSS && be32(p + 4) == SYN_OPTIONS_TIMESTAMPS &&
           be32(p + 16) >> 8 == SYN_OPTIONS_WINDOW_SCALE;
}

static void set_usual_of_syn(struct tcp_info *tcp, const uint8_t *p)
{
    tcp->has_mss = true;
    tcp->mss = be16(p + 2);
    set_timestamps(tcp, p + 8);
    tcp->has_window_scale = true;
    tcp->window_scale = p[19];
    tcp->is_syn_of_linux = true;
}

/* An option of `len` bytes in all, whose kind is at `p`. false: the length does not fit it. */
static bool read_option(struct tcp_info *tcp, const uint8_t *p, size_t len)
{
    switch (p[0]) {
    case OPTION_MSS:
        if (len != MSS_BYTES)
            return false;
        tcp->has_mss = true;
        tcp->mss = be16(p + 2);
        return true;
    case OPTION_WINDOW_SCALE:
        if (len != WINDOW_SCALE_BYTES)
            return false;
        tcp->has_window_scale = true;
        tcp->window_scale = p[2];
        return true;
    case OPTION_TIMESTAMPS:
        if (len != TIMESTAMPS_BYTES)
            return false;
        set_timestamps(tcp, p + 2);
        return true;
    case OPTION_SACK:
        if ((len - 2) % SACK_BLOCK_BYTES != 0)
            return false;
        tcp->sack_count = 0;
        for (size_t at = 2; at < len && tcp->sack_count < PACKET_SACK_BLOCKS;
             at += SACK_BLOCK_BYTES) {
            tcp->sack[tcp->sack_count][0] = be32(p + at);
            tcp->sack[tcp->sack_count][1] = be32(p + at + 4);
            tcp->sack_count++;
        }
        return true;
    default:
        return true;
    }
}

/* Reads the options in `c`. `whole`: none of them was cut off by the capture. false: a length is
 * impossible; what came before it counts. */
static bool read_options(struct tcp_info *tcp, struct cursor c, bool whole)
{
    const uint8_t *p;
    size_t len;

    while (cur_has(&c, 1)) {
        if (c.p[0] == OPTION_END)
            return true;
        if (c.p[0] == OPTION_NOP) {
            cur_skip(&c, 1);
            continue;
        }
        if (!cur_has(&c, 2))
            return !whole;
        len = c.p[1];
        if (len < 2)
            return false;
        p = cur_take(&c, len);
        if (!p)
            return !whole;
        if (!read_option(tcp, p, len))
            return false;
    }
    return true;
}

void tcp_read_options(struct packet *packet, struct cursor options, bool whole)
{
    struct tcp_info *tcp = &packet->tcp;
    size_t size = cur_left(&options);

    if (size == USUAL_OPTIONS_BYTES && whole && be32(options.p) == USUAL_OPTIONS) {
        set_timestamps(tcp, options.p + 4);
        return;
    }
    if (size == SYN_OPTIONS_BYTES && whole && are_usual_of_syn(options.p)) {
        set_usual_of_syn(tcp, options.p);
        return;
    }
    if (!read_options(tcp, options, whole))
        packet_note(packet, ANOMALY_TCP_OPTIONS);
}

static bool flags_are_odd(uint8_t flags)
{
    bool is_syn = flags & TCP_SYN, ends = flags & (TCP_FIN | TCP_RST);
    bool is_empty = !(flags & (TCP_FIN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG));

    return (is_syn & ends) | (!is_syn & is_empty); /* no branch: who knows what comes next */
}

void tcp_read_fixed(struct packet *packet, const uint8_t *p)
{
    struct tcp_info *tcp = &packet->tcp;

    packet->has_transport = true;
    tcp->seq = be32(p + 4);
    tcp->ack = be32(p + 8);
    tcp->window = be16(p + 14);
    tcp->flags = p[13];
    tcp->has_mss = tcp->has_window_scale = tcp->has_timestamps = tcp->is_syn_of_linux = false;
    tcp->sack_count = 0;
    packet->anomalies |= (uint32_t)flags_are_odd(p[13]) << ANOMALY_TCP_FLAGS;
}

/* Only the first bytes of the header are there. */
static enum layer stop_in_header(struct layers *l, struct packet *packet)
{
    if (cur_has(&l->cur, TRANSPORT_PORTS_BYTES))
        packet_set_ports(packet, l->cur.p);
    memset(&packet->tcp, 0, sizeof(packet->tcp));
    layers_clear_payload(packet);
    return layers_stop_short(l, TCP_MIN_BYTES, REASON_CUT_TRANSPORT);
}

enum layer decode_tcp(struct layers *l, struct packet *packet)
{
    const uint8_t *p;
    struct cursor options;
    size_t header;

    if (!cur_has(&l->cur, TCP_MIN_BYTES))
        return stop_in_header(l, packet);
    p = layers_take(l, TCP_MIN_BYTES);
    packet_set_ports(packet, p);
    header = tcp_header_bytes(p);
    if (header < TCP_MIN_BYTES || (header - TCP_MIN_BYTES > l->wire && !l->open)) {
        memset(&packet->tcp, 0, sizeof(packet->tcp));
        layers_clear_payload(packet);
        return layers_stop(l, REASON_TCP_HEADER_LENGTH);
    }
    tcp_read_fixed(packet, p);
    header -= TCP_MIN_BYTES;
    options = cur_sub(&l->cur, header); /* those that were captured */
    if (header > 0)
        tcp_read_options(packet, options, cur_left(&options) == header);
    if (!layers_take(l, header)) {
        layers_clear_payload(packet);
        packet->payload_bytes = header < l->wire ? (uint32_t)(l->wire - header) : 0;
        return layers_stop_short(l, header, REASON_CUT_TRANSPORT);
    }
    layers_set_payload(l, packet);
    return LAYER_DONE;
}
