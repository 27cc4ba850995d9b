/* SPDX-License-Identifier: MIT */
/*
 * The loop over the headers of a frame, and the names of what can be said about it.
 *
 * To add a decoder: write decode/NAME.c with `enum layer decode_NAME(struct layers *, struct
 * packet *)` and give it a row in DECODE_LAYERS (layer.h). The row says which EtherType or IP
 * protocol leads to it; a decoder that is found otherwise (by a port, say) is answered as the next
 * layer by the decoder before it. In the decoder:
 *  - take the whole fixed header once with layers_take() and read it with be16(), be32();
 *  - when it is not there, leave through layers_stop_short(): it tells cut from malformed;
 *  - use lengths from the wire only to call layers_take() or layers_limit();
 *  - a field that contradicts itself is layers_stop() with a reason of packet.h, and something
 *    odd that does not matter is packet_note() with an anomaly;
 *  - answer the next layer, or LAYER_DONE. Never call another decoder: the loop counts layers.
 * Whatever happens behind it, the last good IP header stays in the packet: only
 * layers_set_ip() replaces it, and that is called when the deeper header has been checked.
 */
#include "decode.h"

#include "layer.h"

const struct decode_config decode_config_default = {
    .vxlan_ports = { 4789 },
    .geneve_port = 6081,
};

static const uint8_t reason_outcomes[REASON_COUNT] = {
#define X(id, outcome, name, text) [REASON_##id] = DECODE_##outcome,
    DECODE_REASONS(X)
#undef X
};

/* Only now are the fields of the innermost IP header written: those before it do not matter. What
 * was found behind it (ports, payload) is there already. */
static void set_ip_fields(const struct layers *l, struct packet *packet)
{
    const uint8_t *ip = l->ip;

    packet->bytes = l->ip_bytes;
    packet->protocol = l->protocol;
    packet->is_fragment = l->is_fragment;
    packet->is_first_fragment = l->is_first_fragment;
    if (ip_family(ip) == 4) {
        ip_addr_set_v4(&packet->src, ip + 12);
        ip_addr_set_v4(&packet->dst, ip + 16);
        packet->ether_type = ETHER_IPV4;
        packet->ttl = ip[8];
        packet->ip_id = be16(ip + 4);
    } else {
        ip_addr_set_v6(&packet->src, ip + 8);
        ip_addr_set_v6(&packet->dst, ip + 24);
        packet->ether_type = ETHER_IPV6;
        packet->ttl = ip[7];
        packet->ip_id = l->ip_id;
    }
    packet_note_same_addresses(packet);
}

static void set_other_fields(const struct layers *l, struct packet *packet)
{
    layers_clear_transport(packet);
    layers_clear_payload(packet);
    if (l->arp) {
        ip_addr_set_v4(&packet->src, l->arp + ARP_SENDER);
        ip_addr_set_v4(&packet->dst, l->arp + ARP_TARGET);
    } else {
        ip_addr_set_none(&packet->src);
        ip_addr_set_none(&packet->dst);
    }
    packet->bytes = l->frame_bytes;
    packet->ether_type = l->ether_type;
    packet->protocol = 0;
    packet->is_fragment = false;
    packet->is_first_fragment = false;
    packet->ttl = 0;
    packet->ip_id = 0;
}

static void finish(struct layers *l, struct packet *packet)
{
    if (l->reason == REASON_NONE && l->cut)
        l->reason = REASON_CUT_PAYLOAD;
    packet->reason = l->reason;
    packet->outcome = reason_outcomes[l->reason];
    packet->frame_bytes = l->frame_bytes;
    packet->cut = l->cut;
    if (l->ip)
        set_ip_fields(l, packet);
    else
        set_other_fields(l, packet);
}

void layers_enter_mirror(struct layers *l, struct packet *packet, enum mirror_kind kind,
                         uint32_t vni)
{
    packet->mirror = (uint8_t)kind;
    packet->vni = vni;
    if (l->ip)
        ip_addr_set_src(&packet->outer_src, l->ip);
    else
        ip_addr_set_none(&packet->outer_src);
    packet->mac = NULL;
    l->ip = NULL;
    l->frame_bytes = (uint32_t)l->wire;
    l->cut = cur_left(&l->cur) + l->unkept < l->wire;
    l->open = true;
}

