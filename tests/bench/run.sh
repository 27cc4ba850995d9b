#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# How fast mirrortop is beside public tools, on the same files, in the same run, on one core.
#
# usage: tests/bench/run.sh [PROGRAM]
#   BUILD      where to build and generate (default build)
#   BENCH_DIR  a directory that already holds full.pcap, snap.pcap and flows.pcap (default: they are
#              generated into $BUILD/bench, about 2.2 GB)
#   RUNS       rounds, of which the median counts (default 5)
#
# A bench is not a test: a missed goal is said, not failed. Only ratios within one run mean
# anything, absolute figures drift from machine to machine. Each run begins with memory that has just
# been in use, see measure.c.
set -u

here=$(dirname "$0")
build=${BUILD:-build}
program=${1:-$build/mirrortop}
work=$build/bench
captures=${BENCH_DIR:-$work}
runs=${RUNS:-5}
need_mb=2500

die() {
    echo "bench: $*" >&2
    exit 1
}

[ -x "$program" ] || die "no program at $program: build it first (make)"
command -v tcpdump >/dev/null || die "tcpdump is what the goals are measured against: install it"
mkdir -p "$work" || die "cannot make $work"

compile() {
    local name=$1
    shift # what follows: further sources and libraries
    # CFLAGS is a list of words on purpose
    # shellcheck disable=SC2086
    "${CC:-cc}" -std=c11 -D_GNU_SOURCE -O2 ${CFLAGS:-} -o "$work/$name" "$here/$name.c" "$@" ||
        die "cannot build $name"
}

compile measure
compile bare_pcap -lpcap

if [ -z "${BENCH_DIR:-}" ]; then
    compile gen_big "$here/wire.c"
    for shape in full snap flows; do
        [ -s "$captures/$shape.pcap" ] && continue
        free_mb=$(df -Pm "$work" | awk 'NR == 2 { print $4 }')
        [ "$free_mb" -ge "$need_mb" ] ||
            die "the captures need $need_mb MB in $work, only $free_mb MB are free"
        echo "generating $shape.pcap ..."
        "$work/gen_big" "$shape" "$captures/$shape.part" >"$captures/$shape.truth" ||
            die "cannot generate $shape"
        mv "$captures/$shape.part" "$captures/$shape.pcap" || die "cannot make $shape.pcap"
    done
fi

# The last core that this process may use: the first one takes most interrupts.
pin=()
if command -v taskset >/dev/null; then
    core=$(taskset -pc $$ | sed 's/.*[^0-9]//')
    pin=(taskset -c "$core")
fi

# one RESULT-FILE COMMAND...: appends "wall_ms cpu_ms peak_kib", or "failed".
one() {
    local result=$1
    shift
    "${pin[@]}" "$work/measure" "$@" >>"$result" || echo failed >>"$result"
}

# median COLUMN FILE
median() {
    awk -v column="$1" '{ print $column }' "$2" | sort -n |
        awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# row NAME FILE PACKETS BASE-FILE GOAL-RATIO GOAL-MB: a line of the table; goals may be empty.
row() {
    local wall cpu peak base
    if grep -q failed "$2"; then
        printf '  %-28s failed\n' "$1"
        return
    fi
    wall=$(median 1 "$2")
    cpu=$(median 2 "$2")
    peak=$(median 3 "$2")
    base=$(median 1 "$4")
    awk -v name="$1" -v wall="$wall" -v cpu="$cpu" -v peak="$peak" -v packets="$3" \
        -v base="$base" -v goal="$5" -v goal_mb="$6" 'BEGIN {
        ratio = wall / base
        mb = peak / 1024
        printf "  %-28s %9.0f %9.0f %8.2f %8.2f %8.1f", name, wall, cpu, packets / wall / 1000,
               ratio, mb
        if (goal != "")
            printf "   %s x: %s, %s MB: %s", goal, ratio <= goal ? "met" : "MISSED",
                   goal_mb, mb <= goal_mb ? "met" : "MISSED"
        printf "\n"
    }'
}

