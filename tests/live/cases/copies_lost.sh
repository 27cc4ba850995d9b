#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The network is clean, and one of a hundred copies is lost, or overtaken, on its way to the target:
# none of that is a retransmit, and what was lost of the mirror is known to the byte.
# shellcheck source=tests/live/loss.sh
. "$(dirname "$0")/../loss.sh"

loss_lab one
loss_run sender '--delay=1000' '--loss=10000' --time 2 --bitrate 40M
lost=$(relayed copies lost_bytes) found=$(report live tcp.mirror_loss_bytes)
at_least 'bytes of copies lost' 20000 "$lost"
[ "$(copies_missing)" = 0 ] || skip 'the machine is too busy: copies got lost that should not'
near 'bytes lost by the mirror' 10 "$lost" "$found"
# a kernel that is kept waiting probes even where nothing is lost
at_most 'retransmits' "$kernel_again" "$(report live tcp.retransmits)"
text="lost $lost bytes, found $found"

loss_run sender '--delay=1000' '--swap=10000' --time 2 --bitrate 40M
at_least 'copies swapped' 20 "$(relayed copies swapped)"
at_most 'retransmits, of copies swapped' "$kernel_again" "$(report live tcp.retransmits)"
[ "$(copies_missing)" != 0 ] || same 'bytes lost, of copies swapped' 0 \
    "$(report live tcp.mirror_loss_bytes)"
at_least 'late copies' $(($(relayed copies swapped) / 2)) "$(report live tcp.late)"
echo "$text; swapped $(relayed copies swapped), late $(report live tcp.late)"
