/* SPDX-License-Identifier: MIT */
/*
 * Suspicions of what the filter shows.
 *
 * A scan has a set of targets; the packet that tried one is as good as known: it went from the
 * scan's source to that target, in the direction and from the port of the attempt that made a scan
 * of it. So each target is judged as a flow would be, and a scan is shown if those in view reach
 * the threshold: if it would have been found by itself among what is shown. Of IPv6 addresses only
 * hashes are kept: there the one target that is known stands for all.
 */
#include "engine_state.h"

static struct filter_subject subject_of(const struct engine *engine, const struct scan *scan)
{
    return (struct filter_subject){
        .src = scan->src,
        .dst = scan->kind == SCAN_PORTS ? scan->dst : scan->example,
        .src_port = scan->src_port,
        .dst_port = scan->port,
        .protocol = scan->protocol,
        .is_ip = true,
        .has_ports = scan->protocol == PROTO_TCP || scan->protocol == PROTO_UDP,
        .direction = engine_filter_direction(engine, scan->session, scan->path),
    };
}

/* How many of its targets are in view. */
static uint32_t count_targets(const struct engine *engine, const struct scan *scan)
{
    const struct engine_filter *filter = &engine->filter;
    struct filter_subject subject = subject_of(engine, scan);
    uint32_t shown = 0;
    uint64_t target;

    if (scan->kind == SCAN_ADDRESSES && scan->src.family == 6)
        return filter->in_view[filter_judge(filter->program, &subject)] ? scan->targets : 0;
    for (size_t at = 0; scan_next_target(engine->scans, scan, &at, &target);) {
        if (scan->kind == SCAN_PORTS)
            subject.dst_port = (uint16_t)target;
        else
            subject.dst.word32[0] = (uint32_t)target;
        shown += filter->in_view[filter_judge(filter->program, &subject)];
    }
    return shown;
}

bool engine_suspicion_shown(const struct engine *engine, const struct scan *scan, uint32_t *targets)
{
    const struct engine_filter *filter = &engine->filter;
    struct engine_scan_view *known = &filter->scans[scan->serial % SCAN_SUSPICIONS];

    *targets = scan->targets;
    if (!filter->program)
        return true;
    if (known->serial != scan->serial || known->targets != scan->targets ||
        known->generation != filter->generation)
        *known = (struct engine_scan_view){
            .serial = scan->serial,
            .targets = scan->targets,
            .shown = count_targets(engine, scan),
            .generation = filter->generation,
        };
    *targets = known->shown;
    return known->shown >= scan_threshold[scan->kind];
}
