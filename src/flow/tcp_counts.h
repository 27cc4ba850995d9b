/* SPDX-License-Identifier: MIT */
/*
 * tcp_counts: what is counted of TCP, with the definition that people read.
 *
 * One list gives the counters of a flow direction, the sums of many, their names in the report and
 * the manual's definitions. Plain values without owner.
 */
#ifndef MIRRORTOP_FLOW_TCP_COUNTS_H
#define MIRRORTOP_FLOW_TCP_COUNTS_H

#include <stdint.h>

/*
 * X(id, name, unit, definition). Those in bytes come first. The kinds of retransmits, FAST to
 * FIN_AGAIN, exclude each other; LATE and most of UNCERTAIN are a part of OUT_OF_ORDER.
 *
 * Sources: RFC 9293 (sequence numbers, keep-alives, zero windows), RFC 5681 and 6675 (duplicate
 * acknowledgments, fast retransmit), RFC 6298 (timeout), RFC 8985 (tail loss probe), RFC 2883
 * (duplicate SACK).
 */
#define TCP_COUNTS(X)                                                                              \
    X(RETRANSMIT_BYTES, "retransmit_bytes", "bytes",                                               \
      "Bytes of sequence space that were sent again. Of a segment that repeats only in "           \
      "part, those that had been carried before; of one in IP fragments, those of the first.")     \
    X(MIRROR_LOSS_BYTES, "mirror_loss_bytes", "bytes",                                             \
      "Bytes that the receiver acknowledged although the mirror never delivered them: the "        \
      "network carried them, the mirror did not. A copy that comes late after all is taken "       \
      "off again.")                                                                                \
    X(RETRANSMITS, "retransmits", "segments",                                                      \
      "Segments that were sent again: at least one of their bytes had been carried in this "       \
      "direction before, or they filled a hole and were sent after what follows it. SYN "          \
      "and FIN count as one byte each; keep-alives and probes of a closed window are left "        \
      "out.")                                                                                      \
    X(RETRANSMIT_RUNS, "retransmit_runs", "runs",                                                  \
      "Runs of retransmits. A run lasts until all that had been sent when it began is "            \
      "acknowledged, and for as long as nothing new is sent.")                                     \
    X(FAST, "fast", "segments",                                                                    \
      "Retransmits after the receiver had shown that something is missing, by duplicate "          \
      "acknowledgments or selective ones of later bytes. And those that go on with a run of "      \
      "such.")                                                                                     \
    X(TIMEOUT, "timeout", "segments",                                                              \
      "Retransmits when something had been on its way for at least 180 ms, and no segment "        \
      "came from the receiver in that time. And those that follow one until it has been "          \
      "acknowledged. The shortest timeout in use is 200 ms.")                                      \
    X(TAIL_PROBES, "tail_probes", "segments",                                                      \
      "Retransmits of the newest segment alone, before a timeout and without a sign that "         \
      "it was lost. Senders probe so whether the end of what they sent has arrived.")              \
    X(SPURIOUS, "spurious", "segments",                                                            \
      "Retransmits of what had arrived: all their bytes were acknowledged before they were "       \
      "seen again. Or a duplicate selective acknowledgment says so later.")                        \
    X(SYN_AGAIN, "syn_again", "segments",                                                          \
      "SYNs and SYN-ACKs that were sent again. They are retransmits of a kind of their "           \
      "own.")                                                                                      \
    X(FIN_AGAIN, "fin_again", "segments",                                                          \
      "FINs without data that were sent again. They are retransmits of a kind of their "           \
      "own.")                                                                                      \
    X(SEEN_TWICE, "seen_twice", "segments",                                                        \
      "Retransmits that are the packet just before in this direction once more, with its IP "      \
      "identification, in less than a millisecond: it was captured twice on its way. Of SYNs "     \
      "and of what is sent again this is not told.")                                               \
    X(LOST_BEFORE_MIRROR, "lost_before_mirror", "segments",                                        \
      "Retransmits that carried bytes for the first time: the copies sent before were lost "       \
      "on their way to the place that is mirrored. They count as retransmits, too, and are "       \
      "unknown where nobody acknowledges.")                                                        \
    X(INFERRED, "inferred", "segments",                                                            \
      "Retransmits that never came to the mirror, or do not look like any: IP identifications "    \
      "are missing, and no bytes that these can have been. Not among retransmits, and told only "  \
      "where identifications count the connection's own segments, as those of Linux do.")          \
    X(OUT_OF_ORDER, "out_of_order", "segments",                                                    \
      "Segments with new bytes only, left of the highest byte carried so far, that were "          \
      "not sent again; and those that come behind their own retransmit. They were "                \
      "overtaken, in the network or on the way through the mirror.")                               \
    X(LATE, "late", "segments",                                                                    \
      "Copies that the mirror delivered out of order: by IP identification or timestamp "          \
      "sent before what overtook them, and not missed by the receiver; or sent before their "      \
      "own retransmit. They are among out_of_order.")                                              \
    X(UNCERTAIN, "uncertain", "segments",                                                          \
      "Segments that filled a hole, with nothing that tells a late copy from reordering in "       \
      "the network or from a retransmit; those are among out_of_order. And segments so far "       \
      "behind that nobody remembers what was carried there, or so far ahead that the "             \
      "receiver's window, or 8 MiB where it is not known, does not allow them.")                   \
    X(MIRROR_LOSS_SEGMENTS, "mirror_loss_segments", "segments",                                    \
      "An estimate of how many segments mirror_loss_bytes were, and FINs without data. Each "      \
      "hole is taken to be of the direction's largest segments.")                                  \
    X(ZERO_WINDOWS, "zero_windows", "segments",                                                    \
      "Segments, without SYN, FIN and RST, that advertised a window of 0. Their sender can "       \
      "take no more data for now.")                                                                \
    X(WINDOW_FULL, "window_full", "segments",                                                      \
      "Segments with data that end exactly where the window ends that the receiver "               \
      "advertised last. Unknown, and not counted, where its scale was not seen in the "            \
      "handshake.")                                                                                \
    X(DUPLICATE_ACKS, "duplicate_acks", "segments",                                                \
      "Acknowledgments without data of the same byte as before, in the same window or with "       \
      "selective acknowledgments, while later bytes are unacknowledged. The receiver sends "       \
      "one for each segment that comes out of order.")                                             \
    X(KEEP_ALIVES, "keep_alives", "segments",                                                      \
      "Segments with no byte, or, without PSH, with the newest one once more, just left of what "  \
      "is to be sent next, when all is acknowledged. They ask whether the peer is still there.")   \
    X(ZERO_WINDOW_PROBES, "zero_window_probes", "segments",                                        \
      "Segments of one byte against a window of 0. They ask whether it has opened, and are "       \
      "no retransmits when they are repeated.")                                                    \
    X(WINDOW_PROBES, "window_probes", "segments",                                                  \
      "Segments without data, just left of what is to be sent next, against a window of 0. "       \
      "They ask the same without using up a byte.")                                                \
    X(RESETS_AFTER_DATA, "resets_after_data", "segments",                                          \
      "First resets of connections that had carried data. What was still on its way is "           \
      "lost.")                                                                                     \
    X(SYN_UNANSWERED, "syn_unanswered", "attempts",                                                \
      "Attempts to connect without any answer for three seconds. Not counted where only "          \
      "one direction is mirrored.")                                                                \
    X(ANSWERED, "answered_directions", "directions",                                               \
      "Directions of connections whose acknowledgments were seen, too. Duplicate "                 \
      "acknowledgments and spurious retransmits can be told in no other.")                         \
    X(VERIFIABLE, "verifiable_directions", "directions",                                           \
      "Those of connections whose handshake was seen. Mirror loss can be told in no other.")       \
    X(NUMBERED, "numbered_directions", "directions",                                               \
      "Those whose IP identifications have been found to count their own segments only. "          \
      "Retransmits can be inferred in no other.")                                                  \
    X(WHOLE, "whole_directions", "directions",                                                     \
      "Answered directions of connections whose options of TCP were never cut off. Kinds of "      \
      "retransmits, full windows and duplicate acknowledgments can be told in no other.")

