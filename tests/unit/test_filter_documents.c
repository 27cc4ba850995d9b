/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../src/filter/read.h"
#include "../../src/filter/write.h"
#include "../support/tempdir.h"

Suite *make_filter_documents_suite(void);

static struct filter filter;
static struct filter_error error;
static struct err err;
static char directory[TEMPDIR_PATH];

static void setup(void)
{
    filter_init(&filter);
    tempdir_make(directory);
}

static void teardown(void)
{
    filter_free(&filter);
    tempdir_remove(directory);
}

static bool read_text(const char *text)
{
    return filter_read(&filter, text, strlen(text), &error);
}

static void check_rules(const char *text, const char *expected)
{
    char *rules = NULL;
    size_t size;
    FILE *out = open_memstream(&rules, &size);

    ck_assert_ptr_nonnull(out);
    ck_assert(filter_write(&filter, FILTER_AS_RULES, out, &err));
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_msg(strcmp(rules, expected) == 0, "%s\n%s", text, rules);
    free(rules);
}

#define RULE_OF(number, direction, source)                                                         \
    "{\"RuleNumber\":" number ",\"TrafficDirection\":\"" direction                                 \
    "\",\"RuleAction\":\"accept\",\"SourceCidrBlock\":\"" source                                   \
    "\",\"DestinationCidrBlock\":\"10.0.0.0/8\""
#define RULE(number, direction, source) RULE_OF(#number, direction, source)
#define SESSION(number, filter, source, more)                                                      \
    "{\"TrafficMirrorSessionId\":\"tms-" #number "\",\"SessionNumber\":" #number                   \
    ",\"TrafficMirrorFilterId\":\"" filter "\",\"NetworkInterfaceId\":\"" source "\"" more "}"
#define FILTER(id, ingress)                                                                        \
    "{\"TrafficMirrorFilterId\":\"" id "\",\"IngressFilterRules\":[" ingress                       \
    "],\"EgressFilterRules\":[],\"NetworkServices\":[],\"Tags\":[{\"Key\":\"RuleNumber\"}]}"
#define COMMAND "aws ec2 create-traffic-mirror-filter-rule --traffic-mirror-filter-id "
#define MATCH " --source-cidr-block 10.0.0.0/8 --destination-cidr-block 10.0.0.0/8"

#define ONE_RULE(number) RULE(number, "ingress", "10.0.0.0/8") "}"
#define THREE_FILTERS                                                                              \
    "{\"TrafficMirrorFilters\":[" FILTER("tmf-1", ONE_RULE(1)) "," FILTER(                         \
        "tmf-2", ONE_RULE(2)) "," FILTER("tmf-3", ONE_RULE(3)) "]}"
#define TWO_SESSIONS                                                                               \
    "{\"TrafficMirrorSessions\":[" SESSION(                                                        \
        7, "tmf-3", "eni-1", ",\"PacketLength\":64") "," SESSION(4, "tmf-1", "eni-1",              \
                                                                 ",\"VirtualNetworkId\":0") "]}"

