/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>
#include <time.h>

#include "../../src/filter/examine.h"
#include "../support/filterref.h"
#include "../support/random.h"
#include "../support/rounds.h"

Suite *make_filter_examine_suite(void);

static struct filter filter;
static struct filter_findings findings;
static struct err err;

static void setup(void)
{
    filter_init(&filter);
    findings = (struct filter_findings){ .count = 0 };
}

static void teardown(void)
{
    filter_findings_free(&findings);
    filter_free(&filter);
}

static void examine(void)
{
    filter_findings_free(&findings);
    ck_assert(filter_examine(&filter, &findings, &err));
}

static struct filter_cidr cidr(const char *text, uint8_t prefix)
{
    return (struct filter_cidr){ .addr = filterref_addr(text), .prefix = prefix };
}

static struct filter_ports ports(uint16_t from, uint16_t to)
{
    return (struct filter_ports){ .given = true, .from = from, .to = to };
}

/* An ingress rule from anywhere to `dst`. */
static struct filter_rule rule(uint32_t number, bool accept, int16_t protocol, const char *dst,
                               uint8_t prefix)
{
    struct filter_rule made = { .number = number,
                                .direction = DIRECTION_INGRESS,
                                .accept = accept,
                                .protocol = protocol,
                                .dst = cidr(dst, prefix) };

    made.src.addr.family = made.dst.addr.family;
    return made;
}

static void add(uint32_t session, struct filter_rule r)
{
    ck_assert_msg(filter_add_rule(&filter, session, &r, &err), "%s", err.text);
}

static void add_ports(struct filter_rule r, uint16_t from, uint16_t to)
{
    r.dst_ports = ports(from, to);
    add(1, r);
}

static void check_text(uint32_t session, uint32_t number, const char *text)
{
    const struct filter_finding *finding = filter_findings_of(
        &findings, session, number ? DIRECTION_INGRESS : DIRECTION_UNKNOWN, number);

    if (!text) {
        ck_assert_msg(!finding, "rule %u: %s", number, finding ? finding->text : "");
        return;
    }
    ck_assert_msg(finding != NULL, "rule %u: no finding", number);
    ck_assert_str_eq(finding->text, text);
}

START_TEST(test_one_rule_shadows)
{
    add(1, rule(50, true, PROTO_TCP, "11.0.0.0", 8));
    add(1, rule(100, true, PROTO_TCP, "10.0.0.0", 8));
    add(1, rule(200, false, PROTO_TCP, "10.1.0.0", 16));
    add(1, rule(300, false, PROTO_UDP, "10.1.0.0", 16));
    add(1, rule(400, true, FILTER_PROTOCOL_ANY, "0.0.0.0", 0));
    examine();
    check_text(1, 200, "shadowed by 100");
    check_text(1, 50, "redundant: 400 does the same");
    check_text(1, 100, NULL); /* without it, 200 rejects */
    check_text(1, 300, NULL);
    check_text(1, 400, NULL);
    ck_assert_uint_eq(findings.count, 2);
}
END_TEST

/* No rule covers the third one alone; 150 has no part in it. */
START_TEST(test_rules_shadow_together)
{
    add_ports(rule(100, true, PROTO_TCP, "10.0.0.0", 8), 0, 1000);
    add_ports(rule(150, false, PROTO_TCP, "10.0.0.0", 9), 500, 600);
    add_ports(rule(200, false, PROTO_TCP, "10.0.0.0", 8), 900, 65535);
    add_ports(rule(300, true, PROTO_TCP, "10.2.0.0", 16), 80, 2000);
    add_ports(rule(400, true, PROTO_TCP, "10.2.0.0", 15), 0, 65535);
    add_ports(rule(500, true, PROTO_TCP, "11.0.0.0", 8), 0, 65535);
    examine();
    check_text(1, 150, "shadowed by 100");
    check_text(1, 300, "shadowed by 100, 200");
    check_text(1, 400, "shadowed by 100, 200");
    check_text(1, 500, NULL);
}
END_TEST

