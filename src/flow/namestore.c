/* SPDX-License-Identifier: MIT */
#include "namestore.h"

#include <string.h>

#include "../hash.h"
#include "../memory.h"

bool name_store_init(struct name_store *store, size_t limit, uint64_t seed, struct err *err)
{
    size_t slots = 64;

    while (slots < limit * 2)
        slots *= 2;
    *store = (struct name_store){
        .entries = memory_reserve(limit, sizeof(struct name_entry)),
        .slots = memory_reserve(slots, sizeof(uint32_t)),
        .limit = limit,
        .slot_mask = slots - 1,
        .seed = seed,
    };
    if (store->entries && store->slots)
        return true;
    name_store_release(store);
    return err_set(err, EXIT_RUNTIME, "no memory for %zu server names", limit);
}

void name_store_release(struct name_store *store)
{
    memory_release(store->entries, store->limit, sizeof(struct name_entry));
    memory_release(store->slots, store->slot_mask + 1, sizeof(uint32_t));
    store->entries = NULL;
    store->slots = NULL;
}

void name_store_clear(struct name_store *store)
{
    memory_clear(store->entries, store->limit, sizeof(struct name_entry));
    memory_clear(store->slots, store->slot_mask + 1, sizeof(uint32_t));
    store->high_water = 0;
    store->free_head = 0;
    store->dropped = 0;
}

static uint32_t name_hash(const struct name_store *store, const char *text, size_t length)
{
    uint64_t hash = store->seed ^ length;

    for (size_t at = 0; at < length; at += 8) {
        uint64_t word = 0;

        memcpy(&word, text + at, length - at < 8 ? length - at : 8);
        hash = hash_words(hash, word, at);
    }
    return (uint32_t)(hash ^ hash >> 32);
}

uint32_t name_store_take(struct name_store *store, const char *text)
{
    size_t length = strnlen(text, APP_NAME_MAX);
    uint32_t hash, index;
    struct name_entry *entry;
    size_t at;

    if (length == 0)
        return 0;
    hash = name_hash(store, text, length);
    for (at = hash & store->slot_mask; store->slots[at]; at = (at + 1) & store->slot_mask) {
        entry = &store->entries[store->slots[at] - 1];
        if (entry->hash == hash && strncmp(entry->text, text, length) == 0 &&
            entry->text[length] == '\0') {
            entry->references++;
            return store->slots[at];
        }
    }
    if (store->free_head) {
        index = store->free_head - 1;
        store->free_head = store->entries[index].next_free;
    } else if (store->high_water < store->limit) {
        index = (uint32_t)store->high_water++;
    } else {
        store->dropped++;
        return 0;
    }
    store->slots[at] = index + 1;
    entry = &store->entries[index];
    entry->hash = hash;
    entry->references = 1;
    memcpy(entry->text, text, length);
    entry->text[length] = '\0';
    return index + 1;
}

void name_store_give(struct name_store *store, uint32_t name)
{
    struct name_entry *entry;
    size_t hole;

    if (name == 0 || --store->entries[name - 1].references > 0)
        return;
    entry = &store->entries[name - 1];
    hole = entry->hash & store->slot_mask;
    while (store->slots[hole] != name)
        hole = (hole + 1) & store->slot_mask;
    for (size_t at = (hole + 1) & store->slot_mask; store->slots[at];
         at = (at + 1) & store->slot_mask) {
        size_t home = store->entries[store->slots[at] - 1].hash & store->slot_mask;

        if (((at - home) & store->slot_mask) >= ((at - hole) & store->slot_mask)) {
            store->slots[hole] = store->slots[at];
            hole = at;
        }
    }
    store->slots[hole] = 0;
    entry->next_free = store->free_head;
    store->free_head = name;
}

const char *name_store_text(const struct name_store *store, uint32_t name)
{
    return name ? store->entries[name - 1].text : "";
}
