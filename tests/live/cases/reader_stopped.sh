#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Whatever reads the terminal is stopped for a while: not a packet is lost, and the screen goes on.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_sender
screen_start listen --listen
stop_s=3
[ -z "${LIVE_FULL:-}" ] || stop_s=10
kill -STOP "$terminal"
send all --seconds=$stop_s --rate=20000 --new-flows=500 10.9.3.2 flows
kill -CONT "$terminal"
before=$(stat -c %s "$work/screen")
until_true 'the screen does not go on' screen_grows "$before"
until_true "not all was read" socket_is_empty
screen_quit
same 'packets counted' "$(sent all packets)" "$(exported_packets)"
echo "$(sent all packets) packets while nobody read the terminal for $stop_s s"
