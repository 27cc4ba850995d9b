#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Nobody reads the lines of --interval: not a packet is lost, and a signal still ends the program,
# which then says that a report could not be written. When the reader comes back, all goes on.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

# It waits in a system call whose first argument is standard output (poll() has an address there).
writes_in_vain() {
    awk '$2 != "0x1" { exit 1 }' "/proc/$mirrortop/syscall"
}

# A pipe with room for a line or two, which is held open here.
start_unread() {
    rm -f "$work/live.out"
    mkfifo "$work/live.out"
    exec 8<>"$work/live.out"
    python3 -c 'import fcntl; fcntl.fcntl(8, 1031, 4096)' # F_SETPIPE_SZ
    mirrortop_start live listen --listen --interval=0.1 --export="csv:$work/flows.csv"
    until_true 'standard output is not blocked' writes_in_vain
}

lab_sender
start_unread
send all --count=20000 --rate=50000 10.9.3.2 syns
until_true 'not all was read' socket_is_empty
kill -TERM "$mirrortop"
ended "$mirrortop"
same 'exit status' 1 "$status"
says live 'cannot write the report'
same 'packets exported' 20000 "$(exported_packets)"

start_unread
send all --count=20000 --rate=50000 10.9.3.2 syns
until_true 'not all was read' socket_is_empty
background cat "$work/live.out" >"$work/read.out" 8>&-
reader=$background
exec 8>&-
until_true 'it does not go on' test -s "$work/read.out"
kill -TERM "$mirrortop"
ended "$mirrortop"
same 'exit status' 0 "$status"
ended "$reader"
same 'packets reported' 20000 "$(report read packets)"
same 'packets exported' 20000 "$(exported_packets)"
