#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Every port that --vxlan-port names is listened on.
# shellcheck source=tests/live/lab.sh
. "$(dirname "$0")/../lab.sh"

lab_sender
mirrortop_start live listen --listen --vxlan-port=4789,14789 --count=3
in_host "$S" python3 -c '
import socket
frame = bytes(12) + b"\x08\x06" + bytes.fromhex("0001080006040001") + bytes(20)
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for vni, port in (1, 4789), (2, 14789), (2, 14789):
    header = b"\x08\0\0\0" + vni.to_bytes(3, "big") + b"\0"
    sender.sendto(header + frame, ("10.9.3.2", port))'
ended "$mirrortop"
same 'exit status' 0 "$status"
same 'mirrored packets' 3 "$(report live mirrored)"
same 'not mirrored' 0 "$(report live not_mirrored)"
