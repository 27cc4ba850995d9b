/* SPDX-License-Identifier: MIT */
/*
 * What AWS says a filter does, case by case: a rule set, a packet, the verdict, and where it
 * stands.
 *
 * Sources are pages of AWS: "guide" is the Traffic Mirroring guide, "API" the EC2 API reference,
 * "CLI" the examples of the AWS CLI, "blog" the launch description (VPC Traffic Mirroring, June
 * 2019), "EC2", "VPC" the user guides. "not documented" names what none of them says: uncertain.
 */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/filter/program.h"
#include "../support/filterref.h"

Suite *make_filter_cases_suite(void);

enum { ALL = FILTER_PROTOCOL_ANY, ICMP = 1, TCP = 6, UDP = 17, GRE = 47, ICMP6 = 58, SCTP = 132 };
enum { RULES_A_SET = 8 };

struct rule_line {
    uint32_t session; /* 0: no more lines */
    enum direction direction;
    uint32_t number;
    bool accept;
    int16_t protocol;
    const char *src, *src_ports, *dst, *dst_ports; /* "FROM-TO", or NULL */
};

struct rule_set {
    enum filter_reading reading;
    uint32_t dns_session; /* amazon-dns is on here; 0: nowhere */
    struct rule_line lines[RULES_A_SET];
};

#define IN DIRECTION_INGRESS
#define OUT DIRECTION_EGRESS
#define UNKNOWN DIRECTION_UNKNOWN
#define ANY4 "0.0.0.0/0"
#define ANY6 "::/0"

/* API and CLI: the example of create-traffic-mirror-filter-rule. */
static const struct rule_set example = {
    .lines = { { 1, IN, 100, true, TCP, ANY4, "1024-65535", "10.0.0.0/16", "443-443" } },
};

/* The filter of describe-traffic-mirror-filters. */
static const struct rule_set described = {
    .lines = { { 1, IN, 100, true, TCP, "10.0.0.0/24", "1024-65535", "10.0.0.0/24", "443-443" } },
};

static const struct rule_set both_ways = {
    .lines = { { 1, IN, 100, true, TCP, ANY4, NULL, ANY4, "443-443" },
               { 1, OUT, 100, true, TCP, ANY4, "443-443", ANY4, NULL } },
};

static const struct rule_set reject_first = {
    .lines = { { 1, IN, 200, true, ALL, ANY4, NULL, ANY4, NULL },
               { 1, IN, 100, false, TCP, ANY4, NULL, ANY4, "22-22" } },
};

static const struct rule_set accept_first = {
    .lines = { { 1, IN, 300, false, TCP, ANY4, NULL, ANY4, "22-22" },
               { 1, IN, 200, true, ALL, ANY4, NULL, ANY4, NULL } },
};

static const struct rule_set everything = {
    .lines = { { 1, IN, 1, true, ALL, ANY4, NULL, ANY4, NULL },
               { 1, IN, 2, true, ALL, ANY6, NULL, ANY6, NULL },
               { 1, OUT, 1, true, ALL, ANY4, NULL, ANY4, NULL },
               { 1, OUT, 2, true, ALL, ANY6, NULL, ANY6, NULL } },
};

static const struct rule_set everything_dns = {
    .dns_session = 1,
    .lines = { { 1, IN, 1, true, ALL, ANY4, NULL, ANY4, NULL },
               { 1, OUT, 1, true, ALL, ANY4, NULL, ANY4, NULL } },
};

static const struct rule_set only_dns = { .dns_session = 1 };
static const struct rule_set nothing = { .dns_session = 0 };

static const struct rule_set subnet = {
    .lines = { { 1, IN, 100, true, ALL, ANY4, NULL, "10.0.0.0/25", NULL },
               { 1, IN, 200, true, UDP, "192.0.2.7/32", "5000-5010", ANY4, NULL },
               { 1, IN, 300, true, ICMP, ANY4, NULL, ANY4, NULL },
               { 1, IN, 400, true, 0, ANY4, NULL, ANY4, NULL },
               { 1, IN, 500, true, TCP, "2001:db8::/32", NULL, ANY6, "8000-8999" } },
};

