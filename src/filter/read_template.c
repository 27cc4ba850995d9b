/* SPDX-License-Identifier: MIT */
/*
 * Documents from which filters are deployed, as far as they are simple: CloudFormation templates in
 * JSON, in which names are logical ids ({"Ref": "Filter"}), and what `terraform show -json` prints
 * of a plan, in which they are not known yet.
 */
#include <stdio.h>
#include <string.h>

#include "read_state.h"

enum { MOST_MODULES = 16 };

static const struct statement nothing = { .rule = { .protocol = FILTER_PROTOCOL_ANY } };

/* ---- CloudFormation -------------------------------------------------------------------------- */

/* {"Ref": "X"}, {"Fn::GetAtt": ["X", "Id"]} or an id: to reader->word. */
static bool read_reference(struct reader *reader, size_t value)
{
    size_t ref = json_member(reader, value, "Ref");
    size_t attribute = json_member(reader, value, "Fn::GetAtt");

    if (ref == JSON_NONE && json_is(reader, attribute, '['))
        ref = json_first(reader, attribute);
    if (ref == JSON_NONE && json_is(reader, value, '{'))
        return json_refuse(reader, value, "an id, Ref or Fn::GetAtt");
    return json_scalar(reader, ref != JSON_NONE ? ref : value);
}

/* The filter and, of a session, the source. */
static bool read_names(struct reader *reader, size_t properties, struct statement *statement)
{
    size_t filter = json_member(reader, properties, "TrafficMirrorFilterId");
    size_t source = json_member(reader, properties, "NetworkInterfaceId");

    if (filter == JSON_NONE)
        return json_refuse(reader, properties, "a property TrafficMirrorFilterId");
    if (!read_reference(reader, filter) || !read_filter_name(reader, statement))
        return false;
    return source == JSON_NONE ||
           (read_reference(reader, source) && read_source_name(reader, statement));
}

static bool read_optional(struct reader *reader, size_t object, const char *name, const char *flag,
                          struct statement *statement)
{
    size_t value = json_member(reader, object, name);

    return value == JSON_NONE ||
           (json_scalar(reader, value) && read_attribute(reader, statement, flag));
}

static bool read_session(struct reader *reader, size_t object, bool terraform,
                         struct statement *statement)
{
    static const char *const names[][2] = {
        { "SessionNumber", "session_number" },
        { "PacketLength", "packet_length" },
        { "VirtualNetworkId", "virtual_network_id" },
    };
    static const char *const flags[] = { "--session-number", "--packet-length",
                                         "--virtual-network-id" };

    statement->command = COMMAND_SESSION;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (!read_optional(reader, object, names[i][terraform], flags[i], statement))
            return false;
    }
    return statement_has(statement, CLAUSE_SESSION) ||
           json_refuse(reader, object, "a session with a number");
}

static bool read_filter(struct reader *reader, size_t object, bool terraform,
                        struct statement *statement)
{
    size_t services =
        json_member(reader, object, terraform ? "network_services" : "NetworkServices");

    statement->command = COMMAND_FILTER;
    return json_services(reader, services, statement) &&
           read_optional(reader, object, terraform ? "description" : "Description", "--description",
                         statement);
}

/* A filter's id stands beside its properties, since AWS gives it one when it is made. */
static bool keep_filter_id(struct reader *reader, size_t resource,
                           const struct statement *statement)
{
    size_t metadata = json_member(reader, resource, "Metadata");
    size_t id = json_member(reader, metadata, "TrafficMirrorFilterId");
    struct filter_session *session;
    struct err err;

    if (id == JSON_NONE)
        return true;
    if (!json_scalar(reader, id))
        return false;
    if (!read_is_filter_id(reader->word))
        return json_refuse(reader, id, "a filter's id: one like tmf-0123456789abcdef0");
    session = read_session_of(reader, statement->variable, &statement->first);
    return session && (filter_set_text(&session->filter_id, reader->word, &err) ||
                       read_fail_err(reader, &statement->first, &err));
}

