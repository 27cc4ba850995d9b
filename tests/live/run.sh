#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Live capture, in network namespaces of its own: nothing that the machine itself does is touched.
#
# usage: tests/live/run.sh [CASE...]   without names: everything in cases/
#   MIRRORTOP    the program (default $BUILD/mirrortop)
#   BUILD        where things are built (default build)
#   SANITIZE     not empty: no limits of memory
#   LIVE_FULL=1  the long version of cases that have one
#
# Needs root; without, every case is skipped by its name. A case ends with status 0 (passed), 77
# (skipped, and it says why) or anything else (failed, and it says why).
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
BUILD=$(readlink -f "${BUILD:-build}")
MIRRORTOP=$(readlink -f "${MIRRORTOP:-$BUILD/mirrortop}")
export BUILD MIRRORTOP SANITIZE="${SANITIZE:-}"
cases=tests/live/cases
passed=0 failed=0 skipped=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

run_case() {
    local start=$SECONDS status
    timeout --kill-after=5 "${LIVE_LIMIT:-120}" bash "$cases/$1.sh" >"$log" 2>&1 </dev/null
    status=$?
    case $status in
    0)
        passed=$((passed + 1))
        printf '  %-22s ok, %d s%s\n' "$1" $((SECONDS - start)) "$(sed '1!d; s/^/: /' "$log")"
        ;;
    77)
        skipped=$((skipped + 1))
        echo "live: skipped $1: $(tail -n 1 "$log")"
        ;;
    *)
        failed=$((failed + 1))
        echo "live: FAILED $1 (status $status)"
        cat -v "$log"
        ;;
    esac
}

if [ $# = 0 ]; then
    for path in "$cases"/*.sh; do
        set -- "$@" "$(basename "$path" .sh)"
    done
fi
if [ -x "$MIRRORTOP" ] && [ -x "$BUILD/tests/live/sender" ]; then
    for name in "$@"; do
        run_case "$name"
    done
else
    echo "live: no program at $MIRRORTOP, or no sender: build them first (make test-programs)"
    failed=1
fi
[ $((passed + failed + skipped)) -gt 0 ] || echo 'live: no case ran'
echo "live: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]