/* What is pasted, and the rules that it stands for. */
static const struct {
    const char *text, *rules;
} good[] = {
    /* flags alone */
    { "--traffic-direction ingress --rule-number 100 --rule-action accept --protocol 6 "
      "--destination-port-range FromPort=443,ToPort=443 --source-cidr-block 0.0.0.0/0 "
      "--destination-cidr-block 10.0.0.0/16",
      "100 accept ingress tcp src 0.0.0.0/0 dst 10.0.0.0/16 dport 443\n" },
    { "$ aws --region eu-west-1 ec2 --profile p create-traffic-mirror-filter-rule \\\n"
      " --traffic-mirror-filter-id=tmf-0a --traffic-direction=egress --rule-number=\"7\"\\\r\n"
      " --rule-action 'reject' --dry-run --client-token x --no-cli-pager\\\n"
      " --tag-specifications 'ResourceType=a,Tags=[{Key=b,Value=\"c d\"}]' another \\\n"
      " --source-cidr-block ::/0 --destination-cidr-block 2001:db8::/32 --protocol udp\\\n"
      " --source-port-range ToPort=9,FromPort=5 "
      "--description it\\'s\\ \"a \\\"q\\\" \\$x \\n\"'\\'\n",
      "filter-id tmf-0a\n7 reject egress udp src ::/0 dst 2001:db8::/32 sport 5-9 "
      "description \"it's a \\\"q\\\" $x \\\\n\\\\\"\n" },
    { "--destination-port-range 'FromPort=5, ToPort=9' tcp ingress --source-cidr-block ::/0",
      "100 accept ingress tcp src ::/0 dst ::/0 dport 5-9\n" },
    { "ingress tcp --destination-port-range '{ \"ToPort\": 9, \"FromPort\": 5}' "
      "--source-port-range={\\\"FromPort\\\":1,\\\"ToPort\\\":1} --source-cidr-block ::/0",
      "100 accept ingress tcp src ::/0 dst ::/0 sport 1 dport 5-9\n" },
    /* what a shell does with the output says nothing about the filter */
    { COMMAND
      "tmf-1 --traffic-direction ingress 2>/dev/null --rule-number 1 --rule-action accept"
      " >> log --source-cidr-block 10.0.0.0/8 --destination-cidr-block 10.0.0.0/8|jq '.a; b'"
      " --arg >x 2>&1 || true; " COMMAND
      "tmf-1 --traffic-direction egress --rule-number 2 --rule-action accept" MATCH
      " &>out.json\nF=$(aws ec2 create-traffic-mirror-filter --output text | tr -d x)",
      "session 1\nfilter-id tmf-1\n1 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n"
      "2 accept egress all src 10.0.0.0/8 dst 10.0.0.0/8\nsession 2\n" },
    { "5 ingress --rule-action reject tcp --source-cidr-block 10.0.0.0/8 dport 1",
      "5 reject ingress tcp src 10.0.0.0/8 dst 0.0.0.0/0 dport 1\n" },
    { "modify-traffic-mirror-filter-network-services --add-network-services amazon-dns",
      "amazon-dns\n" },
    { "aws ec2 modify-traffic-mirror-filter-network-services --add-network-service amazon-dns "
      "--traffic-mirror-filter-id tmf-1\n--remove-network-services amazon-dns",
      "filter-id tmf-1\n" },
    { "--add-network-services amazon-dns && ingress tcp src 10.0.0.0/8",
      "amazon-dns\n100 accept ingress tcp src 10.0.0.0/8 dst 0.0.0.0/0\n" },
    /* sessions are numbered by what comes last */
    { COMMAND
      "tmf-a --traffic-direction ingress --rule-number 1 --rule-action accept" MATCH "\n" COMMAND
      "${B} --traffic-direction ingress --rule-number 1 --rule-action reject" MATCH "\n"
      "aws ec2 create-traffic-mirror-session --session-number 9 --traffic-mirror-filter-id tmf-a "
      "--network-interface-id eni-1 --traffic-mirror-target-id t --virtual-network-id 5\n"
      "aws ec2 create-traffic-mirror-session --session-number 1 --traffic-mirror-filter-id $B "
      "--network-interface-id eni-1 --packet-length 90 --description ignored",
      "session 1\npacket-length 90\n1 reject ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n"
      "session 9\nfilter-id tmf-a\nvni 5\n1 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n" },
    { "{\"TrafficMirrorFilters\":[{\"TrafficMirrorFilterId\":\"tmf-0293f26e86EXAMPLE\","
      "\"IngressFilterRules\":[{\"TrafficMirrorFilterRuleId\":\"tmfr-0ca76e0e08EXAMPLE\","
      "\"TrafficMirrorFilterId\":\"tmf-0293f26e86EXAMPLE\",\"TrafficDirection\":\"ingress\","
      "\"RuleNumber\":100,\"RuleAction\":\"accept\",\"Protocol\":6,\"DestinationPortRange\":"
      "{\"FromPort\":443,\"ToPort\":443},\"SourcePortRange\":{\"FromPort\":1024,\"ToPort\":65535},"
      "\"DestinationCidrBlock\":\"10.0.0.0/24\",\"SourceCidrBlock\":\"10.0.0.0/24\","
      "\"Description\":\"TCP Rule\",\"Tags\":[]}],\"EgressFilterRules\":[],\"NetworkServices\":"
      "[\"amazon-dns\"],\"Description\":\"Example filter\",\"Tags\":[]}],\"NextToken\":null}",
      "filter-id tmf-0293f26e86EXAMPLE\nfilter-description \"Example filter\"\namazon-dns\n"
      "100 accept ingress tcp src 10.0.0.0/24 dst 10.0.0.0/24 sport 1024-65535 dport 443 "
      "description \"TCP Rule\"\n" },
    /* unset members may be null; names may have escapes */
    { "{\"TrafficMirrorFilterRules\":[" RULE(
          1, "egress", "0.0.0.0/0") ",\"Protocol\":null,"
                                    "\"\\u0044escription\":\"x\"}],\"Odd\":[[1.5e3,true]]}",
      "1 accept egress all src 0.0.0.0/0 dst 10.0.0.0/8 description \"x\"\n" },
    /* a list alone, and a filter that is one object */
    { " [" RULE(1, "ingress", "10.0.0.0/8") "}," RULE(2, "ingress", "10.0.0.0/8") "}]",
      "1 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n"
      "2 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n" },
    { "{\"TrafficMirrorFilter\":" FILTER("tmf-5", RULE(3, "ingress", "10.0.0.0/8") "}") "}; udp",
      "filter-id tmf-5\n3 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n"
      "100 accept ingress udp src 0.0.0.0/0 dst 0.0.0.0/0\n"
      "101 accept ingress udp src ::/0 dst ::/0\n"
      "100 accept egress udp src 0.0.0.0/0 dst 0.0.0.0/0\n"
      "101 accept egress udp src ::/0 dst ::/0\n" },
    /* sessions choose filters, whichever document comes first; others are left out */
    { THREE_FILTERS TWO_SESSIONS,
      "session 4\nfilter-id tmf-1\nvni 0\n1 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n"
      "session 7\nfilter-id tmf-3\npacket-length 64\n"
      "3 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n" },
    { TWO_SESSIONS "\n" THREE_FILTERS,
      "session 4\nfilter-id tmf-1\nvni 0\n1 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n"
      "session 7\nfilter-id tmf-3\npacket-length 64\n"
      "3 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n" },
    /* a filter of which a template says nothing has no rules */
    { "{\"Resources\":{\"F\":{\"Type\":\"AWS::EC2::TrafficMirrorFilter\"}}}", "session 1\n" },
    /* a plan */
    { "{\"planned_values\":{\"root_module\":{\"resources\":[{\"type\":\"aws_vpc\"}],"
      "\"child_modules\":[{\"resources\":[{\"type\":\"aws_ec2_traffic_mirror_filter_rule\","
      "\"values\":{\"protocol\":6,\"rule_number\":5,\"traffic_direction\":\"egress\","
      "\"rule_action\":\"reject\",\"source_cidr_block\":\"::/0\",\"destination_cidr_block\":"
      "\"::/0\",\"source_port_range\":[{\"from_port\":1,\"to_port\":2}],"
      "\"destination_port_range\":[],\"description\":null}},{\"type\":"
      "\"aws_ec2_traffic_mirror_filter\",\"values\":{\"network_services\":[\"amazon-dns\"]}}]}]}}}",
      "amazon-dns\n5 reject egress tcp src ::/0 dst ::/0 sport 1-2\n" },
    /* Terraform takes protocol 0 for all */
    { "// a comment\nresource \"aws_ec2_traffic_mirror_filter_rule\" \"r\" {\n"
      "traffic_mirror_filter_id = \"tmf-4\"\nprotocol = 0 # all\ntraffic_direction = \"ingress\"\n"
      "rule_number = 1 /* one */\nrule_action = \"accept\"\ntags = { a = \"${b[\"}\"]}\" }\n"
      "source_cidr_block = \"10.0.0.0/8\"\ndestination_cidr_block = \"10.0.0.0/8\"\n"
      "lifecycle {\nprevent_destroy = true\n}\n}\noutput x {\nvalue = [1, \"]\"]\n}\n",
      "filter-id tmf-4\n1 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n" },
    /* lines that were pasted into one */
    { "resource \"aws_ec2_traffic_mirror_filter_rule\" \"r\" {; protocol = 6; rule_number = 1; "
      "rule_action = \"accept\"; traffic_direction = \"ingress\"; "
      "traffic_mirror_filter_id = \"tmf-4\"; source_cidr_block = \"10.0.0.0/8\"; "
      "destination_cidr_block = \"10.0.0.0/8\"; source_port_range {; from_port = 1; to_port = 2; };"
      " }; egress udp src 10.0.0.0/8",
      "filter-id tmf-4\n1 accept ingress tcp src 10.0.0.0/8 dst 10.0.0.0/8 sport 1-2\n"
      "100 accept egress udp src 10.0.0.0/8 dst 0.0.0.0/0\n" },
};

