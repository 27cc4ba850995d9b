#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# As nobody, with cap_net_raw on the file and nothing else, an interface is captured on, and once
# it is open no thread holds a capability any more.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_sender
command -v setcap >/dev/null || skip 'there is no setcap'
as_nobody
setcap cap_net_raw+ep "$program" 2>/dev/null || skip 'capabilities of files are not possible here'
nsenter --target "$T" --net --mount "${as_user[@]}" "$program" --version >/dev/null 2>&1 ||
    skip 'a file with capabilities cannot be run here'
mirrortop_start live packet -i t0
at_least 'threads' 3 "$(find "/proc/$mirrortop/task" -mindepth 1 -maxdepth 1 | wc -l)"
same 'capabilities' 0 "$(capabilities "$mirrortop")"
send all --count=10000 --rate=50000 10.9.3.2 syns
mirrortop_stop live
same 'packets' 10000 "$(report live mirrored)"
same 'bytes' "$(sent all inner_bytes)" "$(report live sessions.bytes)"

# Without it, it says how to get it.
cp "$MIRRORTOP" "$program.plain"
program=$program.plain
mirrortop_start refused none -i t0
ended "$mirrortop"
same 'exit status' 3 "$status"
says refused 'setcap cap_net_raw'
