/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/filter/filter.h"
#include "../../src/options.h"
#include "../../src/options_table.h"
#include "../support/tempdir.h"

enum { WORDS_MAX = 24 };

static struct options options;
static struct err err;
static char directory[TEMPDIR_PATH], line[512], config_path[256];

/* The environment is that of all suites: it is put back. */
static const char *const variables[] = { "XDG_CONFIG_HOME", "HOME", "SUDO_UID" };
static char *kept[sizeof(variables) / sizeof(variables[0])];

static void setup(void)
{
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *value = getenv(variables[i]);

        kept[i] = value ? strdup(value) : NULL;
    }
    tempdir_make(directory);
    snprintf(config_path, sizeof(config_path), "%s/config", directory);
    setenv("XDG_CONFIG_HOME", directory, 1);
    unsetenv("SUDO_UID");
    options_default(&options);
}

static void teardown(void)
{
    options_free(&options);
    tempdir_remove(directory);
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        if (kept[i])
            setenv(variables[i], kept[i], 1);
        else
            unsetenv(variables[i]);
        free(kept[i]);
    }
}

/* Ends the first part of `text` that is not empty, up to `end`, and finds it; NULL: none is. */
static char *next_part(char *text, char end, char **rest)
{
    char *part;

    while (*text == end)
        text++;
    part = text;
    while (*text != end && *text != '\0')
        text++;
    *rest = *text ? text + 1 : text;
    *text = '\0';
    return *part ? part : NULL;
}

/* The arguments are the words of `text`. */
static bool parse(const char *text, const char *path)
{
    char *words[WORDS_MAX + 1] = { (char[]){ "mirrortop" } };
    int count = 1;

    ck_assert_uint_lt(strlen(text), sizeof(line));
    snprintf(line, sizeof(line), "%s", text);
    for (char *rest = line, *word; (word = next_part(rest, ' ', &rest)) != NULL;) {
        ck_assert_int_lt(count, WORDS_MAX);
        words[count++] = word;
    }
    words[count] = NULL;
    options_free(&options);
    options_default(&options);
    return options_parse(&options, count, words, path, &err);
}

