# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Real programs talk over an interface that the kernel mirrors, and the report must equal that
# interface's own counters.
# shellcheck source=tests/live/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

PAGE_BYTES=3000000

# mirror_start MTU listen|packet OPTION...: the lab, the program, and a server in B.
mirror_start() {
    lab_mirror "$1"
    shift
    mirrortop_start live "$@"
    lab_link_up
    in_background "$B" server python3 "$LIVE/talk.py" serve $PAGE_BYTES
    until_true 'the server does not start' grep -q ready "$work/server.out"
}

# A web page and some names, over both families.
mirror_talk() {
    local host
    for host in 10.9.1.2 fd00:9:1::2; do
        case $host in *:*) url="http://[$host]/" ;; *) url="http://$host/" ;; esac
        if command -v curl >/dev/null; then
            in_host "$A" curl --silent --show-error --fail --noproxy '*' --max-time 20 \
                --output "$work/page" "$url" || fail "curl cannot get $url"
        else
            in_host "$A" python3 "$LIVE/talk.py" fetch "$url" >"$work/page" || fail "cannot get $url"
        fi
        same 'bytes of the page' $PAGE_BYTES "$(stat -c %s "$work/page")"
        in_host "$A" python3 "$LIVE/talk.py" ask "$host" 50 || fail "no answers from $host"
    done
}

# mirror_check: ends the talk and compares.
mirror_check() {
    local packets bytes arp
    lab_quiet
    mirrortop_stop live
    packets=$(($(counter "$A" a0 rx_packets) + $(counter "$A" a0 tx_packets)))
    bytes=$(($(counter "$A" a0 rx_bytes) + $(counter "$A" a0 tx_bytes)))
    arp=$(tapped arp)

    at_least 'packets on a0' 200 "$packets"
    at_least 'packets of ARP' 2 "$arp"
    same 'packets that the kernel mirrored' "$packets" \
        $(($(tapped ip) + $(tapped ipv6) + arp + $(tapped all)))
    same 'losses' 0 "$(report live 'kernel_drops + queue_drops + not_mirrored')"
    same 'packets of the session' "$packets" "$(report live sessions.packets)"
    same 'packets of IPv4' "$(tapped ip)" "$(report live protocols.ipv4)"
    same 'packets of IPv6' "$(tapped ipv6)" "$(report live protocols.ipv6)"
    same 'packets of ARP' "$arp" "$(report live protocols.arp)"
    # the interface counts Ethernet headers, the report only those of frames that are not IP
    same 'bytes of the session' $((bytes - 14 * (packets - arp))) "$(report live sessions.bytes)"
    same 'frames cut or malformed' 0 "$(report live 'sessions.truncated + sessions.malformed')"
    same 'VNI' $VNI "$(report live sessions.vni)"
    # a direction is known once the mirrored host has shown its address; all but a few are
    same 'packets in, out and unknown' "$packets" \
        "$(report live 'sessions.ingress + sessions.egress + sessions.unknown_direction')"
    at_most 'packets of unknown direction' 40 "$(report live sessions.unknown_direction)"
    at_most 'packets in' "$(counter "$A" a0 rx_packets)" "$(report live sessions.ingress)"
    at_most 'packets out' "$(counter "$A" a0 tx_packets)" "$(report live sessions.egress)"
    echo "$packets packets, $bytes bytes"
}
