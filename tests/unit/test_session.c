/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <check.h>
#include <string.h>

#include "../../src/mirror/session.h"

Suite *make_session_suite(void);

static struct session_table table;
static const uint8_t eni[6] = { 2, 0, 0, 0, 0, 1 }, router[6] = { 2, 0, 0, 0, 0, 2 };

static struct ip_addr addr(const char *text)
{
    struct ip_addr address = { .family = 4 };

    ck_assert_int_eq(inet_pton(AF_INET, text, address.bytes), 1);
    return address;
}

static void setup(void)
{
    struct err err;

    ck_assert(session_table_init(&table, 1, &err));
}

static void teardown(void)
{
    session_table_release(&table);
}

/* A mirrored packet of 100 bytes; `mac` holds destination, then source. */
static struct packet mirrored(const char *outer, uint32_t vni, const char *src, const char *dst,
                              uint8_t mac[12], const uint8_t *dst_mac, const uint8_t *src_mac)
{
    struct packet packet;

    memset(&packet, 0, sizeof(packet));
    packet.mirror = MIRROR_VXLAN;
    packet.vni = vni;
    packet.outer_src = addr(outer);
    packet.src = addr(src);
    packet.dst = addr(dst);
    packet.bytes = 100;
    memcpy(mac, dst_mac, 6);
    memcpy(mac + 6, src_mac, 6);
    packet.mac = mac;
    return packet;
}

static uint8_t count(const struct packet *packet)
{
    struct session *session = &table.sessions[session_find(&table, packet)];
    uint8_t path = session_count(session, packet, 1);

    session_vote(session, packet, path);
    return path;
}

static uint64_t counted(const struct session *session, enum direction wanted)
{
    uint8_t directions[SESSION_PATHS];
    uint64_t packets = 0;

    session_directions(session, directions);
    for (size_t i = 0; i < SESSION_PATHS; i++) {
        if (directions[i] == wanted)
            packets += session->path[i].packets;
    }
    return packets;
}

START_TEST(test_key)
{
    uint8_t mac[12];
    struct packet a = mirrored("10.0.1.10", 1, "1.1.1.1", "2.2.2.2", mac, router, eni);
    struct packet b = a;
    uint16_t first = session_find(&table, &a);

    ck_assert_uint_ne(first, SESSION_DIRECT);
    b.vni = 2;
    ck_assert_uint_ne(session_find(&table, &b), first);
    b = a;
    b.outer_src = addr("10.0.1.11");
    ck_assert_uint_ne(session_find(&table, &b), first);
    b = a;
    b.gwlbe_id = 5;
    ck_assert_uint_ne(session_find(&table, &b), first);
    ck_assert_uint_eq(session_find(&table, &a), first);
}
END_TEST

/* What was captured on a host is its own, also behind MAC addresses, and in every run. */
START_TEST(test_direct_host)
{
    struct session *direct = &table.sessions[SESSION_DIRECT];
    uint8_t mac[12];
    struct packet out = mirrored("9.9.9.9", 1, "10.0.0.5", "2.2.2.2", mac, router, eni), in;

    session_vote(direct, &out, session_count(direct, &out, 1));
    ck_assert_uint_eq(counted(direct, DIRECTION_UNKNOWN), 1);
    session_table_set_direct(&table, &out.src);
    for (int run = 0; run < 2; run++) {
        session_table_clear(&table);
        in = mirrored("9.9.9.9", 1, "2.2.2.2", "10.0.0.5", mac, eni, router);
        session_vote(direct, &in, session_count(direct, &in, 1));
        session_vote(direct, &in, session_count(direct, &in, 1));
        out = mirrored("9.9.9.9", 1, "10.0.0.5", "2.2.2.2", mac, router, eni);
        session_vote(direct, &out, session_count(direct, &out, 1));
        ck_assert_uint_eq(counted(direct, DIRECTION_INGRESS), 2);
        ck_assert_uint_eq(counted(direct, DIRECTION_EGRESS), 1);
    }
}
END_TEST

