/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/mirror/aws.h"
#include "../../src/record.h"
#include "../support/tempdir.h"

Suite *make_aws_suite(void);

static struct aws_documents *documents;
static struct err err;

static void setup(void)
{
    documents = aws_documents_new();
    ck_assert_ptr_nonnull(documents);
    err = (struct err){ .status = EXIT_OK };
}

static void teardown(void)
{
    aws_documents_free(documents);
}

/* With " for every '. */
static bool parse(const char *text)
{
    char *json = strdup(text);
    bool good;

    ck_assert_ptr_nonnull(json);
    for (char *at = json; *at; at++) {
        if (*at == '\'')
            *at = '"';
    }
    good = aws_documents_parse(documents, json, strlen(json), "d.json", &err);
    free(json);
    return good;
}

static void take(const char *text)
{
    ck_assert_msg(parse(text), "%s", err.text);
}

static void join(void)
{
    ck_assert_msg(aws_documents_join(documents, &err), "%s", err.text);
}

static struct ip_addr addr(const char *text)
{
    struct ip_addr address = { .family = strchr(text, ':') ? 6 : 4 };

    ck_assert_int_eq(inet_pton(address.family == 6 ? AF_INET6 : AF_INET, text, address.bytes), 1);
    return address;
}

/* Documents of one session, one interface. JSON is written with ' for ", see parse(). */
#define SESSION(id, eni, vni, more)                                                                \
    "{'TrafficMirrorSessions':[{'TrafficMirrorSessionId':'" id "','NetworkInterfaceId':'" eni      \
    "','VirtualNetworkId':" #vni more "}]}"
#define NAMED(tags, name) ",'" tags "':[{'Key':'Name','Value':'" name "'}]"
#define INTERFACE(id, address, more)                                                               \
    "{'NetworkInterfaces':[{'NetworkInterfaceId':'" id "','PrivateIpAddress':'" address "'" more   \
    "}]}"

/* ---- reading --------------------------------------------------------------------------------- */

/* As the aws program prints it, with members that nobody here knows. */
START_TEST(test_session)
{
    const struct aws_session *session;

    take("{'TrafficMirrorSessions': [{'Tags': [{'Key': 'Team', 'Value': 'x'},"
         " {'Key': 'Name', 'Value': 'web'}], 'VirtualNetworkId': 42, 'OwnerId':"
         " '111122223333', 'Description': 'TCP Session', 'NetworkInterfaceId': 'eni-0a',"
         " 'TrafficMirrorTargetId': 'tmt-0d', 'TrafficMirrorFilterId': 'tmf-08',"
         " 'PacketLength': 20, 'SessionNumber': 1, 'TrafficMirrorSessionId': 'tms-05'}],"
         " 'ResponseMetadata': {'Deep': [[1.5, null, true]]}}");
    join();
    ck_assert(aws_has_sessions(documents));
    ck_assert_uint_eq(aws_session_count(documents), 1);
    session = aws_session_at(documents, 0);
    ck_assert_str_eq(session->id, "tms-05");
    ck_assert_str_eq(session->eni, "eni-0a");
    ck_assert_str_eq(session->name, "web");
    ck_assert_str_eq(session->filter, "tmf-08");
    ck_assert_uint_eq(session->vni, 42);
    ck_assert_uint_eq(session->number, 1);
    ck_assert_uint_eq(session->packet_length, 20);
    ck_assert_uint_eq(session->source.family, 0);
    ck_assert_ptr_null(aws_documents_warning(documents, 0));
}
END_TEST

START_TEST(test_what_is_not_set)
{
    const struct aws_session *session;

    take(SESSION("tms-1", "eni-1", 0, ",'PacketLength':null"));
    join();
    session = aws_session_at(documents, 0);
    ck_assert_str_eq(session->name, "");
    ck_assert_str_eq(session->filter, "");
    ck_assert_uint_eq(session->number, VALUE_UNKNOWN);
    ck_assert_uint_eq(session->packet_length, VALUE_UNKNOWN);
}
END_TEST

