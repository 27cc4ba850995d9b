/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "../../src/flow/entry.h"
#include "../support/rounds.h"

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
    struct flow_wanted wanted;

    flow_wanted_make(&table, &wanted, packet, session);
    return flow_table_insert(&table, &wanted);
}

static struct flow *find(const struct packet *packet, uint16_t session)
{
    struct flow_wanted wanted;

    flow_wanted_make(&table, &wanted, packet, session);
    return flow_table_find(&table, &wanted);
}

static unsigned side_of(const struct packet *packet)
{
    struct flow_wanted wanted;

    return flow_wanted_make(&table, &wanted, packet, 3);
}

static void start_table(size_t limit)
{
    struct err err;

    ck_assert(flow_table_init(&table, limit, 7, &err));
}

START_TEST(test_both_directions_are_one_flow)
{
    struct packet there = packet4(1, 2, 1000, 80), back = packet4(2, 1, 80, 1000);

    start_table(16);
    ck_assert_ptr_eq(add(&there, 3), find(&back, 3));
    ck_assert_uint_ne(side_of(&there), side_of(&back));
    /* Same address at both ends: the ports decide. */
    there = packet4(1, 1, 5, 6);
    back = packet4(1, 1, 6, 5);
    ck_assert_ptr_eq(add(&there, 3), find(&back, 3));
    ck_assert_uint_ne(side_of(&there), side_of(&back));
    flow_table_release(&table);
}
END_TEST

START_TEST(test_what_tells_flows_apart)
{
    struct packet base = packet4(1, 2, 1000, 80), other = base;

    start_table(16);
    ck_assert_ptr_nonnull(add(&base, 3));
    ck_assert_msg(!find(&base, 4), "session");
    other.protocol = PROTO_UDP;
    ck_assert_msg(!find(&other, 3), "protocol");
    other = base;
    other.has_ports = false;
    ck_assert_msg(!find(&other, 3), "ports");
    other = base;
    other.ether_type = ETHER_IPV6;
    other.src.family = other.dst.family = 6;
    ck_assert_msg(!find(&other, 3), "family");
    other = base;
    other.src.word32[0] = 3;
    ck_assert_msg(!find(&other, 3), "address");
    flow_table_release(&table);
}
END_TEST

static void check_addr(const struct flow *flow, unsigned side, const struct ip_addr *expected)
{
    struct ip_addr addr;

    flow_addr(&table, flow, side, &addr);
    ck_assert_uint_eq(addr.word64[0], expected->word64[0]);
    ck_assert_uint_eq(addr.word64[1], expected->word64[1]);
    ck_assert_uint_eq(addr.family, expected->family);
}

START_TEST(test_addresses_come_back)
{
    struct packet v4 = packet4(9, 2, 1000, 80), v6 = v4;
    unsigned side;

    start_table(16);
    side = side_of(&v4);
    check_addr(add(&v4, 0), side, &v4.src);
    check_addr(find(&v4, 0), !side, &v4.dst);
    v6.ether_type = ETHER_IPV6;
    v6.src = (struct ip_addr){ .word64 = { 5, 1 }, .family = 6 };
    v6.dst = (struct ip_addr){ .word64 = { 5, 2 }, .family = 6 };
    side = side_of(&v6);
    check_addr(add(&v6, 0), side, &v6.src);
    check_addr(find(&v6, 0), !side, &v6.dst);
    flow_table_release(&table);
}
END_TEST

/* Nobody can rely on 64 bits of hash never being the same for two pairs of addresses. */
START_TEST(test_equal_hashes_of_ipv6_addresses)
{
    struct flow_wanted wanted[3] = { { .key = { .kind = FLOW_IPV6, .addr_hash = 99 }, .hash = 5 } };
    struct flow *flows[3];

    start_table(16);
    for (uint64_t i = 0; i < 3; i++) {
        wanted[i] = wanted[0];
        wanted[i].ends.addr[i & 1][1] = i;
        ck_assert_ptr_null(flow_table_find(&table, &wanted[i]));
        flows[i] = flow_table_insert(&table, &wanted[i]);
    }
    for (size_t i = 0; i < 3; i++)
        ck_assert_ptr_eq(flow_table_find(&table, &wanted[i]), flows[i]);
    flow_table_release(&table);
}
END_TEST

