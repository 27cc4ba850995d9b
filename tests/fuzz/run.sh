#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs every fuzz target for a while; `make fuzz-smoke` calls it.
#
#   BUILD         where the fuzz programs are      FUZZ_SECONDS  for each of them (default 20)
#
# Works on a copy of each corpus, so nothing in the tree changes; NAME.dict has words for it. An input
# that crashes is kept in $BUILD/fuzz-findings; `replay_NAME FILE` shows it again.
set -uo pipefail

cd "$(dirname "$0")" || exit
: "${BUILD:?the directory that the fuzz programs were built into}"
seconds=${FUZZ_SECONDS:-20}
findings=$BUILD/fuzz-findings
mkdir -p "$findings"
shopt -s nullglob

# fuzz NAME: its log ends with libFuzzer's last words.
fuzz() {
    local work=$BUILD/fuzz-corpus/$1 options=()
    rm -rf "$work"
    mkdir -p "$work"
    cp -r "corpus/$1/." "$work/" 2>/dev/null
    [ ! -e "$1.dict" ] || options+=("-dict=$1.dict")
    "$BUILD/tests/fuzz/fuzz_$1" "${options[@]}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$findings/$1-" "$work" \
        >"$findings/$1.log" 2>&1 </dev/null
}

sources=(fuzz_*.c)
names=("${sources[@]#fuzz_}")
names=("${names[@]%.c}")
passed=0 failed=0

# Two at a time.
for ((i = 0; i < ${#names[@]}; i += 2)); do
    pair=("${names[@]:i:2}")
    jobs=()
    for name in "${pair[@]}"; do
        fuzz "$name" &
        jobs+=($!)
    done
    for ((j = 0; j < ${#pair[@]}; j++)); do
        name=${pair[j]}
        if wait "${jobs[j]}"; then
            passed=$((passed + 1))
            runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$findings/$name.log")
            echo "$name: ${runs:-?} inputs in $seconds s, no finding"
        else
            failed=$((failed + 1))
            echo "$name: FOUND something, see $findings/"
            tail -n 40 "$findings/$name.log"
        fi
    done
done
echo "fuzz: $passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