START_TEST(test_several_lists_in_one_document)
{
    const struct aws_session *session;

    take("{'TrafficMirrorFilters':[{'TrafficMirrorFilterId':'tmf-1','IngressFilterRules':"
         "[{'RuleNumber':100}],'NetworkServices':['amazon-dns'],"
         "'Tags':[{'Key':'Name','Value':'all'}]}],"
         "'TrafficMirrorTargets':[{'TrafficMirrorTargetId':'tmt-1','Type':'x'}],"
         "'NetworkInterfaces':[{'NetworkInterfaceId':'eni-1','PrivateIpAddress':'10.0.0.1',"
         "'TagSet':[{'Key':'Name','Value':'web eni'}]}],"
         "'TrafficMirrorSessions':[{'TrafficMirrorSessionId':'tms-1','NetworkInterfaceId':'eni-1',"
         "'VirtualNetworkId':5,'TrafficMirrorFilterId':'tmf-1'}]}");
    join();
    session = aws_session_at(documents, 0);
    ck_assert_str_eq(session->name, "web eni");
    ck_assert_str_eq(session->filter, "all");
    ck_assert_mem_eq(&session->source.bytes, addr("10.0.0.1").bytes, 16);
}
END_TEST

START_TEST(test_empty_lists)
{
    take("{'TrafficMirrorFilters':[],'NetworkInterfaces':[],'TrafficMirrorTargets':[]}");
    ck_assert(!aws_has_sessions(documents));
    take("{'TrafficMirrorSessions':[]}");
    join();
    ck_assert(aws_has_sessions(documents));
    ck_assert_uint_eq(aws_session_count(documents), 0);
}
END_TEST

/* The same in two documents: the later one holds, also for addresses. */
START_TEST(test_later_document_wins)
{
    struct aws_arrival arrivals[] = { { addr("10.0.0.1"), 5 }, { addr("10.0.0.2"), 6 } };
    struct aws_matches *matches;
    struct ip_addr before = addr("10.0.0.1"), now = addr("10.0.0.2");

    take(SESSION("tms-1", "eni-1", 5, NAMED("Tags", "old")));
    take(INTERFACE("eni-1", "10.0.0.1", ""));
    take(SESSION("tms-1", "eni-1", 6, NAMED("Tags", "new")));
    take(INTERFACE("eni-1", "10.0.0.2", ""));
    join();
    ck_assert_uint_eq(aws_session_count(documents), 1);
    ck_assert_str_eq(aws_session_at(documents, 0)->name, "new");
    ck_assert_ptr_null(aws_interface_by_addr(documents, &before));
    ck_assert_str_eq(aws_interface_by_addr(documents, &now)->id, "eni-1");
    matches = aws_matches_new(documents, arrivals, 2);
    ck_assert_int_eq(matches->results[0].match, AWS_NOT_IN_FILE);
    ck_assert_int_eq(matches->results[1].match, AWS_FOUND);
    aws_matches_free(matches);
}
END_TEST

START_TEST(test_incomplete_list_is_said)
{
    take("{'TrafficMirrorSessions':[],'NextToken':'abc'}");
    join();
    ck_assert_str_eq(aws_documents_warning(documents, 0),
                     "d.json: the list is not complete (it has a NextToken): make it anew without "
                     "--max-items and --no-paginate");
    ck_assert_ptr_null(aws_documents_warning(documents, 1));
}
END_TEST

#define IN_SESSION "d.json: TrafficMirrorSessions[0]."
#define EXPECTED_VNI "VirtualNetworkId: expected a whole number from 0 to 16777215"
#define EXPECTED_ID "expected a text of 1 to 1023 bytes"

