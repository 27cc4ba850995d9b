#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Retransmits as the sending kernel counts them, as mirrortop does, and as tshark does, from the
# same captures of mirrored traffic: a table of every loss, number of connections, rate, congestion
# control and mirrored end. Takes a quarter of an hour, and root.
#
# usage: tests/live/loss_table.sh [PATTERN]     only runs whose name matches the regular expression
#   MIRRORTOP  the program (default $BUILD/mirrortop)     BUILD  default build
#   SECONDS_EACH  how long each run sends (default 2)     KEEP=DIR  leave the captures there
#
# kernel: TcpRetransSegs of both ends. arrived: those that the wire did not lose in their turn, so
# all that a mirror at the receiver can see. missing: copies that the capture lacks. seen, inferred:
# retransmits by mirrortop. off: their sum, from the kernel's count. tshark: its retransmissions of
# all kinds, and beside them what it calls out of order, and lost segments.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
BUILD=$(readlink -f "${BUILD:-build}")
MIRRORTOP=$(readlink -f "${MIRRORTOP:-$BUILD/mirrortop}")
LIVE_LIFE=7200 LIVE_TIMEOUT=60
export BUILD MIRRORTOP
# shellcheck source=tests/live/loss.sh
. tests/live/loss.sh

capture=$work/copies.pcap
header='%-44s %7s %7s %7s %7s %8s %7s | %7s %7s %7s\n'

# shellcheck disable=SC2317 # loss_run calls both
loss_receive() {
    # as root all the way: the file is to be written where nobody else may
    in_background "$T" tcpdump tcpdump -i t0 -w "$capture" -B 200000 -Z root udp port 4789
    tcpdump=$background
    until_true 'tcpdump does not start' grep -q listening "$work/tcpdump.err"
}

# shellcheck disable=SC2317
loss_received() {
    sleep 1.5 # for so long the kernel may hold back what it has captured
    kill -INT "$tcpdump"
    wait "$tcpdump"
    "$MIRRORTOP" -r "$capture" --batch=json >"$work/live.out" || fail 'mirrortop failed'
}

captured_missing() {
    echo $(($(relayed copies missed) + $(relayed copies full) + \
        $(awk '/dropped by kernel/ { print $1 }' "$work/tcpdump.err")))
}

# How many packets have one of tshark's flags; a mirrored packet shows those of the inner TCP.
tshark_counts() {
    command -v tshark >/dev/null || {
        echo '- - -'
        return
    }
    tshark -r "$capture" -Y tcp.analysis.flags -T fields -e tcp.analysis.retransmission \
        -e tcp.analysis.out_of_order -e tcp.analysis.lost_segment -E separator=/t 2>/dev/null |
        awk -F '\t' '{ r += $1 != ""; o += $2 != ""; l += $3 != "" } END { print r + 0, o + 0, l + 0 }'
}

one() {
    local name=$1 side=$2 options=$3 seen inferred
    shift 3
    [[ $name =~ $pattern ]] || return 0
    loss_run "$side" "$options" '' "$@"
    seen=$(report live tcp.retransmits)
    inferred=$(report live tcp.inferred)
    # shellcheck disable=SC2046,SC2059 # three words; one format for all lines
    printf "$header" "$name" "$kernel_again" $((kernel_again - lost_again)) \
        "$(captured_missing)" "$seen" "$inferred" \
        "$(awk -v a=$((seen + inferred)) -v b="$kernel_again" 'BEGIN { printf "%+.2f%%", b ? 100 * (a - b) / b : 100 * a }')" \
        $(tshark_counts)
    [ -z "${KEEP:-}" ] || mv "$capture" "$KEEP/${name//[ %\/]/_}.pcap"
}

pattern=${1:-.}
loss_lab one
# shellcheck disable=SC2059
printf "$header" run kernel arrived missing seen inferred off tshark order lost
for control in cubic bbr; do
    in_host "$A" sh -c "grep -qw $control /proc/sys/net/ipv4/tcp_available_congestion_control" || {
        echo "this kernel has no $control"
        continue
    }
    for side in sender receiver; do
        for loss in 1000 10000 30000 100000; do
            for connections in 1 16; do
                for rate in '--delay=1000 --rate=100' ''; do
                    percent=$(awk -v l=$loss 'BEGIN { print l / 10000 "%" }')
                    one "$control $side $percent $connections $([ -n "$rate" ] && echo "100 Mbit/s" || echo "full speed")" \
                        $side "--loss=$loss $rate" --congestion $control \
                        --time "${SECONDS_EACH:-2}" --parallel $connections
                done
            done
        done
    done
done
