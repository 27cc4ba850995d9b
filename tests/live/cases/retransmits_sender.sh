#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The sender is mirrored: its retransmits are those that its kernel counts, one connection at a
# limited rate, and many as fast as they go.
# shellcheck source=tests/live/loss.sh
. "$(dirname "$0")/../loss.sh"

check() {
    local got
    loss_run sender "$@"
    got=$(report live tcp.retransmits)
    at_least 'segments that the kernel sent again' 20 "$kernel_again"
    if [ "$(copies_missing)" = 0 ]; then
        same "retransmits ($*)" "$kernel_again" "$got"
    else
        near "retransmits ($*)" 10 "$kernel_again" "$got"
    fi
    same 'bytes lost by the mirror, when no copy was' 0 \
        "$([ "$(copies_missing)" != 0 ] || report live tcp.mirror_loss_bytes)"
    text="${text:+$text; }kernel $kernel_again, ours $got"
}

loss_lab one
check '--delay=1000 --loss=10000 --rate=100' '' --time 2
check '--loss=30000' '' --time 1 --parallel 16
echo "$text"
