#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The receiver is mirrored, so what was lost on the way is never seen: its holes, and what fills
# them, give the sender's retransmits all the same, but for those that were lost in their turn.
# shellcheck source=tests/live/loss.sh
. "$(dirname "$0")/../loss.sh"

check() {
    local got
    loss_run receiver "$@"
    got=$(report live tcp.retransmits)
    at_least 'segments that the kernel sent again' 20 "$kernel_again"
    near "retransmits ($*)" 50 $((kernel_again - lost_again)) "$got"
    text="${text:+$text; }kernel $kernel_again, arrived $((kernel_again - lost_again)), ours $got"
}

loss_lab one
check '--delay=1000 --loss=10000 --rate=100' '' --time 2
check '--loss=30000' '' --time 1 --parallel 16
echo "$text"
