/* SPDX-License-Identifier: MIT */
/* Reports: their exact form, hostile texts in them, and streams that fail. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/loss.h"
#include "../../src/output/output.h"
#include "../support/jsonread.h"
#include "../support/records.h"

typedef bool (*report_function)(FILE *out, const struct snapshot *snapshot,
                                const struct report_context *context, struct err *err);

static const report_function reports[] = { report_text, report_json };

static char *report(report_function function, const struct snapshot *snapshot, const char *source)
{
    struct report_context context = { .source = source, .complete = true };
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct err err;

    ck_assert_ptr_nonnull(out);
    ck_assert(function(out, snapshot, &context, &err));
    fclose(out);
    ck_assert_uint_eq(strlen(text), size);
    ck_assert_int_eq(text[size - 1], '\n');
    return text;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static const struct {
    const char *path, *value;
} members[] = {
    { "input.source", "x.pcap" },
    { "input.packets", "101" },
    { "input.bytes", "12345" },
    { "input.mirrored", "90" },
    { "input.not_mirrored", "11" },
    { "input.kernel_drops", "null" },
    { "input.queue_drops", "0" },
    { "input.first", "2019-06-27T13:05:11.123456Z" },
    { "input.last", "2019-06-27T13:05:23.123456Z" },
    { "input.cut", "true" },
    { "input.time_backwards", "2" },
    { "input.complete", "true" },
    { "decode.ok", "95" },
    { "decode.truncated", "3" },
    { "decode.malformed", "2" },
    { "decode.unsupported", "1" },
    { "decode.fragments", "5" },
    { "decode.duplicates", "null" },
    { "decode.reasons.cut_payload", "3" },
    { "decode.reasons.ip_version", "2" },
    { "decode.reasons.llc", "1" },
    { "decode.reasons.none", "?" },
    { "decode.reasons.ethertype", "?" },
    { "decode.anomalies.same_addresses", "4" },
    { "decode.anomalies.vlan_stack", "?" },
    { "sessions.0.vni", "16777215" },
    { "sessions.0.mirror_source", "10.0.1.10" },
    { "sessions.0.packets", "90" },
    { "sessions.0.bytes", "9000" },
    { "sessions.0.ingress", "40" },
    { "sessions.0.egress", "50" },
    { "sessions.0.truncated", "3" },
    { "sessions.0.flows", "4" },
    { "sessions.0.unknown_direction", "0" },
    { "sessions.0.name", "null" },
    { "sessions.0.gwlbe", "0123456789abcdef" },
    { "sessions.0.mac", "02:00:00:00:00:01" },
    { "sessions.0.first", "2019-06-27T13:05:11.123456Z" },
    { "sessions.0.malformed", "1" },
    { "sessions.1.vni", "null" },
    { "sessions.1.mirror_source", "null" },
    { "sessions.1.name", "direct" },
    { "sessions.1.unknown_direction", "10" },
    { "sessions.2.vni", "?" },
    { "flows.total", "5" },
    { "flows.active", "4" },
    { "flows.evicted", "1" },
    { "talkers.0.addr", "2001:db8:1111:2222:3333:4444:5555:6666" },
    { "talkers.0.packets_sent", "60" },
    { "talkers.0.bytes_sent", "6000" },
    { "talkers.0.packets_received", "40" },
    { "talkers.0.bytes_received", "4000" },
    { "talkers.0.flows", "5" },
    { "talkers.0.country", "DE" },
    { "talkers.0.asn", "64512" },
    { "talkers.0.as_name", RECORDS_HOSTILE_ESCAPED },
    { "talkers.1.country", "null" },
    { "talkers.1.asn", "null" },
    /* by bytes; a parent before its child */
    { "protocols.0.name", "ipv4" },
    { "protocols.0.parent", "null" },
    { "protocols.0.packets", "80" },
    { "protocols.0.bytes", "8000" },
    { "protocols.1.name", "udp" },
    { "protocols.1.parent", "ipv4" },
    { "protocols.2.name", "dns" },
    { "protocols.2.path.0", "ipv4" },
    { "protocols.2.path.1", "udp" },
    { "protocols.2.path.2", "dns" },
    { "protocols.3.name", "ipv6" },
    { "protocols.4.name", "udp" },
    { "protocols.4.path.0", "ipv6" },
    { "protocols.5.name", "tcp" },
    { "protocols.5.path.0", "ipv4" },
    { "protocols.6.name", "arp" },
    { "tcp.segments", "1000" },
    { "tcp.retransmits", "10" },
    { "tcp.retransmit_bytes", "14600" },
    { "tcp.spurious", "1" },
    { "tcp.out_of_order", "3" },
    { "tcp.late", "2" },
    { "tcp.mirror_loss_bytes", "null" },
    { "tcp.uncertain", "0" },
    { "tcp.zero_windows", "1" },
    { "tcp.duplicate_acks", "null" },
    { "tcp.rtt_us.count", "2" },
    { "tcp.rtt_us.min", "900" },
    { "tcp.rtt_us.median", "1500" },
    { "tcp.rtt_us.p95", "20000" },
    { "tcp.rtt_us.max", "20000" },
    { "suspicions.0.kind", "port_scan" },
    { "suspicions.0.dst_addr", "2001:db8:1111:2222:3333:4444:5555:6666" },
    { "suspicions.0.evidence.port", "null" },
    { "suspicions.1.kind", "address_scan" },
    { "suspicions.1.src_addr", "10.0.1.10" },
    { "suspicions.1.dst_addr", "null" },
    { "suspicions.1.detail", "53 hosts on port 22 in 12 s" },
    { "suspicions.1.started", "2019-06-27T13:05:11.123456Z" },
    { "suspicions.1.evidence.targets", "53" },
    { "suspicions.1.evidence.unanswered", "53" },
    { "suspicions.1.evidence.refused", "0" },
    { "suspicions.1.evidence.window_s", "300" },
    { "suspicions.1.evidence.port", "22" },
    { "totals.talkers", "123" },
    { "rules", "?" },
};