START_TEST(test_sides)
{
    struct packet packet = packet4(1, 2, 3, 4);
    struct flow_entry entry;
    struct flow *flow;

    start_table(1);
    flow = add(&packet, 0);
    ck_assert_ptr_eq(flow_entry(&table, flow).reply, &table.rest[0].reply); /* read only */
    flow_table_take_rest(&table, flow);
    entry = flow_entry(&table, flow);
    ck_assert_ptr_ne(entry.reply, &table.rest[0].reply);
    flow->first_side = 1;
    entry.flow->first = (struct flow_side){ .packets = 1, .last_ns = 70 };
    entry.reply->first_ns[1] = 60;
    ck_assert_ptr_eq(flow_side(entry, 1), &entry.flow->first);
    ck_assert_ptr_eq(flow_side(entry, 0), &entry.reply->other);
    ck_assert_uint_eq(flow_first_ns(entry, 1), 70); /* its only packet */
    ck_assert_uint_eq(flow_first_ns(entry, 0), 0);
    entry.flow->first.packets = 2;
    ck_assert_uint_eq(flow_first_ns(entry, 1), 60);
    entry.flow->has_reply = 1;
    entry.reply->other = (struct flow_side){ .packets = 1, .last_ns = 80 };
    ck_assert_uint_eq(flow_first_ns(entry, 0), 80);
    /* Nothing of it is left for the next one in its place. */
    flow_table_remove(&table, entry.flow);
    flow = add(&packet, 0);
    ck_assert_uint_eq(flow->rest, 0);
    ck_assert_uint_eq(flow->first_side | flow->has_reply, 0);
    flow_table_take_rest(&table, flow);
    entry = flow_entry(&table, flow);
    ck_assert_uint_eq(flow->rest, 1);
    ck_assert_uint_eq(entry.flow->first.packets | entry.reply->other.packets, 0);
    ck_assert_uint_eq(entry.flow->last_ds, 0);
    flow_table_release(&table);
}
END_TEST

START_TEST(test_more_packets_than_32_bits)
{
    struct packet packet = packet4(1, 2, 3, 4);
    struct flow_entry entry;
    struct flow *flow;

    start_table(16);
    flow = add(&packet, 0);
    flow_table_take_rest(&table, flow);
    entry = flow_entry(&table, flow);
    for (unsigned side = 0; side < 2; side++) {
        flow_side(entry, side)->packets = UINT32_MAX - 1;
        for (uint64_t i = 0; i < 4; i++) {
            ck_assert_uint_eq(flow_packets(entry, side), UINT32_MAX - 1 + i);
            flow_side_count(entry, flow_side(entry, side), side, 10);
        }
        ck_assert_uint_gt(flow_side(entry, side)->packets, 1); /* which has a meaning */
        ck_assert_uint_eq(flow_side(entry, side)->bytes, 40);
    }
    flow_table_release(&table);
}
END_TEST

START_TEST(test_full_table)
{
    start_table(16);
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

/* What a flow counted stays until its entry is needed, and the oldest goes first. */
START_TEST(test_ended_flows_stay)
{
    struct packet packets[6];
    struct flow *flows[6];

    start_table(4);
    for (uint32_t i = 0; i < 6; i++)
        packets[i] = packet4(i + 1, 99, 1, 2);
    for (uint32_t i = 0; i < 3; i++) {
        flows[i] = add(&packets[i], 1);
        flow_table_take_rest(&table, flows[i]);
        flow_reply(&table, flows[i])->rtt_us = 10 + i;
        flows[i]->first.packets = i + 1;
    }
    flow_table_remove(&table, flows[1]);
    flow_table_remove(&table, flows[0]);
    ck_assert(!flow_is_used(flows[1]) && flow_is_used(flows[2]));
    flows[3] = add(&packets[3], 1); /* an entry never used */
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(flows[i]->first.packets, i + 1);
        ck_assert_uint_eq(flow_reply(&table, flows[i])->rtt_us, 10 + i);
    }
    ck_assert_ptr_eq(add(&packets[4], 1), flows[1]);
    ck_assert_uint_eq(flows[1]->first.packets, 0);
    ck_assert_uint_eq(flows[0]->first.packets, 1);
    ck_assert_ptr_eq(add(&packets[5], 1), flows[0]);
    ck_assert_ptr_null(add(&packets[0], 1));
    ck_assert_uint_eq(table.active, 4);
    flow_table_remove(&table, flows[2]);
    ck_assert_ptr_eq(add(&packets[0], 1), flows[2]);
    flow_table_release(&table);
}
END_TEST

/* One of many flows; every other one is IPv6. */
static struct packet numbered(uint32_t number)
{
    struct packet packet = packet4(number + 1, 77, (uint16_t)number, 443);

    if (number % 2) {
        packet.ether_type = ETHER_IPV6;
        packet.src.family = packet.dst.family = 6;
    }
    return packet;
}

