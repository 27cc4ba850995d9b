/* SPDX-License-Identifier: MIT */
/*
 * The rules. Each looks at the snapshot and the facts, and says at most one thing a session.
 *
 * Sources: AWS Traffic Mirroring guide (packet format, limits, filters, sessions, CloudWatch); the
 * sizes of headers are those of RFC 7348.
 */
#include "doctor_rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../decode/decode.h"
#include "format.h"

enum {
    ENOUGH_PACKETS = 100, /* before a session is judged */
    ENOUGH_QUERIES = 10,
    ENOUGH_CUT = 20,
    SILENT_S = 60,
    PATIENCE_S = 10,        /* before "nothing arrives" is said */
    FEW_PER_S = 10,         /* packets that any host receives */
    VXLAN_OVERHEAD_V4 = 36, /* outer IPv4, UDP and VXLAN headers: 20 + 8 + 8 */
    VXLAN_OVERHEAD_V6 = 56,
    NLB_PACKET_LENGTH = 8500, /* default of sessions with a load balancer as target */
};

static const uint64_t second_ns = 1000000000;

typedef unsigned long long ull;

/* A finding without texts yet; NULL: there is no room for more. `session`: NULL: of the input. */
static struct finding *add(struct exam *exam, enum doctor_severity severity,
                           const struct session_record *session)
{
    static const char *const severities[] = { "note", "warning", "problem" };
    struct finding *finding;

    exam->total++;
    if (exam->count == DOCTOR_FINDINGS)
        return NULL;
    finding = &exam->findings[exam->count++];
    *finding = (struct finding){
        .severity = severity,
        .record = {
            .key = (uint64_t)exam->rule << 32 | (session ? session->key + 1 : 0),
            .severity = severities[severity],
            .kind = doctor_rules[exam->rule].name,
            .vni = session ? session->vni : VALUE_UNKNOWN,
        },
    };
    if (session)
        finding->record.mirror_source = session->mirror_source;
    return finding;
}

__attribute__((format(printf, 2, 3))) static void put(char text[DOCTOR_TEXT], const char *format,
                                                      ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, DOCTOR_TEXT, format, arguments);
    va_end(arguments);
}

static const struct session_record *session_at(const struct exam *exam, size_t i)
{
    return snapshot_row(exam->snapshot, TABLE_SESSIONS, i);
}

static size_t session_count_of(const struct exam *exam)
{
    return exam->snapshot->tables[TABLE_SESSIONS].count;
}

/* A mirror's session, not "direct" or "others", and not one that is only expected. */
static bool is_mirror(const struct session_record *session)
{
    return session->vni != VALUE_UNKNOWN && session->all.packets > 0;
}

/* ---- nothing arrives ------------------------------------------------------------------------- */

static void explain_silence(const struct exam *exam, struct finding *finding)
{
    const struct doctor_facts *facts = exam->facts;
    ull seconds = facts->elapsed_ns / second_ns;
    const char *aws =
        "check, in this order: the session's target (aws ec2 describe-traffic-mirror-sessions, "
        "-targets), the target's security group (UDP 4789 from the sources must be let in), the "
        "source subnet's route to the target, and for a load balancer its UDP listener";

    if (facts->interface[0] != '\0') {
        put(finding->observed, "no mirrored packet was seen on %s in %llu s", facts->interface,
            seconds);
        put(finding->cause, "the mirror does not send to this host, or not to this interface");
        put(finding->remedy, "%s", aws);
    } else if (!facts->has_host) {
        put(finding->observed, "nothing arrived on UDP port %u in %llu s", facts->port, seconds);
        put(finding->cause, "the host's own counters cannot be read: the cause is not known");
        put(finding->remedy, "%s", aws);
    } else if (facts->host.udp_no_port > 0) {
        put(finding->observed,
            "nothing arrived on UDP port %u in %llu s, but %llu datagrams for ports that nothing "
            "is bound to",
            facts->port, seconds, (ull)facts->host.udp_no_port);
        put(finding->cause, "the mirror sends to another port, or to another address of this host");
        put(finding->remedy, "see which with tcpdump -n udp, then give --listen=PORT or "
                             "--vxlan-port=PORT");
    } else if (facts->host.received / (seconds > 0 ? seconds : 1) >= FEW_PER_S) {
        put(finding->observed,
            "the host received %llu packets in %llu s, none of them reached UDP port %u",
            (ull)facts->host.received, seconds, facts->port);
        put(finding->cause,
            "if these are mirrored packets, the host's own firewall drops them, or a vxlan device "
            "takes them; else the mirror does not send here");
        put(finding->remedy, "look with -i INTERFACE; let UDP 4789 in (nft list ruleset); then %s",
            aws);
    } else {
        put(finding->observed, "next to nothing arrives at this host: %llu packets in %llu s",
            (ull)facts->host.received, seconds);
        put(finding->cause, "the security group, the route or the session's target keeps the "
                            "mirror's packets away");
        put(finding->remedy, "%s", aws);
    }
}

