/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "../../src/flow/fragments.h"
#include "../support/random.h"
#include "../support/rounds.h"

Suite *make_fragments_suite(void);

enum { SESSION = 3, EXPIRY_DS = FRAGMENT_SECONDS * 10 };

static struct fragment_cache cache;

static void setup(void)
{
    memset(&cache, 0, sizeof(cache));
    cache.seed = 12345;
}

static struct ip_addr addr(uint8_t family, uint32_t first, uint32_t last)
{
    return (struct ip_addr){ .word32 = { first, 0, 0, last }, .family = family };
}

static struct packet fragment(uint32_t id)
{
    return (struct packet){
        .is_fragment = true,
        .protocol = PROTO_UDP,
        .ip_id = id,
        .src = addr(4, 1, 0),
        .dst = addr(4, 2, 0),
    };
}

static void first_comes(struct packet packet, uint16_t session, uint16_t src_port, uint32_t now_ds)
{
    packet.is_first_fragment = true;
    packet.has_ports = true;
    packet.src_port = src_port;
    packet.dst_port = 53;
    fragment_ports(&cache, &packet, session, now_ds);
    ck_assert_uint_eq(packet.src_port, src_port); /* its own ports stay */
    ck_assert_uint_eq(packet.dst_port, 53);
}

/* The source port that a later fragment gets; 0: none. */
static uint16_t later_port(struct packet packet, uint16_t session, uint32_t now_ds)
{
    fragment_ports(&cache, &packet, session, now_ds);
    ck_assert_uint_eq(packet.dst_port, packet.has_ports ? 53 : 0);
    ck_assert_uint_eq(packet.has_ports, packet.src_port != 0);
    return packet.src_port;
}

START_TEST(test_later_fragments_get_the_ports)
{
    ck_assert_uint_eq(later_port(fragment(7), SESSION, 100), 0);
    first_comes(fragment(7), SESSION, 4000, 100);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(later_port(fragment(7), SESSION, 101), 4000);
    ck_assert_uint_eq(later_port(fragment(8), SESSION, 101), 0);
}
END_TEST

/* Whatever of the key differs, it is another packet's fragment. */
static const struct {
    const char *what;
    struct packet packet;
    uint16_t session;
} strangers[] = {
    { "session", { .ip_id = 7, .protocol = PROTO_UDP }, SESSION + 1 },
    { "direct", { .ip_id = 7, .protocol = PROTO_UDP }, 0 },
    { "id", { .ip_id = 8, .protocol = PROTO_UDP }, SESSION },
    { "upper half of an IPv6 id", { .ip_id = 0x10007, .protocol = PROTO_UDP }, SESSION },
    { "protocol", { .ip_id = 7, .protocol = PROTO_TCP }, SESSION },
};

enum { STRANGERS = sizeof(strangers) / sizeof(strangers[0]) };

START_TEST(test_another_key_gets_nothing)
{
    struct packet packet = strangers[_i].packet;

    packet.is_fragment = true;
    packet.src = addr(4, 1, 0);
    packet.dst = addr(4, 2, 0);
    first_comes(fragment(7), SESSION, 4000, 100);
    ck_assert_msg(later_port(packet, strangers[_i].session, 100) == 0, "%s", strangers[_i].what);
    first_comes(packet, strangers[_i].session, 5000, 100);
    ck_assert_uint_eq(later_port(packet, strangers[_i].session, 100), 5000);
    ck_assert_uint_eq(later_port(fragment(7), SESSION, 100), 4000);
}
END_TEST

START_TEST(test_other_addresses_get_nothing)
{
    struct packet packet = fragment(7);

    first_comes(packet, SESSION, 4000, 100);
    packet.src = addr(4, 2, 0); /* the other way round */
    packet.dst = addr(4, 1, 0);
    ck_assert_uint_eq(later_port(packet, SESSION, 100), 0);
    packet.src = addr(6, 1, 0); /* the same bytes in IPv6 */
    packet.dst = addr(6, 2, 0);
    ck_assert_uint_eq(later_port(packet, SESSION, 100), 0);
    packet.src = addr(6, 1, 8);
    first_comes(packet, SESSION, 4001, 100);
    packet.src = addr(6, 1, 9); /* only the last word differs */
    ck_assert_uint_eq(later_port(packet, SESSION, 100), 0);
    packet.src = addr(6, 1, 8);
    ck_assert_uint_eq(later_port(packet, SESSION, 100), 4001);
}
END_TEST

/* At the start, later, and where the clock's 32 bits wrap. */
START_TEST(test_expiry)
{
    static const uint32_t starts[] = { 0, 100, UINT32_MAX - 100, UINT32_MAX };
    uint32_t start = starts[_i];

    first_comes(fragment(7), SESSION, 4000, start);
    ck_assert_uint_eq(later_port(fragment(7), SESSION, start + EXPIRY_DS), 4000);
    ck_assert_uint_eq(later_port(fragment(7), SESSION, start + EXPIRY_DS + 1), 0);
    first_comes(fragment(7), SESSION, 4001, start + EXPIRY_DS + 1); /* the id is used again */
    ck_assert_uint_eq(later_port(fragment(7), SESSION, start + EXPIRY_DS + 2), 4001);
}
END_TEST