static const struct rule_set two_sessions = {
    .lines = { { 7, IN, 1, true, ALL, ANY4, NULL, ANY4, NULL },
               { 5, IN, 100, false, TCP, ANY4, NULL, ANY4, "22-22" },
               { 5, IN, 200, true, TCP, ANY4, NULL, ANY4, NULL } },
};

static const struct rule_set two_sessions_on = {
    .reading = FILTER_REJECT_GOES_ON,
    .lines = { { 7, IN, 1, true, ALL, "10.0.0.0/8", NULL, ANY4, NULL },
               { 5, IN, 100, false, TCP, ANY4, NULL, ANY4, "22-22" },
               { 5, IN, 200, true, TCP, ANY4, NULL, ANY4, NULL } },
};

static const struct rule_set dns_of_second = {
    .dns_session = 2,
    .lines = { { 1, OUT, 1, false, ALL, ANY4, NULL, ANY4, NULL } },
};

enum { WHOLE, LATER_FRAGMENT, NO_PORTS, ARP, NO_IP };

struct packet_case {
    const char *source; /* where it stands */
    const struct rule_set *set;
    enum direction direction;
    uint8_t protocol;
    const char *src;
    uint16_t src_port;
    const char *dst;
    uint16_t dst_port;
    int kind; /* of the packet: WHOLE ... */
    enum filter_verdict verdict;
    enum filter_outcome_kind outcome;
    uint32_t rule; /* its number; 0: no rule */
};

#define YES FILTER_ACCEPTED
#define NO FILTER_REJECTED
#define MAYBE FILTER_UNCERTAIN

