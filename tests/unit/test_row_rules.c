/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "../../src/filter/read.h"
#include "../../ui/row_rules.h"
#include "../../ui/rule_text.h"

Suite *make_row_rules_suite(void);

static const struct ip_addr client = { .family = 4, .bytes = { 10, 0, 1, 10 } };
static const struct ip_addr server = { .family = 4, .bytes = { 198, 51, 100, 7 } };
static const struct ip_addr six = { .family = 6, .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };

static char text[1024];

/* How many rules the text is; that it can be read at all is what matters most. */
static size_t count_rules(void)
{
    struct filter filter;
    struct filter_error error;
    size_t count;

    filter_init(&filter);
    ck_assert_msg(filter_read(&filter, text, strlen(text), &error), "%s: %s", text, error.text);
    count = filter_rule_count(&filter);
    filter_free(&filter);
    return count;
}

static bool make(enum table_id table, const void *row, bool accept)
{
    return row_rules_text(table, row, accept, text, sizeof(text));
}

static struct flow_record make_flow(const char *protocol, const char *direction)
{
    return (struct flow_record){ .protocol = protocol,
                                 .src_direction = direction,
                                 .src_addr = client,
                                 .dst_addr = server,
                                 .src_port = 40000,
                                 .dst_port = 443 };
}

START_TEST(test_a_flow_is_a_rule_each_way)
{
    struct flow_record flow = make_flow("tcp", "egress");

    ck_assert(make(TABLE_FLOWS, &flow, true));
    ck_assert_str_eq(text,
                     "accept egress protocol tcp src 10.0.1.10/32 sport 40000 dst 198.51.100.7/32 "
                     "dport 443; accept ingress protocol tcp src 198.51.100.7/32 sport 443 dst "
                     "10.0.1.10/32 dport 40000");
    ck_assert_uint_eq(count_rules(), 2);
    ck_assert(make(TABLE_RETRANSMITS, &flow, false));
    ck_assert_ptr_eq(strstr(text, "accept"), NULL);
    ck_assert_uint_eq(count_rules(), 2);
}
END_TEST

START_TEST(test_a_flow_of_unknown_direction_is_both)
{
    struct flow_record flow = make_flow("udp", "");

    flow.src_addr = flow.dst_addr = six;
    ck_assert(make(TABLE_FLOWS, &flow, true));
    ck_assert_uint_eq(count_rules(), 4);
}
END_TEST

START_TEST(test_a_flow_without_ports_has_none_in_its_rules)
{
    struct flow_record flow = make_flow("icmp", "ingress");

    flow.src_port = 8; /* the type stands there */
    ck_assert(make(TABLE_FLOWS, &flow, true));
    ck_assert_ptr_eq(strstr(text, "port"), NULL);
    ck_assert_uint_eq(count_rules(), 2);
    flow.protocol = "47";
    ck_assert(make(TABLE_FLOWS, &flow, true));
    ck_assert_uint_eq(count_rules(), 2);
}
END_TEST

/* Names are the engine's own, see src/flow/protocols.h. */
static const struct {
    struct protocol_record row;
    const char *rule; /* NULL: there is none */
} protocols[] = {
    { { .name = "ipv4", .parent = "", .level = 0 }, "accept src 0.0.0.0/0" },
    { { .name = "ipv6", .parent = "", .level = 0 }, "accept src ::/0" },
    { { .name = "arp", .parent = "", .level = 0 }, NULL },
    { { .name = "0x88cc", .parent = "", .level = 0 }, NULL },
    { { .name = "udp", .parent = "ipv4", .level = 1 }, "accept protocol udp" },
    { { .name = "icmp6", .parent = "ipv6", .level = 1 }, "accept protocol icmp6" },
    { { .name = "ssh", .parent = "tcp", .level = 2 }, "accept tcp port 22" },
    { { .name = "an unheard-of one", .parent = "tcp", .level = 2 }, NULL },
};

START_TEST(test_protocols)
{
    bool good = make(TABLE_PROTOCOLS, &protocols[_i].row, true);

    ck_assert(good == (protocols[_i].rule != NULL));
    ck_assert_uint_gt(strlen(text), 0);
    if (!good)
        return;
    ck_assert_str_eq(text, protocols[_i].rule);
    ck_assert_uint_gt(count_rules(), 0);
}
END_TEST