static const struct {
    const char *text, *error;
} bad[] = {
    { "", "d.json:1:1: '[' or '{' expected" },
    { "{'TrafficMirrorSessions':\n  [{},]}", "d.json:2:7: unexpected token" },
    { "{'a':1,\n'a':2}", "d.json:2:3: duplicate object key" },
    { "{'a':'\x80'}", "d.json:1:6: unable to decode byte 0x80" },
    { "{'a':01}", "d.json:1:6: invalid token" },
    { "{} x", "d.json:1:4: end of file expected" },
    { "[]", "d.json: expected an object, as the aws program prints it" },
    { "{'Reservations':[]}", "d.json: expected TrafficMirrorSessions, TrafficMirrorFilters, "
                             "TrafficMirrorTargets or NetworkInterfaces in it" },
    { "{'TrafficMirrorSessions':{}}", "d.json: TrafficMirrorSessions: expected a list" },
    { "{'TrafficMirrorSessions':[{'TrafficMirrorSessionId':'a','NetworkInterfaceId':'e',"
      "'VirtualNetworkId':7},7]}",
      "d.json: TrafficMirrorSessions[1]: expected an object" },
    { "{'TrafficMirrorSessions':[{}]}", IN_SESSION "TrafficMirrorSessionId: " EXPECTED_ID },
    { SESSION("a", "", 1, ""), IN_SESSION "NetworkInterfaceId: " EXPECTED_ID },
    { SESSION("a", "e", "7", ""), IN_SESSION EXPECTED_VNI },
    { SESSION("a", "e", 16777216, ""), IN_SESSION EXPECTED_VNI },
    { SESSION("a", "e", -1, ""), IN_SESSION EXPECTED_VNI },
    { SESSION("a", "e", 1.0, ""), IN_SESSION EXPECTED_VNI },
    { SESSION("a", "e", null, ""), IN_SESSION EXPECTED_VNI },
    { SESSION("a", "e", 1, ",'Tags':[{'Key':'Name','Value':7}]"),
      IN_SESSION "Tags[0].Value: expected a text of at most 1023 bytes" },
    { INTERFACE("e", "10.0.0", ""),
      "d.json: NetworkInterfaces[0].PrivateIpAddress: expected an IPv4 address" },
    { INTERFACE("e", "10.0.0.1", ",'Ipv6Addresses':[{},{'Ipv6Address':'10.0.0.2'}]"),
      "d.json: NetworkInterfaces[0].Ipv6Addresses[1].Ipv6Address: expected an IPv6 address" },
};

START_TEST(test_bad_document)
{
    ck_assert(!parse(bad[_i].text));
    ck_assert_int_eq(err.status, EXIT_INPUT);
    ck_assert_str_eq(err.text, bad[_i].error);
}
END_TEST

START_TEST(test_bounds)
{
    char *text = malloc(64 * (AWS_ENTRIES + 2)), *at = text;
    char long_text[AWS_TEXT + 1], document[2 * AWS_TEXT];

    memset(long_text, 'x', AWS_TEXT);
    long_text[AWS_TEXT] = '\0';
    snprintf(document, sizeof(document), "{'NetworkInterfaces':[{'NetworkInterfaceId':'%s'}]}",
             long_text);
    ck_assert(!parse(document));
    snprintf(document, sizeof(document), "{'NetworkInterfaces':[{'NetworkInterfaceId':'%s'}]}",
             long_text + 1);
    take(document);
    ck_assert_ptr_nonnull(text);
    at += snprintf(at, 64, "{'TrafficMirrorFilters':[");
    for (int i = 0; i <= AWS_ENTRIES; i++)
        at += snprintf(at, 64, "%s{'TrafficMirrorFilterId':'tmf-%d'}", i ? "," : "", i);
    snprintf(at, 64, "]}");
    ck_assert(!parse(text));
    ck_assert_str_eq(err.text, "d.json: TrafficMirrorFilters[100000]: more than 100000 entries of "
                               "this kind");
    free(text);
}
END_TEST

START_TEST(test_deep_nesting_is_refused)
{
    enum { DEEP = 100000 };
    char *text = malloc(DEEP + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, '[', DEEP);
    text[DEEP] = '\0';
    ck_assert(!parse(text));
    ck_assert_str_eq(err.text, "d.json:1:2049: maximum parsing depth reached");
    free(text);
}
END_TEST

