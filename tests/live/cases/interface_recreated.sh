#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The interface vanishes and comes back under its name while it is captured on: said, waited for, and
# gone on with.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_sender
screen_start packet -i t0
send first --count=5000 --rate=50000 10.9.3.2 syns
sleep 0.5 # what a ring of the kernel still holds back goes with the interface
in_host "$T" ip link delete t0
until_true 'it does not say that t0 is gone' grep -q 't0 is gone' "$work/screen"
is_running "$mirrortop" || fail 'it ended when the interface vanished'
lab_sender_link
until_true 'it does not capture on the new interface' captures_on t0
send second --count=7000 --rate=50000 --seed=2 10.9.3.2 syns
screen_quit
same 'packets counted' 12000 "$(exported_packets)"
