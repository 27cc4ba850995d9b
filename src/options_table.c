/* SPDX-License-Identifier: MIT */
#include "options_table.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

static bool option_refuse(const struct option_use *use, const char *expected, struct err *err)
{
    return err_set(err, EXIT_USAGE, "%s: expected %s, not '%.80s'", use->where, expected,
                   use->value ? use->value : "");
}

static void *option_field(struct options *options, const struct option_use *use)
{
    return (char *)options + use->option->offset;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* A decimal number without sign; *end is behind it. Saturates. */
static uint64_t parse_digits(const char *text, const char **end)
{
    uint64_t number = 0;

    for (; *text >= '0' && *text <= '9'; text++) {
        if (__builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
            number = UINT64_MAX;
    }
    *end = text;
    return number;
}

static bool parse_count(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    const char *end;

    *number = parse_digits(text, &end);
    return end != text && *end == '\0' && *number >= least && *number <= most;
}

/* Digits, and perhaps a point and more of them: the same in every locale. */
static bool parse_decimal(const char *text, double *number)
{
    const char *end;
    double scale = 1;

    *number = (double)parse_digits(text, &end);
    if (end == text)
        return false;
    if (*end == '.') {
        const char *digit = end + 1;

        for (; *digit >= '0' && *digit <= '9'; digit++) {
            scale /= 10;
            *number += scale * (*digit - '0');
        }
        if (digit == end + 1)
            return false;
        end = digit;
    }
    return *end == '\0';
}

static bool parse_choice(const char *text, const char *const *choices, size_t count, size_t *choice)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, choices[i]) == 0) {
            *choice = i;
            return true;
        }
    }
    return false;
}

/* ---- setters --------------------------------------------------------------------------------- */

static bool set_text(struct options *options, const struct option_use *use, struct err *err)
{
    const char *value = use->value;

    (void)err;
    memcpy(option_field(options, use), &value, sizeof(value));
    return true;
}

static bool set_flag(struct options *options, const struct option_use *use, struct err *err)
{
    static const char *const words[] = { "false", "true" };
    size_t choice = 1;

    if (use->value && !parse_choice(use->value, words, 2, &choice))
        return option_refuse(use, "true or false", err);
    *(bool *)option_field(options, use) = choice == 1;
    return true;
}

static bool set_read(struct options *options, const struct option_use *use, struct err *err)
{
    if (options->read_path)
        return err_set(err, EXIT_USAGE, "%s: only one file can be read (already given: %.80s)",
                       use->where, options->read_path);
    options->read_path = use->value;
    return true;
}

/* "PORT", "ADDR:PORT" or "[ADDR]:PORT", the address numeric. */
static bool parse_endpoint(const char *text, char address[OPTIONS_ADDRESS], uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    const char *from = text, *to = colon;
    uint8_t bytes[sizeof(struct in6_addr)];
    uint64_t number;

    address[0] = '\0';
    if (colon) {
        bool brackets = text[0] == '[' && colon > text && colon[-1] == ']';

        from += brackets;
        to -= brackets;
        if (to - from >= OPTIONS_ADDRESS)
            return false;
        memcpy(address, from, (size_t)(to - from));
        address[to - from] = '\0';
        if (inet_pton(brackets ? AF_INET6 : AF_INET, address, bytes) != 1)
            return false;
    }
    if (!parse_count(colon ? colon + 1 : text, 1, UINT16_MAX, &number))
        return false;
    *port = (uint16_t)number;
    return true;
}

static bool set_listen(struct options *options, const struct option_use *use, struct err *err)
{
    options->listen = true;
    if (use->value && !parse_endpoint(use->value, options->listen_address, &options->listen_port))
        return option_refuse(use, "PORT, ADDR:PORT or [ADDR]:PORT (numbers)", err);
    return true;
}

static bool set_health(struct options *options, const struct option_use *use, struct err *err)
{
    options->health = true;
    if (!parse_endpoint(use->value, options->health_address, &options->health_port))
        return option_refuse(use, "PORT, ADDR:PORT or [ADDR]:PORT (numbers)", err);
    return true;
}

static bool set_direct(struct options *options, const struct option_use *use, struct err *err)
{
    struct ip_addr *host = &options->direct_host;
    const char *value = use->value ? use->value : "true";

    *host = (struct ip_addr){ .family = 0 };
    options->direct = strcmp(value, "false") != 0;
    if (!options->direct || strcmp(value, "true") == 0)
        return true;
    host->family = strchr(value, ':') ? 6 : 4;
    return inet_pton(host->family == 6 ? AF_INET6 : AF_INET, value, host->bytes) == 1 ||
           option_refuse(use, "an address like 10.0.0.5 or 2001:db8::5", err);
}

