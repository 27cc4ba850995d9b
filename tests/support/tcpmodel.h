/* SPDX-License-Identifier: MIT */
/*
 * tcpmodel: a sender, a network, a mirror and a receiver that know the truth.
 *
 * The sender sends segments, waits for acknowledgments, and sends again what three duplicate
 * acknowledgments or a timeout ask for. The network loses before and behind the place that is
 * mirrored. The mirror loses copies, or delivers them late, in both directions. What it delivers is
 * put into the trace, in the order of delivery; the truth is what an observer of that could know.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_TCPMODEL_H
#define MIRRORTOP_TESTS_SUPPORT_TCPMODEL_H

#include <stdbool.h>
#include <stdint.h>

struct tcpmodel_config {
    uint64_t seed;
    bool ids, timestamps;
    bool answers;            /* the sender has answered the SYN, without identification */
    unsigned segments;       /* <= TCPMODEL_SEGMENTS */
    uint32_t to_mirror_us;   /* from the sender to the mirrored place */
    uint32_t to_receiver_us; /* from there to the receiver */
    uint32_t late_us;        /* the mirror delivers late copies up to so much later */
    /* of 1000 */
    unsigned loss_before, loss_behind, mirror_loss, mirror_late;
};

enum { TCPMODEL_SEGMENTS = 250 };

struct tcpmodel_truth {
    unsigned resent;     /* segments that the sender has sent again */
    unsigned seen_again; /* ... whose copies came, with anything to tell them by */
    unsigned late;       /* copies of others that came behind later ones */
    uint64_t lost_bytes; /* that the receiver got and of which no copy came */
};

/* Runs it; the trace has been started anew. */
struct tcpmodel_truth tcpmodel_run(const struct tcpmodel_config *config);

#endif
