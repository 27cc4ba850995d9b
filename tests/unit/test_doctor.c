/* SPDX-License-Identifier: MIT */
/* Every rule of the doctor: what brings it about, what almost does, and what it says. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/doctor.h"
#include "../../src/output/output.h"
#include "../support/jsonread.h"

Suite *make_doctor_suite(void);

enum { SESSIONS = 3 };

static const uint64_t second_ns = 1000000000;

static struct snapshot *snapshot;
static struct session_record sessions[SESSIONS];
static struct flow_record flow;
static struct doctor_facts facts;

static struct ip_addr v4(uint8_t last)
{
    return (struct ip_addr){ .bytes = { 10, 0, 1, last }, .family = 4 };
}

/* A healthy live feed: two sessions of two sources, both directions. */
static void setup(void)
{
    snapshot = calloc(1, sizeof(*snapshot));
    snapshot->input = (struct snapshot_input){ .packets = 10000,
                                               .mirrored = 10000,
                                               .interface_drops = VALUE_UNKNOWN };
    for (size_t i = 0; i < SESSIONS; i++) {
        sessions[i] =
            (struct session_record){ .key = i,
                                     .name = "",
                                     .eni = "eni-1",
                                     .filter = "",
                                     .state = "",
                                     .packet_length = VALUE_UNKNOWN,
                                     .vni = 5 + i,
                                     .mirror_source = v4((uint8_t)(10 + i)),
                                     .all = { .packets = 5000, .ingress = 2500, .egress = 2500 },
                                     .dns_flows = 50,
                                     .dns_answered = 49,
                                     .last_ns = 999 * second_ns };
    }
    flow = (struct flow_record){ .src_addr = v4(10), .dst_addr = v4(200) };
    snapshot->tables[TABLE_SESSIONS] = (struct snapshot_rows){ sessions, 2, 2 };
    snapshot->tables[TABLE_FLOWS] = (struct snapshot_rows){ &flow, 1, 1 };
    facts = (struct doctor_facts){ .live = true,
                                   .interface = "",
                                   .port = 4789,
                                   .elapsed_ns = 100 * second_ns,
                                   .now_ns = 1000 * second_ns,
                                   .trouble = "" };
}

static void teardown(void)
{
    snapshot_free(snapshot);
}

static void examine(void)
{
    struct snapshot_request request = snapshot_request_default(10);

    ck_assert(doctor_examine(snapshot, &facts, &request.order[TABLE_FINDINGS]));
}

static const struct finding_record *finding_at(size_t i)
{
    return snapshot_row(snapshot, TABLE_FINDINGS, i);
}

/* Exactly one finding, and it says these. */
static void expect(const char *kind, const char *severity, const char *observed, const char *cause,
                   const char *remedy)
{
    const struct finding_record *finding;

    examine();
    ck_assert_uint_eq(snapshot->tables[TABLE_FINDINGS].count, 1);
    finding = finding_at(0);
    ck_assert_str_eq(finding->kind, kind);
    ck_assert_str_eq(finding->severity, severity);
    ck_assert_msg(strstr(finding->observed, observed), "%s", finding->observed);
    ck_assert_msg(strstr(finding->cause, cause), "%s", finding->cause);
    ck_assert_msg(strstr(finding->remedy, remedy), "%s", finding->remedy);
    ck_assert_int_eq(doctor_is_healthy(snapshot), strcmp(severity, "note") == 0);
}

static void expect_none(void)
{
    examine();
    ck_assert_msg(snapshot->tables[TABLE_FINDINGS].count == 0, "%s: %s", finding_at(0)->kind,
                  finding_at(0)->observed);
    ck_assert(doctor_is_healthy(snapshot));
}

START_TEST(test_healthy)
{
    expect_none();
}
END_TEST

static const struct {
    const char *interface, *trouble;
    bool has_host;
    struct host_counters host;
    const char *observed, *cause, *remedy;
} silences[] = {
    { "eth0",
      "",
      false,
      { 0 },
      "no mirrored packet was seen on eth0 in 100 s",
      "not send to this host",
      "security group" },
    { "",
      "",
      false,
      { 0 },
      "nothing arrived on UDP port 4789",
      "cannot be read",
      "security group" },
    { "",
      "",
      true,
      { .received = 9, .udp_no_port = 7 },
      "7 datagrams for ports",
      "another port",
      "--listen=PORT" },
    { "", "", true, { .received = 5000 }, "received 5000 packets", "firewall", "-i INTERFACE" },
    { "",
      "",
      true,
      { .received = 900 },
      "next to nothing arrives at this host: 900 packets",
      "security group",
      "describe-traffic-mirror-sessions" },
    { "eth0", "eth0 is down: waiting", true, { 0 }, "eth0 is down", "down", "ip link set eth0 up" },
};

