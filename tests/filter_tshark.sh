#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Filters on a real capture of AWS: what they accept, and what tshark counts of the inner packets by
# the same condition. Nothing is known beforehand but which inner MAC address is the mirror source's.
#
# usage: tests/filter_tshark.sh CORPUS
#   MIRRORTOP  the program (default $BUILD/mirrortop)
#   BUILD      default build
set -u

program=${MIRRORTOP:-${BUILD:-build}/mirrortop}
capture=${1:?usage: tests/filter_tshark.sh CORPUS}/mirror/suricata-verify--vxlan-decoder-03__vxlan.pcap
eni=02:85:69:c2:ab:02
passed=0
failed=0

if [ ! -r "$capture" ]; then
    echo "filter_tshark: no capture at $capture" >&2
    exit 1
fi
if ! command -v tshark >/dev/null; then
    echo "filter_tshark: tshark is not installed: left out"
    exit 0
fi

# accepted FILTER: packets and bytes that the filter accepts.
accepted() {
    "$program" -r "$capture" --batch=json -f "$1" | python3 -c '
import json, sys
accepted = json.load(sys.stdin)["filter"]["accepted"]
print(accepted["packets"], accepted["bytes"])'
}

# counted CONDITION: packets and their inner IP bytes.
counted() {
    tshark -r "$capture" -Y "vxlan.vni == 5569041 && ($1)" -T fields -E occurrence=l -e ip.len \
        2>/dev/null | awk '{ packets++; bytes += $1 } END { print packets + 0, bytes + 0 }'
}

# same FILTER CONDITION
same() {
    local is must
    is=$(accepted "$1")
    must=$(counted "$2")
    if [ -n "$is" ] && [ "$is" = "$must" ]; then
        passed=$((passed + 1))
    else
        echo "filter_tshark: $1: $is, tshark: $must ($2)"
        failed=$((failed + 1))
    fi
}

in="eth.dst#2 == $eni"
out="eth.src#2 == $eni"
dns='udp.port#2 == 53'

same 'accept ingress tcp dport 22' "$in && tcp.dstport == 22"
same 'accept egress tcp sport 22' "$out && tcp.srcport == 22"
same 'accept port 22' 'tcp.port == 22'
same 'accept egress tcp sport 22 src 172.31.0.0/16 dst 18.196.145.224/32' \
    "$out && tcp.srcport == 22 && ip.dst#2 == 18.196.145.224"
same 'accept ingress tcp sport 37182-37184' "$in && tcp.srcport >= 37182 && tcp.srcport <= 37184"
same 'accept ingress udp sport 123' "$in && udp.srcport#2 == 123"
# DNS of the resolver needs the switch, whatever the rules are
same 'accept udp' "ip.proto#2 == 17 && !($dns)"
same 'accept udp; amazon-dns' 'ip.proto#2 == 17'
same 'amazon-dns' "$dns"
same 'accept ingress' "$in && !($dns)"
same 'not port 22' "!(tcp.port == 22) && !($dns)"
same '100 reject egress tcp src 0.0.0.0/0 dst 0.0.0.0/0 sport 22; 200 accept egress; amazon-dns' \
    "($out && !(tcp.srcport == 22)) || ($dns)"
same 'accept icmp' 'icmp'

echo "filter_tshark: $passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
