#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The kernel grants less receive buffer than is wanted: it says so with the line that mends it, and
# what is lost while it cannot read is counted.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

wanted=$((64 << 20))
lab_sender
limit=$(in_host "$T" cat /proc/sys/net/core/rmem_max)
# the limit of the machine is never touched; some kernels have one for each namespace
if [ "$limit" -ge "$wanted" ]; then
    skip "rmem_max is $limit here: it holds nothing down"
fi
as_nobody
mirrortop_start live listen --listen
says live 'net\.core\.rmem_max'
says live 'sysctl'
kill -STOP "$mirrortop"
send burst --count=100000 --size=900 10.9.3.2 syns
kill -CONT "$mirrortop"
mirrortop_stop live
all_accounted live 100000
at_least 'packets lost' 1000 "$(report live kernel_drops)"
at_least 'packets counted' 1000 "$(report live packets)"
echo "rmem_max $limit: lost and counted $(report live kernel_drops)"
