/* SPDX-License-Identifier: MIT */
#include "write.h"

#include <string.h>

#include "../format.h"
#include "../record.h"
#include "../utf8.h"
#include "quote.h"
#include "words.h"
#include "write_state.h"

static const struct {
    const char *name;
    void (*write)(const struct filter *filter, FILE *out);
} formats[] = {
    [FILTER_AS_RULES] = { "rules", write_rules },
    [FILTER_AS_CLI] = { "cli", write_cli },
    [FILTER_AS_JSON] = { "json", write_json },
    [FILTER_AS_CLOUDFORMATION] = { "cloudformation", write_cloudformation },
    [FILTER_AS_TERRAFORM] = { "terraform", write_terraform },
};

bool filter_format_find(const char *name, enum filter_format *format)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(name, formats[i].name) == 0) {
            *format = (enum filter_format)i;
            return true;
        }
    }
    return false;
}

/* Terraform's provider takes protocol 0 for a protocol that was not given. */
static bool check_terraform(const struct filter *filter, struct err *err)
{
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_session *session = &filter->sessions[i];

        for (size_t k = 0; k < session->count; k++) {
            if (session->rules[k].protocol == 0)
                return err_set(err, EXIT_RUNTIME,
                               "session %u, %s rule %u: Terraform cannot say protocol 0 (it takes "
                               "it for all protocols): write another format",
                               session->number, filter_direction_name(session->rules[k].direction),
                               session->rules[k].number);
        }
    }
    return true;
}

bool filter_write(const struct filter *filter, enum filter_format format, FILE *out,
                  struct err *err)
{
    if (format == FILTER_AS_TERRAFORM && !check_terraform(filter, err))
        return false;
    formats[format].write(filter, out);
    return !ferror(out) || err_set(err, EXIT_RUNTIME, "the filter cannot be written");
}

/* ---- pieces ---------------------------------------------------------------------------------- */

const char *write_cidr(char out[WRITE_CIDR], const struct filter_cidr *cidr)
{
    char addr[FORMAT_ADDR];

    format_addr(addr, sizeof(addr), &cidr->addr);
    snprintf(out, WRITE_CIDR, "%s/%u", addr, cidr->prefix);
    return out;
}

const char *write_action(const struct filter_rule *rule)
{
    return rule->accept ? "accept" : "reject";
}

bool write_names_session(const struct filter *filter, const struct filter_session *session)
{
    return filter->count > 1 || session->number != 1 || session->packet_length != VALUE_UNKNOWN ||
           session->vni != VALUE_UNKNOWN;
}

void write_reading_note(const struct filter *filter, FILE *out)
{
    if (filter->reading == FILTER_REJECT_GOES_ON)
        fputs("# mirrortop: reject-goes-on\n", out);
}

void write_filter_note(const struct filter_session *session, FILE *out)
{
    if (session->filter_id)
        fprintf(out, "# mirrortop: filter-id %s\n", session->filter_id);
}

void write_sessions(const struct filter *filter, const struct write_parts *parts, FILE *out)
{
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_session *session = &filter->sessions[i];

        if (i > 0)
            fputs(parts->between, out);
        if (filter->count > 1 || session->number != 1)
            fprintf(out, "# mirrortop: session %u\n", session->number);
        parts->filter(session, out);
        for (size_t k = 0; k < session->count; k++)
            parts->rule(session, &session->rules[k], out);
        if (write_names_session(filter, session))
            parts->session(session, out);
    }
}

/* ---- the short spelling ---------------------------------------------------------------------- */

enum { PORTS = 16 };

/* 443, 1024-65535 */
static const char *write_ports(char out[PORTS], const struct filter_ports *ports)
{
    if (ports->from == ports->to)
        snprintf(out, PORTS, "%u", ports->from);
    else
        snprintf(out, PORTS, "%u-%u", ports->from, ports->to);
    return out;
}

static void write_rule(const struct filter_rule *rule, FILE *out)
{
    const char *protocol = filter_protocol_name(rule->protocol);
    char src[WRITE_CIDR], dst[WRITE_CIDR], ports[PORTS];

    fprintf(out, "%u %s %s ", rule->number, write_action(rule),
            filter_direction_name(rule->direction));
    if (protocol)
        fputs(protocol, out);
    else
        fprintf(out, "protocol %d", rule->protocol);
    fprintf(out, " src %s dst %s", write_cidr(src, &rule->src), write_cidr(dst, &rule->dst));
    if (rule->src_ports.given)
        fprintf(out, " sport %s", write_ports(ports, &rule->src_ports));
    if (rule->dst_ports.given)
        fprintf(out, " dport %s", write_ports(ports, &rule->dst_ports));
    if (rule->description) {
        fputs(" description ", out);
        quote_json(out, rule->description);
    }
}

size_t filter_rule_text(const struct filter_rule *rule, char *out, size_t size)
{
    char whole[8 * FILTER_DESCRIPTION]; /* six bytes for a character at most, and the rest */
    FILE *memory = fmemopen(whole, sizeof(whole), "w");
    size_t length;

    whole[0] = '\0';
    if (memory) {
        write_rule(rule, memory);
        fclose(memory);
    }
    length = (size_t)snprintf(out, size, "%s", whole);
    if (length < size)
        return length;
    length = utf8_begin(whole, size - 1);
    out[length] = '\0';
    return length;
}

/* Session 1 is named, too, when nothing else would say that it is there. */
static void write_settings(const struct filter *filter, const struct filter_session *session,
                           FILE *out)
{
    if (filter->count > 1 || session->number != 1 ||
        (session->count == 0 && !session->amazon_dns && !session->filter_id &&
         !session->description))
        fprintf(out, "session %u\n", session->number);
    if (session->filter_id) {
        fprintf(out, "filter-id %s\n", session->filter_id);
    }
    if (session->description) {
        fputs("filter-description ", out);
        quote_json(out, session->description);
        fputc('\n', out);
    }
    if (session->packet_length != VALUE_UNKNOWN)
        fprintf(out, "packet-length %llu\n", (unsigned long long)session->packet_length);
    if (session->vni != VALUE_UNKNOWN)
        fprintf(out, "vni %llu\n", (unsigned long long)session->vni);
    if (session->amazon_dns)
        fputs("amazon-dns\n", out);
}

void write_rules(const struct filter *filter, FILE *out)
{
    if (filter->reading == FILTER_REJECT_GOES_ON)
        fputs("reject-goes-on\n", out);
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_session *session = &filter->sessions[i];

        write_settings(filter, session, out);
        for (size_t k = 0; k < session->count; k++) {
            write_rule(&session->rules[k], out);
            fputc('\n', out);
        }
    }
}
