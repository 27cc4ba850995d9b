/* SPDX-License-Identifier: MIT */
#include "complete.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "read_state.h"
#include "words.h"

/* What a word that may stand in a statement is about: of one kind only one is wanted. */
enum kind {
    KIND_ACTION = 1 << 0,
    KIND_DIRECTION = 1 << 1,
    KIND_PROTOCOL = 1 << 2,
    KIND_SRC = 1 << 3,
    KIND_DST = 1 << 4,
    KIND_SRC_PORTS = 1 << 5,
    KIND_DST_PORTS = 1 << 6,
    KIND_DESCRIPTION = 1 << 7,
    KIND_ALONE = 1 << 8, /* a statement of its own */
};

static const struct statement_word {
    const char *word;
    unsigned kinds;
    const char *hint;
} statement_words[] = {
    { "accept", KIND_ACTION, "mirror what matches" },
    { "reject", KIND_ACTION, "do not mirror what matches" },
    { "not", KIND_ACTION, "reject what matches, accept all else" },
    { "ingress", KIND_DIRECTION, "into the mirror source" },
    { "egress", KIND_DIRECTION, "out of the mirror source" },
    { "tcp", KIND_PROTOCOL, "protocol 6" },
    { "udp", KIND_PROTOCOL, "protocol 17" },
    { "icmp", KIND_PROTOCOL, "protocol 1" },
    { "icmp6", KIND_PROTOCOL, "protocol 58" },
    { "protocol", KIND_PROTOCOL, "any other, by name or number" },
    { "src", KIND_SRC, "source network" },
    { "dst", KIND_DST, "destination network" },
    { "host", KIND_SRC | KIND_DST, "an address, on either side" },
    { "net", KIND_SRC | KIND_DST, "a network, on either side" },
    { "sport", KIND_SRC_PORTS, "source port" },
    { "dport", KIND_DST_PORTS, "destination port" },
    { "port", KIND_SRC_PORTS | KIND_DST_PORTS, "a port, on either side" },
    { "description", KIND_DESCRIPTION, "a text in quotes" },
    { "amazon-dns", KIND_ALONE, "DNS of the Amazon resolver, whatever the rules say" },
    { "session", KIND_ALONE, "what follows is of this mirror session" },
    { "packet-length", KIND_ALONE, "bytes that the session mirrors of a packet" },
    { "reject-goes-on", KIND_ALONE, "what one session rejects the next may accept" },
    { "reject-ends", KIND_ALONE, "what one session rejects is not mirrored" },
    { "aws", KIND_ALONE, "a command of the aws program" },
};

/* Words whose next word is a value. */
enum value {
    VALUE_NONE,
    VALUE_OWN, /* the user's */
    VALUE_NETWORK,
    VALUE_PORT,
    VALUE_PROTOCOL,
    VALUE_DIRECTION,
    VALUE_ACTION,
    VALUE_SERVICE,
    VALUE_RANGE,
    VALUE_EC2,
    VALUE_COMMAND,
};

static const struct value_word {
    const char *word;
    enum value value;
} value_words[] = {
    { "src", VALUE_NETWORK },
    { "dst", VALUE_NETWORK },
    { "net", VALUE_NETWORK },
    { "host", VALUE_OWN },
    { "sport", VALUE_PORT },
    { "dport", VALUE_PORT },
    { "port", VALUE_PORT },
    { "description", VALUE_OWN },
    { "protocol", VALUE_PROTOCOL },
    { "session", VALUE_OWN },
    { "packet-length", VALUE_OWN },
    { "vni", VALUE_OWN },
    { "filter-id", VALUE_OWN },
    { "filter-description", VALUE_OWN },
    { "aws", VALUE_EC2 },
    { "ec2", VALUE_COMMAND },
    { "--traffic-direction", VALUE_DIRECTION },
    { "--rule-action", VALUE_ACTION },
    { "--protocol", VALUE_PROTOCOL },
    { "--source-cidr-block", VALUE_NETWORK },
    { "--destination-cidr-block", VALUE_NETWORK },
    { "--source-port-range", VALUE_RANGE },
    { "--destination-port-range", VALUE_RANGE },
    { "--add-network-services", VALUE_SERVICE },
    { "--remove-network-services", VALUE_SERVICE },
};