START_TEST(test_good)
{
    ck_assert_msg(read_text(good[_i].text), "%s\n%zu:%zu: %s", good[_i].text, error.line,
                  error.column, error.text);
    check_rules(good[_i].text, good[_i].rules);
}
END_TEST

static const struct {
    const char *text;
    size_t line, column;
    const char *reason;
} bad[] = {
    { "--rule-numbre 5", 1, 1,
      "\"--rule-numbre\" stands where a flag of a command that makes a filter's rule was "
      "expected" },
    { "--traffic-direction=in", 1, 21, "\"in\" is not a direction: expected ingress or egress" },
    { "--rule-number --protocol", 1, 15,
      "\"--protocol\" is not a rule's number: expected 1 to 32766" },
    { "--protocol", 1, 11, "the text ends where the value of this flag was expected" },
    { "--source-cidr-block any", 1, 21,
      "\"any\" is not a network: expected one like 10.0.0.0/16 or 2001:db8::/32" },
    { "--source-port-range 443", 1, 21,
      "\"443\" is not a port range: expected FromPort=N,ToPort=N" },
    { "--source-port-range FromPort=5,FromPort=6", 1, 21,
      "\"FromPort=5,FromPort=6\" is not a port range: expected FromPort=N,ToPort=N" },
    { "--source-port-range {\\\"FromPort\\\":5,\\\"ToPort\\\":4}", 1, 21,
      "\"{\\\"FromPort\\\":5,\\\"ToPort\\\":4}\" is not a port range: expected "
      "{\"FromPort\":N,\"ToPort\":N}, the lower one first" },
    { "tcp | jq", 1, 5, "\"|\" stands where the end of a rule, or a word of it was expected" },
    { COMMAND "tmf-1 >", 1, 77, "the text ends where a file was expected" },
    { "--protocol 6 --protocol 7", 1, 14,
      "\"--protocol\" stands where ; and another rule (this one has its protocol) was expected" },
    { "aws ec2 describe-instances", 1, 9,
      "\"describe-instances\" is not a command that makes a filter or its rules: expected "
      "create-traffic-mirror-filter-rule or the like" },
    { "aws s3 ls", 1, 5, "\"s3\" stands where ec2 was expected" },
    { "aws ec2 create-traffic-mirror-filter-rule --rule-number 5", 1, 1,
      "this command needs --traffic-direction" },
    { "aws ec2 create-traffic-mirror-filter-rule --session-number 5", 1, 43,
      "\"--session-number\" stands where a flag of this command was expected" },
    { COMMAND "x --traffic-direction ingress --rule-number 1 --rule-action accept" MATCH
              " --source-port-range FromPort=1,ToPort=1",
      1, 1, "this command needs --protocol" },
    { "F=$(aws ec2 create-traffic-mirror-filter", 1, 41,
      "the text ends where the ) of $(aws ...) was expected" },
    { "F=$(reboot)", 1, 5,
      "\"reboot\" stands where aws ec2 create-traffic-mirror-filter was expected" },
    { "--add-network-services ntp", 1, 24,
      "\"ntp\" is not a network service: expected amazon-dns" },
    { "--add-network-services amazon-dns --protocol 6", 1, 1,
      "network services are added by a command of their own: --add-network-services amazon-dns" },
    { "--description \"$(reboot)\"", 1, 16,
      "a filter is not a script: what $(...) or ` would print is not known here" },
    { "--description \"$(printf 'a')\"", 1, 16, "of printf only bytes like \\033 are read" },
    { "--description \"$(printf '\\377')\"", 1, 15, "bytes that are not UTF-8" },
    { "{\"TrafficMirrorFilters\":[\n {\"a\" 1}]}", 2, 7, "\"1\" stands where : was expected" },
    { "{\"TrafficMirrorFilters\":[1,]}", 1, 28, "\"]\" stands where a value was expected" },
    { "{\"a\":\"\\x\"}", 1, 8, "\"x\" stands where a letter of an escape was expected" },
    { "{\"a\":01}", 1, 7, "\"1\" stands where , or } was expected" },
    { "{", 1, 2, "the text ends where the name of a member was expected" },
    { "[" RULE(70000, "ingress", "10.0.0.0/8") "}]", 1, 16,
      "\"70000\" is not a rule's number: expected 1 to 32766" },
    { "[" RULE(1, "sideways", "10.0.0.0/8") "}]", 1, 37,
      "\"sideways\" is not a direction: expected ingress or egress" },
    { "[{\"RuleNumber\":1}]", 1, 2, "this rule needs a member TrafficDirection" },
    { "[" RULE(1, "ingress", "10.0.0.0/8") ",\"SourcePortRange\":{\"FromPort\":1}}]", 1, 154,
      "\"{\" stands where ToPort in this port range was expected" },
    { "[" RULE(1, "ingress", "10.0.0.0/8") "}," RULE(1, "ingress", "10.0.0.0/8") "}]", 1, 151,
      "session 1: there is an ingress rule 1 already; each needs a number of its own" },
    { "{\"Vpcs\":[]}", 1, 1,
      "\"{\" stands where TrafficMirrorFilters, TrafficMirrorFilterRules, TrafficMirrorSessions, "
      "Resources or planned_values in this document was expected" },
    { "{\"TrafficMirrorFilterRules\":[],\"NextToken\":\"x\"}", 1, 44,
      "\"x\" stands where the end of the list (make it anew without --max-items and "
      "--no-paginate) was expected" },
    { "{\"TrafficMirrorFilters\":[" FILTER("tmf-1", "") "," FILTER("tmf-2", "") "]}", 1, 158,
      "several filters: tmf-1, tmf-2: choose one with FILE#tmf-1" },
    { "{\"TrafficMirrorSessions\":[" SESSION(1, "tmf-1", "eni-a", "") "," SESSION(1, "tmf-1",
                                                                                  "eni-b", "") "]}",
      1, 141, "sessions of several mirror sources: eni-a, eni-b: choose one with FILE#eni-a" },
    { "resource \"aws_ec2_traffic_mirror_filter_rule\" \"r\" {\n rule_number = var.n\n}", 2, 16,
      "\"var.n\" stands where a text or a number was expected" },
    { "resource \"aws_ec2_traffic_mirror_filter_rule\" \"r\" {\n rule_number = 5 + 1\n}", 2, 18,
      "\"+\" stands where the end of the line (only plain values are read) was expected" },
    { "resource \"aws_ec2_traffic_mirror_filter_rule\" \"r\" {\n rule_number = 5\n}", 1, 1,
      "this rule needs traffic_direction" },
    { "resource \"aws_ec2_traffic_mirror_filter\" \"f\" {\n description = \"${var.x}\"\n}", 2, 17,
      "what Terraform would put here is not known" },
    { "resource \"aws_ec2_traffic_mirror_filter_rule\" \"r\" {\n"
      " dynamic \"source_port_range\" {\n }\n}",
      2, 2,
      "\"dynamic\" stands where a resource that stands for one (terraform show -json tells all) "
      "was expected" },
    { "resource \"aws_ec2_traffic_mirror_filter_rule\" \"r\" {\n count = 0\n}", 2, 2,
      "\"count\" stands where a resource that stands for one (terraform show -json tells all) "
      "was expected" },
    { "resource \"aws_vpc\" \"v\" {", 1, 24, "this is not closed" },
};