static bool set_interface(struct options *options, const struct option_use *use, struct err *err)
{
    if (options->interface)
        return err_set(err, EXIT_USAGE,
                       "%s: only one interface can be captured on (already given: %.80s)",
                       use->where, options->interface);
    options->interface = use->value;
    return true;
}

static bool set_speed(struct options *options, const struct option_use *use, struct err *err)
{
    double speed = 0;

    if (strcmp(use->value, "max") != 0 &&
        (!parse_decimal(use->value, &speed) || speed < 1e-6 || speed > 1e6))
        return option_refuse(use, "a factor above 0 (up to 1000000) or max", err);
    options->speed = speed;
    options->has_speed = true;
    return true;
}

static bool set_duration(struct options *options, const struct option_use *use, struct err *err)
{
    double seconds;

    if (!parse_decimal(use->value, &seconds) || seconds < 1e-9 || seconds > 1e9)
        return option_refuse(use, "a number of seconds above 0 (up to 1000000000)", err);
    options->duration_s = seconds;
    return true;
}

static bool set_count(struct options *options, const struct option_use *use, struct err *err)
{
    uint64_t count;

    if (!parse_count(use->value, 1, UINT64_MAX - 1, &count))
        return option_refuse(use, "a number of packets, 1 or more", err);
    options->count = count;
    return true;
}

static bool set_vxlan_ports(struct options *options, const struct option_use *use, struct err *err)
{
    uint16_t ports[DECODE_MAX_PORTS] = { 0 };
    const char *at = use->value;
    bool good = true;

    for (size_t i = 0; good; i++) {
        const char *end;
        uint64_t port = parse_digits(at, &end);

        good = i < DECODE_MAX_PORTS && end != at && port >= 1 && port <= UINT16_MAX &&
               (*end == ',' || *end == '\0');
        if (!good)
            break;
        ports[i] = (uint16_t)port;
        if (*end == '\0')
            break;
        at = end + 1;
    }
    if (!good)
        return option_refuse(use, "ports from 1 to 65535, at most 4, with commas between", err);
    memcpy(options->decode.vxlan_ports, ports, sizeof(ports));
    options->has_vxlan_ports = true;
    return true;
}

static bool set_geneve_port(struct options *options, const struct option_use *use, struct err *err)
{
    uint64_t port;

    if (!parse_count(use->value, 1, UINT16_MAX, &port))
        return option_refuse(use, "a port from 1 to 65535", err);
    options->decode.geneve_port = (uint16_t)port;
    return true;
}

static bool set_max_flows(struct options *options, const struct option_use *use, struct err *err)
{
    uint64_t flows;

    if (!parse_count(use->value, 16, 16777216, &flows))
        return option_refuse(use, "a number from 16 to 16777216", err);
    options->max_flows = (size_t)flows;
    return true;
}

static bool set_price(double *price, const struct option_use *use, struct err *err)
{
    double value;

    if (!parse_decimal(use->value, &value) || value < 1e-9 || value > 1e6)
        return option_refuse(use, "a price above 0 (up to 1000000), such as 0.015", err);
    *price = value;
    return true;
}

static bool set_price_gb(struct options *options, const struct option_use *use, struct err *err)
{
    return set_price(&options->price_gb, use, err);
}

static bool set_price_hour(struct options *options, const struct option_use *use, struct err *err)
{
    return set_price(&options->price_session_hour, use, err);
}

static bool set_packet_length(struct options *options, const struct option_use *use,
                              struct err *err)
{
    uint64_t bytes;

    if (!parse_count(use->value, 1, 65535, &bytes))
        return option_refuse(use, "a number of bytes from 1 to 65535", err);
    options->packet_length = bytes;
    return true;
}

static bool set_top(struct options *options, const struct option_use *use, struct err *err)
{
    uint64_t top;

    if (!parse_count(use->value, 1, 100000, &top))
        return option_refuse(use, "a number from 1 to 100000", err);
    options->top = (size_t)top;
    options->has_top = true;
    return true;
}

static bool set_batch(struct options *options, const struct option_use *use, struct err *err)
{
    static const char *const formats[] = { "text", "json" };
    size_t choice = 0;

    if (use->value && !parse_choice(use->value, formats, 2, &choice))
        return option_refuse(use, "text or json", err);
    options->batch = choice == 0 ? BATCH_TEXT : BATCH_JSON;
    return true;
}

