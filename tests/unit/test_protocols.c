/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "../../src/flow/protocols.h"
#include "../../src/names.h"
#include "../support/random.h"

Suite *make_protocols_suite(void);

static struct protocol_tree tree;

static void setup(void)
{
    protocol_tree_clear(&tree);
}

static struct flow_key ip_key(uint8_t kind, uint8_t protocol)
{
    return (struct flow_key){ .kind = kind & 7, .protocol = protocol };
}

static struct flow_key other_key(uint16_t ether_type)
{
    return (struct flow_key){ .kind = FLOW_OTHER, .port = { ether_type } };
}

static uint16_t book(struct flow_key key, uint16_t app, uint64_t packets, uint64_t bytes)
{
    uint16_t node = protocol_book(&tree, &key, app, packets, bytes);

    ck_assert_uint_ge(node, 1);
    ck_assert_uint_le(node, tree.count);
    return node;
}

static uint16_t node_of(struct flow_key key, uint16_t app)
{
    return book(key, app, 0, 0);
}

static uint64_t total_packets(void)
{
    uint64_t total = 0;

    for (size_t i = 0; i < tree.count; i++)
        total += tree.node[i].packets;
    return total;
}

static uint64_t total_bytes(void)
{
    uint64_t total = 0;

    for (size_t i = 0; i < tree.count; i++)
        total += tree.node[i].bytes;
    return total;
}

/* Ids from the node up to the top; the app's is left out where there is none. */
static const struct {
    uint8_t kind, protocol;
    uint16_t ether_type, app;
    size_t levels;
    uint16_t ids[3];
} places[] = {
    { FLOW_IPV4, PROTO_TCP, 0, APP_TLS, 3, { APP_TLS, PROTO_TCP, ETHER_IPV4 } },
    { FLOW_IPV4, PROTO_TCP, 0, APP_UNKNOWN, 2, { PROTO_TCP, ETHER_IPV4 } },
    { FLOW_IPV6, PROTO_TCP, 0, APP_TLS, 3, { APP_TLS, PROTO_TCP, ETHER_IPV6 } },
    { FLOW_IPV6, PROTO_UDP, 0, APP_DNS, 3, { APP_DNS, PROTO_UDP, ETHER_IPV6 } },
    { FLOW_IPV4, 0, 0, APP_UNKNOWN, 2, { 0, ETHER_IPV4 } }, /* cut before the transport */
    { FLOW_IPV4, 255, 0, APP_UNKNOWN, 2, { 255, ETHER_IPV4 } },
    { FLOW_ARP, 0, 0, APP_UNKNOWN, 1, { ETHER_ARP } },
    { FLOW_OTHER, 0, 0x88cc, APP_UNKNOWN, 1, { 0x88cc } },
    { FLOW_OTHER, 0, ETHER_LLC, APP_UNKNOWN, 1, { ETHER_LLC } },
    { FLOW_UNDECODED, 0, 0, APP_UNKNOWN, 1, { 0 } },
};

enum { PLACES = sizeof(places) / sizeof(places[0]) };

static uint16_t place_node(size_t i)
{
    struct flow_key key = ip_key(places[i].kind, places[i].protocol);

    key.port[0] = places[i].ether_type;
    return node_of(key, places[i].app);
}

START_TEST(test_places)
{
    uint16_t nodes[PLACES];
    size_t count;

    for (size_t i = 0; i < PLACES; i++) {
        uint16_t at = nodes[i] = place_node(i);

        for (size_t level = 0; level < places[i].levels; level++) {
            ck_assert_uint_ge(at, 1);
            ck_assert_uint_eq(tree.node[at - 1].id, places[i].ids[level]);
            ck_assert_uint_eq(tree.node[at - 1].level, places[i].levels - 1 - level);
            ck_assert_uint_lt(tree.node[at - 1].parent, at); /* parents come first */
            at = tree.node[at - 1].parent;
        }
        ck_assert_uint_eq(at, 0);
    }
    count = tree.count;
    for (size_t i = 0; i < PLACES; i++) {
        ck_assert_uint_eq(place_node(i), nodes[i]);
        for (size_t j = 0; j < i; j++)
            ck_assert_uint_ne(nodes[i], nodes[j]);
    }
    ck_assert_uint_eq(tree.count, count);
}
END_TEST