START_TEST(test_nothing_arrives)
{
    snapshot->input.packets = 0;
    snapshot->input.mirrored = 0;
    snapshot->tables[TABLE_SESSIONS].count = 0;
    snapshot->tables[TABLE_FLOWS].count = 0;
    facts.interface = silences[_i].interface;
    facts.trouble = silences[_i].trouble;
    facts.has_host = silences[_i].has_host;
    facts.host = silences[_i].host;
    expect("nothing_arrives", "problem", silences[_i].observed, silences[_i].cause,
           silences[_i].remedy);
    facts.trouble = "";
    facts.elapsed_ns = 9 * second_ns; /* too early to say */
    expect_none();
    facts.elapsed_ns = 100 * second_ns;
    facts.live = false; /* a capture without mirrored packets is no fault of the mirror */
    expect_none();
}
END_TEST

/* Where nothing arrives any more, or for too short a time to be sure, it does not say "healthy". */
START_TEST(test_not_known_to_be_healthy)
{
    facts.interface = "eth0";
    facts.trouble = "eth0 is gone: waiting";
    expect("nothing_arrives", "problem", "eth0 is gone", "down", "ip link set eth0 up");
    facts.trouble = "";
    expect_none();
    snapshot->input.packets = snapshot->input.mirrored = 0;
    snapshot->tables[TABLE_SESSIONS].count = 0;
    snapshot->tables[TABLE_FLOWS].count = 0;
    facts.elapsed_ns = 2 * second_ns;
    expect_none();
    facts.over = true;
    expect("nothing_arrives", "problem", "in 2 s", "not send to this host", "security group");
    facts.live = false;
    snapshot->input.packets = snapshot->input.not_mirrored = 5;
    expect("not_mirrored", "warning", "5 of 5", "encapsulation", "--direct");
    snapshot->tables[TABLE_SESSIONS].count = 1; /* they are taken as they are */
    sessions[0].vni = VALUE_UNKNOWN;
    expect_none();
}
END_TEST

START_TEST(test_losses)
{
    snapshot->input.kernel_drops = VALUE_UNKNOWN;
    expect_none();
    snapshot->input.kernel_drops = 12;
    expect("kernel_drops", "problem", "12 packets", "receive buffer", "net.core.rmem_max");
    snapshot->input.kernel_drops = 0;
    snapshot->input.queue_drops = 3;
    expect("queue_drops", "problem", "3 packets", "more packets come", "mirror less");
    snapshot->input.queue_drops = 0;
    snapshot->input.interface_drops = 4;
    expect("interface_drops", "problem", "4 packets", "queue was full", "ethtool");
    snapshot->input.interface_drops = 0;
    snapshot->input.oversize = 5;
    expect("oversize", "warning", "5 datagrams", "no mirror", "who sends");
}
END_TEST

START_TEST(test_one_direction)
{
    sessions[1].all.ingress = 0;
    expect("one_direction", "problem", "2500 egress packets and not one ingress packet",
           "no accepting rule for ingress", "--traffic-direction ingress");
    ck_assert_uint_eq(finding_at(0)->vni, 6);
    sessions[1].all.unknown_direction = 1; /* perhaps those are ingress */
    expect_none();
    sessions[1].one_way = true;
    expect("half_flows", "problem", "of not one flow", "one direction only", "rules");
    sessions[1].one_way = false;
    sessions[1].all.unknown_direction = 0;
    sessions[1].all.egress = 99; /* too few to say */
    expect_none();
    sessions[1].all.egress = 0;
    sessions[1].all.ingress = 100;
    expect("one_direction", "problem", "100 ingress packets and not one egress packet",
           "no accepting rule for egress", "--traffic-direction egress");
}
END_TEST

START_TEST(test_queries)
{
    sessions[0].dns_answered = 0;
    expect("unanswered_queries", "warning", "50 DNS questions", "port 53", "amazon-dns");
    sessions[0].dns_flows = 9;
    expect_none();
}
END_TEST

