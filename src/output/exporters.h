/* SPDX-License-Identifier: MIT */
/*
 * exporters: the formats that export.c lists in its table, one file each.
 */
#ifndef MIRRORTOP_OUTPUT_EXPORTERS_H
#define MIRRORTOP_OUTPUT_EXPORTERS_H

#include "output.h"

/* csv.c: RFC 4180. */
bool csv_begin(FILE *out);
bool csv_flow(FILE *out, const struct flow_record *flow);

/* json_flows.c: one JSON object a line, the CSV's columns as members. */
bool json_flows_begin(FILE *out);
bool json_flows_flow(FILE *out, const struct flow_record *flow);

#endif
