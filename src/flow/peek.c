/* SPDX-License-Identifier: MIT */
#include "peek.h"

#include <string.h>

#include "../memory.h"

bool peek_pool_init(struct peek_pool *pool, struct err *err)
{
    *pool = (struct peek_pool){
        .buffers = memory_reserve(PEEK_BUFFERS, sizeof(struct peek_buffer)),
    };
    return pool->buffers ? true : err_set(err, EXIT_RUNTIME, "no memory for payload buffers");
}

void peek_pool_release(struct peek_pool *pool)
{
    memory_release(pool->buffers, PEEK_BUFFERS, sizeof(struct peek_buffer));
    pool->buffers = NULL;
}

void peek_pool_clear(struct peek_pool *pool)
{
    pool->high_water = 0;
    pool->free_head = 0;
    pool->dropped = 0;
}

/* Whether the flow has a buffer: its hot entry knows, so that the events of all the others, which
 * are rarely touched, need not be asked. */
static bool has_buffer(const struct flow *flow)
{
    return flow_peek(flow, 0) == PEEK_MORE || flow_peek(flow, 1) == PEEK_MORE;
}

void peek_drop(struct peek_pool *pool, struct flow_entry entry)
{
    struct flow_events *events = entry_events(entry);

    if (!has_buffer(entry.flow))
        return;
    pool->buffers[events->peek_buffer - 1].next_free = pool->free_head;
    pool->free_head = events->peek_buffer;
    events->peek_buffer = 0;
    for (unsigned side = 0; side < 2; side++) {
        if (flow_peek(entry.flow, side) == PEEK_MORE)
            flow_set_peek(entry.flow, side, PEEK_DONE);
    }
}

static struct peek_buffer *take_buffer(struct peek_pool *pool, struct flow_events *events)
{
    uint32_t index;

    if (pool->free_head) {
        index = pool->free_head - 1;
        pool->free_head = pool->buffers[index].next_free;
    } else if (pool->high_water < PEEK_BUFFERS) {
        index = (uint32_t)pool->high_water++;
    } else {
        pool->dropped++;
        return NULL;
    }
    events->peek_buffer = index + 1;
    return &pool->buffers[index];
}

/* Both directions are done: what is known is final. */
static void finish(struct peek_pool *pool, struct name_store *names, struct flow_entry entry,
                   const struct app_result *result)
{
    entry_detail(entry)->app = result->app;
    entry_detail(entry)->name = name_store_take(names, result->server_name);
    peek_drop(pool, entry);
    flow_set_peek(entry.flow, 0, PEEK_DONE);
    flow_set_peek(entry.flow, 1, PEEK_DONE);
}

/* Adds the next bytes of the direction to its buffer; of the packet's, `known` are there already.
 * false: they do not follow, or do not fit. */
static bool append(struct peek_buffer *buffer, const struct packet *packet, uint32_t known)
{
    uint32_t length = packet->payload_captured - known;

    if (known > packet->payload_captured || packet->payload_captured < packet->payload_bytes ||
        length > APP_BUFFER - buffer->length)
        return false;
    memcpy(buffer->bytes + buffer->length, packet->payload + known, length);
    buffer->length += length;
    buffer->next_seq += length;
    return true;
}

/* The rest of a first message that was begun in an earlier segment. */
static void look_again(struct peek_pool *pool, struct name_store *names, struct flow_entry entry,
                       unsigned side, const struct packet *packet)
{
    struct peek_buffer *buffer = &pool->buffers[entry_events(entry)->peek_buffer - 1];
    uint32_t known = buffer->next_seq - packet->tcp.seq; /* "negative": there is a gap */
    struct app_result result;
    enum app_verdict verdict;

    if (buffer->side != side)
        return;
    if (known < 1u << 31 && known >= packet->payload_bytes) /* older bytes once more */
        return;
    if (append(buffer, packet, known)) {
        verdict = app_identify(packet->protocol, packet->src_port, packet->dst_port, buffer->bytes,
                               buffer->length, buffer->length, &result);
        if (verdict == APP_MORE && buffer->length < APP_BUFFER)
            return;
    } else { /* a gap, or too much: no name */
        result = (struct app_result){ .app = entry_detail(entry)->app };
        verdict = result.app == APP_UNKNOWN ? APP_NOTHING : APP_FOUND;
    }
    if (verdict != APP_NOTHING) {
        finish(pool, names, entry, &result);
        return;
    }
    entry_detail(entry)->app = APP_UNKNOWN; /* the other side may still say */
    peek_drop(pool, entry);
}

void peek_look(struct peek_pool *pool, struct name_store *names, struct flow_entry entry,
               unsigned side, const struct packet *packet)
{
    struct app_result result;
    struct peek_buffer *buffer;
    enum app_verdict verdict;

    if (flow_peek(entry.flow, side) == PEEK_MORE) {
        look_again(pool, names, entry, side, packet);
        return;
    }
    verdict = app_identify(packet->protocol, packet->src_port, packet->dst_port, packet->payload,
                           packet->payload_captured, packet->payload_bytes, &result);
    flow_set_peek(entry.flow, side, PEEK_DONE);
    if (verdict == APP_FOUND) {
        finish(pool, names, entry, &result);
    } else if (verdict == APP_MORE) {
        if (result.app != APP_UNKNOWN)
            entry_detail(entry)->app = result.app;
        if (packet->protocol != PROTO_TCP || has_buffer(entry.flow) ||
            packet->payload_captured > APP_BUFFER)
            return;
        buffer = take_buffer(pool, entry_events(entry));
        if (!buffer)
            return;
        buffer->side = (uint8_t)side;
        buffer->next_seq = packet->tcp.seq + (packet->tcp.flags & TCP_SYN ? 1 : 0);
        memcpy(buffer->bytes, packet->payload, packet->payload_captured);
        buffer->length = packet->payload_captured;
        buffer->next_seq += packet->payload_captured;
        flow_set_peek(entry.flow, side, PEEK_MORE);
    }
}