START_TEST(test_silent)
{
    sessions[0].last_ns = 940 * second_ns;
    expect("silent_session", "warning", "(60 s), after 5000 packets", "stopped", "instance runs");
    sessions[0].last_ns++;
    expect_none();
}
END_TEST

START_TEST(test_copies_lost)
{
    sessions[0].bytes = 10000000;
    sessions[0].mirror_loss_bytes = VALUE_UNKNOWN;
    expect_none();
    sessions[0].mirror_loss_bytes = 10009; /* less than one of a thousand */
    expect_none();
    sessions[0].mirror_loss_bytes = 200000;
    expect("copies_lost", "problem", "200000 bytes of TCP that were acknowledged never came: 2.0 %",
           "drops copies first", "NetworkPacketsSkipMirrorOut");
    sessions[0].bytes = 1000;
    sessions[0].mirror_loss_bytes = 9999;
    expect_none();
}
END_TEST

START_TEST(test_documents)
{
    sessions[1].state = "expected";
    sessions[1].all.packets = sessions[1].all.ingress = sessions[1].all.egress = 0;
    expect("expected_session", "problem", "(eni-1), and nothing", "silent", "security group");
    facts.elapsed_ns = 9 * second_ns;
    expect_none();
    sessions[1].state = "not in file";
    expect("unexpected_session", "note", "not in the documents", "newer", "save them anew");
    sessions[1].state = "";
    sessions[1].cut_frames = 50;
    sessions[1].cut_low = sessions[1].cut_high = 1464;
    sessions[1].packet_length = 1464; /* not the MTU */
    expect("cut_frames", "note", "50 of 0 frames", "by the documents", "intended");
}
END_TEST

static const struct {
    uint64_t low, high;
    uint8_t family;
    const char *cause, *remedy;
} cuts[] = {
    { 128, 128, 4, "packet length is 128", "--remove-fields packet-length" },
    { 1464, 1464, 4, "fills an MTU of 1500", "lower the sources' to 1446" },
    { 8965, 8965, 4, "fills an MTU of 9001", "lower the sources' to 8947" },
    { 1444, 1444, 6, "fills an MTU of 1500", "MTU" },
    { 1444, 1444, 4, "packet length is 1444", "payloads" },
    { 8500, 8500, 4, "by default", "MTU" },
    { 100, 128, 4, "no single limit: the frames are cut to 100 to 128 bytes", "snapshot length" },
};

START_TEST(test_cut)
{
    sessions[0].cut_frames = 19;
    sessions[0].cut_low = cuts[_i].low;
    sessions[0].cut_high = cuts[_i].high;
    sessions[0].mirror_source.family = cuts[_i].family;
    expect_none();
    sessions[0].cut_frames = 20;
    expect("cut_frames", "note", "20 of 5000 frames are cut", cuts[_i].cause, cuts[_i].remedy);
}
END_TEST

START_TEST(test_odd_feeds)
{
    snapshot->decode.anomalies[ANOMALY_VXLAN_RESERVED] = 2;
    expect("unknown_flags", "note", "2 VXLAN headers", "no AWS mirror", "none is needed");
    snapshot->decode.anomalies[ANOMALY_VXLAN_RESERVED] = 0;
    snapshot->input.packets = 20000;
    snapshot->input.not_mirrored = 9999;
    expect_none();
    snapshot->input.not_mirrored = 10000;
    expect("not_mirrored", "warning", "10000 of 20000", "something else", "udp port 4789");
    facts.live = false;
    expect_none();
    snapshot->input.time_backwards = 1;
    expect("clock_backwards", "warning", "1 times", "was set", "chronyd");
}
END_TEST

/* A few are on any wire; what is only cut does not count. */
START_TEST(test_malformed)
{
    snapshot->input.packets = snapshot->input.mirrored = 20000;
    snapshot->decode.outcomes[DECODE_TRUNCATED] = snapshot->decode.reasons[REASON_CUT_IP] = 20000;
    snapshot->decode.outcomes[DECODE_MALFORMED] = 199;
    snapshot->decode.reasons[REASON_ARP_FIELDS] = 50;
    snapshot->decode.reasons[REASON_UDP_LENGTH] = 149;
    expect_none();
    snapshot->decode.outcomes[DECODE_MALFORMED] = ++snapshot->decode.reasons[REASON_ARP_FIELDS];
    snapshot->decode.outcomes[DECODE_MALFORMED] += snapshot->decode.reasons[REASON_UDP_LENGTH];
    expect("malformed", "warning", "200 of 20000 packets contradict themselves, most often: UDP",
           "no AWS mirror", "tcpdump");
    snapshot->input.packets = snapshot->input.mirrored = 99;
    snapshot->decode.outcomes[DECODE_MALFORMED] = 99;
    expect_none();
}
END_TEST

