#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The port is taken by a kernel vxlan device, then by another program: it says which.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_sender
in_host "$T" ip link add vx9 type vxlan id 9 dstport 4789 dev t0
in_host "$T" ip link set vx9 up
mirrortop_start vxlan none --listen
ended "$mirrortop"
same 'exit status' 1 "$status"
says vxlan '4789.*vx9|vx9.*4789'
in_host "$T" ip link delete vx9

in_background "$T" other python3 -c '
import socket, time
taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
taken.bind(("0.0.0.0", 4789))
time.sleep(60)'
until_true 'the port is not taken' in_host "$T" grep -q ':12B5 ' /proc/net/udp
mirrortop_start program none --listen
ended "$mirrortop"
same 'exit status' 1 "$status"
says program '4789.*(python|process|program)|(python|process|program).*4789'
! grep -q 'vxlan device' "$work/program.err" || fail 'it takes another program for the kernel'
