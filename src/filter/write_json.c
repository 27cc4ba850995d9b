/* SPDX-License-Identifier: MIT */
/*
 * JSON: what describe-traffic-mirror-filters and -sessions would print of the filter (EC2 API
 * reference), and a CloudFormation template (template reference: AWS::EC2::TrafficMirrorFilter,
 * TrafficMirrorFilterRule, TrafficMirrorSession). Templates are YAML as well: JSON is a part of it,
 * and the one of the two in which no text is taken for something else.
 */
#include "../record.h"
#include "quote.h"
#include "write_state.h"

/* An object or a list that is being written. */
struct members {
    FILE *out;
    int depth;
    bool any;
};

static void write_indent(FILE *out, int depth)
{
    fprintf(out, "\n%*s", 2 * depth, "");
}

/* The name of the next member; NULL in a list. */
static void next_member(struct members *members, const char *name)
{
    if (members->any)
        fputc(',', members->out);
    members->any = true;
    write_indent(members->out, members->depth);
    if (name)
        fprintf(members->out, "\"%s\": ", name);
}

static struct members begin(struct members *in, const char *name, char bracket)
{
    next_member(in, name);
    fputc(bracket, in->out);
    return (struct members){ .out = in->out, .depth = in->depth + 1 };
}

static void end(const struct members *members, char bracket)
{
    if (members->any)
        write_indent(members->out, members->depth - 1);
    fputc(bracket, members->out);
}

static void put_text(struct members *members, const char *name, const char *text)
{
    if (!text)
        return;
    next_member(members, name);
    quote_json(members->out, text);
}

static void put_number(struct members *members, const char *name, uint64_t number)
{
    if (number == VALUE_UNKNOWN)
        return;
    next_member(members, name);
    fprintf(members->out, "%llu", (unsigned long long)number);
}

/* { "Ref": "Filter1" } */
static void put_reference(struct members *members, const char *name, const char *to,
                          uint32_t number)
{
    next_member(members, name);
    fprintf(members->out, "{ \"Ref\": \"%s", to);
    if (number != 0)
        fprintf(members->out, "%u", number);
    fputs("\" }", members->out);
}

static void put_ports(struct members *members, const char *name, const struct filter_ports *ports)
{
    if (!ports->given)
        return;
    next_member(members, name);
    fprintf(members->out, "{ \"FromPort\": %u, \"ToPort\": %u }", ports->from, ports->to);
}

static void put_services(struct members *members, const struct filter_session *session)
{
    next_member(members, "NetworkServices");
    fputs(session->amazon_dns ? "[ \"amazon-dns\" ]" : "[]", members->out);
}

/* What is the same in both documents. */
static void put_rule(struct members *members, const struct filter_rule *rule)
{
    char cidr[WRITE_CIDR];

    put_text(members, "TrafficDirection", filter_direction_name(rule->direction));
    put_number(members, "RuleNumber", rule->number);
    put_text(members, "RuleAction", write_action(rule));
    if (rule->protocol != FILTER_PROTOCOL_ANY)
        put_number(members, "Protocol", (uint64_t)rule->protocol);
    put_ports(members, "DestinationPortRange", &rule->dst_ports);
    put_ports(members, "SourcePortRange", &rule->src_ports);
    put_text(members, "DestinationCidrBlock", write_cidr(cidr, &rule->dst));
    put_text(members, "SourceCidrBlock", write_cidr(cidr, &rule->src));
    put_text(members, "Description", rule->description);
}

/* Neither document has a place for it; others pass over members that they do not know. */
static void put_reading(struct members *members, const char *name, const struct filter *filter)
{
    if (filter->reading == FILTER_REJECT_GOES_ON)
        put_text(members, name, "reject-goes-on");
}

/* ---- as the aws program prints it ------------------------------------------------------------ */

enum { ID_TEXT = FILTER_DESCRIPTION };

/* A filter that AWS does not know has no id: this one is read as none. */
static const char *filter_id(char out[ID_TEXT], const struct filter_session *session)
{
    if (session->filter_id)
        snprintf(out, ID_TEXT, "%s", session->filter_id);
    else
        snprintf(out, ID_TEXT, "filter-%u", session->number);
    return out;
}

static void put_direction(struct members *in, const char *name,
                          const struct filter_session *session, enum direction direction)
{
    struct members list = begin(in, name, '[');

    for (size_t i = 0; i < session->count; i++) {
        if (session->rules[i].direction == direction) {
            struct members members = begin(&list, NULL, '{');

            put_rule(&members, &session->rules[i]);
            end(&members, '}');
        }
    }
    end(&list, ']');
}

static void put_filter(struct members *list, const struct filter_session *session)
{
    struct members members = begin(list, NULL, '{');
    char id[ID_TEXT];

    put_text(&members, "TrafficMirrorFilterId", filter_id(id, session));
    put_direction(&members, "IngressFilterRules", session, DIRECTION_INGRESS);
    put_direction(&members, "EgressFilterRules", session, DIRECTION_EGRESS);
    put_services(&members, session);
    put_text(&members, "Description", session->description);
    end(&members, '}');
}