# bench SHAPE GOAL-RATIO GOAL-MB [OPTION...]
bench() {
    local shape=$1 goal=$2 goal_mb=$3 file results packets tool
    shift 3
    file=$captures/$shape.pcap
    results=$work/results.$shape
    if [ ! -r "$file" ]; then
        echo "$shape: no $file, left out"
        return
    fi
    rm -rf "$results"
    mkdir -p "$results"
    cat "$file" >/dev/null # into the page cache
    packets=$("$work/bare_pcap" "$file" | awk '{ print $1 }')

    for ((i = 0; i < runs; i++)); do
        one "$results/mirrortop" "$program" -r "$file" --batch=json "$@"
        one "$results/tcpdump" tcpdump -r "$file" -w /dev/null
        one "$results/bare" "$work/bare_pcap" "$file"
    done
    if [ "$shape" = full ]; then
        command -v tshark >/dev/null && one "$results/tshark" tshark -r "$file" -q -z conv,tcp
        command -v ndpiReader >/dev/null && one "$results/ndpiReader" ndpiReader -i "$file" -t -q
    fi

    printf '%s: %s packets, %s MB, median of %s\n' "$shape" "$packets" \
        "$(($(stat -c %s "$file") / 1000000))" "$runs"
    printf '  %-28s %9s %9s %8s %8s %8s\n' program 'wall ms' 'CPU ms' Mpps 'x tcpdump' 'peak MB'
    row "mirrortop $*" "$results/mirrortop" "$packets" "$results/tcpdump" "$goal" "$goal_mb"
    row 'tcpdump -w /dev/null' "$results/tcpdump" "$packets" "$results/tcpdump" '' ''
    row 'bare libpcap loop' "$results/bare" "$packets" "$results/tcpdump" '' ''
    for tool in tshark ndpiReader; do
        [ -e "$results/$tool" ] &&
            row "$tool (once)" "$results/$tool" "$packets" "$results/tcpdump" '' ''
    done
    echo
}

# rules COUNT: so many, of which the last two accept all that the others leave.
rules() {
    awk -v count="$1" 'BEGIN {
        for (i = 0; i < count - 2; i++)
            printf "%d %s %s %s src %d.%d.0.0/16 dst %d.0.0.0/8\n", 100 + i, i % 3 ? "accept" : "reject",
                   i % 2 ? "ingress" : "egress", i % 5 ? (i % 5 > 2 ? "tcp" : "udp") : "all",
                   1 + i * 7 % 222, i * 31 % 256, 1 + i * 13 % 222
        print "20000 accept ingress all src 0.0.0.0/0 dst 0.0.0.0/0"
        print "20000 accept egress all src 0.0.0.0/0 dst 0.0.0.0/0"
    }' >"$work/rules.$1"
}

# filters SHAPE [OPTION...]: what a filter costs, in CPU time beside the same run without one.
filters() {
    local shape=$1 file results base count
    shift
    file=$captures/$shape.pcap
    results=$work/results.filters.$shape
    [ -r "$file" ] || return 0
    rm -rf "$results"
    mkdir -p "$results"
    for ((i = 0; i < runs; i++)); do
        one "$results/0" "$program" -r "$file" --batch=json "$@"
        for count in 10 1000; do
            one "$results/$count" "$program" -r "$file" --batch=json -F "$work/rules.$count" "$@"
        done
    done
    base=$(median 2 "$results/0")
    for count in 10 1000; do
        awk -v shape="$shape" -v count="$count" -v base="$base" -v cpu="$(median 2 "$results/$count")" \
            -v goal="$([ "$count" = 10 ] && echo 1.03 || echo 1.10)" 'BEGIN {
            ratio = cpu / base
            printf "  %-5s %4d rules: %5.0f CPU ms, %.2f x without a filter (goal %.2f: %s)\n", shape,
                   count, cpu, ratio, goal, ratio <= goal ? "met" : "MISSED"
        }'
    done
}

bench full 0.8 100
bench snap 1.2 100
bench flows 1.5 400 --max-flows=1048576
bench flows '' '' --max-flows=262144 # most flows make room for others

rules 10
rules 1000
echo 'filters'
filters full
filters snap
filters flows --max-flows=1048576
if [ -r "$captures/flows.pcap" ] && [ -r "$build/mirrortop.a" ]; then
    # shellcheck disable=SC2046 # a list of libraries
    compile recount "$build/mirrortop.a" \
        $(pkg-config --libs ncursesw libpcap libmaxminddb libseccomp jansson) -pthread
    "${pin[@]}" "$work/recount" "$captures/flows.pcap" "$work/rules.10" "$work/rules.1000" |
        awk '{ printf "  %d flows judged again by %d rules: %.0f CPU ms%s\n", $1, $2, $3,
               ($2 > 10) ? "" : ($3 <= 100) ? " (goal 100: met)" : " (goal 100: MISSED)" }'
fi
