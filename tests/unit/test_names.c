/* SPDX-License-Identifier: MIT */
/* names: services, countries, AS numbers; the databases are made here and damaged here. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/names.h"
#include "../../src/record.h"
#include "../support/mmdbwrite.h"
#include "../support/rounds.h"
#include "../support/tempdir.h"

Suite *make_names_suite(void);

static char directory[TEMPDIR_PATH];

static void set_up(void)
{
    tempdir_make(directory);
}

static void path_of(const char *file, char path[128])
{
    snprintf(path, 128, "%s/%s", directory, file);
}

static void tear_down(void)
{
    tempdir_remove(directory);
}

static void write_file(const char *file, const void *bytes, size_t length)
{
    char path[128];
    FILE *out;

    path_of(file, path);
    out = fopen(path, "we");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, length, out), length);
    ck_assert_int_eq(fclose(out), 0);
}

/* Names from the files of these names in the directory; NULL: none. */
static struct names *open_names(const char *services, const char *country, const char *asn,
                                struct err *err)
{
    char services_path[128], country_path[128], asn_path[128];

    path_of(services ? services : "none", services_path);
    path_of(country ? country : "none", country_path);
    path_of(asn ? asn : "none", asn_path);
    return names_new(&(struct names_config){ .services = services_path,
                                             .geoip = country ? country_path : NULL,
                                             .asn = asn ? asn_path : NULL },
                     err);
}

static struct names *open_services(const char *text)
{
    struct err err;
    struct names *names;

    write_file("services", text, strlen(text));
    names = open_names("services", NULL, NULL, &err);
    ck_assert_ptr_nonnull(names);
    return names;
}

/* ---- services ------------------------------------------------------------------------------ */

static const char services_text[] =
    "# a comment\n"
    "\n"
    "ssh\t\t22/tcp\t\t\t# SSH Remote Login Protocol\n"
    "domain 53/tcp\n"
    "domain 53/udp alias\n"
    "  http 80/tcp www\n"
    "http-alt 8080/tcp\n"
    "https 443/tcp\r\n"
    "https 443/udp\n"
    "postgresql 5432/tcp postgres\n"
    "second 5432/tcp\n"
    "amqp 5672/sctp\n"
    "mdns 5353/udp\n"
    "lonely\n"
    "noport /tcp\n"
    "nothing 99/\n"
    "minus -5/tcp\n"
    "large 65536/tcp\n"
    "huge 99999999999999999999/tcp\n"
    "other 70/ddp\n"
    "comma 71,tcp\n"
    "bad\x1b[1m 72/tcp\n"
    "a-name-that-is-far-too-long-to-be-the-name-of-a-service 73/tcp\n"
    "zero 0/udp\n"
    "last 65535/tcp";

static const struct {
    uint8_t protocol;
    uint16_t port;
    const char *name;
    int app; /* -1: one of its own */
} service_cases[] = {
    { PROTO_TCP, 22, "ssh", APP_SSH },     { PROTO_UDP, 22, "", APP_UNKNOWN },
    { PROTO_TCP, 53, "dns", APP_DNS },     { PROTO_UDP, 53, "dns", APP_DNS },
    { PROTO_TCP, 80, "http", APP_HTTP },   { PROTO_TCP, 8080, "http", APP_HTTP },
    { PROTO_TCP, 443, "https", -1 },       { PROTO_UDP, 443, "https", -1 },
    { PROTO_TCP, 5432, "postgresql", -1 }, { PROTO_SCTP, 5672, "amqp", -1 },
    { PROTO_TCP, 5672, "", APP_UNKNOWN },  { PROTO_UDP, 5353, "mdns", APP_MDNS },
    { PROTO_TCP, 70, "", APP_UNKNOWN },    { PROTO_TCP, 71, "", APP_UNKNOWN },
    { PROTO_TCP, 72, "", APP_UNKNOWN },    { PROTO_TCP, 73, "", APP_UNKNOWN },
    { PROTO_TCP, 99, "", APP_UNKNOWN },    { PROTO_TCP, 5, "", APP_UNKNOWN },
    { PROTO_UDP, 0, "zero", -1 },          { PROTO_TCP, 65535, "last", -1 },
    { PROTO_ICMP, 53, "", APP_UNKNOWN },
};