START_TEST(test_move_takes_along_what_was_booked)
{
    uint16_t tcp = book(ip_key(FLOW_IPV4, PROTO_TCP), APP_UNKNOWN, 10, 1000);
    uint16_t tls;

    book(ip_key(FLOW_IPV4, PROTO_TCP), APP_UNKNOWN, 1, 50); /* another flow's */
    tls = book(ip_key(FLOW_IPV4, PROTO_TCP), APP_TLS, 2, 200);
    protocol_move(&tree, tcp, tls, 10, 1000);
    ck_assert_uint_eq(tree.node[tcp - 1].packets, 1);
    ck_assert_uint_eq(tree.node[tcp - 1].bytes, 50);
    ck_assert_uint_eq(tree.node[tls - 1].packets, 12);
    ck_assert_uint_eq(tree.node[tls - 1].bytes, 1200);
    protocol_move(&tree, tls, tls, 12, 1200);
    ck_assert_uint_eq(tree.node[tls - 1].packets, 12);
}
END_TEST

START_TEST(test_rates_are_those_of_the_last_interval)
{
    uint16_t arp = book(ip_key(FLOW_ARP, 0), APP_UNKNOWN, 1, 60);
    uint16_t udp = book(ip_key(FLOW_IPV4, PROTO_UDP), APP_UNKNOWN, 1, 100);

    book(ip_key(FLOW_IPV4, PROTO_UDP), APP_UNKNOWN, 1, 150);
    protocol_move(&tree, udp, arp, 1, 100); /* does not change what was carried when */
    protocol_interval(&tree, 0.5);
    ck_assert_uint_eq(tree.node[arp - 1].bit_rate, 60 * 8 * 2);
    ck_assert_uint_eq(tree.node[udp - 1].bit_rate, 250 * 8 * 2);
    protocol_interval(&tree, 1);
    ck_assert_uint_eq(tree.node[arp - 1].bit_rate, 0);
    ck_assert_uint_eq(tree.node[udp - 1].bit_rate, 0);
    ck_assert_uint_eq(total_bytes(), 310);
}
END_TEST

/* Whatever there was before, `count` types take all the room that types have. */
static void fill_with_types(void)
{
    for (uint32_t type = 0x600; type < 0x600 + 2 * PROTOCOL_ETHER_TYPES; type++)
        book(other_key((uint16_t)(0x8000 + type)), APP_UNKNOWN, 1, 60);
}

/* What may stand at the top of the tree has one node; so has what is just below. */
START_TEST(test_types_do_not_displace_ip)
{
    uint16_t node, other;

    fill_with_types();
    ck_assert_uint_eq(tree.displaced, PROTOCOL_ETHER_TYPES);
    ck_assert_uint_eq(tree.count, PROTOCOL_ETHER_TYPES + 1);
    other = node_of(other_key(0x1234), APP_UNKNOWN);
    ck_assert_uint_eq(tree.node[other - 1].id, PROTOCOL_OTHER);
    ck_assert_uint_eq(tree.node[other - 1].level, 0);
    ck_assert_uint_eq(tree.node[other - 1].packets, PROTOCOL_ETHER_TYPES);
    node = node_of(other_key(0x8600), APP_UNKNOWN); /* that came early enough */
    ck_assert_uint_eq(tree.node[node - 1].id, 0x8600);
    for (size_t i = 0; i < PLACES; i++) {
        if (places[i].kind == FLOW_OTHER)
            continue;
        node = place_node(i);
        ck_assert_uint_eq(tree.node[node - 1].id, places[i].ids[0]);
        ck_assert_uint_eq(tree.node[node - 1].level, places[i].levels - 1);
    }
    ck_assert_uint_eq(tree.displaced, PROTOCOL_ETHER_TYPES);
}
END_TEST

/* Applications take what is left, and not what networks, transports and types are to find. */
START_TEST(test_too_many_applications_are_booked_to_their_transport)
{
    uint16_t udp, node, app = 1;

    while (tree.displaced == 0)
        book(ip_key(FLOW_IPV4, PROTO_TCP), app++, 7, 700);
    ck_assert_uint_eq(tree.displaced, 7);
    ck_assert_uint_ge(app, 2000);
    udp = node_of(ip_key(FLOW_IPV6, PROTO_UDP), APP_UNKNOWN);
    ck_assert_uint_eq(tree.node[udp - 1].id, PROTO_UDP);
    ck_assert_uint_eq(book(ip_key(FLOW_IPV6, PROTO_UDP), APP_DNS, 3, 300), udp);
    ck_assert_uint_eq(tree.displaced, 10);
    fill_with_types();
    for (uint16_t protocol = 0; protocol < 256; protocol++) {
        for (unsigned kind = FLOW_IPV4; kind <= FLOW_IPV6; kind++) {
            node = node_of(ip_key((uint8_t)kind, (uint8_t)protocol), APP_UNKNOWN);
            ck_assert_uint_eq(tree.node[node - 1].level, 1);
            ck_assert_uint_eq(tree.node[node - 1].id, protocol);
        }
    }
    ck_assert_uint_eq(tree.ether_types, PROTOCOL_ETHER_TYPES);
    ck_assert_uint_eq(total_packets(), 7ull * (app - 1) + 3 + 2 * PROTOCOL_ETHER_TYPES);
}
END_TEST

