/* SPDX-License-Identifier: MIT */
/*
 * Rules about the feed as a whole: what arrives, what is lost on the way here, what is odd in it.
 *
 * Sources: AWS Traffic Mirroring guide (targets, CloudWatch), RFC 7348 (reserved bits).
 */
#include "doctor_rules.h"

#include "../decode/decode.h"

enum {
    FEW_PER_S = 10, /* packets that any host receives */
};

/* ---- nothing arrives ------------------------------------------------------------------------- */

static void explain_silence(const struct exam *exam, struct finding *finding)
{
    const struct doctor_facts *facts = exam->facts;
    ull seconds = facts->elapsed_ns / doctor_second_ns;
    const char *aws =
        "check, in this order: the session's target (aws ec2 describe-traffic-mirror-sessions, "
        "-targets), the target's security group (UDP 4789 from the sources must be let in), the "
        "source subnet's route to the target, and for a load balancer its UDP listener";

    if (facts->interface[0] != '\0') {
        doctor_put(finding->observed, "no mirrored packet was seen on %s in %llu s",
                   facts->interface, seconds);
        doctor_put(finding->cause,
                   "the mirror does not send to this host, or not to this interface");
        doctor_put(finding->remedy, "%s", aws);
    } else if (!facts->has_host) {
        doctor_put(finding->observed, "nothing arrived on UDP port %u in %llu s", facts->port,
                   seconds);
        doctor_put(finding->cause,
                   "the host's own counters cannot be read: the cause is not known");
        doctor_put(finding->remedy, "%s", aws);
    } else if (facts->host.udp_no_port > 0) {
        doctor_put(
            finding->observed,
            "nothing arrived on UDP port %u in %llu s, but %llu datagrams for ports that nothing "
            "is bound to",
            facts->port, seconds, (ull)facts->host.udp_no_port);
        doctor_put(finding->cause,
                   "the mirror sends to another port, or to another address of this host");
        doctor_put(finding->remedy, "see which with tcpdump -n udp, then give --listen=PORT or "
                                    "--vxlan-port=PORT");
    } else if (facts->host.received / (seconds > 0 ? seconds : 1) >= FEW_PER_S) {
        doctor_put(finding->observed,
                   "the host received %llu packets in %llu s, none of them reached UDP port %u",
                   (ull)facts->host.received, seconds, facts->port);
        doctor_put(
            finding->cause,
            "if these are mirrored packets, the host's own firewall drops them, or a vxlan device "
            "takes them; else the mirror does not send here");
        doctor_put(finding->remedy,
                   "look with -i INTERFACE; let UDP 4789 in (nft list ruleset); then %s", aws);
    } else {
        doctor_put(finding->observed,
                   "next to nothing arrives at this host: %llu packets in %llu s",
                   (ull)facts->host.received, seconds);
        doctor_put(finding->cause,
                   "the security group, the route or the session's target keeps the "
                   "mirror's packets away");
        doctor_put(finding->remedy, "%s", aws);
    }
}

void doctor_look_nothing_arrives(struct exam *exam)
{
    const struct doctor_facts *facts = exam->facts;
    struct finding *finding;

    if (!facts->live || (exam->snapshot->input.mirrored > 0 && facts->trouble[0] == '\0'))
        return;
    if (facts->elapsed_ns < DOCTOR_PATIENCE_S * doctor_second_ns && facts->trouble[0] == '\0' &&
        !facts->over)
        return;
    finding = doctor_add(exam, DOCTOR_PROBLEM, NULL);
    if (facts->trouble[0] != '\0') {
        doctor_put(finding->observed, "%s", facts->trouble);
        doctor_put(finding->cause, "the interface is down, or is not there");
        doctor_put(finding->remedy, "bring it up (ip link set %s up); mirrortop goes on by itself",
                   facts->interface[0] != '\0' ? facts->interface : "INTERFACE");
        return;
    }
    explain_silence(exam, finding);
}

/* ---- losses ---------------------------------------------------------------------------------- */

void doctor_look_kernel_drops(struct exam *exam)
{
    const struct snapshot_input *input = &exam->snapshot->input;
    struct finding *finding;

    if (input->kernel_drops == VALUE_UNKNOWN || input->kernel_drops == 0)
        return;
    finding = doctor_add(exam, DOCTOR_PROBLEM, NULL);
    doctor_put(finding->observed, "the kernel dropped %llu packets before mirrortop read them",
               (ull)input->kernel_drops);
    doctor_put(finding->cause, "the receive buffer was full: a burst, or too slow a host");
    doctor_put(
        finding->remedy, "%s",
        exam->facts->interface[0] != '\0'
            ? "give it a core of its own, or mirror less"
            : "sysctl -w net.core.rmem_max=67108864, then start mirrortop again; -i costs less "
              "than a socket");
}

