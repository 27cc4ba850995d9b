/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "../../src/filter/complete.h"
#include "../../src/filter/read.h"

Suite *make_filter_complete_suite(void);

/* The place of the cursor is the |; the words that are offered, as many as are named here. */
static const struct {
    const char *text, *words;
    size_t count;
} cases[] = {
    { "acc|", "accept", 1 },
    { "|", "accept reject not ingress egress tcp udp", 24 },
    { "accept |", "ingress egress tcp udp icmp icmp6 protocol src", 15 },
    { "accept tcp s|", "src sport", 2 },
    { "accept host 10.0.0.5 s|", "sport", 1 },
    { "accept dport ht|", "https http http-alt", 3 },
    { "tcp; accept dport ss|h", "ssh", 1 },
    { "src |", "0.0.0.0/0 ::/0 10.0.0.0/8", 6 },
    { "src 1|", "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16", 3 },
    { "protocol e|", "esp eigrp etherip", 3 },
    { "accept e|", "egress", 1 },
    { "accept egress es|", "esp", 1 },
    { "accept egress tcp es|", "", 0 },
    { "100 r|", "reject", 1 },
    { "100 se|", "", 0 },
    { "se|", "session", 1 },
    { "session |", "", 0 },
    { "amazon-dns |", "", 0 },
    { "amazon-dns; re|", "reject reject-goes-on reject-ends", 3 },
    { "description \"accept ; i|", "", 0 },
    { "description \"accept\" i|", "ingress icmp icmp6", 3 },
    { "description 'a # b' i|", "ingress icmp icmp6", 3 },
    { "tcp # a comment s|", "", 0 },
    { "tcp # a comment\nrej|", "reject reject-goes-on reject-ends", 3 },
    { "host |", "", 0 },
    { "--traf|", "--traffic-direction --traffic-mirror-filter-id", 2 },
    { "--traffic-direction |", "ingress egress", 2 },
    { "--rule-action r|", "reject", 1 },
    { "--region e|", "", 0 },
    { "aws |", "ec2", 1 },
    { "aws ec2 create-traffic-mirror-filter-|", "create-traffic-mirror-filter-rule", 1 },
    { "xyz|", "", 0 },
};

START_TEST(test_words)
{
    static struct filter_completion completion;
    const char *bar = strchr(cases[_i].text, '|');
    size_t cursor = (size_t)(bar - cases[_i].text);
    char text[256], words[1024] = "";

    snprintf(text, sizeof(text), "%.*s%s", (int)cursor, cases[_i].text, bar + 1);
    filter_complete(text, cursor, &completion);
    ck_assert_msg(completion.count == cases[_i].count, "%s: %zu", cases[_i].text, completion.count);
    for (size_t i = 0; i < completion.count; i++)
        snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s%s", i > 0 ? " " : "",
                 completion.words[i]);
    ck_assert_msg(strncmp(words, cases[_i].words, strlen(cases[_i].words)) == 0, "%s: %s",
                  cases[_i].text, words);
    ck_assert(completion.at == cursor || text[completion.at] != ' ');
}
END_TEST

/* Whatever is offered for the first word of a statement can begin one. */
START_TEST(test_offers_are_words)
{
    static struct filter_completion completion;

    filter_complete("", 0, &completion);
    for (size_t i = 0; i < completion.count; i++) {
        struct filter_error error;
        struct filter filter;

        filter_init(&filter);
        ck_assert_uint_lt(strlen(completion.hints[i]), COMPLETE_HINT - 1);
        if (!filter_read(&filter, completion.words[i], strlen(completion.words[i]), &error))
            ck_assert_msg(error.at == strlen(completion.words[i]), "%s: %s", completion.words[i],
                          error.text); /* a value is missing, nothing else */
        filter_free(&filter);
    }
}
END_TEST

Suite *make_filter_complete_suite(void)
{
    Suite *suite = suite_create("filter_complete");
    TCase *tcase = tcase_create("filter_complete");

    tcase_add_loop_test(tcase, test_words, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, test_offers_are_words);
    suite_add_tcase(suite, tcase);
    return suite;
}
