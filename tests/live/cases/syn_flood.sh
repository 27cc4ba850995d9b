#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# SYNs from millions of random sources: memory has a bound, and every packet is counted.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

count=1500000
[ -z "${LIVE_FULL:-}" ] || count=10000000
lab_sender
mirrortop_start live listen --listen
# fills the tables of flows and talkers to their bounds
send first --count=500000 --rate=150000 10.9.3.2 syns
until_true 'the first part was not read' socket_is_empty
sleep 0.5
full=$(memory_kb "$mirrortop" VmRSS)
send rest --count=$((count - 500000)) --seed=2 10.9.3.2 syns
peak=$(memory_kb "$mirrortop" VmHWM)
mirrortop_stop live
all_accounted live $count
same 'flows, in the table and evicted' "$(report live packets)" "$(report live flows.total)"
# Besides the tables, the queue between the threads may have filled: 32 MiB.
[ -n "$SANITIZE" ] ||
    at_most 'peak of memory, in kB' $((full + full / 50 + 4096 + 32768)) "$peak"
echo "$count sources: peak $peak kB ($full kB when full), $(report live 'kernel_drops + queue_drops') lost and counted"