static bool set_export(struct options *options, const struct option_use *use, struct err *err)
{
    if (options->export_count == OPTIONS_MAX_EXPORTS)
        return err_set(err, EXIT_USAGE, "%s: at most %d exports", use->where, OPTIONS_MAX_EXPORTS);
    options->exports[options->export_count++] = use->value;
    return true;
}

static bool set_explain(struct options *options, const struct option_use *use, struct err *err)
{
    options->explains = true;
    return explain_parse(&options->explain, use->value, use->where, err);
}

static bool set_document(struct options *options, const struct option_use *use, struct err *err)
{
    if (options->document_count == OPTIONS_MAX_DOCUMENTS)
        return err_set(err, EXIT_USAGE, "%s: at most %d documents", use->where,
                       OPTIONS_MAX_DOCUMENTS);
    options->documents[options->document_count++] = use->value;
    return true;
}

static bool set_filter(struct options *options, const struct option_use *use, struct err *err)
{
    if (options->filter_count == OPTIONS_MAX_FILTERS)
        return err_set(err, EXIT_USAGE, "%s: at most %d pieces of a filter", use->where,
                       OPTIONS_MAX_FILTERS);
    options->filters[options->filter_count++] = (struct options_filter){
        .value = use->value,
        .is_file = use->option->letter == 'F',
        .config_line = use->config_line,
    };
    return true;
}

static bool set_print_filter(struct options *options, const struct option_use *use, struct err *err)
{
    options->mode = MODE_PRINT_FILTER;
    return filter_format_find(use->value, &options->print_format) ||
           option_refuse(use, "rules, cli, json, cloudformation or terraform", err);
}

static bool set_color(struct options *options, const struct option_use *use, struct err *err)
{
    static const char *const modes[] = { "auto", "always", "never" };
    size_t choice;

    if (!parse_choice(use->value, modes, 3, &choice))
        return option_refuse(use, "auto, always or never", err);
    options->color = (enum color_mode)choice;
    return true;
}

static bool set_units(struct options *options, const struct option_use *use, struct err *err)
{
    static const char *const units[] = { "bits", "bytes" };
    size_t choice;

    if (!parse_choice(use->value, units, UNITS_COUNT, &choice))
        return option_refuse(use, "bits or bytes", err);
    options->units = (enum format_units)choice;
    return true;
}

static bool set_interval(struct options *options, const struct option_use *use, struct err *err)
{
    double seconds;

    if (!parse_decimal(use->value, &seconds) || seconds < 0.1 || seconds > 3600)
        return option_refuse(use, "seconds from 0.1 to 3600", err);
    options->interval_s = seconds;
    options->has_interval = true;
    return true;
}

static bool set_mode(struct options *options, const struct option_use *use, struct err *err)
{
    static const struct {
        const char *name;
        enum options_mode mode;
    } modes[] = {
        { "help", MODE_HELP },
        { "version", MODE_VERSION },
        { "list-themes", MODE_LIST_THEMES },
        { "list-fields", MODE_LIST_FIELDS },
        { "list-keys", MODE_LIST_KEYS },
        { "list-interfaces", MODE_LIST_INTERFACES },
    };

    (void)err;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(use->option->name, modes[i].name) == 0)
            options->mode = modes[i].mode;
    }
    return true;
}

/* ---- the table ------------------------------------------------------------------------------- */

#define FIELD(member) offsetof(struct options, member)

