#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The capture comes through a pipe, the keys from the terminal; also a pipe that has nothing yet,
# and a crash while standard input is no terminal.

# A sanitizer would end the program its own way.
export ASAN_OPTIONS=handle_segv=0:handle_abort=0
# shellcheck source=tests/screen/tmux_lib.sh
. "$(dirname "$0")/tmux_lib.sh"

start 80 24
type_line "cat \"\$SCREEN_TESTS/sample/sample.pcap\" | \"\$MIRRORTOP\" -r - --speed=max --utc; echo status \$?"
wait_for 'end of capture'
keys 1 1
wait_for '1 Sessions 1/3'
wait_for 'mirrortop standard input'
keys 0
wait_for 'pipe|again|rewind|standard input'
keys q
wait_for '^status 0$'
check_shell

type_line 'clear'
wait_for '^ready\$ *$'
mkfifo "$home/fifo"
type_line "\"\$MIRRORTOP\" -r - --speed=max --utc <\"$home/fifo\"; echo status \$?"
exec 9<>"$home/fifo"
head -c 24 "$SCREEN_TESTS/sample/sample.pcap" >&9 # the header of the file
wait_for 'waiting for the first packets'
keys Space
wait_for 'PAUSED'
head -c 100000 "$SCREEN_TESTS/sample/sample.pcap" | tail -c +25 >&9
wait_for 'paused: Space shows what has come'
lacks 'no mirrored packets' || fail 'there are mirrored packets'
keys Space
wait_for 'waiting for data'
wait_gone 'PAUSED'
wait_for '2 Talkers 1/'
keys '?'
wait_for 'one row down'
keys Escape
wait_gone 'one row down'
until_true 'no process' has_program
kill -SEGV "$(program_pid)"
wait_for '^status 139$'
check_shell