START_TEST(test_clear_forgets)
{
    fill_with_types();
    protocol_tree_clear(&tree);
    ck_assert_uint_eq(tree.count, 0);
    for (size_t i = 0; i < PLACES; i++) {
        uint16_t node = place_node(i);

        ck_assert_uint_eq(tree.node[node - 1].packets, 0);
        ck_assert_uint_eq(tree.node[node - 1].id, places[i].ids[0]);
    }
}
END_TEST

/* Is it the application's node below the flow's transport, as long as there was room for it? */
static void check_place(const struct flow_key *key, uint16_t app, uint16_t node)
{
    const struct protocol_node *at = &tree.node[node - 1];

    if (key->kind != FLOW_IPV4 && key->kind != FLOW_IPV6)
        return;
    if (at->level == 1 && tree.displaced > 0) {
        ck_assert_uint_eq(at->id, key->protocol);
        return;
    }
    ck_assert_uint_eq(at->level, 2);
    ck_assert_uint_eq(at->id, app);
    at = &tree.node[at->parent - 1];
    ck_assert_uint_eq(at->level, 1);
    ck_assert_uint_eq(at->id, key->protocol);
    at = &tree.node[at->parent - 1];
    ck_assert_uint_eq(at->level, 0);
    ck_assert_uint_eq(at->id, key->kind == FLOW_IPV4 ? ETHER_IPV4 : ETHER_IPV6);
}

/* Flows that carry something, and now and then get to know their application. */
START_TEST(test_random_flows_against_plain_sums)
{
    enum { FLOWS = 3000, STEPS = 120000, APPS = 20 };
    static const uint8_t kinds[] = { FLOW_IPV4, FLOW_IPV6, FLOW_ARP, FLOW_OTHER, FLOW_UNDECODED };
    static struct {
        struct flow_key key;
        uint16_t node, app;
        uint64_t packets, bytes;
    } flows[FLOWS];
    static uint64_t packets[PROTOCOL_NODES], bytes[PROTOCOL_NODES];
    uint64_t state = 5;

    memset(packets, 0, sizeof(packets));
    memset(bytes, 0, sizeof(bytes));
    for (size_t i = 0; i < FLOWS; i++) {
        flows[i].key = ip_key(kinds[random_below(&state, 5)], (uint8_t)random_below(&state, 256));
        flows[i].key.port[0] = (uint16_t)random_next(&state);
        flows[i].node = node_of(flows[i].key, APP_UNKNOWN);
        flows[i].packets = flows[i].bytes = 0;
        flows[i].app = APP_UNKNOWN;
    }
    for (size_t step = 0; step < STEPS; step++) {
        size_t i = random_below(&state, FLOWS);
        uint64_t n = random_below(&state, 10), size = n * random_below(&state, 1500);
        uint16_t node;

        if (random_below(&state, 10) == 0)
            flows[i].app = (uint16_t)(1 + random_below(&state, APPS));
        node = book(flows[i].key, flows[i].app, n, size);
        if (flows[i].app != APP_UNKNOWN)
            check_place(&flows[i].key, flows[i].app, node);
        protocol_move(&tree, flows[i].node, node, flows[i].packets, flows[i].bytes);
        flows[i].node = node;
        flows[i].packets += n;
        flows[i].bytes += size;
    }
    ck_assert_uint_gt(tree.displaced, 0); /* so the full tree has been met, too */
    for (size_t i = 0; i < FLOWS; i++) {
        packets[flows[i].node - 1] += flows[i].packets;
        bytes[flows[i].node - 1] += flows[i].bytes;
    }
    for (size_t i = 0; i < tree.count; i++) {
        ck_assert_uint_eq(tree.node[i].packets, packets[i]);
        ck_assert_uint_eq(tree.node[i].bytes, bytes[i]);
    }
}
END_TEST

Suite *make_protocols_suite(void)
{
    Suite *suite = suite_create("protocols");
    TCase *tcase = tcase_create("protocols");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_places);
    tcase_add_test(tcase, test_move_takes_along_what_was_booked);
    tcase_add_test(tcase, test_rates_are_those_of_the_last_interval);
    tcase_add_test(tcase, test_types_do_not_displace_ip);
    tcase_add_test(tcase, test_too_many_applications_are_booked_to_their_transport);
    tcase_add_test(tcase, test_clear_forgets);
    tcase_add_test(tcase, test_random_flows_against_plain_sums);
    suite_add_tcase(suite, tcase);
    return suite;
}
