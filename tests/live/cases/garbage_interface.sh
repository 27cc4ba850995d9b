#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Garbage on an interface: every datagram is counted, mirrored or not, or as lost.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_sender
mirrortop_start live packet -i t0
send all --count=100000 --rate=100000 10.9.3.2 garbage
mirrortop_stop live
all_accounted live 100000
at_least "not mirrored" 30000 "$(report live not_mirrored)"
