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

static uint16_t node_of(struct flow_key key, uint16_t app)
{
    uint16_t node = protocol_node(&tree, &key, app);

    ck_assert_uint_ge(node, 1);
    ck_assert_uint_le(node, tree.count);
    return node;
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
    uint16_t tcp = node_of(ip_key(FLOW_IPV4, PROTO_TCP), APP_UNKNOWN);
    uint16_t tls = node_of(ip_key(FLOW_IPV4, PROTO_TCP), APP_TLS);

    protocol_add(&tree, tcp, 10, 1000);
    protocol_add(&tree, tcp, 1, 50); /* another flow's */
    protocol_move(&tree, tcp, tls, 10, 1000);
    protocol_add(&tree, tls, 2, 200);
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
    uint16_t arp = node_of(ip_key(FLOW_ARP, 0), APP_UNKNOWN);
    uint16_t udp = node_of(ip_key(FLOW_IPV4, PROTO_UDP), APP_UNKNOWN);

    protocol_add(&tree, arp, 1, 60);
    protocol_add(&tree, udp, 1, 100);
    protocol_add(&tree, udp, 1, 150);
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

static void fill_with_others(void)
{
    for (uint16_t type = 0x9000; tree.count < PROTOCOL_NODES; type++)
        protocol_add(&tree, node_of(other_key(type), APP_UNKNOWN), 1, 60);
}

START_TEST(test_full_tree_books_one_level_higher)
{
    uint16_t udp = node_of(ip_key(FLOW_IPV4, PROTO_UDP), APP_UNKNOWN);
    uint16_t dns = node_of(ip_key(FLOW_IPV4, PROTO_UDP), APP_DNS);
    uint16_t ipv4 = tree.node[udp - 1].parent;
    uint64_t packets;

    fill_with_others();
    packets = total_packets();
    ck_assert_uint_eq(node_of(ip_key(FLOW_IPV4, PROTO_UDP), APP_DNS), dns);
    ck_assert_uint_eq(node_of(ip_key(FLOW_IPV4, PROTO_UDP), APP_NTP), udp);
    ck_assert_uint_eq(node_of(ip_key(FLOW_IPV4, PROTO_TCP), APP_TLS), ipv4);
    ck_assert_uint_eq(node_of(ip_key(FLOW_IPV4, PROTO_TCP), APP_UNKNOWN), ipv4);
    /* and where there is no higher one, to the first of the top level */
    ck_assert_uint_eq(node_of(ip_key(FLOW_IPV6, PROTO_TCP), APP_TLS), ipv4);
    ck_assert_uint_eq(node_of(other_key(0x1234), APP_UNKNOWN), ipv4);
    ck_assert_uint_eq(node_of(ip_key(FLOW_ARP, 0), APP_UNKNOWN), ipv4);
    protocol_add(&tree, ipv4, 15, 500);
    ck_assert_uint_eq(tree.count, PROTOCOL_NODES);
    ck_assert_uint_eq(total_packets(), packets + 15);
}
END_TEST

START_TEST(test_clear_forgets)
{
    fill_with_others();
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

    if (tree.count == PROTOCOL_NODES || (key->kind != FLOW_IPV4 && key->kind != FLOW_IPV6))
        return;
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
        uint16_t node;
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
    }
    for (size_t step = 0; step < STEPS; step++) {
        size_t i = random_below(&state, FLOWS);
        uint64_t n = random_below(&state, 10), size = n * random_below(&state, 1500);

        if (random_below(&state, 10) == 0) {
            uint16_t app = (uint16_t)(1 + random_below(&state, APPS));
            uint16_t node = node_of(flows[i].key, app);

            check_place(&flows[i].key, app, node);
            protocol_move(&tree, flows[i].node, node, flows[i].packets, flows[i].bytes);
            flows[i].node = node;
        }
        protocol_add(&tree, flows[i].node, n, size);
        flows[i].packets += n;
        flows[i].bytes += size;
    }
    ck_assert_uint_eq(tree.count, PROTOCOL_NODES); /* so the full tree has been met, too */
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
    tcase_add_test(tcase, test_full_tree_books_one_level_higher);
    tcase_add_test(tcase, test_clear_forgets);
    tcase_add_test(tcase, test_random_flows_against_plain_sums);
    suite_add_tcase(suite, tcase);
    return suite;
}