static const struct packet_case cases[] = {
    { "CLI, create-traffic-mirror-filter-rule", &example, IN, TCP, "198.51.100.9", 40000,
      "10.0.3.7", 443, WHOLE, YES, OUTCOME_RULE, 100 },
    { "CLI, create-traffic-mirror-filter-rule: destination port", &example, IN, TCP, "198.51.100.9",
      40000, "10.0.3.7", 442, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "CLI, create-traffic-mirror-filter-rule: destination port", &example, IN, TCP, "198.51.100.9",
      40000, "10.0.3.7", 444, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "CLI, create-traffic-mirror-filter-rule: source ports, first", &example, IN, TCP,
      "198.51.100.9", 1024, "10.0.3.7", 443, WHOLE, YES, OUTCOME_RULE, 100 },
    { "CLI, create-traffic-mirror-filter-rule: source ports, last", &example, IN, TCP,
      "198.51.100.9", 65535, "10.0.3.7", 443, WHOLE, YES, OUTCOME_RULE, 100 },
    { "CLI, create-traffic-mirror-filter-rule: source ports, below", &example, IN, TCP,
      "198.51.100.9", 1023, "10.0.3.7", 443, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "CLI, create-traffic-mirror-filter-rule: destination CIDR", &example, IN, TCP, "198.51.100.9",
      40000, "10.1.0.1", 443, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "CLI, create-traffic-mirror-filter-rule: destination CIDR, last", &example, IN, TCP,
      "198.51.100.9", 40000, "10.0.255.255", 443, WHOLE, YES, OUTCOME_RULE, 100 },
    { "CLI, create-traffic-mirror-filter-rule: protocol", &example, IN, UDP, "198.51.100.9", 40000,
      "10.0.3.7", 443, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "CLI, describe-traffic-mirror-filters", &described, IN, TCP, "10.0.0.200", 5000, "10.0.0.1",
      443, WHOLE, YES, OUTCOME_RULE, 100 },
    { "CLI, describe-traffic-mirror-filters: source CIDR", &described, IN, TCP, "10.0.1.1", 5000,
      "10.0.0.1", 443, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "CLI, describe-traffic-mirror-filters: no EgressFilterRules", &described, OUT, TCP,
      "10.0.0.1", 443, "10.0.0.200", 5000, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "guide, filters: a direction without rules", &example, OUT, TCP, "10.0.3.7", 443,
      "198.51.100.9", 40000, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "guide, filters: directions have lists of their own", &example, OUT, TCP, "198.51.100.9",
      40000, "10.0.3.7", 443, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "guide, filters: the answer needs a rule of its own", &both_ways, OUT, TCP, "10.0.3.7", 443,
      "198.51.100.9", 40000, WHOLE, YES, OUTCOME_RULE, 100 },
    { "guide, filters: the request", &both_ways, IN, TCP, "198.51.100.9", 40000, "10.0.3.7", 443,
      WHOLE, YES, OUTCOME_RULE, 100 },
    { "guide, filters: a client's own requests are another matter", &both_ways, OUT, TCP,
      "10.0.3.7", 40000, "198.51.100.9", 443, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "guide, filters: nor are their answers", &both_ways, IN, TCP, "198.51.100.9", 443, "10.0.3.7",
      40000, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "guide, filters: no rules at all", &nothing, IN, TCP, "198.51.100.9", 1, "10.0.3.7", 2, WHOLE,
      NO, OUTCOME_IMPLICIT, 0 },
    { "guide, filters: no rules at all", &nothing, OUT, TCP, "198.51.100.9", 1, "10.0.3.7", 2,
      WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "guide, filters: ascending, reject is first", &reject_first, IN, TCP, "198.51.100.9", 40000,
      "10.0.3.7", 22, WHOLE, NO, OUTCOME_RULE, 100 },
    { "guide, filters: ascending, reject does not fit", &reject_first, IN, TCP, "198.51.100.9",
      40000, "10.0.3.7", 23, WHOLE, YES, OUTCOME_RULE, 200 },
    { "guide, filters: ascending, source port is not asked", &reject_first, IN, TCP, "198.51.100.9",
      22, "10.0.3.7", 23, WHOLE, YES, OUTCOME_RULE, 200 },
    { "guide, filters: ascending, another protocol", &reject_first, IN, UDP, "198.51.100.9", 40000,
      "10.0.3.7", 22, WHOLE, YES, OUTCOME_RULE, 200 },
    { "guide, filters: ascending, accept is first", &accept_first, IN, TCP, "198.51.100.9", 40000,
      "10.0.3.7", 22, WHOLE, YES, OUTCOME_RULE, 200 },
    { "API, CreateTrafficMirrorFilterRule: Protocol omitted is all", &everything, IN, GRE,
      "198.51.100.9", 0, "10.0.3.7", 0, WHOLE, YES, OUTCOME_RULE, 1 },
    { "API, CreateTrafficMirrorFilterRule: Protocol omitted is all", &everything, OUT, ICMP,
      "10.0.3.7", 0, "198.51.100.9", 0, WHOLE, YES, OUTCOME_RULE, 1 },
    { "API, CreateTrafficMirrorFilterRule: Protocol omitted is all", &everything, OUT, SCTP,
      "10.0.3.7", 1, "198.51.100.9", 2, WHOLE, YES, OUTCOME_RULE, 1 },
    { "API, CreateTrafficMirrorFilterRule: 0.0.0.0/0 is not ::/0", &reject_first, IN, TCP,
      "2001:db8::1", 1, "2001:db8::2", 80, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "API, CreateTrafficMirrorFilterRule: ::/0 is IPv6", &everything, IN, TCP, "2001:db8::1", 1,
      "2001:db8::2", 80, WHOLE, YES, OUTCOME_RULE, 2 },
    { "API, CreateTrafficMirrorFilterRule: ::/0 is IPv6", &everything, OUT, ICMP6, "2001:db8::1", 0,
      "2001:db8::2", 0, WHOLE, YES, OUTCOME_RULE, 2 },
    { "API, CreateTrafficMirrorFilterRule: CIDR, last address", &subnet, IN, GRE, "198.51.100.9", 0,
      "10.0.0.127", 0, WHOLE, YES, OUTCOME_RULE, 100 },
    { "API, CreateTrafficMirrorFilterRule: CIDR, behind the last", &subnet, IN, GRE, "198.51.100.9",
      0, "10.0.0.128", 0, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "API, CreateTrafficMirrorFilterRule: a CIDR of one address", &subnet, IN, UDP, "192.0.2.7",
      5000, "10.9.0.1", 9, WHOLE, YES, OUTCOME_RULE, 200 },
    { "API, CreateTrafficMirrorFilterRule: a CIDR of one address", &subnet, IN, UDP, "192.0.2.8",
      5000, "10.9.0.1", 9, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "API, CreateTrafficMirrorFilterRule: ToPort is part of the range", &subnet, IN, UDP,
      "192.0.2.7", 5010, "10.9.0.1", 9, WHOLE, YES, OUTCOME_RULE, 200 },
    { "API, CreateTrafficMirrorFilterRule: behind ToPort", &subnet, IN, UDP, "192.0.2.7", 5011,
      "10.9.0.1", 9, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "API, CreateTrafficMirrorFilterRule: protocol by IANA number", &subnet, IN, ICMP,
      "198.51.100.9", 0, "10.9.0.1", 0, WHOLE, YES, OUTCOME_RULE, 300 },
    { "API, CreateTrafficMirrorFilterRule: protocol 0 is not all", &subnet, IN, 0, "198.51.100.9",
      0, "10.9.0.1", 0, WHOLE, YES, OUTCOME_RULE, 400 },
    { "API, CreateTrafficMirrorFilterRule: protocol 0 is not all", &subnet, IN, GRE, "198.51.100.9",
      0, "10.9.0.1", 0, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "API, CreateTrafficMirrorFilterRule: IPv6 CIDR and ports", &subnet, IN, TCP,
      "2001:db8:ffff::1", 4, "fe80::1", 8000, WHOLE, YES, OUTCOME_RULE, 500 },
    { "API, CreateTrafficMirrorFilterRule: IPv6 ports", &subnet, IN, TCP, "2001:db8:ffff::1", 4,
      "fe80::1", 9000, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "API, CreateTrafficMirrorFilterRule: IPv6 CIDR", &subnet, IN, TCP, "2001:db9::1", 4,
      "fe80::1", 8000, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "guide, sessions: the lower number is asked first", &two_sessions, IN, TCP, "198.51.100.9",
      40000, "10.0.3.7", 80, WHOLE, YES, OUTCOME_RULE, 200 },
    { "guide, sessions: no match, the next session", &two_sessions, IN, UDP, "198.51.100.9", 40000,
      "10.0.3.7", 80, WHOLE, YES, OUTCOME_RULE, 1 },
    { "blog, sessions: reject settles it", &two_sessions, IN, TCP, "198.51.100.9", 40000,
      "10.0.3.7", 22, WHOLE, NO, OUTCOME_RULE, 100 },
    { "guide, sessions: reject leads to the next session", &two_sessions_on, IN, TCP, "10.8.0.1",
      40000, "10.0.3.7", 22, WHOLE, YES, OUTCOME_RULE, 1 },
    { "guide, sessions: rejected, and no later match", &two_sessions_on, IN, TCP, "198.51.100.9",
      40000, "10.0.3.7", 22, WHOLE, NO, OUTCOME_RULE, 100 },
    { "guide, sessions: accepted by the first", &two_sessions_on, IN, TCP, "10.8.0.1", 40000,
      "10.0.3.7", 80, WHOLE, YES, OUTCOME_RULE, 200 },
    { "guide, sessions: no session matches", &two_sessions_on, IN, UDP, "198.51.100.9", 40000,
      "10.0.3.7", 80, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "guide, limitations: ARP", &everything, IN, 0, "198.51.100.9", 0, "10.0.3.7", 0, ARP, NO,
      OUTCOME_NEVER, 0 },
    { "guide, limitations: ARP", &everything, OUT, 0, "198.51.100.9", 0, "10.0.3.7", 0, ARP, NO,
      OUTCOME_NEVER, 0 },
    { "guide, limitations: DHCP", &everything, OUT, UDP, "0.0.0.0", 68, "255.255.255.255", 67,
      WHOLE, NO, OUTCOME_NEVER, 0 },
    { "guide, limitations: DHCP", &everything, IN, UDP, "10.0.0.1", 67, "10.0.3.7", 68, WHOLE, NO,
      OUTCOME_NEVER, 0 },
    { "guide, limitations: DHCP is UDP", &everything, IN, TCP, "10.0.0.1", 67, "10.0.3.7", 68,
      WHOLE, YES, OUTCOME_RULE, 1 },
    { "guide, limitations: DHCPv6", &everything, OUT, UDP, "fe80::1", 546, "ff02::1:2", 547, WHOLE,
      NO, OUTCOME_NEVER, 0 },
    { "EC2, instance metadata", &everything, OUT, TCP, "10.0.3.7", 40000, "169.254.169.254", 80,
      WHOLE, NO, OUTCOME_NEVER, 0 },
    { "EC2, instance metadata", &everything, IN, TCP, "169.254.169.254", 80, "10.0.3.7", 40000,
      WHOLE, NO, OUTCOME_NEVER, 0 },
    { "EC2, instance metadata: IPv6", &everything, OUT, TCP, "2001:db8::1", 40000, "fd00:ec2::254",
      80, WHOLE, NO, OUTCOME_NEVER, 0 },
    { "EC2, Amazon Time Sync Service", &everything, OUT, UDP, "10.0.3.7", 123, "169.254.169.123",
      123, WHOLE, NO, OUTCOME_NEVER, 0 },
    { "EC2, Amazon Time Sync Service: IPv6", &everything, IN, UDP, "fd00:ec2::123", 123,
      "2001:db8::1", 123, WHOLE, NO, OUTCOME_NEVER, 0 },
    { "a mirror of 2019 carries NTP of public servers", &everything, OUT, UDP, "172.31.0.238", 123,
      "78.46.93.39", 123, WHOLE, YES, OUTCOME_RULE, 1 },
    { "EC2, Windows activation", &everything, OUT, TCP, "10.0.3.7", 50000, "169.254.169.250", 1688,
      WHOLE, NO, OUTCOME_NEVER, 0 },
    { "EC2, Windows activation", &everything, IN, TCP, "169.254.169.251", 1688, "10.0.3.7", 50000,
      WHOLE, NO, OUTCOME_NEVER, 0 },
    { "EC2, Windows activation: IPv6", &everything, OUT, TCP, "2001:db8::1", 50000, "fd00:ec2::250",
      1688, WHOLE, NO, OUTCOME_NEVER, 0 },
    { "EC2, Windows activation: an activation server of one's own", &everything, OUT, TCP,
      "10.0.3.7", 50000, "10.0.0.50", 1688, WHOLE, YES, OUTCOME_RULE, 1 },
    { "guide, filters (network services): off by default", &everything, OUT, UDP, "10.0.3.7", 40000,
      "169.254.169.253", 53, WHOLE, NO, OUTCOME_AMAZON_DNS, 0 },
    { "guide, filters (network services): off by default, answers", &everything, IN, UDP,
      "169.254.169.253", 53, "10.0.3.7", 40000, WHOLE, NO, OUTCOME_AMAZON_DNS, 0 },
    { "guide, filters (network services): off by default, IPv6", &everything, OUT, UDP,
      "2001:db8::1", 40000, "fd00:ec2::253", 53, WHOLE, NO, OUTCOME_AMAZON_DNS, 0 },
    { "VPC, DNS attributes: base plus two", &everything, OUT, UDP, "172.31.17.188", 40000,
      "172.31.0.2", 53, WHOLE, NO, OUTCOME_AMAZON_DNS, 0 },
    { "API, ModifyTrafficMirrorFilterNetworkServices: whatever the rules", &only_dns, OUT, UDP,
      "172.31.17.188", 40000, "172.31.0.2", 53, WHOLE, YES, OUTCOME_AMAZON_DNS, 0 },
    { "API, ModifyTrafficMirrorFilterNetworkServices: both directions", &only_dns, IN, UDP,
      "172.31.0.2", 53, "172.31.17.188", 40000, WHOLE, YES, OUTCOME_AMAZON_DNS, 0 },
    { "API, ModifyTrafficMirrorFilterNetworkServices: TCP too", &only_dns, OUT, TCP,
      "172.31.17.188", 40000, "172.31.0.2", 53, WHOLE, YES, OUTCOME_AMAZON_DNS, 0 },
    { "API, ModifyTrafficMirrorFilterNetworkServices: nothing else", &only_dns, OUT, TCP,
      "172.31.17.188", 40000, "172.31.0.2", 80, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "API, ModifyTrafficMirrorFilterNetworkServices: with rules", &everything_dns, OUT, UDP,
      "10.0.3.9", 40000, "10.0.0.2", 53, WHOLE, YES, OUTCOME_AMAZON_DNS, 0 },
    { "API, ModifyTrafficMirrorFilterNetworkServices: a rule's reject", &dns_of_second, OUT, UDP,
      "10.0.3.9", 40000, "10.0.0.2", 53, WHOLE, YES, OUTCOME_AMAZON_DNS, 0 },
    { "API, ModifyTrafficMirrorFilterNetworkServices: DNS of others", &only_dns, OUT, UDP,
      "10.0.3.7", 40000, "8.8.8.8", 53, WHOLE, NO, OUTCOME_IMPLICIT, 0 },
    { "guide, filters (network services): DNS of others needs no switch", &everything, OUT, UDP,
      "10.0.3.7", 40000, "8.8.8.8", 53, WHOLE, YES, OUTCOME_RULE, 1 },
    { "VPC, DNS attributes: base plus two of a VPC of /28", &everything, OUT, UDP, "10.0.0.29",
      40000, "10.0.0.18", 53, WHOLE, NO, OUTCOME_AMAZON_DNS, 0 },
    { "VPC, DNS attributes: of no block of 16 addresses", &everything, OUT, UDP, "10.0.0.29", 40000,
      "10.0.0.19", 53, WHOLE, YES, OUTCOME_RULE, 1 },
    { "VPC, DNS attributes: a block that is larger than a VPC", &everything, OUT, UDP, "10.1.0.9",
      40000, "10.0.0.2", 53, WHOLE, YES, OUTCOME_RULE, 1 },
    { "VPC, DNS attributes: the resolver asks nobody", &everything, OUT, UDP, "10.0.0.2", 53,
      "10.0.0.9", 40000, WHOLE, YES, OUTCOME_RULE, 1 },
    { "guide, filters: both lists accept", &both_ways, UNKNOWN, TCP, "198.51.100.9", 443,
      "10.0.3.7", 443, WHOLE, YES, OUTCOME_EITHER_ACCEPTED, 0 },
    { "guide, filters: both lists reject", &both_ways, UNKNOWN, TCP, "198.51.100.9", 80, "10.0.3.7",
      8080, WHOLE, NO, OUTCOME_EITHER_REJECTED, 0 },
    { "guide, filters: the lists differ", &both_ways, UNKNOWN, TCP, "198.51.100.9", 40000,
      "10.0.3.7", 443, WHOLE, MAYBE, OUTCOME_NO_DIRECTION, 0 },
    { "guide, limitations: whatever the direction", &everything, UNKNOWN, TCP, "10.0.3.7", 40000,
      "169.254.169.254", 80, WHOLE, NO, OUTCOME_NEVER, 0 },
    { "not documented: fragments and ports", &example, IN, TCP, "198.51.100.9", 0, "10.0.3.7", 0,
      LATER_FRAGMENT, MAYBE, OUTCOME_UNDOCUMENTED, 0 },
    { "not documented: cut before the ports", &example, IN, TCP, "198.51.100.9", 0, "10.0.3.7", 0,
      NO_PORTS, MAYBE, OUTCOME_UNDOCUMENTED, 0 },
    { "fragments: another network, ports do not matter", &example, IN, TCP, "198.51.100.9", 0,
      "10.1.0.1", 0, LATER_FRAGMENT, NO, OUTCOME_IMPLICIT, 0 },
    { "fragments: no rule asks for ports", &everything, IN, TCP, "198.51.100.9", 0, "10.0.3.7", 0,
      LATER_FRAGMENT, YES, OUTCOME_RULE, 1 },
    { "fragments: all that may decide accept", &accept_first, IN, TCP, "198.51.100.9", 0,
      "10.0.3.7", 0, LATER_FRAGMENT, YES, OUTCOME_RULE, 200 },
    { "not documented: fragments, reject or accept", &reject_first, IN, TCP, "198.51.100.9", 0,
      "10.0.3.7", 0, LATER_FRAGMENT, MAYBE, OUTCOME_UNDOCUMENTED, 0 },
    { "fragments of another protocol", &reject_first, IN, UDP, "198.51.100.9", 0, "10.0.3.7", 0,
      LATER_FRAGMENT, YES, OUTCOME_RULE, 200 },
    { "not documented: frames that are neither IP nor ARP", &everything, IN, 0, "198.51.100.9", 0,
      "10.0.3.7", 0, NO_IP, MAYBE, OUTCOME_UNDOCUMENTED, 0 },
    { "guide, filters: not even those, without rules", &example, OUT, 0, "198.51.100.9", 0,
      "10.0.3.7", 0, NO_IP, NO, OUTCOME_IMPLICIT, 0 },
};

