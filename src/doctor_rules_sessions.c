/* SPDX-License-Identifier: MIT */
/*
 * Rules about sessions: what one leaves out or cuts, and how several belong together.
 *
 * Sources: AWS Traffic Mirroring guide (packet format, limits, filters, sessions); the sizes of
 * headers are those of RFC 7348.
 */
#include "doctor_rules.h"

#include <string.h>

#include "format.h"

enum {
    ENOUGH_QUERIES = 10,
    ENOUGH_CUT = 20,
    ENOUGH_TWICE = 20,
    TWICE_PERCENT = 1, /* of the session's packets */
    ENOUGH_LOST_BYTES = 10000,
    LOST_OF = 1000, /* one byte in so many */
    SILENT_S = 60,
    VXLAN_OVERHEAD_V4 = 36, /* outer IPv4, UDP and VXLAN headers: 20 + 8 + 8 */
    VXLAN_OVERHEAD_V6 = 56,
    NLB_PACKET_LENGTH = 8500, /* default of sessions with a load balancer as target */
};

static const struct session_record *session_at(const struct exam *exam, size_t i)
{
    return snapshot_row(exam->snapshot, TABLE_SESSIONS, i);
}

static size_t session_count(const struct exam *exam)
{
    return exam->snapshot->tables[TABLE_SESSIONS].count;
}

/* A mirror's session, not "direct" or "others", and not one that is only expected. */
static bool is_mirror(const struct session_record *session)
{
    return session->vni != VALUE_UNKNOWN && session->all.packets > 0;
}

/* ---- what the mirror leaves out -------------------------------------------------------------- */

void doctor_look_one_direction(struct exam *exam, const struct session_record *session)
{
    bool no_ingress = session->all.ingress == 0 && session->all.egress >= DOCTOR_ENOUGH_PACKETS;
    bool no_egress = session->all.egress == 0 && session->all.ingress >= DOCTOR_ENOUGH_PACKETS;
    const char *missing = no_ingress ? "ingress" : "egress";
    struct finding *finding;

    if (!is_mirror(session) || session->all.unknown_direction > 0 || no_ingress == no_egress)
        return;
    finding = doctor_add(exam, DOCTOR_PROBLEM, session);
    doctor_put(finding->observed, "%llu %s packets and not one %s packet",
               (ull)(no_ingress ? session->all.egress : session->all.ingress),
               no_ingress ? "egress" : "ingress", missing);
    doctor_put(finding->cause,
               "the filter has no accepting rule for %s: a direction without rules mirrors nothing",
               missing);
    doctor_put(
        finding->remedy,
        "aws ec2 create-traffic-mirror-filter-rule --traffic-direction %s --rule-number 100 "
        "--rule-action accept --source-cidr-block 0.0.0.0/0 --destination-cidr-block 0.0.0.0/0 "
        "--traffic-mirror-filter-id FILTER",
        missing);
}

/* Directions are not known, but the peers' answers are missing all the same. */
void doctor_look_half_flows(struct exam *exam, const struct session_record *session)
{
    struct finding *finding;

    if (!session->one_way || session->all.packets < DOCTOR_ENOUGH_PACKETS ||
        session->all.unknown_direction == 0)
        return;
    finding = doctor_add(exam, DOCTOR_PROBLEM, session);
    doctor_put(finding->observed, "of not one flow both directions arrive");
    doctor_put(finding->cause,
               "the filter mirrors one direction only, or a load balancer sends the "
               "other one to another target");
    doctor_put(finding->remedy, "compare the filter's ingress and egress rules (aws ec2 "
                                "describe-traffic-mirror-filters)");
}

void doctor_look_queries(struct exam *exam, const struct session_record *session)
{
    struct finding *finding;

    if (session->dns_flows < ENOUGH_QUERIES || session->dns_answered > 0 || session->one_way)
        return;
    finding = doctor_add(exam, DOCTOR_WARNING, session);
    doctor_put(finding->observed, "%llu DNS questions and not one answer", (ull)session->dns_flows);
    doctor_put(finding->cause,
               "the filter's rules match the question's port 53 in one direction only; or a load "
               "balancer sends the answers to another target, since they come from another outer "
               "port");
    doctor_put(finding->remedy,
               "accept ingress with source port 53, or add the network service: aws ec2 "
               "modify-traffic-mirror-filter-network-services --add-network-services amazon-dns "
               "--traffic-mirror-filter-id FILTER");
}

void doctor_look_silent(struct exam *exam, const struct session_record *session)
{
    uint64_t now = exam->facts->now_ns;
    char last[FORMAT_TIME];
    struct finding *finding;

    if (!is_mirror(session) || session->all.packets < DOCTOR_ENOUGH_PACKETS ||
        now <= session->last_ns || now - session->last_ns < SILENT_S * doctor_second_ns)
        return;
    finding = doctor_add(exam, DOCTOR_WARNING, session);
    format_time(last, sizeof(last), session->last_ns);
    doctor_put(finding->observed, "silent since %s (%llu s), after %llu packets", last,
               (ull)((now - session->last_ns) / doctor_second_ns), (ull)session->all.packets);
    doctor_put(finding->cause,
               "the source stopped or has nothing to say, the session or its target was "
               "deleted, or its filter was changed");
    doctor_put(finding->remedy, "aws ec2 describe-traffic-mirror-sessions; see whether the source "
                                "instance runs");
}

