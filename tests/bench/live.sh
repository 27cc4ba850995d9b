#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# How fast mirrortop receives beside a bare receiver and public tools: the highest rate without a
# loss, and the CPU time of a packet. Root; about three minutes.
#
# usage: tests/bench/live.sh PROGRAM
#   BUILD   where to build and generate (default build); the sender must be there
#   RATES   datagrams a second that are tried (default 100000 200000 300000 400000 max)
#   RATE    at which CPU time is measured (default 200000)
#   ROUNDS  of that, of which the median counts (default 3)
#
# A veth pair between two namespaces; the sender and the kernel's work for it have one core, the
# receiver with all of its threads has another. All receive the same datagrams, in turn. A bench is
# not a test: a missed goal is said, not failed. Only ratios within one run mean anything.
set -u

here=$(cd "$(dirname "$0")" && pwd)
BUILD=$(readlink -f "${BUILD:-build}")
MIRRORTOP=$(readlink -f "${1:-$BUILD/mirrortop}")
export BUILD MIRRORTOP
# shellcheck disable=SC2034 # lab.sh
LIVE_LIFE=600
# shellcheck source=tests/live/lab.sh
. "$here/../live/lab.sh"
bench=$BUILD/bench
capture=$bench/live.pcap
read -r -a rates <<<"${RATES:-100000 200000 300000 400000 max}"
rate=${RATE:-200000}
rounds=${ROUNDS:-3}
step_s=2
cpu_s=5
receivers=(listen recvmmsg interface tcpdump libpcap)
# That one shows what of our own distance to the bare receiver is the kernel's price for addresses
# and arrival times; no goal is measured against it.
cpu_receivers=("${receivers[@]}" stamps)

die() {
    echo "bench-live: $*" >&2
    exit 1
}

compile() {
    local name=$1
    shift
    # CFLAGS is a list of words on purpose
    # shellcheck disable=SC2086
    "${CC:-cc}" -std=c11 -D_GNU_SOURCE -O2 ${CFLAGS:-} -o "$bench/$name" "$here/$name.c" "$@" ||
        die "cannot build $name"
}

prepare() {
    local cores
    if [ ! -x "$MIRRORTOP" ] || [ ! -x "$SENDER" ]; then
        die 'no program, or no sender: build them first'
    fi
    command -v tcpdump >/dev/null || die 'tcpdump is what the goals are measured against: install it'
    mapfile -t cores < <(python3 -c 'import os; print(*sorted(os.sched_getaffinity(0)), sep="\n")')
    [ ${#cores[@]} -ge 2 ] || die 'two cores are needed, one to send and one to receive'
    send_core=${cores[0]} receive_core=${cores[-1]}
    mkdir -p "$bench" || die "cannot make $bench"
    compile measure
    compile bare_recv
    compile bare_live -lpcap
    [ -s "$capture" ] && return
    compile gen_big "$here/wire.c"
    "$bench/gen_big" snap "$capture.part" 2000000 >/dev/null || die "cannot generate $capture"
    mv "$capture.part" "$capture" || die "cannot make $capture"
}

# start RECEIVER: it runs in T, measured; its id goes to $background.
start() {
    local command
    case $1 in
    listen) command=("$MIRRORTOP" --listen --batch=json) ;;
    interface) command=("$MIRRORTOP" -i t0 --batch=json) ;;
    recvmmsg) command=("$bench/bare_recv") ;;
    stamps) command=("$bench/bare_recv" stamps) ;;
    libpcap) command=("$bench/bare_live" t0) ;;
    tcpdump) command=(tcpdump -i t0 -w /dev/null) ;;
    esac
    : >"$work/counts"
    in_background "$T" measured env --default-signal taskset -c "$receive_core" \
        "$bench/measure" -o "$work/counts" "${command[@]}"
    case $1 in
    listen | recvmmsg | stamps) until_true "$1 does not start" receives_port ;;
    *) until_true "$1 does not start" captures_on t0 ;;
    esac
    sleep 0.3
}

# Nothing answers the datagrams with errors while only the interface is captured on.
start_drain() {
    in_background "$T" drain python3 -c '
import socket, time
drain = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
drain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
drain.bind(("::", 4789))
time.sleep(600)'
    drain=$background
    until_true 'the port cannot be bound' receives_port
}

received() {
    case $1 in
    listen | interface)
        cp "$work/counts" "$work/report.out"
        report report packets
        ;;
    tcpdump) awk '/ packets? captured/ { print $1 }' "$work/counts" ;;
    *) awk '$1 == "received" { print $2 }' "$work/counts" ;;
    esac
}