static struct filter_cidr cidr_of(const char *text)
{
    char addr[INET6_ADDRSTRLEN + 4];
    const char *slash = strchr(text, '/');

    ck_assert(slash && (size_t)(slash - text) < sizeof(addr));
    memcpy(addr, text, (size_t)(slash - text));
    addr[slash - text] = '\0';
    return (struct filter_cidr){ .addr = filterref_addr(addr),
                                 .prefix = (uint8_t)strtoul(slash + 1, NULL, 10) };
}

static struct filter_ports ports_of(const char *text)
{
    char *dash;
    struct filter_ports ports = { .given = text != NULL };

    if (text) {
        ports.from = (uint16_t)strtoul(text, &dash, 10);
        ports.to = (uint16_t)strtoul(dash + 1, NULL, 10);
    }
    return ports;
}

static struct filter_program *program_of(const struct rule_set *set)
{
    struct filter filter;
    struct filter_program *program;
    struct err err;

    filter_init(&filter);
    filter.reading = set->reading;
    if (set->dns_session)
        filter_session(&filter, set->dns_session, &err)->amazon_dns = true;
    for (size_t i = 0; i < RULES_A_SET && set->lines[i].session; i++) {
        const struct rule_line *line = &set->lines[i];
        struct filter_rule rule = {
            .number = line->number,
            .direction = line->direction,
            .accept = line->accept,
            .protocol = line->protocol,
            .src = cidr_of(line->src),
            .dst = cidr_of(line->dst),
            .src_ports = ports_of(line->src_ports),
            .dst_ports = ports_of(line->dst_ports),
        };

        ck_assert_msg(filter_add_rule(&filter, line->session, &rule, &err), "%s", err.text);
    }
    program = filter_program_new(&filter, &err);
    ck_assert(program != NULL);
    filter_free(&filter);
    return program;
}