static void put_session(struct members *list, const struct filter_session *session)
{
    struct members members = begin(list, NULL, '{');
    char id[ID_TEXT];

    put_text(&members, "TrafficMirrorFilterId", filter_id(id, session));
    put_number(&members, "PacketLength", session->packet_length);
    put_number(&members, "SessionNumber", session->number);
    put_number(&members, "VirtualNetworkId", session->vni);
    end(&members, '}');
}

static bool names_sessions(const struct filter *filter)
{
    bool any = false;

    for (size_t i = 0; i < filter->count; i++)
        any = any || write_names_session(filter, &filter->sessions[i]);
    return any;
}

void write_json(const struct filter *filter, FILE *out)
{
    struct members root = { .out = out, .depth = 1 };
    struct members list;

    fputc('{', out);
    list = begin(&root, "TrafficMirrorFilters", '[');
    for (size_t i = 0; i < filter->count; i++)
        put_filter(&list, &filter->sessions[i]);
    end(&list, ']');
    if (names_sessions(filter)) {
        list = begin(&root, "TrafficMirrorSessions", '[');
        for (size_t i = 0; i < filter->count; i++)
            put_session(&list, &filter->sessions[i]);
        end(&list, ']');
    }
    put_reading(&root, "Mirrortop", filter);
    fputs("\n}\n", out);
}

/* ---- CloudFormation -------------------------------------------------------------------------- */

static struct members begin_resource(struct members *in, const char *name, const char *type,
                                     struct members *resource)
{
    *resource = begin(in, name, '{');
    put_text(resource, "Type", type);
    return begin(resource, "Properties", '{');
}

static void put_filter_resource(struct members *resources, const struct filter_session *session)
{
    struct members resource, properties;
    char name[32];

    snprintf(name, sizeof(name), "Filter%u", session->number);
    resource = begin(resources, name, '{');
    put_text(&resource, "Type", "AWS::EC2::TrafficMirrorFilter");
    if (session->filter_id) {
        struct members metadata = begin(&resource, "Metadata", '{');

        put_text(&metadata, "TrafficMirrorFilterId", session->filter_id);
        end(&metadata, '}');
    }
    properties = begin(&resource, "Properties", '{');
    put_text(&properties, "Description", session->description);
    if (session->amazon_dns)
        put_services(&properties, session);
    end(&properties, '}');
    end(&resource, '}');
}

static void put_rule_resource(struct members *resources, const struct filter_session *session,
                              const struct filter_rule *rule)
{
    struct members resource, properties;
    char name[64];

    snprintf(name, sizeof(name), "Filter%u%s%u", session->number,
             rule->direction == DIRECTION_INGRESS ? "Ingress" : "Egress", rule->number);
    properties = begin_resource(resources, name, "AWS::EC2::TrafficMirrorFilterRule", &resource);
    put_reference(&properties, "TrafficMirrorFilterId", "Filter", session->number);
    put_rule(&properties, rule);
    end(&properties, '}');
    end(&resource, '}');
}

static void put_session_resource(struct members *resources, const struct filter_session *session)
{
    struct members resource, properties;
    char name[32];

    snprintf(name, sizeof(name), "Session%u", session->number);
    properties = begin_resource(resources, name, "AWS::EC2::TrafficMirrorSession", &resource);
    put_reference(&properties, "NetworkInterfaceId", "NetworkInterfaceId", 0);
    put_reference(&properties, "TrafficMirrorTargetId", "TrafficMirrorTargetId", 0);
    put_reference(&properties, "TrafficMirrorFilterId", "Filter", session->number);
    put_number(&properties, "PacketLength", session->packet_length);
    put_number(&properties, "SessionNumber", session->number);
    put_number(&properties, "VirtualNetworkId", session->vni);
    end(&properties, '}');
    end(&resource, '}');
}

static void put_parameters(struct members *root)
{
    static const char *const names[] = { "NetworkInterfaceId", "TrafficMirrorTargetId" };
    struct members parameters = begin(root, "Parameters", '{');

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        next_member(&parameters, names[i]);
        fputs("{ \"Type\": \"String\" }", parameters.out);
    }
    end(&parameters, '}');
}

void write_cloudformation(const struct filter *filter, FILE *out)
{
    struct members root = { .out = out, .depth = 1 };
    struct members resources;

    fputc('{', out);
    put_text(&root, "AWSTemplateFormatVersion", "2010-09-09");
    if (filter->reading == FILTER_REJECT_GOES_ON) {
        struct members metadata = begin(&root, "Metadata", '{');

        put_reading(&metadata, "Mirrortop", filter);
        end(&metadata, '}');
    }
    if (names_sessions(filter))
        put_parameters(&root);
    resources = begin(&root, "Resources", '{');
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_session *session = &filter->sessions[i];

        put_filter_resource(&resources, session);
        for (size_t k = 0; k < session->count; k++)
            put_rule_resource(&resources, session, &session->rules[k]);
        if (write_names_session(filter, session))
            put_session_resource(&resources, session);
    }
    end(&resources, '}');
    fputs("\n}\n", out);
}