START_TEST(test_sources)
{
    static const struct {
        const char *source;
        uint32_t vni;
        size_t sources;
    } steps[] = {
        { "10.0.1.10", 1, 1 }, { "10.0.1.10", 2, 1 }, { "10.0.1.11", 1, 2 },
        { "10.0.1.10", 3, 2 }, { "10.0.1.12", 1, 3 }, { "10.0.1.11", 1, 3 },
    };
    uint8_t mac[12];

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct packet packet =
            mirrored(steps[i].source, steps[i].vni, "1.1.1.1", "2.2.2.2", mac, router, eni);

        session_find(&table, &packet);
        ck_assert_uint_eq(table.sources, steps[i].sources);
        ck_assert(table.several_sources == (steps[i].sources > 1));
    }
    session_table_clear(&table);
    ck_assert_uint_eq(table.sources, 0);
}
END_TEST

START_TEST(test_direction_learnt_late)
{
    uint8_t m1[12], m2[12], m3[12];
    /* A secondary address of the ENI: nothing to learn from. */
    struct packet out = mirrored("10.0.1.10", 1, "10.0.1.77", "8.8.8.8", m1, router, eni);
    struct packet in = mirrored("10.0.1.10", 1, "8.8.8.8", "10.0.1.77", m2, eni, router);
    struct packet own = mirrored("10.0.1.10", 1, "10.0.1.10", "8.8.8.8", m3, router, eni);
    const struct session *session = &table.sessions[session_find(&table, &out)];
    uint8_t mac[6];

    for (int i = 0; i < 5; i++)
        count(&out);
    for (int i = 0; i < 3; i++)
        count(&in);
    ck_assert(!session_mac(session, mac));
    ck_assert_uint_eq(counted(session, DIRECTION_UNKNOWN), 8);
    count(&own); /* now the MAC is known, and what was counted before is put right */
    ck_assert(session_mac(session, mac));
    ck_assert_mem_eq(mac, eni, 6);
    ck_assert_uint_eq(counted(session, DIRECTION_EGRESS), 6);
    ck_assert_uint_eq(counted(session, DIRECTION_INGRESS), 3);
    ck_assert_uint_eq(counted(session, DIRECTION_UNKNOWN), 0);
}
END_TEST

START_TEST(test_most_votes_win)
{
    uint8_t m1[12], m2[12];
    struct packet own = mirrored("10.0.1.10", 1, "10.0.1.10", "8.8.8.8", m1, router, eni);
    /* Somebody else's packet with the mirror source's address as its source. */
    struct packet forged = mirrored("10.0.1.10", 1, "10.0.1.10", "10.0.1.5", m2, eni, router);
    const struct session *session = &table.sessions[session_find(&table, &own)];
    uint8_t mac[6];

    count(&forged);
    count(&own);
    count(&own);
    ck_assert(session_mac(session, mac));
    ck_assert_mem_eq(mac, eni, 6);
    ck_assert_uint_eq(counted(session, DIRECTION_INGRESS), 1);
}
END_TEST

/* Neighbours ask for the mirror source's address by broadcast, more of them than it has flows. */
START_TEST(test_group_addresses)
{
    static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
    static const uint8_t mdns[6] = { 1, 0, 0x5e, 0, 0, 0xfb };
    uint8_t m1[12], m2[12], m3[12];
    struct packet ask = mirrored("10.0.1.10", 1, "10.0.1.5", "10.0.1.10", m1, all, router);
    struct packet own = mirrored("10.0.1.10", 1, "10.0.1.10", "8.8.8.8", m2, router, eni);
    struct packet group = mirrored("10.0.1.10", 1, "10.0.1.10", "224.0.0.251", m3, mdns, eni);
    const struct session *session = &table.sessions[session_find(&table, &ask)];
    uint8_t mac[6];

    for (int i = 0; i < 5; i++)
        count(&ask);
    ck_assert(!session_mac(session, mac));
    ck_assert_uint_eq(counted(session, DIRECTION_UNKNOWN), 5);
    count(&own);
    ck_assert(session_mac(session, mac));
    ck_assert_mem_eq(mac, eni, 6);
    count(&group);
    ck_assert_uint_eq(counted(session, DIRECTION_EGRESS), 2);
    ck_assert_uint_eq(counted(session, DIRECTION_INGRESS), 5);
}
END_TEST