static void look_nothing_arrives(struct exam *exam)
{
    const struct doctor_facts *facts = exam->facts;
    struct finding *finding;

    if (!facts->live || (exam->snapshot->input.mirrored > 0 && facts->trouble[0] == '\0'))
        return;
    if (facts->elapsed_ns < PATIENCE_S * second_ns && facts->trouble[0] == '\0' && !facts->over)
        return;
    finding = add(exam, DOCTOR_PROBLEM, NULL);
    if (!finding)
        return;
    if (facts->trouble[0] != '\0') {
        put(finding->observed, "%s", facts->trouble);
        put(finding->cause, "the interface is down, or is not there");
        put(finding->remedy, "bring it up (ip link set %s up); mirrortop goes on by itself",
            facts->interface[0] != '\0' ? facts->interface : "INTERFACE");
        return;
    }
    explain_silence(exam, finding);
}

/* ---- losses ---------------------------------------------------------------------------------- */

static void look_kernel_drops(struct exam *exam)
{
    const struct snapshot_input *input = &exam->snapshot->input;
    struct finding *finding;

    if (input->kernel_drops == VALUE_UNKNOWN || input->kernel_drops == 0)
        return;
    finding = add(exam, DOCTOR_PROBLEM, NULL);
    if (!finding)
        return;
    put(finding->observed, "the kernel dropped %llu packets before mirrortop read them",
        (ull)input->kernel_drops);
    put(finding->cause, "the receive buffer was full: a burst, or too slow a host");
    put(finding->remedy, "%s",
        exam->facts->interface[0] != '\0'
            ? "give it a core of its own, or mirror less"
            : "sysctl -w net.core.rmem_max=67108864, then start mirrortop again; -i costs less "
              "than a socket");
}

static void look_queue_drops(struct exam *exam)
{
    struct finding *finding;

    if (exam->snapshot->input.queue_drops == 0)
        return;
    finding = add(exam, DOCTOR_PROBLEM, NULL);
    if (!finding)
        return;
    put(finding->observed, "mirrortop dropped %llu packets because it was too slow",
        (ull)exam->snapshot->input.queue_drops);
    put(finding->cause, "more packets come than this host can count, or an export's disk is slow");
    put(finding->remedy, "mirror less (a filter, a smaller packet length does not help), give it a "
                         "core of its own, or spread the mirror over several targets");
}

static void look_interface_drops(struct exam *exam)
{
    uint64_t drops = exam->snapshot->input.interface_drops;
    struct finding *finding;

    if (drops == VALUE_UNKNOWN || drops == 0)
        return;
    finding = add(exam, DOCTOR_PROBLEM, NULL);
    if (!finding)
        return;
    put(finding->observed, "the interface or its driver dropped %llu packets", (ull)drops);
    put(finding->cause, "the device's own queue was full");
    put(finding->remedy, "enlarge it (ethtool -g and -G), or use a larger instance");
}

static void look_oversize(struct exam *exam)
{
    struct finding *finding;

    if (exam->snapshot->input.oversize == 0)
        return;
    finding = add(exam, DOCTOR_WARNING, NULL);
    if (!finding)
        return;
    put(finding->observed, "%llu datagrams were longer than mirrortop's buffer",
        (ull)exam->snapshot->input.oversize);
    put(finding->cause, "no mirror of AWS sends any that long");
    put(finding->remedy, "see who sends to this port");
}

/* ---- what the mirror leaves out -------------------------------------------------------------- */

static void look_one_direction(struct exam *exam)
{
    for (size_t i = 0; i < session_count_of(exam); i++) {
        const struct session_record *session = session_at(exam, i);
        bool no_ingress = session->all.ingress == 0 && session->all.egress >= ENOUGH_PACKETS;
        bool no_egress = session->all.egress == 0 && session->all.ingress >= ENOUGH_PACKETS;
        const char *missing = no_ingress ? "ingress" : "egress";
        struct finding *finding;

        if (!is_mirror(session) || session->all.unknown_direction > 0 || no_ingress == no_egress)
            continue;
        finding = add(exam, DOCTOR_PROBLEM, session);
        if (!finding)
            continue;
        put(finding->observed, "%llu %s packets and not one %s packet",
            (ull)(no_ingress ? session->all.egress : session->all.ingress),
            no_ingress ? "egress" : "ingress", missing);
        put(finding->cause,
            "the filter has no accepting rule for %s: a direction without rules mirrors nothing",
            missing);
        put(finding->remedy,
            "aws ec2 create-traffic-mirror-filter-rule --traffic-direction %s --rule-number 100 "
            "--rule-action accept --source-cidr-block 0.0.0.0/0 --destination-cidr-block 0.0.0.0/0 "
            "--traffic-mirror-filter-id FILTER",
            missing);
    }
}

