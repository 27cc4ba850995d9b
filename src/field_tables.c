/* SPDX-License-Identifier: MIT */
/*
 * The tables themselves. A row: name, heading, type, member, width, priority, uses, unit, doc.
 *
 * The order of the rows is that of the columns and members, and the CSV's order is fixed for ever:
 * a new CSV column goes behind all others. Priorities 1 to 5 of a table fit into 77 columns. A
 * column of priority 1 that is no quantity says which row it is, and stays when others scroll. The
 * width of a text, an address or a name in numbers is what a pane's column has at first; contents
 * can make it smaller or wider.
 */
#include "field.h"

#define ROW(record, name, heading, type, member, width, priority, uses, unit, doc)                 \
    {                                                                                              \
        name, heading, FIELD_##type, width, priority, uses, offsetof(struct record, member), unit, \
            doc                                                                                    \
    }

enum {
    C = USE_CSV,
    J = USE_JSON,
    P = USE_PANE,
    T = USE_TCP | USE_PANE,
};

/* ---- what several tables show ---------------------------------------------------------------- */

#define DOC_VNI                                                                                    \
    "Network identifier (VNI) of the mirror session. Unknown for what was not encapsulated."
#define DOC_MIRROR_SOURCE                                                                          \
    "Outer source address of the mirrored frames: the network interface whose traffic is copied. " \
    "Unknown for what was not encapsulated."
#define DOC_ASN "by the database of --asn. Unknown without one."

/* ---- sessions -------------------------------------------------------------------------------- */

#define SESSION(...) ROW(session_record, __VA_ARGS__)

static const struct field session_fields[] = {
    SESSION("vni", "VNI", NUMBER, vni, 8, 1, J | P, "", DOC_VNI),
    SESSION("mirror_source", "SOURCE", ADDR, mirror_source, 15, 1, J | P, "", DOC_MIRROR_SOURCE),
    SESSION("bit_rate", "RATE", BIT_RATE, bit_rate, 5, 2, P, "bit/s",
            "Inner IP bits of the session in the last whole second of the capture's clock."),
    SESSION("packet_rate", "PPS", PACKET_RATE, packet_rate, 4, 6, P, "packets/s",
            "Packets of the session in the last whole second of the capture's clock."),
    SESSION("packets", "PKTS", COUNT, packets, 5, 2, J | P, "packets",
            "Mirrored packets of the session."),
    SESSION("bytes", "BYTES", BYTES, bytes, 5, 1, J | P, "bytes",
            "Inner IP bytes of the session, whatever was cut off."),
    SESSION("ingress", "IN", COUNT, ingress, 4, 3, J | P, "packets",
            "Packets that went into the mirror source."),
    SESSION("egress", "OUT", COUNT, egress, 4, 3, J | P, "packets",
            "Packets that the mirror source sent."),
    SESSION("truncated", "TRUNC", COUNT, truncated, 5, 4, J | P, "packets",
            "Packets that the mirror or the capture cut."),
    SESSION("flows", "FLOWS", COUNT, flows, 5, 4, J | P, "flows",
            "Flows that were seen in the session, perhaps in others before."),
    SESSION("unknown_direction", "?DIR", COUNT, unknown_direction, 4, 6, J | P, "packets",
            "Packets of which it is not known whether they are ingress or egress."),
    SESSION(
        "name", "NAME", TEXT, name, 6, 5, J | P, "",
        "Tag Name of the session, else of its interface, by the documents of --aws-json. direct: "
        "frames that were not encapsulated (--direct). others: frames of sessions that found no "
        "room in the session table. Empty for every other session."),
    SESSION("gwlbe", "GWLB ENDPOINT", TEXT, gwlbe, 16, 8, J | P, "",
            "Id of the Gateway Load Balancer endpoint that sent the session, in hexadecimal, or as "
            "the id of an interface when the documents of --aws-json have it; empty when there is "
            "none."),
    SESSION("mac", "MAC", TEXT, mac, 17, 8, J | P, "",
            "MAC address of the mirror source, once learnt from the packets."),
    SESSION("first", "FIRST", TIME, first_ns, 8, 9, J | P, "time",
            "Time of the session's first packet."),
    SESSION("last", "LAST", TIME, last_ns, 8, 9, J | P, "time",
            "Time of the session's last packet."),
    SESSION("malformed", "MALF", COUNT, malformed, 4, 7, J | P, "packets",
            "Packets whose bytes contradict themselves."),
    SESSION("duplicates", "DUPS", COUNT, duplicates, 4, 6, J | P, "packets",
            "Packets of the session that are second copies: another session had brought them "
            "before, from the other end. Only rows of sessions and of rules count them."),
    SESSION("eni", "ENI", TEXT, eni, 12, 8, J | P, "",
            "Id of the mirrored network interface, by the documents of --aws-json. Unknown without "
            "them."),
    SESSION("session_number", "NO", NUMBER, session_number, 5, 9, J | P, "",
            "Number that orders the sessions of one interface, by the documents of --aws-json."),
    SESSION("filter", "FILTER", TEXT, filter, 8, 8, J | P, "",
            "Tag Name of the session's filter, else its id, by the documents of --aws-json."),
    SESSION("packet_length", "PKTLEN", COUNT, packet_length, 6, 9, J | P, "bytes",
            "Bytes to which the session cuts each frame, by the documents of --aws-json. Unknown "
            "when frames are whole."),
    SESSION("state", "STATE", TEXT, state, 11, 6, J | P, "",
            "What the documents of --aws-json make of the session. ok: in the documents, and "
            "sending. silent: nothing came for 30 seconds of the capture's clock. expected: in the "
            "documents, but nothing ever came. not in file: it sends, but is not in the documents. "
            "ambiguous: in the documents more than once, with nothing to tell which. Empty without "
            "a list of sessions."),
    SESSION("retransmits", "RETR", COUNT, retransmits, 5, 7, J | T, "segments",
            "TCP segments that were sent again; of flows that several sessions show, in the "
            "first one."),
    SESSION("lost_before_mirror", "LOST", COUNT, lost_before_mirror, 5, 8, J | T, "segments",
            "Those among them that carried bytes for the first time. Unknown while nobody "
            "acknowledges, and with a filter."),
    SESSION("mirror_loss_bytes", "MLOSS", BYTES, mirror_loss_bytes, 5, 7, J | T, "bytes",
            "Bytes that receivers acknowledged although the mirror never delivered them. Unknown "
            "while no connection of the session was seen from its start, in both directions."),
    SESSION(
        "late", "LATE", COUNT, late, 5, 8, J | T, "segments",
        "Copies of TCP segments that the mirror delivered out of order. Unknown with a filter."),
};

