#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# It is stopped for longer than the ring of the kernel lasts: what is lost is counted.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_sender
mirrortop_start live packet -i t0
kill -STOP "$mirrortop"
send burst --count=400000 --size=900 10.9.3.2 syns
kill -CONT "$mirrortop"
mirrortop_stop live
all_accounted live 400000
at_least 'packets lost' 1000 "$(report live kernel_drops)"
at_least 'packets counted' 1000 "$(report live packets)"
echo "lost and counted $(report live kernel_drops)"