/* Directions are not known, but the peers' answers are missing all the same. */
static void look_half_flows(struct exam *exam)
{
    for (size_t i = 0; i < session_count_of(exam); i++) {
        const struct session_record *session = session_at(exam, i);
        struct finding *finding;

        if (!session->one_way || session->all.packets < ENOUGH_PACKETS ||
            session->all.unknown_direction == 0)
            continue;
        finding = add(exam, DOCTOR_PROBLEM, session);
        if (!finding)
            continue;
        put(finding->observed, "of not one flow both directions arrive");
        put(finding->cause, "the filter mirrors one direction only, or a load balancer sends the "
                            "other one to another target");
        put(finding->remedy, "compare the filter's ingress and egress rules (aws ec2 "
                             "describe-traffic-mirror-filters)");
    }
}

static void look_queries(struct exam *exam)
{
    for (size_t i = 0; i < session_count_of(exam); i++) {
        const struct session_record *session = session_at(exam, i);
        struct finding *finding;

        if (session->dns_flows < ENOUGH_QUERIES || session->dns_answered > 0 || session->one_way)
            continue;
        finding = add(exam, DOCTOR_WARNING, session);
        if (!finding)
            continue;
        put(finding->observed, "%llu DNS questions and not one answer", (ull)session->dns_flows);
        put(finding->cause,
            "the filter's rules match the question's port 53 in one direction only; or a load "
            "balancer sends the answers to another target, since they come from another outer "
            "port");
        put(finding->remedy,
            "accept ingress with source port 53, or add the network service: aws ec2 "
            "modify-traffic-mirror-filter-network-services --add-network-services amazon-dns "
            "--traffic-mirror-filter-id FILTER");
    }
}

static void look_silent(struct exam *exam)
{
    for (size_t i = 0; i < session_count_of(exam); i++) {
        const struct session_record *session = session_at(exam, i);
        uint64_t now = exam->facts->now_ns;
        char last[FORMAT_TIME];
        struct finding *finding;

        if (!is_mirror(session) || session->all.packets < ENOUGH_PACKETS ||
            now <= session->last_ns || now - session->last_ns < SILENT_S * second_ns)
            continue;
        finding = add(exam, DOCTOR_WARNING, session);
        if (!finding)
            continue;
        format_time(last, sizeof(last), session->last_ns);
        put(finding->observed, "silent since %s (%llu s), after %llu packets", last,
            (ull)((now - session->last_ns) / second_ns), (ull)session->all.packets);
        put(finding->cause,
            "the source stopped or has nothing to say, the session or its target was "
            "deleted, or its filter was changed");
        put(finding->remedy, "aws ec2 describe-traffic-mirror-sessions; see whether the source "
                             "instance runs");
    }
}

/* By the documents of --aws-json. */
static void look_expected(struct exam *exam)
{
    for (size_t i = 0; i < session_count_of(exam); i++) {
        const struct session_record *session = session_at(exam, i);
        struct finding *finding;

        if (strcmp(session->state, "expected") != 0 ||
            exam->facts->elapsed_ns < PATIENCE_S * second_ns)
            continue;
        finding = add(exam, DOCTOR_PROBLEM, session);
        if (!finding)
            continue;
        put(finding->observed, "the documents have this session%s%s%s, and nothing of it arrived",
            session->eni[0] != '\0' ? " (" : "", session->eni, session->eni[0] != '\0' ? ")" : "");
        put(finding->cause, "its source is stopped or silent, its filter takes nothing, or its "
                            "packets do not reach this host");
        put(finding->remedy, "see whether the source instance runs, then its filter's rules, then "
                             "the security group and the route to this target");
    }
}

