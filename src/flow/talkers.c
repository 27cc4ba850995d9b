/* SPDX-License-Identifier: MIT */
#include "talkers.h"

#include <string.h>

#include "../memory.h"
#include "../record.h"

enum { EVICT_CANDIDATES = 16 };

bool talker_table_init(struct talker_table *table, size_t limit, uint64_t seed,
                       const struct names *names, struct err *err)
{
    size_t slots = 64;

    while (slots < limit * 2)
        slots *= 2;
    *table = (struct talker_table){
        .talkers = memory_reserve(limit, sizeof(struct talker)),
        .views = memory_reserve(limit + 1, sizeof(struct talker_view)),
        .slots = memory_reserve(slots, sizeof(uint64_t)),
        .limit = limit,
        .slot_mask = slots - 1,
        .seed = seed,
        .names = names,
    };
    if (table->talkers && table->views && table->slots)
        return true;
    talker_table_release(table);
    return err_set(err, EXIT_RUNTIME, "no memory for a table of %zu addresses", limit);
}

void talker_table_release(struct talker_table *table)
{
    memory_release(table->talkers, table->limit, sizeof(struct talker));
    memory_release(table->views, table->limit + 1, sizeof(struct talker_view));
    memory_release(table->slots, table->slot_mask + 1, sizeof(uint64_t));
    table->talkers = NULL;
    table->views = NULL;
    table->slots = NULL;
}

void talker_table_clear(struct talker_table *table)
{
    talker_view_clear(table);
    memory_clear(table->talkers, table->limit, sizeof(struct talker));
    memory_clear(table->slots, table->slot_mask + 1, sizeof(uint64_t));
    table->count = 0;
    table->hand = 0;
    table->evicted = 0;
    table->refused = 0;
    table->is_final = false;
    table->rest = (struct talker){ 0 };
}