const struct option option_table[] = {
    { "listen", 'l', GROUP_INPUT, ARGUMENT_OPTIONAL, "[ADDR:]PORT",
      "receive mirrored packets on a UDP socket (default:\nport 4789, IPv4 and IPv6; the default "
      "input)",
      set_listen, 0 },
    { "interface", 'i', GROUP_INPUT, ARGUMENT_REQUIRED, "IF", "capture on an interface",
      set_interface, 0 },
    { "promiscuous", 0, GROUP_INPUT, ARGUMENT_FLAG, NULL,
      "with -i: also take frames for other hosts", set_flag, FIELD(promiscuous) },
    { "read", 'r', GROUP_INPUT, ARGUMENT_REQUIRED, "FILE",
      "replay a pcap or pcapng file; - is standard input", set_read, 0 },
    { "demo", 0, GROUP_INPUT, ARGUMENT_FLAG, NULL, "replay the built-in sample", set_flag,
      FIELD(demo) },
    { "speed", 0, GROUP_INPUT, ARGUMENT_REQUIRED, "X|max",
      "replay speed, 1 as recorded\n(default: 1 on the screen, max in batch)", set_speed, 0 },
    { "duration", 0, GROUP_INPUT, ARGUMENT_REQUIRED, "S", "stop after so many seconds",
      set_duration, 0 },
    { "count", 0, GROUP_INPUT, ARGUMENT_REQUIRED, "N", "stop after so many packets", set_count, 0 },

    { "direct", 0, GROUP_DECODE, ARGUMENT_OPTIONAL, "ADDR",
      "also take frames that are not encapsulated\n(shown as the session \"direct\"); ADDR: of the "
      "host\nthey were captured on, for ingress and egress",
      set_direct, 0 },
    { "no-dedup", 0, GROUP_DECODE, ARGUMENT_FLAG, NULL,
      "count packets that are mirrored at both ends twice", set_flag, FIELD(no_dedup) },
    { "vxlan-port", 0, GROUP_DECODE, ARGUMENT_REQUIRED, "N[,N]",
      "UDP ports of VXLAN, at most 4 (default: 4789)", set_vxlan_ports, 0 },
    { "geneve-port", 0, GROUP_DECODE, ARGUMENT_REQUIRED, "N", "UDP port of GENEVE (default: 6081)",
      set_geneve_port, 0 },
    { "packet-length", 0, GROUP_DECODE, ARGUMENT_REQUIRED, "N",
      "bytes of a frame that the mirror is to keep, for the\nprojection of what a filter costs",
      set_packet_length, 0 },
    { "price-gb", 0, GROUP_DECODE, ARGUMENT_REQUIRED, "X",
      "price of a mirrored gigabyte, for the projection", set_price_gb, 0 },
    { "price-session-hour", 0, GROUP_DECODE, ARGUMENT_REQUIRED, "X",
      "price of an hour of a mirror session", set_price_hour, 0 },
    { "max-flows", 0, GROUP_DECODE, ARGUMENT_REQUIRED, "N",
      "bound of the flow table (default: 262144)", set_max_flows, 0 },
    { "geoip", 0, GROUP_DECODE, ARGUMENT_REQUIRED, "FILE",
      "MaxMind DB file of countries\n(also found in the usual places)", set_text, FIELD(geoip) },
    { "asn", 0, GROUP_DECODE, ARGUMENT_REQUIRED, "FILE", "MaxMind DB file of AS numbers", set_text,
      FIELD(asn) },
    { "aws-json", 0, GROUP_DECODE, ARGUMENT_REQUIRED, "FILE",
      "names of sessions: what \"aws ec2\" describe-traffic-\nmirror-sessions, -filters, -targets "
      "and describe-\nnetwork-interfaces print; may be given up to 32\ntimes",
      set_document, 0 },

    { "filter", 'f', GROUP_DECODE, ARGUMENT_REQUIRED, "RULES",
      "show only what a mirror with these rules would\nmirror, see mirrortop-filter(7)", set_filter,
      0 },
    { "filter-file", 'F', GROUP_DECODE, ARGUMENT_REQUIRED, "FILE",
      "the same from a file: rules, commands of \"aws\",\nJSON; both may be given, up to 32 times",
      set_filter, 0 },

    { "batch", 'b', GROUP_OUTPUT, ARGUMENT_OPTIONAL, "text|json",
      "no screen: print the report at the end (default:\ntext; implied when stdout is not a "
      "terminal)",
      set_batch, 0 },
    { "export", 'e', GROUP_OUTPUT, ARGUMENT_REQUIRED, "FORMAT:PATH",
      "write every flow, as csv or json; - is stdout;\nFORMAT: may be left out if the file's "
      "ending tells\nit; may be given up to 8 times",
      set_export, 0 },
    { "health", 0, GROUP_OUTPUT, ARGUMENT_REQUIRED, "[ADDR:]PORT",
      "answer the health checks of load balancers\n(TCP or HTTP) on this port", set_health, 0 },
    { "doctor", 0, GROUP_OUTPUT, ARGUMENT_FLAG, NULL,
      "judge the mirror itself instead of a report (live:\nfor 15 s, or --duration); exit status "
      "1: findings",
      set_flag, FIELD(doctor) },
    { "explain", 0, GROUP_OUTPUT, ARGUMENT_REQUIRED, "FLOW|COUNTER",
      "the packets behind what is counted of a TCP flow\n"
      "(10.0.1.10:50001-192.0.2.80:443), as retransmits,\n"
      "late and so on, or all; and why",
      set_explain, 0 },
    { "top", 0, GROUP_OUTPUT, ARGUMENT_REQUIRED, "N",
      "rows of a table in the report (default: 100)", set_top, 0 },

    { "theme", 0, GROUP_SCREEN, ARGUMENT_REQUIRED, "NAME", "colours; see --list-themes", set_text,
      FIELD(theme) },
    { "color", 0, GROUP_SCREEN, ARGUMENT_REQUIRED, "WHEN",
      "auto, always or never (NO_COLOR is honoured)", set_color, 0 },
    { "ascii", 0, GROUP_SCREEN, ARGUMENT_FLAG, NULL, "draw with ASCII only", set_flag,
      FIELD(ascii) },
    { "units", 0, GROUP_SCREEN, ARGUMENT_REQUIRED, "bits|bytes", "unit of rates (default: bits)",
      set_units, 0 },
    { "utc", 0, GROUP_SCREEN, ARGUMENT_FLAG, NULL, "times in UTC", set_flag, FIELD(utc) },
    { "interval", 0, GROUP_SCREEN, ARGUMENT_REQUIRED, "S",
      "seconds between two pictures, 0.1 to 3600\n(default: 1); in a live batch run: between two\n"
      "reports (default: only one, at the end)",
      set_interval, 0 },
    { "no-mouse", 0, GROUP_SCREEN, ARGUMENT_FLAG, NULL, "leave the mouse to the terminal", set_flag,
      FIELD(no_mouse) },

    { "no-sandbox", 0, GROUP_OTHER, ARGUMENT_FLAG, NULL,
      "leave out Landlock and seccomp; privileges are\ndropped all the same", set_flag,
      FIELD(no_sandbox) },

    { "help", 'h', GROUP_OTHER, ARGUMENT_NONE, NULL, "this text", set_mode, 0 },
    { "version", 'V', GROUP_OTHER, ARGUMENT_NONE, NULL, "the version", set_mode, 0 },
    { "list-themes", 0, GROUP_OTHER, ARGUMENT_NONE, NULL, "the themes there are", set_mode, 0 },
    { "list-fields", 0, GROUP_OTHER, ARGUMENT_NONE, NULL, "columns and what they mean", set_mode,
      0 },
    { "list-keys", 0, GROUP_OTHER, ARGUMENT_NONE, NULL, "the keys of the screen", set_mode, 0 },
    { "print-filter", 0, GROUP_OTHER, ARGUMENT_REQUIRED, "FORMAT",
      "the filter of -f and -F as rules, cli, json,\ncloudformation or terraform", set_print_filter,
      0 },
    { "list-interfaces", 0, GROUP_OTHER, ARGUMENT_NONE, NULL, "what -i can be given", set_mode, 0 },
};

