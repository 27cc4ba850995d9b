/* SPDX-License-Identifier: MIT */
/*
 * HCL for Terraform's provider "aws": resources aws_ec2_traffic_mirror_filter, _filter_rule and
 * _session (Terraform registry). Whoever deploys sessions gives the interface and the target.
 */
#include "../record.h"
#include "quote.h"
#include "write_state.h"

/* Values stand under each other, as `terraform fmt` wants it. */
static void write_name(FILE *out, const char *name, int width)
{
    fprintf(out, "  %-*s = ", width, name);
}

static void write_text(FILE *out, const char *name, int width, const char *text)
{
    if (!text)
        return;
    write_name(out, name, width);
    quote_hcl(out, text);
    fputc('\n', out);
}

static void write_number(FILE *out, const char *name, int width, uint64_t number)
{
    if (number == VALUE_UNKNOWN)
        return;
    write_name(out, name, width);
    fprintf(out, "%llu\n", (unsigned long long)number);
}

enum { FILTER_WIDTH = 16, RULE_WIDTH = 24 };

static void write_reference(const struct filter_session *session, FILE *out)
{
    write_name(out, "traffic_mirror_filter_id", RULE_WIDTH);
    fprintf(out, "aws_ec2_traffic_mirror_filter.filter_%u.id\n", session->number);
}

static void write_filter(const struct filter_session *session, FILE *out)
{
    int width = session->amazon_dns ? FILTER_WIDTH : 0;

    fprintf(out, "resource \"aws_ec2_traffic_mirror_filter\" \"filter_%u\" {\n", session->number);
    write_text(out, "description", width, session->description);
    if (session->amazon_dns) {
        write_name(out, "network_services", width);
        fputs("[\"amazon-dns\"]\n", out);
    }
    fputs("}\n", out);
    write_filter_note(session, out);
}

static void write_port_block(FILE *out, const char *name, const struct filter_ports *ports)
{
    if (ports->given)
        fprintf(out, "\n  %s {\n    from_port = %u\n    to_port   = %u\n  }\n", name, ports->from,
                ports->to);
}

static void write_rule(const struct filter_session *session, const struct filter_rule *rule,
                       FILE *out)
{
    char cidr[WRITE_CIDR];

    fprintf(out, "\nresource \"aws_ec2_traffic_mirror_filter_rule\" \"filter_%u_%s_%u\" {\n",
            session->number, filter_direction_name(rule->direction), rule->number);
    write_text(out, "description", RULE_WIDTH, rule->description);
    write_reference(session, out);
    write_text(out, "traffic_direction", RULE_WIDTH, filter_direction_name(rule->direction));
    write_number(out, "rule_number", RULE_WIDTH, rule->number);
    write_text(out, "rule_action", RULE_WIDTH, write_action(rule));
    if (rule->protocol != FILTER_PROTOCOL_ANY)
        write_number(out, "protocol", RULE_WIDTH, (uint64_t)rule->protocol);
    write_text(out, "source_cidr_block", RULE_WIDTH, write_cidr(cidr, &rule->src));
    write_text(out, "destination_cidr_block", RULE_WIDTH, write_cidr(cidr, &rule->dst));
    write_port_block(out, "source_port_range", &rule->src_ports);
    write_port_block(out, "destination_port_range", &rule->dst_ports);
    fputs("}\n", out);
}

static void write_session(const struct filter_session *session, FILE *out)
{
    fprintf(out, "\nresource \"aws_ec2_traffic_mirror_session\" \"session_%u\" {\n",
            session->number);
    write_name(out, "network_interface_id", RULE_WIDTH);
    fputs("var.network_interface_id\n", out);
    write_name(out, "traffic_mirror_target_id", RULE_WIDTH);
    fputs("var.traffic_mirror_target_id\n", out);
    write_reference(session, out);
    write_number(out, "session_number", RULE_WIDTH, session->number);
    write_number(out, "packet_length", RULE_WIDTH, session->packet_length);
    write_number(out, "virtual_network_id", RULE_WIDTH, session->vni);
    fputs("}\n", out);
}

void write_terraform(const struct filter *filter, FILE *out)
{
    static const struct write_parts parts = {
        .filter = write_filter,
        .rule = write_rule,
        .session = write_session,
        .between = "\n",
    };
    bool sessions = false;

    write_reading_note(filter, out);
    for (size_t i = 0; i < filter->count; i++)
        sessions = sessions || write_names_session(filter, &filter->sessions[i]);
    if (sessions)
        fputs("variable \"network_interface_id\" {\n  type = string\n}\n\n"
              "variable \"traffic_mirror_target_id\" {\n  type = string\n}\n\n",
              out);
    write_sessions(filter, &parts, out);
}