static void save(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static bool parse_config(const char *text)
{
    options_free(&options);
    options_default(&options);
    return options_parse_config(&options, text, strlen(text), "conf", &err);
}

/* ---- the command line ------------------------------------------------------------------------ */

START_TEST(test_defaults)
{
    ck_assert(parse("-r x.pcap", NULL));
    ck_assert_str_eq(options.read_path, "x.pcap");
    ck_assert_int_eq(options.mode, MODE_RUN);
    ck_assert(!options.demo && !options.direct && !options.has_speed && !options.ascii);
    ck_assert_uint_eq(options.decode.vxlan_ports[0], 4789);
    ck_assert_uint_eq(options.decode.vxlan_ports[1], 0);
    ck_assert_uint_eq(options.decode.geneve_port, 6081);
    ck_assert_int_eq(options.batch, BATCH_NO);
    ck_assert(options.duration_s == 0 && options.count == 0);
    ck_assert_uint_eq(options.export_count, 0);
    ck_assert_uint_eq(options.max_flows, 262144);
    ck_assert_uint_eq(options.top, 100);
    ck_assert_ptr_null(options.theme);
    ck_assert_int_eq(options.color, COLOR_AUTO);
    ck_assert_int_eq(options.units, UNITS_BITS);
    ck_assert(options.interval_s == 1);
}
END_TEST

START_TEST(test_all_given)
{
    ck_assert_msg(
        parse("--read=- --direct --vxlan-port=1,65535,4789,8472 --geneve-port 6082 "
              "--aws-json=s --aws-json n "
              "--speed=0.25 --batch=json --duration=2.5 --count 12 -e csv:a --export b.csv "
              "--geoip=g --asn=a --max-flows=16 --top=1 --theme=mono",
              NULL),
        "%s", err.text);
    ck_assert_str_eq(options.read_path, "-");
    ck_assert(options.direct && options.has_speed);
    ck_assert_uint_eq(options.decode.vxlan_ports[0], 1);
    ck_assert_uint_eq(options.decode.vxlan_ports[1], 65535);
    ck_assert_uint_eq(options.decode.vxlan_ports[3], 8472);
    ck_assert_uint_eq(options.decode.geneve_port, 6082);
    ck_assert(options.speed == 0.25);
    ck_assert_int_eq(options.batch, BATCH_JSON);
    ck_assert(options.duration_s == 2.5);
    ck_assert_uint_eq(options.count, 12);
    ck_assert_uint_eq(options.export_count, 2);
    ck_assert_str_eq(options.exports[0], "csv:a");
    ck_assert_str_eq(options.exports[1], "b.csv");
    ck_assert_uint_eq(options.document_count, 2);
    ck_assert_str_eq(options.documents[0], "s");
    ck_assert_str_eq(options.documents[1], "n");
    ck_assert_str_eq(options.geoip, "g");
    ck_assert_str_eq(options.asn, "a");
    ck_assert_uint_eq(options.max_flows, 16);
    ck_assert_uint_eq(options.top, 1);
    ck_assert_str_eq(options.theme, "mono");
    ck_assert(parse("--demo --ascii --utc --no-mouse --color=never --units=bytes --interval=0.1 "
                    "--speed max -b --max-flows=16777216",
                    NULL));
    ck_assert(options.demo && options.ascii && options.utc && options.no_mouse);
    ck_assert(options.has_speed && options.speed == 0);
    ck_assert_int_eq(options.color, COLOR_NEVER);
    ck_assert_int_eq(options.units, UNITS_BYTES);
    ck_assert_int_eq(options.batch, BATCH_TEXT);
    ck_assert(options.interval_s == 0.1);
    ck_assert_uint_eq(options.max_flows, 16777216);
    ck_assert(parse("-bjson -rfile", NULL));
    ck_assert_int_eq(options.batch, BATCH_JSON);
    ck_assert_str_eq(options.read_path, "file");
    ck_assert(parse("--demo --utc=false --ascii=true --", NULL));
    ck_assert(!options.utc && options.ascii);
}
END_TEST

/* Pieces are read one after the other; an error says where it is. */
START_TEST(test_filter)
{
    char path[300], text[400];
    struct filter filter;

    snprintf(path, sizeof(path), "%s/rules", directory);
    save(path, "ingress tcp src 10.0.0.0/8\n");
    snprintf(text, sizeof(text), "-f session=3 -F %s --filter=tcp", path);
    ck_assert(parse(text, NULL));
    ck_assert_uint_eq(options.filter_count, 3);
    filter_init(&filter);
    ck_assert(!options_read_filter(&options, &filter, &err));
    ck_assert_int_eq(err.status, EXIT_USAGE);
    ck_assert_ptr_eq(strstr(err.text, "--filter:1:1: \"session=3\" is not a word of"), err.text);
    options.filters[0].value = "session 3; udp";
    ck_assert_msg(options_read_filter(&options, &filter, &err), "%s", err.text);
    ck_assert_uint_eq(filter.count, 1); /* what comes belongs to the only session that there is */
    ck_assert_uint_eq(filter.sessions[0].number, 3);
    ck_assert_uint_eq(filter.sessions[0].count, 9);
    filter_free(&filter);
    save(path, "\n tcp oops\n");
    ck_assert(!options_read_filter(&options, &filter, &err));
    ck_assert_int_eq(err.status, EXIT_INPUT);
    snprintf(text, sizeof(text), "%s:2:6: \"oops\" is not a word of a rule: ", path);
    ck_assert_ptr_eq(strstr(err.text, text), err.text);
    filter_free(&filter);
    save(config_path, "utc\nfilter = accept tcq\n");
    ck_assert(parse("--utc", config_path) && !options_read_filter(&options, &filter, &err));
    ck_assert_ptr_eq(strstr(err.text, "config:2: filter:1:8: \"tcq\" is not"), err.text);
}
END_TEST

/* A session whose filter is only named so far is an oversight; an empty filter is one. */
START_TEST(test_filter_without_rules)
{
    static const char sessions[] =
        "{\"TrafficMirrorSessions\":[{\"TrafficMirrorSessionId\":\"tms-1\",\"SessionNumber\":1,"
        "\"TrafficMirrorFilterId\":\"tmf-1\",\"NetworkInterfaceId\":\"eni-1\"}]}";
    static const char filters[] = "{\"TrafficMirrorFilters\":[{\"TrafficMirrorFilterId\":\"tmf-1\","
                                  "\"IngressFilterRules\":[],\"EgressFilterRules\":[]}]}";
    char path[300], other[300], text[700];
    struct filter filter;

    snprintf(path, sizeof(path), "%s/sessions", directory);
    snprintf(other, sizeof(other), "%s/filters", directory);
    save(path, sessions);
    save(other, filters);
    snprintf(text, sizeof(text), "-F %s", path);
    ck_assert(parse(text, NULL));
    filter_init(&filter);
    ck_assert(!options_read_filter(&options, &filter, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "filter tmf-1, of which nothing is known yet"));
    filter_free(&filter);
    snprintf(text, sizeof(text), "-F %s -F %s", path, other);
    ck_assert(parse(text, NULL));
    ck_assert_msg(options_read_filter(&options, &filter, &err), "%s", err.text);
    ck_assert_uint_eq(filter.count, 1);
    ck_assert_uint_eq(filter.sessions[0].count, 0);
    filter_free(&filter);
    snprintf(text, sizeof(text), "-F %s", other);
    ck_assert(parse(text, NULL));
    ck_assert_msg(options_read_filter(&options, &filter, &err), "%s", err.text);
    ck_assert_uint_eq(filter.count, 1);
    filter_free(&filter);
}
END_TEST

START_TEST(test_filter_of_command_line_wins)
{
    save(config_path, "filter = tcp; udp # two\nfilter-file = a\n");
    ck_assert(parse("--utc", config_path));
    ck_assert_uint_eq(options.filter_count, 2);
    ck_assert_str_eq(options.filters[0].value, "tcp; udp");
    ck_assert(!options.filters[0].is_file && options.filters[1].is_file);
    ck_assert(parse("-f icmp", config_path));
    ck_assert_uint_eq(options.filter_count, 1);
    ck_assert_str_eq(options.filters[0].value, "icmp");
}
END_TEST

static const struct {
    const char *arguments;
    enum options_mode mode;
} modes[] = {
    { "-h", MODE_HELP },
    { "--help", MODE_HELP },
    { "-V", MODE_VERSION },
    { "--version", MODE_VERSION },
    { "--list-themes", MODE_LIST_THEMES },
    { "--list-fields", MODE_LIST_FIELDS },
    { "--list-keys", MODE_LIST_KEYS },
    { "--ascii -h", MODE_HELP },
    { "--print-filter=cli", MODE_PRINT_FILTER },
};

START_TEST(test_modes)
{
    ck_assert(parse(modes[_i].arguments, NULL));
    ck_assert_int_eq(options.mode, modes[_i].mode);
}
END_TEST

static const struct {
    const char *arguments, *address, *interface;
    bool listen;
    unsigned port, vxlan[2];
} live[] = {
    { "", "", NULL, true, 4789, { 4789, 0 } },
    { "--utc", "", NULL, true, 4789, { 4789, 0 } },
    { "-l", "", NULL, true, 4789, { 4789, 0 } },
    { "--listen=5000", "", NULL, true, 5000, { 4789, 5000 } },
    { "-l5000 --vxlan-port=1", "", NULL, true, 5000, { 1, 5000 } },
    { "--vxlan-port=8472", "", NULL, true, 8472, { 8472, 0 } },
    { "--listen=10.0.0.5:4789", "10.0.0.5", NULL, true, 4789, { 4789, 0 } },
    { "--listen=[fd00::5]:1", "fd00::5", NULL, true, 1, { 4789, 1 } },
    { "-i eth0", "", "eth0", false, 4789, { 4789, 0 } },
    { "-i eth0 -l77", "", "eth0", true, 77, { 4789, 77 } },
};

START_TEST(test_live)
{
    ck_assert_msg(parse(live[_i].arguments, NULL), "%s", err.text);
    ck_assert_int_eq(options.listen, live[_i].listen);
    ck_assert_str_eq(options.listen_address, live[_i].address);
    ck_assert_uint_eq(options.listen_port, live[_i].port);
    ck_assert_uint_eq(options.decode.vxlan_ports[0], live[_i].vxlan[0]);
    ck_assert_uint_eq(options.decode.vxlan_ports[1], live[_i].vxlan[1]);
    ck_assert_pstr_eq(options.interface, live[_i].interface);
}
END_TEST

static const struct {
    const char *arguments, *message;
} refused[] = {
    { "x.pcap", "unexpected argument 'x.pcap': to replay a file give -r FILE" },
    { "-", "unexpected argument '-': to replay a file give -r FILE" },
    { "-- -r", "unexpected argument '-r': to replay a file give -r FILE" },
    { "--demo -b json", "unexpected argument 'json': write --batch=json" },
    { "-r a -r b", "-r: only one file can be read (already given: a)" },
    { "-r a --demo", "--read and --demo do not go together: give one of them" },
    { "-r", "-r needs a value: FILE" },
    { "--read", "--read needs a value: FILE" },
    { "--read=", "--read needs a value: FILE" },
    { "--geoip=", "--geoip needs a value: FILE" },
    { "-e", "-e needs a value: FORMAT:PATH" },
    { "--help=now", "--help takes no value" },
    { "--direct=maybe", "--direct: expected an address like 10.0.0.5 or 2001:db8::5, not 'maybe'" },
    { "-z", "unknown option -z: see mirrortop --help" },
    { "-l 4789", "unexpected argument '4789': write --listen=4789" },
    { "-l0", "-l: expected PORT, ADDR:PORT or [ADDR]:PORT (numbers), not '0'" },
    { "--listen=70000",
      "--listen: expected PORT, ADDR:PORT or [ADDR]:PORT (numbers), not '70000'" },
    { "--listen=::1:5",
      "--listen: expected PORT, ADDR:PORT or [ADDR]:PORT (numbers), not '::1:5'" },
    { "--listen=[1.2.3.4]:5",
      "--listen: expected PORT, ADDR:PORT or [ADDR]:PORT (numbers), not '[1.2.3.4]:5'" },
    { "--listen=host:5",
      "--listen: expected PORT, ADDR:PORT or [ADDR]:PORT (numbers), not 'host:5'" },
    { "--listen=[:5", "--listen: expected PORT, ADDR:PORT or [ADDR]:PORT (numbers), not '[:5'" },
    { "--listen=]:5", "--listen: expected PORT, ADDR:PORT or [ADDR]:PORT (numbers), not ']:5'" },
    { "--listen=5 --vxlan-port=1,2,3,4",
      "--listen: port 5 and those of --vxlan-port are more than 4: name it there" },
    { "-i eth0 -i eth1", "-i: only one interface can be captured on (already given: eth0)" },
    { "-i", "-i needs a value: IF" },
    { "-r a -i eth0", "--read and --interface do not go together: give one of them" },
    { "--demo --listen", "--demo and --listen do not go together: give one of them" },
    { "-bz", "-b: expected text or json, not 'z'" },
    { "--raed=x", "unknown option --raed: did you mean --read?" },
    { "--max-flow=9", "unknown option --max-flow: did you mean --max-flows?" },
    { "--colour=never", "unknown option --colour: did you mean --color?" },
    { "--vers", "unknown option --vers: did you mean --version?" },
    { "--xyzzy", "unknown option --xyzzy: see mirrortop --help" },
    { "--=x", "unknown option --: see mirrortop --help" },
    { "--batch=xml", "--batch: expected text or json, not 'xml'" },
    { "--speed=0", "--speed: expected a factor above 0 (up to 1000000) or max, not '0'" },
    { "--speed=-1", "--speed: expected a factor above 0 (up to 1000000) or max, not '-1'" },
    { "--speed=1e3", "--speed: expected a factor above 0 (up to 1000000) or max, not '1e3'" },
    { "--speed=inf", "--speed: expected a factor above 0 (up to 1000000) or max, not 'inf'" },
    { "--speed=.5", "--speed: expected a factor above 0 (up to 1000000) or max, not '.5'" },
    { "--speed=1.", "--speed: expected a factor above 0 (up to 1000000) or max, not '1.'" },
    { "--speed=1,5", "--speed: expected a factor above 0 (up to 1000000) or max, not '1,5'" },
    { "--duration=0",
      "--duration: expected a number of seconds above 0 (up to 1000000000), not '0'" },
    { "--duration=99999999999999999999999",
      "--duration: expected a number of seconds above 0 (up to 1000000000), not "
      "'99999999999999999999999'" },
    { "--count=0", "--count: expected a number of packets, 1 or more, not '0'" },
    { "--count=-1", "--count: expected a number of packets, 1 or more, not '-1'" },
    { "--count=5x", "--count: expected a number of packets, 1 or more, not '5x'" },
    { "--count=18446744073709551616",
      "--count: expected a number of packets, 1 or more, not '18446744073709551616'" },
    { "--vxlan-port=0",
      "--vxlan-port: expected ports from 1 to 65535, at most 4, with commas between, not '0'" },
    { "--vxlan-port=65536",
      "--vxlan-port: expected ports from 1 to 65535, at most 4, with commas between, not '65536'" },
    { "--vxlan-port=1,",
      "--vxlan-port: expected ports from 1 to 65535, at most 4, with commas between, not '1,'" },
    { "--vxlan-port=,1",
      "--vxlan-port: expected ports from 1 to 65535, at most 4, with commas between, not ',1'" },
    { "--vxlan-port=1,2,3,4,5",
      "--vxlan-port: expected ports from 1 to 65535, at most 4, with commas between, not "
      "'1,2,3,4,5'" },
    { "--geneve-port=70000", "--geneve-port: expected a port from 1 to 65535, not '70000'" },
    { "--max-flows=15", "--max-flows: expected a number from 16 to 16777216, not '15'" },
    { "--max-flows=16777217",
      "--max-flows: expected a number from 16 to 16777216, not '16777217'" },
    { "--top=0", "--top: expected a number from 1 to 100000, not '0'" },
    { "--top=100001", "--top: expected a number from 1 to 100000, not '100001'" },
    { "--interval=0.09", "--interval: expected seconds from 0.1 to 3600, not '0.09'" },
    { "--interval=3600.5", "--interval: expected seconds from 0.1 to 3600, not '3600.5'" },
    { "--color=yes", "--color: expected auto, always or never, not 'yes'" },
    { "--units=octets", "--units: expected bits or bytes, not 'octets'" },
    { "--aws-json=a --aws-json=", "--aws-json needs a value: FILE" },
    { "--print-filter=yaml", "--print-filter: expected rules, cli, json, cloudformation or "
                             "terraform, not 'yaml'" },
    { "-f", "-f needs a value: RULES" },
    { "-ea -ea -ea -ea -ea -ea -ea -ea -ea", "-e: at most 8 exports" },
};

START_TEST(test_refused)
{
    ck_assert(!parse(refused[_i].arguments, NULL));
    ck_assert_int_eq(err.status, EXIT_USAGE);
    ck_assert_str_eq(err.text, refused[_i].message);
}
END_TEST

/* ---- the config file ------------------------------------------------------------------------- */

START_TEST(test_config)
{
    ck_assert_msg(parse_config("# a comment\n"
                               "\n"
                               "  utc\r\n"
                               "ascii = true # another\n"
                               "\tno-mouse=false\n"
                               "theme = high contrast#1\n"
                               "top=7\n"
                               "vxlan-port = 4789,4790\n"
                               "export = csv:a\n"
                               "export = csv:b\n"
                               "batch\n"
                               "interval = 2.5"),
                  "%s", err.text);
    ck_assert(options.utc && options.ascii && !options.no_mouse);
    ck_assert_str_eq(options.theme, "high contrast#1");
    ck_assert_uint_eq(options.top, 7);
    ck_assert_uint_eq(options.decode.vxlan_ports[1], 4790);
    ck_assert_uint_eq(options.export_count, 2);
    ck_assert_str_eq(options.exports[1], "csv:b");
    ck_assert_int_eq(options.batch, BATCH_TEXT);
    ck_assert(options.interval_s == 2.5);
    ck_assert(parse_config(""));
}
END_TEST

static const struct {
    const char *text, *message;
} bad_configs[] = {
    { "utc\n\nthema = x\n", "conf:3: unknown name 'thema': did you mean theme?" },
    { "utc\nxyzzy", "conf:2: unknown name 'xyzzy': see mirrortop --help" },
    { "= 3", "conf:1: unknown name '': see mirrortop --help" },
    { "--utc", "conf:1: unknown name '--utc': did you mean utc?" },
    { "help", "conf:1: help has a meaning only on the command line" },
    { "theme", "conf:1: theme needs a value: NAME" },
    { "theme = # none", "conf:1: theme needs a value: NAME" },
    { "top = many", "conf:1: top: expected a number from 1 to 100000, not 'many'" },
    { "utc = yes", "conf:1: utc: expected true or false, not 'yes'" },
    { "utc\ntheme = \x1b[2J", "conf:2: a control character: not a text file?" },
    { "theme = \x7f", "conf:1: a control character: not a text file?" },
};

START_TEST(test_bad_config)
{
    ck_assert(!parse_config(bad_configs[_i].text));
    ck_assert_int_eq(err.status, EXIT_USAGE);
    ck_assert_str_eq(err.text, bad_configs[_i].message);
}
END_TEST

START_TEST(test_config_is_not_text)
{
    static char large[70000];

    ck_assert(!options_parse_config(&options, "utc\0ascii", 9, "conf", &err));
    ck_assert_str_eq(err.text, "conf: a NUL byte: not a text file");
    memset(large, '\n', sizeof(large));
    ck_assert(!options_parse_config(&options, large, sizeof(large), "conf", &err));
    ck_assert_str_eq(err.text, "conf: more than 65536 bytes: not a config file");
}
END_TEST

START_TEST(test_arguments_win)
{
    save(config_path, "top = 5\nread = a\nutc\ntheme = light\n");
    ck_assert(parse("--top=6", config_path));
    ck_assert_uint_eq(options.top, 6);
    ck_assert(options.utc);
    ck_assert_str_eq(options.theme, "light");
    ck_assert_str_eq(options.read_path, "a");
    ck_assert(parse("-r b --utc=false", config_path));
    ck_assert_str_eq(options.read_path, "b");
    ck_assert(!options.utc);
    ck_assert(parse("--demo", config_path));
    ck_assert(options.demo);
    ck_assert_ptr_null(options.read_path);
}
END_TEST

START_TEST(test_config_place)
{
    char path[128];

    ck_assert(parse("--demo", NULL)); /* there is none */
    snprintf(path, sizeof(path), "%s/mirrortop", directory);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/mirrortop/config", directory);
    save(path, "top = 5\n");
    ck_assert(parse("--demo", NULL));
    ck_assert_uint_eq(options.top, 5);
    save(path, "top = x\n");
    ck_assert(!parse("--demo", NULL));
    ck_assert_int_eq(err.status, EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "/mirrortop/config:1: top: expected"));

    setenv("XDG_CONFIG_HOME", "relative", 1); /* is to be ignored */
    setenv("HOME", directory, 1);
    ck_assert(parse("--demo", NULL));
    ck_assert_uint_eq(options.top, 100);
    snprintf(path, sizeof(path), "%s/.config", directory);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/.config/mirrortop", directory);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/.config/mirrortop/config", directory);
    save(path, "top = 6\n");
    ck_assert(parse("--demo", NULL));
    ck_assert_uint_eq(options.top, 6);
}
END_TEST