static bool read_resource(struct reader *reader, size_t member)
{
    struct statement statement = nothing;
    size_t resource, properties, type;

    if (!json_name(reader, member, &resource))
        return false;
    if (!read_copy_name(statement.variable, reader->word))
        return json_refuse(reader, member, "a name of at most 127 bytes");
    statement.first = json_token(reader, member);
    type = json_member(reader, resource, "Type");
    properties = json_member(reader, resource, "Properties");
    statement.command = COMMAND_FILTER; /* all properties can be missing */
    if (json_equal(reader, type, "AWS::EC2::TrafficMirrorFilter"))
        return (properties == JSON_NONE || read_filter(reader, properties, false, &statement)) &&
               read_finish_resource(reader, &statement) &&
               keep_filter_id(reader, resource, &statement);
    statement.variable[0] = '\0';
    if (json_equal(reader, type, "AWS::EC2::TrafficMirrorFilterRule"))
        return json_rule(reader, properties == JSON_NONE ? resource : properties, false,
                         &statement) &&
               read_names(reader, properties, &statement) &&
               read_finish_resource(reader, &statement);
    if (json_equal(reader, type, "AWS::EC2::TrafficMirrorSession"))
        return read_session(reader, properties == JSON_NONE ? resource : properties, false,
                            &statement) &&
               read_names(reader, properties, &statement) &&
               read_finish_resource(reader, &statement);
    return true;
}

bool read_template(struct reader *reader, size_t root)
{
    size_t resources = json_member(reader, root, "Resources");
    size_t metadata = json_member(reader, root, "Metadata");

    if (!json_is(reader, resources, '{'))
        return json_refuse(reader, resources, "resources, in { }");
    if (json_equal(reader, json_member(reader, metadata, "Mirrortop"), "reject-goes-on"))
        reader->filter->reading = FILTER_REJECT_GOES_ON;
    for (size_t at = json_first(reader, resources); at != JSON_NONE; at = json_after(reader, at)) {
        if (!read_resource(reader, at))
            return false;
    }
    return true;
}

/* ---- plans of Terraform ---------------------------------------------------------------------- */

/* Ids are known only when everything is there already: without them there must be one filter. */
struct plan {
    size_t filters, nameless;
};

static const char the_filter[] = "aws_ec2_traffic_mirror_filter";

static bool read_plan_name(struct reader *reader, size_t values, const char *name,
                           struct plan *plan, struct statement *statement)
{
    size_t value = json_member(reader, values, name);

    if (value != JSON_NONE)
        return json_scalar(reader, value) && read_filter_name(reader, statement);
    plan->nameless++;
    snprintf(statement->filter, READ_NAME, "%s", the_filter);
    return true;
}

static bool read_plan_resource(struct reader *reader, size_t resource, struct plan *plan)
{
    size_t type = json_member(reader, resource, "type");
    size_t values = json_member(reader, resource, "values");
    struct statement statement = nothing;
    bool is_filter = json_equal(reader, type, "aws_ec2_traffic_mirror_filter");
    bool is_rule = json_equal(reader, type, "aws_ec2_traffic_mirror_filter_rule");

    if (!is_filter && !is_rule && !json_equal(reader, type, "aws_ec2_traffic_mirror_session"))
        return true;
    statement.first = json_token(reader, resource);
    if (!json_is(reader, values, '{'))
        return json_refuse(reader, resource, "a resource with values");
    plan->filters += is_filter;
    if (is_filter ? !read_filter(reader, values, true, &statement)
        : is_rule ? !json_rule(reader, values, true, &statement)
                  : !read_session(reader, values, true, &statement))
        return false;
    return read_plan_name(reader, values, is_filter ? "id" : "traffic_mirror_filter_id", plan,
                          &statement) &&
           read_finish_resource(reader, &statement);
}

static bool read_module(struct reader *reader, size_t module, struct plan *plan, unsigned depth)
{
    size_t resources = json_member(reader, module, "resources");
    size_t children = json_member(reader, module, "child_modules");

    if (depth == MOST_MODULES)
        return json_refuse(reader, module, "modules that are less deep");
    if (json_is(reader, resources, '[')) {
        for (size_t at = json_first(reader, resources); at != JSON_NONE;
             at = json_after(reader, at)) {
            if (!read_plan_resource(reader, at, plan))
                return false;
        }
    }
    if (!json_is(reader, children, '['))
        return true;
    for (size_t at = json_first(reader, children); at != JSON_NONE; at = json_after(reader, at)) {
        if (!read_module(reader, at, plan, depth + 1))
            return false;
    }
    return true;
}

bool read_plan(struct reader *reader, size_t root)
{
    size_t planned = json_member(reader, root, "planned_values");
    size_t root_module = json_member(reader, planned, "root_module");
    struct plan plan = { .filters = 0 };

    if (!json_is(reader, root_module, '{'))
        return json_refuse(reader, planned, "planned values with a root_module");
    if (!read_module(reader, root_module, &plan, 0))
        return false;
    return plan.filters <= 1 || plan.nameless == 0 ||
           json_refuse(reader, planned,
                       "one filter, as long as the plan does not know the filters' ids");
}
