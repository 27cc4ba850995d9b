/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/filter/read.h"
#include "../../src/filter/write.h"

Suite *make_filter_read_suite(void);

static struct filter filter;
static struct filter_error error;
static struct err err;

static void setup(void)
{
    filter_init(&filter);
}

static void teardown(void)
{
    filter_free(&filter);
}

static bool read_text(const char *text)
{
    return filter_read(&filter, text, strlen(text), &error);
}

static void take(const char *text)
{
    ck_assert_msg(read_text(text), "%s: %zu: %s", text, error.column, error.text);
}

static char *written(enum filter_format format)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    ck_assert_msg(filter_write(&filter, format, out, &err), "%s", err.text);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

/* ---- the short spelling ---------------------------------------------------------------------- */

/* What is written, and the rules that it stands for. */
static const struct {
    const char *text, *rules;
} cases[] = {
    { "100 accept ingress tcp src 0.0.0.0/0 dst 10.0.0.0/16 dport 443",
      "100 accept ingress tcp src 0.0.0.0/0 dst 10.0.0.0/16 dport 443\n" },
    { "reject egress protocol 47 dst 10.1.2.3",
      "100 reject egress gre src 0.0.0.0/0 dst 10.1.2.3/32\n" },
    { "dport 1024-65535 udp dst 2001:DB8::/32 ingress",
      "100 accept ingress udp src ::/0 dst 2001:db8::/32 dport 1024-65535\n" },
    { "ingress tcp", "100 accept ingress tcp src 0.0.0.0/0 dst 0.0.0.0/0\n"
                     "101 accept ingress tcp src ::/0 dst ::/0\n" },
    { "7 icmp src 10.0.0.0/8", "7 accept ingress icmp src 10.0.0.0/8 dst 0.0.0.0/0\n"
                               "7 accept egress icmp src 10.0.0.0/8 dst 0.0.0.0/0\n" },
    { "ingress port 443 net 10.0.0.0/8 tcp",
      "100 accept ingress tcp src 10.0.0.0/8 dst 0.0.0.0/0 sport 443\n"
      "101 accept ingress tcp src 10.0.0.0/8 dst 0.0.0.0/0 dport 443\n"
      "102 accept ingress tcp src 0.0.0.0/0 dst 10.0.0.0/8 sport 443\n"
      "103 accept ingress tcp src 0.0.0.0/0 dst 10.0.0.0/8 dport 443\n" },
    { "5 egress dport https dst any src 10.0.0.5",
      "5 accept egress tcp src 10.0.0.5/32 dst 0.0.0.0/0 dport 443\n"
      "6 accept egress udp src 10.0.0.5/32 dst 0.0.0.0/0 dport 443\n" },
    { "egress host fe80::1", "100 accept egress all src fe80::1/128 dst ::/0\n"
                             "101 accept egress all src ::/0 dst fe80::1/128\n" },
    { "ingress sctp src 10.0.0.0/8; 250 ingress esp src 10.0.0.0/8\ningress 0 src 10.0.0.0/8",
      NULL },
    { "ingress sctp src 10.0.0.0/8; 250 ingress esp src 10.0.0.0/8\n\n;ingress ah src 10.0.0.0/8;",
      "100 accept ingress sctp src 10.0.0.0/8 dst 0.0.0.0/0\n"
      "250 accept ingress esp src 10.0.0.0/8 dst 0.0.0.0/0\n"
      "300 accept ingress ah src 10.0.0.0/8 dst 0.0.0.0/0\n" },
    { "32701 ingress 6 src 10.0.0.0/8", NULL },
    { "32701 ingress tcp src 10.0.0.0/8; ingress udp src 10.0.0.0/8",
      "32701 accept ingress tcp src 10.0.0.0/8 dst 0.0.0.0/0\n"
      "32702 accept ingress udp src 10.0.0.0/8 dst 0.0.0.0/0\n" },
    { "not ingress tcp src 10.0.0.0/8 dport 22; not ingress udp src 10.0.0.0/8 dport 53",
      "100 reject ingress tcp src 10.0.0.0/8 dst 0.0.0.0/0 dport 22\n"
      "200 reject ingress udp src 10.0.0.0/8 dst 0.0.0.0/0 dport 53\n"
      "300 accept ingress all src 0.0.0.0/0 dst 0.0.0.0/0\n"
      "301 accept ingress all src ::/0 dst ::/0\n"
      "100 accept egress all src 0.0.0.0/0 dst 0.0.0.0/0\n"
      "101 accept egress all src ::/0 dst ::/0\n" },
    { "session 2; amazon-dns; ingress tcp src 10.0.0.0/8 # a comment; reject\n"
      "packet-length 128; session 1; reject-goes-on; egress tcp src 10.0.0.0/8",
      "reject-goes-on\nsession 1\n100 accept egress tcp src 10.0.0.0/8 dst 0.0.0.0/0\n"
      "session 2\npacket-length 128\namazon-dns\n"
      "100 accept ingress tcp src 10.0.0.0/8 dst 0.0.0.0/0\n" },
    { "ingress protocol 200 src 10.0.0.0/8 "
      "description \"a \\\"b\\\" \\u0001\\n; # \\ud83d\\ude00\"",
      "100 accept ingress protocol 200 src 10.0.0.0/8 dst 0.0.0.0/0 "
      "description \"a \\\"b\\\" \\u0001\\n; # \xf0\x9f\x98\x80\"\n" },
    { "session 1", "session 1\n" },
    { " \t# nothing\n", "" },
};