/* The network delivered it: somebody acknowledged it. */
void doctor_look_lost(struct exam *exam, const struct session_record *session)
{
    uint64_t lost = session->mirror_loss_bytes, all;
    struct finding *finding;

    if (!is_mirror(session) || lost == VALUE_UNKNOWN || lost < ENOUGH_LOST_BYTES)
        return;
    all = session->bytes + lost;
    if (lost < all / LOST_OF)
        return;
    finding = doctor_add(exam, DOCTOR_PROBLEM, session);
    doctor_put(finding->observed,
               "%llu bytes of TCP that were acknowledged never came: %.1f %% of all that should "
               "have",
               (ull)lost, 100.0 * (double)lost / (double)all);
    doctor_put(finding->cause,
               "the mirror drops copies first where bandwidth runs out, at the source or on the "
               "way; or this host did, which its own counters tell");
    doctor_put(finding->remedy,
               "mirror less of it: a narrower filter, a packet length; CloudWatch's "
               "NetworkPacketsSkipMirrorOut and In say whether the source had no room");
}

/* By the documents of --aws-json. */
void doctor_look_expected(struct exam *exam, const struct session_record *session)
{
    struct finding *finding;

    if (strcmp(session->state, "expected") != 0 ||
        exam->facts->elapsed_ns < DOCTOR_PATIENCE_S * doctor_second_ns)
        return;
    finding = doctor_add(exam, DOCTOR_PROBLEM, session);
    doctor_put(
        finding->observed, "the documents have this session%s%s%s, and nothing of it arrived",
        session->eni[0] != '\0' ? " (" : "", session->eni, session->eni[0] != '\0' ? ")" : "");
    doctor_put(finding->cause, "its source is stopped or silent, its filter takes nothing, or its "
                               "packets do not reach this host");
    doctor_put(finding->remedy,
               "see whether the source instance runs, then its filter's rules, then "
               "the security group and the route to this target");
}

void doctor_look_unexpected(struct exam *exam, const struct session_record *session)
{
    struct finding *finding;

    if (strcmp(session->state, "not in file") != 0)
        return;
    finding = doctor_add(exam, DOCTOR_NOTE, session);
    doctor_put(finding->observed, "this session arrives and is not in the documents");
    doctor_put(finding->cause, "it is newer than they are, of another account or region, or no "
                               "session of AWS");
    doctor_put(finding->remedy, "save them anew: aws ec2 describe-traffic-mirror-sessions, "
                                "describe-network-interfaces");
}

/* ---- cut frames ------------------------------------------------------------------------------ */

/* The target's MTU that cuts inner frames to `length` bytes; 0: none of the usual ones. */
static unsigned mtu_of(const struct session_record *session, uint64_t length)
{
    static const unsigned mtus[] = { 1500, 8500, 9000, 9001 };
    unsigned overhead = session->mirror_source.family == 6 ? VXLAN_OVERHEAD_V6 : VXLAN_OVERHEAD_V4;

    for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
        if (length + overhead == mtus[i])
            return mtus[i];
    }
    return 0;
}

static void explain_cut(const struct session_record *session, struct finding *finding)
{
    unsigned mtu = mtu_of(session, session->cut_high);
    unsigned outer = session->mirror_source.family == 6 ? 74 : 54; /* as AWS's guide has it */
    ull length = session->cut_high;

    if (session->packet_length != VALUE_UNKNOWN && session->packet_length == length &&
        session->cut_low == session->cut_high) {
        doctor_put(finding->cause, "the session's packet length is %llu, by the documents", length);
        doctor_put(finding->remedy,
                   "none is needed if that was intended: all lengths are those of the "
                   "whole packets");
    } else if (session->cut_low != session->cut_high) {
        doctor_put(finding->cause,
                   "no single limit: the frames are cut to %llu to %llu bytes; several "
                   "packet lengths in turn, or a saved capture that cut them again",
                   (ull)session->cut_low, length);
        doctor_put(finding->remedy,
                   "compare the session's packet length over time, and the capture's "
                   "snapshot length");
    } else if (mtu != 0) {
        doctor_put(
            finding->cause,
            "with its outer headers a frame of %llu bytes fills an MTU of %u exactly: the target's "
            "MTU cuts",
            length, mtu);
        doctor_put(finding->remedy, "raise the target's MTU, or lower the sources' to %u",
                   mtu - outer);
    } else if (length == NLB_PACKET_LENGTH) {
        doctor_put(finding->cause, "%llu is what a session to a load balancer has by default",
                   length);
        doctor_put(finding->remedy,
                   "lower the sources' MTU, or live with it: all lengths are those of the "
                   "whole packets");
    } else {
        doctor_put(finding->cause, "the session's packet length is %llu", length);
        doctor_put(finding->remedy,
                   "if payloads are wanted: aws ec2 modify-traffic-mirror-session "
                   "--remove-fields packet-length --traffic-mirror-session-id SESSION");
    }
}