void doctor_look_queue_drops(struct exam *exam)
{
    struct finding *finding;

    if (exam->snapshot->input.queue_drops == 0)
        return;
    finding = doctor_add(exam, DOCTOR_PROBLEM, NULL);
    doctor_put(finding->observed, "mirrortop dropped %llu packets because it was too slow",
               (ull)exam->snapshot->input.queue_drops);
    doctor_put(finding->cause,
               "more packets come than this host can count, or an export's disk is slow");
    doctor_put(finding->remedy,
               "mirror less (a filter, a smaller packet length does not help), give it a "
               "core of its own, or spread the mirror over several targets");
}

void doctor_look_interface_drops(struct exam *exam)
{
    uint64_t drops = exam->snapshot->input.interface_drops;
    struct finding *finding;

    if (drops == VALUE_UNKNOWN || drops == 0)
        return;
    finding = doctor_add(exam, DOCTOR_PROBLEM, NULL);
    doctor_put(finding->observed, "the interface or its driver dropped %llu packets", (ull)drops);
    doctor_put(finding->cause, "the device's own queue was full");
    doctor_put(finding->remedy, "enlarge it (ethtool -g and -G), or use a larger instance");
}

void doctor_look_oversize(struct exam *exam)
{
    struct finding *finding;

    if (exam->snapshot->input.oversize == 0)
        return;
    finding = doctor_add(exam, DOCTOR_WARNING, NULL);
    doctor_put(finding->observed, "%llu datagrams were longer than mirrortop's buffer",
               (ull)exam->snapshot->input.oversize);
    doctor_put(finding->cause, "no mirror of AWS sends any that long");
    doctor_put(finding->remedy, "see who sends to this port");
}

/* ---- odd feeds ------------------------------------------------------------------------------- */

void doctor_look_flags(struct exam *exam)
{
    uint64_t reserved = exam->snapshot->decode.anomalies[ANOMALY_VXLAN_RESERVED];
    struct finding *finding;

    if (reserved == 0)
        return;
    finding = doctor_add(exam, DOCTOR_NOTE, NULL);
    doctor_put(finding->observed, "%llu VXLAN headers with reserved bits set", (ull)reserved);
    doctor_put(finding->cause,
               "the sender is no AWS mirror, or a newer one: these bits mean something to "
               "extensions of VXLAN");
    doctor_put(finding->remedy, "none is needed: they were read as plain VXLAN");
}

void doctor_look_malformed(struct exam *exam)
{
    const struct snapshot_decode *decode = &exam->snapshot->decode;
    uint64_t malformed = decode->outcomes[DECODE_MALFORMED];
    enum decode_reason most = REASON_NONE;
    struct finding *finding;

    if (malformed < DOCTOR_ENOUGH_PACKETS || malformed < exam->snapshot->input.packets / 100)
        return;
    for (enum decode_reason i = REASON_NONE; i < REASON_COUNT; i++)
        if (decode_reason_outcome(i) == DECODE_MALFORMED &&
            decode->reasons[i] > decode->reasons[most])
            most = i;
    finding = doctor_add(exam, DOCTOR_WARNING, NULL);
    doctor_put(finding->observed, "%llu of %llu packets contradict themselves, most often: %s",
               (ull)malformed, (ull)exam->snapshot->input.packets, decode_reason_text(most));
    doctor_put(finding->cause, "the sender is no AWS mirror, or something damages what it sends");
    doctor_put(finding->remedy, "look into some (tcpdump -XX -c 10 udp), and at who sends them");
}

void doctor_look_not_mirrored(struct exam *exam)
{
    const struct snapshot_input *input = &exam->snapshot->input;
    struct finding *finding;

    if (!exam->facts->live) {
        /* with --direct such frames are a session */
        if (input->mirrored > 0 || input->packets == 0 ||
            exam->snapshot->tables[TABLE_SESSIONS].count > 0)
            return;
    } else if (input->not_mirrored < DOCTOR_ENOUGH_PACKETS ||
               input->not_mirrored * 2 < input->packets) {
        return;
    }
    finding = doctor_add(exam, DOCTOR_WARNING, NULL);
    doctor_put(finding->observed, "%llu of %llu packets carried no mirrored frame",
               (ull)input->not_mirrored, (ull)input->packets);
    doctor_put(finding->cause, "something else sends to this port, or the mirror uses another "
                               "encapsulation");
    if (exam->facts->live)
        doctor_put(finding->remedy,
                   "see who sends (tcpdump -n udp port %u), or try --vxlan-port, --geneve-port",
                   exam->facts->port);
    else
        doctor_put(finding->remedy,
                   "try --vxlan-port, --geneve-port, or --direct if it is no mirror's");
}

void doctor_look_clock(struct exam *exam)
{
    struct finding *finding;

    if (exam->snapshot->input.time_backwards == 0)
        return;
    finding = doctor_add(exam, DOCTOR_WARNING, NULL);
    doctor_put(finding->observed, "the clock jumped back %llu times by more than 10 s",
               (ull)exam->snapshot->input.time_backwards);
    doctor_put(finding->cause, "the host's clock was set, or several captures were joined");
    doctor_put(finding->remedy,
               "let chronyd or ntpd slew the clock; rates around the jump are not to be "
               "trusted");
}
