/* SPDX-License-Identifier: MIT */
/* What somebody may have meant by a word that is none of a rule. */
#include <stdio.h>
#include <string.h>

#include "read_state.h"
#include "words.h"

/* In how many letters two words differ, in any case; many: they are too long to be compared. */
static size_t count_slips(const char *a, const char *b)
{
    enum { LONGEST = 24 };
    size_t row[LONGEST + 1], size = strlen(b);

    if (strlen(a) > LONGEST || size > LONGEST)
        return LONGEST;
    for (size_t i = 0; i <= size; i++)
        row[i] = i;
    for (; *a; a++) {
        size_t corner = row[0]++;

        for (size_t i = 0; i < size; i++) {
            size_t replaced = corner + (strncasecmp(a, b + i, 1) != 0);
            size_t left_out = (row[i] < row[i + 1] ? row[i] : row[i + 1]) + 1;

            corner = row[i + 1];
            row[i + 1] = replaced < left_out ? replaced : left_out;
        }
    }
    return row[size];
}

/* The word that was most likely meant; NULL: none is near. */
static const char *find_near(const char *word)
{
    size_t least = strlen(word) / 3 + 1;
    const char *near = NULL, *other;

    for (size_t i = 0; (other = read_clause_word(i)) != NULL; i++) {
        size_t slips = count_slips(word, other);

        if (slips < least && slips < strlen(other)) {
            least = slips;
            near = other;
        }
    }
    return near;
}

/* What other programs and AWS's console call it. */
static const char *find_other_tongue(const char *word)
{
    static const struct {
        const char *word, *ours;
    } tongues[] = {
        { "in", "ingress" },       { "inbound", "ingress" },
        { "incoming", "ingress" }, { "out", "egress" },
        { "outbound", "egress" },  { "outgoing", "egress" },
        { "allow", "accept" },     { "permit", "accept" },
        { "pass", "accept" },      { "deny", "reject" },
        { "drop", "reject" },      { "block", "reject" },
        { "source", "src" },       { "destination", "dst" },
        { "from", "src" },         { "to", "dst" },
        { "address", "host" },     { "addr", "host" },
        { "network", "net" },      { "cidr", "net" },
        { "subnet", "net" },       { "or", "; between rules" },
    };

    for (size_t i = 0; i < sizeof(tongues) / sizeof(tongues[0]); i++) {
        if (strcasecmp(word, tongues[i].word) == 0)
            return tongues[i].ours;
    }
    return NULL;
}

/* TCP for tcp. */
static const char *find_protocol(const char *word)
{
    const char *name;

    for (size_t i = 0; (name = filter_protocol_word(i)) != NULL; i++) {
        if (strcasecmp(word, name) == 0)
            return name;
    }
    return NULL;
}

/* 10.0.0.5, 10.0.0.0/8:22, [2001:db8::5]:https */
static bool guess_place(const char *word, char *out, size_t size)
{
    char copy[READ_NAME], *place = copy, *colon = NULL;

    if (!read_copy_name(copy, word))
        return false;
    if (!read_is_network(place)) {
        colon = strrchr(place, ':');
        if (!colon || colon == place)
            return false;
        *colon = '\0';
        if (place[0] == '[' && colon[-1] == ']') {
            colon[-1] = '\0';
            place++;
        }
        if (!read_is_network(place))
            return false;
    }
    snprintf(out, size, "%s %s%s%s", strchr(place, '/') ? "net" : "host", place,
             colon ? " port " : "", colon ? colon + 1 : "");
    return true;
}

bool read_refuse_word(struct reader *reader)
{
    const char *word = reader->word, *meant = find_other_tongue(word);
    char expected[320], guess[READ_NAME + 16] = "";
    uint16_t port;

    if (!meant)
        meant = find_protocol(word);
    if (!meant && filter_port_find(word, &port))
        snprintf(guess, sizeof(guess), "port %.*s", READ_NAME, word);
    else if (!meant && !guess_place(word, guess, sizeof(guess)))
        meant = find_near(word);
    if (meant)
        snprintf(guess, sizeof(guess), "%s", meant);
    snprintf(expected, sizeof(expected),
             "a word of a rule: %s%saccept, reject, not, ingress, egress, tcp, udp, src, dst, "
             "sport, dport, host, net, port, description",
             guess, guess[0] != '\0' ? " perhaps, or " : "");
    return read_refuse(reader, &reader->token, expected);
}