START_TEST(service_of_a_port)
{
    struct names *names = open_services(services_text);
    uint16_t app = names_service(names, service_cases[_i].protocol, service_cases[_i].port);

    ck_assert_str_eq(names_app(names, app), service_cases[_i].name);
    if (service_cases[_i].app >= 0)
        ck_assert_uint_eq(app, service_cases[_i].app);
    else
        ck_assert_uint_ge(app, APP_FIRST_SERVICE);
    names_free(names);
}
END_TEST

START_TEST(one_name_has_one_id)
{
    struct names *names = open_services(services_text);

    ck_assert_uint_eq(names_service(names, PROTO_TCP, 443), names_service(names, PROTO_UDP, 443));
    ck_assert_uint_ne(names_service(names, PROTO_TCP, 443), names_service(names, PROTO_TCP, 5432));
    ck_assert_str_eq(names_app(names, NAMES_MAX_APPS), "");
    ck_assert_str_eq(names_app(names, UINT16_MAX), "");
    names_free(names);
}
END_TEST

START_TEST(no_services_file_is_no_error)
{
    struct err err;
    struct names *names = open_names(NULL, NULL, NULL, &err);

    ck_assert_ptr_nonnull(names);
    ck_assert_uint_eq(names_service(names, PROTO_TCP, 22), APP_UNKNOWN);
    names_free(names);
    names_free(NULL);
}
END_TEST

START_TEST(services_are_bounded)
{
    enum { LINES = NAMES_MAX_APPS + 500, LINE_BYTES = 32 };
    char *text = calloc(LINES, LINE_BYTES);
    size_t length = 0, named = 0;
    struct names *names;

    for (unsigned i = 0; i < LINES; i++)
        length += (size_t)snprintf(text + length, LINE_BYTES, "service-%u %u/udp\n", i, i);
    names = open_services(text);
    for (unsigned port = 0; port < 65536; port++) {
        uint16_t app = names_service(names, PROTO_UDP, (uint16_t)port);

        ck_assert_uint_lt(app, NAMES_MAX_APPS);
        named += app != APP_UNKNOWN;
    }
    ck_assert_uint_eq(named, NAMES_MAX_APPS - APP_FIRST_SERVICE);
    ck_assert_str_eq(names_app(names, NAMES_MAX_APPS - 1), "service-8177");
    names_free(names);
    free(text);
}
END_TEST

/* ---- constants ----------------------------------------------------------------------------- */

START_TEST(recognised_apps_have_names)
{
    ck_assert_str_eq(names_app(NULL, APP_UNKNOWN), "");
    for (unsigned app = APP_UNKNOWN + 1; app < APP_FIRST_SERVICE; app++)
        ck_assert_uint_gt(strlen(names_app(NULL, (uint16_t)app)), 2);
    ck_assert_str_eq(names_app(NULL, APP_FIRST_SERVICE), "");
}
END_TEST

START_TEST(numbers_have_names)
{
    char buffer[8];

    ck_assert_str_eq(names_protocol(PROTO_TCP, buffer), "tcp");
    ck_assert_str_eq(names_protocol(PROTO_ICMPV6, buffer), "icmp6");
    ck_assert_str_eq(names_protocol(253, buffer), "253");
    ck_assert_str_eq(names_protocol(7, buffer), "7");
    ck_assert_str_eq(names_ether_type(ETHER_ARP, buffer), "arp");
    ck_assert_str_eq(names_ether_type(ETHER_LLC, buffer), "llc");
    ck_assert_str_eq(names_ether_type(0x88cc, buffer), "lldp");
    ck_assert_str_eq(names_ether_type(0xabcd, buffer), "0xabcd");
    ck_assert_str_eq(names_ether_type(0x0006, buffer), "0x0006");
    for (unsigned type = 0; type < 65536; type++)
        ck_assert_uint_gt(strlen(names_ether_type((uint16_t)type, buffer)), 2);
}
END_TEST

/* ---- databases ----------------------------------------------------------------------------- */

static void save(const char *file, const struct mmdbwrite *writer)
{
    size_t length;
    uint8_t *bytes = mmdbwrite_bytes(writer, &length);

    write_file(file, bytes, length);
    free(bytes);
}

enum layout { MAXMIND, FLAT };

static void add_country(struct mmdbwrite *writer, enum layout layout, const char *network,
                        const char *outer, const char *code)
{
    struct mmdbwrite_value value = { .length = 0 };

    if (layout == MAXMIND) {
        mmdbwrite_map(&value, 2);
        mmdbwrite_text(&value, "continent");
        mmdbwrite_map(&value, 0);
        mmdbwrite_text(&value, outer);
        mmdbwrite_map(&value, 1);
        mmdbwrite_text(&value, "iso_code");
    } else {
        mmdbwrite_map(&value, 1);
        mmdbwrite_text(&value, "country_code");
    }
    mmdbwrite_text(&value, code);
    mmdbwrite_add(writer, network, &value);
}