/* ---- talkers --------------------------------------------------------------------------------- */

#define TALKER(...) ROW(talker_record, __VA_ARGS__)

static const struct field talker_fields[] = {
    TALKER("addr", "ADDRESS", ADDR, addr, 15, 1, J | P, "",
           "Inner address. Its totals are over all sessions."),
    TALKER("send_rate", "TX", BIT_RATE, send_rate, 4, 2, P, "bit/s",
           "Inner IP bits that it sent in the last whole second of the capture's clock."),
    TALKER("receive_rate", "RX", BIT_RATE, receive_rate, 4, 2, P, "bit/s",
           "Inner IP bits that were sent to it in the last whole second of the capture's clock."),
    TALKER("rate", "RATE", BIT_RATE, rate, 5, 3, P, "bit/s", "send_rate + receive_rate."),
    TALKER("average_rate", "AVG", BIT_RATE, average_rate, 4, 4, P, "bit/s",
           "Inner IP bits sent and received per second since the address was first seen."),
    TALKER("bytes", "BYTES", BYTES, bytes, 5, 1, P, "bytes", "bytes_sent + bytes_received."),
    TALKER("packets_sent", "PSENT", COUNT, packets_sent, 5, 8, J | P, "packets",
           "Packets that it sent."),
    TALKER("bytes_sent", "SENT", BYTES, bytes_sent, 5, 4, J | P, "bytes",
           "Inner IP bytes that it sent."),
    TALKER("packets_received", "PRECV", COUNT, packets_received, 5, 8, J | P, "packets",
           "Packets that were sent to it."),
    TALKER("bytes_received", "RECVD", BYTES, bytes_received, 5, 4, J | P, "bytes",
           "Inner IP bytes that were sent to it."),
    TALKER("flows", "FLOWS", COUNT, flows, 5, 5, J | P, "flows", "Flows that it took part in."),
    TALKER("country", "CC", TEXT, country, 2, 6, J | P, "",
           "ISO 3166-1 code of its country, by the database of --geoip. Unknown without one."),
    TALKER("asn", "ASN", NUMBER, asn, 6, 7, J | P, "", "Number of its autonomous system, " DOC_ASN),
    TALKER("as_name", "AS NAME", TEXT, as_name, 16, 8, J | P, "",
           "Name of its autonomous system, " DOC_ASN),
    TALKER("vni", "VNI", NUMBER, vni, 8, 7, J | P, "",
           "Network identifier (VNI) of the one mirror session in which it was seen. Unknown when "
           "there are several, or none."),
    TALKER("mirror_source", "MIRROR SOURCE", ADDR, mirror_source, 15, 8, J | P, "",
           "Outer source address of the one mirror session in which it was seen. Unknown when "
           "there are several, or none."),
    TALKER("retransmits", "RETR", COUNT, retransmits, 5, 7, J | T, "segments",
           "TCP segments that it sent again. Unknown when it sent no TCP, as "
           "the two that follow."),
    TALKER(
        "mirror_loss_bytes", "MLOSS", BYTES, mirror_loss_bytes, 5, 8, J | T, "bytes",
        "Bytes that it sent and that were acknowledged although the mirror never delivered them, "
        "as far as that can be known. Unknown as long as nothing of it can."),
    TALKER("retransmit_share", "%SENT", SHARE, retransmit_share, 6, 8, J | T, "1/1000",
           "Share of the packets that it sent that were retransmits."),
};

/* ---- protocols ------------------------------------------------------------------------------- */

#define PROTOCOL(...) ROW(protocol_record, __VA_ARGS__)

static const struct field protocol_fields[] = {
    PROTOCOL("name", "PROTOCOL", TEXT, name, 20, 1, J | P, "",
             "Node of the tree network > transport > application. undecoded: frames in which "
             "nothing could be read. other: EtherTypes for which there was no room."),
    PROTOCOL("parent", "PARENT", TEXT, parent, 0, 9, J, "",
             "Name of the node above; empty at the top."),
    PROTOCOL("packets", "PKTS", COUNT, packets, 5, 2, J | P, "packets",
             "Packets of the node and all below it."),
    PROTOCOL("bytes", "BYTES", BYTES, bytes, 5, 1, J | P, "bytes",
             "Inner IP bytes of the node and all below it."),
    PROTOCOL("bit_rate", "RATE", BIT_RATE, bit_rate, 5, 4, P, "bit/s",
             "Inner IP bits of the node and all below it in the last whole second of the capture's "
             "clock."),
    PROTOCOL("share", "SHARE", SHARE, share, 6, 3, P, "1/1000",
             "Its share of all bytes taken into sessions."),
};

/* ---- suspicions ------------------------------------------------------------------------------ */