# one RECEIVER RATE SECONDS: "lost received cpu_ns_per_packet" to $work/one
one() {
    local options=(--size=86 "--seconds=$3") got cpu
    [ "$2" = max ] || options+=("--rate=$2")
    case $1 in tcpdump | libpcap) start_drain ;; esac
    start "$1"
    nsenter --target "$S" --net taskset -c "$send_core" "$SENDER" "${options[@]}" \
        10.9.3.2 pcap "$capture" >"$work/sent.out" 2>"$work/sent.err" || fail 'the sender failed'
    sleep 0.5 # the last block of a ring comes late
    kill -INT "$background"
    ended "$background"
    [ "$status" = 0 ] || fail "$1 ended with status $status"
    case $1 in tcpdump | libpcap) end_now "$drain" ;; esac
    got=$(received "$1")
    cpu=$(awk '{ print $2 }' "$work/measured.out") # wall, CPU, memory
    awk -v sent="$(sent sent packets)" -v got="$got" -v cpu="$cpu" \
        'BEGIN { printf "%d %d %.1f\n", sent - got, got, got ? cpu * 1e6 / got : 0 }' >"$work/one"
}

title() {
    case $1 in
    listen) echo 'mirrortop --listen' ;;
    interface) echo 'mirrortop -i' ;;
    recvmmsg) echo 'bare recvmmsg' ;;
    stamps) echo '... with stamps' ;;
    libpcap) echo 'bare libpcap' ;;
    tcpdump) echo 'tcpdump -w' ;;
    esac
}

# Losses at each rate. What a bare loop carries without a loss, mirrortop should too.
climb() {
    local name lost got rest
    printf '\nlost of all, at so many datagrams a second (%d s each)\n' $step_s
    printf '%12s' rate
    for name in "${receivers[@]}"; do
        printf ' %20s' "$(title "$name")"
        best[$name]=0
    done
    echo
    for step in "${rates[@]}"; do
        printf '%12s' "$step"
        for name in "${receivers[@]}"; do
            one "$name" "$step" $step_s
            read -r lost got rest <"$work/one"
            printf ' %20s' "$lost"
            losses[$name $step]=$lost
            if [ "$lost" -le 0 ]; then
                best[$name]=$((got / step_s))
            fi
        done
        echo
    done
    printf '%12s' 'no loss at'
    for name in "${receivers[@]}"; do
        printf ' %20s' "${best[$name]}"
    done
    echo
}

# judge_climb RECEIVER PEER
judge_climb() {
    local step missed=''
    for step in "${rates[@]}"; do
        if [ "${losses[$2 $step]}" -le 0 ] && [ "${losses[$1 $step]}" -gt 0 ]; then
            missed+=" $step"
        fi
    done
    printf '%-20s loses nothing where the %s loses nothing: %s\n' "$(title "$1")" "$(title "$2")" \
        "$([ -z "$missed" ] && echo met || echo "MISSED at$missed")"
}

least() {
    sort -n "$1" | head -n 1
}

median() {
    sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

cpu_time() {
    local name lost got cpu round
    for ((round = 0; round < rounds; round++)); do
        for name in "${cpu_receivers[@]}"; do
            one "$name" "$rate" $cpu_s
            read -r lost got cpu <"$work/one"
            echo "$cpu" >>"$work/cpu.$name"
        done
    done
    printf '\nCPU time of a packet, all threads, at %s a second: median and least of %d\n' \
        "$rate" "$rounds"
    for name in "${cpu_receivers[@]}"; do
        printf '  %-20s %8.0f ns %8.0f ns\n' "$(title "$name")" "$(median "$work/cpu.$name")" \
            "$(least "$work/cpu.$name")"
    done
}

# judge_cpu RECEIVER PEER FACTOR
judge_cpu() {
    awk -v mine="$(median "$work/cpu.$1")" -v peer="$(median "$work/cpu.$2")" -v goal="$3" \
        -v a="$(title "$1")" -v b="$(title "$2")" \
        'BEGIN { printf("%-20s %.2f x %s, goal %s: %s\n", a, mine / peer, b, goal,
                        mine <= goal * peer ? "met" : "MISSED") }'
}

declare -A best losses
prepare
lab_sender
cpu_time
climb
echo
judge_climb listen recvmmsg
judge_climb interface libpcap
judge_cpu listen recvmmsg 1.15
judge_cpu interface tcpdump 4
