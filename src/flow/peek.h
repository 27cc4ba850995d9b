/* SPDX-License-Identifier: MIT */
/*
 * peek: looks at the first payloads of a flow until its application is known.
 *
 * When a name needs more than the first segment (a TLS ClientHello across two), the first bytes
 * of the direction are collected in a buffer from a bounded pool.
 */
#ifndef MIRRORTOP_FLOW_PEEK_H
#define MIRRORTOP_FLOW_PEEK_H

#include "app.h"
#include "entry.h"
#include "namestore.h"

enum { PEEK_BUFFERS = 512 };

struct peek_buffer {
    uint32_t next_seq;
    uint32_t length;
    uint32_t next_free; /* index + 1 */
    uint8_t side;
    uint8_t bytes[APP_BUFFER];
};

struct peek_pool {
    struct peek_buffer *buffers;
    size_t high_water;
    uint32_t free_head;
    uint64_t dropped; /* names not looked for: no buffer was free */
};

bool peek_pool_init(struct peek_pool *pool, struct err *err);
void peek_pool_release(struct peek_pool *pool);
void peek_pool_clear(struct peek_pool *pool);

/* A packet with payload of a direction that is not done; sets the flow's app and name. */
void peek_look(struct peek_pool *pool, struct name_store *names, struct flow_entry entry,
               unsigned side, const struct packet *packet);

/* The flow ends, or has no more need. */
void peek_drop(struct peek_pool *pool, struct flow_entry entry);

#endif
