#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Both ends are mirrored: each packet that the wire carried comes twice, each that it lost once. The
# second ones are duplicates, and what is left are the retransmits that the sender's kernel counts.
# shellcheck source=tests/live/loss.sh
. "$(dirname "$0")/../loss.sh"

loss_lab both
loss_run sender '--delay=1000 --loss=10000' '' --time 2 --bitrate 20M --parallel 4
[ "$(copies_missing)" = 0 ] || skip 'the machine is too busy: copies got lost'
carried=$(($(relayed wire frames) - $(relayed wire lost)))
same 'copies' $(($(relayed wire frames) + carried)) "$(report live sessions.packets)"
at_least 'segments that the kernel sent again' 20 "$kernel_again"
same 'duplicates' "$carried" "$(report live decode.duplicates)"
same 'duplicates of all sessions' "$carried" "$(report live sessions.duplicates)"
same 'segments' "$(relayed wire frames)" "$(report live tcp.segments)"
same 'flows' 5 "$(report live flows.total)"
same 'retransmits' "$kernel_again" "$(report live tcp.retransmits)"
same 'bytes lost by the mirror' 0 "$(report live tcp.mirror_loss_bytes)"
echo "$carried duplicates; kernel $kernel_again, ours $kernel_again"