#define SUSPICION(...) ROW(suspicion_record, __VA_ARGS__)

static const struct field suspicion_fields[] = {
    SUSPICION("started", "STARTED", TIME, started_ns, 8, 2, J | P, "time",
              "Time of the first failed attempt that was counted."),
    SUSPICION("kind", "KIND", TEXT, kind, 12, 6, J | P, "",
              "address_scan: one source, many hosts on one port. port_scan: one source, many ports "
              "of one host."),
    SUSPICION("src_addr", "SOURCE", ADDR, src_addr, 15, 1, J | P, "",
              "Inner address that made the attempts."),
    SUSPICION(
        "dst_addr", "TARGET", ADDR, dst_addr, 15, 4, J | P, "",
        "Inner address of the host whose ports were tried; empty for an address_scan, of which "
        "the screen shows the number of hosts."),
    SUSPICION("detail", "EVIDENCE", TEXT, detail, 28, 1, J | P, "", "The evidence in words."),
    SUSPICION("targets", "TGTS", COUNT, targets, 4, 7, J | P, "targets",
              "Distinct hosts or ports that refused or did not answer; exact below 2048, which "
              "means at least so many. With a filter those of which it shows the attempts: fewer "
              "than make a scan are not shown."),
    SUSPICION("unanswered", "UNANS", COUNT, unanswered, 5, 7, J | P, "attempts",
              "Attempts that were not answered. Unknown where the filter shows only some of the "
              "targets."),
    SUSPICION(
        "refused", "REFUS", COUNT, refused, 5, 7, J | P, "attempts",
        "Attempts that were refused by a TCP reset or an ICMP error. Unknown where the filter "
        "shows only some of the targets."),
    SUSPICION("window_s", "WINDOW", NUMBER, window_s, 0, 9, J, "s",
              "A count starts anew when so many seconds have passed without reaching the "
              "threshold; a scan has ended when it has been quiet for so long."),
    SUSPICION("port", "PORT", NUMBER, port, 5, 8, J | P, "",
              "Port that was tried on every host; empty for a port_scan."),
    SUSPICION("last", "LAST", TIME, last_ns, 8, 8, J | P, "time",
              "Time of the last failed attempt."),
    SUSPICION("vni", "VNI", NUMBER, vni, 8, 7, J | P, "", DOC_VNI),
    SUSPICION("mirror_source", "MIRROR SOURCE", ADDR, mirror_source, 15, 9, J | P, "",
              DOC_MIRROR_SOURCE),
};

/* ---- flows ----------------------------------------------------------------------------------- */

#define FLOW(...) ROW(flow_record, __VA_ARGS__)

#define DOC_START "Time of the flow's first packet."
#define DOC_END "Time of the flow's last packet."
#define DOC_APP                                                                                    \
    "Application: recognised in the first payload, else the service that the system's services "   \
    "file names for the port."
#define DOC_SRC_ADDR                                                                               \
    "Inner address of src: who opened the flow, that is the sender of the SYN, else of the first " \
    "packet seen."
#define DOC_SRC_PORT "Port of src; empty where the protocol has no ports or they could not be read."
#define DOC_DST_ADDR "Inner address of dst: the other one."
#define DOC_DST_PORT "Port of dst; empty where the protocol has no ports or they could not be read."
#define DOC_RETRANSMITS(from)                                                                      \
    "TCP segments from " from " that were sent again: at least one byte of sequence space had "    \
    "been carried in this direction before (SYN and FIN count as one byte each; keep-alives and "  \
    "probes are left out), or they filled a hole and were sent after what follows it."
#define DOC_RETRANSMIT_BYTES(from) "Bytes of sequence space from " from " that were sent again."
#define DOC_OUT_OF_ORDER(from)                                                                     \
    "TCP segments from " from " that carried only new bytes, but before the highest byte carried " \
    "so far in this direction, and were not sent again."
#define DOC_MIRROR_LOSS(from, to)                                                                  \
    "Bytes from " from " that " to " acknowledged although the mirror never delivered them. "      \
    "Unknown where only one direction is mirrored and for a flow joined in the middle."
#define DOC_COUNT(name, from)                                                                      \
    "Segments from " from " that are counted as " name ", as defined for the report's tcp."
#define DOC_ZERO_WINDOWS(from)                                                                     \
    "TCP segments from " from ", without SYN, FIN and RST, that advertised a window of 0."
#define DOC_RTT                                                                                    \
    "Time from the SYN of src to its ACK of the SYN-ACK, as the mirror saw them; empty when the "  \
    "handshake was not seen whole or a part of it was sent twice."
#define DOC_RUNS(from) "Runs of retransmits from " from ", as defined for the report's tcp."
#define DOC_KIND(name)                                                                             \
    "Segments of both directions that are counted as " name ", as defined for the report's tcp."
#define DOC_RTT_TO(what, to)                                                                       \
    what " of the round trips between the mirror and " to                                          \
         ", from a segment to its acknowledgment; the halves of the handshake are among them."
#define DOC_RTT_QUANTILE(what, to)                                                                 \
    DOC_RTT_TO(what, to) " Within 13 % of that of the samples taken, from 64 us to 1 s."
#define DOC_ANSWER                                                                                 \
    "Time from the SYN of src to the SYN-ACK, as the mirror saw them: the round trip between the " \
    "mirror and dst."
#define DOC_CONFIRM                                                                                \
    "Time from the SYN-ACK to its ACK, as the mirror saw them: the round trip between the mirror " \
    "and src."
#define DOC_SERVER_NAME                                                                            \
    "Name that the client asked for (TLS server name, HTTP Host, DNS question) as it was sent, "   \
    "A-Z in lower case."