/* Of 5000 packets. */
START_TEST(test_captured_twice)
{
    sessions[1].seen_twice = 49;
    expect_none();
    sessions[1].seen_twice = 50;
    expect("captured_twice", "note", "50 of 5000 packets", "captured twice", "one interface");
    sessions[1].all.packets = 30;
    sessions[1].all.ingress = sessions[1].all.egress = 15;
    sessions[1].seen_twice = 19;
    expect_none();
    sessions[1].seen_twice = 20;
    expect("captured_twice", "note", "20 of 30 packets", "captured twice", "--explain=seen_twice");
}
END_TEST

START_TEST(test_several_sessions)
{
    sessions[1].mirror_source = v4(10);
    expect("several_sessions", "note", "2 sessions come", "up to three", "mirrored once");
    ck_assert_uint_eq(finding_at(0)->vni, 5);
    snapshot->tables[TABLE_SESSIONS].count = 3;
    sessions[2].mirror_source = v4(10);
    expect("several_sessions", "note", "3 sessions come", "up to three", "mirrored once");
}
END_TEST

/* Sessions of which only documents know are no sources: nothing of them has arrived. */
START_TEST(test_expected_sessions)
{
    sessions[1] = (struct session_record){ .key = 1,
                                           .name = "",
                                           .vni = 6,
                                           .mirror_source = v4(10),
                                           .first_ns = VALUE_UNKNOWN,
                                           .last_ns = VALUE_UNKNOWN,
                                           .eni = "",
                                           .state = "expected" };
    snapshot->tables[TABLE_SESSIONS].count = 3;
    sessions[2] = sessions[1];
    sessions[2].mirror_source = v4(200);
    examine();
    ck_assert_uint_eq(snapshot->tables[TABLE_FINDINGS].count, 2);
    ck_assert_str_eq(finding_at(0)->kind, "expected_session");
    ck_assert_str_eq(finding_at(1)->kind, "expected_session");
}
END_TEST

START_TEST(test_both_ends)
{
    flow.dst_addr = v4(11);
    snapshot->decode.duplicates = VALUE_UNKNOWN;
    expect("both_ends", "warning", "1 of the largest flows", "arrives twice", "one end only");
}
END_TEST

START_TEST(test_duplicates)
{
    snapshot->input.mirrored = 1000;
    snapshot->decode.duplicates = 400;
    expect("both_ends", "note", "400 of 1000 mirrored packets", "arrives twice", "count them once");
}
END_TEST

/* The most severe come first; the same snapshot can be examined again. */
START_TEST(test_order)
{
    snapshot->decode.anomalies[ANOMALY_VXLAN_RESERVED] = 2;
    snapshot->input.time_backwards = 1;
    snapshot->input.kernel_drops = 1;
    for (int round = 0; round < 2; round++) {
        examine();
        ck_assert_uint_eq(snapshot->tables[TABLE_FINDINGS].count, 3);
        ck_assert_str_eq(finding_at(0)->kind, "kernel_drops");
        ck_assert_str_eq(finding_at(1)->kind, "clock_backwards");
        ck_assert_str_eq(finding_at(2)->kind, "unknown_flags");
    }
}
END_TEST

/* More sessions than findings have room: all are counted. */
START_TEST(test_bound)
{
    enum { MANY = 100 };
    struct session_record *many = calloc(MANY, sizeof(*many));

    for (size_t i = 0; i < MANY; i++) {
        many[i] = sessions[0];
        many[i].key = i;
        many[i].mirror_source = v4((uint8_t)i);
        many[i].all.ingress = 0;
    }
    snapshot->tables[TABLE_SESSIONS] = (struct snapshot_rows){ many, MANY, MANY };
    snapshot->tables[TABLE_FLOWS].count = 0;
    examine();
    ck_assert_uint_eq(snapshot->tables[TABLE_FINDINGS].count, 64);
    ck_assert_uint_eq(snapshot->tables[TABLE_FINDINGS].total, MANY);
    free(many);
}
END_TEST