static void look_unexpected(struct exam *exam)
{
    for (size_t i = 0; i < session_count_of(exam); i++) {
        const struct session_record *session = session_at(exam, i);
        struct finding *finding;

        if (strcmp(session->state, "not in file") != 0)
            continue;
        finding = add(exam, DOCTOR_NOTE, session);
        if (!finding)
            continue;
        put(finding->observed, "this session arrives and is not in the documents");
        put(finding->cause, "it is newer than they are, of another account or region, or no "
                            "session of AWS");
        put(finding->remedy, "save them anew: aws ec2 describe-traffic-mirror-sessions, "
                             "describe-network-interfaces");
    }
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
    ull length = session->cut_high;

    if (session->packet_length != VALUE_UNKNOWN && session->packet_length == length &&
        session->cut_low == session->cut_high) {
        put(finding->cause, "the session's packet length is %llu, by the documents", length);
        put(finding->remedy, "none is needed if that was intended: all lengths are those of the "
                             "whole packets");
    } else if (session->cut_low != session->cut_high) {
        put(finding->cause,
            "no single limit: the frames are cut to %llu to %llu bytes; several "
            "packet lengths in turn, or a saved capture that cut them again",
            (ull)session->cut_low, length);
        put(finding->remedy, "compare the session's packet length over time, and the capture's "
                             "snapshot length");
    } else if (mtu != 0) {
        put(finding->cause,
            "with its outer headers a frame of %llu bytes fills an MTU of %u exactly: the target's "
            "MTU cuts",
            length, mtu);
        put(finding->remedy, "raise the target's MTU, or lower the sources' to %u",
            mtu - (session->mirror_source.family == 6 ? 74 : 54)); /* as AWS's guide has it */
    } else if (length == NLB_PACKET_LENGTH) {
        put(finding->cause, "%llu is what a session to a load balancer has by default", length);
        put(finding->remedy,
            "lower the sources' MTU, or live with it: all lengths are those of the "
            "whole packets");
    } else {
        put(finding->cause, "the session's packet length is %llu", length);
        put(finding->remedy, "if payloads are wanted: aws ec2 modify-traffic-mirror-session "
                             "--remove-fields packet-length --traffic-mirror-session-id SESSION");
    }
}

static void look_cut(struct exam *exam)
{
    for (size_t i = 0; i < session_count_of(exam); i++) {
        const struct session_record *session = session_at(exam, i);
        struct finding *finding;

        if (session->cut_frames < ENOUGH_CUT)
            continue;
        finding = add(exam, DOCTOR_NOTE, session);
        if (!finding)
            continue;
        put(finding->observed, "%llu of %llu frames are cut%s", (ull)session->cut_frames,
            (ull)session->all.packets,
            session->cut_low == session->cut_high ? ", all to the same length" : "");
        explain_cut(session, finding);
    }
}

/* ---- odd feeds ------------------------------------------------------------------------------- */

static void look_flags(struct exam *exam)
{
    uint64_t reserved = exam->snapshot->decode.anomalies[ANOMALY_VXLAN_RESERVED];
    struct finding *finding;

    if (reserved == 0)
        return;
    finding = add(exam, DOCTOR_NOTE, NULL);
    if (!finding)
        return;
    put(finding->observed, "%llu VXLAN headers with reserved bits set", (ull)reserved);
    put(finding->cause, "the sender is no AWS mirror, or a newer one: these bits mean something to "
                        "extensions of VXLAN");
    put(finding->remedy, "none is needed: they were read as plain VXLAN");
}

static void look_malformed(struct exam *exam)
{
    const struct snapshot_decode *decode = &exam->snapshot->decode;
    uint64_t malformed = decode->outcomes[DECODE_MALFORMED];
    enum decode_reason most = REASON_NONE;
    struct finding *finding;

    if (malformed < ENOUGH_PACKETS || malformed < exam->snapshot->input.packets / 100)
        return;
    for (enum decode_reason i = REASON_NONE; i < REASON_COUNT; i++)
        if (decode_reason_outcome(i) == DECODE_MALFORMED &&
            decode->reasons[i] > decode->reasons[most])
            most = i;
    finding = add(exam, DOCTOR_WARNING, NULL);
    if (!finding)
        return;
    put(finding->observed, "%llu of %llu packets contradict themselves, most often: %s",
        (ull)malformed, (ull)exam->snapshot->input.packets, decode_reason_text(most));
    put(finding->cause, "the sender is no AWS mirror, or something damages what it sends");
    put(finding->remedy, "look into some (tcpdump -XX -c 10 udp), and at who sends them");
}