START_TEST(json_members)
{
    struct snapshot snapshot = records_snapshot(&records_flow);
    char *text = report(report_json, &snapshot, "x.pcap"), value[JSONREAD_VALUE];
    json_t *root = jsonread_load(text);

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        ck_assert_msg(strcmp(jsonread_at(root, members[i].path, value), members[i].value) == 0,
                      "%s is %s, not %s", members[i].path, value, members[i].value);
    json_decref(root);
    free(text);
}
END_TEST

START_TEST(json_of_nothing)
{
    struct snapshot snapshot = records_nothing();
    char *text = report(report_json, &snapshot, "-"), value[JSONREAD_VALUE];
    json_t *root = jsonread_load(text);

    ck_assert_str_eq(jsonread_at(root, "input.packets", value), "0");
    ck_assert_str_eq(jsonread_at(root, "input.first", value), "null");
    ck_assert_str_eq(jsonread_at(root, "tcp.rtt_us.median", value), "null");
    ck_assert_uint_eq(json_array_size(json_object_get(root, "sessions")), 0);
    ck_assert_uint_eq(json_array_size(json_object_get(root, "protocols")), 0);
    json_decref(root);
    free(text);
}
END_TEST

/* Valid UTF-8 without control characters, whatever the file is called. */
START_TEST(json_of_a_hostile_source)
{
    struct snapshot snapshot = records_nothing();
    char *text = report(report_json, &snapshot, records_hostile), value[JSONREAD_VALUE];
    json_t *root = jsonread_load(text);

    ck_assert_str_eq(jsonread_at(root, "input.source", value), RECORDS_HOSTILE_ESCAPED);
    for (const char *c = text; *c; c++)
        ck_assert((*c >= ' ' && *c <= '~') || *c == '\n');
    json_decref(root);
    free(text);
}
END_TEST

/* ---- text ------------------------------------------------------------------------------------ */

/* Printable ASCII, lines of less than 80 columns, no blanks at their ends. */
static void check_lines(const char *text)
{
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");

        ck_assert_msg(length < 80, "%.*s", (int)length, line);
        ck_assert_msg(length == 0 || line[length - 1] != ' ', "%.*s|", (int)length, line);
        for (size_t i = 0; i < length; i++)
            ck_assert(line[i] >= ' ' && line[i] <= '~');
        line += length + 1;
    }
}

static const char *const said[] = {
    "x.pcap",
    "2019-06-27T13:05:11.123456Z",
    "12.000000 s",
    "The file is cut",
    "kernel drops           unknown",
    "cut_payload                3",
    "same_addresses               4",
    "evicted                      1",
    "VNI 16777215 from 10.0.1.10, GWLB endpoint 0123456789abcdef",
    "direct",
    "TALKERS (2 of 123",
    "    dns",
    "14,600 bytes",
    "1.00% of the segments",
    "median 1.5ms",
    "[2001:db8:1111:2222:3333:4444:5555:6666]:443",
    "tls www.example.com",
    "53 hosts on port 22 in 12 s",
};

START_TEST(text_says)
{
    struct snapshot snapshot = records_snapshot(&records_flow);
    char *text = report(report_text, &snapshot, "x.pcap");

    check_lines(text);
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
        ck_assert_msg(strstr(text, said[i]) != NULL, "%s\n%s", said[i], text);
    ck_assert_ptr_null(strstr(text, "no losses counted"));
    free(text);
}
END_TEST