START_TEST(test_without_macs_the_address_decides)
{
    uint8_t mac[12];
    struct packet out = mirrored("10.0.1.10", 1, "10.0.1.10", "8.8.8.8", mac, router, eni);
    struct packet in = mirrored("10.0.1.10", 1, "8.8.8.8", "10.0.1.10", mac, router, eni);
    struct packet transit = mirrored("10.0.1.10", 1, "8.8.8.8", "9.9.9.9", mac, router, eni);

    out.mac = in.mac = transit.mac = NULL;
    ck_assert_uint_eq(count(&out), PATH_EGRESS);
    ck_assert_uint_eq(count(&in), PATH_INGRESS);
    ck_assert_uint_eq(count(&transit), PATH_UNKNOWN);
}
END_TEST

START_TEST(test_many_neighbours)
{
    uint8_t mac[12];
    struct packet packet = mirrored("10.0.1.10", 1, "10.0.1.10", "8.8.8.8", mac, router, eni);
    const struct session *session = &table.sessions[session_find(&table, &packet)];
    uint64_t sum = 0;

    for (int i = 0; i < 1000; i++) {
        mac[3] = 9; /* none of the two others */
        mac[4] = (uint8_t)(i >> 8);
        mac[5] = (uint8_t)i;
        count(&packet);
    }
    for (size_t i = 0; i < SESSION_PATHS; i++)
        sum += session->path[i].packets;
    ck_assert_uint_eq(sum, 1000);
    ck_assert_uint_eq(counted(session, DIRECTION_EGRESS), 1000);
    ck_assert_uint_le(session->mac_paths, SESSION_MAC_PATHS);
}
END_TEST

START_TEST(test_times_are_the_least_and_the_most)
{
    static const uint64_t stamps[][3] = { { 5, 9, 7 }, { 7, 5, 9 }, { 9, 0, 5 }, { 0, 0, 9 } };
    uint8_t mac[12];

    for (uint32_t i = 0; i < 4; i++) {
        struct packet packet = mirrored("10.0.1.10", i, "10.0.1.10", "192.0.2.1", mac, router, eni);
        struct session *session = &table.sessions[session_find(&table, &packet)];

        for (size_t j = 0; j < 3; j++)
            session_count(session, &packet, stamps[i][j]);
        ck_assert_uint_eq(session->first_ns, i < 2 ? 5 : 0);
        ck_assert_uint_eq(session->last_ns, 9);
    }
}
END_TEST

START_TEST(test_more_sessions_than_room)
{
    uint8_t mac[12];
    struct packet packet = mirrored("10.0.1.10", 0, "1.1.1.1", "2.2.2.2", mac, router, eni);

    for (uint32_t vni = 0; vni < 5000; vni++) {
        packet.vni = vni;
        session_find(&table, &packet);
    }
    packet.vni = 4999;
    ck_assert_uint_eq(session_find(&table, &packet), SESSION_OTHERS);
    packet.vni = 17;
    ck_assert_uint_lt(session_find(&table, &packet), SESSION_OTHERS);
    ck_assert_uint_eq(table.refused_frames, 5000 - (SESSION_LIMIT - 2) + 1);
}
END_TEST

Suite *make_session_suite(void)
{
    Suite *suite = suite_create("session");
    TCase *tcase = tcase_create("session");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_key);
    tcase_add_test(tcase, test_sources);
    tcase_add_test(tcase, test_direct_host);
    tcase_add_test(tcase, test_direction_learnt_late);
    tcase_add_test(tcase, test_most_votes_win);
    tcase_add_test(tcase, test_group_addresses);
    tcase_add_test(tcase, test_without_macs_the_address_decides);
    tcase_add_test(tcase, test_many_neighbours);
    tcase_add_test(tcase, test_times_are_the_least_and_the_most);
    tcase_add_test(tcase, test_more_sessions_than_room);
    suite_add_tcase(suite, tcase);
    return suite;
}