START_TEST(test_files)
{
    char directory[TEMPDIR_PATH], path[TEMPDIR_PATH + 16], expected[TEMPDIR_PATH + 64];
    FILE *file;

    tempdir_make(directory);
    snprintf(path, sizeof(path), "%s/s.json", directory);
    ck_assert(!aws_documents_read(documents, path, &err));
    ck_assert_int_eq(err.status, EXIT_INPUT);
    snprintf(expected, sizeof(expected), "%s: No such file or directory", path);
    ck_assert_str_eq(err.text, expected);
    ck_assert(!aws_documents_read(documents, directory, &err));
    snprintf(expected, sizeof(expected), "%s: Is a directory", directory);
    ck_assert_str_eq(err.text, expected);
    file = fopen(path, "w");
    fputs("{\"TrafficMirrorSessions\":[]}", file);
    /* larger than one step of reading */
    for (int i = 0; i < 100000; i++)
        fputs("  ", file);
    fclose(file);
    ck_assert_msg(aws_documents_read(documents, path, &err), "%s", err.text);
    ck_assert(aws_has_sessions(documents));
    file = fopen(path, "w");
    ck_assert_int_eq(fseek(file, AWS_FILE_BYTES, SEEK_SET), 0);
    fputs(" ", file);
    fclose(file);
    ck_assert(!aws_documents_read(documents, path, &err));
    snprintf(expected, sizeof(expected), "%s: more than 64 MiB", path);
    ck_assert_str_eq(err.text, expected);
    tempdir_remove(directory);
}
END_TEST

/* ---- joining --------------------------------------------------------------------------------- */

/* What one arrival among `count` is found to be; -1: not in the file, -2: ambiguous. */
static int found(const struct aws_matches *matches, size_t arrival)
{
    const struct aws_result *result = &matches->results[arrival];

    if (result->match == AWS_FOUND)
        return (int)result->session;
    return result->match == AWS_AMBIGUOUS ? -2 : -1;
}

/* One VNI for all sessions: the interfaces' primary addresses tell them apart. */
START_TEST(test_address_and_vni)
{
    const struct aws_arrival arrivals[] = {
        { addr("10.0.0.1"), 5 }, { addr("10.0.0.2"), 5 },    { addr("10.0.0.77"), 5 },
        { addr("10.0.0.1"), 6 }, { addr("2001:db8::2"), 5 }, { addr("10.0.0.9"), 5 },
    };
    struct aws_matches *matches;

    take(SESSION("tms-a", "eni-1", 5, ""));
    take(SESSION("tms-b", "eni-2", 5, ""));
    take(SESSION("tms-c", "eni-1", 6, ""));
    take(SESSION("tms-d", "eni-2", 7, ""));
    take(INTERFACE("eni-1", "10.0.0.1",
                   ",'PrivateIpAddresses':[{'Primary':false,'PrivateIpAddress':'10.0.0.77'},"
                   "{'Primary':true,'PrivateIpAddress':'10.0.0.1'}]"));
    take(INTERFACE("eni-2", "10.0.0.2", ",'Ipv6Addresses':[{'Ipv6Address':'2001:db8::2'}]"));
    join();
    matches = aws_matches_new(documents, arrivals, 6);
    ck_assert_int_eq(found(matches, 0), 0);
    ck_assert_int_eq(found(matches, 1), 1);
    ck_assert_int_eq(found(matches, 2), -1); /* a secondary address sends no mirror */
    ck_assert_int_eq(found(matches, 3), 2);
    ck_assert_int_eq(found(matches, 4), 1);
    ck_assert_int_eq(found(matches, 5), -1);
    ck_assert(matches->arrived[0] && matches->arrived[1] && matches->arrived[2]);
    ck_assert(!matches->arrived[3]);
    aws_matches_free(matches);
}
END_TEST

/* Two VPCs with the same addresses and, by bad luck, the same VNI. */
START_TEST(test_same_address_twice)
{
    const struct aws_arrival arrivals[] = { { addr("10.0.0.1"), 5 }, { addr("10.0.0.1"), 6 } };
    struct aws_matches *matches;
    struct ip_addr shared = addr("10.0.0.1");

    take(SESSION("tms-a", "eni-1", 5, ""));
    take(SESSION("tms-b", "eni-2", 5, ""));
    take(SESSION("tms-c", "eni-2", 6, ""));
    take(INTERFACE("eni-1", "10.0.0.1", ""));
    take(INTERFACE("eni-2", "10.0.0.1", ""));
    join();
    matches = aws_matches_new(documents, arrivals, 2);
    ck_assert_int_eq(found(matches, 0), -2);
    ck_assert_int_eq(found(matches, 1), 2);
    ck_assert(matches->arrived[0] && matches->arrived[1]); /* any of them: nobody is missed */
    ck_assert_ptr_null(aws_interface_by_addr(documents, &shared));
    aws_matches_free(matches);
}
END_TEST

