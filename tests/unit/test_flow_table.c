/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/flow/table.h"

Suite *make_flow_table_suite(void);

static struct flow_table table;

static struct packet packet4(uint32_t src, uint32_t dst, uint16_t src_port, uint16_t dst_port)
{
    struct packet packet;

    memset(&packet, 0, sizeof(packet));
    packet.ether_type = ETHER_IPV4;
    packet.protocol = PROTO_TCP;
    packet.has_ports = true;
    packet.src_port = src_port;
    packet.dst_port = dst_port;
    packet.src.word32[0] = src;
    packet.src.family = 4;
    packet.dst.word32[0] = dst;
    packet.dst.family = 4;
    return packet;
}

static struct flow *add(const struct packet *packet, uint16_t session)
{
    struct flow_key key;

    flow_key_make(&key, packet, session);
    return flow_table_insert(&table, &key, flow_key_hash(&table, &key));
}

static struct flow *find(const struct packet *packet, uint16_t session)
{
    struct flow_key key;

    flow_key_make(&key, packet, session);
    return flow_table_find(&table, &key, flow_key_hash(&table, &key));
}

START_TEST(test_both_directions_are_one_flow)
{
    struct packet there = packet4(1, 2, 1000, 80), back = packet4(2, 1, 80, 1000);
    struct flow_key a, b;
    unsigned side_there = flow_key_make(&a, &there, 3), side_back = flow_key_make(&b, &back, 3);

    ck_assert(flow_key_equal(&a, &b));
    ck_assert_uint_ne(side_there, side_back);
    /* Same address at both ends: the ports decide. */
    there = packet4(1, 1, 5, 6);
    back = packet4(1, 1, 6, 5);
    side_there = flow_key_make(&a, &there, 3);
    side_back = flow_key_make(&b, &back, 3);
    ck_assert(flow_key_equal(&a, &b));
    ck_assert_uint_ne(side_there, side_back);
}
END_TEST

START_TEST(test_what_tells_flows_apart)
{
    struct packet base = packet4(1, 2, 1000, 80), other = base;
    struct flow_key a, b;

    flow_key_make(&a, &base, 3);
    flow_key_make(&b, &base, 4);
    ck_assert_msg(!flow_key_equal(&a, &b), "session");
    other.protocol = PROTO_UDP;
    flow_key_make(&b, &other, 3);
    ck_assert_msg(!flow_key_equal(&a, &b), "protocol");
    other = base;
    other.has_ports = false;
    flow_key_make(&b, &other, 3);
    ck_assert_msg(!flow_key_equal(&a, &b), "ports");
    other = base;
    other.ether_type = ETHER_IPV6;
    other.src.family = other.dst.family = 6;
    flow_key_make(&b, &other, 3);
    ck_assert_msg(!flow_key_equal(&a, &b), "family");
}
END_TEST

START_TEST(test_full_table)
{
    struct err err;

    ck_assert(flow_table_init(&table, 16, 1, &err));
    for (uint32_t i = 0; i < 16; i++) {
        struct packet packet = packet4(i + 1, 99, 1, 2);

        ck_assert_ptr_nonnull(add(&packet, 1));
    }
    struct packet one_more = packet4(50, 99, 1, 2);
    ck_assert_ptr_null(add(&one_more, 1));
    struct packet first = packet4(1, 99, 1, 2);
    flow_table_remove(&table, find(&first, 1));
    ck_assert_ptr_null(find(&first, 1));
    ck_assert_ptr_nonnull(add(&one_more, 1));
    ck_assert_uint_eq(table.active, 16);
    flow_table_release(&table);
}
END_TEST

/* Random insertions and removals against a plain list; deletion shifts entries back. */
START_TEST(test_random_churn)
{
    enum { LIMIT = 512, KEYS = 1500 };
    bool present[KEYS] = { false };
    size_t count = 0;
    struct err err;

    ck_assert(flow_table_init(&table, LIMIT, 7, &err));
    srand(1);
    for (int i = 0; i < 200000; i++) {
        uint32_t k = (uint32_t)rand() % KEYS;
        struct packet packet = packet4(k + 1, 77, (uint16_t)k, 443);
        struct flow *flow = find(&packet, 0);

        ck_assert_int_eq(flow != NULL, present[k]);
        if (flow) {
            flow_table_remove(&table, flow);
            present[k] = false;
            count--;
        } else if (count < LIMIT) {
            ck_assert_ptr_nonnull(add(&packet, 0));
            present[k] = true;
            count++;
        }
        ck_assert_uint_eq(table.active, count);
    }
    flow_table_clear(&table);
    ck_assert_uint_eq(table.active, 0);
    for (uint32_t k = 0; k < KEYS; k++) {
        struct packet packet = packet4(k + 1, 77, (uint16_t)k, 443);

        ck_assert_ptr_null(find(&packet, 0));
    }
    flow_table_release(&table);
}
END_TEST

Suite *make_flow_table_suite(void)
{
    Suite *suite = suite_create("flow_table");
    TCase *tcase = tcase_create("table");

    tcase_add_test(tcase, test_both_directions_are_one_flow);
    tcase_add_test(tcase, test_what_tells_flows_apart);
    tcase_add_test(tcase, test_full_table);
    tcase_add_test(tcase, test_random_churn);
    suite_add_tcase(suite, tcase);
    return suite;
}