/* Fragments have no ports: rules that ask for all of them leave something. */
START_TEST(test_all_ports_are_not_any)
{
    add_ports(rule(100, true, PROTO_TCP, "0.0.0.0", 0), 0, 65535);
    add(1, rule(200, false, PROTO_TCP, "0.0.0.0", 0));
    add(1, rule(300, true, FILTER_PROTOCOL_ANY, "0.0.0.0", 0));
    examine();
    check_text(1, 200, NULL);
}
END_TEST

/* A rule that keeps a later one quiet has something to do. */
START_TEST(test_what_shadows_otherwise_is_not_redundant)
{
    add(1, rule(10, false, PROTO_TCP, "10.0.0.0", 8));
    add(1, rule(20, false, PROTO_TCP, "10.1.0.0", 16));
    add(1, rule(30, true, PROTO_TCP, "10.1.2.0", 24));
    add(1, rule(40, true, PROTO_UDP, "10.0.0.0", 8));
    examine();
    check_text(1, 10, NULL);
    check_text(1, 20, "shadowed by 10");
    check_text(1, 30, "shadowed by 10");
    check_text(1, 40, NULL);
}
END_TEST

START_TEST(test_the_end_rejects_too)
{
    add(1, rule(100, true, PROTO_TCP, "10.0.0.0", 8));
    add(1, rule(200, false, FILTER_PROTOCOL_ANY, "0.0.0.0", 0));
    examine();
    check_text(1, 100, NULL);
    check_text(1, 200, "redundant: the end of the list rejects the same");
}
END_TEST

/* With rejects that end, an earlier session's rules stand in front. With rejects that go on, only
 * what they accept does. */
START_TEST(test_sessions_shadow_each_other)
{
    add(1, rule(100, true, PROTO_TCP, "10.0.0.0", 8));
    add(1, rule(200, false, PROTO_UDP, "10.0.0.0", 8));
    add(2, rule(100, true, PROTO_TCP, "10.1.0.0", 16));
    add(2, rule(200, true, PROTO_UDP, "10.1.0.0", 16));
    examine();
    check_text(2, 100, "shadowed by 100 of session 1");
    check_text(2, 200, "shadowed by 200 of session 1");
    check_text(1, 200, NULL); /* without it, session 2 mirrors UDP */
    filter.reading = FILTER_REJECT_GOES_ON;
    examine();
    check_text(2, 100, "shadowed by 100 of session 1");
    check_text(2, 200, NULL);
}
END_TEST

START_TEST(test_families_do_not_meet)
{
    add(1, rule(100, true, FILTER_PROTOCOL_ANY, "0.0.0.0", 0));
    add(1, rule(200, true, FILTER_PROTOCOL_ANY, "::", 0));
    add(1, rule(300, true, PROTO_TCP, "2001:db8::", 32));
    examine();
    check_text(1, 200, NULL);
    check_text(1, 300, "shadowed by 200");
}
END_TEST

START_TEST(test_limits)
{
    struct filter_rule mixed = rule(5, true, PROTO_TCP, "10.0.0.5", 32);
    struct filter_session *session;

    mixed.src = cidr("::", 0);
    add(1, mixed);
    add_ports(rule(6, true, PROTO_ICMP, "10.0.0.6", 32), 80, 80);
    add_ports(rule(7, true, FILTER_PROTOCOL_ANY, "10.0.0.7", 32), 80, 80);
    add(1, rule(8, true, FILTER_PROTOCOL_ANY, "169.254.169.254", 32));
    for (uint32_t i = 9; i < 16; i++)
        add(1, rule(i, true, (int16_t)(100 + i), "10.0.0.0", 8));
    session = filter_session(&filter, 1, &err);
    session->packet_length = 9000;
    session->vni = 1 << 24;
    filter_session(&filter, 2, &err)->packet_length = 40;
    filter_session(&filter, 3, &err)->packet_length = 8500;
    filter_session(&filter, 3, &err)->vni = (1 << 24) - 1;
    filter_session(&filter, 3, &err)->amazon_dns = true;
    examine();
    check_text(1, 5, "source and destination must both be IPv4 or both IPv6: it matches nothing");
    check_text(1, 6, "AWS takes ports only with protocol 6 (tcp) or 17 (udp)");
    check_text(1, 7, "AWS takes ports only with protocol 6 (tcp) or 17 (udp)");
    check_text(1, 8, "no mirror carries traffic of that address, whatever the rules say");
    check_text(1, 14, NULL);
    check_text(1, 15, "the 11th of 11 rules: AWS takes 10 in a filter");
    check_text(1, 0, "packet length 9000: AWS takes 1 to 8500");
    ck_assert_str_eq(findings.list[2].text, "VNI 16777216: AWS takes 0 to 16777215");
    check_text(2, 0, "packet length 40: the least is 35 for IPv4, 55 for IPv6");
    check_text(3, 0, NULL);
}
END_TEST