START_TEST(test_vni_alone)
{
    const struct aws_arrival arrivals[] = {
        { addr("10.0.0.1"), 5 },                          /* one session, one source: no doubt */
        { addr("10.0.0.1"), 6 },                          /* two sessions */
        { addr("10.0.0.1"), 7 },                          /* one session, but two sources */
        { addr("10.0.0.2"), 7 }, { addr("10.0.0.3"), 8 }, /* its interface has another address */
        { addr("10.0.0.1"), 5 },                          /* the same again, by another endpoint */
    };
    struct aws_matches *matches;

    take(SESSION("tms-a", "eni-1", 5, ""));
    take(SESSION("tms-b", "eni-2", 6, ""));
    take(SESSION("tms-c", "eni-3", 6, ""));
    take(SESSION("tms-d", "eni-4", 7, ""));
    take(SESSION("tms-e", "eni-5", 8, ""));
    take(INTERFACE("eni-5", "10.0.0.5", ""));
    join();
    matches = aws_matches_new(documents, arrivals, 6);
    ck_assert_int_eq(found(matches, 0), 0);
    ck_assert_int_eq(found(matches, 1), -2);
    ck_assert_int_eq(found(matches, 2), -2);
    ck_assert_int_eq(found(matches, 3), -2);
    ck_assert_int_eq(found(matches, 4), -1);
    ck_assert_int_eq(found(matches, 5), 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert(matches->arrived[i]);
    ck_assert(!matches->arrived[4]);
    aws_matches_free(matches);
}
END_TEST

START_TEST(test_endpoint)
{
    char id[AWS_ENI_ID];

    take(INTERFACE("eni-02b8ee1d4db0c51c4", "10.0.0.1", ""));
    join();
    ck_assert(aws_endpoint_id(documents, UINT64_C(0x2b8ee1d4db0c51c4), id));
    ck_assert_str_eq(id, "eni-02b8ee1d4db0c51c4");
    ck_assert(!aws_endpoint_id(documents, UINT64_C(0x2b8ee1d4db0c51c5), id));
}
END_TEST

START_TEST(test_nothing_given)
{
    const struct aws_arrival arrival = { addr("10.0.0.1"), 5 };
    struct aws_matches *matches;

    join();
    matches = aws_matches_new(documents, &arrival, 1);
    ck_assert_int_eq(found(matches, 0), -1);
    ck_assert_ptr_null(aws_interface_by_addr(documents, &arrival.source));
    aws_matches_free(matches);
    aws_matches_free(NULL);
    aws_documents_free(NULL);
}
END_TEST

Suite *make_aws_suite(void)
{
    Suite *suite = suite_create("aws");
    TCase *tcase = tcase_create("aws");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_session);
    tcase_add_test(tcase, test_what_is_not_set);
    tcase_add_test(tcase, test_several_lists_in_one_document);
    tcase_add_test(tcase, test_empty_lists);
    tcase_add_test(tcase, test_later_document_wins);
    tcase_add_test(tcase, test_incomplete_list_is_said);
    tcase_add_loop_test(tcase, test_bad_document, 0, sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tcase, test_bounds);
    tcase_add_test(tcase, test_deep_nesting_is_refused);
    tcase_add_test(tcase, test_files);
    tcase_add_test(tcase, test_address_and_vni);
    tcase_add_test(tcase, test_same_address_twice);
    tcase_add_test(tcase, test_vni_alone);
    tcase_add_test(tcase, test_endpoint);
    tcase_add_test(tcase, test_nothing_given);
    suite_add_tcase(suite, tcase);
    return suite;
}