START_TEST(text_of_nothing)
{
    struct snapshot snapshot = records_nothing();
    char *text = report(report_text, &snapshot, "-");

    check_lines(text);
    ck_assert_ptr_nonnull(strstr(text, "no losses counted"));
    ck_assert_ptr_nonnull(strstr(text, "round trip          unknown"));
    ck_assert_ptr_null(strstr(text, "cut:"));
    free(text);
}
END_TEST

/* Whatever is lost is told by its name. Frames that are not mirrored, and second copies, are told
 * of the input. */
START_TEST(text_tells_every_loss)
{
    const uint64_t value = 1234567;

    for (size_t i = 0; i < losses_count; i++) {
        struct snapshot snapshot = records_nothing();
        bool of_input = losses[i].offset == offsetof(struct snapshot, input.not_mirrored) ||
                        losses[i].offset == offsetof(struct snapshot, decode.duplicates);
        char begin[64], *text, *line;

        memcpy((char *)&snapshot + losses[i].offset, &value, sizeof(value));
        text = report(report_text, &snapshot, "-");
        check_lines(text);
        snprintf(begin, sizeof(begin), "\n  %s ", losses[i].name);
        line = strstr(text, begin);
        ck_assert_msg(line != NULL, "%s:\n%s", losses[i].name, text);
        line += strlen(begin);
        line += strspn(line, " ");
        ck_assert_msg(strncmp(line, "1,234,567", 9) == 0, "%s", line);
        ck_assert(of_input == (strstr(text, "no losses counted") != NULL));
        free(text);
    }
}
END_TEST

/* Widest numbers, longest addresses, harmful names: still lines that fit. */
START_TEST(text_of_a_hostile_flow)
{
    struct flow_record flow = records_flow;
    struct snapshot snapshot = records_snapshot(&flow);
    char name[300], *text;

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    memcpy(name, "\x1b[2J\xc3\xa9\xe2\x80\xae", 9);
    flow.src_addr = flow.dst_addr;
    flow.src_port = flow.dst_port = 65535;
    flow.retransmits = flow.src_retransmits = flow.dst_retransmits = UINT64_MAX - 1;
    flow.server_name = name;
    flow.app = records_hostile;
    text = report(report_text, &snapshot, name);
    check_lines(text);
    ck_assert_ptr_nonnull(strstr(text, "\\xc3\\xa9"));
    free(text);
}
END_TEST

START_TEST(same_snapshot_same_bytes)
{
    struct snapshot snapshot = records_snapshot(&records_flow);
    char *one = report(reports[_i], &snapshot, "x"), *two = report(reports[_i], &snapshot, "x");

    ck_assert_str_eq(one, two);
    free(one);
    free(two);
}
END_TEST

/* ---- streams that fail ----------------------------------------------------------------------- */

START_TEST(report_on_a_full_disk)
{
    struct report_context context = { .source = "x", .complete = true };
    struct snapshot snapshot = records_snapshot(&records_flow);
    FILE *out = fopen("/dev/full", "w");
    struct err err = { .status = EXIT_OK };

    ck_assert_ptr_nonnull(out);
    ck_assert(!reports[_i](out, &snapshot, &context, &err));
    fclose(out);
    ck_assert_int_eq(err.status, EXIT_RUNTIME);
    ck_assert_ptr_nonnull(strstr(err.text, strerror(ENOSPC)));
}
END_TEST

START_TEST(report_into_a_closed_pipe)
{
    struct report_context context = { .source = "x", .complete = true };
    struct snapshot snapshot = records_snapshot(&records_flow);
    struct err err = { .status = EXIT_OK };
    int ends[2];
    FILE *out;

    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    out = fdopen(ends[1], "w");
    ck_assert(!reports[_i](out, &snapshot, &context, &err));
    fclose(out);
    ck_assert_int_eq(err.status, EXIT_RUNTIME);
    ck_assert_ptr_nonnull(strstr(err.text, strerror(EPIPE)));
}
END_TEST

START_TEST(free_nothing)
{
    snapshot_free(NULL);
}
END_TEST

#define LOOP(tcase, test, rows)                                                                    \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(rows) / sizeof((rows)[0])))

Suite *make_output_suite(void);

Suite *make_output_suite(void)
{
    Suite *suite = suite_create("output");
    TCase *tcase = tcase_create("reports");

    tcase_add_test(tcase, json_members);
    tcase_add_test(tcase, json_of_nothing);
    tcase_add_test(tcase, json_of_a_hostile_source);
    tcase_add_test(tcase, text_says);
    tcase_add_test(tcase, text_of_nothing);
    tcase_add_test(tcase, text_tells_every_loss);
    tcase_add_test(tcase, text_of_a_hostile_flow);
    LOOP(tcase, same_snapshot_same_bytes, reports);
    LOOP(tcase, report_on_a_full_disk, reports);
    LOOP(tcase, report_into_a_closed_pipe, reports);
    tcase_add_test(tcase, free_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