#define DOC_STATE                                                                                  \
    "TCP: opening, answered, open, closing, closed or refused. Others: one-way or two-way."
#define DOC_PACKETS "Packets of both directions."
#define DOC_BYTES "Inner IP bytes of both directions."
#define DOC_ALSO_SESSION                                                                           \
    "Other sessions that brought packets of the flow, as VNI@SOURCE with blanks between them: "    \
    "both ends are mirrored. Each packet is counted once. Both ends of a round trip are taken "    \
    "from the same session."
#define DOC_CUT                                                                                    \
    "What the mirror or the capture cut off of its frames, and what cannot be known for that. "    \
    "Empty: nothing."
#define DOC_BOTH_RETRANSMITS "src_retransmits + dst_retransmits."

static const struct field flow_fields[] = {
    FLOW("bit_rate", "RATE", BIT_RATE, bit_rate, 5, 3, P, "bit/s",
         "Inner IP bits of the flow in the last whole second of the capture's clock."),
    FLOW("bytes", "BYTES", BYTES, bytes, 5, 1, P, "bytes", DOC_BYTES),
    FLOW("packets", "PKTS", COUNT, packets, 5, 7, P, "packets", DOC_PACKETS),
    FLOW("start", "START", TIME, start_ns, 8, 8, C | P, "time", DOC_START),
    FLOW("end", "END", TIME, end_ns, 8, 9, C | P, "time", DOC_END),
    FLOW("vni", "VNI", NUMBER, vni, 8, 7, C | P, "", DOC_VNI),
    FLOW("mirror_source", "MIRROR SOURCE", ADDR, mirror_source, 15, 8, C | P, "",
         DOC_MIRROR_SOURCE),
    FLOW("protocol", "PROTO", TEXT, protocol, 5, 2, C | P, "",
         "IP protocol (tcp, udp, icmp, icmp6, sctp and other names, else its number), for other "
         "frames the EtherType (arp and other names, else 0x and its number)."),
    FLOW("app", "APP", TEXT, app, 6, 2, C | P, "", DOC_APP),
    FLOW("src_addr", "SOURCE", ADDR, src_addr, 15, 1, C | P, "", DOC_SRC_ADDR),
    FLOW("src_port", "SPORT", NUMBER, src_port, 5, 6, C | P, "", DOC_SRC_PORT),
    FLOW("dst_addr", "DEST", ADDR, dst_addr, 15, 1, C | P, "", DOC_DST_ADDR),
    FLOW("dst_port", "PORT", NUMBER, dst_port, 5, 1, C | P, "", DOC_DST_PORT),
    FLOW("state", "STATE", TEXT, state, 8, 7, P, "", DOC_STATE),
    FLOW("src_packets", "SPKTS", COUNT, src_packets, 5, 9, C | P, "packets",
         "Packets that src sent."),
    FLOW("src_bytes", "SBYTE", BYTES, src_bytes, 5, 8, C | P, "bytes",
         "Inner IP bytes that src sent, whatever was cut off."),
    FLOW("dst_packets", "DPKTS", COUNT, dst_packets, 5, 9, C | P, "packets",
         "Packets that dst sent."),
    FLOW("dst_bytes", "DBYTE", BYTES, dst_bytes, 5, 8, C | P, "bytes",
         "Inner IP bytes that dst sent, whatever was cut off."),
    FLOW("src_direction", "DIR", TEXT, src_direction, 7, 8, C | P, "",
         "Way of src's packets, seen from the mirror source: ingress or egress; empty when it is "
         "not known."),
    FLOW("src_tcp_flags", "SFLAGS", TCP_FLAGS, src_tcp_flags, 8, 9, C | P, "",
         "TCP flags that src has set in any segment: FIN, SYN, RST, PSH, ACK, URG, ECE, CWR as "
         "the letters FSRPAUEC."),
    FLOW("dst_tcp_flags", "DFLAGS", TCP_FLAGS, dst_tcp_flags, 8, 9, C | P, "",
         "TCP flags that dst has set in any segment, as in src_tcp_flags."),
    FLOW("retransmits", "RETR", COUNT, retransmits, 4, 7, P, "segments", DOC_BOTH_RETRANSMITS),
    FLOW("src_retransmits", "SRETR", COUNT, src_retransmits, 0, 9, C, "segments",
         DOC_RETRANSMITS("src")),
    FLOW("dst_retransmits", "DRETR", COUNT, dst_retransmits, 0, 9, C, "segments",
         DOC_RETRANSMITS("dst")),
    FLOW("src_out_of_order", "SOOO", COUNT, src_out_of_order, 0, 9, C, "segments",
         DOC_OUT_OF_ORDER("src")),
    FLOW("dst_out_of_order", "DOOO", COUNT, dst_out_of_order, 0, 9, C, "segments",
         DOC_OUT_OF_ORDER("dst")),
    FLOW("src_mirror_loss_bytes", "SLOSS", BYTES, src_mirror_loss_bytes, 0, 9, C, "bytes",
         DOC_MIRROR_LOSS("src", "dst")),
    FLOW("dst_mirror_loss_bytes", "DLOSS", BYTES, dst_mirror_loss_bytes, 0, 9, C, "bytes",
         DOC_MIRROR_LOSS("dst", "src")),
    FLOW("src_zero_windows", "SZWIN", COUNT, src_zero_windows, 0, 9, C, "segments",
         DOC_ZERO_WINDOWS("src")),
    FLOW("dst_zero_windows", "DZWIN", COUNT, dst_zero_windows, 0, 9, C, "segments",
         DOC_ZERO_WINDOWS("dst")),
    FLOW("rtt_us", "RTT", MICROSECONDS, rtt_us, 5, 7, C | P, "us", DOC_RTT),
    FLOW("server_name", "SERVER NAME", TEXT, server_name, 12, 4, C | P, "", DOC_SERVER_NAME),
    FLOW("src_country", "SC", TEXT, src_country, 2, 8, C | P, "",
         "ISO 3166-1 code of src's country, by the database of --geoip. Unknown without one."),
    FLOW("dst_country", "DC", TEXT, dst_country, 2, 8, C | P, "",
         "ISO 3166-1 code of dst's country, by the database of --geoip. Unknown without one."),
    FLOW("src_asn", "SASN", NUMBER, src_asn, 6, 9, C | P, "",
         "Number of src's autonomous system, " DOC_ASN),
    FLOW("dst_asn", "DASN", NUMBER, dst_asn, 6, 9, C | P, "",
         "Number of dst's autonomous system, " DOC_ASN),
    FLOW("rule", "RULE", NUMBER, rule, 5, 8, C | P, "",
         "Number of the filter rule that decided of src's packets: the first that matched. Empty "
         "without a filter, and where no rule decided."),
    FLOW("cut", "CUT", TEXT, cut, 8, 9, P, "", DOC_CUT),
    FLOW("also_session", "ALSO IN", TEXT, also_session, 15, 9, C | P, "", DOC_ALSO_SESSION),
    FLOW("icmp_errors", "ICMP", COUNT, icmp_errors, 4, 9, P, "packets",
         "ICMP errors that quote a packet of the flow."),
    FLOW("src_retransmit_bytes", "SRBYTE", BYTES, src_retransmit_bytes, 0, 9, C, "bytes",
         DOC_RETRANSMIT_BYTES("src")),
    FLOW("dst_retransmit_bytes", "DRBYTE", BYTES, dst_retransmit_bytes, 0, 9, C, "bytes",
         DOC_RETRANSMIT_BYTES("dst")),
    FLOW("src_retransmit_runs", "SRUNS", COUNT, src_tcp.retransmit_runs, 0, 9, C, "runs",
         DOC_RUNS("src")),
    FLOW("dst_retransmit_runs", "DRUNS", COUNT, dst_tcp.retransmit_runs, 0, 9, C, "runs",
         DOC_RUNS("dst")),
    FLOW("src_fast", "SFAST", COUNT, src_tcp.fast, 0, 9, C, "segments", DOC_COUNT("fast", "src")),
    FLOW("dst_fast", "DFAST", COUNT, dst_tcp.fast, 0, 9, C, "segments", DOC_COUNT("fast", "dst")),
    FLOW("src_timeout", "SRTO", COUNT, src_tcp.timeout, 0, 9, C, "segments",
         DOC_COUNT("timeout", "src")),
    FLOW("dst_timeout", "DRTO", COUNT, dst_tcp.timeout, 0, 9, C, "segments",
         DOC_COUNT("timeout", "dst")),
    FLOW("src_tail_probes", "STLP", COUNT, src_tcp.tail_probes, 0, 9, C, "segments",
         DOC_COUNT("tail_probes", "src")),
    FLOW("dst_tail_probes", "DTLP", COUNT, dst_tcp.tail_probes, 0, 9, C, "segments",
         DOC_COUNT("tail_probes", "dst")),
    FLOW("src_spurious", "SSPUR", COUNT, src_tcp.spurious, 0, 9, C, "segments",
         DOC_COUNT("spurious", "src")),
    FLOW("dst_spurious", "DSPUR", COUNT, dst_tcp.spurious, 0, 9, C, "segments",
         DOC_COUNT("spurious", "dst")),
    FLOW("src_syn_again", "SSYN", COUNT, src_tcp.syn_again, 0, 9, C, "segments",
         DOC_COUNT("syn_again", "src")),
    FLOW("dst_syn_again", "DSYN", COUNT, dst_tcp.syn_again, 0, 9, C, "segments",
         DOC_COUNT("syn_again", "dst")),
    FLOW("src_fin_again", "SFIN", COUNT, src_tcp.fin_again, 0, 9, C, "segments",
         DOC_COUNT("fin_again", "src")),
    FLOW("dst_fin_again", "DFIN", COUNT, dst_tcp.fin_again, 0, 9, C, "segments",
         DOC_COUNT("fin_again", "dst")),
    FLOW("src_lost_before_mirror", "SLOST", COUNT, src_tcp.lost_before_mirror, 0, 9, C, "segments",
         DOC_COUNT("lost_before_mirror", "src")),
    FLOW("dst_lost_before_mirror", "DLOST", COUNT, dst_tcp.lost_before_mirror, 0, 9, C, "segments",
         DOC_COUNT("lost_before_mirror", "dst")),
    FLOW("src_late", "SLATE", COUNT, src_tcp.late, 0, 9, C, "segments", DOC_COUNT("late", "src")),
    FLOW("dst_late", "DLATE", COUNT, dst_tcp.late, 0, 9, C, "segments", DOC_COUNT("late", "dst")),
    FLOW("src_uncertain", "SUNC", COUNT, src_tcp.uncertain, 0, 9, C, "segments",
         DOC_COUNT("uncertain", "src")),
    FLOW("dst_uncertain", "DUNC", COUNT, dst_tcp.uncertain, 0, 9, C, "segments",
         DOC_COUNT("uncertain", "dst")),
    FLOW("src_mirror_loss_segments", "SLSEG", COUNT, src_tcp.mirror_loss_segments, 0, 9, C,
         "segments", DOC_COUNT("mirror_loss_segments", "src")),
    FLOW("dst_mirror_loss_segments", "DLSEG", COUNT, dst_tcp.mirror_loss_segments, 0, 9, C,
         "segments", DOC_COUNT("mirror_loss_segments", "dst")),
    FLOW("src_window_full", "SWFULL", COUNT, src_tcp.window_full, 0, 9, C, "segments",
         DOC_COUNT("window_full", "src")),
    FLOW("dst_window_full", "DWFULL", COUNT, dst_tcp.window_full, 0, 9, C, "segments",
         DOC_COUNT("window_full", "dst")),
    FLOW("src_duplicate_acks", "SDACK", COUNT, src_tcp.duplicate_acks, 0, 9, C, "segments",
         DOC_COUNT("duplicate_acks", "src")),
    FLOW("dst_duplicate_acks", "DDACK", COUNT, dst_tcp.duplicate_acks, 0, 9, C, "segments",
         DOC_COUNT("duplicate_acks", "dst")),
    FLOW("src_keep_alives", "SALIVE", COUNT, src_tcp.keep_alives, 0, 9, C, "segments",
         DOC_COUNT("keep_alives", "src")),
    FLOW("dst_keep_alives", "DALIVE", COUNT, dst_tcp.keep_alives, 0, 9, C, "segments",
         DOC_COUNT("keep_alives", "dst")),
    FLOW("src_zero_window_probes", "SZPROB", COUNT, src_tcp.zero_window_probes, 0, 9, C, "segments",
         DOC_COUNT("zero_window_probes", "src")),
    FLOW("dst_zero_window_probes", "DZPROB", COUNT, dst_tcp.zero_window_probes, 0, 9, C, "segments",
         DOC_COUNT("zero_window_probes", "dst")),
    FLOW("src_window_probes", "SWPROB", COUNT, src_tcp.window_probes, 0, 9, C, "segments",
         DOC_COUNT("window_probes", "src")),
    FLOW("dst_window_probes", "DWPROB", COUNT, dst_tcp.window_probes, 0, 9, C, "segments",
         DOC_COUNT("window_probes", "dst")),
    FLOW("answer_us", "RTT>D", MICROSECONDS, answer_us, 0, 9, C, "us", DOC_ANSWER),
    FLOW("confirm_us", "RTT>S", MICROSECONDS, confirm_us, 0, 9, C, "us", DOC_CONFIRM),
    FLOW("src_rtt_min_us", "SMIN", MICROSECONDS, src_tcp.rtt_min_us, 0, 9, C, "us",
         DOC_RTT_TO("The shortest", "src")),
    FLOW("dst_rtt_min_us", "DMIN", MICROSECONDS, dst_tcp.rtt_min_us, 0, 9, C, "us",
         DOC_RTT_TO("The shortest", "dst")),
    FLOW("src_rtt_median_us", "SMEDIAN", MICROSECONDS, src_tcp.rtt_median_us, 0, 9, C, "us",
         DOC_RTT_QUANTILE("Median", "src")),
    FLOW("dst_rtt_median_us", "DMEDIAN", MICROSECONDS, dst_tcp.rtt_median_us, 0, 9, C, "us",
         DOC_RTT_QUANTILE("Median", "dst")),
    FLOW("src_rtt_p95_us", "SP95", MICROSECONDS, src_tcp.rtt_p95_us, 0, 9, C, "us",
         DOC_RTT_QUANTILE("95th percentile", "src")),
    FLOW("dst_rtt_p95_us", "DP95", MICROSECONDS, dst_tcp.rtt_p95_us, 0, 9, C, "us",
         DOC_RTT_QUANTILE("95th percentile", "dst")),
    FLOW("src_inferred", "SINFER", COUNT, src_tcp.inferred, 0, 9, C, "segments",
         DOC_COUNT("inferred", "src")),
    FLOW("dst_inferred", "DINFER", COUNT, dst_tcp.inferred, 0, 9, C, "segments",
         DOC_COUNT("inferred", "dst")),
};