START_TEST(test_short)
{
    char *rules;

    ck_assert_msg(read_text(cases[_i].text) == (cases[_i].rules != NULL), "%s: %s", cases[_i].text,
                  error.text);
    if (!cases[_i].rules)
        return;
    rules = written(FILTER_AS_RULES);
    ck_assert_str_eq(rules, cases[_i].rules);
    free(rules);
}
END_TEST

/* AWS takes 255 characters: a longer description is refused where it stands, in any spelling. */
START_TEST(test_long_descriptions)
{
    static const char *const around[][2] = {
        { "ingress tcp description '", "'" },
        { "ingress tcp --description ", "" },
        { "ingress tcp --cli-input-json '{\"Description\": \"", "\"}'" },
        { "filter-description ", "" },
        { "[{\"TrafficDirection\":\"ingress\",\"RuleNumber\":1,\"RuleAction\":\"accept\","
          "\"SourceCidrBlock\":\"::/0\",\"DestinationCidrBlock\":\"::/0\",\"Description\":\"",
          "\"}]" },
    };
    char value[2 * 256 + 1] = "", text[1024];

    for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
        for (unsigned k = 0; k < 256; k++)
            memcpy(value + 2 * k, "\xc3\xa4", 3);
        snprintf(text, sizeof(text), "%s%s%s", around[i][0], value, around[i][1]);
        ck_assert(!read_text(text));
        ck_assert_msg(strstr(error.text, " of 256 characters: AWS takes at most 255"), "%s",
                      error.text);
        ck_assert_uint_ge(error.at + error.length, strcspn(text, "\xc3"));
        value[2 * 255] = '\0';
        snprintf(text, sizeof(text), "%s%s%s", around[i][0], value, around[i][1]);
        take(text);
        filter_free(&filter);
    }
}
END_TEST