static struct mmdbwrite *country_writer(enum layout layout, unsigned ip_version)
{
    struct mmdbwrite *writer = mmdbwrite_new(ip_version);

    add_country(writer, layout, "198.51.100.0/24", "country", "DE");
    add_country(writer, layout, "198.51.100.128/26", "country", "se");
    add_country(writer, layout, "203.0.113.0/24", layout == MAXMIND ? "registered_country" : "",
                "JP");
    add_country(writer, layout, "192.0.2.1/32", "country", "\x1b]");
    add_country(writer, layout, "192.0.2.2/32", "country", "DEU");
    if (ip_version == 6)
        add_country(writer, layout, "2001:db8::/32", "country", "BR");
    return writer;
}

static void add_asn(struct mmdbwrite *writer, enum layout layout, const char *network,
                    uint32_t number, const char *name)
{
    struct mmdbwrite_value value = { .length = 0 };

    mmdbwrite_map(&value, 2);
    if (layout == MAXMIND) {
        mmdbwrite_text(&value, "autonomous_system_number");
        mmdbwrite_uint(&value, number);
        mmdbwrite_text(&value, "autonomous_system_organization");
    } else {
        char text[16];

        snprintf(text, sizeof(text), "AS%u", number);
        mmdbwrite_text(&value, "asn");
        mmdbwrite_text(&value, text);
        mmdbwrite_text(&value, "as_name");
    }
    mmdbwrite_text(&value, name);
    mmdbwrite_add(writer, network, &value);
}

/* 62 letters and one of two bytes: with the NUL one byte more than there is room for. */
#define LONG_NAME "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij"

static struct mmdbwrite *asn_writer(enum layout layout, unsigned ip_version)
{
    struct mmdbwrite *writer = mmdbwrite_new(ip_version);

    add_asn(writer, layout, "198.51.100.0/24", 64500, "EXAMPLE-AS");
    add_asn(writer, layout, "203.0.113.0/24", 4294967295u, LONG_NAME "\xc3\xa4");
    if (ip_version == 6)
        add_asn(writer, layout, "2001:db8:1::/48", 64501, "Six");
    return writer;
}

static struct ip_addr address(const char *text)
{
    struct ip_addr addr = { .family = strchr(text, ':') ? 6 : 4 };

    ck_assert_int_eq(inet_pton(addr.family == 6 ? AF_INET6 : AF_INET, text, addr.bytes), 1);
    return addr;
}

static const struct {
    const char *addr, *country;
    uint64_t asn;
    const char *as_name;
    bool ipv6_only; /* in the files of IP version 6 */
} geo_cases[] = {
    { "198.51.100.1", "DE", 64500, "EXAMPLE-AS", false },
    { "198.51.100.127", "DE", 64500, "EXAMPLE-AS", false },
    { "198.51.100.128", "SE", 64500, "EXAMPLE-AS", false },
    { "198.51.100.192", "DE", 64500, "EXAMPLE-AS", false },
    { "203.0.113.9", "JP", 4294967295u, LONG_NAME, false },
    { "192.0.2.1", "", VALUE_UNKNOWN, "", false },
    { "192.0.2.2", "", VALUE_UNKNOWN, "", false },
    { "10.0.0.1", "", VALUE_UNKNOWN, "", false },
    { "2001:db8:1::5", "BR", 64501, "Six", true },
    { "2001:db8::5", "BR", VALUE_UNKNOWN, "", true },
    { "fd00::1", "", VALUE_UNKNOWN, "", false },
};

static void check_geo(const struct names *names, unsigned ip_version)
{
    for (size_t i = 0; i < sizeof(geo_cases) / sizeof(geo_cases[0]); i++) {
        struct ip_addr addr = address(geo_cases[i].addr);
        bool known = ip_version == 6 || !geo_cases[i].ipv6_only;
        struct names_geo geo;

        names_geo(names, &addr, &geo);
        ck_assert_str_eq(geo.country, known ? geo_cases[i].country : "");
        ck_assert_uint_eq(geo.asn, known ? geo_cases[i].asn : VALUE_UNKNOWN);
        ck_assert_str_eq(geo.as_name, known ? geo_cases[i].as_name : "");
    }
}