static void look_not_mirrored(struct exam *exam)
{
    const struct snapshot_input *input = &exam->snapshot->input;
    struct finding *finding;

    if (!exam->facts->live) {
        /* with --direct such frames are a session */
        if (input->mirrored > 0 || input->packets == 0 || session_count_of(exam) > 0)
            return;
    } else if (input->not_mirrored < ENOUGH_PACKETS || input->not_mirrored * 2 < input->packets) {
        return;
    }
    finding = add(exam, DOCTOR_WARNING, NULL);
    if (!finding)
        return;
    put(finding->observed, "%llu of %llu packets carried no mirrored frame",
        (ull)input->not_mirrored, (ull)input->packets);
    put(finding->cause, "something else sends to this port, or the mirror uses another "
                        "encapsulation");
    if (exam->facts->live)
        put(finding->remedy,
            "see who sends (tcpdump -n udp port %u), or try --vxlan-port, --geneve-port",
            exam->facts->port);
    else
        put(finding->remedy, "try --vxlan-port, --geneve-port, or --direct if it is no mirror's");
}

static bool same_addr(const struct ip_addr *a, const struct ip_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static void look_several(struct exam *exam)
{
    for (size_t i = 0; i < session_count_of(exam); i++) {
        const struct session_record *session = session_at(exam, i);
        unsigned sessions = 0;
        bool first = true;
        struct finding *finding;

        for (size_t j = 0; j < session_count_of(exam) && is_mirror(session); j++) {
            const struct session_record *other = session_at(exam, j);

            if (is_mirror(other) && same_addr(&session->mirror_source, &other->mirror_source)) {
                sessions++;
                first = first && j >= i;
            }
        }
        if (sessions < 2 || !first)
            continue;
        finding = add(exam, DOCTOR_NOTE, session);
        if (!finding)
            continue;
        put(finding->observed, "%u sessions come from this one mirror source", sessions);
        put(finding->cause, "a network interface can have up to three mirror sessions");
        put(finding->remedy,
            "none is needed: a packet is mirrored once, by the first session whose "
            "filter takes it; so each session shows a part");
    }
}

static bool is_source(const struct exam *exam, const struct ip_addr *addr)
{
    for (size_t i = 0; addr->family != 0 && i < session_count_of(exam); i++) {
        if (is_mirror(session_at(exam, i)) && same_addr(&session_at(exam, i)->mirror_source, addr))
            return true;
    }
    return false;
}

/* Copies were found: what that means for the mirror, not for the numbers. */
static void say_duplicates(struct exam *exam, uint64_t duplicates)
{
    struct finding *finding = add(exam, DOCTOR_NOTE, NULL);

    if (!finding)
        return;
    put(finding->observed, "%llu of %llu mirrored packets are second copies", (ull)duplicates,
        (ull)exam->snapshot->input.mirrored);
    put(finding->cause, "both ends are mirrored: each of their packets arrives twice, in two "
                        "sessions");
    put(finding->remedy, "none is needed for the numbers, which count them once; mirror one end "
                         "only to save their transfer");
}

/* Without looking for copies: flows that must have some. */
static void look_both_ends(struct exam *exam)
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
    finding = add(exam, DOCTOR_WARNING, NULL);
    if (!finding)
        return;
    put(finding->observed, "%u of the largest flows run between two mirror sources", both);
    put(finding->cause, "both ends are mirrored: each of their packets arrives twice, in two "
                        "sessions");
    put(finding->remedy, "leave out --no-dedup, mirror one end only, or read these sessions apart: "
                         "their sum counts such packets twice");
}

static void look_clock(struct exam *exam)
{
    struct finding *finding;

    if (exam->snapshot->input.time_backwards == 0)
        return;
    finding = add(exam, DOCTOR_WARNING, NULL);
    if (!finding)
        return;
    put(finding->observed, "the clock jumped back %llu times by more than 10 s",
        (ull)exam->snapshot->input.time_backwards);
    put(finding->cause, "the host's clock was set, or several captures were joined");
    put(finding->remedy, "let chronyd or ntpd slew the clock; rates around the jump are not to be "
                         "trusted");
}

const struct doctor_rule doctor_rules[] = {
    { "nothing_arrives", look_nothing_arrives },
    { "kernel_drops", look_kernel_drops },
    { "queue_drops", look_queue_drops },
    { "interface_drops", look_interface_drops },
    { "one_direction", look_one_direction },
    { "half_flows", look_half_flows },
    { "unanswered_queries", look_queries },
    { "silent_session", look_silent },
    { "expected_session", look_expected },
    { "unexpected_session", look_unexpected },
    { "cut_frames", look_cut },
    { "oversize", look_oversize },
    { "unknown_flags", look_flags },
    { "malformed", look_malformed },
    { "not_mirrored", look_not_mirrored },
    { "several_sessions", look_several },
    { "both_ends", look_both_ends },
    { "clock_backwards", look_clock },
};

const size_t doctor_rule_count = sizeof(doctor_rules) / sizeof(doctor_rules[0]);