START_TEST(test_bad)
{
    ck_assert_msg(!read_text(bad[_i].text), "%s", bad[_i].text);
    ck_assert_msg(strcmp(error.text, bad[_i].reason) == 0, "%s\n%s", bad[_i].text, error.text);
    ck_assert_msg(error.line == bad[_i].line && error.column == bad[_i].column, "%s: %zu:%zu: %s",
                  bad[_i].text, error.line, error.column, error.text);
    ck_assert_uint_eq(filter.count, 0);
}
END_TEST

/* ---- files ----------------------------------------------------------------------------------- */

static const char *save(const char *name, const char *text)
{
    static char path[TEMPDIR_PATH + 64];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    ck_assert_int_eq(fclose(out), 0);
    return path;
}

static bool read_path(const char *path, const char *choice)
{
    char chosen[TEMPDIR_PATH + 128];

    filter_free(&filter);
    snprintf(chosen, sizeof(chosen), "%s%s", path, choice);
    return filter_read_file(&filter, chosen, &err);
}

START_TEST(test_choice)
{
    const char *path = save(
        "all.json",
        "{\"TrafficMirrorSessions\":[" SESSION(1, "tmf-1", "eni-a", "") "," SESSION(
            2, "tmf-2", "eni-b",
            "") "," SESSION(3, "tmf-1", "eni-b",
                            "") "],"
                                "\"TrafficMirrorFilters\":[" FILTER(
                                    "tmf-1", RULE(1, "ingress",
                                                  "10.0.0.0/8") "}") "," FILTER("tmf-2", "") "]}");

    ck_assert(!read_path(path, ""));
    ck_assert_int_eq(err.status, EXIT_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, ".json:1:"));
    ck_assert_ptr_nonnull(strstr(err.text, "eni-a, eni-b: choose one with FILE#eni-a"));
    ck_assert_msg(read_path(path, "#eni-a"), "%s", err.text);
    check_rules("eni-a", "filter-id tmf-1\n1 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n");
    ck_assert(read_path(path, "#eni-b"));
    check_rules("eni-b", "session 2\nfilter-id tmf-2\nsession 3\nfilter-id tmf-1\n"
                         "1 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n");
    ck_assert(read_path(path, "#tms-3"));
    ck_assert(filter.count == 1 && filter.sessions[0].number == 3);
    ck_assert(read_path(path, "#tmf-1"));
    check_rules("tmf-1", "filter-id tmf-1\n1 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n");
    ck_assert(!read_path(path, "#tmf-9"));
    ck_assert_ptr_nonnull(strstr(err.text, "there is no filter, source or session with the id"));
    ck_assert(!read_path(path, ".not"));
    ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
}
END_TEST