static char *report(bool json)
{
    struct err err;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    ck_assert_msg(report_doctor(out, snapshot, json, &err), "%s", err.text);
    fclose(out);
    return text;
}

START_TEST(test_reports)
{
    char *text;
    json_t *root;

    examine();
    text = report(false);
    ck_assert_ptr_nonnull(strstr(text, "looks healthy"));
    free(text);
    sessions[1].all.ingress = 0;
    examine();
    text = report(false);
    ck_assert_ptr_nonnull(strstr(text, "problem: one_direction, session 10.0.1.11 VNI 6\n"));
    ck_assert_ptr_null(strstr(text, "looks healthy"));
    ck_assert_ptr_nonnull(strstr(text, "What a target cannot see:"));
    free(text);
    text = report(true);
    root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(root);
    ck_assert(json_is_false(json_object_get(root, "healthy")));
    ck_assert_uint_eq(json_array_size(json_object_get(root, "findings")), 1);
    ck_assert_uint_ge(json_array_size(json_object_get(root, "cannot_see")), 3);
    json_decref(root);
    free(text);
}
END_TEST

/* ---- the host's counters --------------------------------------------------------------------- */

static const char dev[] =
    "Inter-|   Receive                            |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes\n"
    "    lo: 100 7 0 0 0 0 0 0 100 7 0 0 0 0 0 0\n"
    "  eth0: 1234567 890 0 0 0 0 0 0 1 2 0 0 0 0 0 0\n"
    "eth1:5 10 0 0 0 0 0 0 1 2 0 0 0 0 0 0\n";
static const char snmp[] =
    "Ip: Forwarding DefaultTTL\nIp: 1 64\n"
    "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\n"
    "Udp: 11 22 33 44 55 66\n"
    "UdpLite: InDatagrams NoPorts\nUdpLite: 1 2\n";
static const char snmp6[] = "Ip6InReceives     5\nUdp6InDatagrams 	1000\nUdp6NoPorts 2000\n"
                            "Udp6RcvbufErrors 3000\n";

START_TEST(test_host_counters)
{
    struct host_counters counters;

    ck_assert(host_parse(dev, snmp, snmp6, &counters));
    ck_assert_uint_eq(counters.received, 900);
    ck_assert_uint_eq(counters.udp_no_port, 2022);
    ck_assert(host_parse("", snmp, "", &counters));
    ck_assert_uint_eq(counters.udp_no_port, 22);
    ck_assert(!host_parse(dev, "", snmp6, &counters));
    ck_assert(!host_parse(dev, "Udp: InDatagrams\nUdp", snmp6, &counters));
}
END_TEST

START_TEST(test_host_now)
{
    struct host_files files;
    struct host_counters moved;

    host_open(&files);
    ck_assert(files.known);
    ck_assert(host_read(&files, &moved));
    ck_assert_uint_lt(moved.udp_no_port, 1000000);
    host_close(&files);
}
END_TEST

Suite *make_doctor_suite(void)
{
    Suite *suite = suite_create("doctor");
    TCase *tcase = tcase_create("rules");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_healthy);
    tcase_add_loop_test(tcase, test_nothing_arrives, 0, sizeof(silences) / sizeof(silences[0]));
    tcase_add_test(tcase, test_not_known_to_be_healthy);
    tcase_add_test(tcase, test_losses);
    tcase_add_test(tcase, test_one_direction);
    tcase_add_test(tcase, test_queries);
    tcase_add_test(tcase, test_silent);
    tcase_add_test(tcase, test_copies_lost);
    tcase_add_test(tcase, test_documents);
    tcase_add_loop_test(tcase, test_cut, 0, sizeof(cuts) / sizeof(cuts[0]));
    tcase_add_test(tcase, test_odd_feeds);
    tcase_add_test(tcase, test_malformed);
    tcase_add_test(tcase, test_captured_twice);
    tcase_add_test(tcase, test_several_sessions);
    tcase_add_test(tcase, test_expected_sessions);
    tcase_add_test(tcase, test_both_ends);
    tcase_add_test(tcase, test_duplicates);
    tcase_add_test(tcase, test_order);
    tcase_add_test(tcase, test_bound);
    tcase_add_test(tcase, test_reports);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("host");
    tcase_add_test(tcase, test_host_counters);
    tcase_add_test(tcase, test_host_now);
    suite_add_tcase(suite, tcase);
    return suite;
}
