/* SPDX-License-Identifier: MIT */
/* The table of a filter's rules, and directions that become known when rules have long decided. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "../support/enginerun.h"
#include "../support/talk.h"

Suite *make_engine_rules_suite(void);

/* ---- descriptions -------------------------------------------------------------------------- */

/* As it was given, apart from what the rule matches: whoever prints it escapes it, once. */
START_TEST(test_description_is_a_text_of_its_own)
{
    struct engine_config config = enginerun_config();
    const struct rule_record *row;
    struct snapshot *snapshot;
    struct engine *engine;
    struct err err;

    engine = engine_new(&config, &err);
    engine_set_filter(engine, enginerun_program("5 ingress tcp src 10.0.0.0/8 description "
                                                "\"a \\\"b\\\" \\\\ \\u001b\""));
    snapshot = enginerun_finish(engine);
    row = snapshot_row(snapshot, TABLE_RULES, 0);
    ck_assert_str_eq(row->description, "a \"b\" \\ \x1b");
    ck_assert_str_eq(row->rule, "tcp src 10.0.0.0/8 dst 0.0.0.0/0");
    ck_assert_str_eq(snapshot->filter.text, "5 accept ingress tcp src 10.0.0.0/8 dst 0.0.0.0/0");
    row = snapshot_row(snapshot, TABLE_RULES, 1);
    ck_assert_str_eq(row->description, "");
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* ---- directions that are learnt late --------------------------------------------------------- */

static void add_late(const char *src, const char *dst, bool egress)
{
    fb_init(&fb);
    fb_payload(&fb, NULL, 10);
    fb_udp(&fb, egress ? 5000 : 6000, egress ? 6000 : 5000);
    fb_ipv4(&fb, src, dst, PROTO_UDP, 1, 0);
    fb_eth(&fb, egress ? router : eni_a, egress ? eni_a : router, ETHER_IPV4);
    fb_mirror(&fb, "10.0.1.10", 7);
    trace_add(0);
}

/* Its other addresses say nothing of the mirror source; then its own does, and all is known. */
START_TEST(test_direction_learnt_late)
{
    struct engine_config config = enginerun_config();
    struct snapshot_request request = snapshot_request_default(100);
    struct snapshot *snapshot;
    struct engine *engine;
    struct err err;

    config.rates = _i;
    engine = engine_new(&config, &err);
    engine_set_filter(engine, enginerun_program("accept ingress"));
    trace_start();
    for (unsigned i = 0; i < 10; i++) {
        add_late("10.0.5.1", "192.0.2.9", true);
        add_late("192.0.2.9", "10.0.5.1", false);
    }
    trace.now_ns += 3 * 1000 * TALK_MS;
    add_late("10.0.1.10", "192.0.2.9", true);
    trace.now_ns += 2 * 1000 * TALK_MS;
    add_late("192.0.2.9", "10.0.1.10", false);
    engine_feed(engine, trace.frames, 20);
    snapshot = engine_snapshot(engine, &request);
    ck_assert_uint_eq(snapshot->filter.uncertain.packets, 20);
    ck_assert_uint_eq(snapshot->packets, 0);
    snapshot_free(snapshot);
    engine_feed(engine, trace.frames + 20, trace.count - 20);
    snapshot = engine_snapshot(engine, &request);
    ck_assert_uint_eq(snapshot->filter.uncertain.packets, 0);
    ck_assert_uint_eq(snapshot->filter.accepted.packets, 11);
    ck_assert_uint_eq(snapshot->filter.rejected.packets, 11);
    snapshot_free(snapshot);
    snapshot = enginerun_finish(engine);
    ck_assert_uint_eq(snapshot->packets, 11);
    ck_assert_uint_eq(enginerun_talker(snapshot, "10.0.5.1")->packets_received, 10);
    ck_assert_uint_eq(enginerun_talker(snapshot, "10.0.5.1")->packets_sent, 0);
    ck_assert_uint_eq(snapshot->filter.one_way_flows, 2);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* ---- rows ------------------------------------------------------------------------------------ */

static const struct rule_record *rule(const struct snapshot *snapshot, size_t i)
{
    ck_assert_uint_lt(i, snapshot->tables[TABLE_RULES].count);
    return snapshot_row(snapshot, TABLE_RULES, i);
}

/* A connection is opened, and a second later there is data. */
static struct engine *one_second(const struct engine_config *config)
{
    struct err err;
    struct engine *engine = engine_new(config, &err);

    trace_start();
    trace_handshake();
    trace.now_ns += 1000 * TALK_MS;
    trace_client(101, 901, TCP_ACK, 1000);
    engine_feed(engine, trace.frames, trace.count);
    return engine;
}

START_TEST(test_rows_of_rules)
{
    struct engine_config config = enginerun_config();
    struct engine *engine;
    struct snapshot *snapshot;

    config.price_gb = 0.5;
    config.price_session_hour = 0.01;
    engine = one_second(&config);
    engine_set_filter(
        engine, enginerun_program("10 reject ingress udp src 0.0.0.0/0 dst 0.0.0.0/0; 20 accept "
                                  "egress tcp src 10.0.0.0/8 dst 0.0.0.0/0 dport 443"));
    snapshot = enginerun_finish(engine);
    ck_assert_uint_eq(snapshot->tables[TABLE_RULES].count, 4);
    ck_assert_ptr_nonnull(strstr(rule(snapshot, 0)->note, "redundant"));
    ck_assert_ptr_nonnull(strstr(rule(snapshot, 0)->note, "never matched"));
    ck_assert_str_eq(rule(snapshot, 1)->rule, "implicit reject");
    ck_assert_str_eq(rule(snapshot, 1)->direction, "ingress");
    ck_assert_uint_eq(rule(snapshot, 1)->packets, 1);
    ck_assert_uint_eq(rule(snapshot, 2)->number, 20);
    ck_assert_str_eq(rule(snapshot, 2)->rule, "tcp src 10.0.0.0/8 dst 0.0.0.0/0 dport 443");
    ck_assert_uint_eq(rule(snapshot, 2)->packets, 3);
    ck_assert_uint_eq(rule(snapshot, 2)->bytes, 3 * 40 + 1000);
    ck_assert_uint_eq(rule(snapshot, 2)->share, 966); /* 1120 of 1160 */
    ck_assert_str_eq(rule(snapshot, 2)->example, "tcp 10.0.1.10:40000 > 192.0.2.1:443");
    ck_assert_uint_eq(rule(snapshot, 2)->last_ns, trace.now_ns - TALK_MS);
    ck_assert_uint_eq(rule(snapshot, 2)->one_way_flows, 1);
    ck_assert_str_eq(rule(snapshot, 2)->mend,
                     "20 accept ingress tcp src 0.0.0.0/0 dst 10.0.0.0/8 sport 443");
    ck_assert_uint_eq(rule(snapshot, 3)->packets, 0);
    ck_assert_str_eq(snapshot->filter.text,
                     "10 reject ingress udp src 0.0.0.0/0 dst 0.0.0.0/0; 20 accept egress tcp src "
                     "10.0.0.0/8 dst 0.0.0.0/0 dport 443");
    /* 3 packets and 1120 bytes, 50 more each, in 1.003 s */
    ck_assert_uint_eq(snapshot->filter.projection.packet_rate, 3);
    ck_assert_uint_eq(snapshot->filter.projection.bit_rate, 10130);
    ck_assert_uint_eq(snapshot->filter.projection.month_bytes, 3281994018);
    ck_assert_uint_eq(snapshot->filter.projection.month_cents, 164 + 720);
    ck_assert(!snapshot->filter.projection.at_most);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* What an earlier session rejects, a later one cannot mend. What is said to mend does. */
START_TEST(test_mended_where_it_is_rejected)
{
    static const char rules[] =
        "session 1; 50 reject ingress tcp src 0.0.0.0/0 dst 0.0.0.0/0; session 2; "
        "20 accept egress tcp src 10.0.0.0/8 dst 0.0.0.0/0 dport 443; ";
    static const char mended[] =
        "session 1; 20 accept ingress tcp src 0.0.0.0/0 dst 10.0.0.0/8 sport 443";
    struct engine_config config = enginerun_config();
    struct snapshot_request request = snapshot_request_default(10);
    struct snapshot *snapshot;
    struct engine *engine;
    const char *reading = _i ? "reject-goes-on; " : "";
    char text[300];
    struct err err;

    engine = engine_new(&config, &err);
    trace_start();
    trace_handshake();
    engine_feed(engine, trace.frames, trace.count);
    snprintf(text, sizeof(text), "%s%s", reading, rules);
    engine_set_filter(engine, enginerun_program(text));
    snapshot = engine_snapshot(engine, &request);
    ck_assert_uint_eq(snapshot->filter.one_way_flows, 1);
    ck_assert_uint_eq(rule(snapshot, 2)->session, 2);
    ck_assert_str_eq(rule(snapshot, 2)->mend, mended);
    snapshot_free(snapshot);
    snprintf(text, sizeof(text), "%s%s%s", reading, rules, mended);
    engine_set_filter(engine, enginerun_program(text));
    snapshot = enginerun_finish(engine);
    ck_assert_uint_eq(snapshot->filter.one_way_flows, 0);
    ck_assert_uint_eq(snapshot->filter.accepted.packets, trace.count);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

/* What mirrors nothing costs nothing; without a price that is not known. */
START_TEST(test_cost_of_nothing)
{
    struct engine_config config = enginerun_config();
    struct engine *engine;
    struct snapshot *snapshot;

    config.price_gb = _i ? 0.5 : 0;
    engine = one_second(&config);
    engine_set_filter(engine, enginerun_program("accept esp"));
    snapshot = enginerun_finish(engine);
    ck_assert_uint_eq(snapshot->filter.projection.month_bytes, 0);
    ck_assert_uint_eq(snapshot->filter.projection.month_cents, _i ? 0 : VALUE_UNKNOWN);
    snapshot_free(snapshot);
    engine_free(engine);
}
END_TEST

Suite *make_engine_rules_suite(void)
{
    Suite *suite = suite_create("engine_rules");
    TCase *tcase = tcase_create("rules");

    tcase_add_test(tcase, test_description_is_a_text_of_its_own);
    tcase_add_loop_test(tcase, test_direction_learnt_late, 0, 2);
    tcase_add_test(tcase, test_rows_of_rules);
    tcase_add_loop_test(tcase, test_mended_where_it_is_rejected, 0, 2);
    tcase_add_loop_test(tcase, test_cost_of_nothing, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