/* ---- retransmits: flows again ---------------------------------------------------------------- */

static const struct field retransmit_fields[] = {
    FLOW("retransmits", "RETR", COUNT, retransmits, 5, 1, P, "segments", DOC_BOTH_RETRANSMITS),
    FLOW("retransmit_share", "%SEG", SHARE, retransmit_share, 6, 2, P, "1/1000",
         "Share of retransmits among the packets of the sides that sent any."),
    FLOW("retransmit_bytes_share", "%BYTE", SHARE, retransmit_bytes_share, 6, 4, P, "1/1000",
         "Share of bytes that were sent again among the bytes of those sides."),
    FLOW("src_addr", "SOURCE", ADDR, src_addr, 15, 1, P, "", DOC_SRC_ADDR),
    FLOW("src_port", "SPORT", NUMBER, src_port, 5, 7, P, "", DOC_SRC_PORT),
    FLOW("dst_addr", "DEST", ADDR, dst_addr, 15, 1, P, "", DOC_DST_ADDR),
    FLOW("dst_port", "PORT", NUMBER, dst_port, 5, 1, P, "", DOC_DST_PORT),
    FLOW("fast", "FAST", COUNT, fast, 4, 4, P, "segments", DOC_KIND("fast")),
    FLOW("timeout", "RTO", COUNT, timeout, 4, 4, P, "segments", DOC_KIND("timeout")),
    FLOW("spurious", "SPUR", COUNT, spurious, 4, 6, P, "segments", DOC_KIND("spurious")),
    FLOW("other_kinds", "OTHER", COUNT, other_kinds, 5, 6, P, "segments",
         "Retransmits that are neither fast nor timeouts nor spurious: tail probes, SYNs and FINs "
         "that were sent again, and those of no kind."),
    FLOW("lost_before_mirror", "LOST", COUNT, lost_before_mirror, 4, 6, P, "segments",
         DOC_KIND("lost_before_mirror")),
    FLOW("inferred", "INFER", COUNT, inferred, 5, 6, P, "segments", DOC_KIND("inferred")),
    FLOW("mirror_loss_bytes", "MLOSS", BYTES, mirror_loss_bytes, 5, 5, P, "bytes",
         "src_mirror_loss_bytes + dst_mirror_loss_bytes, as far as they are known."),
    FLOW("late", "LATE", COUNT, late, 4, 7, P, "segments", DOC_KIND("late")),
    FLOW("retransmit_runs", "RUNS", COUNT, retransmit_runs, 4, 8, P, "runs",
         "Runs of retransmits of both directions, as defined for the report's tcp."),
    FLOW("retransmit_bytes", "RBYTE", BYTES, retransmit_bytes, 5, 8, P, "bytes",
         "Bytes of both directions that were sent again."),
    FLOW("rtt_us", "RTT", MICROSECONDS, rtt_us, 5, 6, P, "us", DOC_RTT),
    FLOW("dst_rtt_min_us", "DMIN", MICROSECONDS, dst_tcp.rtt_min_us, 5, 7, P, "us",
         DOC_RTT_TO("The shortest", "dst")),
    FLOW("dst_rtt_median_us", "DRTT", MICROSECONDS, dst_tcp.rtt_median_us, 5, 7, P, "us",
         DOC_RTT_QUANTILE("Median", "dst")),
    FLOW("dst_rtt_p95_us", "DP95", MICROSECONDS, dst_tcp.rtt_p95_us, 5, 7, P, "us",
         DOC_RTT_QUANTILE("95th percentile", "dst")),
    FLOW("src_rtt_min_us", "SMIN", MICROSECONDS, src_tcp.rtt_min_us, 5, 8, P, "us",
         DOC_RTT_TO("The shortest", "src")),
    FLOW("src_rtt_median_us", "SRTT", MICROSECONDS, src_tcp.rtt_median_us, 5, 8, P, "us",
         DOC_RTT_QUANTILE("Median", "src")),
    FLOW("src_rtt_p95_us", "SP95", MICROSECONDS, src_tcp.rtt_p95_us, 5, 8, P, "us",
         DOC_RTT_QUANTILE("95th percentile", "src")),
    FLOW("src_retransmits", "BYSRC", COUNT, src_retransmits, 5, 8, P, "segments",
         DOC_RETRANSMITS("src")),
    FLOW("dst_retransmits", "BYDST", COUNT, dst_retransmits, 5, 8, P, "segments",
         DOC_RETRANSMITS("dst")),
    FLOW("app", "APP", TEXT, app, 6, 6, P, "", DOC_APP),
    FLOW("server_name", "SERVER NAME", TEXT, server_name, 12, 8, P, "", DOC_SERVER_NAME),
    FLOW("src_retransmit_bytes", "SBYTE", BYTES, src_retransmit_bytes, 5, 8, P, "bytes",
         DOC_RETRANSMIT_BYTES("src")),
    FLOW("dst_retransmit_bytes", "DBYTE", BYTES, dst_retransmit_bytes, 5, 8, P, "bytes",
         DOC_RETRANSMIT_BYTES("dst")),
    FLOW("src_out_of_order", "SOOO", COUNT, src_out_of_order, 4, 9, P, "segments",
         DOC_OUT_OF_ORDER("src")),
    FLOW("dst_out_of_order", "DOOO", COUNT, dst_out_of_order, 4, 9, P, "segments",
         DOC_OUT_OF_ORDER("dst")),
    FLOW("src_zero_windows", "SZWIN", COUNT, src_zero_windows, 5, 9, P, "segments",
         DOC_ZERO_WINDOWS("src")),
    FLOW("dst_zero_windows", "DZWIN", COUNT, dst_zero_windows, 5, 9, P, "segments",
         DOC_ZERO_WINDOWS("dst")),
    FLOW("packets", "PKTS", COUNT, packets, 5, 7, P, "packets", DOC_PACKETS),
    FLOW("bytes", "BYTES", BYTES, bytes, 5, 7, P, "bytes", DOC_BYTES),
    FLOW("cut", "CUT", TEXT, cut, 8, 9, P, "", DOC_CUT),
    FLOW("state", "STATE", TEXT, state, 8, 8, P, "", DOC_STATE),
    FLOW("vni", "VNI", NUMBER, vni, 8, 7, P, "", DOC_VNI),
    FLOW("mirror_source", "MIRROR SOURCE", ADDR, mirror_source, 15, 8, P, "", DOC_MIRROR_SOURCE),
    FLOW("start", "START", TIME, start_ns, 8, 9, P, "time", DOC_START),
    FLOW("end", "END", TIME, end_ns, 8, 9, P, "time", DOC_END),
};