enum tcp_count {
#define X(id, name, unit, doc) TCP_COUNT_##id,
    TCP_COUNTS(X)
#undef X
        TCP_COUNT_COUNT,
    TCP_COUNT_BYTES = TCP_COUNT_RETRANSMITS /* of counters in bytes */
};

const char *tcp_count_name(enum tcp_count what);
const char *tcp_count_unit(enum tcp_count what);
const char *tcp_count_doc(enum tcp_count what);

/* Sums over many directions. */
struct tcp_counts {
    uint64_t n[TCP_COUNT_COUNT];
};

static inline void tcp_counts_add(struct tcp_counts *to, const struct tcp_counts *from)
{
    for (unsigned i = 0; i < TCP_COUNT_COUNT; i++)
        to->n[i] += from->n[i];
}

/* One direction of a flow. */
struct tcp_side_counts {
    uint64_t bytes[TCP_COUNT_BYTES];
    uint32_t segments[TCP_COUNT_COUNT - TCP_COUNT_BYTES];
};

/* `n` may be negative, modulo 2^64: what was counted too early is taken off again. */
static inline void tcp_side_count(struct tcp_side_counts *counts, enum tcp_count what, uint64_t n)
{
    if (what < TCP_COUNT_BYTES)
        counts->bytes[what] += n;
    else
        counts->segments[what - TCP_COUNT_BYTES] += (uint32_t)n;
}

static inline uint64_t tcp_side_value(const struct tcp_side_counts *counts, enum tcp_count what)
{
    return what < TCP_COUNT_BYTES ? counts->bytes[what] : counts->segments[what - TCP_COUNT_BYTES];
}

#endif
