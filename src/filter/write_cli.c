/* SPDX-License-Identifier: MIT */
/*
 * A script for a POSIX shell that makes the filter anew, whatever its id was: rules cannot be added
 * to one that has them already. Options of create-traffic-mirror-filter-rule and the others: AWS
 * CLI command reference.
 */
#include <string.h>

#include "../record.h"
#include "quote.h"
#include "write_state.h"

/* The aws program puts the contents of what is named in place of a value that begins so (AWS CLI
 * user guide, loading parameters from a file); those of http only in version 1. */
static bool is_loaded(const char *text)
{
    static const char *const prefixes[] = { "file://", "fileb://", "http://", "https://" };

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return false;
}

/* {"Description": "..."}, in which nothing is loaded. */
static void write_input(FILE *out, const char *text)
{
    char json[8 * FILTER_DESCRIPTION]; /* six bytes for a character at most, and the rest */
    FILE *memory = fmemopen(json, sizeof(json), "w");

    json[0] = '\0';
    if (memory) {
        fputs("{\"Description\": ", memory);
        quote_json(memory, text);
        fputc('}', memory);
        fclose(memory);
    }
    fputs(" --cli-input-json ", out);
    quote_shell(out, json);
}

/* A value that begins with - would be taken for a flag. */
static void write_description(FILE *out, const char *text)
{
    if (is_loaded(text)) {
        write_input(out, text);
        return;
    }
    fprintf(out, " --description%c", text[0] == '-' ? '=' : ' ');
    quote_shell(out, text);
}

static void write_port_flag(FILE *out, const char *flag, const struct filter_ports *ports)
{
    if (ports->given)
        fprintf(out, " %s FromPort=%u,ToPort=%u", flag, ports->from, ports->to);
}

static void write_filter(const struct filter_session *session, FILE *out)
{
    fprintf(out, "FILTER_%u=$(aws ec2 create-traffic-mirror-filter", session->number);
    if (session->description)
        write_description(out, session->description);
    fputs(" \\\n    --query TrafficMirrorFilter.TrafficMirrorFilterId --output text)\n", out);
    write_filter_note(session, out);
    if (session->amazon_dns)
        fprintf(out,
                "aws ec2 modify-traffic-mirror-filter-network-services \\\n"
                "    --traffic-mirror-filter-id \"$FILTER_%u\" --add-network-services amazon-dns\n",
                session->number);
}

/* All protocols are no --protocol. AWS refuses ports for them, and so does the reader; -1 says that
 * nothing was forgotten. */
static void write_rule(const struct filter_session *session, const struct filter_rule *rule,
                       FILE *out)
{
    char src[WRITE_CIDR], dst[WRITE_CIDR];
    bool ports = rule->src_ports.given || rule->dst_ports.given;

    fprintf(out,
            "aws ec2 create-traffic-mirror-filter-rule --traffic-mirror-filter-id \"$FILTER_%u\" "
            "\\\n    --traffic-direction %s --rule-number %u --rule-action %s",
            session->number, filter_direction_name(rule->direction), rule->number,
            write_action(rule));
    if (rule->protocol != FILTER_PROTOCOL_ANY || ports)
        fprintf(out, " --protocol %d", rule->protocol);
    fprintf(out, " \\\n    --source-cidr-block %s --destination-cidr-block %s",
            write_cidr(src, &rule->src), write_cidr(dst, &rule->dst));
    if (ports)
        fputs(" \\\n   ", out);
    write_port_flag(out, "--source-port-range", &rule->src_ports);
    write_port_flag(out, "--destination-port-range", &rule->dst_ports);
    if (rule->description) {
        fputs(" \\\n   ", out);
        write_description(out, rule->description);
    }
    fputc('\n', out);
}

static void write_session(const struct filter_session *session, FILE *out)
{
    fprintf(out,
            "aws ec2 create-traffic-mirror-session --network-interface-id "
            "\"$NETWORK_INTERFACE_ID\" \\\n"
            "    --traffic-mirror-target-id \"$TRAFFIC_MIRROR_TARGET_ID\" \\\n"
            "    --traffic-mirror-filter-id \"$FILTER_%u\" --session-number %u",
            session->number, session->number);
    if (session->packet_length != VALUE_UNKNOWN)
        fprintf(out, " --packet-length %llu", (unsigned long long)session->packet_length);
    if (session->vni != VALUE_UNKNOWN)
        fprintf(out, " --virtual-network-id %llu", (unsigned long long)session->vni);
    fputc('\n', out);
}

void write_cli(const struct filter *filter, FILE *out)
{
    static const struct write_parts parts = {
        .filter = write_filter,
        .rule = write_rule,
        .session = write_session,
        .between = "",
    };

    write_reading_note(filter, out);
    write_sessions(filter, &parts, out);
}