START_TEST(countries_and_as_numbers)
{
    enum layout layout = _i & 1 ? FLAT : MAXMIND;
    unsigned ip_version = _i & 2 ? 6 : 4;
    struct mmdbwrite *countries = country_writer(layout, ip_version);
    struct mmdbwrite *numbers = asn_writer(layout, ip_version);
    struct names_geo geo;
    struct names *names;
    struct err err;

    save("country.mmdb", countries);
    save("asn.mmdb", numbers);
    names = open_names(NULL, "country.mmdb", "asn.mmdb", &err);
    ck_assert_msg(names != NULL, "%s", err.text);
    ck_assert_int_eq(err.status, EXIT_OK);
    check_geo(names, ip_version);
    names_geo(names, &(struct ip_addr){ .family = 0 }, &geo);
    ck_assert_str_eq(geo.country, "");
    names_free(names);
    mmdbwrite_free(countries);
    mmdbwrite_free(numbers);
}
END_TEST

START_TEST(no_names_know_no_country)
{
    struct ip_addr addr = address("198.51.100.1");
    struct names_geo geo;

    names_geo(NULL, &addr, &geo);
    ck_assert_str_eq(geo.country, "");
    ck_assert_str_eq(geo.as_name, "");
    ck_assert_uint_eq(geo.asn, VALUE_UNKNOWN);
}
END_TEST

/* A record without the value does not decide about the layout; a later one does. */
START_TEST(layout_is_that_of_a_record_with_the_value)
{
    struct mmdbwrite *writer = mmdbwrite_new(4);
    struct mmdbwrite_value empty = { .length = 0 };
    struct names *names;
    struct names_geo geo;
    struct ip_addr addr = address("203.0.113.1");
    struct err err;

    mmdbwrite_map(&empty, 0);
    for (unsigned i = 1; i < 200; i++) {
        char network[32];

        snprintf(network, sizeof(network), "%u.0.0.0/8", i);
        mmdbwrite_add(writer, network, &empty);
    }
    add_country(writer, FLAT, "203.0.113.0/24", "", "NZ");
    save("country.mmdb", writer);
    names = open_names(NULL, "country.mmdb", NULL, &err);
    ck_assert_msg(names != NULL, "%s", err.text);
    names_geo(names, &addr, &geo);
    ck_assert_str_eq(geo.country, "NZ");
    names_free(names);
    mmdbwrite_free(writer);
}
END_TEST

