#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs every fuzz target on each input of its committed corpus, one process an input, so that a
# crash has a name. BUILD: where the replay programs are.
set -uo pipefail

cd "$(dirname "$0")" || exit
: "${BUILD:?the directory that the replay programs were built into}"
shopt -s nullglob

passed=0 failed=0
for source in fuzz_*.c; do
    name=${source#fuzz_}
    name=${name%.c}
    inputs=(corpus/"$name"/*)
    if [ ${#inputs[@]} = 0 ]; then
        echo "fuzz-corpora: tests/fuzz/corpus/$name is empty"
        failed=$((failed + 1))
    fi
    for input in "${inputs[@]}"; do
        if timeout 60 "$BUILD/tests/fuzz/replay_$name" "$input"; then
            passed=$((passed + 1))
        else
            echo "fuzz-corpora: $name fails on tests/fuzz/$input"
            failed=$((failed + 1))
        fi
    done
done
echo "fuzz-corpora: $passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
