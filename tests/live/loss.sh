# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The kernel as the judge: TCP over a wire that loses, mirrored at one end; what mirrortop calls
# retransmits must be what the sending kernel says that it sent again. Sourced by cases/*.sh and by
# loss_table.sh. The lab of lab.sh with a relay (relay.c) in each of its two wires:
#
#   A a0 --- R --- b0 B       what the two say to each other; A is mirrored, and B if asked for
#   A at0 -- R --- t0 T       the copies on their way to the target
#   B bt0 -------- t1 T       those of B
# shellcheck source=tests/live/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

RELAY=$BUILD/tests/live/relay

# wire HOST IF ADDRESS  IF IF  HOST IF ADDRESS  MTU: two hosts, and in R the ends of their cables
wire() {
    local mac1 mac2
    in_host "$1" ip link add "$2" mtu "$9" type veth peer name "$4" mtu "$9" netns "$R"
    in_host "$6" ip link add "$7" mtu "$9" type veth peer name "$5" mtu "$9" netns "$R"
    mac1=$(mac_of "$1" "$2") mac2=$(mac_of "$6" "$7")
    # as on a wire: one segment a frame
    in_host "$1" ip link set "$2" gso_max_segs 1
    in_host "$6" ip link set "$7" gso_max_segs 1
    in_host "$1" ip address add "$3/24" dev "$2"
    in_host "$6" ip address add "$8/24" dev "$7"
    in_host "$1" ip neigh add "$8" lladdr "$mac2" dev "$2" nud permanent
    in_host "$6" ip neigh add "$3" lladdr "$mac1" dev "$7" nud permanent
    for end in "$1 $2" "$R $4" "$R $5" "$6 $7"; do
        # shellcheck disable=SC2086 # two words
        ipv6_off $end
        # shellcheck disable=SC2086
        up $end
    done
    until_true 'a cable does not come up' carriers "$1" "$2" "$6" "$7"
}

# mirror_to HOST IF ADDRESS  OUT VNI TARGET: copies of what passes IF leave by OUT
mirror_to() {
    in_host "$1" ip link add vx0 type vxlan id "$5" local "$3" remote "$6" \
        dstport 4789 srcport 65408 65535 dev "$4"
    in_host "$1" ip link set vx0 mtu 1500 gso_max_segs 1
    ipv6_off "$1" vx0
    in_host "$1" ip link set vx0 arp off up
    in_host "$1" tc qdisc add dev "$2" clsact
    for direction in ingress egress; do
        in_host "$1" tc filter add dev "$2" $direction protocol ip u32 match u32 0 0 \
            action mirred egress mirror dev vx0
    done
}

# loss_lab one|both: A, B, T and R, and the mirror of a0; both: that of b0, too.
loss_lab() {
    lab_need_root
    command -v iperf3 >/dev/null || skip 'there is no iperf3'
    host A
    host B
    host T
    host R
    wire "$A" a0 10.9.1.1 ra rb "$B" b0 10.9.1.2 1500
    wire "$A" at0 10.9.3.1 rat rt "$T" t0 10.9.3.2 1550
    mirror_to "$A" a0 10.9.1.1 at0 $VNI 10.9.3.2
    if [ "$1" = both ]; then
        link "$B" bt0 10.9.4.1 "$T" t1 10.9.4.2 1550
        ipv6_off "$B" bt0
        ipv6_off "$T" t1
        up "$B" bt0
        up "$T" t1
        mirror_to "$B" b0 10.9.1.2 bt0 $((VNI + 1)) 10.9.4.2
    fi
    in_host "$T" sh -c 'echo 0 | tee /proc/sys/net/ipv4/conf/*/rp_filter >/dev/null'
    in_host "$T" ip route add 10.9.1.0/24 via 10.9.3.1
    for end in "$A" "$B"; do
        # no run knows how the one before fared
        in_host "$end" sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_no_metrics_save'
    done
    in_background "$B" iperf3 iperf3 --server
    until_true 'iperf3 does not start' in_host "$B" sh -c "grep -q ':1451 ' /proc/net/tcp6"
}