/* More flows for one place of the index than it has room for, the last one, so that they go on in
 * the first; some are found by a second session, too. */
START_TEST(test_full_places)
{
    enum { MANY = 40 };
    struct packet packets[MANY];
    struct flow *flows[MANY];
    size_t found = 0;

    start_table(256);
    for (uint32_t i = 0; found < MANY; i++) {
        struct packet packet = packet4(i + 1, 99, 1, 2);
        struct flow_wanted wanted;

        flow_wanted_make(&table, &wanted, &packet, 1);
        if (flow_bucket_home(table.bucket_count, wanted.hash) != table.bucket_count - 1)
            continue;
        flows[found] = flow_table_insert(&table, &wanted);
        packets[found++] = packet;
    }
    for (size_t i = 0; i < MANY; i += 3)
        ck_assert(flow_table_alias(&table, flows[i], 2));
    for (size_t gone = 0; gone <= MANY; gone++) {
        for (size_t n = 0; n < MANY; n++) {
            size_t i = n * 7 % MANY; /* in an order unlike that in which they came */
            bool there = n >= gone;

            ck_assert_ptr_eq(find(&packets[i], 1), there ? flows[i] : NULL);
            ck_assert_ptr_eq(find(&packets[i], 2), there && i % 3 == 0 ? flows[i] : NULL);
        }
        if (gone < MANY)
            flow_table_remove(&table, flows[gone * 7 % MANY]);
    }
    for (size_t i = 0; i < table.bucket_count; i++)
        ck_assert(table.buckets[i].tags[0] == 0 && table.buckets[i].tags[1] == 0);
    flow_table_release(&table);
}
END_TEST

/* An empty place behind an entry whose tag is 1 looks to flow_bucket_find() as if it had that tag,
 * too, and still has the number of a flow that has ended. */
START_TEST(test_what_has_ended_is_not_found)
{
    struct packet packets[3];
    size_t count = 0;

    start_table(4); /* one place of the index */
    for (uint32_t i = 0; count < 3; i++) {
        struct packet packet = packet4(i + 1, 99, 1, 2);
        struct flow_wanted wanted;

        flow_wanted_make(&table, &wanted, &packet, 1);
        if (flow_bucket_tag(wanted.hash) != 1)
            continue;
        flow_table_insert(&table, &wanted);
        packets[count++] = packet;
    }
    for (size_t gone = 1; gone < 3; gone++) {
        flow_table_remove(&table, find(&packets[gone], 1));
        for (size_t i = 0; i < 3; i++)
            ck_assert_ptr_eq(find(&packets[i], 1), i > 0 && i <= gone ? NULL : &table.flows[i]);
    }
    flow_table_release(&table);
}
END_TEST

/* What is asked for ahead is what will be found, or the next new entry. */
START_TEST(test_guesses)
{
    enum { LIMIT = 2048 };
    size_t wrong = 0;

    start_table(LIMIT);
    for (uint32_t i = 0; i < LIMIT / 2; i++) {
        struct packet packet = packet4(i + 1, 99, 1, 2);
        struct flow_wanted wanted;
        struct flow *flow;

        flow_wanted_make(&table, &wanted, &packet, 1);
        wrong += flow_table_guess(&table, wanted.hash) != &table.flows[table.high_water];
        flow = flow_table_insert(&table, &wanted);
        wrong += flow_table_guess(&table, wanted.hash) != flow;
    }
    ck_assert_uint_lt(wrong, LIMIT / 32);
    flow_table_release(&table);
}
END_TEST

/* Random insertions and removals against a plain list. */
START_TEST(test_random_churn)
{
    enum { LIMIT = 512, KEYS = 1500 };
    bool present[KEYS] = { false };
    size_t count = 0;

    start_table(LIMIT);
    srand(1);
    for (size_t i = 0; i < test_rounds(200000); i++) {
        uint32_t k = (uint32_t)rand() % KEYS;
        struct packet packet = numbered(k);
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
        struct packet packet = numbered(k);

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
    tcase_add_test(tcase, test_addresses_come_back);
    tcase_add_test(tcase, test_equal_hashes_of_ipv6_addresses);
    tcase_add_test(tcase, test_sides);
    tcase_add_test(tcase, test_more_packets_than_32_bits);
    tcase_add_test(tcase, test_full_table);
    tcase_add_test(tcase, test_ended_flows_stay);
    tcase_add_test(tcase, test_full_places);
    tcase_add_test(tcase, test_what_has_ended_is_not_found);
    tcase_add_test(tcase, test_guesses);
    tcase_add_test(tcase, test_random_churn);
    suite_add_tcase(suite, tcase);
    return suite;
}
