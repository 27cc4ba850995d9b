/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <endian.h>
#include <string.h>

#include "../../src/filter/few.h"
#include "../../src/filter/program.h"
#include "../support/filterref.h"
#include "../support/rounds.h"

Suite *make_filter_program_suite(void);

static struct filter_program *program_of(const struct filter *filter)
{
    struct err err;
    struct filter_program *program = filter_program_new(filter, &err);

    ck_assert_msg(program != NULL, "%s", err.text);
    return program;
}

/* The outcome must be that of the reference, down to the rule. */
static void check_subject(const struct filter *filter, const struct filter_program *program,
                          const struct filter_subject *subject, uint64_t round)
{
    uint16_t number = filter_judge(program, subject);
    const struct filter_outcome *is = filter_outcome(program, number);
    struct filter_outcome must = filterref_judge(filter, subject);
    bool same = number != FILTER_ALL && number < filter_outcome_count(program) &&
                is->kind == must.kind && is->verdict == must.verdict &&
                is->direction == must.direction && is->session == must.session &&
                !is->rule == !must.rule;

    if (same && is->rule)
        same = filter_rule_equal(is->rule, must.rule);
    ck_assert_msg(same, "round %llu: kind %d verdict %d rule %u, but kind %d verdict %d rule %u",
                  (unsigned long long)round, is->kind, is->verdict, is->rule ? is->rule->number : 0,
                  must.kind, must.verdict, must.rule ? must.rule->number : 0);
}

/* The short way says the same, or nothing. Returns whether it said something. */
static bool check_short_way(const struct filter_program *program,
                            const struct filter_subject *subject, uint64_t round)
{
    const struct few *few = filter_program_few(program, subject->src.family);
    const struct few_packet packet = few_packet_of(subject);
    uint16_t said;

    if (!few || !subject->is_ip || !subject->has_ports || subject->later_fragment)
        return false;
    said = few_judge_any(few, &packet);
    ck_assert_msg(said == FILTER_ALL || said == filter_judge(program, subject),
                  "round %llu: the short way says %u, but %u", (unsigned long long)round, said,
                  filter_judge(program, subject));
    return said != FILTER_ALL;
}

/* Returns how many packets the short way was enough for. */
static size_t check_rounds(uint64_t rounds, size_t rules, size_t packets, uint64_t seed)
{
    size_t in_short = 0;

    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t state = seed + round;
        struct filter filter;
        struct filter_program *program;

        filter_init(&filter);
        filterref_random_filter(&filter, &state, rules);
        program = program_of(&filter);
        for (size_t i = 0; i < packets; i++) {
            struct filter_subject subject;

            filterref_random_subject(&subject, &state);
            /* the reference tries all that rules may make of a packet without ports */
            if (rules > 12) {
                subject.protocol = PROTO_TCP;
                subject.has_ports = true;
                subject.later_fragment = false;
            }
            check_subject(&filter, program, &subject, round);
            in_short += check_short_way(program, &subject, round);
        }
        filter_program_free(program);
        filter_free(&filter);
    }
    return in_short;
}

/* A million packets. */
START_TEST(test_as_the_reference)
{
    uint64_t rounds = test_rounds(2500);

    ck_assert_uint_gt(check_rounds(rounds, 12, 100, 1000000u * (unsigned)_i), rounds);
}
END_TEST

/* As many as the short way takes, or more. */
START_TEST(test_as_the_reference_with_thirty_rules)
{
    ck_assert_uint_gt(check_rounds(200, 40, 100, 7), 200);
}
END_TEST

/* More rules than a word has bits. */
START_TEST(test_as_the_reference_with_many_rules)
{
    check_rounds(20, 400, 200, 77);
}
END_TEST

START_TEST(test_an_empty_filter_mirrors_nothing)
{
    struct filter filter;
    struct filter_program *program;
    struct filter_subject subject = {
        .src = filterref_addr("10.0.0.1"),
        .dst = filterref_addr("10.0.0.9"),
        .protocol = PROTO_ICMP,
        .is_ip = true,
        .direction = DIRECTION_INGRESS,
    };

    filter_init(&filter);
    program = program_of(&filter);
    ck_assert_uint_eq(filter_judge(program, &subject), FILTER_IMPLICIT_INGRESS);
    subject.direction = DIRECTION_EGRESS;
    ck_assert_uint_eq(filter_judge(program, &subject), FILTER_IMPLICIT_EGRESS);
    subject.direction = DIRECTION_UNKNOWN;
    ck_assert_uint_eq(filter_judge(program, &subject), FILTER_EITHER_REJECTED);
    ck_assert_uint_eq(filter_outcome_count(program), FILTER_OUTCOME_RULES);
    filter_program_free(program);
    filter_program_free(NULL);
}
END_TEST

