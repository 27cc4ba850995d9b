/* SPDX-License-Identifier: MIT */
/* Sessions beside the documents of AWS: names and states. */
#include <check.h>
#include <string.h>

#include "../../src/engine.h"
#include "../../src/mirror/aws.h"
#include "../support/trace.h"

Suite *make_engine_sessions_suite(void);

static const char sessions_text[] =
    "{\"TrafficMirrorSessions\":["
    "{\"TrafficMirrorSessionId\":\"tms-1\",\"NetworkInterfaceId\":\"eni-1\",\"VirtualNetworkId\":1,"
    "\"TrafficMirrorFilterId\":\"tmf-1\",\"SessionNumber\":3,\"PacketLength\":100,"
    "\"Tags\":[{\"Key\":\"Name\",\"Value\":\"web\"}]},"
    "{\"TrafficMirrorSessionId\":\"tms-2\","
    "\"NetworkInterfaceId\":\"eni-2\",\"VirtualNetworkId\":2},"
    "{\"TrafficMirrorSessionId\":\"tms-3\","
    "\"NetworkInterfaceId\":\"eni-2\",\"VirtualNetworkId\":3},"
    "{\"TrafficMirrorSessionId\":\"tms-4\","
    "\"NetworkInterfaceId\":\"eni-3\",\"VirtualNetworkId\":4},"
    "{\"TrafficMirrorSessionId\":\"tms-5\",\"NetworkInterfaceId\":\"eni-4\",\"VirtualNetworkId\":4}"
    "]}";
static const char interfaces_text[] =
    "{\"NetworkInterfaces\":["
    "{\"NetworkInterfaceId\":\"eni-1\",\"PrivateIpAddress\":\"10.0.1.10\"},"
    "{\"NetworkInterfaceId\":\"eni-2\",\"PrivateIpAddress\":\"10.0.1.11\","
    "\"TagSet\":[{\"Key\":\"Name\",\"Value\":\"db\"}]}"
    "]}";

static struct aws_documents *documents;
static struct engine *engine;
static struct snapshot *snapshot;

static void setup(void)
{
    documents = aws_documents_new();
    ck_assert_ptr_nonnull(documents);
    engine = NULL;
    snapshot = NULL;
    trace_start();
}

static void teardown(void)
{
    snapshot_free(snapshot);
    engine_free(engine);
    aws_documents_free(documents);
    trace_start();
}

static void take_document(const char *text)
{
    struct err err;

    ck_assert_msg(aws_documents_parse(documents, text, strlen(text), "d", &err), "%s", err.text);
}

static void send_from(const char *source, uint32_t vni)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 10);
    fb_udp(&fb, 40000, 53);
    fb_ipv4(&fb, source, "192.0.2.1", PROTO_UDP, 1, 0);
    fb_eth(&fb, router, eni_a, ETHER_IPV4);
    fb_mirror(&fb, source, vni);
    trace_add(0);
}

static void run(size_t top)
{
    struct engine_config config = {
        .decode = decode_config_default, .max_flows = 64, .seed = 9, .documents = documents
    };
    struct snapshot_request request = snapshot_request_default(top);
    struct err err;

    ck_assert_msg(aws_documents_join(documents, &err), "%s", err.text);
    engine = engine_new(&config, &err);
    ck_assert_ptr_nonnull(engine);
    for (size_t i = 0; i < trace.count; i++)
        engine_feed(engine, &trace.frames[i], 1);
    snapshot = engine_snapshot(engine, &request);
    ck_assert_ptr_nonnull(snapshot);
}

/* The one row of this VNI. */
static const struct session_record *row_of(uint64_t vni)
{
    const struct session_record *found = NULL;

    for (size_t i = 0; i < snapshot->tables[TABLE_SESSIONS].count; i++) {
        const struct session_record *row = snapshot_row(snapshot, TABLE_SESSIONS, i);

        if (row->vni != vni)
            continue;
        ck_assert_msg(!found, "VNI %u has several rows", (unsigned)vni);
        found = row;
    }
    ck_assert_msg(found != NULL, "VNI %u has no row", (unsigned)vni);
    return found;
}