/* ---- findings of the doctor ------------------------------------------------------------------ */

#define FINDING(...) ROW(finding_record, __VA_ARGS__)

static const struct field finding_fields[] = {
    FINDING("severity", "SEVERITY", TEXT, severity, 8, 1, J | P, "",
            "problem: packets are missing. warning: numbers are not what one would think. note: "
            "worth knowing, the feed is healthy."),
    FINDING("kind", "FINDING", TEXT, kind, 16, 2, J | P, "", "Name of the rule that found it."),
    FINDING("mirror_source", "SOURCE", ADDR, mirror_source, 15, 2, J | P, "",
            "Mirror source of the session that it is about. Unknown: it is about the whole input."),
    FINDING("vni", "VNI", NUMBER, vni, 8, 3, J | P, "",
            "Network identifier (VNI) of that session."),
    FINDING("observed", "OBSERVED", TEXT, observed, 24, 1, J | P, "", "What was observed."),
    FINDING("likely_cause", "LIKELY CAUSE", TEXT, cause, 24, 8, J | P, "",
            "What most likely causes it."),
    FINDING("what_to_do", "WHAT TO DO", TEXT, remedy, 24, 9, J | P, "", "What to do about it."),
};

/* ---- rules ----------------------------------------------------------------------------------- */

#define RULE(...) ROW(rule_record, __VA_ARGS__)

