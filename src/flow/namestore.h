/* SPDX-License-Identifier: MIT */
/*
 * namestore: server names of flows, each kept once, counted, bounded.
 *
 * A name is a number (index + 1; 0 is "no name"). It lives as long as a flow refers to it.
 */
#ifndef MIRRORTOP_FLOW_NAMESTORE_H
#define MIRRORTOP_FLOW_NAMESTORE_H

#include "../err.h"
#include "app.h"

struct name_entry {
    uint32_t hash;
    uint32_t references; /* 0: free; then next_free */
    uint32_t next_free;  /* index + 1 */
    char text[APP_NAME_MAX + 1];
};

struct name_store {
    struct name_entry *entries;
    uint32_t *slots; /* index + 1 */
    size_t limit;
    size_t slot_mask;
    size_t high_water;
    uint32_t free_head;
    uint64_t seed;
    uint64_t dropped; /* names for which there was no room */
};

bool name_store_init(struct name_store *store, size_t limit, uint64_t seed, struct err *err);
void name_store_release(struct name_store *store);
void name_store_clear(struct name_store *store);

/* Takes a reference to `text`; 0 when it is empty or there is no room. */
uint32_t name_store_take(struct name_store *store, const char *text);
void name_store_give(struct name_store *store, uint32_t name);

/* The text; "" for 0. Valid while the reference is held. */
const char *name_store_text(const struct name_store *store, uint32_t name);

#endif