START_TEST(test_config_cannot_be_read)
{
    ck_assert(!parse("--demo", config_path)); /* named, and missing */
    ck_assert_int_eq(err.status, EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot be opened: No such file"));
    ck_assert(!parse("--demo", directory));
    ck_assert_ptr_nonnull(strstr(err.text, "must be a plain file"));
    ck_assert_int_eq(mkfifo(config_path, 0600), 0);
    ck_assert(!parse("--demo", config_path)); /* and does not hang */
    ck_assert_ptr_nonnull(strstr(err.text, "must be a plain file"));
}
END_TEST

/* Only root can have been called by sudo. */
START_TEST(test_config_of_somebody_else)
{
    save(config_path, "top = 5\n");
    setenv("SUDO_UID", "4711", 1);
    if (geteuid() == 0) {
        ck_assert(parse("--demo", config_path)); /* root's own */
        ck_assert_int_eq(chown(config_path, 4711, 0), 0);
        ck_assert(parse("--demo", config_path));
        ck_assert_int_eq(chown(config_path, 4712, 0), 0);
        ck_assert(!parse("--demo", config_path));
        ck_assert_int_eq(err.status, EXIT_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, "belongs to user 4712"));
    } else {
        ck_assert(parse("--demo", config_path));
    }
}
END_TEST