START_TEST(test_case)
{
    const struct packet_case *c = &cases[_i];
    struct filter_program *program = program_of(c->set);
    struct filter_subject subject = {
        .src = filterref_addr(c->src),
        .dst = filterref_addr(c->dst),
        .src_port = c->src_port,
        .dst_port = c->dst_port,
        .protocol = c->protocol,
        .is_ip = c->kind != ARP && c->kind != NO_IP,
        .is_arp = c->kind == ARP,
        .has_ports =
            c->kind == WHOLE && (c->protocol == TCP || c->protocol == UDP || c->protocol == SCTP),
        .later_fragment = c->kind == LATER_FRAGMENT,
        .direction = c->direction,
    };
    const struct filter_outcome *outcome = filter_outcome(program, filter_judge(program, &subject));

    ck_assert_msg(outcome->verdict == c->verdict && outcome->kind == c->outcome &&
                      (outcome->rule ? outcome->rule->number : 0) == c->rule,
                  "%s: verdict %d, outcome %d, rule %u", c->source, outcome->verdict, outcome->kind,
                  outcome->rule ? outcome->rule->number : 0);
    filter_program_free(program);
}
END_TEST

Suite *make_filter_cases_suite(void)
{
    Suite *suite = suite_create("filter_cases");
    TCase *tests = tcase_create("filter_cases");

    tcase_add_loop_test(tests, test_case, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    suite_add_tcase(suite, tests);
    return suite;
}