# kernel HOST NAME: a counter of TCP, as nstat shows it.
kernel() {
    in_host "$1" cat /proc/net/snmp | awk -v name="$2" '
        $1 == "Tcp:" && !n { n = split($0, names); next }
        $1 == "Tcp:" { for (i = 2; i <= n; i++) if (names[i] == name) print $i }'
}

# Segments that either end has sent again: who mostly receives also says something now and then.
sent_again() {
    echo $(($(kernel "$A" RetransSegs) + $(kernel "$B" RetransSegs)))
}

# relay_start NAME OPTION... IF IF; relay_stop NAME
relay_start() {
    local name=$1
    in_background "$R" "$name" "$RELAY" "${@:2}"
    printf -v "pid_$name" %s "$background"
    until_true "$name: does not carry" grep -q ready "$work/$name.out"
}

relay_stop() {
    local pid=pid_$1
    kill -TERM "${!pid}"
    wait "${!pid}" || fail "$1: the relay failed"
}

# relayed NAME COUNTER
relayed() {
    sent "$1" "$2"
}

# Nobody waits for an acknowledgment, so nobody will send anything again: there are only listeners
# (state 0A) and what has ended (06).
all_closed() {
    local end
    for end in "$A" "$B"; do
        in_host "$end" cat /proc/net/tcp /proc/net/tcp6 |
            awk '$1 ~ /^[0-9]+:$/ && $4 != "0A" && $4 != "06" { n++ } END { exit n > 0 }' || return
    done
}

# All that was said has been carried and copied: the counters stand.
loss_quiet() {
    local before='' now=start
    until_true 'connections that do not end' all_closed
    while [ "$before" != "$now" ]; do
        before=$now
        sleep 0.3
        now=$(counter "$A" a0 rx_packets)/$(counter "$A" a0 tx_packets)/$(counter "$T" t0 rx_packets)
    done
}

# loss_run sender|receiver "OPTIONS OF THE WIRE" "OPTIONS OF THE COPIES' WIRE" OPTION OF IPERF3...
# A, which is mirrored, is the sender or the receiver. Sets kernel_again (segments that the kernels
# sent again), and lost_again (those of them that never reached the other end).
loss_run() {
    local side=$1 before
    local -a wire copies ends=(ra rb)
    read -ra wire <<<"$2"
    read -ra copies <<<"$3"
    shift 3
    [ "$side" = sender ] || {
        ends=(rb ra)
        set -- "$@" --reverse
    }
    # only what the sender sends is lost: what the other one says again it would count itself
    relay_start wire "${wire[@]}" "${ends[@]}"
    # what is lost of the copies must be known, so nothing else may be
    relay_start copies --queue=8000 "${copies[@]}" rat rt
    loss_receive
    before=$(sent_again)
    in_host "$A" timeout 30 iperf3 --client 10.9.1.2 "$@" >"$work/client.out" \
        2>"$work/client.err" || fail "iperf3 $*"
    loss_quiet
    loss_received
    relay_stop wire
    relay_stop copies
    # shellcheck disable=SC2034 # for the cases
    kernel_again=$(($(sent_again) - before))
    # shellcheck disable=SC2034
    lost_again=$(relayed wire lost_again)
}

# Who receives the copies: the program itself, live.
loss_receive() {
    mirrortop_start live listen --listen
}

loss_received() {
    mirrortop_stop live
}

# near WHAT PER_MILLE EXPECTED GOT: within so much of what is expected, but one is always allowed
near() {
    local off=$(($4 - $3)) allowed=$(($3 * $2 / 1000))
    [ ${off#-} -le $((allowed > 1 ? allowed : 1)) ] || fail "$1: expected $3 within $2 per mille, got $4"
}

# Copies that the lab lost without being told to, or that the program did.
copies_missing() {
    echo $(($(relayed copies missed) + $(relayed copies full) + \
        $(counter "$A" vx0 tx_dropped) + $(counter "$A" at0 tx_dropped) + \
        $(report live 'kernel_drops + queue_drops')))
}