/* As many rules as there can be, each of a network and port of its own: each is found. */
START_TEST(test_two_thousand_rules)
{
    struct filter filter;
    struct filter_program *program;
    struct err err;
    struct filter_subject subject = { .dst = { .family = 4 },
                                      .protocol = PROTO_TCP,
                                      .is_ip = true,
                                      .has_ports = true,
                                      .direction = DIRECTION_EGRESS };

    filter_init(&filter);
    for (uint32_t i = 0; i < FILTER_RULES; i++) {
        struct filter_rule rule = {
            .number = i + 1,
            .direction = DIRECTION_EGRESS,
            .accept = true,
            .protocol = PROTO_TCP,
            .src = { .addr = { .bytes = { 10, (uint8_t)(i / 100), (uint8_t)(2 * (i % 100)) },
                               .family = 4 },
                     .prefix = 24 },
            .dst.addr.family = 4,
            .dst_ports = { .given = true, .from = (uint16_t)(7 * i), .to = (uint16_t)(7 * i + 3) },
        };

        ck_assert_msg(filter_add_rule(&filter, 1 + i % 3, &rule, &err), "%s", err.text);
    }
    program = program_of(&filter);
    ck_assert_uint_eq(filter_outcome_count(program), FILTER_OUTCOMES);
    for (uint32_t i = 0; i < FILTER_RULES; i++) {
        subject.src =
            (struct ip_addr){ .bytes = { 10, (uint8_t)(i / 100), (uint8_t)(2 * (i % 100)), 99 },
                              .family = 4 };
        subject.dst_port = (uint16_t)(7 * i + 3);
        ck_assert_uint_eq(filter_outcome(program, filter_judge(program, &subject))->rule->number,
                          i + 1);
        subject.dst_port++;
        ck_assert_uint_eq(filter_judge(program, &subject), FILTER_IMPLICIT_EGRESS);
    }
    filter_program_free(program);
    filter_free(&filter);
}
END_TEST

/* Networks that lie far apart and close together, at both ends of all addresses, and ports alike:
 * first few rules, then so many that they are indexed. Each bound, and what is beside it. */
START_TEST(test_bounds_of_rules)
{
    static const uint32_t nets[] = {
        0, 0x01000000, 0x0a000000, 0x0affff00, 0xfffffff0, 0xffffffff
    };
    static const uint8_t prefixes[] = { 32, 8, 16, 24, 29, 32 };
    struct filter filter;
    struct filter_program *program;
    uint64_t state = 1;
    struct err err;

    filter_init(&filter);
    for (uint32_t i = 0; i < (_i ? 200u : 24u); i++) {
        unsigned at = i % 6, spread = i / 6 % 24;
        uint32_t net = nets[at] + (at == 2 ? spread << 16 : 0);
        uint16_t port = (uint16_t)(i % 5 == 4 ? 65535 - spread : spread * (i % 7));
        struct filter_rule rule = {
            .number = i + 1,
            .direction = i % 3 ? DIRECTION_EGRESS : DIRECTION_INGRESS,
            .accept = i % 4 > 0,
            .protocol = PROTO_TCP,
            .src = { .addr = { .word32 = { htobe32(net) }, .family = 4 }, .prefix = prefixes[at] },
            .dst.addr.family = 4,
            .dst_ports = { .given = i % 2, .from = i % 2 ? port : 0, .to = i % 2 ? 65535 : 0 },
        };

        ck_assert_msg(filter_add_rule(&filter, 1, &rule, &err), "%s", err.text);
    }
    program = program_of(&filter);
    for (uint32_t i = 0; i < 6 * 24 * 3 * 3; i++) {
        uint32_t at = i % 6, spread = i / 6 % 24, beside = i / 6 / 24 % 3 - 1;
        uint32_t net = nets[at] + (at == 2 ? spread << 16 : 0);
        uint32_t last = net | (uint32_t)((UINT64_C(1) << (32 - prefixes[at])) - 1);
        uint16_t port = (uint16_t)(i % 5 == 4 ? 65535 - spread : spread * (i % 7));
        struct filter_subject subject = {
            .src = { .word32 = { htobe32((i & 1 ? net : last) + beside) }, .family = 4 },
            .dst = { .word32 = { htobe32(net + beside) }, .family = 4 },
            .src_port = 40000,
            .dst_port = (uint16_t)(port + i / 6 / 24 / 3 % 3 - 1),
            .protocol = PROTO_TCP,
            .is_ip = true,
            .has_ports = true,
        };

        for (unsigned d = 0; d < 3; d++) {
            subject.direction = (enum direction)d;
            check_subject(&filter, program, &subject, state++);
        }
    }
    filter_program_free(program);
    filter_free(&filter);
}
END_TEST

/* The program keeps a filter of its own. */
START_TEST(test_outlives_its_filter)
{
    struct filter filter;
    struct filter_program *program;
    const struct filter_outcome *outcome;
    uint64_t state = 5;

    filter_init(&filter);
    while (filter_rule_count(&filter) == 0)
        filterref_random_filter(&filter, &state, 12);
    program = program_of(&filter);
    ck_assert(filter_equal(filter_program_filter(program), &filter));
    filter_free(&filter);
    outcome = filter_outcome(program, FILTER_OUTCOME_RULES);
    ck_assert_int_eq(outcome->kind, OUTCOME_RULE);
    ck_assert_ptr_eq(outcome->rule,
                     filter_find_rule(filter_program_filter(program), outcome->session,
                                      outcome->direction, outcome->rule->number));
    ck_assert_int_eq(filter_outcome(program, FILTER_ALL)->kind, OUTCOME_ALL);
    ck_assert_int_eq(filter_outcome(program, FILTER_ALL)->verdict, FILTER_ACCEPTED);
    filter_program_free(program);
}
END_TEST

Suite *make_filter_program_suite(void)
{
    Suite *suite = suite_create("filter_program");
    TCase *tests = tcase_create("filter_program");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_as_the_reference, 0, 4);
    tcase_add_test(tests, test_as_the_reference_with_thirty_rules);
    tcase_add_test(tests, test_as_the_reference_with_many_rules);
    tcase_add_loop_test(tests, test_bounds_of_rules, 0, 2);
    tcase_add_test(tests, test_an_empty_filter_mirrors_nothing);
    tcase_add_test(tests, test_two_thousand_rules);
    tcase_add_test(tests, test_outlives_its_filter);
    suite_add_tcase(suite, tests);
    return suite;
}