/* ---- the help -------------------------------------------------------------------------------- */

START_TEST(test_help)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    options_print_help(out);
    fclose(out);
    for (size_t i = 0; i < option_count; i++) {
        char name[64];

        snprintf(name, sizeof(name), " --%s", option_table[i].name);
        ck_assert_msg(strstr(text, name) != NULL, "%s is not in the help", name);
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(option_table[i].name, option_table[j].name);
            ck_assert(option_table[i].letter == 0 ||
                      option_table[i].letter != option_table[j].letter);
        }
    }
    for (char *rest = text, *at; (at = next_part(rest, '\n', &rest)) != NULL;) {
        ck_assert_msg(strlen(at) <= 80, "wider than 80: %s", at);
        ck_assert(at[strlen(at) - 1] != ' ');
    }
    free(text);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *make_options_suite(void);
Suite *make_options_suite(void)
{
    Suite *suite = suite_create("options");
    TCase *tcase = tcase_create("options");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_defaults);
    tcase_add_test(tcase, test_all_given);
    tcase_add_test(tcase, test_filter);
    tcase_add_test(tcase, test_filter_without_rules);
    tcase_add_test(tcase, test_filter_of_command_line_wins);
    tcase_add_loop_test(tcase, test_modes, 0, COUNT(modes));
    tcase_add_loop_test(tcase, test_live, 0, sizeof(live) / sizeof(live[0]));
    tcase_add_loop_test(tcase, test_refused, 0, COUNT(refused));
    tcase_add_test(tcase, test_config);
    tcase_add_loop_test(tcase, test_bad_config, 0, COUNT(bad_configs));
    tcase_add_test(tcase, test_config_is_not_text);
    tcase_add_test(tcase, test_arguments_win);
    tcase_add_test(tcase, test_config_place);
    tcase_add_test(tcase, test_config_cannot_be_read);
    tcase_add_test(tcase, test_config_of_somebody_else);
    tcase_add_test(tcase, test_help);
    suite_add_tcase(suite, tcase);
    return suite;
}
