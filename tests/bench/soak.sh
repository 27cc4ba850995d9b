#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Receives for a long time, with new connections all the time: memory must not grow, and every
# packet must be accounted for. Root.
#
# usage: tests/bench/soak.sh PROGRAM
#   BUILD         where the sender was built (default build)
#   SOAK_SECONDS  default 600; at least 120, or there is nothing after the first minute to judge
#   RATE          datagrams a second (default: half of the highest rate at which nothing is lost)
#   NEW_FLOWS     connections opened a second (default 5000: 300,000 a minute)
#
# Prints the memory every minute, or ten times when there are fewer minutes. Fails when it is not
# flat after the first minute, or when what was sent is not what was counted and lost.
set -u

here=$(cd "$(dirname "$0")" && pwd)
BUILD=$(readlink -f "${BUILD:-build}")
MIRRORTOP=$(readlink -f "${1:-$BUILD/mirrortop}")
export BUILD MIRRORTOP
seconds=${SOAK_SECONDS:-600}
settling_s=60 # until the tables are full
new_flows=${NEW_FLOWS:-5000}
# shellcheck disable=SC2034 # lab.sh
LIVE_LIFE=$((seconds + 300))
# shellcheck source=tests/live/lab.sh
. "$here/../live/lab.sh"

# Nothing was lost when so many datagrams a second came for two seconds.
carries() {
    local lost
    mirrortop_start probe listen --listen
    send probe_sent --rate="$1" --new-flows="$new_flows" --seconds=2 10.9.3.2 flows
    mirrortop_stop probe
    lost=$(($(sent probe_sent packets) - $(report probe packets)))
    echo "  $1 a second: $lost lost"
    [ "$lost" = 0 ]
}

choose_rate() {
    local step
    for step in 400000 300000 200000 150000 100000 50000; do
        if carries $step; then
            rate=$((step / 2))
            return
        fi
    done
    fail 'it loses packets at 50,000 a second'
}

# row LABEL
row() {
    local now
    now=$(memory_kb "$mirrortop" VmRSS) || fail 'mirrortop is gone'
    printf '%8s %12s %12s\n' "$1" "$now" "$(memory_kb "$mirrortop" VmHWM)"
}

[ "$seconds" -ge $((2 * settling_s)) ] || fail "SOAK_SECONDS=$seconds is too short: at least 120"
lab_sender
if [ -n "${RATE:-}" ]; then
    rate=$RATE
else
    echo 'highest rate without a loss:'
    choose_rate
fi
every=60
[ "$seconds" -ge 600 ] || every=$(((seconds + 9) / 10))
echo "$seconds s at $rate datagrams a second, $((60 * new_flows)) new connections a minute"
printf '%8s %12s %12s\n' second 'memory kB' 'peak kB'

mirrortop_start soak listen --listen
in_background "$S" sender "$SENDER" --rate="$rate" --new-flows="$new_flows" \
    --seconds="$seconds" 10.9.3.2 flows
sender=$background
settled=0
for ((second = every; second <= seconds; second += every)); do
    sleep "$every"
    is_running "$mirrortop" || fail 'mirrortop ended'
    row "$second"
    if [ "$settled" = 0 ] && [ "$second" -ge $settling_s ]; then
        settled=$(memory_kb "$mirrortop" VmHWM)
    fi
done
LIVE_TIMEOUT=60 ended "$sender"
[ "$status" = 0 ] || fail 'the sender failed'
peak=$(memory_kb "$mirrortop" VmHWM)
mirrortop_stop soak
echo
echo "sent $(sent sender packets), counted $(report soak packets)," \
    "dropped by the kernel $(report soak kernel_drops), by the queue $(report soak queue_drops)"
all_accounted soak "$(sent sender packets)"
at_most 'peak of memory after the first minute, in kB' $((settled + settled / 50 + 4096)) "$peak"
echo "peak $settled kB when settled, $peak kB at the end: flat; every packet accounted for"