START_TEST(test_states)
{
    enum { ENOUGH = 20 }; /* frames for a new time of day to be believed */
    const struct session_record *row;

    take_document(sessions_text);
    take_document(interfaces_text);
    send_from("10.0.1.10", 1);
    send_from("10.0.1.11", 2);
    send_from("10.0.1.11", 9);
    send_from("10.0.1.12", 4);
    trace.now_ns += 30 * (uint64_t)1000000000u;
    for (int i = 0; i < ENOUGH; i++)
        send_from("10.0.1.10", 1);
    run(100);
    ck_assert_uint_eq(snapshot->tables[TABLE_SESSIONS].total, 5);

    row = row_of(1);
    ck_assert_str_eq(row->state, "ok");
    ck_assert_str_eq(row->name, "web");
    ck_assert_str_eq(row->eni, "eni-1");
    ck_assert_str_eq(row->filter, "tmf-1");
    ck_assert_uint_eq(row->session_number, 3);
    ck_assert_uint_eq(row->packet_length, 100);
    ck_assert_uint_eq(row->packets, 1 + ENOUGH);

    row = row_of(2);
    ck_assert_str_eq(row->state, "silent");
    ck_assert_str_eq(row->name, "db");
    ck_assert_uint_eq(row->packet_length, VALUE_UNKNOWN);

    row = row_of(3);
    ck_assert_str_eq(row->state, "expected");
    ck_assert_str_eq(row->eni, "eni-2");
    ck_assert_uint_eq(row->packets, 0);
    ck_assert_uint_eq(row->last_ns, VALUE_UNKNOWN);
    ck_assert_uint_eq(row->mirror_source.bytes[3], 11);

    row = row_of(9);
    ck_assert_str_eq(row->state, "not in file");
    ck_assert_str_eq(row->eni, "eni-2"); /* the address is known */
    ck_assert_str_eq(row->name, "db");
    ck_assert_uint_eq(row->session_number, VALUE_UNKNOWN);

    row = row_of(4);
    ck_assert_str_eq(row->state, "ambiguous");
    ck_assert_str_eq(row->eni, "");
    ck_assert_str_eq(row->name, "");
}
END_TEST

/* The clock alone moves on: an input that waits says so. */
START_TEST(test_silence_by_the_clock)
{
    struct snapshot_request request = snapshot_request_default(100);

    take_document(sessions_text);
    take_document(interfaces_text);
    send_from("10.0.1.10", 1);
    run(100);
    ck_assert_str_eq(row_of(1)->state, "ok");
    engine_tick(engine, trace.frames[0].ts_ns + 30 * (uint64_t)1000000000u - 1);
    snapshot_free(snapshot);
    snapshot = engine_snapshot(engine, &request);
    ck_assert_str_eq(row_of(1)->state, "ok");
    engine_tick(engine, trace.frames[0].ts_ns + 30 * (uint64_t)1000000000u);
    snapshot_free(snapshot);
    snapshot = engine_snapshot(engine, &request);
    ck_assert_str_eq(row_of(1)->state, "silent");
}
END_TEST

/* Nothing has come yet: everything is expected, and a snapshot has no more rows than were asked. */
START_TEST(test_expected_only)
{
    take_document(sessions_text);
    run(2);
    ck_assert_uint_eq(snapshot->tables[TABLE_SESSIONS].total, 5);
    ck_assert_uint_eq(snapshot->tables[TABLE_SESSIONS].count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct session_record *row = snapshot_row(snapshot, TABLE_SESSIONS, i);

        ck_assert_str_eq(row->state, "expected");
        ck_assert_uint_eq(row->mirror_source.family, 0); /* no interfaces were given */
    }
}
END_TEST

/* Without a list of sessions nothing is missed, but interfaces have names. */
START_TEST(test_interfaces_only)
{
    const struct session_record *row;

    take_document(interfaces_text);
    send_from("10.0.1.11", 2);
    run(100);
    row = row_of(2);
    ck_assert_str_eq(row->state, "");
    ck_assert_str_eq(row->name, "db");
    ck_assert_str_eq(row->eni, "eni-2");
}
END_TEST

/* What was not mirrored is no session of AWS. */
START_TEST(test_direct_has_no_state)
{
    struct engine_config config = { .decode = decode_config_default,
                                    .max_flows = 64,
                                    .direct = true,
                                    .seed = 9,
                                    .documents = documents };
    struct snapshot_request request = snapshot_request_default(100);
    const struct session_record *row;
    struct err err;

    take_document("{\"TrafficMirrorSessions\":[]}");
    ck_assert(aws_documents_join(documents, &err));
    fb_init(&fb);
    fb_payload(&fb, NULL, 10);
    fb_udp(&fb, 40000, 53);
    fb_ipv4(&fb, "10.0.1.10", "192.0.2.1", PROTO_UDP, 1, 0);
    fb_eth(&fb, router, eni_a, ETHER_IPV4);
    trace_add(0);
    engine = engine_new(&config, &err);
    ck_assert_ptr_nonnull(engine);
    engine_feed(engine, trace.frames, trace.count);
    snapshot = engine_snapshot(engine, &request);
    ck_assert_uint_eq(snapshot->tables[TABLE_SESSIONS].count, 1);
    row = snapshot_row(snapshot, TABLE_SESSIONS, 0);
    ck_assert_str_eq(row->name, "direct");
    ck_assert_str_eq(row->state, "");
}
END_TEST

Suite *make_engine_sessions_suite(void)
{
    Suite *suite = suite_create("engine_sessions");
    TCase *tcase = tcase_create("engine_sessions");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_states);
    tcase_add_test(tcase, test_silence_by_the_clock);
    tcase_add_test(tcase, test_expected_only);
    tcase_add_test(tcase, test_interfaces_only);
    tcase_add_test(tcase, test_direct_has_no_state);
    suite_add_tcase(suite, tcase);
    return suite;
}