/* Sessions in one file, filters in another. */
START_TEST(test_two_files)
{
    char sessions[TEMPDIR_PATH + 64];

    snprintf(
        sessions, sizeof(sessions), "%s",
        save("sessions", "{\"TrafficMirrorSessions\":[" SESSION(5, "tmf-2", "eni-a", "") "]}"));
    ck_assert(filter_read_file(&filter, sessions, &err));
    ck_assert(filter_read_file(
        &filter,
        save("filters", "{\"TrafficMirrorFilters\":[" FILTER("tmf-1", "") "," FILTER(
                            "tmf-2", RULE(1, "ingress", "10.0.0.0/8") "}") "]}"),
        &err));
    check_rules("two files",
                "session 5\nfilter-id tmf-2\n1 accept ingress all src 10.0.0.0/8 dst 10.0.0.0/8\n");
}
END_TEST

/* Rules of two filters in one session would be those of neither. */
START_TEST(test_one_filter_a_session)
{
    ck_assert(!read_text("{\"TrafficMirrorFilters\":[" FILTER("tmf-1", "") "," FILTER(
        "tmf-2", "") "],\"TrafficMirrorSessions\":[" SESSION(1, "tmf-1", "eni-a",
                                                             "") "," SESSION(1, "tmf-2", "eni-a",
                                                                             "") "]}"));
    ck_assert_str_eq(error.text, "session 1 has another filter already, tmf-1");
    ck_assert_uint_eq(filter.count, 0);
}
END_TEST