START_TEST(test_next_packet_with_the_same_id)
{
    struct packet without = fragment(7);

    first_comes(fragment(7), SESSION, 4000, 100);
    first_comes(fragment(7), SESSION, 4001, 110);
    ck_assert_uint_eq(later_port(fragment(7), SESSION, 110), 4001);
    without.is_first_fragment = true; /* cut before its ports: the old ones are not its own */
    ck_assert_uint_eq(later_port(without, SESSION, 120), 0);
    ck_assert_uint_eq(later_port(fragment(7), SESSION, 120), 0);
}
END_TEST

static size_t used_entries(void)
{
    size_t used = 0, slots = 0;

    for (size_t i = 0; i < FRAGMENT_ENTRIES; i++)
        used += cache.entry[i].used;
    for (size_t i = 0; i < FRAGMENT_SLOTS; i++)
        slots += cache.slots[i] != 0;
    ck_assert_uint_eq(used, slots);
    return used;
}

START_TEST(test_ports_are_kept_once)
{
    for (uint32_t i = 0; i < 20; i++)
        first_comes(fragment(7), SESSION, 4000, 100 + i);
    ck_assert_uint_eq(used_entries(), 1);
}
END_TEST

/* Many times what there is room for: whatever the seed, the newest are there and no others. */
START_TEST(test_oldest_makes_room)
{
    enum { COUNT = 6 * FRAGMENT_ENTRIES + 7 };

    cache.seed = (uint64_t)_i * 0x9e3779b97f4a7c15u;
    for (uint32_t id = 1; id <= COUNT; id++) {
        first_comes(fragment(id), SESSION, 4000, 50);
        if (id > FRAGMENT_ENTRIES)
            ck_assert_uint_eq(later_port(fragment(id - FRAGMENT_ENTRIES), SESSION, 50), 0);
        if (id >= FRAGMENT_ENTRIES)
            ck_assert_uint_eq(later_port(fragment(id - FRAGMENT_ENTRIES + 1), SESSION, 50), 4000);
    }
    ck_assert_uint_eq(used_entries(), FRAGMENT_ENTRIES);
    for (uint32_t id = 1; id <= COUNT; id++)
        ck_assert_uint_eq(later_port(fragment(id), SESSION, 50),
                          id > COUNT - FRAGMENT_ENTRIES ? 4000 : 0);
    ck_assert_uint_eq(cache.alone, 2 * (COUNT - FRAGMENT_ENTRIES));
}
END_TEST

START_TEST(test_fragments_alone_are_counted)
{
    struct packet icmp = fragment(7);

    icmp.protocol = PROTO_ICMP; /* has no ports, so it misses none */
    later_port(icmp, SESSION, 100);
    ck_assert_uint_eq(cache.alone, 0);
    later_port(fragment(7), SESSION, 100);
    ck_assert_uint_eq(cache.alone, 1);
    first_comes(fragment(7), SESSION, 4000, 100);
    later_port(fragment(7), SESSION, 100);
    ck_assert_uint_eq(cache.alone, 1);
    later_port(fragment(7), SESSION, 100 + EXPIRY_DS + 1);
    ck_assert_uint_eq(cache.alone, 2);
    fragment_cache_clear(&cache);
    ck_assert_uint_eq(cache.alone, 0);
    ck_assert_uint_eq(used_entries(), 0);
    ck_assert_uint_eq(cache.seed, 12345);
}
END_TEST

/* With room for all, every fragment gets the ports of its own first one, in any order. */
START_TEST(test_random_packets)
{
    enum { PACKETS = 200, STEPS = 20000 };
    uint16_t ports[PACKETS] = { 0 };
    uint64_t state = 3;

    for (uint32_t step = 0; step < test_rounds(STEPS); step++) {
        uint32_t i = (uint32_t)random_below(&state, PACKETS);
        struct packet packet = fragment(i % 10);
        uint16_t session = (uint16_t)(i / 10 % 5);

        packet.src = addr(4, (1 + i / 50) << 24, 0);
        if (random_below(&state, 4) == 0) {
            ports[i] = (uint16_t)(1 + random_below(&state, 60000));
            first_comes(packet, session, ports[i], 50);
        } else {
            ck_assert_uint_eq(later_port(packet, session, 50), ports[i]);
        }
    }
}
END_TEST

Suite *make_fragments_suite(void)
{
    Suite *suite = suite_create("fragments");
    TCase *tcase = tcase_create("fragments");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_later_fragments_get_the_ports);
    tcase_add_loop_test(tcase, test_another_key_gets_nothing, 0, STRANGERS);
    tcase_add_test(tcase, test_other_addresses_get_nothing);
    tcase_add_loop_test(tcase, test_expiry, 0, 4);
    tcase_add_test(tcase, test_next_packet_with_the_same_id);
    tcase_add_test(tcase, test_ports_are_kept_once);
    tcase_add_loop_test(tcase, test_oldest_makes_room, 0, 5);
    tcase_add_test(tcase, test_fragments_alone_are_counted);
    tcase_add_test(tcase, test_random_packets);
    suite_add_tcase(suite, tcase);
    return suite;
}