/* The statement up to the cursor. */
struct scan {
    size_t at;        /* of the word that is typed */
    bool quoted;      /* or a comment */
    size_t words;     /* before it */
    unsigned kinds;   /* of these */
    enum value value; /* what the last of them wants */
};

static bool is_word(const char *at, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(at, word, length) == 0;
}

static enum value value_after(const char *at, size_t length)
{
    for (size_t i = 0; i < sizeof(value_words) / sizeof(value_words[0]); i++) {
        if (is_word(at, length, value_words[i].word))
            return value_words[i].value;
    }
    return length > 2 && memcmp(at, "--", 2) == 0 ? VALUE_OWN : VALUE_NONE;
}

static unsigned kinds_of(const char *at, size_t length)
{
    char word[COMPLETE_WORD];
    int16_t protocol;

    for (size_t i = 0; i < sizeof(statement_words) / sizeof(statement_words[0]); i++) {
        if (is_word(at, length, statement_words[i].word))
            return statement_words[i].kinds;
    }
    if (length >= sizeof(word) || at[strspn(at, "0123456789")] == at[length])
        return 0;
    memcpy(word, at, length);
    word[length] = '\0';
    return filter_protocol_find(word, &protocol) ? KIND_PROTOCOL : 0;
}

/* A word ends; what it was for counts. */
static void scan_word(struct scan *scan, const char *at, size_t length)
{
    bool was_value = scan->value != VALUE_NONE && scan->value != VALUE_EC2;

    scan->words++;
    scan->value = VALUE_NONE;
    if (was_value)
        return;
    scan->kinds |= kinds_of(at, length);
    scan->value = value_after(at, length);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Behind what begins at `at`: a quoted text, a comment, or one character. */
static size_t skip(const char *text, size_t at, size_t cursor, bool *open)
{
    char quote = text[at];

    *open = false;
    if (quote != '"' && quote != '\'')
        return at + 1;
    for (at++; at < cursor && text[at] != quote; at++)
        at += quote == '"' && text[at] == '\\' && at + 1 < cursor;
    *open = at >= cursor;
    return *open ? cursor : at + 1;
}

static struct scan scan_text(const char *text, size_t cursor)
{
    struct scan scan = { .at = 0 };
    size_t at = 0, begin = 0;

    while (at < cursor && !scan.quoted) {
        char c = text[at];
        bool stop = c == ';' || c == '\n';

        if (!is_blank(c) && !stop && !(c == '#' && at == begin)) {
            at = skip(text, at, cursor, &scan.quoted);
            continue;
        }
        if (c == '#') {
            while (at < cursor && text[at] != '\n')
                at++;
            scan.quoted = at == cursor;
            begin = at;
            continue;
        }
        if (at > begin)
            scan_word(&scan, text + begin, at - begin);
        if (stop)
            scan = (struct scan){ .at = 0 };
        begin = ++at;
    }
    scan.at = begin;
    return scan;
}

/* ---- offers ---------------------------------------------------------------------------------- */

struct offers {
    struct filter_completion *completion;
    const char *typed;
    size_t length;
};

static void offer(const struct offers *offers, const char *word, const char *hint)
{
    struct filter_completion *completion = offers->completion;

    if (completion->count == COMPLETE_WORDS || strncmp(word, offers->typed, offers->length) != 0)
        return;
    snprintf(completion->words[completion->count], COMPLETE_WORD, "%s", word);
    snprintf(completion->hints[completion->count], COMPLETE_HINT, "%s", hint);
    completion->count++;
}

static void offer_statement_words(const struct offers *offers, const struct scan *scan)
{
    if ((scan->kinds & KIND_ALONE) != 0)
        return;
    for (size_t i = 0; i < sizeof(statement_words) / sizeof(statement_words[0]); i++) {
        const struct statement_word *word = &statement_words[i];

        if ((word->kinds & scan->kinds) == 0 && (scan->words == 0 || word->kinds != KIND_ALONE))
            offer(offers, word->word, word->hint);
    }
}

/* All names of protocols where somebody has begun one. */
static void offer_protocols(const struct offers *offers)
{
    const char *name;

    for (size_t i = 0; (name = filter_protocol_word(i)); i++) {
        int16_t protocol;
        char hint[COMPLETE_HINT] = "";

        if (filter_protocol_find(name, &protocol) && protocol >= 0)
            snprintf(hint, sizeof(hint), "protocol %d", protocol);
        offer(offers, name, hint);
    }
}

static void offer_ports(const struct offers *offers)
{
    const char *name;
    uint16_t port;

    for (size_t i = 0; (name = filter_port_word(i, &port)); i++) {
        char hint[COMPLETE_HINT];

        snprintf(hint, sizeof(hint), "%u", port);
        offer(offers, name, hint);
    }
}

static void offer_flags(const struct offers *offers)
{
    const char *name;

    for (size_t i = 0; (name = read_flag_name(i)); i++)
        offer(offers, name, "");
}

static void offer_networks(const struct offers *offers)
{
    offer(offers, "0.0.0.0/0", "all IPv4 addresses");
    offer(offers, "::/0", "all IPv6 addresses");
    offer(offers, "10.0.0.0/8", "private addresses (RFC 1918)");
    offer(offers, "172.16.0.0/12", "private addresses (RFC 1918)");
    offer(offers, "192.168.0.0/16", "private addresses (RFC 1918)");
    offer(offers, "any", "all addresses, IPv4 and IPv6");
}

/* A word of the statement itself. */
static void offer_words(const struct offers *offers, const struct scan *scan)
{
    if (offers->typed[0] == '-' && offers->length > 0) {
        offer_flags(offers);
        return;
    }
    offer_statement_words(offers, scan);
    if (offers->length > 0 && offers->completion->count == 0 &&
        (scan->kinds & (KIND_PROTOCOL | KIND_ALONE)) == 0)
        offer_protocols(offers);
}

static void offer_values(const struct offers *offers, enum value value)
{
    static const struct {
        enum value value;
        const char *word, *hint;
    } words[] = {
        { VALUE_DIRECTION, "ingress", "into the mirror source" },
        { VALUE_DIRECTION, "egress", "out of the mirror source" },
        { VALUE_ACTION, "accept", "mirror what matches" },
        { VALUE_ACTION, "reject", "do not mirror what matches" },
        { VALUE_SERVICE, "amazon-dns", "DNS of the Amazon resolver" },
        { VALUE_RANGE, "FromPort=443,ToPort=443", "an example" },
        { VALUE_EC2, "ec2", "" },
        { VALUE_COMMAND, "create-traffic-mirror-filter-rule", "" },
        { VALUE_COMMAND, "create-traffic-mirror-filter", "" },
        { VALUE_COMMAND, "create-traffic-mirror-session", "" },
        { VALUE_COMMAND, "modify-traffic-mirror-filter-network-services", "" },
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].value == value)
            offer(offers, words[i].word, words[i].hint);
    }
}

void filter_complete(const char *text, size_t cursor, struct filter_completion *completion)
{
    struct scan scan = scan_text(text, cursor);
    struct offers offers = {
        .completion = completion,
        .typed = text + scan.at,
        .length = cursor - scan.at,
    };

    completion->at = scan.at;
    completion->count = 0;
    if (scan.quoted)
        return;
    switch (scan.value) {
    case VALUE_NONE:
        offer_words(&offers, &scan);
        break;
    case VALUE_NETWORK:
        offer_networks(&offers);
        break;
    case VALUE_PORT:
        offer_ports(&offers);
        break;
    case VALUE_PROTOCOL:
        offer_protocols(&offers);
        break;
    default:
        offer_values(&offers, scan.value);
        break;
    }
}