/* A session's filter can be called by a variable, and then by its id; not without end. */
START_TEST(test_many_names)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    for (unsigned i = 1; i <= 100; i++)
        fprintf(out,
                "filter-id tmf-%u\n" COMMAND
                "tmf-%u --traffic-direction ingress --rule-number %u --rule-action accept" MATCH
                "\n",
                i, i, i);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert(!filter_read(&filter, text, size, &error));
    ck_assert_str_eq(error.text, "filters are called by more than 8 names here");
    ck_assert_uint_eq(error.line, 18);
    free(text);
}
END_TEST

/* Whatever the spelling, too much is refused in no time. */
START_TEST(test_too_many)
{
    clock_t begin = clock();
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (_i == 2)
        fputs("{\"TrafficMirrorFilterRules\":[", out);
    for (unsigned i = 1; i <= 10000; i++) {
        if (_i < 2)
            fprintf(out,
                    _i == 0 ? "%u accept ingress tcp src 0.0.0.0/0 dst 10.0.0.0/16 dport 443\n"
                            : COMMAND "tmf-1 --traffic-direction ingress --rule-number %u "
                                      "--rule-action accept" MATCH "\n",
                    i);
        else
            fprintf(out, "%s" RULE_OF("%u", "ingress", "10.0.0.0/8") "}\n", i > 1 ? "," : "", i);
    }
    if (_i == 2)
        fputs("]}", out);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert(!filter_read(&filter, text, size, &error));
    ck_assert_str_eq(error.text, "a filter can have at most 2000 rules here (at AWS: 10)");
    ck_assert_uint_eq(error.line, 2001);
    ck_assert_uint_eq(filter.count, 0);
    ck_assert_msg(clock() - begin < CLOCKS_PER_SEC, "%ld", (long)(clock() - begin));
    free(text);
}
END_TEST