static void slot_remove(struct talker_table *table, uint32_t index)
{
    struct ip_addr addr = talker_addr(&table->talkers[index]);
    size_t hole = talker_hash(table, &addr) & table->slot_mask;

    while ((uint32_t)table->slots[hole] != index + 1)
        hole = (hole + 1) & table->slot_mask;
    for (size_t at = (hole + 1) & table->slot_mask; table->slots[at];
         at = (at + 1) & table->slot_mask) {
        size_t home = (size_t)(table->slots[at] >> 32) & table->slot_mask;

        if (((at - home) & table->slot_mask) >= ((at - hole) & table->slot_mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole] = 0;
}

static bool is_empty(const struct talker_view *view)
{
    return (view->packets_sent | view->packets_received) == 0;
}

/* Untouched pages stay so. */
static void forget_view(struct talker_table *table, size_t index)
{
    struct talker_view *view = &table->views[index + 1];
    struct talker_view *rest = &table->views[0];

    if (is_empty(view))
        return;
    rest->packets_sent += view->packets_sent;
    rest->bytes_sent += view->bytes_sent;
    rest->packets_received += view->packets_received;
    rest->bytes_received += view->bytes_received;
    rest->retransmits += view->retransmits;
    rest->mirror_loss_bytes += view->mirror_loss_bytes;
    *view = (struct talker_view){ 0 };
}

static void add_totals(struct talker *to, const struct talker *from)
{
    to->packets_sent += from->packets_sent;
    to->bytes_sent += from->bytes_sent;
    to->packets_received += from->packets_received;
    to->bytes_received += from->bytes_received;
    to->flows_ended += talker_flows(from);
    to->retransmits += from->retransmits;
    to->mirror_loss_bytes += from->mirror_loss_bytes;
}

/* Index of an entry made free, or table->limit. */
static size_t make_room(struct talker_table *table)
{
    size_t best = table->limit;
    uint64_t best_bytes = 0;

    for (size_t i = 0; i < EVICT_CANDIDATES && i < table->limit; i++) {
        const struct talker *talker = &table->talkers[table->hand];
        uint64_t bytes = talker->bytes_sent + talker->bytes_received;

        if ((talker->references == 0 || table->is_final) &&
            (best == table->limit || bytes < best_bytes)) {
            best = table->hand;
            best_bytes = bytes;
        }
        table->hand = (table->hand + 1) % table->limit;
    }
    if (best == table->limit)
        return best;
    add_totals(&table->rest, &table->talkers[best]);
    forget_view(table, best);
    slot_remove(table, (uint32_t)best);
    table->evicted++;
    return best;
}

uint32_t talker_search(struct talker_table *table, uint16_t session,
                       const struct talker_wanted *wanted, uint64_t first_ns)
{
    const struct ip_addr *addr = &wanted->addr;
    uint32_t hash = wanted->hash;
    size_t at = hash & table->slot_mask;
    struct talker *talker;
    size_t index;

    for (; table->slots[at]; at = (at + 1) & table->slot_mask) {
        uint64_t slot = table->slots[at];

        if (slot >> 32 != hash)
            continue;
        talker = &table->talkers[(uint32_t)slot - 1];
        if (talker_is(talker, addr)) {
            talker_refer(talker, session, first_ns);
            return (uint32_t)slot;
        }
    }
    index = table->count < table->limit ? table->count++ : make_room(table);
    if (index == table->limit)
        return 0;
    at = hash & table->slot_mask; /* making room may have moved slots */
    while (table->slots[at])
        at = (at + 1) & table->slot_mask;
    table->slots[at] = (uint64_t)hash << 32 | (uint32_t)(index + 1);
    table->talkers[index] = (struct talker){
        .addr = { addr->word64[0], addr->word64[1] },
        .family = addr->family,
        .session = session,
        .first_ns = first_ns,
        .references = 1,
    };
    return (uint32_t)index + 1;
}

const struct talker *talker_look_up(struct talker_table *table, size_t index)
{
    struct talker *talker = &table->talkers[index];

    if (!talker->looked_up) {
        struct ip_addr addr = talker_addr(talker);
        struct names_geo geo;

        names_geo(table->names, &addr, &geo);
        talker->asn = geo.asn == VALUE_UNKNOWN ? 0 : (uint32_t)geo.asn;
        memcpy(talker->country, geo.country, sizeof(talker->country));
        talker->looked_up = true;
    }
    return talker;
}

void talker_give(struct talker_table *table, uint32_t talker)
{
    if (!talker)
        return;
    table->talkers[talker - 1].references--;
    table->talkers[talker - 1].flows_ended++;
}

void talker_take_back(struct talker_table *table, uint32_t talker)
{
    if (talker)
        table->talkers[talker - 1].references--;
}

uint32_t talker_find(const struct talker_table *table, uint32_t talker, const struct ip_addr *addr)
{
    const struct talker *t = talker ? &table->talkers[talker - 1] : NULL;

    return t && talker_is(t, addr) ? talker : 0;
}

void talker_view_carry(struct talker_table *table, uint32_t talker, uint64_t sent,
                       uint64_t received)
{
    talker_view(table, talker)->interval_sent += sent;
    talker_view(table, talker)->interval_received += received;
}

void talker_view_rate(struct talker_table *table, uint32_t talker, uint64_t send, uint64_t receive)
{
    talker_view(table, talker)->send_rate += send;
    talker_view(table, talker)->receive_rate += receive;
}

void talker_view_trouble(struct talker_table *table, uint32_t talker, uint32_t retransmits,
                         uint64_t mirror_loss_bytes)
{
    struct talker_view *view = talker_view(table, talker);

    view->retransmits += (uint64_t)(int32_t)retransmits;
    view->mirror_loss_bytes += mirror_loss_bytes;
}

void talker_view_clear(struct talker_table *table)
{
    if (table->is_viewed) /* else they are untouched, and stay so */
        memset(table->views, 0, (table->count + 1) * sizeof(struct talker_view));
}

static void view_interval(struct talker_view *view, double seconds)
{
    view->send_rate = (uint64_t)((double)view->interval_sent * 8 / seconds);
    view->receive_rate = (uint64_t)((double)view->interval_received * 8 / seconds);
    view->interval_sent = 0;
    view->interval_received = 0;
}

void talker_view_interval(struct talker_table *table, double seconds)
{
    for (size_t i = 0; i <= table->count; i++)
        view_interval(&table->views[i], seconds);
}

void talker_add_trouble(struct talker_table *table, uint32_t talker, uint32_t retransmits,
                        uint64_t mirror_loss_bytes)
{
    struct talker *t = talker_of(table, talker);

    t->retransmits += (uint64_t)(int32_t)retransmits;
    t->mirror_loss_bytes += mirror_loss_bytes;
}

void talker_interval(struct talker_table *table, double seconds)
{
    for (size_t i = 0; i < table->count; i++) {
        struct talker *talker = &table->talkers[i];

        uint64_t sent = talker->bytes_sent - talker->old_sent;
        uint64_t received = talker->bytes_received - talker->old_received;

        talker->send_rate = (uint64_t)((double)sent * 8 / seconds);
        talker->receive_rate = (uint64_t)((double)received * 8 / seconds);
        talker->old_sent = talker->bytes_sent;
        talker->old_received = talker->bytes_received;
    }
}