const size_t option_count = sizeof(option_table) / sizeof(option_table[0]);

const struct option *option_find(const char *name, size_t length)
{
    for (size_t i = 0; i < option_count; i++) {
        if (strlen(option_table[i].name) == length &&
            memcmp(option_table[i].name, name, length) == 0)
            return &option_table[i];
    }
    return NULL;
}

const struct option *option_find_letter(char letter)
{
    for (size_t i = 0; i < option_count; i++) {
        if (option_table[i].letter != 0 && option_table[i].letter == letter)
            return &option_table[i];
    }
    return NULL;
}

/* How many letters must be changed, added or left out to make `b` of `a` (Levenshtein). */
static size_t name_distance(const char *a, size_t a_length, const char *b)
{
    enum { MOST = 24 };
    size_t row[MOST + 1];
    size_t b_length = strlen(b);

    if (a_length > MOST || b_length > MOST)
        return MOST;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_length];
}

const char *option_suggest(const char *name, size_t length)
{
    const char *nearest = NULL;
    size_t least = 3; /* two letters off is a slip, three another word */

    for (size_t i = 0; i < option_count; i++) {
        size_t distance = name_distance(name, length, option_table[i].name);

        if (length >= 3 && strncmp(name, option_table[i].name, length) == 0)
            distance = 1;
        if (distance < least && distance < length) {
            least = distance;
            nearest = option_table[i].name;
        }
    }
    return nearest;
}

bool option_apply(struct options *options, const struct option_use *use, struct err *err)
{
    const struct option *option = use->option;

    if (option->argument == ARGUMENT_NONE && use->value)
        return err_set(err, EXIT_USAGE, "%s takes no value", use->where);
    if (option->argument == ARGUMENT_REQUIRED && (!use->value || use->value[0] == '\0'))
        return err_set(err, EXIT_USAGE, "%s needs a value: %s", use->where, option->value_name);
    return option->set(options, use, err);
}