/* What mirrors nothing is a filter, but mostly an oversight. */
START_TEST(test_no_rules)
{
    char line[FINDING_LINE];

    filter_session(&filter, 1, &err);
    filter_session(&filter, 2, &err)->awaited = true;
    filter_session(&filter, 3, &err)->amazon_dns = true;
    examine();
    ck_assert_uint_eq(findings.count, 2);
    filter_finding_line(&findings.list[0], line);
    ck_assert_str_eq(line, "session 1: no rules: nothing is mirrored");
    filter_finding_line(&findings.list[1], line);
    ck_assert_str_eq(line,
                     "session 2: nothing is known of its filter but the id: nothing is mirrored");
}
END_TEST

START_TEST(test_mirrored)
{
    struct filter_rule in = rule(7, true, PROTO_TCP, "10.0.0.0", 8), out, back;

    in.src_ports = ports(1024, 65535);
    in.dst_ports = ports(443, 443);
    filter_rule_mirrored(&in, &out);
    ck_assert_int_eq(out.direction, DIRECTION_EGRESS);
    ck_assert_uint_eq(out.src.prefix, 8);
    ck_assert_uint_eq(out.src_ports.from, 443);
    ck_assert_uint_eq(out.dst_ports.from, 1024);
    filter_rule_mirrored(&out, &back);
    ck_assert(filter_rule_equal(&in, &back));
}
END_TEST

/* ---- against all packets of a small world ---- */

enum { ADDRS = 5, PORTS = 5, RULES = 9, PACKETS = ADDRS * ADDRS * (2 * (PORTS * PORTS + 1) + 2) };

static struct filter_subject packets[PACKETS];

/* Rules know of 10.0.0.0 to .3 and ports 0 to 3; 9 stands for all other values. */
static void make_packets(void)
{
    static const uint8_t hosts[ADDRS] = { 0, 1, 2, 3, 9 }, with_ports[] = { 6, 17 };
    static const uint8_t protocols[] = { 6, 17, 1, 50 };
    size_t count = 0;

    for (size_t pair = 0; pair < ADDRS * ADDRS; pair++) {
        struct filter_subject subject = {
            .src = { .bytes = { 10, 0, 0, hosts[pair / ADDRS] }, .family = 4 },
            .dst = { .bytes = { 10, 0, 0, hosts[pair % ADDRS] }, .family = 4 },
            .is_ip = true,
            .direction = DIRECTION_INGRESS,
        };

        for (size_t p = 0; p < 4; p++) {
            subject.protocol = protocols[p];
            packets[count++] = subject;
        }
        for (size_t p = 0; p < 2 * PORTS * PORTS; p++) {
            packets[count] = subject;
            packets[count].protocol = with_ports[p % 2];
            packets[count].has_ports = true;
            packets[count].src_port = hosts[p / 2 % PORTS];
            packets[count++].dst_port = hosts[p / 2 / PORTS];
        }
    }
    ck_assert_uint_eq(count, PACKETS);
}

struct small {
    const struct filter_rule *rule[RULES];
    size_t session[RULES];
    bool gone[RULES];
    size_t count, sessions;
    bool takes[RULES][PACKETS];
};

static struct filter_cidr small_cidr(uint64_t *state)
{
    static const uint8_t prefixes[] = { 0, 30, 31, 31, 32, 32 };
    struct filter_cidr small = { .addr = filterref_addr("10.0.0.0"),
                                 .prefix = prefixes[random_below(state, 6)] };

    small.addr.bytes[3] = (uint8_t)random_below(state, 4);
    return small;
}