/* ---- errors ---------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    size_t line, column, length;
    const char *reason;
} errors[] = {
    { "accept ingress tcp dport 44x", 1, 26, 3,
      "\"44x\" is not a port: expected 0 to 65535, a range like 1024-65535 or a service like "
      "https" },
    { "accept tcp\n  dport 70000", 2, 9, 5, "\"70000\" is not a port: expected 0 to 65535" },
    { "dport 9-8", 1, 7, 3, "\"9-8\" is not a range of ports: expected the lower one first" },
    { "dport", 1, 6, 0, "the text ends where a port was expected" },
    { "dport\ntcp", 1, 6, 1, "the line ends where a port was expected" },
    { "dport;", 1, 6, 1, "\";\" stands where a port was expected" },
    { "src 10.0.0.1/8", 1, 5, 10,
      "\"10.0.0.1/8\" is not a network: expected 10.0.0.0/8 (no bits behind the prefix)" },
    { "src 10.0.0.0/33", 1, 5, 11,
      "\"10.0.0.0/33\" is not a network: expected one like 10.0.0.0/16 or 2001:db8::/32, or any" },
    { "host 10.0.0.0/8", 1, 6, 10,
      "\"10.0.0.0/8\" is not an address: expected one like 10.0.0.5 (for networks: net)" },
    { "src host 10.0.0.5", 1, 5, 4,
      "\"host\" is not a network: expected one like 10.0.0.0/16 right behind src" },
    { "tcp dst port 22", 1, 9, 4,
      "\"port\" is not a network: expected one like 10.0.0.0/16 (for ports: dport)" },
    { "protocol 256", 1, 10, 3,
      "\"256\" is not a protocol: expected a name like tcp, a number from 0 to 255, or all" },
    { "0 accept", 1, 1, 1, "\"0\" is not a rule's number: expected 1 to 32766" },
    { "accept 6", 1, 8, 1,
      "\"6\" stands where a word (a rule's number stands at its beginning, a protocol's behind "
      "\"protocol\") was expected" },
    { "accept acept", 1, 8, 5,
      "\"acept\" is not a word of a rule: expected accept perhaps, or accept, reject, not, "
      "ingress, egress, tcp, udp, src, dst, sport, dport, host, net, port, description" },
    { "arp", 1, 1, 3,
      "\"arp\" is not a word of a rule: expected accept, reject, not, ingress, egress, tcp, udp, "
      "src, dst, sport, dport, host, net, port, description" },
    { "EGRESS", 1, 1, 6,
      "\"EGRESS\" is not a word of a rule: expected egress perhaps, or accept, reject, not, "
      "ingress, egress, tcp, udp, src, dst, sport, dport, host, net, port, description" },
    { "tcp udp", 1, 5, 3,
      "\"udp\" stands where ; and another rule (this one has its protocol) was expected" },
    { "port 1 dport 2", 1, 8, 5, "port is either side: dport does not go with it" },
    { "tcp amazon-dns", 1, 5, 10,
      "\"amazon-dns\" is not a word of a rule: expected ; before it, as it stands by itself" },
    { "5 ingress src 10.0.0.0/8; 5 ingress src 10.0.0.0/8", 1, 27, 1,
      "session 1: there is an ingress rule 5 already; each needs a number of its own" },
    { "32766 ingress tcp", 1, 1, 5,
      "no ingress number is left for this: rules have numbers up to 32766" },
    { "session 0", 1, 9, 1, "\"0\" is not a session's number: expected 1 to 32766" },
    { "session 1; session 2; session 3; session 4", 1, 42, 1,
      "session 4: a mirror source has at most 3 sessions" },
    { "description 'abc", 1, 13, 4, "this ' is not closed" },
    { "description \"abc", 1, 13, 4, "this \" is not closed" },
    { "description \"a\\x\"", 1, 15, 2,
      "\"\\x\" is not an escape: expected \\n, \\t, \\\", \\\\ or \\u and four "
      "hexadecimal digits" },
    { "description \"\\ud800\"", 1, 14, 2,
      "\"\\u\" is not an escape: expected \\n, \\t, \\\", \\\\ or \\u and four "
      "hexadecimal digits" },
    { "description \"a\\", 1, 15, 1,
      "\"\\\" is not an escape: expected \\n, \\t, \\\", \\\\ or \\u and four "
      "hexadecimal digits" },
    { "tcp $(reboot)", 1, 5, 1,
      "a filter is not a script: what $(...) or ` would print is not known here" },
    { "tcp )", 1, 5, 1, "\")\" stands where the end of a rule, or a word of it was expected" },
    { "\xc3\xa4\xc3\xb6 \x1b[31m", 1, 1, 4, NULL },
    { "\xc3\xa4 tcp", 1, 1, 2, NULL },
    { "tcp # \xc3\xa4\xff", 1, 8, 1, "\"\\xff\" stands where text (UTF-8) was expected" },
    { "tcp \x1b[31m", 1, 5, 5, NULL },
};

START_TEST(test_errors)
{
    ck_assert_msg(!read_text(errors[_i].text), "%s", errors[_i].text);
    ck_assert_uint_eq(filter.count, 0);
    ck_assert_msg(error.line == errors[_i].line && error.column == errors[_i].column,
                  "%s: %zu:%zu %s", errors[_i].text, error.line, error.column, error.text);
    ck_assert_msg(error.length == errors[_i].length, "%s: %zu", errors[_i].text, error.length);
    if (errors[_i].reason)
        ck_assert_str_eq(error.text, errors[_i].reason);
    for (const char *c = error.text; *c; c++)
        ck_assert(*c != '\n' && *c != '\x1b');
}
END_TEST

/* What was meant by a word that is none; NULL: who knows. */
static const struct {
    const char *text, *meant;
} meant[] = {
    { "in", "ingress" },
    { "Outbound tcp", "egress" },
    { "drop tcp", "reject" },
    { "UDP", "udp" },
    { "ssh", "port ssh" },
    { "tcp https", "port https" },
    { "10.0.0.5", "host 10.0.0.5" },
    { "2001:db8::/32", "net 2001:db8::/32" },
    { "tcp 10.0.0.0/8:22", "net 10.0.0.0/8 port 22" },
    { "tcp [2001:db8::5]:https", "host 2001:db8::5 port https" },
    { "port 80 or port 443", "; between rules" },
    { "acept", "accept" },
    { "tcp ]:22", NULL },
    { "tcp :", NULL },
    { "tcp 10.0.0.0/99:22", NULL },
    { "tcp 10.0.0.0.0:22", NULL },
};