static const struct field rule_fields[] = {
    RULE("position", "#", COUNT, key, 3, 1, P, "",
         "Place of the row in the filter's order: sessions, ingress before egress, ascending "
         "numbers, then what decides where no rule does."),
    RULE("session", "SESS", NUMBER, session, 5, 7, J | P, "",
         "Number of the filter's session that the rule belongs to."),
    RULE("direction", "DIR", TEXT, direction, 7, 1, J | P, "",
         "Direction of the rule, seen from the mirror source: ingress or egress. Empty: not known, "
         "or of no importance."),
    RULE("number", "RULE", NUMBER, number, 5, 1, J | P, "",
         "Number of the rule. Unknown for what decides without being a rule."),
    RULE("action", "ACTION", TEXT, action, 6, 2, J | P, "",
         "accept, reject, or uncertain where it cannot be said what AWS would do."),
    RULE("rule", "MATCHES", TEXT, rule, 17, 2, J | P, "",
         "What the rule matches, as in its short spelling (see mirrortop-filter(7)), or what "
         "decides instead: the implicit reject at the end of a direction's rules, traffic that is "
         "never mirrored, the amazon-dns switch, a direction that is not known, what AWS does not "
         "document, and flows that ended too long ago to be judged."),
    RULE("packets", "PKTS", COUNT, packets, 5, 2, J | P, "packets",
         "Packets that it decided since the start, second copies among them: each is judged by the "
         "direction that it has in its own session."),
    RULE("bytes", "BYTES", BYTES, bytes, 5, 3, J | P, "bytes",
         "Inner IP bytes of those packets, whatever was cut off."),
    RULE("share", "SHARE", SHARE, share, 6, 3, J | P, "1/1000",
         "Share of all inner IP bytes, second copies among them."),
    RULE("packet_rate", "PPS", PACKET_RATE, packet_rate, 4, 6, P, "packets/s",
         "Packets that it decided in the last whole second of the capture's clock."),
    RULE("bit_rate", "RATE", BIT_RATE, bit_rate, 5, 6, P, "bit/s",
         "Inner IP bits of those packets."),
    RULE("last", "LAST", TIME, last_ns, 8, 7, J | P, "time",
         "Time of the last packet that it decided. Unknown: there was none."),
    RULE("example", "EXAMPLE", TEXT, example, 24, 8, J | P, "",
         "One of its flows: protocol, source and destination of the packets that it decided."),
    RULE("one_way_flows", "1WAY", COUNT, one_way_flows, 4, 6, J | P, "flows",
         "Flows with packets both ways of which it accepts one direction, while the other one is "
         "not accepted."),
    RULE("mend", "MENDED BY", TEXT, mend, 24, 8, J | P, "",
         "A rule that would accept the other direction of such a flow, behind its session when "
         "that is another one."),
    RULE("note", "NOTE", TEXT, note, 13, 3, J | P, "",
         "What the rule's place does to it: shadowed by earlier rules, redundant, or beyond a "
         "limit of AWS; or that it has never matched; or that only the baseline has it."),
    RULE("baseline_packets", "BPKTS", COUNT, baseline_packets, 5, 2, J | P, "packets",
         "Packets that the rule of the same session, direction and number decides in the "
         "baseline filter. Unknown without one."),
    RULE("baseline_bytes", "BBYTE", BYTES, baseline_bytes, 5, 2, J | P, "bytes",
         "Inner IP bytes of those packets."),
    RULE("difference", "DIFFERENCE", TEXT, difference, 20, 6, J | P, "",
         "Packets and bytes of the rule less those of the baseline's. Empty without a baseline."),
    RULE("description", "DESCRIPTION", TEXT, description, 24, 8, J | P, "",
         "What the filter says of the rule."),
};