static enum layer first_layer(struct layers *l, enum link_type link)
{
    switch (link) {
    case LINK_ETHERNET:
        return LAYER_ETHERNET;
    case LINK_RAW:
        return layers_by_ip_version(l);
    case LINK_LINUX_SLL:
        return LAYER_SLL;
    case LINK_LINUX_SLL2:
        return LAYER_SLL2;
    case LINK_NULL:
        return LAYER_LOOPBACK;
    case LINK_UNSUPPORTED:
        break;
    }
    return layers_stop(l, REASON_LINK_TYPE);
}

/* Only what the decoders add to: the rest is written once, by layers_set_ip() or at the end. */
static void clear(struct packet *packet)
{
    packet->mirror = MIRROR_NONE;
    packet->anomalies = 0;
    packet->mac = NULL;
}

static void decode_layers(const struct decode_config *config, enum link_type link,
                          const uint8_t *data, size_t captured, size_t unkept, size_t wire,
                          struct packet *packet)
{
    struct layers l = { .cur = cur_make(data, captured), .unkept = unkept, .config = config };
    enum layer next;
    uint8_t layers = 0;

    l.wire = wire < DECODE_MAX_WIRE ? wire : DECODE_MAX_WIRE;
    if (l.wire < captured)
        l.wire = captured;
    l.frame_bytes = (uint32_t)l.wire;
    l.cut = (captured < wire) & (unkept < wire - captured);
    clear(packet);
    for (next = first_layer(&l, link); next != LAYER_DONE; layers++) {
        if (layers == DECODE_MAX_LAYERS) {
            l.reason = REASON_TOO_DEEP;
            break;
        }
        switch (next) {
#define X(id, decoder, ether_type, protocol)                                                       \
    case LAYER_##id:                                                                               \
        next = decoder(&l, packet);                                                                \
        break;
            DECODE_LAYERS(X)
#undef X
        case LAYER_DONE:
            break;
        }
    }
    packet->layers = layers;
    finish(&l, packet);
}

void decode_frame(const struct decode_config *config, enum link_type link, const uint8_t *data,
                  size_t captured, size_t unkept, size_t wire, struct packet *packet)
{
    if (link != LINK_ETHERNET || !decode_usual(config, data, captured, unkept, packet))
        decode_layers(config, link, data, captured, unkept, wire, packet);
}

const char *decode_reason_name(enum decode_reason reason)
{
    static const char *const names[REASON_COUNT] = {
#define X(id, outcome, name, text) [REASON_##id] = (name),
        DECODE_REASONS(X)
#undef X
    };

    return (unsigned int)reason < REASON_COUNT ? names[reason] : "";
}

const char *decode_reason_text(enum decode_reason reason)
{
    static const char *const texts[REASON_COUNT] = {
#define X(id, outcome, name, text) [REASON_##id] = (text),
        DECODE_REASONS(X)
#undef X
    };

    return (unsigned int)reason < REASON_COUNT ? texts[reason] : "";
}

enum decode_outcome decode_reason_outcome(enum decode_reason reason)
{
    return (unsigned int)reason < REASON_COUNT ? (enum decode_outcome)reason_outcomes[reason]
                                               : DECODE_MALFORMED;
}

const char *decode_anomaly_name(enum decode_anomaly anomaly)
{
    static const char *const names[ANOMALY_COUNT] = {
#define X(id, name, text) [ANOMALY_##id] = (name),
        DECODE_ANOMALIES(X)
#undef X
    };

    return (unsigned int)anomaly < ANOMALY_COUNT ? names[anomaly] : "";
}

const char *decode_anomaly_text(enum decode_anomaly anomaly)
{
    static const char *const texts[ANOMALY_COUNT] = {
#define X(id, name, text) [ANOMALY_##id] = (text),
        DECODE_ANOMALIES(X)
#undef X
    };

    return (unsigned int)anomaly < ANOMALY_COUNT ? texts[anomaly] : "";
}