START_TEST(test_did_you_mean)
{
    char expected[96] = "expected accept, reject, ";

    if (meant[_i].meant)
        snprintf(expected, sizeof(expected), "expected %s perhaps, or accept, ", meant[_i].meant);
    ck_assert(!read_text(meant[_i].text));
    ck_assert_msg(strstr(error.text, expected) != NULL, "%s: %s", meant[_i].text, error.text);
}
END_TEST

/* Texts add up; one that is wrong at its end adds nothing. */
START_TEST(test_one_after_the_other)
{
    char *rules;

    take("ingress tcp src 10.0.0.0/8");
    take("ingress udp src 10.0.0.0/8");
    ck_assert(
        !read_text("ingress gre src 10.0.0.0/8; reject-goes-on; amazon-dns; session 9; oops"));
    ck_assert_uint_eq(error.at, 67);
    rules = written(FILTER_AS_RULES);
    ck_assert_str_eq(rules, "100 accept ingress tcp src 10.0.0.0/8 dst 0.0.0.0/0\n"
                            "200 accept ingress udp src 10.0.0.0/8 dst 0.0.0.0/0\n");
    free(rules);
}
END_TEST

Suite *make_filter_read_suite(void)
{
    Suite *suite = suite_create("filter_read");
    TCase *tcase = tcase_create("filter_read");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_short, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_loop_test(tcase, test_errors, 0, sizeof(errors) / sizeof(errors[0]));
    tcase_add_loop_test(tcase, test_did_you_mean, 0, sizeof(meant) / sizeof(meant[0]));
    tcase_add_test(tcase, test_long_descriptions);
    tcase_add_test(tcase, test_one_after_the_other);
    suite_add_tcase(suite, tcase);
    return suite;
}