static struct filter_ports small_ports(uint64_t *state)
{
    uint16_t from = (uint16_t)random_below(state, 4);

    if (random_below(state, 3) == 0)
        return (struct filter_ports){ .given = false };
    if (random_below(state, 3) == 0)
        return ports(from, 65535);
    return ports(from, (uint16_t)(from + random_below(state, 4u - from)));
}

static void make_small(struct small *small, uint64_t *state)
{
    static const int16_t protocols[] = { FILTER_PROTOCOL_ANY, 6, 6, 17, 1 };
    size_t sessions = 1 + random_below(state, 3), rules = 1 + random_below(state, RULES);

    filter.reading = random_below(state, 2) ? FILTER_REJECT_ENDS : FILTER_REJECT_GOES_ON;
    for (uint32_t i = 1; i <= rules; i++) {
        struct filter_rule r = {
            .number = i,
            .direction = DIRECTION_INGRESS,
            .accept = random_below(state, 2) == 0,
            .protocol = protocols[random_below(state, 5)],
            .src = small_cidr(state),
            .dst = small_cidr(state),
            .src_ports = small_ports(state),
            .dst_ports = small_ports(state),
        };

        add(1 + (uint32_t)random_below(state, sessions), r);
    }
    *small = (struct small){ .sessions = filter.count };
    for (size_t s = 0; s < filter.count; s++)
        for (size_t i = 0; i < filter.sessions[s].count; i++) {
            const struct filter_rule *r = &filter.sessions[s].rules[i];
            bool maybe;

            for (size_t p = 0; p < PACKETS; p++)
                small->takes[small->count][p] = filterref_rule_takes(r, &packets[p], &maybe);
            small->session[small->count] = s;
            small->rule[small->count++] = r;
        }
}

/* Whether the packet is mirrored, and which rules were the first that matched in a session that was
 * asked. */
static bool walk(const struct small *small, size_t packet, bool asked[RULES])
{
    for (size_t s = 0; s < small->sessions; s++)
        for (size_t i = 0; i < small->count; i++) {
            if (small->session[i] != s || small->gone[i] || !small->takes[i][packet])
                continue;
            asked[i] = true;
            if (small->rule[i]->accept || filter.reading == FILTER_REJECT_ENDS)
                return small->rule[i]->accept;
            break;
        }
    return false;
}

/* Whether rule i can be taken away, whichever of those that were named before are gone, too. */
static bool is_superfluous(struct small *small, size_t i, unsigned named)
{
    bool ignored[RULES], superfluous = true;

    for (unsigned gone = named;; gone = (gone - 1) & named) {
        for (size_t p = 0; superfluous && p < PACKETS; p++) {
            bool with = walk(small, p, ignored);

            for (size_t k = 0; k < small->count; k++)
                small->gone[k] = k == i || (gone >> k & 1) != 0;
            superfluous = walk(small, p, ignored) == with;
            memset(small->gone, 0, sizeof(small->gone));
        }
        if (gone == 0 || !superfluous)
            return superfluous;
    }
}

/* The rules that shadow rule i do so, without any other. */
static void check_names(const struct small *small, size_t i, const struct filter_finding *finding)
{
    for (size_t p = 0; p < PACKETS; p++) {
        bool taken = !small->takes[i][p];

        for (size_t n = 0; n < finding->rule_count; n++)
            for (size_t k = 0; k < i; k++)
                if (small->rule[k]->number == finding->rules[n].number)
                    taken |= small->takes[k][p];
        ck_assert_msg(taken, "rule %u: %s", small->rule[i]->number, finding->text);
    }
}

static bool is_certain(const struct filter_rule *r)
{
    bool asks = r->src_ports.given || r->dst_ports.given;

    return !asks || r->protocol == FILTER_PROTOCOL_ANY || r->protocol == 6 || r->protocol == 17;
}

static void check_kind(const struct small *small, size_t i, enum filter_finding_kind kind,
                       bool must)
{
    const struct filter_rule *r = small->rule[i];
    bool is = false;

    for (size_t f = 0; f < findings.count; f++) {
        const struct filter_finding *finding = &findings.list[f];

        ck_assert_int_ne(finding->kind, FINDING_NOT_DETERMINED);
        if (finding->number != r->number || finding->kind != kind)
            continue;
        is = true;
        if (kind == FINDING_SHADOWED && filter.reading == FILTER_REJECT_ENDS)
            check_names(small, i, finding);
    }
    ck_assert_msg(is == must, "rule %u, kind %d: %d instead of %d", r->number, kind, is, must);
}

