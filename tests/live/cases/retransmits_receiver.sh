#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The receiver is mirrored, so what was lost on the way is never seen: its holes, and what fills
# them, give the sender's retransmits all the same, and identifications those that were lost in their
# turn, or left no hole.
# shellcheck source=tests/live/loss.sh
. "$(dirname "$0")/../loss.sh"

check() {
    local seen inferred
    loss_run receiver "$@"
    seen=$(report live tcp.retransmits)
    inferred=$(report live tcp.inferred)
    at_least 'segments that the kernel sent again' 20 "$kernel_again"
    near "retransmits that arrived ($*)" 50 $((kernel_again - lost_again)) "$seen"
    near "retransmits ($*)" 50 "$kernel_again" $((seen + inferred))
    text="${text:+$text; }kernel $kernel_again, arrived $((kernel_again - lost_again)),"
    text="$text seen $seen, inferred $inferred"
}

loss_lab one
check '--delay=1000 --loss=10000 --rate=100' '' --time 2
check '--loss=30000' '' --time 1 --parallel 16
echo "$text"