void doctor_look_cut(struct exam *exam, const struct session_record *session)
{
    struct finding *finding;

    if (session->cut_frames < ENOUGH_CUT)
        return;
    finding = doctor_add(exam, DOCTOR_NOTE, session);
    doctor_put(finding->observed, "%llu of %llu frames are cut%s", (ull)session->cut_frames,
               (ull)session->all.packets,
               session->cut_low == session->cut_high ? ", all to the same length" : "");
    explain_cut(session, finding);
}

/* ---- packets that come twice ----------------------------------------------------------------- */

/* Within one session, where they are retransmits: nothing but their identification tells. */
void doctor_look_twice(struct exam *exam, const struct session_record *session)
{
    struct finding *finding;

    if (session->seen_twice < ENOUGH_TWICE ||
        session->seen_twice * 100 < session->all.packets * TWICE_PERCENT)
        return;
    finding = doctor_add(exam, DOCTOR_NOTE, session);
    doctor_put(finding->observed,
               "%llu of %llu packets are the one just before once more, with its IP identification",
               (ull)session->seen_twice, (ull)session->all.packets);
    doctor_put(finding->cause,
               "captured twice on their way: on all interfaces of a host at once, on a bridge and "
               "its ports, or below a driver that doubles them");
    doctor_put(finding->remedy, "capture or mirror one interface of the way; they are counted as "
                                "retransmits, and --explain=seen_twice shows them");
}

/* ---- sessions together ----------------------------------------------------------------------- */

void doctor_look_several(struct exam *exam, const struct session_record *session)
{
    unsigned sessions = 0;
    struct finding *finding;

    for (size_t i = 0; i < session_count(exam) && is_mirror(session); i++) {
        const struct session_record *other = session_at(exam, i);

        if (!is_mirror(other) || !ip_addr_equal(&session->mirror_source, &other->mirror_source))
            continue;
        if (sessions++ == 0 && other != session)
            return; /* said of the first of them */
    }
    if (sessions < 2)
        return;
    finding = doctor_add(exam, DOCTOR_NOTE, session);
    doctor_put(finding->observed, "%u sessions come from this one mirror source", sessions);
    doctor_put(finding->cause, "a network interface can have up to three mirror sessions");
    doctor_put(finding->remedy,
               "none is needed: a packet is mirrored once, by the first session whose "
               "filter takes it; so each session shows a part");
}

static bool is_source(const struct exam *exam, const struct ip_addr *addr)
{
    for (size_t i = 0; addr->family != 0 && i < session_count(exam); i++) {
        if (is_mirror(session_at(exam, i)) &&
            ip_addr_equal(&session_at(exam, i)->mirror_source, addr))
            return true;
    }
    return false;
}

/* Copies were found: what that means for the mirror, not for the numbers. */
static void say_duplicates(struct exam *exam, uint64_t duplicates)
{
    struct finding *finding = doctor_add(exam, DOCTOR_NOTE, NULL);

    doctor_put(finding->observed, "%llu of %llu mirrored packets are second copies",
               (ull)duplicates, (ull)exam->snapshot->input.mirrored);
    doctor_put(finding->cause,
               "both ends are mirrored: each of their packets arrives twice, in two "
               "sessions");
    doctor_put(finding->remedy,
               "none is needed for the numbers, which count them once; mirror one end "
               "only to save their transfer");
}

/* Without looking for copies: flows that must have some. */
void doctor_look_both_ends(struct exam *exam)
{
    uint64_t duplicates = exam->snapshot->decode.duplicates;
    const struct snapshot_rows *flows = &exam->snapshot->tables[TABLE_FLOWS];
    unsigned both = 0;
    struct finding *finding;

    if (duplicates != VALUE_UNKNOWN) {
        if (duplicates > 0)
            say_duplicates(exam, duplicates);
        return;
    }
    for (size_t i = 0; i < flows->count; i++) {
        const struct flow_record *flow = snapshot_row(exam->snapshot, TABLE_FLOWS, i);

        both += is_source(exam, &flow->src_addr) && is_source(exam, &flow->dst_addr);
    }
    if (both == 0)
        return;
    finding = doctor_add(exam, DOCTOR_WARNING, NULL);
    doctor_put(finding->observed, "%u of the largest flows run between two mirror sources", both);
    doctor_put(finding->cause,
               "both ends are mirrored: each of their packets arrives twice, in two "
               "sessions");
    doctor_put(finding->remedy,
               "leave out --no-dedup, mirror one end only, or read these sessions apart: "
               "their sum counts such packets twice");
}