START_TEST(test_too_long)
{
    char *text = malloc(FILTER_TEXT_MAX + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, ' ', FILTER_TEXT_MAX + 1);
    ck_assert(!filter_read(&filter, text, FILTER_TEXT_MAX + 1, &error));
    ck_assert_str_eq(error.text, "a text of more than 4 MiB: not a filter");
    ck_assert(filter_read(&filter, text, FILTER_TEXT_MAX, &error));
    memset(text, '[', FILTER_TEXT_MAX);
    ck_assert(!filter_read(&filter, text, FILTER_TEXT_MAX, &error));
    ck_assert_str_eq(error.text, "\"[\" stands where a document that is less deep was expected");
    free(text);
}
END_TEST

Suite *make_filter_documents_suite(void)
{
    Suite *suite = suite_create("filter_documents");
    TCase *tcase = tcase_create("filter_documents");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_good, 0, sizeof(good) / sizeof(good[0]));
    tcase_add_loop_test(tcase, test_bad, 0, sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tcase, test_choice);
    tcase_add_test(tcase, test_two_files);
    tcase_add_test(tcase, test_one_filter_a_session);
    tcase_add_test(tcase, test_many_names);
    tcase_add_loop_test(tcase, test_too_many, 0, 3);
    tcase_add_test(tcase, test_too_long);
    suite_add_tcase(suite, tcase);
    return suite;
}