/* ---- the tables ------------------------------------------------------------------------------ */

/* `sort` is the index of the field by which the table is sorted at first. */
#define TABLE(table_name, list, record, key, sort, falls, which)                                   \
    {                                                                                              \
        .name = (table_name), .fields = (list), .count = sizeof(list) / sizeof((list)[0]),         \
        .record_size = sizeof(struct record), .key_offset = offsetof(struct record, key),          \
        .default_sort = (sort), .descending = (falls), .rows = (which)                             \
    }

const struct table field_tables[TABLE_COUNT] = {
    [TABLE_SESSIONS] = TABLE("sessions", session_fields, session_record, key, 5, true, NULL),
    [TABLE_TALKERS] = TABLE("talkers", talker_fields, talker_record, key, 5, true, NULL),
    [TABLE_PROTOCOLS] = TABLE("protocols", protocol_fields, protocol_record, key, 3, true, NULL),
    [TABLE_RETRANSMITS] =
        TABLE("retransmits", retransmit_fields, flow_record, serial, 0, true, FLOW_RECORD_LOSSES),
    [TABLE_SUSPICIONS] =
        TABLE("suspicions", suspicion_fields, suspicion_record, key, 0, true, NULL),
    [TABLE_FLOWS] = TABLE("flows", flow_fields, flow_record, serial, 1, true, NULL),
    [TABLE_FINDINGS] = TABLE("findings", finding_fields, finding_record, key, 0, true, NULL),
    [TABLE_RULES] = TABLE("rules", rule_fields, rule_record, key, 0, false, NULL),
};