START_TEST(test_as_by_trying_all)
{
    static struct small small;
    uint64_t state = (uint64_t)_i * 1000;

    make_packets();
    for (size_t round = 0; round < test_rounds(100); round++) {
        bool asked[RULES] = { false };
        unsigned named = 0;

        teardown();
        make_small(&small, &state);
        examine();
        for (size_t p = 0; p < PACKETS; p++)
            walk(&small, p, asked);
        for (size_t i = 0; i < small.count; i++) {
            bool shadowed = !asked[i] && is_certain(small.rule[i]);

            check_kind(&small, i, FINDING_SHADOWED, shadowed);
            named |= (unsigned)shadowed << i;
        }
        for (size_t i = 0; i < small.count; i++) {
            bool redundant =
                !(named >> i & 1) && is_certain(small.rule[i]) && is_superfluous(&small, i, named);

            check_kind(&small, i, FINDING_REDUNDANT, redundant);
            named |= (unsigned)redundant << i;
        }
    }
}
END_TEST

static struct filter_rule random_box(uint32_t number, uint64_t *state)
{
    struct filter_rule r = rule(number, number % 2 == 0, PROTO_TCP, "0.0.0.0", 0);
    uint16_t src = (uint16_t)random_below(state, 40000), dst = (uint16_t)random_below(state, 40000);

    r.src.addr.bytes[0] = (uint8_t)random_next(state);
    r.src.prefix = (uint8_t)random_below(state, 4);
    r.dst.addr.bytes[0] = (uint8_t)random_next(state);
    r.dst.prefix = (uint8_t)random_below(state, 4);
    r.src_ports = ports(src, (uint16_t)(src + random_below(state, 20000)));
    r.dst_ports = ports(dst, (uint16_t)(dst + random_below(state, 20000)));
    return r;
}

/* A thousand boxes that overlap, two that together cover all, and a thousand behind them: an
 * answer for each, of whatever kind, soon. */
START_TEST(test_work_is_bounded)
{
    uint64_t state = 11;
    struct timespec before, after;

    for (uint32_t i = 1; i <= FILTER_RULES; i++) {
        struct filter_rule r = random_box(i, &state);

        if (i == 1000 || i == 1001) {
            r = rule(i, true, PROTO_TCP, "0.0.0.0", 0);
            r.src_ports = i == 1000 ? ports(0, 30000) : ports(30001, 65535);
        }
        add(1, r);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    examine();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    for (uint32_t i = 1002; i <= FILTER_RULES; i++) {
        const struct filter_finding *finding =
            filter_findings_of(&findings, 1, DIRECTION_INGRESS, i);

        ck_assert(finding != NULL);
        ck_assert_int_le(finding->kind, FINDING_NOT_DETERMINED);
    }
    /* sanitizers and busy machines are slower than what the header promises */
    ck_assert_int_lt(after.tv_sec - before.tv_sec, 20);
}
END_TEST

Suite *make_filter_examine_suite(void)
{
    Suite *suite = suite_create("filter_examine");
    TCase *tests = tcase_create("filter_examine");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_one_rule_shadows);
    tcase_add_test(tests, test_rules_shadow_together);
    tcase_add_test(tests, test_all_ports_are_not_any);
    tcase_add_test(tests, test_what_shadows_otherwise_is_not_redundant);
    tcase_add_test(tests, test_the_end_rejects_too);
    tcase_add_test(tests, test_sessions_shadow_each_other);
    tcase_add_test(tests, test_families_do_not_meet);
    tcase_add_test(tests, test_limits);
    tcase_add_test(tests, test_no_rules);
    tcase_add_test(tests, test_mirrored);
    tcase_add_loop_test(tests, test_as_by_trying_all, 0, 5);
    tcase_add_test(tests, test_work_is_bounded);
    suite_add_tcase(suite, tests);
    return suite;
}
