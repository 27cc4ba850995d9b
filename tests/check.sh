#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs every kind of test on a finished build and sums up; `make check` calls it.
#
#   MIRRORTOP  the program       BUILD     the directory that it was built into
#   SANITIZE   not empty: tests run in one process, so that the sanitizers see all of it
#
# Each kind ends with a line "NAME: N passed, N failed, N skipped". A kind that cannot be run, that
# says nothing, or that ran no test, is a failure.
set -uo pipefail

cd "$(dirname "$0")/.." || exit
: "${MIRRORTOP:?the program to test}" "${BUILD:?the directory that it was built into}"
export MIRRORTOP BUILD
export LC_ALL=C.UTF-8 TZ=UTC
unset NO_COLOR COLORTERM XDG_CONFIG_HOME
if [ -n "${SANITIZE:-}" ]; then
    export CK_FORK=no
    export ASAN_OPTIONS="${ASAN_OPTIONS:-abort_on_error=0:detect_stack_use_after_return=1}"
    export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
fi
export CK_DEFAULT_TIMEOUT="${CK_DEFAULT_TIMEOUT:-120}"

passed=0 failed=0 skipped=0

# part NAME COMMAND...
# A shell that runs in the background hands ignored signals down; tests want to send them.
part() {
    local name=$1 log counts status start=$SECONDS
    shift
    log=$BUILD/check-$name.log
    printf -- '---- %s\n' "$name"
    env --default-signal "$@" 2>&1 </dev/null | tee "$log"
    status=${PIPESTATUS[0]}
    counts=$(grep -E '^[a-z-]+: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n 1 |
        sed 's/.*: //; s/[^0-9 ]//g')
    read -r p f s <<<"${counts:-0 0 0}"
    if [ $((p + f + s)) = 0 ]; then
        echo "$name: no test ran (exit status $status)"
        f=1
    elif [ "$status" != 0 ] && [ "$f" = 0 ]; then
        echo "$name: exit status $status"
        f=1
    fi
    printf -- '---- %s: %d s\n' "$name" $((SECONDS - start))
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

part unit "$BUILD/tests/unit/run"
part golden tests/golden/run.sh
part tcp tests/tcp/run.sh
part fuzz-corpora tests/fuzz/replay.sh
part screen tests/screen/run.sh
part corpus tests/corpus.sh
part live tests/live/run.sh

# Once more, where one looks first.
if [ "$failed" != 0 ]; then
    printf '\nwhat failed:\n'
    for log in "$BUILD"/check-*.log; do
        grep -HE ':[FE]:|FAILED|fails on|no test ran' "$log" |
            sed "s,^$BUILD/check-,,; s,\.log:, ," | head -n 20
    done
fi

echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