START_TEST(test_hosts)
{
    struct talker_record talker = { .addr = six };
    struct suspicion_record scan = { .src_addr = client, .dst_addr = server };

    ck_assert(make(TABLE_TALKERS, &talker, true));
    ck_assert_str_eq(text, "accept host 2001:db8::1");
    ck_assert_uint_eq(count_rules(), 4);
    ck_assert(make(TABLE_SUSPICIONS, &scan, false));
    ck_assert_uint_eq(count_rules(), 4); /* either way, in either direction */
    scan.dst_addr.family = 0;
    ck_assert(make(TABLE_SUSPICIONS, &scan, false));
    ck_assert_str_eq(text, "reject host 10.0.1.10");
}
END_TEST

START_TEST(test_what_no_rule_can_name_is_said)
{
    static const struct rule_record rule = { .mend = "" };
    static const struct rule_record mended = { .mend = "accept egress tcp sport 443" };
    static const struct session_record session;

    ck_assert(!make(TABLE_SESSIONS, &session, true)); /* what was not encapsulated */
    ck_assert_ptr_nonnull(strstr(text, "session"));
    ck_assert(!make(TABLE_RULES, &rule, true));
    ck_assert(!make(TABLE_RULES, &mended, false));
    ck_assert(!make(TABLE_FINDINGS, &session, true));
    ck_assert(make(TABLE_RULES, &mended, true));
    ck_assert_str_eq(text, mended.mend);
}
END_TEST

/* A session by its interface's address, either side of it where it cannot be told what comes in. */
START_TEST(test_a_session_is_its_source)
{
    struct session_record session = { .mirror_source = client, .ingress = 5 };

    ck_assert(make(TABLE_SESSIONS, &session, true));
    ck_assert_str_eq(text, "accept ingress dst 10.0.1.10; accept egress src 10.0.1.10");
    ck_assert_uint_eq(count_rules(), 2);
    session.unknown_direction = 1;
    ck_assert(make(TABLE_SESSIONS, &session, false));
    ck_assert_str_eq(text, "reject host 10.0.1.10");
    ck_assert_uint_eq(count_rules(), 4);
}
END_TEST

/* What stands in a pane, and with `six` false in the header. */
static const struct {
    const char *rule, *pane, *header;
    bool six;
} shortened[] = {
    { "tcp src 0.0.0.0/0 dst 0.0.0.0/0 dport 443", "tcp dport 443", "tcp dport 443", false },
    { "all src ::/0 dst ::/0", "all", "all src ::/0 dst ::/0", true },
    { "tcp src 10.0.0.0/8 dst 0.0.0.0/0", "tcp src 10.0.0.0/8", "tcp src 10.0.0.0/8", false },
    { "100 accept udp src 0.0.0.0/0; 101 accept icmp src 0.0.0.0/0",
      "100 accept udp; 101 accept icmp", "100 accept udp; 101 accept icmp", false },
    { "udp src 0.0.0.0/01", "udp src 0.0.0.0/01", "udp src 0.0.0.0/01", false },
    { "all description \" src 0.0.0.0/0 \"", "all description \" src 0.0.0.0/0 \"",
      "all description \" src 0.0.0.0/0 \"", false },
    { "", "", "", false },
};

START_TEST(test_rules_are_shortened)
{
    snprintf(text, sizeof(text), "%s", shortened[_i].rule);
    ck_assert(rule_text_shorten(text, true) == shortened[_i].six);
    ck_assert_str_eq(text, shortened[_i].pane);
    snprintf(text, sizeof(text), "%s", shortened[_i].rule);
    ck_assert(!rule_text_shorten(text, false));
    ck_assert_str_eq(text, shortened[_i].header);
}
END_TEST

Suite *make_row_rules_suite(void)
{
    Suite *suite = suite_create("row_rules");
    TCase *rows = tcase_create("rows");

    tcase_add_test(rows, test_a_flow_is_a_rule_each_way);
    tcase_add_test(rows, test_a_session_is_its_source);
    tcase_add_test(rows, test_a_flow_of_unknown_direction_is_both);
    tcase_add_test(rows, test_a_flow_without_ports_has_none_in_its_rules);
    tcase_add_loop_test(rows, test_protocols, 0, (int)(sizeof(protocols) / sizeof(protocols[0])));
    tcase_add_test(rows, test_hosts);
    tcase_add_test(rows, test_what_no_rule_can_name_is_said);
    tcase_add_loop_test(rows, test_rules_are_shortened, 0,
                        (int)(sizeof(shortened) / sizeof(shortened[0])));
    suite_add_tcase(suite, rows);
    return suite;
}