static void expect_error(const char *country, const char *asn, const char *text)
{
    struct err err;

    ck_assert_ptr_null(open_names(NULL, country, asn, &err));
    ck_assert_int_eq(err.status, EXIT_INPUT);
    ck_assert_msg(strstr(err.text, text) != NULL, "'%s' lacks '%s'", err.text, text);
    ck_assert_msg(strstr(err.text, directory) != NULL, "'%s' names no file", err.text);
    ck_assert_msg(strstr(err.text, asn ? "--asn" : "--geoip") != NULL, "%s", err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
}

START_TEST(a_named_database_must_be_one)
{
    struct mmdbwrite *countries = country_writer(MAXMIND, 4);
    struct mmdbwrite *numbers = asn_writer(FLAT, 4);
    struct mmdbwrite *nothing = mmdbwrite_new(4);
    char path[128];

    expect_error("missing.mmdb", NULL, "No such file");
    expect_error(NULL, "missing.mmdb", "No such file");
    expect_error("", NULL, "directory");
    write_file("country.mmdb", "", 0);
    expect_error("country.mmdb", NULL, "empty");
    write_file("country.mmdb", "a,b,c\n1,2,3\n", 12);
    expect_error("country.mmdb", NULL, "not a MaxMind DB");
    path_of("pipe", path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_error("pipe", NULL, "regular file");
    save("country.mmdb", countries);
    save("asn.mmdb", numbers);
    expect_error("asn.mmdb", NULL, "no countries");
    expect_error(NULL, "country.mmdb", "no AS numbers");
    save("country.mmdb", nothing);
    expect_error("country.mmdb", NULL, "no countries");
    mmdbwrite_free(countries);
    mmdbwrite_free(numbers);
    mmdbwrite_free(nothing);
}
END_TEST

/* Opens a damaged pair of files and asks for every address: whatever it says, it must not crash,
 * and an error must be one. */
static void use_damaged(void)
{
    struct err err = { .status = EXIT_OK };
    struct names *names = open_names(NULL, "country.mmdb", "country.mmdb", &err);

    if (!names) {
        ck_assert_int_eq(err.status, EXIT_INPUT);
        names = open_names(NULL, "country.mmdb", NULL, &err);
    }
    for (size_t i = 0; names && i < sizeof(geo_cases) / sizeof(geo_cases[0]); i++) {
        struct ip_addr addr = address(geo_cases[i].addr);
        struct names_geo geo;

        names_geo(names, &addr, &geo);
        ck_assert_uint_lt(strlen(geo.country), sizeof(geo.country));
        ck_assert_uint_lt(strlen(geo.as_name), sizeof(geo.as_name));
    }
    names_free(names);
}

/* One file that holds both countries and AS numbers. */
static uint8_t *both_in_one(enum layout layout, size_t *length)
{
    struct mmdbwrite *writer = country_writer(layout, 6);
    struct mmdbwrite_value value = { .length = 0 };
    uint8_t *bytes;

    mmdbwrite_map(&value, 3);
    mmdbwrite_text(&value, "country_code");
    mmdbwrite_text(&value, "CH");
    mmdbwrite_text(&value, "autonomous_system_number");
    mmdbwrite_uint(&value, 64502);
    mmdbwrite_text(&value, "autonomous_system_organization");
    mmdbwrite_text(&value, "both");
    mmdbwrite_add(writer, "10.0.0.0/8", &value);
    bytes = mmdbwrite_bytes(writer, length);
    mmdbwrite_free(writer);
    return bytes;
}

START_TEST(a_cut_database_does_no_harm)
{
    size_t length;
    uint8_t *bytes = both_in_one(_i ? FLAT : MAXMIND, &length);

    for (size_t cut = 0; cut < length; cut += cut < length - 400 ? 37 : 1) {
        write_file("country.mmdb", bytes, cut);
        use_damaged();
        write_file("country.mmdb", bytes + cut, length - cut);
        use_damaged();
    }
    free(bytes);
}
END_TEST

/* Bytes before the last members of the metadata: libmaxminddb 1.7 itself loses memory when the
 * languages or descriptions in a file are damaged. */
static size_t length_to_damage(const uint8_t *bytes, size_t length)
{
    const uint8_t *end = memmem(bytes, length, "languages", 9);

    ck_assert_ptr_nonnull(end);
    return (size_t)(end - bytes);
}

START_TEST(a_damaged_database_does_no_harm)
{
    enum { ROUNDS = 1000, SEED = 4789, NOT_TREE = 600 };
    size_t length, reach;
    uint8_t *bytes = both_in_one(_i ? FLAT : MAXMIND, &length);
    uint8_t *damaged = malloc(length);

    reach = length_to_damage(bytes, length);
    srandom(SEED);
    for (size_t round = 0; round < test_rounds(ROUNDS); round++) {
        memcpy(damaged, bytes, length);
        for (long flips = random() % 8 + 1; flips > 0; flips--) {
            size_t from = random() % 2 ? 0 : reach - NOT_TREE;

            damaged[from + (size_t)random() % (reach - from)] ^= (uint8_t)(1 + random() % 255);
        }
        write_file("country.mmdb", damaged, length);
        use_damaged();
    }
    free(damaged);
    free(bytes);
}
END_TEST

Suite *make_names_suite(void)
{
    Suite *suite = suite_create("names");
    TCase *services = tcase_create("services");
    TCase *databases = tcase_create("databases");
    size_t service_count = sizeof(service_cases) / sizeof(service_cases[0]);

    tcase_add_checked_fixture(services, set_up, tear_down);
    tcase_add_loop_test(services, service_of_a_port, 0, (int)service_count);
    tcase_add_test(services, one_name_has_one_id);
    tcase_add_test(services, no_services_file_is_no_error);
    tcase_add_test(services, services_are_bounded);
    tcase_add_test(services, recognised_apps_have_names);
    tcase_add_test(services, numbers_have_names);
    suite_add_tcase(suite, services);
    tcase_add_checked_fixture(databases, set_up, tear_down);
    tcase_set_timeout(databases, 120);
    tcase_add_loop_test(databases, countries_and_as_numbers, 0, 4);
    tcase_add_test(databases, no_names_know_no_country);
    tcase_add_test(databases, layout_is_that_of_a_record_with_the_value);
    tcase_add_test(databases, a_named_database_must_be_one);
    tcase_add_loop_test(databases, a_cut_database_does_no_harm, 0, 2);
    tcase_add_loop_test(databases, a_damaged_database_does_no_harm, 0, 2);
    suite_add_tcase(suite, databases);
    return suite;
}
